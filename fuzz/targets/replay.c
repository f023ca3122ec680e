// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * replay.c: a plain driver: runs a target on each file, and on each file below each folder, in the
 * order of their names. Prints how many there were; a target that dies does so behind the name of
 * the input that it died of.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs;
static char at[4096];

/* Only what may be called in a handler. */
static void say_where(int number)
{
	static const char text[] = "\ndied of input: ";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ||
	    write(STDERR_FILENO, at, strlen(at)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
		_exit(1);
	signal(number, SIG_DFL);
	raise(number);
}

/* Sanitizers end by themselves, with a report and without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
static void say_where_at_death(void)
{
	say_where(SIGABRT);
}

static _Noreturn void failed(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(2);
}

static void run_file(const char *path, size_t size)
{
	/* A block of exactly its size, also in builds that look at what a target reads. */
	uint8_t *p = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");

	if (!p || !f || fread(p, 1, size, f) != size)
		failed(path);
	fclose(f);
	snprintf(at, sizeof(at), "%s", path);
	(void)LLVMFuzzerTestOneInput(p, size);
	at[0] = '\0';
	free(p);
	inputs++;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run(const char *path);

static void run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, alphasort), i;
	char *name;

	if (count < 0)
		failed(path);
	for (i = 0; i < count; i++) {
		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			failed(path);
		run(name);
		free(name);
		free(entries[i]);
	}
	free(entries);
}

static void run(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		failed(path);
	if (S_ISDIR(st.st_mode))
		run_folder(path);
	else
		run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	static const int deaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
	size_t k;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	for (k = 0; k < sizeof(deaths) / sizeof(deaths[0]); k++)
		signal(deaths[k], say_where);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_where_at_death);
	input_all = true;
	for (i = 1; i < argc; i++)
		run(argv[i]);
	printf("%zu inputs\n", inputs);
	return 0;
}
