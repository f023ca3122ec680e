// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* reading.c: the promises to whoever reads a description or a reply. */
#include "reading.h"

#include <string.h>

#include "../../codec/tables/loops.h"
#include "../../codec/tables/tables.h"
#include "item.h"
#include "promise.h"
#include "watch.h"

enum {
	/* Loads for n bytes of a description stay below this many times n, as codec/tests/loads.c
	   has it. */
	LOADS_A_BYTE = 8,
	LOADS_MORE = 64,
	/* Look-ups in one input, where not all are made; they are linear in tlv. */
	LOOK_UPS = 4,
	/* Walks of one input with a look-up for each item. */
	LOOK_UPS_ALL = 256,
	KINDS = DEVFD_HOT_RESET + 1,
};

void promise_error(const char *by, int rc, const struct devfd_error *e, size_t size, size_t end)
{
	const struct devfd_rule_row *row;

	PROMISE("error-told", (rc == DEVFD_MORE) == (e->need != 0), "%s: result %d, need %u", by,
		rc, e->need);
	if (rc == DEVFD_OK) {
		PROMISE("error-told", !e->rule && !e->at, "%s: accepted, but rule %u at %u", by,
			e->rule, e->at);
		return;
	}
	row = devfd_rule_row(e->rule);
	PROMISE("error-told", row, "%s: result %d, rule %u is none", by, rc, e->rule);
	PROMISE("error-told", e->at <= size, "%s: %s at %u of %zu bytes", by, row->id, e->at, size);
	PROMISE("error-told", rc != DEVFD_MORE || e->need > end, "%s: %u of %zu bytes needed", by,
		e->need, end);
}

/* Not make_dirty(): a sanitizer makes a call of that, and this happens for every input. */
static void make_error_dirty(struct devfd_error *e)
{
	e->rule = e->at = e->need = DIRT * 0x01010101u;
}

static bool same_error(const struct devfd_error *a, const struct devfd_error *b)
{
	return a->rule == b->rule && a->at == b->at && a->need == b->need;
}

void promise_agree(const char *name, const char *by, int rc, const struct devfd_error *e,
		   int other_rc, const struct devfd_error *other)
{
	PROMISE(name, rc == other_rc && same_error(e, other),
		"result %d, %s at %u, need %u; %s: %d, %s at %u, need %u", rc, devfd_rule(e->rule),
		e->at, e->need, by, other_rc, devfd_rule(other->rule), other->at, other->need);
}

void promise_kept_agree(const struct devfd_item *item)
{
	uint32_t cursor = 0, other_cursor = 0;
	struct devfd_kept kept, other;
	int rc, other_rc;

	if (item->kept.at == item->kept.end)
		return;
	do {
		rc = leaves.get_kept(item, &cursor, &kept);
		other_rc = tables.get_kept(item, &other_cursor, &other);
		PROMISE("tables-agree", rc == other_rc, "get_kept gives %d, tables %d", rc,
			other_rc);
		if (rc != DEVFD_OK)
			return;
		PROMISE("tables-agree",
			kept.data == other.data && kept.size == other.size && kept.id == other.id &&
				kept.version == other.version && kept.origin == other.origin &&
				kept.order == other.order,
			"kept %u of %u bytes, tables %u of %u", kept.id, kept.size, other.id,
			other.size);
	} while (rc == DEVFD_OK);
}

/* ---- Descriptions ---- */

static int get(const struct reader *by, const struct devfd *d, uint32_t kind, uint32_t index,
	       struct devfd_item *item)
{
	return kind == DEVFD_REGION ? by->get_region(d, index, item) : by->get_irq(d, index, item);
}

static void promise_found(const struct reader *by, const struct devfd *d,
			  const struct devfd_item *item)
{
	struct devfd_item found;
	int rc = get(by, d, item->kind, item->index, &found);

	PROMISE("look-up", rc == result_of(item->state), "kind %u, index %u, state %u: result %d",
		item->kind, item->index, item->state, rc);
	PROMISE("look-up", same_item(item, &found), "kind %u, index %u is not what the walk gives",
		item->kind, item->index);
}

static void promise_absent(const struct reader *by, const struct devfd *d, uint32_t kind,
			   uint32_t index)
{
	struct devfd_item found;
	int rc = get(by, d, kind, index, &found);

	PROMISE("look-up", rc == DEVFD_IS_ABSENT, "kind %u, index %u is no item, but result %d",
		kind, index, rc);
}

void promise_look_up(const struct reader *by, const struct devfd *d, bool all, uint32_t choice)
{
	uint32_t next[KINDS] = {0}, nth = 0, done = 0;
	struct devfd walk = *d;
	struct devfd_item item;
	bool first;

	while (by->next(&walk, &item) == DEVFD_OK) {
		if (item.kind == DEVFD_DEVICE)
			continue;
		nth++;
		first = item.index > next[item.kind];
		if (done < (all ? LOOK_UPS_ALL : LOOK_UPS) && (all || (nth ^ choice) % 4 == 0)) {
			done++;
			promise_found(by, d, &item);
			if (first)
				promise_absent(by, d, item.kind, item.index - 1);
		}
		next[item.kind] = item.index + 1;
	}
	promise_absent(by, d, DEVFD_REGION, next[DEVFD_REGION]);
	promise_absent(by, d, DEVFD_IRQ, next[DEVFD_IRQ]);
}

/* Items of both come in the same order, with the same in them; and each is what an item may be. */
void promise_walk(const struct fuzz_input *in, const struct devfd *d)
{
	const struct span span = {in->p, in->size};
	struct devfd walk = *d, other_walk = *d;
	uint32_t next[KINDS] = {0}, kind = DEVFD_DEVICE, count = 0;
	struct devfd_item item, other_item;
	int rc, other_rc;

	for (;; count++) {
		rc = leaves.next(&walk, &item);
		other_rc = tables.next(&other_walk, &other_item);
		PROMISE("tables-agree", rc == other_rc, "item %u: result %d, tables %d", count, rc,
			other_rc);
		if (rc != DEVFD_OK)
			break;
		PROMISE("tables-agree", same_item(&item, &other_item),
			"item %u (kind %u, index %u) is another one with tables", count, item.kind,
			item.index);
		PROMISE("item", item.kind >= kind, "kind %u stands behind kind %u", item.kind,
			kind);
		PROMISE("item", (item.kind == DEVFD_DEVICE) == !count, "item %u has kind %u", count,
			item.kind);
		PROMISE("item", item.index >= next[item.kind], "index %u of kind %u comes late",
			item.index, item.kind);
		next[item.kind] = item.index + 1;
		kind = item.kind;
		promise_item(&item, &span);
		promise_kept_agree(&item);
	}
	PROMISE("item", rc == DEVFD_END, "the walk ends with %d after %u items", rc, count);
	PROMISE("item",
		d->base == in->p && d->size == in->size &&
			(d->order == DEVFD_LITTLE || d->order == DEVFD_BIG),
		"the description does not tell its own place and order");
	PROMISE("item", next[DEVFD_REGION] <= d->device.num_regions, "region %u of %u",
		next[DEVFD_REGION] - 1, d->device.num_regions);
	PROMISE("item", next[DEVFD_IRQ] <= d->device.num_irqs, "interrupt %u of %u",
		next[DEVFD_IRQ] - 1, d->device.num_irqs);
}

/* Without options, devfd_open() says the same of what has this layout's magic. */
static void promise_open_alike(const struct fuzz_input *in, int rc, const struct devfd_error *e,
			       const struct devfd *d, uint32_t layout)
{
	struct devfd_error why;
	struct devfd alike;
	int other;

	if (devfd_format_of(in->p, in->size) != layout)
		return;
	make_dirty(&alike, sizeof(alike));
	make_dirty(&why, sizeof(why));
	other = devfd_open(&alike, in->p, in->size, &why);
	promise_agree("open-alike", "devfd_open", rc, e, other, &why);
	if (rc == DEVFD_OK)
		PROMISE("open-alike", same_bytes(d, &alike, sizeof(alike)),
			"devfd_open gives another description");
}

static int open_watched(const struct fuzz_input *in, uint32_t layout, uint32_t options,
			struct devfd *d, struct devfd_error *e)
{
	uint64_t loads;
	int rc;

	make_dirty(d, sizeof(*d));
	make_dirty(e, sizeof(*e));
	watch_begin(in->p, in->size, false);
	rc = devfd_open_as(d, layout, options, in->p, in->size, e);
	loads = watch_end();
	PROMISE("work-bounded", loads <= (uint64_t)LOADS_A_BYTE * in->size + LOADS_MORE,
		"%llu bytes loaded of %zu", (unsigned long long)loads, in->size);
	return rc;
}

/* What a producer may write, a reader has to take. */
static void promise_producer(const struct fuzz_input *in, uint32_t layout, int rc,
			     const struct devfd *d)
{
	struct devfd_error e;
	struct devfd other;
	int other_rc = open_watched(in, layout, in->options ^ DEVFD_PRODUCER, &other, &e);
	bool producer = in->options & DEVFD_PRODUCER;

	if ((producer ? rc : other_rc) != DEVFD_OK)
		return;
	PROMISE("producer", (producer ? other_rc : rc) == DEVFD_OK,
		"the producer may, but a reader refuses: %s at %u", devfd_rule(e.rule), e.at);
	PROMISE("producer", same_bytes(d, &other, sizeof(other)),
		"the roles see different descriptions");
}

int promise_open(const struct fuzz_input *in, uint32_t layout, struct devfd *d,
		 struct devfd_error *e)
{
	int rc;

	make_error_dirty(e);
	rc = devfd_open_as(d, layout, in->options, in->p, in->size, e);
	PROMISE("error-told", rc == DEVFD_OK || rc == DEVFD_REJECT, "open gives %d", rc);
	promise_error("open", rc, e, in->size, in->size);
	return rc;
}

void promise_open_tables(const struct fuzz_input *in, uint32_t layout, int rc,
			 const struct devfd *d, const struct devfd_error *e)
{
	struct devfd_error again;
	struct devfd other;
	int other_rc;

	make_dirty(&other, sizeof(other));
	make_dirty(&again, sizeof(again));
	other_rc = tables.open_as(&other, layout, in->options, in->p, in->size, &again);
	promise_agree("tables-agree", "tables", rc, e, other_rc, &again);
	if (rc == DEVFD_OK)
		PROMISE("tables-agree", same_bytes(d, &other, sizeof(other)),
			"tables give another description");
}

void promise_open_again(const struct fuzz_input *in, uint32_t layout, int rc, const struct devfd *d,
			const struct devfd_error *e)
{
	struct devfd_error again;
	struct devfd other;
	int other_rc;

	promise_open_tables(in, layout, rc, d, e);
	other_rc = open_watched(in, layout, in->options, &other, &again);
	promise_agree("same-twice", "the second time", rc, e, other_rc, &again);
	if (rc == DEVFD_OK)
		PROMISE("same-twice", same_bytes(d, &other, sizeof(other)),
			"another description the second time");
	if (!(in->options & DEVFD_PRODUCER))
		promise_open_alike(in, rc, e, d, layout);
	promise_producer(in, layout, rc, d);
}

void promise_prefix(const struct fuzz_input *in, const struct devfd *d, size_t size)
{
	struct fuzz_input less = *in;
	struct devfd_item item, whole;
	struct devfd walk = *d, cut;
	struct devfd_error e;
	int rc;

	less.size = size;
	rc = open_watched(&less, d->layout, in->options, &cut, &e);
	promise_error("open", rc, &e, size, size);
	if (rc != DEVFD_OK)
		return;
	devfd_rewind(&walk);
	/* The device counts what is there, and may keep less. */
	PROMISE("prefix",
		devfd_next(&walk, &whole) == DEVFD_OK && devfd_next(&cut, &item) == DEVFD_OK,
		"no device");
	PROMISE("prefix", item.num_regions <= whole.num_regions && item.num_irqs <= whole.num_irqs,
		"%zu of %zu bytes have more items", size, in->size);
	item.num_regions = whole.num_regions;
	item.num_irqs = whole.num_irqs;
	if (item.kept.end <= whole.kept.end)
		item.kept = whole.kept;
	PROMISE("prefix", same_item(&item, &whole), "%zu of %zu bytes are another device", size,
		in->size);
	while (devfd_next(&cut, &item) == DEVFD_OK)
		PROMISE("prefix", devfd_next(&walk, &whole) == DEVFD_OK && same_item(&item, &whole),
			"%zu of %zu bytes have another item, kind %u, index %u", size, in->size,
			item.kind, item.index);
}

/* ---- Replies ---- */

/* Where a reply ends: with what was received, or before that by its argsz. */
static size_t reply_end(const struct fuzz_input *in)
{
	uint32_t argsz;

	if (in->size < sizeof(argsz))
		return in->size;
	argsz = in->options & DEVFD_BIG ? (uint32_t)in->p[0] << 24 | (uint32_t)in->p[1] << 16 |
						  (uint32_t)in->p[2] << 8 | in->p[3]
					: (uint32_t)in->p[3] << 24 | (uint32_t)in->p[2] << 16 |
						  (uint32_t)in->p[1] << 8 | in->p[0];
	return argsz < in->size ? argsz : in->size;
}

/* What can come of a reply, and that the item is written only if it is accepted. */
static void promise_reply_result(int rc, const struct devfd_item *item)
{
	PROMISE("error-told", rc == DEVFD_OK || rc == DEVFD_REJECT || rc == DEVFD_MORE,
		"reply gives %d", rc);
	if (rc != DEVFD_OK)
		PROMISE("nothing-written", is_dirty(item, sizeof(*item)),
			"the item was written with result %d", rc);
}

static int reply_watched(const struct fuzz_input *in, uint32_t call, uint32_t options,
			 struct devfd_item *item, struct devfd_error *e)
{
	int rc;

	make_dirty(item, sizeof(*item));
	make_dirty(e, sizeof(*e));
	watch_begin(in->p, in->size, true);
	rc = devfd_reply(call, options, in->index, in->p, in->size, item, e);
	(void)watch_end();
	promise_reply_result(rc, item);
	return rc;
}

static void promise_reply_producer(const struct fuzz_input *in, uint32_t call, int rc,
				   const struct devfd_item *item)
{
	bool producer = in->options & DEVFD_PRODUCER;
	struct devfd_item other;
	struct devfd_error e;
	int other_rc = reply_watched(in, call, in->options ^ DEVFD_PRODUCER, &other, &e);

	if ((producer ? rc : other_rc) != DEVFD_OK)
		return;
	PROMISE("producer", (producer ? other_rc : rc) == DEVFD_OK,
		"the producer may, but a reader gives %d", producer ? other_rc : rc);
	PROMISE("producer", same_item(item, &other), "the roles see different items");
}

int promise_reply_first(const struct fuzz_input *in, uint32_t call, struct devfd_item *item,
			struct devfd_error *e)
{
	int rc;

	make_dirty(item, sizeof(*item));
	make_error_dirty(e);
	rc = devfd_reply(call, in->options, in->index, in->p, in->size, item, e);
	promise_reply_result(rc, item);
	promise_error("reply", rc, e, in->size, reply_end(in));
	return rc;
}

void promise_reply_tables(const struct fuzz_input *in, uint32_t call, int rc,
			  const struct devfd_item *item, const struct devfd_error *e)
{
	struct devfd_error again;
	struct devfd_item other;
	int other_rc;

	make_dirty(&other, sizeof(other));
	make_dirty(&again, sizeof(again));
	other_rc = tables.reply(call, in->options, in->index, in->p, in->size, &other, &again);
	promise_agree("tables-agree", "tables", rc, e, other_rc, &again);
	if (rc == DEVFD_OK)
		PROMISE("tables-agree", same_item(item, &other), "tables give another item");
}

void promise_reply_again(const struct fuzz_input *in, uint32_t call, int rc,
			 const struct devfd_item *item, const struct devfd_error *e)
{
	struct devfd_error again;
	struct devfd_item other;
	int other_rc;

	promise_reply_tables(in, call, rc, item, e);
	other_rc = reply_watched(in, call, in->options, &other, &again);
	promise_agree("same-twice", "the second time", rc, e, other_rc, &again);
	if (rc == DEVFD_OK)
		PROMISE("same-twice", same_item(item, &other), "another item the second time");
	promise_reply_producer(in, call, rc, item);
}

void promise_reply_item(const struct fuzz_input *in, const struct devfd_item *item)
{
	const struct span span = {in->p, in->size};

	promise_item(item, &span);
	promise_kept_agree(item);
}

void promise_reply_prefix(const struct fuzz_input *in, uint32_t call, const struct devfd_item *item,
			  size_t size)
{
	struct fuzz_input less = *in;
	struct devfd_item cut;
	struct devfd_error e;
	int rc;

	less.size = size;
	rc = reply_watched(&less, call, in->options, &cut, &e);
	promise_error("reply", rc, &e, size, reply_end(&less));
	PROMISE("prefix", rc == DEVFD_MORE || rc == DEVFD_OK, "%zu of %zu bytes: result %d", size,
		in->size, rc);
	PROMISE("prefix", rc == DEVFD_MORE ? e.need <= in->size : same_item(item, &cut),
		"%zu of %zu bytes: another item, or %u needed", size, in->size, e.need);
}
