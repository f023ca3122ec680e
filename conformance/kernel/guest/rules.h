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

enum kernel_rule {
	/* what is written and what is not */
	KERNEL_GUARD,
	KERNEL_UNTOUCHED,
	KERNEL_TAIL_UNTOUCHED,
	KERNEL_REGION_CAP_OFFSET_KEPT,
	KERNEL_DEVICE_CAP_OFFSET_ZERO,
	/* argsz */
	KERNEL_ARGSZ_MIN,
	KERNEL_ARGSZ_KEPT,
	KERNEL_ARGSZ_NEEDED,
	KERNEL_CUT_FLAG,
	KERNEL_CUT_CAP_OFFSET,
	KERNEL_FIXED_SAME,
	/* chains */
	KERNEL_CHAIN_FIRST,
	KERNEL_CHAIN_CONTIGUOUS,
	KERNEL_CHAIN_TOTAL,
	/* indexes */
	KERNEL_INDEX_BEYOND,
	KERNEL_INDEX_ERROR,
	/* vfio-pci */
	KERNEL_PCI_NUM_REGIONS,
	KERNEL_PCI_NUM_IRQS,
	KERNEL_PCI_REGION_TYPE,
	KERNEL_PCI_REGION_OFFSET,
	KERNEL_PCI_CONFIG_SIZE,
	KERNEL_PCI_IRQ_FLAGS,
	KERNEL_HOT_RESET_ERROR,
	KERNEL_HOT_RESET_SPACE,
	KERNEL_HOT_RESET_COUNT,
	KERNEL_HOT_RESET_FLAGS,
	KERNEL_HOT_RESET_SELF,
	/* readings of one reply */
	KERNEL_JUDGES_AGREE,
	KERNEL_PREDICT_DEVICE,
	KERNEL_PREDICT_REGION,
	KERNEL_PREDICT_IRQ,
	/* reading and mapping where the description says */
	KERNEL_READ_START,
	KERNEL_READ_LAST,
	KERNEL_READ_END,
	KERNEL_READ_EMPTY,
	KERNEL_CONFIG_SAME,
	KERNEL_MAP_AREA,
	KERNEL_MAP_NONE,
	/* the two ways, and the caller */
	KERNEL_WAYS_SAME,
	KERNEL_WAYS_COMPARED,
	KERNEL_ASK_SAME,
	KERNEL_ASK_BOUNDED,
	KERNEL_ALIVE,
	KERNEL_RULES
};

struct kernel_rule_row {
	const char *id, *text, *level, *source;
};

extern const struct kernel_rule_row kernel_rules[KERNEL_RULES];

/* The kernel under test, as major << 8 | minor. */
void rules_set_kernel(const char *version);
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
