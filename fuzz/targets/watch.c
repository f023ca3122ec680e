// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* watch.c: each load of the core stays in the input, and each byte of a reply is loaded once. */
#include "watch.h"

#include <string.h>

#include "input.h"
#include "promise.h"

static struct {
	const uint8_t *p;
	size_t size;
	uint64_t loads;
	bool once;
	uint32_t round;
} watch;

bool watch_on;

/* The round in which a byte was last loaded, so that nothing needs to be cleared in between. */
static uint32_t loaded[INPUT_MAX];

void watch_begin(const uint8_t *p, size_t size, bool once)
{
	watch.p = p;
	watch.size = size;
	watch.loads = 0;
	watch.once = once;
	watch_on = true;
	if (!once)
		return;
	if (!++watch.round) {
		memset(loaded, 0, sizeof(loaded));
		watch.round = 1;
	}
}

uint64_t watch_end(void)
{
	watch_on = false;
	return watch.loads;
}

void watch_load(const uint8_t *p, uint32_t size)
{
	size_t at, end;

	/* In numbers, as a pointer outside the input may not be subtracted. */
	at = (size_t)((uintptr_t)p - (uintptr_t)watch.p);
	PROMISE("exact-size", at <= watch.size && size <= watch.size - at,
		"%u bytes were loaded at %lld of an input of %zu", size, (long long)at, watch.size);
	watch.loads += size;
	if (!watch.once)
		return;
	for (end = at + size; at < end; at++) {
		PROMISE("read-once", loaded[at] != watch.round, "byte %zu was loaded twice", at);
		loaded[at] = watch.round;
	}
}
