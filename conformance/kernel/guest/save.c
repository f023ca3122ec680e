// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * save.c: the replies as text, for a host whose guest has no JSON tool. A file is NAME-WAY.replies;
 * a line is "KEY VALUE...", or begins with the number of a call and is one reply:
 *
 *	NUMBER NAME INDEX ARGSZ ERRNO RET HEX
 *
 * INDEX is "-" where the call has none, HEX is "-" where it has no struct. HEX goes beyond ARGSZ by
 * the guard bytes, and has poison where nothing was written.
 */
#include "check.h"

#include <limits.h>
#include <stdio.h>

static void put_hex(FILE *f, const uint8_t *p, size_t size)
{
	size_t i;

	if (!size)
		putc('-', f);
	for (i = 0; i < size; i++)
		(void)fprintf(f, "%02x", p[i]);
	putc('\n', f);
}

static void put_reply(FILE *f, const struct reply *r)
{
	(void)fprintf(f, "%u %s ", r->number, r->name);
	if (r->has_index)
		(void)fprintf(f, "%u", r->index);
	else
		putc('-', f);
	(void)fprintf(f, " %u %d %d ", r->argsz, r->error, r->ret);
	put_hex(f, r->bytes, r->size);
}

int save_replies(const char *dir, const struct capture *c)
{
	const struct listed *d = &c->device;
	const char *way = c->way == WAY_CDEV ? "cdev" : "container";
	char file[PATH_MAX];
	size_t i;
	FILE *f;

	(void)snprintf(file, sizeof(file), "%s/%s-%s.replies", dir, d->name, way);
	f = fopen(file, "w");
	if (!f)
		return -1;
	(void)fprintf(f, "kernel %s\nrelease %s\narch %s\nway %s\npoison %02x\nguard %u\n",
		      c->kernel, c->release, c->arch, way, (unsigned)CAPTURE_POISON,
		      (unsigned)CAPTURE_GUARD);
	(void)fprintf(f, "device %s\nbus %s\nids %04x %04x %06x\ndriver %s\ngroup %s\n", d->name,
		      d->bus, d->vendor, d->device, d->class_, d->driver, d->group);
	for (i = 0; i < c->count; i++)
		put_reply(f, &c->replies[i]);
	if (c->config_size) {
		(void)fputs("config ", f);
		put_hex(f, c->config, c->config_size);
	}
	i = (size_t)ferror(f);
	return fclose(f) || i ? -1 : 0;
}
