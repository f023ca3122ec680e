// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* devfd_so.c: devfd's own codec as a shared object for `conformance/run run --so FILE`. */
#include "devfd.h"

#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *devfd_testee_hello(void)
{
	static char text[HELLO_SIZE];

	reader_hello(reader_by_name("leaves"), text, sizeof(text));
	return text;
}

EXPORTED int devfd_testee(const struct devfd_case *one, struct devfd_answer *out)
{
	static const char too_long[] = "the dump is longer than an answer holds";
	struct reading got;
	size_t size;

	read_case(reader_by_name("leaves"), one, &got);
	size = strlen(got.text) + 1;
	out->verdict = got.verdict;
	out->at = got.at;
	out->need = got.need;
	if (size <= sizeof(out->text)) {
		memcpy(out->text, got.text, size);
	} else {
		out->verdict = DEVFD_VERDICT_ERROR;
		memcpy(out->text, too_long, sizeof(too_long));
	}
	free(got.text);
	return 0;
}
