// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_kept.c: what nobody knows travels byte for byte, in either byte order, and what a layout
 * cannot carry is named. Also: typed capabilities, writers given what no reader gives, and buffers
 * that change behind the reader's back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../bytes.h"
#include "blob.h"

static int convert(const struct blob *from, uint32_t layout, uint32_t options, struct blob *to,
		   uint32_t *lost)
{
	struct devfd d;

	open_blob(&d, from);
	return devfd_convert(&d, layout, options, to->p, CAPACITY, &to->size, lost);
}

/* Unknown records are native in their own byte order, enveloped in the other, and native again on
 * the way back. */
static void unknown_travels(void **state)
{
	static const uint32_t layouts[] = {DEVFD_TLV, DEVFD_ARRAY};
	struct blob start, there, back;
	uint32_t lost, i, order;

	(void)state;
	load("kept-tlv", &start);
	for (i = 0; i < 2; i++) {
		for (order = DEVFD_LITTLE; order <= DEVFD_BIG; order++) {
			assert_int_equal(convert(&start, layouts[i], order, &there, &lost),
					 DEVFD_OK);
			assert_int_equal(lost, 0);
			assert_int_equal(convert(&there, DEVFD_TLV, DEVFD_LITTLE, &back, &lost),
					 DEVFD_OK);
			assert_int_equal(back.size, start.size);
			assert_memory_equal(back.p, start.p, start.size);
		}
	}
}

static void unknown_is_read(void **state)
{
	static const struct {
		uint32_t origin, order, id, version, size;
	} want[] = {
		{DEVFD_ORIGIN_RECORD, DEVFD_ORDER_LITTLE, 8, 5, 4},
		{DEVFD_ORIGIN_RECORD, DEVFD_ORDER_LITTLE, 256, 0, 0},
		{DEVFD_ORIGIN_REGION_CAP, DEVFD_ORDER_BIG, 4, 2, 7},
		{DEVFD_ORIGIN_REGION_CAP, DEVFD_ORDER_LITTLE, 9, 1, 0},
		{DEVFD_ORIGIN_RECORD, DEVFD_ORDER_LITTLE, 0x20000, 0, 4},
	};
	struct devfd_item item;
	struct devfd_kept kept;
	struct devfd d;
	struct blob blob;
	uint32_t cursor = 0, i;

	(void)state;
	load("kept-tlv", &blob);
	open_blob(&d, &blob);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_OK);
		assert_int_equal(kept.origin, want[i].origin);
		assert_int_equal(kept.order, want[i].order);
		assert_int_equal(kept.id, want[i].id);
		assert_int_equal(kept.version, want[i].version);
		assert_int_equal(kept.size, want[i].size);
	}
	assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_END);
	assert_int_equal(item.more, 0x100);
	assert_int_equal(item.type, 0x80008086);
	assert_int_equal(item.subtype, 1);
	assert_int_equal(item.areas.count, 2);
	assert_int_equal(devfd_get_irq(&d, 1, &item), DEVFD_IS_ABSENT);
	assert_int_equal(devfd_get_irq(&d, 0, &item), DEVFD_OK);
	assert_int_equal(item.count, 3);
	cursor = 0;
	for (i = 0; devfd_get_kept(&d.device, &cursor, &kept) == DEVFD_OK; i++)
		;
	assert_int_equal(i, 3);
}

/* fixed names everything that it cannot carry; leave to lose closes what that would open. */
static void fixed_names_the_losses(void **state)
{
	struct devfd_item item;
	struct devfd_area area;
	struct blob start, out;
	struct devfd d;
	uint32_t lost;

	(void)state;
	load("kept-tlv", &start);
	assert_int_equal(convert(&start, DEVFD_FIXED, DEVFD_LITTLE, &out, &lost), DEVFD_LOSS);
	assert_int_equal(convert(&start, DEVFD_FIXED, DEVFD_LITTLE | DEVFD_LOSSY, &out, &lost),
			 DEVFD_OK);
	assert_true(lost & DEVFD_LOST_KEPT);
	assert_true(lost & DEVFD_LOST_OFFSET);
	assert_true(lost & DEVFD_AREAS);
	assert_true(lost & DEVFD_TYPE);
	assert_true(lost & DEVFD_PHYS_ADDR);
	assert_true(lost & DEVFD_DT_PATH);
	assert_true(lost & DEVFD_DT_INDEX);
	open_blob(&d, &out);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_IS_ABSENT);
	assert_int_equal(devfd_get_irq(&d, 0, &item), DEVFD_OK);
	assert_int_equal(item.flags & DEVFD_DT_INDEX, 0);
	assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_END);
	assert_int_equal(d.device.more, 0x80000000);
}

static void strict_conversion_lists_and_refuses(void **state)
{
	struct blob start, out;
	uint32_t lost;

	(void)state;
	load("pci-draft", &start);
	assert_int_equal(convert(&start, DEVFD_FIXED, DEVFD_LITTLE, &out, &lost), DEVFD_LOSS);
	assert_int_equal(convert(&start, 0, DEVFD_LITTLE, &out, &lost), DEVFD_MISUSE);
	load("dt-big", &start);
	assert_int_equal(convert(&start, DEVFD_FIXED, DEVFD_LITTLE, &out, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_DT_PATH | DEVFD_DT_INDEX);
}

/* ---- Writers given what no reader gives ---- */

static void record(uint8_t *p, uint32_t type, uint32_t size)
{
	memset(p, 0, size);
	devfd_set32(p, type, 0);
	devfd_set32(p + 4, size, 0);
}

/* An envelope that would become a listed record, a record out of order, or a record of odd length,
 * is refused. */
static void kept_that_cannot_stand_alone(void **state)
{
	static const struct {
		uint32_t id[2], size;
		int rc;
	} cases[] = {
		{{8, 9}, 4, DEVFD_OK},
		{{9, 8}, 4, DEVFD_LOSS},
		{{1, 8}, 4, DEVFD_LOSS},
		{{8, 9}, 3, DEVFD_LOSS},
	};
	struct devfd_item device = {.kind = DEVFD_DEVICE};
	struct devfd_writer w;
	struct blob out;
	uint8_t run[2 * 36];
	uint32_t i, j, lost;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (j = 0; j < 2; j++) {
			uint8_t *p = run + (size_t)36 * j;

			record(p, 0x10007, 36);
			devfd_set32(p + 12, DEVFD_ORIGIN_RECORD, 0);
			devfd_set32(p + 16, DEVFD_ORDER_BIG, 0);
			devfd_set32(p + 20, cases[i].id[j], 0);
			devfd_set32(p + 28, cases[i].size, 0);
		}
		device.kept.base = run;
		device.kept.end = sizeof(run);
		device.kept.origin = DEVFD_ORIGIN_RECORD;
		device.kept.order = DEVFD_ORDER_LITTLE;
		assert_int_equal(devfd_begin(&w, DEVFD_TLV, DEVFD_BIG, out.p, CAPACITY), DEVFD_OK);
		assert_int_equal(devfd_put(&w, &device, &lost), cases[i].rc);
		assert_int_equal(lost, cases[i].rc ? DEVFD_LOST_KEPT : 0);
	}
}

/* Envelopes and records that stand as themselves keep the order that they came in, or are refused.
 */
static void kept_travels_in_its_order_or_not_at_all(void **state)
{
	/* Envelopes of a big-endian file: {origin, id} of each, and what becomes of them in a
	 * little-endian one. */
	static const struct {
		uint32_t kept[2][2];
		int rc;
	} cases[] = {
		{{{DEVFD_ORIGIN_RECORD, 8}, {DEVFD_ORIGIN_DEVICE_CAP, 9}}, DEVFD_OK},
		{{{DEVFD_ORIGIN_DEVICE_CAP, 9}, {DEVFD_ORIGIN_RECORD, 0x20000}}, DEVFD_OK},
		{{{DEVFD_ORIGIN_RECORD, 0x20000}, {DEVFD_ORIGIN_DEVICE_CAP, 9}}, DEVFD_LOSS},
		{{{DEVFD_ORIGIN_DEVICE_CAP, 9}, {DEVFD_ORIGIN_RECORD, 8}}, DEVFD_LOSS},
		{{{DEVFD_ORIGIN_RECORD, 0}, {DEVFD_ORIGIN_DEVICE_CAP, 9}}, DEVFD_LOSS},
	};
	struct blob start, out, back;
	uint32_t i, j, lost;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start.size = 12 + 36 + 2 * 36 + 12;
		memset(start.p, 0, start.size);
		devfd_set32(start.p, 0x70636900, 1);
		devfd_set32(start.p + 4, 2, 1);
		devfd_set32(start.p + 12, 0x10000, 1);
		devfd_set32(start.p + 16, 36, 1);
		for (j = 0; j < 2; j++) {
			uint8_t *p = start.p + 48 + (size_t)36 * j;

			devfd_set32(p, 0x10007, 1);
			devfd_set32(p + 4, 36, 1);
			devfd_set32(p + 12, cases[i].kept[j][0], 1);
			devfd_set32(p + 16, DEVFD_ORDER_LITTLE, 1);
			devfd_set32(p + 20, cases[i].kept[j][1], 1);
			devfd_set32(p + 28, 4, 1);
			memset(p + 32, 0x41, 4);
		}
		devfd_set32(start.p + 120, 0xffffffff, 1);
		devfd_set32(start.p + 124, 12, 1);
		assert_int_equal(convert(&start, DEVFD_TLV, DEVFD_LITTLE, &out, &lost),
				 cases[i].rc);
		assert_int_equal(lost, cases[i].rc ? DEVFD_LOST_KEPT : 0);
		if (cases[i].rc)
			continue;
		assert_int_equal(convert(&out, DEVFD_TLV, DEVFD_BIG, &back, &lost), DEVFD_OK);
		assert_int_equal(back.size, start.size);
		assert_memory_equal(back.p, start.p, start.size);
	}
}

static void fixed_knows_its_types(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .bus = DEVFD_BUS_PCI, .num_regions = 9, .num_irqs = 5};
	struct devfd_item region = {.kind = DEVFD_REGION, .state = DEVFD_PRESENT};
	struct devfd_writer w;
	struct blob out;
	struct devfd d;
	size_t size;
	uint32_t lost;

	(void)state;
	/* BAR 0 that is no BAR, or another one; configuration space that is none. */
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_BAR);
	region.index = 1;
	region.offset = 1ull << 40;
	region.flags = DEVFD_BAR;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_BAR);
	/* Without configuration space no type of PCI is complete, with leave to lose or without. */
	assert_int_equal(devfd_end(&w, &size), DEVFD_LOSS);
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_LOSSY, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	region.index = 7;
	region.offset = 7ull << 40;
	region.flags = 0;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(lost, DEVFD_CONFIG_SPACE);
	assert_int_equal(devfd_end(&w, &size), DEVFD_LOSS);
	/* The forms of 2010 and 2011 have no index 7; their counts name them. */
	device.num_regions = 16;
	device.num_irqs = 3;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_LOST_ITEM);
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	region.index = 15;
	region.offset = 15ull << 48;
	region.flags = DEVFD_CONFIG_SPACE;
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &size), DEVFD_ROOM);
	device.num_irqs = 4;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_LOST_ITEM);
	/* Regions far behind the first 32 indexes are nothing to a table of BARs. */
	device.bus = DEVFD_BUS_FSL_MC;
	device.num_regions = 41;
	device.num_irqs = 0;
	region.index = 40;
	region.offset = 40ull << 40;
	region.flags = 0;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, out.p, CAPACITY), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &region, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &out.size), DEVFD_OK);
	assert_int_equal(out.size, 48 + 41 * 20);
	open_blob(&d, &out);
	assert_int_equal(devfd_get_region(&d, 40, &region), DEVFD_IS_EMPTY);
	assert_int_equal(region.offset, 40ull << 40);
}

/* Configuration space that could not be read does not tell one type from another. */
static void fixed_needs_configuration_space(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .bus = DEVFD_BUS_PCI, .num_regions = 9, .num_irqs = 5};
	struct devfd_item config = {
		.kind = DEVFD_REGION, .index = 7, .error = 22, .state = DEVFD_UNREADABLE};
	struct devfd_writer w;
	size_t size;
	uint32_t lost;

	(void)state;
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, NULL, 0), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &config, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &size), DEVFD_LOSS);
}

static void both_forms_of_lyon(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .bus = DEVFD_BUS_PCI, .num_regions = 16, .num_irqs = 3};
	struct devfd_item config = {.kind = DEVFD_REGION, .index = 15, .size = 256};
	struct devfd_item got;
	struct devfd_writer w;
	struct blob out, back;
	struct devfd d;
	uint32_t lost, shift;

	(void)state;
	config.flags = DEVFD_READ | DEVFD_CONFIG_SPACE;
	for (shift = 40; shift <= 48; shift += 8) {
		config.offset = 15ull << shift;
		assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_BIG, out.p, CAPACITY),
				 DEVFD_OK);
		assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
		assert_int_equal(devfd_put(&w, &config, &lost), DEVFD_OK);
		assert_int_equal(devfd_end(&w, &out.size), DEVFD_OK);
		open_blob(&d, &out);
		assert_int_equal(devfd_get_region(&d, 15, &got), DEVFD_OK);
		assert_int_equal(got.offset, config.offset);
		assert_int_equal(devfd_get_region(&d, 7, &got), DEVFD_IS_ABSENT);
		assert_int_equal(convert(&out, DEVFD_FIXED, DEVFD_BIG, &back, &lost), DEVFD_OK);
		assert_memory_equal(back.p, out.p, out.size);
	}
}

static void too_many_regions_for_any_file(void **state)
{
	struct devfd_item device = {
		.kind = DEVFD_DEVICE, .num_regions = 0xffffffff, .num_irqs = 0xffffffff};
	struct devfd_writer w;
	size_t size;
	uint32_t lost;
	uint8_t small[100];
	struct blob out, back;

	(void)state;
	assert_int_equal(devfd_begin(&w, DEVFD_ARRAY, 0, small, sizeof(small)), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &size), DEVFD_LOSS);
	assert_int_equal(size, 0);
	/* Nothing of it is at fault, and still there is no such file: that is said too. */
	assert_int_equal(devfd_begin(&w, DEVFD_TLV, DEVFD_LITTLE, out.p, CAPACITY), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &out.size), DEVFD_OK);
	assert_int_equal(convert(&out, DEVFD_ARRAY, DEVFD_LITTLE, &back, &lost), DEVFD_LOSS);
	assert_int_equal(lost, DEVFD_LOST_ITEM);
}

static void arguments_out_of_range(void **state)
{
	struct devfd_item item = {.kind = DEVFD_IOMMU};
	struct devfd_writer w;
	struct devfd_kept kept;
	struct devfd_error e;
	struct devfd d;
	struct blob blob;
	size_t size;
	uint32_t cursor = 0, lost;

	(void)state;
	/* A writer that did not begin puts nothing, whatever it is asked. */
	memset(&w, 0, sizeof(w));
	item.kind = DEVFD_DEVICE;
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_begin(&w, 4, 0, NULL, 0), DEVFD_MISUSE);
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_MISUSE);
	assert_int_equal(devfd_end(&w, &size), DEVFD_MISUSE);
	assert_int_equal(devfd_begin(&w, DEVFD_TLV, 0, NULL, 0), DEVFD_OK);
	item.bus = DEVFD_BUS_CDX + 1;
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_MISUSE);
	item.kind = DEVFD_IOMMU;
	assert_int_equal(devfd_open_as(&d, 4, 0, "", 0, &e), DEVFD_MISUSE);
	assert_int_equal(devfd_open(&d, "", 0x80000000u, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, DEVFD_RULE_MODEL_INPUT_MAX);
	assert_int_equal(devfd_reply(1, 0, 0, "", 0x80000000u, &item, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, DEVFD_RULE_MODEL_INPUT_MAX);
	load("pci-array", &blob);
	assert_int_equal(devfd_open_as(&d, DEVFD_TLV, 0, blob.p, blob.size, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, DEVFD_RULE_TLV_HEADER_MAGIC_IN);
	item.kept.base = blob.p;
	item.kept.end = 8;
	item.kept.origin = 99;
	assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_END);
	item.kept.origin = DEVFD_ORIGIN_RECORD;
	assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_END);
}

/* ---- Buffers that change after they were checked ---- */

/* Every word is overwritten with awkward values, one at a time and for good; nothing may leave the
 * buffer or hang. */
static void buffers_that_change(void **state)
{
	static const char *const names[] = {"kept-tlv", "pci-array", "pci-fixed", "pci-draft",
					    "dt-big"};
	static const uint32_t values[] = {0,  1,  7,          11,         12,
					  13, 32, 0x7fffffff, 0xfffffff0, 0xffffffff};
	struct devfd_item item;
	struct devfd_kept kept;
	struct devfd_area area;
	struct blob blob, out;
	struct devfd d;
	uint32_t name, v, i, j, cursor, lost, big;
	size_t at;

	(void)state;
	for (name = 0; name < 5; name++) {
		load(names[name], &blob);
		for (at = 0; at + 4 <= blob.size; at += 4) {
			for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
				uint8_t *exact = malloc(blob.size);
				struct devfd_error e;

				assert_non_null(exact);
				memcpy(exact, blob.p, blob.size);
				assert_int_equal(devfd_open(&d, exact, blob.size, &e), DEVFD_OK);
				big = d.order == DEVFD_BIG;
				devfd_set32(exact + at, values[v], big);
				for (i = 0; devfd_next(&d, &item) == DEVFD_OK; i++) {
					assert_true(i < 1000);
					devfd_set32(exact + at, values[(v + i) % 10], big);
					cursor = 0;
					for (j = 0;
					     devfd_get_kept(&item, &cursor, &kept) == DEVFD_OK; j++)
						assert_true(j < 1000);
					for (j = 0; devfd_get_area(&item, j, &area) == DEVFD_OK;
					     j++)
						assert_true(area.size <= item.size);
				}
				(void)devfd_get_region(&d, 7, &item);
				(void)devfd_get_irq(&d, 2, &item);
				(void)devfd_convert(&d, DEVFD_ARRAY, DEVFD_LOSSY, out.p, CAPACITY,
						    &out.size, &lost);
				(void)devfd_convert(&d, DEVFD_TLV, DEVFD_LOSSY, out.p, CAPACITY,
						    &out.size, &lost);
				free(exact);
			}
		}
	}
}

/* A draft file has no count of its own; a region that moves behind the one found at first is
 * refused. */
static void an_index_that_moves(void **state)
{
	uint8_t p[56] = {0}, out[512];
	struct devfd_error e;
	struct devfd d;
	size_t size;
	uint32_t lost;

	(void)state;
	devfd_set32(p, 0x70636900, 0);
	devfd_set32(p + 4, 1, 0);
	record(p + 40, 6, 16);
	devfd_set32(p + 12, 1, 0);
	devfd_set32(p + 16, 44, 0);
	assert_int_equal(devfd_open(&d, p, sizeof(p), &e), DEVFD_OK);
	assert_int_equal(d.device.num_regions, 1);
	p[52] = 5;
	assert_int_equal(devfd_convert(&d, DEVFD_TLV, 0, out, sizeof(out), &size, &lost),
			 DEVFD_MISUSE);
}

/* ---- Typed capabilities ---- */

static struct devfd_kept cap(uint32_t origin, uint32_t id, uint32_t version, const uint8_t *data,
			     uint32_t size)
{
	struct devfd_kept kept = {origin, DEVFD_ORDER_BIG, id, version, data, size};

	return kept;
}

static void typed_capabilities(void **state)
{
	static const uint8_t n[40] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
				      14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
				      28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39};
	static const uint8_t list[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
				       0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6};
	static const uint8_t text[] = {0, 0, 0, 2, 0xc1, 0xc2, 0};
	struct devfd_cap_zpci_base base;
	struct devfd_cap_zpci_group group;
	struct devfd_cap_zpci_util util;
	struct devfd_cap_zpci_pfip pfip;
	struct devfd_cap_pci_atomic_comp atomic;
	struct devfd_cap_nvlink2_ssatgt tgt;
	struct devfd_cap_nvlink2_lnkspd speed;
	struct devfd_cap_iova_range ranges;
	struct devfd_cap_migration migration;
	struct devfd_cap_dma_avail avail;
	struct devfd_iova_range range;
	struct devfd_kept k;

	(void)state;
#define DEVICE DEVFD_ORIGIN_DEVICE_CAP
#define REGION DEVFD_ORIGIN_REGION_CAP
#define IOMMU  DEVFD_ORIGIN_IOMMU_CAP
/* Right, then with another origin, another id, and too short. */
#define TRY(get, out, origin, id, version, data, size)                                             \
	do {                                                                                       \
		k = cap((origin) ^ 1, id, version, data, size);                                    \
		assert_int_equal(get(&k, out), DEVFD_REJECT);                                      \
		k = cap(origin, (id) + 100, version, data, size);                                  \
		assert_int_equal(get(&k, out), DEVFD_REJECT);                                      \
		k = cap(origin, id, version, data, (size)-1);                                      \
		assert_int_equal(get(&k, out), DEVFD_REJECT);                                      \
		k = cap(origin, id, version, data, size);                                          \
		assert_int_equal(get(&k, out), DEVFD_OK);                                          \
	} while (0)

	TRY(devfd_get_zpci_base, &base, DEVICE, 1, 1, n, 24);
	assert_int_equal(base.start_dma, 0x0001020304050607ull);
	assert_int_equal(base.gid, 23);
	assert_int_equal(base.fh, 0);
	TRY(devfd_get_zpci_base, &base, DEVICE, 1, 2, n, 28);
	assert_int_equal(base.fh, 0x18191a1b);
	assert_int_equal(base.ccdf_err_length, 0);
	TRY(devfd_get_zpci_base, &base, DEVICE, 1, 4, n, 32);
	assert_int_equal(base.ccdf_err_length, 0x1c1d1e1f);
	assert_int_equal(base.cap_version, 4);
	TRY(devfd_get_zpci_group, &group, DEVICE, 2, 1, n, 31);
	assert_int_equal(group.pci_version, 30);
	assert_int_equal(group.imaxstbl, 0);
	TRY(devfd_get_zpci_group, &group, DEVICE, 2, 2, n, 34);
	assert_int_equal(group.imaxstbl, 0x2021);
	TRY(devfd_get_zpci_util, &util, DEVICE, 3, 1, text, 6);
	assert_ptr_equal(util.util_str, text + 4);
	TRY(devfd_get_zpci_pfip, &pfip, DEVICE, 4, 1, text, 6);
	assert_int_equal(pfip.size, 2);
	k = cap(DEVICE, 3, 1, text, 3);
	assert_int_equal(devfd_get_zpci_util(&k, &util), DEVFD_REJECT);
	k = cap(DEVICE, 4, 1, text, 3);
	assert_int_equal(devfd_get_zpci_pfip(&k, &pfip), DEVFD_REJECT);
	TRY(devfd_get_pci_atomic_comp, &atomic, DEVICE, 5, 1, n, 8);
	TRY(devfd_get_nvlink2_ssatgt, &tgt, REGION, 4, 1, n, 8);
	TRY(devfd_get_nvlink2_lnkspd, &speed, REGION, 5, 1, n, 8);
	assert_int_equal(speed.link_speed, 0x00010203);
	TRY(devfd_get_iova_range, &ranges, IOMMU, 1, 1, list, 24);
	k = cap(IOMMU, 1, 1, list, 7);
	assert_int_equal(devfd_get_iova_range(&k, &ranges), DEVFD_REJECT);
	assert_int_equal(ranges.nr_iovas, 1);
	assert_int_equal(devfd_get_iova_range_at(&ranges, 0, &range), DEVFD_OK);
	assert_int_equal(range.start, 5);
	assert_int_equal(range.end, 6);
	assert_int_equal(devfd_get_iova_range_at(&ranges, 1, &range), DEVFD_END);
	TRY(devfd_get_migration, &migration, IOMMU, 2, 1, n, 24);
	assert_int_equal(migration.max_dirty_bitmap_size, 0x1011121314151617ull);
	TRY(devfd_get_dma_avail, &avail, IOMMU, 3, 1, n, 4);
	assert_int_equal(avail.avail, 0x00010203);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_travels),
		cmocka_unit_test(unknown_is_read),
		cmocka_unit_test(fixed_names_the_losses),
		cmocka_unit_test(strict_conversion_lists_and_refuses),
		cmocka_unit_test(kept_that_cannot_stand_alone),
		cmocka_unit_test(kept_travels_in_its_order_or_not_at_all),
		cmocka_unit_test(fixed_knows_its_types),
		cmocka_unit_test(fixed_needs_configuration_space),
		cmocka_unit_test(both_forms_of_lyon),
		cmocka_unit_test(too_many_regions_for_any_file),
		cmocka_unit_test(arguments_out_of_range),
		cmocka_unit_test(buffers_that_change),
		cmocka_unit_test(an_index_that_moves),
		cmocka_unit_test(typed_capabilities),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
