// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * walk.c: every body and field of an input as lines, in the order of their offsets. It judges
 * nothing: a broken input is followed as long as the next step is inside the input and leads
 * forward, which also is what bounds it.
 */
#include "say.h"

enum {
	RECORD_HEAD = DEVFD_SIZE_TLV_RECORD,
	CAP_HEAD = DEVFD_SIZE_LINUX_CAP,
};

/* ---- Records ---- */

/* What a record leaves to its caller. */
struct record {
	uint32_t next;             /* where the next one begins */
	uint32_t inner, inner_end; /* sub-records */
	int broken;                /* nothing behind it can be followed */
};

/* A kept capability of Linux that the spec lists, inside its envelope. */
static void say_kept(struct devfd_walk_state *w, uint32_t at, uint32_t end, uint32_t depth)
{
	const struct devfd_body_row *row;
	struct devfd_step step;
	struct devfd_place b;
	uint32_t size;

	if (!devfd_fits(at, DEVFD_SIZE_TLV_KEPT, end))
		return;
	row = devfd_cap_body(devfd_walk_load32(w, at + DEVFD_AT_TLV_KEPT_ORIGIN),
			     devfd_walk_load32(w, at + DEVFD_AT_TLV_KEPT_ID));
	if (!row)
		return;
	size = devfd_least(devfd_walk_load32(w, at + DEVFD_AT_TLV_KEPT_SIZE),
			   end - at - DEVFD_SIZE_TLV_KEPT);
	b.row = row;
	b.name = row->name;
	b.at = at + DEVFD_SIZE_TLV_KEPT;
	b.end = b.at + size;
	b.depth = depth + 1;
	b.version = devfd_walk_load32(w, at + DEVFD_AT_TLV_KEPT_VERSION);
	b.big = devfd_walk_load32(w, at + DEVFD_AT_TLV_KEPT_ORDER) == DEVFD_ORDER_BIG;
	step = devfd_body_step(w, row, b.at, size, depth, WALK_NO_NTH);
	step.fields = b.at;
	step.version = b.version;
	step.big = b.big;
	devfd_say(w, &step);
	devfd_say_fields(w, &b);
}

static void say_record_head(struct devfd_walk_state *w, const struct devfd_body_row *row,
			    const char *name, uint32_t at, uint32_t depth)
{
	const struct devfd_body_row *head = &devfd_body_rows[DEVFD_BODY_TLV_RECORD];
	struct devfd_place b = {head, name, at, at + RECORD_HEAD, depth, w->version, w->big};
	struct devfd_text t;
	char flags[160];

	devfd_text_start(&t, flags, sizeof(flags));
	if (row && row->word_bits)
		devfd_text_flags(&t, &devfd_flags_rows[row->word_bits],
				 devfd_walk_load32(w, at + DEVFD_AT_TLV_RECORD_FLAGS));
	devfd_say_number(w, &b, &head->fields[0], at, row ? row->name : NULL);
	devfd_say_number(w, &b, &head->fields[1], at + DEVFD_AT_TLV_RECORD_REC_LEN, NULL);
	devfd_say_number(w, &b, &head->fields[2], at + DEVFD_AT_TLV_RECORD_FLAGS, flags);
}

/* The record at `at` of a parent that ends at `end`, with its own fields. */
static struct record say_record(struct devfd_walk_state *w, uint32_t at, uint32_t end,
				uint32_t depth)
{
	uint32_t type = devfd_walk_load32(w, at),
		 len = devfd_walk_load32(w, at + DEVFD_AT_TLV_RECORD_REC_LEN);
	const struct devfd_body_row *row = devfd_record_body(type);
	uint32_t *nth = &w->nth[depth][row ? row - devfd_body_rows : 0];
	struct record r = {0, 0, 0, 0};
	struct devfd_step step;
	struct devfd_place b;
	uint32_t size = devfd_least(len, end - at), fields_end;

	if (size < RECORD_HEAD)
		size = RECORD_HEAD;
	r.broken = size != len;
	r.next = at + size;
	step = devfd_body_step(w, row, at, size, depth,
			       !row || row->many ? (int32_t)*nth : WALK_NO_NTH);
	step.fields = at + RECORD_HEAD;
	++*nth;
	if (!row)
		snprintf(step.line.meaning, sizeof(step.line.meaning), "type %#x",
			 (unsigned int)type);
	devfd_say(w, &step);
	say_record_head(w, row, step.line.name, at, depth + 1);
	if (!row) {
		devfd_say_data(w, step.line.name, at + RECORD_HEAD, r.next, depth + 1);
		return r;
	}
	b = (struct devfd_place){row,        row->name, at + RECORD_HEAD, r.next, depth + 1,
				 w->version, w->big};
	fields_end = devfd_say_fields(w, &b);
	if (row->kept)
		say_kept(w, b.at, b.end, depth + 1);
	if (row->open && fields_end == b.at + devfd_fixed_size(row, w->version)) {
		r.inner = fields_end;
		r.inner_end = r.next;
	}
	return r;
}

/* Sub-records, which have none of their own. */
static void walk_children(struct devfd_walk_state *w, uint32_t at, uint32_t end)
{
	struct record r = {at, 0, 0, 0};

	memset(w->nth[1], 0, sizeof(w->nth[1]));
	while (r.next < end && !r.broken && !w->rc) {
		if (end - r.next < RECORD_HEAD)
			break;
		r = say_record(w, r.next, end, 1);
	}
	devfd_say_rest(w, r.next, end, 1);
}

static void walk_records(struct devfd_walk_state *w, uint32_t at)
{
	struct record r = {at, 0, 0, 0};

	while (r.next < w->size && !r.broken && !w->rc) {
		if (w->size - r.next < RECORD_HEAD)
			break;
		r = say_record(w, r.next, w->size, 0);
		if (r.inner)
			walk_children(w, r.inner, r.inner_end);
	}
	devfd_say_rest(w, r.next, w->size, 0);
}

/* A body at a fixed place, as far as it is there. Returns whether all of it is. */
static int walk_body(struct devfd_walk_state *w, uint32_t body, uint32_t at, uint32_t size)
{
	const struct devfd_body_row *row = &devfd_body_rows[body];
	struct devfd_step step =
		devfd_body_step(w, row, at, devfd_least(size, w->size - at), 0, WALK_NO_NTH);
	struct devfd_place b = {row, row->name, at, step.end, 1, UINT32_MAX, w->big};

	devfd_say(w, &step);
	devfd_say_fields(w, &b);
	return step.end == at + size;
}

static void walk_tlv(struct devfd_walk_state *w)
{
	if (!walk_body(w, DEVFD_BODY_TLV_HEADER, 0, DEVFD_SIZE_TLV_HEADER))
		return;
	w->version = devfd_walk_load32(w, DEVFD_AT_TLV_HEADER_VERSION);
	walk_records(w, DEVFD_SIZE_TLV_HEADER);
}

/* ---- Slots ---- */

/* The slots of one kind. */
struct slots {
	const struct devfd_slot *slot;
	const struct devfd_type *type; /* of regions of fixed */
	const char *const *names;
	uint32_t at, count;
};

static const char *name_of(const char *const *names, uint32_t i)
{
	for (; names && *names; names++, i--) {
		if (!i)
			return *names;
	}
	return NULL;
}

static uint32_t slot_index(const struct slots *k, uint32_t i)
{
	if (k->type && k->type->indexes)
		return k->type->indexes[i];
	return i;
}

static void say_slot(struct devfd_walk_state *w, const struct slots *k, uint32_t i, uint32_t at)
{
	const struct devfd_body_row *row = &devfd_body_rows[k->slot->body];
	uint32_t index = slot_index(k, i), j;
	int listed = devfd_walk_load32(w, at + k->slot->flags) & 1, blank = 1;
	struct devfd_step step =
		devfd_body_step(w, row, at, k->slot->size, 0, (int32_t)(index & INT32_MAX));
	struct devfd_place b = {row, row->name, at, step.end, 1, UINT32_MAX, w->big};
	const char *name = name_of(k->names, i);
	struct devfd_text t;

	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	if (name)
		devfd_text_add(&t, name);
	if (!listed)
		devfd_text_add(&t, name ? ", not listed" : "not listed");
	if (k->type && !devfd_walk_load32(w, at + k->slot->error)) {
		step.has_offset = 1;
		step.offset = (uint64_t)index << k->type->shift;
	}
	devfd_say(w, &step);
	for (j = 0; j < k->slot->size && blank; j++)
		blank = !w->p[at + j];
	if (listed || !blank)
		devfd_say_fields(w, &b);
}

/* All slots of a kind. Returns 0 where they do not fit. */
static int walk_slots(struct devfd_walk_state *w, const struct slots *k, uint32_t *at)
{
	uint32_t i;

	for (i = 0; i < k->count && !w->rc; i++) {
		if (!devfd_fits(*at, k->slot->size, w->size)) {
			devfd_say_rest(w, *at, w->size, 0);
			return 0;
		}
		say_slot(w, k, i, *at);
		*at += k->slot->size;
	}
	return !w->rc;
}

/* The part of the tail that an owner names. Returns 0 where it cannot be followed. */
static int walk_part(struct devfd_walk_state *w, const struct devfd_body_row *row, uint32_t owner,
		     uint32_t place, int32_t nth, uint32_t *cursor)
{
	uint32_t tail = devfd_walk_load32(w, owner + place),
		 size = devfd_walk_load32(w, owner + place + 4);
	struct devfd_step step;

	if (!size)
		return !tail;
	if (tail != *cursor)
		return 0;
	if (!devfd_fits(tail, size, w->size))
		return 0;
	step = devfd_body_step(w, row, tail, size, 0, nth);
	step.line.doc = "Part of the tail: what did not fit.";
	step.owner = owner;
	step.fields = step.end;
	snprintf(step.line.meaning, sizeof(step.line.meaning), "tail");
	devfd_say(w, &step);
	walk_children(w, tail, tail + size);
	*cursor += size;
	return !w->rc;
}

static void walk_tail(struct devfd_walk_state *w, const struct devfd_slots *l,
		      const struct slots kinds[2], uint32_t cursor)
{
	uint32_t k, i;
	int rc;

	rc = walk_part(w, &devfd_body_rows[l->body], 0, l->tail, WALK_NO_NTH, &cursor);
	for (k = 0; k < 2; k++) {
		const struct devfd_slot *slot = kinds[k].slot;
		const struct devfd_body_row *row = &devfd_body_rows[slot->body];

		for (i = 0; i < kinds[k].count && rc; i++)
			rc = walk_part(w, row, kinds[k].at + i * slot->size, slot->tail,
				       (int32_t)(i & INT32_MAX), &cursor);
	}
	devfd_say_rest(w, cursor, w->size, 0);
}

/* The device type that the header of fixed names, or NULL. */
static const struct devfd_type *type_of(const struct devfd_walk_state *w,
					const struct devfd_slots *l)
{
	uint32_t i;

	for (i = 0; i < devfd_types_count; i++) {
		if (devfd_types[i].id == devfd_walk_load32(w, l->type))
			return &devfd_types[i];
	}
	return NULL;
}

static void walk_layout(struct devfd_walk_state *w, const struct devfd_slots *l)
{
	struct slots kinds[2] = {{&l->region, NULL, NULL, 0, 0}, {&l->irq, NULL, NULL, 0, 0}};
	const struct devfd_type *type;
	uint32_t at = l->size;

	if (!walk_body(w, l->body, 0, l->size))
		return;
	w->version = DEVFD_TLV_VERSION_FULL;
	kinds[0].count = devfd_walk_load32(w, l->num_regions);
	kinds[1].count = devfd_walk_load32(w, l->num_irqs);
	if (l->type) {
		type = type_of(w, l);
		if (!type) {
			devfd_say_rest(w, at, w->size, 0);
			return;
		}
		kinds[0].type = type;
		kinds[0].names = devfd_type_names[type - devfd_types].regions;
		kinds[1].names = devfd_type_names[type - devfd_types].irqs;
		if (type->indexes)
			kinds[0].count = type->slots;
	}
	kinds[0].at = at;
	if (!walk_slots(w, &kinds[0], &at))
		return;
	kinds[1].at = at;
	if (!walk_slots(w, &kinds[1], &at))
		return;
	if (l->tail)
		walk_tail(w, l, kinds, at);
	else
		devfd_say_rest(w, at, w->size, 0);
}

/* ---- Replies ---- */

/* The capability at `at`, whose head is there. Returns where the next one is, or 0. */
static uint32_t say_cap(struct devfd_walk_state *w, uint32_t origin, uint32_t at, uint32_t end)
{
	const struct devfd_body_row *head = &devfd_body_rows[DEVFD_BODY_LINUX_CAP];
	uint32_t id = devfd_get16(w->p + at, w->big);
	uint32_t version = devfd_get16(w->p + at + DEVFD_AT_LINUX_CAP_VERSION, w->big);
	uint32_t next = devfd_walk_load32(w, at + DEVFD_AT_LINUX_CAP_NEXT), stop = end;
	const struct devfd_body_row *row = devfd_cap_body(origin, id);
	struct devfd_step step;
	struct devfd_place b;

	if (next < at + CAP_HEAD || !devfd_fits(next, CAP_HEAD, end))
		next = 0;
	if (next)
		stop = next;
	step = devfd_body_step(w, row, at, stop - at, 1, WALK_NO_NTH);
	step.fields = at + CAP_HEAD;
	step.version = version;
	step.end = end;
	if (!row)
		snprintf(step.line.meaning, sizeof(step.line.meaning), "id %u, version %u",
			 (unsigned int)id, (unsigned int)version);
	devfd_say(w, &step);
	b = (struct devfd_place){head, step.line.name, at, at + CAP_HEAD, 2, UINT32_MAX, w->big};
	devfd_say_number(w, &b, &head->fields[0], at, row ? row->name : NULL);
	devfd_say_number(w, &b, &head->fields[1], at + DEVFD_AT_LINUX_CAP_VERSION, NULL);
	devfd_say_number(w, &b, &head->fields[2], at + DEVFD_AT_LINUX_CAP_NEXT, NULL);
	b = (struct devfd_place){row, step.line.name, at + CAP_HEAD, stop, 2, version, w->big};
	if (row)
		devfd_say_fields(w, &b);
	else
		devfd_say_data(w, step.line.name, b.at, b.end, 2);
	return next;
}

/* Whether the flags of a reply say that capabilities follow. */
static int has_chain(const struct devfd_walk_state *w, const struct devfd_body_row *row)
{
	const struct devfd_field_row *f = row->fields;
	const struct devfd_flags_row *flags;
	size_t i;

	while (!f->takes_flags)
		f++;
	flags = &devfd_flags_rows[f->bits];
	for (i = 0; i < flags->count; i++) {
		if (flags->bits[i].sets == DEVFD_WIRE_CAPS)
			return (devfd_walk_load32(w, f->offset) >> flags->bits[i].bit & 1) != 0;
	}
	return 0;
}

/* Where the first capability stands, or 0 without one that can be followed. */
static uint32_t first_cap(const struct devfd_walk_state *w, const struct devfd_call_row *row)
{
	uint32_t at;

	if (!row->chain || w->size < row->min)
		return 0;
	if (!has_chain(w, &devfd_body_rows[row->body]))
		return 0;
	if (!devfd_fits(row->cap_offset, 4, w->size))
		return 0;
	at = devfd_walk_load32(w, row->cap_offset);
	return at < row->chain->floor ? 0 : at;
}

static void walk_reply(struct devfd_walk_state *w, uint32_t call)
{
	const struct devfd_call_row *row = &devfd_calls[call - 1];
	uint32_t full = row->full, argsz, at, count;

	if (w->size >= row->min) {
		argsz = devfd_walk_load32(w, 0);
		if (argsz >= row->min && argsz < w->size)
			w->size = argsz;
	}
	at = first_cap(w, row);
	if (row->counted)
		full = w->size;
	/* An older kernel's struct is shorter than ours: its capabilities begin where we have a
	 * field. */
	walk_body(w, row->body, 0, devfd_least(at ? devfd_least(full, at) : full, w->size));
	for (count = 0; at && count < DEVFD_CHAIN_MAX && !w->rc; count++) {
		if (!devfd_fits(at, CAP_HEAD, w->size))
			return;
		at = say_cap(w, row->chain->origin, at, w->size);
	}
}

/* ---- The whole ---- */

int devfd_steps(const struct devfd_input *in, devfd_step_fn *fn, void *context)
{
	uint32_t format = in->format ? in->format : devfd_format_of(in->p, in->size);
	struct devfd_walk_state w;

	memset(&w, 0, sizeof(w));
	w.p = in->p;
	w.size = in->size > DEVFD_SIZE_MAX ? DEVFD_SIZE_MAX : (uint32_t)in->size;
	w.fn = fn;
	w.context = context;
	if (format >= DEVFD_FORMAT_REPLY) {
		if (format - DEVFD_FORMAT_REPLY >= devfd_calls_count)
			return 0;
		w.big = devfd_options_big(in->options);
		walk_reply(&w, format - DEVFD_FORMAT_REPLY + 1);
		return w.rc;
	}
	if (w.size >= 4)
		devfd_magic_layout(w.p, &w.big);
	if (format == DEVFD_FORMAT_TLV)
		walk_tlv(&w);
	else if (format == DEVFD_FORMAT_ARRAY)
		walk_layout(&w, &devfd_array_slots);
	else if (format == DEVFD_FORMAT_FIXED)
		walk_layout(&w, &devfd_fixed_slots);
	else
		devfd_say_rest(&w, 0, w.size, 0);
	return w.rc;
}

struct adapter {
	int (*fn)(void *context, const struct devfd_line *line);
	void *context;
};

static int line_of(void *context, const struct devfd_step *step)
{
	const struct adapter *a = (const struct adapter *)context;

	return a->fn(a->context, &step->line);
}

int devfd_walk(const struct devfd_input *in,
	       int (*fn)(void *context, const struct devfd_line *line), void *context)
{
	struct adapter a = {fn, context};

	return devfd_steps(in, line_of, &a);
}
