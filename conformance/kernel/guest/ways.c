// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* ways.c: a device has to answer the same through its group and through its cdev. */
#include "check.h"
#include "rules.h"

#include <string.h>

/* Places in struct vfio_pci_hot_reset_info that say group or devid: flags, and a word of each
 * device. */
enum { RESET_FLAGS = 4, RESET_COUNT = 8, RESET_HEAD = 12, RESET_EACH = 8, RESET_ID = 4 };

static bool may_differ(const struct reply *r, uint32_t at)
{
	if (r->number != HOT_RESET_INFO)
		return false;
	if (at >= RESET_FLAGS && at < RESET_COUNT)
		return true;
	return at >= RESET_HEAD && (at - RESET_HEAD) % RESET_EACH < RESET_ID;
}

static const struct reply *same_call(const struct capture *c, const struct reply *like)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->on == like->on && r->number == like->number && r->index == like->index &&
		    r->argsz == like->argsz)
			return r;
	}
	return NULL;
}

static void compare(const struct reply *a, const struct reply *b)
{
	uint32_t at;

	if (!hold(KERNEL_WAYS_SAME, a->error == b->error,
		  "%s: found errno %d through the cdev, allowed %d, as through the group",
		  where(b).text, b->error, a->error))
		return;
	for (at = 0; at < a->size && at < b->size; at++) {
		if (a->bytes[at] == b->bytes[at] || may_differ(a, at))
			continue;
		hold(KERNEL_WAYS_SAME, false,
		     "%s byte %u: found %#x through the cdev, allowed %#x, as through the group",
		     where(b).text, at, b->bytes[at], a->bytes[at]);
		return;
	}
}

static void compare_all(const struct capture *from, const struct capture *to, bool values)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		const struct reply *r = &from->replies[i];
		const struct reply *other = same_call(to, r);

		/* Container and iommufd are different things. */
		if (r->on != ON_DEVICE)
			continue;
		if (!hold(KERNEL_WAYS_SAME, other != NULL,
			  "%s: found to be asked one way only, allowed both ways", where(r).text))
			continue;
		if (values)
			compare(r, other);
	}
}

void check_ways(const struct capture *container, const struct capture *cdev)
{
	compare_all(container, cdev, true);
	compare_all(cdev, container, false);
	hold(KERNEL_WAYS_SAME, container->config_size == cdev->config_size,
	     "configuration space: found %zu bytes through the cdev, allowed %zu",
	     cdev->config_size, container->config_size);
}
