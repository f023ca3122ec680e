/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* guarded.h: a buffer behind which nothing can be read or written. */
#ifndef DEVFD_GUARDED_H
#define DEVFD_GUARDED_H

#include <stddef.h>
#include <stdint.h>

enum { GUARDED_MAX = 65536 };

/* size bytes of poison, up to GUARDED_MAX, that end where no page is. There is one such buffer; it
 * is the caller's until the next call. NULL if the machine has no memory. */
uint8_t *guarded(size_t size);

#endif
