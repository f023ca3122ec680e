/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* writing.h: the promises to whoever writes a description. */
#ifndef DEVFD_FUZZ_WRITING_H
#define DEVFD_FUZZ_WRITING_H

#include <stdbool.h>

#include "../../codec/codec.h"

/* What is written: all of an opened description, or items in their order. */
struct supply {
	const struct devfd *d;
	const struct devfd_item *items;
	uint32_t count;
};

struct written {
	uint8_t *p; /* in one of the rooms of input.h */
	size_t size;
	uint32_t lost;
};

/*
 * Writes it with and without leave to lose, reads it back and compares; with a smaller capacity
 * that `choice` picks. Returns false if the layout cannot hold this device, even with losses, or if
 * it takes more than `most` bytes, and did nothing more then.
 */
bool promise_written(const struct supply *from, uint32_t layout, uint32_t order, uint32_t choice,
		     size_t most, struct written *out);

/* Its first part: writes it once, with leave to lose, into room for `most` bytes. Returns what
 * devfd_end() says; *out holds something with DEVFD_OK alone. */
int promise_write(const struct supply *from, uint32_t layout, uint32_t order, size_t most,
		  struct written *out);
/* Its second: reads it back and compares. */
void promise_read_back(const struct supply *from, uint32_t layout, uint32_t order,
		       const struct written *out);

#endif
