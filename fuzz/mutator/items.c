// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* items.c: inputs of the target encode: values of items are set to what their rules compare with,
 * flags by the rows of the kind; items are put in, dropped, doubled and moved. */
#include "inputs.h"
#include "../targets/stream.h"

enum {
	FEW = 64, /* values of which each is as good as the others */
	PAGE = 4096,
	/* More items, and more slots for none, say little that is new, and take time. */
	ITEMS_TAME = 4,
	SLOTS_TAME = 3,
};

struct items {
	uint8_t head[STREAM_HEAD];
	uint32_t count, raw; /* raw: what does not fit is not left out */
	struct stream_item item[STREAM_ITEMS];
};

static void parse(struct items *s, const uint8_t *p, size_t size)
{
	memset(s->head, 0, sizeof(s->head));
	memcpy(s->head, p, size < STREAM_HEAD ? size : STREAM_HEAD);
	s->raw = 0;
	if (size > STREAM_HEAD)
		s->count = stream_read(p + STREAM_HEAD, size - STREAM_HEAD, s->item);
	else
		s->count = stream_read(p, 0, s->item);
}

/* ---- Values ---- */

/* A number that a rule of the model compares an attribute with. */
static uint64_t compared_with(uint32_t kind, uint32_t attr, uint64_t otherwise,
			      struct devfd_dice *d)
{
	uint32_t i, j, seen = 0;

	for (i = 0; devfd_model_rules[i]; i++) {
		const struct devfd_rule_info *rule = &devfd_rule_infos[devfd_model_rules[i]];

		for (j = 0; rule->item == kind && rule->attr == attr && j < rule->count; j++) {
			if (rule->operands[j].kind != DEVFD_OF_NUMBER)
				continue;
			if (!devfd_roll(d, ++seen))
				otherwise = rule->operands[j].value;
		}
	}
	return otherwise;
}

static uint64_t value_of(uint32_t kind, uint32_t attr, uint64_t old, struct devfd_dice *d)
{
	uint64_t most = stream_most(attr), value;

	if ((attr == DEVFD_ATTR_NUM_REGIONS || attr == DEVFD_ATTR_NUM_IRQS) && devfd_roll(d, 16))
		return devfd_roll(d, SLOTS_TAME);
	if (most < FEW)
		return devfd_roll(d, (uint32_t)most + 1);
	switch (devfd_roll(d, 6)) {
	case 0:
		value = compared_with(kind, attr, most, d) + devfd_roll(d, 3) - 1;
		break;
	case 1:
		value = most - devfd_roll(d, 2);
		break;
	case 2:
		value = (uint64_t)PAGE << devfd_roll(d, 8);
		break;
	case 3:
		value = most / 2 + devfd_roll(d, 2);
		break;
	default:
		value = devfd_near(old, 8, d);
		break;
	}
	return value > most ? most : value;
}

/* Attributes that it has, from one on; every one of them with all. */
static void change_values(struct stream_item *item, uint32_t all, struct devfd_dice *d)
{
	uint32_t i, seen = 0, chosen = 0;

	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (!stream_has(item->kind, item->flags, i))
			continue;
		if (all)
			item->value[i] = value_of(item->kind, i, 0, d);
		else if (!devfd_roll(d, ++seen))
			chosen = i;
	}
	if (chosen)
		item->value[chosen] = value_of(item->kind, chosen, item->value[chosen], d);
}

/* Flags that the kind can have; what one of them makes known has a value then. */
static void change_flag(struct stream_item *item, struct devfd_dice *d)
{
	uint32_t can = stream_flags(item->kind), bit = devfd_roll(d, 32), i;

	if (!can)
		return;
	while (!(can >> bit & 1))
		bit = (bit + 1) % 32;
	item->flags ^= 1u << bit;
	/* A region is one or the other, and is read so. */
	if (item->flags & DEVFD_CONFIG_SPACE)
		item->flags &= ~DEVFD_BAR;
	for (i = 1; i < DEVFD_ATTR_END; i++) {
		if (!stream_has(item->kind, item->flags, i))
			item->value[i] = 0;
		else if (!item->value[i] && !stream_has(item->kind, item->flags ^ 1u << bit, i))
			item->value[i] = value_of(item->kind, i, 0, d);
	}
}

/* ---- Content ---- */

/* One whole part of the region, its first or last bytes, none of it, or what is near. */
static void change_area(struct stream_item *item, struct devfd_dice *d)
{
	uint64_t size = item->value[DEVFD_ATTR_SIZE];
	uint32_t i = devfd_roll(d, STREAM_AREAS), half = devfd_roll(d, 2);

	if (item->area_count <= i)
		item->area_count = (uint8_t)(i + 1);
	item->flags |= DEVFD_AREAS;
	switch (devfd_roll(d, 5)) {
	case 0:
		item->area[i][half] = 0;
		break;
	case 1:
		item->area[i][half] = size;
		break;
	case 2:
		item->area[i][half] = size / 2 / PAGE * PAGE;
		break;
	case 3:
		item->area[i][0] = i ? item->area[i - 1][0] + item->area[i - 1][1] : 0;
		item->area[i][1] = PAGE;
		break;
	default:
		item->area[i][half] = devfd_near(item->area[i][half], 8, d);
		break;
	}
}

static void change_record(struct stream_item *item, struct devfd_dice *d)
{
	uint32_t i = devfd_roll(d, STREAM_RECORDS);
	struct stream_record *one = &item->record[i];

	if (item->record_count <= i)
		item->record_count = (uint8_t)(i + 1);
	switch (devfd_roll(d, 4)) {
	case 0:
		one->words = (uint8_t)devfd_roll(d, STREAM_WORDS + 1);
		break;
	case 1:
		one->further = (uint8_t)(devfd_roll(d, 2) ? devfd_roll(d, 2)
							  : devfd_roll(d, STREAM_TYPE_MOST + 1));
		break;
	case 2:
		one->flags = (uint8_t)devfd_roll(d, devfd_roll(d, 2) ? 2 : 256);
		break;
	default:
		one->content[devfd_roll(d, sizeof(one->content))] = (uint8_t)devfd_roll(d, 256);
		break;
	}
}

static void change_content(struct stream_item *item, struct devfd_dice *d)
{
	uint32_t can = stream_flags(item->kind);

	switch (devfd_roll(d, 6)) {
	case 0:
		item->area_count = (uint8_t)devfd_roll(d, STREAM_AREAS + 1);
		break;
	case 1:
		item->path_size = (uint8_t)devfd_roll(d, STREAM_PATH + 1);
		break;
	case 2:
		item->record_count = (uint8_t)devfd_roll(d, STREAM_RECORDS + 1);
		break;
	case 3:
		item->path[devfd_roll(d, STREAM_PATH)] = (uint8_t)devfd_roll(d, 256);
		break;
	case 4:
		if (can & DEVFD_AREAS)
			change_area(item, d);
		break;
	default:
		change_record(item, d);
		break;
	}
}

/* ---- Items ---- */

static int open_gap(struct items *s, uint32_t at)
{
	if (s->count == STREAM_ITEMS)
		return 0;
	memmove(&s->item[at + 1], &s->item[at], (s->count - at) * sizeof(s->item[0]));
	s->count++;
	return 1;
}

static void drop_item(struct items *s, uint32_t i)
{
	s->count--;
	memmove(&s->item[i], &s->item[i + 1], (s->count - i) * sizeof(s->item[0]));
}

/* Where the next one of a kind may stand. */
static uint32_t place_for(const struct items *s, uint32_t kind, struct devfd_dice *d)
{
	uint32_t first = 1, end;

	while (first < s->count && s->item[first].kind < kind)
		first++;
	for (end = first; end < s->count && s->item[end].kind == kind;)
		end++;
	return first + devfd_roll(d, end - first + 1);
}

/* A new one, of a few flags or of all. */
static void add_item(struct items *s, struct devfd_dice *d)
{
	uint32_t kind = devfd_roll(d, 2) ? DEVFD_REGION : DEVFD_IRQ, at = place_for(s, kind, d);
	struct stream_item *item = &s->item[at];

	if (!open_gap(s, at))
		return;
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->flags = stream_flags(kind) & devfd_roll(d, UINT32_MAX);
	if (devfd_roll(d, 2))
		item->flags &= devfd_roll(d, UINT32_MAX);
	if (item->flags & DEVFD_CONFIG_SPACE)
		item->flags &= ~DEVFD_BAR;
	change_values(item, 1, d);
	if (devfd_roll(d, 2))
		change_content(item, d);
}

/* Copies one, or takes it elsewhere. */
static void move_item(struct items *s, uint32_t from, uint32_t keep, struct devfd_dice *d)
{
	struct stream_item item = s->item[from];
	uint32_t at;

	if (!keep)
		drop_item(s, from);
	at = place_for(s, item.kind, d);
	if (open_gap(s, at))
		s->item[at] = item;
}

static void change_whole(struct items *s, uint32_t i, struct devfd_dice *d)
{
	struct stream_item *item = &s->item[i];

	switch (devfd_roll(d, 5)) {
	case 0:
		drop_item(s, i);
		break;
	case 1:
		move_item(s, i, 0, d);
		break;
	case 2:
		move_item(s, i, 1, d);
		break;
	case 3:
		item->step = devfd_roll(d, 2) ? 0 : devfd_roll(d, STREAM_STEP_MOST + 1);
		break;
	default:
		item->unreadable = !item->unreadable;
		item->error =
			(uint8_t)(devfd_roll(d, 2) ? devfd_roll(d, 256) : 1 + devfd_roll(d, 40));
		break;
	}
}

/* ---- The whole ---- */

static void change(struct items *s, struct devfd_dice *d)
{
	uint32_t how = devfd_roll(d, 16), i = devfd_roll(d, 4) ? devfd_roll(d, s->count) : 0;

	if (i && s->item[i].unreadable)
		how = 8 + how / 2;
	if (how < 4)
		change_values(&s->item[i], 0, d);
	else if (how < 6)
		change_flag(&s->item[i], d);
	else if (how < 8)
		change_content(&s->item[i], d);
	else if (how < 10)
		add_item(s, d);
	else if (how < 13 && i)
		change_whole(s, i, d);
	else if (how < 15)
		s->head[0] = (uint8_t)devfd_roll(d, 2 << (STREAM_LAYOUT_SHIFT + 1));
	else
		s->head[1] = (uint8_t)devfd_roll(d, 256);
}

/* The device has as many of a kind as follow, and sometimes more. */
static void fit_number(struct items *s, uint32_t kind, uint32_t attr, struct devfd_dice *d)
{
	uint64_t needed = 0, most = stream_most(attr);
	uint32_t i;

	for (i = 1; i < s->count; i++) {
		if (s->item[i].kind == kind)
			needed += s->item[i].step + 1;
	}
	needed = needed < most ? needed : most;
	if (s->item[0].value[attr] < needed || devfd_roll(d, 2))
		s->item[0].value[attr] = needed;
}

static size_t finish(struct items *s, uint8_t *out, size_t max, struct devfd_dice *d)
{
	while (s->count > 1 + ITEMS_TAME && devfd_roll(d, 16))
		drop_item(s, 1 + devfd_roll(d, s->count - 1));
	if (devfd_roll(d, 16)) {
		fit_number(s, DEVFD_REGION, DEVFD_ATTR_NUM_REGIONS, d);
		fit_number(s, DEVFD_IRQ, DEVFD_ATTR_NUM_IRQS, d);
	} else {
		s->raw = devfd_roll(d, 2);
	}
	memcpy(out, s->head, STREAM_HEAD);
	return STREAM_HEAD +
	       stream_write(s->item, s->count, s->raw, out + STREAM_HEAD, max - STREAM_HEAD);
}

size_t devfd_mutate_items(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct items s;

	(void)format;
	if (size > max)
		size = max;
	if (max < STREAM_HEAD)
		return size;
	parse(&s, p, size);
	do
		change(&s, &d);
	while (devfd_roll(&d, 2));
	return finish(&s, p, max, &d);
}

size_t devfd_cross_items(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
			 size_t b_size, uint8_t *out, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct items s, other;
	uint32_t from, at;

	(void)format;
	if (max < STREAM_HEAD) {
		memcpy(out, a, a_size < max ? a_size : max);
		return a_size < max ? a_size : max;
	}
	parse(&s, a, a_size);
	parse(&other, b, b_size);
	do {
		from = devfd_roll(&d, other.count);
		at = from ? place_for(&s, other.item[from].kind, &d) : 0;
		if (!from || open_gap(&s, at))
			s.item[at] = other.item[from];
	} while (devfd_roll(&d, 2));
	if (devfd_roll(&d, 2))
		change(&s, &d);
	return finish(&s, out, max, &d);
}
