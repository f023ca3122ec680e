// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * convert.c: the target of translation: any description to any layout and byte order; for a share
 * of the inputs in every way that it can be written, and back.
 * Byte 0: bit 0 big-endian, bits 1 and 2 the layout (0 tlv, 1 array, 2 fixed, 3 that of the input);
 * then a description, told by its magic.
 */
#include <string.h>

#include "../../codec/codec.h"
#include "input.h"
#include "promise.h"
#include "reach.h"
#include "reading.h"
#include "writing.h"

enum {
	HEAD = 1,
	LAYOUT_SHIFT = 1,
	LAYOUT_MASK = 3,
	LAYOUT_SAME = 3,
	ROOM = OUTPUTS - 1,
	/* A description of a few bytes can ask for gigabytes of empty slots, which take time and
	   say little. */
	OUTPUT = 1 << 11,
	OUTPUT_LONG = 1 << 16,
	/* Of so many inputs one is checked in each way that takes longer than writing it once,
	   chosen by its hash; and the bits of the hash that each choice looks at first. */
	LONG = 64,
	READ_BACK = 2,
	WRITTEN = 16,
	AND_BACK = 64,
	SALT_LONG = 0,
	SALT_READ_BACK = 6,
	SALT_WRITTEN = 7,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written without a loss leads back to what the input itself is written as. */
static void and_back(const struct devfd *d, const struct written *there, uint32_t choice)
{
	struct supply from = {NULL, NULL, 0};
	struct written straight, back;
	struct devfd_error e;
	struct devfd other;
	uint8_t *copy;
	size_t size;

	from.d = d;
	size = there->size;
	copy = output_room(ROOM, size);
	memcpy(copy, there->p, size);
	if (!promise_written(&from, d->layout, d->order, choice, OUTPUT_MAX / 2, &straight))
		promise_broken("fixed-point", "layout %u cannot hold its own description",
			       d->layout);
	PROMISE("loss", !straight.lost, "layout %u loses %#x of its own description", d->layout,
		straight.lost);
	PROMISE("fixed-point", devfd_open(&other, copy, size, &e) == DEVFD_OK,
		"what was written is refused");
	if (there->lost)
		return;
	/* The room of the first is used again: what it held is read from the copy. */
	size = straight.size;
	from.d = &other;
	if (!promise_written(&from, d->layout, d->order, choice, OUTPUT_MAX / 2, &back))
		promise_broken("fixed-point", "there is no way back to layout %u", d->layout);
	PROMISE("loss", !back.lost, "nothing is lost there, but %#x on the way back", back.lost);
	PROMISE("fixed-point", back.size == size, "%zu bytes by way of another layout, else %zu",
		back.size, size);
}

/* Converted at one go by the copy that the engine sees, it has the same bytes. */
static void seen_alike(struct devfd *d, uint32_t layout, uint32_t order, size_t most, int rc,
		       const struct written *there)
{
	uint32_t lost, all_lost = there->lost;
	uint8_t *p = output_room(ROOM, most);
	size_t size;
	int other;

	/* Every item could be carried, but not all of them together. */
	if (rc == DEVFD_LOSS && !all_lost)
		all_lost = DEVFD_LOST_ITEM;
	other = reach_devfd_convert(d, layout, order | DEVFD_LOSSY, p, most, &size, &lost);
	PROMISE("fixed-point", other == rc && size == there->size && lost == all_lost,
		"result %d, %zu bytes, lost %#x; at one go: %d, %zu, %#x", rc, there->size,
		all_lost, other, size, lost);
	PROMISE("fixed-point", rc != DEVFD_OK || !memcmp(p, there->p, size),
		"converted at one go it has other bytes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct supply from = {NULL, NULL, 0};
	uint32_t layout, order, hash;
	struct devfd_error e, again;
	struct written there, full;
	struct fuzz_input in;
	struct devfd d, seen;
	size_t most;
	int rc;

	if (!input_take_head(&in, data, size, HEAD))
		return 0;
	rc = devfd_open(&d, in.p, in.size, &e);
	promise_agree("same-twice", "the second time", rc, &e,
		      reach_devfd_open(&seen, in.p, in.size, &again), &again);
	if (rc != DEVFD_OK)
		return 0;
	layout = 1 + (in.head >> LAYOUT_SHIFT & LAYOUT_MASK);
	if (layout > LAYOUT_SAME)
		layout = d.layout;
	order = in.head & INPUT_BIG ? DEVFD_BIG : DEVFD_LITTLE;
	hash = input_hash(data, size);
	most = input_share(hash, SALT_LONG, LONG) ? OUTPUT_LONG : OUTPUT;
	from.d = &d;
	rc = promise_write(&from, layout, order, most, &there);
	if (rc == DEVFD_OK && input_share(hash, SALT_READ_BACK, READ_BACK))
		promise_read_back(&from, layout, order, &there);
	seen_alike(&seen, layout, order, most, rc, &there);
	if (!input_share(hash, SALT_WRITTEN, WRITTEN))
		return 0;
	if (!promise_written(&from, layout, order, hash, OUTPUT_LONG, &full))
		return 0;
	if (input_share(hash, SALT_WRITTEN, AND_BACK))
		and_back(&d, &full, hash);
	return 0;
}
