// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* convert.c: any input to any output, without losing anything unsaid. */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* ---- Items to bytes ---- */

/* Puts all items; tells of losses if `loss` is given. Returns what the writer said last. */
static int put_all(struct devfd_writer *w, const struct source *from, loss_fn *loss, void *context)
{
	struct devfd_item item;
	uint32_t lost;
	size_t i;
	int rc;

	if (from->d)
		devfd_rewind(from->d);
	for (i = 0; from->d || i < from->count; i++) {
		if (from->d)
			rc = devfd_next(from->d, &item);
		else
			item = from->items[i];
		if (from->d && rc == DEVFD_END)
			break;
		if (from->d && rc != DEVFD_OK)
			return rc;
		rc = devfd_put(w, &item, &lost);
		if (lost && loss)
			loss(context, &item, lost);
		if (rc != DEVFD_OK)
			return rc;
	}
	return DEVFD_OK;
}

struct losses {
	bool any;
	loss_fn *fn;
	void *context;
};

static void note_loss(void *context, const struct devfd_item *item, uint32_t lost)
{
	struct losses *l = context;

	l->any = true;
	if (l->fn)
		l->fn(l->context, item, lost);
}

int write_items(const struct source *from, uint32_t layout, uint32_t options, loss_fn *loss,
		void *context, uint8_t **out, size_t *size)
{
	struct losses losses = {false, loss, context};
	struct devfd_writer w;
	uint8_t *p;
	int rc;

	/* A first pass as if losses were welcome names all of them, not the first alone. */
	rc = devfd_begin(&w, layout, options | DEVFD_LOSSY, NULL, 0);
	if (rc)
		return rc;
	rc = put_all(&w, from, note_loss, &losses);
	if (rc)
		return rc;
	rc = devfd_end(&w, size);
	if (rc == DEVFD_LOSS)
		note_loss(&losses, NULL, DEVFD_LOST_ITEM);
	if (rc != DEVFD_ROOM)
		return rc;
	if (losses.any && !(options & DEVFD_LOSSY))
		return DEVFD_LOSS;
	p = must_calloc(*size, 1);
	rc = devfd_begin(&w, layout, options, p, *size);
	if (!rc)
		rc = put_all(&w, from, NULL, NULL);
	if (!rc)
		rc = devfd_end(&w, size);
	if (rc)
		free(p);
	else
		*out = p;
	return rc;
}

/* ---- The command ---- */

enum { TO_JSON = INPUT_DUMP };

static const struct {
	const char *name;
	uint32_t to;
} outputs[] = {
	{"tlv", DEVFD_TLV},
	{"array", DEVFD_ARRAY},
	{"fixed", DEVFD_FIXED},
	{"json", TO_JSON},
};

enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };

static const char *output_name(uint32_t to)
{
	size_t i;

	for (i = 0; i < OUTPUTS; i++) {
		if (outputs[i].to == to)
			return outputs[i].name;
	}
	return "?";
}

static uint32_t output_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < OUTPUTS; i++) {
		if (!strcmp(outputs[i].name, name))
			return outputs[i].to;
	}
	return 0;
}

struct conversion {
	struct reading reading;
	const char *in, *out;
	uint32_t to;
	uint32_t order;
	bool lossy;
	struct input input;
};

static void list_loss(void *context, const struct devfd_item *item, uint32_t lost)
{
	const struct conversion *c = context;
	const char *warning = c->lossy ? "warning: " : "";
	const char *to = output_name(c->to);
	uint32_t bit;
	char who[32];

	if (!item || item->kind == DEVFD_DEVICE)
		snprintf(who, sizeof(who), "device");
	else
		snprintf(who, sizeof(who), "%s %u", item->kind == DEVFD_REGION ? "region" : "irq",
			 item->index);
	for (bit = 0; bit < 32; bit++) {
		uint32_t mask = (uint32_t)1 << bit;

		if (!(lost & mask))
			continue;
		if (mask == DEVFD_LOST_ITEM)
			complain("%s: %s%s cannot be carried by %s", c->input.name, warning, who,
				 to);
		else
			complain("%s: %s%s: %s cannot be carried by %s", c->input.name, warning,
				 who, devfd_lost_name(bit), to);
	}
}

static int convert_to_json(struct conversion *c, struct devfd *d)
{
	json_t *dump = input_dump(&c->input, d);
	size_t size;
	char *text;
	int status;

	if (!dump)
		return STATUS_FAILED;
	text = json_dumps(dump, JSON_INDENT(2));
	json_decref(dump);
	if (!text) {
		complain("out of memory");
		return STATUS_FAILED;
	}
	size = strlen(text);
	text[size] = '\n';
	status = output_write(c->out, text, size + 1, &c->input);
	free(text);
	return status;
}

static int convert(struct conversion *c, struct devfd *d)
{
	struct source from = {d, NULL, 0};
	uint32_t options = c->order ? c->order : d->order;
	uint8_t *p = NULL;
	size_t size;
	int rc, status;

	if (c->to == TO_JSON)
		return convert_to_json(c, d);
	if (c->lossy)
		options |= DEVFD_LOSSY;
	rc = write_items(&from, c->to, options, list_loss, c, &p, &size);
	if (rc == DEVFD_LOSS && c->lossy)
		complain("%s: %s cannot hold this device, not even with --lossy", c->input.name,
			 output_name(c->to));
	else if (rc == DEVFD_LOSS)
		complain("%s: nothing was written, as it would lose what is listed", c->input.name);
	else if (rc)
		complain("%s: changed while it was read", c->input.name);
	if (rc)
		return rc == DEVFD_LOSS ? STATUS_BROKEN : STATUS_FAILED;
	status = output_write(c->out, p, size, &c->input);
	free(p);
	return status;
}

enum { OPTION_TO = 't', OPTION_LOSSY = 'l', OPTION_OUTPUT = 'o' };

static int parse(struct conversion *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"to", required_argument, NULL, OPTION_TO},
		{"byte-order", required_argument, NULL, OPTION_ORDER},
		{"lossy", no_argument, NULL, OPTION_LOSSY},
		{"output", required_argument, NULL, OPTION_OUTPUT},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (option) {
		case OPTION_TO:
			c->to = output_by_name(optarg);
			if (!c->to)
				return misused(&verb_convert,
					       "--to %s: wanted tlv, array, fixed or json", optarg);
			break;
		case OPTION_ORDER:
			if (!parse_order(optarg, &c->order))
				return misused(&verb_convert,
					       "--byte-order %s: wanted little or big", optarg);
			break;
		case OPTION_LOSSY:
			c->lossy = true;
			break;
		case OPTION_OUTPUT:
			c->out = optarg;
			break;
		case OPTION_FORMAT:
			if (reading_option(&verb_convert, &c->reading, option, optarg))
				return STATUS_FAILED;
			break;
		case OPTION_HELP:
			c->in = NULL;
			return print_help(&verb_convert);
		default:
			return misused_option(&verb_convert, argv, option);
		}
	}
	if (argc - optind != 1)
		return misused(&verb_convert, "wanted one input, got %d", argc - optind);
	c->in = argv[optind];
	if (!c->out)
		return misused(&verb_convert, "where to? -o OUT is missing");
	if (!c->to && strrchr(c->out, '.'))
		c->to = output_by_name(strrchr(c->out, '.') + 1);
	if (!c->to)
		return misused(&verb_convert,
			       "--to is missing, and the name of OUT does not say it");
	return STATUS_GOOD;
}

static int run(int argc, char **argv)
{
	struct conversion c;
	struct devfd d;
	int status;

	memset(&c, 0, sizeof(c));
	status = parse(&c, argc, argv);
	if (status || !c.in)
		return status;
	status = input_load(&c.input, c.in, &c.reading, &d);
	if (!status)
		status = convert(&c, &d);
	input_free(&c.input);
	return status;
}

const struct verb verb_convert = {
	"convert",
	"[--to tlv|array|fixed|json] [--byte-order little|big]\n"
	"                     [--lossy] [--format F] IN -o OUT",
	"Write a description in another layout or byte order",
	"  --to LAYOUT       tlv, array, fixed or json (default: the suffix of OUT)\n"
	"  --byte-order little|big\n"
	"                    of OUT, unless it is JSON (default: that of IN; for a\n"
	"                    canonical dump little, or big where its kept records can\n"
	"                    stand in such a file only)\n"
	"  --lossy           drop what OUT cannot carry, with a warning for each\n"
	"  --format F        what IN is, where its first bytes do not say\n"
	"  -o, --output OUT  the file to write, whole or not at all; - is stdout\n"
	"\n"
	"IN may be of any layout, a capture, or a canonical dump. Without --lossy nothing\n"
	"is written where something would be lost; each loss is listed.\n",
	run,
};
