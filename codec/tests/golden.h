/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* golden.h: reads the hand-typed hex of codec/tests/golden for the unit tests. */
#ifndef DEVFD_GOLDEN_H
#define DEVFD_GOLDEN_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of golden/NAME.hex; 0 where the file cannot be read, holds anything else or is longer than
 * capacity. */
static inline size_t golden_read(const char *name, uint8_t *out, size_t capacity)
{
	char path[128];
	size_t digits = 0;
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "codec/tests/golden/%s.hex", name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while ((c = fgetc(file)) != EOF) {
		unsigned int digit;

		if (c == '#') {
			while (c != '\n' && c != EOF)
				c = fgetc(file);
			continue;
		}
		if (isspace(c))
			continue;
		if (!isxdigit(c) || digits / 2 == capacity) {
			digits = 1;
			break;
		}
		digit = (unsigned int)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		if (digits % 2)
			out[digits / 2] = (uint8_t)((unsigned int)out[digits / 2] << 4 | digit);
		else
			out[digits / 2] = (uint8_t)digit;
		digits++;
	}
	fclose(file);
	return digits % 2 ? 0 : digits / 2;
}

#endif
