// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* open.c: opening a description of any layout and walking its items. */
#include "scan.h"

enum {
	BY_MAGIC = 0, /* the layout that the first bytes name */
	NO_OPTIONS = 0,
};

uint32_t devfd_magic_layout(const uint8_t *p, uint32_t *big)
{
	uint32_t order, i;

	*big = 0;
	for (order = 0; order < 2; order++) {
		uint32_t magic = devfd_get32(p, order);

		for (i = 0; i < devfd_magics_count; i++) {
			if (devfd_magics[i].magic != magic)
				continue;
			*big = order;
			return devfd_magics[i].layout;
		}
	}
	return 0;
}

static void scan_of(struct devfd_scan *s, const struct devfd *d, struct devfd_error *e)
{
	memset(s, 0, sizeof(*s));
	s->base = d->base;
	s->size = d->size;
	s->end = d->size;
	s->big = d->order == DEVFD_BIG;
	s->order = s->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	s->version = d->version;
	s->num_regions = d->device.num_regions;
	s->num_irqs = d->device.num_irqs;
	s->error = e;
}

/* Judges all of it in the layout given, or BY_MAGIC. */
static int open_layout(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
		       size_t size, struct devfd_error *e)
{
	struct devfd_scan s;
	uint32_t named = 0;
	uint32_t big = 0;
	int rc;

	memset(e, 0, sizeof(*e));
	memset(d, 0, sizeof(*d));
	scan_of(&s, d, e);
	if (size > DEVFD_SIZE_MAX)
		return devfd_fail(&s, DEVFD_RULE_MODEL_INPUT_MAX, 0);
	if (size >= 4)
		named = devfd_magic_layout((const uint8_t *)buf, &big);
	if (layout == BY_MAGIC) {
		if (!named)
			return devfd_fail(&s, DEVFD_RULE_MODEL_INPUT_MAGIC, 0);
		layout = named;
	}
	d->base = (const uint8_t *)buf;
	d->size = (uint32_t)size;
	d->layout = layout;
	d->order = big && named == layout ? DEVFD_BIG : DEVFD_LITTLE;
	scan_of(&s, d, e);
	s.options = options;
	s.num_regions = DEVFD_UNKNOWN;
	s.num_irqs = DEVFD_UNKNOWN;
	rc = layout == DEVFD_TLV ? devfd_tlv_open(&s, d) : devfd_slots_open(&s, d);
	d->next = d->first;
	return rc;
}

int devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e)
{
	return open_layout(d, BY_MAGIC, NO_OPTIONS, buf, size, e);
}

int devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf, size_t size,
		  struct devfd_error *e)
{
	if (layout > DEVFD_FIXED)
		return DEVFD_MISUSE;
	return open_layout(d, layout, options, buf, size, e);
}

int devfd_next(struct devfd *d, struct devfd_item *item)
{
	struct devfd_error ignored;
	struct devfd_scan s;

	if (!d->next.stage) {
		d->next.stage = 1;
		*item = d->device;
		return DEVFD_OK;
	}
	scan_of(&s, d, &ignored);
	if (d->layout == DEVFD_TLV)
		return devfd_tlv_next(&s, &d->next, item);
	return devfd_slots_next(&s, d, &d->next, item);
}

void devfd_rewind(struct devfd *d)
{
	d->next = d->first;
}

/* A walk to the item asked for: items stand in ascending index, regions before interrupts. */
static int find_record(const struct devfd_scan *s, const struct devfd *d, uint32_t kind,
		       uint32_t index, struct devfd_item *item)
{
	struct devfd_cursor c = d->first;
	int rc;

	for (;;) {
		rc = devfd_tlv_next(s, &c, item);
		if (rc == DEVFD_END)
			return DEVFD_IS_ABSENT;
		if (rc)
			return rc;
		if (item->kind > kind)
			return DEVFD_IS_ABSENT;
		if (item->kind < kind)
			continue;
		if (item->index > index)
			return DEVFD_IS_ABSENT;
		if (item->index == index)
			return DEVFD_OK;
	}
}

static int get(const struct devfd *d, uint32_t kind, uint32_t index, struct devfd_item *item)
{
	struct devfd_error ignored;
	struct devfd_scan s;
	int rc;

	scan_of(&s, d, &ignored);
	if (d->layout == DEVFD_TLV)
		rc = find_record(&s, d, kind, index, item);
	else
		rc = devfd_slots_get(&s, d, kind, index, item);
	if (rc)
		return rc;
	if (item->state == DEVFD_EMPTY)
		return DEVFD_IS_EMPTY;
	if (item->state == DEVFD_UNREADABLE)
		return DEVFD_IS_UNREADABLE;
	return DEVFD_OK;
}

int devfd_get_region(const struct devfd *d, uint32_t index, struct devfd_item *item)
{
	return get(d, DEVFD_REGION, index, item);
}

int devfd_get_irq(const struct devfd *d, uint32_t index, struct devfd_item *item)
{
	return get(d, DEVFD_IRQ, index, item);
}
