/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * output.h: output to files and terminals. output.c is linked by other programs too; of their main
 * file it needs complain() and must_calloc().
 */
#ifndef DEVFD_OUTPUT_H
#define DEVFD_OUTPUT_H

/* A 32-bit build is to see files beyond 2 GiB, if only to refuse them. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	STATUS_GOOD = 0,
	STATUS_BROKEN = 1, /* the input breaks a rule, or a conversion would lose something */
	STATUS_FAILED = 2, /* wrong usage, or an I/O error */
};

#ifdef __GNUC__
#define CLI_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define CLI_PRINTF(at, first)
#endif

struct input;

/* Says what is wrong on stderr, in one line. */
void complain(const char *format, ...) CLI_PRINTF(1, 2);
/* Allocates or ends the program. */
void *must_calloc(size_t count, size_t size);

/* Writes a whole file or nothing; - is stdout. Refuses the file that the input came from, where
 * there is an input (else NULL). */
int output_write(const char *file, const void *p, size_t size, const struct input *in);
/* Prints a value to stdout. */
int print_json(const json_t *value);
/* One line on stdout. What a terminal would act upon is escaped, as it may come from elsewhere. */
void say(const char *format, ...) CLI_PRINTF(1, 2);
/* The same to any stream, without the end of the line. */
void print_escaped(FILE *to, const char *format, va_list args);
enum { COLUMNS = 80 };
/* Prints text from this column on; where the line is full it goes on below, at column start. Breaks
 * behind spaces and bars. */
void print_wrapped(const char *text, int column, int start);
/* First of all in a program: a file that is opened takes the place of no standard stream, and a
 * write that cannot be done fails. STATUS_FAILED where a stream cannot be had. */
int output_begin(void);
/* What is buffered goes out now. */
void output_flush(void);
/* What is still buffered goes out; STATUS_FAILED with a complaint if it, or anything before, could
 * not. */
int output_finish(int status);

#endif
