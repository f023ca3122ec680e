/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* view.h: an item of an input as its rules see it. */
#ifndef DEVFD_FUZZ_VIEW_H
#define DEVFD_FUZZ_VIEW_H

#include "known.h"
#include "rules.h"

/* One operand of a rule where it stands. */
struct devfd_spot {
	uint8_t *p; /* NULL: it cannot be set */
	uint32_t width;
	uint64_t value;
};

/* What a rule is looked at for. */
struct devfd_view {
	struct devfd_pieces *s;
	const struct devfd_asked *asked;
	uint32_t piece, owner, end; /* the piece, and the first and last of its item */
};

/* The view of a piece. */
struct devfd_view devfd_view_of(struct devfd_pieces *s, uint32_t i,
				const struct devfd_asked *asked);
/* A field of a piece. */
static inline struct devfd_spot devfd_view_spot(struct devfd_pieces *s, const struct devfd_piece *p,
						const struct devfd_field_row *f)
{
	struct devfd_spot o = {devfd_piece_field(s, p, f), f->width, 0};

	if (o.p)
		o.value = devfd_number(o.p, f->width, s->big);
	return o;
}

/* What an operand stands for; element: a pair of numbers in a list. */
struct devfd_spot devfd_view_operand(const struct devfd_view *v, const struct devfd_operand *o,
				     uint8_t *element);
/* Makes an operand 0 or not 0. */
int devfd_view_switch(const struct devfd_view *v, const struct devfd_operand *o, int on,
		      uint64_t value);
/* tie.c: the offset that the device type implies for a region. Returns 0 where none does. */
int devfd_tie_implied(const struct devfd_view *v, uint64_t *offset);
/* The bits of a flag set that a version has. */
uint64_t devfd_view_known_bits(const struct devfd_flags_row *flags, uint32_t version);
/* Whether an enum has a value. */
int devfd_view_is_member(const struct devfd_enum_row *e, uint64_t value);
/* The one value that a field may have. */
uint64_t devfd_view_wanted(const struct devfd_view *v, const struct devfd_field_row *f);
/* The word that holds the flags of a piece, and its rows; or NULL. */
uint8_t *devfd_view_flags(struct devfd_pieces *s, const struct devfd_piece *p,
			  const struct devfd_flags_row **rows);

/* The next rule of the model that speaks of an attribute of an item, or (attr 0) of all of it; n
 * is 0 for the first. */
static inline const struct devfd_rule_info *devfd_view_model_rule(const struct devfd_view *v,
								  uint32_t attr, uint32_t *n)
{
	uint32_t body = v->s->piece[v->owner].body;

	if (!body)
		return NULL;
	*n = *n ? devfd_known.rule_after[*n - 1]
		: devfd_known.rule[devfd_body_rows[body].item][attr];
	return *n ? &devfd_rule_infos[devfd_model_rules[*n - 1]] : NULL;
}

static inline uint64_t devfd_view_most_of(uint32_t width)
{
	return width >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
}

static inline void devfd_view_set(const struct devfd_view *v, const struct devfd_spot *o,
				  uint64_t value)
{
	if (o->p)
		devfd_store(o->p, o->width, v->s->big, value);
}

static inline int devfd_view_is_element_rule(const struct devfd_rule_info *rule)
{
	return rule->operands[0].kind == DEVFD_OF_ELEMENT;
}

#endif
