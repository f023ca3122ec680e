/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * promise.h: what must hold for every input beyond that nothing crashes. A broken promise ends the
 * process with "promise broken: NAME: detail", so that every engine sees a crash with a name.
 *
 *	same-twice       reading the same bytes again gives the same
 *	tables-agree     the table engine gives what the leaves give
 *	open-alike       devfd_open() gives what devfd_open_as() gives where the magic says it
 *	error-told       a refusal names a rule and a place, and a size to come back with if that
 *helps prefix           less of an accepted input is refused, or gives a prefix of the same items
 *	fixed-point      what is written and read again is the same, and written again has the same
 *bytes exact-size       no load outside the input read-once        each byte of a reply is read at
 *most once work-bounded     loads grow linearly with the input nothing-written  outputs stay as
 *they were on reject item             an item says nothing without the flag that knows it, and all
 *its lists end access           what may be mapped is none, all of the region or the areas listed,
 *and inside look-up          an index gives what the walk gives producer         the producer role
 *accepts no more than the reader room             any smaller capacity gives DEVFD_ROOM and the
 *size, and nothing behind it loss             what is lost is told, and never opens anything calls
 *devfd_ask() asks as codec.h says, at most 3 times text             names, paths and explanations
 *stay in their buffers
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

#endif
