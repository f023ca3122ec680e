// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * dance.c: the target of devfd_ask() against a hostile kernel, which the input is the script of;
 * script.h says how that is written.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../../codec/tables/loops.h"
#include "input.h"
#include "item.h"
#include "promise.h"
#include "reach.h"
#include "reading.h"
#include "script.h"

enum {
	CALLS = DEVFD_HOT_RESET_INFO,
	CALLS_MAX = 3,
	ERRNO_LAST = 4095,
	ARGSZ_END = 4,
	INDEX_AT = 8,
	INDEX_END = 12,
	ROOM_ASK = 0,
	ROOM_TABLES = 1,
	ROOM_SEEN = 2,
	/* Of so many inputs one is put to the tables, too. */
	TABLES = 4,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* By enum devfd_call - 1. */
static const struct {
	uint32_t number, kind;
	bool has_index;
} calls[CALLS] = {
	{107, DEVFD_DEVICE, false}, {108, DEVFD_REGION, true},     {109, DEVFD_IRQ, true},
	{112, DEVFD_IOMMU, false},  {112, DEVFD_HOT_RESET, false},
};

/* ENOSPC stands for room that is lacking, where a call has a list; of the others, the first and the
 * last errno of either sign, and what is none. */
static const int results[RESULTS] = {
	0,       0,       0, 0,  0,          ENOSPC,          -ENOSPC,
	EINVAL,  -EINVAL, 1, -1, ERRNO_LAST, -ERRNO_LAST - 1, ERRNO_LAST + 1,
	INT_MIN, INT_MAX,
};

struct kernel {
	const uint8_t *step, *end; /* of the script */
	uint32_t call, index;
	const uint8_t *buf;
	size_t capacity;
	uint32_t calls, offered; /* made; by the last */
	int result;              /* of the last */
};

static uint32_t host32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static uint32_t errno_told(int result)
{
	int64_t number = result < 0 ? -(int64_t)result : result;

	return number > ERRNO_LAST ? EIO : (uint32_t)number;
}

/* The struct holds argsz and the index, and is zero elsewhere. */
static void promise_asked(const struct kernel *k, uint32_t number, const uint8_t *p,
			  uint32_t offered)
{
	bool has_index = calls[k->call - 1].has_index;
	uint32_t before = has_index ? INDEX_AT : INDEX_END;

	PROMISE("calls", k->calls <= CALLS_MAX, "call %u", k->calls);
	PROMISE("calls", number == calls[k->call - 1].number, "ioctl %u for call %u", number,
		k->call);
	PROMISE("calls", p == k->buf && offered <= k->capacity, "%u bytes offered of %zu", offered,
		k->capacity);
	PROMISE("calls", offered >= INDEX_END, "%u bytes are none of these structs", offered);
	PROMISE("calls", host32(p) == offered, "argsz is %u of %u", host32(p), offered);
	PROMISE("calls", !has_index || host32(p + INDEX_AT) == k->index, "index %u is asked as %u",
		k->index, host32(p + INDEX_AT));
	PROMISE("calls", is_clear(p + ARGSZ_END, before - ARGSZ_END),
		"not all between argsz and byte %u is clear", before);
	PROMISE("calls", is_clear(p + INDEX_END, offered - INDEX_END),
		"not all of %u bytes is clear", offered);
}

static int play(void *context, uint32_t number, void *arg, uint32_t offered)
{
	struct kernel *k = context;
	uint32_t how, size, argsz;
	const uint8_t *step = k->step;
	uint8_t *p = arg;

	k->calls++;
	promise_asked(k, number, p, offered);
	k->offered = offered;
	k->result = 0;
	if (k->end - step < SCRIPT_STEP)
		return 0;
	size = step[STEP_SIZE] | (uint32_t)step[STEP_SIZE + 1] << 8;
	if (size > (size_t)(k->end - step) - SCRIPT_STEP)
		size = (uint32_t)(k->end - step) - SCRIPT_STEP;
	/* The last one stays. */
	if (k->end - step - SCRIPT_STEP - size >= SCRIPT_STEP)
		k->step = step + SCRIPT_STEP + size;
	memcpy(p, step + SCRIPT_STEP, size < offered ? size : offered);
	how = step[0] >> HOW_SHIFT & HOW_MASK;
	argsz = (uint32_t)(int8_t)step[STEP_DELTA];
	if (how == HOW_OFFERED)
		argsz = offered;
	if (how == HOW_MORE)
		argsz += offered;
	if (how != HOW_AS_IS)
		memcpy(p, &argsz, sizeof(argsz));
	k->result = results[step[0] & RESULT_MASK];
	return k->result;
}

typedef int ask_fn(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		   size_t capacity, struct devfd_item *item, struct devfd_error *e);

static int run(ask_fn *ask, const struct fuzz_input *in, uint32_t room, struct kernel *k,
	       struct devfd_item *item, struct devfd_error *e)
{
	uint8_t *buf;

	memset(k, 0, sizeof(*k));
	k->capacity = in->p[SCRIPT_CAPACITY] | (uint32_t)in->p[SCRIPT_CAPACITY + 1] << 8;
	k->call = 1 + in->p[SCRIPT_CALL] % CALLS;
	k->index = in->p[SCRIPT_INDEX] == INPUT_INDEX_LAST ? 0xffffffffu : in->p[SCRIPT_INDEX];
	k->step = in->p + SCRIPT_HEAD;
	k->end = in->p + in->size;
	buf = output_room(room, k->capacity);
	k->buf = buf;
	make_dirty(buf, k->capacity);
	make_dirty(item, sizeof(*item));
	make_dirty(e, sizeof(*e));
	return ask(k->call, k->index, play, k, buf, k->capacity, item, e);
}

/* The item of a call that failed has index and error, and nothing else. */
static void promise_unreadable(const struct kernel *k, const struct devfd_item *item)
{
	struct devfd_item bare;

	memset(&bare, 0, sizeof(bare));
	bare.kind = calls[k->call - 1].kind;
	bare.state = DEVFD_UNREADABLE;
	bare.index = k->index;
	bare.error = errno_told(k->result);
	PROMISE("calls", bare.error, "unreadable, but no call failed");
	PROMISE("calls", same_item(item, &bare), "unreadable with error %u: the item says more",
		item->error);
}

/* It says what devfd_reply() says of the last reply, unless that call failed. */
static void promise_outcome(const struct kernel *k, int rc, const struct devfd_item *item,
			    const struct devfd_error *e)
{
	const struct span span = {k->buf, k->capacity};
	struct devfd_item judged;
	struct devfd_error why;
	int judgement;

	PROMISE("error-told", (rc == DEVFD_MORE) == (e->need != 0), "result %d, need %u", rc,
		e->need);
	if (rc == DEVFD_IS_UNREADABLE) {
		PROMISE("error-told", !e->rule && !e->at, "a call that failed broke rule %u",
			e->rule);
		promise_unreadable(k, item);
		return;
	}
	if (rc != DEVFD_OK)
		PROMISE("nothing-written", is_dirty(item, sizeof(*item)),
			"the item was written with result %d", rc);
	if (rc == DEVFD_MORE)
		PROMISE("calls", k->calls == CALLS_MAX || e->need > k->capacity,
			"%u bytes are needed of %zu, after %u calls", e->need, k->capacity,
			k->calls);
	if (!k->calls) {
		PROMISE("calls", rc == DEVFD_MORE, "no call, and result %d", rc);
		return;
	}
	PROMISE("calls", !k->result || rc == DEVFD_MORE, "a call failed with %d, but result %d",
		k->result, rc);
	judgement = devfd_reply(k->call, 0, k->index, k->buf, k->offered, &judged, &why);
	promise_agree("calls", "devfd_reply", rc, e, judgement, &why);
	if (rc != DEVFD_OK)
		return;
	PROMISE("calls", same_item(item, &judged), "devfd_reply gives another item");
	promise_item(item, &span);
}

/* Another that asks does as devfd_ask() did. */
static void asked_alike(const char *promise, const char *by, ask_fn *ask, uint32_t room,
			const struct fuzz_input *in, int rc, const struct kernel *kernel,
			const struct devfd_error *e)
{
	struct devfd_item item;
	struct devfd_error why;
	struct kernel again;
	int other = run(ask, in, room, &again, &item, &why);

	promise_agree(promise, by, rc, e, other, &why);
	PROMISE(promise, kernel->calls == again.calls && kernel->offered == again.offered,
		"%u calls, the last of %u bytes; %s: %u, %u", kernel->calls, kernel->offered, by,
		again.calls, again.offered);
	promise_outcome(&again, other, &item, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct devfd_item item;
	struct kernel kernel;
	struct devfd_error e;
	struct fuzz_input in;
	int rc;

	if (!input_take_head(&in, data, size, 0) || in.size < SCRIPT_HEAD)
		return 0;
	rc = run(devfd_ask, &in, ROOM_ASK, &kernel, &item, &e);
	promise_outcome(&kernel, rc, &item, &e);
	asked_alike("same-twice", "the second time", reach_devfd_ask, ROOM_SEEN, &in, rc, &kernel,
		    &e);
	if (input_share(input_hash(in.p, in.size), 0, TABLES))
		asked_alike("tables-agree", "tables", devfd_tables_ask, ROOM_TABLES, &in, rc,
			    &kernel, &e);
	return 0;
}
