/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* main.c: the naive reader at the end of a pipe, as conformance/PROTOCOL.md says. */
#include <stdlib.h>
#include <string.h>

#include "naive.h"

enum { FRAME_MAX = 1 << 24, PROTOCOL = 1, EXIT_USAGE = 2 };

/* A frame is a length, a type and that many bytes less one. */
struct frame {
	uint8_t type;
	uint32_t size; /* of what follows the type */
	uint8_t *data;
};

struct case_head {
	uint32_t number, index;
	bool big, producer;
	char format[256];
	const uint8_t *input;
	uint32_t size;
};

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* False at the end of the file, or where what comes is no frame. */
static bool receive(struct frame *frame)
{
	uint8_t head[5];
	uint32_t length;

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return false;
	length = load32(head);
	if (length < 1 || length > FRAME_MAX)
		return false;
	frame->type = head[4];
	frame->size = length - 1;
	free(frame->data);
	frame->data = malloc(length);
	return frame->data != NULL && fread(frame->data, 1, frame->size, stdin) == frame->size;
}

/* A frame of two runs of bytes. */
static bool transmit(uint8_t type, const void *a, size_t a_size, const void *b, size_t b_size)
{
	uint8_t head[5];

	store32(head, (uint32_t)(1 + a_size + b_size));
	head[4] = type;
	return fwrite(head, 1, sizeof(head), stdout) == sizeof(head) &&
	       fwrite(a, 1, a_size, stdout) == a_size && fwrite(b, 1, b_size, stdout) == b_size &&
	       fflush(stdout) == 0;
}

static bool hello(const char *fault)
{
	char text[512];
	const int size = snprintf(
		text, sizeof(text),
		"{\"name\": \"naive, %s\", \"version\": \"1\", \"protocol\": %d, \"formats\": "
		"[\"linux.device_info\", \"linux.region_info\", \"linux.irq_info\", "
		"\"linux.iommu_info\", \"linux.hot_reset_info\", \"fixed\"], "
		"\"roles\": [\"reader\"], \"tells\": [\"need\", \"dump\"], \"scripts\": true}",
		fault, PROTOCOL);

	return size > 0 && transmit('H', text, (size_t)size, "", 0);
}

static bool parse_case(const struct frame *frame, struct case_head *c)
{
	uint32_t name;

	if (frame->size < 11)
		return false;
	name = frame->data[10];
	if (frame->size - 11 < name)
		return false;
	c->number = load32(frame->data);
	c->big = frame->data[4] == 1;
	c->producer = frame->data[5] == 1;
	c->index = load32(frame->data + 6);
	memcpy(c->format, frame->data + 11, name);
	c->format[name] = '\0';
	c->input = frame->data + 11 + name;
	c->size = frame->size - 11 - name;
	return true;
}

static bool answer(uint32_t number, struct judgement said, const char *text, size_t size)
{
	uint8_t head[13];

	if (said.verdict != ACCEPT) {
		text = said.reason == NULL ? "" : said.reason;
		size = strlen(text);
	}
	store32(head, number);
	head[4] = (uint8_t)said.verdict;
	store32(head + 5, NOT_TOLD);
	store32(head + 9, said.need);
	return transmit('A', head, sizeof(head), text, size);
}

/* The runner as the kernel: sends the buffer, and gets it back as it is after the call. */
struct kernel {
	uint32_t number;
	struct frame frame;
};

static uint32_t query(void *context, uint8_t *buf, uint32_t size)
{
	struct kernel *kernel = context;
	uint8_t number[4];

	store32(number, kernel->number);
	if (!transmit('Q', number, sizeof(number), buf, size) || !receive(&kernel->frame) ||
	    kernel->frame.type != 'R' || kernel->frame.size != 4 + size) {
		fputs("naive: a query got no reply of its size\n", stderr);
		exit(EXIT_USAGE);
	}
	memcpy(buf, kernel->frame.data + 4, size);
	return load32(kernel->frame.data);
}

static struct judgement look(const struct case_head *c, bool script, FILE *out)
{
	struct kernel kernel = {.number = c->number};
	struct question question = {c->format, c->index, {NULL, c->size, c->big}};
	struct judgement said;

	if (c->producer)
		return (struct judgement){SKIP, NOT_TOLD, "a reader"};
	if (script) {
		said = ask(c->format, c->index, c->big, query, &kernel, out);
		free(kernel.frame.data);
		return said;
	}
	question.view.data = guard_copy(c->input, c->size);
	if (question.view.data == NULL)
		return (struct judgement){FAILED, NOT_TOLD, "input is too long"};
	return judge(&question, out);
}

static bool serve(const struct frame *frame)
{
	struct case_head c;
	char *text = NULL;
	size_t size = 0;
	struct judgement said;
	FILE *out;
	bool sent;

	if (!parse_case(frame, &c))
		return false;
	out = open_memstream(&text, &size);
	if (out == NULL)
		return false;
	said = look(&c, frame->type == 'S', out);
	if (fclose(out) != 0)
		return false;
	sent = answer(c.number, said, text, size);
	free(text);
	return sent;
}

static int usage(void)
{
	fputs("usage: naive --fault NAME | --list\n", stderr);
	return EXIT_USAGE;
}

static int list(void)
{
	for (size_t i = 0; i < FAULTS; i++)
		printf("%s\t%s\t%s\t%s\t%s\n", fault_table[i].name,
		       fault_table[i].ours ? "ours" : "binding",
		       fault_table[i].word == NULL ? "" : fault_table[i].word, fault_table[i].tells,
		       fault_table[i].text);
	return 0;
}

static bool choose(const char *name)
{
	for (size_t i = 0; i < FAULTS; i++) {
		if (strcmp(fault_table[i].name, name) != 0)
			continue;
		fault_choose((enum fault)i);
		return true;
	}
	fprintf(stderr, "naive: no fault is called %s\n", name);
	return false;
}

int main(int argc, char **argv)
{
	struct frame frame = {0};

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc != 3 || strcmp(argv[1], "--fault") != 0 || !choose(argv[2]))
		return usage();
	if (!guard_open(FRAME_MAX)) {
		perror("naive: guard page");
		return EXIT_USAGE;
	}
	while (receive(&frame) && frame.type != 'E') {
		bool good = false;

		if (frame.type == 'H')
			good = hello(argv[2]);
		else if (frame.type == 'C' || frame.type == 'S')
			good = serve(&frame);
		if (!good) {
			fprintf(stderr, "naive: cannot answer a frame of type %c\n", frame.type);
			return EXIT_USAGE;
		}
	}
	free(frame.data);
	return 0;
}
