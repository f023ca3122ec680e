/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* say.h: what a walk says of one body or field, whatever shape it was found in. */
#ifndef DEVFD_SAY_H
#define DEVFD_SAY_H

#include "walk.h"

enum {
	WALK_LEVELS = 2, /* records, and sub-records in them */
	WALK_NO_NTH = -1,
};

/* A walk. rc is what fn returned last; once it is not 0 nothing more is said. */
struct devfd_walk_state {
	const uint8_t *p;
	uint32_t size;
	uint32_t big, version;
	devfd_step_fn *fn;
	void *context;
	int rc;
	uint32_t nth[WALK_LEVELS][DEVFD_BODY_LINUX_CAP]; /* bodies of each kind so far; unlisted
						       ones count at 0 */
};

/* Where the fields of a body stand, and how to read them. */
struct devfd_place {
	const struct devfd_body_row *row;
	const char *name;
	uint32_t at, end; /* of the fields, and of the room for them */
	uint32_t depth;   /* of the fields */
	uint32_t version, big;
};

static inline uint32_t devfd_walk_load32(const struct devfd_walk_state *w, uint32_t at)
{
	return devfd_get32(w->p + at, w->big);
}

static inline uint32_t devfd_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void devfd_say(struct devfd_walk_state *w, const struct devfd_step *step);

/* A step with everything of a body but what its kind adds. */
struct devfd_step devfd_body_step(const struct devfd_walk_state *w,
				  const struct devfd_body_row *row, uint32_t at, uint32_t size,
				  uint32_t depth, int32_t nth);

/* What is left from `at` on, which cannot be followed. */
void devfd_say_rest(struct devfd_walk_state *w, uint32_t at, uint32_t end, uint32_t depth);

/* A number. meant: what it names, where only the caller knows. */
void devfd_say_number(struct devfd_walk_state *w, const struct devfd_place *b,
		      const struct devfd_field_row *f, uint32_t at, const char *meant);

/* The fields that the version has, as far as the room has them. Returns where the fixed part ends.
 */
uint32_t devfd_say_fields(struct devfd_walk_state *w, const struct devfd_place *b);

/* Bytes of a body that the spec does not list. */
void devfd_say_data(struct devfd_walk_state *w, const char *name, uint32_t at, uint32_t end,
		    uint32_t depth);

#endif
