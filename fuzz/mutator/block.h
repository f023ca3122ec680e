/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * block.h: what the mutator uses of <string.h>, once more. An engine that is linked with a
 * sanitizer sends every call of memcpy() and its like through checks of its own, also those of
 * code that is not sanitized; for the few bytes that the mutator moves these cost more than the
 * moving.
 */
#ifndef DEVFD_FUZZ_BLOCK_H
#define DEVFD_FUZZ_BLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Words that may stand anywhere and be of any type. */
typedef uint64_t devfd_block_word __attribute__((may_alias, aligned(1)));
typedef uint64_t devfd_block_wide __attribute__((vector_size(16), may_alias, aligned(1)));

enum {
	DEVFD_BLOCK_WORD = sizeof(devfd_block_word),
	DEVFD_BLOCK_WIDE = sizeof(devfd_block_wide),
};

/* Forwards: right also where the copy begins before what is copied. The last bytes are read before
 * anything is written and written after all else, whatever has been written to them by then. */
static inline void *devfd_block_copy(void *to, const void *from, size_t size)
{
	uint8_t *d = (uint8_t *)to;
	const uint8_t *s = (const uint8_t *)from;

	if (size >= DEVFD_BLOCK_WIDE) {
		devfd_block_wide *end = (devfd_block_wide *)(d + size - DEVFD_BLOCK_WIDE);
		devfd_block_wide last = *(const devfd_block_wide *)(s + size - DEVFD_BLOCK_WIDE);

		for (; d < (uint8_t *)end; d += DEVFD_BLOCK_WIDE, s += DEVFD_BLOCK_WIDE)
			*(devfd_block_wide *)d = *(const devfd_block_wide *)s;
		*end = last;
		return to;
	}
	if (size >= DEVFD_BLOCK_WORD) {
		devfd_block_word *end = (devfd_block_word *)(d + size - DEVFD_BLOCK_WORD);
		devfd_block_word last = *(const devfd_block_word *)(s + size - DEVFD_BLOCK_WORD);

		*(devfd_block_word *)d = *(const devfd_block_word *)s;
		*end = last;
		return to;
	}
	while (size--)
		*d++ = *s++;
	return to;
}

/* Backwards, where the copy begins inside of what is copied. */
static inline void *devfd_block_move(void *to, const void *from, size_t size)
{
	uint8_t *d = (uint8_t *)to + size;
	const uint8_t *s = (const uint8_t *)from + size;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return devfd_block_copy(to, from, size);
	for (; size >= DEVFD_BLOCK_WIDE; size -= DEVFD_BLOCK_WIDE) {
		d -= DEVFD_BLOCK_WIDE;
		s -= DEVFD_BLOCK_WIDE;
		*(devfd_block_wide *)d = *(const devfd_block_wide *)s;
	}
	for (; size >= DEVFD_BLOCK_WORD; size -= DEVFD_BLOCK_WORD) {
		d -= DEVFD_BLOCK_WORD;
		s -= DEVFD_BLOCK_WORD;
		*(devfd_block_word *)d = *(const devfd_block_word *)s;
	}
	while (size--)
		*--d = *--s;
	return to;
}

static inline void *devfd_block_fill(void *to, int value, size_t size)
{
	uint8_t *d = (uint8_t *)to;
	uint64_t word = (uint8_t)value * 0x0101010101010101u;

	for (; size >= DEVFD_BLOCK_WORD; size -= DEVFD_BLOCK_WORD) {
		*(devfd_block_word *)d = word;
		d += DEVFD_BLOCK_WORD;
	}
	while (size--)
		*d++ = (uint8_t)value;
	return to;
}

static inline void *devfd_block_find(const void *in, int value, size_t size)
{
	const uint8_t *p = (const uint8_t *)in;

	for (; size; size--, p++) {
		if (*p == (uint8_t)value)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

static inline int devfd_block_compare(const void *a, const void *b, size_t size)
{
	const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;

	for (; size; size--, p++, q++) {
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	return 0;
}

#endif
