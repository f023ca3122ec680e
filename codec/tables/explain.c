// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * explain.c: an error in words. The path is that of the body and field which the walk finds at the
 * offset; what was found and what is allowed follow from the predicate and operands of the rule.
 */
#include "walk.h"

enum {
	DEPTHS = 3,
	FIELDS_MAX = 32,
	PAD_MAX = 3, /* padding behind bytes */
};

/* What the walk says of the place of an error, and of everything that a rule there can look at. */
struct scene {
	const struct devfd_input *in;
	const struct devfd_error *e;
	const struct devfd_rule_info *rule;
	struct devfd_step above[DEPTHS]; /* bodies that the walk is in */
	struct devfd_step body[DEPTHS];  /* bodies around the place, the innermost last */
	uint32_t depth;                  /* how many there are */
	struct devfd_step field;         /* the last field at or before it, in the innermost body */
	int has_field;
	uint64_t values[FIELDS_MAX];    /* of the fields of the innermost body */
	uint64_t attrs[DEVFD_ATTR_END]; /* of the item */
	uint8_t known[DEVFD_ATTR_END];  /* it has them */
};

/* ---- Two walks: to find the place, then to gather what is said of the item ---- */

/* The body that the rule belongs to, if it belongs to one. */
static const struct devfd_body_row *owner_of(const struct scene *c)
{
	return c->rule->body ? &devfd_body_rows[c->rule->body] : NULL;
}

/* Of the rule's own body the end counts too: a field without a byte is missed there. */
static int surrounds(const struct scene *c, const struct devfd_step *step)
{
	uint32_t at = c->e->at;

	if (step->line.at > at)
		return 0;
	if (step->line.at == at)
		return 1;
	if (step->body && step->body == owner_of(c) && !c->rule->of_body &&
	    at - step->line.at == step->line.size)
		return 1;
	return at - step->line.at < step->line.size;
}

static int find_body(struct scene *c, const struct devfd_step *step)
{
	uint32_t depth = step->line.depth;

	if (depth >= DEPTHS)
		return 0;
	c->above[depth] = *step;
	if (!surrounds(c, step))
		return 0;
	/* The rule's own body, once found, is left for none but another of its kind. */
	if (c->depth && c->body[c->depth - 1].body && c->body[c->depth - 1].body == owner_of(c) &&
	    step->body != owner_of(c))
		return 0;
	memcpy(c->body, c->above, sizeof(c->body));
	c->depth = depth + 1;
	c->has_field = 0;
	return 0;
}

static int find_place(void *context, const struct devfd_step *step)
{
	struct scene *c = (struct scene *)context;
	const struct devfd_step *inner;

	if (!step->line.field)
		return find_body(c, step);
	if (!c->depth)
		return 0;
	inner = &c->body[c->depth - 1];
	if (step->line.depth != c->depth)
		return 0;
	if (c->above[c->depth - 1].line.at != inner->line.at)
		return 0;
	if (step->line.at <= c->e->at) {
		c->field = *step;
		c->has_field = 1;
	}
	if (!inner->body || step->body != inner->body)
		return 0;
	if (step->field - inner->body->fields < FIELDS_MAX)
		c->values[step->field - inner->body->fields] = step->line.value;
	return 0;
}

/* Attributes of the device are gathered from wherever they stand, others from the item of the place
 * alone. */
static int gather(void *context, const struct devfd_step *step)
{
	struct scene *c = (struct scene *)context;
	const struct devfd_step *top = &c->above[0];
	uint32_t attr;
	int same;

	if (!step->line.field && !step->line.depth)
		c->above[0] = *step;
	same = c->depth && (top->line.at == c->body[0].line.at || top->line.at == c->body[0].owner);
	if (!step->line.field) {
		if (same && step->has_offset)
			c->attrs[DEVFD_ATTR_OFFSET] = step->offset;
		return 0;
	}
	if (!step->field || !step->line.numeric)
		return 0;
	attr = step->field->attr;
	if (!attr)
		return 0;
	if (!same && attr != DEVFD_ATTR_NUM_REGIONS && attr != DEVFD_ATTR_NUM_IRQS)
		return 0;
	c->attrs[attr] = step->line.value;
	c->known[attr] = 1;
	return 0;
}

/* ---- The path ---- */

static void add_nth(struct devfd_text *t, int32_t nth)
{
	if (nth < 0)
		return;
	devfd_text_add(t, "[");
	devfd_text_number(t, (uint64_t)nth);
	devfd_text_add(t, "]");
}

static void add_path(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_body_row *owner = owner_of(c);
	uint32_t i;

	if (!c->depth) {
		devfd_text_add(t, "byte ");
		devfd_text_number(t, c->e->at);
		return;
	}
	for (i = 0; i < c->depth; i++) {
		devfd_text_add(t, i ? "." : "");
		devfd_text_add(t, c->body[i].line.name);
		add_nth(t, c->body[i].line.nth);
	}
	if (c->rule->of_body)
		return;
	if (c->has_field && c->e->at - c->field.line.at < c->field.line.size) {
		devfd_text_add(t, ".");
		devfd_text_add(t, c->field.line.field);
		add_nth(t, c->field.line.nth);
	} else if (c->rule->field && owner && c->body[c->depth - 1].body == owner) {
		devfd_text_add(t, ".");
		devfd_text_add(t, owner->fields[c->rule->field - 1].name);
	}
}

/* ---- Found and allowed ---- */

static const struct devfd_step *innermost(const struct scene *c)
{
	static const struct devfd_step none;

	return c->depth ? &c->body[c->depth - 1] : &none;
}

static uint32_t size_of(const struct scene *c)
{
	return c->in->size > DEVFD_SIZE_MAX ? DEVFD_SIZE_MAX : (uint32_t)c->in->size;
}

/* Bytes that the fields of the innermost body have. */
static uint64_t room_of(const struct scene *c)
{
	const struct devfd_step *body = innermost(c);

	return body->end > body->fields ? body->end - body->fields : 0;
}

static int has_value(const struct devfd_operand *o)
{
	return o->kind != DEVFD_OF_PLACE && o->kind != DEVFD_OF_TEST && o->kind != DEVFD_OF_FLAGS;
}

static uint64_t value_of(const struct scene *c, const struct devfd_operand *o)
{
	const struct devfd_line *line = &c->field.line;

	switch ((enum devfd_operand_kind)o->kind) {
	case DEVFD_OF_NUMBER:
		return o->value;
	case DEVFD_OF_FIELD:
		return o->ref < FIELDS_MAX ? c->values[o->ref] : line->value;
	case DEVFD_OF_ATTR:
	case DEVFD_OF_DEVICE:
		return c->attrs[o->ref];
	case DEVFD_OF_ELEMENT:
		if (!c->has_field || !devfd_fits(line->at + o->value, 8, c->in->size))
			return 0;
		return devfd_get64(c->in->p + line->at + o->value, c->field.big);
	case DEVFD_OF_GIVEN:
		if (o->given == DEVFD_GIVEN_INDEX)
			return c->in->index;
		return c->in->size;
	case DEVFD_OF_FLAG:
	case DEVFD_OF_FLAGS:
	case DEVFD_OF_TEST:
	case DEVFD_OF_PLACE:
		break;
	}
	return 0;
}

static void add_found(struct devfd_text *t, uint64_t value)
{
	devfd_text_add(t, ": found ");
	devfd_text_number(t, value);
}

static void add_allowed(struct devfd_text *t, const char *what, uint64_t value)
{
	devfd_text_add(t, ", allowed ");
	devfd_text_add(t, what);
	devfd_text_number(t, value);
}

/* Where nothing shorter can be said: the value, if there is one, and the rule. */
static void tell_text(const struct scene *c, struct devfd_text *t)
{
	if (c->has_field && c->field.line.numeric && !c->rule->of_body) {
		add_found(t, c->field.line.value);
		if (c->field.line.meaning[0]) {
			devfd_text_add(t, " (");
			devfd_text_add(t, c->field.line.meaning);
			devfd_text_add(t, ")");
		}
		devfd_text_add(t, ", allowed: ");
	} else {
		devfd_text_add(t, ": ");
	}
	devfd_text_add(t, c->rule->row.text);
}

static void tell_is(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;

	if (has_value(&o[0]) && has_value(&o[1])) {
		add_found(t, o[0].kind == DEVFD_OF_FIELD && c->has_field ? c->field.line.value
									 : value_of(c, &o[0]));
		add_allowed(t, "", value_of(c, &o[1]));
		return;
	}
	if (o[0].name && !strcmp(o[0].name, "room")) {
		add_found(t, room_of(c));
		add_allowed(t, "", o[1].value);
		devfd_text_add(t, " bytes");
		return;
	}
	if (o[0].name && !strcmp(o[0].name, "padding") && c->e->at < size_of(c)) {
		if (c->in->p[c->e->at])
			add_found(t, c->in->p[c->e->at]);
		else
			devfd_text_add(t, ": found too much");
		devfd_text_add(t, " as padding, allowed at most 3 bytes of 0");
		return;
	}
	tell_text(c, t);
}

static void tell_range(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;
	int given = o[0].kind == DEVFD_OF_GIVEN || !c->has_field;
	uint64_t value = given ? value_of(c, &o[0]) : c->field.line.value;

	if (!has_value(&o[1]) || !has_value(&o[2])) {
		tell_text(c, t);
		return;
	}
	add_found(t, value);
	if (value < o[1].value)
		add_allowed(t, "at least ", o[1].value);
	else
		add_allowed(t, "at most ", value_of(c, &o[2]));
}

/* start + length <= limit, with what the rule knows of the three. */
static void tell_sum(struct devfd_text *t, uint64_t start, uint64_t length, uint64_t limit)
{
	add_found(t, start);
	devfd_text_add(t, " + ");
	devfd_text_number(t, length);
	add_allowed(t, "at most ", limit);
}

static void tell_fits(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;
	const struct devfd_step *body = innermost(c);
	uint64_t start = value_of(c, &o[0]), length = value_of(c, &o[1]),
		 limit = value_of(c, &o[2]);

	if (c->rule->of_body && o[1].kind == DEVFD_OF_NUMBER) {
		if (body->body && body->body == owner_of(c))
			length = devfd_fixed_size(body->body, body->version ? body->version : 1);
		add_found(t, c->rule->body && body->body ? room_of(c) : size_of(c) - c->e->at);
		add_allowed(t, "at least ", length);
		devfd_text_add(t, " bytes");
		return;
	}
	if (o[0].name && !strcmp(o[0].name, "at") && c->has_field) {
		limit = c->depth > 1 ? c->body[0].end : size_of(c);
		add_found(t, c->field.line.value);
		add_allowed(t, "at most ", limit - body->line.at);
		return;
	}
	if (o[1].kind == DEVFD_OF_FIELD && o[2].name && !strcmp(o[2].name, "room") && body->body) {
		limit = room_of(c) -
			devfd_fixed_size(body->body, body->version ? body->version : 1);
		add_found(t, length);
		if (length > limit)
			add_allowed(t, "at most ", limit);
		else
			add_allowed(t, "at least ", limit - PAD_MAX);
		return;
	}
	if (has_value(&o[0]) && has_value(&o[1]) && has_value(&o[2])) {
		if (o[1].kind != DEVFD_OF_NUMBER || limit < length) {
			tell_sum(t, start, length, limit);
			return;
		}
		add_found(t, start);
		add_allowed(t, "at most ", limit - length);
		return;
	}
	tell_text(c, t);
}

static void add_members(struct devfd_text *t, const struct devfd_enum_row *e)
{
	size_t i;

	devfd_text_add(t, ", allowed ");
	for (i = 0; i < e->count; i++) {
		devfd_text_add(t, i ? ", " : "");
		devfd_text_number(t, e->members[i].value);
		devfd_text_add(t, " ");
		devfd_text_add(t, e->members[i].name);
	}
}

static void tell_in(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_step *body = innermost(c);

	if (c->has_field && c->field.field && c->field.field->values && c->rule->count == 1) {
		add_found(t, c->field.line.value);
		add_members(t, &devfd_enum_rows[c->field.field->values]);
		return;
	}
	if (c->rule->count == 2 && body->body && body->body->parents) {
		devfd_text_add(t, ": found ");
		devfd_text_add(t, body->line.name);
		devfd_text_add(t, " in ");
		devfd_text_add(t, c->depth > 1 ? c->body[0].line.name : "top");
		devfd_text_add(t, ", allowed in ");
		devfd_text_add(t, body->body->parents);
		return;
	}
	tell_text(c, t);
}

static void tell_mask(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_step *body = innermost(c);
	uint32_t bits = c->field.field ? c->field.field->bits : 0;
	struct devfd_text names;
	char buffer[160];

	if (!bits && body->body)
		bits = body->body->word_bits;
	devfd_text_start(&names, buffer, sizeof(buffer));
	devfd_text_flags(&names, &devfd_flags_rows[bits], c->rule->operands[1].value);
	add_found(t, c->field.line.value);
	devfd_text_add(t, ", allowed only ");
	devfd_text_add(t, buffer);
}

static void tell_multiple(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;

	add_found(t,
		  o[0].kind == DEVFD_OF_FIELD || !c->rule->body ? c->field.line.value : room_of(c));
	add_allowed(t, "multiples of ", o[1].value);
}

static void tell_counts(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;
	const struct devfd_step *body = innermost(c);
	uint64_t room = room_of(c), fixed = 0;

	if (!body->body || !o[1].value || o[0].ref >= FIELDS_MAX) {
		tell_text(c, t);
		return;
	}
	fixed = devfd_fixed_size(body->body, body->version ? body->version : 1);
	add_found(t, c->values[o[0].ref]);
	add_allowed(t, "at most ", room > fixed ? (room - fixed) / o[1].value : 0);
}

static void tell_needs(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *flag = &c->rule->operands[c->rule->count - 1];

	if (c->rule->operands[0].kind == DEVFD_OF_FLAG) {
		devfd_text_add(t, ": found ");
		devfd_text_add(t, c->rule->operands[0].name);
		devfd_text_add(t, " without ");
		devfd_text_add(t, flag->name);
		devfd_text_add(t, ", allowed: ");
		devfd_text_add(t, c->rule->row.text);
		return;
	}
	if (flag->kind == DEVFD_OF_FLAG && c->has_field) {
		add_found(t, c->field.line.value);
		devfd_text_add(t, ", allowed 0 without ");
		devfd_text_add(t, flag->name);
		return;
	}
	if (c->rule->operands[0].kind == DEVFD_OF_NUMBER) {
		devfd_text_add(t, ": found no ");
		devfd_text_add(t, flag->name);
		devfd_text_add(t, ", allowed exactly one");
		return;
	}
	if (c->e->at < size_of(c)) {
		add_found(t, c->in->p[c->e->at]);
		devfd_text_add(t, " in byte ");
		devfd_text_number(t, c->e->at - innermost(c)->line.at);
		devfd_text_add(t, ", allowed 0 where ");
		devfd_text_add(t, flag->name);
		devfd_text_add(t, " is clear");
	}
}

/* The first operand is there, and those named beside it are too. */
static void tell_excludes(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;
	uint32_t i, named = 0;

	if (o[0].kind == DEVFD_OF_TEST) {
		tell_text(c, t);
		return;
	}
	if (!o[0].name) {
		tell_text(c, t);
		return;
	}
	devfd_text_add(t, ": found ");
	devfd_text_add(t, o[0].name);
	devfd_text_add(t, " beside ");
	for (i = 1; i < c->rule->count; i++) {
		if (o[i].kind != DEVFD_OF_FLAG && !value_of(c, &o[i]))
			continue;
		devfd_text_add(t, named++ ? ", " : "");
		devfd_text_add(t, o[i].name);
	}
	devfd_text_add(t, named ? "" : "flags");
	devfd_text_add(t, ", allowed: ");
	devfd_text_add(t, c->rule->row.text);
}

static void tell_ascending(const struct scene *c, struct devfd_text *t)
{
	const struct devfd_operand *o = c->rule->operands;

	if (o[0].kind == DEVFD_OF_ATTR && c->known[o[0].ref]) {
		add_found(t, c->attrs[o[0].ref]);
		devfd_text_add(t, ", allowed: ");
		devfd_text_add(t, c->rule->row.text);
		return;
	}
	tell_text(c, t);
}

static void (*const tell[])(const struct scene *c, struct devfd_text *t) = {
	[DEVFD_IS_HOLDS] = tell_is,
	[DEVFD_IN_HOLDS] = tell_in,
	[DEVFD_MASK_HOLDS] = tell_mask,
	[DEVFD_MULTIPLE_HOLDS] = tell_multiple,
	[DEVFD_RANGE_HOLDS] = tell_range,
	[DEVFD_FITS_HOLDS] = tell_fits,
	[DEVFD_COUNTS_HOLDS] = tell_counts,
	[DEVFD_NEEDS_HOLDS] = tell_needs,
	[DEVFD_EXCLUDES_HOLDS] = tell_excludes,
	[DEVFD_ASCENDING_HOLDS] = tell_ascending,
	[DEVFD_APART_HOLDS] = tell_text,
	[DEVFD_PREFIX_HOLDS] = tell_text,
};

void devfd_explain(const struct devfd_input *in, const struct devfd_error *e, char *out,
		   size_t size)
{
	struct devfd_text t;
	struct scene c;

	devfd_text_start(&t, out, size);
	if (!devfd_rule_row(e->rule)) {
		devfd_text_add(&t, "no rule is broken");
		return;
	}
	memset(&c, 0, sizeof(c));
	c.in = in;
	c.e = e;
	c.rule = &devfd_rule_infos[e->rule];
	devfd_steps(in, find_place, &c);
	memset(c.above, 0, sizeof(c.above));
	devfd_steps(in, gather, &c);
	add_path(&c, &t);
	if (e->need && c.rule->predicate != DEVFD_COUNTS_HOLDS) {
		add_found(&t, size_of(&c));
		add_allowed(&t, "at least ", e->need);
		devfd_text_add(&t, " bytes");
		return;
	}
	tell[c.rule->predicate](&c, &t);
}
