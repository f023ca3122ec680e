// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * judge.c: answers for inputs that come on a pipe, by the leaves and by the table engine.
 *
 * Frames are those of frame.h, where format 0 is told by the first bytes. The answer to each is one
 * line:
 *
 *	accept DUMP
 *	reject RULE AT
 *	need-more RULE AT NEED
 *	DISAGREE ...		leaves and tables do not say the same
 */
#include "../cli/cli.h"
#include "frame.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 20 };

void *must_calloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p)
		return p;
	fputs("judge: out of memory\n", stderr);
	exit(STATUS_FAILED);
}

/* Looking an item up gives what walking to it gives, and its state as the result. */
static bool found_again(const struct reader *by, const struct devfd *d,
			const struct devfd_item *item)
{
	struct devfd_item found;
	json_t *a, *b;
	bool same;
	int rc;

	memset(&found, 0, sizeof(found));
	if (item->kind == DEVFD_REGION)
		rc = by->get_region(d, item->index, &found);
	else
		rc = by->get_irq(d, item->index, &found);
	if (rc != result_of(item->state))
		return false;
	a = dump_item(item);
	b = dump_item(&found);
	same = json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

/* Both readers give the same kept things of an item, at the same places. */
static bool kept_alike(const struct devfd_item *item)
{
	uint32_t one_cursor = 0, other_cursor = 0;
	struct devfd_kept one, other;
	int rc, other_rc;

	for (;;) {
		rc = leaves.get_kept(item, &one_cursor, &one);
		other_rc = tables.get_kept(item, &other_cursor, &other);
		if (rc != other_rc)
			return false;
		if (rc)
			return true;
		if (one.data != other.data || one.size != other.size || one.id != other.id)
			return false;
	}
}

/* Whether all that is handed out of a description belongs together. */
static bool consistent(const struct reader *by, const struct devfd *d)
{
	struct devfd walk = *d;
	struct devfd_item item, last;

	last.kind = DEVFD_DEVICE;
	while (by->next(&walk, &item) == DEVFD_OK) {
		if (!kept_alike(&item))
			return false;
		last = item;
	}
	/* The last item is the one that a look-up has the longest way to. */
	return last.kind == DEVFD_DEVICE || found_again(by, d, &last);
}

/* What the tool would dump, if it read with the table engine. */
static json_t *dump_by_tables(struct devfd *d)
{
	json_t *out = json_object(), *regions = json_array(), *irqs = json_array();
	struct devfd_item item;

	json_object_set_new(out, "schema", json_string(DUMP_SCHEMA));
	while (tables.next(d, &item) == DEVFD_OK) {
		if (item.kind == DEVFD_DEVICE)
			json_object_set_new(out, "device", dump_item(&item));
		else
			json_array_append_new(item.kind == DEVFD_REGION ? regions : irqs,
					      dump_item(&item));
	}
	json_object_set_new(out, "regions", regions);
	json_object_set_new(out, "irqs", irqs);
	return out;
}

/* Judges by one of both; *dump is the dump of what was accepted. */
static int judge(const struct devfd_input *in, const struct reader *by, struct devfd_error *e,
		 json_t **dump)
{
	uint32_t call = in->format - DEVFD_FORMAT_REPLY + 1;
	struct devfd_item item;
	struct devfd d;
	bool good;
	int rc;

	memset(e, 0, sizeof(*e));
	*dump = NULL;
	if (in->format < DEVFD_FORMAT_REPLY) {
		rc = by->open_as(&d, in->format, in->options, in->p, in->size, e);
		if (rc)
			return rc;
		good = consistent(by, &d);
		*dump = by == &leaves ? dump_description(&d) : dump_by_tables(&d);
	} else {
		rc = by->reply(call, in->options, in->index, in->p, in->size, &item, e);
		if (rc)
			return rc;
		good = kept_alike(&item);
		*dump = dump_reply(call, &item);
	}
	if (!good)
		json_object_set_new(*dump, "inconsistent", json_true());
	return rc;
}

static void print(const char *by, int rc, const struct devfd_error *e, const json_t *dump)
{
	char *text;

	fputs(by, stdout);
	switch (rc) {
	case DEVFD_OK:
		text = json_dumps(dump, JSON_COMPACT);
		printf("accept %s", text);
		free(text);
		break;
	case DEVFD_REJECT:
		printf("reject %s %u", devfd_rule(e->rule), e->at);
		break;
	case DEVFD_MORE:
		printf("need-more %s %u %u", devfd_rule(e->rule), e->at, e->need);
		break;
	default:
		printf("result %d", rc);
	}
}

static void answer(const struct devfd_input *in)
{
	struct devfd_error error, other_error;
	json_t *dump, *other_dump;
	int rc, other_rc;

	rc = judge(in, &leaves, &error, &dump);
	other_rc = judge(in, &tables, &other_error, &other_dump);
	if (rc == other_rc && !memcmp(&error, &other_error, sizeof(error)) &&
	    (!dump || json_equal(dump, other_dump))) {
		print("", rc, &error, dump);
	} else {
		print("DISAGREE leaves: ", rc, &error, dump);
		print("; tables: ", other_rc, &other_error, other_dump);
	}
	putchar('\n');
	json_decref(dump);
	json_decref(other_dump);
}

int main(void)
{
	static char from[BUFFER], to[BUFFER];
	struct devfd_input in;
	uint8_t *p;

	setvbuf(stdin, from, _IOFBF, sizeof(from));
	setvbuf(stdout, to, _IOFBF, sizeof(to));
	while ((p = take_frame(&in, "judge"))) {
		answer(&in);
		free(p);
	}
	return fflush(stdout) ? STATUS_FAILED : STATUS_GOOD;
}
