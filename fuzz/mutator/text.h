/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * text.h: a JSON text as a list of values that can be dropped, doubled, moved and changed, and
 * written again; and what is known of captures and dumps, by the rows of fuzz/generated/texts.c.
 */
#ifndef DEVFD_FUZZ_TEXT_H
#define DEVFD_FUZZ_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
	DEVFD_JSON_VALUES = 640,
	DEVFD_JSON_ARENA = 32768, /* bytes of keys and values; a text may have half of it */
	DEVFD_JSON_DEPTH = 48,
	DEVFD_JSON_COUNTED = 2,
};

/* Words that stand in captures and dumps. */
extern const char *const devfd_json_words[];
extern const uint32_t devfd_json_word_count;

/* The name of a call, and the format of what it replies. */
extern const struct devfd_json_call {
	const char *name;
	uint32_t format;
} devfd_json_calls[];
extern const uint32_t devfd_json_call_count;

/* The name of a flag, and an object of what it makes known. */
extern const struct devfd_json_flag {
	const char *name, *known;
} devfd_json_flags[];
extern const uint32_t devfd_json_flag_count;

/* Members that stand beside a reply, and those that count a list. */
extern const struct devfd_json_keys {
	const char *order, *index, *offered, *bytes, *recorded, *flags;
	struct {
		const char *list, *number;
	} counted[DEVFD_JSON_COUNTED];
} devfd_json_keys;

/* Short texts in which every member stands. */
extern const char *const devfd_json_texts[];
extern const uint32_t devfd_json_text_count;

enum devfd_value_kind {
	DEVFD_VALUE_OBJECT = '{',
	DEVFD_VALUE_ARRAY = '[',
	DEVFD_VALUE_STRING = '"',
	DEVFD_VALUE_WORD = 'w', /* numbers, too */
};

/* A value without those in it, which follow it with a higher level. Texts of strings are with their
 * quotation marks; key_size 0: it is no member. */
struct devfd_value {
	uint16_t key, key_size, at, size;
	uint8_t kind, level;
};

struct devfd_json {
	uint32_t count, used;
	struct devfd_value value[DEVFD_JSON_VALUES];
	char arena[DEVFD_JSON_ARENA];
};

/* Returns 0 where it is no JSON, or too much of it. */
int devfd_json_parse(struct devfd_json *t, const char *p, size_t size);
/* Writes at most max bytes; returns what it takes. */
size_t devfd_json_write(const struct devfd_json *t, char *out, size_t max);

/* The value behind i and all that is in it; what i is in, or i itself where that is all. */
uint32_t devfd_value_next(const struct devfd_json *t, uint32_t i);
uint32_t devfd_value_owner(const struct devfd_json *t, uint32_t i);
/* The member of an object by its key, or 0. */
uint32_t devfd_value_member(const struct devfd_json *t, uint32_t i, const char *key);
/* Whether a string says this; whether a value has this key. */
int devfd_value_says(const struct devfd_json *t, uint32_t i, const char *text);
int devfd_value_is_key(const struct devfd_json *t, uint32_t i, const char *key);

void devfd_value_drop(struct devfd_json *t, uint32_t i);
/* Copies a value of a text, maybe the same, before place `to`, at a level. 0: no room. */
int devfd_value_copy(struct devfd_json *t, const struct devfd_json *from, uint32_t i, uint32_t to,
		     uint32_t level);
/* Gives a value that has no others in it this text, or a key that; quoted: in quotation marks. */
void devfd_value_set(struct devfd_json *t, uint32_t i, const char *text, size_t size, int quoted);
void devfd_value_rename(struct devfd_json *t, uint32_t i, const char *key);

#endif
