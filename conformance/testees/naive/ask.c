/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* ask.c: the dance of asking for a struct whose size only the answer tells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replies.h"

enum {
	CALLS_MAX = 3,
	ROOM_MAX = 1 << 20, /* far above what any reply needs */
};

static void put_u32(uint8_t *p, uint32_t value, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		p[big ? 3 - i : i] = (uint8_t)(value >> 8 * i);
}

static uint32_t at_least(uint32_t size, uint32_t least)
{
	return size > least ? size : least;
}

/* One call with a buffer of `size` bytes; *wish is the size that is worth another call, or 0. */
static struct judgement ask_once(struct question *question, uint32_t size, query_fn *query,
				 void *context, FILE *out, uint32_t *wish)
{
	const struct reply_row *reply = find_reply(question->format);
	uint8_t *buf = calloc(1, size);
	struct judgement said = {FAILED, NOT_TOLD, "no memory"};
	uint32_t error;

	*wish = 0;
	if (buf == NULL)
		return said;
	put_u32(buf, size, question->view.big);
	if (reply->kind == REGION || reply->kind == IRQ)
		put_u32(buf + 8, question->index, question->view.big);
	error = query(context, buf, size);
	question->view.data = guard_copy(buf, size);
	question->view.size = size;
	free(buf);
	/* Such a call has written how many there are, and with them how much room is needed. */
	if (error == ENOSPC && reply->kind == HOT_RESET && !fault_is(ENOSPC_IS_FAILURE)) {
		said = judge(question, out);
		if (said.verdict != NEED_MORE)
			said = (struct judgement){REJECT, NOT_TOLD, NULL};
	} else if (error != 0) {
		return (struct judgement){REJECT, NOT_TOLD, NULL};
	} else {
		said = judge(question, out);
	}
	if (said.verdict == NEED_MORE)
		*wish = at_least(said.need, reply->min);
	if (fault_is(RETRY_ON_ANY_SIZE) && get_u32(&question->view, 0) != size)
		*wish = at_least(get_u32(&question->view, 0), reply->min);
	return said;
}

struct judgement ask(const char *format, uint32_t index, bool big, query_fn *query, void *context,
		     FILE *out)
{
	struct question question = {format, index, {NULL, 0, big}};
	const struct reply_row *reply = find_reply(format);
	/* A dance ends with what is known, or with nothing. */
	const struct judgement given_up = {REJECT, NOT_TOLD, NULL};
	struct judgement said;
	uint32_t size, wish;

	if (reply == NULL)
		return (struct judgement){SKIP, NOT_TOLD, "only replies of Linux are asked for"};
	size = reply->newest;
	for (unsigned call = 1;; call++) {
		rewind(out);
		said = ask_once(&question, size, query, context, out, &wish);
		if (wish == 0)
			return said;
		if (wish > ROOM_MAX || fault_is(SINGLE_CALL))
			return given_up;
		if (call >= CALLS_MAX && !fault_is(RETRY_UNBOUNDED) && !fault_is(RETRY_ON_ANY_SIZE))
			return given_up;
		size = wish;
	}
}
