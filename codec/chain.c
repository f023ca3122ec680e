// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* chain.c: the replies of the Linux ioctls and the capability chains behind them (spec/language.md,
 * section 7). */
#include "scan.h"

enum {
	HEAD = DEVFD_SIZE_LINUX_CAP,
	VERSION_AT = DEVFD_AT_LINUX_CAP_VERSION,
	NEXT_AT = DEVFD_AT_LINUX_CAP_NEXT,
	CALLS_MAX = 3,   /* of one devfd_ask() */
	UNVERSIONED = 0, /* the fixed part of a reply, other than a capability */
};

#define WALK_DONE 0xffffffffu

/* A walk along one chain. Keeping the places visited tells a cycle from a mere step backward,
 * without reading twice. */
struct walk {
	uint32_t visited[DEVFD_CHAIN_MAX];
	uint32_t count;
	uint32_t at;   /* the capability that comes next, or 0 */
	uint32_t seen; /* a bit for each listed capability */
	uint32_t kept; /* one of them is kept */
};

/*@ requires DEVFD_CALLS;
  @ terminates \true;
  @ assigns \result \from call;
  @ ensures \result == \null ||
  @   \exists integer c; 0 <= c < devfd_calls_count && \result == &devfd_calls[0] + c;
  @*/
static const struct devfd_call_row *call_row(uint32_t call)
{
	if (!call || call > devfd_calls_count)
		return NULL;
	return &devfd_calls[call - 1];
}

/*@ requires DEVFD_CHAIN_ROWS(chain);
  @ terminates \true;
  @ assigns \result \from chain->caps, id;
  @ ensures \result == \null ||
  @   \exists integer i; 0 <= i < chain->count && \result == chain->caps + i;
  @*/
static const struct devfd_cap *cap_row(const struct devfd_chain *chain, uint32_t id)
{
	uint32_t i;

	/*@ loop assigns i;
	  @ loop variant chain->count - i;
	  @*/
	for (i = 0; i < chain->count; i++) {
		if (chain->caps[i].tag == id)
			return &chain->caps[i];
	}
	return NULL;
}

/* The link that stands at `at`, in the capability visited last if there is one. */
/*@ DEVFD_INPUT(s)
  @ requires \valid_read(chain);
  @ requires \valid_read(w) && w->count <= DEVFD_CHAIN_MAX;
  @ terminates \true;
  @ assigns *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures \result == DEVFD_OK ==> link + HEAD <= s->end && w->count < DEVFD_CHAIN_MAX;
  @*/
static int judge_link(const struct devfd_scan *s, const struct devfd_chain *chain,
		      const struct walk *w, uint32_t at, uint32_t link)
{
	uint32_t i, prev;

	if (link < chain->floor)
		return devfd_fail(s, chain->low, at);
	if (!devfd_fits(link, HEAD, s->end))
		return devfd_fail(s, chain->fits, at);
	/*@ loop invariant i <= w->count;
	  @ loop assigns i;
	  @ loop variant w->count - i;
	  @*/
	for (i = 0; i < w->count; i++) {
		if (w->visited[i] == link)
			return devfd_fail(s, chain->cycle, at);
	}
	if (w->count) {
		prev = w->visited[w->count - 1];
		if (link < prev)
			return devfd_fail(s, chain->backward, at);
		if (link - prev < HEAD)
			return devfd_fail(s, chain->apart, at);
	}
	if (w->count == DEVFD_CHAIN_MAX)
		return devfd_fail(s, chain->max, at);
	if (!(s->options & DEVFD_PRODUCER))
		return DEVFD_OK;
	if (link % DEVFD_CHAIN_ALIGN)
		return devfd_fail(s, chain->align, at);
	return DEVFD_OK;
}

/* Judges the body of a listed capability whose head is at `at`. next: the link in its head. */
/*@ DEVFD_INPUT(s)
  @ requires DEVFD_CHAIN_ROWS(chain);
  @ requires \valid(w);
  @ requires \exists integer i; 0 <= i < chain->count && row == chain->caps + i;
  @ requires at + HEAD <= s->end;
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns w->seen, *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @*/
static int judge_body(const struct devfd_scan *s, const struct devfd_chain *chain, struct walk *w,
		      const struct devfd_cap *row, uint32_t at, uint32_t version, uint32_t next,
		      struct devfd_item *item)
{
	uint32_t bit = (uint32_t)1 << (row - chain->caps), used;
	int rc;

	if (!version)
		return devfd_fail(s, chain->version, at + VERSION_AT);
	if (w->seen & bit)
		return devfd_fail(s, chain->twice, at);
	w->seen |= bit;
	rc = DEVFD_LEAF(row, s, at + HEAD, s->end - at - HEAD, version, item, &used);
	if (rc)
		return rc;
	item->flags |= row->knows;
	if (next && used > next - at - HEAD)
		return devfd_fail(s, chain->overlap, at);
	return DEVFD_OK;
}

/* Judges the capability whose head is at w->at, and goes on to the next. */
/*@ DEVFD_INPUT(s)
  @ requires DEVFD_CHAIN_ROWS(chain);
  @ requires \valid(w) && w->count < DEVFD_CHAIN_MAX;
  @ requires w->at + HEAD <= s->end;
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns *w, *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @ ensures w->count == \old(w->count) + 1;
  @ ensures \result == DEVFD_OK && w->at != 0 ==>
  @   w->at + HEAD <= s->end && w->count < DEVFD_CHAIN_MAX;
  @*/
static int visit(const struct devfd_scan *s, const struct devfd_chain *chain, struct walk *w,
		 struct devfd_item *item)
{
	uint32_t at = w->at;
	uint32_t id = devfd_get16(s->base + at, s->big);
	uint32_t version = devfd_get16(s->base + at + VERSION_AT, s->big);
	uint32_t next = devfd_get32(s->base + at + NEXT_AT, s->big);
	const struct devfd_cap *row = cap_row(chain, id);
	int rc;

	w->visited[w->count++] = at;
	if (next) {
		rc = judge_link(s, chain, w, at + NEXT_AT, next);
		if (rc)
			return rc;
	}
	if (row) {
		rc = judge_body(s, chain, w, row, at, version, next, item);
		if (rc)
			return rc;
	}
	if (!row || !row->knows || version > row->version)
		w->kept = 1;
	w->at = next;
	return DEVFD_OK;
}

/*@ DEVFD_INPUT(s)
  @ requires DEVFD_CHAIN_ROWS(chain);
  @ requires place + 4 <= s->end;
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @*/
static int walk_chain(const struct devfd_scan *s, const struct devfd_chain *chain, uint32_t place,
		      struct devfd_item *item)
{
	struct walk w;
	uint32_t first;
	int rc;

	w.count = 0;
	w.seen = 0;
	w.kept = 0;
	first = devfd_get32(s->base + place, s->big);
	if (!first)
		return devfd_fail(s, chain->first, place);
	rc = judge_link(s, chain, &w, place, first);
	if (rc)
		return rc;
	w.at = first;
	/*@ loop invariant w.count <= DEVFD_CHAIN_MAX;
	  @ loop invariant w.at != 0 ==> w.at + HEAD <= s->end && w.count < DEVFD_CHAIN_MAX;
	  @ loop invariant DEVFD_VIEWS(s->base, s->size, item);
	  @ loop assigns rc, w, *item, *s->error;
	  @ loop variant DEVFD_CHAIN_MAX - w.count;
	  @*/
	while (w.at) {
		rc = visit(s, chain, &w, item);
		if (rc)
			return rc;
	}
	if (w.kept) {
		item->kept.base = s->base;
		item->kept.at = first;
		item->kept.end = s->end;
		item->kept.origin = chain->origin;
		item->kept.order = s->order;
	}
	return DEVFD_OK;
}

/* cap_offset means something only if it was received and the flags say so. */
/*@ DEVFD_INPUT(s)
  @ requires DEVFD_CALL_ROW(row);
  @ requires row->chain != \null ==> \separated(row->chain, s) && \separated(row->chain, item);
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @*/
static int judge_chain(const struct devfd_scan *s, const struct devfd_call_row *row,
		       struct devfd_item *item)
{
	if (!row->chain)
		return DEVFD_OK;
	if (!(item->flags & DEVFD_WIRE_CAPS))
		return DEVFD_OK;
	item->flags &= ~DEVFD_WIRE_CAPS;
	if (!devfd_fits(row->cap_offset, 4, s->end))
		return devfd_fail(s, row->cap_offset_size, row->caps);
	return walk_chain(s, row->chain, row->cap_offset, item);
}

/*@ requires \valid(e);
  @ terminates \true;
  @ assigns *e;
  @ ensures \result == DEVFD_MORE && e->need == need;
  @*/
static int more(struct devfd_error *e, uint32_t rule, uint32_t need)
{
	e->rule = rule;
	e->at = 0;
	e->need = need;
	return DEVFD_MORE;
}

/*@ terminates \true;
  @ assigns \nothing;
  @ ensures \result <= 1;
  @*/
static uint32_t host_is_big(void)
{
	const union {
		uint16_t word;
		uint8_t first;
	} one = {1};

	return !one.first;
}

uint32_t devfd_options_big(uint32_t options)
{
	if (options & DEVFD_BIG)
		return 1;
	if (options & DEVFD_LITTLE)
		return 0;
	return host_is_big();
}

/* Judges what was received of one reply; s->end is known only then. */
/*@ DEVFD_INPUT(s)
  @ requires \valid(s) && \valid(item);
  @ requires DEVFD_CALL_ROW(row);
  @ requires row->chain != \null ==> \separated(row->chain, s->error) &&
  @   \separated(row->chain, s) && \separated(row->chain, item);
  @ terminates \true;
  @ assigns s->end, *item, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_MORE;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, item);
  @ ensures \result == DEVFD_MORE ==> s->error->need >= row->min;
  @*/
static int judge_reply(struct devfd_scan *s, const struct devfd_call_row *row,
		       struct devfd_item *item)
{
	uint32_t argsz, used;
	int rc;

	if (s->size < row->min)
		return more(s->error, row->size, row->min);
	argsz = devfd_get32(s->base, s->big);
	if (argsz < row->min)
		return devfd_fail(s, row->argsz_min, 0);
	if (argsz > s->size)
		return more(s->error, row->argsz_more, argsz);
	s->end = argsz;
	devfd_item_init(item, row->kind);
	rc = DEVFD_LEAF(row, s, 0, argsz, UNVERSIONED, item, &used);
	/* devfd_want() */
	if (rc)
		return s->error->need >= row->min ? DEVFD_MORE : rc;
	rc = judge_chain(s, row, item);
	if (rc)
		return rc;
	return devfd_item_finish(s, 0, item);
}

/*@ requires DEVFD_CALL_ROW(row);
  @ requires row->chain != \null ==> \separated(e, row->chain);
  @ requires \valid_read(buf + (0 .. received - 1));
  @ requires \valid(item) && \valid(e);
  @ terminates \true;
  @ assigns *item, *e;
  @ ensures DEVFD_JUDGED || \result == DEVFD_MORE;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(buf, received, item);
  @ ensures \result != DEVFD_OK ==> *item == \old(*item);
  @ ensures \result == DEVFD_MORE ==> e->need >= row->min;
  @*/
static int reply(const struct devfd_call_row *row, uint32_t options, uint32_t index,
		 const uint8_t *buf, size_t received, struct devfd_item *item,
		 struct devfd_error *e)
{
	struct devfd_item result;
	struct devfd_scan s;
	int rc;

	memset(e, 0, sizeof(*e));
	memset(&s, 0, sizeof(s));
	s.base = buf;
	s.big = devfd_options_big(options);
	s.order = s.big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	s.options = options;
	s.index = index;
	s.num_regions = DEVFD_UNKNOWN;
	s.num_irqs = DEVFD_UNKNOWN;
	s.error = e;
	if (received > DEVFD_SIZE_MAX)
		return devfd_fail(&s, DEVFD_RULE_MODEL_INPUT_MAX, 0);
	s.size = (uint32_t)received;
	rc = judge_reply(&s, row, &result);
	if (rc)
		return rc;
	*item = result;
	return DEVFD_OK;
}

int devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf, size_t received,
		struct devfd_item *item, struct devfd_error *e)
{
	const struct devfd_call_row *row = call_row(call);

	if (row)
		return reply(row, options, index, (const uint8_t *)buf, received, item, e);
	memset(e, 0, sizeof(*e));
	return DEVFD_MISUSE;
}

enum { DEVFD_EIO = 5, DEVFD_ENOSPC = 28 };

/* What fn returned, of either sign. What is no errno is taken for EIO, and never for success. */
static uint32_t errno_of(int rc)
{
	uint32_t number = rc < 0 ? 0u - (uint32_t)rc : (uint32_t)rc;

	return number > DEVFD_ERRNO_LAST ? DEVFD_EIO : number;
}

/* No rule is broken by a call that fails, even if the one before asked for more. */
static int unreadable(const struct devfd_call_row *row, uint32_t index, uint32_t error,
		      struct devfd_item *item, struct devfd_error *e)
{
	memset(e, 0, sizeof(*e));
	devfd_item_init(item, row->kind);
	item->index = index;
	item->error = error;
	item->state = DEVFD_UNREADABLE;
	return DEVFD_IS_UNREADABLE;
}

/* A call that fails for lack of room may have said how much it takes, as a reply that is cut does.
 */
static int says_more(const struct devfd_call_row *row, uint32_t error)
{
	return row->counted && error == DEVFD_ENOSPC;
}

int devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
	      size_t capacity, struct devfd_item *item, struct devfd_error *e)
{
	const struct devfd_call_row *row = call_row(call);
	uint8_t *p = (uint8_t *)buf;
	uint32_t offered, calls, error;
	int rc;

	if (!row) {
		memset(e, 0, sizeof(*e));
		return DEVFD_MISUSE;
	}
	offered = row->full;
	for (calls = 0; calls < CALLS_MAX; calls++) {
		if (offered > capacity)
			return calls ? DEVFD_MORE : more(e, row->argsz_more, offered);
		memset(p, 0, offered);
		devfd_set32(p, offered, host_is_big());
		if (row->has_index)
			devfd_set32(p + DEVFD_AT_LINUX_REGION_INFO_INDEX, index, host_is_big());
		error = errno_of(fn(context, row->number, p, offered));
		if (error && !says_more(row, error))
			return unreadable(row, index, error, item, e);
		rc = devfd_reply(call, 0, index, buf, offered, item, e);
		if (rc != DEVFD_MORE)
			return error ? unreadable(row, index, error, item, e) : rc;
		offered = e->need;
	}
	return DEVFD_MORE;
}

/* How many bytes behind its head the capability at `at` has: what its fields take, or all up to the
 * next one. */
/*@ DEVFD_INPUT(s)
  @ requires DEVFD_CHAIN_ROWS(chain);
  @ requires \separated(chain, s->error);
  @ requires at + HEAD <= s->end && (next != 0 ==> at + HEAD <= next <= s->end);
  @ terminates \true;
  @ assigns *s->error;
  @ ensures at + HEAD + \result <= s->end;
  @*/
static uint32_t cap_size(const struct devfd_scan *s, const struct devfd_chain *chain, uint32_t at,
			 uint32_t id, uint32_t version, uint32_t next)
{
	const struct devfd_cap *row = cap_row(chain, id);
	uint32_t room = s->end - at - HEAD, used;
	struct devfd_item scratch;

	if (next)
		room = next - at - HEAD;
	if (!row)
		return room;
	if (version > row->version)
		return room;
	devfd_item_init(&scratch, DEVFD_DEVICE);
	if (DEVFD_LEAF(row, s, at + HEAD, room, version, &scratch, &used))
		return room;
	return used;
}

/*@ requires DEVFD_CALLS;
  @ terminates \true;
  @ assigns \result \from origin;
  @ ensures \result == \null || DEVFD_CHAIN_ROWS(\result);
  @*/
static const struct devfd_chain *chain_of(uint32_t origin)
{
	uint32_t i;

	/*@ loop assigns i;
	  @ loop variant devfd_calls_count - i;
	  @*/
	for (i = 0; i < devfd_calls_count; i++) {
		if (devfd_calls[i].chain && devfd_calls[i].chain->origin == origin)
			return devfd_calls[i].chain;
	}
	return NULL;
}

int devfd_kept_cap(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept)
{
	const struct devfd_chain *chain = chain_of(item->kept.origin);
	uint32_t at = *cursor ? *cursor : item->kept.at;
	struct devfd_error ignored;
	struct devfd_scan s;

	if (!chain)
		return DEVFD_END;
	memset(&s, 0, sizeof(s));
	s.base = item->kept.base;
	s.size = item->kept.end;
	s.end = item->kept.end;
	s.big = item->kept.order == DEVFD_ORDER_BIG;
	s.order = item->kept.order;
	s.error = &ignored;
	/* Links were checked when the reply was; should the buffer have changed, anything odd ends
	 * the walk. */
	/*@ loop assigns at, *cursor;
	  @ loop variant item->kept.end - at;
	  @*/
	while (devfd_fits(at, HEAD, s.end)) {
		uint32_t id = devfd_get16(s.base + at, s.big);
		uint32_t version = devfd_get16(s.base + at + VERSION_AT, s.big);
		uint32_t next = devfd_get32(s.base + at + NEXT_AT, s.big);
		const struct devfd_cap *row = cap_row(chain, id);
		uint32_t here = at;

		if (next && !devfd_fits((uint64_t)at + HEAD, 0, next))
			next = 0;
		if (next > s.end)
			next = 0;
		at = next ? next : WALK_DONE;
		*cursor = at;
		if (row && row->knows && version <= row->version)
			continue;
		kept->origin = item->kept.origin;
		kept->order = item->kept.order;
		kept->id = id;
		kept->version = version;
		kept->data = s.base + here + HEAD;
		kept->size = cap_size(&s, chain, here, id, version, next);
		return DEVFD_OK;
	}
	return DEVFD_END;
}
