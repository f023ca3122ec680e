/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rows.h: the rows of generated/tables.c, from which the engine judges and everything with a name
 * is named. A row that is referred to by number stands at that number; 0 is none, so that a member
 * left out of a row means "has none".
 */
#ifndef DEVFD_ROWS_H
#define DEVFD_ROWS_H

#include "../scan.h"
#include "../generated/tables.h"
#include "tables.h"

/* A value of an enum. means: the value of the model's member of the same name. */
struct devfd_member_row {
	const char *name;
	uint32_t value, means;
};

struct devfd_enum_row {
	const char *name;
	const struct devfd_member_row *members;
	size_t count;
};

/* A bit of a flag set. */
struct devfd_bit_row {
	const char *name;
	uint32_t sets;   /* model flag where it is 1 */
	uint32_t clears; /* model flag where it is 0 */
	uint8_t bit;
	uint8_t since;
	uint8_t bus; /* 1 + the bus that it says */
};

enum devfd_rest { DEVFD_REST_REFUSE = 1, DEVFD_REST_IGNORE, DEVFD_REST_MORE };

struct devfd_flags_row {
	const char *name;
	enum devfd_rest rest; /* what becomes of bits without a row */
	const struct devfd_bit_row *bits;
	size_t count;
};

/* Where an attribute stands in struct devfd_item. */
struct devfd_attr_row {
	const char *name;
	size_t offset, size;
};

enum devfd_field_kind {
	DEVFD_KIND_SCALAR = 1,
	DEVFD_KIND_ENUM,
	DEVFD_KIND_FLAGS,
	DEVFD_KIND_BYTES,
	DEVFD_KIND_STRING,
	DEVFD_KIND_ARRAY,
};

enum devfd_given {
	DEVFD_GIVEN_SIZE = 1,
	DEVFD_GIVEN_RECEIVED,
	DEVFD_GIVEN_INDEX,
	DEVFD_GIVEN_ORDER,
};

/* A field, and the rules that its options bring. */
struct devfd_field_row {
	const char *name, *doc;
	const struct devfd_field_row *element; /* of an array: the scalars of one element */
	uint64_t must, must_not;
	uint32_t when; /* model flag without which the attribute is not taken */
	uint16_t offset;
	uint8_t kind;        /* enum devfd_field_kind */
	uint8_t width;       /* of one element */
	uint8_t since;       /* version of the body */
	uint8_t late;        /* growth by size */
	uint8_t attr;        /* enum devfd_attr */
	uint8_t takes_flags; /* it is the item's flags */
	uint8_t values;      /* enum devfd_enum_number */
	uint8_t bits;        /* enum devfd_flags_number */
	uint8_t counter;     /* 1 + the field that counts or measures it; 0: the rest of the room */
	uint8_t must_given;  /* enum devfd_given */
	uint8_t element_count;
	uint16_t is, differs, in, mask, counts, multiple, length, nul, pad;
};

/* A body. Its fields begin behind its head. */
struct devfd_body_row {
	const char *name, *format, *doc;
	const char *parents; /* where a record may stand */
	const struct devfd_field_row *fields;
	const uint16_t *rules; /* those that the spec writes */
	uint32_t tag;
	uint32_t chain; /* origin of the chain that a reply has or a capability is in */
	uint8_t field_count, rule_count;
	uint8_t since;
	uint8_t item;      /* kind that it makes */
	uint8_t head;      /* bytes before the fields */
	uint8_t open;      /* sub-records follow */
	uint8_t kept;      /* it is an envelope of kept bytes */
	uint8_t many;      /* more than one may stand there */
	uint8_t word_bits; /* flag set of a record's flags word, which is the item's flags */
	uint16_t word;     /* rule of that word */
	uint16_t size, exact;
};

enum devfd_operand_kind {
	DEVFD_OF_NUMBER = 1,
	DEVFD_OF_FIELD,   /* ref: of the body */
	DEVFD_OF_TEST,    /* 1 where field ref is value, or the given */
	DEVFD_OF_ATTR,    /* ref: of the item */
	DEVFD_OF_ELEMENT, /* u64 at value of each element */
	DEVFD_OF_FLAG,    /* value: the model flag */
	DEVFD_OF_FLAGS,
	DEVFD_OF_DEVICE, /* ref: of the device */
	DEVFD_OF_GIVEN,
	DEVFD_OF_PLACE, /* what only the loop knows */
};

struct devfd_operand {
	const char *name;
	uint64_t value;
	uint8_t kind, ref, given;
};

enum devfd_predicate {
	DEVFD_IS_HOLDS = 1,
	DEVFD_IN_HOLDS,
	DEVFD_MASK_HOLDS,
	DEVFD_MULTIPLE_HOLDS,
	DEVFD_RANGE_HOLDS,
	DEVFD_FITS_HOLDS,
	DEVFD_COUNTS_HOLDS,
	DEVFD_NEEDS_HOLDS, /* the flag is the last operand */
	DEVFD_EXCLUDES_HOLDS,
	DEVFD_ASCENDING_HOLDS,
	DEVFD_APART_HOLDS,
	DEVFD_PREFIX_HOLDS,
};

/* A rule. */
struct devfd_rule_info {
	struct devfd_rule_row row;
	const struct devfd_operand *operands;
	uint8_t count, predicate;
	uint8_t body, field; /* field: 1 + that which it belongs to */
	uint8_t item,
		attr; /* rules of the model: of this kind of item; attr 0: of the finished item */
	uint8_t of_body;  /* speaks of a body, whatever field stands at the offset */
	uint8_t producer; /* binds producers only */
	uint8_t asks;     /* its verdict is need-more */
};

/* Names of a fixed layout and its slots, each list closed by NULL. */
struct devfd_type_names {
	const char *name;
	const char *const *regions;
	const char *const *irqs;
};

extern const struct devfd_enum_row devfd_enum_rows[];
extern const struct devfd_flags_row devfd_flags_rows[];
extern const struct devfd_attr_row devfd_attr_rows[];
extern const struct devfd_body_row devfd_body_rows[];
extern const struct devfd_rule_info devfd_rule_infos[];
extern const uint32_t devfd_rule_last;
extern const uint16_t devfd_model_rules[]; /* of attributes and items, closed by 0 */
extern const char *const devfd_flag_names[32];
extern const char *const devfd_format_names[]; /* of enum devfd_format, closed by NULL */
extern const struct devfd_type_names devfd_type_names[];

/* engine.c: devfd_leaf_fn by the number of a body, and the rules of a finished item. */
int devfd_table_leaf(uint32_t body, const struct devfd_scan *s, uint32_t at, uint32_t room,
		     uint32_t version, struct devfd_item *item, uint32_t *used);
int devfd_table_item(const struct devfd_scan *s, uint32_t at, const struct devfd_item *item);

/* engine.c: bytes of the fields of fixed size in a version, the number that a field holds, and
 * that of an attribute of an item, read and written. */
uint32_t devfd_fixed_size(const struct devfd_body_row *body, uint32_t version);
uint64_t devfd_load(const uint8_t *p, uint32_t width, uint32_t big);
uint64_t devfd_attr(const struct devfd_item *item, uint32_t attr);
void devfd_put_attr(struct devfd_item *item, uint32_t attr, uint64_t value);

#endif
