/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* mutant.h: what rewritten sources ask, and the patches of tables. Included before all else in the
 * build of the mutants. */
#ifndef DEVFD_MUTANT_H
#define DEVFD_MUTANT_H

/* The mutant that is switched on; 0: none. */
extern unsigned devfd_mutant;
/* A byte for each number of a mutant: whether its place was come to. */
extern unsigned char devfd_reached[];

/* Which of count variants is wanted, whose numbers begin at base; 0: none. */
static inline unsigned devfd_v(unsigned base, unsigned count)
{
	unsigned variant = devfd_mutant - base;

	devfd_reached[base] = 1;
	return variant < count ? variant + 1 : 0;
}

enum devfd_patch_how {
	DEVFD_PATCH_PLUS,
	DEVFD_PATCH_MINUS,
	DEVFD_PATCH_ZERO,
	DEVFD_PATCH_LOW,
	DEVFD_PATCH_HIGH,
	DEVFD_PATCH_FLIP,
	DEVFD_PATCH_COPY,
};

/* A change of one scalar of a table; number 0 ends a list. */
struct devfd_patch {
	unsigned number, how, size;
	void *at, *other;
};

#endif
