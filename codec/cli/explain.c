// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* explain.c: what a rule says, where it comes from, and a smallest input that breaks it. */
#include "cli.h"
#include "../tables/examples.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static void print_hex(const struct devfd_example *e)
{
	uint32_t at, i;

	for (at = 0; at < e->size; at += 16) {
		printf("  %08x ", at);
		for (i = at; i < at + 16 && i < e->size; i++)
			printf(" %02x", e->p[i]);
		putchar('\n');
	}
}

/* What is beside the bytes: enough to give them to `devfd check` again. */
static void describe_given(const struct devfd_example *e, char *out, size_t size)
{
	const char *name = devfd_format_name(e->format);
	const char *role = e->options & DEVFD_PRODUCER ? " --role producer" : "";

	if (e->format >= DEVFD_FORMAT_REPLY)
		snprintf(out, size, "--format %s --byte-order %s --index %u%s", name,
			 e->options & DEVFD_BIG ? "big" : "little", e->index, role);
	else if (name)
		snprintf(out, size, "--format %s%s", name, role);
	else
		snprintf(out, size, "format told by the first bytes%s", role);
}

static void print_named(const char *name, const char *text)
{
	int column = printf("%-8s ", name);

	print_wrapped(text, column, column);
	putchar('\n');
}

static int explain(uint32_t rule)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);
	const struct devfd_example *example = devfd_example(rule);
	char given[160], line[240];

	puts(row->id);
	print_wrapped(row->text, 0, 0);
	puts("\n");
	print_named("level:", row->level);
	print_named("source:", row->source);
	print_named("role:", row->role);
	print_named("verdict:", row->verdict);
	if (*row->linux_versions)
		print_named("linux:", row->linux_versions);
	if (!example)
		return STATUS_GOOD;
	describe_given(example, given, sizeof(given));
	snprintf(line, sizeof(line),
		 "A smallest input that breaks it, %u bytes (%s):", example->size, given);
	putchar('\n');
	print_wrapped(line, 0, 0);
	putchar('\n');
	print_hex(example);
	return STATUS_GOOD;
}

/* One line, so that it can be searched; what is left out of the text, explain says. */
static void print_cut(const struct devfd_rule_row *row, int widest)
{
	static const char more[] = "...";
	int column = printf("%-*s %-6s ", widest, row->id, row->level);
	int room = COLUMNS - column, length = (int)strlen(row->text);

	if (length <= room) {
		puts(row->text);
		return;
	}
	length = room - (int)strlen(more);
	while (length > 0 && row->text[length] != ' ')
		length--;
	printf("%.*s%s\n", length, row->text, more);
}

static int list_all(void)
{
	uint32_t rule;
	int widest = 0;

	for (rule = 1; rule <= devfd_rule_count(); rule++) {
		const struct devfd_rule_row *row = devfd_rule_row(rule);

		if (row && (int)strlen(row->id) > widest)
			widest = (int)strlen(row->id);
	}
	for (rule = 1; rule <= devfd_rule_count(); rule++) {
		const struct devfd_rule_row *row = devfd_rule_row(rule);

		if (row)
			print_cut(row, widest);
	}
	return STATUS_GOOD;
}

/* ---- What may have been meant ---- */

/* How many letters have to be put in, taken out or changed to make b of a. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(b), i, j, corner, above, best;
	size_t *row = must_calloc(n + 1, sizeof(*row));

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		corner = row[0];
		row[0] = i + 1;
		for (j = 0; j < n; j++) {
			above = row[j + 1];
			best = corner + (a[i] != b[j]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
			corner = above;
		}
	}
	best = row[n];
	free(row);
	return best;
}

enum { NEAREST = 3 };

static void print_nearest(const char *id)
{
	const char *ids[NEAREST + 1] = {NULL};
	size_t distances[NEAREST + 1] = {0};
	uint32_t rule;
	size_t i;

	for (rule = 1; rule <= devfd_rule_count(); rule++) {
		const struct devfd_rule_row *row = devfd_rule_row(rule);

		if (!row)
			continue;
		/* Insertion behind those that are as near. */
		for (i = NEAREST; i > 0; i--) {
			size_t far = distance(id, row->id);

			if (ids[i - 1] && distances[i - 1] <= far)
				break;
			ids[i] = ids[i - 1];
			distances[i] = distances[i - 1];
			ids[i - 1] = row->id;
			distances[i - 1] = far;
		}
	}
	for (i = 0; i < NEAREST && ids[i]; i++)
		fprintf(stderr, "  %s\n", ids[i]);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	uint32_t rule;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP)
			return print_help(&verb_explain);
		return misused_option(&verb_explain, argv, option);
	}
	if (optind == argc)
		return list_all();
	if (argc - optind != 1)
		return misused(&verb_explain, "wanted one rule id, got %d", argc - optind);
	if (strlen(argv[optind]) > 200)
		return misused(&verb_explain, "no rule id is that long");
	rule = devfd_rule_number(argv[optind]);
	if (rule)
		return explain(rule);
	complain("no rule has the id %s; the nearest are", argv[optind]);
	print_nearest(argv[optind]);
	return STATUS_FAILED;
}

const struct verb verb_explain = {
	"explain",
	"[RULE-ID]",
	"Explain a rule, or list all rules",
	"Prints text, level, source, role and verdict of a rule, and a smallest input\n"
	"that breaks it. Without a RULE-ID all rules are listed, one a line, with id,\n"
	"level and as much of the text as 80 columns hold.\n",
	run,
};
