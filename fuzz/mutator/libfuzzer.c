// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* libfuzzer.c: the mutator as libFuzzer asks for it. FUZZ_NAME is the name of the target. */
#include <string.h>

#include "mutator.h"

/* For whatever looks at this file alone. */
#ifndef FUZZ_NAME
#define FUZZ_NAME "tlv"
#endif

/* Of PARTS, so many are left to libFuzzer, which knows what was compared and takes a fraction of
 * the time. With one format as much is reached so, at half again as many executions a second; of
 * other inputs, bytes alone reach less. */
enum {
	PARTS = 8,
	MUTATED_OF_ONE = 4,
	CROSSED_OF_ONE = 6,
	MUTATED_OF_OTHERS = 1,
	CROSSED_OF_OTHERS = 0,
};

/* Other engines that take libFuzzer's targets may not have it. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed);

static const struct devfd_mutator *mutator(void)
{
	static struct devfd_mutator found;

	if (!found.mutate)
		found = devfd_mutator_of(FUZZ_NAME);
	return &found;
}

static int is_left(unsigned int seed, unsigned int of_one, unsigned int of_others)
{
	if (!LLVMFuzzerMutate)
		return 0;
	return seed % PARTS < (mutator()->format ? of_one : of_others);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	const struct devfd_mutator *m = mutator();

	if (is_left(seed, MUTATED_OF_ONE, MUTATED_OF_OTHERS))
		return LLVMFuzzerMutate(data, size, max);
	return m->mutate(m->format, data, size, max, seed / PARTS);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed)
{
	const struct devfd_mutator *m = mutator();

	if (is_left(seed, CROSSED_OF_ONE, CROSSED_OF_OTHERS)) {
		if (a_size > max)
			a_size = max;
		memcpy(out, a, a_size);
		return LLVMFuzzerMutate(out, a_size, max);
	}
	return m->cross(m->format, a, a_size, b, b_size, out, max, seed);
}
