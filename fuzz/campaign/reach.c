// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * reach.c: which parts of the spec a corpus reaches: rules that inputs broke, and bodies, members,
 * flags and boundaries that accepted inputs had. Everything counted comes from the rows of
 * codec/generated/tables.c.
 *
 * Inputs come on stdin in the frames of codec/tests/frame.h. The answer is one JSON object: for
 * each thing that the rows have the number of inputs that reached it and the first one, from 1;
 * both are 0 for what was not reached.
 */
#include "../../codec/tables/walk.h"
#include "../../codec/tests/frame.h"

#include <stdbool.h>

enum { WORD = 4, BUFFER = 1 << 20, NAME = 160, AREA_SIZE_AT = 8 };

/* One thing that can be reached. */
struct point {
	char name[NAME];
	uint64_t inputs; /* that reached it */
	uint64_t first;  /* the first that did, from 1 */
	uint64_t last;   /* the one that was counted last */
};

/* Where the points of a body or field begin among all points. */
struct place {
	size_t body, word;
	size_t *fields;
};

static struct point *points;
static size_t count, room;
static size_t *rules; /* first point of each rule */
static struct place places[DEVFD_BODY_LINUX_CAP + 1];
static uint64_t inputs, verdicts[3]; /* accept, reject, need-more */

/* The points of a rule: broken, and its boundaries met from inside; what has to fit has only FULL.
 */
enum { BROKEN, LEAST, MOST, FULL = LEAST };

static void *must_have(void *p)
{
	if (p)
		return p;
	fputs("reach: out of memory\n", stderr);
	exit(2);
}

/* ---- What there is ---- */

static void add(const char *kind, const char *scope, const char *what, const char *detail)
{
	if (count == room) {
		room = room ? 2 * room : 1024;
		points = must_have(realloc(points, room * sizeof(*points)));
	}
	memset(&points[count], 0, sizeof(points[count]));
	snprintf(points[count].name, NAME, "%s %s%s%s", kind, scope, what, detail);
	count++;
}

static void add_bits(const char *scope, const char *field, const struct devfd_flags_row *flags)
{
	char detail[NAME];
	size_t i;

	for (i = 0; i < flags->count; i++) {
		snprintf(detail, sizeof(detail), ".%s", flags->bits[i].name);
		add("set", scope, field, detail);
		add("clear", scope, field, detail);
	}
}

static void add_field(const char *scope, const struct devfd_field_row *f)
{
	const struct devfd_enum_row *members = &devfd_enum_rows[f->values];
	char detail[NAME];
	size_t i;

	for (i = 0; f->values && i < members->count; i++) {
		snprintf(detail, sizeof(detail), "=%s", members->members[i].name);
		add("member", scope, f->name, detail);
	}
	if (f->bits)
		add_bits(scope, f->name, &devfd_flags_rows[f->bits]);
	if (f->kind != DEVFD_KIND_ARRAY)
		return;
	add("list", scope, f->name, " of none");
	add("list", scope, f->name, " of some");
}

static void add_body(uint32_t number)
{
	const struct devfd_body_row *row = &devfd_body_rows[number];
	char scope[NAME];
	uint32_t i;

	places[number].body = count;
	snprintf(scope, sizeof(scope), "%s.%s", row->format, row->name);
	add("body", scope, "", "");
	snprintf(scope, sizeof(scope), "%s.%s.", row->format, row->name);
	places[number].word = count;
	if (row->word_bits)
		add_bits(scope, "flags", &devfd_flags_rows[row->word_bits]);
	places[number].fields = must_have(calloc((size_t)row->field_count + 1, sizeof(size_t)));
	for (i = 0; i < row->field_count; i++) {
		places[number].fields[i] = count;
		add_field(scope, &row->fields[i]);
	}
}

/* Whether an operand's value can be seen from outside of the engine. */
static bool is_seen(const struct devfd_operand *o)
{
	if (o->kind == DEVFD_OF_GIVEN)
		return o->given == DEVFD_GIVEN_SIZE;
	return o->kind != DEVFD_OF_PLACE && o->kind != DEVFD_OF_TEST;
}

static bool has_edges(const struct devfd_rule_info *rule)
{
	uint32_t i;

	if (rule->predicate != DEVFD_RANGE_HOLDS && rule->predicate != DEVFD_FITS_HOLDS)
		return false;
	if (!rule->body && !rule->item)
		return false;
	for (i = 0; i < rule->count; i++) {
		if (!is_seen(&rule->operands[i]))
			return false;
	}
	return true;
}

static void add_rule(uint32_t number)
{
	const struct devfd_rule_info *rule = &devfd_rule_infos[number];

	rules[number] = count;
	add("rule", rule->row.id, "", "");
	if (!has_edges(rule))
		return;
	if (rule->predicate == DEVFD_FITS_HOLDS) {
		add("edge", rule->row.id, "", " full");
		return;
	}
	add("edge", rule->row.id, "", " least");
	add("edge", rule->row.id, "", " most");
}

static void add_all(void)
{
	uint32_t i;

	rules = must_have(calloc((size_t)devfd_rule_last + 1, sizeof(*rules)));
	for (i = 1; i <= devfd_rule_last; i++) {
		if (devfd_rule_row(i))
			add_rule(i);
	}
	for (i = 1; i <= DEVFD_BODY_LINUX_CAP; i++)
		add_body(i);
}

/* An input counts once for each point. */
static void reach(size_t point)
{
	if (points[point].last == inputs)
		return;
	if (!points[point].inputs)
		points[point].first = inputs;
	points[point].last = inputs;
	points[point].inputs++;
}

/* ---- Boundaries ---- */

/* Whose operands a rule is looked at with: the item and device, or the fields of one body. */
struct subject {
	const struct devfd_input *in;
	const struct devfd_item *item;
	const struct devfd_item *device;
	const struct devfd_step *body;
	const uint8_t *element; /* of an area list */
};

/* A field of the body. Returns false where it is not there. */
static bool field_value(const struct subject *s, uint32_t number, uint64_t *value)
{
	const struct devfd_field_row *f = &s->body->body->fields[number];
	uint64_t at = (uint64_t)s->body->fields + f->offset;

	if (f->since > s->body->version)
		return false;
	if (at + f->width > s->body->end)
		return false;
	*value = devfd_load(s->in->p + at, f->width, s->body->big);
	return true;
}

static bool operand(const struct subject *s, const struct devfd_operand *o, uint64_t *value)
{
	*value = o->value;
	switch ((enum devfd_operand_kind)o->kind) {
	case DEVFD_OF_NUMBER:
		return true;
	case DEVFD_OF_FIELD:
		return s->body && field_value(s, o->ref, value);
	case DEVFD_OF_ATTR:
		if (!s->item)
			return false;
		*value = devfd_attr(s->item, o->ref);
		return true;
	case DEVFD_OF_ELEMENT:
		if (!s->element)
			return false;
		*value =
			devfd_get64(s->element + o->value, s->item->areas.order == DEVFD_ORDER_BIG);
		return true;
	case DEVFD_OF_DEVICE:
		if (!s->device)
			return false;
		*value = devfd_attr(s->device, o->ref);
		return true;
	case DEVFD_OF_GIVEN:
		*value = s->in->size;
		return true;
	default:
		return false;
	}
}

/* A range is met at its least and most, what has to fit where it takes all the room. */
static void look_at_edges(const struct subject *s, uint32_t number)
{
	const struct devfd_rule_info *rule = &devfd_rule_infos[number];
	uint64_t v[3];
	uint32_t i;

	if (!has_edges(rule))
		return;
	for (i = 0; i < 3; i++) {
		if (!operand(s, &rule->operands[i], &v[i]))
			return;
	}
	if (rule->predicate == DEVFD_FITS_HOLDS) {
		if (v[2] - v[1] == v[0])
			reach(rules[number] + FULL);
		return;
	}
	if (v[0] == v[1])
		reach(rules[number] + LEAST);
	if (v[0] == v[2])
		reach(rules[number] + MOST);
}

/* Whether an item says an attribute; some have a flag for it. */
static bool says(const struct devfd_item *item, uint32_t attr)
{
	uint32_t i, j;

	for (i = 1; i <= DEVFD_BODY_LINUX_CAP; i++) {
		for (j = 0; j < devfd_body_rows[i].field_count; j++) {
			const struct devfd_field_row *f = &devfd_body_rows[i].fields[j];

			if (f->attr == attr && f->when)
				return (item->flags & f->when) != 0;
		}
	}
	return true;
}

static void look_at_item(const struct devfd_input *in, const struct devfd_item *item,
			 const struct devfd_item *device)
{
	struct subject s = {in, item, device, NULL, NULL};
	const uint16_t *number;
	uint32_t i;

	for (number = devfd_model_rules; *number; number++) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[*number];

		if (rule->item != item->kind)
			continue;
		if (rule->attr && !says(item, rule->attr))
			continue;
		if (rule->attr != DEVFD_ATTR_AREAS) {
			look_at_edges(&s, *number);
			continue;
		}
		for (i = 0; i < item->areas.count; i++) {
			s.element = item->areas.p + (size_t)i * 2 * AREA_SIZE_AT;
			look_at_edges(&s, *number);
		}
		s.element = NULL;
	}
}

/* ---- Accepted inputs ---- */

static void see_bits(size_t first, const struct devfd_flags_row *flags, uint64_t value)
{
	size_t i;

	for (i = 0; i < flags->count; i++)
		reach(first + 2 * i + !(value >> flags->bits[i].bit & 1));
}

static void see_members(size_t first, const struct devfd_enum_row *members, uint64_t value)
{
	size_t i;

	for (i = 0; i < members->count; i++) {
		if (members->members[i].value == value)
			reach(first + i);
	}
}

static void see_field(const struct devfd_step *step, size_t first)
{
	const struct devfd_field_row *f = step->field;

	if (f->kind == DEVFD_KIND_ARRAY)
		reach(first + 1);
	if (!step->line.numeric)
		return;
	if (f->values) {
		see_members(first, &devfd_enum_rows[f->values], step->line.value);
		first += devfd_enum_rows[f->values].count;
	}
	if (f->bits)
		see_bits(first, &devfd_flags_rows[f->bits], step->line.value);
}

/* A list of none has no step of its own: it is the body whose room ends where the list begins, or
 * whose counter is 0. */
static void see_empty_list(const struct subject *s, const struct place *place)
{
	const struct devfd_body_row *row = s->body->body;
	const struct devfd_field_row *f;
	uint64_t counted;

	if (!row->field_count)
		return;
	f = &row->fields[row->field_count - 1];
	if (f->kind != DEVFD_KIND_ARRAY)
		return;
	counted = s->body->end - s->body->fields - devfd_fixed_size(row, s->body->version);
	if (f->counter && !field_value(s, f->counter - 1u, &counted))
		return;
	if (!counted)
		reach(place->fields[row->field_count - 1]);
}

static void see_body(const struct devfd_input *in, const struct devfd_step *step, uint32_t number)
{
	const struct devfd_body_row *row = step->body;
	struct subject s = {in, NULL, NULL, step, NULL};
	uint32_t i;

	reach(places[number].body);
	if (step->fields >= step->end && row->field_count)
		return; /* a part of a tail has its owner's row, and none of its fields */
	if (row->word_bits)
		see_bits(places[number].word, &devfd_flags_rows[row->word_bits],
			 devfd_get32(in->p + step->fields - WORD, step->big));
	for (i = 1; i <= devfd_rule_last; i++) {
		if (devfd_rule_infos[i].body == number)
			look_at_edges(&s, i);
	}
	see_empty_list(&s, &places[number]);
}

/* The head of a record or capability has no step of its own: it begins with its first field. */
static void see_head(const struct devfd_input *in, const struct devfd_step *field, uint32_t number)
{
	struct devfd_step step = *field;

	if (number != DEVFD_BODY_TLV_RECORD && number != DEVFD_BODY_LINUX_CAP)
		return;
	if (field->field != field->body->fields)
		return;
	step.fields = field->line.at;
	step.end = step.fields + devfd_fixed_size(field->body, field->version);
	see_body(in, &step, number);
}

/* What a walk is told of the input that it walks. */
struct sight {
	const struct devfd_input *in;
};

static int see(void *context, const struct devfd_step *step)
{
	const struct devfd_input *in = ((const struct sight *)context)->in;
	uint32_t number;
	ptrdiff_t field;

	if (!step->body)
		return 0;
	number = (uint32_t)(step->body - devfd_body_rows);
	if (!step->field) {
		see_body(in, step, number);
		return 0;
	}
	see_head(in, step, number);
	field = step->field - step->body->fields;
	if (field >= 0 && field < step->body->field_count)
		see_field(step, places[number].fields[field]);
	return 0;
}

static void look_at_items(const struct devfd_input *in, struct devfd *d)
{
	struct devfd_item item;

	while (devfd_next(d, &item) == DEVFD_OK)
		look_at_item(in, &item, &d->device);
}

static void judge(const struct devfd_input *in)
{
	struct devfd_error e = {0, 0, 0};
	struct sight sight = {in};
	struct devfd_item item;
	struct devfd d;
	int rc;

	memset(&item, 0, sizeof(item));
	if (in->format < DEVFD_FORMAT_REPLY)
		rc = devfd_open_as(&d, in->format, in->options, in->p, in->size, &e);
	else
		rc = devfd_reply(in->format - DEVFD_FORMAT_REPLY + 1, in->options, in->index, in->p,
				 in->size, &item, &e);
	verdicts[rc == DEVFD_OK ? 0 : rc == DEVFD_MORE ? 2 : 1]++;
	if (rc) {
		if (devfd_rule_row(e.rule))
			reach(rules[e.rule] + BROKEN);
		return;
	}
	devfd_steps(in, see, &sight);
	if (in->format < DEVFD_FORMAT_REPLY)
		look_at_items(in, &d);
	else
		look_at_item(in, &item, NULL);
}

int main(void)
{
	static char from[BUFFER];
	struct devfd_input in;
	uint8_t *p;
	size_t i;

	setvbuf(stdin, from, _IOFBF, sizeof(from));
	add_all();
	while ((p = take_frame(&in, "reach"))) {
		inputs++;
		judge(&in);
		free(p);
	}
	printf("{\"inputs\":%llu,\"accept\":%llu,\"reject\":%llu,\"need-more\":%llu,\"points\":{",
	       (unsigned long long)inputs, (unsigned long long)verdicts[0],
	       (unsigned long long)verdicts[1], (unsigned long long)verdicts[2]);
	for (i = 0; i < count; i++)
		printf("%s\n\"%s\":[%llu,%llu]", i ? "," : "", points[i].name,
		       (unsigned long long)points[i].inputs, (unsigned long long)points[i].first);
	puts("}}");
	for (i = 1; i <= DEVFD_BODY_LINUX_CAP; i++)
		free(places[i].fields);
	free(rules);
	free(points);
	return fflush(stdout) ? 2 : 0;
}
