/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * mutator.h: changes an input of a fuzz target in the terms of its format. Both functions follow
 * from their arguments alone, allocate nothing and take any input.
 *
 * An input is two bytes (bit 0 of the first: big-endian, bit 1: producer; the second: the index
 * asked for) and then what is judged. format is one of enum devfd_format, or 0 for the targets of
 * several formats: with a magic from the second byte on it is one byte and a description, else bits
 * 2 to 4 of the first byte are the format less one.
 */
#ifndef DEVFD_MUTATOR_H
#define DEVFD_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes p in place; it has room for max bytes. Returns the new size, at most max. */
size_t devfd_mutate(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed);

/* Makes an input of the pieces of two. Returns its size, at most max. */
size_t devfd_cross(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
		   size_t b_size, uint8_t *out, size_t max, uint32_t seed);

typedef size_t devfd_mutate_fn(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed);
typedef size_t devfd_cross_fn(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
			      size_t b_size, uint8_t *out, size_t max, uint32_t seed);

/* What the inputs of a target are changed with. */
struct devfd_mutator {
	const char *target;
	uint32_t format;
	devfd_mutate_fn *mutate;
	devfd_cross_fn *cross;
};

/* That of a target by its name; of one without a name, that of a description in any layout. */
struct devfd_mutator devfd_mutator_of(const char *target);

#endif
