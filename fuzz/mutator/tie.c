// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* tie.c: what chance alone hardly brings together, and the rows of the spec name in one breath: a
 * flag with the one that it narrows, and offsets with the device type that implies them. */
#include "view.h"

enum { TRIES = 8 };

static int is_slot(const struct devfd_pieces *s, uint32_t i)
{
	return s->piece[i].kind == DEVFD_PIECE_SLOT;
}

/* ---- Flags ---- */

/* A slot that is not listed would lose all that is said of it. */
static void list_slot(struct devfd_pieces *s, uint32_t i)
{
	uint8_t *flags = s->arena + s->piece[i].at + s->row->slots[s->piece[i].slot].flags - 1;

	devfd_store(flags, 4, s->big, devfd_get32(flags, s->big) | 1);
}

static uint32_t child_of(const struct devfd_view *v, uint32_t body)
{
	uint32_t i;

	for (i = v->owner + 1; i < v->end; i++) {
		if (v->s->piece[i].body == body)
			return i;
	}
	return 0;
}

/* Puts one of the samples of a body into an item. */
static void put_sample(const struct devfd_view *v, uint32_t body, struct devfd_dice *d)
{
	const struct devfd_shape_row *row = v->s->row;
	const struct devfd_sample *chosen = NULL;
	uint32_t i, seen = 0, parent = 0;

	if (row->shape != DEVFD_SHAPE_REPLY)
		parent = v->s->piece[v->owner].body;
	for (i = 0; i < row->sample_count; i++) {
		if (row->samples[i].body != body || row->samples[i].parent != parent)
			continue;
		if (!devfd_roll(d, ++seen))
			chosen = &row->samples[i];
	}
	if (chosen)
		devfd_shape_insert(v->s, v->owner + 1, 1, chosen);
}

/* Makes an attribute as great as the elements of a list say that it is. */
static void widen(const struct devfd_view *v, const struct devfd_field_row *f,
		  const struct devfd_rule_info *rule)
{
	uint32_t size, i;
	uint8_t *p = devfd_piece_rest(v->s, &v->s->piece[v->piece], &size);

	for (i = 0; size - i >= f->width; i += f->width) {
		uint64_t a = devfd_view_operand(v, &rule->operands[0], p + i).value;
		uint64_t b = devfd_view_operand(v, &rule->operands[1], p + i).value;
		struct devfd_spot c = devfd_view_operand(v, &rule->operands[2], p + i);

		if (c.p && !devfd_fits(a, b, c.value))
			devfd_view_set(v, &c, a + b);
	}
}

static void widen_all(struct devfd_view *v, uint32_t child)
{
	const struct devfd_body_row *row = devfd_piece_row(&v->s->piece[child]);
	const struct devfd_rule_info *rule;
	uint32_t i, n;

	v->piece = child;
	for (i = 0; i < row->field_count; i++) {
		const struct devfd_field_row *f = &row->fields[i];

		for (n = 0; f->attr && (rule = devfd_view_model_rule(v, f->attr, &n));) {
			if (devfd_view_is_element_rule(rule))
				widen(v, f, rule);
		}
	}
}

void devfd_tie_flags(struct devfd_pieces *s, struct devfd_dice *d)
{
	static const struct devfd_asked nothing = {0};
	const struct devfd_lost_with *row = &devfd_lost_with[devfd_roll(d, devfd_lost_with_count)];
	struct devfd_operand wide = {.kind = DEVFD_OF_FLAG, .value = row->without};
	uint32_t body = devfd_known_knows(s->row, row->flag), tries, i;
	struct devfd_view v;

	if (!body)
		return;
	for (tries = 0; tries < TRIES; tries++) {
		v = devfd_view_of(s, devfd_roll(d, s->count), &nothing);
		if (devfd_view_switch(&v, &wide, 1, 1))
			break;
	}
	if (tries == TRIES)
		return;
	if (is_slot(s, v.owner))
		list_slot(s, v.owner);
	if (!child_of(&v, body))
		put_sample(&v, body, d);
	v = devfd_view_of(s, v.owner, &nothing);
	i = child_of(&v, body);
	if (i)
		widen_all(&v, i);
}

/* ---- Offsets ---- */

/* The index of an item: its place among the slots of its kind, or what is said in it, which is
 * never less than the place. */
static uint32_t index_of(const struct devfd_view *v, uint32_t place)
{
	static const struct devfd_operand index = {.kind = DEVFD_OF_ATTR, .ref = DEVFD_ATTR_INDEX};
	struct devfd_spot o;

	if (is_slot(v->s, v->owner))
		return place;
	o = devfd_view_operand(v, &index, NULL);
	if (o.value >= place && o.value < DEVFD_COUNT_TAME)
		return (uint32_t)o.value;
	devfd_view_set(v, &o, place);
	return place;
}

static struct devfd_spot offset_of(const struct devfd_view *v)
{
	static const struct devfd_operand offset = {.kind = DEVFD_OF_ATTR,
						    .ref = DEVFD_ATTR_OFFSET};

	return devfd_view_operand(v, &offset, NULL);
}

/* Some more of one item that begins somewhere: the first is at 0 in every type. */
static void add_regions(struct devfd_pieces *s, struct devfd_dice *d)
{
	static const struct devfd_asked nothing = {0};
	struct devfd_view v = devfd_view_of(s, devfd_roll(d, s->count), &nothing);
	uint32_t count = devfd_roll(d, TRIES);

	if (!v.owner || !offset_of(&v).p)
		return;
	while (count-- && devfd_shape_copy(s, v.owner, v.end, 0))
		;
}

void devfd_tie_offsets(struct devfd_pieces *s, struct devfd_dice *d)
{
	static const struct devfd_asked nothing = {0};
	const struct devfd_type *type = &devfd_types[devfd_roll(d, devfd_types_count)];
	uint32_t i, place = 0;

	add_regions(s, d);
	for (i = 0; i < s->count; i = devfd_shape_next(s, i)) {
		struct devfd_view v = devfd_view_of(s, i, &nothing);
		struct devfd_spot o = offset_of(&v);

		if (!o.p)
			continue;
		place = index_of(&v, place);
		devfd_view_set(&v, &o, (uint64_t)place++ << type->shift);
	}
}

int devfd_tie_implied(const struct devfd_view *v, uint64_t *offset)
{
	const struct devfd_pieces *s = v->s;
	uint32_t i, place = 0, id;

	if (!s->row->device_type || !is_slot(s, v->owner) || s->piece[v->owner].slot)
		return 0;
	if (s->piece[0].size < s->row->header_size)
		return 0;
	for (i = 1; i < v->owner; i++)
		place += is_slot(s, i) && !s->piece[i].slot;
	id = devfd_get32(s->arena + s->piece[0].at + s->row->device_type - 1, s->big);
	for (i = 0; i < devfd_types_count; i++) {
		const struct devfd_type *type = &devfd_types[i];

		if (type->id != id || (type->indexes && place >= type->slots))
			continue;
		*offset = (uint64_t)(type->indexes ? type->indexes[place] : place) << type->shift;
		return 1;
	}
	return 0;
}
