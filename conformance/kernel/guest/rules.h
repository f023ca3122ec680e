/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rules.h: the rules of the kernel as a whole that no format file can say, since they are about
 * several replies, about bytes that were not written, or about reading and mapping; and how rules
 * of any kind are held and counted.
 */
#ifndef DEVFD_RULES_H
#define DEVFD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generated/kernel_rules.h"

/* The kernel under test, as major << 8 | minor. */
void rules_set_kernel(const char *version);
/* ">=6.6" or "<6.6" of the kernel under test; "" is true of every one. */
bool rules_apply(const char *versions);
bool rules_from(uint32_t from);
bool rules_below(uint32_t below);

/* Counts the rule as exercised and, unless ok, prints where it broke and fails the test under way.
 * Returns ok. format says where, what was found and what is allowed. */
bool hold(enum kernel_rule rule, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same of a rule of a format, by its number, and of a row of answers[]. */
void count_format_rule(uint32_t rule);
void break_format_rule(uint32_t rule, const char *text);
bool hold_answer(size_t row, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Between these two calls what is held becomes a subtest with a test for each rule, named by its
 * id, so that whoever expects a rule to be broken can say which. Without a rule it fails.
 */
void rules_begin(void);
void rules_end(const char *name);

/* How often a rule was exercised and broken so far. */
size_t rules_count(enum kernel_rule rule);
size_t rules_broken(enum kernel_rule rule);
size_t rules_format_count(uint32_t rule);
size_t rules_format_broken(uint32_t rule);
size_t rules_answer_broken(size_t row);

/* Prints "# rule ID COUNT" for every rule of linux.*, kernel.* and the answers. */
void rules_print(void);

#endif
