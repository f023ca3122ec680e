// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_examples.c: runs examples/live.c against a kernel that answers from a capture, and against a
 * hostile one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The example is a whole program; here it is a part of one. */
#define main live_main
#include "../examples/live.c"
#undef main

#define MAPS_MAX 16

/* What the kernel answers where enough is offered; the bytes are what Linux 7.2.13 said of an NVMe
 * controller. */
struct answer {
	uint32_t number, index;
	int error;
	uint32_t size; /* of all, capabilities included */
	uint8_t bytes[80];
};

static const struct answer nvme[] = {
	{107, 0, 0, 24, {24, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 5}},
	{108, 0, 0, 40, {40, 0, 0, 0, 0x0f, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0x40, 0, 0,
			 0,  0, 0, 0, 0,    0, 0, 0, 0, 0, 0, 0, 3,  0, 1, 0, 0, 0,    0, 0}},
	{108, 1, 0, 32, {32, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
			 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}},
	{108, 7, 0, 32, {32, 0,    0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0,
			 0,  0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0}},
	{108, 8, EINVAL, 0, {0}},
};

/* A region of 0x4000 bytes, of which a list allows two parts. */
static const struct answer sparse[] = {
	{107, 0, 0, 24, {24, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0}},
	{108, 0, 0, 80, {80, 0, 0, 0, 0x0f, 0,    0, 0, 0, 0, 0, 0, 32, 0,    0, 0, 0, 0x40, 0, 0,
			 0,  0, 0, 0, 0,    0,    0, 0, 0, 1, 0, 0, 1,  0,    1, 0, 0, 0,    0, 0,
			 2,  0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0,  0,    0, 0, 0, 0x10, 0, 0,
			 0,  0, 0, 0, 0,    0x20, 0, 0, 0, 0, 0, 0, 0,  0x10, 0, 0, 0, 0,    0, 0}},
};

/* The same, with a list that is longer than the reply. */
static const struct answer hostile[] = {
	{107, 0, 0, 24, {24, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0}},
	{108, 0, 0, 48, {48, 0,    0, 0, 0x0f, 0, 0, 0, 0, 0, 0, 0,    32, 0, 0, 0,
			 0,  0x40, 0, 0, 0,    0, 0, 0, 0, 0, 0, 0,    0,  1, 0, 0,
			 1,  0,    1, 0, 0,    0, 0, 0, 0, 0, 0, 0x10, 0,  0, 0, 0}},
};

static const struct answer *answers;
static size_t answers_count;
static uint32_t calls;

static struct {
	uint64_t offset, size;
	int prot;
} maps[MAPS_MAX];
static size_t maps_count;

/* As Linux does it: what is there is copied; where capabilities do not fit, argsz says how much it
 * would take. */
static int ask_fake(void *context, uint32_t number, void *arg, uint32_t size)
{
	uint32_t fixed = number == 107 ? 24 : 32, index = 0, zero = 0;
	uint8_t *p = arg;
	size_t i;

	(void)context;
	calls++;
	if (number != 107)
		memcpy(&index, p + 8, 4);
	for (i = 0; i < answers_count; i++) {
		const struct answer *a = &answers[i];

		if (a->number != number || a->index != index)
			continue;
		if (a->error)
			return a->error;
		if (size < a->size) {
			memcpy(p, a->bytes, fixed);
			memcpy(p, &a->size, 4);
			memcpy(p + 12, &zero, 4);
			return 0;
		}
		memcpy(p, a->bytes, a->size);
		return 0;
	}
	return EINVAL;
}

static void *map_fake(const struct device *dev, size_t size, int prot, uint64_t offset)
{
	static uint8_t mapped;

	(void)dev;
	assert_true(maps_count < MAPS_MAX);
	maps[maps_count].offset = offset;
	maps[maps_count].size = size;
	maps[maps_count].prot = prot;
	maps_count++;
	return &mapped;
}

static int run(const struct answer *script, size_t count)
{
	struct device dev = {ask_fake, map_fake, -1};

	answers = script;
	answers_count = count;
	calls = 0;
	maps_count = 0;
	return show_device(&dev);
}

static void test_capture(void **state)
{
	(void)state;
	assert_int_equal(run(nvme, sizeof(nvme) / sizeof(nvme[0])), 0);
	/* One call for the device and for each of nine regions, and one more for the capability of
	 * region 0. */
	assert_int_equal(calls, 11);
	assert_int_equal(maps_count, 1);
	assert_int_equal(maps[0].offset, 0);
	assert_int_equal(maps[0].size, 0x4000);
	assert_int_equal(maps[0].prot, PROT_READ | PROT_WRITE);
}

static void test_only_what_is_listed_is_mapped(void **state)
{
	(void)state;
	assert_int_equal(run(sparse, 2), 0);
	assert_int_equal(maps_count, 2);
	assert_int_equal(maps[0].offset, 0x10000000000);
	assert_int_equal(maps[0].size, 0x1000);
	assert_int_equal(maps[1].offset, 0x10000002000);
	assert_int_equal(maps[1].size, 0x1000);
}

static void test_a_broken_list_maps_nothing(void **state)
{
	(void)state;
	assert_int_equal(run(hostile, 2), 1);
	assert_int_equal(maps_count, 0);
}

static void test_a_number_is_needed(void **state)
{
	char name[] = "live", number[] = "2147483647";
	char *argv[] = {name, number, NULL};

	(void)state;
	/* No such descriptor: the kernel refuses, and nothing is taken for an empty device. */
	assert_int_equal(live_main(2, argv), 1);
}

int main(void)
{
	const uint16_t one = 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_only_what_is_listed_is_mapped),
		cmocka_unit_test(test_a_broken_list_maps_nothing),
		cmocka_unit_test(test_a_number_is_needed),
	};

	/* A kernel answers in the byte order of its host, and those above were given on
	 * little-endian ones. */
	if (!*(const uint8_t *)&one)
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
