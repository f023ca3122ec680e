// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* known.c: fills the tables of known.h from the rows of the spec. */
#include <stdlib.h>

#include "known.h"

struct devfd_known devfd_known;

_Static_assert((uint32_t)DEVFD_BODY_LINUX_CAP < DEVFD_KNOWN_BODIES, "more bodies than places");
_Static_assert((uint32_t)DEVFD_ATTR_END <= DEVFD_KNOWN_ATTRS, "more attributes than places");
_Static_assert((uint32_t)DEVFD_KINDS < DEVFD_KNOWN_ITEMS, "more kinds of items than places");

/* What no assertion can see; the tables would be wrong without a word. */
static void expect(int fits)
{
	if (!fits)
		abort();
}

/* Whether a rule of any kind of item speaks of an attribute. */
static int is_ruled(uint32_t attr)
{
	uint32_t item;

	for (item = 0; attr && item < DEVFD_KNOWN_ITEMS; item++) {
		if (devfd_known.rule[item][attr])
			return 1;
	}
	return 0;
}

static int is_kept(const struct devfd_field_row *f)
{
	if (f->kind >= DEVFD_KIND_BYTES)
		return 1;
	if (f->attr == DEVFD_ATTR_NUM_REGIONS || f->attr == DEVFD_ATTR_NUM_IRQS)
		return 1;
	return f->is || f->differs || f->in || f->mask || is_ruled(f->attr);
}

/* After know_rules(). */
static void know_body(uint32_t body)
{
	const struct devfd_body_row *row = &devfd_body_rows[body];
	struct devfd_known_body *known = &devfd_known.body[body];
	uint32_t i;

	expect(row->field_count <= 64);
	for (i = row->field_count; i--;) {
		const struct devfd_field_row *f = &row->fields[i];

		known->fields[f->attr] = (uint8_t)(i + 1);
		if (is_kept(f))
			known->kept |= (uint64_t)1 << i;
		if (f->takes_flags)
			known->flags = (uint8_t)(i + 1);
		if (f->since > known->newest)
			known->newest = f->since;
	}
	known->fixed = devfd_fixed_size(row, known->newest);
}

static void know_tag(uint8_t *table, uint32_t body)
{
	uint32_t i = devfd_known_hash(devfd_body_rows[body].tag);

	while (table[i])
		i = (i + 1) % DEVFD_KNOWN_TAGS;
	table[i] = (uint8_t)body;
}

static void know_record(const struct devfd_record *record)
{
	if (record->body)
		devfd_known.body[record->body].record = record;
	if (record->knows)
		devfd_known.knows[__builtin_ctz(record->knows)] = record->body;
}

static void know_caps(const struct devfd_chain *chain)
{
	uint32_t i;

	for (i = 0; chain && i < chain->count; i++) {
		if (chain->caps[i].knows)
			devfd_known.cap_knows[__builtin_ctz(chain->caps[i].knows)] =
				chain->caps[i].body;
	}
}

static void know_rules(void)
{
	uint32_t count = 0, i;

	while (devfd_model_rules[count])
		count++;
	expect(count < DEVFD_KNOWN_RULES);
	for (i = count; i--;) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[devfd_model_rules[i]];
		uint8_t *first = &devfd_known.rule[rule->item][rule->attr];

		devfd_known.rule_after[i] = *first;
		*first = (uint8_t)(i + 1);
	}
}

static void know_samples(uint32_t format)
{
	const struct devfd_shape_row *row = &devfd_shape_rows[format];
	uint32_t i;

	expect(row->sample_count < UINT8_MAX);
	for (i = row->sample_count; i--;) {
		const struct devfd_sample *sample = &row->samples[i];

		devfd_known.sample[format][sample->body][sample->parent] = (uint8_t)(i + 1);
	}
}

__attribute__((constructor)) static void know(void)
{
	uint32_t i;

	know_rules();
	for (i = DEVFD_BODY_TLV_HEADER; i <= DEVFD_BODY_LINUX_CAP; i++)
		know_body(i);
	for (i = DEVFD_BODY_TLV_HEADER; i < DEVFD_BODY_LINUX_CAP; i++) {
		if (devfd_body_rows[i].parents)
			know_tag(devfd_known.tag, i);
		if (devfd_body_rows[i].head == DEVFD_SIZE_LINUX_CAP)
			know_tag(devfd_known.cap, i);
	}
	for (i = devfd_records_count; i--;)
		know_record(&devfd_records[i]);
	for (i = 0; i < devfd_calls_count; i++)
		know_caps(devfd_calls[i].chain);
	expect(devfd_shape_count <= DEVFD_KNOWN_FORMATS);
	for (i = 1; i < devfd_shape_count; i++)
		know_samples(i);
}
