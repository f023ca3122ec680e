// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* slots.c: the loop over fixed-size slots, for array and for fixed (spec/language.md, section 6).
 */
#include "scan.h"

/*@ requires \valid_read(d);
  @ terminates \true;
  @ assigns \result \from d->layout;
  @ ensures d->layout == DEVFD_ARRAY ==> \result == &devfd_array_slots;
  @ ensures d->layout != DEVFD_ARRAY ==> \result == &devfd_fixed_slots;
  @*/
static const struct devfd_slots *layout_of(const struct devfd *d)
{
	return d->layout == DEVFD_ARRAY ? &devfd_array_slots : &devfd_fixed_slots;
}

/* The device type of a fixed layout; an array has none. */
/*@ requires \valid_read(d);
  @ requires DEVFD_TYPE_ROWS && DEVFD_TYPED(d);
  @ terminates \true;
  @ assigns \result \from d->layout, d->type;
  @ ensures d->layout == DEVFD_FIXED ==> \result == DEVFD_TYPE_OF(d);
  @ ensures d->layout != DEVFD_FIXED ==> \result == \null;
  @*/
static const struct devfd_type *type_of(const struct devfd *d)
{
	return d->layout == DEVFD_FIXED ? &devfd_types[d->type] : NULL;
}

/*@ requires \valid_read(d);
  @ requires DEVFD_TYPE_ROWS && DEVFD_TYPED(d);
  @ terminates \true;
  @ assigns \nothing;
  @ ensures \result == DEVFD_REGION_SLOTS(d);
  @*/
static uint32_t region_slots(const struct devfd *d)
{
	const struct devfd_type *type = type_of(d);

	if (type && type->indexes)
		return type->slots;
	return d->device.num_regions;
}

/*@ requires \valid_read(d);
  @ requires DEVFD_TYPE_ROWS && DEVFD_TYPED(d);
  @ requires slot < DEVFD_REGION_SLOTS(d);
  @ terminates \true;
  @ assigns \nothing;
  @*/
static uint32_t index_of(const struct devfd *d, uint32_t slot)
{
	const struct devfd_type *type = type_of(d);

	if (type && type->indexes)
		return type->indexes[slot];
	return slot;
}

/* The slot of a region index, or the number of slots where it has none. */
/*@ requires \valid_read(d);
  @ requires DEVFD_TYPE_ROWS && DEVFD_TYPED(d);
  @ terminates \true;
  @ assigns \nothing;
  @*/
static uint32_t slot_of(const struct devfd *d, uint32_t index)
{
	const struct devfd_type *type = type_of(d);
	uint32_t slot = 0;

	if (!type)
		return index;
	if (!type->indexes)
		return index;
	/*@ loop invariant slot <= type->slots;
	  @ loop assigns slot;
	  @ loop variant type->slots - slot;
	  @*/
	while (slot < type->slots && type->indexes[slot] != index)
		slot++;
	return slot;
}

/* Bytes before the first interrupt slot; open has checked that they are there. */
/*@ requires \valid_read(d);
  @ requires DEVFD_LAYOUT_ROWS && DEVFD_TYPED(d);
  @ requires DEVFD_SLOTS_END(d, DEVFD_REGION_SLOTS(d), 0) <= DEVFD_SIZE_MAX;
  @ terminates \true;
  @ assigns \nothing;
  @ ensures \result == DEVFD_SLOTS_END(d, DEVFD_REGION_SLOTS(d), 0);
  @*/
static uint32_t irqs_at(const struct devfd *d)
{
	return layout_of(d)->size + region_slots(d) * layout_of(d)->region.size;
}

/*
 * The part of the tail that the body with its tail field at `place` names. cursor: where it is to
 * begin, then where it ends.
 */
/*@ DEVFD_TLV(s)
  @ requires place + 8 <= s->size;
  @ requires \valid(cursor) && *cursor <= s->size;
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns *item, *cursor, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @ ensures *cursor <= s->size;
  @*/
static int tail_part(const struct devfd_scan *s, uint32_t place, uint16_t next_rule,
		     uint16_t fits_rule, uint32_t parent, struct devfd_item *item, uint32_t *cursor)
{
	uint32_t tail = devfd_get32(s->base + place, s->big);
	uint32_t size = devfd_get32(s->base + place + 4, s->big);
	int rc;

	if (tail != (size ? *cursor : 0))
		return devfd_fail(s, next_rule, place);
	if (size > s->size - *cursor)
		return devfd_fail(s, fits_rule, place + 4);
	rc = devfd_children(s, *cursor, *cursor + size, parent | DEVFD_IN_TAIL, place, item);
	*cursor += size;
	return rc;
}

/* What the device type says of a region without a byte in the file. */
/*@ requires \valid_read(type) && type->shift < 64;
  @ requires \valid(item);
  @ terminates \true;
  @ assigns item->offset, item->flags, item->bar;
  @*/
static void implied(const struct devfd_type *type, struct devfd_item *item)
{
	item->offset = (uint64_t)item->index << type->shift;
	item->flags = devfd_type_flags(type, item->index);
	if (item->flags & DEVFD_BAR)
		item->bar = item->index;
}

/* A slot that is not listed is all zero. */
/*@ DEVFD_INPUT(s)
  @ requires \valid_read(row) && at + row->size <= s->size;
  @ terminates \true;
  @ assigns *s->error;
  @ ensures \result == DEVFD_REJECT || \result == DEVFD_IS_ABSENT;
  @*/
static int absent(const struct devfd_scan *s, const struct devfd_slot *row, uint32_t at)
{
	uint32_t i;

	/*@ loop assigns i;
	  @ loop variant row->size - i;
	  @*/
	for (i = 0; i < row->size; i++) {
		if (devfd_get8(s->base + at + i))
			return devfd_fail(s, row->absent, at + i);
	}
	return DEVFD_IS_ABSENT;
}

/* Judges the slot at `at` and makes its item, or answers DEVFD_IS_ABSENT. */
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid_read(d) && DEVFD_TYPED(d);
  @ requires DEVFD_SLOT(row) && \separated(s->error, row);
  @ requires at + row->size <= s->size;
  @ requires \valid(cursor) && *cursor <= s->size;
  @ requires \valid(item);
  @ terminates \true;
  @ assigns *cursor, *item, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_IS_ABSENT;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, item);
  @ ensures *cursor <= s->size;
  @*/
static int read_slot(const struct devfd_scan *s, const struct devfd *d,
		     const struct devfd_slot *row, uint32_t at, uint32_t index, uint32_t *cursor,
		     struct devfd_item *item)
{
	uint32_t kind = row == &layout_of(d)->region ? DEVFD_REGION : DEVFD_IRQ;
	const struct devfd_type *type = kind == DEVFD_REGION ? type_of(d) : NULL;
	/* A type that counts on configuration space has it, readable: that is what tells the types
	 * apart. */
	int config = type && index == type->config;
	uint32_t used;
	int rc;

	if (!(devfd_get32(s->base + at + row->flags, s->big) & 1)) {
		rc = absent(s, row, at);
		if (rc == DEVFD_IS_ABSENT && config)
			return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_CONFIG, at);
		return rc;
	}
	devfd_item_init(item, kind);
	item->index = index;
	if (type && !devfd_get32(s->base + at + row->error, s->big))
		implied(type, item);
	rc = DEVFD_LEAF(row, s, at, row->size, 0, item, &used);
	if (rc)
		return rc;
	if (row->tail) {
		rc = tail_part(s, at + row->tail, row->tail_next, row->tail_fits,
			       kind == DEVFD_REGION ? DEVFD_IN_REGION : DEVFD_IN_IRQ, item, cursor);
		if (rc)
			return rc;
	}
	if (config && item->error)
		return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_CONFIG, at);
	return devfd_item_finish(s, at, item);
}

int devfd_slots_next(const struct devfd_scan *s, const struct devfd *d, struct devfd_cursor *c,
		     struct devfd_item *item)
{
	const struct devfd_slots *l = layout_of(d);
	uint32_t regions = region_slots(d);
	int rc;

	/*@ loop invariant DEVFD_SLOT_CURSOR(s, d, c);
	  @ loop invariant \at(c->slot, Pre) <= c->slot;
	  @ loop assigns rc, *c, *item, *s->error;
	  @ loop variant regions - c->slot;
	  @*/
	while (c->slot < regions) {
		rc = read_slot(s, d, &l->region, c->at, index_of(d, c->slot), &c->tail, item);
		c->at += l->region.size;
		c->slot++;
		if (rc != DEVFD_IS_ABSENT)
			return rc;
	}
	/*@ loop invariant regions <= c->slot && DEVFD_SLOT_CURSOR(s, d, c);
	  @ loop invariant \at(c->slot, Pre) <= c->slot;
	  @ loop assigns rc, *c, *item, *s->error;
	  @ loop variant regions + d->device.num_irqs - c->slot;
	  @*/
	while (c->slot - regions < d->device.num_irqs) {
		rc = read_slot(s, d, &l->irq, c->at, c->slot - regions, &c->tail, item);
		c->at += l->irq.size;
		c->slot++;
		if (rc != DEVFD_IS_ABSENT)
			return rc;
	}
	/* Without a tail it ended where the slots do, which is the end of the file. */
	if (c->tail != s->size)
		return devfd_fail(s, DEVFD_RULE_ARRAY_TAIL_END, c->tail);
	return DEVFD_END;
}

int devfd_slots_get(const struct devfd_scan *s, const struct devfd *d, uint32_t kind,
		    uint32_t index, struct devfd_item *item)
{
	const struct devfd_slots *l = layout_of(d);
	const struct devfd_slot *row = &l->region;
	uint32_t slot = slot_of(d, index), count = region_slots(d), at = l->size, cursor = 0;

	if (kind == DEVFD_IRQ) {
		row = &l->irq;
		slot = index;
		count = d->device.num_irqs;
		at = irqs_at(d);
	}
	if (slot >= count)
		return DEVFD_IS_ABSENT;
	at += slot * row->size;
	if (row->tail)
		cursor = devfd_get32(s->base + at + row->tail, s->big);
	/* Checked when the description was opened; the buffer may have changed since. */
	if (cursor > s->size)
		return DEVFD_REJECT;
	return read_slot(s, d, row, at, index, &cursor, item);
}

/* fixed: the header agrees with the type that it names. */
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid(d) && DEVFD_TYPED(d) && d->layout == DEVFD_FIXED && d->device.bus <= 31;
  @ requires l == &devfd_fixed_slots && l->size <= s->size;
  @ terminates \true;
  @ assigns d->type, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_TYPED(d);
  @*/
static int read_type(const struct devfd_scan *s, struct devfd *d, const struct devfd_slots *l)
{
	const struct devfd_type *type;
	uint32_t id = devfd_get32(s->base + l->type, s->big);
	uint32_t i;

	/* That it is one of them was judged with the header. */
	/*@ loop invariant DEVFD_TYPED(d);
	  @ loop assigns i, d->type;
	  @ loop variant devfd_types_count - i;
	  @*/
	for (i = 0; i < devfd_types_count; i++) {
		if (devfd_types[i].id == id)
			d->type = i;
	}
	type = &devfd_types[d->type];
	if (!(type->buses & (uint32_t)1 << d->device.bus))
		return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_BUS, l->bus);
	if (type->counted && d->device.num_regions != type->num_regions)
		return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_NUM_REGIONS, l->num_regions);
	if (d->device.num_regions > type->num_regions)
		return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_NUM_REGIONS, l->num_regions);
	if (type->counted && d->device.num_irqs != type->num_irqs)
		return devfd_fail(s, DEVFD_RULE_FIXED_TYPE_NUM_IRQS, l->num_irqs);
	return DEVFD_OK;
}

/* The slots are all there; the device's part of the tail follows them. */
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid(d) && DEVFD_TYPED(d) && d->first.slot == 0;
  @ requires d->layout == DEVFD_ARRAY ==> l == &devfd_array_slots;
  @ requires d->layout != DEVFD_ARRAY ==> l == &devfd_fixed_slots;
  @ requires l->size <= s->size;
  @ DEVFD_ITEM(s, (&d->device))
  @ terminates \true;
  @ assigns d->first, d->device, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, (&d->device));
  @ ensures \result == DEVFD_OK ==> DEVFD_SLOTS_FIT(s, d) &&
  @   DEVFD_SLOT_CURSOR(s, d, (&d->first));
  @*/
static int read_slots(const struct devfd_scan *s, struct devfd *d, const struct devfd_slots *l)
{
	uint32_t regions = d->device.num_regions, irqs = d->device.num_irqs;
	uint32_t room = s->size - l->size, end;
	uint64_t need = (uint64_t)region_slots(d) * l->region.size;
	int rc;

	if (need > room)
		return devfd_fail(s, l->region.counts, l->num_regions);
	room -= (uint32_t)need;
	need = (uint64_t)irqs * l->irq.size;
	if (need > room)
		return devfd_fail(s, l->irq.counts, l->num_irqs);
	end = s->size - room + (uint32_t)need;
	d->first.at = l->size;
	d->first.tail = end;
	if (l->tail) {
		rc = tail_part(s, l->tail, l->tail_next, l->tail_fits, DEVFD_IN_TOP, &d->device,
			       &d->first.tail);
		/* Whatever records a tail may hold, the slots stay where they were found. */
		d->device.num_regions = regions;
		d->device.num_irqs = irqs;
		return rc;
	}
	if (end != s->size)
		return devfd_fail(s, DEVFD_RULE_FIXED_HEADER_EXACT, end);
	return DEVFD_OK;
}

int devfd_slots_open(struct devfd_scan *s, struct devfd *d)
{
	const struct devfd_slots *l = layout_of(d);
	struct devfd_cursor c;
	struct devfd_item item;
	uint32_t used;
	int rc;

	if (s->size < l->size)
		return devfd_fail(s, l->short_rule, 0);
	s->version = DEVFD_TLV_VERSION_FULL;
	d->version = s->version;
	devfd_item_init(&d->device, DEVFD_DEVICE);
	rc = DEVFD_LEAF(l, s, 0, s->size, s->version, &d->device, &used);
	if (rc)
		return rc;
	if (l->type) {
		rc = read_type(s, d, l);
		if (rc)
			return rc;
	}
	rc = read_slots(s, d, l);
	if (rc == DEVFD_OK)
		rc = devfd_item_finish(s, 0, &d->device);
	if (rc)
		return rc;
	c = d->first;
	/*@ loop invariant DEVFD_SLOT_CURSOR(s, d, (&c));
	  @ loop assigns rc, c, item, *s->error;
	  @ loop variant DEVFD_REGION_SLOTS(d) + d->device.num_irqs - c.slot;
	  @*/
	do {
		rc = devfd_slots_next(s, d, &c, &item);
	} while (rc == DEVFD_OK);
	return rc == DEVFD_END ? DEVFD_OK : rc;
}
