// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_hot_reset.c: the one reply that ends in a list, and devfd_ask() against kernels that tell
 * its length by failing, by growing, and by lying.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../bytes.h"

enum { CAPACITY = 256, HEAD = 12, ONE = 8, ENOSPC_ = 28, GUARD = 0xa5 };

struct reply {
	uint8_t p[CAPACITY];
	uint32_t size;
	uint32_t big;
};

static uint32_t host_big(void)
{
	const uint16_t one = 1;

	return !*(const uint8_t *)&one;
}

/* Functions 0, 1 and so on of 0001:03:02, in groups 0x11, 0x12 and so on. */
static void put_list(uint8_t *p, uint32_t there, uint32_t big)
{
	uint32_t i;

	for (i = 0; i < there; i++, p += ONE) {
		devfd_set32(p, 0x11 + i, big);
		p[4] = big ? 0 : 1;
		p[5] = big ? 1 : 0;
		p[6] = 3;
		p[7] = (uint8_t)(2 << 3 | i);
	}
}

static void make(struct reply *r, uint32_t flags, uint32_t count, uint32_t there, uint32_t big)
{
	memset(r, 0, sizeof(*r));
	r->big = big;
	r->size = HEAD + ONE * there;
	devfd_set32(r->p, r->size, big);
	devfd_set32(r->p + 4, flags, big);
	devfd_set32(r->p + 8, count, big);
	put_list(r->p + HEAD, there, big);
}

/* The bytes in a block of their own, so that a sanitizer sees every step outside. */
static int judge(const struct reply *r, struct devfd_item *item, struct devfd_error *e)
{
	uint8_t *exact = malloc(r->size ? r->size : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, r->p, r->size);
	memset(item, GUARD, sizeof(*item));
	rc = devfd_reply(DEVFD_HOT_RESET_INFO, r->big ? DEVFD_BIG : DEVFD_LITTLE, 0, exact, r->size,
			 item, e);
	if (rc != DEVFD_OK)
		assert_int_equal(item->kind, 0xa5a5a5a5);
	free(exact);
	return rc;
}

static void wants(const struct reply *r, uint32_t rule, uint32_t at, uint32_t need)
{
	struct devfd_item item;
	struct devfd_error e;

	assert_int_equal(judge(r, &item, &e), DEVFD_MORE);
	assert_int_equal(e.rule, rule);
	assert_int_equal(e.at, at);
	assert_int_equal(e.need, need);
}

static void reads_the_list(void **state)
{
	struct devfd_dependent one;
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t big, i;

	(void)state;
	for (big = 0; big < 2; big++) {
		make(&r, 0x13, 3, 3, big);
		assert_int_equal(devfd_reply(DEVFD_HOT_RESET_INFO, big ? DEVFD_BIG : DEVFD_LITTLE,
					     0, r.p, r.size, &item, &e),
				 DEVFD_OK);
		assert_int_equal(item.kind, DEVFD_HOT_RESET);
		assert_int_equal(item.state, DEVFD_PRESENT);
		assert_int_equal(item.flags, DEVFD_DEV_ID | DEVFD_DEV_ID_OWNED);
		assert_int_equal(item.more, 0x10);
		for (i = 0; i < 3; i++) {
			assert_int_equal(devfd_get_dependent(&item, i, &one), DEVFD_OK);
			assert_int_equal(one.id, 0x11 + i);
			assert_int_equal(one.segment, 1);
			assert_int_equal(one.bus, 3);
			assert_int_equal(one.devfn, 2 << 3 | i);
		}
		assert_int_equal(devfd_get_dependent(&item, 3, &one), DEVFD_END);
		assert_int_equal(devfd_get_dependent(&item, 0xffffffff, &one), DEVFD_END);
	}
}

/* What stands behind the count is the caller's own, even where argsz has room for it. */
static void reads_no_more_than_the_count(void **state)
{
	struct devfd_dependent one;
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;

	(void)state;
	make(&r, 0, 1, 4, 0);
	assert_int_equal(devfd_reply(DEVFD_HOT_RESET_INFO, DEVFD_LITTLE, 0, r.p, r.size, &item, &e),
			 DEVFD_OK);
	assert_int_equal(devfd_get_dependent(&item, 0, &one), DEVFD_OK);
	assert_int_equal(devfd_get_dependent(&item, 1, &one), DEVFD_END);
	/* A count that changes behind the reader's back changes nothing. */
	devfd_set32(r.p + 8, 0xffffffff, 0);
	assert_int_equal(devfd_get_dependent(&item, 1, &one), DEVFD_END);
	make(&r, 0, 0, 0, 0);
	assert_int_equal(judge(&r, &item, &e), DEVFD_OK);
	assert_int_equal(devfd_get_dependent(&item, 0, &one), DEVFD_END);
}

/* A count is a wish: what it would take is asked for, computed without wrapping, and never read. */
static void count_asks_for_more(void **state)
{
	static const struct {
		uint32_t count, there, need;
	} rows[] = {
		{1, 0, 20},
		{3, 2, 36},
		{0x1ffffffe, 1, 0xfffffffc}, /* the longest whose size fits */
		{0x1fffffff, 1, 0xffffffff},
		{0x20000000, 0, 0xffffffff}, /* 8 of them wrap to 0 */
		{0x20000001, 1, 0xffffffff},
		{0xffffffff, 2, 0xffffffff},
	};
	struct reply r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(&r, 0, rows[i].count, rows[i].there, i & 1);
		wants(&r, DEVFD_RULE_LINUX_HOT_RESET_INFO_DEVICES_COUNTS, 8, rows[i].need);
	}
	/* Received, but argsz did not claim it. */
	make(&r, 0, 2, 2, 0);
	devfd_set32(r.p, HEAD + 2 * ONE - 1, 0);
	wants(&r, DEVFD_RULE_LINUX_HOT_RESET_INFO_DEVICES_COUNTS, 8, HEAD + 2 * ONE);
	/* Before the flags are judged: the reply is not whole yet. */
	make(&r, 2, 1, 0, 0);
	wants(&r, DEVFD_RULE_LINUX_HOT_RESET_INFO_DEVICES_COUNTS, 8, HEAD + ONE);
}

static void argsz_is_judged_first(void **state)
{
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;

	(void)state;
	make(&r, 0, 1, 1, 0);
	for (r.size = 0; r.size < HEAD; r.size++)
		wants(&r, DEVFD_RULE_LINUX_HOT_RESET_INFO_SIZE, 0, HEAD);
	for (; r.size < HEAD + ONE; r.size++)
		wants(&r, DEVFD_RULE_LINUX_HOT_RESET_INFO_ARGSZ_MORE, 0, HEAD + ONE);
	devfd_set32(r.p, HEAD - 1, 0);
	assert_int_equal(judge(&r, &item, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, DEVFD_RULE_LINUX_HOT_RESET_INFO_ARGSZ_MIN);
	assert_int_equal(e.need, 0);
}

static void ownership_is_of_devids(void **state)
{
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;

	(void)state;
	make(&r, 2, 1, 1, 0);
	assert_int_equal(judge(&r, &item, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, DEVFD_RULE_MODEL_HOT_RESET_OWNED);
	assert_int_equal(e.at, 0);
	assert_int_equal(e.need, 0);
	make(&r, 1, 1, 1, 0);
	assert_int_equal(judge(&r, &item, &e), DEVFD_OK);
}

/* ---- devfd_ask(): a scripted kernel ---- */

enum { STEPS = 4 };

struct kernel {
	uint32_t counts[STEPS]; /* that it has at each call */
	int error[STEPS];       /* with which it fails in any case */
	uint32_t argsz;         /* what it writes there, unless 0 */
	uint32_t lies;          /* it never fails for lack of room */
	uint32_t calls;
};

static int fake_ioctl(void *context, uint32_t number, void *arg, uint32_t size)
{
	struct kernel *k = context;
	uint32_t offered = devfd_get32(arg, host_big()), count = k->counts[k->calls];
	int error = k->error[k->calls++];
	uint8_t *p = arg;

	assert_true(k->calls <= STEPS);
	assert_int_equal(offered, size);
	assert_int_equal(number, 112);
	if (k->argsz)
		devfd_set32(p, k->argsz, host_big());
	devfd_set32(p + 8, count, host_big());
	if (error)
		return error;
	if (offered < HEAD + (uint64_t)ONE * count)
		return k->lies ? 0 : -ENOSPC_;
	put_list(p + HEAD, count, host_big());
	return 0;
}

static int ask(struct kernel *k, size_t capacity, struct devfd_item *item, struct devfd_error *e)
{
	static uint8_t buf[CAPACITY + 1];
	int rc;

	memset(buf, GUARD, sizeof(buf));
	memset(item, GUARD, sizeof(*item));
	rc = devfd_ask(DEVFD_HOT_RESET_INFO, 0, fake_ioctl, k, buf, capacity, item, e);
	assert_int_equal(buf[capacity], GUARD);
	return rc;
}

static void ask_comes_back_with_room(void **state)
{
	struct kernel k = {.counts = {4, 4}};
	struct devfd_dependent one;
	struct devfd_item item;
	struct devfd_error e;

	(void)state;
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_OK);
	assert_int_equal(k.calls, 2);
	assert_int_equal(item.dependents.count, 4);
	assert_int_equal(devfd_get_dependent(&item, 3, &one), DEVFD_OK);
	assert_int_equal(one.id, 0x14);
	k = (struct kernel){.counts = {4, 4}};
	assert_int_equal(ask(&k, HEAD + 4 * ONE, &item, &e), DEVFD_OK);
	/* A list that is empty fits at once. */
	k = (struct kernel){.counts = {0}};
	assert_int_equal(ask(&k, HEAD, &item, &e), DEVFD_OK);
	assert_int_equal(k.calls, 1);
}

static void ask_tells_what_capacity_it_takes(void **state)
{
	struct kernel k = {.counts = {4, 4}};
	struct devfd_item item;
	struct devfd_error e;

	(void)state;
	assert_int_equal(ask(&k, HEAD + 4 * ONE - 1, &item, &e), DEVFD_MORE);
	assert_int_equal(e.rule, DEVFD_RULE_LINUX_HOT_RESET_INFO_DEVICES_COUNTS);
	assert_int_equal(e.need, HEAD + 4 * ONE);
	assert_int_equal(k.calls, 1);
	k = (struct kernel){.counts = {0xffffffff}};
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_MORE);
	assert_int_equal(e.need, 0xffffffff);
	assert_int_equal(k.calls, 1);
	k = (struct kernel){.counts = {0}};
	assert_int_equal(ask(&k, HEAD - 1, &item, &e), DEVFD_MORE);
	assert_int_equal(e.need, HEAD);
	assert_int_equal(k.calls, 0);
}

/* Three calls in all, whatever the counts do meanwhile. */
static void ask_is_bounded(void **state)
{
	struct kernel k = {.counts = {1, 2, 3}};
	struct devfd_item item;
	struct devfd_error e;

	(void)state;
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_MORE);
	assert_int_equal(k.calls, 3);
	assert_int_equal(e.need, HEAD + 3 * ONE);
	/* Counts that alternate: the third call has room for either. */
	k = (struct kernel){.counts = {1, 2, 1}};
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_OK);
	assert_int_equal(k.calls, 3);
	assert_int_equal(item.dependents.count, 1);
	/* A count that shrinks fits in what was asked for. */
	k = (struct kernel){.counts = {5, 2}};
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_OK);
	assert_int_equal(item.dependents.count, 2);
	/* One that never fails and never gives what it counts. */
	k = (struct kernel){.counts = {2, 3, 4}, .lies = 1};
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_MORE);
	assert_int_equal(k.calls, 3);
	/* One whose argsz leaves no room, so that the size wanted is less than was offered. */
	k = (struct kernel){.counts = {1, 1, 1}, .argsz = HEAD};
	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_MORE);
	assert_int_equal(k.calls, 3);
	assert_int_equal(e.need, HEAD + ONE);
}

static void unreadable(struct kernel k, uint32_t error)
{
	struct devfd_item item;
	struct devfd_error e;

	assert_int_equal(ask(&k, CAPACITY, &item, &e), DEVFD_IS_UNREADABLE);
	assert_int_equal(item.kind, DEVFD_HOT_RESET);
	assert_int_equal(item.state, DEVFD_UNREADABLE);
	assert_int_equal(item.error, error);
	assert_int_equal(item.dependents.count, 0);
	assert_int_equal(k.calls, k.error[0] ? 1 : 2);
}

static void other_failures_are_failures(void **state)
{
	(void)state;
	unreadable((struct kernel){.counts = {3}, .error = {-19}}, 19);
	unreadable((struct kernel){.counts = {3, 3}, .error = {0, 11}}, 11);
	/* No room for nothing at all, and a reply that is broken beside: nothing to come back for.
	 */
	unreadable((struct kernel){.error = {-ENOSPC_}}, ENOSPC_);
	unreadable((struct kernel){.error = {ENOSPC_}, .argsz = 4}, ENOSPC_);
}

/* The count of another struct is no wish. */
static int no_room(void *context, uint32_t number, void *arg, uint32_t size)
{
	(void)number;
	(void)size;
	++*(uint32_t *)context;
	devfd_set32(arg, 64, host_big());
	return -ENOSPC_;
}

static void only_a_list_is_asked_again(void **state)
{
	uint8_t buf[CAPACITY];
	struct devfd_item item;
	struct devfd_error e;
	uint32_t calls = 0;

	(void)state;
	assert_int_equal(
		devfd_ask(DEVFD_DEVICE_INFO, 0, no_room, &calls, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(item.error, ENOSPC_);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_list),
		cmocka_unit_test(reads_no_more_than_the_count),
		cmocka_unit_test(count_asks_for_more),
		cmocka_unit_test(argsz_is_judged_first),
		cmocka_unit_test(ownership_is_of_devids),
		cmocka_unit_test(ask_comes_back_with_room),
		cmocka_unit_test(ask_tells_what_capacity_it_takes),
		cmocka_unit_test(ask_is_bounded),
		cmocka_unit_test(other_failures_are_failures),
		cmocka_unit_test(only_a_list_is_asked_again),
	};

	return cmocka_run_group_tests_name("hot reset", tests, NULL, NULL);
}
