// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* rules.c: holding rules, and counting how often each was exercised. */
#include "rules.h"

#include "../../../codec/tables/tables.h"
#include "answer.h"
#include "ktap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_RULES = 1024, ANSWERS = 1024, FINDINGS = 256, TEXTS = 8, TEXT = 400 };

static size_t counts[KERNEL_RULES], broken[KERNEL_RULES];
static size_t format_counts[FORMAT_RULES], format_broken[FORMAT_RULES];
static size_t answer_counts[ANSWERS], answer_broken[ANSWERS];
static uint32_t kernel;

static uint32_t version_of(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10), minor = 0;

	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	return (uint32_t)(major << 8 | minor);
}

void rules_set_kernel(const char *version)
{
	kernel = version_of(version);
}

bool rules_apply(const char *versions)
{
	if (!strncmp(versions, ">=", 2))
		return kernel >= version_of(versions + 2);
	return *versions != '<' || kernel < version_of(versions + 1);
}

bool rules_from(uint32_t from)
{
	return kernel >= from;
}

bool rules_below(uint32_t below)
{
	return !below || kernel < below;
}

/* ---- What is held between rules_begin() and rules_end() ---- */

/* A rule, and the first few places where it is broken. */
struct finding {
	const char *id, *level;
	size_t broken;
	char text[TEXTS][TEXT];
};

static struct finding findings[FINDINGS];
static size_t found;
static bool collecting;

static struct finding *finding_of(const char *id, const char *level)
{
	struct finding *f;
	size_t i;

	for (i = 0; i < found; i++) {
		if (!strcmp(findings[i].id, id))
			return &findings[i];
	}
	if (found == FINDINGS)
		return NULL;
	f = &findings[found++];
	f->id = id;
	f->level = level;
	f->broken = 0;
	return f;
}

static void say_broken(const char *id, const char *level, const char *text)
{
	ktap_note("broken %s (%s): %s", id, level, text);
	ktap_fail();
}

/* A rule was held; text is NULL where it is kept. */
static void held(const char *id, const char *level, const char *text)
{
	struct finding *f;

	if (!collecting) {
		if (text)
			say_broken(id, level, text);
		return;
	}
	f = finding_of(id, level);
	if (!f) {
		say_broken(id, level, text ? text : "more rules than there is room for");
		return;
	}
	if (!text)
		return;
	if (f->broken < TEXTS)
		(void)snprintf(f->text[f->broken], TEXT, "%s", text);
	f->broken++;
}

static void say_finding(const struct finding *f)
{
	size_t i;

	ktap_single(f->id);
	for (i = 0; i < f->broken && i < TEXTS; i++)
		say_broken(f->id, f->level, f->text[i]);
	if (f->broken > TEXTS)
		ktap_note("and %zu more", f->broken - TEXTS);
	ktap_done();
}

void rules_begin(void)
{
	collecting = true;
	found = 0;
}

void rules_end(const char *name)
{
	size_t i;

	collecting = false;
	if (!found) {
		ktap_single(name);
		ktap_note("there was nothing to hold any rule of");
		ktap_fail();
		ktap_done();
		return;
	}
	ktap_begin(name, found);
	for (i = 0; i < found; i++)
		say_finding(&findings[i]);
	ktap_end();
}

/* ---- Holding ---- */

bool hold(enum kernel_rule rule, bool ok, const char *format, ...)
{
	const struct kernel_rule_row *row = &kernel_rules[rule];
	char text[TEXT];
	va_list list;

	counts[rule]++;
	if (ok) {
		held(row->id, row->level, NULL);
		return true;
	}
	broken[rule]++;
	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	held(row->id, row->level, text);
	return false;
}

static void hold_format_rule(uint32_t rule, const char *text)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);

	if (rule < FORMAT_RULES)
		format_counts[rule]++;
	if (row)
		held(row->id, row->level, text);
	else if (text)
		held("no rule", "ours", text);
}

void count_format_rule(uint32_t rule)
{
	hold_format_rule(rule, NULL);
}

void break_format_rule(uint32_t rule, const char *text)
{
	if (rule < FORMAT_RULES)
		format_broken[rule]++;
	hold_format_rule(rule, text);
}

bool hold_answer(size_t row, bool ok, const char *format, ...)
{
	static const char *const levels[] = {"abi", "robust", "seen", "ours"};
	char text[TEXT];
	va_list list;

	if (row < ANSWERS)
		answer_counts[row]++;
	if (ok)
		return true;
	if (row < ANSWERS)
		answer_broken[row]++;
	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	held(answers[row].rule, levels[answers[row].level & 3], text);
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

size_t rules_format_count(uint32_t rule)
{
	return rule < FORMAT_RULES ? format_counts[rule] : 0;
}

size_t rules_format_broken(uint32_t rule)
{
	return rule < FORMAT_RULES ? format_broken[rule] : 0;
}

size_t rules_answer_broken(size_t row)
{
	return row < ANSWERS ? answer_broken[row] : 0;
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
