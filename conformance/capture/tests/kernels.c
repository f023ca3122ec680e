// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * kernels.c: kernels played for a test of the recorder, honest and hostile. The program is linked
 * with a session_call() of its own, and writes the capture as devfd-capture would:
 *
 *	record KERNEL ROOT OUT [CALLS]
 *
 * records PCI device 0000:01:00.0 below ROOT; after CALLS calls the device is gone. Exit status 0,
 *1 with a capture whose replies are broken, 2 with a problem on stderr, 3 if the recorder does not
 *end.
 */
#include "../capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../codec/cli/output.h"

enum {
	ENDLESS = 100000, /* calls; no honest capture makes so many */
	REGIONS = 9,
	IRQS = 5,
	CONFIG = 7,
	CAP_AT = 32,
	CAP_SIZE = 8,
	IOMMU_AT = 24,
	IOMMU_CAP_SIZE = 32, /* a list of one range */
	DEVICES = 2,         /* of the slot */
};

static unsigned calls, last = ENDLESS;

static void set32(uint8_t *p, uint32_t value)
{
	memcpy(p, &value, sizeof(value));
}

static void set64(uint8_t *p, uint64_t value)
{
	memcpy(p, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* ---- The honest kernel ---- */

static int device_info(uint8_t *p, uint32_t argsz)
{
	if (argsz < 16)
		return -EINVAL;
	set32(p + 4, 2);
	set32(p + 8, REGIONS);
	set32(p + 12, IRQS);
	if (argsz >= 20)
		set32(p + 16, 0);
	if (argsz >= 24)
		set32(p + 20, 0);
	return 0;
}

static int region_info(uint8_t *p, uint32_t argsz)
{
	uint32_t index = argsz < 12 ? 0 : get32(p + 8);
	bool caps = index == 0;

	if (argsz < 32 || index >= REGIONS - 1)
		return -EINVAL;
	set32(p + 4, caps ? 0xf : index == CONFIG ? 3 : 0);
	set64(p + 16, caps ? 0x4000 : index == CONFIG ? 0x1000 : 0);
	set64(p + 24, (uint64_t)index << 40);
	if (!caps)
		return 0;
	set32(p + 12, 0);
	if (argsz < CAP_AT + CAP_SIZE) {
		set32(p, CAP_AT + CAP_SIZE);
		return 0;
	}
	set32(p + 12, CAP_AT);
	set32(p + CAP_AT, 1 << 16 | 3); /* MSIX_MAPPABLE */
	set32(p + CAP_AT + 4, 0);
	return 0;
}

static int irq_info(uint8_t *p, uint32_t argsz)
{
	uint32_t index = get32(p + 8);

	if (argsz < 16 || index >= IRQS)
		return -EINVAL;
	set32(p + 4, index == 0 ? 7 : 9);
	set32(p + 12, 1);
	return 0;
}

static int iommu_info(uint8_t *p, uint32_t argsz)
{
	if (argsz < 16)
		return -EINVAL;
	set32(p + 4, 3);
	set64(p + 8, 0x1000);
	if (argsz < IOMMU_AT + IOMMU_CAP_SIZE) {
		set32(p, IOMMU_AT + IOMMU_CAP_SIZE);
		if (argsz >= 20)
			set32(p + 16, 0);
		return 0;
	}
	set32(p + 16, IOMMU_AT);
	set32(p + 20, 0);
	set32(p + IOMMU_AT, 1 << 16 | 1); /* IOVA_RANGE */
	set32(p + IOMMU_AT + 4, 0);
	set32(p + IOMMU_AT + 8, 1);
	set32(p + IOMMU_AT + 12, 0);
	set64(p + IOMMU_AT + 16, 0);
	set64(p + IOMMU_AT + 24, 0xfedfffff);
	return 0;
}

static int hot_reset_info(uint8_t *p, uint32_t argsz)
{
	if (argsz < 12)
		return -EINVAL;
	set32(p + 4, 0);
	set32(p + 8, DEVICES);
	if (argsz < 12 + 8 * DEVICES)
		return -ENOSPC;
	memset(p + 12, 0, 8 * (size_t)DEVICES);
	return 0;
}

static int honest(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	if (number == 107)
		return device_info(p, argsz);
	if (number == 108)
		return region_info(p, argsz);
	if (number == 109)
		return irq_info(p, argsz);
	return on == ON_CONTAINER ? iommu_info(p, argsz) : hot_reset_info(p, argsz);
}

/* ---- Kernels that are not ---- */

static int alternating(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret)
		set32(p, calls % 2 ? argsz + 8 : argsz + 16);
	return ret;
}

static int swinging(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret)
		set32(p, argsz == 72 ? 80 : 72);
	return ret;
}

static int growing(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret)
		set32(p, argsz + 1);
	return ret;
}

static int doubling(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret)
		set32(p, argsz * 100);
	return ret;
}

static int greedy(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret)
		set32(p, 0xffffffff);
	if (on == ON_DEVICE && number == 112 && argsz == 12)
		set32(p + 8, 0xffffffff);
	return ret;
}

/* As far as a kernel can without being seen by the address sanitizer: the guard is there for it. */
static int writes_beyond(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	memset(p + argsz, 0x55, CAPTURE_GUARD);
	return honest(on, number, p, argsz);
}

static int endless_regions(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret && number == 107) {
		set32(p + 8, 0xffffffff);
		set32(p + 12, 0xffffffff);
	}
	return ret;
}

static int says_nothing(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	(void)on;
	(void)number;
	(void)p;
	(void)argsz;
	return 0;
}

static int refuses_all(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	(void)on;
	(void)number;
	(void)p;
	(void)argsz;
	return -EINVAL;
}

static int one_unreadable(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	if (number == 108 && argsz >= 12 && get32(p + 8) == 2)
		return -EIO;
	return honest(on, number, p, argsz);
}

static int chain_cycles(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret && number == 108 && get32(p + 8) == 0 && argsz >= CAP_AT + CAP_SIZE)
		set32(p + CAP_AT + 4, CAP_AT);
	return ret;
}

/* What is asked for is then refused. */
static int takes_back(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	if (number == 108 && argsz == CAP_AT + CAP_SIZE)
		return -EINVAL;
	return honest(on, number, p, argsz);
}

/* A region that is good as long as no capability has room. */
static int breaks_late(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret = honest(on, number, p, argsz);

	if (!ret && number == 108 && get32(p + 8) == 1 && argsz >= CAP_AT + CAP_SIZE) {
		set32(p + 4, 8);
		set32(p + 12, 1);
	}
	return ret;
}

/* The mbochs sample: 48 bytes are wanted, and more is refused. */
static int exact_alone(enum on on, uint32_t number, uint8_t *p, uint32_t argsz)
{
	int ret;

	if (number == 107 && argsz > 40)
		return -EINVAL;
	ret = honest(on, number, p, argsz);
	if (!ret && number == 107 && argsz < 36)
		set32(p, 36);
	return ret;
}

static const struct kernel {
	const char *name;
	int (*call)(enum on on, uint32_t number, uint8_t *p, uint32_t argsz);
	bool cdev;
	bool serials; /* are kept, as --with-serials does */
} kernels[] = {
	{"honest", honest, false, false},
	{"with-serials", honest, false, true},
	{"cdev", honest, true, false},
	{"alternating", alternating, false, false},
	{"swinging", swinging, false, false},
	{"growing", growing, false, false},
	{"doubling", doubling, false, false},
	{"greedy", greedy, false, false},
	{"writes-beyond", writes_beyond, false, false},
	{"endless-regions", endless_regions, false, false},
	{"says-nothing", says_nothing, false, false},
	{"refuses-all", refuses_all, false, false},
	{"one-unreadable", one_unreadable, false, false},
	{"chain-cycles", chain_cycles, false, false},
	{"takes-back", takes_back, false, false},
	{"breaks-late", breaks_late, false, false},
	{"exact-alone", exact_alone, false, false},
};

static const struct kernel *kernel;

int session_call(const struct session *s, enum on on, uint32_t number, void *arg)
{
	uint8_t *p = arg;

	if (s->fd[on] < 0)
		return -EBADF;
	if (++calls > ENDLESS) {
		complain("the recorder made %u calls", calls - 1);
		exit(3);
	}
	if (calls > last)
		return -ENODEV;
	if (number == 100)
		return 0;
	if (number == 101)
		return (uintptr_t)arg == 1 || (uintptr_t)arg == 3;
	return kernel->call(on, number, p, get32(p));
}

/* ---- The device ---- */

/* A VPD capability at 0x40 and, behind another one, a serial number at 0x140. */
static int make_device(void)
{
	uint8_t config[CAPTURE_CONFIG] = {0xf4, 0x1a, 0x41, 0x10};
	int fd = memfd_create("device", MFD_CLOEXEC);

	config[0x06] = 0x10;
	config[0x34] = 0x40;
	memcpy(config + 0x40, "\x03\x48\x12\x80VPD!", 8);
	memcpy(config + 0x48, "\x11\x40\x04\x80", 4); /* MSI-X, and back again */
	memcpy(config + 0x100, "\x01\x00\x01\x14", 4);
	memcpy(config + 0x140, "\x03\x00\x01\x10SERIALNO", 12);
	if (fd < 0 || pwrite(fd, config, sizeof(config), (off_t)CONFIG << 40) < 0) {
		complain("no device: %s", strerror(errno));
		exit(3);
	}
	return fd;
}

static const struct kernel *kernel_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		if (!strcmp(kernels[i].name, name))
			return &kernels[i];
	}
	complain("no such kernel: %s", name);
	exit(3);
}

int main(int argc, char **argv)
{
	struct session s = {.name = "0000:01:00.0", .way = WAY_CONTAINER, .fd = {1, 1, -1, -1}};
	struct roots roots;
	struct capture c = {.count = 0};
	struct problem p = {PROBLEM_NONE, 0, ""};
	int status;

	if (argc < 4)
		return 3;
	kernel = kernel_by_name(argv[1]);
	roots.sys = roots.dev = argv[2];
	if (argc > 4)
		last = (unsigned)strtoul(argv[4], NULL, 10);
	if (kernel->cdev) {
		s.way = WAY_CDEV;
		s.fd[ON_CONTAINER] = s.fd[ON_GROUP] = -1;
	}
	s.fd[ON_DEVICE] = make_device();
	status = record(&c, &s, &roots, &p);
	if (!status) {
		if (!kernel->serials)
			redact(&c);
		c.note = "played by a test";
		status = write_capture(argv[3], &c, &p);
	}
	if (status)
		complain("%s", p.text);
	close(s.fd[ON_DEVICE]);
	capture_free(&c);
	return output_finish(status < 0 ? 2 : status);
}
