// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* show.c: an input as a tree of offset, length, name, value and meaning, or as its canonical dump.
 */
#include "cli.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Counts and sizes up to here read well in decimal too; addresses do not. */
enum { DECIMAL_MAX = 9999999 };

enum { VALUE_AT = 40, VALUE_WIDTH = 10, MEANING_AT = VALUE_AT + VALUE_WIDTH + 1 };

struct tree {
	const char *bold, *dim, *plain; /* escape sequences, empty without colour */
};

static void choose_colours(struct tree *t)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	t->bold = t->dim = t->plain = "";
	if (!isatty(STDOUT_FILENO))
		return;
	if (no_color && *no_color)
		return;
	if (!term || !strcmp(term, "dumb"))
		return;
	t->bold = "\033[1m";
	t->dim = "\033[2m";
	t->plain = "\033[0m";
}

static int print_line(void *context, const struct devfd_line *line)
{
	const struct tree *t = context;
	char value[32] = "", decimal[32] = "";
	char name[64];
	const char *meaning = line->meaning;
	int indent = 2 * (int)line->depth;
	int column;

	snprintf(name, sizeof(name), "%s", line->field ? line->field : line->name);
	/* A slot is known by its index only: its place is all that says it. */
	if (!line->field && line->nth >= 0)
		snprintf(name, sizeof(name), "%s[%" PRId32 "]", line->name, line->nth);
	if (line->numeric)
		snprintf(value, sizeof(value), "0x%" PRIx64, line->value);
	if (line->numeric && !*meaning && line->value > 9 && line->value <= DECIMAL_MAX) {
		snprintf(decimal, sizeof(decimal), "%" PRIu64, line->value);
		meaning = decimal;
	}
	column = printf("%6" PRIu32 " %5" PRIu32 "  ", line->at, line->size);
	printf("%*s%s%s%s", indent, "", line->field ? "" : t->bold, name,
	       line->field ? "" : t->plain);
	column += indent + (int)strlen(name);
	if (*value || *meaning) {
		int gap = column < VALUE_AT - 1 ? VALUE_AT - column : 1;

		column += printf("%*s", gap, "");
		if (*value && *meaning)
			column += printf("%-*s ", VALUE_WIDTH, value);
		else
			fputs(value, stdout);
		print_wrapped(meaning, column, column < MEANING_AT ? column : MEANING_AT);
	}
	putchar('\n');
	/* Nobody reads on, or there is no room: what was to come is not worth the time. */
	return ferror(stdout) ? 1 : 0;
}

static int broken(const struct devfd_input *bytes, const struct devfd_error *e, const char *name)
{
	char text[600];

	describe_error(bytes, e, text, sizeof(text));
	complain("%s:%s", name, text);
	return STATUS_BROKEN;
}

static int show_bytes(const struct devfd_input *bytes, const char *name)
{
	struct devfd_error e;
	struct tree t;

	choose_colours(&t);
	devfd_walk(bytes, print_line, &t);
	if (devfd_judge(bytes, 0, &e) == DEVFD_OK)
		return STATUS_GOOD;
	return broken(bytes, &e, name);
}

/* ---- Captures ---- */

/* The status of a capture whose replies were judged one by one. */
static int agreed(struct input *in, int status)
{
	if (!capture_agrees(in))
		return status;
	complain("%s", in->fault);
	return STATUS_BROKEN;
}

static void print_heading(const struct reply *r, size_t number, const char *verdict)
{
	struct tree t;

	choose_colours(&t);
	printf("%s%sreply %zu: %s", number ? "\n" : "", t.bold, number,
	       r->call ? r->name : printable(r->name));
	if (r->has_index)
		printf(" index %" PRIu32, r->index);
	printf(" argsz %" PRIu32 ": ", r->argsz);
	if (r->succeeded)
		printf("%s%s\n", verdict, t.plain);
	else
		printf("errno %" PRIu32 "%s\n", r->error, t.plain);
}

static int show_capture(struct input *in)
{
	const struct capture *c = in->capture;
	const struct reply **best = capture_best(c);
	int status = STATUS_GOOD;
	struct devfd_item item;
	struct devfd_error e;
	struct tree t;
	size_t i;

	choose_colours(&t);
	for (i = 0; i < c->count && !ferror(stdout); i++) {
		const struct reply *r = &c->replies[i];
		struct devfd_input bytes;
		char verdict[64] = "ok";
		int rc = DEVFD_OK;

		if (!r->call) {
			print_heading(r, i, "a call that is not known here");
			continue;
		}
		if (r->succeeded)
			rc = reply_judge(c, r, 0, &item, &e);
		if (rc == DEVFD_MORE)
			snprintf(verdict, sizeof(verdict), "need-more %" PRIu32, e.need);
		else if (rc)
			snprintf(verdict, sizeof(verdict), "%s at %" PRIu32, devfd_rule(e.rule),
				 e.at);
		print_heading(r, i, verdict);
		if (!r->succeeded)
			continue;
		bytes = reply_bytes(c, r, 0);
		devfd_walk(&bytes, print_line, &t);
		if (rc == DEVFD_OK || capture_excuses(c, best, r, rc))
			continue;
		complain_of_reply(in, r, &e, false);
		status = STATUS_BROKEN;
	}
	free(best);
	return agreed(in, status);
}

/* ---- JSON ---- */

static int json_of_reply(const struct input *in)
{
	struct devfd_input bytes = input_bytes(in);
	uint32_t call = in->format - DEVFD_FORMAT_REPLY + 1;
	struct devfd_item item;
	struct devfd_error e;
	json_t *dump;
	int status;

	if (devfd_reply(call, in->options, in->index, in->p, in->size, &item, &e) != DEVFD_OK)
		return broken(&bytes, &e, in->name);
	dump = dump_reply(call, &item);
	status = print_json(dump);
	json_decref(dump);
	return status;
}

/* Puts one reply into the list if it is whole; a broken one may have another in its place. */
static int add_reply(const struct input *in, const struct reply *const *best, const struct reply *r,
		     json_t *list)
{
	const struct capture *c = in->capture;
	const struct reply *other = best[r - c->replies];
	struct devfd_item item;
	struct devfd_error e, ignored;
	int rc = reply_judge(c, r, 0, &item, &e);
	bool passed_over;

	if (rc == DEVFD_OK)
		json_array_append_new(list, dump_reply(r->call, &item));
	if (rc == DEVFD_OK || capture_excuses(c, best, r, rc))
		return STATUS_GOOD;
	passed_over = other != r && reply_judge(c, other, 0, &item, &ignored) == DEVFD_OK;
	complain_of_reply(in, r, &e, passed_over);
	return passed_over ? STATUS_GOOD : STATUS_BROKEN;
}

/* The replies that are whole. */
static int json_of_replies(struct input *in)
{
	const struct capture *c = in->capture;
	const struct reply **best = capture_best(c);
	json_t *list = json_array();
	int status = STATUS_GOOD, printed;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->call && r->succeeded && add_reply(in, best, r, list))
			status = STATUS_BROKEN;
	}
	printed = print_json(list);
	json_decref(list);
	free(best);
	return printed ? printed : agreed(in, status);
}

static int json_of_description(struct input *in)
{
	struct devfd d;
	json_t *dump;
	int status = input_open(in, &d);

	if (status) {
		complain("%s", in->fault);
		return status;
	}
	dump = input_dump(in, &d);
	if (!dump)
		return STATUS_FAILED;
	status = print_json(dump);
	json_decref(dump);
	return status;
}

static int show_json(struct input *in)
{
	if (input_is_reply(in))
		return json_of_reply(in);
	if (in->format == INPUT_CAPTURE && !capture_is_device(in->capture))
		return json_of_replies(in);
	return json_of_description(in);
}

/* ---- The command ---- */

static int show_tree(struct input *in)
{
	struct devfd_input bytes;
	struct devfd d;

	if (in->format == INPUT_CAPTURE)
		return show_capture(in);
	if (in->format == INPUT_DUMP) {
		/* Text has no offsets to show; the description made of it has. */
		if (input_open(in, &d)) {
			complain("%s", in->fault);
			return STATUS_BROKEN;
		}
		say("%s, as tlv:", in->name);
	}
	bytes = input_bytes(in);
	return show_bytes(&bytes, in->name);
}

static int show(const char *file, const struct reading *reading, bool json)
{
	struct input in;
	int status = input_read(&in, file, reading);

	if (status == STATUS_BROKEN)
		complain("%s", in.fault);
	if (!status)
		status = json ? show_json(&in) : show_tree(&in);
	input_free(&in);
	return status;
}

enum { OPTION_JSON = 'j' };

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, OPTION_JSON},
		READING_OPTIONS,
		{NULL, 0, NULL, 0},
	};
	struct reading reading = {0, 0, 0, false};
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP)
			return print_help(&verb_show);
		if (option == '?' || option == ':')
			return misused_option(&verb_show, argv, option);
		if (option == OPTION_JSON)
			json = true;
		else if (reading_option(&verb_show, &reading, option, optarg))
			return STATUS_FAILED;
	}
	if (argc - optind != 1)
		return misused(&verb_show, "wanted one input, got %d", argc - optind);
	return show(argv[optind], &reading, json);
}

const struct verb verb_show = {
	"show",
	"FILE [--json] [--format F] [--index N]\n"
	"                  [--byte-order little|big]",
	"Show every field with its offset, length, value and meaning",
	"  --json            the canonical dump instead: the meaning, which is the same\n"
	"                    for any layout\n" READING_HELP,
	run,
};
