// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* mutator.c: pieces are dropped, moved, put in and changed; then all is put right, or all but one
 * rule, or nothing. */
#include "mutator.h"
#include "rules.h"

enum {
	HEAD = 2,         /* bytes in front of what is judged */
	INDEX_ALL = 255,  /* the second byte, for 0xffffffff */
	FORMAT_SHIFT = 2, /* bits of the first byte that tell a format */
	FORMAT_MASK = 7,
	HOPS = 8, /* structural changes of one kind are tried so often */
};

/* What becomes of an input in the end. */
enum finish {
	FINISH_WELL, /* every rule holds */
	FINISH_BUT_ONE,
	FINISH_RAW, /* lengths and links as they came */
};

/* ---- Pieces ---- */

static uint32_t any_piece(const struct devfd_pieces *s, struct devfd_dice *d)
{
	return devfd_roll(d, s->count);
}

/* A piece that is not the header, or 0. */
static uint32_t any_part(const struct devfd_pieces *s, struct devfd_dice *d)
{
	return s->count > 1 ? 1 + devfd_roll(d, s->count - 1) : 0;
}

static void insert_any(struct devfd_pieces *s, struct devfd_dice *d, int tame)
{
	const struct devfd_shape_row *row = s->row;
	const struct devfd_sample *sample;
	uint32_t i, hop;

	if (!row->sample_count)
		return;
	sample = &row->samples[devfd_roll(d, row->sample_count)];
	if (!sample->parent) {
		for (i = 1 + devfd_roll(d, s->count); i < s->count; i++) {
			if (!s->piece[i].level || s->piece[i].kind == DEVFD_PIECE_CAP)
				break;
		}
		devfd_shape_insert(s, i, row->shape == DEVFD_SHAPE_REPLY, sample);
		return;
	}
	for (hop = 0; hop < HOPS; hop++) {
		i = any_piece(s, d);
		if (s->piece[i].body == sample->parent || (!tame && i)) {
			devfd_shape_insert(s, i + 1, s->piece[i].level + 1u, sample);
			return;
		}
	}
}

/* Moves a piece before another one, at the level of that or one deeper. */
static void move_any(struct devfd_pieces *s, struct devfd_dice *d, int drop)
{
	uint32_t from = any_part(s, d), to = any_part(s, d), level;

	if (!from)
		return;
	level = s->piece[to].level;
	if (s->piece[from].kind == DEVFD_PIECE_RECORD) {
		if (!devfd_roll(d, 4) && level < 3 && to > 1)
			level++;
		if (s->row->shape == DEVFD_SHAPE_SLOTS && !level)
			level = 1;
	}
	if (s->row->shape == DEVFD_SHAPE_REPLY)
		level = 1;
	if (s->piece[from].kind == DEVFD_PIECE_SLOT)
		level = 0;
	if (!devfd_shape_copy(s, from, to, level))
		return;
	if (drop) {
		if (to <= from)
			from += devfd_shape_next(s, to) - to;
		if (from < s->count)
			devfd_shape_drop(s, from);
	}
}

/* One piece again and again, as often as there is room: limits on how many there may be. */
static void repeat_any(struct devfd_pieces *s, struct devfd_dice *d)
{
	uint32_t i = any_part(s, d), count, other;

	if (!i)
		return;
	for (count = 0; count < HOPS; count++) {
		other = any_part(s, d);
		if (s->piece[other].size < s->piece[i].size)
			i = other;
	}
	count = devfd_roll(d, 2) ? DEVFD_PIECES : 1 + devfd_roll(d, DEVFD_PIECES);
	while (count-- && devfd_shape_copy(s, i, devfd_shape_next(s, i), s->piece[i].level))
		;
}

/* Grows or shrinks the end of a piece by elements, words or bytes. */
static void resize_any(struct devfd_pieces *s, struct devfd_dice *d)
{
	uint32_t i = any_piece(s, d), unit, size = s->piece[i].size, count = 1 + devfd_roll(d, 3);
	const struct devfd_body_row *row = devfd_piece_row(&s->piece[i]);

	unit = devfd_roll(d, 4) ? 4 : 1;
	if (row && row->field_count && row->fields[row->field_count - 1].kind >= DEVFD_KIND_BYTES)
		unit = row->fields[row->field_count - 1].width;
	if (devfd_roll(d, 2))
		devfd_shape_resize(s, i, size + unit * count);
	else if (size > unit * count)
		s->piece[i].size = (uint16_t)(size - unit * count);
}

/* Another version of the file or of a capability. */
static void change_version(struct devfd_pieces *s, struct devfd_dice *d)
{
	uint32_t i = any_part(s, d), at, version;

	if (i && s->piece[i].kind == DEVFD_PIECE_CAP && s->piece[i].size >= s->row->head) {
		at = s->piece[i].at + s->row->cap_version;
		version = devfd_get16(s->arena + at, s->big) + devfd_roll(d, 3) - 1u;
		devfd_store(s->arena + at, 2, s->big, version);
		return;
	}
	if (!s->row->version || s->piece[0].size < s->row->version + 3u)
		return;
	at = s->piece[0].at + s->row->version - 1u;
	version = devfd_get32(s->arena + at, s->big) + devfd_roll(d, 3) - 1u;
	devfd_store(s->arena + at, 4, s->big, version);
	if (s->row->shape == DEVFD_SHAPE_RECORDS)
		s->version = version;
}

/* Another type of record or id of a capability. */
static void change_type(struct devfd_pieces *s, struct devfd_dice *d)
{
	uint32_t i = any_part(s, d), value, other = any_part(s, d);
	struct devfd_piece *p = &s->piece[i];
	const struct devfd_sample *sample;

	if (!i || !devfd_piece_head(s, p) || p->size < s->row->head)
		return;
	value = devfd_roll(d, 3) ? devfd_roll(d, 12) : devfd_roll(d, UINT32_MAX);
	if (s->row->sample_count && devfd_roll(d, 2)) {
		sample = &s->row->samples[devfd_roll(d, s->row->sample_count)];
		value = devfd_body_rows[sample->body].tag;
	} else if (devfd_roll(d, 2) && s->piece[other].size >= 4) {
		value = devfd_get32(s->arena + s->piece[other].at, s->big) + devfd_roll(d, 2);
	}
	devfd_store(s->arena + p->at + s->row->type, p->kind == DEVFD_PIECE_CAP ? 2 : 4, s->big,
		    value);
	p->body = 0;
}

static void change_pieces(struct devfd_pieces *s, struct devfd_dice *d, int tame)
{
	uint32_t how = devfd_roll(d, tame ? 16 : 20), rare = devfd_roll(d, 64), i;

	if (rare == 0) {
		repeat_any(s, d);
		return;
	}
	if (rare < 3) {
		devfd_tie_flags(s, d);
		return;
	}
	if (rare == 3 && s->row->shape != DEVFD_SHAPE_REPLY) {
		devfd_tie_offsets(s, d);
		return;
	}
	if (how < 8) {
		devfd_rules_change(s, any_piece(s, d), d, tame);
	} else if (how < 11) {
		insert_any(s, d, tame);
	} else if (how == 11) {
		i = any_part(s, d);
		if (i)
			devfd_shape_drop(s, i);
	} else if (how == 12) {
		move_any(s, d, 0);
	} else if (how == 13) {
		move_any(s, d, 1);
	} else if (how == 14) {
		resize_any(s, d);
	} else if (how == 15) {
		devfd_shape_turn(s);
	} else if (how == 16) {
		change_version(s, d);
	} else if (how == 17) {
		change_type(s, d);
	} else {
		devfd_rules_change(s, any_piece(s, d), d, 0);
	}
}

/* ---- But for one rule ---- */

/* A change of shape that everything else is then made to follow. */
static void break_shape(struct devfd_pieces *s, struct devfd_dice *d)
{
	uint32_t i = any_part(s, d);

	if (!devfd_roll(d, 16)) {
		repeat_any(s, d);
		return;
	}
	switch (devfd_roll(d, 8)) {
	case 0:
	case 1:
		if (i)
			devfd_shape_drop(s, i);
		break;
	case 2:
		if (i)
			devfd_shape_copy(s, i, i, s->piece[i].level);
		break;
	case 3:
		move_any(s, d, 1);
		break;
	case 4:
		insert_any(s, d, 0);
		break;
	case 5:
		change_version(s, d);
		break;
	case 6:
		change_type(s, d);
		break;
	default:
		resize_any(s, d);
		break;
	}
}

/* A number that stands in what was written: a length, link, count or total. */
static size_t break_written(struct devfd_pieces *s, uint8_t *p, size_t size, size_t max,
			    struct devfd_dice *d)
{
	static const uint32_t near[] = {1, 4, 8, 0xffffffff, 0xfffffffc, 0xfffffff8, 2, 12};
	const struct devfd_shape_row *row = s->row;
	uint32_t i = any_part(s, d), other = any_part(s, d), at = 0, value, places[12], n = 0, j;
	uint32_t out, kind;

	/* The owner of a part of a tail more often than one without. */
	if (row->shape == DEVFD_SHAPE_SLOTS && devfd_roll(d, 2))
		i = devfd_shape_owner(s, i);
	out = s->piece[i].out;
	kind = s->piece[i].kind;

	if (!devfd_roll(d, 8))
		return devfd_roll(d, (uint32_t)size + 1);
	if (!devfd_roll(d, 8)) {
		value = 1 + devfd_roll(d, 8);
		if (size + value > max)
			return size;
		memset(p + size, (int)devfd_roll(d, 2), value);
		return size + value;
	}
	if (row->total)
		places[n++] = row->total - 1u;
	if (row->argsz)
		places[n++] = row->argsz - 1u;
	if (row->cap_offset)
		places[n++] = row->cap_offset - 1u;
	if (row->tail)
		places[n++] = row->tail - 1u + 4 * devfd_roll(d, 2);
	for (j = 0; j < DEVFD_SHAPE_SLOT_KINDS; j++) {
		if (row->slots[j].count)
			places[n++] = row->slots[j].count - 1u;
	}
	if (kind == DEVFD_PIECE_SLOT && row->slots[s->piece[i].slot].tail)
		places[n++] = out + row->slots[s->piece[i].slot].tail - 1u + 4 * devfd_roll(d, 2);
	for (j = 0; j < 3; j++) {
		if (i && kind == DEVFD_PIECE_RECORD)
			places[n++] = out + row->len;
		if (i && kind == DEVFD_PIECE_CAP)
			places[n++] = out + row->link;
	}
	if (!n)
		return size;
	at = places[devfd_roll(d, n)];
	if (!devfd_fits(at, 4, size))
		return size;
	value = devfd_get32(p + at, s->big);
	switch (devfd_roll(d, 8)) {
	case 0:
		value = 0;
		break;
	case 1:
		value = (uint32_t)size - devfd_roll(d, 9);
		break;
	case 2:
		value = devfd_roll(d, 64);
		break;
	case 3:
	case 4:
		value = s->piece[other].out + devfd_roll(d, 3) * 4;
		break;
	case 5:
		value = UINT32_MAX - devfd_roll(d, 16);
		break;
	default:
		value += near[devfd_roll(d, sizeof(near) / sizeof(near[0]))];
		break;
	}
	devfd_store(p + at, 4, s->big, value);
	return size;
}

/* ---- The bytes in front ---- */

static uint32_t index_asked(uint8_t head)
{
	return head == INDEX_ALL ? UINT32_MAX : head;
}

/* The index that a reply repeats is most often the one asked for. */
static void match_index(struct devfd_pieces *s, uint8_t *head, struct devfd_dice *d)
{
	uint32_t place = s->row->index - 1u;
	uint8_t *at = s->arena + s->piece[0].at + place;

	if (!devfd_roll(d, 8))
		head[1] = (uint8_t)(devfd_roll(d, 4) ? devfd_roll(d, 16) : INDEX_ALL);
	if (s->row->index && s->piece[0].size >= place + 4 && devfd_roll(d, 8))
		devfd_store(at, 4, s->big, index_asked(head[1]));
}

static void change_head(uint8_t *head, struct devfd_dice *d)
{
	if (!devfd_roll(d, 8))
		head[0] ^= 2;
	if (!devfd_roll(d, 16))
		head[0] ^= 1;
}

/* Another format, for a target of several whose inputs tell theirs there. */
static uint32_t change_format(uint8_t *head, uint32_t format, struct devfd_dice *d)
{
	if (devfd_roll(d, 16))
		return format;
	head[0] &= (uint8_t) ~(FORMAT_MASK << FORMAT_SHIFT);
	head[0] |= (uint8_t)(devfd_roll(d, FORMAT_MASK + 1) << FORMAT_SHIFT);
	return 1 + (head[0] >> FORMAT_SHIFT & FORMAT_MASK);
}

/* ---- Bytes ---- */

/* Where an input is nothing that can be followed. */
static size_t change_bytes(uint8_t *p, size_t size, size_t max, struct devfd_dice *d)
{
	uint32_t most = size > UINT16_MAX ? UINT16_MAX : (uint32_t)size, at, count;

	if (!size || !devfd_roll(d, 16)) {
		for (count = 1 + devfd_roll(d, 16); count && size < max; count--)
			p[size++] = (uint8_t)devfd_roll(d, 256);
		return size;
	}
	at = devfd_roll(d, most);
	switch (devfd_roll(d, 6)) {
	case 0:
		p[at] = (uint8_t)devfd_roll(d, 256);
		return size;
	case 1:
		p[at] ^= (uint8_t)(1u << devfd_roll(d, 8));
		return size;
	case 2:
		p[at] = devfd_roll(d, 2) ? 0xff : 0;
		return size;
	case 3:
		if (most - at < 4)
			return size;
		devfd_store(p + at, 4, devfd_roll(d, 2), devfd_roll(d, 64));
		return size;
	case 4:
		count = 1 + devfd_roll(d, most - at);
		memmove(p + at, p + at + count, size - at - count);
		return size - count;
	default:
		count = 1 + devfd_roll(d, most - at);
		if (size + count > max)
			return size;
		memmove(p + at + count, p + at, size - at);
		return size + count;
	}
}

/* ---- The whole ---- */

/* Fewer pieces until they fit. */
static size_t write_within(struct devfd_pieces *s, uint8_t *out, size_t max, int fix,
			   struct devfd_dice *d)
{
	uint32_t i, total = 0;

	for (i = 0; i < s->count; i++)
		total += s->piece[i].size + 7u;
	while (total > max && s->count > 2) {
		i = any_part(s, d);
		total = total > s->piece[i].size + 7u ? total - s->piece[i].size - 7u : 0;
		devfd_shape_drop(s, i);
	}
	return devfd_shape_write(s, out, max, fix);
}

static size_t finish(struct devfd_pieces *s, uint8_t *head, uint8_t *out, size_t max,
		     enum finish how, struct devfd_dice *d)
{
	struct devfd_asked asked = {0};
	uint32_t broken = 0, tries;
	size_t size;

	match_index(s, head, d);
	asked.index = index_asked(head[1]);
	if (how == FINISH_RAW)
		return write_within(s, out, max, 0, d);
	devfd_order_repair(s, &asked);
	if (how == FINISH_BUT_ONE) {
		broken = 1 + devfd_roll(d, 8);
		for (tries = 0; broken < 5 && tries < HOPS; tries++) {
			if (devfd_rules_break(s, any_piece(s, d), d, &asked))
				break;
		}
		if (broken == 5 || broken == 6)
			break_shape(s, d);
	}
	size = write_within(s, out, max, 1, d);
	if (broken > 6 && size)
		size = break_written(s, out, size, max, d);
	return size;
}

/* Bytes in front of what is judged, and the format where the first bytes tell it. */
static uint32_t format_of(uint32_t *format, const uint8_t *p, size_t size)
{
	uint32_t big;

	if (*format)
		return HEAD;
	if (size >= 5)
		*format = devfd_magic_layout(p + 1, &big);
	if (*format)
		return 1;
	*format = 1 + (p[0] >> FORMAT_SHIFT & FORMAT_MASK);
	return HEAD;
}

static enum finish any_finish(struct devfd_dice *d)
{
	uint32_t roll = devfd_roll(d, 16);

	if (roll < 6)
		return FINISH_WELL;
	return roll < 14 ? FINISH_BUT_ONE : FINISH_RAW;
}

static size_t mutate_pieces(struct devfd_pieces *s, uint8_t *p, uint32_t head, size_t max,
			    struct devfd_dice *d)
{
	enum finish how = any_finish(d);
	uint8_t spare[2] = {p[0], p[1]};
	uint32_t less;

	/* One broken rule is told best from an input that is else as it was, or has a body more. */
	less = how == FINISH_BUT_ONE ? devfd_roll(d, 4) : 0;
	if (less == 1 || less == 2)
		insert_any(s, d, 1);
	while (!less) {
		change_pieces(s, d, how != FINISH_RAW);
		less = devfd_roll(d, 2);
	}
	return head + finish(s, head == HEAD ? p : spare, p + head, max - head, how, d);
}

size_t devfd_mutate(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct devfd_pieces s;
	uint32_t head, several = !format;

	if (size > max)
		size = max;
	if (max < HEAD)
		return size;
	if (size < HEAD) {
		memset(p + size, 0, HEAD - size);
		size = HEAD;
	}
	head = format_of(&format, p, size);
	if (head == HEAD)
		change_head(p, &d);
	else if (head && !devfd_roll(&d, 8))
		p[0] = (uint8_t)devfd_roll(&d, 8); /* layout and order to be written */
	if (head == HEAD && several)
		format = change_format(p, format, &d);
	if (!devfd_shape_parse(&s, format, p[0] & 1, p + head, size - head))
		return change_bytes(p, size, max, &d);
	if (!devfd_roll(&d, 32))
		return head + change_bytes(p + head, size - head, max - head, &d);
	size = mutate_pieces(&s, p, head, max, &d);
	if (s.row->shape == DEVFD_SHAPE_REPLY)
		p[0] = (uint8_t)((p[0] & ~1u) | (s.big & 1));
	return size;
}

/* Takes a part of `from` into s. */
static void take_part(struct devfd_pieces *s, struct devfd_pieces *from, struct devfd_dice *d)
{
	uint32_t i = any_part(from, d), next, to = 1 + devfd_roll(d, s->count), level;
	struct devfd_piece *p;

	if (!i)
		return;
	if (from->big != s->big)
		devfd_shape_turn(from);
	next = devfd_shape_next(from, i);
	level = from->piece[i].level;
	while (level && s->row->shape != DEVFD_SHAPE_REPLY && to > 1 && to < s->count &&
	       s->piece[to].level < level)
		to++;
	for (; i < next && s->count < DEVFD_PIECES; i++, to++) {
		if (s->used + from->piece[i].size > DEVFD_ARENA)
			return;
		memmove(&s->piece[to + 1], &s->piece[to], (s->count - to) * sizeof(*p));
		s->count++;
		p = &s->piece[to];
		*p = from->piece[i];
		memcpy(s->arena + s->used, from->arena + p->at, p->size);
		p->at = (uint16_t)s->used;
		s->used += p->size;
	}
}

size_t devfd_cross(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
		   size_t b_size, uint8_t *out, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct devfd_pieces s, other;
	uint32_t head, of_b = format;
	uint8_t spare[2] = {0, 0};
	size_t size = a_size < max ? a_size : max;

	memcpy(out, a, size);
	if (max < HEAD || size < HEAD || b_size < HEAD)
		return size;
	head = format_of(&format, a, a_size);
	if (format_of(&of_b, b, b_size) != head || of_b != format)
		return size;
	if (!devfd_shape_parse(&s, format, a[0] & 1, a + head, a_size - head))
		return size;
	if (!devfd_shape_parse(&other, format, b[0] & 1, b + head, b_size - head))
		return size;
	do
		take_part(&s, &other, &d);
	while (devfd_roll(&d, 2));
	/* libFuzzer crosses as often as it mutates: a cross is changed as well. */
	if (devfd_roll(&d, 2))
		change_pieces(&s, &d, 1);
	size = finish(&s, head == HEAD ? out : spare, out + head, max - head, any_finish(&d), &d);
	if (s.row->shape == DEVFD_SHAPE_REPLY && head == HEAD)
		out[0] = (uint8_t)((out[0] & ~1u) | (s.big & 1));
	return head + size;
}
