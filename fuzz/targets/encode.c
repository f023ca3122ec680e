// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * encode.c: the target of writing: the input is read as items (stream.h says how), put into a
 * layout, read back and compared. What is put is what a reader could have given.
 */
#include <string.h>

#include "input.h"
#include "item.h"
#include "promise.h"
#include "reach.h"
#include "stream.h"
#include "writing.h"

enum {
	CONTENT_MAX = 1 << 16,
	OUTPUT = 1 << 13,
	AREA_SIZE = 16,
	RECORD_HEAD = 12,
	RECORD_FIRST = 0x40,
	/* Of so many inputs one is checked in each way that takes longer than writing it once,
	   chosen by its hash; and the bits of the hash that each choice looks at first. */
	READ_BACK = 2,
	WRITTEN = 16,
	SALT_READ_BACK = 0,
	SALT_WRITTEN = 1,
	ROOM = OUTPUTS - 1,
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

/* Put once more, by the copy that the engine sees, it has the same bytes. */
static void seen_alike(const struct supply *from, uint32_t layout, uint32_t order, int rc,
		       const struct written *out)
{
	uint8_t *p = output_room(ROOM, OUTPUT);
	uint32_t i, one, lost = 0;
	struct devfd_writer w;
	size_t size;
	int other;

	(void)reach_devfd_begin(&w, layout, order | DEVFD_LOSSY, p, OUTPUT);
	for (i = 0; i < from->count; i++) {
		(void)reach_devfd_put(&w, &from->items[i], &one);
		lost |= one;
	}
	other = reach_devfd_end(&w, &size);
	PROMISE("fixed-point", other == rc && size == out->size && lost == out->lost,
		"result %d, %zu bytes, lost %#x; once more: %d, %zu, %#x", rc, out->size, out->lost,
		other, size, lost);
	PROMISE("fixed-point", rc != DEVFD_OK || !memcmp(p, out->p, size),
		"put once more it has other bytes");
}

static void encode(const struct supply *from, uint32_t layout, uint32_t order, uint32_t hash)
{
	struct written out, full;
	int rc;

	rc = promise_write(from, layout, order, OUTPUT, &out);
	if (rc == DEVFD_OK && input_share(hash, SALT_READ_BACK, READ_BACK))
		promise_read_back(from, layout, order, &out);
	seen_alike(from, layout, order, rc, &out);
	if (input_share(hash, SALT_WRITTEN, WRITTEN))
		(void)promise_written(from, layout, order, hash >> 8, OUTPUT, &full);
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
	uint32_t layout, hash, i;
	bool big;

	if (!input_take_head(&in, data, size, 0) || in.size < STREAM_HEAD)
		return 0;
	c.big = in.head & STREAM_BIG;
	from.count = stream_read(in.p + STREAM_HEAD, in.size - STREAM_HEAD, told);
	for (i = 0; i < from.count; i++)
		take_item(&told[i], &c, &items[i]);
	layout = layouts[in.head >> STREAM_LAYOUT_SHIFT & STREAM_LAYOUT_MASK];
	big = !c.big == !!(in.p[1] & STREAM_OTHER);
	hash = input_hash(in.p, in.size);
	encode(&from, layout, big ? DEVFD_BIG : DEVFD_LITTLE, hash);
	if (input_all)
		encode(&from, layout, big ? DEVFD_LITTLE : DEVFD_BIG, hash);
	return 0;
}
