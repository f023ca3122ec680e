/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* chain.c: walks the capabilities behind a reply. */
#include "replies.h"

/* The places of the capabilities so far. */
struct walk {
	uint64_t at[CHAIN_MAX];
	size_t count;
};

static const struct cap_row *find_cap(const struct reply_row *reply, uint16_t id)
{
	for (size_t i = 0; i < reply->cap_count; i++)
		if (reply->cap[i].id == id)
			return &reply->cap[i];
	return NULL;
}

/* Where the shortest struct ends that has a cap_offset. */
static uint64_t floor_of(const struct reply_row *reply)
{
	return reply->link + 4 > reply->min ? reply->link + 4 : reply->min;
}

/* Whether a link leads to a capability head that lies behind the struct and within the reply. */
static bool link_is_good(const struct reply_row *reply, const struct walk *walk, uint64_t link,
			 uint64_t end)
{
	const bool first = walk->count == 0;

	if (link < floor_of(reply) && !fault_is(FLOOR_UNCHECKED))
		return false;
	if (fault_is(ALIGNMENT_DEMANDED) && link % 8 != 0)
		return false;
	if (fault_is(FIRST_OFFSET_ONLY) && !first)
		return true;
	if (fault_is(HEAD_UNCHECKED))
		return link < end;
	return fits(link, 8, fault_is(OFF_BY_ONE) ? end + 1 : end);
}

/* A chain ascends; so it ends, and no capability lies inside of another. */
static bool step_is_good(const struct walk *walk, uint64_t link)
{
	if (walk->count == 0 || fault_is(UNBOUNDED_WALK))
		return true;
	return walk->count < CHAIN_MAX && link >= walk->at[walk->count - 1] + 8;
}

static uint32_t size_of(const struct cap_row *row, uint16_t version)
{
	if (version > row->newest || fault_is(VERSION_IGNORED))
		version = row->newest;
	return row->size[version > 0 ? version - 1 : 0];
}

static bool areas_are_good(const struct view *view, const struct item *item)
{
	for (uint32_t i = 0; i < item->areas.count; i++) {
		const uint64_t at = item->areas.at + (uint64_t)i * 16;
		const uint64_t offset = get_u64(view, at);
		const uint64_t size = get_u64(view, at + 8);

		if (!fault_is(AREA_UNCHECKED) && !fits(offset, size, item->size))
			return false;
	}
	return true;
}

static void keep(struct item *item, uint16_t id, uint16_t version, uint64_t at, uint64_t size)
{
	if (item->kept_count < CHAIN_MAX)
		item->kept[item->kept_count++] = (struct kept){id, version, at, size};
}

/* What a known capability says; `body` is behind its head, `*taken` where its fields end. */
static bool read_body(const struct view *view, const struct cap_row *row, uint16_t version,
		      uint64_t body, uint64_t end, struct item *item, uint64_t *taken)
{
	const uint32_t size = size_of(row, version);
	const uint64_t limit = fault_is(OFF_BY_ONE) ? end + 1 : end;
	uint64_t counted = 0;
	uint32_t count = 0;

	if (!fault_is(BODY_UNCHECKED) && !fits(body, size, limit))
		return false;
	if (row->element != 0) {
		count = get_u32(view, body);
		counted = (uint64_t)count * row->element;
		if (fault_is(WRAP32))
			counted = (uint32_t)counted;
		if (!fault_is(COUNT_UNCHECKED) && !fits(body + size, counted, limit))
			return false;
	}
	if (fault_is(RESERVED_REFUSED) && row->reserved != 0 &&
	    get_u32(view, body + row->reserved) != 0)
		return false;
	*taken = body + size + counted;
	switch (row->use) {
	case PLAIN:
		return true;
	case SPARSE:
		if (fault_is(AREAS_IGNORED))
			return true;
		item->has_areas = count > 0 || !fault_is(NO_AREA_IS_ALL);
		item->areas = (struct part){body + row->array, count};
		if (fault_is(FIRST_AREA_ONLY) && count > 1)
			item->areas.count = 1;
		return areas_are_good(view, item);
	case TYPE:
		item->has_type = true;
		item->type = get_u32(view, body);
		item->subtype = get_u32(view, body + 4);
		return true;
	case MSIX:
		item->has_msix = true;
		return true;
	}
	return false;
}

static bool read_cap(const struct view *view, uint64_t at, uint64_t next, uint64_t end,
		     struct item *item, uint32_t *seen)
{
	const uint16_t id = get_u16(view, at);
	const uint16_t version = get_u16(view, at + 2);
	const struct cap_row *row = find_cap(item->reply, id);
	const uint64_t body = at + 8;
	const uint64_t whole = next >= body ? next : end;
	uint64_t taken = body;

	if (row == NULL) {
		keep(item, id, version, body, whole - body);
		return !fault_is(UNKNOWN_ID_REFUSED);
	}
	if (version == 0 && !fault_is(VERSION_0_TAKEN))
		return false;
	if (version > row->newest && fault_is(NEWER_VERSION_REFUSED))
		return false;
	if ((*seen & 1u << id) != 0 && !fault_is(DUPLICATE_LAST_WINS))
		return false;
	*seen |= 1u << id;
	if (!read_body(view, row, version, body, end, item, &taken))
		return false;
	if (next != 0 && taken > next && !fault_is(UNBOUNDED_WALK))
		return false;
	if (version > row->newest && !fault_is(VERSION_IGNORED))
		keep(item, id, version, body, whole - body);
	else if (row->use == PLAIN)
		keep(item, id, version, body, taken - body);
	return true;
}

enum verdict read_chain(const struct view *view, uint64_t end, struct item *item)
{
	const struct reply_row *reply = item->reply;
	struct walk walk = {.count = 0};
	uint32_t seen = 0;
	uint64_t link;

	if (fault_is(FIRST_CAP_ASSUMED))
		link = reply->newest;
	else if (end < reply->link + 4 && !fault_is(CAP_OFFSET_ASSUMED))
		return REJECT;
	else
		link = get_u32(view, reply->link);
	if (link == 0)
		return fault_is(EMPTY_CHAIN_TAKEN) ? ACCEPT : REJECT;
	if (!link_is_good(reply, &walk, link, end))
		return REJECT;
	while (link != 0) {
		uint64_t next = get_u32(view, link + 4);

		if (fault_is(LOW_LINK_ENDS) && next < floor_of(reply))
			next = 0;

		if (!step_is_good(&walk, link))
			return REJECT;
		if (walk.count < CHAIN_MAX)
			walk.at[walk.count++] = link;
		if (next != 0 && !link_is_good(reply, &walk, next, end))
			return REJECT;
		if (!read_cap(view, link, next, end, item, &seen))
			return REJECT;
		if (fault_is(UNKNOWN_ID_ENDS) && find_cap(reply, get_u16(view, link)) == NULL)
			return ACCEPT;
		link = next;
	}
	return ACCEPT;
}
