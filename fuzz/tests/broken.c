// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * broken.c: breaks one promise of each kind, between a target and the true core; the linker puts it
 * there (--wrap). The environment variable BROKEN names the promise, or says what a function gives:
 * "FUNCTION RESULT PLACE VALUE", as in "next 0 more 1": where devfd_next() gives 0, more becomes 1.
 * The place may be the result itself. FUNCTION begins with leaves_, tables_ or producer_ where only
 * one engine or role is to be broken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../codec/tables/loops.h"
#include "../../codec/tables/tables.h"
#include "../targets/watch.h"

/* WRAPPED(result, name, (parameters)): the true function, and the one that is called in its place.
 */
#define WRAPPED(result, name, parameters)                                                          \
	result __real_##name parameters;                                                           \
	result __wrap_##name parameters;                                                           \
	result __wrap_##name parameters

static bool breaks(const char *promise)
{
	const char *broken = getenv("BROKEN");

	return broken && !strcmp(broken, promise);
}

/* What a function wrote, by its name. */
struct place {
	const char *name;
	void *p;
	size_t size;
};

enum { NAME = 32 };

/* The result; and what BROKEN says of this function and result is written. */
static int given(const char *function, int rc, const struct place *places, size_t count)
{
	const char *broken = getenv("BROKEN");
	char name[NAME], on[NAME], place[NAME], text[NAME];
	long long value;
	size_t i;

	if (!broken || sscanf(broken, "%31s %31s %31s %31s", name, on, place, text) != 4)
		return rc;
	if (strcmp(name, function) || strtol(on, NULL, 10) != rc)
		return rc;
	value = strtoll(text, NULL, 0);
	if (!strcmp(place, "result"))
		return (int)value;
	for (i = 0; i < count; i++) {
		if (!strcmp(places[i].name, place))
			memcpy(places[i].p, &value, places[i].size);
	}
	return rc;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PLACE(name, place)                                                                         \
	{                                                                                          \
		name, &(place), sizeof(place)                                                      \
	}
#define ITEM(item)                                                                                 \
	PLACE("kind", (item)->kind), PLACE("index", (item)->index), PLACE("state", (item)->state), \
		PLACE("flags", (item)->flags), PLACE("error", (item)->error),                      \
		PLACE("more", (item)->more), PLACE("count", (item)->count),                        \
		PLACE("num_regions", (item)->num_regions), PLACE("num_irqs", (item)->num_irqs),    \
		PLACE("kept.at", (item)->kept.at), PLACE("kept.end", (item)->kept.end),            \
		PLACE("path", (item)->dt_path.size), PLACE("path.p", (item)->dt_path.p),           \
		PLACE("areas", (item)->areas.count), PLACE("areas.p", (item)->areas.p),            \
		PLACE("dependents", (item)->dependents.count),                                     \
		PLACE("dependents.p", (item)->dependents.p)
#define ERROR(e) PLACE("rule", (e)->rule), PLACE("at", (e)->at), PLACE("need", (e)->need)

static int given_item(const char *engine, const char *both, int rc, struct devfd_item *item)
{
	const struct place places[] = {ITEM(item)};

	rc = given(engine, rc, places, COUNT(places));
	return given(both, rc, places, COUNT(places));
}

static int given_reply(const char *engine, const char *both, int rc, struct devfd_item *item,
		       struct devfd_error *e)
{
	const struct place places[] = {ITEM(item), ERROR(e)};

	rc = given(engine, rc, places, COUNT(places));
	return given(both, rc, places, COUNT(places));
}

static int given_open(const char *engine, const char *both, int rc, struct devfd *d,
		      struct devfd_error *e)
{
	const struct place places[] = {
		ERROR(e), PLACE("version", d->version), PLACE("order", d->order),
		PLACE("regions", d->device.num_regions), PLACE("irqs", d->device.num_irqs)};

	rc = given(engine, rc, places, COUNT(places));
	return given(both, rc, places, COUNT(places));
}

static int given_kept(const char *engine, int rc, uint32_t *cursor, struct devfd_kept *kept)
{
	const struct place places[] = {PLACE("cursor", *cursor), PLACE("size", kept->size),
				       PLACE("id", kept->id)};

	rc = given(engine, rc, places, COUNT(places));
	return given("get_kept", rc, places, COUNT(places));
}

WRAPPED(int, devfd_open_as,
	(struct devfd * d, uint32_t layout, uint32_t options, const void *buf, size_t size,
	 struct devfd_error *e))
{
	enum { TIMES = 3 };
	static uint32_t calls;
	int rc = __real_devfd_open_as(d, layout, options, buf, size, e);
	size_t i;

	if (breaks("same-twice") && rc == DEVFD_OK && ++calls == TIMES)
		d->device.more++;
	if (breaks("error-told") && rc == DEVFD_REJECT)
		e->rule = 0;
	if (breaks("exact-size") && watch_on)
		watch_load((const uint8_t *)buf + size, 1);
	for (i = 0; breaks("work-bounded") && watch_on && size && i < 16 * size + 128; i++)
		watch_load(buf, 1);
	/* A reader that takes less than a producer may write. */
	if (breaks("producer") && rc == DEVFD_OK && !(options & DEVFD_PRODUCER)) {
		e->rule = DEVFD_RULE_MODEL_INPUT_MAGIC;
		return DEVFD_REJECT;
	}
	return given_open(options & DEVFD_PRODUCER ? "producer_open_as" : "leaves_open_as",
			  "open_as", rc, d, e);
}

WRAPPED(int, devfd_tables_open_as,
	(struct devfd * d, uint32_t layout, uint32_t options, const void *buf, size_t size,
	 struct devfd_error *e))
{
	return given_open("tables_open_as", "open_as",
			  __real_devfd_tables_open_as(d, layout, options, buf, size, e), d, e);
}

WRAPPED(int, devfd_next, (struct devfd * d, struct devfd_item *item))
{
	return given_item("leaves_next", "next", __real_devfd_next(d, item), item);
}

WRAPPED(int, devfd_tables_next, (struct devfd * d, struct devfd_item *item))
{
	return given_item("tables_next", "next", __real_devfd_tables_next(d, item), item);
}

WRAPPED(int, devfd_get_kept,
	(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept))
{
	int rc = __real_devfd_get_kept(item, cursor, kept);

	return given_kept("leaves_get_kept", rc, cursor, kept);
}

WRAPPED(int, devfd_tables_get_kept,
	(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept))
{
	int rc = __real_devfd_tables_get_kept(item, cursor, kept);

	return given_kept("tables_get_kept", rc, cursor, kept);
}

WRAPPED(int, devfd_open, (struct devfd * d, const void *buf, size_t size, struct devfd_error *e))
{
	int rc = __real_devfd_open(d, buf, size, e);

	if (breaks("open-alike") && rc == DEVFD_OK)
		d->version++;
	return rc;
}

WRAPPED(int, devfd_get_region, (const struct devfd *d, uint32_t index, struct devfd_item *item))
{
	int rc = __real_devfd_get_region(d, index, item);

	if (breaks("look-up") && rc == DEVFD_OK)
		return DEVFD_IS_EMPTY;
	return given_item("leaves_get_region", "get_region", rc, item);
}

WRAPPED(int, devfd_get_area, (const struct devfd_item *region, uint32_t i, struct devfd_area *area))
{
	/* The whole region comes once more. */
	int rc = __real_devfd_get_area(region, breaks("access") && i == 1 ? 0 : i, area);
	const struct place places[] = {PLACE("size", area->size), PLACE("offset", area->offset)};

	return given("get_area", rc, places, COUNT(places));
}

WRAPPED(int, devfd_get_dependent,
	(const struct devfd_item *item, uint32_t i, struct devfd_dependent *dependent))
{
	return given("get_dependent", __real_devfd_get_dependent(item, i, dependent), NULL, 0);
}

WRAPPED(int, devfd_reply,
	(uint32_t call, uint32_t options, uint32_t index, const void *buf, size_t received,
	 struct devfd_item *item, struct devfd_error *e))
{
	static const void *accepted;
	int rc = __real_devfd_reply(call, options, index, buf, received, item, e);

	if (breaks("nothing-written") && rc != DEVFD_OK)
		item->index = index;
	if (breaks("tables-agree") && rc == DEVFD_OK)
		item->more ^= 1;
	if (breaks("item") && rc == DEVFD_OK)
		item->pgsizes = 1;
	if (breaks("read-once") && watch_on && received >= 4)
		watch_load(buf, 1);
	if (rc == DEVFD_OK)
		accepted = buf;
	if (breaks("prefix") && rc == DEVFD_MORE && buf == accepted) {
		e->need = 0;
		return DEVFD_REJECT;
	}
	return given_reply(options & DEVFD_PRODUCER ? "producer_reply" : "leaves_reply", "reply",
			   rc, item, e);
}

WRAPPED(int, devfd_tables_reply,
	(uint32_t call, uint32_t options, uint32_t index, const void *buf, size_t received,
	 struct devfd_item *item, struct devfd_error *e))
{
	int rc = __real_devfd_tables_reply(call, options, index, buf, received, item, e);

	if (breaks("item") && rc == DEVFD_OK)
		item->pgsizes = 1;
	return given_reply("tables_reply", "reply", rc, item, e);
}

WRAPPED(int, devfd_ask,
	(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
	 size_t capacity, struct devfd_item *item, struct devfd_error *e))
{
	enum { OFFERED = 64 };
	int rc = __real_devfd_ask(call, index, fn, context, buf, capacity, item, e);

	/* Another call, of no number that there is. */
	if (breaks("calls") && capacity >= OFFERED)
		(void)fn(context, 0, buf, OFFERED);
	return given_reply("leaves_ask", "ask", rc, item, e);
}

WRAPPED(int, devfd_begin,
	(struct devfd_writer * w, uint32_t layout, uint32_t options, void *buf, size_t capacity))
{
	int rc = __real_devfd_begin(w, layout, options, buf, capacity);

	return given("begin", rc, NULL, 0);
}

WRAPPED(int, devfd_put, (struct devfd_writer * w, const struct devfd_item *item, uint32_t *lost))
{
	struct devfd_item other = *item;
	int rc;

	if (breaks("fixed-point") && item->kind == DEVFD_IRQ && item->count)
		other.count++;
	/* Without its list all of the region could be mapped. */
	if (breaks("loss"))
		other.flags &= ~DEVFD_AREAS;
	rc = __real_devfd_put(w, &other, lost);
	return given("put", rc, &(struct place)PLACE("lost", *lost), 1);
}

WRAPPED(int, devfd_end, (struct devfd_writer * w, size_t *size))
{
	int rc = __real_devfd_end(w, size);

	if (breaks("room") && rc == DEVFD_ROOM && w->buf)
		w->buf[w->capacity] = 0;
	return given("end", rc, &(struct place)PLACE("size", *size), 1);
}

WRAPPED(int, devfd_convert,
	(struct devfd * d, uint32_t layout, uint32_t options, void *buf, size_t capacity,
	 size_t *size, uint32_t *lost))
{
	int rc = __real_devfd_convert(d, layout, options, buf, capacity, size, lost);
	const struct place places[] = {
		PLACE("size", *size), PLACE("lost", *lost), {"byte", buf, !rc}};

	return given("convert", rc, places, COUNT(places));
}

WRAPPED(int, devfd_judge, (const struct devfd_input *in, int by_tables, struct devfd_error *e))
{
	int rc = __real_devfd_judge(in, by_tables, e);

	return given(by_tables ? "tables_judge" : "leaves_judge", rc, NULL, 0);
}

WRAPPED(void, devfd_explain,
	(const struct devfd_input *in, const struct devfd_error *e, char *out, size_t size))
{
	__real_devfd_explain(in, e, out, size);
	if (breaks("text"))
		memset(out, '?', size);
	(void)given("explain", 0, &(struct place){"behind", out + size, 1}, 1);
}
