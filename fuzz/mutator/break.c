// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* break.c: breaks one rule of codec/generated/tables.c by the value of an operand. */
#include "view.h"

/* ---- Predicates that do not hold ---- */

static int break_range(const struct devfd_view *v, const struct devfd_rule_info *rule,
		       struct devfd_dice *d)
{
	struct devfd_spot a = devfd_view_operand(v, &rule->operands[0], NULL);
	uint64_t low = devfd_view_operand(v, &rule->operands[1], NULL).value;
	uint64_t high = devfd_view_operand(v, &rule->operands[2], NULL).value;
	int above = devfd_roll(d, 2) || !low;

	if (!a.p)
		return 0;
	if (above && high >= devfd_view_most_of(a.width))
		above = 0;
	if (!above && !low)
		return 0;
	devfd_view_set(v, &a, above ? high + 1 : low - 1);
	return 1;
}

static int break_fits(const struct devfd_view *v, const struct devfd_rule_info *rule,
		      uint8_t *element, struct devfd_dice *d)
{
	struct devfd_spot a = devfd_view_operand(v, &rule->operands[0], element);
	struct devfd_spot b = devfd_view_operand(v, &rule->operands[1], element);
	struct devfd_spot c = devfd_view_operand(v, &rule->operands[2], element);
	uint64_t rest_of_a = c.value - (b.value > c.value ? 0 : b.value);
	uint64_t rest_of_b = c.value - (a.value > c.value ? 0 : a.value);
	uint32_t how = devfd_roll(d, 4);

	if (!a.p && !b.p)
		return 0;
	if (how == 0 && c.p && a.value + b.value)
		devfd_view_set(v, &c, a.value + b.value - 1);
	else if (!a.p || (how == 1 && b.p))
		devfd_view_set(v, &b, rest_of_b + 1);
	else if (how == 2)
		devfd_view_set(v, &a, devfd_view_most_of(a.width) - devfd_roll(d, 3));
	else
		devfd_view_set(v, &a, rest_of_a + 1);
	return 1;
}

static int break_needs(const struct devfd_view *v, const struct devfd_rule_info *rule,
		       struct devfd_dice *d)
{
	uint32_t last = rule->count - 1u;

	if (!devfd_view_switch(v, &rule->operands[last], 0, 0))
		return 0;
	return last && devfd_view_switch(v, &rule->operands[devfd_roll(d, last)], 1,
					 1 + devfd_roll(d, 255));
}

/* What a record or flag may have been put for moves the pieces, so the view is taken anew. */
static int break_excludes(const struct devfd_view *v, const struct devfd_rule_info *rule,
			  struct devfd_dice *d)
{
	struct devfd_view again;

	if (!devfd_view_switch(v, &rule->operands[0], 1, 1 + devfd_roll(d, 255)))
		return 0;
	again = devfd_view_of(v->s, v->owner, v->asked);
	return devfd_view_switch(&again, &rule->operands[1 + devfd_roll(d, rule->count - 1u)], 1,
				 1 + devfd_roll(d, 255));
}

static int break_rule(const struct devfd_view *v, const struct devfd_rule_info *rule,
		      struct devfd_dice *d)
{
	struct devfd_spot a;

	if (rule->predicate == DEVFD_RANGE_HOLDS)
		return break_range(v, rule, d);
	if (rule->predicate == DEVFD_FITS_HOLDS)
		return break_fits(v, rule, NULL, d);
	if (rule->predicate == DEVFD_NEEDS_HOLDS)
		return break_needs(v, rule, d);
	if (rule->predicate == DEVFD_EXCLUDES_HOLDS)
		return break_excludes(v, rule, d);
	if (rule->predicate != DEVFD_IS_HOLDS)
		return 0;
	a = devfd_view_operand(v, &rule->operands[0], NULL);
	devfd_view_set(v, &a,
		       devfd_view_operand(v, &rule->operands[1], NULL).value +
			       (devfd_roll(d, 2) ? 1u : UINT64_MAX));
	return a.p != NULL;
}

static int break_element(const struct devfd_view *v, const struct devfd_field_row *f,
			 const struct devfd_rule_info *rule, struct devfd_dice *d)
{
	uint32_t size;
	uint8_t *p = devfd_piece_rest(v->s, &v->s->piece[v->piece], &size);

	if (size < f->width)
		return 0;
	return break_fits(v, rule, p + (size_t)devfd_roll(d, size / f->width) * f->width, d);
}

/* ---- One rule broken ---- */

static int break_number(const struct devfd_view *v, const struct devfd_field_row *f,
			struct devfd_spot *o, struct devfd_dice *d)
{
	const struct devfd_enum_row *e = &devfd_enum_rows[f->values];
	uint32_t version = devfd_piece_version(v->s, &v->s->piece[v->piece]);
	uint64_t value;

	if (f->is) {
		devfd_view_set(v, o,
			       devfd_view_wanted(v, f) ^
				       ((uint64_t)1 << devfd_roll(d, 8 * f->width)));
	} else if (f->differs) {
		devfd_view_set(v, o, f->must_not);
	} else if (f->in) {
		value = e->members[devfd_roll(d, (uint32_t)e->count)].value + 1;
		while (devfd_view_is_member(e, value))
			value++;
		devfd_view_set(v, o, devfd_roll(d, 4) ? value : devfd_roll64(d));
	} else if (f->mask) {
		value = ~devfd_view_known_bits(&devfd_flags_rows[f->bits], version) &
			devfd_view_most_of(f->width);
		if (!value)
			return 0;
		do
			o->value ^= (uint64_t)1 << devfd_roll(d, 8 * f->width);
		while (!(o->value & value));
		devfd_view_set(v, o, o->value);
	} else {
		return 0;
	}
	return 1;
}

static int break_rest(const struct devfd_view *v, const struct devfd_body_row *row,
		      const struct devfd_field_row *f, struct devfd_dice *d)
{
	struct devfd_piece *p = &v->s->piece[v->piece];
	uint32_t size, how = devfd_roll(d, 4), i;
	uint8_t *rest = devfd_piece_rest(v->s, p, &size);
	struct devfd_spot o;

	if (f->kind == DEVFD_KIND_STRING) {
		if (how < 2) {
			for (i = 0; i < size; i++)
				rest[i] = rest[i] ? rest[i] : 'a';
			return devfd_shape_resize(v->s, v->piece, p->size & ~3u);
		}
		if (!devfd_shape_resize(v->s, v->piece, p->size + 4u + 4u * devfd_roll(d, 2)))
			return 0;
		if (how == 3)
			v->s->arena[(uint32_t)p->at + p->size - 1u - devfd_roll(d, 3)] = 'x';
		return 1;
	}
	if (!f->counter)
		return devfd_shape_resize(v->s, v->piece, p->size + 4u);
	o = devfd_view_spot(v->s, p, &row->fields[f->counter - 1]);
	if (!o.p)
		return 0;
	if (how == 0)
		devfd_view_set(v, &o, size / f->width + 1);
	else if (how == 1)
		devfd_view_set(v, &o,
			       devfd_view_most_of(o.width) /
					       ((uint64_t)f->width * (1 + devfd_roll(d, 2))) +
				       1);
	else if (how == 2 && f->pad && size > 4)
		devfd_view_set(v, &o, size - 4);
	else if (f->pad && size && o.value < size)
		rest[size - 1] = 1;
	else if (f->pad && size)
		devfd_view_set(v, &o, size - 1), rest[size - 1] = 1;
	else
		devfd_view_set(v, &o, size / f->width + 1 + devfd_roll(d, 255));
	return 1;
}

/* Sets the flags without which the value of a field would break another rule first. */
static void allow_field(const struct devfd_view *v, const struct devfd_body_row *row, uint32_t j)
{
	uint32_t i, k;

	for (i = 0; i < row->rule_count; i++) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[row->rules[i]];

		for (k = 0; rule->predicate == DEVFD_NEEDS_HOLDS && k + 1u < rule->count; k++) {
			if (rule->operands[k].kind == DEVFD_OF_FIELD && rule->operands[k].ref == j)
				devfd_view_switch(v, &rule->operands[rule->count - 1], 1, 1);
		}
	}
}

static int break_field(const struct devfd_view *v, const struct devfd_body_row *row, uint32_t j,
		       struct devfd_dice *d)
{
	const struct devfd_field_row *f = &row->fields[j];
	struct devfd_spot o = devfd_view_spot(v->s, &v->s->piece[v->piece], f);
	const struct devfd_rule_info *rule, *chosen = NULL;
	uint32_t n = 0, seen = 0;

	/* One of the rules that the model has of what the field says. */
	while (f->attr && (rule = devfd_view_model_rule(v, f->attr, &n))) {
		if (!devfd_roll(d, ++seen))
			chosen = rule;
	}
	if (chosen && devfd_roll(d, 4)) {
		allow_field(v, row, j);
		return devfd_view_is_element_rule(chosen) ? break_element(v, f, chosen, d)
							  : break_rule(v, chosen, d);
	}
	if (f->kind >= DEVFD_KIND_BYTES)
		return break_rest(v, row, f, d);
	return o.p ? break_number(v, f, &o, d) : 0;
}

static int break_size(const struct devfd_view *v, const struct devfd_body_row *row,
		      struct devfd_dice *d)
{
	struct devfd_piece *p = &v->s->piece[v->piece];
	uint32_t head = devfd_piece_head(v->s, p), less;

	if (row->exact && devfd_roll(d, 2))
		return devfd_shape_resize(v->s, v->piece, p->size + 4u * (1 + devfd_roll(d, 3)));
	if (!row->size || p->size <= head)
		return 0;
	less = 1 + devfd_roll(d, (uint32_t)p->size - head);
	p->size = (uint16_t)((p->size - less) & ~3u);
	return 1;
}

static int break_word(const struct devfd_view *v, const struct devfd_body_row *row,
		      struct devfd_dice *d)
{
	const struct devfd_piece *p = &v->s->piece[v->piece];
	uint64_t known = devfd_view_known_bits(&devfd_flags_rows[row->word_bits], v->s->version);
	uint32_t value, bit = devfd_roll(d, 32);

	if (!row->word || p->size < v->s->row->head)
		return 0;
	while (known >> bit & 1)
		bit = (bit + 1) % 32;
	value = devfd_get32(v->s->arena + p->at + v->s->row->word, v->s->big);
	devfd_store(v->s->arena + p->at + v->s->row->word, 4, v->s->big,
		    value | (uint32_t)1 << bit);
	return 1;
}

static int break_item(const struct devfd_view *v, struct devfd_dice *d)
{
	const struct devfd_rule_info *rule, *chosen = NULL;
	uint32_t n = 0, seen = 0;

	while ((rule = devfd_view_model_rule(v, 0, &n))) {
		if (!devfd_roll(d, ++seen))
			chosen = rule;
	}
	return chosen ? break_rule(v, chosen, d) : 0;
}

int devfd_rules_break(struct devfd_pieces *s, uint32_t i, struct devfd_dice *d,
		      const struct devfd_asked *asked)
{
	const struct devfd_body_row *row = devfd_piece_row(&s->piece[i]);
	struct devfd_view v = devfd_view_of(s, i, asked);
	uint32_t how = devfd_roll(d, 16), last;

	if (!row)
		return 0;
	if (how == 0 && s->piece[i].kind == DEVFD_PIECE_RECORD)
		return break_word(&v, row, d);
	if (how < 3)
		return break_size(&v, row, d);
	if (how < 5 && row->rule_count)
		return break_rule(&v, &devfd_rule_infos[row->rules[devfd_roll(d, row->rule_count)]],
				  d);
	if (how == 5)
		return break_item(&v, d);
	if (!row->field_count)
		return break_size(&v, row, d);
	last = row->field_count - 1u;
	if (row->fields[last].kind >= DEVFD_KIND_BYTES && devfd_roll(d, 2))
		return break_field(&v, row, last, d);
	return break_field(&v, row, devfd_roll(d, row->field_count), d);
}
