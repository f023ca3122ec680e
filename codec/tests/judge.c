// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * judge.c: answers for inputs that come on a pipe, by the leaves and by the table engine.
 *
 * A frame is four u32, little-endian: format (enum devfd_format, 0: told by the first bytes),
 *options (enum devfd_option), index asked for, size; then so many bytes. The answer to each is one
 *line:
 *
 *	accept DUMP
 *	reject RULE AT
 *	need-more RULE AT NEED
 *	DISAGREE ...		leaves and tables do not say the same
 */
#include "../cli/cli.h"
#include "../tables/loops.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME = 16, WORD = 4, BUFFER = 1 << 20 };

void *must_calloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p)
		return p;
	fputs("judge: out of memory\n", stderr);
	exit(STATUS_FAILED);
}

static uint32_t word(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* What devfd_next() of the table engine gives, as the dump of a description has it. */
static json_t *dump_by_tables(struct devfd *d)
{
	json_t *out = json_object(), *regions = json_array(), *irqs = json_array();
	struct devfd_item item;

	json_object_set_new(out, "schema", json_string(DUMP_SCHEMA));
	while (devfd_tables_next(d, &item) == DEVFD_OK) {
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

/* Looking an item up gives what walking to it gives. */
static bool found_again(const struct devfd *d, const struct devfd_item *item)
{
	struct devfd_item found;
	json_t *a, *b;
	bool same;

	memset(&found, 0, sizeof(found));
	if (item->kind == DEVFD_REGION)
		devfd_get_region(d, item->index, &found);
	if (item->kind == DEVFD_IRQ)
		devfd_get_irq(d, item->index, &found);
	a = dump_item(item);
	b = dump_item(&found);
	same = json_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

/* The last item is the one that a look-up has the longest way to. */
static bool look_up(struct devfd *d)
{
	struct devfd_item item, last;

	devfd_rewind(d);
	if (devfd_next(d, &last) != DEVFD_OK)
		return false;
	while (devfd_next(d, &item) == DEVFD_OK)
		last = item;
	return last.kind == DEVFD_DEVICE || found_again(d, &last);
}

/* Judges by one of both; *dump is the dump of what was accepted. */
static int judge(const struct devfd_input *in, bool tables, struct devfd_error *e, json_t **dump)
{
	uint32_t call = in->format - DEVFD_FORMAT_REPLY + 1;
	struct devfd_item item;
	struct devfd d;
	int rc;

	memset(e, 0, sizeof(*e));
	*dump = NULL;
	if (in->format >= DEVFD_FORMAT_REPLY) {
		if (tables)
			rc = devfd_tables_reply(call, in->options, in->index, in->p, in->size,
						&item, e);
		else
			rc = devfd_reply(call, in->options, in->index, in->p, in->size, &item, e);
		if (!rc)
			*dump = dump_reply(call, &item);
		return rc;
	}
	if (tables) {
		rc = devfd_tables_open_as(&d, in->format, in->options, in->p, in->size, e);
		if (!rc)
			*dump = dump_by_tables(&d);
		return rc;
	}
	rc = devfd_open_as(&d, in->format, in->options, in->p, in->size, e);
	if (rc)
		return rc;
	*dump = dump_description(&d);
	if (!look_up(&d))
		json_object_set_new(*dump, "lookup", json_string("finds another item"));
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
	struct devfd_error leaves_error, tables_error;
	json_t *leaves_dump, *tables_dump;
	int leaves, tables;

	leaves = judge(in, false, &leaves_error, &leaves_dump);
	tables = judge(in, true, &tables_error, &tables_dump);
	if (leaves == tables && !memcmp(&leaves_error, &tables_error, sizeof(leaves_error)) &&
	    (!leaves_dump || json_equal(leaves_dump, tables_dump))) {
		print("", leaves, &leaves_error, leaves_dump);
	} else {
		print("DISAGREE leaves: ", leaves, &leaves_error, leaves_dump);
		print("; tables: ", tables, &tables_error, tables_dump);
	}
	putchar('\n');
	json_decref(leaves_dump);
	json_decref(tables_dump);
}

/* One frame; the input is a copy of its own and of exactly its size, so that each stray load is
 * seen. */
static bool serve(void)
{
	uint8_t head[FRAME];
	struct devfd_input in;
	uint8_t *copy;

	if (fread(head, 1, FRAME, stdin) != FRAME)
		return false;
	memset(&in, 0, sizeof(in));
	in.format = word(head);
	in.options = word(head + WORD);
	in.index = word(head + 2 * WORD);
	in.size = word(head + 3 * WORD);
	copy = malloc(in.size);
	if (!copy && in.size) {
		fputs("judge: out of memory\n", stderr);
		exit(STATUS_FAILED);
	}
	if (fread(copy, 1, in.size, stdin) != in.size) {
		fputs("judge: a frame is cut\n", stderr);
		exit(STATUS_FAILED);
	}
	in.p = copy;
	answer(&in);
	free(copy);
	return true;
}

int main(void)
{
	static char in[BUFFER], out[BUFFER];

	setvbuf(stdin, in, _IOFBF, sizeof(in));
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	while (serve())
		;
	return fflush(stdout) ? STATUS_FAILED : STATUS_GOOD;
}
