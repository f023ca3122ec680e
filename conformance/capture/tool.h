/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * tool.h: what devfd-capture takes from the tool devfd. Its own header, codec/cli/cli.h, cannot
 * stand beside capture.h, as both have a capture and a reply; tool.c includes it, so that the
 * compiler compares the declarations.
 */
#ifndef DEVFD_CAPTURE_TOOL_H
#define DEVFD_CAPTURE_TOOL_H

#include <jansson.h>
#include <stdint.h>

#include "../../codec/codec.h"

/* One line on stderr, behind the name of the program; on stdout; and the wrapping of text. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_wrapped(const char *text, int column, int start);
/* Closes stdout; the exit status, which is 2 if something could not be written. */
int output_finish(int status);

/* The canonical dump of an opened description, and the names of what a layout cannot carry. */
json_t *dump_description(struct devfd *d);
void loss_names(uint32_t lost, char *out, size_t size);

/* Writes a whole file or nothing; "-" is stdout. Returns 0, or 2 with a complaint. */
int write_whole(const char *file, const void *p, size_t size);
/* The same of a value, as indented text. */
int write_json(const char *file, const json_t *value);

#endif
