// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* alter.c: flips bits of replies before anything judges them, to show that the checks can fail. */
#include "check.h"

#include <stdlib.h>

static struct {
	bool set;
	unsigned long number, offset, bits;
} altered;

static bool number_until(const char **text, char until, unsigned long *out)
{
	char *end;

	*out = strtoul(*text, &end, 0);
	if (end == *text || *end != until)
		return false;
	*text = end + (until ? 1 : 0);
	return true;
}

bool alter_set(const char *text)
{
	if (!number_until(&text, ':', &altered.number))
		return false;
	if (!number_until(&text, ':', &altered.offset))
		return false;
	if (!number_until(&text, '\0', &altered.bits))
		return false;
	altered.set = altered.bits && altered.bits <= 0xff;
	return altered.set;
}

void alter_buffer(uint32_t number, void *buf, size_t size)
{
	uint8_t *p = (uint8_t *)buf;

	if (!altered.set || number != altered.number || altered.offset >= size)
		return;
	p[altered.offset] ^= (uint8_t)altered.bits;
}

void alter_capture(struct capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (!c->replies[i].error)
			alter_buffer(c->replies[i].number, c->replies[i].bytes, c->replies[i].size);
	}
}
