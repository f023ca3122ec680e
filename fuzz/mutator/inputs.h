/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * inputs.h: the mutators of targets whose inputs are more than one description or reply. What is in
 * them about a format is left to the mutator of that format.
 */
#ifndef DEVFD_FUZZ_INPUTS_H
#define DEVFD_FUZZ_INPUTS_H

#include "mutator.h"
#include "rules.h"

/* script.c: dance. */
devfd_mutate_fn devfd_mutate_script;
devfd_cross_fn devfd_cross_script;
/* items.c: encode. */
devfd_mutate_fn devfd_mutate_items;
devfd_cross_fn devfd_cross_items;
/* json.c: json. */
devfd_mutate_fn devfd_mutate_json;
devfd_cross_fn devfd_cross_json;

/* A reply alone, without the two bytes in front, in an order that stays. index: asked for, and
 * maybe changed. Returns the new size, at most max. */
size_t devfd_mutate_reply(uint32_t format, uint32_t big, uint32_t *index, uint8_t *p, size_t size,
			  size_t max, struct devfd_dice *d);
/* The same for pieces of two; the result is in p, and q is of the same format and order. */
size_t devfd_cross_reply(uint32_t format, uint32_t big, uint32_t *index, uint8_t *p, size_t size,
			 const uint8_t *q, size_t q_size, size_t max, struct devfd_dice *d);

/* A number near another one, or at the end of what it can be. */
uint64_t devfd_near(uint64_t value, uint32_t width, struct devfd_dice *d);

#endif
