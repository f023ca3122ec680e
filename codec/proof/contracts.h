/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * contracts.h: what the loops and the leaves ask of their arguments and promise, in ACSL, for the
 * proof (README.md). Included by scan.h when DEVFD_PROOF is defined, and by nothing else. These are
 * macros and not ACSL predicates: a pointer that is only followed is then a value to the prover,
 * and needs no argument about memory.
 */
#ifndef DEVFD_CONTRACTS_H
#define DEVFD_CONTRACTS_H

/* clang-format off */

/* An input: what stands at base .. base + size - 1 may be read. */
#define DEVFD_INPUT(s)                                                                             \
	requires \valid_read(s);                                                                   \
	requires \valid(s->error);                                                                 \
	requires s->end <= s->size <= DEVFD_SIZE_MAX;                                              \
	requires \valid_read(s->base + (0 .. s->size - 1));

/* n bytes at p are bytes of the input, where there are any. */
#define DEVFD_INSIDE(start, length, p, n)                                                          \
	((n) != 0 ==> p == start + (p - start) && 0 <= p - start && (p - start) + (n) <= length)

/* What an item points at are bytes of the input, and its bus has a bit. */
#define DEVFD_VIEWS(start, length, item)                                                           \
	(DEVFD_INSIDE(start, length, item->areas.p, 16 * item->areas.count) &&                     \
	 DEVFD_INSIDE(start, length, item->dt_path.p, item->dt_path.size) &&                       \
	 DEVFD_INSIDE(start, length, item->dependents.p, 8 * item->dependents.count) &&            \
	 DEVFD_INSIDE(start, length, item->kept.base, item->kept.end) && item->bus <= 31)

/* An item to be filled in. */
#define DEVFD_ITEM(s, item)                                                                        \
	requires \valid(item);                                                                     \
	requires DEVFD_VIEWS(s->base, s->size, item);

#define DEVFD_JUDGED (\result == DEVFD_OK || \result == DEVFD_REJECT)

/*
 * The contract of every leaf; each generated leaf is proved to keep it. head: bytes of the head in
 * front of `at`; least: bytes that the caller has checked already. Both are numbers of the leaf's
 * body.
 */
#define DEVFD_LEAF_CONTRACT(head, least)                                                           \
	DEVFD_INPUT(s)                                                                             \
	DEVFD_ITEM(s, item)                                                                         \
	requires \valid(used);                                                                     \
	requires head <= at;                                                                       \
	requires least <= room;                                                                    \
	requires at + room <= s->size;                                                             \
	terminates \true;                                                                          \
	assigns *item, *used, *s->error;                                                           \
	ensures DEVFD_JUDGED;                                                                      \
	ensures DEVFD_VIEWS(s->base, s->size, item);                                                                 \
	ensures \result == DEVFD_OK ==> *used <= room;

/* What the loops rely on of the rows of the generated tables; tables.c proves it. */
#define DEVFD_CHAIN_ROWS(chain)                                                                    \
	(\valid_read(chain) && chain->count <= 32 &&                                               \
	 \valid_read(chain->caps + (0 .. chain->count - 1)) &&                                     \
	 (\forall integer k; 0 <= k < chain->count ==>                                             \
	  devfd_head_of(chain->caps[k].body) <= DEVFD_SIZE_LINUX_CAP &&                            \
	  devfd_least_of(chain->caps[k].body) == 0))

#define DEVFD_CALL_ROW(row)                                                                        \
	(\valid_read(row) && 12 <= row->min <= row->full <= 32 && row->cap_offset <= 32 &&         \
	 devfd_head_of(row->body) == 0 && devfd_least_of(row->body) <= row->min &&                 \
	 (row->chain != \null ==> DEVFD_CHAIN_ROWS(row->chain)))

#define DEVFD_CALLS                                                                                \
	(\valid_read(&devfd_calls[0] + (0 .. devfd_calls_count - 1)) &&                            \
	 (\forall integer c; 0 <= c < devfd_calls_count ==> DEVFD_CALL_ROW((&devfd_calls[0] + c))))

/* What the caller hands in to be written to is none of the tables. */
#define DEVFD_CALLS_APART(e)                                                                       \
	(\separated(e, &devfd_calls[0] + (0 .. devfd_calls_count - 1)) &&                          \
	 (\forall integer c; 0 <= c < devfd_calls_count ==>                                        \
	  (&devfd_calls[0] + c)->chain == \null || \separated(e, (&devfd_calls[0] + c)->chain)))

/* What stands in a run of kept things, and the areas, may be read: this is what a reader gave. */
#define DEVFD_READABLE(item)                                                                       \
	requires \valid_read(item);                                                                \
	requires \valid_read(item->areas.p + (0 .. 16 * item->areas.count - 1));                   \
	requires item->kept.end <= DEVFD_SIZE_MAX;                                                 \
	requires \valid_read(item->kept.base + (0 .. item->kept.end - 1));

#define DEVFD_RECORDS                                                                              \
	(DEVFD_ROW_TLV_DEVICE < devfd_records_count <= 32 &&                                       \
	 \valid_read(&devfd_records[0] + (0 .. devfd_records_count - 1)) &&                        \
	 (\forall integer r; 0 <= r < devfd_records_count ==>                                      \
	  devfd_head_of((&devfd_records[0] + r)->body) <= DEVFD_SIZE_TLV_RECORD &&                 \
	  devfd_least_of((&devfd_records[0] + r)->body) == 0) &&                                   \
	 \valid_read(&devfd_tags[0] + (0 .. devfd_tags_count - 1)) &&                              \
	 (\forall integer t; 0 <= t < devfd_tags_count ==>                                         \
	  (&devfd_tags[0] + t)->row + (&devfd_tags[0] + t)->count <= devfd_records_count))

/* A row of the records, or none. */
#define DEVFD_RECORD_ROW(row)                                                                      \
	(row == \null ||                                                                           \
	 \exists integer r; 0 <= r < devfd_records_count && row == &devfd_records[0] + r)

/* The tables are not where errors are written. */
#define DEVFD_RECORDS_APART(s)                                                                     \
	(\separated(s->error, &devfd_tags[0] + (0 .. devfd_tags_count - 1)) &&                     \
	 \separated(s->error, &devfd_records[0] + (0 .. devfd_records_count - 1)))

#define DEVFD_TLV_HEADER                                                                           \
	(DEVFD_AT_TLV_HEADER_VERSION + 4 <= devfd_tlv_header.size &&                               \
	 devfd_head_of(devfd_tlv_header.body) == 0 &&                                              \
	 devfd_least_of(devfd_tlv_header.body) <= devfd_tlv_header.size)

#define DEVFD_TLV(s)                                                                               \
	DEVFD_INPUT(s)                                                                             \
	requires DEVFD_RECORDS;                                                                    \
	requires DEVFD_RECORDS_APART(s);

#define DEVFD_SLOT(row)                                                                            \
	(\valid_read(row) && row->flags + 4 <= row->size && row->error + 4 <= row->size &&         \
	 (row->tail == 0 || row->tail + 8 <= row->size) && row->size <= 64 &&                      \
	 devfd_head_of(row->body) == 0 && devfd_least_of(row->body) <= row->size)

#define DEVFD_SLOTS(l, header, region_size, irq_size)                                              \
	(\valid_read(l) && l->size == header && l->region.size == region_size &&                   \
	 l->irq.size == irq_size && l->type + 4 <= l->size &&                                      \
	 (l->tail == 0 || l->tail + 8 <= l->size) && devfd_head_of(l->body) == 0 &&                \
	 devfd_least_of(l->body) <= l->size && DEVFD_SLOT((&l->region)) && DEVFD_SLOT((&l->irq)))

#define DEVFD_TYPE_ROWS                                                                            \
	(0 < devfd_types_count &&                                                                  \
	 \valid_read(&devfd_types[0] + (0 .. devfd_types_count - 1)) &&                            \
	 (\forall integer t; 0 <= t < devfd_types_count ==>                                        \
	  (&devfd_types[0] + t)->shift < 64 &&                                                     \
	  ((&devfd_types[0] + t)->indexes == \null ||                                              \
	   \valid_read((&devfd_types[0] + t)->indexes + (0 .. (&devfd_types[0] + t)->slots - 1)))))

#define DEVFD_LAYOUT_ROWS                                                                          \
	(DEVFD_SLOTS((&devfd_array_slots), DEVFD_SIZE_ARRAY_HEADER, DEVFD_SIZE_ARRAY_REGION,       \
		     DEVFD_SIZE_ARRAY_IRQ) &&                                                      \
	 DEVFD_SLOTS((&devfd_fixed_slots), DEVFD_SIZE_FIXED_HEADER, DEVFD_SIZE_FIXED_REGION,       \
		     DEVFD_SIZE_FIXED_IRQ) &&                                                      \
	 devfd_array_slots.type == 0 && DEVFD_TYPE_ROWS)

#define DEVFD_LAYOUTS(s)                                                                           \
	DEVFD_TLV(s)                                                                               \
	requires DEVFD_LAYOUT_ROWS;                                                                \
	requires \separated(s->error, &devfd_array_slots) &&                                       \
		\separated(s->error, &devfd_fixed_slots) &&                                        \
		\separated(s->error, &devfd_types[0] + (0 .. devfd_types_count - 1));

/* The type of a fixed layout is one of them. */
#define DEVFD_TYPED(d) (d->layout == DEVFD_FIXED ==> d->type < devfd_types_count)

#define DEVFD_TYPE_OF(d) (&devfd_types[0] + d->type)

#define DEVFD_REGION_SLOTS(d)                                                                      \
	(d->layout == DEVFD_FIXED && DEVFD_TYPE_OF(d)->indexes != \null ?                          \
		 DEVFD_TYPE_OF(d)->slots : d->device.num_regions)

/* The bytes in front of a slot: n regions and m interrupts. */
#define DEVFD_SLOTS_END(d, n, m)                                                                   \
	(d->layout == DEVFD_ARRAY ?                                                                \
		 DEVFD_SIZE_ARRAY_HEADER + DEVFD_SIZE_ARRAY_REGION * (n) +                         \
			 DEVFD_SIZE_ARRAY_IRQ * (m) :                                              \
		 DEVFD_SIZE_FIXED_HEADER + DEVFD_SIZE_FIXED_REGION * (n) +                         \
			 DEVFD_SIZE_FIXED_IRQ * (m))

/* All slots are in the input. */
#define DEVFD_SLOTS_FIT(s, d)                                                                      \
	(DEVFD_SLOTS_END(d, DEVFD_REGION_SLOTS(d), d->device.num_irqs) <= s->size)

/* A cursor stands at a slot, or behind the last. */
#define DEVFD_SLOT_CURSOR(s, d, c)                                                                 \
	(c->slot <= DEVFD_REGION_SLOTS(d) + d->device.num_irqs && c->tail <= s->size &&            \
	 (c->slot <= DEVFD_REGION_SLOTS(d) ==> c->at == DEVFD_SLOTS_END(d, c->slot, 0)) &&         \
	 (c->slot >= DEVFD_REGION_SLOTS(d) ==>                                                     \
	  c->at == DEVFD_SLOTS_END(d, DEVFD_REGION_SLOTS(d), c->slot - DEVFD_REGION_SLOTS(d))))

/* clang-format on */

/*@ axiomatic devfd_bodies {
  @   logic integer devfd_head_of(integer body) reads \nothing;
  @   logic integer devfd_least_of(integer body) reads \nothing;
  @ }
  @*/

/*
 * The loops reach a leaf through the function pointer of a row. To the proof such a call is one of
 * this function: any leaf at all that keeps the contract of the body that the row names.
 */
/*@ DEVFD_LEAF_CONTRACT(devfd_head_of(body), devfd_least_of(body)) */
int devfd_any_leaf(uint32_t body, const struct devfd_scan *s, uint32_t at, uint32_t room,
		   uint32_t version, struct devfd_item *item, uint32_t *used);

#define DEVFD_LEAF(row, s, at, room, version, item, used)                                          \
	devfd_any_leaf((row)->body, s, at, room, version, item, used)

#endif
