/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * fixed.c: a whole description in the fixed layout. It is here for the two faults that no single
 * reply can show: what becomes of a region that could not be read.
 */
#include <inttypes.h>

#include "naive.h"

enum { HEADER = 48, REGION_SLOT = 20, IRQ_SLOT = 16, LISTED = 1, RESET = 1, IDENTITY = 2 };
enum { BUS_PCI = 1, BUS_LAST = 8, ERRNO_MAX = 4095 };

/* A fixed layout, in the order of their numbers from 1: where regions stand, and which index each
 * slot has. */
struct layout {
	uint32_t buses; /* a bit for each bus that has it */
	uint32_t shift;
	uint32_t num_regions, num_irqs; /* 0 where the header says them */
	uint32_t slots;
	uint32_t last;   /* index of the last slot; those before count from 0 */
	uint32_t config; /* index of configuration space */
	uint32_t bars;   /* indexes below are base address registers */
	bool open;       /* as many as the header says */
};
static const struct layout layouts[] = {
	{1u << BUS_PCI, 40, 9, 5, 9, 8, 7, 6, false},
	{1u << BUS_PCI, 48, 16, 3, 8, 15, 15, 6, false},
	{1u << BUS_PCI, 40, 16, 3, 8, 15, 15, 6, false},
	{0x19du, 40, 0, 0, 0, 0, UINT32_MAX, 0, true},
	{1u << 5, 10, 1, 3, 1, 0, UINT32_MAX, 0, false},
	{1u << 6, 40, 0, 2, 0, 0, UINT32_MAX, 0, false},
};
static const char *const bus_names[] = {"NONE", "PCI", "DT",     "PLATFORM", "AMBA",
					"CCW",  "AP",  "FSL_MC", "CDX"};
static const char *const region_flags[] = {"READ", "WRITE", "MMAP", "MSIX_MAPPABLE"};
static const char *const irq_flags[] = {"EVENTFD", "MASKABLE", "AUTOMASKED", "NORESIZE"};

struct slot {
	uint32_t index, flags, error, more, count;
	uint64_t offset, size;
};

struct description {
	const struct layout *layout;
	uint32_t flags, bus, num_regions, num_irqs, slots;
};

static bool layout_is_good(const struct description *d)
{
	const struct layout *layout = d->layout;

	if ((layout->buses & 1u << d->bus) == 0)
		return false;
	if (layout->open)
		return d->num_regions <= (uint64_t)INT64_MAX >> layout->shift;
	return d->num_regions == layout->num_regions && d->num_irqs == layout->num_irqs;
}

static bool read_header(struct view *view, struct description *d)
{
	static const uint32_t limits[] = {0xffff, 0xffff, 0xffffff};
	uint32_t type;

	if (view->size < HEADER)
		return false;
	view->big = !fault_is(BYTE_ORDER_IGNORED) && get_u8(view, 0) == 'v';
	if (get_u32(view, 0) != 0x76666478u || get_u32(view, 4) != 1 ||
	    get_u32(view, 8) != view->size)
		return false;
	type = get_u32(view, 12);
	if (type < 1 || type > COUNT(layouts))
		return false;
	*d = (struct description){&layouts[type - 1], get_u32(view, 16), get_u32(view, 20),
				  get_u32(view, 24),  get_u32(view, 28), 0};
	if ((d->flags & ~(uint32_t)(RESET | IDENTITY)) != 0 || d->bus > BUS_LAST)
		return false;
	for (uint32_t i = 0; i < COUNT(limits); i++) {
		const uint32_t value = get_u32(view, 32 + 4 * i);

		if (value > limits[i] || (value != 0 && (d->flags & IDENTITY) == 0))
			return false;
	}
	if (!layout_is_good(d))
		return false;
	d->slots = d->layout->open ? d->num_regions : d->layout->slots;
	return view->size ==
	       HEADER + (uint64_t)d->slots * REGION_SLOT + (uint64_t)d->num_irqs * IRQ_SLOT;
}

static bool is_zero(const struct view *view, uint64_t at, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (get_u8(view, at + i) != 0)
			return false;
	return true;
}

/* What the two kinds of slots have in common; nothing but the error is said with an error. */
static bool slot_is_good(const struct slot *slot, uint64_t measure)
{
	if (slot->flags > 0x1f || slot->error > ERRNO_MAX)
		return false;
	return slot->error == 0 || (measure == 0 && slot->flags == LISTED && slot->more == 0);
}

static bool read_region(const struct view *view, const struct layout *layout, uint32_t i,
			struct slot *slot)
{
	const uint64_t at = HEADER + (uint64_t)i * REGION_SLOT;

	slot->index = i + 1 == layout->slots ? layout->last : i;
	slot->size = get_u64(view, at);
	slot->flags = get_u32(view, at + 8);
	slot->error = get_u32(view, at + 12);
	slot->more = get_u32(view, at + 16);
	if ((slot->flags & LISTED) == 0)
		return is_zero(view, at, REGION_SLOT) && slot->index != layout->config;
	if (!slot_is_good(slot, slot->size))
		return false;
	if (slot->error != 0)
		return slot->index != layout->config;
	slot->offset = (uint64_t)slot->index << layout->shift;
	return slot->size <= (uint64_t)INT64_MAX - slot->offset || fault_is(WRAP64);
}

static bool read_irq(const struct view *view, const struct description *d, uint32_t i,
		     struct slot *slot)
{
	const uint64_t at = HEADER + (uint64_t)d->slots * REGION_SLOT + (uint64_t)i * IRQ_SLOT;

	slot->index = i;
	slot->count = get_u32(view, at);
	slot->flags = get_u32(view, at + 4);
	slot->error = get_u32(view, at + 8);
	slot->more = get_u32(view, at + 12);
	if ((slot->flags & LISTED) == 0)
		return is_zero(view, at, IRQ_SLOT);
	return slot_is_good(slot, slot->count);
}

static bool all_is_good(const struct view *view, const struct description *d)
{
	for (uint32_t i = 0; i < d->slots; i++) {
		struct slot slot = {0};

		if (!read_region(view, d->layout, i, &slot))
			return false;
	}
	for (uint32_t i = 0; i < d->num_irqs; i++) {
		struct slot slot = {0};

		if (!read_irq(view, d, i, &slot))
			return false;
	}
	return true;
}

static void dump_device(const struct view *view, const struct description *d, FILE *out)
{
	const uint32_t more = get_u32(view, 44);

	fprintf(out, "\"device\": {\"bus\": \"%s\", \"flags\": [%s%s%s], ", bus_names[d->bus],
		(d->flags & RESET) != 0 ? "\"RESET\"" : "",
		d->flags == (RESET | IDENTITY) ? ", " : "",
		(d->flags & IDENTITY) != 0 ? "\"IDENTITY\"" : "");
	fprintf(out, "\"num_regions\": %u, \"num_irqs\": %u", d->num_regions, d->num_irqs);
	if ((d->flags & IDENTITY) != 0)
		fprintf(out, ", \"vendor\": %u, \"device\": %u, \"class\": %u", get_u32(view, 32),
			get_u32(view, 36), get_u32(view, 40));
	if (more != 0)
		fprintf(out, ", \"more\": %u", more);
	fputs("}", out);
}

static void dump_head(const struct slot *slot, uint64_t measure, const char *const names[4],
		      const char *extra, FILE *out)
{
	const char *state = measure == 0 ? "EMPTY" : "PRESENT";
	const char *comma = "";

	if (slot->error != 0 && !fault_is(ERROR_IS_EMPTY))
		state = "UNREADABLE";
	fprintf(out, "{\"index\": %u, \"state\": \"%s\", \"flags\": [", slot->index, state);
	for (uint32_t i = 0; i < 4; i++) {
		if ((slot->flags & 2u << i) == 0)
			continue;
		fprintf(out, "%s\"%s\"", comma, names[i]);
		comma = ", ";
	}
	if (extra != NULL)
		fprintf(out, "%s\"%s\"", comma, extra);
	fputs("]", out);
}

static void dump_tail(const struct slot *slot, FILE *out)
{
	if (slot->more != 0)
		fprintf(out, ", \"more\": %u", slot->more);
	fputs("}", out);
}

/* A program that keeps only the regions that it could read finds them by their place in its list.
 */
static void dump_regions(const struct view *view, const struct description *d, FILE *out)
{
	const struct layout *layout = d->layout;
	uint32_t listed = 0;

	for (uint32_t i = 0; i < d->slots; i++) {
		struct slot slot = {0};
		const char *extra = NULL;
		bool is_bar;

		(void)read_region(view, layout, i, &slot);
		if ((slot.flags & LISTED) == 0 || (fault_is(INDEX_SHIFT) && slot.error != 0))
			continue;
		is_bar = slot.error == 0 && slot.index < layout->bars;
		if (is_bar)
			extra = "BAR";
		else if (slot.index == layout->config)
			extra = "CONFIG_SPACE";
		const uint32_t bar = slot.index;
		if (fault_is(INDEX_SHIFT))
			slot.index = listed;
		fputs(listed++ > 0 ? ", " : "", out);
		dump_head(&slot, slot.size, region_flags, extra, out);
		fprintf(out, ", \"offset\": \"0x%" PRIx64 "\", \"size\": \"0x%" PRIx64 "\"",
			slot.offset, slot.size);
		if (slot.error != 0 && !fault_is(ERROR_IS_EMPTY))
			fprintf(out, ", \"error\": %u", slot.error);
		if (is_bar)
			fprintf(out, ", \"bar\": %u", bar);
		dump_tail(&slot, out);
	}
}

static void dump_irqs(const struct view *view, const struct description *d, FILE *out)
{
	uint32_t listed = 0;

	for (uint32_t i = 0; i < d->num_irqs; i++) {
		struct slot slot = {0};

		(void)read_irq(view, d, i, &slot);
		if ((slot.flags & LISTED) == 0)
			continue;
		fputs(listed++ > 0 ? ", " : "", out);
		dump_head(&slot, slot.count, irq_flags, NULL, out);
		fprintf(out, ", \"count\": %u", slot.count);
		if (slot.error != 0 && !fault_is(ERROR_IS_EMPTY))
			fprintf(out, ", \"error\": %u", slot.error);
		dump_tail(&slot, out);
	}
}

struct judgement judge_fixed(const struct view *view, FILE *out)
{
	struct view seen = *view;
	struct description d;

	if (!read_header(&seen, &d) || !all_is_good(&seen, &d))
		return (struct judgement){REJECT, NOT_TOLD, NULL};
	fputs("{\"schema\": \"devfd/1\", ", out);
	dump_device(&seen, &d, out);
	fputs(", \"regions\": [", out);
	dump_regions(&seen, &d, out);
	fputs("], \"irqs\": [", out);
	dump_irqs(&seen, &d, out);
	fputs("]}", out);
	return (struct judgement){ACCEPT, NOT_TOLD, NULL};
}
