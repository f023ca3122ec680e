// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * format.c: the target of one format; FUZZ_FORMAT is its number in enum devfd_format. What is
 * accepted is cut, looked up and written again, each for a share of the inputs.
 */
#include <string.h>

#include "../../codec/tables/tables.h"
#include "input.h"
#include "item.h"
#include "promise.h"
#include "reading.h"
#include "writing.h"

/* For whatever looks at this file alone. */
#ifndef FUZZ_FORMAT
#define FUZZ_FORMAT 1
#endif

enum {
	/* One input in so many is written again. */
	WRITTEN = 4,
	LAYOUTS = DEVFD_FIXED,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void description(const struct fuzz_input *in)
{
	struct supply from = {NULL, NULL, 0};
	struct written out;
	struct devfd d;
	uint32_t hash;

	if (!promise_description(in, FUZZ_FORMAT, &d))
		return;
	hash = input_hash(in->p, in->size);
	promise_prefix(in, &d, (hash >> 4) % in->size);
	promise_look_up(&leaves, &d, false, hash);
	promise_look_up(&tables, &d, false, hash);
	if (hash % WRITTEN)
		return;
	from.d = &d;
	(void)promise_written(&from, 1 + (hash >> 8) % LAYOUTS,
			      hash & 0x80 ? DEVFD_BIG : DEVFD_LITTLE, hash >> 8, &out);
}

/* A reply belongs to a description of its device, and can be written as a part of it. */
static void reply(const struct fuzz_input *in)
{
	uint32_t call = (uint32_t)FUZZ_FORMAT - DEVFD_FORMAT_REPLY + 1, hash;
	struct devfd_item items[2];
	struct supply from = {NULL, items, 2};
	struct written out;

	if (!promise_reply(in, call, &items[1]))
		return;
	hash = input_hash(in->p, in->size);
	promise_reply_prefix(in, call, &items[1], (hash >> 4) % in->size);
	if (hash % WRITTEN)
		return;
	memset(&items[0], 0, sizeof(items[0]));
	items[0].kind = DEVFD_DEVICE;
	items[0].state = DEVFD_PRESENT;
	items[0].bus = DEVFD_BUS_PCI;
	if (items[1].kind == DEVFD_DEVICE)
		from = (struct supply){NULL, items + 1, 1};
	else if (items[1].index == 0xffffffffu)
		return;
	else if (items[1].kind == DEVFD_REGION)
		items[0].num_regions = items[1].index + 1;
	else if (items[1].kind == DEVFD_IRQ)
		items[0].num_irqs = items[1].index + 1;
	else
		return;
	(void)promise_written(&from, DEVFD_TLV, hash & 0x80 ? DEVFD_BIG : DEVFD_LITTLE, hash >> 8,
			      &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;

	if (!input_take(&in, data, size))
		return 0;
	if (FUZZ_FORMAT < DEVFD_FORMAT_REPLY)
		description(&in);
	else
		reply(&in);
	return 0;
}
