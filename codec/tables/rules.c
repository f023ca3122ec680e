// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* rules.c: what a rule is called and says, by its number. */
#include "rows.h"

const struct devfd_rule_row *devfd_rule_row(uint32_t rule)
{
	if (rule > devfd_rule_last)
		return NULL;
	if (!devfd_rule_infos[rule].row.id)
		return NULL;
	return &devfd_rule_infos[rule].row;
}

uint32_t devfd_rule_count(void)
{
	return devfd_rule_last;
}

uint32_t devfd_rule_number(const char *id)
{
	uint32_t i;

	for (i = 1; i <= devfd_rule_last; i++) {
		if (devfd_rule_row(i) && !strcmp(devfd_rule_infos[i].row.id, id))
			return i;
	}
	return 0;
}

const char *devfd_rule(uint32_t rule)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);

	return row ? row->id : "no rule";
}
