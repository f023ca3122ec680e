// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* view.c: what an operand of a rule stands for in the pieces of an input, and how it is set. */
#include "view.h"

struct devfd_view devfd_view_of(struct devfd_pieces *s, uint32_t i, const struct devfd_asked *asked)
{
	struct devfd_view v = {s, asked, i, devfd_shape_owner(s, i), 0};

	v.end = devfd_shape_next(s, v.owner);
	return v;
}

/* ---- Flags ---- */

/* The word that holds the flags of a piece, and its rows. */
uint8_t *devfd_view_flags(struct devfd_pieces *s, const struct devfd_piece *p,
			  const struct devfd_flags_row **rows)
{
	const struct devfd_body_row *row = devfd_piece_row(p);
	const struct devfd_field_row *f;

	if (!row)
		return NULL;
	if (row->word_bits && p->size >= s->row->head) {
		*rows = &devfd_flags_rows[row->word_bits];
		return s->arena + p->at + s->row->word;
	}
	if (!devfd_known.body[p->body].flags)
		return NULL;
	f = &row->fields[devfd_known.body[p->body].flags - 1];
	*rows = &devfd_flags_rows[f->bits];
	return devfd_piece_field(s, p, f);
}

static const struct devfd_bit_row *bit_of(const struct devfd_flags_row *rows, uint64_t flag)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		if (rows->bits[i].sets == flag || rows->bits[i].clears == flag)
			return &rows->bits[i];
	}
	return NULL;
}

static int get_flag(const struct devfd_view *v, uint64_t flag)
{
	const struct devfd_flags_row *rows = NULL;
	const struct devfd_bit_row *bit;
	uint32_t i, body;
	uint8_t *word = devfd_view_flags(v->s, &v->s->piece[v->owner], &rows);

	bit = word ? bit_of(rows, flag) : NULL;
	if (bit)
		return (devfd_get32(word, v->s->big) >> bit->bit & 1) == (bit->sets == flag);
	body = devfd_known_knows(v->s->row, flag);
	for (i = v->owner + 1; body && i < v->end; i++) {
		if (v->s->piece[i].body == body)
			return 1;
	}
	return 0;
}

static int set_bit(const struct devfd_view *v, uint64_t flag, int on)
{
	const struct devfd_flags_row *rows = NULL;
	const struct devfd_bit_row *bit;
	uint8_t *word = devfd_view_flags(v->s, &v->s->piece[v->owner], &rows);
	uint32_t value, mask;

	bit = word ? bit_of(rows, flag) : NULL;
	if (!bit)
		return 0;
	value = devfd_get32(word, v->s->big);
	mask = (uint32_t)1 << bit->bit;
	if (on == (bit->sets == flag))
		value |= mask;
	else
		value &= ~mask;
	devfd_store(word, 4, v->s->big, value);
	return 1;
}

/* Puts or drops the record that says a flag. */
static int set_record(const struct devfd_view *v, uint64_t flag, int on)
{
	uint32_t body = devfd_known_knows(v->s->row, flag), i, owner = v->s->piece[v->owner].body;
	const struct devfd_sample *sample;

	if (!body)
		return 0;
	if (!on) {
		for (i = v->owner + 1; i < v->end; i++) {
			if (v->s->piece[i].body != body)
				continue;
			devfd_shape_drop(v->s, i);
			return 1;
		}
		return 0;
	}
	sample = devfd_known_sample(v->s->row, body,
				    v->s->row->shape == DEVFD_SHAPE_REPLY ? 0 : owner);
	return sample && devfd_shape_insert(v->s, v->owner + 1, 1, sample);
}

static int set_flag(const struct devfd_view *v, uint64_t flag, int on)
{
	if (get_flag(v, flag) == on)
		return 1;
	return set_bit(v, flag, on) || set_record(v, flag, on);
}

/* ---- Operands ---- */

static struct devfd_spot attr_spot(struct devfd_pieces *s, uint32_t from, uint32_t to,
				   uint32_t attr)
{
	struct devfd_spot none = {NULL, 0, 0};
	uint32_t i, j;

	for (i = from; i < to; i++) {
		uint32_t body = s->piece[i].body;
		const struct devfd_body_row *row = &devfd_body_rows[body];

		j = devfd_known.body[body].fields[attr];
		for (; j && j <= row->field_count; j++) {
			if (row->fields[j - 1].attr != attr)
				continue;
			none = devfd_view_spot(s, &s->piece[i], &row->fields[j - 1]);
			if (none.p)
				return none;
		}
	}
	return none;
}

static uint64_t given(const struct devfd_view *v, uint32_t which)
{
	if (which == DEVFD_GIVEN_INDEX)
		return v->asked->index;
	if (which == DEVFD_GIVEN_ORDER)
		return v->s->big ? DEVFD_BIG : DEVFD_LITTLE;
	return v->s->used;
}

/* element: a pair of numbers in a list. */
struct devfd_spot devfd_view_operand(const struct devfd_view *v, const struct devfd_operand *o,
				     uint8_t *element)
{
	const struct devfd_piece *p = &v->s->piece[v->piece];
	const struct devfd_body_row *row = devfd_piece_row(p);
	struct devfd_spot found = {NULL, 8, o->value};

	if (o->kind == DEVFD_OF_NUMBER)
		return found;
	if (o->kind == DEVFD_OF_FIELD || o->kind == DEVFD_OF_TEST) {
		if (!row || o->ref >= row->field_count)
			return found;
		found = devfd_view_spot(v->s, p, &row->fields[o->ref]);
		if (o->kind == DEVFD_OF_TEST)
			found.value = found.value == (o->given ? given(v, o->given) : o->value);
	} else if (o->kind == DEVFD_OF_ATTR) {
		found = attr_spot(v->s, v->owner, v->end, o->ref);
		if (!found.p && o->ref == DEVFD_ATTR_OFFSET)
			devfd_tie_implied(v, &found.value);
	} else if (o->kind == DEVFD_OF_DEVICE) {
		found = attr_spot(v->s, 0, v->s->count, o->ref);
		if (!found.p)
			found.value = UINT32_MAX;
	} else if (o->kind == DEVFD_OF_ELEMENT && element) {
		found.p = element + o->value;
		found.value = devfd_number(found.p, 8, v->s->big);
	} else if (o->kind == DEVFD_OF_FLAG) {
		found.value = (uint64_t)get_flag(v, o->value);
	} else if (o->kind == DEVFD_OF_FLAGS) {
		const struct devfd_flags_row *rows = NULL;

		found.p = devfd_view_flags(v->s, &v->s->piece[v->owner], &rows);
		found.width = 4;
		found.value = found.p ? devfd_get32(found.p, v->s->big) : 0;
	} else if (o->kind == DEVFD_OF_GIVEN) {
		found.value = given(v, o->given);
	}
	return found;
}

/* Makes an operand 0 or not 0. */
int devfd_view_switch(const struct devfd_view *v, const struct devfd_operand *o, int on,
		      uint64_t value)
{
	struct devfd_spot found;

	if (o->kind == DEVFD_OF_FLAG)
		return set_flag(v, o->value, on);
	found = devfd_view_operand(v, o, NULL);
	if (!found.p)
		return 0;
	if (o->kind == DEVFD_OF_TEST)
		devfd_view_set(v, &found,
			       on ? (o->given ? given(v, o->given) : o->value) : o->value + 1);
	else
		devfd_view_set(v, &found, on ? value : 0);
	return 1;
}

/* ---- Rules and values ---- */

uint64_t devfd_view_known_bits(const struct devfd_flags_row *flags, uint32_t version)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < flags->count; i++) {
		if (flags->bits[i].since <= version)
			mask |= (uint64_t)1 << flags->bits[i].bit;
	}
	return mask;
}

int devfd_view_is_member(const struct devfd_enum_row *e, uint64_t value)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (e->members[i].value == value)
			return 1;
	}
	return 0;
}

uint64_t devfd_view_wanted(const struct devfd_view *v, const struct devfd_field_row *f)
{
	return f->must_given ? given(v, f->must_given) : f->must;
}
