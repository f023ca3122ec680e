// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* stream.c: items read from bytes of which any is good, and written as such; for the target encode
 * and for its mutator. */
#include "stream.h"

#include <string.h>

enum {
	/* Empty slots say nothing new, and take time. */
	SLOTS_MAX = 23,
	KIND_MASK = 3,
	KIND_REGION = 0,
	KIND_IRQ = 1,
	STEP_SHIFT = 2,
	UNREADABLE = 0x10,
	PATH_SHIFT = 2,
	RECORDS_SHIFT = 5,
	FURTHER_SHIFT = 2,
	NUMBER_BYTES = 7,
	NUMBER_ONES = 0x80,
};

/* ---- What items have ---- */

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

uint32_t stream_flags(uint32_t kind)
{
	return flags_of[kind];
}

bool stream_has(uint32_t kind, uint32_t flags, uint32_t attr)
{
	return attributes[attr].kinds & 1u << kind || attributes[attr].flag & flags;
}

uint64_t stream_most(uint32_t attr)
{
	return attributes[attr].most;
}

/* ---- Reading ---- */

struct reader {
	const uint8_t *p, *end;
};

static uint32_t next8(struct reader *r)
{
	return r->p < r->end ? *r->p++ : 0;
}

static uint32_t next32(struct reader *r)
{
	uint32_t value = 0, i;

	for (i = 0; i < 4; i++)
		value |= next8(r) << (8 * i);
	return value;
}

/* Small numbers, large ones, and those just below a power of two are all a few bytes. */
static uint64_t next_number(struct reader *r)
{
	uint32_t shape = next8(r), i;
	uint64_t value = shape & NUMBER_ONES ? ~(uint64_t)0 : 0;

	for (i = 0; i < (shape & NUMBER_BYTES); i++)
		value = value << 8 | next8(r);
	return value;
}

static void read_attributes(struct reader *r, struct stream_item *item)
{
	uint64_t value, most;
	uint32_t i;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (!stream_has(item->kind, item->flags, i))
			continue;
		most = attributes[i].most;
		value = next_number(r);
		item->value[i] = value > most ? value % (most + 1) : value;
	}
}

static void read_content(struct reader *r, struct stream_item *item)
{
	uint32_t counts = next8(r), i, j;

	item->area_count = counts & STREAM_AREAS;
	item->path_size = counts >> PATH_SHIFT & STREAM_PATH;
	item->record_count = counts >> RECORDS_SHIFT & STREAM_RECORDS;
	for (i = 0; item->flags & DEVFD_AREAS && i < item->area_count; i++) {
		item->area[i][0] = next_number(r);
		item->area[i][1] = next_number(r);
	}
	for (i = 0; item->flags & DEVFD_DT_PATH && i < item->path_size; i++)
		item->path[i] = (uint8_t)next8(r);
	for (i = 0; i < item->record_count; i++) {
		uint32_t size = next8(r);

		item->record[i].words = size & STREAM_WORDS;
		item->record[i].further = (uint8_t)(size >> FURTHER_SHIFT);
		item->record[i].flags = (uint8_t)next8(r);
		for (j = 0; j < 4u * item->record[i].words; j++)
			item->record[i].content[j] = (uint8_t)next8(r);
	}
}

static void read_item(struct reader *r, struct stream_item *item, uint32_t kind, uint32_t index,
		      uint32_t what)
{
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->index = index;
	item->step = what >> STEP_SHIFT & STREAM_STEP_MOST;
	item->unreadable = what & UNREADABLE;
	if (item->unreadable) {
		item->error = (uint8_t)next8(r);
		return;
	}
	item->flags = next32(r) & flags_of[kind];
	if (item->flags & DEVFD_CONFIG_SPACE)
		item->flags &= ~DEVFD_BAR;
	read_attributes(r, item);
	read_content(r, item);
}

static uint64_t number_of(const struct stream_item *device, uint32_t kind)
{
	return device->value[kind == DEVFD_REGION ? DEVFD_ATTR_NUM_REGIONS : DEVFD_ATTR_NUM_IRQS];
}

uint32_t stream_read(const uint8_t *p, size_t size, struct stream_item items[STREAM_ITEMS])
{
	uint32_t count = 1, kind = DEVFD_REGION, next = 0, what;
	struct reader r = {p, p + size};

	read_item(&r, &items[0], DEVFD_DEVICE, 0, 0);
	while (count < STREAM_ITEMS && r.p < r.end) {
		what = next8(&r);
		if ((what & KIND_MASK) == KIND_IRQ && kind == DEVFD_REGION) {
			kind = DEVFD_IRQ;
			next = 0;
		}
		next += what >> STEP_SHIFT & STREAM_STEP_MOST;
		if (next >= number_of(&items[0], kind)) {
			if (kind == DEVFD_IRQ)
				break;
			kind = DEVFD_IRQ;
			next = 0;
			continue;
		}
		read_item(&r, &items[count++], kind, next++, what);
	}
	return count;
}

/* ---- Writing ---- */

struct writer {
	uint8_t *p, *end;
};

static void put8(struct writer *w, uint32_t value)
{
	if (w->p < w->end)
		*w->p++ = (uint8_t)value;
}

/* A number just below 2^63 is read as that below 2^64 is where nothing above is possible. */
static void put_number(struct writer *w, uint64_t value)
{
	uint64_t ones = ~(value | (uint64_t)1 << 63);
	bool high = ones >> (8 * NUMBER_BYTES) == 0;
	uint64_t told = high ? ones : value;
	uint32_t bytes = 0;

	while (bytes < NUMBER_BYTES && told >> (8 * bytes))
		bytes++;
	put8(w, bytes | (high ? NUMBER_ONES : 0));
	while (bytes--)
		put8(w, (uint32_t)(value >> (8 * bytes)));
}

static void put_item(struct writer *w, const struct stream_item *item)
{
	uint32_t i, j;

	for (i = 0; i < 4; i++)
		put8(w, item->flags >> (8 * i));
	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (stream_has(item->kind, item->flags, i))
			put_number(w, item->value[i]);
	}
	put8(w, item->area_count | (uint32_t)item->path_size << PATH_SHIFT |
			(uint32_t)item->record_count << RECORDS_SHIFT);
	for (i = 0; item->flags & DEVFD_AREAS && i < item->area_count; i++) {
		put_number(w, item->area[i][0]);
		put_number(w, item->area[i][1]);
	}
	for (i = 0; item->flags & DEVFD_DT_PATH && i < item->path_size; i++)
		put8(w, item->path[i]);
	for (i = 0; i < item->record_count; i++) {
		put8(w, item->record[i].words | (uint32_t)item->record[i].further << FURTHER_SHIFT);
		put8(w, item->record[i].flags);
		for (j = 0; j < 4u * item->record[i].words; j++)
			put8(w, item->record[i].content[j]);
	}
}

size_t stream_write(const struct stream_item *items, uint32_t count, bool raw, uint8_t *out,
		    size_t max)
{
	struct writer w = {out, out + max};
	uint32_t i, kind = DEVFD_REGION, next = 0;

	put_item(&w, &items[0]);
	for (i = 1; i < count && w.p < w.end; i++) {
		const struct stream_item *item = &items[i];
		uint32_t from = item->kind == kind ? next : 0;

		if (!raw &&
		    (item->kind < kind || from + item->step >= number_of(&items[0], item->kind)))
			continue;
		kind = item->kind;
		next = from + item->step + 1;
		put8(&w, (kind == DEVFD_IRQ ? KIND_IRQ : KIND_REGION) | item->step << STEP_SHIFT |
				 (item->unreadable ? UNREADABLE : 0));
		if (item->unreadable)
			put8(&w, item->error);
		else
			put_item(&w, item);
	}
	return (size_t)(w.p - out);
}
