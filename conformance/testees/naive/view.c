/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* view.c: numbers out of an input, and the guard behind it that makes an overread a crash. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "naive.h"

static uint64_t load(const struct view *view, uint64_t at, unsigned size)
{
	const uint8_t *p = view->data + at;
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | p[view->big ? i : size - 1 - i];
	return value;
}

uint8_t get_u8(const struct view *view, uint64_t at)
{
	return (uint8_t)load(view, at, 1);
}

uint16_t get_u16(const struct view *view, uint64_t at)
{
	return (uint16_t)load(view, at, 2);
}

uint32_t get_u32(const struct view *view, uint64_t at)
{
	return (uint32_t)load(view, at, 4);
}

uint64_t get_u64(const struct view *view, uint64_t at)
{
	const uint64_t value = load(view, at, 8);

	return fault_is(NUMBER_NARROWED) ? (uint32_t)value : value;
}

/*
 * The room for inputs, then what cannot be read: where addresses have 64 bits as much as a 32-bit
 * offset can reach, so that a link far outside is seen like one just outside.
 */
static uint8_t *guard_end;
static size_t guard_room;

static void tell(int signal_number)
{
	static const char text[] = "naive: read outside of the input\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(127);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

bool guard_open(size_t most)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t room = (most + page - 1) / page * page;
	const uint64_t far = sizeof(void *) > 4 ? (1ull << 32) + page : page;
	uint8_t *start = mmap(NULL, room + (size_t)far, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED || mprotect(start, room, PROT_READ | PROT_WRITE) != 0)
		return false;
	guard_end = start + room;
	guard_room = room;
	return signal(SIGSEGV, tell) != SIG_ERR && signal(SIGBUS, tell) != SIG_ERR;
}

const uint8_t *guard_copy(const uint8_t *data, size_t size)
{
	if (size > guard_room)
		return NULL;
	if (size > 0)
		memcpy(guard_end - size, data, size);
	return guard_end - size;
}
