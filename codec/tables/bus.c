// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* bus.c: what Linux's indexes of a bus mean, which a reply does not say. */
#include "../scan.h"
#include "tables.h"

void devfd_name_region(uint32_t bus, struct devfd_item *item)
{
	const struct devfd_type *type = NULL;
	uint32_t i;

	if (bus != DEVFD_BUS_PCI)
		return;
	/* The lowest type of a bus is that of today's Linux. */
	for (i = devfd_types_count; i > 0; i--) {
		if (devfd_types[i - 1].buses & (uint32_t)1 << bus)
			type = &devfd_types[i - 1];
	}
	if (!type)
		return;
	item->flags |= devfd_type_flags(type, item->index);
	if (item->flags & DEVFD_BAR)
		item->bar = item->index;
}
