// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* order.c: pieces where they may stand, as often as they may and in their order. */
#include "known.h"
#include "rules.h"

static uint32_t type_of(const struct devfd_pieces *s, uint32_t i)
{
	if (s->piece[i].size < s->row->head)
		return UINT32_MAX;
	return devfd_get32(s->arena + s->piece[i].at + s->row->type, s->big);
}

/* What stands before what: first ones, then by type. */
static uint64_t rank_of(const struct devfd_pieces *s, uint32_t i)
{
	const struct devfd_record *row = devfd_known_record(s->piece[i].body);

	if (row && row->place == DEVFD_PLACE_FIRST)
		return 0;
	if (row && row->place == DEVFD_PLACE_LAST)
		return UINT64_MAX;
	return 1 + (uint64_t)type_of(s, i);
}

static int may_stand(const struct devfd_pieces *s, uint32_t i, uint32_t parent)
{
	const struct devfd_record *row = devfd_known_record(s->piece[i].body);
	uint32_t kind = DEVFD_IN_TOP, item;

	if (!row)
		return s->piece[i].body == 0;
	if (s->row->shape == DEVFD_SHAPE_SLOTS) {
		item = devfd_body_rows[s->piece[parent].body].item;
		kind = item == DEVFD_REGION ? DEVFD_IN_REGION
		       : item == DEVFD_IRQ  ? DEVFD_IN_IRQ
					    : DEVFD_IN_TOP;
		return (row->tail_parents & kind) != 0;
	}
	if (row->since > s->version)
		return 0;
	if (s->piece[i].level) {
		item = devfd_body_rows[s->piece[parent].body].item;
		kind = item == DEVFD_REGION ? DEVFD_IN_REGION
		       : item == DEVFD_IRQ  ? DEVFD_IN_IRQ
					    : 0;
	}
	return (row->parents & kind) != 0;
}

/* Drops what may not stand where it does, and what stands there twice. */
static void drop_strangers(struct devfd_pieces *s)
{
	uint32_t i, parent = 0, seen = 0;
	const struct devfd_record *row;

	for (i = 1; i < s->count;) {
		uint32_t level = s->piece[i].level;

		if (s->piece[i].kind == DEVFD_PIECE_LOOSE || level > 1) {
			devfd_shape_drop(s, i);
			continue;
		}
		if (s->piece[i].kind != DEVFD_PIECE_RECORD) {
			parent = i++;
			seen = 0;
			continue;
		}
		row = devfd_known_record(s->piece[i].body);
		if (!may_stand(s, i, level ? parent : 0) ||
		    (row && !row->many && seen & row->bit && level)) {
			devfd_shape_drop(s, i);
			continue;
		}
		if (!level) {
			parent = i;
			seen = 0;
		} else if (row) {
			seen |= row->bit;
		}
		i++;
	}
}

/* Puts records of one parent in order: each one before the first that it should precede. */
static void sort_records(struct devfd_pieces *s)
{
	uint32_t i, j, to, level;
	uint64_t rank;

	for (i = 2; i < s->count; i++) {
		if (s->piece[i].kind != DEVFD_PIECE_RECORD)
			continue;
		level = s->piece[i].level;
		rank = rank_of(s, i);
		to = i;
		for (j = i; j > 1; j--) {
			if (s->piece[j - 1].level < level ||
			    s->piece[j - 1].kind == DEVFD_PIECE_SLOT)
				break;
			if (s->piece[j - 1].level > level)
				continue;
			if (rank_of(s, j - 1) <= rank)
				break;
			to = j - 1;
		}
		if (to < i && devfd_shape_copy(s, i, to, level))
			devfd_shape_drop(s, i + devfd_shape_next(s, to) - to);
	}
}

/* Of records and capabilities that may be there once, those behind the first like them. */
static void drop_twins(struct devfd_pieces *s)
{
	const struct devfd_record *row;
	uint64_t seen[2] = {0, 0};
	uint32_t i;

	for (i = 1; i < s->count;) {
		const struct devfd_piece *p = &s->piece[i];
		uint64_t bit = (uint64_t)1 << p->body;

		if (!p->level)
			seen[1] = 0;
		row = devfd_known_record(p->body);
		if (!p->body || p->kind == DEVFD_PIECE_SLOT ||
		    (p->kind == DEVFD_PIECE_RECORD && (!row || row->many))) {
			i++;
			continue;
		}
		if (seen[p->level != 0] & bit) {
			devfd_shape_drop(s, i);
			continue;
		}
		seen[p->level != 0] |= bit;
		i++;
	}
}

/* Records that have to be there: in the file, and in the record that is their parent. */
static void add_needed(struct devfd_pieces *s)
{
	const struct devfd_sample *sample;
	uint32_t i, j, k, next;

	for (k = 0; s->version > 1 && k < devfd_records_count; k++) {
		const struct devfd_record *row = &devfd_records[k];

		if (!row->needed && !row->place)
			continue;
		/* In the file alone, or in each record that may have it. */
		for (i = row->place ? 0 : 1; i < (row->place ? 1 : s->count); i = next) {
			next = i ? devfd_shape_next(s, i) : 1;
			sample = devfd_known_sample(s->row, row->body, i ? s->piece[i].body : 0);
			if (!sample || (i && s->piece[i].kind != DEVFD_PIECE_RECORD))
				continue;
			for (j = i + 1; j < (i ? next : s->count) && s->piece[j].body != row->body;
			     j++)
				;
			if (j < (i ? next : s->count))
				continue;
			if (devfd_shape_insert(s, row->place == DEVFD_PLACE_LAST ? s->count : i + 1,
					       i ? 1 : 0, sample))
				next += i ? 1 : 0;
		}
	}
}

/* Where the index of an item stands: in it or in what is in it. */
static uint8_t *index_of(struct devfd_pieces *s, uint32_t i)
{
	uint32_t next = devfd_shape_next(s, i), j, k;

	for (j = i; j < next; j++) {
		const struct devfd_body_row *row = devfd_piece_row(&s->piece[j]);

		for (k = 0; row && k < row->field_count; k++) {
			if (row->fields[k].attr == DEVFD_ATTR_INDEX)
				return devfd_piece_field(s, &s->piece[j], &row->fields[k]);
		}
	}
	return NULL;
}

/* Items of one kind ascend by index. */
static void number_items(struct devfd_pieces *s)
{
	uint32_t least[DEVFD_KINDS + 1] = {0}, i, value, item;
	uint8_t *index;

	for (i = 1; i < s->count; i = devfd_shape_next(s, i)) {
		if (!s->piece[i].body)
			continue;
		item = devfd_body_rows[s->piece[i].body].item;
		index = item ? index_of(s, i) : NULL;
		if (!index)
			continue;
		value = devfd_get32(index, s->big);
		if (value < least[item] || value >= DEVFD_COUNT_TAME)
			value = least[item];
		devfd_store(index, 4, s->big, value);
		least[item] = value + 1;
	}
}

/* A slot that is not listed is all zero. */
static void blank_slots(struct devfd_pieces *s)
{
	uint32_t i;

	for (i = 1; i < s->count; i++) {
		const struct devfd_piece *p = &s->piece[i];
		uint32_t flags;

		if (p->kind != DEVFD_PIECE_SLOT || p->size < s->row->slots[p->slot].size)
			continue;
		flags = p->at + s->row->slots[p->slot].flags - 1u;
		if (devfd_get32(s->arena + flags, s->big) & 1)
			continue;
		if (s->row->slots[p->slot].tail && devfd_shape_next(s, i) > i + 1)
			devfd_store(s->arena + flags, 4, s->big, 1);
		else
			memset(s->arena + p->at, 0, p->size);
	}
}

static uint32_t count_slots(struct devfd_pieces *s, uint32_t kind, uint32_t most)
{
	uint32_t i, count = 0;

	for (i = 1; i < s->count;) {
		if (s->piece[i].kind == DEVFD_PIECE_SLOT && s->piece[i].slot == kind) {
			if (count == most) {
				devfd_shape_drop(s, i);
				continue;
			}
			count++;
		}
		i++;
	}
	return count;
}

/* Slots as many as the device type has, and the header's numbers as it says. */
static void match_type(struct devfd_pieces *s)
{
	uint8_t *header = s->arena + s->piece[0].at, *at = header + s->row->device_type - 1;
	const struct devfd_type *type = &devfd_types[0];
	uint32_t kind, counts[2], numbers[2], i, have;
	const struct devfd_sample *sample;
	uint8_t *bus = NULL;

	for (i = 0; i < devfd_types_count; i++) {
		if (devfd_types[i].id == devfd_get32(at, s->big))
			type = &devfd_types[i];
	}
	devfd_store(at, 4, s->big, type->id);
	for (kind = 0; kind < 2; kind++) {
		numbers[kind] = kind ? type->num_irqs : type->num_regions;
		counts[kind] = kind || !type->indexes ? numbers[kind] : type->slots;
		have = count_slots(s, kind, counts[kind]);
		sample = devfd_known_sample(s->row, s->row->slots[kind].body, 0);
		for (; type->counted && sample && have < counts[kind]; have++) {
			if (!devfd_shape_insert(s, s->count, 0, sample))
				break;
		}
		devfd_store(s->arena + s->piece[0].at + s->row->slots[kind].count - 1, 4, s->big,
			    type->counted ? numbers[kind] : have);
	}
	for (i = 0; i < devfd_body_rows[s->row->header].field_count; i++) {
		const struct devfd_field_row *f = &devfd_body_rows[s->row->header].fields[i];

		if (f->attr == DEVFD_ATTR_BUS)
			bus = devfd_piece_field(s, &s->piece[0], f);
	}
	if (!bus || (devfd_get32(bus, s->big) < 32 && type->buses >> devfd_get32(bus, s->big) & 1))
		return;
	for (i = 0; i < 31 && !(type->buses >> i & 1); i++)
		;
	devfd_store(bus, 4, s->big, i);
}

/* A header or struct that was cut is made whole. */
static void complete_header(struct devfd_pieces *s)
{
	uint32_t least = s->row->least ? s->row->least : s->row->header_size;

	if (s->piece[0].size < least)
		devfd_shape_resize(s, 0, least);
	if (s->count > 1 && s->row->cap_offset && s->piece[0].size < s->row->header_size)
		devfd_shape_resize(s, 0, s->row->header_size);
}

static void follow_shape(struct devfd_pieces *s)
{
	complete_header(s);
	drop_strangers(s);
	if (s->row->shape == DEVFD_SHAPE_RECORDS) {
		if (!s->version || s->version > DEVFD_TLV_VERSION_FULL) {
			s->version = DEVFD_TLV_VERSION_FULL;
			devfd_store(s->arena + s->piece[0].at + s->row->version - 1, 4, s->big,
				    s->version);
		}
		add_needed(s);
	}
	if (s->row->shape != DEVFD_SHAPE_REPLY)
		sort_records(s);
	drop_twins(s);
	if (s->row->device_type)
		match_type(s);
}

void devfd_order_repair(struct devfd_pieces *s, const struct devfd_asked *asked)
{
	follow_shape(s);
	if (s->row->shape == DEVFD_SHAPE_RECORDS)
		number_items(s);
	if (s->row->shape == DEVFD_SHAPE_SLOTS)
		blank_slots(s);
	devfd_rules_repair(s, asked);
	if (s->row->shape == DEVFD_SHAPE_SLOTS)
		blank_slots(s);
}
