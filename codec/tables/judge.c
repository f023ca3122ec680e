// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* judge.c: one verdict for any input, by the leaves or by the table engine. */
#include "loops.h"
#include "rows.h"

int devfd_judge(const struct devfd_input *in, int tables, struct devfd_error *e)
{
	struct devfd_item item;
	struct devfd d;
	uint32_t call;

	memset(e, 0, sizeof(*e));
	if (in->format < DEVFD_FORMAT_REPLY) {
		if (tables)
			return devfd_tables_open_as(&d, in->format, in->options, in->p, in->size,
						    e);
		return devfd_open_as(&d, in->format, in->options, in->p, in->size, e);
	}
	call = in->format - DEVFD_FORMAT_REPLY + 1;
	if (tables)
		return devfd_tables_reply(call, in->options, in->index, in->p, in->size, &item, e);
	return devfd_reply(call, in->options, in->index, in->p, in->size, &item, e);
}
