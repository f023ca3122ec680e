/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * stream.h: an input of the target encode as items. Any bytes are some:
 *
 *	byte 0		bit 0: what items point at is big-endian; bits 1 and 2 the layout (0 and 3
 *			tlv, 1 array, 2 fixed)
 *	byte 1		bit 7: written in the other byte order
 *
 * then items; the first one is the device, and begins with its flags:
 *
 *	byte 0		bits 0 and 1: 0 region, 1 interrupt, else the same as the one before;
 *			bits 2 and 3: how much further its index is than the one before;
 *			bit 4: it is unreadable; then only its errno follows, a byte
 *	bytes 1 to 4	flags, those that the kind has, least significant byte first
 *	...		for each attribute of devfd_attr_rows that the kind and its flags have: a
 *			byte for the shape of the value (0 to 7 bytes follow; bit 7: ones before
 *			them), and these
 *	...		a byte for how many areas, paths' bytes, records kept (bits 0 and 1, 2 to 4,
 *			5 and 6), and their content: two numbers an area; of a record a byte for
 *			its words (bits 0 and 1) and how much further its type is (bits 2 to 7),
 *			one for its flags, and the words
 *
 * An input that ends within an item gives zeros for the rest.
 */
#ifndef DEVFD_FUZZ_STREAM_H
#define DEVFD_FUZZ_STREAM_H

#include <stdbool.h>

#include "../../codec/tables/rows.h"

enum {
	STREAM_HEAD = 2,
	STREAM_BIG = 1,
	STREAM_OTHER = 0x80,
	STREAM_LAYOUT_SHIFT = 1,
	STREAM_LAYOUT_MASK = 3,
	STREAM_ITEMS = 64,
	STREAM_STEP_MOST = 3,
	STREAM_AREAS = 3,
	STREAM_PATH = 7,
	STREAM_RECORDS = 3,
	STREAM_WORDS = 3,
	STREAM_TYPE_MOST = 0x3f,
};

/* A record of an unknown type. */
struct stream_record {
	uint8_t words, further, flags;
	uint8_t content[4 * STREAM_WORDS];
};

struct stream_item {
	uint32_t kind, index, flags;
	uint32_t step; /* how much further than the one before */
	bool unreadable;
	uint8_t error;
	uint8_t area_count, path_size, record_count;
	uint8_t path[STREAM_PATH];
	uint64_t value[DEVFD_ATTR_END]; /* as far as the rules of the attribute let it go */
	uint64_t area[STREAM_AREAS][2];
	struct stream_record record[STREAM_RECORDS];
};

/* The flags that an item of a kind can have; whether one with these flags has an attribute, and the
 * most that it may be. */
uint32_t stream_flags(uint32_t kind);
bool stream_has(uint32_t kind, uint32_t flags, uint32_t attr);
uint64_t stream_most(uint32_t attr);

/* Reads what stands behind the head: the device, then regions, then interrupts, each kind in
 * ascending index below its number. Returns how many there are. */
uint32_t stream_read(const uint8_t *p, size_t size, struct stream_item items[STREAM_ITEMS]);

/* Writes items so that they are read as they are, as far as there is room. Those that are not in
 * order, or beyond what the device says, are left out, unless raw. Returns the size. */
size_t stream_write(const struct stream_item *items, uint32_t count, bool raw, uint8_t *out,
		    size_t max);

#endif
