// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* item.c: what holds of every item that is handed out, and whether two items say the same. */
#include "item.h"

#include <string.h>

#include "../../codec/tables/tables.h"
#include "promise.h"

/* Attributes that only a flag makes known, and that are 0 without it. */
static const struct {
	const char *name;
	uint32_t flag;
	size_t place, size;
} known[] = {
#define KNOWN(flag, member)                                                                        \
	{                                                                                          \
#member, flag, offsetof(struct devfd_item, member),                                \
			sizeof(((struct devfd_item *)0)->member)                                   \
	}
	KNOWN(DEVFD_BAR, bar),
	KNOWN(DEVFD_PHYS_ADDR, phys_addr),
	KNOWN(DEVFD_TYPE, type),
	KNOWN(DEVFD_TYPE, subtype),
	KNOWN(DEVFD_DT_INDEX, prop_type),
	KNOWN(DEVFD_DT_INDEX, prop_index),
	KNOWN(DEVFD_IDENTITY, vendor),
	KNOWN(DEVFD_IDENTITY, device),
	KNOWN(DEVFD_IDENTITY, class_),
	KNOWN(DEVFD_PGSIZES, pgsizes),
#undef KNOWN
};

enum { KNOWN_COUNT = sizeof(known) / sizeof(known[0]), AREA_SIZE = 16, DEPENDENT_SIZE = 8 };

static uint64_t attribute(const struct devfd_item *item, size_t i)
{
	uint64_t wide;
	uint32_t narrow;

	if (known[i].size == sizeof(wide)) {
		memcpy(&wide, (const uint8_t *)item + known[i].place, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const uint8_t *)item + known[i].place, sizeof(narrow));
	return narrow;
}

static bool inside(const struct span *in, const uint8_t *p, uint64_t size)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)in->p;

	return at <= in->size && size <= in->size - at;
}

static void promise_attributes(const struct devfd_item *item)
{
	size_t i;

	for (i = 0; i < KNOWN_COUNT; i++)
		PROMISE("item", item->flags & known[i].flag || !attribute(item, i),
			"%s is %llu without its flag", known[i].name,
			(unsigned long long)attribute(item, i));
	PROMISE("item", item->flags & DEVFD_AREAS || !item->areas.count,
		"%u areas without their flag", item->areas.count);
	PROMISE("item", item->flags & DEVFD_DT_PATH || !item->dt_path.size,
		"a path without its flag");
	PROMISE("item", !item->count || item->kind == DEVFD_IRQ, "kind %u has a count", item->kind);
	PROMISE("item", !item->dependents.count || item->kind == DEVFD_HOT_RESET,
		"kind %u has dependents", item->kind);
}

static bool is_named(uint32_t flags)
{
	static uint32_t names;
	uint32_t bit;

	if (!names) {
		for (bit = 0; bit < 32; bit++)
			names |= devfd_flag_name(bit) ? (uint32_t)1 << bit : 0;
	}
	return !(flags & ~names);
}

/* What the item would be taken for, from its attributes alone. */
static uint32_t derived_state(const struct devfd_item *item)
{
	if (item->error)
		return DEVFD_UNREADABLE;
	if (item->kind == DEVFD_REGION && !item->size)
		return DEVFD_EMPTY;
	if (item->kind == DEVFD_IRQ && !item->count)
		return DEVFD_EMPTY;
	return DEVFD_PRESENT;
}

static uint32_t areas_of(const struct devfd_item *item)
{
	if (item->kind != DEVFD_REGION || item->state != DEVFD_PRESENT)
		return 0;
	if (!(item->flags & DEVFD_MMAP))
		return 0;
	return item->flags & DEVFD_AREAS ? item->areas.count : 1;
}

static void promise_access(const struct devfd_item *item, const struct span *in)
{
	uint32_t i, count = areas_of(item);
	struct devfd_area area;

	PROMISE("access",
		inside(in, item->areas.p, (uint64_t)AREA_SIZE * item->areas.count) ||
			!item->areas.count,
		"%u areas are not all in the input", item->areas.count);
	for (i = 0; i < count; i++) {
		PROMISE("access", devfd_get_area(item, i, &area) == DEVFD_OK,
			"area %u of %u cannot be had", i, count);
		PROMISE("access",
			area.offset <= item->size && area.size <= item->size - area.offset,
			"area %u ends outside its region", i);
	}
	PROMISE("access", devfd_get_area(item, count, &area) == DEVFD_END,
		"there is an area behind the last of %u", count);
	if (count != 1 || item->flags & DEVFD_AREAS)
		return;
	PROMISE("access",
		!devfd_get_area(item, 0, &area) && !area.offset && area.size == item->size,
		"the only area is not the whole region");
}

static void promise_kept(const struct devfd_item *item, const struct span *in)
{
	uint32_t cursor = 0, before = 0;
	struct devfd_kept kept;
	int rc;

	PROMISE("item", item->kept.at <= item->kept.end, "kept things end before they begin");
	PROMISE("item", !item->kept.end || inside(in, item->kept.base, item->kept.end),
		"kept things are not all in the input");
	while ((rc = devfd_get_kept(item, &cursor, &kept)) == DEVFD_OK) {
		PROMISE("item", inside(in, kept.data, kept.size),
			"a kept thing is not in the input");
		PROMISE("item", cursor > before, "the cursor of kept things stays at %u", cursor);
		before = cursor;
	}
	PROMISE("item", rc == DEVFD_END, "kept things end with %d", rc);
}

static void promise_dependents(const struct devfd_item *item, const struct span *in)
{
	struct devfd_dependent one;

	PROMISE("item",
		!item->dependents.count ||
			inside(in, item->dependents.p,
			       (uint64_t)DEPENDENT_SIZE * item->dependents.count),
		"%u dependents are not all in the input", item->dependents.count);
	PROMISE("item", devfd_get_dependent(item, item->dependents.count, &one) == DEVFD_END,
		"there is a dependent behind the last of %u", item->dependents.count);
	if (item->dependents.count)
		PROMISE("item", !devfd_get_dependent(item, item->dependents.count - 1, &one),
			"the last of %u dependents cannot be had", item->dependents.count);
}

void promise_item(const struct devfd_item *item, const struct span *in)
{
	PROMISE("item", item->kind >= DEVFD_DEVICE && item->kind <= DEVFD_HOT_RESET, "kind %u",
		item->kind);
	PROMISE("item", is_named(item->flags), "flags %#x have a bit without a name", item->flags);
	PROMISE("item", item->state == derived_state(item), "state %u of %s %u, error %u",
		item->state, item->kind == DEVFD_REGION ? "region" : "item", item->index,
		item->error);
	if (item->state == DEVFD_UNREADABLE)
		PROMISE("item", !(item->flags | item->more | item->size | item->offset),
			"an unreadable item says more than its error");
	PROMISE("item", !item->dt_path.size || inside(in, item->dt_path.p, item->dt_path.size),
		"a path is not in the input");
	promise_attributes(item);
	promise_access(item, in);
	promise_kept(item, in);
	promise_dependents(item, in);
}

bool same_item(const struct devfd_item *a, const struct devfd_item *b)
{
	return same_bytes(a, b, sizeof(*a));
}

static bool same_kept(const struct devfd_item *a, const struct devfd_item *b)
{
	uint32_t a_cursor = 0, b_cursor = 0;
	struct devfd_kept one, other;

	for (;;) {
		int rc = devfd_get_kept(a, &a_cursor, &one);

		if (devfd_get_kept(b, &b_cursor, &other) != rc)
			return false;
		if (rc != DEVFD_OK)
			return true;
		if (one.origin != other.origin || one.order != other.order)
			return false;
		if (one.id != other.id || one.version != other.version || one.size != other.size)
			return false;
		if (one.size && memcmp(one.data, other.data, one.size))
			return false;
	}
}

/* The list itself, whether it may be mapped or not. */
static bool same_areas(const struct devfd_item *a, const struct devfd_item *b)
{
	struct devfd_item left = *a, right = *b;
	struct devfd_area one, other;
	uint32_t i;

	if (a->areas.count != b->areas.count)
		return false;
	left.flags |= DEVFD_MMAP | DEVFD_AREAS;
	right.flags |= DEVFD_MMAP | DEVFD_AREAS;
	left.state = DEVFD_PRESENT;
	right.state = DEVFD_PRESENT;
	for (i = 0; i < a->areas.count; i++) {
		if (devfd_get_area(&left, i, &one) || devfd_get_area(&right, i, &other))
			return false;
		if (one.offset != other.offset || one.size != other.size)
			return false;
	}
	return true;
}

const char *item_differs(const struct devfd_item *a, uint32_t flags, bool kept,
			 const struct devfd_item *b)
{
	const struct {
		const char *name;
		uint64_t a, b;
	} always[] = {
		{"kind", a->kind, b->kind},
		{"index", a->index, b->index},
		{"state", a->state, b->state},
		{"flags", flags, b->flags},
		{"error", a->error, b->error},
		{"more", a->more, b->more},
		{"offset", a->offset, b->offset},
		{"size", a->size, b->size},
		{"bus", a->bus, b->bus},
		{"num_regions", a->num_regions, b->num_regions},
		{"num_irqs", a->num_irqs, b->num_irqs},
		{"count", a->count, b->count},
	};
	uint32_t cursor = 0;
	struct devfd_kept any;
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (always[i].a != always[i].b)
			return always[i].name;
	}
	for (i = 0; i < KNOWN_COUNT; i++) {
		if (attribute(b, i) != (flags & known[i].flag ? attribute(a, i) : 0))
			return known[i].name;
	}
	if (flags & DEVFD_AREAS && !same_areas(a, b))
		return "areas";
	if (flags & DEVFD_DT_PATH &&
	    (a->dt_path.size != b->dt_path.size ||
	     (a->dt_path.size && memcmp(a->dt_path.p, b->dt_path.p, a->dt_path.size))))
		return "dt_path";
	if (kept)
		return same_kept(a, b) ? NULL : "kept";
	return devfd_get_kept(b, &cursor, &any) == DEVFD_END ? NULL : "kept";
}

bool opens_no_more(const struct devfd_item *a, const struct devfd_item *b)
{
	struct devfd_area one, other;
	uint32_t i;

	if (devfd_get_area(b, 0, &other) == DEVFD_END)
		return true;
	for (i = 0;; i++) {
		int rc = devfd_get_area(b, i, &other);

		if (devfd_get_area(a, i, &one) != rc)
			return false;
		if (rc != DEVFD_OK)
			return true;
		if (one.offset != other.offset || one.size != other.size)
			return false;
	}
}
