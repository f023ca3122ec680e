// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * Attaches the walker of capability chains in Linux's own VFIO selftests
 * (tools/testing/selftests/vfio/lib/iommu.c) to the suite. build.sh links this file with the
 * library as Debian's kernel source has it; nothing of the kernel is here.
 *
 * The library reads one format with a chain, linux.iommu_info: iommu_iova_ranges() asks with the
 * bare struct, once more with as much as argsz then says, and walks the second reply. The linker
 * hands it our ioctl(), which answers with as much of a case as is asked for, and with cap_offset
 * 0 while argsz is beyond that, as the kernel would. Where the library offers more than the case
 * has, it wants more. It ends the process where it does not like something, so each case has a
 * process of its own.
 */
#include <errno.h>
#include <linux/list.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include <libvfio.h>

enum { LEAST = 16, MAX_FRAME = 16 << 20, WANTS_MORE = 98, CRASHED = 99 };
enum verdict { ACCEPT, REJECT, NEED_MORE, SKIP, ERROR };

static const char name[] = "linux.iommu_info";
static uint8_t frame[MAX_FRAME];
static const uint8_t *reply;
static size_t reply_size;

/*
 * A report of the sanitizer must not look like the library's own way of giving up. What a case
 * makes it ask for has to end somewhere: a count of 32 bits would fill gigabytes.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "exitcode=99:detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=256";
}

int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	const size_t cap_offset = offsetof(struct vfio_iommu_type1_info, cap_offset);
	uint32_t offered, argsz;

	(void)fd;
	if (request != VFIO_IOMMU_GET_INFO) {
		errno = ENOTTY;
		return -1;
	}
	memcpy(&offered, arg, sizeof offered);
	if (offered > reply_size)
		_exit(WANTS_MORE);
	memcpy(arg, reply, offered);
	memcpy(&argsz, reply, sizeof argsz);
	if (argsz > offered)
		memset((uint8_t *)arg + cap_offset, 0, sizeof(uint32_t));
	return 0;
}

static void read_reply(void)
{
	struct iommu_mode mode = {.name = MODE_VFIO_TYPE1_IOMMU,
				  .container_path = "",
				  .iommu_type = VFIO_TYPE1_IOMMU};
	struct iommu iommu = {.mode = &mode, .container_fd = -1};
	u32 count = 0;

	INIT_LIST_HEAD(&iommu.dma_regions);
	free(iommu_iova_ranges(&iommu, &count));
	_exit(KSFT_PASS);
}

/* What the library said goes to a file; it is passed on where the process crashed. */
static enum verdict judge(const char **why)
{
	static char said[65536];
	int status, log = memfd_create("stderr", MFD_CLOEXEC);
	ssize_t got;
	pid_t child;

	*why = "";
	if (log < 0 || (child = fork()) < 0) {
		*why = "no process for a case";
		return ERROR;
	}
	if (child == 0) {
		/* Whoever ends a hanging testee ends what hangs. */
		if (dup2(log, STDERR_FILENO) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
			_exit(CRASHED);
		read_reply();
	}
	if (waitpid(child, &status, 0) != child) {
		*why = "a case's process is lost";
		return ERROR;
	}
	got = pread(log, said, sizeof said - 1, 0);
	said[got < 0 ? 0 : got] = 0;
	close(log);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_PASS)
		return ACCEPT;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WANTS_MORE)
		return NEED_MORE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_FAIL)
		/* It wants IOVA ranges; a chain that ended without them was read to its end all the
		 * same. */
		return strstr(said, " != hdr\n") ? ACCEPT : REJECT;
	fputs(said, stderr);
	abort();
}

static uint32_t load32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool put_frame(uint8_t type, const void *head, size_t head_size, const void *body,
		      size_t body_size)
{
	uint8_t start[5];

	store32(start, (uint32_t)(1 + head_size + body_size));
	start[4] = type;
	return fwrite(start, 1, sizeof start, stdout) == sizeof start &&
	       fwrite(head, 1, head_size, stdout) == head_size &&
	       fwrite(body, 1, body_size, stdout) == body_size && fflush(stdout) == 0;
}

static bool answer(const uint8_t *number, enum verdict verdict, const char *text)
{
	uint8_t head[13];

	memcpy(head, number, 4);
	head[4] = (uint8_t)verdict;
	store32(head + 5, UINT32_MAX);
	store32(head + 9, UINT32_MAX);
	return put_frame('A', head, sizeof head, text, strlen(text));
}

static bool one_case(size_t size)
{
	const size_t head = 11;
	const char *why;
	enum verdict verdict;

	if (size < head || size - head < frame[10])
		return false;
	reply = frame + head + frame[10];
	reply_size = size - head - frame[10];
	if (frame[10] != strlen(name) || memcmp(frame + head, name, strlen(name)) != 0)
		return answer(frame, SKIP, "the library walks the chain of linux.iommu_info only");
	if (frame[5] != 0)
		return answer(frame, SKIP, "reads only");
	if (frame[4] != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		return answer(frame, SKIP, "reads this machine's byte order only");
	if (reply_size < sizeof(struct vfio_iommu_type1_info))
		return answer(frame, SKIP,
			      "shorter than the struct that the library always offers");
	if (load32(reply) >= LEAST && load32(reply) < sizeof(struct vfio_iommu_type1_info))
		return answer(frame, SKIP,
			      "answers a shorter struct than the library offers: no kernel does");
	verdict = judge(&why);
	return answer(frame, verdict, why);
}

int main(void)
{
	static const char hello[] =
		"{\"name\":\"linux-selftests\",\"version\":\"" VERSION "\",\"protocol\":1,"
		"\"formats\":[\"linux.iommu_info\"],\"roles\":[\"reader\"],\"tells\":[],"
		"\"scripts\":false}";
	uint8_t head[5];

	while (fread(head, 1, sizeof head, stdin) == sizeof head && head[4] != 'E') {
		size_t size = load32(head);

		if (size == 0 || --size > sizeof frame || fread(frame, 1, size, stdin) != size)
			return 1;
		if (head[4] == 'H' ? !put_frame('H', hello, 0, hello, sizeof hello - 1)
				   : head[4] != 'C' || !one_case(size))
			return 1;
	}
	return 0;
}
