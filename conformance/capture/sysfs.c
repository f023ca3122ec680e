// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* sysfs.c: reads what sysfs says of a PCI function, whatever stands there. */
#include "sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

enum { ATTRIBUTE_SIZE = 4096 }; /* most bytes of a text file in sysfs */

/* No BAR is this long, and an offset of its end still fits. */
#define LONGEST (UINT64_C(1) << 62)

/* ---- Files of sysfs ---- */

static bool path_of(const struct function *f, const char *file, char *path)
{
	int n = snprintf(path, PATH_MAX, "%s" DEVICES "/%s%s%s", f->root, f->name, *file ? "/" : "",
			 file);

	return n > 0 && n < PATH_MAX;
}

bool function_has(const struct function *f, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	return path_of(f, file, path) && !lstat(path, &st);
}

/* Reads at most size bytes from the start of a file; -errno, or how many there were. *length is
 * what the file says of its own. */
static ssize_t read_start(const char *path, void *buf, size_t size, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t got = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		n = -errno;
	else if (S_ISDIR(st.st_mode))
		n = -EISDIR;
	else if (length)
		*length = (size_t)st.st_size;
	while (n >= 0 && got < size) {
		n = read(fd, (char *)buf + got, size - got);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			n = -errno;
		else if (n == 0)
			break;
		else
			got += (size_t)n;
	}
	close(fd);
	return n < 0 ? n : (ssize_t)got;
}

/* A text file as a string; 0 or -errno. */
static int read_text(const char *path, char *text, size_t size)
{
	ssize_t n = read_start(path, text, size - 1, NULL);

	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? (int)n : 0;
}

bool function_text(const struct function *f, const char *file, char *text, size_t size)
{
	char path[PATH_MAX];

	return path_of(f, file, path) && !read_text(path, text, size);
}

static const struct {
	int error;
	enum problem_kind kind;
	const char *advice;
} failures[] = {
	{ENOENT, PROBLEM_GONE, "the device may just have been unplugged"},
	{ENODEV, PROBLEM_GONE, "the device may just have been unplugged"},
	{EACCES, PROBLEM_PERMISSION, "run this as root, or as a user who may read it"},
	{EPERM, PROBLEM_PERMISSION, "run this as root, or as a user who may read it"},
};

static int cannot_read(struct problem *p, const char *path, int error)
{
	size_t i;

	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].error == error)
			return problem_set(p, failures[i].kind, error, "cannot read %.300s: %s; %s",
					   path, strerror(error), failures[i].advice);
	}
	return problem_set(p, PROBLEM_OTHER, error,
			   "cannot read %.300s: %s; check that sysfs is mounted there", path,
			   strerror(error));
}

/* A file that holds one number. */
static int read_number(const struct function *f, const char *file, uint32_t most, uint32_t *number,
		       struct problem *p)
{
	char path[PATH_MAX], text[64], *end;
	unsigned long long value;
	int rc;

	if (!path_of(f, file, path))
		return problem_set(p, PROBLEM_OTHER, ENAMETOOLONG, "the path of %s is too long",
				   f->name);
	rc = read_text(path, text, sizeof(text));
	if (rc)
		return cannot_read(p, path, -rc);
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || !isdigit((unsigned char)text[0]) || (*end && *end != '\n') || value > most)
		return problem_set(p, PROBLEM_OTHER, 0,
				   "%.300s holds no number from 0 to 0x%x; is it a file of sysfs?",
				   path, most);
	*number = (uint32_t)value;
	return 0;
}

/* ---- Resources ---- */

uint64_t resource_length(const struct resource *r)
{
	return r->end ? r->end - r->start + 1 : 0;
}

/* "0xSTART 0xEND 0xFLAGS"; false if the line is something else. */
static bool parse_resource(const char *line, struct resource *r)
{
	uint64_t *const numbers[] = {&r->start, &r->end, &r->flags};
	const char *at = line;
	char *end;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (strncmp(at, "0x", 2) != 0 || !isxdigit((unsigned char)at[2]))
			return false;
		errno = 0;
		*numbers[i] = strtoull(at, &end, 16);
		if (errno || *end != (i < 2 ? ' ' : '\n'))
			return false;
		at = end + 1;
	}
	return r->end >= r->start && r->end - r->start < LONGEST;
}

/* Parses the first lines of a `resource`; returns how many of them were good. */
static size_t parse_resources(const char *text, struct resource *out)
{
	size_t i;

	for (i = 0; i < RESOURCES; i++) {
		if (!parse_resource(text, &out[i]))
			break;
		text = strchr(text, '\n') + 1;
	}
	return i;
}

static int read_resources(struct function *f, struct problem *p)
{
	char path[PATH_MAX], text[ATTRIBUTE_SIZE];
	size_t good;
	int rc;

	path_of(f, "resource", path);
	rc = read_text(path, text, sizeof(text));
	if (rc)
		return cannot_read(p, path, -rc);
	good = parse_resources(text, f->resources);
	if (good == RESOURCES)
		return 0;
	return problem_set(
		p, PROBLEM_OTHER, 0,
		"line %zu of %.300s is no 'START END FLAGS' of a resource, wanted %d such "
		"lines; is it a file of sysfs?",
		good + 1, path, RESOURCES);
}

/* ---- Other functions ---- */

/* Calls fn for each other PCI function until it returns true; returns whether it did. */
static bool any_other(const struct function *f,
		      bool (*fn)(const struct function *other, const void *context),
		      const void *context)
{
	struct function other = {.root = f->root};
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s" DEVICES, f->root) >= PATH_MAX)
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		other.name = entry->d_name;
		found = entry->d_name[0] != '.' && strcmp(entry->d_name, f->name) != 0 &&
			fn(&other, context);
	}
	closedir(dir);
	return found;
}

static bool overlaps(const struct resource *r, const struct resource *range)
{
	if (!(r->flags & RESOURCE_MEMORY) || r->flags & RESOURCE_UNSET)
		return false;
	return resource_length(r) && r->start <= range->end && r->end >= range->start;
}

static bool any_overlaps(const struct resource *r, size_t count, const struct resource *range)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (overlaps(&r[i], range))
			return true;
	}
	return false;
}

static bool has_memory_in(const struct function *other, const void *context)
{
	struct resource r[RESOURCES];
	char path[PATH_MAX], text[ATTRIBUTE_SIZE];

	if (!path_of(other, "resource", path) || read_text(path, text, sizeof(text)))
		return false;
	return any_overlaps(r, parse_resources(text, r), context);
}

/* Domain and bus of a name, up to the second colon. */
static size_t bus_part(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? (size_t)(colon - name) + 1 : 0;
}

static bool is_on_bus(const struct function *other, const void *context)
{
	const char *name = context;

	return bus_part(name) == bus_part(other->name) &&
	       !strncmp(name, other->name, bus_part(name));
}

bool range_is_taken(const struct function *f, const struct resource *range)
{
	return any_overlaps(f->resources, RESOURCES, range) || any_other(f, has_memory_in, range);
}

bool bus_is_shared(const struct function *f)
{
	return any_other(f, is_on_bus, f->name);
}

/* ---- Configuration space ---- */

static void note_msi(struct function *f, const struct pci_cap *cap)
{
	uint16_t control;

	if (pci_get16(&f->space, cap->at + 2u, &control))
		f->caps.msi = UINT32_C(1) << (control >> 1 & 7);
}

static void note_msix(struct function *f, const struct pci_cap *cap)
{
	uint16_t control;
	uint32_t table;

	if (pci_get16(&f->space, cap->at + 2u, &control))
		f->caps.msix = (control & 0x7ffu) + 1;
	if (pci_get32(&f->space, cap->at + 4u, &table))
		f->caps.msix_bar = table & 7;
}

/* Does the function complete atomic operations, as its Device Capabilities 2 say? */
static bool completes(const struct pci_space *s, const struct pci_cap *express)
{
	enum { VERSION_MASK = 0xf, CAPABILITIES_2 = 0x24, COMPLETER = 0x380 };
	uint16_t flags;
	uint32_t devcap2;

	if (!pci_get16(s, express->at + 2u, &flags) || (flags & VERSION_MASK) < 2)
		return false;
	return pci_get32(s, express->at + CAPABILITIES_2, &devcap2) && devcap2 & COMPLETER;
}

static void note_express(struct function *f, const struct pci_cap *cap)
{
	f->caps.express = true;
	f->caps.may_complete = completes(&f->space, cap);
}

/* For a virtual function the kernel asks the physical one. */
static bool physical_may_complete(const struct function *f)
{
	uint8_t config[PCI_EXTENDED];
	struct pci_space s = {config, 0, sizeof(config)};
	struct pci_cap express;
	char path[PATH_MAX];
	enum pci_step step;
	ssize_t n;

	if (!path_of(f, "physfn/config", path))
		return true;
	n = read_start(path, config, sizeof(config), NULL);
	if (n < 0)
		return true;
	s.have = (size_t)n;
	step = pci_find(&s, PCI_LIST_CLASSIC, PCI_CAP_EXPRESS, &express);
	return step == PCI_LIST_CUT || (step == PCI_CAP_FOUND && completes(&s, &express));
}

static const struct {
	uint16_t id;
	void (*note)(struct function *f, const struct pci_cap *cap);
} notes[] = {
	{PCI_CAP_MSI, note_msi},
	{PCI_CAP_MSIX, note_msix},
	{PCI_CAP_EXPRESS, note_express},
};

enum { NOTES = sizeof(notes) / sizeof(notes[0]) };

/* As in the kernel, the first capability with an id is the one that counts. */
static int read_capabilities(struct function *f, struct problem *p)
{
	bool noted[NOTES] = {false};
	struct pci_walk w;
	struct pci_cap cap;
	enum pci_step step;
	size_t i;

	f->caps.known = true;
	f->caps.msix_bar = BARS;
	pci_walk_begin(&w, &f->space, PCI_LIST_CLASSIC);
	while ((step = pci_walk_next(&w, &cap)) == PCI_CAP_FOUND) {
		for (i = 0; i < NOTES; i++) {
			if (noted[i] || notes[i].id != cap.id)
				continue;
			noted[i] = true;
			notes[i].note(f, &cap);
		}
	}
	if (step == PCI_LIST_LOOPS)
		return problem_set(p, PROBLEM_OTHER, 0,
				   "the capability list of %s comes back to 0x%x and never ends; "
				   "its configuration space is broken",
				   f->name, w.at);
	if (step == PCI_LIST_END)
		return 0;
	if (f->space.have >= f->space.size)
		return problem_set(p, PROBLEM_OTHER, 0,
				   "the capability list of %s goes on at 0x%x, behind the %zu "
				   "bytes of its configuration space; that is broken",
				   f->name, w.at, f->space.size);
	f->caps.known = false;
	/* Only PCIe functions have this file. */
	f->caps.express = function_has(f, "current_link_speed");
	f->caps.may_complete = f->caps.express;
	return 0;
}

static bool all_ones(const uint8_t *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] != 0xff)
			return false;
	}
	return true;
}

static int read_config(struct function *f, struct problem *p)
{
	char path[PATH_MAX];
	size_t length = 0;
	ssize_t n;

	path_of(f, "config", path);
	n = read_start(path, f->config, sizeof(f->config), &length);
	if (n < 0)
		return cannot_read(p, path, (int)-n);
	if (n < PCI_HEADER_SIZE)
		return problem_set(p, PROBLEM_OTHER, 0,
				   "%.300s ends after %zd bytes, wanted at least %d; is it a file "
				   "of sysfs?",
				   path, n, PCI_HEADER_SIZE);
	f->space.bytes = f->config;
	f->space.have = (size_t)n;
	f->space.size = length < sizeof(f->config) ? length : sizeof(f->config);
	if (f->space.size < f->space.have)
		f->space.size = f->space.have;
	if (all_ones(f->config, PCI_HEADER_SIZE))
		return problem_set(p, PROBLEM_GONE, 0,
				   "%s does not answer, all of its configuration space reads as "
				   "ones; wake it up, or plug it in again",
				   f->name);
	return 0;
}

/* Only plain functions, not bridges, are served by vfio-pci. */
static int check_header(const struct function *f, struct problem *p)
{
	enum { TYPE_MASK = 0x7f };

	if (!(f->config[PCI_AT_HEADER_TYPE] & TYPE_MASK))
		return 0;
	return problem_set(p, PROBLEM_OTHER, 0,
			   "%s is a bridge, and vfio-pci serves none; name a device behind it",
			   f->name);
}

/* ---- The kernel ---- */

/* A file of /proc, or what uname() says where there is none. */
static void system_text(const char *root, const char *file, const char *otherwise, char *text,
			size_t size)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/proc/sys/kernel/%s", root, file) < PATH_MAX &&
	    !read_text(path, text, size) && *text)
		return;
	snprintf(text, size, "%s", otherwise);
}

static uint32_t parse_version(const char *release)
{
	char *end;
	unsigned long major = strtoul(release, &end, 10), minor;

	if (*end != '.' || major == 0 || major > 255)
		return 0;
	minor = strtoul(end + 1, NULL, 10);
	return minor > 255 ? 0 : (uint32_t)(major << 8 | minor);
}

static void read_kernel(struct kernel *k, const char *root)
{
	struct utsname uts;
	char release[sizeof(uts.release)], machine[sizeof(uts.machine)], path[PATH_MAX];

	if (uname(&uts))
		memset(&uts, 0, sizeof(uts));
	system_text(root, "osrelease", uts.release, release, sizeof(release));
	system_text(root, "arch", uts.machine, machine, sizeof(machine));
	k->version = parse_version(release);
	k->efi = snprintf(path, sizeof(path), "%s/sys/firmware/efi", root) < PATH_MAX &&
		 !access(path, F_OK);
	k->x86 = !strncmp(machine, "x86_64", 6) || !strncmp(machine, "i686", 4);
	k->s390 = !strncmp(machine, "s390", 4);
}

bool kernel_is_at_least(const struct kernel *k, uint32_t major, uint32_t minor)
{
	return k->version >= (major << 8 | minor);
}

int kernel_option(const char *root, const char *option)
{
	char release[64], path[PATH_MAX], line[256];
	struct utsname uts;
	size_t n = strlen(option);
	int set = 0;
	FILE *file;

	if (uname(&uts))
		return -1;
	system_text(root, "osrelease", uts.release, release, sizeof(release));
	release[strcspn(release, "\n")] = '\0';
	if (snprintf(path, sizeof(path), "%s/boot/config-%s", root, release) >= PATH_MAX)
		return -1;
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (!set && fgets(line, sizeof(line), file))
		set = !strncmp(line, option, n) && line[n] == '=';
	fclose(file);
	return set;
}

/* ---- Reading it all ---- */

static bool digits(const char **at, size_t least, size_t most, char behind)
{
	size_t n = 0;

	while (isxdigit((unsigned char)(*at)[n]))
		n++;
	if (n < least || n > most || (*at)[n] != behind)
		return false;
	*at += n + (behind != '\0');
	return true;
}

/* DOMAIN:BUS:DEVICE.FUNCTION. Nothing else can be asked for, above all no path. */
static bool is_address(const char *name)
{
	return strlen(name) < CAPTURE_NAME && digits(&name, 4, 8, ':') &&
	       digits(&name, 2, 2, ':') && digits(&name, 2, 2, '.') && digits(&name, 1, 1, '\0');
}

static int find(const struct function *f, struct problem *p)
{
	char path[PATH_MAX];
	struct stat st;

	if (!is_address(f->name))
		return problem_set(p, PROBLEM_NO_DEVICE, 0,
				   "'%.80s' is no PCI address; wanted one like 0000:00:1f.2, see "
				   "--list",
				   f->name);
	if (!path_of(f, "", path))
		return problem_set(p, PROBLEM_OTHER, ENAMETOOLONG, "the path of %s is too long",
				   f->name);
	if (!stat(path, &st))
		return 0;
	if (errno != ENOENT)
		return cannot_read(p, path, errno);
	return problem_set(p, PROBLEM_NO_DEVICE, ENOENT,
			   "there is no PCI device %s, as %.300s does not exist; see --list",
			   f->name, path);
}

int function_read(struct function *f, const char *root, const char *name, struct problem *p)
{
	memset(f, 0, sizeof(*f));
	f->root = root;
	f->name = name;
	read_kernel(&f->kernel, root);
	if (find(f, p))
		return -1;
	if (read_number(f, "vendor", 0xffff, &f->vendor, p))
		return -1;
	if (read_number(f, "device", 0xffff, &f->device, p))
		return -1;
	if (read_number(f, "class", 0xffffff, &f->class_, p))
		return -1;
	if (read_number(f, "irq", UINT32_MAX, &f->irq, p))
		return -1;
	if (read_resources(f, p) || read_config(f, p) || check_header(f, p))
		return -1;
	if (read_capabilities(f, p))
		return -1;
	f->is_virtual = function_has(f, "physfn");
	if (f->is_virtual)
		f->caps.may_complete = physical_may_complete(f);
	return 0;
}
