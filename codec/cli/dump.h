/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* dump.h: the canonical dump; dump.c needs no other part of the tool. */
#ifndef DEVFD_DUMP_H
#define DEVFD_DUMP_H

#include <jansson.h>
#include <stdbool.h>

#include "../codec.h"

enum attribute_type {
	ATTRIBUTE_U32,
	ATTRIBUTE_U64,
	ATTRIBUTE_PROP_TYPE,
	ATTRIBUTE_PATH,
	ATTRIBUTE_AREAS,
	ATTRIBUTE_DEPENDENTS
};

/* One attribute of an item as the dump has it; the rows stand in the order of the dump. */
struct attribute {
	const char *name;
	uint32_t kinds; /* a bit for each enum devfd_kind */
	enum attribute_type type;
	size_t place;  /* in struct devfd_item */
	uint32_t flag; /* known with this flag; 0: always */
	bool rare;     /* left out where it is 0 */
};

extern const struct attribute attributes[];
extern const size_t attributes_count;

#define DUMP_SCHEMA "devfd/1"
bool has_index(uint32_t kind);
bool has_state(uint32_t kind);
json_t *dump_item(const struct devfd_item *item);
json_t *dump_description(struct devfd *d);
json_t *dump_reply(uint32_t call, const struct devfd_item *item);
/* "READ|WRITE", or "0"; of model flags, and of a loss mask. */
void flag_names(uint32_t flags, char *out, size_t size);
void loss_names(uint32_t lost, char *out, size_t size);
/* The format of the replies to a call, and its name without the name of the family. */
uint32_t reply_format(uint32_t call);

#endif
