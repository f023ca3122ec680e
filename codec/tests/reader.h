/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* reader.h: the leaves and the table engine behind the same calls, to put one beside the other. */
#ifndef DEVFD_TESTS_READER_H
#define DEVFD_TESTS_READER_H

#include "../tables/loops.h"

struct reader {
	int (*open_as)(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
		       size_t size, struct devfd_error *e);
	int (*next)(struct devfd *d, struct devfd_item *item);
	int (*get_region)(const struct devfd *d, uint32_t index, struct devfd_item *item);
	int (*get_irq)(const struct devfd *d, uint32_t index, struct devfd_item *item);
	int (*get_kept)(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);
	int (*reply)(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		     size_t received, struct devfd_item *item, struct devfd_error *e);
};

static const struct reader leaves = {
	devfd_open_as, devfd_next, devfd_get_region, devfd_get_irq, devfd_get_kept, devfd_reply,
};
static const struct reader tables = {
	devfd_tables_open_as, devfd_tables_next,     devfd_tables_get_region,
	devfd_tables_get_irq, devfd_tables_get_kept, devfd_tables_reply,
};

/* What a look-up returns for an item in this state. */
static inline int result_of(uint32_t state)
{
	if (state == DEVFD_EMPTY)
		return DEVFD_IS_EMPTY;
	return state == DEVFD_UNREADABLE ? DEVFD_IS_UNREADABLE : DEVFD_OK;
}

#endif
