// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * differential.c: the target of leaves against tables, in full, each part for a share of the
 * inputs: verdict, error, every item, every look-up, what is kept, and that names and explanations
 * can be made of anything. Byte 0 has the format in bits 2 to 4 (enum devfd_format - 1), so that a
 * corpus of it can be put to the oracle as the frames of generators/tests/differential.py are.
 */
#include <string.h>

#include "../../codec/tables/tables.h"
#include "input.h"
#include "promise.h"
#include "reach.h"
#include "reading.h"

enum {
	TEXT = 160,
	SLACK = 16,
	/* Of so many inputs one is checked in each way that takes longer than a verdict, chosen by
	   its hash. And the bits of the hash that each choice looks at first. */
	TABLES = 4,
	WALKED = 4,
	AGAIN = 64,
	LOOKED_UP = 64,
	TEXTS = 64,
	SALT_TABLES = 0,
	SALT_WALKED = 2,
	SALT_AGAIN = 4,
	SALT_LOOKED_UP = 10,
	SALT_TEXTS = 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the lines of the walk have come to. */
struct lines {
	size_t size;
	uint32_t count;
};

static int promise_line(void *context, const struct devfd_line *line)
{
	struct lines *l = context;

	PROMISE("text", line->at <= l->size && line->size <= l->size - line->at,
		"%s: %u bytes at %u of %zu", line->name, line->size, line->at, l->size);
	PROMISE("text", memchr(line->meaning, 0, sizeof(line->meaning)), "%s: endless meaning",
		line->name);
	PROMISE("text", l->count++ <= (uint32_t)64 * (l->size + 64), "%u lines of %zu bytes",
		l->count, l->size);
	return 0;
}

static void promise_texts(const struct devfd_input *bytes)
{
	struct lines lines = {bytes->size, 0};
	struct devfd_error e, other;
	char text[TEXT + SLACK];
	int rc;

	rc = devfd_judge(bytes, 0, &e);
	PROMISE("tables-agree", devfd_judge(bytes, 1, &other) == rc,
		"devfd_judge gives another result");
	(void)devfd_walk(bytes, promise_line, &lines);
	if (rc == DEVFD_OK)
		return;
	make_dirty(text, sizeof(text));
	devfd_explain(bytes, &e, text, TEXT);
	PROMISE("text", memchr(text, 0, TEXT), "an explanation has no end");
	PROMISE("text", is_dirty(text + TEXT, SLACK), "an explanation is longer than its buffer");
}

/* What the engine sees of what was accepted: a walk, what is kept, and a look-up of the last item
 * of each kind and of what is behind it. */
static void seen(struct devfd *d)
{
	uint32_t last[DEVFD_HOT_RESET + 1] = {0}, cursor;
	struct devfd_kept kept;
	struct devfd_item item;

	while (reach_devfd_next(d, &item) == DEVFD_OK) {
		last[item.kind] = item.index;
		for (cursor = 0; reach_devfd_get_kept(&item, &cursor, &kept) == DEVFD_OK;)
			;
	}
	(void)reach_devfd_get_region(d, last[DEVFD_REGION], &item);
	(void)reach_devfd_get_region(d, last[DEVFD_REGION] + 1, &item);
	(void)reach_devfd_get_irq(d, last[DEVFD_IRQ], &item);
	(void)reach_devfd_get_irq(d, last[DEVFD_IRQ] + 1, &item);
}

static void description(const struct fuzz_input *in, uint32_t layout, uint32_t hash)
{
	struct devfd_error e, again;
	struct devfd d, other;
	int rc;

	rc = promise_open(in, layout, &d, &e);
	promise_agree("same-twice", "the second time", rc, &e,
		      reach_devfd_open_as(&other, layout, in->options, in->p, in->size, &again),
		      &again);
	if (input_share(hash, SALT_AGAIN, AGAIN))
		promise_open_again(in, layout, rc, &d, &e);
	else if (input_share(hash, SALT_TABLES, TABLES))
		promise_open_tables(in, layout, rc, &d, &e);
	if (rc != DEVFD_OK)
		return;
	if (input_share(hash, SALT_WALKED, WALKED))
		promise_walk(in, &d);
	if (input_share(hash, SALT_LOOKED_UP, LOOKED_UP)) {
		promise_look_up(&leaves, &d, true, 0);
		promise_look_up(&tables, &d, true, 0);
	}
	seen(&other);
}

static void reply(const struct fuzz_input *in, uint32_t call, uint32_t hash)
{
	struct devfd_item item, other;
	struct devfd_error e, again;
	struct devfd_kept kept;
	uint32_t cursor = 0;
	int rc;

	rc = promise_reply_first(in, call, &item, &e);
	promise_agree(
		"same-twice", "the second time", rc, &e,
		reach_devfd_reply(call, in->options, in->index, in->p, in->size, &other, &again),
		&again);
	if (input_share(hash, SALT_AGAIN, AGAIN))
		promise_reply_again(in, call, rc, &item, &e);
	else if (input_share(hash, SALT_TABLES, TABLES))
		promise_reply_tables(in, call, rc, &item, &e);
	if (rc != DEVFD_OK)
		return;
	if (input_share(hash, SALT_WALKED, WALKED))
		promise_reply_item(in, &item);
	while (reach_devfd_get_kept(&other, &cursor, &kept) == DEVFD_OK)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct devfd_input bytes;
	struct fuzz_input in;
	uint32_t hash;

	if (!input_take(&in, data, size))
		return 0;
	memset(&bytes, 0, sizeof(bytes));
	bytes.format = 1 + (in.head >> INPUT_FORMAT_SHIFT & INPUT_FORMAT_MASK);
	bytes.p = in.p;
	bytes.size = in.size;
	bytes.options = in.options;
	bytes.index = in.index;
	if (!devfd_format_name(bytes.format))
		return 0;
	hash = input_hash(in.p, in.size);
	if (bytes.format >= DEVFD_FORMAT_REPLY)
		reply(&in, bytes.format - DEVFD_FORMAT_REPLY + 1, hash);
	else
		description(&in, bytes.format, hash);
	if (input_share(hash, SALT_TEXTS, TEXTS))
		promise_texts(&bytes);
	return 0;
}
