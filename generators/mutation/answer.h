/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* answer.h: what the parts of the driver share: an input, and the answer to it. */
#ifndef DEVFD_MUTATION_ANSWER_H
#define DEVFD_MUTATION_ANSWER_H

#include "codec/cli/dump.h"
#include "codec/tables/tables.h"

#include <stdbool.h>
#include <stdio.h>

enum {
	VECTOR = 0,      /* kind of input: bytes */
	SCRIPT = 1,      /* a dialogue */
	UNSPECIFIED = 2, /* a dialogue in which any answer will do */
	DIRT = 0xa5,     /* what stands in memory that nobody wrote */
};

struct input {
	uint32_t kind, format, options, index, limit, size;
	const uint8_t *p;
};

/* Of one answer: 64 bits that stand for its text. */
struct answer {
	uint64_t digest;
	FILE *print; /* or NULL */
};

/* answer.c. An input is put before `end`, behind which nothing may be read. The answer is the
 * verdict as the corpus has it, with words added where a promise of codec.h is not kept. */
extern uint8_t *end;
void answer_input(const struct input *in, struct answer *a);

void say(struct answer *a, const char *text);
void answer_by(struct answer *a, int rc, const struct devfd_error *e, json_t *dump);
bool as_promised(const struct devfd_item *item);
bool needs_well(int rc, const struct devfd_error *e);
bool is_dirty(const void *p, size_t size);
bool same_dump(json_t *a, json_t *b);
uint32_t word(const uint8_t *p);

/* dialogue.c */
void answer_script(const struct input *in, struct answer *a);

#endif
