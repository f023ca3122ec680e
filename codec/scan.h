/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * scan.h: what the hand-written loops and the generated leaves share: the input being judged, the
 * rows of the generated tables, and the few predicates that are more than one operator. Not
 * installed.
 */
#ifndef DEVFD_SCAN_H
#define DEVFD_SCAN_H

#include "bytes.h"
#include "generated/places.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* An input while it is judged. What stands at base .. base + size - 1 may be read, and nothing
 * else. */
struct devfd_scan {
	const uint8_t *base;
	uint32_t size;  /* bytes of the input */
	uint32_t end;   /* bytes that count: all, or argsz of a reply */
	uint32_t big;   /* the input is big-endian */
	uint32_t order; /* the same as a value of enum devfd_order */
	uint32_t options;
	uint32_t version;               /* of tlv */
	uint32_t index;                 /* asked for; given.index */
	uint32_t num_regions, num_irqs; /* DEVFD_UNKNOWN until a body has said them */
	struct devfd_error *error;
};

#define DEVFD_UNKNOWN 0xffffffffu

/*
 * A leaf checks one body and decodes it into an item: the fields begin at s->base + at and room
 * bytes are there. version is that of the record file or of the capability. *used tells how many
 * bytes the fields take.
 */
typedef int devfd_leaf_fn(const struct devfd_scan *s, uint32_t at, uint32_t room, uint32_t version,
			  struct devfd_item *item, uint32_t *used);

/* The proof sees contracts; a comment to every compiler. */
#ifdef DEVFD_PROOF
#include "proof/contracts.h"
#endif

/* A test build judges with the table engine in place of the leaves, through the same loops. */
#ifdef DEVFD_TABLES
int devfd_table_leaf(uint32_t body, const struct devfd_scan *s, uint32_t at, uint32_t room,
		     uint32_t version, struct devfd_item *item, uint32_t *used);
int devfd_table_item(const struct devfd_scan *s, uint32_t at, const struct devfd_item *item);
#define DEVFD_LEAF(row, s, at, room, version, item, used)                                          \
	devfd_table_leaf((row)->body, s, at, room, version, item, used)
#define DEVFD_ITEM_RULES(s, at, item) devfd_table_item(s, at, item)
#else
/*@ DEVFD_INPUT(s)
  @ requires \valid_read(item);
  @ terminates \true;
  @ assigns *s->error;
  @ ensures DEVFD_JUDGED;
  @*/
int devfd_item_rules(const struct devfd_scan *s, uint32_t at, const struct devfd_item *item);
#ifndef DEVFD_PROOF
#define DEVFD_LEAF(row, s, at, room, version, item, used)                                          \
	((row)->leaf(s, at, room, version, item, used))
#endif
#define DEVFD_ITEM_RULES(s, at, item) devfd_item_rules(s, at, item)
#endif

/*@ requires \valid_read(s) && \valid(s->error);
  @ terminates \true;
  @ assigns *s->error;
  @ ensures \result == DEVFD_REJECT;
  @*/
static inline int devfd_fail(const struct devfd_scan *s, uint32_t rule, uint32_t at)
{
	s->error->rule = rule;
	s->error->at = at;
	s->error->need = 0;
	return DEVFD_REJECT;
}

/* A reply is cut, and asking again with so many bytes helps. A leaf has one word for all that it
 * refuses; the loop over replies makes need-more of a refusal with a need. */
/*@ requires \valid_read(s) && \valid(s->error);
  @ terminates \true;
  @ assigns *s->error;
  @ ensures \result == DEVFD_REJECT;
  @*/
static inline int devfd_want(const struct devfd_scan *s, uint32_t rule, uint32_t at, uint64_t need)
{
	s->error->rule = rule;
	s->error->at = at;
	s->error->need = need >> 32 ? 0xffffffffu : (uint32_t)need;
	return DEVFD_REJECT;
}

/* start + length <= limit, without wrapping. */
/*@ terminates \true;
  @ assigns \nothing;
  @ ensures \result <==> start + length <= limit;
  @*/
static inline int devfd_fits(uint64_t start, uint64_t length, uint64_t limit)
{
	if (start > limit)
		return 0;
	return length <= limit - start;
}

/* items.c: what holds of items whatever their layout. */
/*@ requires \valid(item);
  @ terminates \true;
  @ assigns *item;
  @ ensures item->areas.count == 0 && item->dt_path.size == 0 && item->kept.end == 0;
  @ ensures item->dependents.count == 0 && item->bus == 0;
  @ ensures item->kind == kind;
  @*/
void devfd_item_init(struct devfd_item *item, uint32_t kind);

/*@ DEVFD_INPUT(s)
  @ requires \valid(item);
  @ terminates \true;
  @ assigns item->state, *s->error;
  @ ensures DEVFD_JUDGED;
  @*/
int devfd_item_finish(const struct devfd_scan *s, uint32_t at, struct devfd_item *item);

/* ---- Layouts ---- */

/* A put leaf appends the fields of one body (and its flags word, where the body has one) from an
 * item. */
typedef void devfd_put_fn(struct devfd_writer *w, const struct devfd_item *item);

/* Parents of a record, a bit each. */
enum {
	DEVFD_IN_TOP = 1,
	DEVFD_IN_REGION = 2,
	DEVFD_IN_IRQ = 4,
	DEVFD_IN_TAIL = 8, /* with one of the others: inside the tail of an array */
};

/* What tells a writer that a record is due. */
enum devfd_due {
	DEVFD_DUE_ITEM, /* it is the item */
	DEVFD_DUE_ALWAYS,
	DEVFD_DUE_FLAG,  /* the item has the model flag that the record stands for */
	DEVFD_DUE_ERROR, /* item.error is not 0 */
	DEVFD_DUE_MORE,  /* item.more is not 0 */
	DEVFD_DUE_KEPT,  /* one for each kept thing */
	DEVFD_DUE_END,   /* it closes the file */
};

/* The header of tlv. */
struct devfd_header {
	uint32_t size;
	uint16_t short_rule;
	uint8_t body;
	devfd_leaf_fn *leaf;
	devfd_put_fn *put;
};

/* One record type of the tlv family; the rows stand in ascending order of tag. */
struct devfd_record {
	uint32_t tag;
	uint32_t knows;       /* model flag that being there sets */
	uint16_t needed;      /* rule broken by a parent without it, or 0 */
	uint16_t ascending;   /* rule broken by an item that is not behind the one before, or 0 */
	uint8_t parents;      /* DEVFD_IN_TOP .. */
	uint8_t tail_parents; /* the same inside the tail of an array */
	uint8_t since;
	uint8_t many;
	uint8_t item;  /* enum devfd_kind, or 0 */
	uint8_t place; /* 0, or DEVFD_PLACE_FIRST or _LAST */
	uint8_t due;   /* enum devfd_due */
	uint8_t body;  /* number of its row for the table engine */
	uint32_t bit;  /* of its own, to tell which children were seen */
	devfd_leaf_fn *leaf;
	devfd_put_fn *put;
};

enum { DEVFD_PLACE_FIRST = 1, DEVFD_PLACE_LAST = 2 };

/* Tags without a gap: tag first stands in row, the next one in row + 1. */
struct devfd_tags {
	uint32_t first, count, row;
};

/* One kind of slot of array or fixed. */
struct devfd_slot {
	uint32_t size;
	uint32_t flags; /* place of the flags word; its bit 0 says that the slot is listed */
	uint32_t error; /* place of the errno */
	uint32_t tail;  /* place of tail and tail_size, or 0 */
	uint16_t counts, absent, tail_next, tail_fits; /* rules */
	uint8_t body;
	devfd_leaf_fn *leaf;
	devfd_put_fn *put;
};

/* One device type of fixed. */
struct devfd_type {
	uint32_t id;
	uint32_t buses; /* a bit each */
	uint32_t shift;
	uint32_t counted;               /* num_regions and num_irqs are the type's */
	uint32_t num_regions, num_irqs; /* or the most that a header may say */
	uint32_t slots;                 /* of regions */
	uint32_t bars;                  /* a bit for each index behind a base address register */
	uint32_t config;                /* index of configuration space, or DEVFD_UNKNOWN */
	const uint8_t *indexes;         /* of each slot; NULL: one for each index */
};

/* The header and slots of array or of fixed. */
struct devfd_slots {
	uint32_t magic;
	uint32_t size; /* of the header */
	uint32_t tail; /* place of tail and tail_size in it, or 0 */
	uint32_t total, type, bus, num_regions,
		num_irqs; /* places of those fields; type is 0 without types */
	uint16_t short_rule, tail_next, tail_fits; /* rules */
	uint8_t body;
	devfd_leaf_fn *leaf;
	devfd_put_fn *put;
	struct devfd_slot region, irq;
};

/* A magic of a layout. */
struct devfd_magic {
	uint32_t magic;
	uint32_t layout;
};

/* What a layout can carry of the items of each kind: model flags, and whether kept things. */
struct devfd_carries {
	uint32_t flags[DEVFD_KINDS]; /* by enum devfd_kind - 1 */
	uint32_t kept;
};

/* Where flag is lost, the flags in without have to go too, since they would then say more than they
 * did. */
struct devfd_lost_with {
	uint32_t flag, without;
};

extern const struct devfd_magic devfd_magics[];
extern const uint32_t devfd_magics_count;
extern const struct devfd_carries devfd_carries[];
extern const struct devfd_lost_with devfd_lost_with[];
extern const uint32_t devfd_lost_with_count;
extern const struct devfd_tags devfd_tags[];
extern const uint32_t devfd_tags_count;
extern const struct devfd_record devfd_records[];
extern const uint32_t devfd_records_count;
extern const struct devfd_slots devfd_array_slots, devfd_fixed_slots;
extern const struct devfd_type devfd_types[];
extern const uint32_t devfd_types_count;

/* What a device type says of the region with this index: configuration space, a BAR, or nothing. */
/*@ requires \valid_read(type);
  @ terminates \true;
  @ assigns \result \from *type, index;
  @*/
static inline uint32_t devfd_type_flags(const struct devfd_type *type, uint32_t index)
{
	if (index == type->config)
		return DEVFD_CONFIG_SPACE;
	if (index >= 32)
		return 0;
	return type->bars & (uint32_t)1 << index ? DEVFD_BAR : 0;
}

extern const struct devfd_header devfd_tlv_header;

/* Stores of a writer: past the capacity they only count. */
static inline void devfd_out32(struct devfd_writer *w, uint32_t value)
{
	if (devfd_fits(w->at, 4, w->capacity))
		devfd_set32(w->buf + w->at, value, w->big);
	w->at += 4;
}

static inline void devfd_out64(struct devfd_writer *w, uint64_t value)
{
	if (devfd_fits(w->at, 8, w->capacity))
		devfd_set64(w->buf + w->at, value, w->big);
	w->at += 8;
}

/* Bytes, then zero to a multiple of 4. */
static inline void devfd_out_bytes(struct devfd_writer *w, const uint8_t *p, uint32_t size)
{
	uint64_t padded = ((uint64_t)size + 3) & ~(uint64_t)3;

	if (devfd_fits(w->at, padded, w->capacity)) {
		if (size)
			memcpy(w->buf + w->at, p, size);
		memset(w->buf + w->at + size, 0, (size_t)(padded - size));
	}
	w->at += padded;
}

/* Text, its closing NUL, and zero to a multiple of 4. */
static inline void devfd_out_string(struct devfd_writer *w, const struct devfd_bytes *text)
{
	uint64_t start = w->at;

	devfd_out_bytes(w, text->p, text->size);
	if (w->at - start == text->size)
		devfd_out32(w, 0);
}

/* Elements of two u64, in the writer's byte order. */
static inline void devfd_out_areas(struct devfd_writer *w, const struct devfd_item *item)
{
	uint32_t big = item->areas.order == DEVFD_ORDER_BIG, i;

	for (i = 0; i < item->areas.count; i++) {
		devfd_out64(w, devfd_get64(item->areas.p + (size_t)16 * i, big));
		devfd_out64(w, devfd_get64(item->areas.p + (size_t)16 * i + 8, big));
	}
}

/* The first byte that is not 0 in [from, to), or to. */
/*@ DEVFD_INPUT(s)
  @ requires from <= to <= s->size;
  @ terminates \true;
  @ assigns \nothing;
  @ ensures from <= \result <= to;
  @*/
static inline uint32_t devfd_nonzero(const struct devfd_scan *s, uint32_t from, uint32_t to)
{
	/*@ loop invariant \at(from, Pre) <= from <= to;
	  @ loop assigns from;
	  @ loop variant to - from;
	  @*/
	while (from < to && !devfd_get8(s->base + from))
		from++;
	return from;
}

/* The first NUL in [from, to), or to. */
/*@ DEVFD_INPUT(s)
  @ requires from <= to <= s->size;
  @ terminates \true;
  @ assigns \nothing;
  @ ensures from <= \result <= to;
  @*/
static inline uint32_t devfd_find_nul(const struct devfd_scan *s, uint32_t from, uint32_t to)
{
	/*@ loop invariant \at(from, Pre) <= from <= to;
	  @ loop assigns from;
	  @ loop variant to - from;
	  @*/
	while (from < to && devfd_get8(s->base + from))
		from++;
	return from;
}

/* generated/tlv.c: the one record that is put from a kept thing and not from an item. */
void devfd_put_tlv_kept(struct devfd_writer *w, const struct devfd_kept *kept);

/* records.c: the records of tlv and of an array's tail. */
/*@ DEVFD_TLV(s)
  @ requires DEVFD_TLV_HEADER;
  @ requires \valid(s) && \valid(d) && d->first.kept_end == 0;
  @ terminates \true;
  @ assigns s->version, s->num_regions, s->num_irqs, *d, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, (&d->device));
  @ ensures \result == DEVFD_OK ==> d->first.at <= s->size && d->first.kept_end == 0;
  @*/
int devfd_tlv_open(struct devfd_scan *s, struct devfd *d);
/*@ DEVFD_TLV(s)
  @ requires \valid(c) && c->at <= s->size && c->kept_end <= s->size;
  @ requires \valid(item);
  @ terminates \true;
  @ assigns *c, *item, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, item);
  @ ensures \result == DEVFD_OK ==> \old(c->at) < c->at;
  @ ensures c->at <= s->size && c->kept_end <= s->size;
  @*/
int devfd_tlv_next(const struct devfd_scan *s, struct devfd_cursor *c, struct devfd_item *item);
/*@ DEVFD_TLV(s)
  @ requires at <= end <= s->size;
  @ DEVFD_ITEM(s, item)
  @ terminates \true;
  @ assigns *item, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures DEVFD_VIEWS(s->base, s->size, item);
  @*/
int devfd_children(const struct devfd_scan *s, uint32_t at, uint32_t end, uint32_t parent,
		   uint32_t owner, struct devfd_item *item);
/*@ DEVFD_READABLE(item)
  @ requires DEVFD_RECORDS;
  @ requires \valid(cursor) && \valid(kept);
  @ terminates \true;
  @ assigns *cursor, *kept;
  @ ensures \result == DEVFD_OK || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> \valid_read(kept->data + (0 .. kept->size - 1));
  @*/
int devfd_kept_record(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);
/*@ requires DEVFD_RECORDS;
  @ terminates \true;
  @ assigns \result \from tag;
  @ ensures DEVFD_RECORD_ROW(\result);
  @*/
const struct devfd_record *devfd_record_row(uint32_t tag);

/* slots.c: array and fixed. */
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid(s) && \valid(d) && DEVFD_TYPED(d) && d->first.slot == 0;
  @ requires d->layout == DEVFD_ARRAY || d->layout == DEVFD_FIXED;
  @ terminates \true;
  @ assigns s->version, s->num_regions, s->num_irqs, *d, *s->error;
  @ ensures DEVFD_JUDGED;
  @ ensures \result == DEVFD_OK ==> DEVFD_TYPED(d) && DEVFD_SLOTS_FIT(s, d) &&
  @   DEVFD_SLOT_CURSOR(s, d, (&d->first)) && DEVFD_VIEWS(s->base, s->size, (&d->device));
  @*/
int devfd_slots_open(struct devfd_scan *s, struct devfd *d);
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid_read(d) && DEVFD_TYPED(d) && DEVFD_SLOTS_FIT(s, d);
  @ requires \valid(c) && DEVFD_SLOT_CURSOR(s, d, c);
  @ requires \valid(item);
  @ terminates \true;
  @ assigns *c, *item, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, item);
  @ ensures \result == DEVFD_OK ==> \old(c->slot) < c->slot;
  @ ensures DEVFD_SLOT_CURSOR(s, d, c);
  @*/
int devfd_slots_next(const struct devfd_scan *s, const struct devfd *d, struct devfd_cursor *c,
		     struct devfd_item *item);
/*@ DEVFD_LAYOUTS(s)
  @ requires \valid_read(d) && DEVFD_TYPED(d) && DEVFD_SLOTS_FIT(s, d);
  @ requires \valid(item);
  @ terminates \true;
  @ assigns *item, *s->error;
  @ ensures DEVFD_JUDGED || \result == DEVFD_IS_ABSENT;
  @ ensures \result == DEVFD_OK ==> DEVFD_VIEWS(s->base, s->size, item);
  @*/
int devfd_slots_get(const struct devfd_scan *s, const struct devfd *d, uint32_t kind,
		    uint32_t index, struct devfd_item *item);

/* open.c: what layout and byte order the first four bytes name; 0 where they are no magic. */
uint32_t devfd_magic_layout(const uint8_t *p, uint32_t *big);

/* ---- Replies ---- */

/* One capability of a chain. */
struct devfd_cap {
	uint16_t tag;
	uint16_t version; /* the highest known */
	uint32_t knows;   /* model flag that being there sets, or 0: it is kept */
	uint8_t body;
	devfd_leaf_fn *leaf;
};

/* The rules of one chain. */
struct devfd_chain {
	uint32_t origin; /* enum devfd_origin */
	uint32_t floor;
	uint32_t count; /* of caps */
	const struct devfd_cap *caps;
	uint16_t first, low, fits, cycle, backward, apart, max, align, version, twice, overlap;
};

/* One reply. */
struct devfd_call_row {
	uint32_t number; /* of the ioctl */
	uint32_t kind;   /* of the item */
	uint32_t min;
	uint32_t full;       /* size of the struct as the newest header has it */
	uint32_t caps;       /* flag that says that there is a chain, or 0 */
	uint32_t cap_offset; /* place of the first link */
	uint32_t counted;    /* it ends in a list, whose count may ask for more */
	uint32_t has_index;
	uint16_t size, argsz_min, argsz_more, cap_offset_size; /* rules */
	uint8_t body;
	devfd_leaf_fn *leaf;
	const struct devfd_chain *chain;
};

extern const struct devfd_call_row devfd_calls[];
extern const uint32_t devfd_calls_count;

/* chain.c: replies and their capabilities. */
/*@ terminates \true;
  @ assigns \nothing;
  @ ensures \result <= 1;
  @*/
uint32_t devfd_options_big(uint32_t options);
/*@ DEVFD_READABLE(item)
  @ requires DEVFD_CALLS;
  @ requires \valid(cursor) && \valid(kept);
  @ terminates \true;
  @ assigns *cursor, *kept;
  @ ensures \result == DEVFD_OK || \result == DEVFD_END;
  @ ensures \result == DEVFD_OK ==> \valid_read(kept->data + (0 .. kept->size - 1));
  @*/
int devfd_kept_cap(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);

#endif
