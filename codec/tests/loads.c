// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * loads.c: counts every load of the core, in a build of its own. A reply is read at most once, byte
 * by byte; a description costs loads in proportion to its length, whatever is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../codec.h"
#include "golden.h"

enum { CAPACITY = 1 << 16 };

void devfd_loaded(const uint8_t *p, uint32_t size);

static const uint8_t *base;
static size_t length;
static uint8_t counts[CAPACITY];
static uint64_t total;

void devfd_loaded(const uint8_t *p, uint32_t size)
{
	size_t at = (size_t)(p - base);

	total += size;
	if (!base)
		return;
	assert_true(p >= base);
	assert_true(at + size <= length);
	while (size--)
		counts[at++]++;
}

static void start(const uint8_t *p, size_t size)
{
	base = p;
	length = size;
	total = 0;
	memset(counts, 0, sizeof(counts));
}

static uint32_t random32(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33);
}

/* Replies of all kinds: mutations of a chain of three, read at most once each byte, whatever comes
 * of it. */
static void a_reply_is_read_at_most_once(void **state)
{
	static uint8_t p[256];
	struct devfd_item item;
	struct devfd_error e;
	uint64_t seed = 1;
	uint32_t round, call, i;
	size_t at;

	(void)state;
	for (round = 0; round < 200000; round++) {
		static const uint8_t links[] = {0,  16, 20, 24, 32,  40,  48,  56,
						64, 72, 80, 96, 112, 128, 200, 248};

		call = random32(&seed) % 4 + 1;
		for (i = 0; i < sizeof(p); i++)
			p[i] = (uint8_t)(random32(&seed) % 4 ? 0 : random32(&seed));
		memset(p, 0, 16);
		p[0] = (uint8_t)random32(&seed);
		p[4] = (uint8_t)random32(&seed);
		for (i = 8; i < 250; i += 4) {
			if (random32(&seed) % 2)
				memset(p + i, 0, 4);
			if (random32(&seed) % 2)
				p[i] = links[random32(&seed) % sizeof(links)];
			if (random32(&seed) % 4 == 0)
				p[i + 2] = 1;
		}
		start(p, random32(&seed) % sizeof(p));
		(void)devfd_reply(call, DEVFD_LITTLE, 0, p, length, &item, &e);
		for (at = 0; at < length; at++)
			assert_true(counts[at] <= 1);
	}
}

/* The same for a long chain that is accepted, and for one that ends in a cycle. */
static void a_long_chain_is_read_once(void **state)
{
	static uint8_t p[32 + 64 * 16];
	struct devfd_item item;
	struct devfd_error e;
	uint32_t i, cycle;
	size_t at;

	(void)state;
	for (cycle = 0; cycle < 2; cycle++) {
		memset(p, 0, sizeof(p));
		p[0] = (uint8_t)sizeof(p);
		p[1] = (uint8_t)(sizeof(p) >> 8);
		p[4] = 8;
		p[12] = 32;
		for (i = 0; i < 64; i++) {
			uint32_t next = i < 63 ? 32 + 16 * (i + 1) : cycle ? 32 + 16 * 31 : 0;

			p[32 + 16 * i] = 0x77;
			p[32 + 16 * i + 2] = 1;
			p[32 + 16 * i + 4] = (uint8_t)next;
			p[32 + 16 * i + 5] = (uint8_t)(next >> 8);
		}
		start(p, sizeof(p));
		assert_int_equal(
			devfd_reply(DEVFD_REGION_INFO, DEVFD_LITTLE, 0, p, length, &item, &e),
			cycle ? DEVFD_REJECT : DEVFD_OK);
		for (at = 0; at < length; at++)
			assert_true(counts[at] <= 1);
	}
}

/* Loads for n bytes of input stay below 8 * n + 4096, for good inputs and for mutations of them. */
static void a_description_costs_linear_loads(void **state)
{
	static const char *const names[] = {"pci-tlv", "pci-array", "pci-fixed", "dt-big",
					    "pci-draft"};
	static uint8_t p[8192];
	struct devfd_error e;
	struct devfd d;
	uint64_t seed = 2;
	uint32_t round, i;
	size_t n;

	(void)state;
	for (round = 0; round < 20000; round++) {
		n = golden_read(names[round % 5], p, sizeof(p));
		assert_true(n > 0);
		for (i = random32(&seed) % 4; i; i--)
			/* It is not 0 here. NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
			p[random32(&seed) % n] = (uint8_t)random32(&seed);
		start(p, n);
		(void)devfd_open(&d, p, n, &e);
		assert_true(total <= 8 * n);
	}
}

static void put32(uint8_t *p, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* The costliest small records there are: the work for twice as many is at most twice the work. */
static void growth_is_linear(void **state)
{
	static uint8_t p[CAPACITY];
	struct devfd_kept kept;
	struct devfd_error e;
	struct devfd d;
	uint64_t before = 0;
	uint32_t n, i, cursor;

	(void)state;
	for (n = 256; n <= 4096; n *= 2) {
		memset(p, 0, sizeof(p));
		put32(p, 0x70636900);
		put32(p + 4, 1);
		for (i = 0; i < n; i++) {
			put32(p + 12 + (size_t)12 * i, 0x77);
			put32(p + 16 + (size_t)12 * i, 12);
		}
		start(p, 12 + 12 * n);
		assert_int_equal(devfd_open(&d, p, length, &e), DEVFD_OK);
		for (cursor = 0; devfd_get_kept(&d.device, &cursor, &kept) == DEVFD_OK;)
			;
		if (before)
			assert_true(total <= 2 * before + 64);
		before = total;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_read_at_most_once),
		cmocka_unit_test(a_long_chain_is_read_once),
		cmocka_unit_test(a_description_costs_linear_loads),
		cmocka_unit_test(growth_is_linear),
	};

	return cmocka_run_group_tests_name("loads", tests, NULL, NULL);
}
