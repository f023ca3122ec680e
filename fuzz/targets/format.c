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
#include "reach.h"
#include "reading.h"
#include "writing.h"

/* For whatever looks at this file alone. */
#ifndef FUZZ_FORMAT
#define FUZZ_FORMAT 1
#endif

/*
 * Of so many inputs one is checked in each way that takes longer than reading it once, chosen by
 * its hash; all of them where there is time (input_all) and in the target `differential`.
 */
enum {
	AGAIN = 64,
	WALKED = 16,
	CUT = 16,
	LOOKED_UP = 64,
	WRITTEN = 128,
	/* Bits of the hash that each choice looks at first. */
	SALT_AGAIN = 0,
	SALT_WALKED = 6,
	SALT_CUT = 10,
	SALT_LOOKED_UP = 14,
	SALT_WRITTEN = 19,
	/* A longer output than this is left to the target `convert`. */
	OUTPUT = 1 << 12,
	LAYOUTS = DEVFD_FIXED,
	CALL = FUZZ_FORMAT - DEVFD_FORMAT_REPLY + 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void description(const struct fuzz_input *in)
{
	struct supply from = {NULL, NULL, 0};
	struct devfd_error e, again;
	struct written out;
	struct devfd d, other;
	uint32_t hash;
	int rc;

	rc = promise_open(in, FUZZ_FORMAT, &d, &e);
	promise_agree(
		"same-twice", "the second time", rc, &e,
		reach_devfd_open_as(&other, FUZZ_FORMAT, in->options, in->p, in->size, &again),
		&again);
	hash = input_hash(in->p, in->size);
	if (input_share(hash, SALT_AGAIN, AGAIN))
		promise_open_again(in, FUZZ_FORMAT, rc, &d, &e);
	if (rc != DEVFD_OK)
		return;
	if (input_share(hash, SALT_WALKED, WALKED))
		promise_walk(in, &d);
	if (input_share(hash, SALT_CUT, CUT))
		promise_prefix(in, &d, hash % in->size);
	if (input_share(hash, SALT_LOOKED_UP, LOOKED_UP)) {
		promise_look_up(&leaves, &d, input_all, hash);
		promise_look_up(&tables, &d, input_all, hash);
	}
	if (!input_share(hash, SALT_WRITTEN, WRITTEN))
		return;
	from.d = &d;
	(void)promise_written(&from, 1 + hash % LAYOUTS, hash & 0x80 ? DEVFD_BIG : DEVFD_LITTLE,
			      hash >> 8, OUTPUT, &out);
}

/* A reply belongs to a description of its device, and can be written as a part of it. */
static void written_reply(const struct devfd_item *item, uint32_t hash)
{
	struct devfd_item items[2];
	struct supply from = {NULL, items, 2};
	struct written out;

	memset(&items[0], 0, sizeof(items[0]));
	items[0].kind = DEVFD_DEVICE;
	items[0].state = DEVFD_PRESENT;
	items[0].bus = DEVFD_BUS_PCI;
	items[1] = *item;
	if (item->index == 0xffffffffu)
		return;
	if (item->kind == DEVFD_DEVICE)
		from = (struct supply){NULL, items + 1, 1};
	else if (item->kind == DEVFD_REGION)
		items[0].num_regions = item->index + 1;
	else if (item->kind == DEVFD_IRQ)
		items[0].num_irqs = item->index + 1;
	else
		return;
	(void)promise_written(&from, 1 + hash % LAYOUTS, hash & 0x80 ? DEVFD_BIG : DEVFD_LITTLE,
			      hash >> 8, OUTPUT, &out);
}

static void reply(const struct fuzz_input *in)
{
	struct devfd_error e, again;
	struct devfd_item item, other;
	uint32_t hash;
	int rc;

	rc = promise_reply_first(in, (uint32_t)CALL, &item, &e);
	promise_agree("same-twice", "the second time", rc, &e,
		      reach_devfd_reply((uint32_t)CALL, in->options, in->index, in->p, in->size,
					&other, &again),
		      &again);
	hash = input_hash(in->p, in->size);
	if (input_share(hash, SALT_AGAIN, AGAIN))
		promise_reply_again(in, (uint32_t)CALL, rc, &item, &e);
	if (rc != DEVFD_OK)
		return;
	PROMISE("same-twice", same_item(&item, &other), "another item the second time");
	if (input_share(hash, SALT_WALKED, WALKED))
		promise_reply_item(in, &item);
	if (input_share(hash, SALT_CUT, CUT))
		promise_reply_prefix(in, (uint32_t)CALL, &item, hash % in->size);
	if (input_share(hash, SALT_WRITTEN, WRITTEN))
		written_reply(&item, hash);
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
