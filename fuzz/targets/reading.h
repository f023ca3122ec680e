/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* reading.h: the promises to whoever reads a description or a reply. */
#ifndef DEVFD_FUZZ_READING_H
#define DEVFD_FUZZ_READING_H

#include "../../codec/codec.h"
#include "../../codec/tests/reader.h"
#include "input.h"

/* Reads a description in one layout. The first part: one reading and what it says. */
int promise_open(const struct fuzz_input *in, uint32_t layout, struct devfd *d,
		 struct devfd_error *e);
/* A part of the second: tables say the same. */
void promise_open_tables(const struct fuzz_input *in, uint32_t layout, int rc,
			 const struct devfd *d, const struct devfd_error *e);
/* The second: tables, roles, devfd_open() and a second reading say the same. */
void promise_open_again(const struct fuzz_input *in, uint32_t layout, int rc, const struct devfd *d,
			const struct devfd_error *e);
/* The third, for what was accepted: every item is what an item may be, and what tables give. */
void promise_walk(const struct fuzz_input *in, const struct devfd *d);
/* Looks items up by their index: all of them, or only some near the chosen one. */
void promise_look_up(const struct reader *by, const struct devfd *d, bool all, uint32_t choice);
/* Less of an accepted description: so many bytes. */
void promise_prefix(const struct fuzz_input *in, const struct devfd *d, size_t size);

/* Reads a reply, in three parts, as above. */
int promise_reply_first(const struct fuzz_input *in, uint32_t call, struct devfd_item *item,
			struct devfd_error *e);
void promise_reply_tables(const struct fuzz_input *in, uint32_t call, int rc,
			  const struct devfd_item *item, const struct devfd_error *e);
void promise_reply_again(const struct fuzz_input *in, uint32_t call, int rc,
			 const struct devfd_item *item, const struct devfd_error *e);
void promise_reply_item(const struct fuzz_input *in, const struct devfd_item *item);
/* Less of an accepted reply. */
void promise_reply_prefix(const struct fuzz_input *in, uint32_t call, const struct devfd_item *item,
			  size_t size);

/* Leaves and tables give the same kept things of an item. */
void promise_kept_agree(const struct devfd_item *item);

/* Both readings end alike; else the promise of this name is broken. */
void promise_agree(const char *name, const char *by, int rc, const struct devfd_error *e,
		   int other_rc, const struct devfd_error *other);

/* What a refusal, or none, says of itself; what has to be asked for again ended at `end`. */
void promise_error(const char *by, int rc, const struct devfd_error *e, size_t size, size_t end);

#endif
