// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* shape.c: takes an input apart into pieces and puts pieces together. */
#include "known.h"

enum { CHAIN_MAX = DEVFD_CHAIN_MAX + 8 };

static uint32_t load32(const struct devfd_pieces *s, uint32_t at)
{
	return devfd_get32(s->arena + at, s->big);
}

/* ---- Fields ---- */

uint8_t *devfd_piece_rest(struct devfd_pieces *s, const struct devfd_piece *p, uint32_t *size)
{
	const struct devfd_body_row *row = devfd_piece_row(p);
	uint32_t fixed = devfd_piece_head(s, p);

	if (row)
		fixed += devfd_known_fixed(p->body, devfd_piece_version(s, p));
	*size = p->size > fixed ? p->size - fixed : 0;
	return s->arena + p->at + p->size - *size;
}

/* ---- Taking apart ---- */

static void add(struct devfd_pieces *s, uint32_t kind, uint32_t level, uint32_t body, uint32_t at,
		uint32_t size)
{
	struct devfd_piece *p = &s->piece[s->count];

	if (s->count == DEVFD_PIECES)
		return;
	s->count++;
	p->at = (uint16_t)at;
	p->size = (uint16_t)size;
	p->out = 0;
	p->kind = (uint8_t)kind;
	p->level = (uint8_t)level;
	p->body = (uint8_t)body;
	p->slot = 0;
}

static void add_loose(struct devfd_pieces *s, uint32_t level, uint32_t at, uint32_t end)
{
	if (at < end)
		add(s, DEVFD_PIECE_LOOSE, level, 0, at, end - at);
}

/* Bytes of a record that are its own. */
static uint32_t own_size(const struct devfd_pieces *s, uint32_t body, uint32_t size)
{
	uint32_t fixed;

	if (!body || !devfd_body_rows[body].open)
		return size;
	fixed = s->row->head + devfd_known_fixed(body, s->version);
	return fixed < size ? fixed : size;
}

/* Records in records, as deep as open ones go. */
static void parse_records(struct devfd_pieces *s, uint32_t at, uint32_t end, uint32_t level)
{
	uint32_t stop[4] = {0}, depth = 0, size, own, body;

	stop[0] = end;
	while (at < end && s->count < DEVFD_PIECES) {
		while (depth && at >= stop[depth])
			depth--;
		if (stop[depth] - at < s->row->head) {
			add_loose(s, level + depth, at, stop[depth]);
			at = stop[depth];
			continue;
		}
		size = load32(s, at + s->row->len);
		if (size < s->row->head || size > stop[depth] - at)
			size = stop[depth] - at;
		body = devfd_known_tag(load32(s, at + s->row->type));
		own = depth < 3 ? own_size(s, body, size) : size;
		add(s, DEVFD_PIECE_RECORD, level + depth, body, at, own);
		if (own < size)
			stop[++depth] = at + size;
		at += own;
	}
	add_loose(s, level, at, end);
}

/* Slots that the header says there are, of one kind. */
static uint32_t slot_count(const struct devfd_pieces *s, uint32_t kind)
{
	uint32_t i, type;

	if (s->row->device_type && !kind) {
		type = load32(s, s->row->device_type - 1u);
		for (i = 0; i < devfd_types_count; i++) {
			if (devfd_types[i].id == type && devfd_types[i].indexes)
				return devfd_types[i].slots;
		}
	}
	return load32(s, s->row->slots[kind].count - 1u);
}

/* The part of the tail that an owner names. Returns where it ends, or `least`. */
static uint32_t parse_tail(struct devfd_pieces *s, uint32_t place, uint32_t end, uint32_t least)
{
	uint32_t tail, size;

	if (!s->row->record)
		return least;
	tail = load32(s, place);
	size = load32(s, place + 4);
	if (tail < least || !size || !devfd_fits(tail, size, end))
		return least;
	parse_records(s, tail, tail + size, 1);
	return tail + size;
}

static void parse_slots(struct devfd_pieces *s, uint32_t end)
{
	uint32_t at = s->row->header_size, kind, i, tail = at, counts[2];

	for (kind = 0; kind < DEVFD_SHAPE_SLOT_KINDS; kind++) {
		counts[kind] = slot_count(s, kind);
		if (counts[kind] > (end - tail) / s->row->slots[kind].size)
			counts[kind] = (end - tail) / s->row->slots[kind].size;
		tail += counts[kind] * s->row->slots[kind].size;
	}
	if (s->row->tail)
		tail = parse_tail(s, s->row->tail - 1u, end, tail);
	for (kind = 0; kind < DEVFD_SHAPE_SLOT_KINDS; kind++) {
		const struct devfd_shape_slot *slot = &s->row->slots[kind];

		for (i = 0; i < counts[kind]; i++, at += slot->size) {
			add(s, DEVFD_PIECE_SLOT, 0, slot->body, at, slot->size);
			s->piece[s->count - 1].slot = (uint8_t)kind;
			if (slot->tail)
				tail = parse_tail(s, at + slot->tail - 1u, end, tail);
		}
	}
	add_loose(s, 0, tail, end);
}

/* Where the first capability stands, or 0. */
static uint32_t first_cap(const struct devfd_pieces *s, uint32_t end)
{
	uint32_t at;

	if (!s->row->cap_offset || end < s->row->cap_offset + 3u)
		return 0;
	if (!(load32(s, s->row->caps_flags - 1u) >> s->row->caps_bit & 1))
		return 0;
	at = load32(s, s->row->cap_offset - 1u);
	if (at < s->row->floor || !devfd_fits(at, s->row->head, end))
		return 0;
	return at;
}

static void parse_reply(struct devfd_pieces *s, uint32_t end)
{
	uint32_t at = first_cap(s, end), next, count;
	uint32_t body;

	s->piece[0].size = (uint16_t)(at ? at : end);
	for (count = 0; at && count < CHAIN_MAX; count++) {
		next = load32(s, at + s->row->link);
		if (next < at + s->row->head || !devfd_fits(next, s->row->head, end))
			next = 0;
		body = devfd_known_cap(s->row->origin,
				       devfd_get16(s->arena + at + s->row->type, s->big));
		add(s, DEVFD_PIECE_CAP, 1, body, at, (next ? next : end) - at);
		at = next;
	}
}

int devfd_shape_parse(struct devfd_pieces *s, uint32_t format, uint32_t big, const uint8_t *p,
		      size_t size)
{
	uint32_t end = (uint32_t)size, header;

	if (!format || format >= devfd_shape_count || size > DEVFD_ARENA / 2)
		return 0;
	s->row = &devfd_shape_rows[format];
	s->big = big;
	s->version = UINT32_MAX;
	s->count = 0;
	s->used = end;
	memcpy(s->arena, p, size);
	if (s->row->shape != DEVFD_SHAPE_REPLY && size >= 4)
		devfd_magic_layout(s->arena, &s->big);
	header = end < s->row->header_size ? end : s->row->header_size;
	add(s, DEVFD_PIECE_HEADER, 0, s->row->header, 0, header);
	if (s->row->shape == DEVFD_SHAPE_REPLY) {
		parse_reply(s, end);
		return 1;
	}
	if (header < s->row->header_size)
		return 1;
	if (s->row->shape == DEVFD_SHAPE_SLOTS) {
		parse_slots(s, end);
		return 1;
	}
	s->version = load32(s, s->row->version - 1u);
	parse_records(s, header, end, 0);
	return 1;
}

/* ---- Changing ---- */

uint32_t devfd_shape_owner(const struct devfd_pieces *s, uint32_t i)
{
	while (i && s->piece[i].level)
		i--;
	return i;
}

void devfd_shape_drop(struct devfd_pieces *s, uint32_t i)
{
	uint32_t next = devfd_shape_next(s, i);

	memmove(&s->piece[i], &s->piece[next], (s->count - next) * sizeof(s->piece[0]));
	s->count -= next - i;
}

/* Makes room for so many pieces at i. */
static int open_gap(struct devfd_pieces *s, uint32_t i, uint32_t count)
{
	if (s->count + count > DEVFD_PIECES)
		return 0;
	memmove(&s->piece[i + count], &s->piece[i], (s->count - i) * sizeof(s->piece[0]));
	s->count += count;
	return 1;
}

int devfd_shape_copy(struct devfd_pieces *s, uint32_t from, uint32_t to, uint32_t level)
{
	uint32_t next = devfd_shape_next(s, from), count = next - from, i, base;
	struct devfd_piece *p;

	base = s->piece[from].level;
	if (!open_gap(s, to, count))
		return 0;
	if (to <= from)
		from += count;
	for (i = 0; i < count; i++) {
		p = &s->piece[to + i];
		/* The gap has opened inside of what is copied. */
		*p = s->piece[from + i < to || to <= from ? from + i : from + i + count];
		p->level = (uint8_t)(p->level - base + level);
		if (s->used + p->size > DEVFD_ARENA) {
			p->size = 0;
			continue;
		}
		memcpy(s->arena + s->used, s->arena + p->at, p->size);
		p->at = (uint16_t)s->used;
		s->used += p->size;
	}
	return 1;
}

int devfd_shape_resize(struct devfd_pieces *s, uint32_t i, uint32_t size)
{
	struct devfd_piece *p = &s->piece[i];

	if (size > p->size) {
		if (size > DEVFD_ARENA || s->used > DEVFD_ARENA - size)
			return 0;
		memcpy(s->arena + s->used, s->arena + p->at, p->size);
		memset(s->arena + s->used + p->size, 0, size - p->size);
		p->at = (uint16_t)s->used;
		s->used += size;
	}
	p->size = (uint16_t)size;
	return 1;
}

/* ---- Byte order ---- */

static void turn(uint8_t *p, uint32_t width)
{
	uint32_t i;

	for (i = 0; i < width / 2; i++) {
		uint8_t held = p[i];

		p[i] = p[width - 1 - i];
		p[width - 1 - i] = held;
	}
}

static void turn_elements(const struct devfd_field_row *f, uint8_t *p, uint32_t size)
{
	uint32_t i, j;

	for (i = 0; size - i >= f->width; i += f->width) {
		for (j = 0; j < f->element_count; j++)
			turn(p + i + f->element[j].offset, f->element[j].width);
	}
}

static void turn_fields(struct devfd_pieces *s, const struct devfd_piece *p,
			const struct devfd_body_row *row)
{
	uint32_t i, size;
	uint8_t *at;

	for (i = 0; i < row->field_count; i++) {
		const struct devfd_field_row *f = &row->fields[i];

		at = devfd_piece_field(s, p, f);
		if (at)
			turn(at, f->width);
		if (f->kind != DEVFD_KIND_ARRAY)
			continue;
		at = devfd_piece_rest(s, p, &size);
		turn_elements(f, at, size);
	}
}

/* Fields first, since a capability's head says which of them there are. */
static void turn_piece(struct devfd_pieces *s, const struct devfd_piece *p)
{
	const struct devfd_body_row *row = devfd_piece_row(p), *head;
	uint32_t i;

	if (row)
		turn_fields(s, p, row);
	if (p->size < devfd_piece_head(s, p) || !devfd_piece_head(s, p))
		return;
	head = &devfd_body_rows[s->row->record];
	for (i = 0; i < head->field_count; i++)
		turn(s->arena + p->at + head->fields[i].offset, head->fields[i].width);
}

void devfd_shape_turn(struct devfd_pieces *s)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		turn_piece(s, &s->piece[i]);
	s->big = !s->big;
}

int devfd_shape_insert(struct devfd_pieces *s, uint32_t i, uint32_t level,
		       const struct devfd_sample *sample)
{
	uint32_t at = s->used, from = s->count, count, j, big = s->big, held = s->version;
	struct devfd_piece moved;

	if (sample->size > DEVFD_ARENA || s->used + sample->size > DEVFD_ARENA)
		return 0;
	if (s->count + 8 > DEVFD_PIECES)
		return 0;
	memcpy(s->arena + at, sample->p, sample->size);
	s->used += sample->size;
	s->big = 0;
	if (s->row->shape == DEVFD_SHAPE_REPLY)
		add(s, DEVFD_PIECE_CAP, level, sample->body, at, sample->size);
	else if (s->row->shape == DEVFD_SHAPE_RECORDS || sample->parent)
		parse_records(s, at, s->used, level);
	else
		add(s, DEVFD_PIECE_SLOT, 0, sample->body, at, sample->size);
	count = s->count - from;
	for (j = from; j < s->count; j++) {
		if (s->piece[j].kind == DEVFD_PIECE_SLOT)
			s->piece[j].slot = sample->body != s->row->slots[0].body;
		if (big)
			turn_piece(s, &s->piece[j]);
	}
	s->big = big;
	s->version = held;
	for (j = 0; j < count; j++) {
		moved = s->piece[from + j];
		memmove(&s->piece[i + j + 1], &s->piece[i + j], (from - i) * sizeof(moved));
		s->piece[i + j] = moved;
	}
	return 1;
}

/* ---- Putting together ---- */

/* A writer that stops at its end; places are counted on. */
struct out {
	uint8_t *p;
	uint32_t at, max;
};

static void put(struct out *o, const uint8_t *p, uint32_t size)
{
	if (devfd_fits(o->at, size, o->max))
		memcpy(o->p + o->at, p, size);
	else if (o->at < o->max)
		memcpy(o->p + o->at, p, o->max - o->at);
	o->at += size;
}

static void pad(struct out *o, uint32_t align)
{
	static const uint8_t zero[8];

	if (align > 1 && o->at % align)
		put(o, zero, align - o->at % align);
}

static void put32(const struct devfd_pieces *s, struct out *o, uint32_t at, uint32_t value)
{
	if (devfd_fits(at, 4, o->max))
		devfd_store(o->p + at, 4, s->big, value);
}

static void put_piece(struct devfd_pieces *s, struct out *o, struct devfd_piece *p)
{
	p->out = (uint16_t)o->at;
	put(o, s->arena + p->at, p->size);
}

static void put_records(struct devfd_pieces *s, struct out *o, uint32_t from, uint32_t to, int fix)
{
	uint32_t i, next, end = o->at;

	for (i = from; i < to; i++) {
		put_piece(s, o, &s->piece[i]);
		if (fix && s->piece[i].kind == DEVFD_PIECE_RECORD)
			pad(o, s->row->align);
		end = o->at;
	}
	for (i = from; fix && i < to; i++) {
		if (s->piece[i].kind != DEVFD_PIECE_RECORD || s->piece[i].size < s->row->head)
			continue;
		next = devfd_shape_next(s, i);
		put32(s, o, s->piece[i].out + s->row->len,
		      (next < to ? s->piece[next].out : end) - s->piece[i].out);
	}
}

/* The part of the tail that belongs to i, and the fields that name it at `place`. */
static void put_tail(struct devfd_pieces *s, struct out *o, uint32_t i, uint32_t place, int fix)
{
	uint32_t next = i ? devfd_shape_next(s, i) : 1, at = o->at;

	if (!i) {
		while (next < s->count && s->piece[next].level)
			next++;
	}
	put_records(s, o, i + 1, next, fix);
	if (!fix || !place)
		return;
	put32(s, o, s->piece[i].out + place - 1, o->at > at ? at : 0);
	put32(s, o, s->piece[i].out + place + 3, o->at - at);
}

static void put_slots(struct devfd_pieces *s, struct out *o, int fix)
{
	uint32_t kind, i, count;

	for (kind = 0; kind < DEVFD_SHAPE_SLOT_KINDS; kind++) {
		for (count = 0, i = 1; i < s->count; i++) {
			if (s->piece[i].kind != DEVFD_PIECE_SLOT || s->piece[i].slot != kind)
				continue;
			put_piece(s, o, &s->piece[i]);
			count++;
		}
		if (fix && !s->row->device_type)
			put32(s, o, s->row->slots[kind].count - 1u, count);
	}
	put_tail(s, o, 0, s->row->tail, fix);
	for (kind = 0; kind < DEVFD_SHAPE_SLOT_KINDS; kind++) {
		for (i = 1; i < s->count; i++) {
			if (s->piece[i].kind == DEVFD_PIECE_SLOT && s->piece[i].slot == kind)
				put_tail(s, o, i, s->row->slots[kind].tail, fix);
		}
	}
	for (i = 1; i < s->count; i++) {
		if (s->piece[i].kind == DEVFD_PIECE_LOOSE && !s->piece[i].level)
			put_piece(s, o, &s->piece[i]);
	}
}

static void put_chain(struct devfd_pieces *s, struct out *o, int fix)
{
	uint32_t i, place = s->row->cap_offset - 1u, flags = s->row->caps_flags - 1u, word;
	uint32_t bit = (uint32_t)1 << s->row->caps_bit;

	for (i = 1; i < s->count; i++) {
		pad(o, s->row->align);
		put_piece(s, o, &s->piece[i]);
		if (fix)
			put32(s, o, place, s->piece[i].out);
		place = s->piece[i].out + s->row->link;
	}
	if (!fix)
		return;
	if (s->count > 1)
		put32(s, o, place, 0);
	if (!devfd_fits(flags, 4, o->max) || o->at < flags + 4)
		return;
	word = devfd_get32(o->p + flags, s->big);
	put32(s, o, flags, s->count > 1 ? word | bit : word & ~bit);
}

size_t devfd_shape_write(struct devfd_pieces *s, uint8_t *out, size_t max, int fix)
{
	struct out o = {out, 0, max > DEVFD_ARENA ? DEVFD_ARENA : (uint32_t)max};

	if (!s->count)
		return 0;
	put_piece(s, &o, &s->piece[0]);
	if (s->row->shape == DEVFD_SHAPE_RECORDS)
		put_records(s, &o, 1, s->count, fix);
	else if (s->piece[0].size < s->row->header_size)
		; /* what there was of it is all there is */
	else if (s->row->shape == DEVFD_SHAPE_SLOTS)
		put_slots(s, &o, fix);
	if (s->row->cap_offset)
		put_chain(s, &o, fix);
	if (o.at > o.max)
		o.at = o.max;
	if (fix && s->row->total)
		put32(s, &o, s->row->total - 1u, o.at);
	if (fix && s->row->argsz)
		put32(s, &o, s->row->argsz - 1u, o.at);
	return o.at;
}
