/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* probe.h: what one run of a target comes to, seen from beside it; one probe a target. */
#ifndef DEVFD_FUZZ_PROBE_H
#define DEVFD_FUZZ_PROBE_H

#include <stdint.h>

struct probe {
	const char *target;
	uint32_t accepted; /* in this run */
	uint32_t outcome;  /* of this run: what else it is told apart by */
};

extern struct probe probe;

/* Adds to the outcome. */
static inline void probe_saw(uint32_t what)
{
	probe.outcome = (probe.outcome ^ what) * 0x9e3779b1u;
	probe.outcome ^= probe.outcome >> 15;
}

#endif
