// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* input.c: reading an input, telling what it is, and the description that it is or holds. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIRST_READ = 1 << 16,
	/* JSON in memory takes up to a hundred times its bytes, and descriptions are some
	   kilobytes. */
	TEXT_MAX = 64 << 20,
	DUMPED_MAX = 16 << 20,
};

int fault(struct input *in, const char *format, ...)
{
	size_t used = (size_t)snprintf(in->fault, sizeof(in->fault), "%s: ", in->name);
	va_list args;

	if (used < sizeof(in->fault)) {
		va_start(args, format);
		vsnprintf(in->fault + used, sizeof(in->fault) - used, format, args);
		va_end(args);
	}
	return STATUS_BROKEN;
}

const char *printable(const char *text)
{
	static char safe[256];
	size_t i;

	for (i = 0; i < sizeof(safe) - 1 && text[i]; i++)
		safe[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	safe[i] = '\0';
	return safe;
}

bool parse_u32(const char *text, uint32_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long number;

	/* strtoull() would take a sign and leading space. */
	if (!*digits)
		return false;
	if (digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return false;
	errno = 0;
	number = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno)
		return false;
	if (number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}

bool parse_order(const char *text, uint32_t *order)
{
	if (!strcmp(text, "little"))
		*order = DEVFD_LITTLE;
	else if (!strcmp(text, "big"))
		*order = DEVFD_BIG;
	else
		return false;
	return true;
}

static uint32_t format_by_name(const char *name)
{
	if (!strcmp(name, "capture"))
		return INPUT_CAPTURE;
	if (!strcmp(name, "json"))
		return INPUT_DUMP;
	return devfd_format_number(name);
}

int reading_option(const struct verb *verb, struct reading *r, int option, const char *argument)
{
	if (option == OPTION_FORMAT) {
		r->format = format_by_name(argument);
		if (!r->format)
			return misused(verb, "unknown format %s", argument);
	}
	if (option == OPTION_INDEX) {
		r->has_index = true;
		if (!parse_u32(argument, &r->index))
			return misused(verb, "--index %s: wanted a number from 0 to 4294967295",
				       argument);
	}
	if (option == OPTION_ORDER && !parse_order(argument, &r->order))
		return misused(verb, "--byte-order %s: wanted little or big", argument);
	return STATUS_GOOD;
}

bool input_is_text(const struct input *in)
{
	return in->format == INPUT_CAPTURE || in->format == INPUT_DUMP;
}

bool input_is_reply(const struct input *in)
{
	return in->format >= DEVFD_FORMAT_REPLY && !input_is_text(in);
}

static size_t leading_space(const uint8_t *p, size_t size)
{
	size_t i = 0;

	while (i < size && p[i] && strchr(" \t\r\n", p[i]))
		i++;
	return i;
}

/* Is the first character that is no space that of a JSON object? */
static bool is_json(const uint8_t *p, size_t size)
{
	size_t i = leading_space(p, size);

	return i < size && p[i] == '{';
}

static bool may_be_text(const struct input *in)
{
	if (in->format)
		return input_is_text(in);
	return is_json(in->p, in->size);
}

static bool known_start(const struct input *in)
{
	if (in->format)
		return true;
	if (in->size < 4)
		return true;
	if (devfd_format_of(in->p, in->size))
		return true;
	if (in->size < FIRST_READ && leading_space(in->p, in->size) == in->size)
		return true;
	return is_json(in->p, in->size);
}

/* Reads to the end, but no further than it takes to see that the input cannot be accepted. */
static int read_stream(struct input *in, int fd)
{
	size_t capacity = FIRST_READ;
	uint8_t *p = must_realloc(NULL, capacity);

	in->p = p;
	for (;;) {
		ssize_t n = read(fd, p + in->size, capacity - in->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("%s: %s", in->name, strerror(errno));
			return STATUS_FAILED;
		}
		if (!n)
			return STATUS_GOOD;
		in->size += (size_t)n;
		if (in->size > DEVFD_SIZE_MAX)
			return STATUS_GOOD;
		if (!known_start(in))
			return STATUS_GOOD;
		if (in->size > TEXT_MAX && may_be_text(in))
			return STATUS_GOOD;
		if (in->size < capacity)
			continue;
		capacity =
			capacity > DEVFD_SIZE_MAX / 2 ? (size_t)DEVFD_SIZE_MAX + 1 : capacity * 2;
		p = must_realloc(p, capacity);
		in->p = p;
	}
}

static int read_fd(struct input *in, int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st)) {
		complain("%s: %s", in->name, strerror(errno));
		return STATUS_FAILED;
	}
	if (!S_ISREG(st.st_mode))
		return read_stream(in, fd);
	in->regular = true;
	in->dev = st.st_dev;
	in->ino = st.st_ino;
	/* Files made by the kernel say 0 bytes, or more than they have. */
	if (st.st_size <= 0)
		return read_stream(in, fd);
	/* A shell may have read a part of stdin before us. */
	if (lseek(fd, 0, SEEK_CUR) != 0)
		return read_stream(in, fd);
	if ((uint64_t)st.st_size > DEVFD_SIZE_MAX) {
		in->size = (size_t)DEVFD_SIZE_MAX + 1;
		return STATUS_GOOD;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return read_stream(in, fd);
	in->p = p;
	in->size = (size_t)st.st_size;
	in->mapped = true;
	return STATUS_GOOD;
}

/* A refusal that stands before any format is known. */
static int fault_rule(struct input *in, uint32_t rule, const char *what)
{
	const struct devfd_rule_row *row = devfd_rule_row(rule);

	snprintf(in->fault, sizeof(in->fault), "%s:0: %s: %s. %s", in->name, devfd_rule(rule), what,
		 row ? row->text : "");
	return STATUS_BROKEN;
}

/* Which of the two JSON documents it is. */
static int read_json(struct input *in)
{
	json_error_t e;
	const char *schema;
	uint32_t format;

	if (in->size > TEXT_MAX) {
		complain("%s: JSON of more than %d bytes is not read", in->name, TEXT_MAX);
		return STATUS_FAILED;
	}
	in->json = json_loadb((const char *)in->p, in->size, JSON_REJECT_DUPLICATES, &e);
	if (!in->json) {
		snprintf(in->fault, sizeof(in->fault), "%s:%d:%d: %s", in->name, e.line, e.column,
			 printable(e.text));
		return STATUS_BROKEN;
	}
	schema = json_string_value(json_object_get(in->json, "schema"));
	if (!schema)
		return fault(in,
			     "$.schema: missing; wanted \"vfio-capture/1\" or \"" DUMP_SCHEMA "\"");
	if (!strcmp(schema, "vfio-capture/1"))
		format = INPUT_CAPTURE;
	else if (!strcmp(schema, DUMP_SCHEMA))
		format = INPUT_DUMP;
	else
		return fault(in, "$.schema: neither \"vfio-capture/1\" nor \"" DUMP_SCHEMA "\"");
	if (in->format && in->format != format)
		return fault(in, "$.schema: is not that of --format");
	in->format = format;
	return format == INPUT_CAPTURE ? capture_read(in) : STATUS_GOOD;
}

static int tell_format(struct input *in)
{
	if (in->size > DEVFD_SIZE_MAX)
		return fault_rule(in, DEVFD_RULE_MODEL_INPUT_MAX, "found more bytes");
	if (!in->format)
		in->format = devfd_format_of(in->p, in->size);
	if (input_is_text(in))
		return read_json(in);
	if (in->format)
		return STATUS_GOOD;
	if (is_json(in->p, in->size))
		return read_json(in);
	return fault_rule(in, DEVFD_RULE_MODEL_INPUT_MAGIC,
			  in->size ? "found none" : "found an empty input");
}

int input_read(struct input *in, const char *file, const struct reading *r)
{
	bool from_stdin = !strcmp(file, "-");
	int fd = STDIN_FILENO, status;

	memset(in, 0, sizeof(*in));
	in->name = from_stdin ? "standard input" : file;
	in->format = r->format;
	in->options = r->order;
	if (!input_is_reply(in) && (r->order || r->has_index)) {
		complain("--byte-order and --index go with a --format of one reply; elsewhere the "
			 "bytes say it");
		return STATUS_FAILED;
	}
	if (!from_stdin)
		fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		complain("%s: %s", file, strerror(errno));
		return STATUS_FAILED;
	}
	status = read_fd(in, fd);
	if (!from_stdin)
		close(fd);
	if (status)
		return status;
	status = tell_format(in);
	if (status)
		return status;
	if (!input_is_reply(in))
		return STATUS_GOOD;
	in->index = r->has_index ? r->index : reply_index(in);
	return STATUS_GOOD;
}

int input_parse(struct input *in, const char *name, uint8_t *p, size_t size)
{
	memset(in, 0, sizeof(*in));
	in->name = name;
	in->p = p;
	in->size = size;
	return tell_format(in);
}

void input_free(struct input *in)
{
	if (in->mapped)
		munmap((void *)in->p, in->size);
	else
		free((void *)in->p);
	json_decref(in->json);
	if (in->capture)
		capture_free(in->capture);
	free(in->capture);
	free(in->blob);
	memset(in, 0, sizeof(*in));
}

struct devfd_input input_bytes(const struct input *in)
{
	struct devfd_input bytes;

	memset(&bytes, 0, sizeof(bytes));
	bytes.p = in->blob ? in->blob : in->p;
	bytes.size = in->blob ? in->blob_size : in->size;
	bytes.format = in->blob ? DEVFD_FORMAT_TLV : in->format;
	bytes.options = in->blob ? 0 : in->options;
	bytes.index = in->index;
	return bytes;
}

void describe_error(const struct devfd_input *bytes, const struct devfd_error *e, char *out,
		    size_t size)
{
	char why[400];

	devfd_explain(bytes, e, why, sizeof(why));
	if (e->need)
		snprintf(out, size, "%u: %s: need-more %u: %s", e->at, devfd_rule(e->rule), e->need,
			 why);
	else
		snprintf(out, size, "%u: %s: %s", e->at, devfd_rule(e->rule), why);
}

int input_open(struct input *in, struct devfd *d)
{
	struct devfd_input bytes;
	struct devfd_error e;
	char text[600];
	int status = STATUS_GOOD;

	if (input_is_reply(in))
		return fault(
			in, "is one reply, not a whole device; devfd show and devfd check take it");
	if (in->format == INPUT_CAPTURE)
		status = capture_import(in);
	if (in->format == INPUT_DUMP)
		status = dump_import(in);
	if (status)
		return status;
	bytes = input_bytes(in);
	if (devfd_open_as(d, bytes.format, bytes.options, bytes.p, bytes.size, &e) == DEVFD_OK)
		return STATUS_GOOD;
	describe_error(&bytes, &e, text, sizeof(text));
	if (in->blob)
		return fault(in, "as a description: byte %s", text);
	snprintf(in->fault, sizeof(in->fault), "%s:%s", in->name, text);
	return STATUS_BROKEN;
}

json_t *input_dump(const struct input *in, struct devfd *d)
{
	if (d->size <= DUMPED_MAX)
		return dump_description(d);
	complain("%s: a description of more than %d bytes is not made into JSON", in->name,
		 DUMPED_MAX);
	return NULL;
}

int input_load(struct input *in, const char *file, const struct reading *r, struct devfd *d)
{
	int status = input_read(in, file, r);

	if (!status)
		status = input_open(in, d);
	if (status == STATUS_BROKEN)
		complain("%s", in->fault);
	return status;
}
