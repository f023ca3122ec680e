// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * live.c: asks a VFIO device what regions it has and maps all that may be mapped.
 *
 * The argument is the number of a device fd that this program was started with.
 */
#include <devfd/codec.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* What is asked of the system; the test asks a kernel of its own. */
struct device {
	devfd_ioctl_fn *ask;
	void *(*map)(const struct device *dev, size_t size, int prot, uint64_t offset);
	int fd;
};

static void map_region(const struct device *dev, const struct devfd_item *region)
{
	int prot = (region->flags & DEVFD_READ ? PROT_READ : 0) |
		   (region->flags & DEVFD_WRITE ? PROT_WRITE : 0);
	struct devfd_area area;
	uint32_t i;

	/* Nothing but areas is ever mapped: a region that may not be mapped has none. */
	for (i = 0; devfd_get_area(region, i, &area) == DEVFD_OK; i++) {
		void *p = dev->map(dev, (size_t)area.size, prot, region->offset + area.offset);

		printf("  %#" PRIx64 " bytes at %#" PRIx64 ": %s\n", area.size, area.offset,
		       p == MAP_FAILED ? "not mapped" : "mapped");
	}
}

static int show_region(struct device *dev, uint32_t index)
{
	static uint8_t buf[4096];
	struct devfd_item region;
	struct devfd_error e;
	int rc;

	rc = devfd_ask(DEVFD_REGION_INFO, index, dev->ask, dev, buf, sizeof(buf), &region, &e);
	if (rc == DEVFD_IS_UNREADABLE) {
		printf("region %u: errno %u\n", index, region.error);
		return 0;
	}
	if (rc != DEVFD_OK) {
		warnx("region %u: byte %u: %s", index, e.at, devfd_rule(e.rule));
		return 1;
	}
	printf("region %u: offset %#" PRIx64 " size %#" PRIx64 "\n", index, region.offset,
	       region.size);
	map_region(dev, &region);
	return 0;
}

static int show_device(struct device *dev)
{
	static uint8_t buf[4096];
	struct devfd_item device;
	struct devfd_error e;
	int rc, bad = 0;
	uint32_t i;

	rc = devfd_ask(DEVFD_DEVICE_INFO, 0, dev->ask, dev, buf, sizeof(buf), &device, &e);
	if (rc == DEVFD_IS_UNREADABLE) {
		warnx("device: errno %u", device.error);
		return 1;
	}
	if (rc != DEVFD_OK) {
		warnx("device: byte %u: %s", e.at, devfd_rule(e.rule));
		return 1;
	}
	for (i = 0; i < device.num_regions; i++)
		bad |= show_region(dev, i);
	return bad;
}

static int ask_kernel(void *context, uint32_t number, void *arg, uint32_t size)
{
	const struct device *dev = context;

	(void)size;
	return ioctl(dev->fd, _IO(';', number), arg) ? errno : 0;
}

static void *map_kernel(const struct device *dev, size_t size, int prot, uint64_t offset)
{
	return mmap(NULL, size, prot, MAP_SHARED, dev->fd, (off_t)offset);
}

int main(int argc, char **argv)
{
	struct device dev = {ask_kernel, map_kernel, -1};
	char *end = NULL;
	long fd = -1;

	if (argc == 2)
		fd = strtol(argv[1], &end, 10);
	if (fd < 0 || fd > INT_MAX || *end)
		errx(2, "usage: live FD");
	dev.fd = (int)fd;
	return show_device(&dev);
}
