// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * walk.c: every body and field of an input as lines, in the order of their offsets. It judges
 * nothing: a broken input is followed as long as the next step is inside the input and leads
 * forward, which also is what bounds it.
 */
#include "walk.h"

enum {
	RECORD_HEAD = DEVFD_SIZE_TLV_RECORD,
	CAP_HEAD = DEVFD_SIZE_LINUX_CAP,
	LEVELS = 2, /* records, and sub-records in them */
	NO_NTH = -1,
};

/* A walk. rc is what fn returned last; once it is not 0 nothing more is said. */
struct walk {
	const uint8_t *p;
	uint32_t size;
	uint32_t big, version;
	devfd_step_fn *fn;
	void *context;
	int rc;
	uint32_t nth[LEVELS][DEVFD_BODY_LINUX_CAP]; /* bodies of each kind so far; unlisted ones
						       count at 0 */
};

/* Where the fields of a body stand, and how to read them. */
struct place {
	const struct devfd_body_row *row;
	const char *name;
	uint32_t at, end; /* of the fields, and of the room for them */
	uint32_t depth;   /* of the fields */
	uint32_t version, big;
};

static void say(struct walk *w, const struct devfd_step *step)
{
	if (w->rc)
		return;
	w->rc = w->fn(w->context, step);
}

static uint32_t load32(const struct walk *w, uint32_t at)
{
	return devfd_get32(w->p + at, w->big);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- Lines ---- */

/* A step with everything of a body but what its kind adds. */
static struct devfd_step body_step(const struct walk *w, const struct devfd_body_row *row,
				   uint32_t at, uint32_t size, uint32_t depth, int32_t nth)
{
	struct devfd_step step;

	memset(&step, 0, sizeof(step));
	step.body = row;
	step.line.at = at;
	step.line.size = size;
	step.line.depth = depth;
	step.line.name = row ? row->name : "unknown";
	step.line.doc = row ? row->doc : "Not listed in this version of the spec.";
	step.line.nth = nth;
	step.fields = at + (row ? row->head : 0);
	step.end = at + size;
	step.version = w->version;
	step.big = w->big;
	return step;
}

/* What is left from `at` on, which cannot be followed. */
static void say_rest(struct walk *w, uint32_t at, uint32_t end, uint32_t depth)
{
	struct devfd_step step = body_step(w, NULL, at, end - at, depth, NO_NTH);
	struct devfd_text t;

	if (at >= end)
		return;
	step.line.name = "rest";
	step.line.doc = "Bytes that cannot be followed.";
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_hex(&t, w->p + at, end - at);
	say(w, &step);
}

static struct devfd_step field_step(const struct place *b, const struct devfd_field_row *f,
				    uint32_t at, uint32_t size)
{
	struct devfd_step step;

	memset(&step, 0, sizeof(step));
	step.body = b->row;
	step.field = f;
	step.line.at = at;
	step.line.size = size;
	step.line.depth = b->depth;
	step.line.name = b->name;
	step.line.field = f->name;
	step.line.doc = f->doc;
	step.line.nth = NO_NTH;
	step.line.width = f->width;
	step.version = b->version;
	step.big = b->big;
	return step;
}

/* A number. meant: what it names, where only the caller knows. */
static void say_number(struct walk *w, const struct place *b, const struct devfd_field_row *f,
		       uint32_t at, const char *meant)
{
	struct devfd_step step = field_step(b, f, at, f->width);
	struct devfd_text t;

	step.line.numeric = 1;
	step.line.value = devfd_load(w->p + at, f->width, b->big);
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	if (f->values)
		meant = devfd_member_name(f->values, step.line.value);
	if (meant)
		devfd_text_add(&t, meant);
	if (f->bits)
		devfd_text_flags(&t, &devfd_flags_rows[f->bits], step.line.value);
	say(w, &step);
}

static void say_elements(struct walk *w, const struct place *b, const struct devfd_field_row *f,
			 uint32_t at, uint32_t count)
{
	uint32_t i, j;

	for (i = 0; i < count && !w->rc; i++, at += f->width) {
		struct devfd_step step = field_step(b, f, at, f->width);
		struct devfd_text t;

		step.line.nth = (int32_t)i;
		devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
		for (j = 0; j < f->element_count; j++) {
			const struct devfd_field_row *part = &f->element[j];

			devfd_text_add(&t, j ? ", " : "");
			devfd_text_add(&t, part->name);
			devfd_text_add(&t, " ");
			devfd_text_number(
				&t, devfd_load(w->p + at + part->offset, part->width, b->big));
		}
		say(w, &step);
	}
}

/* Text up to its NUL; the line has the padding too. */
static void say_string(struct walk *w, const struct place *b, const struct devfd_field_row *f,
		       uint32_t at)
{
	struct devfd_step step = field_step(b, f, at, b->end - at);
	struct devfd_text t;
	uint32_t nul = at;

	while (nul < b->end && w->p[nul])
		nul++;
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_escaped(&t, w->p + at, nul - at);
	say(w, &step);
}

static void say_bytes(struct walk *w, const struct place *b, const struct devfd_field_row *f,
		      uint32_t at, uint32_t size)
{
	struct devfd_step step = field_step(b, f, at, size);
	struct devfd_text t;

	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_hex(&t, w->p + at, size);
	say(w, &step);
}

static void say_variable(struct walk *w, const struct place *b, const struct devfd_field_row *f,
			 uint32_t at)
{
	uint32_t left = b->end - at, most = left / f->width;
	uint64_t counted = most;

	if (f->counter) {
		const struct devfd_field_row *counter = &b->row->fields[f->counter - 1];

		counted = devfd_load(w->p + b->at + counter->offset, counter->width, b->big);
	}
	if (counted < most)
		most = (uint32_t)counted;
	if (f->kind == DEVFD_KIND_STRING)
		say_string(w, b, f, at);
	else if (f->kind == DEVFD_KIND_BYTES)
		say_bytes(w, b, f, at, most);
	else
		say_elements(w, b, f, at, most);
}

/* The fields that the version has, as far as the room has them. Returns where the fixed part ends.
 */
static uint32_t say_fields(struct walk *w, const struct place *b)
{
	uint32_t end = b->at, i;

	for (i = 0; i < b->row->field_count; i++) {
		const struct devfd_field_row *f = &b->row->fields[i];

		if (f->since > b->version)
			continue;
		if (f->kind >= DEVFD_KIND_BYTES) {
			say_variable(w, b, f, end);
			break;
		}
		if (!devfd_fits((uint64_t)b->at + f->offset, f->width, b->end))
			break;
		say_number(w, b, f, b->at + f->offset, NULL);
		end = b->at + f->offset + f->width;
	}
	return end;
}

/* Bytes of a body that the spec does not list. */
static void say_data(struct walk *w, const char *name, uint32_t at, uint32_t end, uint32_t depth)
{
	static const struct devfd_field_row data = {.name = "data",
						    .doc = "bytes of unknown meaning",
						    .kind = DEVFD_KIND_BYTES,
						    .width = 1};
	struct place b = {NULL, name, at, end, depth, w->version, w->big};

	if (at < end)
		say_bytes(w, &b, &data, at, end - at);
}

/* ---- Records ---- */

/* What a record leaves to its caller. */
struct record {
	uint32_t next;             /* where the next one begins */
	uint32_t inner, inner_end; /* sub-records */
	int broken;                /* nothing behind it can be followed */
};

/* A kept capability of Linux that the spec lists, inside its envelope. */
static void say_kept(struct walk *w, uint32_t at, uint32_t end, uint32_t depth)
{
	const struct devfd_body_row *row;
	struct devfd_step step;
	struct place b;
	uint32_t size;

	if (!devfd_fits(at, DEVFD_SIZE_TLV_KEPT, end))
		return;
	row = devfd_cap_body(load32(w, at + DEVFD_AT_TLV_KEPT_ORIGIN),
			     load32(w, at + DEVFD_AT_TLV_KEPT_ID));
	if (!row)
		return;
	size = least(load32(w, at + DEVFD_AT_TLV_KEPT_SIZE), end - at - DEVFD_SIZE_TLV_KEPT);
	b.row = row;
	b.name = row->name;
	b.at = at + DEVFD_SIZE_TLV_KEPT;
	b.end = b.at + size;
	b.depth = depth + 1;
	b.version = load32(w, at + DEVFD_AT_TLV_KEPT_VERSION);
	b.big = load32(w, at + DEVFD_AT_TLV_KEPT_ORDER) == DEVFD_ORDER_BIG;
	step = body_step(w, row, b.at, size, depth, NO_NTH);
	step.fields = b.at;
	step.version = b.version;
	step.big = b.big;
	say(w, &step);
	say_fields(w, &b);
}

static void say_record_head(struct walk *w, const struct devfd_body_row *row, const char *name,
			    uint32_t at, uint32_t depth)
{
	const struct devfd_body_row *head = &devfd_body_rows[DEVFD_BODY_TLV_RECORD];
	struct place b = {head, name, at, at + RECORD_HEAD, depth, w->version, w->big};
	struct devfd_text t;
	char flags[160];

	devfd_text_start(&t, flags, sizeof(flags));
	if (row && row->word_bits)
		devfd_text_flags(&t, &devfd_flags_rows[row->word_bits],
				 load32(w, at + DEVFD_AT_TLV_RECORD_FLAGS));
	say_number(w, &b, &head->fields[0], at, row ? row->name : NULL);
	say_number(w, &b, &head->fields[1], at + DEVFD_AT_TLV_RECORD_REC_LEN, NULL);
	say_number(w, &b, &head->fields[2], at + DEVFD_AT_TLV_RECORD_FLAGS, flags);
}

/* The record at `at` of a parent that ends at `end`, with its own fields. */
static struct record say_record(struct walk *w, uint32_t at, uint32_t end, uint32_t depth)
{
	uint32_t type = load32(w, at), len = load32(w, at + DEVFD_AT_TLV_RECORD_REC_LEN);
	const struct devfd_body_row *row = devfd_record_body(type);
	uint32_t *nth = &w->nth[depth][row ? row - devfd_body_rows : 0];
	struct record r = {0, 0, 0, 0};
	struct devfd_step step;
	struct place b;
	uint32_t size = least(len, end - at), fields_end;

	if (size < RECORD_HEAD)
		size = RECORD_HEAD;
	r.broken = size != len;
	r.next = at + size;
	step = body_step(w, row, at, size, depth, !row || row->many ? (int32_t)*nth : NO_NTH);
	step.fields = at + RECORD_HEAD;
	++*nth;
	if (!row)
		snprintf(step.line.meaning, sizeof(step.line.meaning), "type %#x",
			 (unsigned int)type);
	say(w, &step);
	say_record_head(w, row, step.line.name, at, depth + 1);
	if (!row) {
		say_data(w, step.line.name, at + RECORD_HEAD, r.next, depth + 1);
		return r;
	}
	b = (struct place){row, row->name, at + RECORD_HEAD, r.next, depth + 1, w->version, w->big};
	fields_end = say_fields(w, &b);
	if (row->kept)
		say_kept(w, b.at, b.end, depth + 1);
	if (row->open && fields_end == b.at + devfd_fixed_size(row, w->version)) {
		r.inner = fields_end;
		r.inner_end = r.next;
	}
	return r;
}

/* Sub-records, which have none of their own. */
static void walk_children(struct walk *w, uint32_t at, uint32_t end)
{
	struct record r = {at, 0, 0, 0};

	memset(w->nth[1], 0, sizeof(w->nth[1]));
	while (r.next < end && !r.broken && !w->rc) {
		if (end - r.next < RECORD_HEAD)
			break;
		r = say_record(w, r.next, end, 1);
	}
	say_rest(w, r.next, end, 1);
}

static void walk_records(struct walk *w, uint32_t at)
{
	struct record r = {at, 0, 0, 0};

	while (r.next < w->size && !r.broken && !w->rc) {
		if (w->size - r.next < RECORD_HEAD)
			break;
		r = say_record(w, r.next, w->size, 0);
		if (r.inner)
			walk_children(w, r.inner, r.inner_end);
	}
	say_rest(w, r.next, w->size, 0);
}

/* A body at a fixed place, as far as it is there. Returns whether all of it is. */
static int walk_body(struct walk *w, uint32_t body, uint32_t at, uint32_t size)
{
	const struct devfd_body_row *row = &devfd_body_rows[body];
	struct devfd_step step = body_step(w, row, at, least(size, w->size - at), 0, NO_NTH);
	struct place b = {row, row->name, at, step.end, 1, UINT32_MAX, w->big};

	say(w, &step);
	say_fields(w, &b);
	return step.end == at + size;
}

static void walk_tlv(struct walk *w)
{
	if (!walk_body(w, DEVFD_BODY_TLV_HEADER, 0, DEVFD_SIZE_TLV_HEADER))
		return;
	w->version = load32(w, DEVFD_AT_TLV_HEADER_VERSION);
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

static void say_slot(struct walk *w, const struct slots *k, uint32_t i, uint32_t at)
{
	const struct devfd_body_row *row = &devfd_body_rows[k->slot->body];
	uint32_t index = slot_index(k, i), j;
	int listed = load32(w, at + k->slot->flags) & 1, blank = 1;
	struct devfd_step step =
		body_step(w, row, at, k->slot->size, 0, (int32_t)(index & INT32_MAX));
	struct place b = {row, row->name, at, step.end, 1, UINT32_MAX, w->big};
	const char *name = name_of(k->names, i);
	struct devfd_text t;

	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	if (name)
		devfd_text_add(&t, name);
	if (!listed)
		devfd_text_add(&t, name ? ", not listed" : "not listed");
	if (k->type && !load32(w, at + k->slot->error)) {
		step.has_offset = 1;
		step.offset = (uint64_t)index << k->type->shift;
	}
	say(w, &step);
	for (j = 0; j < k->slot->size && blank; j++)
		blank = !w->p[at + j];
	if (listed || !blank)
		say_fields(w, &b);
}

/* All slots of a kind. Returns 0 where they do not fit. */
static int walk_slots(struct walk *w, const struct slots *k, uint32_t *at)
{
	uint32_t i;

	for (i = 0; i < k->count && !w->rc; i++) {
		if (!devfd_fits(*at, k->slot->size, w->size)) {
			say_rest(w, *at, w->size, 0);
			return 0;
		}
		say_slot(w, k, i, *at);
		*at += k->slot->size;
	}
	return !w->rc;
}

/* The part of the tail that an owner names. Returns 0 where it cannot be followed. */
static int walk_part(struct walk *w, const struct devfd_body_row *row, uint32_t owner,
		     uint32_t place, int32_t nth, uint32_t *cursor)
{
	uint32_t tail = load32(w, owner + place), size = load32(w, owner + place + 4);
	struct devfd_step step;

	if (!size)
		return !tail;
	if (tail != *cursor)
		return 0;
	if (!devfd_fits(tail, size, w->size))
		return 0;
	step = body_step(w, row, tail, size, 0, nth);
	step.line.doc = "Part of the tail: what did not fit.";
	step.owner = owner;
	step.fields = step.end;
	snprintf(step.line.meaning, sizeof(step.line.meaning), "tail");
	say(w, &step);
	walk_children(w, tail, tail + size);
	*cursor += size;
	return !w->rc;
}

static void walk_tail(struct walk *w, const struct devfd_slots *l, const struct slots kinds[2],
		      uint32_t cursor)
{
	uint32_t k, i;
	int rc;

	rc = walk_part(w, &devfd_body_rows[l->body], 0, l->tail, NO_NTH, &cursor);
	for (k = 0; k < 2; k++) {
		const struct devfd_slot *slot = kinds[k].slot;
		const struct devfd_body_row *row = &devfd_body_rows[slot->body];

		for (i = 0; i < kinds[k].count && rc; i++)
			rc = walk_part(w, row, kinds[k].at + i * slot->size, slot->tail,
				       (int32_t)(i & INT32_MAX), &cursor);
	}
	say_rest(w, cursor, w->size, 0);
}

/* The device type that the header of fixed names, or NULL. */
static const struct devfd_type *type_of(const struct walk *w, const struct devfd_slots *l)
{
	uint32_t i;

	for (i = 0; i < devfd_types_count; i++) {
		if (devfd_types[i].id == load32(w, l->type))
			return &devfd_types[i];
	}
	return NULL;
}

static void walk_layout(struct walk *w, const struct devfd_slots *l)
{
	struct slots kinds[2] = {{&l->region, NULL, NULL, 0, 0}, {&l->irq, NULL, NULL, 0, 0}};
	const struct devfd_type *type;
	uint32_t at = l->size;

	if (!walk_body(w, l->body, 0, l->size))
		return;
	w->version = DEVFD_TLV_VERSION_FULL;
	kinds[0].count = load32(w, l->num_regions);
	kinds[1].count = load32(w, l->num_irqs);
	if (l->type) {
		type = type_of(w, l);
		if (!type) {
			say_rest(w, at, w->size, 0);
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
		say_rest(w, at, w->size, 0);
}

/* ---- Replies ---- */

/* The capability at `at`, whose head is there. Returns where the next one is, or 0. */
static uint32_t say_cap(struct walk *w, uint32_t origin, uint32_t at, uint32_t end)
{
	const struct devfd_body_row *head = &devfd_body_rows[DEVFD_BODY_LINUX_CAP];
	uint32_t id = devfd_get16(w->p + at, w->big);
	uint32_t version = devfd_get16(w->p + at + DEVFD_AT_LINUX_CAP_VERSION, w->big);
	uint32_t next = load32(w, at + DEVFD_AT_LINUX_CAP_NEXT), stop = end;
	const struct devfd_body_row *row = devfd_cap_body(origin, id);
	struct devfd_step step;
	struct place b;

	if (next < at + CAP_HEAD || !devfd_fits(next, CAP_HEAD, end))
		next = 0;
	if (next)
		stop = next;
	step = body_step(w, row, at, stop - at, 1, NO_NTH);
	step.fields = at + CAP_HEAD;
	step.version = version;
	step.end = end;
	if (!row)
		snprintf(step.line.meaning, sizeof(step.line.meaning), "id %u, version %u",
			 (unsigned int)id, (unsigned int)version);
	say(w, &step);
	b = (struct place){head, step.line.name, at, at + CAP_HEAD, 2, UINT32_MAX, w->big};
	say_number(w, &b, &head->fields[0], at, row ? row->name : NULL);
	say_number(w, &b, &head->fields[1], at + DEVFD_AT_LINUX_CAP_VERSION, NULL);
	say_number(w, &b, &head->fields[2], at + DEVFD_AT_LINUX_CAP_NEXT, NULL);
	b = (struct place){row, step.line.name, at + CAP_HEAD, stop, 2, version, w->big};
	if (row)
		say_fields(w, &b);
	else
		say_data(w, step.line.name, b.at, b.end, 2);
	return next;
}

/* Whether the flags of a reply say that capabilities follow. */
static int has_chain(const struct walk *w, const struct devfd_body_row *row)
{
	const struct devfd_field_row *f = row->fields;
	const struct devfd_flags_row *flags;
	size_t i;

	while (!f->takes_flags)
		f++;
	flags = &devfd_flags_rows[f->bits];
	for (i = 0; i < flags->count; i++) {
		if (flags->bits[i].sets == DEVFD_WIRE_CAPS)
			return (load32(w, f->offset) >> flags->bits[i].bit & 1) != 0;
	}
	return 0;
}

/* Where the first capability stands, or 0 without one that can be followed. */
static uint32_t first_cap(const struct walk *w, const struct devfd_call_row *row)
{
	uint32_t at;

	if (!row->chain || w->size < row->min)
		return 0;
	if (!has_chain(w, &devfd_body_rows[row->body]))
		return 0;
	if (!devfd_fits(row->cap_offset, 4, w->size))
		return 0;
	at = load32(w, row->cap_offset);
	return at < row->chain->floor ? 0 : at;
}

static void walk_reply(struct walk *w, uint32_t call)
{
	const struct devfd_call_row *row = &devfd_calls[call - 1];
	uint32_t argsz, at, count;

	if (w->size >= row->min) {
		argsz = load32(w, 0);
		if (argsz >= row->min && argsz < w->size)
			w->size = argsz;
	}
	at = first_cap(w, row);
	/* An older kernel's struct is shorter than ours: its capabilities begin where we have a
	 * field. */
	walk_body(w, row->body, 0, least(at ? least(row->full, at) : row->full, w->size));
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
	struct walk w;

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
		say_rest(&w, 0, w.size, 0);
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
