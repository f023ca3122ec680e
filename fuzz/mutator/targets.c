// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* targets.c: which mutator a target has. */
#include "inputs.h"

static const struct devfd_mutator others[] = {
	{"convert", 0, devfd_mutate, devfd_cross},
	{"differential", 0, devfd_mutate, devfd_cross},
	{"dance", 0, devfd_mutate_script, devfd_cross_script},
	{"encode", 0, devfd_mutate_items, devfd_cross_items},
	{"json", 0, devfd_mutate_json, devfd_cross_json},
};

struct devfd_mutator devfd_mutator_of(const char *target)
{
	struct devfd_mutator found = others[0];
	uint32_t i;

	for (i = 0; target && i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(others[i].target, target))
			return others[i];
	}
	for (i = 1; target && i < devfd_shape_count; i++) {
		if (!strcmp(devfd_shape_rows[i].name, target))
			found.format = i;
	}
	return found;
}
