// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* promise.c: ends the process where a promise is broken, and memory that tells whether it was
 * written. */
#include "promise.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void promise_broken(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "promise broken: %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}

void make_dirty(void *p, size_t size)
{
	memset(p, DIRT, size);
}

static bool is_all(const uint8_t *byte, int value, size_t size)
{
	uint64_t all, word;
	size_t i = 0;

	memset(&all, value, sizeof(all));
	for (; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, byte + i, sizeof(word));
		if (word != all)
			return false;
	}
	for (; i < size; i++) {
		if (byte[i] != value)
			return false;
	}
	return true;
}

bool is_dirty(const void *p, size_t size)
{
	return is_all(p, DIRT, size);
}

bool is_clear(const void *p, size_t size)
{
	return is_all(p, 0, size);
}

bool same_bytes(const void *a, const void *b, size_t size)
{
	return !memcmp(a, b, size);
}
