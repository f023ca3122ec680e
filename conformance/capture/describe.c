// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* describe.c: the description that the replies of a capture add up to, as devfd makes it of the
 * file.
 */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "../../codec/scan.h"
#include "../../codec/tables/tables.h"

/* The best reply to one question: one that is accepted, else one that succeeded, else that with
 * most offered. */
struct answer {
	const struct reply *reply;
	int result;
	struct devfd_item item;
	struct devfd_error error;
};

static bool is_better(const struct answer *now, const struct answer *than)
{
	bool good = now->result == DEVFD_OK, was_good = than->result == DEVFD_OK;

	if (!than->reply)
		return true;
	if (good != was_good)
		return good;
	if (!now->reply->error != !than->reply->error)
		return !now->reply->error;
	return now->reply->argsz >= than->reply->argsz;
}

/* False where the question was not asked. */
static bool find_best(const struct capture *c, uint32_t call, uint32_t index, struct answer *best)
{
	struct answer now;
	size_t i;

	memset(best, 0, sizeof(*best));
	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->call != call || r->index != index)
			continue;
		memset(&now, 0, sizeof(now));
		now.reply = r;
		now.result = DEVFD_IS_UNREADABLE;
		if (!r->error)
			now.result = devfd_reply(call, 0, index, r->bytes, r->argsz, &now.item,
						 &now.error);
		if (is_better(&now, best))
			*best = now;
	}
	return best->reply != NULL;
}

/* ---- What a reply does not say ---- */

static void name_device(const struct capture *c, struct devfd_item *item)
{
	if (item->bus != DEVFD_BUS_PCI || strcmp(c->device.bus, "pci"))
		return;
	item->flags |= DEVFD_IDENTITY;
	item->vendor = c->device.vendor;
	item->device = c->device.device;
	item->class_ = c->device.class_;
}

/* ---- The items ---- */

struct items {
	struct devfd_item *p;
	size_t count;
};

static int refuse(const struct answer *a, struct problem *p)
{
	return problem_set(p, PROBLEM_OTHER, 0,
			   "the reply of %s with index %u and argsz %u is broken at byte %u: %s",
			   a->reply->name, a->reply->index, a->reply->argsz, a->error.at,
			   devfd_rule(a->error.rule));
}

static int add(struct items *items, const struct devfd_item *item, struct problem *p)
{
	struct devfd_item *grown = realloc(items->p, (items->count + 1) * sizeof(*grown));

	if (!grown)
		return problem_set(p, PROBLEM_OTHER, 0, "out of memory");
	items->p = grown;
	grown[items->count++] = *item;
	return 0;
}

static int add_each(const struct capture *c, uint32_t call, uint32_t kind,
		    const struct devfd_item *device, struct items *items, struct problem *p)
{
	uint32_t count = kind == DEVFD_REGION ? device->num_regions : device->num_irqs;
	struct answer a;
	uint32_t i;

	for (i = 0; i < count; i++) {
		/* Of indexes that were not asked about, none behind is either. */
		if (!find_best(c, call, i, &a))
			break;
		if (a.result == DEVFD_IS_UNREADABLE) {
			devfd_item_init(&a.item, kind);
			a.item.index = i;
			a.item.error = (uint32_t)a.reply->error;
			a.item.state = DEVFD_UNREADABLE;
		} else if (a.result != DEVFD_OK) {
			return refuse(&a, p);
		} else if (kind == DEVFD_REGION) {
			devfd_name_region(device->bus, &a.item);
		}
		if (add(items, &a.item, p))
			return -1;
	}
	return 0;
}

static int collect(const struct capture *c, struct items *items, struct problem *p)
{
	struct answer a;

	if (!find_best(c, DEVFD_DEVICE_INFO, 0, &a))
		return problem_set(p, PROBLEM_OTHER, 0, "VFIO_DEVICE_GET_INFO was not asked");
	if (a.result == DEVFD_IS_UNREADABLE)
		return problem_set(p, PROBLEM_OTHER, a.reply->error,
				   "VFIO_DEVICE_GET_INFO failed: %s", strerror(a.reply->error));
	if (a.result != DEVFD_OK)
		return refuse(&a, p);
	name_device(c, &a.item);
	if (add(items, &a.item, p))
		return -1;
	if (add_each(c, DEVFD_REGION_INFO, DEVFD_REGION, &a.item, items, p))
		return -1;
	return add_each(c, DEVFD_IRQ_INFO, DEVFD_IRQ, &a.item, items, p);
}

static int write_all(const struct items *items, uint8_t *buf, size_t capacity, size_t *size)
{
	struct devfd_writer w;
	uint32_t lost;
	size_t i;
	int rc = devfd_begin(&w, DEVFD_TLV, 0, buf, capacity);

	for (i = 0; i < items->count && rc == DEVFD_OK; i++)
		rc = devfd_put(&w, &items->p[i], &lost);
	return rc == DEVFD_OK ? devfd_end(&w, size) : rc;
}

static int write_items(const struct items *items, uint8_t **blob, size_t *size, struct problem *p)
{
	if (write_all(items, NULL, 0, size) != DEVFD_ROOM)
		return problem_set(p, PROBLEM_OTHER, 0,
				   "the replies cannot be written as a description");
	*blob = calloc(*size, 1);
	if (!*blob)
		return problem_set(p, PROBLEM_OTHER, 0, "out of memory");
	if (write_all(items, *blob, *size, size) == DEVFD_OK)
		return 0;
	free(*blob);
	*blob = NULL;
	return problem_set(p, PROBLEM_OTHER, 0, "the replies cannot be written as a description");
}

int capture_describe(const struct capture *c, uint8_t **blob, size_t *size, struct problem *p)
{
	struct items items = {NULL, 0};
	int status;

	memset(p, 0, sizeof(*p));
	*blob = NULL;
	status = collect(c, &items, p);
	if (!status)
		status = write_items(&items, blob, size, p);
	free(items.p);
	return status;
}
