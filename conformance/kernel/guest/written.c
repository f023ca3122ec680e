// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* written.c: what the kernel wrote and what it left alone, and how its replies to several argsz fit
 * together. */
#include "check.h"
#include "rules.h"

#include <errno.h>
#include <string.h>

enum { LINUX_6_6 = 6 << 8 | 6, FLAGS = 4, PADDING = 8 };

/* The first byte in [from, to) that is not as it was before the call, or to. */
static uint32_t first_changed(const struct reply *r, uint32_t from, uint32_t to)
{
	while (from < to && r->bytes[from] == byte_before(r, from))
		from++;
	return from;
}

static bool hold_untouched(enum kernel_rule rule, const struct reply *r, uint32_t from, uint32_t to)
{
	uint32_t at = first_changed(r, from, to);

	if (at == to)
		return hold(rule, true, " ");
	return hold(rule, false, "%s byte %u: found %#x, allowed %#x, which was there before",
		    where(r).text, at, r->bytes[at], byte_before(r, at));
}

/* Its ENOSPC is how it says how many there are. */
static bool says_count(const struct reply *r)
{
	return r->on == ON_DEVICE && r->number == HOT_RESET_INFO && r->error == ENOSPC;
}

static void check_bounds(const struct reply *r)
{
	hold_untouched(KERNEL_GUARD, r, r->argsz, r->size);
	if (r->error && !says_count(r))
		hold_untouched(KERNEL_UNTOUCHED, r, 0, r->argsz);
}

static bool is_about_same(const struct reply *a, const struct reply *b)
{
	return a->on == b->on && a->number == b->number && a->index == b->index;
}

/* ---- Errors ---- */

static void check_index(const struct capture *c, const struct reply *r)
{
	struct devfd_item device;
	uint32_t count;
	size_t i;

	if (!item_of(c, ON_DEVICE, DEVICE_INFO, 0, &device))
		return;
	count = r->number == REGION_INFO ? device.num_regions : device.num_irqs;
	if (r->index >= count) {
		hold(KERNEL_INDEX_BEYOND, r->error == EINVAL,
		     "%s: found errno %d, allowed %d, since there are %u", where(r).text, r->error,
		     EINVAL, count);
		return;
	}
	for (i = 0; i < c->count; i++) {
		const struct reply *other = &c->replies[i];
		struct shape shape;

		if (!is_about_same(r, other) || !shape_of(other, &shape))
			continue;
		if (other->argsz < shape.min)
			continue;
		hold(KERNEL_INDEX_ERROR,
		     (!r->error || r->error == EINVAL) && r->error == other->error,
		     "%s: found errno %d, allowed 0 or %d, as for argsz %u", where(r).text,
		     r->error, other->error ? other->error : EINVAL, other->argsz);
		return;
	}
}

static void check_error(const struct capture *c, const struct reply *r, const struct shape *shape)
{
	if (r->argsz < shape->min) {
		hold(KERNEL_ARGSZ_MIN, r->error == EINVAL, "%s: found errno %d, allowed %d",
		     where(r).text, r->error, EINVAL);
		return;
	}
	if (r->has_index)
		check_index(c, r);
}

/* ---- Several argsz ---- */

static bool has_caps(const struct reply *r, const struct shape *shape)
{
	return (host32(r->bytes + FLAGS) & shape->caps) != 0;
}

/* With so many bytes, and with no fewer, the reply is whole. */
static bool is_needed(const struct capture *c, const struct reply *r, uint32_t need)
{
	bool answered = false;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *other = &c->replies[i];

		if (!is_about_same(r, other) || other->error)
			continue;
		if (is_whole(other) != (other->argsz >= need))
			return false;
		answered |= is_whole(other);
	}
	return answered;
}

static void check_cut(const struct capture *c, const struct reply *r, const struct shape *shape)
{
	uint32_t need = host32(r->bytes);

	hold(KERNEL_ARGSZ_NEEDED, is_needed(c, r, need),
	     "%s byte 0: found argsz %u, allowed the least that brings the whole reply",
	     where(r).text, need);
	hold(KERNEL_CUT_FLAG, has_caps(r, shape),
	     "%s byte 4: found flags %#x, allowed with %#x set", where(r).text,
	     host32(r->bytes + FLAGS), shape->caps);
	if (!shape->caps || r->argsz < shape->cap_offset + 4)
		return;
	hold(KERNEL_CUT_CAP_OFFSET, host32(r->bytes + shape->cap_offset) == 0,
	     "%s byte %u: found cap_offset %u, allowed 0", where(r).text, shape->cap_offset,
	     host32(r->bytes + shape->cap_offset));
}

/* What the same call asks for where less was offered, or 0. */
static uint32_t needed(const struct capture *c, const struct reply *r)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (is_about_same(r, &c->replies[i]) && is_cut(&c->replies[i]))
			return host32(c->replies[i].bytes);
	}
	return 0;
}

static void check_no_chain(const struct reply *r, const struct shape *shape)
{
	if (r->argsz > shape->written)
		hold_untouched(KERNEL_TAIL_UNTOUCHED, r, shape->written, r->argsz);
	if (!shape->caps || r->argsz < shape->cap_offset + 4)
		return;
	if (r->number == REGION_INFO)
		hold_untouched(KERNEL_REGION_INFO_CAP_OFFSET_KEPT, r, shape->cap_offset,
			       shape->cap_offset + 4);
	if (r->number == DEVICE_INFO)
		hold(KERNEL_DEVICE_INFO_CAP_OFFSET_ZERO, host32(r->bytes + shape->cap_offset) == 0,
		     "%s byte %u: found %#x, allowed 0", where(r).text, shape->cap_offset,
		     host32(r->bytes + shape->cap_offset));
}

/* end: of the fields of a capability; next: where something else begins. */
static bool is_behind(uint32_t end, uint32_t next)
{
	if (next < end)
		return false;
	if (rules_from(LINUX_6_6))
		return next == (end + PADDING - 1) / PADDING * PADDING;
	return next - end < PADDING;
}

static void check_chain(const struct capture *c, const struct reply *r, const struct shape *shape)
{
	struct link links[LINKS_MAX];
	size_t count = chain_links(r, links), i;
	uint32_t need = needed(c, r);

	if (!count)
		return;
	hold(KERNEL_CHAIN_FIRST, links[0].at == shape->first,
	     "%s byte %u: found cap_offset %u, allowed %u", where(r).text, shape->cap_offset,
	     links[0].at, shape->first);
	for (i = 0; i + 1 < count; i++) {
		if (links[i].end)
			hold(KERNEL_CHAIN_CONTIGUOUS, is_behind(links[i].end, links[i].next),
			     "%s byte %u: found next %u, allowed %u and padding", where(r).text,
			     links[i].at + 4, links[i].next, links[i].end);
	}
	if (need && links[count - 1].end)
		hold(KERNEL_CHAIN_TOTAL, is_behind(links[count - 1].end, need),
		     "%s byte %u: found a chain that ends at %u, allowed %u less padding",
		     where(r).text, links[count - 1].at, links[count - 1].end, need);
	if (need && r->argsz > need)
		hold_untouched(KERNEL_TAIL_UNTOUCHED, r, need, r->argsz);
}

/* The fields but argsz and cap_offset, which tell whether the reply is cut. */
static void check_fixed(const struct capture *c, const struct reply *r, const struct shape *shape)
{
	const struct reply *whole = capture_find_on(c, r->on, r->number, r->index);
	uint32_t at;

	if (!whole || whole == r)
		return;
	for (at = FLAGS; at < shape->written && at < r->argsz && at < whole->argsz; at++) {
		if (shape->caps && at >= shape->cap_offset && at < shape->cap_offset + 4)
			continue;
		if (r->bytes[at] == whole->bytes[at])
			continue;
		hold(KERNEL_FIXED_SAME, false,
		     "%s byte %u: found %#x, allowed %#x, as for argsz %u", where(r).text, at,
		     r->bytes[at], whole->bytes[at], whole->argsz);
		return;
	}
	hold(KERNEL_FIXED_SAME, true, " ");
}

static void check_success(const struct capture *c, const struct reply *r, const struct shape *shape)
{
	check_fixed(c, r, shape);
	if (is_cut(r)) {
		check_cut(c, r, shape);
		return;
	}
	hold(KERNEL_ARGSZ_KEPT, host32(r->bytes) == r->argsz,
	     "%s byte 0: found argsz %u, allowed %u", where(r).text, host32(r->bytes), r->argsz);
	if (has_caps(r, shape))
		check_chain(c, r, shape);
	else
		check_no_chain(r, shape);
}

void check_written(const struct capture *c)
{
	struct shape shape;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (!r->bytes)
			continue;
		check_bounds(r);
		if (!shape_of(r, &shape))
			continue;
		check_error(c, r, &shape);
		if (!r->error && r->argsz >= shape.min)
			check_success(c, r, &shape);
	}
}
