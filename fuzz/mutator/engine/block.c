// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * block.c: block.h under the names that compilers call, for a mutator that is linked to one object
 * and shows none of its names (fuzz/rules.mk). To be compiled with -ffreestanding, without which a
 * compiler makes of each loop a call of the function that it is in.
 */
#include "../block.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void *memchr(const void *in, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	return devfd_block_copy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
	return devfd_block_move(to, from, size);
}

void *memset(void *to, int value, size_t size)
{
	return devfd_block_fill(to, value, size);
}

void *memchr(const void *in, int value, size_t size)
{
	return devfd_block_find(in, value, size);
}

int memcmp(const void *a, const void *b, size_t size)
{
	return devfd_block_compare(a, b, size);
}
