// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* keep.c: makes pieces keep the rules of codec/generated/tables.c: not whether they hold, but which
 * value makes them hold. */
#include "view.h"

/* ---- Predicates that hold ---- */

static void keep_range(const struct devfd_view *v, const struct devfd_rule_info *rule)
{
	struct devfd_spot a = devfd_view_operand(v, &rule->operands[0], NULL);
	uint64_t low = devfd_view_operand(v, &rule->operands[1], NULL).value;
	uint64_t high = devfd_view_operand(v, &rule->operands[2], NULL).value;

	if (a.value < low)
		devfd_view_set(v, &a, low);
	if (a.value > high)
		devfd_view_set(v, &a, high);
}

/* a + b <= c: by a smaller b where it can be set, else by a smaller a, else by a greater c. */
static void keep_fits(const struct devfd_view *v, const struct devfd_rule_info *rule,
		      uint8_t *element, struct devfd_spot c)
{
	struct devfd_spot a = devfd_view_operand(v, &rule->operands[0], element);
	struct devfd_spot b = devfd_view_operand(v, &rule->operands[1], element);

	if (devfd_fits(a.value, b.value, c.value))
		return;
	if (rule->operands[2].kind == DEVFD_OF_DEVICE) {
		if (a.value > DEVFD_COUNT_TAME) {
			a.value = 0;
			devfd_view_set(v, &a, 0);
		}
		if (!devfd_fits(a.value, b.value, c.value))
			devfd_view_set(v, &c, a.value + b.value);
		return;
	}
	if (a.value > c.value) {
		a.value = 0;
		devfd_view_set(v, &a, 0);
	}
	if (!devfd_fits(a.value, b.value, c.value))
		devfd_view_set(v, &b, c.value - a.value);
}

static void keep_needs(const struct devfd_view *v, const struct devfd_rule_info *rule)
{
	uint32_t i, last = rule->count - 1u;

	if (devfd_view_operand(v, &rule->operands[last], NULL).value)
		return;
	for (i = 0; i < last; i++) {
		if (devfd_view_operand(v, &rule->operands[i], NULL).value)
			devfd_view_switch(v, &rule->operands[i], 0, 0);
	}
}

static void keep_excludes(const struct devfd_view *v, const struct devfd_rule_info *rule)
{
	uint32_t i;

	if (!devfd_view_operand(v, &rule->operands[0], NULL).value)
		return;
	for (i = 1; i < rule->count; i++) {
		if (devfd_view_operand(v, &rule->operands[i], NULL).value) {
			devfd_view_switch(v, &rule->operands[0], 0, 0);
			return;
		}
	}
}

static void keep(const struct devfd_view *v, const struct devfd_rule_info *rule)
{
	struct devfd_spot a;

	if (rule->predicate == DEVFD_RANGE_HOLDS) {
		keep_range(v, rule);
	} else if (rule->predicate == DEVFD_FITS_HOLDS) {
		keep_fits(v, rule, NULL, devfd_view_operand(v, &rule->operands[2], NULL));
	} else if (rule->predicate == DEVFD_NEEDS_HOLDS) {
		keep_needs(v, rule);
	} else if (rule->predicate == DEVFD_EXCLUDES_HOLDS) {
		keep_excludes(v, rule);
	} else if (rule->predicate == DEVFD_IS_HOLDS && !rule->producer) {
		a = devfd_view_operand(v, &rule->operands[0], NULL);
		devfd_view_set(v, &a, devfd_view_operand(v, &rule->operands[1], NULL).value);
	}
}

static void keep_elements(const struct devfd_view *v, const struct devfd_field_row *f,
			  const struct devfd_rule_info *rule)
{
	uint32_t size, i;
	uint8_t *p = devfd_piece_rest(v->s, &v->s->piece[v->piece], &size);
	struct devfd_spot room;

	if (size < f->width)
		return;
	room = devfd_view_operand(v, &rule->operands[2], p);
	for (i = 0; size - i >= f->width; i += f->width)
		keep_fits(v, rule, p + i, room);
}

/* ---- Fields ---- */

static void keep_number(const struct devfd_view *v, const struct devfd_field_row *f,
			struct devfd_spot *o)
{
	uint32_t version = devfd_piece_version(v->s, &v->s->piece[v->piece]);

	if (f->is)
		devfd_view_set(v, o, devfd_view_wanted(v, f));
	if (f->differs && o->value == f->must_not)
		devfd_view_set(v, o, f->must_not + 1);
	if (f->in && !devfd_view_is_member(&devfd_enum_rows[f->values], o->value))
		devfd_view_set(v, o, devfd_enum_rows[f->values].members[0].value);
	if (f->mask)
		devfd_view_set(v, o,
			       o->value &
				       devfd_view_known_bits(&devfd_flags_rows[f->bits], version));
}

/* The end of a body: text is closed, elements are whole, and the count says what there is. */
static void keep_rest(const struct devfd_view *v, const struct devfd_body_row *row,
		      const struct devfd_field_row *f)
{
	struct devfd_piece *p = &v->s->piece[v->piece];
	const struct devfd_field_row *counter;
	uint32_t size;
	uint8_t *rest = devfd_piece_rest(v->s, p, &size), *nul;
	struct devfd_spot o;

	if (f->kind == DEVFD_KIND_STRING) {
		nul = size ? (uint8_t *)memchr(rest, 0, size) : NULL;
		if (!size)
			devfd_shape_resize(v->s, v->piece, p->size + 4u);
		else if (!nul)
			rest[size - 1] = 0;
		else
			p->size = (uint16_t)(p->size - size + (uint32_t)(nul - rest) + 1);
		return;
	}
	if (f->kind == DEVFD_KIND_ARRAY && p->kind != DEVFD_PIECE_CAP)
		p->size = (uint16_t)(p->size - size % f->width);
	if (!f->counter)
		return;
	counter = &row->fields[f->counter - 1];
	o = devfd_view_spot(v->s, p, counter);
	if (f->pad || o.value > size / f->width)
		devfd_view_set(v, &o, size / f->width);
}

/* Where every known record has its fields and nothing more. */
static void keep_size(const struct devfd_view *v, const struct devfd_body_row *row)
{
	struct devfd_piece *p = &v->s->piece[v->piece];
	uint32_t fixed = devfd_piece_head(v->s, p) +
			 devfd_known_fixed(p->body, devfd_piece_version(v->s, p));

	if (p->size < fixed)
		devfd_shape_resize(v->s, v->piece, fixed);
	if (row->exact && p->size > fixed)
		p->size = (uint16_t)fixed;
}

/* The flags word of a record: a flag set, or 0. */
static void keep_word(const struct devfd_view *v, const struct devfd_body_row *row)
{
	uint8_t *word = v->s->arena + v->s->piece[v->piece].at + v->s->row->word;
	uint32_t value = devfd_get32(word, v->s->big);

	value &= (uint32_t)devfd_view_known_bits(&devfd_flags_rows[row->word_bits], v->s->version);
	if (row->word)
		devfd_store(word, 4, v->s->big, value);
}

static void keep_attribute(const struct devfd_view *v, const struct devfd_field_row *f)
{
	const struct devfd_rule_info *rule;
	uint32_t n = 0;

	while ((rule = devfd_view_model_rule(v, f->attr, &n))) {
		if (devfd_view_is_element_rule(rule))
			keep_elements(v, f, rule);
		else
			keep(v, rule);
	}
}

/* How many regions or interrupts there are may be any number; what walks them takes as long. */
static void keep_count(const struct devfd_view *v, const struct devfd_field_row *f,
		       const struct devfd_spot *o)
{
	if (f->attr != DEVFD_ATTR_NUM_REGIONS && f->attr != DEVFD_ATTR_NUM_IRQS)
		return;
	if (o->p && o->value > DEVFD_COUNT_TAME)
		devfd_view_set(v, o, o->value % DEVFD_COUNT_TAME);
}

static void keep_body(const struct devfd_view *at)
{
	struct devfd_view v = *at;
	struct devfd_pieces *s = v.s;
	uint32_t i = v.piece, j;
	const struct devfd_body_row *row = devfd_piece_row(&s->piece[i]);
	uint64_t left = devfd_known.body[s->piece[i].body].kept;
	struct devfd_spot o;

	if (s->piece[i].kind == DEVFD_PIECE_CAP && s->piece[i].size >= s->row->head &&
	    !devfd_piece_version(s, &s->piece[i]))
		devfd_store(s->arena + s->piece[i].at + s->row->cap_version, 2, s->big, 1);
	keep_size(&v, row);
	if (s->piece[i].kind == DEVFD_PIECE_RECORD)
		keep_word(&v, row);
	for (; left; left &= left - 1) {
		const struct devfd_field_row *f = &row->fields[__builtin_ctzll(left)];

		o = devfd_view_spot(s, &s->piece[i], f);
		if (o.p)
			keep_number(&v, f, &o);
		else if (f->kind >= DEVFD_KIND_BYTES)
			keep_rest(&v, row, f);
		keep_count(&v, f, &o);
		if (f->attr)
			keep_attribute(&v, f);
	}
	for (j = 0; j < row->rule_count; j++)
		keep(&v, &devfd_rule_infos[row->rules[j]]);
}

static void keep_item(struct devfd_pieces *s, uint32_t i, const struct devfd_asked *asked)
{
	const struct devfd_rule_info *rule;
	struct devfd_view v;
	uint32_t n = 0;

	if (!devfd_known.rule[devfd_piece_row(&s->piece[i])->item][0])
		return;
	v = devfd_view_of(s, i, asked);
	while ((rule = devfd_view_model_rule(&v, 0, &n)))
		keep(&v, rule);
}

/* A slot that is not listed says nothing, and order.c leaves nothing but zeros of it. */
static int is_blank(const struct devfd_pieces *s, const struct devfd_piece *p)
{
	const struct devfd_shape_slot *slot = &s->row->slots[p->slot];

	if (p->kind != DEVFD_PIECE_SLOT || p->size < slot->size)
		return 0;
	return !(devfd_get32(s->arena + p->at + slot->flags - 1, s->big) & 1);
}

void devfd_rules_repair(struct devfd_pieces *s, const struct devfd_asked *asked)
{
	struct devfd_view v = {s, asked, 0, 0, 0};
	uint32_t i, count = 0;

	for (i = 0; i < s->count; i++) {
		/* The item is the same until another begins or a record has come or gone. */
		if (!i || !s->piece[i].level || count != s->count)
			v = devfd_view_of(s, i, asked);
		v.piece = i;
		count = s->count;
		if (s->piece[i].body && s->piece[i].size && !is_blank(s, &s->piece[i]))
			keep_body(&v);
	}
	for (i = 0; i < s->count; i++) {
		if (s->piece[i].body && !s->piece[i].level && !is_blank(s, &s->piece[i]))
			keep_item(s, i, asked);
	}
}
