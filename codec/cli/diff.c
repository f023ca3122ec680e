// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* diff.c: what differs in meaning between two inputs, whatever their layouts. */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* ---- Differences between two dumps ---- */

struct walk {
	difference_fn *fn;
	void *context;
};

static int differ(const struct walk *w, const char *path, json_t *a, json_t *b);

static int differ_below(const struct walk *w, const char *path, const char *separator,
			const char *key, json_t *a, json_t *b)
{
	char below[256];

	snprintf(below, sizeof(below), "%s%s%s", path, *path ? separator : "", key);
	return differ(w, below, a, b);
}

static int differ_objects(const struct walk *w, const char *path, json_t *a, json_t *b)
{
	const char *key;
	json_t *value;
	int rc;

	json_object_foreach(a, key, value)
	{
		rc = differ_below(w, path, ".", key, value, json_object_get(b, key));
		if (rc)
			return rc;
	}
	json_object_foreach(b, key, value)
	{
		if (json_object_get(a, key))
			continue;
		rc = differ_below(w, path, ".", key, NULL, value);
		if (rc)
			return rc;
	}
	return 0;
}

static int differ_arrays(const struct walk *w, const char *path, json_t *a, json_t *b)
{
	size_t n = json_array_size(a) > json_array_size(b) ? json_array_size(a)
							   : json_array_size(b),
	       i;
	char key[32];
	int rc;

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "[%zu]", i);
		rc = differ_below(w, path, "", key, json_array_get(a, i), json_array_get(b, i));
		if (rc)
			return rc;
	}
	return 0;
}

static bool is_names(const json_t *value)
{
	return json_is_array(value) && !json_is_object(json_array_get(value, 0));
}

static int differ(const struct walk *w, const char *path, json_t *a, json_t *b)
{
	if (a && b && json_equal(a, b))
		return 0;
	if (json_is_object(a) && json_is_object(b))
		return differ_objects(w, path, a, b);
	if (json_is_array(a) && json_is_array(b) && !(is_names(a) && is_names(b)))
		return differ_arrays(w, path, a, b);
	return w->fn(w->context, path, a, b);
}

static json_int_t index_of(const json_t *item)
{
	return json_integer_value(json_object_get(item, "index"));
}

/* Regions or interrupts, which stand in ascending index; the same index is the same thing. */
static int differ_items(const struct walk *w, const char *kind, json_t *a, json_t *b)
{
	size_t i = 0, j = 0;
	char name[64];
	int rc;

	while (i < json_array_size(a) || j < json_array_size(b)) {
		json_t *x = json_array_get(a, i), *y = json_array_get(b, j);

		if (x && y && index_of(x) < index_of(y))
			y = NULL;
		else if (x && y && index_of(x) > index_of(y))
			x = NULL;
		snprintf(name, sizeof(name), "%s %lld", kind, (long long)index_of(x ? x : y));
		rc = differ(w, name, x, y);
		if (rc)
			return rc;
		i += x != NULL;
		j += y != NULL;
	}
	return 0;
}

int json_differences(json_t *a, json_t *b, difference_fn *fn, void *context)
{
	struct walk w = {fn, context};
	int rc;

	if (!json_object_get(a, "device") || !json_object_get(b, "device"))
		return differ(&w, "", a, b);
	rc = differ(&w, "device", json_object_get(a, "device"), json_object_get(b, "device"));
	if (!rc)
		rc = differ_items(&w, "region", json_object_get(a, "regions"),
				  json_object_get(b, "regions"));
	if (!rc)
		rc = differ_items(&w, "irq", json_object_get(a, "irqs"),
				  json_object_get(b, "irqs"));
	return rc;
}

static char *joined(const json_t *names)
{
	char *out = must_calloc(1, 1);
	size_t i, used = 0;

	for (i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		size_t n = name ? strlen(name) : 0;

		out = must_realloc(out, used + n + 2);
		if (used)
			out[used++] = '|';
		memcpy(out + used, name ? name : "", n);
		used += n;
		out[used] = '\0';
	}
	return out;
}

char *json_text(const json_t *value)
{
	const json_t *state = json_object_get(value, "state");
	char *text;

	if (!value)
		return strdup("absent");
	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (state)
		return json_text(state);
	if (is_names(value) && json_array_size(value))
		return joined(value);
	if (is_names(value))
		return strdup("none");
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	return text ? text : strdup("?");
}

/* ---- The command ---- */

static int print(void *context, const char *path, const json_t *a, const json_t *b)
{
	char *from = json_text(a), *to = json_text(b);

	printf("%s: %s -> %s\n", path, from ? from : "", to ? to : "");
	free(from);
	free(to);
	++*(size_t *)context;
	return 0;
}

static int dump_of(const char *file, json_t **dump, struct input *in)
{
	struct reading reading = {0, 0, 0, false};
	struct devfd d;
	int status = input_load(in, file, &reading, &d);

	if (status)
		return status;
	*dump = input_dump(in, &d);
	return *dump ? STATUS_GOOD : STATUS_FAILED;
}

static int compare(const char *a, const char *b)
{
	json_t *dump_a = NULL, *dump_b = NULL;
	struct input in_a, in_b;
	size_t count = 0;
	int status_a = dump_of(a, &dump_a, &in_a);
	int status_b = dump_of(b, &dump_b, &in_b);
	int status = status_a > status_b ? status_a : status_b;

	if (!status) {
		json_differences(dump_a, dump_b, print, &count);
		if (count)
			complain("%s and %s differ in %zu place%s", in_a.name, in_b.name, count,
				 count == 1 ? "" : "s");
		status = count ? STATUS_BROKEN : STATUS_GOOD;
	}
	json_decref(dump_a);
	json_decref(dump_b);
	input_free(&in_a);
	input_free(&in_b);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP)
			return print_help(&verb_diff);
		return misused_option(&verb_diff, argv, option);
	}
	if (argc - optind != 2)
		return misused(&verb_diff, "wanted two inputs, got %d", argc - optind);
	if (!strcmp(argv[optind], "-") && !strcmp(argv[optind + 1], "-"))
		return misused(&verb_diff, "only one of the inputs can be stdin");
	return compare(argv[optind], argv[optind + 1]);
}

const struct verb verb_diff = {
	"diff",
	"A B",
	"Show what differs in meaning, across layouts",
	"A and B may be of any layout, a capture, or a canonical dump. A line for each\n"
	"difference; exit status 0 if there is none, 1 if there is any.\n",
	run,
};
