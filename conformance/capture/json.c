// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* json.c: a capture as a file of the schema vfio-capture/1, a reply a line. */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "../../codec/cli/dump.h"
#include "../../codec/cli/output.h"
#include "../../codec/scan.h"

/* A file with something left out would be a wrong one. */
static void out_of_memory(void)
{
	complain("out of memory");
	exit(STATUS_FAILED);
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		out_of_memory();
}

static json_t *hex(const uint8_t *p, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *text = must_calloc(2 * size + 1, 1);
	json_t *value;
	size_t i;

	for (i = 0; i < size; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	value = json_stringn(text, 2 * size);
	free(text);
	return value;
}

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *number_or_null(bool known, const char *format, uint32_t number)
{
	return known ? json_sprintf(format, number) : json_null();
}

static json_t *device_json(const struct capture *c)
{
	const struct listed *d = &c->device;
	bool pci = !strcmp(d->bus, "pci");
	json_t *out = json_object();

	set(out, "name", json_string(d->name));
	set(out, "bdf", pci ? json_string(d->name) : json_null());
	set(out, "bus", text_or_null(d->bus));
	set(out, "vendor", number_or_null(pci, "0x%04x", d->vendor));
	set(out, "device", number_or_null(pci, "0x%04x", d->device));
	set(out, "class", number_or_null(pci, "0x%06x", d->class_));
	set(out, "driver", text_or_null(d->driver));
	set(out, "group", text_or_null(d->group));
	if (c->note)
		set(out, "note", json_string(c->note));
	return out;
}

static json_t *reply_json(const struct reply *r)
{
	json_t *out = json_object();

	set(out, "call", json_string(r->name));
	set(out, "index", r->has_index ? json_integer(r->index) : json_null());
	set(out, "argsz_in", json_integer(r->argsz));
	set(out, "ret", json_integer(r->ret));
	set(out, "errno", json_integer(r->error));
	set(out, "bytes", hex(r->bytes, r->size));
	set(out, "recorded", json_integer(r->size));
	return out;
}

static json_t *replies_json(const struct capture *c)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (json_array_append_new(out, reply_json(&c->replies[i])))
			out_of_memory();
	}
	return out;
}

/* The canonical dump, or null with *p. */
static json_t *description_json(const struct capture *c, struct problem *p)
{
	struct devfd_error e;
	struct devfd d;
	uint8_t *blob;
	json_t *out;
	size_t size;

	if (capture_describe(c, &blob, &size, p))
		return json_null();
	if (devfd_open(&d, blob, size, &e) == DEVFD_OK) {
		out = dump_description(&d);
	} else {
		problem_set(p, PROBLEM_OTHER, 0, "the description is broken at byte %u: %s", e.at,
			    devfd_rule(e.rule));
		out = json_null();
	}
	free(blob);
	return out;
}

static json_t *capture_json(const struct capture *c, struct problem *p)
{
	static const uint8_t poison = CAPTURE_POISON;
	json_t *out = json_object();

	set(out, "schema", json_string("vfio-capture/1"));
	set(out, "kernel", json_string(c->kernel));
	set(out, "kernel_release", json_string(c->release));
	set(out, "arch", json_string(c->arch));
	set(out, "byte_order", json_string(devfd_options_big(0) ? "big" : "little"));
	set(out, "word_bits", json_integer((json_int_t)sizeof(long) * 8));
	set(out, "poison", hex(&poison, 1));
	set(out, "path", json_string(c->way == WAY_CDEV ? "cdev" : "container"));
	set(out, "redacted", json_boolean(c->redacted));
	set(out, "device", device_json(c));
	set(out, "description", description_json(c, p));
	set(out, "replies", replies_json(c));
	set(out, "config_space", c->config_size ? hex(c->config, c->config_size) : json_null());
	return out;
}

/* ---- Text ---- */

static void put(FILE *to, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (!text)
		out_of_memory();
	fputs(text, to);
	free(text);
}

static void put_lines(FILE *to, const json_t *list)
{
	size_t i, n = json_array_size(list);

	fputs("[", to);
	for (i = 0; i < n; i++) {
		fputs(i ? ",\n    " : "\n    ", to);
		put(to, json_array_get(list, i));
	}
	fputs(n ? "\n  ]" : "]", to);
}

static void put_capture(FILE *to, json_t *capture)
{
	const char *key, *comma = "";
	json_t *value;

	fputs("{", to);
	json_object_foreach(capture, key, value)
	{
		fprintf(to, "%s\n  \"%s\": ", comma, key);
		if (json_is_array(value))
			put_lines(to, value);
		else
			put(to, value);
		comma = ",";
	}
	fputs("\n}\n", to);
}

int write_capture(const char *file, const struct capture *c, struct problem *p)
{
	json_t *capture;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status;

	memset(p, 0, sizeof(*p));
	if (!to)
		return problem_set(p, PROBLEM_OTHER, 0, "out of memory");
	capture = capture_json(c, p);
	put_capture(to, capture);
	json_decref(capture);
	status = ferror(to);
	if (fclose(to) || status) {
		free(text);
		return problem_set(p, PROBLEM_OTHER, 0, "out of memory");
	}
	status = output_write(file, text, size, NULL);
	free(text);
	if (status)
		return problem_set(p, PROBLEM_OTHER, 0, "%s", "");
	return p->kind == PROBLEM_NONE ? 0 : 1;
}
