/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * jansson.h: the few functions of jansson that write the canonical dump (codec/cli/dump.c), for
 * builds for machines that jansson itself is not at hand for. A value is its own text from the
 * start, so nothing can be read back or changed.
 */
#ifndef DEVFD_PLAIN_JANSSON_H
#define DEVFD_PLAIN_JANSSON_H

#include <stddef.h>

typedef struct json_t json_t;
typedef long long json_int_t;
#define JSON_COMPACT 0

json_t *json_object(void);
json_t *json_array(void);
json_t *json_string(const char *text);
json_t *json_stringn(const char *text, size_t size);
json_t *json_sprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
json_t *json_integer(json_int_t value);
/* Objects alone, of values of the types o, i and I. */
json_t *json_pack(const char *format, ...);
int json_object_set(json_t *object, const char *key, json_t *value);
int json_object_set_new(json_t *object, const char *key, json_t *value);
int json_array_append_new(json_t *array, json_t *value);
size_t json_array_size(const json_t *array);
void json_decref(json_t *value);
char *json_dumps(const json_t *value, size_t flags);

#endif
