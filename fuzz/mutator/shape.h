/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * shape.h: an input as a list of pieces that can be dropped, moved and changed, and put together
 * again. Where things stand is said by the rows of fuzz/generated/shapes.c, fields by those of
 * codec/generated/tables.c.
 *
 * Why not devfd_steps(): it tells a person what it sees, and text costs more than an execution.
 */
#ifndef DEVFD_SHAPE_H
#define DEVFD_SHAPE_H

#include "../../codec/tables/walk.h"

enum {
	DEVFD_PIECES = 96,
	DEVFD_ARENA = 8192, /* bytes of the pieces; an input may have half of it */
	DEVFD_SHAPE_SLOT_KINDS = 2,
};

/* How the parts of a format follow each other. */
enum devfd_shape_kind {
	DEVFD_SHAPE_RECORDS = 1, /* records to the end */
	DEVFD_SHAPE_SLOTS,       /* counted slots, and maybe a tail of records */
	DEVFD_SHAPE_REPLY,       /* a struct, and maybe a chain of capabilities */
};

/* A good body in little-endian order. parent: the body that it stands in, or 0. */
struct devfd_sample {
	uint8_t body, parent;
	uint16_t size;
	const uint8_t *p;
};

/* One kind of slot. Places are from 1 on, and 0 is none. */
struct devfd_shape_slot {
	uint8_t body, size;
	uint8_t count; /* in the header */
	uint8_t tail;  /* tail and tail_size */
	uint8_t flags;
};

/* A format. Places in the header are from 1 on, and 0 is none. */
struct devfd_shape_row {
	const char *name;
	const struct devfd_sample *samples;
	uint32_t sample_count;
	uint32_t origin; /* of the chain */
	uint8_t shape;
	uint8_t header, header_size;      /* body of the header or struct */
	uint8_t version, total, tail;     /* in the header */
	uint8_t device_type;              /* in the header */
	uint8_t argsz, index, cap_offset; /* in the struct */
	uint8_t caps_flags, caps_bit;     /* the flag that says that there is a chain */
	uint8_t least, floor;             /* of the struct; of a link */
	uint8_t record, head;             /* body and size of the head of a record or capability */
	uint8_t type, len, word;          /* in a record's head */
	uint8_t cap_version, link;        /* in a capability's head */
	uint8_t align;                    /* of records, of capabilities */
	struct devfd_shape_slot slots[DEVFD_SHAPE_SLOT_KINDS];
};

extern const struct devfd_shape_row devfd_shape_rows[]; /* by enum devfd_format */
extern const uint32_t devfd_shape_count;

enum devfd_piece_kind {
	DEVFD_PIECE_HEADER,
	DEVFD_PIECE_RECORD,
	DEVFD_PIECE_SLOT,
	DEVFD_PIECE_CAP,
	DEVFD_PIECE_LOOSE, /* bytes that cannot be followed */
};

/* A piece without those in it, which follow it with a higher level. */
struct devfd_piece {
	uint16_t at, size; /* of its bytes in the arena */
	uint16_t out;      /* where they were written */
	uint8_t kind, level;
	uint8_t body; /* 0: the spec does not list it */
	uint8_t slot; /* kind of slot */
};

struct devfd_pieces {
	const struct devfd_shape_row *row;
	uint32_t big, version;
	uint32_t count, used;
	struct devfd_piece piece[DEVFD_PIECES];
	uint8_t arena[DEVFD_ARENA];
};

/* Takes an input apart; what does not follow the format becomes loose bytes. big is the byte order
 * where no magic tells it. Returns 0 where the input is too long. */
int devfd_shape_parse(struct devfd_pieces *s, uint32_t format, uint32_t big, const uint8_t *p,
		      size_t size);

/* Puts the pieces together, at most max bytes; fix: with lengths, counts, links and totals as they
 * have to be. Returns the size. */
size_t devfd_shape_write(struct devfd_pieces *s, uint8_t *out, size_t max, int fix);

/* The piece behind i and all that is in it. */
static inline uint32_t devfd_shape_next(const struct devfd_pieces *s, uint32_t i)
{
	uint32_t level = s->piece[i].level;

	for (i++; i < s->count && s->piece[i].level > level; i++)
		;
	return i;
}

/* The item that piece i belongs to. */
uint32_t devfd_shape_owner(const struct devfd_pieces *s, uint32_t i);

/* Drops i and what is in it. Puts `sample` before place i at a level; it is turned to the byte
 * order of the input. Copies from to before place to. Each returns 0 where there is no room. */
void devfd_shape_drop(struct devfd_pieces *s, uint32_t i);
int devfd_shape_insert(struct devfd_pieces *s, uint32_t i, uint32_t level,
		       const struct devfd_sample *sample);
int devfd_shape_copy(struct devfd_pieces *s, uint32_t from, uint32_t to, uint32_t level);
/* Gives the last bytes of a piece another size; new ones are 0. */
int devfd_shape_resize(struct devfd_pieces *s, uint32_t i, uint32_t size);
/* Turns every number of every piece. */
void devfd_shape_turn(struct devfd_pieces *s);

/* ---- Fields ---- */

static inline const struct devfd_body_row *devfd_piece_row(const struct devfd_piece *p)
{
	return p->body ? &devfd_body_rows[p->body] : NULL;
}

/* Bytes in front of the fields. */
static inline uint32_t devfd_piece_head(const struct devfd_pieces *s, const struct devfd_piece *p)
{
	if (p->kind == DEVFD_PIECE_RECORD || p->kind == DEVFD_PIECE_CAP)
		return s->row->head;
	return 0;
}

/* The version that decides which fields of a piece are known. */
static inline uint32_t devfd_piece_version(const struct devfd_pieces *s,
					   const struct devfd_piece *p)
{
	if (p->kind == DEVFD_PIECE_CAP && p->size >= s->row->head)
		return devfd_get16(s->arena + p->at + s->row->cap_version, s->big);
	return p->kind == DEVFD_PIECE_RECORD ? s->version : UINT32_MAX;
}

/* The bytes of a field of fixed size, or NULL where the piece is too short or too old. */
static inline uint8_t *devfd_piece_field(struct devfd_pieces *s, const struct devfd_piece *p,
					 const struct devfd_field_row *f)
{
	uint32_t at = devfd_piece_head(s, p) + f->offset;

	if (f->kind >= DEVFD_KIND_BYTES)
		return NULL;
	if (f->since > devfd_piece_version(s, p))
		return NULL;
	if (at + f->width > p->size)
		return NULL;
	return s->arena + p->at + at;
}

/* The bytes behind the fixed part and their number. */
uint8_t *devfd_piece_rest(struct devfd_pieces *s, const struct devfd_piece *p, uint32_t *size);

/* devfd_load() and its opposite, with the commonest width first. */
static inline uint64_t devfd_number(const uint8_t *p, uint32_t width, uint32_t big)
{
	return width == 4 ? devfd_get32(p, big) : devfd_load(p, width, big);
}

static inline void devfd_store(uint8_t *p, uint32_t width, uint32_t big, uint64_t value)
{
	uint32_t i;

	if (width == 4) {
		for (i = 0; i < 4; i++)
			p[i] = (uint8_t)(value >> (big ? 24 - 8 * i : 8 * i));
		return;
	}
	for (i = 0; i < width; i++)
		p[big ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

#endif
