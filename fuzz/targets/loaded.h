/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* loaded.h: put in front of each file of the core, which is compiled with
 * DEVFD_LOADED=devfd_loaded: every load is shown to watch.c. */
#ifndef DEVFD_FUZZ_LOADED_H
#define DEVFD_FUZZ_LOADED_H

#include "watch.h"

static inline void devfd_loaded(const uint8_t *p, uint32_t size)
{
	if (__builtin_expect(watch_on, 0))
		watch_load(p, size);
}

#endif
