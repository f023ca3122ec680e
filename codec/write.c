// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* write.c: writing items in any layout, and converting one layout into another. */
#include "scan.h"

/* A writer that was only zeroed has not begun, and one that could not begin has ended. */
enum { STAGE_NONE, STAGE_DEVICE, STAGE_REGIONS, STAGE_IRQS, STAGE_FAILED, STAGE_ENDED };

enum { HEAD = DEVFD_SIZE_TLV_RECORD, LEN_AT = DEVFD_AT_TLV_RECORD_REC_LEN };

static const struct devfd_slots *slots_of(const struct devfd_writer *w)
{
	return w->layout == DEVFD_ARRAY ? &devfd_array_slots : &devfd_fixed_slots;
}

/* ---- Records: tlv, and the tail of an array ---- */

static void record_begin(struct devfd_writer *w, uint32_t tag)
{
	devfd_out32(w, tag);
	devfd_out32(w, 0);
}

/* The length of the record that began at start is known now. */
static void record_end(struct devfd_writer *w, uint64_t start)
{
	if (devfd_fits(w->at, 0, w->capacity))
		devfd_set32(w->buf + start + LEN_AT, (uint32_t)(w->at - start), w->big);
}

/* A record of unknown meaning stands as itself where the byte order is its own, else it stays in
 * its envelope. */
static int is_native(const struct devfd_writer *w, const struct devfd_kept *kept)
{
	uint32_t order = w->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;

	return kept->origin == DEVFD_ORIGIN_RECORD && kept->order == order;
}

/* Records that were kept and now stand as themselves, with types from low to high. */
static void put_native(struct devfd_writer *w, const struct devfd_item *item, uint32_t low,
		       uint32_t high)
{
	struct devfd_kept kept;
	uint32_t cursor = 0;
	uint64_t start;

	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		if (!is_native(w, &kept))
			continue;
		if (kept.id < low)
			continue;
		if (kept.id > high)
			continue;
		start = w->at;
		record_begin(w, kept.id);
		devfd_out32(w, kept.version);
		devfd_out_bytes(w, kept.data, kept.size);
		record_end(w, start);
	}
}

static void put_envelopes(struct devfd_writer *w, const struct devfd_item *item,
			  const struct devfd_record *row)
{
	struct devfd_kept kept;
	uint32_t cursor = 0;
	uint64_t start;

	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		if (is_native(w, &kept))
			continue;
		start = w->at;
		record_begin(w, row->tag);
		devfd_put_tlv_kept(w, &kept);
		record_end(w, start);
	}
}

static int is_due(const struct devfd_record *row, const struct devfd_item *item)
{
	switch (row->due) {
	case DEVFD_DUE_ALWAYS:
	case DEVFD_DUE_END:
		return 1;
	case DEVFD_DUE_FLAG:
		return (item->flags & row->knows) != 0;
	case DEVFD_DUE_ERROR:
		return item->error != 0;
	case DEVFD_DUE_MORE:
		return item->more != 0;
	default:
		return 0;
	}
}

/* Every record that this parent has, in ascending type, kept ones in their places between the
 * listed ones. */
static void put_children(struct devfd_writer *w, const struct devfd_item *item, uint32_t parent)
{
	uint32_t i, low = 1;
	uint64_t start;

	for (i = 0; i < devfd_records_count; i++) {
		const struct devfd_record *row = &devfd_records[i];
		uint32_t parents = parent & DEVFD_IN_TAIL ? row->tail_parents : row->parents;

		if (row->tag > low)
			put_native(w, item, low, row->tag - 1);
		low = row->tag + 1;
		if (!(parents & parent))
			continue;
		if (row->due == DEVFD_DUE_KEPT)
			put_envelopes(w, item, row);
		if (!is_due(row, item))
			continue;
		start = w->at;
		record_begin(w, row->tag);
		row->put(w, item);
		record_end(w, start);
	}
}

/*
 * What is kept can stand in records in the order that it has: records that stand as themselves and
 * envelopes ascend together, and none of the former is what no record can be.
 */
static int kept_fits(const struct devfd_writer *w, const struct devfd_item *item)
{
	struct devfd_kept kept;
	uint32_t cursor = 0, before = 1;

	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		int native = is_native(w, &kept);
		uint32_t type = native ? kept.id : devfd_records[DEVFD_ROW_TLV_KEPT].tag;

		if (type < before)
			return 0;
		before = type;
		if (!native)
			continue;
		if (kept.size % 4)
			return 0;
		if (devfd_record_row(kept.id))
			return 0;
	}
	return 1;
}

static void put_record(struct devfd_writer *w, const struct devfd_item *item, uint32_t parent)
{
	static const uint8_t rows[] = {
		[DEVFD_DEVICE] = DEVFD_ROW_TLV_DEVICE,
		[DEVFD_REGION] = DEVFD_ROW_TLV_REGION,
		[DEVFD_IRQ] = DEVFD_ROW_TLV_INTERRUPT,
	};
	const struct devfd_record *row = &devfd_records[rows[item->kind]];
	uint64_t start = w->at;

	record_begin(w, row->tag);
	row->put(w, item);
	if (parent)
		put_children(w, item, parent);
	record_end(w, start);
}

/* ---- Slots: array and fixed ---- */

/* The part of the tail that this item needs; its place goes into the slot. */
static void put_tail(struct devfd_writer *w, const struct devfd_item *item, uint32_t parent)
{
	w->at = w->tail;
	put_children(w, item, parent | DEVFD_IN_TAIL);
	w->part_size = (uint32_t)(w->at - w->tail);
	w->part = w->part_size ? (uint32_t)w->tail : 0;
	w->tail = w->at;
}

static const struct devfd_type *chosen(const struct devfd_writer *w)
{
	uint32_t i = 0;

	while (!(w->types & (uint32_t)1 << i))
		i++;
	return &devfd_types[i];
}

static uint32_t region_slots(const struct devfd_writer *w)
{
	if (w->layout == DEVFD_FIXED && chosen(w)->indexes)
		return chosen(w)->slots;
	return w->device.num_regions;
}

/* The slot of a region index, or the number of slots. Types that may share a device share their
 * indexes. */
static uint32_t slot_of(const struct devfd_writer *w, uint32_t index)
{
	const struct devfd_type *type = w->layout == DEVFD_FIXED ? chosen(w) : NULL;
	uint32_t i;

	if (!type)
		return index;
	if (!type->indexes)
		return index;
	for (i = 0; i < type->slots; i++) {
		if (type->indexes[i] == index)
			break;
	}
	return i;
}

/* The types that can be this device: its bus, and its counts. */
static uint32_t types_for(const struct devfd_item *device)
{
	uint32_t types = 0, i;

	for (i = 0; i < devfd_types_count; i++) {
		const struct devfd_type *type = &devfd_types[i];

		if (!(type->buses & (uint32_t)1 << device->bus))
			continue;
		if (device->num_regions > type->num_regions)
			continue;
		if (type->counted && device->num_regions != type->num_regions)
			continue;
		if (type->counted && device->num_irqs != type->num_irqs)
			continue;
		types |= (uint32_t)1 << i;
	}
	return types;
}

/* What a type would have a reader believe of this region is what it is; else the bits that differ.
 */
static uint32_t type_differs(const struct devfd_type *type, const struct devfd_item *item)
{
	uint32_t flags = devfd_type_flags(type, item->index);
	uint32_t bar = flags & DEVFD_BAR ? item->index : 0;

	if (item->error)
		return 0;
	if (item->offset != (uint64_t)item->index << type->shift)
		return DEVFD_LOST_OFFSET;
	if ((item->flags & (DEVFD_BAR | DEVFD_CONFIG_SPACE)) != flags)
		return (item->flags ^ flags) & (DEVFD_BAR | DEVFD_CONFIG_SPACE);
	return item->bar == bar ? 0 : DEVFD_BAR;
}

/* Leaves the types that can carry this region; says what is lost if that is none. */
static uint32_t choose_types(struct devfd_writer *w, const struct devfd_item *item)
{
	uint32_t types = w->types, lost = 0, i;

	for (i = 0; i < devfd_types_count; i++) {
		uint32_t differs;

		if (!(w->types & (uint32_t)1 << i))
			continue;
		differs = type_differs(&devfd_types[i], item);
		if (!differs)
			continue;
		types &= ~((uint32_t)1 << i);
		lost |= differs;
	}
	if (!types)
		return lost;
	w->types = types;
	return 0;
}

static void put_slot(struct devfd_writer *w, const struct devfd_item *item)
{
	const struct devfd_slots *l = slots_of(w);
	int region = item->kind == DEVFD_REGION;
	const struct devfd_slot *row = region ? &l->region : &l->irq;
	uint64_t at = l->size;

	if (row->tail)
		put_tail(w, item, region ? DEVFD_IN_REGION : DEVFD_IN_IRQ);
	if (region)
		at += (uint64_t)slot_of(w, item->index) * row->size;
	else
		at += (uint64_t)region_slots(w) * l->region.size +
		      (uint64_t)item->index * row->size;
	w->at = at;
	row->put(w, item);
	if (region && w->layout == DEVFD_FIXED && item->index == chosen(w)->config && !item->error)
		w->config = 1;
}

/* Slots that nothing is put into stay zero: absent. */
static void clear_slots(struct devfd_writer *w)
{
	const struct devfd_slots *l = slots_of(w);
	uint64_t end = l->size + (uint64_t)region_slots(w) * l->region.size +
		       (uint64_t)w->device.num_irqs * l->irq.size;

	if (w->capacity > l->size)
		memset(w->buf + l->size, 0,
		       (size_t)(end < w->capacity ? end : w->capacity) - l->size);
	w->tail = end;
}

/* ---- What a layout cannot carry ---- */

static uint32_t lost_item(struct devfd_writer *w, const struct devfd_item *item)
{
	const struct devfd_carries *c = &devfd_carries[w->layout - 1];
	uint32_t lost = item->flags & ~c->flags[item->kind - 1];
	int kept = item->kept.at < item->kept.end;

	if (kept && (!c->kept || !kept_fits(w, item)))
		lost |= DEVFD_LOST_KEPT;
	if (item->kind == DEVFD_DEVICE && w->layout == DEVFD_FIXED && !types_for(item))
		lost |= DEVFD_LOST_ITEM;
	if (item->kind != DEVFD_REGION)
		return lost;
	if (w->layout != DEVFD_FIXED)
		return lost;
	if (slot_of(w, item->index) == region_slots(w))
		return lost | DEVFD_LOST_ITEM;
	return lost | choose_types(w, item);
}

/* An item without what was lost, and without what would then say more than the item did. */
static void strip(struct devfd_item *item, uint32_t lost)
{
	uint32_t i;

	for (i = 0; i < devfd_lost_with_count; i++) {
		if (lost & devfd_lost_with[i].flag)
			item->flags &= ~devfd_lost_with[i].without;
	}
	item->flags &= ~lost;
	if (lost & DEVFD_LOST_KEPT)
		item->kept.end = item->kept.at;
}

/* ---- The interface ---- */

int devfd_begin(struct devfd_writer *w, uint32_t layout, uint32_t options, void *buf,
		size_t capacity)
{
	memset(w, 0, sizeof(*w));
	w->stage = STAGE_ENDED;
	if (!layout)
		return DEVFD_MISUSE;
	if (layout > DEVFD_FIXED)
		return DEVFD_MISUSE;
	w->stage = STAGE_DEVICE;
	w->buf = (uint8_t *)buf;
	w->capacity = capacity;
	w->layout = layout;
	w->options = options;
	w->big = devfd_options_big(options);
	return DEVFD_OK;
}

static void put_device(struct devfd_writer *w, const struct devfd_item *item)
{
	w->device = *item;
	w->stage = STAGE_REGIONS;
	if (w->layout == DEVFD_TLV) {
		devfd_tlv_header.put(w, item);
		put_record(w, item, 0);
		return;
	}
	if (w->layout == DEVFD_FIXED)
		w->types = types_for(item);
	clear_slots(w);
	if (slots_of(w)->tail)
		put_tail(w, item, DEVFD_IN_TOP);
	w->device_part = w->part;
	w->device_part_size = w->part_size;
}

/* The item may come next: the device first, then regions, then interrupts, each in ascending index.
 */
static int in_order(const struct devfd_writer *w, const struct devfd_item *item)
{
	if (w->stage == STAGE_NONE || w->stage == STAGE_ENDED)
		return 0;
	if (w->stage == STAGE_DEVICE)
		return item->kind == DEVFD_DEVICE && item->bus <= DEVFD_BUS_LAST;
	if (item->kind == DEVFD_REGION)
		return w->stage == STAGE_REGIONS && item->index >= w->regions &&
		       item->index < w->device.num_regions;
	return item->kind == DEVFD_IRQ && item->index >= w->irqs &&
	       item->index < w->device.num_irqs;
}

int devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost)
{
	struct devfd_item copy;
	int rc;

	*lost = 0;
	if (w->stage == STAGE_FAILED)
		return DEVFD_LOSS;
	if (!in_order(w, item))
		return DEVFD_MISUSE;
	if (item->kind == DEVFD_REGION)
		w->regions = item->index + 1;
	if (item->kind == DEVFD_IRQ) {
		w->irqs = item->index + 1;
		w->stage = STAGE_IRQS;
	}
	*lost = lost_item(w, item);
	rc = *lost && !(w->options & DEVFD_LOSSY) ? DEVFD_LOSS : DEVFD_OK;
	if (rc)
		w->refused = 1;
	if (*lost & DEVFD_LOST_ITEM && item->kind == DEVFD_DEVICE) {
		w->stage = STAGE_FAILED;
		return DEVFD_LOSS;
	}
	/* A device is put all the same, so that the items behind it can be judged. */
	if (rc && item->kind != DEVFD_DEVICE)
		return rc;
	/* A region that a reader would look for elsewhere is better absent. */
	if (*lost & (DEVFD_LOST_ITEM | DEVFD_LOST_OFFSET | DEVFD_BAR | DEVFD_CONFIG_SPACE))
		return DEVFD_OK;
	copy = *item;
	strip(&copy, *lost);
	if (item->kind == DEVFD_DEVICE)
		put_device(w, &copy);
	else if (w->layout != DEVFD_TLV)
		put_slot(w, &copy);
	else
		put_record(w, &copy, item->kind == DEVFD_REGION ? DEVFD_IN_REGION : DEVFD_IN_IRQ);
	return rc;
}

/* The header again, with what is known only at the end. */
static void put_header(struct devfd_writer *w)
{
	w->total = (uint32_t)w->tail;
	if (w->layout == DEVFD_FIXED)
		w->type = chosen(w)->id;
	w->part = w->device_part;
	w->part_size = w->device_part_size;
	w->at = 0;
	slots_of(w)->put(w, &w->device);
	w->at = w->tail;
}

int devfd_end(struct devfd_writer *w, size_t *size)
{
	*size = 0;
	if (w->stage == STAGE_FAILED || w->refused)
		return DEVFD_LOSS;
	if (w->stage != STAGE_REGIONS && w->stage != STAGE_IRQS)
		return DEVFD_MISUSE;
	w->stage = STAGE_ENDED;
	if (w->layout == DEVFD_TLV) {
		put_children(w, &w->device, DEVFD_IN_TOP);
	} else {
		if (w->layout == DEVFD_FIXED && chosen(w)->config != DEVFD_UNKNOWN && !w->config)
			return DEVFD_LOSS;
		put_header(w);
	}
	if (w->at > DEVFD_SIZE_MAX)
		return DEVFD_LOSS;
	*size = (size_t)w->at;
	return w->at <= w->capacity ? DEVFD_OK : DEVFD_ROOM;
}

int devfd_convert(struct devfd *d, uint32_t layout, uint32_t options, void *buf, size_t capacity,
		  size_t *size, uint32_t *lost)
{
	struct devfd_writer w;
	struct devfd_item item;
	uint32_t one;
	int rc = devfd_begin(&w, layout, options, buf, capacity);

	*size = 0;
	*lost = 0;
	if (rc)
		return rc;
	devfd_rewind(d);
	while ((rc = devfd_next(d, &item)) == DEVFD_OK) {
		rc = devfd_put(&w, &item, &one);
		*lost |= one;
		if (rc == DEVFD_MISUSE)
			break;
	}
	devfd_rewind(d);
	if (rc != DEVFD_END)
		return rc;
	rc = devfd_end(&w, size);
	/* Every item could be carried, but not all of them together. */
	if (rc == DEVFD_LOSS && !*lost)
		*lost = DEVFD_LOST_ITEM;
	return rc;
}
