// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* items.c: what holds of an item whatever layout it was read from. */
#include "scan.h"

void devfd_item_init(struct devfd_item *item, uint32_t kind)
{
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->state = DEVFD_PRESENT;
}

/* What is there of an item: size for a region, count for an interrupt, and always something else.
 */
/*@ requires \valid_read(item);
  @ terminates \true;
  @ assigns \nothing;
  @*/
static uint64_t extent(const struct devfd_item *item)
{
	if (item->kind == DEVFD_REGION)
		return item->size;
	if (item->kind == DEVFD_IRQ)
		return item->count;
	return 1;
}

int devfd_item_finish(const struct devfd_scan *s, uint32_t at, struct devfd_item *item)
{
	if (!extent(item))
		item->state = DEVFD_EMPTY;
	if (item->error)
		item->state = DEVFD_UNREADABLE;
	return DEVFD_ITEM_RULES(s, at, item);
}

/*@ DEVFD_READABLE(region)
  @ requires \valid(area);
  @ terminates \true;
  @ assigns *area;
  @ ensures \result == DEVFD_OK || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> area->offset + area->size <= region->size;
  @*/
int devfd_get_area(const struct devfd_item *region, uint32_t i, struct devfd_area *area)
{
	const uint8_t *p;

	if (region->kind != DEVFD_REGION)
		return DEVFD_END;
	if (region->state != DEVFD_PRESENT)
		return DEVFD_END;
	if (!(region->flags & DEVFD_MMAP))
		return DEVFD_END;
	if (!(region->flags & DEVFD_AREAS)) {
		if (i)
			return DEVFD_END;
		area->offset = 0;
		area->size = region->size;
		return DEVFD_OK;
	}
	if (i >= region->areas.count)
		return DEVFD_END;
	p = region->areas.p + (size_t)16 * i;
	area->offset = devfd_get64(p, region->areas.order == DEVFD_ORDER_BIG);
	area->size = devfd_get64(p + 8, region->areas.order == DEVFD_ORDER_BIG);
	/* The buffer may have changed since it was checked; an area outside the region is none. */
	return devfd_fits(area->offset, area->size, region->size) ? DEVFD_OK : DEVFD_END;
}

/*@ DEVFD_READABLE(item)
  @ requires DEVFD_RECORDS && DEVFD_CALLS;
  @ requires \valid(cursor) && \valid(kept);
  @ terminates \true;
  @ assigns *cursor, *kept;
  @ ensures \result == DEVFD_OK || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> \valid_read(kept->data + (0 .. kept->size - 1));
  @*/
int devfd_get_kept(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept)
{
	/* An item without kept things has no origin either, and 0 bytes of them. */
#ifndef DEVFD_REPLIES_ONLY /* generators/amalgamate.py: the part for replies has no records */
	if (item->kept.origin == DEVFD_ORIGIN_RECORD)
		return devfd_kept_record(item, cursor, kept);
#endif
	return devfd_kept_cap(item, cursor, kept);
}

/* Numbers that Linux has used for these meanings on every architecture but those noted in errno(3).
 */
/*@ terminates \true;
  @ assigns \nothing;
  @*/
int devfd_errno(int result)
{
	static const struct {
		int result, number;
	} rows[] = {
		{DEVFD_REJECT, -74},       /* EBADMSG */
		{DEVFD_MORE, -7},          /* E2BIG */
		{DEVFD_IS_ABSENT, -2},     /* ENOENT */
		{DEVFD_IS_UNREADABLE, -5}, /* EIO */
		{DEVFD_ROOM, -28},         /* ENOSPC */
		{DEVFD_LOSS, -95},         /* EOPNOTSUPP */
	};
	size_t i;

	if (result >= 0)
		return 0;
	/*@ loop assigns i;
	  @ loop variant sizeof(rows) / sizeof(rows[0]) - i;
	  @*/
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].result == result)
			return rows[i].number;
	}
	return -22; /* EINVAL */
}
