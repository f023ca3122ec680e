/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* devfd.h: devfd's own codec as a testee, behind the pipe (devfd_pipe.c) and the shared object
 * (devfd_so.c). */
#ifndef DEVFD_TESTEES_DEVFD_H
#define DEVFD_TESTEES_DEVFD_H

#include "testee.h"

/* An answer whose text has any length; the text is the caller's to free, and never NULL. */
struct reading {
	uint32_t verdict, at, need;
	char *text;
};

/* A reading of the bytes: "leaves" or "tables"; NULL where there is none of that name. */
struct reader;
const struct reader *reader_by_name(const char *name);

/* What it says of itself, as PROTOCOL.md has it. */
enum { HELLO_SIZE = 1024 };
void reader_hello(const struct reader *by, char *text, size_t size);

void read_case(const struct reader *by, const struct devfd_case *one, struct reading *out);

#endif
