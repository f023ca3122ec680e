// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* producer.c: each reply by itself: does it keep what its format asks of a producer? */
#include "check.h"

#include "../../../codec/scan.h"
#include "../../../codec/tables/tables.h"
#include "rules.h"

#include <stdio.h>

static bool rule_applies(uint32_t rule)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);

	return !row || rules_apply(row->linux_versions);
}

/* Where a rule for producers is broken that this kernel is too old for, what counts is how readers
 * take the reply. */
static int judge(struct devfd_input *in, int tables, struct devfd_error *e)
{
	int rc;

	in->options = DEVFD_PRODUCER;
	rc = devfd_judge(in, tables, e);
	if (rc != DEVFD_REJECT || rule_applies(e->rule))
		return rc;
	in->options = 0;
	return devfd_judge(in, tables, e);
}

static void broken(const struct reply *r, const struct devfd_input *in, const struct devfd_error *e)
{
	char why[256], text[400];

	devfd_explain(in, e, why, sizeof(why));
	(void)snprintf(text, sizeof(text), "%s byte %u: %s", where(r).text, e->at, why);
	break_format_rule(e->rule, text);
}

static void check_one(const struct reply *r)
{
	struct devfd_input in = {
		.p = r->bytes,
		.size = r->argsz,
		.format = DEVFD_FORMAT_REPLY + r->call - 1,
		.index = r->index,
	};
	struct devfd_error second, first;
	int by_tables = judge(&in, 1, &second);
	int rc = judge(&in, 0, &first);

	hold(KERNEL_JUDGES_AGREE,
	     rc == by_tables && first.rule == second.rule && first.at == second.at &&
		     first.need == second.need,
	     "%s: found %d by rule %s at byte %u of the tables, allowed %d by rule %s at byte %u",
	     where(r).text, by_tables, devfd_rule(second.rule), second.at, rc,
	     devfd_rule(first.rule), first.at);
	if (rc == DEVFD_OK) {
		count_reply(r, false);
		return;
	}
	/* A reply that says that it is cut is right, if it is; written.c asks for the rest. */
	if (rc == DEVFD_MORE && is_cut(r)) {
		count_reply(r, true);
		return;
	}
	broken(r, &in, &first);
}

void check_replies(const struct capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (c->replies[i].call && !c->replies[i].error)
			check_one(&c->replies[i]);
	}
}
