// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* json.c: inputs of the target json: members and values doubled, dropped, swapped and set to what
 * they can be at most; replies in hex by the mutator of their format. */
#include "inputs.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	REPLY = 4096, /* no longer one is changed */
	NUMBER = 32,
	HOPS = 8,
	WIDE = 8,
	NARROW = 4,
	NESTED = 40,
};

/* ---- Numbers and hex ---- */

static uint64_t number_in(const struct devfd_json *t, uint32_t i)
{
	const struct devfd_value *v = &t->value[i];
	char text[NUMBER] = "";
	size_t quoted = v->kind == DEVFD_VALUE_STRING;

	if (v->size - 2 * quoted < sizeof(text))
		memcpy(text, t->arena + v->at + quoted, v->size - 2 * quoted);
	return strtoull(text, NULL, text[0] == '0' ? 16 : 10);
}

static void set_number(struct devfd_json *t, uint32_t i, uint64_t value, int hex)
{
	char text[NUMBER];
	int size = snprintf(text, sizeof(text), hex ? "0x%llx" : "%llu", (unsigned long long)value);

	devfd_value_set(t, i, text, (size_t)size, hex);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The bytes of a string of hex digits; SIZE_MAX where it is none. */
static size_t from_hex(const struct devfd_json *t, uint32_t i, uint8_t *out)
{
	const struct devfd_value *v = &t->value[i];
	const char *p = t->arena + v->at + 1;
	size_t size, j;

	if (v->kind != DEVFD_VALUE_STRING || v->size % 2 || v->size > 2 * REPLY + 2)
		return SIZE_MAX;
	size = v->size / 2u - 1;
	for (j = 0; j < size; j++) {
		int high = digit(p[2 * j]), low = digit(p[2 * j + 1]);

		if (high < 0 || low < 0)
			return SIZE_MAX;
		out[j] = (uint8_t)(high << 4 | low);
	}
	return size;
}

static void set_hex(struct devfd_json *t, uint32_t i, const uint8_t *p, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * REPLY];
	size_t j;

	for (j = 0; j < size; j++) {
		text[2 * j] = digits[p[j] >> 4];
		text[2 * j + 1] = digits[p[j] & 15];
	}
	devfd_value_set(t, i, text, 2 * size, 1);
}

/* ---- Replies ---- */

/* The format of a reply, if a member of an object names a call. */
static uint32_t format_of(const struct devfd_json *t, uint32_t object)
{
	uint32_t end = devfd_value_next(t, object), i, j;

	for (i = object + 1; i < end; i++) {
		for (j = 0; j < devfd_json_call_count; j++) {
			if (devfd_value_says(t, i, devfd_json_calls[j].name))
				return devfd_json_calls[j].format;
		}
	}
	return 0;
}

/* One of the replies (of this format, if that is not 0): the place of its bytes, or 0. */
static uint32_t any_reply(const struct devfd_json *t, uint32_t *format, struct devfd_dice *d)
{
	uint32_t i, found, seen = 0, chosen = 0, wanted = *format;

	for (i = 0; i < t->count; i++) {
		if (!devfd_value_is_key(t, i, devfd_json_keys.bytes))
			continue;
		found = format_of(t, devfd_value_owner(t, i));
		if (!found || (wanted && found != wanted) || devfd_roll(d, ++seen))
			continue;
		chosen = i;
		*format = found;
	}
	return chosen;
}

static uint32_t is_big(const struct devfd_json *t)
{
	uint32_t i = devfd_value_member(t, 0, devfd_json_keys.order);

	return i && t->value[i].size && t->arena[t->value[i].at + 1] == 'b';
}

/* What stands beside the bytes follows them. */
static void follow(struct devfd_json *t, uint32_t object, size_t size, uint32_t index,
		   struct devfd_dice *d)
{
	uint32_t i = devfd_value_member(t, object, devfd_json_keys.recorded);

	if (i && devfd_roll(d, 32))
		set_number(t, i, size, 0);
	i = devfd_value_member(t, object, devfd_json_keys.offered);
	if (i && number_in(t, i) < size && devfd_roll(d, 8))
		set_number(t, i, size, 0);
	i = devfd_value_member(t, object, devfd_json_keys.index);
	if (i && number_in(t, i) != index)
		set_number(t, i, index, 0);
}

/* other: a text with a reply to cross it with, or NULL. */
static int change_reply(struct devfd_json *t, const struct devfd_json *other, struct devfd_dice *d)
{
	uint8_t p[REPLY], q[REPLY];
	uint32_t format = 0, i = any_reply(t, &format, d), object, index, member, j;
	size_t size, q_size;

	size = i ? from_hex(t, i, p) : SIZE_MAX;
	if (size == SIZE_MAX)
		return 0;
	object = devfd_value_owner(t, i);
	member = devfd_value_member(t, object, devfd_json_keys.index);
	index = member ? (uint32_t)number_in(t, member) : 0;
	j = other ? any_reply(other, &format, d) : 0;
	q_size = j ? from_hex(other, j, q) : SIZE_MAX;
	if (q_size != SIZE_MAX)
		size = devfd_cross_reply(format, is_big(t), &index, p, size, q, q_size, REPLY, d);
	else
		size = devfd_mutate_reply(format, is_big(t), &index, p, size, REPLY, d);
	set_hex(t, i, p, size);
	follow(t, object, size, index, d);
	return 1;
}

/* ---- Values ---- */

static uint32_t any_value(const struct devfd_json *t, struct devfd_dice *d)
{
	return t->count > 1 ? 1 + devfd_roll(d, t->count - 1) : 0;
}

static const char *any_word(struct devfd_dice *d)
{
	return devfd_json_words[devfd_roll(d, devfd_json_word_count)];
}

/* A text of those that are known. */
static void take_sample(struct devfd_json *t, struct devfd_dice *d)
{
	const char *text = devfd_json_texts[devfd_roll(d, devfd_json_text_count)];

	(void)devfd_json_parse(t, text, strlen(text));
}

/* As another value with the same key, so that a name stays one of its kind. */
static void take_like(struct devfd_json *t, uint32_t i, struct devfd_dice *d)
{
	struct devfd_json sample;
	uint32_t hop, j, k;

	take_sample(&sample, d);
	for (hop = 0; hop < HOPS * HOPS; hop++) {
		j = devfd_roll(d, sample.count);
		if (sample.value[j].key_size != t->value[i].key_size ||
		    memcmp(sample.arena + sample.value[j].key, t->arena + t->value[i].key,
			   t->value[i].key_size) != 0)
			continue;
		k = devfd_value_next(t, i);
		if (devfd_value_copy(t, &sample, j, k, t->value[i].level))
			devfd_value_drop(t, i);
		return;
	}
}

static void change_value(struct devfd_json *t, struct devfd_dice *d)
{
	uint32_t i = any_value(t, d);
	const struct devfd_value *v = &t->value[i];
	char first = v->size ? t->arena[v->at] : '\0';
	const char *word = any_word(d);

	if (v->kind == DEVFD_VALUE_STRING && v->size > 4 && !memcmp(t->arena + v->at, "\"0x", 3))
		set_number(t, i, devfd_near(number_in(t, i), WIDE, d), 1);
	else if (v->kind == DEVFD_VALUE_WORD && (digit(first) >= 0 || first == '-'))
		set_number(t, i, devfd_near(number_in(t, i), devfd_roll(d, 8) ? NARROW : WIDE, d),
			   0);
	else if (devfd_roll(d, 2) || v->kind == DEVFD_VALUE_OBJECT || v->kind == DEVFD_VALUE_ARRAY)
		take_like(t, i, d);
	else
		devfd_value_set(t, i, word, strlen(word), v->kind == DEVFD_VALUE_STRING);
}

/* A flag and what it makes known, both or neither. */
static void change_flag(struct devfd_json *t, struct devfd_dice *d)
{
	const struct devfd_json_flag *flag =
		&devfd_json_flags[devfd_roll(d, devfd_json_flag_count)];
	struct devfd_json known;
	uint32_t list, object, i, end, had = 0;

	for (list = 0, i = 0, end = 0; i < t->count; i++) {
		if (devfd_value_is_key(t, i, devfd_json_keys.flags) && !devfd_roll(d, ++end))
			list = i;
	}
	if (!list || t->value[list].kind != DEVFD_VALUE_ARRAY ||
	    !devfd_json_parse(&known, flag->known, strlen(flag->known)))
		return;
	object = devfd_value_owner(t, list);
	for (i = list + 1; i < devfd_value_next(t, list) && !had; i++)
		had = devfd_value_says(t, i, flag->name) ? i : 0;
	if (had)
		devfd_value_drop(t, had);
	for (i = 1; i < known.count; i = devfd_value_next(&known, i)) {
		if (had) {
			for (end = object + 1; end < devfd_value_next(t, object);) {
				if (t->value[end].key_size == known.value[i].key_size &&
				    !memcmp(t->arena + t->value[end].key,
					    known.arena + known.value[i].key,
					    known.value[i].key_size))
					devfd_value_drop(t, end);
				else
					end = devfd_value_next(t, end);
			}
		} else {
			devfd_value_copy(t, &known, i, devfd_value_next(t, object),
					 t->value[object].level + 1u);
		}
	}
	if (had || !devfd_json_parse(&known, "0", 1))
		return;
	/* In front of the others, whose order says nothing. */
	devfd_value_set(&known, 0, flag->name, strlen(flag->name), 1);
	devfd_value_copy(t, &known, 0, list + 1, t->value[list].level + 1u);
}

static void double_value(struct devfd_json *t, struct devfd_dice *d)
{
	uint32_t i = any_value(t, d), hop;

	/* An item or a reply more often than what is in it. */
	for (hop = 0; i && hop < 2 && devfd_roll(d, 2) && t->value[i].level > 1; hop++)
		i = devfd_value_owner(t, i);
	if (i)
		devfd_value_copy(t, t, i, devfd_value_next(t, i), t->value[i].level);
}

/* A member or element of a known text, beside one that has the same key or is in such a list. */
static void take_part(struct devfd_json *t, const struct devfd_json *from, struct devfd_dice *d)
{
	uint32_t hop, i, j, a, b;

	for (hop = 0; hop < HOPS * HOPS; hop++) {
		i = any_value(from, d);
		j = any_value(t, d);
		if (!i || !j || from->value[i].level != t->value[j].level)
			continue;
		a = devfd_value_owner(from, i);
		b = devfd_value_owner(t, j);
		if (from->value[a].kind != t->value[b].kind ||
		    from->value[a].key_size != t->value[b].key_size ||
		    memcmp(from->arena + from->value[a].key, t->arena + t->value[b].key,
			   t->value[b].key_size) != 0)
			continue;
		devfd_value_copy(t, from, i, devfd_value_next(t, j), t->value[j].level);
		return;
	}
}

static void swap_values(struct devfd_json *t, struct devfd_dice *d)
{
	uint32_t i = any_value(t, d), j = any_value(t, d);
	struct devfd_value spare = t->value[i];

	if (!i || !j || devfd_value_next(t, i) != i + 1 || devfd_value_next(t, j) != j + 1)
		return;
	t->value[i].at = t->value[j].at;
	t->value[i].size = t->value[j].size;
	t->value[i].kind = t->value[j].kind;
	t->value[j].at = spare.at;
	t->value[j].size = spare.size;
	t->value[j].kind = spare.kind;
}

/* A value in lists, as deep as some. */
static void nest(struct devfd_json *t, struct devfd_dice *d)
{
	uint32_t i = any_value(t, d), depth = devfd_roll(d, 8) ? 1 : devfd_roll(d, NESTED), end, j;
	struct devfd_json list;

	if (!i || !devfd_json_parse(&list, devfd_roll(d, 2) ? "[]" : "{}", 2))
		return;
	for (end = devfd_value_next(t, i); depth; depth--, i++, end++) {
		for (j = i; j < end; j++) {
			if (t->value[j].level + 2 >= DEVFD_JSON_DEPTH)
				return;
		}
		if (!devfd_value_copy(t, &list, 0, i, t->value[i].level))
			return;
		t->value[i].key = t->value[i + 1].key;
		t->value[i].key_size = t->value[i + 1].key_size;
		for (j = i + 1; j <= end; j++)
			t->value[j].level++;
	}
}

/* ---- The whole ---- */

/* Items have ascending indices below the number that the device says there are. */
static void count_items(struct devfd_json *t)
{
	uint32_t k, list, i, index, number, n;

	for (k = 0; k < DEVFD_JSON_COUNTED; k++) {
		list = devfd_value_member(t, 0, devfd_json_keys.counted[k].list);
		if (!list)
			continue;
		n = 0;
		for (i = list + 1; i < devfd_value_next(t, list); i = devfd_value_next(t, i)) {
			index = devfd_value_member(t, i, devfd_json_keys.index);
			if (!index)
				continue;
			if (number_in(t, index) < n || number_in(t, index) > UINT16_MAX)
				set_number(t, index, n, 0);
			n = (uint32_t)number_in(t, index) + 1;
		}
		for (i = 1; i < t->count; i++) {
			number =
				devfd_value_is_key(t, i, devfd_json_keys.counted[k].number) ? i : 0;
			if (number && number_in(t, number) < n)
				set_number(t, number, n, 0);
		}
	}
}

static void change(struct devfd_json *t, struct devfd_dice *d)
{
	uint32_t how = devfd_roll(d, 20), i = any_value(t, d);
	struct devfd_json sample;

	if (how < 8 && change_reply(t, devfd_roll(d, 4) ? NULL : t, d))
		return;
	if (how < 5 || how > 16) {
		change_value(t, d);
	} else if (how < 10) {
		change_flag(t, d);
	} else if (how == 10) {
		double_value(t, d);
	} else if (how == 11) {
		if (i)
			devfd_value_drop(t, i);
	} else if (how == 12) {
		swap_values(t, d);
	} else if (how < 15) {
		take_sample(&sample, d);
		take_part(t, &sample, d);
	} else if (how == 15) {
		nest(t, d);
	} else if (i && t->value[i].key_size) {
		devfd_value_rename(t, i, any_word(d));
	}
}

/* Less until it fits. */
static size_t finish(struct devfd_json *t, uint8_t *out, size_t max, struct devfd_dice *d)
{
	size_t size;

	if (devfd_roll(d, 16))
		count_items(t);
	size = devfd_json_write(t, (char *)out, max);
	while (size > max && t->count > 1) {
		devfd_value_drop(t, any_value(t, d));
		size = devfd_json_write(t, (char *)out, max);
	}
	return size < max ? size : max;
}

/* What is no JSON, or is to become none. */
static size_t change_bytes(uint8_t *p, size_t size, size_t max, struct devfd_dice *d)
{
	const char *word = any_word(d);
	size_t length = strlen(word), at = devfd_roll(d, (uint32_t)size + 1);

	if (devfd_roll(d, 2) && size) {
		p[devfd_roll(d, (uint32_t)size)] = (uint8_t)devfd_roll(d, 256);
		return size;
	}
	if (size + length > max)
		return at < max ? at : max;
	memmove(p + at + length, p + at, size - at);
	while (*word)
		p[at++] = (uint8_t)*word++;
	return size + length;
}

size_t devfd_mutate_json(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct devfd_json t;

	(void)format;
	if (size > max)
		size = max;
	if (!max)
		return 0;
	if (!devfd_json_parse(&t, (const char *)p, size)) {
		if (size > 2 && devfd_roll(&d, 4))
			return change_bytes(p, size, max, &d);
		take_sample(&t, &d);
	} else if (!devfd_roll(&d, 32)) {
		return change_bytes(p, size, max, &d);
	}
	do
		change(&t, &d);
	while (devfd_roll(&d, 2));
	return finish(&t, p, max, &d);
}

size_t devfd_cross_json(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
			size_t b_size, uint8_t *out, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct devfd_json t, other;

	(void)format;
	if (!max || !devfd_json_parse(&t, (const char *)a, a_size) ||
	    !devfd_json_parse(&other, (const char *)b, b_size)) {
		memcpy(out, a, a_size < max ? a_size : max);
		return a_size < max ? a_size : max;
	}
	if (!devfd_roll(&d, 2) || !change_reply(&t, &other, &d))
		take_part(&t, &other, &d);
	if (devfd_roll(&d, 2))
		change(&t, &d);
	return finish(&t, out, max, &d);
}
