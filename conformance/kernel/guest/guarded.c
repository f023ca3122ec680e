// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* guarded.c: a buffer behind which nothing can be read or written. */
#include "guarded.h"

#include "../../capture/capture.h"

#include <string.h>
#include <sys/mman.h>

uint8_t *guarded(size_t size)
{
	static uint8_t *base;

	if (!base) {
		void *p = mmap(NULL, 2 * (size_t)GUARDED_MAX, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return NULL;
		if (mprotect((uint8_t *)p + GUARDED_MAX, GUARDED_MAX, PROT_NONE))
			return NULL;
		base = (uint8_t *)p;
	}
	if (size > GUARDED_MAX)
		return NULL;
	memset(base, CAPTURE_POISON, GUARDED_MAX);
	return base + GUARDED_MAX - size;
}
