// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * encode.c: the target of writing: the input is read as items, put into a layout, read back and
 * compared. What is put is what a reader could have given; the input chooses among that:
 *
 *	byte 0		bit 0 big-endian, bits 1 and 2 the layout (0 and 3 tlv, 1 array, 2 fixed)
 *	byte 1		the smaller capacity that is tried
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
 *			5 and 6), and their content
 *
 * An input that ends within an item gives zeros for the rest.
 */
#include <string.h>

#include "../../codec/tables/rows.h"
#include "input.h"
#include "item.h"
#include "promise.h"
#include "writing.h"

enum {
	HEAD = 2,
	LAYOUT_SHIFT = 1,
	LAYOUT_MASK = 3,
	ITEMS_MAX = 64,
	CONTENT_MAX = 1 << 16,
	/* Empty slots say nothing new, and take time. */
	SLOTS_MAX = 23,
	OUTPUT = 1 << 13,
	AREA_SIZE = 16,
	RECORD_HEAD = 12,
	KINDS_MASK = 3,
	UNREADABLE = 0x10,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that are left of the input, and what items point at. */
struct stream {
	const uint8_t *p, *end;
	uint8_t *content, *content_end;
	uint32_t big; /* order of the content */
};

static uint32_t next8(struct stream *s)
{
	return s->p < s->end ? *s->p++ : 0;
}

static uint32_t next32(struct stream *s)
{
	uint32_t value = 0, i;

	for (i = 0; i < 4; i++)
		value |= next8(s) << (8 * i);
	return value;
}

/* Small numbers, large ones, and those just below a power of two are all a few bytes. */
static uint64_t next_number(struct stream *s)
{
	enum { BYTES = 7, ONES = 0x80 };
	uint32_t shape = next8(s), i;
	uint64_t value = shape & ONES ? ~(uint64_t)0 : 0;

	for (i = 0; i < (shape & BYTES); i++)
		value = value << 8 | next8(s);
	return value;
}

static void put32(const struct stream *s, uint8_t *p, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		p[s->big ? 3 - i : i] = (uint8_t)(value >> (8 * i));
}

static void put64(const struct stream *s, uint8_t *p, uint64_t value)
{
	put32(s, p + (s->big ? 4 : 0), (uint32_t)value);
	put32(s, p + (s->big ? 0 : 4), (uint32_t)(value >> 32));
}

static uint8_t *room(struct stream *s, size_t size)
{
	uint8_t *p = s->content;

	if ((size_t)(s->content_end - p) < size)
		return NULL;
	s->content += size;
	return p;
}

/* ---- Items ---- */

/* What each kind can have: by its flags, and always. */
static const uint32_t flags_of[] = {
	[DEVFD_DEVICE] = DEVFD_RESET | DEVFD_IDENTITY,
	[DEVFD_REGION] = DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP | DEVFD_MSIX_MAPPABLE |
			 DEVFD_CONFIG_SPACE | DEVFD_BAR | DEVFD_PHYS_ADDR | DEVFD_TYPE |
			 DEVFD_AREAS | DEVFD_DT_PATH | DEVFD_DT_INDEX,
	[DEVFD_IRQ] = DEVFD_DT_PATH | DEVFD_DT_INDEX | DEVFD_EVENTFD | DEVFD_MASKABLE |
		      DEVFD_AUTOMASKED | DEVFD_NORESIZE,
};

/* Of an attribute: the kind that always has it (a bit each), the flag that knows it, and how far
 * its rules let it go. */
static const struct {
	uint32_t kinds, flag;
	uint64_t most;
} attributes[DEVFD_ATTR_END] = {
	[DEVFD_ATTR_BUS] = {1u << DEVFD_DEVICE, 0, DEVFD_BUS_CDX},
	[DEVFD_ATTR_NUM_REGIONS] = {1u << DEVFD_DEVICE, 0, SLOTS_MAX},
	[DEVFD_ATTR_NUM_IRQS] = {1u << DEVFD_DEVICE, 0, SLOTS_MAX},
	[DEVFD_ATTR_VENDOR] = {0, DEVFD_IDENTITY, 0xffff},
	[DEVFD_ATTR_DEVICE] = {0, DEVFD_IDENTITY, 0xffff},
	[DEVFD_ATTR_CLASS] = {0, DEVFD_IDENTITY, 0xffffff},
	[DEVFD_ATTR_MORE] = {1u << DEVFD_DEVICE | 1u << DEVFD_REGION | 1u << DEVFD_IRQ, 0,
			     0xffffffff},
	[DEVFD_ATTR_OFFSET] = {1u << DEVFD_REGION, 0, INT64_MAX},
	[DEVFD_ATTR_SIZE] = {1u << DEVFD_REGION, 0, INT64_MAX},
	[DEVFD_ATTR_BAR] = {0, DEVFD_BAR, 5},
	[DEVFD_ATTR_PHYS_ADDR] = {0, DEVFD_PHYS_ADDR, UINT64_MAX},
	[DEVFD_ATTR_TYPE] = {0, DEVFD_TYPE, 0xffffffff},
	[DEVFD_ATTR_SUBTYPE] = {0, DEVFD_TYPE, 0xffffffff},
	[DEVFD_ATTR_PROP_TYPE] = {0, DEVFD_DT_INDEX, DEVFD_PROP_TYPE_INTERRUPT_MAP},
	[DEVFD_ATTR_PROP_INDEX] = {0, DEVFD_DT_INDEX, 0xffffffff},
	[DEVFD_ATTR_COUNT] = {1u << DEVFD_IRQ, 0, 0xffffffff},
};

static void take_attributes(struct stream *s, struct devfd_item *item)
{
	uint64_t value;
	uint32_t i;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (!(attributes[i].kinds & 1u << item->kind) &&
		    !(attributes[i].flag & item->flags))
			continue;
		value = next_number(s);
		if (value > attributes[i].most)
			value = attributes[i].most == UINT64_MAX ? value
								 : value % (attributes[i].most + 1);
		devfd_put_attr(item, i, value);
	}
	if (item->kind == DEVFD_REGION && item->size > (uint64_t)INT64_MAX - item->offset)
		item->size = (uint64_t)INT64_MAX - item->offset;
	if (item->flags & DEVFD_DT_INDEX && !item->prop_type)
		item->prop_type = DEVFD_PROP_TYPE_REG;
}

static void take_areas(struct stream *s, struct devfd_item *item, uint32_t count)
{
	uint8_t *p = room(s, (size_t)AREA_SIZE * count);
	uint64_t offset, size;
	uint32_t i;

	if (!(item->flags & DEVFD_AREAS) || !p)
		return;
	item->areas.p = p;
	item->areas.count = count;
	item->areas.order = s->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	for (i = 0; i < count; i++) {
		offset = next_number(s);
		size = next_number(s);
		offset = item->size == UINT64_MAX ? offset : offset % (item->size + 1);
		if (size > item->size - offset)
			size = item->size - offset;
		put64(s, p + (size_t)AREA_SIZE * i, offset);
		put64(s, p + (size_t)AREA_SIZE * i + 8, size);
	}
}

/* Text without a NUL in it. */
static void take_path(struct stream *s, struct devfd_item *item, uint32_t size)
{
	uint8_t *p = room(s, size);
	uint32_t i;

	if (!(item->flags & DEVFD_DT_PATH) || !p)
		return;
	item->dt_path.p = p;
	item->dt_path.size = size;
	for (i = 0; i < size; i++) {
		p[i] = (uint8_t)next8(s);
		if (!p[i])
			p[i] = '/';
	}
}

/* A run of records of unknown types, in ascending order, as a tlv file keeps them. */
static void take_kept(struct stream *s, struct devfd_item *item, uint32_t count)
{
	enum { FIRST = 0x40, FURTHER = 0x3f, WORDS = 3 };
	uint32_t i, type = FIRST, words, size;
	uint8_t *start = s->content, *p;

	for (i = 0; i < count; i++) {
		size = next8(s);
		words = size & WORDS;
		type += size >> 2 & FURTHER;
		p = room(s, RECORD_HEAD + (size_t)4 * words);
		if (!p)
			break;
		put32(s, p, type);
		put32(s, p + 4, RECORD_HEAD + 4 * words);
		put32(s, p + 8, next8(s));
		for (size = 0; size < 4 * words; size++)
			p[RECORD_HEAD + size] = (uint8_t)next8(s);
	}
	if (s->content == start)
		return;
	item->kept.base = start;
	item->kept.end = (uint32_t)(s->content - start);
	item->kept.origin = DEVFD_ORIGIN_RECORD;
	item->kept.order = s->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
}

static void take_content(struct stream *s, struct devfd_item *item)
{
	uint32_t counts = next8(s);

	take_areas(s, item, counts & 3);
	take_path(s, item, counts >> 2 & 7);
	take_kept(s, item, counts >> 5 & 3);
}

/* One that could not be read says so, and nothing else. */
static void take_unreadable(struct stream *s, struct devfd_item *item)
{
	item->error = next8(s);
	if (!item->error)
		item->error = 1;
	item->state = DEVFD_UNREADABLE;
}

static void take_item(struct stream *s, struct devfd_item *item, uint32_t kind, uint32_t index,
		      bool unreadable)
{
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->state = DEVFD_PRESENT;
	item->index = index;
	if (unreadable) {
		take_unreadable(s, item);
		return;
	}
	item->flags = next32(s);
	item->flags &= flags_of[kind];
	if (item->flags & DEVFD_CONFIG_SPACE)
		item->flags &= ~DEVFD_BAR;
	take_attributes(s, item);
	take_content(s, item);
	if (kind == DEVFD_REGION && !item->size)
		item->state = DEVFD_EMPTY;
	if (kind == DEVFD_IRQ && !item->count)
		item->state = DEVFD_EMPTY;
}

/* The device, then regions, then interrupts, each kind in ascending index below its number. */
static uint32_t take_items(struct stream *s, struct devfd_item *items)
{
	uint32_t count = 1, kind = DEVFD_REGION, next = 0, what, limit;

	take_item(s, &items[0], DEVFD_DEVICE, 0, false);
	while (count < ITEMS_MAX && s->p < s->end) {
		what = next8(s);
		if ((what & KINDS_MASK) == 1 && kind == DEVFD_REGION) {
			kind = DEVFD_IRQ;
			next = 0;
		}
		next += what >> 2 & 3;
		limit = kind == DEVFD_REGION ? items[0].num_regions : items[0].num_irqs;
		if (next >= limit) {
			if (kind == DEVFD_IRQ)
				break;
			kind = DEVFD_IRQ;
			next = 0;
			continue;
		}
		take_item(s, &items[count++], kind, next++, what & UNREADABLE);
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t layouts[] = {DEVFD_TLV, DEVFD_ARRAY, DEVFD_FIXED, DEVFD_TLV};
	static uint8_t content[CONTENT_MAX];
	static struct devfd_item items[ITEMS_MAX];
	struct supply from = {NULL, items, 0};
	struct fuzz_input in;
	struct written out;
	struct stream s;
	uint32_t layout;

	if (!input_take_head(&in, data, size, 0) || in.size < HEAD)
		return 0;
	s.p = in.p + HEAD;
	s.end = in.p + in.size;
	s.content = content;
	s.content_end = content + sizeof(content);
	s.big = in.head & INPUT_BIG;
	from.count = take_items(&s, items);
	layout = layouts[in.head >> LAYOUT_SHIFT & LAYOUT_MASK];
	/* Into the order that what it holds has, and into the other. */
	(void)promise_written(&from, layout, s.big ? DEVFD_BIG : DEVFD_LITTLE, in.p[1], OUTPUT,
			      &out);
	(void)promise_written(&from, layout, s.big ? DEVFD_LITTLE : DEVFD_BIG, in.p[1], OUTPUT,
			      &out);
	return 0;
}
