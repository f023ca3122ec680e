/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* blob.h: a description in memory, for the unit tests that open and convert some. Include after
 * cmocka.h. */
#ifndef DEVFD_BLOB_H
#define DEVFD_BLOB_H

#include "../codec.h"
#include "golden.h"

enum { CAPACITY = 8192 };

struct blob {
	uint8_t p[CAPACITY];
	size_t size;
};

static inline void load(const char *name, struct blob *blob)
{
	blob->size = golden_read(name, blob->p, CAPACITY);
	assert_true(blob->size > 0);
}

static inline void open_blob(struct devfd *d, const struct blob *blob)
{
	struct devfd_error e;

	if (devfd_open(d, blob->p, blob->size, &e) != DEVFD_OK)
		fail_msg("rule %u at %u", e.rule, e.at);
}

#endif
