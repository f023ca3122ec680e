// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* records.c: the loop over records, for tlv and for the tail of an array (spec/language.md, section
 * 5). */
#include "scan.h"

enum {
	HEAD = DEVFD_SIZE_TLV_RECORD,
	LEN_AT = DEVFD_AT_TLV_RECORD_REC_LEN,
	FLAGS_AT = DEVFD_AT_TLV_RECORD_FLAGS,
	FULL = DEVFD_TLV_VERSION_FULL,
};

/* The head of one record. */
struct head {
	const struct devfd_record *row; /* NULL where the type is not listed */
	uint32_t type, len;
};

const struct devfd_record *devfd_record_row(uint32_t tag)
{
	uint32_t i;

	/*@ loop assigns i;
	  @ loop variant devfd_tags_count - i;
	  @*/
	for (i = 0; i < devfd_tags_count; i++) {
		if (tag < devfd_tags[i].first)
			continue;
		if (tag - devfd_tags[i].first < devfd_tags[i].count)
			return &devfd_records[devfd_tags[i].row + (tag - devfd_tags[i].first)];
	}
	return NULL;
}

/*@ requires \valid_read(row);
  @ terminates \true;
  @ assigns \nothing;
  @*/
static int stands_in(const struct devfd_record *row, uint32_t parent)
{
	if (parent & DEVFD_IN_TAIL)
		return (row->tail_parents & parent) != 0;
	return (row->parents & parent) != 0;
}

/* Length, then place, of the record at `at` of a parent that ends at `end`. before: type of the
 * sibling before. */
/*@ DEVFD_TLV(s)
  @ requires at <= end <= s->size;
  @ requires \valid(h);
  @ terminates \true;
  @ assigns *h, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures \result == DEVFD_OK ==> HEAD <= h->len <= end - at && DEVFD_RECORD_ROW(h->row);
  @*/
static int read_head(const struct devfd_scan *s, uint32_t at, uint32_t end, uint32_t parent,
		     uint32_t before, struct head *h)
{
	int first;

	if (end - at < HEAD)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_SIZE, at);
	h->type = devfd_get32(s->base + at, s->big);
	h->len = devfd_get32(s->base + at + LEN_AT, s->big);
	if (h->len < HEAD)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_REC_LEN_MIN, at + LEN_AT);
	if (h->len % 4)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_REC_LEN_MULTIPLE, at + LEN_AT);
	if (h->len > end - at)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_REC_LEN_FITS, at + LEN_AT);
	if (!h->type)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_TYPE_RANGE, at);
	h->row = devfd_record_row(h->type);
	if (h->row) {
		if (h->row->since > s->version)
			return devfd_fail(s, DEVFD_RULE_TLV_RECORD_TYPE_SINCE, at);
		if (!stands_in(h->row, parent))
			return devfd_fail(s, DEVFD_RULE_TLV_RECORD_TYPE_PARENT, at);
	}
	first = h->row && h->row->place == DEVFD_PLACE_FIRST;
	if (parent == DEVFD_IN_TOP && s->version >= FULL && first != (at == devfd_tlv_header.size))
		return devfd_fail(s, DEVFD_RULE_TLV_DEVICE_FIRST, at);
	if (h->type < before)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_TYPE_ORDER, at);
	if (h->row && !h->row->many && h->type == before)
		return devfd_fail(s, DEVFD_RULE_TLV_RECORD_TYPE_TWICE, at);
	return DEVFD_OK;
}

/* Every child that this parent needs is among those seen (a bit for each row). */
/*@ DEVFD_TLV(s)
  @ terminates \true;
  @ assigns *s->error;
  @ ensures DEVFD_JUDGED;
  @*/
static int needed_children(const struct devfd_scan *s, uint32_t parent, uint32_t owner,
			   uint32_t seen)
{
	uint32_t i;

	/*@ loop assigns i;
	  @ loop variant devfd_records_count - i;
	  @*/
	for (i = 0; i < devfd_records_count; i++) {
		const struct devfd_record *row = &devfd_records[i];

		if (!row->needed)
			continue;
		if (row->since > s->version)
			continue;
		if (!stands_in(row, parent))
			continue;
		if (!(seen & row->bit))
			return devfd_fail(s, row->needed, owner);
	}
	return DEVFD_OK;
}

int devfd_children(const struct devfd_scan *s, uint32_t at, uint32_t end, uint32_t parent,
		   uint32_t owner, struct devfd_item *item)
{
	uint32_t start = at, before = 0, seen = 0, used;
	struct head h;
	int rc, kept = 0;

	/*@ loop invariant start <= at <= end;
	  @ loop invariant DEVFD_VIEWS(s->base, s->size, item);
	  @ loop assigns at, rc, before, seen, kept, used, h, *item, *s->error;
	  @ loop variant end - at;
	  @*/
	while (at < end) {
		rc = read_head(s, at, end, parent, before, &h);
		if (rc)
			return rc;
		before = h.type;
		if (!h.row) {
			kept = 1;
			at += h.len;
			continue;
		}
		rc = DEVFD_LEAF(h.row, s, at + HEAD, h.len - HEAD, s->version, item, &used);
		if (rc)
			return rc;
		item->flags |= h.row->knows;
		seen |= h.row->bit;
		if (h.row->due == DEVFD_DUE_KEPT)
			kept = 1;
		at += h.len;
	}
	if (kept) {
		item->kept.base = s->base;
		item->kept.at = start;
		item->kept.end = end;
		item->kept.origin = DEVFD_ORIGIN_RECORD;
		item->kept.order = s->order;
	}
	if (parent & DEVFD_IN_TAIL)
		return DEVFD_OK;
	return needed_children(s, parent, owner, seen);
}

/* The index of a region in a file that has no INDEX records. */
/*@ requires \valid_read(c) && \valid_read(item);
  @ terminates \true;
  @ assigns \nothing;
  @*/
static uint32_t derived_index(const struct devfd_cursor *c, const struct devfd_item *item)
{
	if (item->flags & DEVFD_BAR)
		return item->bar;
	if (item->flags & DEVFD_CONFIG_SPACE)
		return DEVFD_TLV_CONFIG_SPACE_INDEX;
	return c->regions;
}

/*@ DEVFD_TLV(s)
  @ requires \valid(c) && \valid_read(h) && h->row != \null && DEVFD_RECORD_ROW(h->row);
  @ requires HEAD <= h->len && c->at + h->len <= s->size;
  @ requires \valid(item);
  @ terminates \true;
  @ assigns c->regions, c->irqs, *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @*/
static int item_record(const struct devfd_scan *s, struct devfd_cursor *c, const struct head *h,
		       struct devfd_item *item)
{
	int region = h->row->item == DEVFD_REGION;
	uint32_t low = region ? c->regions : c->irqs, room = h->len - HEAD, used;
	int rc;

	devfd_item_init(item, h->row->item);
	item->index = DEVFD_UNKNOWN;
	/* Version 2 needs a record that says it. */
	if (!region)
		item->count = DEVFD_IRQ_COUNT_DEFAULT;
	rc = DEVFD_LEAF(h->row, s, c->at + HEAD, room, s->version, item, &used);
	if (rc)
		return rc;
	rc = devfd_children(s, c->at + HEAD + used, c->at + h->len,
			    region ? DEVFD_IN_REGION : DEVFD_IN_IRQ, c->at, item);
	if (rc)
		return rc;
	if (item->index == DEVFD_UNKNOWN)
		item->index = derived_index(c, item);
	if (item->index < low)
		return devfd_fail(s, h->row->ascending, c->at);
	if (region)
		c->regions = item->index + 1;
	else
		c->irqs = item->index + 1;
	return devfd_item_finish(s, c->at, item);
}

/* Top-level records that are no item: kept, or the END. */
/*@ DEVFD_TLV(s)
  @ requires \valid(c) && \valid_read(h) && DEVFD_RECORD_ROW(h->row);
  @ requires HEAD <= h->len && c->at + h->len <= s->size && c->kept_end <= s->size;
  @ terminates \true;
  @ assigns c->kept, c->kept_end, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_END;
  @ ensures c->kept_end <= s->size;
  @*/
static int other_record(const struct devfd_scan *s, struct devfd_cursor *c, const struct head *h)
{
	struct devfd_item scratch;
	uint32_t used;
	int rc;

	if (h->row) {
		devfd_item_init(&scratch, DEVFD_DEVICE);
		rc = DEVFD_LEAF(h->row, s, c->at + HEAD, h->len - HEAD, s->version, &scratch,
				&used);
		if (rc)
			return rc;
		if (h->row->place == DEVFD_PLACE_LAST) {
			if (h->len != s->size - c->at)
				return devfd_fail(s, DEVFD_RULE_TLV_END_LAST, c->at + h->len);
			return DEVFD_END;
		}
	}
	if (!c->kept)
		c->kept = c->at;
	c->kept_end = c->at + h->len;
	return DEVFD_OK;
}

int devfd_tlv_next(const struct devfd_scan *s, struct devfd_cursor *c, struct devfd_item *item)
{
	struct head h;
	int rc;

	/*@ loop invariant \at(c->at, Pre) <= c->at <= s->size && c->kept_end <= s->size;
	  @ loop assigns rc, h, *c, *item, *s->error;
	  @ loop variant s->size - c->at;
	  @*/
	while (c->at < s->size) {
		rc = read_head(s, c->at, s->size, DEVFD_IN_TOP, c->type, &h);
		if (rc)
			return rc;
		if (h.row && h.row->item) {
			rc = item_record(s, c, &h, item);
			if (rc)
				return rc;
			c->type = h.type;
			c->at += h.len;
			return DEVFD_OK;
		}
		rc = other_record(s, c, &h);
		if (rc)
			return rc;
		c->type = h.type;
		c->at += h.len;
	}
	if (s->version >= FULL)
		return devfd_fail(s, DEVFD_RULE_TLV_END_NEEDED, s->size);
	return DEVFD_END;
}

/* Version 2 begins with the DEVICE record, which says how many regions and interrupts there are. */
/*@ DEVFD_TLV(s)
  @ requires \valid(s) && \valid(d);
  @ requires d->first.at <= s->size && d->first.kept_end == 0;
  @ requires DEVFD_VIEWS(s->base, s->size, (&d->device));
  @ terminates \true;
  @ assigns s->num_regions, s->num_irqs, *d, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, (&d->device));
  @ ensures d->first.at <= s->size && d->first.kept_end == 0;
  @*/
static int device_record(struct devfd_scan *s, struct devfd *d)
{
	const struct devfd_record *row = &devfd_records[DEVFD_ROW_TLV_DEVICE];
	uint32_t at = d->first.at, used;
	struct head h;
	int rc;

	if (at == s->size)
		return devfd_fail(s, DEVFD_RULE_TLV_DEVICE_FIRST, at);
	rc = read_head(s, at, s->size, DEVFD_IN_TOP, 0, &h);
	if (rc)
		return rc;
	rc = DEVFD_LEAF(row, s, at + HEAD, h.len - HEAD, s->version, &d->device, &used);
	if (rc == DEVFD_OK)
		rc = devfd_item_finish(s, at, &d->device);
	if (rc)
		return rc;
	s->num_regions = d->device.num_regions;
	s->num_irqs = d->device.num_irqs;
	d->first.at = at + h.len;
	return DEVFD_OK;
}

int devfd_tlv_open(struct devfd_scan *s, struct devfd *d)
{
	struct devfd_cursor c;
	struct devfd_item item;
	uint32_t used;
	int rc;

	if (s->size < devfd_tlv_header.size)
		return devfd_fail(s, devfd_tlv_header.short_rule, 0);
	devfd_item_init(&d->device, DEVFD_DEVICE);
	rc = DEVFD_LEAF(&devfd_tlv_header, s, 0, s->size, s->version, &d->device, &used);
	if (rc)
		return rc;
	s->version = devfd_get32(s->base + DEVFD_AT_TLV_HEADER_VERSION, s->big);
	d->version = s->version;
	d->first.at = devfd_tlv_header.size;
	if (s->version >= FULL) {
		rc = device_record(s, d);
		if (rc)
			return rc;
	}
	c = d->first;
	/*@ loop invariant c.at <= s->size && c.kept_end <= s->size;
	  @ loop assigns rc, c, item, *s->error;
	  @ loop variant s->size - c.at;
	  @*/
	do {
		rc = devfd_tlv_next(s, &c, &item);
	} while (rc == DEVFD_OK);
	if (rc != DEVFD_END)
		return rc;
	if (s->version < FULL) {
		d->device.num_regions = c.regions;
		d->device.num_irqs = c.irqs;
	}
	if (c.kept) {
		d->device.kept.base = s->base;
		d->device.kept.at = c.kept;
		d->device.kept.end = c.kept_end;
		d->device.kept.origin = DEVFD_ORIGIN_RECORD;
		d->device.kept.order = s->order;
	}
	return DEVFD_OK;
}

/* One record of a run: an envelope is opened, a type that is not listed is kept as it is, others
 * are passed. Lengths were checked when the input was judged; the buffer may have changed since. */
int devfd_kept_record(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept)
{
	uint32_t big = item->kept.order == DEVFD_ORDER_BIG;
	uint32_t at = *cursor ? *cursor : item->kept.at;

	/*@ loop assigns at, *cursor;
	  @ loop variant item->kept.end - at;
	  @*/
	while (at < item->kept.end) {
		const uint8_t *p = item->kept.base + at;
		const struct devfd_record *row;
		uint32_t left = item->kept.end - at, len, size;

		if (left < HEAD)
			break;
		len = devfd_get32(p + LEN_AT, big);
		if (len < HEAD)
			break;
		if (len > left)
			break;
		at += len;
		*cursor = at;
		row = devfd_record_row(devfd_get32(p, big));
		if (!row) {
			kept->origin = DEVFD_ORIGIN_RECORD;
			kept->order = item->kept.order;
			kept->id = devfd_get32(p, big);
			kept->version = devfd_get32(p + FLAGS_AT, big);
			kept->data = p + HEAD;
			kept->size = len - HEAD;
			return DEVFD_OK;
		}
		if (row->due != DEVFD_DUE_KEPT)
			continue;
		if (len < HEAD + DEVFD_SIZE_TLV_KEPT)
			break;
		p += HEAD;
		size = devfd_get32(p + DEVFD_AT_TLV_KEPT_SIZE, big);
		if (size > len - HEAD - DEVFD_SIZE_TLV_KEPT)
			break;
		kept->origin = devfd_get32(p + DEVFD_AT_TLV_KEPT_ORIGIN, big);
		kept->order = devfd_get32(p + DEVFD_AT_TLV_KEPT_ORDER, big);
		kept->id = devfd_get32(p + DEVFD_AT_TLV_KEPT_ID, big);
		kept->version = devfd_get32(p + DEVFD_AT_TLV_KEPT_VERSION, big);
		kept->data = p + DEVFD_SIZE_TLV_KEPT;
		kept->size = size;
		return DEVFD_OK;
	}
	return DEVFD_END;
}
