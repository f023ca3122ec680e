// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* change.c: another value for a field: those at its boundaries, and those that may stand there. */
#include "view.h"

/* A number that a rule of the model or of the body compares with. */
static uint64_t compared_with(const struct devfd_view *v, const struct devfd_field_row *f,
			      struct devfd_dice *d, uint64_t otherwise)
{
	const struct devfd_rule_info *rule;
	uint32_t n = 0, j;

	while (f->attr && (rule = devfd_view_model_rule(v, f->attr, &n))) {
		j = devfd_roll(d, rule->count);
		if (rule->operands[j].kind == DEVFD_OF_NUMBER)
			return rule->operands[j].value;
	}
	return otherwise;
}

static uint64_t tame_value(const struct devfd_view *v, const struct devfd_field_row *f,
			   uint64_t old, struct devfd_dice *d)
{
	const struct devfd_enum_row *e = &devfd_enum_rows[f->values];

	if (f->values)
		return e->members[devfd_roll(d, (uint32_t)e->count)].value;
	if (f->bits)
		return old ^
		       (uint64_t)1 << devfd_flags_rows[f->bits]
					      .bits[devfd_roll(
						      d, (uint32_t)devfd_flags_rows[f->bits].count)]
					      .bit;
	switch (devfd_roll(d, 6)) {
	case 0:
		return 0;
	case 1:
		return devfd_roll(d, 16);
	case 2:
		return compared_with(v, f, d, old + 1);
	case 3:
		return old - 1;
	case 4:
		return (uint64_t)1 << devfd_roll(d, 8u * f->width);
	default:
		return old + 1;
	}
}

static uint64_t wild_value(const struct devfd_view *v, const struct devfd_body_row *row,
			   const struct devfd_field_row *f, uint64_t old, struct devfd_dice *d)
{
	const struct devfd_piece *p = &v->s->piece[v->piece];
	struct devfd_spot o;

	switch (devfd_roll(d, 12)) {
	case 0:
		return devfd_view_most_of(f->width);
	case 1:
		return devfd_view_most_of(f->width) >> 1;
	case 2:
		return (devfd_view_most_of(f->width) >> 1) + 1;
	case 3:
		return v->s->used - 1u + devfd_roll(d, 3);
	case 4:
		return p->size - 1u + devfd_roll(d, 3);
	case 5:
		return compared_with(v, f, d, old) - 1 + devfd_roll(d, 3);
	case 6:
		o = devfd_view_spot(v->s, p, &row->fields[devfd_roll(d, row->field_count)]);
		return o.value;
	case 7:
		return old ^ (uint64_t)1 << devfd_roll(d, 8u * f->width);
	case 8:
		return devfd_roll64(d);
	case 9:
		return old * 2 + devfd_roll(d, 2);
	default:
		return tame_value(v, f, old, d) + devfd_roll(d, 2);
	}
}

/* A byte or a number of what has no fixed size. */
static void change_rest(const struct devfd_view *v, const struct devfd_piece *p,
			struct devfd_dice *d)
{
	uint32_t size;
	uint8_t *rest = devfd_piece_rest(v->s, p, &size);

	if (!size)
		return;
	if (size >= 8 && devfd_roll(d, 2))
		devfd_store(rest + (size_t)devfd_roll(d, size / 8) * 8, 8, v->s->big,
			    devfd_roll(d, 3) ? devfd_roll(d, 65536) : devfd_roll64(d));
	else
		rest[devfd_roll(d, size)] = (uint8_t)devfd_roll(d, 256);
}

void devfd_rules_change(struct devfd_pieces *s, uint32_t i, struct devfd_dice *d, int tame)
{
	static const struct devfd_asked nothing = {0};
	const struct devfd_piece *p = &s->piece[i];
	const struct devfd_body_row *row = devfd_piece_row(p);
	const struct devfd_field_row *f;
	struct devfd_view v = devfd_view_of(s, i, &nothing);
	struct devfd_spot o;

	if (p->kind == DEVFD_PIECE_RECORD && p->size >= s->row->head && !devfd_roll(d, 6)) {
		o = (struct devfd_spot){s->arena + p->at + s->row->word, 4, 0};
		devfd_view_set(&v, &o,
			       devfd_get32(o.p, s->big) ^ (uint32_t)1
								  << devfd_roll(d, tame ? 4 : 32));
		return;
	}
	if (!row || !row->field_count) {
		if (p->size)
			s->arena[p->at + devfd_roll(d, p->size)] = (uint8_t)devfd_roll(d, 256);
		return;
	}
	f = &row->fields[devfd_roll(d, row->field_count)];
	o = devfd_view_spot(s, p, f);
	if (!o.p) {
		change_rest(&v, p, d);
		return;
	}
	devfd_view_set(&v, &o,
		       tame ? tame_value(&v, f, o.value, d) : wild_value(&v, row, f, o.value, d));
}
