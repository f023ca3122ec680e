// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* text.c: JSON texts taken apart, and put together. */
#include "text.h"

#include <string.h>

/* ---- Reading ---- */

struct cursor {
	const char *p;
	uint32_t at, end;
};

static int is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next character that is none between values, or 0. */
static char peek(struct cursor *c)
{
	while (c->at < c->end && is_blank(c->p[c->at]))
		c->at++;
	return c->at < c->end ? c->p[c->at] : '\0';
}

/* Goes over a string or a word; returns its size, 0 for none. */
static uint32_t scalar(struct cursor *c)
{
	uint32_t start = c->at;

	if (peek(c) == '"') {
		start = c->at++;
		while (c->at < c->end && c->p[c->at] != '"')
			c->at += c->p[c->at] == '\\' ? 2 : 1;
		if (c->at >= c->end)
			return 0;
		c->at++;
		return c->at - start;
	}
	while (c->at < c->end && !is_blank(c->p[c->at]) && c->p[c->at] &&
	       !strchr(",:]}[{\"", c->p[c->at]))
		c->at++;
	return c->at - start;
}

/* A key and a colon. */
static int parse_key(struct cursor *c, struct devfd_value *v)
{
	if (peek(c) != '"')
		return 0;
	v->key = (uint16_t)c->at;
	v->key_size = (uint16_t)scalar(c);
	if (!v->key_size || peek(c) != ':')
		return 0;
	c->at++;
	return 1;
}

static char closer_of(uint32_t kind)
{
	return kind == DEVFD_VALUE_OBJECT ? '}' : ']';
}

/* Goes over what ends values: closers, and at last a comma. 0: it is wrong. */
static int leave(struct cursor *c, const char *closers, uint32_t *depth)
{
	while (*depth && peek(c) == closers[*depth - 1]) {
		c->at++;
		--*depth;
	}
	if (!*depth)
		return !peek(c) && c->at == c->end;
	if (peek(c) != ',')
		return 0;
	c->at++;
	return 1;
}

static int is_open(const struct devfd_value *v)
{
	return v->kind == DEVFD_VALUE_OBJECT || v->kind == DEVFD_VALUE_ARRAY;
}

/* Of an object or array only how it begins. */
static int parse_value(struct cursor *c, struct devfd_value *v)
{
	char first = peek(c);

	v->at = (uint16_t)c->at;
	if (first == DEVFD_VALUE_OBJECT || first == DEVFD_VALUE_ARRAY) {
		v->kind = (uint8_t)first;
		c->at++;
		return 1;
	}
	v->kind = first == '"' ? DEVFD_VALUE_STRING : DEVFD_VALUE_WORD;
	v->size = (uint16_t)scalar(c);
	return v->size != 0;
}

int devfd_json_parse(struct devfd_json *t, const char *p, size_t size)
{
	struct cursor c = {t->arena, 0, (uint32_t)size};
	char closers[DEVFD_JSON_DEPTH];
	uint32_t depth = 0;
	struct devfd_value *v;

	t->count = 0;
	if (size > DEVFD_JSON_ARENA / 2)
		return 0;
	memcpy(t->arena, p, size);
	t->used = (uint32_t)size;
	while (t->count < DEVFD_JSON_VALUES) {
		v = &t->value[t->count++];
		memset(v, 0, sizeof(*v));
		v->level = (uint8_t)depth;
		if (depth && closers[depth - 1] == '}' && !parse_key(&c, v))
			return 0;
		if (!parse_value(&c, v))
			return 0;
		if (is_open(v)) {
			if (depth == DEVFD_JSON_DEPTH)
				return 0;
			closers[depth++] = closer_of(v->kind);
			if (peek(&c) != closers[depth - 1])
				continue;
		}
		if (!leave(&c, closers, &depth))
			return 0;
		if (!depth)
			return 1;
	}
	return 0;
}

/* ---- Writing ---- */

struct writer {
	char *p;
	size_t at, max; /* at goes on beyond max */
};

static void put(struct writer *w, const char *p, size_t size)
{
	size_t left = w->at < w->max ? w->max - w->at : 0;

	if (left)
		memcpy(w->p + w->at, p, size < left ? size : left);
	w->at += size;
}

size_t devfd_json_write(const struct devfd_json *t, char *out, size_t max)
{
	struct writer w = {out, 0, max};
	char closers[DEVFD_JSON_DEPTH + 1], first;
	uint32_t depth = 0, i;

	for (i = 0; i < t->count; i++) {
		const struct devfd_value *v = &t->value[i];

		for (; depth > v->level; depth--)
			put(&w, &closers[depth - 1], 1);
		if (i && v->level <= v[-1].level)
			put(&w, ",", 1);
		if (depth && closers[depth - 1] == '}') {
			/* What was moved from a list is a member without a name. */
			put(&w, v->key_size ? t->arena + v->key : "\"\"",
			    v->key_size ? v->key_size : 2);
			put(&w, ":", 1);
		}
		if (!is_open(v)) {
			put(&w, t->arena + v->at, v->size);
			continue;
		}
		first = (char)v->kind;
		put(&w, &first, 1);
		closers[depth++] = closer_of(v->kind);
	}
	for (; depth; depth--)
		put(&w, &closers[depth - 1], 1);
	return w.at;
}

/* ---- Values ---- */

uint32_t devfd_value_next(const struct devfd_json *t, uint32_t i)
{
	uint32_t level = t->value[i].level;

	for (i++; i < t->count && t->value[i].level > level; i++)
		;
	return i;
}

uint32_t devfd_value_owner(const struct devfd_json *t, uint32_t i)
{
	uint32_t level = t->value[i].level;

	while (i && t->value[i].level >= level)
		i--;
	return i;
}

int devfd_value_is_key(const struct devfd_json *t, uint32_t i, const char *key)
{
	const struct devfd_value *v = &t->value[i];
	size_t size = strlen(key);

	return v->key_size == size + 2 && !memcmp(t->arena + v->key + 1, key, size);
}

uint32_t devfd_value_member(const struct devfd_json *t, uint32_t i, const char *key)
{
	uint32_t j, end = devfd_value_next(t, i);

	for (j = i + 1; j < end; j++) {
		if (t->value[j].level == t->value[i].level + 1 && devfd_value_is_key(t, j, key))
			return j;
	}
	return 0;
}

int devfd_value_says(const struct devfd_json *t, uint32_t i, const char *text)
{
	const struct devfd_value *v = &t->value[i];
	size_t size = strlen(text);

	return v->kind == DEVFD_VALUE_STRING && v->size == size + 2 &&
	       !memcmp(t->arena + v->at + 1, text, size);
}

void devfd_value_drop(struct devfd_json *t, uint32_t i)
{
	uint32_t next = devfd_value_next(t, i);

	memmove(&t->value[i], &t->value[next], (t->count - next) * sizeof(t->value[0]));
	t->count -= next - i;
}

/* Bytes in the arena, or UINT32_MAX. */
static uint32_t hold(struct devfd_json *t, const char *p, size_t size)
{
	uint32_t at = t->used;

	if (size > DEVFD_JSON_ARENA - at)
		return UINT32_MAX;
	memcpy(t->arena + at, p, size);
	t->used += (uint32_t)size;
	return at;
}

int devfd_value_copy(struct devfd_json *t, const struct devfd_json *from, uint32_t i, uint32_t to,
		     uint32_t level)
{
	uint32_t next = devfd_value_next(from, i), count = next - i, j, key, at;
	struct devfd_value copies[DEVFD_JSON_VALUES];

	if (count > DEVFD_JSON_VALUES - t->count)
		return 0;
	memcpy(copies, &from->value[i], count * sizeof(copies[0]));
	for (j = 0; j < count; j++) {
		struct devfd_value *v = &copies[j];

		if (v->level - copies[0].level + level >= DEVFD_JSON_DEPTH)
			return 0;
		if (j)
			v->level = (uint8_t)(v->level - copies[0].level + level);
		if (t == from)
			continue;
		key = hold(t, from->arena + v->key, v->key_size);
		at = hold(t, from->arena + v->at, v->size);
		if (key == UINT32_MAX || at == UINT32_MAX)
			return 0;
		v->key = (uint16_t)key;
		v->at = (uint16_t)at;
	}
	copies[0].level = (uint8_t)level;
	memmove(&t->value[to + count], &t->value[to], (t->count - to) * sizeof(t->value[0]));
	memcpy(&t->value[to], copies, count * sizeof(copies[0]));
	t->count += count;
	return 1;
}

/* Text with or without quotation marks. */
static uint32_t hold_text(struct devfd_json *t, const char *text, size_t size, int quoted)
{
	uint32_t at = t->used;

	if (size + 2 > DEVFD_JSON_ARENA - t->used)
		return UINT32_MAX;
	if (quoted)
		hold(t, "\"", 1);
	hold(t, text, size);
	if (quoted)
		hold(t, "\"", 1);
	return at;
}

void devfd_value_set(struct devfd_json *t, uint32_t i, const char *text, size_t size, int quoted)
{
	struct devfd_value *v = &t->value[i];
	uint32_t at;

	if (is_open(v))
		return;
	at = hold_text(t, text, size, quoted);
	if (at == UINT32_MAX)
		return;
	v->at = (uint16_t)at;
	v->size = (uint16_t)(t->used - at);
	v->kind = quoted ? DEVFD_VALUE_STRING : DEVFD_VALUE_WORD;
}

void devfd_value_rename(struct devfd_json *t, uint32_t i, const char *key)
{
	struct devfd_value *v = &t->value[i];
	uint32_t at = hold_text(t, key, strlen(key), 1);

	if (at == UINT32_MAX)
		return;
	v->key = (uint16_t)at;
	v->key_size = (uint16_t)(t->used - at);
}
