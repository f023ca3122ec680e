/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * tables.h: names and texts for everything that the core knows only as numbers: rules, fields,
 * flags, items. Outside the core; may use libc. The rows come from the spec (generated/tables.c).
 */
#ifndef DEVFD_TABLES_H
#define DEVFD_TABLES_H

#include <stdio.h>
#include "../codec.h"

/* A format as a program or a user names it. */
enum devfd_format {
	DEVFD_FORMAT_TLV = 1,
	DEVFD_FORMAT_ARRAY,
	DEVFD_FORMAT_FIXED,
	DEVFD_FORMAT_REPLY, /* + enum devfd_call - 1: linux.device_info, ... */
};

/* What is judged, and everything beside the bytes that the verdict depends on. */
struct devfd_input {
	const uint8_t *p;
	size_t size;
	uint32_t format;  /* enum devfd_format, or 0: told by the first bytes */
	uint32_t options; /* DEVFD_LITTLE, DEVFD_BIG, DEVFD_PRODUCER */
	uint32_t index;   /* asked for, of a reply */
};

/* All that is said of a rule. Strings are constant. */
struct devfd_rule_row {
	const char *id;
	const char *text;           /* one sentence */
	const char *level;          /* abi, robust, seen or ours */
	const char *source;         /* the text behind it */
	const char *verdict;        /* reject or need-more */
	const char *role;           /* "producer", "reader" or both with a comma */
	const char *linux_versions; /* ">=6.6": binds kernels from there on; "" binds all */
};

/* The row of a rule, or NULL. Rules are numbered from 1 to devfd_rule_count(), with gaps where one
 * was retired. */
const struct devfd_rule_row *devfd_rule_row(uint32_t rule);
uint32_t devfd_rule_count(void);
/* The number of a rule by its id, or 0. */
uint32_t devfd_rule_number(const char *id);

/* Adds what the index of a region of Linux means on a bus: BAR and its number, configuration space.
 */
void devfd_name_region(uint32_t bus, struct devfd_item *item);

/* Format by name ("tlv", "linux.region_info") and back; 0 and NULL where there is none. */
uint32_t devfd_format_number(const char *name);
const char *devfd_format_name(uint32_t format);
/* The format that the first bytes name, or 0. */
uint32_t devfd_format_of(const void *p, size_t size);

/*
 * Judges an input as devfd_open_as() or devfd_reply() does, whichever fits its format. With tables
 * != 0 the table engine judges, else the leaves.
 */
int devfd_judge(const struct devfd_input *in, int tables, struct devfd_error *e);

/*
 * One line of the tree that a reader of the bytes sees. Bodies of tlv, array and fixed stand at
 * depth 0, sub-records and capabilities at depth 1, fields one deeper than their body. A part of an
 * array's tail is a body with the name and number of its owner. Of what cannot be followed there is
 * one last body named "rest".
 */
struct devfd_line {
	uint32_t at, size; /* bytes of the input */
	uint32_t depth;
	const char
		*name; /* of the body, as in the spec; "unknown" where the spec does not list it */
	const char *field; /* NULL for a body */
	const char *doc;
	int32_t nth; /* index of a slot, or how many like it stand before it; -1 where there is only
			one */
	int numeric; /* value counts */
	uint32_t width; /* bytes of the number */
	uint64_t value;
	char meaning[160]; /* flag names, enum member, text, or empty */
};

/*
 * Calls fn for every body and field of the input in the order of their offsets, as far as the input
 * can be followed; a broken one is walked to where it breaks. fn returns 0 to go on. Returns what
 * fn returned last.
 */
int devfd_walk(const struct devfd_input *in,
	       int (*fn)(void *context, const struct devfd_line *line), void *context);

/*
 * Where and why: writes "path: found X, allowed Y" for an error of this input, for example
 * "REGION[2].INDEX.index: found 12, allowed at most 8". Never longer than size - 1.
 */
void devfd_explain(const struct devfd_input *in, const struct devfd_error *e, char *out,
		   size_t size);

/*
 * Names of model things: member of an enum, model flag by the number of its bit (0 to 31), state;
 * NULL where there is none.
 */
const char *devfd_bus_name(uint32_t bus);
const char *devfd_state_name(uint32_t state);
const char *devfd_origin_name(uint32_t origin);
const char *devfd_order_name(uint32_t order);
const char *devfd_prop_type_name(uint32_t prop_type);
const char *devfd_flag_name(uint32_t bit);
/* What a bit (0 to 31) of a loss mask names: a model flag or one of DEVFD_LOST_*. */
const char *devfd_lost_name(uint32_t bit);

#endif
