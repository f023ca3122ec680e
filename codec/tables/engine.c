// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * engine.c: judges one body by interpreting its rows, in the order of spec/language.md, section 4.
 * It is the differential partner of the generated leaves: the same answers from the same spec,
 * without a check in common.
 */
#include "rows.h"

enum {
	PAD_MAX = 3,   /* padding behind a string or bytes */
	WORD_SIZE = 4, /* of a record's flags word, which ends its head */
};

/* One body while it is judged. */
struct run {
	const struct devfd_scan *s;
	const struct devfd_body_row *body;
	uint32_t at, room, version;
	uint32_t fixed; /* bytes of the fields of fixed size */
	struct devfd_item *item;
};

/* ---- Values ---- */

uint64_t devfd_load(const uint8_t *p, uint32_t width, uint32_t big)
{
	if (width == 1)
		return devfd_get8(p);
	if (width == 2)
		return devfd_get16(p, big);
	if (width == 4)
		return devfd_get32(p, big);
	return devfd_get64(p, big);
}

static int is_variable(const struct devfd_field_row *f)
{
	return f->kind >= DEVFD_KIND_BYTES;
}

uint32_t devfd_fixed_size(const struct devfd_body_row *body, uint32_t version)
{
	uint32_t i, size = 0;

	for (i = 0; i < body->field_count; i++) {
		const struct devfd_field_row *f = &body->fields[i];

		if (!is_variable(f) && !f->late && f->since <= version)
			size += f->width;
	}
	return size;
}

/* A field is there if the version has it and, where a body grows by size, if it ends within the
 * room. */
static int is_there(const struct run *r, const struct devfd_field_row *f)
{
	if (f->since > r->version)
		return 0;
	if (!f->late)
		return 1;
	return devfd_fits(f->offset, f->width, r->room);
}

/* Of a field of fixed size; 0 where it is not there. */
static uint64_t field_value(const struct run *r, const struct devfd_field_row *f)
{
	if (!is_there(r, f))
		return 0;
	return devfd_load(r->s->base + r->at + f->offset, f->width, r->s->big);
}

static uint64_t given(const struct devfd_scan *s, uint32_t which)
{
	if (which == DEVFD_GIVEN_INDEX)
		return s->index;
	if (which == DEVFD_GIVEN_ORDER)
		return s->order;
	return s->size;
}

uint64_t devfd_attr(const struct devfd_item *item, uint32_t attr)
{
	const uint8_t *p = (const uint8_t *)item + devfd_attr_rows[attr].offset;
	uint32_t narrow;
	uint64_t wide;

	if (devfd_attr_rows[attr].size == sizeof(narrow)) {
		memcpy(&narrow, p, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, p, sizeof(wide));
	return wide;
}

void devfd_put_attr(struct devfd_item *item, uint32_t attr, uint64_t value)
{
	uint8_t *p = (uint8_t *)item + devfd_attr_rows[attr].offset;
	uint32_t narrow = (uint32_t)value;

	if (devfd_attr_rows[attr].size == sizeof(narrow))
		memcpy(p, &narrow, sizeof(narrow));
	else
		memcpy(p, &value, sizeof(value));
}

static uint64_t device_attr(const struct devfd_scan *s, uint32_t attr)
{
	if (attr == DEVFD_ATTR_NUM_REGIONS)
		return s->num_regions;
	return s->num_irqs;
}

/* What an operand stands for; element: where the element of an area list stands that a rule is
 * judged for. */
static uint64_t operand(const struct run *r, const struct devfd_operand *o, const uint8_t *element)
{
	uint64_t wanted;

	switch ((enum devfd_operand_kind)o->kind) {
	case DEVFD_OF_NUMBER:
		return o->value;
	case DEVFD_OF_FIELD:
		/* A rule of a finished item has no body, and none of its operands is a field. */
		return r->body ? field_value(r, &r->body->fields[o->ref]) : 0;
	case DEVFD_OF_TEST:
		if (!r->body)
			return 0;
		wanted = o->given ? given(r->s, o->given) : o->value;
		return field_value(r, &r->body->fields[o->ref]) == wanted;
	case DEVFD_OF_ATTR:
		return devfd_attr(r->item, o->ref);
	case DEVFD_OF_ELEMENT:
		if (!element)
			return 0;
		return devfd_get64(element + o->value, r->item->areas.order == DEVFD_ORDER_BIG);
	case DEVFD_OF_FLAG:
		return (r->item->flags & o->value) != 0;
	case DEVFD_OF_FLAGS:
		return r->item->flags;
	case DEVFD_OF_DEVICE:
		return device_attr(r->s, o->ref);
	case DEVFD_OF_GIVEN:
		return given(r->s, o->given);
	case DEVFD_OF_PLACE:
		break;
	}
	return 0;
}

/* ---- Predicates that a spec writes ---- */

static int needs_holds(const struct run *r, const struct devfd_rule_info *rule)
{
	uint32_t i;

	if (operand(r, &rule->operands[rule->count - 1], NULL))
		return 1;
	for (i = 0; i + 1 < rule->count; i++) {
		if (operand(r, &rule->operands[i], NULL))
			return 0;
	}
	return 1;
}

static int excludes_holds(const struct run *r, const struct devfd_rule_info *rule)
{
	uint32_t i;

	if (!operand(r, &rule->operands[0], NULL))
		return 1;
	for (i = 1; i < rule->count; i++) {
		if (operand(r, &rule->operands[i], NULL))
			return 0;
	}
	return 1;
}

static int holds(const struct run *r, const struct devfd_rule_info *rule, const uint8_t *element)
{
	const struct devfd_operand *o = rule->operands;
	uint64_t a;

	if (rule->predicate == DEVFD_NEEDS_HOLDS)
		return needs_holds(r, rule);
	if (rule->predicate == DEVFD_EXCLUDES_HOLDS)
		return excludes_holds(r, rule);
	a = operand(r, &o[0], element);
	if (rule->predicate == DEVFD_IS_HOLDS)
		return a == operand(r, &o[1], element);
	if (rule->predicate == DEVFD_FITS_HOLDS)
		return devfd_fits(a, operand(r, &o[1], element), operand(r, &o[2], element));
	if (a < operand(r, &o[1], element)) /* range */
		return 0;
	return a <= operand(r, &o[2], element);
}

static int binds(const struct devfd_scan *s, const struct devfd_rule_info *rule)
{
	return !rule->producer || (s->options & DEVFD_PRODUCER);
}

/* ---- What a field brings ---- */

static int is_member(const struct devfd_enum_row *e, uint64_t value)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (e->members[i].value == value)
			return 1;
	}
	return 0;
}

static uint64_t known_bits(const struct devfd_flags_row *flags, uint32_t version)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < flags->count; i++) {
		if (flags->bits[i].since <= version)
			mask |= (uint64_t)1 << flags->bits[i].bit;
	}
	return mask;
}

/* Bytes that a variable field takes of the room behind the fixed part. */
static uint64_t variable_size(const struct run *r, const struct devfd_field_row *f)
{
	if (f->counter)
		return field_value(r, &r->body->fields[f->counter - 1]) * f->width;
	return r->room - r->fixed;
}

static int first_nonzero(const struct run *r, uint32_t from, uint32_t *at)
{
	for (*at = from; *at < r->at + r->room; ++*at) {
		if (devfd_get8(r->s->base + *at))
			return 1;
	}
	return 0;
}

/* The text runs to a NUL; what follows it is a little padding. */
static int judge_string(const struct run *r, const struct devfd_field_row *f)
{
	uint32_t start = r->at + r->fixed, end = r->at + r->room, nul = start, at;

	while (nul < end && devfd_get8(r->s->base + nul))
		nul++;
	if (nul == end)
		return devfd_fail(r->s, f->nul, start);
	if (end - nul - 1 > PAD_MAX)
		return devfd_fail(r->s, f->pad, nul);
	if (first_nonzero(r, nul, &at))
		return devfd_fail(r->s, f->pad, at);
	return DEVFD_OK;
}

static int judge_bytes(const struct run *r, const struct devfd_field_row *f)
{
	const struct devfd_field_row *length = &r->body->fields[f->counter - 1];
	uint64_t size = variable_size(r, f);
	uint32_t left = r->room - r->fixed, at;

	if (size > left)
		return devfd_fail(r->s, f->length, r->at + length->offset);
	if (!f->pad)
		return DEVFD_OK;
	if (left - size > PAD_MAX)
		return devfd_fail(r->s, f->length, r->at + length->offset);
	if (first_nonzero(r, r->at + r->fixed + (uint32_t)size, &at))
		return devfd_fail(r->s, f->pad, at);
	return DEVFD_OK;
}

static int judge_array(const struct run *r, const struct devfd_field_row *f)
{
	uint32_t left = r->room - r->fixed;
	const struct devfd_field_row *count;

	if (!f->counter) {
		if (left % f->width)
			return devfd_fail(r->s, f->multiple, r->at + r->fixed);
		return DEVFD_OK;
	}
	count = &r->body->fields[f->counter - 1];
	if (field_value(r, count) <= left / f->width)
		return DEVFD_OK;
	if (devfd_rule_infos[f->counts].asks)
		return devfd_want(r->s, f->counts, r->at + count->offset,
				  r->fixed + variable_size(r, f));
	return devfd_fail(r->s, f->counts, r->at + count->offset);
}

static int judge_value(const struct run *r, const struct devfd_field_row *f)
{
	uint64_t value = field_value(r, f), wanted = f->must;
	uint32_t at = r->at + f->offset;

	if (f->must_given)
		wanted = given(r->s, f->must_given);
	if (f->is) {
		if (value != wanted)
			return devfd_fail(r->s, f->is, at);
	}
	if (f->differs) {
		if (value == f->must_not)
			return devfd_fail(r->s, f->differs, at);
	}
	if (f->in) {
		if (!is_member(&devfd_enum_rows[f->values], value))
			return devfd_fail(r->s, f->in, at);
	}
	if (f->mask) {
		if (value & ~known_bits(&devfd_flags_rows[f->bits], r->version))
			return devfd_fail(r->s, f->mask, at);
	}
	return DEVFD_OK;
}

static int judge_field(const struct run *r, const struct devfd_field_row *f)
{
	if (f->kind == DEVFD_KIND_STRING)
		return judge_string(r, f);
	if (f->kind == DEVFD_KIND_BYTES)
		return judge_bytes(r, f);
	if (f->kind == DEVFD_KIND_ARRAY)
		return judge_array(r, f);
	return judge_value(r, f);
}

/* ---- What a field gives the item ---- */

static void take_bits(const struct devfd_flags_row *flags, uint64_t value, struct devfd_item *item)
{
	uint64_t more = value & ~known_bits(flags, UINT32_MAX);
	int has_bus = 0;
	size_t i;

	for (i = 0; i < flags->count; i++) {
		const struct devfd_bit_row *bit = &flags->bits[i];
		uint64_t mask = (uint64_t)1 << bit->bit;

		if (!(value & mask)) {
			item->flags |= bit->clears;
			continue;
		}
		item->flags |= bit->sets;
		if (!bit->bus)
			continue;
		if (has_bus)
			more |= mask;
		else
			item->bus = (uint32_t)bit->bus - 1;
		has_bus = 1;
	}
	if (flags->rest == DEVFD_REST_MORE)
		item->more = (uint32_t)more;
}

static uint64_t meant(const struct devfd_field_row *f, uint64_t value)
{
	const struct devfd_enum_row *e = &devfd_enum_rows[f->values];
	size_t i;

	if (!f->values)
		return value;
	for (i = 0; i < e->count; i++) {
		if (e->members[i].value == value)
			return e->members[i].means;
	}
	return value;
}

static int is_taken(const struct run *r, const struct devfd_field_row *f)
{
	if (!is_there(r, f))
		return 0;
	return !f->when || (r->item->flags & f->when);
}

static void take_field(const struct run *r, const struct devfd_field_row *f)
{
	const uint8_t *start = r->s->base + r->at + r->fixed;

	if (!is_taken(r, f))
		return;
	if (f->takes_flags) {
		take_bits(&devfd_flags_rows[f->bits], field_value(r, f), r->item);
		return;
	}
	if (f->attr && f->kind == DEVFD_KIND_ARRAY) {
		struct devfd_areas list = {start, (uint32_t)(variable_size(r, f) / f->width),
					   r->s->order};

		memcpy((uint8_t *)r->item + devfd_attr_rows[f->attr].offset, &list, sizeof(list));
	} else if (f->attr == DEVFD_ATTR_DT_PATH) {
		r->item->dt_path.p = start;
		for (r->item->dt_path.size = 0; start[r->item->dt_path.size];)
			r->item->dt_path.size++;
	} else if (f->attr) {
		devfd_put_attr(r->item, f->attr, meant(f, field_value(r, f)));
	}
}

/* ---- Rules ---- */

/* A rule is broken at a field that it looks at; `needs` at one that is not 0. */
static int says_where(const struct run *r, const struct devfd_rule_info *rule,
		      const struct devfd_operand *o)
{
	if (o->kind < DEVFD_OF_FIELD)
		return 0;
	if (o->kind > DEVFD_OF_TEST)
		return 0;
	if (rule->predicate != DEVFD_NEEDS_HOLDS)
		return 1;
	return operand(r, o, NULL) != 0;
}

static uint32_t rule_at(const struct run *r, const struct devfd_rule_info *rule)
{
	uint32_t i;

	for (i = 0; i < rule->count; i++) {
		const struct devfd_operand *o = &rule->operands[i];

		if (says_where(r, rule, o))
			return r->at + r->body->fields[o->ref].offset;
	}
	return r->at;
}

static int judge_rules(const struct run *r)
{
	uint32_t i;

	for (i = 0; i < r->body->rule_count; i++) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[r->body->rules[i]];

		if (!binds(r->s, rule))
			continue;
		if (!holds(r, rule, NULL))
			return devfd_fail(r->s, r->body->rules[i], rule_at(r, rule));
	}
	return DEVFD_OK;
}

/* A rule of an area list holds for each of its elements. */
static int judge_elements(const struct run *r, const struct devfd_field_row *f, uint32_t number)
{
	const struct devfd_areas *areas = &r->item->areas;
	uint32_t i;

	for (i = 0; i < areas->count; i++) {
		if (!holds(r, &devfd_rule_infos[number], areas->p + (size_t)i * f->width))
			return devfd_fail(r->s, number, r->at + r->fixed + i * f->width);
	}
	return DEVFD_OK;
}

/* A rule of the model speaks of an attribute of one kind of item; attr 0: of the finished item. */
static int speaks_of(const struct run *r, const struct devfd_rule_info *rule, uint32_t attr)
{
	if (rule->attr != attr)
		return 0;
	if (rule->item != r->item->kind)
		return 0;
	return binds(r->s, rule);
}

static int judge_model_rule(const struct run *r, const struct devfd_field_row *f, uint32_t number)
{
	if (f->attr == DEVFD_ATTR_AREAS)
		return judge_elements(r, f, number);
	if (!holds(r, &devfd_rule_infos[number], NULL))
		return devfd_fail(r->s, number, r->at + f->offset);
	return DEVFD_OK;
}

static int judge_attribute(const struct run *r, const struct devfd_field_row *f)
{
	const uint16_t *number = devfd_model_rules;
	int rc;

	if (!is_taken(r, f))
		return DEVFD_OK;
	for (; *number; number++) {
		if (!speaks_of(r, &devfd_rule_infos[*number], f->attr))
			continue;
		rc = judge_model_rule(r, f, *number);
		if (rc)
			return rc;
	}
	return DEVFD_OK;
}

static int judge_attributes(const struct run *r)
{
	uint32_t i;
	int rc;

	for (i = 0; i < r->body->field_count; i++) {
		const struct devfd_field_row *f = &r->body->fields[i];

		if (!f->attr)
			continue;
		rc = judge_attribute(r, f);
		if (rc)
			return rc;
	}
	return DEVFD_OK;
}

static int judge_fields(const struct run *r)
{
	uint32_t i;
	int rc;

	for (i = 0; i < r->body->field_count; i++) {
		const struct devfd_field_row *f = &r->body->fields[i];

		if (!is_there(r, f))
			continue;
		rc = judge_field(r, f);
		if (rc)
			return rc;
		take_field(r, f);
	}
	return DEVFD_OK;
}

/* The flags word of a record is a flag set; set 0 has no bit. */
static int judge_word(const struct run *r)
{
	uint32_t at = r->at - WORD_SIZE, value;
	const struct devfd_flags_row *flags = &devfd_flags_rows[r->body->word_bits];

	if (!r->body->word)
		return DEVFD_OK;
	value = devfd_get32(r->s->base + at, r->s->big);
	if (value & ~known_bits(flags, r->version))
		return devfd_fail(r->s, r->body->word, at);
	take_bits(flags, value, r->item);
	return DEVFD_OK;
}

int devfd_table_leaf(uint32_t body, const struct devfd_scan *s, uint32_t at, uint32_t room,
		     uint32_t version, struct devfd_item *item, uint32_t *used)
{
	const struct devfd_body_row *row = &devfd_body_rows[body];
	struct run r = {s, row, at, room, version, devfd_fixed_size(row, version), item};
	const struct devfd_field_row *last;
	int rc;

	if (room < r.fixed)
		return devfd_fail(s, row->size, at - row->head);
	if (row->exact) {
		if (room > r.fixed)
			return devfd_fail(s, row->exact, at - row->head);
	}
	rc = judge_word(&r);
	if (rc)
		return rc;
	rc = judge_fields(&r);
	if (rc)
		return rc;
	rc = judge_rules(&r);
	if (rc)
		return rc;
	rc = judge_attributes(&r);
	if (rc)
		return rc;
	*used = r.fixed;
	if (!row->field_count)
		return DEVFD_OK;
	last = &row->fields[row->field_count - 1];
	if (is_variable(last))
		*used += (uint32_t)variable_size(&r, last);
	return DEVFD_OK;
}

int devfd_table_item(const struct devfd_scan *s, uint32_t at, const struct devfd_item *item)
{
	struct devfd_item copy = *item;
	struct run r = {s, NULL, at, 0, 0, 0, &copy};
	const uint16_t *number = devfd_model_rules;

	for (; *number; number++) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[*number];

		if (!speaks_of(&r, rule, 0))
			continue;
		if (!holds(&r, rule, NULL))
			return devfd_fail(s, *number, at);
	}
	return DEVFD_OK;
}
