/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* examples.h: for each rule the smallest input that breaks it and no other; the rows are generated
 * from the spec. */
#ifndef DEVFD_EXAMPLES_H
#define DEVFD_EXAMPLES_H

#include "tables.h"

/* An input, and what it is to be judged with (see struct devfd_input). */
struct devfd_example {
	uint32_t rule;    /* enum devfd_rule */
	uint32_t format;  /* enum devfd_format, or 0: told by the first bytes */
	uint32_t options; /* DEVFD_LITTLE or DEVFD_BIG, DEVFD_PRODUCER */
	uint32_t index;   /* asked for, of a reply */
	uint32_t size;
	const uint8_t *p;
};

/* The example of a rule; NULL where there is no such rule or no small input breaks it. */
const struct devfd_example *devfd_example(uint32_t rule);

#endif
