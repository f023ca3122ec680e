// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * input.c: puts inputs and outputs in front of pages that cannot be touched. That costs a copy and
 * no allocation, and holds in builds without a sanitizer, too; what lies before an input is
 * poisoned where there is AddressSanitizer, and watch.c sees every load to the byte.
 */
#include "input.h"
#include "promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../codec/codec.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAS_ASAN
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, size)   ((void)(p), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(p, size) ((void)(p), (void)(size))
#endif

/* The core has no heap; what an engine has there is not worth a third of the time that a run takes.
 * ASAN_OPTIONS, which a fuzzing service sets, goes before this. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "malloc_context_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

enum { MARGIN = 64, GRANULE = 8 };

bool input_all;

/* The end of a range that stands before a page that cannot be touched. */
static uint8_t *guarded_end(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = (size + page - 1) / page * page;
	uint8_t *map = mmap(NULL, pages + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map, pages, PROT_READ | PROT_WRITE)) {
		fputs("fuzz: no memory for an input\n", stderr);
		exit(1);
	}
	return map + pages;
}

static const uint8_t *place(const uint8_t *data, size_t size)
{
	static uint8_t *end, *poisoned;
	uint8_t *p;

	if (!end)
		end = guarded_end(INPUT_MAX + MARGIN);
	else
		ASAN_UNPOISON_MEMORY_REGION(poisoned, MARGIN);
	p = end - size;
	memcpy(p, data, size);
	poisoned = p - (uintptr_t)p % GRANULE - MARGIN;
	ASAN_POISON_MEMORY_REGION(poisoned, MARGIN);
	return p;
}

bool input_take_head(struct fuzz_input *in, const uint8_t *data, size_t size, size_t head)
{
	if (size < head)
		return false;
	if (size - head > INPUT_MAX - MARGIN)
		return false;
	in->head = size ? data[0] : 0;
	in->size = size - head;
	in->p = place(data + head, in->size);
	in->options = 0;
	in->index = 0;
	return true;
}

bool input_take(struct fuzz_input *in, const uint8_t *data, size_t size)
{
	if (!input_take_head(in, data, size, INPUT_HEAD))
		return false;
	in->options = in->head & INPUT_BIG ? DEVFD_BIG : DEVFD_LITTLE;
	if (in->head & INPUT_PRODUCER)
		in->options |= DEVFD_PRODUCER;
	in->index = data[1] == INPUT_INDEX_LAST ? 0xffffffffu : data[1];
	return true;
}

uint32_t input_hash(const uint8_t *p, size_t size)
{
	uint64_t hash = size, word;

	while (size >= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
		p += sizeof(word);
		size -= sizeof(word);
	}
	while (size--)
		hash = (hash ^ *p++) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash >> 32);
}

uint8_t *output_room(uint32_t nth, size_t size)
{
	static uint8_t *ends[OUTPUTS];

	if (size > OUTPUT_MAX || nth >= OUTPUTS)
		abort();
	if (!ends[nth])
		ends[nth] = guarded_end(OUTPUT_MAX);
	return ends[nth] - size;
}
