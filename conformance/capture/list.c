// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* list.c: which devices there are, and whether each can be captured as it is, told from sysfs
 * alone.
 */
#include "capture.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int problem_set(struct problem *p, enum problem_kind kind, int error, const char *format, ...)
{
	va_list args;

	p->kind = kind;
	p->error = error;
	va_start(args, format);
	vsnprintf(p->text, sizeof(p->text), format, args);
	va_end(args);
	return -1;
}

/* ---- Reading sysfs ---- */

static bool exists(const char *root, const char *path)
{
	char file[PATH_MAX];

	if ((size_t)snprintf(file, sizeof(file), "%s%s", root, path) >= sizeof(file))
		return false;
	return access(file, F_OK) == 0;
}

/* A name that would not fit is none that we could use, so "" stands for it too. */
static void copy_name(char *out, size_t size, const char *name)
{
	size_t length = strlen(name);

	if (length >= size)
		length = 0;
	memcpy(out, name, length);
	out[length] = '\0';
}

/* The last part of where a link leads, or "". */
static void link_name(const char *folder, const char *link, char *out, size_t size)
{
	char file[PATH_MAX], to[PATH_MAX];
	const char *slash;
	ssize_t n;

	out[0] = '\0';
	if ((size_t)snprintf(file, sizeof(file), "%s/%s", folder, link) >= sizeof(file))
		return;
	n = readlink(file, to, sizeof(to) - 1);
	if (n < 0)
		return;
	to[n] = '\0';
	slash = strrchr(to, '/');
	copy_name(out, size, slash ? slash + 1 : to);
}

/* A number in a file of its own, such as 0x8086; 0 where there is none. */
static uint32_t file_number(const char *folder, const char *name)
{
	char file[PATH_MAX], text[32] = "";
	FILE *f;

	if ((size_t)snprintf(file, sizeof(file), "%s/%s", folder, name) >= sizeof(file))
		return 0;
	f = fopen(file, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return (uint32_t)strtoul(text, NULL, 16);
}

/* Is there a line with this text in it? */
static bool file_mentions(const char *file, const char *text)
{
	char line[4096];
	FILE *f = fopen(file, "re");
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, text) != NULL;
	fclose(f);
	return found;
}

/* ---- Is there VFIO at all? ---- */

/* What is known of a VFIO that is not there: built in, a module that is not loaded, or nothing. */
static int missing_vfio(const struct roots *roots, struct problem *p)
{
	char modules[PATH_MAX], file[PATH_MAX + 32];
	const char *dev = exists(roots->dev, "/dev/vfio") ? "" : "/dev/vfio is missing, and ";
	struct utsname name;

	uname(&name);
	snprintf(modules, sizeof(modules), "%s/lib/modules/%s", roots->sys, name.release);
	snprintf(file, sizeof(file), "%s/modules.dep", modules);
	if (file_mentions(file, "/vfio-pci.ko"))
		return problem_set(
			p, PROBLEM_NO_VFIO, 0,
			"%sthe module vfio-pci is not loaded. Load it: modprobe vfio-pci", dev);
	snprintf(file, sizeof(file), "%s/modules.builtin", modules);
	if (file_mentions(file, "/vfio.ko"))
		return problem_set(p, PROBLEM_NO_VFIO, 0,
				   "%sthis kernel (%s) has VFIO built in. In a container, pass "
				   "/dev/vfio into it",
				   dev, name.release);
	if (access(modules, F_OK) == 0)
		return problem_set(
			p, PROBLEM_NO_VFIO, 0,
			"%sthis kernel (%s) has no module vfio-pci, loaded or in %s. Use a "
			"kernel with CONFIG_VFIO and CONFIG_VFIO_PCI",
			dev, name.release, modules);
	return problem_set(
		p, PROBLEM_NO_VFIO, 0,
		"%sno module vfio is loaded. Load it on the host (modprobe vfio-pci); if "
		"there is none, this kernel (%s) was built without CONFIG_VFIO and "
		"CONFIG_VFIO_PCI",
		dev, name.release);
}

static bool has_vfio(const struct roots *roots)
{
	/* The core has one of these as soon as it runs. The node /dev/vfio/vfio does not count: it
	 * may be there to have the module loaded when it is opened. */
	return exists(roots->sys, "/sys/class/vfio") || exists(roots->sys, "/sys/class/vfio-dev") ||
	       exists(roots->sys, "/sys/module/vfio");
}

/* ---- One device ---- */

static const struct bus {
	const char *name;
	const char *devices;
} buses[] = {
	{"pci", "/sys/bus/pci/devices"},
	{"mdev", "/sys/bus/mdev/devices"},
};

enum { BUSES = sizeof(buses) / sizeof(buses[0]) };

static bool has_vfio_driver(const char *folder, const char *driver)
{
	/* Since 6.1 each device that a VFIO driver serves has this; before, the name tells. */
	return exists(folder, "/vfio-dev") || strstr(driver, "vfio");
}

/* Drivers that leave DMA to others, so that a device of the group may be handed to a program. */
static bool is_harmless(const char *folder, const char *driver)
{
	static const char *const names[] = {"", "pci-stub", "pcieport"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(driver, names[i]))
			return true;
	}
	return has_vfio_driver(folder, driver);
}

/* A device of the group that stands in the way. */
static int judge_group(const struct roots *roots, const struct listed *d, struct problem *p)
{
	char folder[PATH_MAX], device[PATH_MAX * 2], driver[64];
	struct dirent *entry;
	int status = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/sys/kernel/iommu_groups/%s/devices", roots->sys,
		 d->group);
	dir = opendir(folder);
	if (!dir)
		return 0;
	while (!status && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, d->name))
			continue;
		snprintf(device, sizeof(device), "%s/%s", folder, entry->d_name);
		link_name(device, "driver", driver, sizeof(driver));
		if (!is_harmless(device, driver))
			status = problem_set(
				p, PROBLEM_NOT_VIABLE, 0,
				"%s: its IOMMU group %s is not viable, as %s of the same "
				"group is bound to %s. Bind that device to vfio-pci too, "
				"or unbind it: echo %s >/sys/bus/pci/drivers/%s/unbind",
				d->name, d->group, entry->d_name, driver, entry->d_name, driver);
	}
	closedir(dir);
	return status;
}

/* vfio-pci takes no function whose header is that of a bridge; a host bridge has a plain one. */
static bool is_bridge(const struct listed *d)
{
	return d->class_ >> 8 == 0x0604 || d->class_ >> 8 == 0x0607;
}

static int not_bound(const struct roots *roots, const struct listed *d, struct problem *p)
{
	const char *load =
		exists(roots->sys, "/sys/bus/pci/drivers/vfio-pci") ? "" : "modprobe vfio-pci; ";

	if (is_bridge(d))
		return problem_set(p, PROBLEM_OTHER, 0,
				   "%s is a bridge, which VFIO does not serve. Capture the devices "
				   "behind it",
				   d->name);
	if (strcmp(d->bus, "pci"))
		return problem_set(p, PROBLEM_NOT_BOUND, 0,
				   "%s is bound to %s, which is no VFIO driver. Load the module of "
				   "the driver that serves this mediated device",
				   d->name, d->driver[0] ? d->driver : "no driver");
	if (!d->driver[0])
		return problem_set(p, PROBLEM_NOT_BOUND, 0,
				   "%s is bound to no driver. Bind it to vfio-pci: %secho vfio-pci "
				   ">/sys/bus/pci/devices/%s/driver_override; echo %s "
				   ">/sys/bus/pci/drivers_probe",
				   d->name, load, d->name, d->name);
	return problem_set(
		p, PROBLEM_NOT_BOUND, 0,
		"%s is bound to %s and not to vfio-pci. Bind it to vfio-pci, which takes it "
		"from the host: %secho vfio-pci >/sys/bus/pci/devices/%s/driver_override; "
		"echo %s >/sys/bus/pci/drivers/%s/unbind; echo %s "
		">/sys/bus/pci/drivers_probe",
		d->name, d->driver, load, d->name, d->name, d->driver, d->name);
}

static void judge(const struct roots *roots, const char *folder, struct listed *d)
{
	struct problem *p = &d->problem;

	if (!has_vfio(roots))
		missing_vfio(roots, p);
	else if (!d->group[0] && !exists(folder, "/vfio-dev"))
		problem_set(
			p, PROBLEM_NO_IOMMU, 0,
			"%s is in no IOMMU group. Switch the IOMMU on in the firmware and on the "
			"kernel's command line (intel_iommu=on; AMD's is on by default)",
			d->name);
	else if (!has_vfio_driver(folder, d->driver))
		not_bound(roots, d, p);
	else if (d->group[0])
		judge_group(roots, d, p);
}

static void look(const struct roots *roots, const struct bus *bus, const char *name,
		 struct listed *d)
{
	char folder[PATH_MAX];

	memset(d, 0, sizeof(*d));
	copy_name(d->name, sizeof(d->name), name);
	copy_name(d->bus, sizeof(d->bus), bus->name);
	snprintf(folder, sizeof(folder), "%s%s/%s", roots->sys, bus->devices, d->name);
	if (!strcmp(bus->name, "pci")) {
		d->vendor = file_number(folder, "vendor");
		d->device = file_number(folder, "device");
		d->class_ = file_number(folder, "class");
	}
	link_name(folder, "driver", d->driver, sizeof(d->driver));
	link_name(folder, "iommu_group", d->group, sizeof(d->group));
	judge(roots, folder, d);
}

/* No name of a device has another character, and no path of ours is to leave its folder. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= CAPTURE_NAME)
		return false;
	if (name[0] == '.')
		return false;
	return !name[strspn(name, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  ":.-_@")];
}

int list_one(const struct roots *roots, const char *name, struct listed *out, struct problem *p)
{
	char file[PATH_MAX], full[CAPTURE_NAME + 8];
	size_t i;

	memset(p, 0, sizeof(*p));
	if (!is_name(name))
		return problem_set(
			p, PROBLEM_NO_DEVICE, ENOENT,
			"%.100s is no name of a device. Wanted is one such as 0000:01:00.0 "
			"or the UUID of a mediated device; --list shows all",
			name);
	/* lspci leaves the domain out where it is 0. */
	snprintf(full, sizeof(full), "0000:%s", name);
	for (i = 0; i < BUSES; i++) {
		snprintf(file, sizeof(file), "%s/%s", buses[i].devices, name);
		if (exists(roots->sys, file)) {
			look(roots, &buses[i], name, out);
			return 0;
		}
	}
	snprintf(file, sizeof(file), "%s/%s", buses[0].devices, full);
	if (strlen(full) < CAPTURE_NAME && exists(roots->sys, file)) {
		look(roots, &buses[0], full, out);
		return 0;
	}
	return problem_set(p, PROBLEM_NO_DEVICE, ENOENT,
			   "%s: there is no such PCI or mediated device; --list shows all", name);
}

/* ---- All devices ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->name, ((const struct listed *)b)->name);
}

static int list_bus(const struct roots *roots, const struct bus *bus, struct listed **list,
		    size_t *count)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	struct listed *grown;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s%s", roots->sys, bus->devices);
	dir = opendir(folder);
	/* A machine without that bus has no device of it. */
	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(dir))) {
		if (!is_name(entry->d_name))
			continue;
		grown = realloc(*list, (*count + 1) * sizeof(**list));
		if (!grown) {
			closedir(dir);
			errno = ENOMEM;
			return -1;
		}
		*list = grown;
		look(roots, bus, entry->d_name, &grown[(*count)++]);
	}
	closedir(dir);
	return 0;
}

int list_devices(const struct roots *roots, struct listed **list, size_t *count, struct problem *p)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	*list = NULL;
	*count = 0;
	for (i = 0; i < BUSES; i++) {
		if (!list_bus(roots, &buses[i], list, count))
			continue;
		problem_set(p, errno == EACCES ? PROBLEM_PERMISSION : PROBLEM_OTHER, errno,
			    "%s%s: %s", roots->sys, buses[i].devices, strerror(errno));
		free(*list);
		*list = NULL;
		return -1;
	}
	if (*count)
		qsort(*list, *count, sizeof(**list), by_name);
	return 0;
}
