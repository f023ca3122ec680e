// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* ask.c: the argsz dance of the codec against the device, and against one that lies about argsz. */
#include "check.h"

#include "../../../codec/tables/rows.h"
#include "guarded.h"
#include "rules.h"

#include <string.h>

enum { CAPACITY = 4096, CALLS_MAX = 3, STEP = 8 };

/* How a hostile kernel answers with argsz. */
enum lie { TRUTH, GROWS, DOUBLES, ALTERNATES, HUGE_ARGSZ, NO_ARGSZ, LIES };

static const char *const lie_names[] = {
	[TRUTH] = "as it is",         [GROWS] = "growing",         [DOUBLES] = "doubling",
	[ALTERNATES] = "alternating", [HUGE_ARGSZ] = "4294967295", [NO_ARGSZ] = "0",
};

struct caller {
	const struct session *s;
	enum on on;
	enum lie lie;
	uint32_t calls, largest;
};

static uint32_t lie_about(const struct caller *caller, uint32_t argsz, uint32_t size)
{
	const uint32_t lies[] = {
		[TRUTH] = argsz,           [GROWS] = size + STEP,
		[DOUBLES] = 2 * size,      [ALTERNATES] = caller->calls % 2 ? size + STEP : size,
		[HUGE_ARGSZ] = UINT32_MAX, [NO_ARGSZ] = 0,
	};

	return lies[caller->lie];
}

static int call(void *context, uint32_t number, void *arg, uint32_t size)
{
	struct caller *caller = (struct caller *)context;
	int ret = session_call(caller->s, caller->on, number, arg);
	uint32_t argsz;

	caller->calls++;
	if (size > caller->largest)
		caller->largest = size;
	if (ret < 0)
		return ret;
	alter_buffer(number, arg, size);
	memcpy(&argsz, arg, sizeof(argsz));
	argsz = lie_about(caller, argsz, size);
	memcpy(arg, &argsz, sizeof(argsz));
	return 0;
}

/* ---- Two readings of one thing ---- */

static bool same_areas(const struct devfd_item *a, const struct devfd_item *b)
{
	struct devfd_area one, other;
	uint32_t i;

	for (i = 0; devfd_get_area(a, i, &one) == DEVFD_OK; i++) {
		if (devfd_get_area(b, i, &other) != DEVFD_OK)
			return false;
		if (one.offset != other.offset || one.size != other.size)
			return false;
	}
	return devfd_get_area(b, i, &other) == DEVFD_END;
}

static bool same_kept(const struct devfd_item *a, const struct devfd_item *b)
{
	struct devfd_kept one, other;
	uint32_t at = 0, other_at = 0;

	while (devfd_get_kept(a, &at, &one) == DEVFD_OK) {
		if (devfd_get_kept(b, &other_at, &other) != DEVFD_OK)
			return false;
		if (one.id != other.id || one.version != other.version || one.size != other.size)
			return false;
		if (memcmp(one.data, other.data, one.size) != 0)
			return false;
	}
	return devfd_get_kept(b, &other_at, &other) == DEVFD_END;
}

static bool same_dependents(const struct devfd_item *a, const struct devfd_item *b)
{
	struct devfd_dependent one, other;
	uint32_t i;

	for (i = 0; devfd_get_dependent(a, i, &one) == DEVFD_OK; i++) {
		if (devfd_get_dependent(b, i, &other) != DEVFD_OK)
			return false;
		if (one.id != other.id || one.segment != other.segment || one.bus != other.bus ||
		    one.devfn != other.devfn)
			return false;
	}
	return devfd_get_dependent(b, i, &other) == DEVFD_END;
}

/* The name of an attribute that differs, or NULL. */
static const char *differs(const struct devfd_item *a, const struct devfd_item *b)
{
	uint32_t i;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		const struct devfd_attr_row *row = &devfd_attr_rows[i];

		/* Lists are pointers there, and are compared by what they hold. */
		if (!row->name || row->size > sizeof(uint64_t))
			continue;
		if (memcmp((const uint8_t *)a + row->offset, (const uint8_t *)b + row->offset,
			   row->size) != 0)
			return row->name;
	}
	if (a->kind != b->kind || a->state != b->state)
		return "state";
	if (!same_areas(a, b))
		return "areas";
	if (!same_dependents(a, b))
		return "dependents";
	return same_kept(a, b) ? NULL : "kept";
}

/* The reply that was offered most, whatever came of it. */
static const struct reply *largest(const struct capture *c, const struct reply *like)
{
	const struct reply *best = like;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->on == like->on && r->number == like->number && r->index == like->index &&
		    r->argsz >= best->argsz)
			best = r;
	}
	return best;
}

static void ask_one(const struct capture *c, const struct session *s, const struct reply *like)
{
	const struct reply *r = largest(c, like);
	struct caller caller = {.s = s, .on = r->on};
	struct devfd_item recorded, asked;
	struct devfd_error e;
	uint8_t *buf = guarded(CAPACITY);
	const char *other;
	int rc, allowed;

	if (!buf)
		return;
	memset(&asked, 0, sizeof(asked));
	rc = devfd_ask(r->call, r->index, call, &caller, buf, CAPACITY, &asked, &e);
	if (r->error) {
		hold(KERNEL_ASK_SAME,
		     rc == DEVFD_IS_UNREADABLE && asked.error == (uint32_t)r->error,
		     "%s: asking found %d with errno %u, allowed %d with errno %d", where(r).text,
		     rc, asked.error, DEVFD_IS_UNREADABLE, r->error);
		return;
	}
	allowed = devfd_reply(r->call, 0, r->index, r->bytes, r->argsz, &recorded, &e);
	if (!hold(KERNEL_ASK_SAME, rc == allowed, "%s: asking found %d, allowed %d", where(r).text,
		  rc, allowed))
		return;
	if (rc != DEVFD_OK)
		return;
	other = differs(&recorded, &asked);
	hold(KERNEL_ASK_SAME, !other, "%s: asking found another %s, allowed the recorded one",
	     where(r).text, other ? other : "attribute");
}

/* Each call with each index, once. */
static bool is_first(const struct capture *c, const struct reply *r)
{
	const struct reply *p;

	for (p = c->replies; p < r; p++) {
		if (p->on == r->on && p->number == r->number && p->index == r->index)
			return false;
	}
	return r->call != 0;
}

void check_ask(const struct capture *c, const struct session *s)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (is_first(c, &c->replies[i]))
			ask_one(c, s, &c->replies[i]);
	}
}

static void ask_liar(const struct session *s, const struct reply *r, enum lie lie)
{
	struct caller caller = {.s = s, .on = r->on, .lie = lie};
	struct devfd_item item;
	struct devfd_error e;
	uint8_t *buf = guarded(CAPACITY);
	int rc;

	if (!buf)
		return;
	rc = devfd_ask(r->call, r->index, call, &caller, buf, CAPACITY, &item, &e);
	hold(KERNEL_ASK_BOUNDED,
	     caller.calls <= CALLS_MAX && caller.largest <= CAPACITY && rc != DEVFD_MISUSE,
	     "%s with argsz %s: found %d after %u calls of at most %u bytes, allowed %u calls and "
	     "%u "
	     "bytes",
	     where(r).text, lie_names[lie], rc, caller.calls, caller.largest, (unsigned)CALLS_MAX,
	     (unsigned)CAPACITY);
}

void check_hostile(const struct capture *c, const struct session *s)
{
	size_t i;
	int lie;

	for (i = 0; i < c->count; i++) {
		if (!is_first(c, &c->replies[i]))
			continue;
		for (lie = GROWS; lie < LIES; lie++)
			ask_liar(s, &c->replies[i], (enum lie)lie);
	}
}
