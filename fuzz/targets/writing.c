// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* writing.c: the promises to whoever writes a description. */
#include "writing.h"

#include <string.h>

#include "../../codec/tables/tables.h"
#include "input.h"
#include "item.h"
#include "promise.h"

enum {
	/* Without these a region is not written. */
	OMITS = (int)(DEVFD_LOST_ITEM | DEVFD_LOST_OFFSET | DEVFD_BAR | DEVFD_CONFIG_SPACE),
	MODEL_FLAGS = DEVFD_LOST_KEPT - 1,
	SLACK = 64,
};

/* The rooms of input.h that are used here; the last is the caller's. */
enum { ROOM_FIRST, ROOM_SECOND, ROOM_SMALL };

/* ---- Items one by one ---- */

struct feed {
	const struct supply *from;
	struct devfd walk;
	uint32_t nth;
};

static void feed_begin(struct feed *f, const struct supply *from)
{
	f->from = from;
	f->nth = 0;
	if (!from->d)
		return;
	f->walk = *from->d;
	devfd_rewind(&f->walk);
}

static bool feed_next(struct feed *f, struct devfd_item *item)
{
	if (f->from->d)
		return devfd_next(&f->walk, item) == DEVFD_OK;
	if (f->nth == f->from->count)
		return false;
	*item = f->from->items[f->nth++];
	return true;
}

/* Puts all of it; what devfd_end() said, or the first misuse. */
static int put_all(const struct supply *from, uint32_t layout, uint32_t options, uint8_t *p,
		   size_t capacity, size_t *size, uint32_t *lost)
{
	struct devfd_writer w;
	struct devfd_item item;
	uint32_t one;
	struct feed f;
	int rc;

	*size = 0;
	*lost = 0;
	rc = devfd_begin(&w, layout, options, p, capacity);
	PROMISE("fixed-point", rc == DEVFD_OK, "devfd_begin gives %d", rc);
	for (feed_begin(&f, from); feed_next(&f, &item);) {
		make_dirty(&one, sizeof(one));
		rc = devfd_put(&w, &item, &one);
		PROMISE("loss", rc == DEVFD_OK || rc == DEVFD_LOSS,
			"kind %u, index %u: put gives %d", item.kind, item.index, rc);
		PROMISE("loss", rc == DEVFD_LOSS || !one || options & DEVFD_LOSSY,
			"kind %u, index %u: %#x is lost without leave", item.kind, item.index, one);
		PROMISE("loss", rc == DEVFD_OK || one || *lost & DEVFD_LOST_ITEM,
			"kind %u, index %u: refused, but nothing lost", item.kind, item.index);
		*lost |= one;
	}
	rc = devfd_end(&w, size);
	PROMISE("room", rc == DEVFD_OK || rc == DEVFD_ROOM || rc == DEVFD_LOSS, "end gives %d", rc);
	PROMISE("room", rc == DEVFD_LOSS || (rc == DEVFD_OK) == (*size <= capacity),
		"end gives %d for %zu bytes in %zu", rc, *size, capacity);
	return rc;
}

/* ---- Read back ---- */

/* The flags that are left of an item. */
static uint32_t flags_left(const struct devfd_item *item, uint32_t lost)
{
	uint32_t flags = item->flags & ~(lost & MODEL_FLAGS);

	/* A list of areas that is lost takes the permission with it. */
	if (lost & DEVFD_AREAS)
		flags &= ~DEVFD_MMAP;
	return flags;
}

/* What each item loses is told again by a writer without room, where anything is lost at all. */
static uint32_t lost_of(struct devfd_writer *w, const struct devfd_item *item, uint32_t any)
{
	uint32_t lost;

	if (!any)
		return 0;
	(void)devfd_put(w, item, &lost);
	return lost;
}

void promise_read_back(const struct supply *from, uint32_t layout, uint32_t order,
		       const struct written *out)
{
	const struct span span = {out->p, out->size};
	struct devfd_item item, read;
	struct devfd_writer w;
	struct devfd_error e;
	const char *differs;
	struct devfd d;
	struct feed f;
	uint32_t lost;
	int rc;

	rc = devfd_open_as(&d, layout, DEVFD_PRODUCER, out->p, out->size, &e);
	PROMISE("fixed-point", rc == DEVFD_OK, "what was written is refused: %s at %u",
		devfd_rule(e.rule), e.at);
	PROMISE("fixed-point", d.order == order, "written in another byte order");
	(void)devfd_begin(&w, layout, order | DEVFD_LOSSY, NULL, 0);
	for (feed_begin(&f, from); feed_next(&f, &item);) {
		lost = lost_of(&w, &item, out->lost);
		if (lost & (uint32_t)OMITS && item.kind != DEVFD_DEVICE)
			continue;
		rc = devfd_next(&d, &read);
		PROMISE("fixed-point", rc == DEVFD_OK, "kind %u, index %u is missing", item.kind,
			item.index);
		promise_item(&read, &span);
		PROMISE("loss", opens_no_more(&item, &read),
			"index %u: %#x lost, more may be mapped", item.index, lost);
		differs = item_differs(&item, flags_left(&item, lost), !(lost & DEVFD_LOST_KEPT),
				       &read);
		PROMISE(lost ? "loss" : "fixed-point", !differs,
			"kind %u, index %u, %#x lost: %s is another one", item.kind, item.index,
			lost, differs);
	}
	PROMISE("fixed-point", devfd_next(&d, &read) == DEVFD_END, "kind %u, index %u was not put",
		read.kind, read.index);
}

/* What was read, written once more: the same bytes. */
static void promise_fixed_point(uint32_t layout, uint32_t order, const uint8_t *p, size_t size)
{
	uint8_t *again = output_room(ROOM_SECOND, size);
	struct devfd_error e;
	struct devfd d;
	size_t needed;
	uint32_t lost;
	int rc;

	rc = devfd_open_as(&d, layout, 0, p, size, &e);
	PROMISE("fixed-point", rc == DEVFD_OK, "a reader refuses what a producer may");
	rc = devfd_convert(&d, layout, order, again, size, &needed, &lost);
	PROMISE("fixed-point", rc == DEVFD_OK && !lost && needed == size,
		"written again: result %d, lost %#x, %zu bytes of %zu", rc, lost, needed, size);
	PROMISE("fixed-point", !memcmp(p, again, size), "written again it has other bytes");
}

static void promise_room(const struct supply *from, uint32_t layout, uint32_t options,
			 size_t needed, uint32_t choice)
{
	size_t capacity = choice % needed, size;
	uint8_t *p = output_room(ROOM_SMALL, capacity + SLACK);
	uint32_t lost;
	int rc;

	make_dirty(p + capacity, SLACK);
	rc = put_all(from, layout, options, p, capacity, &size, &lost);
	PROMISE("room", rc == DEVFD_ROOM && size == needed, "result %d, %zu bytes of %zu in %zu",
		rc, size, needed, capacity);
	PROMISE("room", is_dirty(p + capacity, SLACK), "%zu bytes were not enough for %zu",
		capacity, needed);
}

/* Without leave to lose it is the same, or it says what would be lost. */
static void promise_strict(const struct supply *from, uint32_t layout, uint32_t order,
			   const struct written *lossy, int lossy_rc)
{
	uint8_t *p = output_room(ROOM_SECOND, lossy->size);
	uint32_t lost;
	size_t size;
	int rc;

	rc = put_all(from, layout, order, p, lossy->size, &size, &lost);
	if (!lossy->lost && lossy_rc != DEVFD_LOSS) {
		PROMISE("loss", rc == DEVFD_OK && size == lossy->size,
			"nothing is lost, but result %d and %zu bytes of %zu", rc, size,
			lossy->size);
		PROMISE("loss", !memcmp(p, lossy->p, size), "leave to lose changes the bytes");
		return;
	}
	PROMISE("loss", rc == DEVFD_LOSS && !size, "%#x would be lost, but result %d, %zu bytes",
		lossy->lost, rc, size);
}

int promise_write(const struct supply *from, uint32_t layout, uint32_t order, size_t most,
		  struct written *out)
{
	out->p = output_room(ROOM_FIRST, most);
	make_dirty(out->p, most);
	return put_all(from, layout, order | DEVFD_LOSSY, out->p, most, &out->size, &out->lost);
}

bool promise_written(const struct supply *from, uint32_t layout, uint32_t order, uint32_t choice,
		     size_t most, struct written *out)
{
	uint32_t options = order | DEVFD_LOSSY, lost;
	size_t size;
	int rc;

	rc = put_all(from, layout, options, NULL, 0, &size, &lost);
	*out = (struct written){NULL, size, lost};
	if (rc == DEVFD_LOSS) {
		promise_strict(from, layout, order, out, rc);
		return false;
	}
	PROMISE("room", rc == DEVFD_ROOM && size, "no room, but result %d and %zu bytes", rc, size);
	if (size > most)
		return false;
	rc = promise_write(from, layout, order, size, out);
	PROMISE("room", rc == DEVFD_OK && size == out->size && lost == out->lost,
		"result %d, %zu bytes of %zu, lost %#x of %#x", rc, out->size, size, out->lost,
		lost);
	promise_read_back(from, layout, order, out);
	promise_fixed_point(layout, order, out->p, size);
	promise_strict(from, layout, order, out, rc);
	promise_room(from, layout, options, size, choice);
	return true;
}
