// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* encode.c: which items were put into a layout, what it cannot carry of them, and which of their
 * values are at an end of what they can be. */
#include "probe.h"

#include <string.h>

#include "../../targets/stream.h"

struct probe probe = {"encode", 0, 0, {0}};

int __real_devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost);
int __wrap_devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost);

static void see_values(const struct devfd_item *item)
{
	uint64_t value, most;
	uint32_t i;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (!stream_has(item->kind, item->flags, i))
			continue;
		value = devfd_attr(item, i);
		most = stream_most(i);
		if (value < 2 || value > most - 2)
			probe_saw(item->kind, i, value < 2, (uint32_t)(value & 1));
	}
}

int __wrap_devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost)
{
	int rc = __real_devfd_put(w, item, lost);
	uint32_t bit;

	probe_saw(item->kind, item->state, item->areas.count, (uint32_t)rc);
	for (bit = 0; bit < 32; bit++) {
		if (*lost >> bit & 1)
			probe_saw(item->kind, item->state, bit, PROBE_POINTS);
	}
	if (item->state == DEVFD_PRESENT)
		see_values(item);
	if (item->kind != DEVFD_DEVICE)
		probe.accepted |= rc == DEVFD_OK;
	return rc;
}

int probe_is_whole(const uint8_t *p, size_t size)
{
	static struct stream_item items[STREAM_ITEMS];
	static uint8_t again[1 << 16];
	uint32_t count;

	if (size < STREAM_HEAD)
		return 0;
	p += STREAM_HEAD;
	size -= STREAM_HEAD;
	count = stream_read(p, size, items);
	return stream_write(items, count, false, again, sizeof(again)) == size &&
	       !memcmp(p, again, size);
}
