// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * spy.c: what a target judges while it runs an input, as frames for reach.c and the judge. For
 * targets whose inputs are no description or reply themselves: they make, are answered or import
 * what is judged. Linked with --wrap for each function here. DEVFD_SPY names the file to write.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../codec/tables/tables.h"

enum { WORDS = 4, WORD = 4 };

/* The linker gives these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e);
int __real_devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
			 size_t size, struct devfd_error *e);
int __real_devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		       size_t received, struct devfd_item *item, struct devfd_error *e);
int __real_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);
int __wrap_devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e);
int __wrap_devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
			 size_t size, struct devfd_error *e);
int __wrap_devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		       size_t received, struct devfd_item *item, struct devfd_error *e);
int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);

static FILE *out(void)
{
	static FILE *file;
	const char *name;

	if (file)
		return file;
	name = getenv("DEVFD_SPY");
	file = fopen(name ? name : "/dev/null", "wb");
	if (file)
		return file;
	perror(name);
	exit(2);
}

static void say(uint32_t format, uint32_t options, uint32_t index, const void *buf, size_t size)
{
	uint32_t words[WORDS] = {format, options, index, (uint32_t)size}, i, j;
	uint8_t head[WORDS * WORD];

	for (i = 0; i < WORDS; i++) {
		for (j = 0; j < WORD; j++)
			head[i * WORD + j] = (uint8_t)(words[i] >> (8 * j));
	}
	fwrite(head, 1, sizeof(head), out());
	fwrite(buf, 1, size, out());
}

/* A reply without a byte order is in that of this host. */
static uint32_t with_order(uint32_t options)
{
	const uint16_t one = 1;

	if (options & (DEVFD_LITTLE | DEVFD_BIG))
		return options;
	return options | (*(const uint8_t *)&one ? DEVFD_LITTLE : DEVFD_BIG);
}

int __wrap_devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e)
{
	say(0, DEVFD_LITTLE, 0, buf, size);
	return __real_devfd_open(d, buf, size, e);
}

int __wrap_devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
			 size_t size, struct devfd_error *e)
{
	say(layout, with_order(options), 0, buf, size);
	return __real_devfd_open_as(d, layout, options, buf, size, e);
}

int __wrap_devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		       size_t received, struct devfd_item *item, struct devfd_error *e)
{
	say(DEVFD_FORMAT_REPLY + call - 1, with_order(options), index, buf, received);
	return __real_devfd_reply(call, options, index, buf, received, item, e);
}

/* A caller's ioctl, with the size that it was offered last. */
struct asked {
	devfd_ioctl_fn *fn;
	void *context;
	uint32_t offered;
	int rc;
};

static int listen(void *context, uint32_t number, void *arg, uint32_t size)
{
	struct asked *a = context;

	a->offered = size;
	a->rc = a->fn(a->context, number, arg, size);
	return a->rc;
}

/* What was judged last is what the last successful call answered. */
int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e)
{
	struct asked a = {fn, context, 0, -1};
	int rc = __real_devfd_ask(call, index, listen, &a, buf, capacity, item, e);

	if (!a.rc)
		say(DEVFD_FORMAT_REPLY + call - 1, with_order(0), index, buf, a.offered);
	return rc;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
