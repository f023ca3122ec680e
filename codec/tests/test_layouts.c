// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_layouts.c: descriptions typed by hand are read, looked up, and written again byte for byte
 * in every layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../codec.h"
#include "blob.h"

static void convert(const struct blob *from, uint32_t layout, uint32_t order, struct blob *to)
{
	struct devfd d;
	uint32_t lost;

	open_blob(&d, from);
	memset(to->p, 0xa5, CAPACITY);
	assert_int_equal(devfd_convert(&d, layout, order, to->p, CAPACITY, &to->size, &lost),
			 DEVFD_OK);
	assert_int_equal(lost, 0);
	if (to->size < CAPACITY)
		assert_int_equal(to->p[to->size], 0xa5);
	open_blob(&d, to);
	assert_int_equal(d.layout, layout);
	assert_int_equal(d.order, order);
}

static void assert_same(const struct blob *a, const struct blob *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->p, b->p, a->size);
}

/* The golden files of one device, each in its layout and byte order. */
static const struct {
	const char *name;
	uint32_t layout, order;
} golden[] = {
	{"pci-tlv", DEVFD_TLV, DEVFD_LITTLE},
	{"pci-array", DEVFD_ARRAY, DEVFD_BIG},
	{"pci-fixed", DEVFD_FIXED, DEVFD_LITTLE},
};

enum { GOLDEN = sizeof(golden) / sizeof(golden[0]) };

static void every_golden_becomes_every_other(void **state)
{
	struct blob from, want, got;
	size_t i, j;

	(void)state;
	for (i = 0; i < GOLDEN; i++) {
		for (j = 0; j < GOLDEN; j++) {
			load(golden[i].name, &from);
			load(golden[j].name, &want);
			convert(&from, golden[j].layout, golden[j].order, &got);
			assert_same(&want, &got);
		}
	}
}

/* Every path of up to three conversions, and back to the first form. */
static void every_path_leads_back(void **state)
{
	struct blob start, path[4];
	uint32_t step;

	(void)state;
	load("pci-tlv", &start);
	for (step = 0; step < 6 * 6 * 6; step++) {
		uint32_t turn = step, i;

		path[0] = start;
		for (i = 1; i < 4; i++, turn /= 6)
			convert(&path[i - 1], turn % 3 + 1, turn / 3 % 2 ? DEVFD_BIG : DEVFD_LITTLE,
				&path[i]);
		convert(&path[3], DEVFD_TLV, DEVFD_LITTLE, &path[0]);
		assert_same(&start, &path[0]);
	}
}

static void look_up(void **state)
{
	struct devfd_item item;
	struct devfd_area area;
	struct devfd d;
	struct blob blob;
	size_t i;

	(void)state;
	for (i = 0; i < GOLDEN; i++) {
		load(golden[i].name, &blob);
		open_blob(&d, &blob);
		assert_int_equal(d.device.vendor, 0x1b36);
		assert_int_equal(d.device.class_, 0x010802);
		assert_int_equal(d.device.flags, DEVFD_RESET | DEVFD_IDENTITY);
		assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
		assert_int_equal(item.size, 0x4000);
		assert_int_equal(item.flags, DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP |
						     DEVFD_MSIX_MAPPABLE | DEVFD_BAR);
		assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_OK);
		assert_int_equal(area.offset, 0);
		assert_int_equal(area.size, 0x4000);
		assert_int_equal(devfd_get_area(&item, 1, &area), DEVFD_END);
		assert_int_equal(devfd_get_region(&d, 1, &item), DEVFD_IS_EMPTY);
		assert_int_equal(item.offset, 1ull << 40);
		assert_int_equal(devfd_get_region(&d, 2, &item), DEVFD_IS_ABSENT);
		assert_int_equal(devfd_get_region(&d, 7, &item), DEVFD_OK);
		assert_true(item.flags & DEVFD_CONFIG_SPACE);
		assert_int_equal(devfd_get_region(&d, 8, &item), DEVFD_IS_UNREADABLE);
		assert_int_equal(item.error, 22);
		assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_END);
		assert_int_equal(devfd_get_region(&d, 9, &item), DEVFD_IS_ABSENT);
		assert_int_equal(devfd_get_region(&d, 0xffffffff, &item), DEVFD_IS_ABSENT);
		assert_int_equal(devfd_get_irq(&d, 2, &item), DEVFD_OK);
		assert_int_equal(item.count, 65);
		assert_int_equal(devfd_get_irq(&d, 1, &item), DEVFD_IS_ABSENT);
		assert_int_equal(devfd_get_irq(&d, 5, &item), DEVFD_IS_ABSENT);
	}
}

static void draft_device_tree(void **state)
{
	struct devfd_item item;
	struct devfd d;
	struct blob blob, other;

	(void)state;
	load("dt-big", &blob);
	open_blob(&d, &blob);
	assert_int_equal(d.version, 1);
	assert_int_equal(d.order, DEVFD_BIG);
	assert_int_equal(d.device.bus, DEVFD_BUS_DT);
	assert_int_equal(d.device.num_regions, 2);
	assert_int_equal(d.device.num_irqs, 1);
	assert_int_equal(devfd_get_region(&d, 1, &item), DEVFD_OK);
	assert_int_equal(item.prop_type, DEVFD_PROP_TYPE_REG);
	assert_int_equal(item.prop_index, 1);
	assert_int_equal(item.dt_path.size, 16);
	assert_memory_equal(item.dt_path.p, "/soc/serial@4500", 16);
	assert_int_equal(devfd_get_irq(&d, 0, &item), DEVFD_OK);
	assert_int_equal(item.prop_type, DEVFD_PROP_TYPE_INTERRUPTS);
	assert_int_equal(item.count, 1);
	convert(&blob, DEVFD_ARRAY, DEVFD_LITTLE, &other);
	convert(&other, DEVFD_TLV, DEVFD_BIG, &blob);
	open_blob(&d, &blob);
	assert_int_equal(d.version, 2);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	assert_memory_equal(item.dt_path.p, "/soc/serial@4500", 16);
}

static void draft_pci(void **state)
{
	struct devfd_item item;
	struct devfd d;
	struct blob blob;

	(void)state;
	load("pci-draft", &blob);
	open_blob(&d, &blob);
	assert_int_equal(devfd_get_region(&d, 2, &item), DEVFD_OK);
	assert_int_equal(item.bar, 2);
	assert_int_equal(item.size, 32);
	assert_int_equal(item.flags & (DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP),
			 DEVFD_READ | DEVFD_WRITE);
	assert_int_equal(devfd_get_region(&d, 7, &item), DEVFD_OK);
	assert_int_equal(item.size, 256);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	assert_int_equal(item.phys_addr, 0xfee00000);
}

/* What fixed cannot carry is named; with DEVFD_LOSSY it goes, and takes with it what would then say
 * too much. */
static void fixed_fails_closed(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .bus = DEVFD_BUS_PLATFORM, .num_regions = 2};
	struct devfd_item region = {.kind = DEVFD_REGION, .state = DEVFD_PRESENT, .size = 0x1000};
	static const uint8_t areas[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct devfd_writer w;
	struct devfd_item got;
	struct devfd d;
	struct blob blob;
	uint32_t lost;

	(void)state;
	region.flags = DEVFD_READ | DEVFD_MMAP | DEVFD_AREAS;
	region.areas.p = areas;
	region.areas.count = 1;
	region.areas.order = DEVFD_ORDER_LITTLE;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_LITTLE, blob.p, CAPACITY), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_AREAS);
	assert_int_equal(devfd_end(&w, &blob.size), DEVFD_LOSS);

	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_LITTLE | DEVFD_LOSSY, blob.p, CAPACITY),
			 DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(lost, DEVFD_AREAS);
	region.index = 1;
	region.flags = DEVFD_READ;
	region.offset = 0x2000;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(lost, DEVFD_LOST_OFFSET);
	assert_int_equal(devfd_end(&w, &blob.size), DEVFD_OK);
	open_blob(&d, &blob);
	assert_int_equal(devfd_get_region(&d, 0, &got), DEVFD_OK);
	assert_int_equal(got.flags, DEVFD_READ);
	assert_int_equal(devfd_get_region(&d, 1, &got), DEVFD_IS_ABSENT);
}

static void no_type_for_the_device(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .bus = DEVFD_BUS_PCI, .num_regions = 12, .num_irqs = 5};
	struct devfd_writer w;
	struct blob blob;
	uint32_t lost;

	(void)state;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_LOSSY, blob.p, CAPACITY), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_LOST_ITEM);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_LOSS);
	assert_int_equal(devfd_end(&w, &blob.size), DEVFD_LOSS);
}

/* A writer tells the size that it needs, and never writes past what it has. */
static void every_capacity(void **state)
{
	struct blob blob, out;
	struct devfd d;
	size_t capacity, size, i;
	uint32_t lost, layout;

	(void)state;
	load("pci-tlv", &blob);
	for (layout = DEVFD_TLV; layout <= DEVFD_FIXED; layout++) {
		convert(&blob, layout, DEVFD_BIG, &out);
		for (capacity = 0; capacity <= out.size; capacity++) {
			uint8_t *exact = malloc(capacity + 1);
			int rc;

			assert_non_null(exact);
			exact[capacity] = 0x5a;
			open_blob(&d, &blob);
			rc = devfd_convert(&d, layout, DEVFD_BIG, exact, capacity, &size, &lost);
			assert_int_equal(rc, capacity < out.size ? DEVFD_ROOM : DEVFD_OK);
			assert_int_equal(size, out.size);
			assert_int_equal(exact[capacity], 0x5a);
			for (i = 0; rc == DEVFD_OK && i < size; i++)
				assert_int_equal(exact[i], out.p[i]);
			free(exact);
		}
	}
}

static void writer_keeps_the_order(void **state)
{
	struct devfd_item device = {.kind = DEVFD_DEVICE, .num_regions = 3, .num_irqs = 1};
	struct devfd_item region = {.kind = DEVFD_REGION, .index = 1};
	struct devfd_item irq = {.kind = DEVFD_IRQ};
	struct devfd_writer w;
	size_t size;
	uint32_t lost;

	(void)state;
	assert_int_equal(devfd_begin(&w, 0, 0, NULL, 0), DEVFD_MISUSE);
	assert_int_equal(devfd_begin(&w, 4, 0, NULL, 0), DEVFD_MISUSE);
	assert_int_equal(devfd_begin(&w, DEVFD_TLV, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &size), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_MISUSE);
	region.index = 3;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &irq, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &irq, &lost), DEVFD_MISUSE);
	irq.index = 1;
	assert_int_equal(devfd_put(&w, &irq, &lost), DEVFD_MISUSE);
	region.index = 2;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_end(&w, &size), DEVFD_ROOM);
	assert_int_equal(devfd_end(&w, &size), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &irq, &lost), DEVFD_MISUSE);
}

static void results_have_errnos(void **state)
{
	static const int want[][2] = {
		{DEVFD_OK, 0},       {DEVFD_END, 0},    {DEVFD_IS_EMPTY, 0},
		{DEVFD_REJECT, -74}, {DEVFD_MORE, -7},  {DEVFD_IS_ABSENT, -2},
		{DEVFD_ROOM, -28},   {DEVFD_LOSS, -95}, {DEVFD_IS_UNREADABLE, -5},
		{DEVFD_MISUSE, -22}, {-1000, -22},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(devfd_errno(want[i][0]), want[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_becomes_every_other),
		cmocka_unit_test(every_path_leads_back),
		cmocka_unit_test(look_up),
		cmocka_unit_test(draft_device_tree),
		cmocka_unit_test(draft_pci),
		cmocka_unit_test(fixed_fails_closed),
		cmocka_unit_test(no_type_for_the_device),
		cmocka_unit_test(every_capacity),
		cmocka_unit_test(writer_keeps_the_order),
		cmocka_unit_test(results_have_errnos),
	};

	return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
