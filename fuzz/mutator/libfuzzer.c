// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* libfuzzer.c: the mutator as libFuzzer asks for it. FUZZ_NAME is the name of the target. */
#include "mutator.h"

enum { OTHERS = 8 }; /* one of so many is left to libFuzzer, which knows what was compared */

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

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	const struct devfd_mutator *m = mutator();

	if (seed % OTHERS == 0 && LLVMFuzzerMutate)
		return LLVMFuzzerMutate(data, size, max);
	return m->mutate(m->format, data, size, max, seed / OTHERS);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *out, size_t max, unsigned int seed)
{
	const struct devfd_mutator *m = mutator();

	return m->cross(m->format, a, a_size, b, b_size, out, max, seed);
}
