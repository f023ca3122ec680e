/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * known.h: answers to what is asked of the rows of the spec for every piece of every input, by
 * number. They are taken from the rows once, before main(); a search each time costs more than
 * all else.
 */
#ifndef DEVFD_FUZZ_KNOWN_H
#define DEVFD_FUZZ_KNOWN_H

#include "shape.h"

enum {
	DEVFD_KNOWN_BODIES = 64,
	DEVFD_KNOWN_ATTRS = 64,
	DEVFD_KNOWN_ITEMS = 16,
	DEVFD_KNOWN_FORMATS = 16,
	DEVFD_KNOWN_RULES = 64,
	DEVFD_KNOWN_TAG_BITS = 7,
	DEVFD_KNOWN_TAGS = 1 << DEVFD_KNOWN_TAG_BITS,
};

/* Of a body. */
struct devfd_known_body {
	const struct devfd_record *record; /* or NULL */
	uint32_t fixed;                    /* bytes of its fixed fields, in `newest` and later */
	uint32_t newest;                   /* version that has all of them */
	uint64_t kept;                     /* a bit for each field that rules may speak of */
	uint8_t flags;                     /* 1 + the field that is the item's flags */
	uint8_t fields[DEVFD_KNOWN_ATTRS]; /* 1 + the first field of each attribute */
};

struct devfd_known {
	struct devfd_known_body body[DEVFD_KNOWN_BODIES];
	/* 1 + the first rule of the model of an attribute of an item; 1 + the next one like it. */
	uint8_t rule[DEVFD_KNOWN_ITEMS][DEVFD_KNOWN_ATTRS];
	uint8_t rule_after[DEVFD_KNOWN_RULES];
	/* Bodies of the record and of the capability that say a model flag by being there. */
	uint8_t knows[32], cap_knows[32];
	/* 1 + the first sample of a body in a body, of each format. */
	uint8_t sample[DEVFD_KNOWN_FORMATS][DEVFD_KNOWN_BODIES][DEVFD_KNOWN_BODIES];
	/* Bodies of records, and of capabilities, each at the hash of its tag or id or in the first
	 * free place behind. */
	uint8_t tag[DEVFD_KNOWN_TAGS], cap[DEVFD_KNOWN_TAGS];
};

extern struct devfd_known devfd_known;

static inline const struct devfd_record *devfd_known_record(uint32_t body)
{
	return devfd_known.body[body].record;
}

/* What says a model flag by being there, in a format, or 0. */
static inline uint32_t devfd_known_knows(const struct devfd_shape_row *row, uint64_t flag)
{
	const uint8_t *table =
		row->shape == DEVFD_SHAPE_REPLY ? devfd_known.cap_knows : devfd_known.knows;

	return flag && flag <= UINT32_MAX ? table[__builtin_ctzll(flag)] : 0;
}

/* devfd_fixed_size(). */
static inline uint32_t devfd_known_fixed(uint32_t body, uint32_t version)
{
	const struct devfd_known_body *known = &devfd_known.body[body];

	if (version >= known->newest)
		return known->fixed;
	return devfd_fixed_size(&devfd_body_rows[body], version);
}

static inline uint32_t devfd_known_hash(uint32_t tag)
{
	return tag * 0x9e3779b1u >> (32 - DEVFD_KNOWN_TAG_BITS);
}

/* The number of the body of a capability in the chain of an origin, or 0. */
static inline uint32_t devfd_known_cap(uint32_t origin, uint32_t id)
{
	uint32_t i = devfd_known_hash(id);

	for (; devfd_known.cap[i]; i = (i + 1) % DEVFD_KNOWN_TAGS) {
		const struct devfd_body_row *row = &devfd_body_rows[devfd_known.cap[i]];

		if (row->tag == id && row->chain == origin)
			return devfd_known.cap[i];
	}
	return 0;
}

/* The number of the body of a record with a tag, or 0. */
static inline uint32_t devfd_known_tag(uint32_t tag)
{
	uint32_t i = devfd_known_hash(tag);

	while (devfd_known.tag[i] && devfd_body_rows[devfd_known.tag[i]].tag != tag)
		i = (i + 1) % DEVFD_KNOWN_TAGS;
	return devfd_known.tag[i];
}

/* The first sample of a body that stands in another one (0: in none), or NULL. */
static inline const struct devfd_sample *devfd_known_sample(const struct devfd_shape_row *row,
							    uint32_t body, uint32_t parent)
{
	uint32_t i = devfd_known.sample[row - devfd_shape_rows][body][parent];

	return i ? &row->samples[i - 1] : NULL;
}

#endif
