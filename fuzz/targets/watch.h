/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* watch.h: looks at every load of the core, which is compiled with DEVFD_LOADED=devfd_loaded. */
#ifndef DEVFD_FUZZ_WATCH_H
#define DEVFD_FUZZ_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From here on each load has to lie in these bytes; with once, no byte may be loaded twice. */
void watch_begin(const uint8_t *p, size_t size, bool once);
/* Ends it; the bytes that were loaded, each as often as it was. */
uint64_t watch_end(void);

/* Only while it is on, and out of line, so that the loads of other inputs cost next to nothing. */
extern bool watch_on;
void watch_load(const uint8_t *p, uint32_t size);

#endif
