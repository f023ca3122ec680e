/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* rules.h: makes pieces keep the rules of the spec, or break one of them; and values at boundaries.
 */
#ifndef DEVFD_FUZZ_RULES_H
#define DEVFD_FUZZ_RULES_H

#include "shape.h"

/* Numbers that follow from the seed alone. */
struct devfd_dice {
	uint64_t state;
};

static inline uint32_t devfd_roll(struct devfd_dice *d, uint32_t sides)
{
	uint64_t x = d->state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)(((x >> 32) * sides) >> 32);
}

static inline uint64_t devfd_roll64(struct devfd_dice *d)
{
	uint64_t high = devfd_roll(d, UINT32_MAX);

	return high << 32 | devfd_roll(d, UINT32_MAX);
}

/* Regions or interrupts of an input that is put right, at most: more of them say nothing new, and
 * a target that walks them would be slow. */
enum { DEVFD_COUNT_TAME = 64 };

/* Beside the bytes: the index that is asked for. */
struct devfd_asked {
	uint32_t index;
};

/* order.c: all rules kept: pieces where they may stand, and all that devfd_rules_repair() does. */
void devfd_order_repair(struct devfd_pieces *s, const struct devfd_asked *asked);

/* keep.c: puts right what the rules say of fields and items. */
void devfd_rules_repair(struct devfd_pieces *s, const struct devfd_asked *asked);

/* break.c: breaks one rule of piece i. Returns 0 where the rule that the dice chose cannot be
 * broken there.
 */
int devfd_rules_break(struct devfd_pieces *s, uint32_t i, struct devfd_dice *d,
		      const struct devfd_asked *asked);

/* tie.c: gives an item two flags of which one narrows the other, and what says them. */
void devfd_tie_flags(struct devfd_pieces *s, struct devfd_dice *d);
/* tie.c: lets all regions begin where a device type has them. */
void devfd_tie_offsets(struct devfd_pieces *s, struct devfd_dice *d);

/* change.c: gives a field of piece i a value: one of its boundaries, and with tame one that may
 * stand there.
 */
void devfd_rules_change(struct devfd_pieces *s, uint32_t i, struct devfd_dice *d, int tame);

#endif
