// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* rules.c: holding rules, and counting how often each was exercised. */
#include "rules.h"

#include "../../../codec/tables/tables.h"
#include "answer.h"
#include "ktap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_RULES = 1024, ANSWERS = 1024, TEXT = 512 };

static size_t counts[KERNEL_RULES], broken[KERNEL_RULES];
static size_t format_counts[FORMAT_RULES], answer_counts[ANSWERS];
static uint32_t kernel;

void rules_set_kernel(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10), minor = 0;

	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	kernel = (uint32_t)(major << 8 | minor);
}

bool rules_from(uint32_t from)
{
	return kernel >= from;
}

bool rules_below(uint32_t below)
{
	return !below || kernel < below;
}

static void complain(const char *id, const char *level, const char *format, va_list list)
	__attribute__((format(printf, 3, 0)));

static void complain(const char *id, const char *level, const char *format, va_list list)
{
	char text[TEXT];

	(void)vsnprintf(text, sizeof(text), format, list);
	ktap_note("broken %s (%s): %s", id, level, text);
	ktap_fail();
}

bool hold(enum kernel_rule rule, bool ok, const char *format, ...)
{
	va_list list;

	counts[rule]++;
	if (ok)
		return true;
	broken[rule]++;
	va_start(list, format);
	complain(kernel_rules[rule].id, kernel_rules[rule].level, format, list);
	va_end(list);
	return false;
}

void count_format_rule(uint32_t rule)
{
	if (rule && rule < FORMAT_RULES)
		format_counts[rule]++;
}

void break_format_rule(uint32_t rule, const char *where)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);

	count_format_rule(rule);
	ktap_note("broken %s (%s): %s", row ? row->id : "no rule", row ? row->level : "ours",
		  where);
	ktap_fail();
}

bool hold_answer(size_t row, bool ok, const char *format, ...)
{
	static const char *const levels[] = {"abi", "robust", "seen", "ours"};
	va_list list;

	if (row < ANSWERS)
		answer_counts[row]++;
	if (ok)
		return true;
	va_start(list, format);
	complain(answers[row].rule, levels[answers[row].level & 3], format, list);
	va_end(list);
	return false;
}

size_t rules_count(enum kernel_rule rule)
{
	return counts[rule];
}

size_t rules_broken(enum kernel_rule rule)
{
	return broken[rule];
}

/* Rows of one rule need not stand together; the first of them speaks for all. */
static void print_answer(size_t row)
{
	size_t i, total = 0;

	for (i = 0; i < row; i++) {
		if (!strcmp(answers[i].rule, answers[row].rule))
			return;
	}
	for (i = row; i < answers_count && i < ANSWERS; i++) {
		if (!strcmp(answers[i].rule, answers[row].rule))
			total += answer_counts[i];
	}
	ktap_note("rule %s %zu", answers[row].rule, total);
}

void rules_print(void)
{
	const struct devfd_rule_row *row;
	uint32_t rule;
	size_t i;

	for (rule = 1; rule <= devfd_rule_count() && rule < FORMAT_RULES; rule++) {
		row = devfd_rule_row(rule);
		if (row && !strncmp(row->id, "linux.", strlen("linux.")))
			ktap_note("rule %s %zu", row->id, format_counts[rule]);
	}
	for (i = 0; i < KERNEL_RULES; i++)
		ktap_note("rule %s %zu", kernel_rules[i].id, counts[i]);
	for (i = 0; i < answers_count; i++)
		print_answer(i);
}
