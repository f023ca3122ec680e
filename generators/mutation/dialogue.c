// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* dialogue.c: the answer of devfd_ask() to a script of the corpus. Each is played with room to
 * spare, with just enough, with a byte less, and with every kind of failing return. */
#include "answer.h"

#include <errno.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 16,
	STEP_WORDS = 6,
	ARGSZ_KEPT = 0,    /* what a step does to argsz: nothing */
	ARGSZ_OFFERED = 2, /* so much more than was offered */
	ERRNO_LAST = 4095, /* of Linux */
};

/* The kernel's side of one. */
struct dialogue {
	const uint8_t *step;
	uint32_t left, calls, limit, index, call;
	uint32_t turn;              /* how a failure is told */
	uint32_t error;             /* the errno that the last call told, or 0 */
	uint32_t first, last, most; /* bytes offered by the first call, the last, and at most */
	uint8_t seen[BUFFER];       /* the last reply */
	bool low;     /* the reader offered less than it may, or asked for another index */
	bool wrongly; /* it asked in another way than codec.h says */
	bool failed;  /* any call did */
};

/* By enum devfd_call - 1. */
static const struct {
	uint32_t number, kind;
	bool has_index;
} calls[] = {
	{_IOC_NR(VFIO_DEVICE_GET_INFO), DEVFD_DEVICE, false},
	{_IOC_NR(VFIO_DEVICE_GET_REGION_INFO), DEVFD_REGION, true},
	{_IOC_NR(VFIO_DEVICE_GET_IRQ_INFO), DEVFD_IRQ, true},
	{_IOC_NR(VFIO_IOMMU_GET_INFO), DEVFD_IOMMU, false},
	{_IOC_NR(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO), DEVFD_HOT_RESET, false},
};

/* In place of any errno that is nothing but a failure: the first and the last, of either sign, and
 * what is none. */
static const int failures[] = {
	1, -1, ERRNO_LAST, -ERRNO_LAST, ERRNO_LAST + 1, -ERRNO_LAST - 1, INT_MAX, INT_MIN};

enum {
	TURNS = 2 + sizeof(failures) / sizeof(failures[0]), /* as it is, negative, and those */
	STRANGE = 0x01020304, /* an index for a call that has no place for any */
};

/* What the caller's ioctl returns for an errno of the corpus. */
static int told(uint32_t error, uint32_t turn)
{
	if (!error)
		return 0;
	if (turn < 2)
		return turn ? -(int)error : (int)error;
	return error == ENOSPC ? (int)error : failures[turn - 2];
}

/* And what errno that is. */
static uint32_t errno_told(int rc)
{
	int64_t error = rc < 0 ? -(int64_t)rc : rc;

	return error > ERRNO_LAST ? EIO : (uint32_t)error;
}

static void go_on(struct dialogue *d)
{
	d->left--;
	d->step += STEP_WORDS * 4 + word(d->step + 20);
}

/* The struct is clear but for argsz and, where there is one, the index. */
static bool asks_well(const struct dialogue *d, uint32_t number, const uint8_t *p, uint32_t offered)
{
	bool has_index = calls[d->call - 1].has_index;
	uint32_t i;

	if (number != calls[d->call - 1].number || word(p) != offered)
		return false;
	for (i = 4; i < offered; i++) {
		if (p[i] && !(has_index && i >= 8 && i < 12))
			return false;
	}
	return true;
}

static int play(void *context, uint32_t number, void *arg, uint32_t offered)
{
	struct dialogue *d = context;
	uint32_t how, argsz, size;
	const uint8_t *step;
	uint8_t *p = arg;
	int rc;

	if (++d->calls > d->limit)
		_exit(1);
	/* Steps for readers that offer less are passed over. */
	while (d->left > 1 && offered > word(d->step + 4))
		go_on(d);
	step = d->step;
	how = word(step + 12);
	argsz = word(step + 16);
	size = word(step + 20);
	if (offered < word(step))
		d->low = true;
	if (calls[d->call - 1].has_index && word(p + 8) != d->index)
		d->low = true;
	if (!asks_well(d, number, p, offered))
		d->wrongly = true;
	d->first = d->calls == 1 ? offered : d->first;
	d->most = offered > d->most ? offered : d->most;
	d->last = offered;
	memcpy(p, step + (size_t)STEP_WORDS * 4, size < offered ? size : offered);
	if (how == ARGSZ_OFFERED)
		argsz += offered;
	if (how != ARGSZ_KEPT)
		memcpy(p, &argsz, sizeof(argsz)); /* the host's order, as in the dialogue */
	memcpy(d->seen, p, offered);
	if (d->left > 1)
		go_on(d);
	rc = told(word(step + 8), d->turn);
	d->error = errno_told(rc);
	d->failed = d->failed || rc;
	return rc;
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
	return !memcmp(a, b, size);
}

/* The item of a call that failed holds index and error and nothing else, in its padding too. */
static bool is_unreadable(const struct dialogue *d, const struct devfd_item *item)
{
	struct devfd_item bare;

	memset(&bare, 0, sizeof(bare));
	bare.kind = calls[d->call - 1].kind;
	bare.state = DEVFD_UNREADABLE;
	bare.index = d->index;
	bare.error = d->error;
	return d->error && same_bytes(item, &bare, sizeof(bare));
}

/* What devfd_ask() returns is what devfd_reply() says of the last reply, unless the call failed. */
static bool answers_well(const struct dialogue *d, int rc, const struct devfd_item *item,
			 const struct devfd_error *e)
{
	struct devfd_item alike;
	struct devfd_error why;

	if (!needs_well(rc, e))
		return false;
	if (rc == DEVFD_IS_UNREADABLE)
		return is_unreadable(d, item);
	if (d->error && rc != DEVFD_MORE)
		return false;
	if (rc != DEVFD_OK && !is_dirty(item, sizeof(*item)))
		return false;
	if (devfd_reply(d->call, 0, d->index, d->seen, d->last, &alike, &why) != rc)
		return false;
	if (rc == DEVFD_OK)
		return as_promised(item) &&
		       same_dump(dump_reply(d->call, item), dump_reply(d->call, &alike));
	return why.rule == e->rule && why.at == e->at && why.need == e->need;
}

static int ask(const struct input *in, uint32_t turn, uint8_t *buf, size_t capacity,
	       struct dialogue *d, struct devfd_item *item, struct devfd_error *e)
{
	memset(d, 0, sizeof(*d));
	d->step = in->p + 4;
	d->left = word(in->p);
	d->limit = in->limit;
	d->call = in->format - DEVFD_FORMAT_REPLY + 1;
	d->index = calls[d->call - 1].has_index ? in->index : STRANGE;
	d->turn = turn;
	memset(buf, DIRT, capacity);
	memset(item, DIRT, sizeof(*item));
	memset(e, DIRT, sizeof(*e));
	return devfd_ask(d->call, d->index, play, d, buf, capacity, item, e);
}

/* With room for what was offered at most the answer is the same; with a byte less it is that so
 * much is needed. */
static bool knows_room(const struct input *in, int rc, uint32_t first, uint32_t most)
{
	static struct dialogue d;
	struct devfd_item item;
	struct devfd_error e;
	char rule[64];

	if (ask(in, 0, end - most, most, &d, &item, &e) != rc || !answers_well(&d, rc, &item, &e))
		return false;
	if (ask(in, 0, end - most + 1, most - 1, &d, &item, &e) != DEVFD_MORE || e.need != most)
		return false;
	if (most != first)
		return answers_well(&d, DEVFD_MORE, &item, &e);
	snprintf(rule, sizeof(rule), "%s.argsz.more", devfd_format_name(in->format));
	return !d.calls && !e.at && !strcmp(devfd_rule(e.rule), rule);
}

void answer_script(const struct input *in, struct answer *a)
{
	static struct dialogue d;
	static uint8_t buf[BUFFER];
	struct devfd_item item;
	struct devfd_error e;
	uint32_t turn, first, most;
	int rc;

	rc = ask(in, 0, buf, sizeof(buf), &d, &item, &e);
	/* Whatever is not accepted is a failure that the caller hears of. */
	if (in->kind == UNSPECIFIED)
		;
	else if (rc == DEVFD_OK)
		answer_by(a, rc, &e, dump_reply(d.call, &item));
	else
		say(a, "reject");
	if (d.low && in->kind != UNSPECIFIED)
		say(a, " asked wrongly");
	if (d.wrongly || !answers_well(&d, rc, &item, &e))
		say(a, " unlike codec.h");
	first = d.first;
	most = d.most;
	for (turn = 1; d.failed && turn < TURNS; turn++) {
		if (ask(in, turn, buf, sizeof(buf), &d, &item, &e) != rc ||
		    !answers_well(&d, rc, &item, &e))
			say(a, " other by its errno");
	}
	if (!knows_room(in, rc, first, most))
		say(a, " other by its room");
}
