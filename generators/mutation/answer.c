// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* answer.c: the answer to one input, and whether what codec.h promises a caller is kept with it. */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

uint8_t *end;

uint32_t word(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int add(const char *text, size_t size, void *context)
{
	struct answer *a = context;
	size_t i;

	for (i = 0; i < size; i++)
		a->digest = (a->digest ^ (uint8_t)text[i]) * 0x100000001b3u;
	if (a->print)
		fwrite(text, 1, size, a->print);
	return 0;
}

void say(struct answer *a, const char *text)
{
	add(text, strlen(text), a);
}

static void say_number(struct answer *a, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof(text), " %u", number);
	say(a, text);
}

/* What a look-up returns for an item in this state. */
static int result_of(uint32_t state)
{
	if (state == DEVFD_EMPTY)
		return DEVFD_IS_EMPTY;
	return state == DEVFD_UNREADABLE ? DEVFD_IS_UNREADABLE : DEVFD_OK;
}

/* Every list ends with DEVFD_END and not with another result. */
static bool ends_well(const struct devfd_item *item)
{
	struct devfd_dependent dependent;
	struct devfd_kept kept;
	uint32_t cursor = 0;
	int rc;

	if (devfd_get_dependent(item, item->dependents.count, &dependent) != DEVFD_END)
		return false;
	do {
		rc = devfd_get_kept(item, &cursor, &kept);
	} while (rc == DEVFD_OK);
	return rc == DEVFD_END;
}

/* What a flag knows is 0 without it, and so is what only another kind of item has. */
static bool knows_well(const struct devfd_item *item)
{
	const struct {
		uint32_t flag;
		uint64_t value;
	} known[] = {
		{DEVFD_BAR, item->bar},
		{DEVFD_PHYS_ADDR, item->phys_addr},
		{DEVFD_TYPE, item->type | item->subtype},
		{DEVFD_AREAS, item->areas.count},
		{DEVFD_DT_PATH, item->dt_path.size},
		{DEVFD_DT_INDEX, item->prop_type | item->prop_index},
		{DEVFD_IDENTITY, item->vendor | item->device | item->class_},
		{DEVFD_PGSIZES, item->pgsizes},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].value && !(item->flags & known[i].flag))
			return false;
	}
	return !item->count || item->kind == DEVFD_IRQ;
}

/* What the dump tells by other words: no flag is set that has no name, only a region or an
 * interrupt can be anything but present, and what may be mapped is nothing, all of the region, or
 * the areas listed. */
bool as_promised(const struct devfd_item *item)
{
	struct devfd_area area;
	uint32_t bit, areas = 0;

	for (bit = 0; bit < 32; bit++) {
		if (item->flags & (uint32_t)1 << bit && !devfd_flag_name(bit))
			return false;
	}
	if (item->kind != DEVFD_REGION && item->kind != DEVFD_IRQ && item->state != DEVFD_PRESENT)
		return false;
	if (item->kind == DEVFD_REGION && item->state == DEVFD_PRESENT && item->flags & DEVFD_MMAP)
		areas = item->flags & DEVFD_AREAS ? item->areas.count : 1;
	if (areas && (devfd_get_area(item, areas - 1, &area) ||
		      (!(item->flags & DEVFD_AREAS) && (area.offset || area.size != item->size))))
		return false;
	return devfd_get_area(item, areas, &area) == DEVFD_END && ends_well(item) &&
	       knows_well(item);
}

/* Takes both. */
bool same_dump(json_t *a, json_t *b)
{
	bool same = json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

/* The dump is what a walk tells; looking each item up has to tell the same, and no more than that
 * is there. */
static bool found_again(const struct devfd *d)
{
	uint32_t ends[DEVFD_IRQ + 1] = {0};
	struct devfd walk = *d;
	struct devfd_item item, found;
	int rc;

	while (devfd_next(&walk, &item) == DEVFD_OK) {
		if (!as_promised(&item))
			return false;
		if (item.kind != DEVFD_REGION && item.kind != DEVFD_IRQ)
			continue;
		memset(&found, 0, sizeof(found));
		for (; ends[item.kind] < item.index && item.index < 64; ends[item.kind]++) {
			rc = item.kind == DEVFD_REGION
				     ? devfd_get_region(d, ends[item.kind], &found)
				     : devfd_get_irq(d, ends[item.kind], &found);
			if (rc != DEVFD_IS_ABSENT)
				return false;
		}
		rc = item.kind == DEVFD_REGION ? devfd_get_region(d, item.index, &found)
					       : devfd_get_irq(d, item.index, &found);
		if (rc != result_of(item.state))
			return false;
		ends[item.kind] = item.index + 1;
		if (!same_dump(dump_item(&item), dump_item(&found)))
			return false;
	}
	return devfd_get_region(d, ends[DEVFD_REGION], &found) == DEVFD_IS_ABSENT &&
	       devfd_get_irq(d, ends[DEVFD_IRQ], &found) == DEVFD_IS_ABSENT;
}

void answer_by(struct answer *a, int rc, const struct devfd_error *e, json_t *dump)
{
	const char *rule = devfd_rule(e->rule);

	if (rc == DEVFD_OK) {
		say(a, "accept ");
		if (json_dump_callback(dump, add, a, JSON_COMPACT))
			say(a, "?");
		json_decref(dump);
		return;
	}
	if (rc != DEVFD_REJECT && rc != DEVFD_MORE) {
		say(a, "result");
		say_number(a, (uint32_t)rc);
		return;
	}
	say(a, rc == DEVFD_REJECT ? "reject " : "need-more ");
	say(a, rule ? rule : "?");
	say_number(a, e->at);
	if (rc == DEVFD_MORE)
		say_number(a, e->need);
}

/* All of it is still as nobody wrote it. */
bool is_dirty(const void *p, size_t size)
{
	const uint8_t *byte = p;

	while (size && byte[size - 1] == DIRT)
		size--;
	return !size;
}

/* What codec.h says of the error whatever came out. */
bool needs_well(int rc, const struct devfd_error *e)
{
	return (rc == DEVFD_MORE) == (e->need != 0);
}

/* ---- Vectors ---- */

static json_t *judge_reply(const struct input *in, const uint8_t *p, struct answer *a, int *rc,
			   struct devfd_error *e)
{
	uint32_t call = in->format - DEVFD_FORMAT_REPLY + 1;
	struct devfd_item item;

	memset(&item, DIRT, sizeof(item));
	*rc = devfd_reply(call, in->options, in->index, p, in->size, &item, e);
	if (*rc == DEVFD_OK ? !as_promised(&item) : !is_dirty(&item, sizeof(item)))
		say(a, "inconsistent ");
	return *rc == DEVFD_OK ? dump_reply(call, &item) : NULL;
}

/* The fields that codec.h lets a caller read. */
static bool tells_itself(const struct input *in, const uint8_t *p, const struct devfd *d)
{
	if (d->base != p || d->size != in->size)
		return false;
	if (d->order != DEVFD_LITTLE && d->order != DEVFD_BIG)
		return false;
	return in->format ? d->layout == in->format
			  : d->layout >= DEVFD_TLV && d->layout <= DEVFD_FIXED;
}

/* Without options, and where the first bytes tell the layout, devfd_open() says the same. */
static bool opens_alike(const struct input *in, const uint8_t *p, int rc,
			const struct devfd_error *e, struct devfd *d)
{
	struct devfd_error why;
	struct devfd alike;

	if (in->options & DEVFD_PRODUCER || (in->format && rc != DEVFD_OK))
		return true;
	memset(&why, DIRT, sizeof(why));
	memset(&alike, DIRT, sizeof(alike));
	if (devfd_open(&alike, p, in->size, &why) != rc || !needs_well(rc, &why))
		return false;
	if (rc == DEVFD_OK)
		return same_dump(dump_description(&alike), dump_description(d));
	return why.rule == e->rule && why.at == e->at;
}

static json_t *judge_layout(const struct input *in, const uint8_t *p, struct answer *a, int *rc,
			    struct devfd_error *e)
{
	struct devfd d;

	memset(&d, DIRT, sizeof(d));
	*rc = devfd_open_as(&d, in->format, in->options, p, in->size, e);
	if (*rc == DEVFD_OK && !(tells_itself(in, p, &d) && found_again(&d)))
		say(a, "inconsistent ");
	if (!opens_alike(in, p, *rc, e, &d))
		say(a, "open differs ");
	return *rc == DEVFD_OK ? dump_description(&d) : NULL;
}

void answer_input(const struct input *in, struct answer *a)
{
	uint8_t *p = end - in->size;
	struct devfd_error e;
	json_t *dump;
	int rc;

	if (in->kind != VECTOR) {
		answer_script(in, a);
		return;
	}
	memcpy(p, in->p, in->size);
	memset(&e, DIRT, sizeof(e));
	if (in->format >= DEVFD_FORMAT_REPLY)
		dump = judge_reply(in, p, a, &rc, &e);
	else
		dump = judge_layout(in, p, a, &rc, &e);
	if (!needs_well(rc, &e))
		say(a, "needs wrongly ");
	answer_by(a, rc, &e, dump);
	memset(p, DIRT, in->size);
}
