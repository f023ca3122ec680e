// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_regions.c: regions read and mapped, of a played device and of files. */
#include "../guest/guarded.h"
#include "tests.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Leaves a good kernel behind. */
static void check_bad_regions(enum kernel_rule rule)
{
	size_t before = rules_broken(rule);
	struct capture c;

	played_record(&c);
	check_regions(&c, &played_io, played_ids);
	capture_free(&c);
	play(WAY_CONTAINER);
	if (rules_broken(rule) == before)
		fail_msg("%s did not notice", kernel_rules[rule].id);
}

void test_each_place_of_a_region_is_looked_at(void **state)
{
	(void)state;
	play(WAY_CONTAINER);
	played.read_start = -EIO;
	check_bad_regions(KERNEL_READ_START);
	played.read_last = -EINVAL;
	check_bad_regions(KERNEL_READ_LAST);
	played.read_end = 1;
	check_bad_regions(KERNEL_READ_END);
	played.read_empty = 1;
	check_bad_regions(KERNEL_READ_EMPTY);
	played.other_ids = true;
	check_bad_regions(KERNEL_CONFIG_SAME);
	played.map_area = -EINVAL;
	check_bad_regions(KERNEL_MAP_AREA);
	played.map_none = 1;
	check_bad_regions(KERNEL_MAP_NONE);
}

/* How many regions of the played device break a rule of reading, by driver. */
void test_reads_behind_the_arrays_of_a_driver_are_left_out(void **state)
{
	static const struct {
		const char *driver;
		enum kernel_rule rule;
		size_t broken;
	} rows[] = {
		{"vfio-pci", KERNEL_READ_EMPTY, 4}, {"mtty", KERNEL_READ_EMPTY, 1},
		{"mbochs", KERNEL_READ_EMPTY, 4},   {"vfio-pci", KERNEL_READ_LAST, 5},
		{"mbochs", KERNEL_READ_LAST, 4},    {"mtty", KERNEL_READ_LAST, 5},
	};
	struct capture c;
	size_t i, before;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		play(WAY_CONTAINER);
		played.read_empty = 1;
		/* Not what a ROM may say. */
		played.read_last = -ENXIO;
		played_record(&c);
		(void)snprintf(c.device.driver, sizeof(c.device.driver), "%s", rows[i].driver);
		before = rules_broken(rows[i].rule);
		check_regions(&c, &played_io, played_ids);
		capture_free(&c);
		if (rules_broken(rows[i].rule) != before + rows[i].broken)
			fail_msg("row %zu: %zu regions", i, rules_broken(rows[i].rule) - before);
	}
}

/* ---- Descriptors, of real files ---- */

void test_a_descriptor_is_read_and_mapped(void **state)
{
	enum { PAGE = 4096 };
	const int none = -1, file = memfd_create("region", MFD_CLOEXEC);
	struct region_io io = device_io(&file), no_io = device_io(&none);
	uint32_t word = 0;

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(pwrite(file, "devfd", 5, 0), 5);
	assert_int_equal(io.read(io.context, &word, sizeof(word), 1), 4);
	assert_memory_equal(&word, "evfd", sizeof(word));
	assert_int_equal(io.read(io.context, &word, sizeof(word), 5), 0);
	assert_int_equal(no_io.read(no_io.context, &word, sizeof(word), 0), -EBADF);
	assert_int_equal(io.map(io.context, PAGE, 0), 0);
	assert_int_equal(io.map(io.context, PAGE, 1), -EINVAL);
	assert_int_equal(no_io.map(no_io.context, PAGE, 0), -EBADF);
	/* The file has no such page, which only loading from it tells. */
	assert_int_equal(io.map(io.context, PAGE, (uint64_t)4 * PAGE), -EFAULT);
	close(file);
}

/* write(2) says what can be read without a fault. */
void test_a_buffer_ends_where_no_page_is(void **state)
{
	static const size_t ends[] = {0, 1, 40, 4096, GUARDED_MAX};
	int to = memfd_create("bytes", MFD_CLOEXEC);
	const uint8_t *p;
	size_t i, at;

	(void)state;
	assert_true(to >= 0);
	for (i = 0; i < LENGTH(ends); i++) {
		p = guarded(ends[i]);
		assert_non_null(p);
		for (at = 0; at < ends[i]; at++)
			assert_int_equal(p[at], CAPTURE_POISON);
		assert_int_equal(write(to, p, ends[i]), (ssize_t)ends[i]);
		assert_int_equal(write(to, p + ends[i], 1), -1);
		assert_int_equal(errno, EFAULT);
	}
	assert_null(guarded(GUARDED_MAX + 1));
	close(to);
}
