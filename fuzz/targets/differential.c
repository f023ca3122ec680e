// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * differential.c: the target of leaves against tables, in full: verdict, error, every item, every
 * look-up, what is kept, and that names and explanations can be made of anything. Byte 0 has the
 * format in bits 2 to 4 (enum devfd_format - 1), so that a corpus of it can be put to the oracle as
 * the frames of generators/tests/differential.py are.
 */
#include <string.h>

#include "../../codec/tables/tables.h"
#include "input.h"
#include "promise.h"
#include "reading.h"

enum { TEXT = 160, SLACK = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the lines of the walk have come to. */
struct lines {
	size_t size;
	uint32_t count;
};

static int promise_line(void *context, const struct devfd_line *line)
{
	struct lines *l = context;

	PROMISE("text", line->at <= l->size && line->size <= l->size - line->at,
		"%s: %u bytes at %u of %zu", line->name, line->size, line->at, l->size);
	PROMISE("text", memchr(line->meaning, 0, sizeof(line->meaning)), "%s: endless meaning",
		line->name);
	PROMISE("text", l->count++ <= (uint32_t)64 * (l->size + 64), "%u lines of %zu bytes",
		l->count, l->size);
	return 0;
}

static void promise_texts(const struct devfd_input *bytes)
{
	struct lines lines = {bytes->size, 0};
	struct devfd_error e, other;
	char text[TEXT + SLACK];
	int rc;

	rc = devfd_judge(bytes, 0, &e);
	PROMISE("tables-agree", devfd_judge(bytes, 1, &other) == rc,
		"devfd_judge gives another result");
	(void)devfd_walk(bytes, promise_line, &lines);
	if (rc == DEVFD_OK)
		return;
	make_dirty(text, sizeof(text));
	devfd_explain(bytes, &e, text, TEXT);
	PROMISE("text", memchr(text, 0, TEXT), "an explanation has no end");
	PROMISE("text", is_dirty(text + TEXT, SLACK), "an explanation is longer than its buffer");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct devfd_input bytes;
	struct devfd_item item;
	struct fuzz_input in;
	struct devfd d;

	if (!input_take(&in, data, size))
		return 0;
	memset(&bytes, 0, sizeof(bytes));
	bytes.format = 1 + (in.head >> INPUT_FORMAT_SHIFT & INPUT_FORMAT_MASK);
	bytes.p = in.p;
	bytes.size = in.size;
	bytes.options = in.options;
	bytes.index = in.index;
	if (!devfd_format_name(bytes.format))
		return 0;
	if (bytes.format >= DEVFD_FORMAT_REPLY) {
		(void)promise_reply(&in, bytes.format - DEVFD_FORMAT_REPLY + 1, &item);
	} else if (promise_description(&in, bytes.format, &d)) {
		promise_look_up(&leaves, &d, true, 0);
		promise_look_up(&tables, &d, true, 0);
	}
	promise_texts(&bytes);
	return 0;
}
