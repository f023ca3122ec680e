// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_check.c: the whole program on a played kernel: what it prints of each kind of check, and the
 * exit status that it ends with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "played.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS = 6, OUTPUT = 1 << 20 };
enum { GOOD, BROKEN, WRONG_USAGE };

#define DEVICE "0000:01:00.0"

/* main() of main.c. */
int kernel_check(int argc, char **argv);

static char output[OUTPUT];

/* In a process of its own, as nothing takes a failure back. Returns the exit status; output has
 * what was printed. */
static int run(const struct played *wish, const char *const *args)
{
	char *argv[ARGS + 2] = {(char *)"kernel-check"};
	int file = memfd_create("output", MFD_CLOEXEC), status = -1, argc;
	ssize_t n;
	pid_t child;

	assert_true(file >= 0);
	for (argc = 1; argc <= ARGS && args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	(void)fflush(stdout);
	child = fork();
	if (!child) {
		dup2(file, STDOUT_FILENO);
		dup2(file, STDERR_FILENO);
		played = *wish;
		status = kernel_check(argc, argv);
		(void)fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	n = pread(file, output, OUTPUT - 1, 0);
	assert_true(n >= 0 && n < OUTPUT - 1);
	output[n] = '\0';
	close(file);
	return WEXITSTATUS(status);
}

/* The results down to each kind of check, and of what compares the ways those of each rule. */
static void keep_results(void)
{
	char *from = output, *to = output, *next;

	for (; *from; from = next) {
		size_t spaces = strspn(from, " ");

		next = from + strcspn(from, "\n");
		next += *next == '\n';
		if (spaces > 4 || (strncmp(from + spaces, "ok ", 3) != 0 &&
				   strncmp(from + spaces, "not ok ", 7) != 0))
			continue;
		memmove(to, from, (size_t)(next - from));
		to += next - from;
	}
	*to = '\0';
}

static void test_every_kind_of_check_is_made(void **state)
{
#define KINDS                                                                                      \
	"    ok 1 record\n    ok 2 replies\n    ok 3 written\n    ok 4 pci\n"                      \
	"    ok 5 predicted\n    ok 6 regions\n    ok 7 ask\n    ok 8 hostile\n"                   \
	"    ok 9 answers\n"
	static const char results[] =
		KINDS "  ok 1 container\n" KINDS "  ok 2 cdev\n    ok 1 kernel.ways.compared\n"
		      "    ok 2 kernel.ways.same\n  ok 3 ways\nok 1 " DEVICE "\n";
	static const char *const args[] = {"--expect-cdev", DEVICE, NULL};
	static const char *const rules[] = {
		"kernel.predict.device",    "kernel.predict.region",
		"kernel.predict.irq",       "kernel.config.same",
		"# rule linux.region_info", "# rule kernel.predict.irq 44\n",
	};
	struct played wish = {.way = WAY_CONTAINER};
	int status = run(&wish, args);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!strstr(output, rules[i]))
			fail_msg("%s is not in the output", rules[i]);
	}
	keep_results();
	assert_string_equal(output, results);
	assert_int_equal(status, GOOD);
}

/* ---- What the kernel, or the user, does otherwise ---- */

static const struct ending {
	const char *args[ARGS];
	int status;
	const char *line; /* that is in the output */
	struct played wish;
} endings[] = {
	/* Uses */
	{{NULL}, WRONG_USAGE, "name at least one device", {0}},
	{{"--expect-cdev"}, WRONG_USAGE, "name at least one device", {0}},
	{{"--wrong", DEVICE}, WRONG_USAGE, "wrong", {0}},
	{{"--alter", "108", DEVICE}, WRONG_USAGE, "--alter takes NUMBER", {0}},
	{{"--help"}, GOOD, "usage: kernel-check", {0}},
	{{DEVICE, DEVICE}, GOOD, "\nok 2 " DEVICE, {0}},
	{{"--guest", "one", DEVICE}, GOOD, "# guest one, kernel 6.12.0, x86_64\n", {0}},
	{{DEVICE}, GOOD, "kernel 6.1.192", {.before_6_6 = true}},
	{{"--alter", "108:24:0x1", DEVICE}, BROKEN, "    not ok 4 pci", {0}},
	{{"--save", "/nonexistent", DEVICE}, BROKEN, "    not ok 1 record", {0}},
	/* Kinds of check */
	{{DEVICE}, BROKEN, "    not ok 1 record", {.gone = true}},
	{{DEVICE}, BROKEN, "    ok 9 answers # SKIP nothing was recorded", {.gone = true}},
	{{DEVICE}, BROKEN, "    not ok 3 written", {.gap = 8}},
	{{DEVICE}, BROKEN, "    not ok 5 predicted", {.unpredicted = true}},
	{{DEVICE}, BROKEN, "    not ok 5 predicted", {.mispredicted = true}},
	{{DEVICE}, GOOD, "    ok 5 predicted # SKIP sysfs predicts", {.other_bus = true}},
	{{DEVICE}, BROKEN, "    not ok 6 regions", {.read_end = 1}},
	{{DEVICE}, BROKEN, "    not ok 6 regions", {.other_ids = true}},
	{{DEVICE}, BROKEN, "    not ok 6 regions", {.map_area = -ENXIO}},
	{{DEVICE}, BROKEN, "mapping found -14, allowed 0", {.map_faults = true}},
	{{DEVICE}, BROKEN, "    not ok 9 answers", {.returns_more = true}},
	{{DEVICE}, BROKEN, "\nnot ok 1 " DEVICE, {.returns_more = true}},
	{{DEVICE, DEVICE}, BROKEN, "\nnot ok 2 " DEVICE, {.returns_more = true}},
	/* Ways */
	{{DEVICE}, BROKEN, "  not ok 3 ways", {.cdev_other = true}},
	{{DEVICE}, GOOD, "  ok 2 cdev # SKIP " DEVICE " has no cdev", {.no_cdev = true}},
	{{DEVICE}, GOOD, "  ok 3 ways # SKIP one way was recorded", {.no_cdev = true}},
	{{"--expect-cdev", DEVICE}, BROKEN, "  not ok 3 ways", {.no_cdev = true}},
	{{DEVICE},
	 GOOD,
	 "  ok 1 container # SKIP",
	 {.container_error = ENOENT, .error_kind = PROBLEM_NO_IOMMU}},
	{{DEVICE}, BROKEN, "  not ok 2 cdev", {.cdev_error = EBUSY, .error_kind = PROBLEM_BUSY}},
	{{DEVICE},
	 BROKEN,
	 "  not ok 2 cdev",
	 {.cdev_error = EACCES, .error_kind = PROBLEM_NO_VFIO}},
	{{DEVICE},
	 BROKEN,
	 "  not ok 2 cdev",
	 {.cdev_error = ENOENT, .error_kind = PROBLEM_NO_DEVICE}},
	{{DEVICE},
	 BROKEN,
	 "  not ok 1 container",
	 {.container_error = EPERM, .error_kind = PROBLEM_PERMISSION}},
	{{DEVICE},
	 BROKEN,
	 "nothing could be recorded of " DEVICE,
	 {.no_cdev = true, .container_error = ENOENT, .error_kind = PROBLEM_NO_VFIO}},
};

static void test_every_ending_has_its_status(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const struct ending *e = &endings[i];
		int status = run(&e->wish, e->args);

		if (status != e->status)
			fail_msg("row %zu ended with %d:\n%s", i, status, output);
		if (!strstr(output, e->line))
			fail_msg("row %zu has no \"%s\":\n%s", i, e->line, output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_check_is_made),
		cmocka_unit_test(test_every_ending_has_its_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
