// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* main.c: the command line of devfd: which command, its help, and programs that serve as commands.
 */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef DEVFD_VERSION
#define DEVFD_VERSION "without a version"
#endif

static const struct verb *const verbs[] = {
	&verb_show, &verb_check, &verb_convert, &verb_region, &verb_irq, &verb_diff, &verb_explain,
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

void complain(const char *format, ...)
{
	va_list args;

	/* What was printed so far belongs before the complaint about what follows. */
	output_flush();
	fputs("devfd: ", stderr);
	va_start(args, format);
	print_escaped(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int misused(const struct verb *verb, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "devfd %s: ", verb->name);
	va_start(args, format);
	print_escaped(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: devfd %s %s\n", verb->name, verb->usage);
	return STATUS_FAILED;
}

int misused_option(const struct verb *verb, char **argv, int option)
{
	const char *text = argv[optind - 1];

	if (option == ':')
		return misused(verb, "option %s wants an argument", text);
	if (optopt && strncmp(text, "--", 2))
		return misused(verb, "unknown option -%c", optopt);
	if (optopt)
		return misused(verb, "option %s takes no argument", text);
	return misused(verb, "unknown or ambiguous option %s", text);
}

int print_help(const struct verb *verb)
{
	printf("usage: devfd %s %s\n\n%s.\n\n%s", verb->name, verb->usage, verb->doc, verb->help);
	return STATUS_GOOD;
}

void *must_realloc(void *p, size_t size)
{
	void *grown = realloc(p, size ? size : 1);

	if (!grown) {
		complain("out of memory");
		exit(STATUS_FAILED);
	}
	return grown;
}

void *must_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p) {
		complain("out of memory");
		exit(STATUS_FAILED);
	}
	return p;
}

static void list_verbs(FILE *to)
{
	size_t i;

	for (i = 0; i < VERBS; i++)
		fprintf(to, "  %-10s %s\n", verbs[i]->name, verbs[i]->doc);
}

static int help(void)
{
	puts("usage: devfd COMMAND ARGUMENTS...\n"
	     "       devfd COMMAND --help\n"
	     "\n"
	     "Reads, checks and converts VFIO device descriptions. FILE may be - for stdin.\n");
	list_verbs(stdout);
	puts("\n"
	     "Any other COMMAND runs the program devfd-COMMAND, found beside devfd or on PATH.\n"
	     "Exit status: 0 good; 1 the input breaks a rule or a conversion would lose\n"
	     "something; 2 wrong usage or an I/O error.");
	return STATUS_GOOD;
}

static char *program_name(const char *folder, const char *slash, const char *verb)
{
	size_t size = strlen(folder) + strlen(slash) + sizeof("devfd-") + strlen(verb);
	char *name = must_calloc(size, 1);

	snprintf(name, size, "%s%sdevfd-%s", folder, slash, verb);
	return name;
}

/* Runs devfd-NAME beside this program, else from PATH; returns only if there is none. */
static int run_external(char **argv)
{
	char self[4096], *program, *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (strchr(argv[0], '/')) {
		complain("%s: no command has a slash in its name", argv[0]);
		return STATUS_FAILED;
	}
	fflush(NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		program = program_name(self, "/", argv[0]);
		execv(program, argv);
		if (errno != ENOENT) {
			complain("%s: %s", program, strerror(errno));
			free(program);
			return STATUS_FAILED;
		}
		free(program);
	}
	program = program_name("", "", argv[0]);
	execvp(program, argv);
	if (errno != ENOENT) {
		complain("%s: %s", program, strerror(errno));
		free(program);
		return STATUS_FAILED;
	}
	free(program);
	complain(
		"unknown command %s, and no program devfd-%s beside devfd or on PATH; commands are",
		argv[0], argv[0]);
	for (i = 0; i < VERBS; i++)
		fprintf(stderr, "  %-10s %s\n", verbs[i]->name, verbs[i]->doc);
	return STATUS_FAILED;
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		complain("no command; commands are");
		list_verbs(stderr);
		return STATUS_FAILED;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--version")) {
		puts("devfd " DEVFD_VERSION);
		return STATUS_GOOD;
	}
	if (argv[1][0] == '-') {
		complain("unknown option %s; devfd --help lists the commands", argv[1]);
		return STATUS_FAILED;
	}
	opterr = 0;
	for (i = 0; i < VERBS; i++) {
		if (!strcmp(argv[1], verbs[i]->name))
			return verbs[i]->run(argc - 1, argv + 1);
	}
	return run_external(argv + 1);
}

/* A file mapped for reading became shorter meanwhile. */
static void shrank(int number)
{
	static const char text[] = "devfd: a file became shorter while it was read\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)number;
	(void)ignored;
	_exit(STATUS_FAILED);
}

int main(int argc, char **argv)
{
	if (output_begin())
		return STATUS_FAILED;
	signal(SIGBUS, shrank);
	return output_finish(run(argc, argv));
}
