// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_mutator.c: what the mutator promises: the same output for the same input, never more than
 * there is room for, any input taken; and what it is for: much that is accepted, and every rule
 * broken that one input can break. Runs from the root of the repository.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <time.h>
#include <cmocka.h>
#include "../mutator/block.h"
#include "../mutator/mutator.h"
#include "../mutator/rules.h"

enum {
	ROOM = 1024,
	WIDE = 4096,
	SEEDS_MAX = 256,
	ROUNDS = 100000,
	ACCEPTED_PERCENT = 15,
	GUARD = 0x5a,
	/* Mutants of ROUNDS, at least. */
	IMPLIED_LEAST = 100,
	EXACT_LEAST = 100,
	FORMAT_LEAST = 200,
};

struct seed {
	uint8_t p[ROOM];
	size_t size;
};

struct seeds {
	struct seed seed[SEEDS_MAX];
	size_t count;
};

/* Rules that no input of one format breaks, and why. */
static const struct {
	const char *rule, *why;
} unreached[] = {
	{"model.input.max", "an input that breaks it has more than 2 GiB"},
	{"model.input.magic", "a target of one format is told which it is"},
};

static void read_seeds(struct seeds *all, const char *name, const char *prefix)
{
	char path[512];
	struct dirent *one;
	DIR *folder;
	FILE *file;

	all->count = 0;
	snprintf(path, sizeof(path), "fuzz/seeds/%s", name);
	folder = opendir(path);
	if (!folder) {
		printf("%s: no such folder\n", path);
		exit(1);
	}
	while ((one = readdir(folder)) && all->count < SEEDS_MAX) {
		struct seed *seed = &all->seed[all->count];

		if (strncmp(one->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "fuzz/seeds/%s/%s", name, one->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		seed->size = fread(seed->p, 1, sizeof(seed->p), file);
		fclose(file);
		all->count++;
	}
	closedir(folder);
	if (!all->count) {
		printf("fuzz/seeds/%s: no seeds\n", name);
		exit(1);
	}
}

static struct devfd_input input_of(uint32_t format, const uint8_t *p, size_t size)
{
	struct devfd_input in = {p + 2, size - 2, format, p[0] & 1 ? DEVFD_BIG : DEVFD_LITTLE,
				 p[1]};

	if (p[1] == 255)
		in.index = UINT32_MAX;
	if (p[0] & 2)
		in.options |= DEVFD_PRODUCER;
	return in;
}

static int is_unreached(const char *id)
{
	size_t i;

	for (i = 0; i < sizeof(unreached) / sizeof(unreached[0]); i++) {
		if (!strcmp(unreached[i].rule, id))
			return 1;
	}
	return 0;
}

static void seek_rules(uint32_t format, uint8_t *reached, uint32_t *accepted, uint32_t *total)
{
	static struct seeds seeds;
	static uint8_t p[WIDE];
	struct devfd_error e;
	struct devfd_input in;
	uint32_t i;
	size_t size;

	read_seeds(&seeds, devfd_shape_rows[format].name, "good-");
	for (i = 0; i < ROUNDS; i++) {
		const struct seed *seed = &seeds.seed[i % seeds.count];

		memcpy(p, seed->p, seed->size);
		size = devfd_mutate(format, p, seed->size, sizeof(p), i);
		assert_true(size >= 2 && size <= sizeof(p));
		in = input_of(format, p, size);
		++*total;
		if (devfd_judge(&in, 0, &e) == DEVFD_OK)
			++*accepted;
		else
			reached[e.rule] = 1;
	}
}

/* The rules that seeds of the format break. */
static void expect_rules(uint32_t format, uint8_t *expected)
{
	static struct seeds seeds;
	struct devfd_error e;
	struct devfd_input in;
	size_t i;

	read_seeds(&seeds, devfd_shape_rows[format].name, "broken-");
	for (i = 0; i < seeds.count; i++) {
		in = input_of(format, seeds.seed[i].p, seeds.seed[i].size);
		if (devfd_judge(&in, 0, &e) != DEVFD_OK)
			expected[e.rule] = 1;
	}
}

/* Counts the rules that a format's seeds break and its mutated inputs do not. */
static uint32_t missing_of(uint32_t format, uint8_t *anywhere)
{
	static uint8_t reached[UINT16_MAX], expected[UINT16_MAX];
	uint32_t accepted = 0, total = 0, count = 0, missing = 0, rule;
	const char *name = devfd_shape_rows[format].name;

	memset(reached, 0, sizeof(reached));
	memset(expected, 0, sizeof(expected));
	expect_rules(format, expected);
	seek_rules(format, reached, &accepted, &total);
	for (rule = 1; rule <= devfd_rule_count(); rule++) {
		count += reached[rule];
		anywhere[rule] |= reached[rule];
		if (!expected[rule] || reached[rule])
			continue;
		print_message("%s: not reached: %s\n", name, devfd_rule(rule));
		missing++;
	}
	print_message("%s: %u of %u accepted, %u rules broken\n", name, accepted, total, count);
	assert_true(accepted * 100 > total * ACCEPTED_PERCENT);
	return missing;
}

static void test_reaches_every_rule(void **state)
{
	static uint8_t anywhere[UINT16_MAX];
	uint32_t format, rule, missing = 0;

	(void)state;
	for (format = 1; format < devfd_shape_count; format++)
		missing += missing_of(format, anywhere);
	for (rule = 1; rule <= devfd_rule_count(); rule++) {
		if (!devfd_rule_row(rule) || anywhere[rule] != is_unreached(devfd_rule(rule)))
			continue;
		print_message("%s: %s\n", devfd_rule(rule),
			      anywhere[rule] ? "reached, but listed" : "not reached by any format");
		missing++;
	}
	assert_int_equal(missing, 0);
}

/* ---- Promises ---- */

/* Mutates on and on, in a buffer that ends with guards, twice. */
static void chain_of(uint32_t format, const struct seed *seed, size_t max, uint32_t rounds,
		     uint32_t first)
{
	static uint8_t a[WIDE + 8], b[WIDE + 8];
	size_t size = seed->size < max ? seed->size : max, again;
	uint32_t i, j;

	memcpy(a, seed->p, size);
	for (i = 0; i < rounds; i++) {
		memset(a + max, GUARD, 8);
		memcpy(b, a, max + 8);
		again = devfd_mutate(format, b, size, max, first + i);
		size = devfd_mutate(format, a, size, max, first + i);
		assert_true(size <= max);
		assert_int_equal(size, again);
		assert_memory_equal(a, b, size);
		for (j = 0; j < 8; j++)
			assert_int_equal(a[max + j], GUARD);
	}
}

static void test_same_twice_and_never_too_much(void **state)
{
	static const size_t rooms[] = {0, 1, 2, 3, 7, 14, 40, 100, ROOM, WIDE};
	static struct seeds seeds;
	uint32_t format, i;
	size_t room;

	(void)state;
	for (format = 0; format < devfd_shape_count; format++) {
		read_seeds(&seeds, format ? devfd_shape_rows[format].name : "convert", "");
		for (i = 0; i < seeds.count; i++) {
			for (room = 0; room < sizeof(rooms) / sizeof(rooms[0]); room++)
				chain_of(format, &seeds.seed[i], rooms[room], 60, i * 1000);
		}
	}
}

static void test_takes_anything(void **state)
{
	struct devfd_dice d = {1};
	static struct seed junk;
	uint32_t i, j;

	(void)state;
	for (i = 0; i < 4000; i++) {
		junk.size = devfd_roll(&d, ROOM);
		for (j = 0; j < junk.size; j++)
			junk.p[j] = (uint8_t)devfd_roll(&d, devfd_roll(&d, 2) ? 256 : 4);
		chain_of(devfd_roll(&d, devfd_shape_count + 2), &junk, ROOM, 8, i * 8);
	}
}

static void test_crosses(void **state)
{
	static struct seeds seeds;
	static uint8_t a[WIDE], b[WIDE];
	uint32_t format, i, accepted, total;
	struct devfd_dice d = {2};
	struct devfd_error e;
	struct devfd_input in;
	size_t size, max;

	(void)state;
	for (format = 1; format < devfd_shape_count; format++) {
		read_seeds(&seeds, devfd_shape_rows[format].name, "");
		for (accepted = 0, total = 0, i = 0; i < ROUNDS; i++) {
			const struct seed *one = &seeds.seed[devfd_roll(&d, (uint32_t)seeds.count)];
			const struct seed *two = &seeds.seed[devfd_roll(&d, (uint32_t)seeds.count)];

			max = i & 1 ? WIDE : devfd_roll(&d, ROOM);
			size = devfd_cross(format, one->p, one->size, two->p, two->size, a, max, i);
			assert_true(size <= max);
			assert_int_equal(size, devfd_cross(format, one->p, one->size, two->p,
							   two->size, b, max, i));
			assert_memory_equal(a, b, size);
			if (max < WIDE)
				continue;
			in = input_of(format, a, size);
			accepted += devfd_judge(&in, 0, &e) == DEVFD_OK;
			total++;
		}
		print_message("%s: %u of %u crossed accepted\n", devfd_shape_rows[format].name,
			      accepted, total);
		assert_true(accepted * 100 > total * ACCEPTED_PERCENT);
	}
}

/* What stands for <string.h> in the object that engines are linked with. */
static void test_blocks_are_those_of_string_h(void **state)
{
	enum { ROUND = 20000, SIZE = 100, AROUND = 3 * SIZE };
	static uint8_t one[AROUND], two[AROUND];
	struct devfd_dice d = {3};
	uint32_t i, j, from, to, size;

	(void)state;
	for (i = 0; i < ROUND; i++) {
		for (j = 0; j < AROUND; j++)
			one[j] = two[j] = (uint8_t)devfd_roll(&d, 256);
		from = SIZE + devfd_roll(&d, SIZE);
		to = SIZE - devfd_roll(&d, SIZE);
		size = devfd_roll(&d, from - to < SIZE ? from - to : SIZE);
		memcpy(one + to, one + from, size);
		assert_ptr_equal(devfd_block_copy(two + to, two + from, size), two + to);
		assert_memory_equal(one, two, AROUND);
		to = devfd_roll(&d, 2 * SIZE);
		size = devfd_roll(&d, SIZE);
		memmove(one + to, one + from, size);
		assert_ptr_equal(devfd_block_move(two + to, two + from, size), two + to);
		assert_memory_equal(one, two, AROUND);
		memset(one + to, (int)i, size);
		assert_ptr_equal(devfd_block_fill(two + to, (int)i, size), two + to);
		assert_memory_equal(one, two, AROUND);
		assert_ptr_equal(devfd_block_find(one + from, (int)i % 8, size),
				 memchr(one + from, (int)i % 8, size));
		one[from] ^= (uint8_t)devfd_roll(&d, 2);
		assert_int_equal(devfd_block_compare(one + from, two + from, size) < 0,
				 memcmp(one + from, two + from, size) < 0);
		assert_int_equal(devfd_block_compare(one + from, two + from, size) > 0,
				 memcmp(one + from, two + from, size) > 0);
	}
}

/* ---- What chance alone hardly brings together ---- */

/* Whether some item of an input has what a test looks for; 0 of one that is not accepted. */
typedef int look_fn(const struct devfd_item *item);

static int any_item(const struct devfd_input *in, look_fn *look)
{
	struct devfd_item item;
	struct devfd_error e;
	struct devfd d;
	int found = 0;

	if (in->format >= DEVFD_FORMAT_REPLY)
		return devfd_reply(in->format - DEVFD_FORMAT_REPLY + 1, in->options, in->index,
				   in->p, in->size, &item, &e) == DEVFD_OK &&
		       look(&item);
	if (devfd_open_as(&d, in->format, in->options, in->p, in->size, &e) != DEVFD_OK)
		return 0;
	while (devfd_next(&d, &item) == DEVFD_OK)
		found |= look(&item);
	return found;
}

/* A part that may be mapped, of a region that may. */
static int has_area(const struct devfd_item *item)
{
	struct devfd_area area;
	uint32_t i;

	if (item->kind != DEVFD_REGION || !(item->flags & DEVFD_MMAP))
		return 0;
	for (i = 0; devfd_get_area(item, i, &area) == DEVFD_OK; i++) {
		if (area.size)
			return 1;
	}
	return 0;
}

/* A region that is where a device type has it, and not at 0. */
static int is_implied(const struct devfd_item *item)
{
	uint32_t i;

	if (item->kind != DEVFD_REGION || !item->index)
		return 0;
	for (i = 0; i < devfd_types_count; i++) {
		if (item->offset == (uint64_t)item->index << devfd_types[i].shift)
			return 1;
	}
	return 0;
}

/* How many mutants of one seed have it, of those that do not themselves. */
static uint32_t mutants_with(uint32_t format, look_fn *look)
{
	static struct seeds seeds;
	static uint8_t p[WIDE];
	struct devfd_input in;
	uint32_t i, count = 0;
	size_t size;

	read_seeds(&seeds, devfd_shape_rows[format].name, "good-");
	for (i = 0; i < ROUNDS; i++) {
		const struct seed *seed = &seeds.seed[i % seeds.count];

		in = input_of(format, seed->p, seed->size);
		if (any_item(&in, look))
			continue;
		memcpy(p, seed->p, seed->size);
		size = devfd_mutate(format, p, seed->size, sizeof(p), i);
		in = input_of(format, p, size);
		count += any_item(&in, look) != 0;
	}
	return count;
}

static void test_maps_parts_of_what_may_be_mapped(void **state)
{
	static const struct {
		uint32_t format, least;
	} wanted[] = {
		{DEVFD_TLV, 200},
		{DEVFD_ARRAY, 500},
		{DEVFD_FORMAT_REPLY + 1, 1500},
	};
	uint32_t i, count;

	(void)state;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		count = mutants_with(wanted[i].format, has_area);
		print_message("%s: %u with areas\n", devfd_shape_rows[wanted[i].format].name,
			      count);
		assert_true(count >= wanted[i].least);
	}
}

static void test_puts_regions_where_types_have_them(void **state)
{
	uint32_t format, count;

	(void)state;
	for (format = DEVFD_TLV; format <= DEVFD_ARRAY; format++) {
		count = mutants_with(format, is_implied);
		print_message("%s: %u with implied offsets\n", devfd_shape_rows[format].name,
			      count);
		assert_true(count >= IMPLIED_LEAST);
	}
}

/* A region that ends just behind where one may, though its beginning stands nowhere. */
static void test_knows_implied_offsets(void **state)
{
	static struct seeds seeds;
	static uint8_t p[WIDE];
	const struct devfd_shape_row *row = &devfd_shape_rows[DEVFD_FIXED];
	uint32_t i, j, count = 0;
	struct devfd_error e;
	struct devfd_input in;
	uint32_t big;
	uint64_t bytes;
	size_t size;

	(void)state;
	read_seeds(&seeds, row->name, "good-");
	for (i = 0; i < ROUNDS; i++) {
		const struct seed *seed = &seeds.seed[i % seeds.count];

		memcpy(p, seed->p, seed->size);
		size = devfd_mutate(DEVFD_FIXED, p, seed->size, sizeof(p), i);
		in = input_of(DEVFD_FIXED, p, size);
		if (devfd_judge(&in, 0, &e) == DEVFD_OK || e.rule != DEVFD_RULE_MODEL_REGION_END)
			continue;
		devfd_magic_layout(in.p, &big);
		/* Behind the first slot, whose region begins at 0. */
		for (j = 2u + row->header_size + row->slots[0].size; j + 8 <= size;
		     j += row->slots[0].size) {
			bytes = devfd_load(p + j, 8, big);
			devfd_store(p + j, 8, big, bytes - 1);
			count += bytes && devfd_judge(&in, 0, &e) == DEVFD_OK;
			devfd_store(p + j, 8, big, bytes);
		}
	}
	print_message("fixed: %u one byte too long\n", count);
	assert_true(count >= EXACT_LEAST);
}

/* The bits of a head that tell the format of what follows. */
static void test_tries_every_format(void **state)
{
	enum { SHIFT = 2, MASK = 7 };
	static uint32_t accepted[MASK + 2];
	static struct seeds seeds;
	static uint8_t p[WIDE];
	struct devfd_input in;
	struct devfd_error e;
	uint32_t i, format;
	size_t size;

	(void)state;
	read_seeds(&seeds, "differential", "");
	for (i = 0; i < ROUNDS; i++) {
		size = seeds.seed[0].size;
		memcpy(p, seeds.seed[0].p, size);
		size = devfd_mutate(0, p, size, sizeof(p), i);
		format = 1 + (p[0] >> SHIFT & MASK);
		in = input_of(format, p, size);
		accepted[format] += devfd_judge(&in, 0, &e) == DEVFD_OK;
	}
	for (format = 1; format < devfd_shape_count; format++) {
		print_message("%s: %u from one seed\n", devfd_shape_rows[format].name,
			      accepted[format]);
		assert_true(accepted[format] >= FORMAT_LEAST);
	}
}

/* ---- Speed ---- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A figure, not a test: machines differ. Time of the process, since others may run beside it. */
static void bench(void)
{
	static struct seeds seeds;
	static uint8_t p[ROOM];
	uint32_t format, i, count = 400000;
	double start;

	for (format = 1; format < devfd_shape_count; format++) {
		read_seeds(&seeds, devfd_shape_rows[format].name, "good-");
		start = seconds();
		for (i = 0; i < count; i++) {
			const struct seed *seed = &seeds.seed[i % seeds.count];

			memcpy(p, seed->p, seed->size);
			devfd_mutate(format, p, seed->size, sizeof(p), i);
		}
		printf("%s: %.0f mutations/s\n", devfd_shape_rows[format].name,
		       count / (seconds() - start));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reaches_every_rule),
		cmocka_unit_test(test_same_twice_and_never_too_much),
		cmocka_unit_test(test_takes_anything),
		cmocka_unit_test(test_crosses),
		cmocka_unit_test(test_blocks_are_those_of_string_h),
		cmocka_unit_test(test_maps_parts_of_what_may_be_mapped),
		cmocka_unit_test(test_puts_regions_where_types_have_them),
		cmocka_unit_test(test_knows_implied_offsets),
		cmocka_unit_test(test_tries_every_format),
	};

	if (argc > 1 && !strcmp(argv[1], "bench")) {
		bench();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
