// SPDX-License-Identifier: CC0-1.0
/* skeleton.c: an adapter to copy: a reader in C on the pipe of PROTOCOL.md. Fill in judge(). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCEPT, REJECT, NEED_MORE, SKIP, ERROR };
#define NOT_TOLD UINT32_MAX
static const char hello[] =
	"H{\"name\":\"my reader\",\"version\":\"0\",\"protocol\":1,\"roles\":[\"reader\"],"
	"\"formats\":[\"linux.region_info\"],\"tells\":[\"need\"],\"scripts\":false}";

struct answer {
	uint32_t verdict, at, need;
	const char *text; /* accept: the dump as JSON; reject, need-more: the rule; skip: why */
};

static struct answer judge(const char *format, int big, int producer, uint32_t index,
			   const void *input, size_t size)
{
	if (strcmp(format, "linux.region_info"))
		return (struct answer){SKIP, NOT_TOLD, NOT_TOLD, "a format that is not read"};
	if (size < 32) /* struct vfio_region_info without any capability */
		return (struct answer){NEED_MORE, NOT_TOLD, 32, ""};
	(void)big, (void)producer, (void)index, (void)input;
	return (struct answer){SKIP, NOT_TOLD, NOT_TOLD, "not written yet"};
}

static uint32_t get(int bits)
{
	uint32_t value = 0;
	for (int i = 0; i < bits; i += 8)
		value |= (uint32_t)(getchar() & 255) << i;
	return value;
}

static void put(size_t value, int bits)
{
	for (int i = 0; i < bits; i += 8)
		putchar((int)(value >> i & 255));
}

int main(void)
{
	if (get(32) != 5 || get(8) != 'H' || get(32) != 1)
		return 1; /* not a hello of version 1 of the protocol */
	put(sizeof(hello) - 1, 32), fputs(hello, stdout), fflush(stdout);
	for (uint32_t size, type; size = get(32), type = get(8), !feof(stdin) && type == 'C';) {
		uint32_t number = get(32), order = get(8), role = get(8), index = get(32);
		char format[256] = {0}, *input;
		size -= 12 + (uint32_t)fread(format, 1, get(8), stdin);
		input = malloc(size ? size : 1); /* aligned, and of exactly its size */
		if (fread(input, 1, size, stdin) != size)
			return 1; /* the frame is cut */
		struct answer a = judge(format, order == 1, role == 1, index, input, size);
		put(strlen(a.text) + 14, 32), put('A', 8), put(number, 32), put(a.verdict, 8);
		put(a.at, 32), put(a.need, 32), fputs(a.text, stdout), fflush(stdout), free(input);
	}
}
