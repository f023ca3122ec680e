// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_inputs.c: what the mutators of inputs that are no single description promise: the same
 * output for the same input, never more than there is room for, any input taken; and what they are
 * for: much that is accepted, and more that is reached than by changing bytes. It is linked with
 * one target, and with the probe of that. Runs from the root of the repository.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <cmocka.h>
#include "../mutator/mutator.h"
#include "../mutator/rules.h"
#include "probes/probe.h"

enum {
	ROOM = 8192,
	GUARD_SIZE = 8,
	GUARD = 0x5a,
	SEEDS_MAX = 128,
	POOL = 2048,
	SHARE_RUNS = 4000,
	SHARE_PERCENT = 15,
	WHOLE_PERCENT = 80,
	REACH_RUNS = 20000,
	REACH_MAX = 512,
	POINTS = 1 << 16,
	GAIN_PERCENT = 105,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	size_t size;
	uint8_t *p;
};

static struct input seeds[SEEDS_MAX];
static uint32_t seed_count;
static struct devfd_mutator mutator;

static struct input copy_of(const uint8_t *p, size_t size)
{
	struct input one = {size, (uint8_t *)malloc(size ? size : 1)};

	assert_non_null(one.p);
	memcpy(one.p, p, size);
	return one;
}

static int read_seeds(void **state)
{
	static uint8_t p[ROOM];
	char path[512];
	struct dirent *one;
	DIR *folder;
	FILE *file;

	(void)state;
	mutator = devfd_mutator_of(probe.target);
	assert_string_equal(mutator.target, probe.target);
	snprintf(path, sizeof(path), "fuzz/seeds/%s", probe.target);
	folder = opendir(path);
	assert_non_null(folder);
	while ((one = readdir(folder)) && seed_count < SEEDS_MAX) {
		if (one->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "fuzz/seeds/%s/%s", probe.target, one->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		seeds[seed_count++] = copy_of(p, fread(p, 1, sizeof(p), file));
		fclose(file);
	}
	closedir(folder);
	assert_true(seed_count);
	return 0;
}

static int free_seeds(void **state)
{
	(void)state;
	while (seed_count)
		free(seeds[--seed_count].p);
	return 0;
}

static void run(const uint8_t *p, size_t size)
{
	probe.accepted = 0;
	probe.count = 0;
	LLVMFuzzerTestOneInput(p, size);
}

/* ---- Promises ---- */

static void promise_guard(const uint8_t *p)
{
	uint32_t i;

	for (i = 0; i < GUARD_SIZE; i++)
		assert_int_equal(p[i], GUARD);
}

/* Mutates on and on, in a buffer that ends with guards, twice. */
static void chain_of(const struct input *seed, size_t max, uint32_t rounds, uint32_t first)
{
	uint8_t *a = malloc(max + GUARD_SIZE), *b = malloc(max + GUARD_SIZE);
	size_t size = seed->size < max ? seed->size : max, again;
	uint32_t i;

	assert_non_null(a);
	assert_non_null(b);
	memset(a, 0, max);
	memcpy(a, seed->p, size);
	for (i = 0; i < rounds; i++) {
		memset(a + max, GUARD, GUARD_SIZE);
		memcpy(b, a, max + GUARD_SIZE);
		/* What lies behind the input is no argument. */
		memset(b + size, 0xa5, max - size);
		again = mutator.mutate(mutator.format, b, size, max, first + i);
		size = mutator.mutate(mutator.format, a, size, max, first + i);
		assert_true(size <= max);
		assert_int_equal(size, again);
		assert_memory_equal(a, b, size);
		promise_guard(a + max);
	}
	free(a);
	free(b);
}

static const size_t rooms[] = {0, 1, 2, 3, 4, 5, 8, 14, 40, 100, 512, ROOM};

static void test_same_twice_and_never_too_much(void **state)
{
	uint32_t i;
	size_t room;

	(void)state;
	for (i = 0; i < seed_count; i++) {
		for (room = 0; room < sizeof(rooms) / sizeof(rooms[0]); room++)
			chain_of(&seeds[i], rooms[room], 30, i * 1000);
	}
}

static void test_takes_anything(void **state)
{
	static uint8_t junk[ROOM];
	struct input one = {0, junk};
	struct devfd_dice d = {1};
	uint32_t i, j;

	(void)state;
	for (i = 0; i < 2000; i++) {
		one.size = devfd_roll(&d, devfd_roll(&d, 8) ? 512 : ROOM);
		for (j = 0; j < one.size; j++)
			junk[j] = (uint8_t)devfd_roll(&d, devfd_roll(&d, 2) ? 256 : 4);
		chain_of(&one, one.size + devfd_roll(&d, 64), 6, i * 8);
	}
}

static void test_crosses(void **state)
{
	static uint8_t a[ROOM + GUARD_SIZE], b[ROOM + GUARD_SIZE];
	struct devfd_dice d = {2};
	uint32_t i;
	size_t size, max;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const struct input *one = &seeds[devfd_roll(&d, seed_count)];
		const struct input *two = &seeds[devfd_roll(&d, seed_count)];

		max = rooms[devfd_roll(&d, sizeof(rooms) / sizeof(rooms[0]))];
		memset(a + max, GUARD, GUARD_SIZE);
		size = mutator.cross(mutator.format, one->p, one->size, two->p, two->size, a, max,
				     i);
		assert_true(size <= max);
		promise_guard(a + max);
		assert_int_equal(size, mutator.cross(mutator.format, one->p, one->size, two->p,
						     two->size, b, max, i));
		assert_memory_equal(a, b, size);
	}
}

/* ---- What they are for ---- */

static void test_much_is_accepted(void **state)
{
	static uint8_t p[ROOM];
	uint32_t i, accepted = 0, crossed = 0, whole = 0;
	size_t size;

	(void)state;
	for (i = 0; i < SHARE_RUNS; i++) {
		const struct input *one = &seeds[i % seed_count];
		const struct input *two = &seeds[i * 7 % seed_count];

		memcpy(p, one->p, one->size);
		size = mutator.mutate(mutator.format, p, one->size, sizeof(p), i);
		run(p, size);
		accepted += probe.accepted;
		whole += (uint32_t)probe_is_whole(p, size);
		size = mutator.cross(mutator.format, one->p, one->size, two->p, two->size, p,
				     sizeof(p), i);
		run(p, size);
		crossed += probe.accepted;
	}
	print_message("%s: %u of %u whole, %u accepted, %u crossed\n", probe.target, whole,
		      SHARE_RUNS, accepted, crossed);
	assert_true(whole * 100 > SHARE_RUNS * WHOLE_PERCENT);
	assert_true(accepted * 100 > SHARE_RUNS * SHARE_PERCENT);
	assert_true(crossed * 100 > SHARE_RUNS * SHARE_PERCENT);
}

/* Bytes changed, put in and dropped, in the same signature. */
static size_t change_bytes(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed)
{
	static const uint8_t edges[] = {0, 1, 2, 4, 8, 16, 32, 64, 127, 128, 255};
	struct devfd_dice d = {seed};
	uint32_t at, count;

	(void)format;
	do {
		at = devfd_roll(&d, (uint32_t)size + 1);
		count = 1 + devfd_roll(&d, 8);
		if (!devfd_roll(&d, 3) && size + count <= max) {
			memmove(p + at + count, p + at, size - at);
			size += count;
			while (count--)
				p[at + count] = (uint8_t)devfd_roll(&d, 256);
		} else if (!devfd_roll(&d, 4) && at + count < size) {
			memmove(p + at, p + at + count, size - at - count);
			size -= count;
		} else if (at < size && devfd_roll(&d, 2)) {
			p[at] = edges[devfd_roll(&d, sizeof(edges))];
		} else if (at < size) {
			p[at] ^= (uint8_t)(1u << devfd_roll(&d, 8));
		}
	} while (devfd_roll(&d, 2));
	return size;
}

/* How many of the points of this run are new. */
static uint32_t count_new(uint32_t *seen)
{
	uint32_t i, at, found = 0;

	for (i = 0; i < probe.count; i++) {
		for (at = probe.point[i] % POINTS; seen[at] && seen[at] != probe.point[i];)
			at = (at + 1) % POINTS;
		found += !seen[at];
		seen[at] = probe.point[i];
	}
	return found;
}

/* How many points there are, from next to nothing; what has a new one is changed further. */
static uint32_t reach(devfd_mutate_fn *mutate)
{
	static const uint8_t start[] = {0, 0, 0, 0};
	static uint32_t seen[POINTS];
	static uint8_t p[REACH_MAX];
	static struct input pool[POOL];
	struct devfd_dice d = {3};
	uint32_t count = 1, i, new, found = 0;
	size_t size;

	memset(seen, 0, sizeof(seen));
	pool[0] = copy_of(start, sizeof(start));
	for (i = 0; i < REACH_RUNS; i++) {
		const struct input *one = &pool[devfd_roll(&d, count)];

		memcpy(p, one->p, one->size);
		size = mutate(mutator.format, p, one->size, sizeof(p), i);
		run(p, size);
		new = count_new(seen);
		found += new;
		if (new &&count < POOL)
			pool[count++] = copy_of(p, size);
	}
	while (count)
		free(pool[--count].p);
	return found;
}

static void test_reaches_more_than_bytes(void **state)
{
	uint32_t ours = reach(mutator.mutate), bytes = reach(change_bytes);

	(void)state;
	print_message("%s: %u points, by bytes %u\n", probe.target, ours, bytes);
	assert_true(ours * 100 > bytes * GAIN_PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_twice_and_never_too_much),
		cmocka_unit_test(test_takes_anything),
		cmocka_unit_test(test_crosses),
		cmocka_unit_test(test_much_is_accepted),
		cmocka_unit_test(test_reaches_more_than_bytes),
	};

	return cmocka_run_group_tests(tests, read_seeds, free_seeds);
}
