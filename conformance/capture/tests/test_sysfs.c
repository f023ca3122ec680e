// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_sysfs.c: files of sysfs and bytes of configuration space that are broken, cut or refused. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- What is broken ---- */

static void refused(enum problem_kind kind, int error, const char *part)
{
	struct prediction out;
	struct problem p;

	assert_int_equal(tree_predict(&out, &p), -1);
	if (p.kind != kind || p.error != error || !strstr(p.text, part) || strchr(p.text, '\n'))
		fail_msg("kind %d errno %d '%s', wanted %d %d '%s'", (int)p.kind, p.error, p.text,
			 (int)kind, error, part);
}

static void files_that_cannot_be_read(void **state)
{
	static const char *const files[] = {"/vendor", "/device",   "/class",
					    "/irq",    "/resource", "/config"};
	size_t i;

	(void)state;
	refused(PROBLEM_NO_DEVICE, ENOENT, "there is no PCI device 0000:00:04.0");
	tree_make(&tree_plain);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		tree_refuse(files[i], EACCES);
		refused(PROBLEM_PERMISSION, EACCES, "as root");
		tree_refuse(files[i], ENODEV);
		refused(PROBLEM_GONE, ENODEV, "unplugged");
		tree_refuse(files[i], EIO);
		refused(PROBLEM_OTHER, EIO, files[i]);
	}
}

static void names_that_are_no_address(void **state)
{
	static const char *const names[] = {
		"",
		"00:04.0",
		"0000:00:04",
		"0000:00:04.0/..",
		"../devices/0000:00:04.0",
		"0000:00:04.0\n",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		"000000000:00:04.0",
		"0000:00:04.00",
	};
	const struct roots roots = {tree_root, ""};
	struct prediction out;
	struct problem p;
	size_t i;

	(void)state;
	tree_make(&tree_plain);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(predict(&out, &roots, names[i], &p), -1);
		assert_int_equal(p.kind, PROBLEM_NO_DEVICE);
		assert_non_null(strstr(p.text, "is no PCI address"));
	}
}

static void numbers_that_are_none(void **state)
{
	static const char *const numbers[] = {"",          "\n",      "0x", "-1\n",
					      "0x10000\n", "12 13\n", "x\n"};
	size_t i;

	(void)state;
	tree_make(&tree_plain);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		tree_file("vendor", numbers[i]);
		refused(PROBLEM_OTHER, 0, "holds no number from 0 to 0xffff");
	}
}

#define GOOD "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static void resources_that_are_none(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{"", "line 1 of"},
		{GOOD GOOD GOOD GOOD GOOD GOOD, "line 7 of"},
		{GOOD "garbage\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 2 of"},
		{GOOD "0x0 0x0\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 2 of"},
		{GOOD GOOD "0x2000 0x1000 0x200\n" GOOD GOOD GOOD GOOD, "line 3 of"},
		{"0x0 0xffffffffffffffff 0x200\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 1 of"},
		{"0xffffffffffffffff 0x1 0x200\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 1 of"},
		{"0x0 0x11111111111111111 0x200\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 1 of"},
		{GOOD GOOD GOOD GOOD GOOD GOOD "0x0 0x0 0x0", "line 7 of"},
		{"0x0  0x0 0x0\n" GOOD GOOD GOOD GOOD GOOD GOOD, "line 1 of"},
	};
	size_t i;

	(void)state;
	tree_make(&tree_plain);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_file("resource", rows[i].text);
		refused(PROBLEM_OTHER, 0, rows[i].part);
	}
	/* A bridge or an SR-IOV function has more lines; they are not looked at. */
	tree_file("resource", GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD "garbage\n");
	tree_must_predict(&(struct prediction){0});
}

static void make_cut(size_t size)
{
	struct tree t = tree_plain;

	t.config_size = size;
	tree_make(&t);
}

static void config_that_is_broken(void **state)
{
	uint8_t ones[256];
	char path[TREE_PATH];

	(void)state;
	make_cut(63);
	refused(PROBLEM_OTHER, 0, "ends after 63 bytes, wanted at least 64");
	make_cut(64);
	refused(PROBLEM_OTHER, 0, "goes on at 0x40, behind the 64 bytes");
	make_cut(0x81);
	refused(PROBLEM_OTHER, 0, "goes on at 0x80, behind the 129 bytes");
	tree_make(&tree_plain);
	tree_poke(0x81, 0x40);
	refused(PROBLEM_OTHER, 0, "comes back to 0x40");
	tree_poke(0x41, 0x43);
	refused(PROBLEM_OTHER, 0, "comes back to 0x40");
	tree_make(&tree_plain);
	tree_poke(PCI_AT_HEADER_TYPE, 0x81);
	refused(PROBLEM_OTHER, 0, "is a bridge");
	tree_poke(PCI_AT_HEADER_TYPE, 0x80);
	tree_must_predict(&(struct prediction){0});
	memset(ones, 0xff, sizeof(ones));
	tree_path(TREE_NAME, "config", path);
	tree_write(path, ones, sizeof(ones));
	refused(PROBLEM_GONE, 0, "does not answer");
}

/* ---- Lists of capabilities, whatever the bytes are ---- */

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Each capability is passed at most once, and lies in the bytes that are there. */
static void walk(const struct pci_space *s, enum pci_list list)
{
	struct pci_walk w;
	struct pci_cap cap;
	size_t n = 0;

	pci_walk_begin(&w, s, list);
	while (pci_walk_next(&w, &cap) == PCI_CAP_FOUND) {
		assert_true(cap.at >= PCI_HEADER_SIZE && cap.at < s->have);
		assert_true(++n <= PCI_SPACE_MAX / 4);
	}
}

static void walks_end(void **state)
{
	static const size_t sizes[] = {0, 7, 53, 64, 66, 200, 256, 259, 260, 4095, 4096};
	struct pci_space s;
	uint32_t seed = 1;
	size_t i, k, round;
	uint8_t *bytes;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			/* Of just this size, so that a sanitizer sees every stray read. */
			bytes = malloc(sizes[i] ? sizes[i] : 1);
			assert_non_null(bytes);
			for (k = 0; k < sizes[i]; k++)
				bytes[k] = (uint8_t)random_next(&seed);
			if (sizes[i] > PCI_AT_STATUS)
				bytes[PCI_AT_STATUS] |= 0x10;
			s = (struct pci_space){bytes, sizes[i], round % 2 ? 4096 : sizes[i]};
			walk(&s, PCI_LIST_CLASSIC);
			walk(&s, PCI_LIST_EXTENDED);
			free(bytes);
		}
	}
}

static void put_header(uint8_t *at, uint32_t header)
{
	size_t i;

	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(header >> 8 * i);
}

static void extended_lists(void **state)
{
	uint8_t bytes[4096] = {0};
	struct pci_space s = {bytes, sizeof(bytes), sizeof(bytes)};
	struct pci_cap cap;

	(void)state;
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 3, &cap), PCI_LIST_END);
	/* The low bits of a pointer are reserved. */
	put_header(bytes + 0x100, 0x14220001);
	put_header(bytes + 0x140, 0xff010003);
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, PCI_CAP_EXTENDED_SERIAL, &cap),
			 PCI_CAP_FOUND);
	assert_int_equal(cap.at, 0x140);
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 9, &cap), PCI_LIST_END);
	put_header(bytes + 0xff0, 0x14010019);
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 9, &cap), PCI_LIST_LOOPS);
	s.have = 0x120;
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 9, &cap), PCI_LIST_CUT);
	s.have = 0x40;
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 1, &cap), PCI_LIST_CUT);
	s.size = 0x100;
	assert_int_equal(pci_find(&s, PCI_LIST_EXTENDED, 1, &cap), PCI_LIST_END);
}

/* Whatever configuration space holds, there is a problem or a description that a reader takes. */
static void any_config(void **state)
{
	uint8_t bytes[4096], *blob;
	char path[TREE_PATH];
	struct prediction out;
	struct problem p;
	struct devfd d;
	struct devfd_error e;
	uint32_t seed = 7;
	size_t i, k, size, good = 0;

	(void)state;
	tree_make(&tree_plain);
	tree_path(TREE_NAME, "config", path);
	for (i = 0; i < 300; i++) {
		for (k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)random_next(&seed);
		bytes[PCI_AT_HEADER_TYPE] = 0;
		bytes[PCI_AT_STATUS] |= 0x10;
		tree_write(path, bytes, i % 3 ? sizeof(bytes) : 256);
		if (tree_predict(&out, &p)) {
			assert_int_not_equal(p.kind, PROBLEM_NONE);
			continue;
		}
		good++;
		assert_int_equal(prediction_describe(&out, &blob, &size, &p), 0);
		assert_int_equal(devfd_open_as(&d, DEVFD_TLV, DEVFD_PRODUCER, blob, size, &e), 0);
		free(blob);
	}
	assert_true(good > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(files_that_cannot_be_read), IN_TREE(names_that_are_no_address),
		IN_TREE(numbers_that_are_none),     IN_TREE(resources_that_are_none),
		IN_TREE(config_that_is_broken),     cmocka_unit_test(walks_end),
		cmocka_unit_test(extended_lists),   IN_TREE(any_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
