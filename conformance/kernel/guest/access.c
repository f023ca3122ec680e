// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* access.c: reading and mapping a device through its descriptor, and never more than reading. */
#include "check.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long read_fd(const void *context, void *buf, size_t size, uint64_t offset)
{
	const int *fd = (const int *)context;
	ssize_t n = pread(*fd, buf, size, (off_t)offset);

	return n < 0 ? -errno : n;
}

static sigjmp_buf fault;

static void on_fault(int number)
{
	siglongjmp(fault, number);
}

/* A mapping that faults is a finding, and the run goes on. */
static int load_word(const volatile uint32_t *word)
{
	struct sigaction action, bus, segv;
	int result = 0;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_fault;
	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	if (sigsetjmp(fault, 1) == 0)
		(void)*word;
	else
		result = -EFAULT;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return result;
}

static int map_fd(const void *context, uint64_t size, uint64_t offset)
{
	const int *fd = (const int *)context;
	void *at = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, *fd, (off_t)offset);
	int result;

	if (at == MAP_FAILED)
		return -errno;
	result = load_word((const volatile uint32_t *)at);
	munmap(at, (size_t)size);
	return result;
}

struct region_io device_io(const int *fd)
{
	return (struct region_io){.context = fd, .read = read_fd, .map = map_fd};
}
