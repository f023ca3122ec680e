/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * input.h: the bytes that an engine gives, as the targets read them.
 *
 * Byte 0: bit 0 big-endian, bit 1 role producer, bits 2 to 4 the format (differential only);
 * byte 1: the index asked for, 255 for 0xffffffff; then the input as it is.
 */
#ifndef DEVFD_FUZZ_INPUT_H
#define DEVFD_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INPUT_HEAD = 2,
	INPUT_BIG = 1,
	INPUT_PRODUCER = 2,
	INPUT_FORMAT_SHIFT = 2,
	INPUT_FORMAT_MASK = 7,
	INPUT_INDEX_LAST = 255,
	/* No longer input is looked at. */
	INPUT_MAX = 1 << 20,
};

struct fuzz_input {
	const uint8_t *p; /* ends where a page begins that cannot be touched */
	size_t size;
	uint32_t options; /* DEVFD_LITTLE or DEVFD_BIG, DEVFD_PRODUCER */
	uint32_t index;
	uint32_t head; /* byte 0 */
};

/* False: too short or too long, nothing to do. */
bool input_take(struct fuzz_input *in, const uint8_t *data, size_t size);
/* The same for a head of so many bytes, of which only the first is looked at. */
bool input_take_head(struct fuzz_input *in, const uint8_t *data, size_t size, size_t head);

/* A number that depends on the input and nothing else: chooses what is checked of it where
 * everything would take too long. */
uint32_t input_hash(const uint8_t *p, size_t size);

/* Drivers that have time set it: then everything is checked of every input. */
extern bool input_all;

/* Is this input, of this hash, one of each so many? salt: for choices that are to be independent.
 */
static inline bool input_share(uint32_t hash, uint32_t salt, uint32_t each)
{
	return input_all || (hash >> salt) % each == 0;
}

/* Room for an output of so many bytes (at most OUTPUT_MAX) that ends where a page begins that
 * cannot be touched. There are OUTPUTS of them. */
enum { OUTPUT_MAX = 16 << 20, OUTPUTS = 4 };
uint8_t *output_room(uint32_t nth, size_t size);

#endif
