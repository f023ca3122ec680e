// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * json.c: the target of text: captures and canonical dumps, read from memory as the tool `devfd`
 * reads them, converted, and dumped again. The input is the text alone. What is accepted says the
 * same as a dump, and that dump is read back as itself.
 */
#include <stdlib.h>
#include <string.h>

#include "../../codec/cli/cli.h"
#include "input.h"
#include "item.h"
#include "promise.h"
#include "writing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- What main.c gives the other parts of the tool ---- */

void complain(const char *format, ...)
{
	(void)format;
}

void *must_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *must_realloc(void *p, size_t size)
{
	void *grown = realloc(p, size ? size : 1);

	if (!grown)
		abort();
	return grown;
}

/* No command line is read here. */
int misused(const struct verb *verb, const char *format, ...)
{
	(void)verb;
	(void)format;
	abort();
}

int misused_option(const struct verb *verb, char **argv, int option)
{
	(void)verb;
	(void)argv;
	(void)option;
	abort();
}

int print_help(const struct verb *verb)
{
	(void)verb;
	abort();
}

/* ---- The target ---- */

enum {
	OUTPUT = 1 << 12,
	OUTPUT_LONG = 1 << 16,
	LAYOUTS = DEVFD_FIXED,
	/* Of so many texts that are accepted one is written, and with so long an output. */
	WRITTEN = 4,
	LONG = 64,
	SALT_WRITTEN = 16,
	SALT_LONG = 18,
};

/* Reads text; its dump, or NULL if it is refused with a reason. */
static json_t *dump_of(const char *text, size_t size, struct input *in, struct devfd *d)
{
	uint8_t *copy = must_calloc(size, 1);
	int status;

	memcpy(copy, text, size);
	status = input_parse(in, "input", copy, size);
	/* A description in bytes is what the other targets are about. */
	if (!status && !input_is_text(in))
		return NULL;
	if (!status)
		status = input_open(in, d);
	PROMISE("error-told", status == STATUS_GOOD || status == STATUS_BROKEN, "status %d",
		status);
	PROMISE("error-told", !status || in->fault[0], "refused without a reason");
	PROMISE("text", memchr(in->fault, 0, sizeof(in->fault)), "the reason has no end");
	return status ? NULL : dump_description(d);
}

static void promise_dump(const json_t *dump)
{
	char *text = json_dumps(dump, JSON_INDENT(2));
	struct input in;
	struct devfd d;
	json_t *again;

	PROMISE("fixed-point", text, "the dump is no text");
	again = dump_of(text, strlen(text), &in, &d);
	PROMISE("fixed-point", again, "the dump is refused: %s", in.fault);
	PROMISE("fixed-point", json_equal(dump, again), "the dump of the dump is another one");
	json_decref(again);
	input_free(&in);
	free(text);
}

static void promise_layout(const struct devfd *d, const json_t *dump, uint32_t layout,
			   uint32_t order, uint32_t choice, size_t most)
{
	struct supply from = {NULL, NULL, 0};
	struct devfd_error e;
	struct devfd written;
	struct written out;
	json_t *again;

	from.d = d;
	if (!promise_written(&from, layout, order, choice, most, &out) || out.lost)
		return;
	PROMISE("fixed-point", devfd_open(&written, out.p, out.size, &e) == DEVFD_OK,
		"what was written is refused");
	again = dump_description(&written);
	PROMISE("fixed-point", json_equal(dump, again), "layout %u has another dump", layout);
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t choice = input_hash(data, size);
	struct input in;
	struct devfd d;
	json_t *dump;

	dump = dump_of((const char *)data, size, &in, &d);
	if (dump) {
		promise_dump(dump);
		if (input_share(choice, SALT_WRITTEN, WRITTEN))
			promise_layout(&d, dump, 1 + choice % LAYOUTS,
				       choice & 0x80 ? DEVFD_BIG : DEVFD_LITTLE, choice >> 8,
				       input_share(choice, SALT_LONG, LONG) ? OUTPUT_LONG : OUTPUT);
		json_decref(dump);
	}
	input_free(&in);
	return 0;
}
