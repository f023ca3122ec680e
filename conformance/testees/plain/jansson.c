// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* jansson.c: JSON that is written as it is made; see jansson.h beside it. */
#include "jansson.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json_t {
	char *text;       /* all but the bracket that closes it */
	const char *tail; /* that bracket */
	size_t used, room, count;
};

/* A dump with something left out would be a wrong one. */
static void *must(void *p)
{
	if (p)
		return p;
	fputs("testee: out of memory\n", stderr);
	exit(2);
}

static void add(json_t *to, const char *text, size_t size)
{
	if (to->used + size + 1 > to->room) {
		to->room = 2 * (to->used + size + 1);
		to->text = must(realloc(to->text, to->room));
	}
	memcpy(to->text + to->used, text, size);
	to->used += size;
	to->text[to->used] = '\0';
}

static json_t *start(const char *head, const char *tail)
{
	json_t *value = must(calloc(1, sizeof(*value)));

	value->tail = tail;
	add(value, head, strlen(head));
	return value;
}

/* Names of the spec and paths, which are printable ASCII; other bytes are escaped by number. */
static void add_string(json_t *to, const char *text, size_t size)
{
	char escape[8];
	size_t i;

	add(to, "\"", 1);
	for (i = 0; i < size; i++) {
		if (text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\') {
			add(to, text + i, 1);
			continue;
		}
		snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)text[i]);
		add(to, escape, strlen(escape));
	}
	add(to, "\"", 1);
}

static void add_value(json_t *to, const json_t *value)
{
	add(to, value->text, value->used);
	add(to, value->tail, strlen(value->tail));
}

json_t *json_object(void)
{
	return start("{", "}");
}

json_t *json_array(void)
{
	return start("[", "]");
}

json_t *json_stringn(const char *text, size_t size)
{
	json_t *value = start("", "");

	add_string(value, text, size);
	return value;
}

json_t *json_string(const char *text)
{
	return text ? json_stringn(text, strlen(text)) : NULL;
}

json_t *json_sprintf(const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return json_string(text);
}

json_t *json_integer(json_int_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return start(text, "");
}

json_t *json_pack(const char *format, ...)
{
	json_t *object = json_object();
	const char *key = "";
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format == 's')
			key = va_arg(args, const char *);
		else if (*format == 'o')
			json_object_set_new(object, key, va_arg(args, json_t *));
		else if (*format == 'i')
			json_object_set_new(object, key, json_integer(va_arg(args, int)));
		else if (*format == 'I')
			json_object_set_new(object, key, json_integer(va_arg(args, json_int_t)));
	}
	va_end(args);
	return object;
}

int json_object_set(json_t *object, const char *key, json_t *value)
{
	if (!value)
		return -1;
	if (object->count++)
		add(object, ",", 1);
	add_string(object, key, strlen(key));
	add(object, ":", 1);
	add_value(object, value);
	return 0;
}

int json_object_set_new(json_t *object, const char *key, json_t *value)
{
	int rc = json_object_set(object, key, value);

	json_decref(value);
	return rc;
}

int json_array_append_new(json_t *array, json_t *value)
{
	if (!value)
		return -1;
	if (array->count++)
		add(array, ",", 1);
	add_value(array, value);
	json_decref(value);
	return 0;
}

size_t json_array_size(const json_t *array)
{
	return array->count;
}

void json_decref(json_t *value)
{
	if (!value)
		return;
	free(value->text);
	free(value);
}

char *json_dumps(const json_t *value, size_t flags)
{
	json_t *copy = start("", "");
	char *text;

	(void)flags;
	add_value(copy, value);
	text = copy->text;
	free(copy);
	return text;
}
