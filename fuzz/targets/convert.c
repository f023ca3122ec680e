// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * convert.c: the target of translation: any description to any layout and byte order, and back.
 * Byte 0: bit 0 big-endian, bits 1 and 2 the layout (0 tlv, 1 array, 2 fixed, 3 that of the input);
 * then a description, told by its magic.
 */
#include <string.h>

#include "../../codec/codec.h"
#include "input.h"
#include "item.h"
#include "promise.h"
#include "writing.h"

enum {
	HEAD = 1,
	LAYOUT_SHIFT = 1,
	LAYOUT_MASK = 3,
	LAYOUT_SAME = 3,
	ROOM = OUTPUTS - 1,
	/* A description of a few bytes can ask for gigabytes of empty slots. */
	OUTPUT = 1 << 16,
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct supply from = {NULL, NULL, 0};
	uint32_t layout, order, choice;
	struct written there;
	struct devfd_error e;
	struct fuzz_input in;
	struct devfd d;

	if (!input_take_head(&in, data, size, HEAD))
		return 0;
	if (devfd_open(&d, in.p, in.size, &e) != DEVFD_OK)
		return 0;
	layout = 1 + (in.head >> LAYOUT_SHIFT & LAYOUT_MASK);
	if (layout > LAYOUT_SAME)
		layout = d.layout;
	order = in.head & INPUT_BIG ? DEVFD_BIG : DEVFD_LITTLE;
	choice = input_hash(in.p, in.size);
	from.d = &d;
	if (promise_written(&from, layout, order, choice, OUTPUT, &there))
		and_back(&d, &there, choice);
	return 0;
}
