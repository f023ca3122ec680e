// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* played.c: a kernel played for the tests of the check; it stands in for session.c, for
 * sysfs, and for the descriptors of a device. */
#include "played.h"

#include "../guest/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/utsname.h>

enum {
	FD = 1000,
	FD_CONFIG = 1001,
	CAP = 8,
	CONFIG = 7,
	VGA = 8,
	EXTRA = 9,
	SHIFT = 40,
	BAR_SIZE = 0x4000
};

struct played played;
const uint8_t played_ids[4] = {0x36, 0x1b, 0x10, 0x00};

void play(enum way way)
{
	memset(&played, 0, sizeof(played));
	played.way = way;
	rules_set_kernel("6.12.0");
}

static void set32(uint8_t *p, uint32_t value)
{
	memcpy(p, &value, sizeof(value));
}

static void set64(uint8_t *p, uint64_t value)
{
	memcpy(p, &value, sizeof(value));
}

static void set_cap(uint8_t *p, uint16_t id, uint16_t version, uint32_t next)
{
	memcpy(p, &id, sizeof(id));
	memcpy(p + 2, &version, sizeof(version));
	set32(p + 4, next);
}

/* The whole of a reply is made here, and copied as Linux would. */
struct made {
	uint8_t p[256];
	uint32_t cap_offset; /* place of the field; 0: the struct has none */
	uint32_t written;    /* of the struct */
	uint32_t need;       /* with the chain; 0: there is none */
};

static int copy_out(const struct made *made, uint8_t *p, uint32_t argsz)
{
	uint32_t size = made->need && argsz >= made->need ? made->need : made->written;

	if (made->need && argsz < made->need)
		set32(p, made->need);
	if (size > argsz)
		size = argsz;
	memcpy(p + 4, made->p + 4, size - 4);
	if (made->need && argsz < made->need && argsz >= made->cap_offset + 4)
		set32(p + made->cap_offset, 0);
	return 0;
}

static uint32_t padded(uint32_t end)
{
	return played.before_6_6 ? end : (end + 7) / 8 * 8;
}

/* Behind the capability at a place; returns where the last one ends. */
static uint32_t add_kept(uint8_t *p, uint32_t last, uint32_t end)
{
	const struct kept_caps *kept = &played.kept;
	uint8_t i;

	for (i = 0; i < kept->count; i++) {
		set32(p + last + 4, end);
		last = end;
		set_cap(p + last, kept->id, kept->version, 0);
		memset(p + last + CAP, kept->data, kept->size);
		end = last + CAP + kept->size;
	}
	return end;
}

/* ZPCI_UTIL, which padding changes, and PCI_ATOMIC_COMP. */
static int device_info(uint8_t *p, uint32_t argsz)
{
	struct made made = {.cap_offset = 16, .written = played.before_6_6 ? 20 : 24};
	uint32_t util = made.written, next = padded(util + 12 + 3) + (uint32_t)played.gap;

	if (argsz < 16)
		return -EINVAL;
	set32(made.p + 4, played.plain ? 0x3 : 0x83);
	set32(made.p + 8, PLAYED_REGIONS);
	set32(made.p + 12, PLAYED_IRQS);
	if (played.plain)
		return copy_out(&made, p, argsz);
	set32(made.p + 16, util);
	set_cap(made.p + util, 3, 1, next);
	set32(made.p + util + 8, 3);
	set_cap(made.p + next, 5, 1, 0);
	made.need = add_kept(made.p, next, next + 16) + (uint32_t)played.tail;
	return copy_out(&made, p, argsz);
}

static uint32_t sparse_and_type(uint8_t *p)
{
	uint32_t areas = played.more_areas ? 2 : 1, type = 48 + 16 * areas, i;

	set_cap(p + 32, 1, 1, type);
	set32(p + 40, areas);
	for (i = 0; i < areas; i++) {
		set64(p + 48 + (size_t)16 * i, 0x1000 + (uint64_t)0x2000 * i);
		set64(p + 56 + (size_t)16 * i, 0x1000);
	}
	set_cap(p + type, 2, 1, 0);
	set32(p + type + 8, 0x80008086);
	set32(p + type + 12, 1);
	return type + 16;
}

static int region_info(uint8_t *p, uint32_t argsz)
{
	static const struct {
		uint32_t flags;
		uint64_t size;
	} regions[PLAYED_REGIONS] = {
		[0] = {0xf, BAR_SIZE},  [4] = {3, 0x20},         [6] = {1, 0x8000},
		[CONFIG] = {3, 0x1000}, [EXTRA] = {0xf, 0x4000},
	};
	struct made made = {.cap_offset = 12, .written = 32};
	uint32_t index = argsz < 12 ? 0 : host32(p + 8);

	if (argsz < 32 || index >= PLAYED_REGIONS || index == VGA)
		return -EINVAL;
	set32(made.p + 4, regions[index].flags);
	set32(made.p + 8, index);
	set64(made.p + 16, regions[index].size);
	if (played.cdev_other && played.way == WAY_CDEV && index == 4)
		set64(made.p + 16, 0x40);
	set64(made.p + 24, (uint64_t)index << SHIFT);
	memcpy(made.p + 12, p + 12, 4);
	if (index == 0) {
		set32(made.p + 12, 32);
		set_cap(made.p + 32, 3, 1, 0);
		made.need = 40;
	}
	if (index == EXTRA) {
		set32(made.p + 12, 32);
		made.need = sparse_and_type(made.p);
	}
	return copy_out(&made, p, argsz);
}

static int irq_info(uint8_t *p, uint32_t argsz)
{
	struct made made = {.written = 16};
	uint32_t index = argsz < 12 ? 0 : host32(p + 8);

	if (argsz < 16 || index >= PLAYED_IRQS || index == 3)
		return -EINVAL;
	set32(made.p + 4, index == 0 ? 7 : index == 2 && !played.before_6_6 ? 1 : 9);
	set32(made.p + 8, index);
	set32(made.p + 12, index == 1 ? 0 : 1);
	return copy_out(&made, p, argsz);
}

/* IOVA_RANGE and DMA_AVAIL. */
static int iommu_info(uint8_t *p, uint32_t argsz)
{
	struct made made = {.cap_offset = 16, .written = played.before_6_6 ? 20 : 24};

	if (argsz < 16)
		return -EINVAL;
	set32(made.p + 4, 3);
	set64(made.p + 8, 0x1000);
	set32(made.p + 16, 24);
	set_cap(made.p + 24, 1, 1, 56);
	set32(made.p + 32, 1);
	set64(made.p + 48, 0xfedfffff);
	set_cap(made.p + 56, 3, 1, 0);
	set32(made.p + 64, 65535);
	made.need = padded(68);
	return copy_out(&made, p, argsz);
}

static int hot_reset_info(uint8_t *p, uint32_t argsz)
{
	uint32_t i;

	if (argsz < 12)
		return -EINVAL;
	set32(p + 4, played.way == WAY_CDEV ? 3 : 0);
	set32(p + 8, PLAYED_DEVICES);
	if (argsz < 12 + 8 * PLAYED_DEVICES)
		return -ENOSPC;
	memset(p + 12, 0, 8 * (size_t)PLAYED_DEVICES);
	for (i = 0; i < PLAYED_DEVICES; i++) {
		set32(p + 12 + (size_t)8 * i, played.way == WAY_CDEV ? i + 1 : 7);
		p[12 + 8 * i + 6] = 1;
		p[12 + 8 * i + 7] = (uint8_t)i;
	}
	return 0;
}

static int answer(enum on on, uint32_t number, uint8_t *p)
{
	uint32_t argsz = host32(p);

	if (number == DEVICE_INFO)
		return device_info(p, argsz);
	if (number == REGION_INFO)
		return region_info(p, argsz);
	if (number == IRQ_INFO)
		return irq_info(p, argsz);
	if (number == IOMMU_INFO)
		return on == ON_CONTAINER ? iommu_info(p, argsz) : hot_reset_info(p, argsz);
	return -ENOTTY;
}

int session_call(const struct session *s, enum on on, uint32_t number, void *arg)
{
	uint8_t *p = (uint8_t *)arg;
	int ret;

	if (s->fd[on] < 0)
		return -EBADF;
	if (number == 100)
		return played.wrong_result;
	if (number == 101)
		return ((uintptr_t)arg == 3) + played.wrong_result;
	if (number == 102)
		return -EINVAL;
	if (!p)
		return -EFAULT;
	if (played.gone)
		return -ENODEV;
	/* As before BIND. */
	if (s->way == WAY_CDEV && !s->bound)
		return played.wrong_errno ? -EIO : -EINVAL;
	played.calls++;
	ret = answer(on, number, p);
	if (ret == -EINVAL && played.wrong_errno)
		ret = -EIO;
	if (ret == -EINVAL && played.loses_errors)
		ret = 0;
	if (ret == -EINVAL && played.scribbles)
		p[0] ^= 1;
	if (ret == 0 && played.dies && played.failed_once && number == DEVICE_INFO)
		set32(p + 8, 0);
	if (ret == 0 && played.returns_more && played.failed_once && number == DEVICE_INFO)
		ret = 1;
	played.failed_once |= ret == -EINVAL;
	return ret;
}

int session_open(struct session *s, const struct roots *roots, const char *name, enum way way,
		 bool bind, struct problem *p)
{
	int error = way == WAY_CDEV ? played.cdev_error : played.container_error;

	(void)roots;
	if (played.no_state)
		return problem_set(p, PROBLEM_BUSY, EBUSY, "%s is busy", name);
	if (error)
		return problem_set(p, played.error_kind, error, "%s cannot be opened", name);
	if (way == WAY_CDEV && played.no_cdev)
		return problem_set(p, PROBLEM_NO_VFIO, ENOENT, "%s has no cdev", name);
	played.way = way;
	*s = played_session();
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	s->bound = bind;
	return 0;
}

/* The container that a program opens by itself, and configuration space in sysfs. */
int __real_open(const char *file, int flags, ...);
int __wrap_open(const char *file, int flags, ...);
int __wrap_open(const char *file, int flags, ...)
{
	static const char config[] = "/sys/bus/pci/devices/0000:01:00.0/config";
	static const char lone[] = "/dev/vfio/vfio";
	size_t length = strlen(file);

	if (!strcmp(file, config))
		return FD_CONFIG;
	if (length < sizeof(lone) - 1 || strcmp(file + length - (sizeof(lone) - 1), lone) != 0)
		return __real_open(file, flags, 0600);
	if (!played.no_state)
		return FD;
	errno = EBUSY;
	return -1;
}

void session_close(struct session *s)
{
	int i;

	for (i = 0; i < ON_COUNT; i++)
		s->fd[i] = -1;
}

struct session played_session(void)
{
	struct session s = {.name = "0000:01:00.0", .way = played.way, .bound = true};
	bool cdev = played.way == WAY_CDEV;

	s.fd[ON_CONTAINER] = cdev ? -1 : FD;
	s.fd[ON_GROUP] = cdev ? -1 : FD;
	s.fd[ON_DEVICE] = FD;
	s.fd[ON_IOMMUFD] = cdev ? FD : -1;
	return s;
}

void played_record(struct capture *c)
{
	static const struct roots nowhere = {"/nonexistent", "/nonexistent"};
	struct session s = played_session();
	struct problem p;

	(void)record(c, &s, &nowhere, &p);
}

/* ---- Regions ---- */

static const uint64_t sizes[PLAYED_REGIONS] = {
	[0] = BAR_SIZE, [4] = 0x20, [6] = 0x8000, [CONFIG] = 0x1000, [EXTRA] = 0x4000,
};

static long read_region(const void *context, void *buf, size_t size, uint64_t offset)
{
	uint64_t index = offset >> SHIFT, at = offset & (((uint64_t)1 << SHIFT) - 1);

	(void)context;
	memset(buf, 0, size);
	if (index >= PLAYED_REGIONS)
		return -EINVAL;
	if (!sizes[index])
		return played.read_empty ? played.read_empty : -EINVAL;
	if (at >= sizes[index])
		return played.read_end ? played.read_end : -EINVAL;
	if (at == sizes[index] - 1)
		return played.read_last ? played.read_last : (long)size;
	if (at == 0 && played.read_start)
		return played.read_start;
	if (index == CONFIG && at == 0)
		memcpy(buf, played_ids, size < 4 ? size : 4);
	if (index == CONFIG && at == 0 && played.other_ids)
		memset(buf, 0xff, size);
	return (long)size;
}

static int map_region(const void *context, uint64_t size, uint64_t offset)
{
	uint64_t index = offset >> SHIFT, at = offset & (((uint64_t)1 << SHIFT) - 1);

	(void)context;
	if (index == 0 && at == 0 && size == BAR_SIZE)
		return played.map_area;
	if (index == EXTRA && at == 0x1000 && size == 0x1000)
		return played.map_area;
	return played.map_none == 1 ? 0 : -EINVAL;
}

const struct region_io played_io = {NULL, read_region, map_region};

/* The same through a descriptor. */
ssize_t __real_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset)
{
	long n;

	if (fd != FD && fd != FD_CONFIG)
		return __real_pread(fd, buf, size, offset);
	n = fd == FD ? read_region(NULL, buf, size, (uint64_t)offset) : (long)size;
	if (fd == FD_CONFIG)
		memcpy(buf, played_ids, size < sizeof(played_ids) ? size : sizeof(played_ids));
	if (n >= 0)
		return n;
	errno = (int)-n;
	return -1;
}

/* So it is called where offsets are said to have 64 bits. */
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *buf, size_t size, off_t offset)
{
	return __wrap_pread(fd, buf, size, offset);
}

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	int result;

	if (fd != FD)
		return __real_mmap(at, size, prot, flags, fd, offset);
	result = map_region(NULL, size, (uint64_t)offset);
	if (!result)
		return __real_mmap(NULL, size, played.map_faults ? PROT_NONE : prot,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	errno = -result;
	return MAP_FAILED;
}

/* ---- What sysfs says of it ---- */

struct prediction played_prediction(void)
{
	struct prediction p;
	uint32_t i;

	memset(&p, 0, sizeof(p));
	p.device = (struct devfd_item){.kind = DEVFD_DEVICE,
				       .state = DEVFD_PRESENT,
				       .flags = DEVFD_RESET,
				       .bus = DEVFD_BUS_PCI,
				       .num_irqs = 5};
	p.device_unknown = UNKNOWN_REGIONS;
	for (i = 0; i < PREDICT_REGIONS; i++)
		p.regions[i] = (struct devfd_item){.kind = DEVFD_REGION,
						   .index = i,
						   .state = DEVFD_EMPTY,
						   .offset = (uint64_t)i << 40};
	p.regions[0].flags = DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP | DEVFD_MSIX_MAPPABLE;
	p.regions[0].size = 0x4000;
	p.regions[4].flags = DEVFD_READ | DEVFD_WRITE;
	p.regions[4].size = 0x20;
	p.regions[6].flags = DEVFD_READ;
	p.regions[6].size = 0x8000;
	p.regions[7].flags = DEVFD_READ | DEVFD_WRITE;
	p.regions[7].size = 0x1000;
	for (i = 0; i < PREDICT_REGIONS; i++) {
		if (p.regions[i].size)
			p.regions[i].state = DEVFD_PRESENT;
	}
	p.regions[8].state = DEVFD_UNREADABLE;
	p.regions[8].error = EINVAL;
	for (i = 0; i < PREDICT_IRQS; i++)
		p.irqs[i] = (struct devfd_item){.kind = DEVFD_IRQ,
						.index = i,
						.state = DEVFD_PRESENT,
						.count = 1,
						.flags = DEVFD_EVENTFD | DEVFD_NORESIZE};
	p.irqs[0].flags = DEVFD_EVENTFD | DEVFD_MASKABLE | DEVFD_AUTOMASKED;
	p.irqs[1].count = 0;
	p.irqs[1].state = DEVFD_EMPTY;
	p.irq_unknown[2] = UNKNOWN_NORESIZE;
	p.irqs[3].state = DEVFD_UNREADABLE;
	p.irqs[3].error = EINVAL;
	return p;
}

int __wrap_predict(struct prediction *out, const struct roots *roots, const char *name,
		   struct problem *p);
int __wrap_predict(struct prediction *out, const struct roots *roots, const char *name,
		   struct problem *p)
{
	(void)roots;
	if (played.unpredicted)
		return problem_set(p, PROBLEM_NO_DEVICE, ENOENT, "%s is not in sysfs", name);
	*out = played_prediction();
	if (played.mispredicted)
		out->irqs[4].count++;
	return 0;
}

int __wrap_list_one(const struct roots *roots, const char *name, struct listed *out,
		    struct problem *p);
int __wrap_list_one(const struct roots *roots, const char *name, struct listed *out,
		    struct problem *p)
{
	(void)roots;
	(void)p;
	memset(out, 0, sizeof(*out));
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	(void)snprintf(out->bus, sizeof(out->bus), "%s", played.other_bus ? "mdev" : "pci");
	(void)snprintf(out->driver, sizeof(out->driver), "vfio-pci");
	return 0;
}

/* Whatever the machine of the test runs. */
int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
	memset(name, 0, sizeof(*name));
	(void)snprintf(name->release, sizeof(name->release), "%s",
		       played.before_6_6 ? "6.1.192" : "6.12.0");
	(void)snprintf(name->machine, sizeof(name->machine), "x86_64");
	return 0;
}
