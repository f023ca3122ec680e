/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* item.h: what holds of every item that is handed out, and whether two items say the same. */
#ifndef DEVFD_FUZZ_ITEM_H
#define DEVFD_FUZZ_ITEM_H

#include <stdbool.h>

#include "../../codec/codec.h"

/* The bytes that an item may point into. */
struct span {
	const uint8_t *p;
	size_t size;
};

/* Breaks "item" or "access" if the item says what no item may. */
void promise_item(const struct devfd_item *item, const struct span *in);

/* The same to the bit, pointers and padding included: two readings of one buffer. */
bool same_item(const struct devfd_item *a, const struct devfd_item *b);

/*
 * The same in meaning, from different buffers. Returns the name of what differs, or NULL. b is a
 * with these flags alone, and without what the missing ones know; without kept things if kept is
 * false.
 */
const char *item_differs(const struct devfd_item *a, uint32_t flags, bool kept,
			 const struct devfd_item *b);

/* What may be mapped of b is nothing, or what may be mapped of a. */
bool opens_no_more(const struct devfd_item *a, const struct devfd_item *b);

#endif
