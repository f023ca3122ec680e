// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* tree.c: makes and removes fabricated files of sysfs. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { RESOURCE_WIDE = 0x100000 };

char tree_root[TREE_PATH];

static const char *refused, *cut;
static int refused_with;
static size_t cut_at;

/* ---- In the place of the kernel ---- */

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = end ? strlen(end) : 0;

	return m && n >= m && !strcmp(path + n - m, end);
}

/* The linker puts these before open() and read(). */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);

int __wrap_open(const char *path, int flags, ...)
{
	if (ends_with(path, refused)) {
		errno = refused_with;
		return -1;
	}
	return __real_open(path, flags, 0600);
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	char link[64], path[PATH_MAX];
	ssize_t n;
	off_t at;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	if (!ends_with(path, cut))
		return __real_read(fd, buf, size);
	at = lseek(fd, 0, SEEK_CUR);
	if ((size_t)at >= cut_at)
		return 0;
	if (size > cut_at - (size_t)at)
		size = cut_at - (size_t)at;
	return __real_read(fd, buf, size);
}

void tree_refuse(const char *end, int error)
{
	refused = end;
	refused_with = error;
}

void tree_cut(const char *end, size_t most)
{
	cut = end;
	cut_at = most;
}

/* ---- Files ---- */

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int tree_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	tree_refuse(NULL, 0);
	tree_cut(NULL, 0);
	snprintf(tree_root, sizeof(tree_root), "%s/devfd-predict-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(tree_root) ? 0 : -1;
}

int tree_teardown(void **state)
{
	(void)state;
	tree_refuse(NULL, 0);
	tree_cut(NULL, 0);
	return nftw(tree_root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

void tree_path(const char *name, const char *file, char *path)
{
	snprintf(path, TREE_PATH, "/sys/bus/pci/devices/%s%s%s", name, *file ? "/" : "", file);
}

void tree_write(const char *path, const void *bytes, size_t size)
{
	char full[2 * TREE_PATH], *slash;
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", tree_root, path);
	for (slash = strchr(full + strlen(tree_root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(full, 0700) || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(full, "wbe");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void tree_write_text(const char *path, const char *text)
{
	tree_write(path, text, strlen(text));
}

void tree_file(const char *file, const char *text)
{
	char path[TREE_PATH];

	tree_path(TREE_NAME, file, path);
	tree_write_text(path, text);
}

void tree_poke(size_t at, uint8_t byte)
{
	char path[TREE_PATH], full[2 * TREE_PATH];
	FILE *file;

	tree_path(TREE_NAME, "config", path);
	snprintf(full, sizeof(full), "%s%s", tree_root, path);
	file = fopen(full, "r+be");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
	assert_int_equal(fputc(byte, file), byte);
	assert_int_equal(fclose(file), 0);
}

/* ---- A function ---- */

const struct tree tree_plain = {
	.release = "6.12.117-amd64\n",
	.config = "361b10000301100002020801000000000480b6fe0000000000000000000000000000000000000000"
		  "0000"
		  "0000f41a00110000000040000000000000000a010000",
	.config_size = 4096,
	.vendor = 0x1b36,
	.device = 0x10,
	.class_ = 0x010802,
	.irq = 10,
	.reset = "flr pm\n",
	.resources = {{0xfeb68000, 0xfeb6bfff, MEMORY_64},
		      {0},
		      {0xfe000000, 0xfe0001ff, MEMORY},
		      {0x800000000, 0x8ffffffff, PREFETCH_64},
		      {0},
		      {0xc000, 0xc03f, IO},
		      {0xfe010000, 0xfe01ffff, ROM_MEMORY}},
	.caps = {{0x11, 0x40, 64, 0x2000},
		 {0x05, 0x50, 0x18a, 0},
		 {0x10, 0x80, 2, 0},
		 {0x05, 0xf0, 0x180, 0}},
};

static void write_number(const char *name, const char *file, const char *format, uint32_t number)
{
	char path[TREE_PATH], text[32];

	tree_path(name, file, path);
	/* The format is one of three here. */
	snprintf(text, sizeof(text), format, number);
	tree_write_text(path, text);
}

static uint32_t little(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The address that the header has for a resource. */
static uint64_t address(const uint8_t *config, size_t index, uint64_t flags)
{
	const uint8_t *bar = config + 0x10 + 4 * index;

	if (index == BARS)
		return little(config + 0x30) & ~UINT32_C(0x7ff);
	if (!(flags & RESOURCE_MEMORY))
		return little(bar) & ~UINT32_C(3);
	if (!(flags & RESOURCE_WIDE))
		return little(bar) & ~UINT32_C(15);
	return (uint64_t)little(bar + 4) << 32 | (little(bar) & ~UINT32_C(15));
}

static void write_resources(const struct tree *t, const char *name, const uint8_t *config)
{
	char path[TREE_PATH], text[1024];
	size_t at = 0, i;

	for (i = 0; i < RESOURCES; i++) {
		struct resource r = t->resources[i];

		/* A size alone stands in end. */
		if (r.end && !r.start) {
			r.start = address(config, i, r.flags);
			r.end = r.start + r.end - 1;
		}
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "0x%016llx 0x%016llx 0x%016llx\n",
				       (unsigned long long)r.start, (unsigned long long)r.end,
				       (unsigned long long)r.flags);
	}
	tree_path(name, "resource", path);
	tree_write_text(path, text);
}

size_t tree_hex(const char *text, uint8_t *bytes, size_t most)
{
	char digits[3] = "";
	size_t i;

	for (i = 0; i < most && text[2 * i] && text[2 * i + 1]; i++) {
		memcpy(digits, text + 2 * i, 2);
		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return i;
}

static void fill_config(const struct tree *t, uint8_t *config)
{
	uint32_t at;
	size_t i;

	assert_true(tree_hex(t->config, config, PCI_SPACE_MAX) >= PCI_HEADER_SIZE);
	for (i = 0; i < TREE_CAPS && t->caps[i].id; i++) {
		const struct tree_cap *cap = &t->caps[i];

		if (i == 0)
			assert_int_equal(config[PCI_AT_FIRST_CAP], cap->at);
		at = cap->at;
		config[at] = cap->id;
		config[at + 1] = i + 1 < TREE_CAPS ? t->caps[i + 1].at : 0;
		config[at + 2] = (uint8_t)cap->control;
		config[at + 3] = (uint8_t)(cap->control >> 8);
		config[at + 4] = (uint8_t)cap->next_word;
		config[at + 5] = (uint8_t)(cap->next_word >> 8);
	}
}

void tree_make(const struct tree *t)
{
	const char *name = t->name ? t->name : TREE_NAME;
	uint8_t config[PCI_SPACE_MAX] = {0};
	char path[TREE_PATH];

	fill_config(t, config);
	write_number(name, "vendor", "0x%04x\n", t->vendor);
	write_number(name, "device", "0x%04x\n", t->device);
	write_number(name, "class", "0x%06x\n", t->class_);
	write_number(name, "irq", "%u\n", t->irq);
	write_resources(t, name, config);
	tree_path(name, "config", path);
	tree_write(path, config, t->config_size);
	tree_write_text("/proc/sys/kernel/osrelease", t->release);
	tree_write_text("/proc/sys/kernel/arch", t->arch ? t->arch : "x86_64\n");
	if (!t->reset)
		return;
	tree_path(name, "reset", path);
	tree_write_text(path, "");
	tree_path(name, "reset_method", path);
	tree_write_text(path, t->reset);
}

int tree_predict(struct prediction *out, struct problem *p)
{
	const struct roots roots = {tree_root, ""};

	memset(p, 0, sizeof(*p));
	return predict(out, &roots, TREE_NAME, p);
}

void tree_must_predict(struct prediction *out)
{
	struct problem p;

	if (tree_predict(out, &p))
		fail_msg("refused: %s", p.text);
}

void tree_only_usual_unknowns(const struct prediction *p)
{
	uint32_t i;

	assert_int_equal(p->device_unknown, 0);
	for (i = 0; i < PREDICT_IRQS; i++)
		assert_int_equal(p->irq_unknown[i], 0);
	for (i = 0; i < PREDICT_REGIONS; i++) {
		const struct devfd_item *r = &p->regions[i];
		uint32_t want = 0;

		if (r->flags & DEVFD_MMAP && r->size < 4096)
			want = UNKNOWN_MMAP;
		if (i == BARS && r->state == DEVFD_PRESENT)
			want = UNKNOWN_ROM;
		if (i == BARS + 2 && r->state == DEVFD_PRESENT)
			want = UNKNOWN_VGA;
		assert_int_equal(p->region_unknown[i], want);
	}
}
