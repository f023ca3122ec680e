/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* walk.h: what the walk knows of a line beyond what a reader of the tree sees; explain.c builds on
 * it. */
#ifndef DEVFD_WALK_H
#define DEVFD_WALK_H

#include "rows.h"

struct devfd_step {
	struct devfd_line line;
	const struct devfd_body_row *body;   /* NULL for what the spec does not list */
	const struct devfd_field_row *field; /* NULL for a body */
	uint32_t fields;                     /* of a body: where its fields begin */
	uint32_t end; /* of a body: end of the room for its fields and children */
	uint32_t version;
	uint32_t big;
	uint32_t
		owner; /* of a part of a tail: where the slot or header stands that it belongs to */
	int has_offset; /* of a slot of fixed: the device type says the offset of its region */
	uint64_t offset;
};

typedef int devfd_step_fn(void *context, const struct devfd_step *step);

/* walk.c: devfd_walk(), with more to each line. */
int devfd_steps(const struct devfd_input *in, devfd_step_fn *fn, void *context);

/* Text that is cut where its buffer ends; always closed by a NUL. */
struct devfd_text {
	char *p;
	size_t size, used;
};

/* meaning.c: pieces of text. */
void devfd_text_start(struct devfd_text *t, char *p, size_t size);
void devfd_text_add(struct devfd_text *t, const char *piece);
void devfd_text_number(struct devfd_text *t, uint64_t value);
void devfd_text_hex(struct devfd_text *t, const uint8_t *p, uint32_t size);
void devfd_text_escaped(struct devfd_text *t, const uint8_t *p, uint32_t size);
void devfd_text_flags(struct devfd_text *t, const struct devfd_flags_row *flags, uint64_t value);
const char *devfd_member_name(uint32_t values, uint64_t value);

/* meaning.c: the rows of a record by its tag, and of a capability by the origin of its chain and
 * its id; or NULL. */
const struct devfd_body_row *devfd_record_body(uint32_t tag);
const struct devfd_body_row *devfd_cap_body(uint32_t origin, uint32_t id);

#endif
