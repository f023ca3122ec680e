// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* ktap.c: results in KTAP version 1, nested. */
#include "ktap.h"

#include <stdarg.h>
#include <stdio.h>

enum { DEPTH = 8, NAME = 128 };

/* The tests around the one under way, the outermost at 0, which is the whole output. */
static struct {
	char name[NAME];
	size_t made, planned;
	bool failed;
	bool single; /* its diagnostics stand where its result will */
} levels[DEPTH];
static size_t depth;
static bool silent;

static void indent(size_t levels_in)
{
	size_t i;

	for (i = 0; i < levels_in; i++)
		fputs("  ", stdout);
}

static void push(const char *name, bool single)
{
	if (depth + 1 < DEPTH)
		depth++;
	(void)snprintf(levels[depth].name, NAME, "%s", name);
	levels[depth].made = 0;
	levels[depth].planned = 0;
	levels[depth].failed = false;
	levels[depth].single = single;
}

/* The line of the test under way stands at the depth of what is around it. */
static void result(void)
{
	bool failed = levels[depth].failed;
	const char *name = levels[depth].name;

	if (depth)
		depth--;
	levels[depth].made++;
	if (failed)
		levels[depth].failed = true;
	if (silent)
		return;
	indent(depth);
	printf("%s %zu %s\n", failed ? "not ok" : "ok", levels[depth].made, name);
	/* What was said before a panic has to be out of the machine by then. */
	(void)fflush(stdout);
}

static void head(size_t count)
{
	if (silent)
		return;
	indent(depth);
	puts("KTAP version 1");
	indent(depth);
	printf("1..%zu\n", count);
}

void ktap_plan(size_t count)
{
	levels[0].planned = count;
	head(count);
}

void ktap_begin(const char *name, size_t count)
{
	push(name, false);
	levels[depth].planned = count;
	head(count);
	ktap_note("Subtest: %s", name);
}

void ktap_end(void)
{
	if (levels[depth].made != levels[depth].planned) {
		ktap_note("%zu of %zu tests were made", levels[depth].made, levels[depth].planned);
		ktap_fail();
	}
	result();
}

void ktap_single(const char *name)
{
	push(name, true);
}

void ktap_done(void)
{
	result();
}

void ktap_skip(const char *name, const char *why)
{
	levels[depth].made++;
	if (silent)
		return;
	indent(depth);
	printf("ok %zu %s # SKIP %s\n", levels[depth].made, name, why);
}

void ktap_note(const char *format, ...)
{
	va_list list;

	if (silent)
		return;
	indent(levels[depth].single ? depth - 1 : depth);
	fputs("# ", stdout);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

void ktap_fail(void)
{
	levels[depth].failed = true;
}

bool ktap_failed(void)
{
	size_t i;

	for (i = 0; i <= depth; i++) {
		if (levels[i].failed)
			return true;
	}
	return false;
}

void ktap_silence(void)
{
	silent = true;
}
