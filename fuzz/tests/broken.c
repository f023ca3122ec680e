// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * broken.c: breaks one promise of each kind, between a target and the true core; the linker puts it
 * there (--wrap). The environment variable BROKEN names the promise.
 */
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
	return rc;
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

	return breaks("look-up") && rc == DEVFD_OK ? DEVFD_IS_EMPTY : rc;
}

WRAPPED(int, devfd_get_area, (const struct devfd_item *region, uint32_t i, struct devfd_area *area))
{
	/* The whole region comes once more. */
	return __real_devfd_get_area(region, breaks("access") && i == 1 ? 0 : i, area);
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
	return rc;
}

WRAPPED(int, devfd_tables_reply,
	(uint32_t call, uint32_t options, uint32_t index, const void *buf, size_t received,
	 struct devfd_item *item, struct devfd_error *e))
{
	int rc = __real_devfd_tables_reply(call, options, index, buf, received, item, e);

	if (breaks("item") && rc == DEVFD_OK)
		item->pgsizes = 1;
	return rc;
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
	return rc;
}

WRAPPED(int, devfd_put, (struct devfd_writer * w, const struct devfd_item *item, uint32_t *lost))
{
	struct devfd_item other = *item;

	if (breaks("fixed-point") && item->kind == DEVFD_IRQ && item->count)
		other.count++;
	/* Without its list all of the region could be mapped. */
	if (breaks("loss"))
		other.flags &= ~DEVFD_AREAS;
	return __real_devfd_put(w, &other, lost);
}

WRAPPED(int, devfd_end, (struct devfd_writer * w, size_t *size))
{
	int rc = __real_devfd_end(w, size);

	if (breaks("room") && rc == DEVFD_ROOM && w->buf)
		w->buf[w->capacity] = 0;
	return rc;
}

WRAPPED(void, devfd_explain,
	(const struct devfd_input *in, const struct devfd_error *e, char *out, size_t size))
{
	__real_devfd_explain(in, e, out, size);
	if (breaks("text"))
		memset(out, '?', size);
}
