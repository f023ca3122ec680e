// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * driver.c: runs the corpus against the build that holds all mutants.
 *
 *	driver FILE answers		the answer of the code as it is to each input, a line each
 *	driver FILE run			for each mutant that stands on a line of standard input
 *					(number and base): its number, what came
 *					of it, and the number of the input that showed it
 *
 * FILE holds the inputs: u32 count, then for each six u32 (kind, format, options, index, limit,
 * size) and size bytes, little-endian. Each mutant runs in a child, so that it may crash or hang;
 * each input ends where a page begins that cannot be read.
 */
#include "answer.h"
#include "mutant.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROOM = 1 << 20, /* the longest input */
	LIMIT = 50000,  /* microseconds of processor time for one input */
	RECENT = 256,   /* inputs that showed the mutants before, tried first */
	HEAD_WORDS = 6,
	SANITIZED = 7, /* exit status of a child that strays out of an object */
};

#define NO_VALUE 0xffffffffu

/* What the parent hears of a child. */
struct heard {
	uint32_t input;
};

const char *__asan_default_options(void);

/* A report would be as long as a run; the exit status says it. */
const char *__asan_default_options(void)
{
	return "exitcode=7:detect_leaks=0:log_path=/dev/null:allocator_may_return_null=1:"
	       "max_allocation_size_mb=64:handle_segv=0:handle_sigbus=0:handle_sigfpe=0";
}

unsigned devfd_mutant;
unsigned char devfd_reached[DEVFD_MUTANTS + 1];
extern struct devfd_patch *const devfd_all_patches[];

static struct input *inputs;
static uint32_t count;
static uint64_t *right;     /* digest of the right answer to each input */
static uint8_t *reaches;    /* a bit for each place and input */
static struct heard *heard; /* shared with the child */
static uint32_t recent[RECENT], recent_count;

static void die(const char *what)
{
	fprintf(stderr, "mutation driver: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory");
	return p;
}

/* ---- Inputs ---- */

static void load(const char *name)
{
	int fd = open(name, O_RDONLY);
	const uint8_t *p;
	struct stat st;
	uint32_t i;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(name);
	count = word(p);
	p += 4;
	inputs = map((count + 1) * sizeof(*inputs));
	for (i = 0; i < count; i++) {
		struct input *in = &inputs[i];

		in->kind = word(p);
		in->format = word(p + 4);
		in->options = word(p + 8);
		in->index = word(p + 12);
		in->limit = word(p + 16);
		in->size = word(p + 20);
		in->p = p + (size_t)HEAD_WORDS * 4;
		p = in->p + in->size;
	}
	right = map((count + 1) * sizeof(*right));
	reaches = map((size_t)(DEVFD_MUTANTS + 1) * (count / 8 + 1));
	heard = map(sizeof(*heard));
	end = map(ROOM + 4096);
	memset(end, DIRT, ROOM);
	end += ROOM;
	if (mprotect(end, 4096, PROT_NONE))
		die("no guard page");
}

static uint64_t digest(uint32_t i, FILE *print)
{
	struct answer a = {0xcbf29ce484222325u, print};

	answer_input(&inputs[i], &a);
	return a.digest;
}

static void answers(void)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		digest(i, stdout);
		putchar('\n');
	}
}

/* ---- Mutants ---- */

/* The right answers, and which input comes to which place. */
static void learn(void)
{
	uint32_t i, base;

	for (i = 0; i < count; i++) {
		memset(devfd_reached, 0, sizeof(devfd_reached));
		right[i] = digest(i, NULL);
		for (base = 1; base <= DEVFD_MUTANTS; base++) {
			if (devfd_reached[base])
				reaches[(size_t)base * (count / 8 + 1) + i / 8] |=
					(uint8_t)(1 << i % 8);
		}
	}
}

static bool comes_to(uint32_t base, uint32_t i)
{
	return !base || reaches[(size_t)base * (count / 8 + 1) + i / 8] >> i % 8 & 1;
}

static const struct devfd_patch *patch_of(uint32_t mutant)
{
	const struct devfd_patch *p;
	uint32_t i;

	for (i = 0; devfd_all_patches[i]; i++) {
		for (p = devfd_all_patches[i]; p->number; p++) {
			if (p->number == mutant)
				return p;
		}
	}
	return NULL;
}

static uint64_t changed(const struct devfd_patch *p, uint64_t value)
{
	uint64_t high = value;

	while (high & (high - 1))
		high &= high - 1;
	switch (p->how) {
	case DEVFD_PATCH_PLUS:
		return value + 1;
	case DEVFD_PATCH_MINUS:
		return value - 1;
	case DEVFD_PATCH_ZERO:
		return 0;
	case DEVFD_PATCH_LOW:
		return value & (value - 1);
	case DEVFD_PATCH_HIGH:
		return value & ~high;
	case DEVFD_PATCH_FLIP:
		return !value;
	default:
		value = 0;
		memcpy(&value, p->other, p->size);
		return value;
	}
}

/* False where the table says the same with another row of the list, or without a patch. */
static bool patch(const struct devfd_patch *p)
{
	uint64_t value = 0, result = 0, other = 0;
	const struct devfd_patch *before;

	memcpy(&value, p->at, p->size);
	result = changed(p, value);
	if (!memcmp(&result, &value, p->size))
		return false;
	for (before = p - p->how; before < p && p->how <= DEVFD_PATCH_HIGH; before++) {
		if (before->at != p->at || before->how >= p->how)
			continue;
		other = changed(before, value);
		if (!memcmp(&result, &other, p->size))
			return false;
	}
	memcpy(p->at, &result, p->size);
	return true;
}

static void shows(uint32_t i)
{
	struct itimerval limit = {{0, 0}, {0, LIMIT}};

	heard->input = i;
	setitimer(ITIMER_VIRTUAL, &limit, NULL);
	if (digest(i, NULL) != right[i])
		_exit(1);
}

/* One mutant, on all inputs that come to its place. base: of the place; 0 for a table. */
static void child(uint32_t mutant, uint32_t base)
{
	const struct rlimit none = {0, 0};
	const struct devfd_patch *p = base ? NULL : patch_of(mutant);
	uint32_t i;

	setrlimit(RLIMIT_CORE, &none);
	close(STDERR_FILENO);
	if (!base && (!p || !patch(p)))
		_exit(3);
	devfd_mutant = mutant;
	for (i = recent_count; i-- > 0 && i + RECENT >= recent_count;) {
		if (comes_to(base, recent[i % RECENT]))
			shows(recent[i % RECENT]);
	}
	for (i = 0; i < count; i++) {
		if (comes_to(base, i))
			shows(i);
	}
	_exit(0);
}

static void remember(uint32_t i)
{
	uint32_t k;

	for (k = 0; k < RECENT && k < recent_count; k++) {
		if (recent[k] == i)
			return;
	}
	recent[recent_count++ % RECENT] = i;
}

static void run(uint32_t mutant, uint32_t base)
{
	const char *what = "survived";
	int status;
	pid_t pid;

	heard->input = NO_VALUE;
	pid = fork();
	if (pid < 0)
		die("no child");
	if (!pid)
		child(mutant, base);
	if (waitpid(pid, &status, 0) != pid)
		die("lost a child");
	if (WIFSIGNALED(status))
		what = WTERMSIG(status) == SIGVTALRM ? "hang" : "crash";
	else if (WEXITSTATUS(status) == SANITIZED)
		what = "crash";
	else if (WEXITSTATUS(status) == 3)
		what = "same";
	else if (WEXITSTATUS(status))
		what = "differs";
	if (strcmp(what, "survived") && strcmp(what, "same"))
		remember(heard->input);
	printf("%u %s %u\n", mutant, what, heard->input);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[64], *rest;
	uint32_t mutant;

	if (argc < 3)
		return 2;
	load(argv[1]);
	if (!strcmp(argv[2], "answers")) {
		answers();
		return 0;
	}
	/* A line for each mutant to run: its number and the base of its place. */
	learn();
	while (fgets(line, sizeof(line), stdin)) {
		mutant = (uint32_t)strtoul(line, &rest, 10);
		run(mutant, (uint32_t)strtoul(rest, NULL, 10));
	}
	return 0;
}
