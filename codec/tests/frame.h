/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * frame.h: inputs that come on a pipe. A frame is four u32, little-endian: format (enum
 * devfd_format), options (enum devfd_option), index asked for, size; then so many bytes.
 */
#ifndef DEVFD_TESTS_FRAME_H
#define DEVFD_TESTS_FRAME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bytes.h"
#include "../tables/tables.h"

/* The next frame of standard input, in a block of its own and of exactly its size, so that each
 * stray load is seen. Returns the block, for free(), or NULL at the end; a cut frame ends the
 * process, which is called `by`. */
static inline uint8_t *take_frame(struct devfd_input *in, const char *by)
{
	uint8_t head[16], *copy;

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return NULL;
	memset(in, 0, sizeof(*in));
	in->format = devfd_get32(head, 0);
	in->options = devfd_get32(head + 4, 0);
	in->index = devfd_get32(head + 8, 0);
	in->size = devfd_get32(head + 12, 0);
	copy = malloc(in->size ? in->size : 1);
	if (!copy) {
		fprintf(stderr, "%s: out of memory\n", by);
		exit(2);
	}
	if (fread(copy, 1, in->size, stdin) != in->size) {
		fprintf(stderr, "%s: a frame is cut\n", by);
		exit(2);
	}
	in->p = copy;
	return copy;
}

#endif
