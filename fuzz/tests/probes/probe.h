/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* probe.h: what one run of a target comes to, seen from beside it; one probe a target. */
#ifndef DEVFD_FUZZ_PROBE_H
#define DEVFD_FUZZ_PROBE_H

#include <stddef.h>
#include <stdint.h>

enum { PROBE_POINTS = 512 };

struct probe {
	const char *target;
	uint32_t accepted; /* in this run */
	uint32_t count;    /* of what this run came to */
	uint32_t point[PROBE_POINTS];
};

extern struct probe probe;

/* Whether an input is one to its last byte, and nothing in it was cut or passed over. */
int probe_is_whole(const uint8_t *p, size_t size);

/* What is told apart by four numbers. */
static inline void probe_saw(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t all[] = {a, b, c, d}, point = 0, i;

	for (i = 0; i < 4; i++) {
		point = (point ^ all[i]) * 0x9e3779b1u;
		point ^= point >> 15;
	}
	if (probe.count < PROBE_POINTS)
		probe.point[probe.count++] = point | 1;
}

#endif
