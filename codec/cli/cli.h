/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * cli.h: what the parts of the tool devfd share. Every input becomes a description in memory, and
 * the commands work on that; only show and check look at the bytes as they came.
 *
 * Functions that return a status return an exit status: 0, or STATUS_BROKEN or STATUS_FAILED.
 */
#ifndef DEVFD_CLI_H
#define DEVFD_CLI_H

#include "output.h"

#include <stdbool.h>
#include <sys/types.h>

#include "../tables/tables.h"
#include "dump.h"

/* ---- main.c ---- */

/* A command of the tool. */
struct verb {
	const char *name;
	const char *usage; /* arguments, behind the name; lines below the first are indented */
	const char *doc;   /* one line */
	const char *help;  /* the options, a line each */
	int (*run)(int argc, char **argv);
};

extern const struct verb verb_show, verb_check, verb_convert, verb_region, verb_irq, verb_diff,
	verb_explain;

/* As complain(), for wrong usage of a command; returns STATUS_FAILED. */
int misused(const struct verb *verb, const char *format, ...) CLI_PRINTF(2, 3);
/* getopt_long() has met something that the command does not take; returns STATUS_FAILED. */
int misused_option(const struct verb *verb, char **argv, int option);
/* Prints the help of a command; returns STATUS_GOOD. */
int print_help(const struct verb *verb);
/* Reallocates or ends the program. */
void *must_realloc(void *p, size_t size);

/* ---- input.c: reading an input and telling what it is ---- */

enum {
	/* Beside enum devfd_format: inputs that are text. */
	INPUT_CAPTURE = 0x10000, /* vfio-capture/1 */
	INPUT_DUMP,              /* devfd/1 */
};

/* How the user says to read an input. */
struct reading {
	uint32_t format; /* 0: told by the first bytes */
	uint32_t order;  /* DEVFD_LITTLE, DEVFD_BIG or 0; of a reply */
	uint32_t index;  /* asked for, of a reply */
	bool has_index;
};

struct input {
	const char *name; /* as messages name it */
	const uint8_t *p;
	size_t size;
	bool mapped;
	bool regular; /* dev and ino count */
	dev_t dev;
	ino_t ino;
	uint32_t format;  /* enum devfd_format or INPUT_... */
	uint32_t options; /* of the judges */
	uint32_t index;
	json_t *json;            /* of text */
	struct capture *capture; /* of a capture */
	uint8_t *blob;           /* the description made of text */
	size_t blob_size;
	char fault[768]; /* why it was refused */
};

/* The options --format, --index and --byte-order, and what getopt_long() answers for them. */
enum { OPTION_FORMAT = 'F', OPTION_INDEX = 'I', OPTION_ORDER = 'O', OPTION_HELP = 'h' };
/* clang-format off */
#define READING_OPTIONS \
	{"format", required_argument, NULL, OPTION_FORMAT}, \
	{"index", required_argument, NULL, OPTION_INDEX}, \
	{"byte-order", required_argument, NULL, OPTION_ORDER}, \
	{"help", no_argument, NULL, OPTION_HELP}
/* clang-format on */
#define READING_HELP                                                                               \
	"  --format F        what FILE is, where its first bytes do not say: tlv, array,\n"        \
	"                    fixed, capture, json, or linux.region_info and the like for\n"        \
	"                    one reply\n"                                                          \
	"  --index N         index that was asked for, of a reply (default: that in it)\n"         \
	"  --byte-order little|big\n"                                                              \
	"                    byte order of a reply (default: this machine's)\n"
/* A number as a user types it, decimal or 0x hexadecimal; false if it is none or above 0xffffffff.
 */
bool parse_u32(const char *text, uint32_t *value);
int reading_option(const struct verb *verb, struct reading *r, int option, const char *argument);
bool parse_order(const char *text, uint32_t *order);

/*
 * Reads FILE (- is stdin) and tells what it is. STATUS_FAILED: it could not be read, and was
 * complained about. STATUS_BROKEN: it is none of the formats, and in->fault says so. Whatever is
 * returned, input_free() frees it.
 */
int input_read(struct input *in, const char *file, const struct reading *r);
/* The same of bytes that are there already, from malloc(); input_free() frees them. */
int input_parse(struct input *in, const char *name, uint8_t *p, size_t size);
void input_free(struct input *in);
bool input_is_text(const struct input *in);
bool input_is_reply(const struct input *in);
/* What the judges take. */
struct devfd_input input_bytes(const struct input *in);
/* Writes "OFFSET: RULE: path: found, allowed" of an input into out. */
void describe_error(const struct devfd_input *bytes, const struct devfd_error *e, char *out,
		    size_t size);
/* The description that the input is or holds. STATUS_BROKEN: in->fault says why there is none. */
int input_open(struct input *in, struct devfd *d);
/* Both in one, with complaints. */
int input_load(struct input *in, const char *file, const struct reading *r, struct devfd *d);
/* The canonical dump, or NULL with a complaint if it would take too much memory. */
json_t *input_dump(const struct input *in, struct devfd *d);
/* Writes in->fault; returns STATUS_BROKEN. */
int fault(struct input *in, const char *format, ...) CLI_PRINTF(2, 3);
/* Text of an input that may go to a terminal; good until the next call. */
const char *printable(const char *text);

/* ---- capture.c: replies that a kernel gave, as captured ---- */

struct reply {
	const char *name; /* of the call */
	uint32_t call;    /* enum devfd_call, or 0 for one that is not known here */
	uint32_t index;
	bool has_index;
	uint32_t argsz; /* passed in */
	bool succeeded;
	uint32_t error; /* errno */
	uint8_t *p;
	uint32_t size;     /* bytes that were kept */
	uint32_t received; /* those of them that the caller had offered */
};

struct capture {
	struct reply *replies;
	size_t count;
	uint32_t order; /* DEVFD_LITTLE or DEVFD_BIG */
	bool identified;
	uint32_t vendor, device, class_;
};

/* The index in a reply that came as bytes alone. */
uint32_t reply_index(const struct input *in);
/* Values of JSON: bytes in hex (allocated; NULL if they are none), and a number from 0 to
 * 4294967295. */
uint8_t *parse_hex(const char *text, uint32_t *size);
bool json_u32(const json_t *value, uint32_t *number);
int capture_read(struct input *in);
void capture_free(struct capture *c);
int capture_import(struct input *in);
/* Does the capture say what a device has, and not only that there is one? */
bool capture_is_device(const struct capture *c);
/* For each reply the best one to the same question, which says what the kernel says; the caller
 * frees the list. */
const struct reply **capture_best(const struct capture *c);
/* That a reply was cut is no fault of it if the question was asked again with more room. */
bool capture_excuses(const struct capture *c, const struct reply *const *best,
		     const struct reply *r, int result);
/* Do all good replies to one question say the same? Capabilities may be cut off by a small argsz.
 * STATUS_BROKEN: in->fault names two that do not. */
int capture_agrees(struct input *in);
/* Complains that a reply is broken; as a warning where another one was taken in its place. */
void complain_of_reply(const struct input *in, const struct reply *r, const struct devfd_error *e,
		       bool passed_over);
struct devfd_input reply_bytes(const struct capture *c, const struct reply *r, uint32_t options);
int reply_judge(const struct capture *c, const struct reply *r, uint32_t options,
		struct devfd_item *item, struct devfd_error *e);

/* ---- import.c: a canonical dump read back ---- */

int dump_import(struct input *in);

/* ---- convert.c: items to bytes ---- */

/* Where items come from: an opened description, or a list in the order device, regions, interrupts.
 */
struct source {
	struct devfd *d;
	const struct devfd_item *items;
	size_t count;
};

/* Told of each item that loses something; item is NULL where the layout cannot hold the device at
 * all. */
typedef void loss_fn(void *context, const struct devfd_item *item, uint32_t lost);

/*
 * Writes all items. DEVFD_OK with *out allocated, DEVFD_LOSS, or DEVFD_REJECT if there are too many
 * for an output or DEVFD_MISUSE if they are not in order. Without DEVFD_LOSSY all losses are told
 * of, and nothing is written.
 */
int write_items(const struct source *from, uint32_t layout, uint32_t options, loss_fn *loss,
		void *context, uint8_t **out, size_t *size);

/* ---- diff.c ---- */

/* Told of each difference, with the path to it and both sides; NULL is a side that has nothing
 * there. 0: go on. */
typedef int difference_fn(void *context, const char *path, const json_t *a, const json_t *b);
int json_differences(json_t *a, json_t *b, difference_fn *fn, void *context);
/* A value in one line; the caller frees it. */
char *json_text(const json_t *value);

#endif
