/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * promise.h: what must hold for every input beyond that nothing crashes. A broken promise ends the
 * process with "promise broken: NAME: detail", so that every engine sees a crash with a name.
 *
 *	same-twice       reading the same bytes again gives the same
 *	tables-agree     the table engine gives what the leaves give
 *	open-alike       devfd_open() gives what devfd_open_as() gives
 *	error-told       a refusal names a rule, a place, and the size to come back with
 *	prefix           less of an accepted input gives less, and nothing else
 *	fixed-point      written and read it is the same, and written again, too
 *	exact-size       no load outside the input
 *	read-once        each byte of a reply is read at most once
 *	work-bounded     loads grow linearly with the input
 *	nothing-written  outputs stay as they were on reject
 *	item             nothing is said without its flag, and all lists end
 *	access           what may be mapped is what was said, and inside
 *	look-up          an index gives what the walk gives
 *	producer         the producer role accepts no more than the reader
 *	room             a smaller capacity is refused, and nothing is behind it
 *	loss             what is lost is told, and never opens anything
 *	calls            devfd_ask() asks as codec.h says, at most 3 times
 *	text             names, paths and explanations stay in their buffers
 */
#ifndef DEVFD_FUZZ_PROMISE_H
#define DEVFD_FUZZ_PROMISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void promise_broken(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The detail is made only where the promise is broken. */
#define PROMISE(name, holds, ...)                                                                  \
	do {                                                                                       \
		if (__builtin_expect(!(holds), 0))                                                 \
			promise_broken(name, __VA_ARGS__);                                         \
	} while (0)

/* What memory holds that nobody wrote. */
enum { DIRT = 0xa5 };
void make_dirty(void *p, size_t size);
bool is_dirty(const void *p, size_t size);
bool is_clear(const void *p, size_t size);
/* To the bit, with the padding, which the core clears. */
bool same_bytes(const void *a, const void *b, size_t size);

#endif
