// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* regions.c: each region read and mapped at the place that the codec gives, and beyond it. */
#include "check.h"

#include "../../../codec/scan.h"
#include "ktap.h"
#include "rules.h"

#include <errno.h>
#include <string.h>

enum { CONFIG = 7, VGA = 8, ROM = 6, WORD = 4, PAGE = 4096, ERRNOS = 4 };

/* What reading or mapping there may give: a number of bytes, or -errno; 0 ends the list. */
struct outcomes {
	long any[ERRNOS];
};

/* One place to read at, of one kind of region. */
struct probe {
	enum kernel_rule rule;
	enum { FROM_START, FROM_END } from;
	const char *what;
	int64_t plus;
	size_t size;
	struct outcomes outcomes;
};

/* The kinds of region of vfio-pci. Only configuration space says EFAULT to what is behind it. */
/* clang-format off */
static const struct probe of_config[] = {
	{KERNEL_READ_START, FROM_START, "start", 0, WORD, {{WORD}}},
	{KERNEL_READ_LAST, FROM_END, "last byte", -1, 1, {{1}}},
	{KERNEL_READ_END, FROM_END, "end", 0, 1, {{-EFAULT, -EINVAL}}},
};
static const struct probe of_bar[] = {
	{KERNEL_READ_START, FROM_START, "start", 0, WORD, {{WORD}}},
	{KERNEL_READ_LAST, FROM_END, "last byte", -1, 1, {{1}}},
	{KERNEL_READ_END, FROM_END, "end", 0, 1, {{-EINVAL}}},
};
static const struct probe of_rom[] = {
	{KERNEL_READ_START, FROM_START, "start", 0, WORD, {{WORD, -EIO, -EINVAL}}},
	{KERNEL_READ_LAST, FROM_END, "last byte", -1, 1, {{1, -EIO, -EINVAL}}},
	{KERNEL_READ_END, FROM_END, "end", 0, 1, {{-EINVAL, -EIO}}},
};
/* Only two ranges of ports and one of memory are behind it. */
static const struct probe of_vga[] = {
	{KERNEL_READ_EMPTY, FROM_START, "offset 0", 0, 1, {{-EINVAL}}},
	{KERNEL_READ_START, FROM_START, "ports", 0x3c0, 1, {{1}}},
	{KERNEL_READ_START, FROM_START, "memory", 0xa0000, WORD, {{WORD}}},
	{KERNEL_READ_LAST, FROM_END, "last byte", -1, 1, {{1}}},
	{KERNEL_READ_END, FROM_END, "end", 0, 1, {{-EINVAL}}},
};
static const struct probe of_empty[] = {
	{KERNEL_READ_EMPTY, FROM_START, "start", 0, 1, {{-EINVAL}}},
};
static const struct probe of_others[] = {
	{KERNEL_READ_START, FROM_START, "start", 0, 1, {{1}}},
	{KERNEL_READ_LAST, FROM_END, "last byte", -1, 1, {{1}}},
	{KERNEL_READ_END, FROM_END, "end", 0, 1, {{-EINVAL, -EFAULT}}},
};
/* clang-format on */

/* The rows are looked through in this order. */
static const struct kind {
	uint32_t first, last; /* indexes */
	bool pci, empty;
	const struct probe *probes;
	size_t count;
} kinds[] = {
#define PROBES(rows) (rows), sizeof(rows) / sizeof((rows)[0])
	{0, UINT32_MAX, false, true, PROBES(of_empty)},
	{CONFIG, CONFIG, true, false, PROBES(of_config)},
	{ROM, ROM, true, false, PROBES(of_rom)},
	{VGA, VGA, true, false, PROBES(of_vga)},
	{0, ROM - 1, true, false, PROBES(of_bar)},
	{0, UINT32_MAX, false, false, PROBES(of_others)},
};

static const struct kind *kind_of(const struct devfd_item *region, bool pci)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) - 1; i++) {
		if (region->index < kinds[i].first || region->index > kinds[i].last)
			continue;
		if (kinds[i].pci && !pci)
			continue;
		if (kinds[i].empty == (region->state == DEVFD_EMPTY))
			break;
	}
	return &kinds[i];
}

static bool is_any(const struct outcomes *o, long result)
{
	size_t i;

	for (i = 0; i < ERRNOS && o->any[i]; i++) {
		if (o->any[i] == result)
			return true;
	}
	return false;
}

/* Behind the end, and of a region without bytes, nothing at all is as good as an error. */
static bool is_nothing(const struct probe *probe, long result)
{
	return result == 0 && (probe->rule == KERNEL_READ_END || probe->rule == KERNEL_READ_EMPTY);
}

static void read_at(const struct devfd_item *region, const struct region_io *io,
		    const struct probe *probe)
{
	uint64_t base = region->offset + (probe->from == FROM_END ? region->size : 0);
	uint64_t offset = base + (uint64_t)probe->plus;
	uint8_t word[WORD];
	long result = io->read(io->context, word, probe->size, offset);

	hold(probe->rule, is_any(&probe->outcomes, result) || is_nothing(probe, result),
	     "region %u %s, offset %#llx: reading %zu found %ld, allowed %ld%s", region->index,
	     probe->what, (unsigned long long)offset, probe->size, result, probe->outcomes.any[0],
	     probe->outcomes.any[1] ? " and others" : "");
}

/* Regions that cannot be read are not asked for their first and last bytes. */
static bool is_meant(const struct devfd_item *region, const struct probe *probe)
{
	if (region->flags & DEVFD_READ)
		return true;
	return probe->rule != KERNEL_READ_START && probe->rule != KERNEL_READ_LAST;
}

/* Reads that make a driver read behind its own arrays: the guest would be lost for all other
 * checks, or its log full of reports that have no other cause. */
static const struct {
	const char *driver;
	uint32_t first, last; /* indexes */
	enum kernel_rule rule;
	const char *why;
} deadly[] = {
	{"mbochs", 0, 0, KERNEL_READ_LAST,
	 "samples/vfio-mdev/mbochs.c takes the offset of another region off, and looks the last "
	 "two pages up behind the array of its pages (seen to crash 6.1.192; 6.12.117 has the "
	 "same line)"},
	{"mtty", 2, 5, KERNEL_READ_EMPTY,
	 "samples/vfio-mdev/mtty.c takes the index for that of a port, of which it has two "
	 "(6.12.117)"},
};

static bool is_deadly(const char *driver, const struct devfd_item *region,
		      const struct probe *probe)
{
	size_t i;

	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		if (strcmp(driver, deadly[i].driver) || probe->rule != deadly[i].rule)
			continue;
		if (region->index < deadly[i].first || region->index > deadly[i].last)
			continue;
		ktap_note("region %u %s is not read: %s", region->index, probe->what,
			  deadly[i].why);
		return true;
	}
	return false;
}

static void read_region(const char *driver, const struct devfd_item *region,
			const struct region_io *io, bool pci)
{
	const struct kind *kind = kind_of(region, pci);
	size_t i;

	for (i = 0; i < kind->count; i++) {
		if (is_meant(region, &kind->probes[i]) &&
		    !is_deadly(driver, region, &kind->probes[i]))
			read_at(region, io, &kind->probes[i]);
	}
}

static void compare_ids(const struct devfd_item *region, const struct region_io *io,
			const uint8_t *ids)
{
	uint8_t word[WORD] = {0};

	if (io->read(io->context, word, WORD, region->offset) != WORD)
		return;
	hold(KERNEL_CONFIG_SAME, !memcmp(word, ids, WORD),
	     "region %u byte 0: found %02x%02x:%02x%02x, allowed %02x%02x:%02x%02x", region->index,
	     word[1], word[0], word[3], word[2], ids[1], ids[0], ids[3], ids[2]);
}

/* Where no area may be mapped, mapping any of the region has to be refused. */
static void map_region(const struct devfd_item *region, const struct region_io *io)
{
	struct devfd_area area;
	uint64_t at;
	uint32_t i;
	int result;

	for (i = 0; devfd_get_area(region, i, &area) == DEVFD_OK; i++) {
		at = region->offset + area.offset;
		result = io->map(io->context, area.size, at);
		hold(KERNEL_MAP_AREA, result == 0,
		     "region %u area %u, offset %#llx size %#llx: mapping found %d, allowed 0",
		     region->index, i, (unsigned long long)at, (unsigned long long)area.size,
		     result);
	}
	if (i)
		return;
	result = io->map(io->context, PAGE, region->offset);
	hold(KERNEL_MAP_NONE, result == -EINVAL,
	     "region %u, offset %#llx: mapping found %d, allowed %d", region->index,
	     (unsigned long long)region->offset, result, -EINVAL);
}

void check_regions(const struct capture *c, const struct region_io *io, const uint8_t *ids)
{
	bool pci = is_pci(c);
	struct devfd_item device, region;
	uint32_t i;

	if (!item_of(c, ON_DEVICE, DEVICE_INFO, 0, &device))
		return;
	for (i = 0; i < device.num_regions; i++) {
		if (!item_of(c, ON_DEVICE, REGION_INFO, i, &region))
			continue;
		read_region(c->device.driver, &region, io, pci);
		map_region(&region, io);
		if (pci && i == CONFIG && ids)
			compare_ids(&region, io, ids);
	}
}
