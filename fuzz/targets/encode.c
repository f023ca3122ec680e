// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * encode.c: the target of writing: the input is read as items (stream.h says how), put into a
 * layout, read back and compared. What is put is what a reader could have given.
 */
#include <string.h>

#include "input.h"
#include "item.h"
#include "promise.h"
#include "stream.h"
#include "writing.h"

enum {
	CONTENT_MAX = 1 << 16,
	OUTPUT = 1 << 13,
	AREA_SIZE = 16,
	RECORD_HEAD = 12,
	RECORD_FIRST = 0x40,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What items point at, and its order. */
struct content {
	uint8_t *p, *end;
	uint32_t big;
};

static void put32(const struct content *c, uint8_t *p, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		p[c->big ? 3 - i : i] = (uint8_t)(value >> (8 * i));
}

static void put64(const struct content *c, uint8_t *p, uint64_t value)
{
	put32(c, p + (c->big ? 4 : 0), (uint32_t)value);
	put32(c, p + (c->big ? 0 : 4), (uint32_t)(value >> 32));
}

static uint8_t *room(struct content *c, size_t size)
{
	uint8_t *p = c->p;

	if ((size_t)(c->end - p) < size)
		return NULL;
	c->p += size;
	return p;
}

/* ---- Items ---- */

static void take_attributes(const struct stream_item *from, struct devfd_item *item)
{
	uint32_t i;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (stream_has(from->kind, from->flags, i))
			devfd_put_attr(item, i, from->value[i]);
	}
	if (item->kind == DEVFD_REGION && item->size > (uint64_t)INT64_MAX - item->offset)
		item->size = (uint64_t)INT64_MAX - item->offset;
	if (item->flags & DEVFD_DT_INDEX && !item->prop_type)
		item->prop_type = DEVFD_PROP_TYPE_REG;
}

static void take_areas(const struct stream_item *from, struct content *c, struct devfd_item *item)
{
	uint8_t *p = room(c, (size_t)AREA_SIZE * from->area_count);
	uint64_t offset, size;
	uint32_t i;

	if (!(item->flags & DEVFD_AREAS) || !p)
		return;
	item->areas.p = p;
	item->areas.count = from->area_count;
	item->areas.order = c->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	for (i = 0; i < from->area_count; i++) {
		offset = from->area[i][0] % (item->size + 1);
		size = from->area[i][1];
		if (size > item->size - offset)
			size = item->size - offset;
		put64(c, p + (size_t)AREA_SIZE * i, offset);
		put64(c, p + (size_t)AREA_SIZE * i + 8, size);
	}
}

/* Text without a NUL in it. */
static void take_path(const struct stream_item *from, struct content *c, struct devfd_item *item)
{
	uint8_t *p = room(c, from->path_size);
	uint32_t i;

	if (!(item->flags & DEVFD_DT_PATH) || !p)
		return;
	item->dt_path.p = p;
	item->dt_path.size = from->path_size;
	for (i = 0; i < from->path_size; i++)
		p[i] = from->path[i] ? from->path[i] : '/';
}

/* A run of records of unknown types, in ascending order, as a tlv file keeps them. */
static void take_kept(const struct stream_item *from, struct content *c, struct devfd_item *item)
{
	uint32_t i, type = RECORD_FIRST;
	uint8_t *start = c->p, *p;

	for (i = 0; i < from->record_count; i++) {
		uint32_t size = 4u * from->record[i].words;

		type += from->record[i].further;
		p = room(c, RECORD_HEAD + size);
		if (!p)
			break;
		put32(c, p, type);
		put32(c, p + 4, RECORD_HEAD + size);
		put32(c, p + 8, from->record[i].flags);
		memcpy(p + RECORD_HEAD, from->record[i].content, size);
	}
	if (c->p == start)
		return;
	item->kept.base = start;
	item->kept.end = (uint32_t)(c->p - start);
	item->kept.origin = DEVFD_ORIGIN_RECORD;
	item->kept.order = c->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
}

static void take_item(const struct stream_item *from, struct content *c, struct devfd_item *item)
{
	memset(item, 0, sizeof(*item));
	item->kind = from->kind;
	item->state = DEVFD_PRESENT;
	item->index = from->index;
	/* One that could not be read says so, and nothing else. */
	if (from->unreadable) {
		item->error = from->error ? from->error : 1;
		item->state = DEVFD_UNREADABLE;
		return;
	}
	item->flags = from->flags;
	take_attributes(from, item);
	take_areas(from, c, item);
	take_path(from, c, item);
	take_kept(from, c, item);
	if (item->kind == DEVFD_REGION && !item->size)
		item->state = DEVFD_EMPTY;
	if (item->kind == DEVFD_IRQ && !item->count)
		item->state = DEVFD_EMPTY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t layouts[] = {DEVFD_TLV, DEVFD_ARRAY, DEVFD_FIXED, DEVFD_TLV};
	static uint8_t content[CONTENT_MAX];
	static struct stream_item told[STREAM_ITEMS];
	static struct devfd_item items[STREAM_ITEMS];
	struct supply from = {NULL, items, 0};
	struct content c = {content, content + sizeof(content), 0};
	struct fuzz_input in;
	struct written out;
	uint32_t layout, i;

	if (!input_take_head(&in, data, size, 0) || in.size < STREAM_HEAD)
		return 0;
	c.big = in.head & STREAM_BIG;
	from.count = stream_read(in.p + STREAM_HEAD, in.size - STREAM_HEAD, told);
	for (i = 0; i < from.count; i++)
		take_item(&told[i], &c, &items[i]);
	layout = layouts[in.head >> STREAM_LAYOUT_SHIFT & STREAM_LAYOUT_MASK];
	/* Into the order that what it holds has, and into the other. */
	(void)promise_written(&from, layout, c.big ? DEVFD_BIG : DEVFD_LITTLE, in.p[1], OUTPUT,
			      &out);
	(void)promise_written(&from, layout, c.big ? DEVFD_LITTLE : DEVFD_BIG, in.p[1], OUTPUT,
			      &out);
	return 0;
}
