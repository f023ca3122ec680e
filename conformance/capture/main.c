// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* main.c: the command line of devfd-capture: list devices, capture one, or predict what one would
 * say.
 */
#include "capture.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../codec/cli/dump.h"
#include "../../codec/cli/output.h"

enum { TO_JSON = 0x100 }; /* beside enum devfd_layout */

static const char usage[] =
	"usage: devfd capture --list [--json]\n"
	"       devfd capture DEVICE -o FILE [--container|--cdev] [--with-serials]\n"
	"                     [--note TEXT]\n"
	"       devfd capture --sysfs DEVICE [-o FILE] [--to json|tlv|array|fixed]\n";

static const char help[] =
	"\n"
	"Records what the kernel answers to the VFIO information ioctls about a device,\n"
	"or predicts the description from sysfs without opening anything. DEVICE is a\n"
	"PCI address (0000:01:00.0) or the UUID of a mediated device; - is stdout.\n"
	"Opening a device makes the kernel reset it: capture none that is in use.\n"
	"\n"
	"  --list            devices, whether each can be captured, and if not why\n"
	"  --json            the list for programs\n"
	"  -o, --output FILE the file to write; it appears whole or not at all\n"
	"  --container       open it through its group (default where there is one)\n"
	"  --cdev            open it through /dev/vfio/devices and iommufd\n"
	"  --with-serials    keep the serial number and vital product data of the\n"
	"                    device's configuration space, which are blanked otherwise\n"
	"  --note TEXT       put TEXT into the file\n"
	"  --sysfs           predict; what sysfs cannot know is listed on stderr\n"
	"  --to LAYOUT       what --sysfs writes: json (default), tlv, array or fixed\n"
	"  --root DIR        put DIR in front of /sys, /dev and /lib\n";

struct request {
	bool list, json, sysfs, with_serials;
	enum way way;
	uint32_t to;
	bool has_to;
	const char *device, *output, *note;
	struct roots roots;
};

static int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int misused(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain("%s", text);
	fputs(usage, stderr);
	return STATUS_FAILED;
}

static int failed(const struct problem *p)
{
	if (p->text[0])
		complain("%s", p->text);
	return STATUS_FAILED;
}

/* ---- The list ---- */

/* How a problem is named for programs, and in the table. */
static const struct {
	const char *name, *text;
} problems[] = {
	[PROBLEM_NONE] = {NULL, "yes"},
	[PROBLEM_NO_VFIO] = {"no-vfio", "no: no VFIO"},
	[PROBLEM_NO_DEVICE] = {"no-device", "no: went away"},
	[PROBLEM_NO_IOMMU] = {"no-iommu", "no: no IOMMU group"},
	[PROBLEM_NOT_BOUND] = {"not-bound", "no: not bound to VFIO"},
	[PROBLEM_NOT_VIABLE] = {"not-viable", "no: group not viable"},
	[PROBLEM_PERMISSION] = {"permission", "no: no permission"},
	[PROBLEM_BUSY] = {"busy", "no: in use"},
	[PROBLEM_GONE] = {"gone", "no: went away"},
	[PROBLEM_OTHER] = {"other", "no: see below"},
};

enum { PROBLEMS = sizeof(problems) / sizeof(problems[0]) };

static const char resets[] =
	"Opening a device, as a capture does, makes the kernel reset it and perhaps others of its "
	"slot. Capture none that is in use.";

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *listed_json(const struct listed *d)
{
	bool pci = !strcmp(d->bus, "pci");

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "name", d->name,
			 "bus", d->bus, "vendor",
			 pci ? json_sprintf("0x%04x", d->vendor) : json_null(), "device",
			 pci ? json_sprintf("0x%04x", d->device) : json_null(), "class",
			 pci ? json_sprintf("0x%06x", d->class_) : json_null(), "driver",
			 text_or_null(d->driver), "group", text_or_null(d->group), "capturable",
			 d->problem.kind == PROBLEM_NONE, "problem",
			 text_or_null(problems[d->problem.kind].name), "text",
			 text_or_null(d->problem.text));
}

static int print_list_json(const struct listed *list, size_t count)
{
	json_t *devices = json_array(), *out;
	size_t i;
	int status;

	for (i = 0; i < count; i++)
		json_array_append_new(devices, listed_json(&list[i]));
	out = json_pack("{s:s, s:b, s:o}", "schema", "vfio-capture-list/1", "opening_resets", 1,
			"devices", devices);
	status = print_json(out);
	json_decref(out);
	return status;
}

enum { NAME_WIDTH = 12 }; /* of a PCI address */

static void print_row(const struct listed *d)
{
	char ids[16] = "-", class_[16] = "-", name[CAPTURE_NAME + 16];

	if (!strcmp(d->bus, "pci")) {
		snprintf(ids, sizeof(ids), "%04x:%04x", d->vendor & 0xffff, d->device & 0xffff);
		snprintf(class_, sizeof(class_), "%06x", d->class_ & 0xffffff);
	}
	/* A UUID fills its line; what is known of it stands below. */
	if (strlen(d->name) > NAME_WIDTH) {
		say("%s", d->name);
		name[0] = '\0';
	} else {
		snprintf(name, sizeof(name), "%s", d->name);
	}
	say("%-12s  %-9s  %-6s  %-15.15s  %-5.5s  %s", name, ids, class_,
	    d->driver[0] ? d->driver : "-", d->group[0] ? d->group : "-",
	    problems[d->problem.kind].text);
}

/* The text may name a driver, and a terminal is not to act upon what that is called. */
static void print_paragraph(const char *text)
{
	char plain[sizeof(((struct problem *)0)->text)];
	size_t i;

	for (i = 0; i < sizeof(plain) - 1 && text[i]; i++)
		plain[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	plain[i] = '\0';
	print_wrapped(plain, 0, 0);
	putchar('\n');
}

/* The first device of each problem stands for the others. */
static void print_reasons(const struct listed *list, size_t count)
{
	bool said[PROBLEMS] = {false};
	size_t i;

	for (i = 0; i < count; i++) {
		enum problem_kind kind = list[i].problem.kind;

		if (kind == PROBLEM_NONE || said[kind])
			continue;
		said[kind] = true;
		putchar('\n');
		print_paragraph(list[i].problem.text);
	}
}

static int print_list(const struct listed *list, size_t count)
{
	size_t i;

	if (!count)
		say("There are no PCI or mediated devices.");
	else
		say("%-12s  %-9s  %-6s  %-15s  %-5s  %s", "DEVICE", "IDS", "CLASS", "DRIVER",
		    "GROUP", "CAN BE CAPTURED");
	for (i = 0; i < count; i++)
		print_row(&list[i]);
	print_reasons(list, count);
	putchar('\n');
	print_paragraph(resets);
	return STATUS_GOOD;
}

static int run_list(const struct request *r)
{
	struct listed *list;
	struct problem p;
	size_t count;
	int status;

	if (list_devices(&r->roots, &list, &count, &p))
		return failed(&p);
	status = r->json ? print_list_json(list, count) : print_list(list, count);
	free(list);
	return status;
}

/* ---- A live device ---- */

static int write_recorded(const struct request *r, struct capture *c)
{
	struct problem p;
	int status;

	if (!r->with_serials)
		redact(c);
	c->note = r->note;
	status = write_capture(r->output, c, &p);
	if (status < 0)
		return failed(&p);
	if (!status)
		return STATUS_GOOD;
	complain("%s: it was written without a description, as %s", r->output, p.text);
	return STATUS_BROKEN;
}

static int run_capture(const struct request *r)
{
	struct session s;
	struct problem p;
	struct capture c = {.count = 0};
	int status;

	if (session_open(&s, &r->roots, r->device, r->way, true, &p))
		return failed(&p);
	status = record(&c, &s, &r->roots, &p);
	session_close(&s);
	status = status ? failed(&p) : write_recorded(r, &c);
	capture_free(&c);
	return status;
}

/* ---- A prediction ---- */

static const struct {
	const char *name;
	uint32_t to;
} outputs[] = {
	{"json", TO_JSON},
	{"tlv", DEVFD_TLV},
	{"array", DEVFD_ARRAY},
	{"fixed", DEVFD_FIXED},
};

static uint32_t output_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (!strcmp(outputs[i].name, name))
			return outputs[i].to;
	}
	return 0;
}

static int write_dump(const struct request *r, struct devfd *d)
{
	json_t *dump = dump_description(d);
	char *text = json_dumps(dump, JSON_INDENT(2));
	size_t size;
	int status;

	json_decref(dump);
	if (!text) {
		complain("out of memory");
		return STATUS_FAILED;
	}
	size = strlen(text);
	text[size] = '\n';
	status = output_write(r->output, text, size + 1, NULL);
	free(text);
	return status;
}

static int write_layout(const struct request *r, struct devfd *d)
{
	uint32_t lost = 0;
	size_t size = 0;
	char names[512];
	uint8_t *p;
	int status, rc = devfd_convert(d, r->to, 0, NULL, 0, &size, &lost);

	if (rc != DEVFD_ROOM) {
		loss_names(lost, names, sizeof(names));
		complain("%s: that layout cannot carry %s of the description. Take --to tlv or "
			 "json",
			 r->device, names);
		return STATUS_BROKEN;
	}
	p = must_calloc(size, 1);
	devfd_convert(d, r->to, 0, p, size, &size, &lost);
	status = output_write(r->output, p, size, NULL);
	free(p);
	return status;
}

static void list_unknown(const struct request *r, const struct prediction *prediction)
{
	char text[256];
	size_t i;

	for (i = 0; prediction_unknown(prediction, i, text, sizeof(text)); i++)
		complain("%s: sysfs does not tell: %s", r->device, text);
}

static int run_sysfs(const struct request *r)
{
	struct prediction prediction;
	struct devfd_error e;
	struct listed device;
	struct problem p;
	struct devfd d;
	uint8_t *blob = NULL;
	size_t size;
	int status;

	/* This completes an address without its domain. */
	if (list_one(&r->roots, r->device, &device, &p))
		return failed(&p);
	if (predict(&prediction, &r->roots, device.name, &p))
		return failed(&p);
	if (prediction_describe(&prediction, &blob, &size, &p))
		return failed(&p);
	if (devfd_open(&d, blob, size, &e) != DEVFD_OK) {
		complain("%s: the prediction is broken at byte %u: %s", r->device, e.at,
			 devfd_rule(e.rule));
		free(blob);
		return STATUS_FAILED;
	}
	status = r->to == TO_JSON ? write_dump(r, &d) : write_layout(r, &d);
	free(blob);
	if (status == STATUS_GOOD)
		list_unknown(r, &prediction);
	return status;
}

/* ---- The command line ---- */

enum {
	OPTION_CONTAINER = 0x100,
	OPTION_CDEV,
	OPTION_JSON,
	OPTION_LIST,
	OPTION_NOTE,
	OPTION_ROOT,
	OPTION_SYSFS,
	OPTION_TO,
	OPTION_WITH_SERIALS,
};

static int take_way(struct request *r, enum way way)
{
	if (r->way != WAY_ANY && r->way != way)
		return misused("--container and --cdev exclude each other");
	r->way = way;
	return STATUS_GOOD;
}

static int take_option(struct request *r, int option, char **argv)
{
	switch (option) {
	case OPTION_CONTAINER:
		return take_way(r, WAY_CONTAINER);
	case OPTION_CDEV:
		return take_way(r, WAY_CDEV);
	case OPTION_JSON:
		r->json = true;
		return STATUS_GOOD;
	case OPTION_LIST:
		r->list = true;
		return STATUS_GOOD;
	case OPTION_NOTE:
		r->note = optarg;
		return STATUS_GOOD;
	case OPTION_ROOT:
		r->roots.sys = r->roots.dev = optarg;
		return STATUS_GOOD;
	case OPTION_SYSFS:
		r->sysfs = true;
		return STATUS_GOOD;
	case OPTION_WITH_SERIALS:
		r->with_serials = true;
		return STATUS_GOOD;
	case 'o':
		r->output = optarg;
		return STATUS_GOOD;
	case OPTION_TO:
		r->has_to = true;
		r->to = output_by_name(optarg);
		return r->to ? STATUS_GOOD
			     : misused("--to %s: wanted json, tlv, array or fixed", optarg);
	case ':':
		return misused("option %s wants an argument", argv[optind - 1]);
	default:
		return misused("unknown or ambiguous option %s", argv[optind - 1]);
	}
}

/* Of options that go together with another form of the command, the first; NULL if all fit. */
static const char *stray(const struct request *r)
{
	bool live = !r->list && !r->sysfs;
	const struct {
		bool given, fits;
		const char *name;
	} options[] = {
		{r->sysfs, !r->list, "--sysfs"},
		{r->device != NULL, !r->list, "DEVICE"},
		{r->output != NULL, !r->list, "-o"},
		{r->json, r->list, "--json"},
		{r->has_to, r->sysfs, "--to"},
		{r->way != WAY_ANY, live, r->way == WAY_CDEV ? "--cdev" : "--container"},
		{r->with_serials, live, "--with-serials"},
		{r->note != NULL, live, "--note"},
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].given && !options[i].fits)
			return options[i].name;
	}
	return NULL;
}

static int run_request(struct request *r)
{
	const char *other = stray(r);

	if (other)
		return misused("%s does not go with %s", other,
			       r->list    ? "--list"
			       : r->sysfs ? "--sysfs"
					  : "the capture of a device");
	if (r->list)
		return run_list(r);
	if (!r->device)
		return misused("no device; --list shows which there are");
	if (r->sysfs) {
		if (!r->output)
			r->output = "-";
		if (!r->to)
			r->to = TO_JSON;
		return run_sysfs(r);
	}
	if (!r->output)
		return misused("no -o FILE to write the capture to; - is stdout");
	return run_capture(r);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"container", no_argument, NULL, OPTION_CONTAINER},
		{"cdev", no_argument, NULL, OPTION_CDEV},
		{"help", no_argument, NULL, 'h'},
		{"json", no_argument, NULL, OPTION_JSON},
		{"list", no_argument, NULL, OPTION_LIST},
		{"note", required_argument, NULL, OPTION_NOTE},
		{"output", required_argument, NULL, 'o'},
		{"root", required_argument, NULL, OPTION_ROOT},
		{"sysfs", no_argument, NULL, OPTION_SYSFS},
		{"to", required_argument, NULL, OPTION_TO},
		{"with-serials", no_argument, NULL, OPTION_WITH_SERIALS},
		{NULL, 0, NULL, 0},
	};
	struct request r = {.way = WAY_ANY, .roots = {"", ""}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			fputs(help, stdout);
			return STATUS_GOOD;
		}
		if (take_option(&r, option, argv))
			return STATUS_FAILED;
	}
	if (argc - optind > 1)
		return misused("%s is one device too many; a capture is of one", argv[optind + 1]);
	r.device = argv[optind];
	return run_request(&r);
}

int main(int argc, char **argv)
{
	if (output_begin())
		return STATUS_FAILED;
	return output_finish(run(argc, argv));
}
