// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* tool.c: what the parts of devfd that devfd-capture is linked with need of its main program. */
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../codec/cli/cli.h"

void complain(const char *format, ...)
{
	va_list args;

	output_flush();
	fputs("devfd capture: ", stderr);
	va_start(args, format);
	print_escaped(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void *must_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p) {
		complain("out of memory");
		exit(STATUS_FAILED);
	}
	return p;
}

int write_whole(const char *file, const void *p, size_t size)
{
	/* The output is never the file that the input came from, as that is a device. */
	struct input none;

	memset(&none, 0, sizeof(none));
	return output_write(file, p, size, &none);
}

int write_json(const char *file, const json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));
	size_t size;
	int status;

	if (!text) {
		complain("out of memory");
		return STATUS_FAILED;
	}
	size = strlen(text);
	text[size] = '\n';
	status = write_whole(file, text, size + 1);
	free(text);
	return status;
}
