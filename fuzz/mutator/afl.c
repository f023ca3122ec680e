// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * afl.c: the mutator as AFL++ asks for it (AFL_CUSTOM_MUTATOR_LIBRARY), built as a shared object.
 * The environment variable DEVFD_TARGET names the target; without one, inputs are taken for
 * descriptions in any layout.
 */
#include <stdlib.h>
#include <string.h>
#include "mutator.h"

enum { ROOM = 1 << 20, OTHERS = 8 };

struct devfd_afl {
	struct devfd_mutator mutator;
	uint64_t state;
	uint8_t out[ROOM];
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct devfd_afl *a = (struct devfd_afl *)calloc(1, sizeof(*a));

	(void)afl;
	if (!a)
		return NULL;
	a->state = seed;
	a->mutator = devfd_mutator_of(getenv("DEVFD_TARGET"));
	return a;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t add_size, size_t max)
{
	struct devfd_afl *a = (struct devfd_afl *)data;
	uint32_t seed;

	a->state = a->state * 6364136223846793005u + 1442695040888963407u;
	seed = (uint32_t)(a->state >> 32);
	if (max > ROOM)
		max = ROOM;
	if (size > max)
		size = max;
	*out = a->out;
	if (add && seed % OTHERS == 0)
		return a->mutator.cross(a->mutator.format, buf, size, add, add_size, a->out, max,
					seed / OTHERS);
	memcpy(a->out, buf, size);
	return a->mutator.mutate(a->mutator.format, a->out, size, max, seed / OTHERS);
}

void afl_custom_deinit(void *data)
{
	free(data);
}
