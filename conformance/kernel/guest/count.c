// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * count.c: which rules of linux.* a reply exercised: those that were judged on it and that another
 * reply of the same shape could have broken. They follow from the rows that the loops and the table
 * engine work by and from the chain that the reply has, so that neither has to count.
 */
#include "check.h"

#include "../../../codec/tables/rows.h"
#include "rules.h"

enum { LINUX_6_6 = 6 << 8 | 6 };

/* Of a body, that of the fixed struct or of a capability, all rules were judged once it is
 * accepted. */
static void count_body(uint32_t body, const struct devfd_call_row *call)
{
	const struct devfd_body_row *row = &devfd_body_rows[body];
	uint32_t i;

	for (i = 1; i <= devfd_rule_last; i++) {
		if (devfd_rule_infos[i].body != body || !devfd_rule_infos[i].row.id)
			continue;
		/* counted by themselves */
		if (call && (i == call->size || i == call->argsz_min || i == call->argsz_more ||
			     i == call->cap_offset_size))
			continue;
		if (i != row->size)
			count_format_rule(i);
	}
	if (!call)
		count_format_rule(row->size);
}

static void count_link(const struct devfd_chain *chain, bool follows)
{
	count_format_rule(chain->low);
	count_format_rule(chain->fits);
	count_format_rule(chain->max);
	if (rules_from(LINUX_6_6))
		count_format_rule(chain->align);
	if (!follows)
		return;
	count_format_rule(chain->cycle);
	count_format_rule(chain->backward);
	count_format_rule(chain->apart);
}

static void count_chain(const struct devfd_call_row *call, const struct reply *r)
{
	struct link links[LINKS_MAX];
	size_t count = chain_links(r, links), i;

	if (!count)
		return;
	count_format_rule(call->cap_offset_size);
	count_format_rule(call->chain->first);
	for (i = 0; i < count; i++) {
		count_link(call->chain, i > 0);
		if (!links[i].row)
			continue;
		count_format_rule(call->chain->version);
		/* one capability alone comes once */
		if (count > 1)
			count_format_rule(call->chain->twice);
		if (links[i].next)
			count_format_rule(call->chain->overlap);
		count_body(links[i].row->body, NULL);
	}
}

void count_reply(const struct reply *r, bool cut)
{
	const struct devfd_call_row *call = &devfd_calls[r->call - 1];

	count_format_rule(call->size);
	count_format_rule(call->argsz_min);
	count_format_rule(call->argsz_more);
	if (cut)
		return;
	count_body(call->body, call);
	if (call->chain)
		count_chain(call, r);
}
