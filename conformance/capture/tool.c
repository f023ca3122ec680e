// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* tool.c: what codec/cli/output.c, which writes the files of devfd-capture, needs of its program.
 */
#include "../../codec/cli/output.h"

#include <stdlib.h>

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
