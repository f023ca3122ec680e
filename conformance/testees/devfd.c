// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * devfd.c: judges one case with devfd's own codec, by the leaves or by the table engine; an accept
 * carries the canonical dump.
 */
#include "devfd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../codec/bytes.h"
#include "../../codec/tables/loops.h"
#include "../../codec/tables/tables.h"
#include "../../codec/cli/dump.h"

/* The largest reply that a script can be read into; linux.region_info has a few hundred bytes. */
enum { ASKED_MAX = 1 << 20 };

struct reader {
	const char *name;
	int (*open_as)(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
		       size_t size, struct devfd_error *e);
	int (*next)(struct devfd *d, struct devfd_item *item);
	int (*reply)(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		     size_t received, struct devfd_item *item, struct devfd_error *e);
	int (*ask)(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		   size_t capacity, struct devfd_item *item, struct devfd_error *e);
};

static const struct reader readers[] = {
	{"leaves", devfd_open_as, devfd_next, devfd_reply, devfd_ask},
	{"tables", devfd_tables_open_as, devfd_tables_next, devfd_tables_reply, devfd_tables_ask},
};

const struct reader *reader_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (!strcmp(readers[i].name, name))
			return &readers[i];
	}
	return NULL;
}

void reader_hello(const struct reader *by, char *text, size_t size)
{
	uint32_t format;
	size_t used;

	/* "": formats are told by their first bytes, too. */
	used = (size_t)snprintf(
		text, size,
		"{\"name\":\"%s\",\"version\":\"%s\",\"protocol\":1,\"package\":\"devfd\","
		"\"roles\":[\"reader\",\"producer\"],\"scripts\":true,"
		"\"tells\":[\"at\",\"need\",\"rule\",\"dump\"],\"formats\":[\"\"",
		by->name, DEVFD_VERSION);
	for (format = 1; devfd_format_name(format) && used < size; format++)
		used += (size_t)snprintf(text + used, size - used, ",\"%s\"",
					 devfd_format_name(format));
	if (used < size)
		snprintf(text + used, size - used, "]}");
}

static void *must(void *p)
{
	if (p)
		return p;
	fputs("testee: out of memory\n", stderr);
	exit(2);
}

static void answer(struct reading *out, uint32_t verdict, const char *text)
{
	out->verdict = verdict;
	out->at = DEVFD_NOT_TOLD;
	out->need = DEVFD_NOT_TOLD;
	out->text = must(malloc(strlen(text) + 1));
	memcpy(out->text, text, strlen(text) + 1);
}

static void accept_dump(struct reading *out, json_t *dump)
{
	answer(out, DEVFD_VERDICT_ACCEPT, "");
	free(out->text);
	out->text = must(json_dumps(dump, JSON_COMPACT));
	json_decref(dump);
}

static void accept_description(const struct reader *by, struct devfd *d, struct reading *out)
{
	json_t *dump = json_object(), *regions = json_array(), *irqs = json_array();
	struct devfd_item item;

	json_object_set_new(dump, "schema", json_string(DUMP_SCHEMA));
	while (by->next(d, &item) == DEVFD_OK) {
		if (item.kind == DEVFD_DEVICE)
			json_object_set_new(dump, "device", dump_item(&item));
		else
			json_array_append_new(item.kind == DEVFD_REGION ? regions : irqs,
					      dump_item(&item));
	}
	json_object_set_new(dump, "regions", regions);
	json_object_set_new(dump, "irqs", irqs);
	accept_dump(out, dump);
}

static void accept_reply(uint32_t call, const struct devfd_item *item, struct reading *out)
{
	accept_dump(out, dump_reply(call, item));
}

/* What is not DEVFD_OK. */
static void refuse(int rc, const struct devfd_error *e, struct reading *out)
{
	char text[64];

	if (rc == DEVFD_IS_UNREADABLE) {
		/* The kernel failed the call: no rule is broken, and nothing is known. */
		answer(out, DEVFD_VERDICT_REJECT, "");
		return;
	}
	if (rc != DEVFD_REJECT && rc != DEVFD_MORE) {
		snprintf(text, sizeof(text), "the codec returned %d", rc);
		answer(out, DEVFD_VERDICT_ERROR, text);
		return;
	}
	answer(out, rc == DEVFD_MORE ? DEVFD_VERDICT_NEED_MORE : DEVFD_VERDICT_REJECT,
	       devfd_rule(e->rule));
	out->at = e->at;
	if (rc == DEVFD_MORE)
		out->need = e->need;
}

static void read_description(const struct reader *by, uint32_t layout, uint32_t options,
			     const struct devfd_case *one, struct reading *out)
{
	struct devfd_error e;
	struct devfd d;
	int rc = by->open_as(&d, layout, options, one->input, one->size, &e);

	if (rc)
		refuse(rc, &e, out);
	else
		accept_description(by, &d, out);
}

static void read_reply(const struct reader *by, uint32_t call, uint32_t options,
		       const struct devfd_case *one, struct reading *out)
{
	struct devfd_item item;
	struct devfd_error e;
	int rc = by->reply(call, options, one->index, one->input, one->size, &item, &e);

	if (rc)
		refuse(rc, &e, out);
	else
		accept_reply(call, &item, out);
}

static int pass_on(void *context, uint32_t number, void *arg, uint32_t size)
{
	const struct devfd_case *one = context;

	(void)number;
	return one->query(one->context, arg, size);
}

static uint32_t host_order(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one ? DEVFD_CASE_LITTLE : DEVFD_CASE_BIG;
}

static void read_script(const struct reader *by, uint32_t call, const struct devfd_case *one,
			struct reading *out)
{
	struct devfd_case copy = *one;
	struct devfd_item item;
	struct devfd_error e;
	uint8_t *buf;
	int rc;

	if (one->order != host_order()) {
		answer(out, DEVFD_VERDICT_SKIP, "devfd_ask() speaks the byte order of its host");
		return;
	}
	buf = must(malloc(ASKED_MAX));
	rc = by->ask(call, one->index, pass_on, &copy, buf, ASKED_MAX, &item, &e);
	/* Whoever asked has nobody to come back to. */
	if (rc == DEVFD_MORE)
		rc = DEVFD_REJECT;
	if (rc)
		refuse(rc, &e, out);
	else
		accept_reply(call, &item, out);
	free(buf);
}

void read_case(const struct reader *by, const struct devfd_case *one, struct reading *out)
{
	uint32_t format = devfd_format_number(one->format);
	uint32_t options = one->order == DEVFD_CASE_BIG ? DEVFD_BIG : DEVFD_LITTLE;
	bool reply = format >= DEVFD_FORMAT_REPLY;

	if (!format && *one->format)
		answer(out, DEVFD_VERDICT_SKIP, "this format is not known");
	else if (one->query && !reply)
		answer(out, DEVFD_VERDICT_SKIP, "a description is not asked for in calls");
	else if (one->query)
		read_script(by, format - DEVFD_FORMAT_REPLY + 1, one, out);
	else if (reply)
		read_reply(by, format - DEVFD_FORMAT_REPLY + 1,
			   options | (one->role == DEVFD_CASE_PRODUCER ? DEVFD_PRODUCER : 0), one,
			   out);
	else
		read_description(by, format,
				 options | (one->role == DEVFD_CASE_PRODUCER ? DEVFD_PRODUCER : 0),
				 one, out);
}
