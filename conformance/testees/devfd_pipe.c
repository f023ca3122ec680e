// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * devfd_pipe.c: devfd's own codec as a testee on a pipe (conformance/PROTOCOL.md).
 *
 * usage: devfd-testee leaves|tables
 */
#include "devfd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../codec/bytes.h"

enum {
	PROTOCOL = 1,
	WORD = 4,
	CASE_HEAD = 11, /* number, order, role, index, length of the format's name */
	ANSWER_HEAD = 13,
	NAME_MAX_SIZE = 256,
	FRAME_MAX = 1 << 30,
	BUFFER = 1 << 16,
};

struct frame {
	uint8_t type;
	uint8_t *p; /* exactly size bytes */
	uint32_t size;
};

/* The case being judged; a query has to name it. */
struct session {
	const struct reader *by;
	uint32_t number;
};

static _Noreturn void fail(const char *text)
{
	fprintf(stderr, "devfd-testee: %s\n", text);
	exit(2);
}

static void get(void *p, size_t size)
{
	if (size && fread(p, 1, size, stdin) != size)
		fail("a frame is cut");
}

/* False at the end of the input. */
static bool receive(struct frame *f)
{
	uint8_t head[WORD];
	size_t got = fread(head, 1, WORD, stdin);

	if (!got)
		return false;
	if (got != WORD)
		fail("a frame is cut");
	f->size = devfd_get32(head, 0);
	if (!f->size || f->size > FRAME_MAX)
		fail("the length of a frame is out of range");
	f->size--;
	get(&f->type, 1);
	/* Of exactly its size, so that a sanitizer sees each stray load. */
	f->p = malloc(f->size ? f->size : 1);
	if (!f->p)
		fail("out of memory");
	get(f->p, f->size);
	return true;
}

/* A frame of two parts. */
static void send(char type, const void *head, size_t head_size, const void *rest, size_t rest_size)
{
	uint8_t length[WORD];

	devfd_set32(length, (uint32_t)(1 + head_size + rest_size), 0);
	fwrite(length, 1, WORD, stdout);
	putchar(type);
	fwrite(head, 1, head_size, stdout);
	fwrite(rest, 1, rest_size, stdout);
	if (fflush(stdout))
		fail("cannot write an answer");
}

static void say_hello(const struct session *s)
{
	char text[HELLO_SIZE];

	reader_hello(s->by, text, sizeof(text));
	send('H', "", 0, text, strlen(text));
}

/* The runner plays the kernel. */
static int query(void *context, void *buf, uint32_t size)
{
	const struct session *s = context;
	uint8_t head[WORD];
	struct frame f;
	uint32_t error;

	devfd_set32(head, s->number, 0);
	send('Q', head, WORD, buf, size);
	if (!receive(&f))
		fail("the input ends inside a script");
	if (f.type != 'R' || f.size != WORD + size)
		fail("wanted a reply of the size that was asked with");
	error = devfd_get32(f.p, 0);
	memcpy(buf, f.p + WORD, size);
	free(f.p);
	return (int)error;
}

static void judge(struct session *s, const struct frame *f)
{
	char name[NAME_MAX_SIZE] = "";
	uint8_t head[ANSWER_HEAD];
	struct devfd_case one;
	struct reading out;
	uint32_t length;
	uint8_t *input;

	if (f->size < CASE_HEAD || f->size - CASE_HEAD < f->p[CASE_HEAD - 1])
		fail("the head of a case is cut");
	length = f->p[CASE_HEAD - 1];
	memcpy(name, f->p + CASE_HEAD, length);
	memset(&one, 0, sizeof(one));
	s->number = devfd_get32(f->p, 0);
	one.format = name;
	one.order = f->p[WORD];
	one.role = f->p[WORD + 1];
	one.index = devfd_get32(f->p + WORD + 2, 0);
	one.size = f->size - CASE_HEAD - length;
	if (f->type == 'S')
		one.query = query;
	one.context = s;
	/* A copy, so that a load before its start is stray too. */
	input = malloc(one.size ? one.size : 1);
	if (!input)
		fail("out of memory");
	memcpy(input, f->p + CASE_HEAD + length, one.size);
	one.input = input;

	read_case(s->by, &one, &out);
	devfd_set32(head, s->number, 0);
	head[WORD] = (uint8_t)out.verdict;
	devfd_set32(head + WORD + 1, out.at, 0);
	devfd_set32(head + (size_t)2 * WORD + 1, out.need, 0);
	send('A', head, ANSWER_HEAD, out.text, strlen(out.text));
	free(out.text);
	free(input);
}

/* False when the runner is done. */
static bool serve(struct session *s)
{
	struct frame f;
	bool on = true;

	if (!receive(&f))
		return false;
	switch (f.type) {
	case 'H':
		if (f.size != WORD || devfd_get32(f.p, 0) != PROTOCOL)
			fail("this testee speaks version 1 of the protocol");
		say_hello(s);
		break;
	case 'C':
	case 'S':
		judge(s, &f);
		break;
	case 'E':
		on = false;
		break;
	default:
		fail("unknown type of frame");
	}
	free(f.p);
	return on;
}

int main(int argc, char **argv)
{
	static char buffer[BUFFER];
	struct session s = {0};

	if (argc == 2)
		s.by = reader_by_name(argv[1]);
	if (!s.by) {
		fputs("usage: devfd-testee leaves|tables\n", stderr);
		return 2;
	}
	setvbuf(stdin, buffer, _IOFBF, sizeof(buffer));
	while (serve(&s))
		;
	return 0;
}
