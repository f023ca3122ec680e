// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* replies.c: finding the way through the replies of a capture. */
#include "check.h"

#include "../../../codec/scan.h"
#include "rules.h"

#include <stdio.h>

enum { LINUX_6_6 = 6 << 8 | 6, REPLY_INDEX = 8 };

/* A struct before and after Linux 6.6, which made vfio_device_info and vfio_iommu_type1_info a word
 * longer. The second of them was as long before, by padding that nobody filled in. */
static const struct {
	struct shape since_6_6;
	uint32_t written_before, first_before;
} shapes[] = {
	{{DEVICE_INFO, ON_DEVICE, 16, 0x80, 16, 24, 24}, 20, 20},
	{{REGION_INFO, ON_DEVICE, 32, 0x8, 12, 32, 32}, 32, 32},
	{{IRQ_INFO, ON_DEVICE, 16, 0, 0, 16, 16}, 16, 16},
	{{IOMMU_INFO, ON_CONTAINER, 16, 0x2, 16, 24, 24}, 20, 24},
};

bool shape_of(const struct reply *r, struct shape *shape)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].since_6_6.number != r->number || shapes[i].since_6_6.on != r->on)
			continue;
		*shape = shapes[i].since_6_6;
		if (rules_from(LINUX_6_6))
			return true;
		shape->written = shapes[i].written_before;
		shape->first = shapes[i].first_before;
		return true;
	}
	return false;
}

uint32_t host32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

struct where where(const struct reply *r)
{
	struct where out;
	char index[16] = "";

	if (r->has_index)
		(void)snprintf(index, sizeof(index), "[%u]", r->index);
	(void)snprintf(out.text, sizeof(out.text), "%s%s argsz %u", r->name, index, r->argsz);
	return out;
}

bool is_whole(const struct reply *r)
{
	return !r->error && r->argsz >= 4 && host32(r->bytes) <= r->argsz;
}

bool is_cut(const struct reply *r)
{
	return !r->error && r->argsz >= 4 && host32(r->bytes) > r->argsz;
}

uint8_t byte_before(const struct reply *r, uint32_t at)
{
	const uint8_t *argsz = (const uint8_t *)&r->argsz, *index = (const uint8_t *)&r->index;

	if (at < sizeof(r->argsz))
		return argsz[at];
	if (r->has_index && at >= REPLY_INDEX && at < REPLY_INDEX + sizeof(r->index))
		return index[at - REPLY_INDEX];
	return CAPTURE_POISON;
}

bool item_of(const struct capture *c, enum on on, uint32_t number, uint32_t index,
	     struct devfd_item *item)
{
	const struct reply *r = capture_find_on(c, on, number, index);
	struct devfd_error e;

	if (!r || r->error || !r->call)
		return false;
	return devfd_reply(r->call, 0, index, r->bytes, r->argsz, item, &e) == DEVFD_OK;
}

/* The errno that an index gives however large argsz is; 0 if it succeeds or was not asked for. */
static int error_of(const struct capture *c, uint32_t number, uint32_t index)
{
	struct shape shape;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->number != number || r->on != ON_DEVICE || r->index != index)
			continue;
		if (shape_of(r, &shape) && r->argsz >= shape.min)
			return r->error;
	}
	return 0;
}

bool item_or_error(const struct capture *c, uint32_t number, uint32_t index,
		   struct devfd_item *item)
{
	int error;

	if (item_of(c, ON_DEVICE, number, index, item))
		return true;
	error = error_of(c, number, index);
	if (!error)
		return false;
	devfd_item_init(item, number == REGION_INFO ? DEVFD_REGION : DEVFD_IRQ);
	item->index = index;
	item->error = (uint32_t)error;
	item->state = DEVFD_UNREADABLE;
	return true;
}

const struct reply *next_whole(const struct capture *c, const struct reply *after)
{
	size_t i = after ? (size_t)(after - c->replies) + 1 : 0;

	for (; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->call && is_whole(r) && capture_find_on(c, r->on, r->number, r->index) == r)
			return r;
	}
	return NULL;
}

bool is_pci(const struct capture *c)
{
	struct devfd_item device;

	return item_of(c, ON_DEVICE, DEVICE_INFO, 0, &device) && device.bus == DEVFD_BUS_PCI;
}

static const struct devfd_cap *cap_row(const struct devfd_chain *chain, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < chain->count; i++) {
		if (chain->caps[i].tag == id)
			return &chain->caps[i];
	}
	return NULL;
}

static void fill_end(const struct devfd_scan *s, struct link *l)
{
	uint32_t begin = l->at + DEVFD_SIZE_LINUX_CAP, used;
	struct devfd_item scratch;

	if (!l->row)
		return;
	devfd_item_init(&scratch, DEVFD_DEVICE);
	scratch.size = UINT64_MAX;
	if (l->row->leaf(s, begin, s->end - begin, l->version, &scratch, &used) == DEVFD_OK)
		l->end = begin + used;
}

size_t chain_links(const struct reply *r, struct link links[LINKS_MAX])
{
	struct devfd_error ignored;
	struct devfd_scan s;
	struct shape shape;
	uint32_t at;
	size_t count = 0;

	if (!r->call || !shape_of(r, &shape) || !is_whole(r) || r->argsz < shape.cap_offset + 4)
		return 0;
	if (!(host32(r->bytes + 4) & shape.caps))
		return 0;
	memset(&s, 0, sizeof(s));
	s.base = r->bytes;
	s.size = r->argsz;
	s.end = host32(r->bytes);
	s.big = devfd_options_big(0);
	s.error = &ignored;
	for (at = host32(r->bytes + shape.cap_offset); at && count < LINKS_MAX;
	     at = links[count - 1].next) {
		if (!devfd_fits(at, DEVFD_SIZE_LINUX_CAP, s.end))
			break;
		links[count] = (struct link){
			.at = at,
			.id = devfd_get16(s.base + at, s.big),
			.version = devfd_get16(s.base + at + DEVFD_AT_LINUX_CAP_VERSION, s.big),
			.next = devfd_get32(s.base + at + DEVFD_AT_LINUX_CAP_NEXT, s.big),
		};
		links[count].row = cap_row(devfd_calls[r->call - 1].chain, links[count].id);
		fill_end(&s, &links[count]);
		count++;
	}
	return count;
}
