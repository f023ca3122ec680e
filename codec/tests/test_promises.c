// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_promises.c: the promises of SECURITY.md, by their numbers, through the public interface
 * alone. Inputs and outputs stand against pages that cannot be touched. Promises 4 and 5 count
 * loads and are in loads.c; 11 to 13 are about the compiled code and are in test_build.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../codec.h"
#include "golden.h"

enum {
	CAPACITY = 8192,
	/* More than any of these tests needs; a hang becomes a failure. */
	SECONDS_MAX = 120,
	EINVAL_OF_LINUX = 22,
};

/* ---- Pages that cannot be touched around a buffer ---- */

struct guarded {
	uint8_t *first, *end; /* of what may be touched */
};

static struct guarded guard(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = (size + page - 1) / page * page;
	struct guarded g;
	void *map = mmap(NULL, pages + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	g.first = (uint8_t *)map + page;
	g.end = g.first + pages;
	assert_int_equal(mprotect(g.first, pages, PROT_READ | PROT_WRITE), 0);
	return g;
}

static struct guarded in, out;

static int setup(void **state)
{
	(void)state;
	in = guard(CAPACITY);
	out = guard(CAPACITY);
	alarm(SECONDS_MAX);
	return 0;
}

/* ---- Inputs ---- */

struct blob {
	const char *name;
	uint32_t call; /* 0: a description */
	size_t size;
	uint8_t p[1024];
};

static void put32(uint8_t *p, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static void put_cap(uint8_t *p, uint32_t id, uint32_t version, uint32_t next)
{
	put32(p, id | version << 16);
	put32(p + 4, next);
}

enum { REGION_SIZE = 0x4000, AREA_SIZE = 0x1000, SPARSE = 48, COUNT = SPARSE + 8 };

/* Region 2 of 16 KiB with a type and two areas, an unknown capability behind them; little-endian.
 */
static void region_reply(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->name = "region reply";
	b->call = DEVFD_REGION_INFO;
	b->size = 112;
	put32(b->p, (uint32_t)b->size);
	put32(b->p + 4, 0xf); /* READ | WRITE | MMAP | CAPS */
	put32(b->p + 8, 2);
	put32(b->p + 12, 32);
	put32(b->p + 16, REGION_SIZE);
	put32(b->p + 28, 2 << 8); /* offset 2 << 40 */
	put_cap(b->p + 32, 2, 1, SPARSE);
	put_cap(b->p + SPARSE, 1, 1, 96);
	put32(b->p + COUNT, 2);
	put32(b->p + 72, AREA_SIZE);
	put32(b->p + 80, 0x3000);
	put32(b->p + 88, AREA_SIZE);
	put_cap(b->p + 96, 0x77, 1, 0);
}

/* A list of areas at the very end, where nothing but the count stops whoever walks it. */
static void bare_reply(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->name = "bare reply";
	b->call = DEVFD_REGION_INFO;
	b->size = 64;
	put32(b->p, (uint32_t)b->size);
	put32(b->p + 4, 0xf);
	put32(b->p + 8, 2);
	put32(b->p + 12, 32);
	put_cap(b->p + 32, 1, 1, 0);
	put32(b->p + 40, 1);
}

static void iommu_reply(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->name = "iommu reply";
	b->call = DEVFD_IOMMU_INFO;
	b->size = 72;
	put32(b->p, (uint32_t)b->size);
	put32(b->p + 4, 3); /* PGSIZES | CAPS */
	put32(b->p + 8, 0x1000);
	put32(b->p + 16, 24);
	put_cap(b->p + 24, 3, 1, 40);
	put32(b->p + 32, 65535);
	put_cap(b->p + 40, 1, 1, 0);
	put32(b->p + 48, 1);
	put32(b->p + 64, 0xfffff);
}

static void reset_reply(struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->name = "hot reset reply";
	b->call = DEVFD_HOT_RESET_INFO;
	b->size = 28;
	put32(b->p, (uint32_t)b->size);
	put32(b->p + 4, 3); /* DEV_ID | DEV_ID_OWNED */
	put32(b->p + 8, 2);
	put32(b->p + 12, 1);
	put32(b->p + 24, 0x08030001);
}

static void golden(struct blob *b, const char *name)
{
	memset(b, 0, sizeof(*b));
	b->name = name;
	b->size = golden_read(name, b->p, sizeof(b->p));
	assert_true(b->size > 0);
}

/* An array in which items have parts of the tail. */
static void with_tail(struct blob *b)
{
	struct devfd_error e;
	struct blob source;
	struct devfd d;
	uint32_t lost;

	memset(b, 0, sizeof(*b));
	b->name = "tail";
	golden(&source, "dt-big");
	assert_int_equal(devfd_open(&d, source.p, source.size, &e), DEVFD_OK);
	assert_int_equal(
		devfd_convert(&d, DEVFD_ARRAY, DEVFD_LITTLE, b->p, sizeof(b->p), &b->size, &lost),
		DEVFD_OK);
}

static const char *const goldens[] = {"pci-tlv", "pci-array", "pci-fixed", "dt-big", "pci-draft"};

enum { GOLDENS = 5, DESCRIPTIONS = GOLDENS + 1, BLOBS = DESCRIPTIONS + 4 };

static void blob(struct blob *b, uint32_t i)
{
	if (i < GOLDENS)
		golden(b, goldens[i]);
	else if (i == GOLDENS)
		with_tail(b);
	else if (i == DESCRIPTIONS)
		region_reply(b);
	else if (i == DESCRIPTIONS + 1)
		bare_reply(b);
	else if (i == DESCRIPTIONS + 2)
		iommu_reply(b);
	else
		reset_reply(b);
}

static uint32_t index_of(const struct blob *b)
{
	return b->call == DEVFD_REGION_INFO ? 2 : 0;
}

static int reply(const struct blob *b, const uint8_t *p, size_t size, struct devfd_item *item)
{
	struct devfd_error e;

	return devfd_reply(b->call, DEVFD_LITTLE, index_of(b), p, size, item, &e);
}

/* ---- All that can be asked of an input ---- */

/* Reads what an item points at. Everything has a byte of its own, so there are at most size. */
static void read_item(const struct devfd_item *item, size_t size)
{
	struct devfd_cap_iova_range ranges;
	struct devfd_iova_range range;
	struct devfd_dependent one;
	struct devfd_area area;
	struct devfd_kept kept;
	volatile uint8_t sum = 0;
	uint32_t cursor = 0, i, n = 0;

	for (i = 0; devfd_get_area(item, i, &area) == DEVFD_OK; i++) {
		assert_true(area.offset <= item->size);
		assert_true(area.size <= item->size - area.offset);
		assert_true(n++ <= size);
	}
	for (i = 0; devfd_get_dependent(item, i, &one) == DEVFD_OK; i++)
		assert_true(n++ <= size);
	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		for (i = 0; i < kept.size; i++)
			sum = (uint8_t)(sum + kept.data[i]);
		if (devfd_get_iova_range(&kept, &ranges) == DEVFD_OK) {
			for (i = 0; !devfd_get_iova_range_at(&ranges, i, &range); i++)
				assert_true(i <= size);
		}
		assert_true(n++ <= 2 * size);
	}
	for (i = 0; i < item->dt_path.size; i++)
		sum = (uint8_t)(sum + item->dt_path.p[i]);
}

static void read_description(struct devfd *d, size_t size)
{
	struct devfd_item item;
	uint32_t i, n = 0;

	devfd_rewind(d);
	while (devfd_next(d, &item) == DEVFD_OK) {
		read_item(&item, size);
		assert_true(n++ <= size);
	}
	for (i = 0; i < 10; i++) {
		if (devfd_get_region(d, i, &item) >= 0)
			read_item(&item, size);
		if (devfd_get_irq(d, i, &item) >= 0)
			read_item(&item, size);
	}
}

static int exercise(const struct blob *b, const uint8_t *p, size_t size)
{
	struct devfd_error e;
	struct devfd_item item;
	struct devfd d;
	uint32_t lost;
	size_t needed;
	int rc;

	if (b->call) {
		rc = reply(b, p, size, &item);
		if (rc == DEVFD_OK)
			read_item(&item, size);
		return rc;
	}
	rc = devfd_open(&d, p, size, &e);
	if (rc) {
		assert_true(e.rule != 0);
		assert_true(e.at <= size);
		return rc;
	}
	read_description(&d, size);
	(void)devfd_convert(&d, DEVFD_TLV, DEVFD_BIG | DEVFD_LOSSY, out.first, CAPACITY, &needed,
			    &lost);
	return rc;
}

/* Calls fn with each input that differs from a good one in one byte, by 1 or altogether. */
static void with_mutants(const struct blob *b, uint8_t *p,
			 void (*fn)(const struct blob *b, uint8_t *p))
{
	static const uint8_t values[] = {0x00, 0x01, 0x04, 0x08, 0x10, 0x30, 0x7f, 0x80, 0xff};
	size_t at;
	uint32_t i;

	for (at = 0; at < b->size; at++) {
		for (i = 0; i < sizeof(values); i++) {
			memcpy(p, b->p, b->size);
			p[at] = values[i];
			fn(b, p);
		}
		p[at] = (uint8_t)(b->p[at] + 1);
		fn(b, p);
		p[at] = (uint8_t)(b->p[at] - 1);
		fn(b, p);
	}
	memcpy(p, b->p, b->size);
}

/* ---- 1: no read outside the input ---- */

static void try_mutant(const struct blob *b, uint8_t *p)
{
	(void)exercise(b, p, b->size);
}

static void promise_1_reads_stay_inside_the_input(void **state)
{
	struct blob b;
	uint32_t i;
	size_t n;

	(void)state;
	for (i = 0; i < BLOBS; i++) {
		blob(&b, i);
		for (n = 0; n <= b.size; n++) {
			uint8_t *p = in.end - n;

			memcpy(p, b.p, n);
			(void)exercise(&b, p, n);
			memcpy(in.first, b.p, n);
			(void)exercise(&b, in.first, n);
		}
		assert_int_equal(exercise(&b, in.first, b.size), DEVFD_OK);
		with_mutants(&b, in.end - b.size, try_mutant);
	}
}

/* ---- 2: no write outside the capacity ---- */

static void promise_2_writes_stay_inside_the_capacity(void **state)
{
	uint32_t i, layout, order, lost;
	struct devfd_error e;
	struct blob b;
	struct devfd d;
	size_t capacity, needed, size;
	int rc;

	(void)state;
	for (i = 0; i < DESCRIPTIONS; i++) {
		blob(&b, i);
		assert_int_equal(devfd_open(&d, b.p, b.size, &e), DEVFD_OK);
		for (layout = DEVFD_TLV; layout <= DEVFD_ARRAY; layout++) {
			order = layout == DEVFD_TLV ? DEVFD_BIG : DEVFD_LITTLE;
			rc = devfd_convert(&d, layout, order, NULL, 0, &needed, &lost);
			assert_int_equal(rc, DEVFD_ROOM);
			assert_true(needed <= CAPACITY);
			for (capacity = 0; capacity <= needed; capacity++) {
				rc = devfd_convert(&d, layout, order, out.end - capacity, capacity,
						   &size, &lost);
				assert_int_equal(rc, capacity < needed ? DEVFD_ROOM : DEVFD_OK);
				assert_int_equal(size, needed);
			}
		}
	}
}

/* ---- 3: every call ends ---- */

struct kernel {
	uint32_t calls;
	uint32_t argsz; /* said in the last reply */
};

/* A kernel whose replies always need more than was offered. */
static int grows(void *context, uint32_t number, void *arg, uint32_t size)
{
	struct kernel *kernel = context;

	(void)number;
	kernel->calls++;
	kernel->argsz = size + 64;
	memset(arg, 0, size);
	memcpy(arg, &kernel->argsz, 4);
	return 0;
}

static void promise_3_every_call_ends(void **state)
{
	static uint8_t buf[CAPACITY];
	struct kernel kernel = {0, 0};
	struct devfd_item item;
	struct devfd_error e;
	struct blob b;
	uint32_t first, second;

	(void)state;
	region_reply(&b);
	for (first = 0; first < b.size; first += 4) {
		for (second = 0; second < b.size; second += 4) {
			memcpy(in.first, b.p, b.size);
			put32(in.first + 36, first);
			put32(in.first + SPARSE + 4, second);
			(void)exercise(&b, in.first, b.size);
		}
	}
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 0, grows, &kernel, buf, sizeof(buf), &item, &e),
		DEVFD_MORE);
	assert_true(kernel.calls <= 3);
}

/* ---- 6: nothing is written on reject ---- */

static void check_untouched(const struct blob *b, const uint8_t *p, size_t size)
{
	struct devfd_item item, before;

	memset(&before, 0xa5, sizeof(before));
	memcpy(&item, &before, sizeof(item));
	if (reply(b, p, size, &item) != DEVFD_OK)
		assert_memory_equal(&item, &before, sizeof(item));
}

static void check_mutant_untouched(const struct blob *b, uint8_t *p)
{
	check_untouched(b, p, b->size);
}

static void promise_6_nothing_is_written_on_reject(void **state)
{
	uint8_t buf[512], before[512];
	struct devfd_writer w;
	struct devfd_error e;
	struct devfd_item item;
	struct blob b;
	struct devfd d;
	uint32_t i, lost;
	size_t n;

	(void)state;
	for (i = DESCRIPTIONS; i < BLOBS; i++) {
		blob(&b, i);
		for (n = 0; n <= b.size; n++)
			check_untouched(&b, b.p, n);
		with_mutants(&b, in.end - b.size, check_mutant_untouched);
	}
	/* A writer that refuses an item has written nothing of it. */
	golden(&b, "pci-fixed");
	assert_int_equal(devfd_open(&d, b.p, b.size, &e), DEVFD_OK);
	memset(buf, 0xa5, sizeof(buf));
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, 0, buf, sizeof(buf)), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &d.device, &lost), DEVFD_OK);
	memcpy(before, buf, sizeof(buf));
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	item.flags |= DEVFD_AREAS;
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_LOSS);
	assert_true(lost & DEVFD_AREAS);
	assert_memory_equal(buf, before, sizeof(buf));
}

/* ---- 7: unreadable is never empty ---- */

static int fails(void *context, uint32_t number, void *arg, uint32_t size)
{
	const int *result = context;

	(void)number;
	memset(arg, 0, size);
	return *result;
}

static void promise_7_unreadable_is_never_empty(void **state)
{
	uint8_t buf[64];
	struct devfd_item item;
	struct devfd_error e;
	struct devfd d;
	struct blob b;
	int results[] = {EINVAL_OF_LINUX, -EINVAL_OF_LINUX};
	uint32_t i;
	size_t n;

	(void)state;
	/* The same device in three layouts: region 1 is empty, 8 could not be read. */
	for (i = 0; i < 3; i++) {
		golden(&b, goldens[i]);
		assert_int_equal(devfd_open(&d, b.p, b.size, &e), DEVFD_OK);
		assert_int_equal(devfd_get_region(&d, 1, &item), DEVFD_IS_EMPTY);
		assert_int_equal(item.state, DEVFD_EMPTY);
		assert_int_equal(devfd_get_region(&d, 8, &item), DEVFD_IS_UNREADABLE);
		assert_int_equal(item.state, DEVFD_UNREADABLE);
		assert_int_equal(item.error, EINVAL_OF_LINUX);
		assert_int_equal(devfd_get_region(&d, 2, &item), DEVFD_IS_ABSENT);
	}
	/* A failed call keeps its index and says nothing else. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(devfd_ask(DEVFD_REGION_INFO, 8, fails, &results[i], buf,
					   sizeof(buf), &item, &e),
				 DEVFD_IS_UNREADABLE);
		assert_int_equal(item.state, DEVFD_UNREADABLE);
		assert_int_equal(item.index, 8);
		assert_int_equal(item.error, EINVAL_OF_LINUX);
		assert_int_equal(item.flags, 0);
	}
	/* A reply that was cut is not a short one. */
	for (i = DESCRIPTIONS; i < BLOBS; i++) {
		blob(&b, i);
		for (n = 0; n < b.size; n++)
			assert_int_equal(reply(&b, b.p, n, &item), DEVFD_MORE);
	}
}

/* ---- 8: never more to map than was said ---- */

static uint32_t areas(const struct devfd_item *item)
{
	struct devfd_area area;
	uint32_t n = 0;

	while (devfd_get_area(item, n, &area) == DEVFD_OK)
		n++;
	return n;
}

/* Whatever number of areas is claimed: as many as that, or a refusal, and never the whole region.
 */
static void check_areas(struct blob *b, uint32_t count)
{
	struct devfd_item item;
	struct devfd_area area;

	put32(b->p + COUNT, count);
	if (reply(b, b->p, b->size, &item) != DEVFD_OK)
		return;
	assert_true(item.flags & DEVFD_AREAS);
	assert_int_equal(areas(&item), count);
	if (devfd_get_area(&item, 0, &area) == DEVFD_OK)
		assert_true(area.size < REGION_SIZE);
}

static void promise_8_never_more_to_map(void **state)
{
	static uint8_t buf[CAPACITY];
	struct devfd_writer w;
	struct devfd_error e;
	struct devfd_item item, device;
	struct devfd d;
	struct blob b;
	uint32_t count, lost;
	size_t size;

	(void)state;
	region_reply(&b);
	for (count = 0; count < 64; count++)
		check_areas(&b, count);
	for (count = 1; count; count <<= 1)
		check_areas(&b, count);
	check_areas(&b, 0xffffffff);
	/* A region that may not be mapped, is empty or could not be read has nothing to map. */
	region_reply(&b);
	assert_int_equal(reply(&b, b.p, b.size, &item), DEVFD_OK);
	assert_int_equal(areas(&item), 2);
	item.flags &= ~DEVFD_MMAP;
	assert_int_equal(areas(&item), 0);
	item.flags = DEVFD_MMAP;
	item.state = DEVFD_EMPTY;
	assert_int_equal(areas(&item), 0);
	item.state = DEVFD_UNREADABLE;
	assert_int_equal(areas(&item), 0);
	/* A layout that cannot carry the areas carries no permission to map either. */
	golden(&b, "pci-fixed");
	assert_int_equal(devfd_open(&d, b.p, b.size, &e), DEVFD_OK);
	device = d.device;
	assert_int_equal(devfd_get_region(&d, 7, &item), DEVFD_OK);
	assert_int_equal(devfd_begin(&w, DEVFD_FIXED, DEVFD_LOSSY, buf, sizeof(buf)), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &device, &lost), DEVFD_OK);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	assert_int_equal(areas(&item), 1);
	item.flags |= DEVFD_AREAS;
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_OK);
	assert_true(lost & DEVFD_AREAS);
	assert_int_equal(devfd_get_region(&d, 7, &item), DEVFD_OK);
	assert_int_equal(devfd_put(&w, &item, &lost), DEVFD_OK);
	assert_int_equal(devfd_end(&w, &size), DEVFD_OK);
	assert_int_equal(devfd_open(&d, buf, size, &e), DEVFD_OK);
	assert_int_equal(devfd_get_region(&d, 0, &item), DEVFD_OK);
	assert_false(item.flags & DEVFD_MMAP);
	assert_int_equal(areas(&item), 0);
}

/* ---- 9: a buffer that changes ---- */

/* Opened while it was good, read after it changed. */
static void read_after_change(const struct blob *b, uint8_t *p)
{
	static uint8_t changed[sizeof(b->p)];
	struct devfd_error e;
	struct devfd d;
	uint32_t lost;
	size_t needed;

	memcpy(changed, p, b->size);
	memcpy(p, b->p, b->size);
	assert_int_equal(devfd_open(&d, p, b->size, &e), DEVFD_OK);
	memcpy(p, changed, b->size);
	read_description(&d, b->size);
	(void)devfd_convert(&d, DEVFD_ARRAY, DEVFD_BIG | DEVFD_LOSSY, out.end - 64, 64, &needed,
			    &lost);
}

static void item_after_change(const struct blob *b, uint8_t *p)
{
	static uint8_t changed[sizeof(b->p)];
	struct devfd_item item;

	memcpy(changed, p, b->size);
	memcpy(p, b->p, b->size);
	assert_int_equal(reply(b, p, b->size, &item), DEVFD_OK);
	memcpy(p, changed, b->size);
	read_item(&item, b->size);
}

static void promise_9_a_changed_buffer_stays_in_bounds(void **state)
{
	struct blob b;
	uint32_t i;

	(void)state;
	for (i = 0; i < BLOBS; i++) {
		blob(&b, i);
		with_mutants(&b, in.end - b.size, b.call ? item_after_change : read_after_change);
	}
}

/* ---- 10: alignment and byte order say nothing ---- */

static void promise_10_any_alignment_any_byte_order(void **state)
{
	static const uint32_t orders[] = {DEVFD_LITTLE, DEVFD_BIG};
	static uint8_t a[CAPACITY], b2[CAPACITY];
	size_t shift, size, again;
	struct devfd_error e;
	struct blob b;
	struct devfd d;
	uint32_t i, k, lost;

	(void)state;
	for (i = 0; i < BLOBS; i++) {
		blob(&b, i);
		for (shift = 0; shift < 16; shift++) {
			memcpy(in.first + shift, b.p, b.size);
			assert_int_equal(exercise(&b, in.first + shift, b.size), DEVFD_OK);
			in.first[shift] ^= 0xff;
			assert_int_not_equal(exercise(&b, in.first + shift, b.size), DEVFD_OK);
		}
		if (b.call)
			continue;
		/* Through either byte order and back, byte for byte. */
		assert_int_equal(devfd_open(&d, b.p, b.size, &e), DEVFD_OK);
		assert_int_equal(
			devfd_convert(&d, DEVFD_TLV, DEVFD_LITTLE, a, CAPACITY, &size, &lost),
			DEVFD_OK);
		for (k = 0; k < 2; k++) {
			assert_int_equal(devfd_open(&d, a, size, &e), DEVFD_OK);
			assert_int_equal(devfd_convert(&d, DEVFD_ARRAY, orders[k], b2, CAPACITY,
						       &again, &lost),
					 DEVFD_OK);
			assert_int_equal(devfd_open(&d, b2, again, &e), DEVFD_OK);
			assert_int_equal(devfd_convert(&d, DEVFD_TLV, DEVFD_LITTLE, in.first,
						       CAPACITY, &again, &lost),
					 DEVFD_OK);
			assert_int_equal(again, size);
			assert_memory_equal(in.first, a, size);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promise_1_reads_stay_inside_the_input),
		cmocka_unit_test(promise_2_writes_stay_inside_the_capacity),
		cmocka_unit_test(promise_3_every_call_ends),
		cmocka_unit_test(promise_6_nothing_is_written_on_reject),
		cmocka_unit_test(promise_7_unreadable_is_never_empty),
		cmocka_unit_test(promise_8_never_more_to_map),
		cmocka_unit_test(promise_9_a_changed_buffer_stays_in_bounds),
		cmocka_unit_test(promise_10_any_alignment_any_byte_order),
	};

	return cmocka_run_group_tests_name("promises", tests, setup, NULL);
}
