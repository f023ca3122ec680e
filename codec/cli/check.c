// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* check.c: does an input keep the rules, and if not, which one does it break and where? */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct checking {
	struct reading reading;
	uint32_t options; /* DEVFD_PRODUCER */
	bool json;
	size_t broken, failed; /* inputs */
};

/* One line of output. */
struct verdict {
	const char *file;
	const struct reply *reply;
	size_t number; /* of the reply */
	const struct devfd_input *bytes;
	const struct devfd_error *error; /* NULL: text says it */
	const char *text;
};

static void print_text(const struct verdict *v)
{
	char text[600];

	if (!v->error) {
		say("%s", v->text);
		return;
	}
	describe_error(v->bytes, v->error, text, sizeof(text));
	if (v->reply)
		say("%s[reply %zu]:%s", v->file, v->number, text);
	else
		say("%s:%s", v->file, text);
}

/* File names need not be the UTF-8 that JSON is. */
static json_t *any_string(const char *text)
{
	json_t *value = json_string(text);
	char *copy, *p;

	if (value)
		return value;
	copy = must_calloc(strlen(text) + 1, 1);
	memcpy(copy, text, strlen(text) + 1);
	for (p = copy; *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
	value = json_string(copy);
	free(copy);
	return value;
}

static void print_fault_json(const struct verdict *v)
{
	json_t *out = json_object();
	char text[400];

	json_object_set_new(out, "file", any_string(v->file));
	if (v->reply)
		json_object_set_new(out, "reply", json_integer((json_int_t)v->number));
	json_object_set_new(out, "verdict",
			    json_string(v->error && v->error->need ? "need-more" : "reject"));
	if (v->error) {
		const struct devfd_rule_row *row = devfd_rule_row(v->error->rule);

		devfd_explain(v->bytes, v->error, text, sizeof(text));
		json_object_set_new(out, "rule", json_string(devfd_rule(v->error->rule)));
		json_object_set_new(out, "level", json_string(row ? row->level : ""));
		json_object_set_new(out, "offset", json_integer(v->error->at));
		if (v->error->need)
			json_object_set_new(out, "need", json_integer(v->error->need));
		json_object_set_new(out, "text", json_string(text));
	} else {
		json_object_set_new(out, "text", any_string(v->text));
	}
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
}

static void print_fault(const struct checking *c, const struct verdict *v)
{
	if (c->json)
		print_fault_json(v);
	else
		print_text(v);
}

static void print_good(const struct checking *c, const char *file)
{
	json_t *out;

	if (!c->json) {
		say("%s: ok", file);
		return;
	}
	out = json_pack("{s:o, s:s}", "file", any_string(file), "verdict", "accept");
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
}

static size_t check_capture(const struct checking *c, struct input *in)
{
	struct verdict disagreement = {in->name, NULL, 0, NULL, NULL, in->fault};
	const struct capture *capture = in->capture;
	const struct reply **best = capture_best(capture);
	struct devfd_item item;
	struct devfd_error e;
	size_t faults = 0, i;

	for (i = 0; i < capture->count; i++) {
		const struct reply *r = &capture->replies[i];
		struct devfd_input bytes;
		struct verdict v = {in->name, r, i, &bytes, &e, NULL};
		int rc;

		if (!r->call || !r->succeeded)
			continue;
		rc = reply_judge(capture, r, c->options, &item, &e);
		if (rc == DEVFD_OK)
			continue;
		if (capture_excuses(capture, best, r, rc))
			continue;
		bytes = reply_bytes(capture, r, c->options);
		print_fault(c, &v);
		faults++;
	}
	free(best);
	if (!capture_agrees(in))
		return faults;
	print_fault(c, &disagreement);
	return faults + 1;
}

static size_t check_bytes(const struct checking *c, const struct input *in)
{
	struct devfd_input bytes = input_bytes(in);
	struct devfd_error e;
	struct verdict v = {in->name, NULL, 0, &bytes, &e, NULL};

	bytes.options |= c->options;
	if (devfd_judge(&bytes, 0, &e) == DEVFD_OK)
		return 0;
	print_fault(c, &v);
	return 1;
}

static size_t check_dump(const struct checking *c, struct input *in)
{
	struct verdict v = {in->name, NULL, 0, NULL, NULL, in->fault};
	struct devfd d;

	if (!input_open(in, &d))
		return 0;
	print_fault(c, &v);
	return 1;
}

static void check(struct checking *c, const char *file)
{
	struct input in;
	struct verdict v = {NULL, NULL, 0, NULL, NULL, in.fault};
	size_t faults = 1;
	int status = input_read(&in, file, &c->reading);

	v.file = in.name;
	if (status == STATUS_BROKEN)
		print_fault(c, &v);
	else if (!status && in.format == INPUT_CAPTURE)
		faults = check_capture(c, &in);
	else if (!status && in.format == INPUT_DUMP)
		faults = check_dump(c, &in);
	else if (!status)
		faults = check_bytes(c, &in);
	if (status == STATUS_FAILED)
		c->failed++;
	else if (faults)
		c->broken++;
	else
		print_good(c, in.name);
	input_free(&in);
}

enum { OPTION_JSON = 'j', OPTION_ROLE = 'r' };

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, OPTION_JSON},
		{"role", required_argument, NULL, OPTION_ROLE},
		READING_OPTIONS,
		{NULL, 0, NULL, 0},
	};
	struct checking c;
	int option, i;

	memset(&c, 0, sizeof(c));
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP)
			return print_help(&verb_check);
		if (option == '?' || option == ':')
			return misused_option(&verb_check, argv, option);
		if (option == OPTION_JSON) {
			c.json = true;
		} else if (option == OPTION_ROLE) {
			if (strcmp(optarg, "producer") && strcmp(optarg, "reader"))
				return misused(&verb_check, "--role %s: wanted producer or reader",
					       optarg);
			c.options = strcmp(optarg, "producer") ? 0 : DEVFD_PRODUCER;
		} else if (reading_option(&verb_check, &c.reading, option, optarg)) {
			return STATUS_FAILED;
		}
	}
	if (optind == argc)
		return misused(&verb_check, "wanted one input or more");
	for (i = optind; i < argc; i++)
		check(&c, argv[i]);
	if (c.broken)
		complain("%zu of %d input%s break%s a rule", c.broken, argc - optind,
			 argc - optind == 1 ? "" : "s", c.broken == 1 ? "s" : "");
	if (c.failed)
		return STATUS_FAILED;
	return c.broken ? STATUS_BROKEN : STATUS_GOOD;
}

const struct verb verb_check = {
	"check",
	"FILE... [--role producer|reader] [--json] [--format F]\n"
	"                   [--index N] [--byte-order little|big]",
	"Check that inputs keep the rules of their format",
	"  --role producer|reader\n"
	"                    judge as the work of a producer, or as what a reader must\n"
	"                    take (default: reader)\n"
	"  --json            a JSON object for each verdict, one a line\n" READING_HELP "\n"
	"A line for each input: FILE: ok, or FILE:OFFSET: RULE-ID: path: found, allowed.\n"
	"Of a capture each successful reply is checked; offsets count in that reply.\n"
	"devfd explain RULE-ID says what a rule is about.\n",
	run,
};
