// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_twice.c: what is said of a device twice: through both ways, by sysfs, and when it is asked
 * again, by a codec and a kernel that may do wrong. */
#include "../../../codec/tables/tables.h"
#include "tests.h"

#include <errno.h>

/* ---- Both ways ---- */

struct both {
	struct capture container, cdev;
	size_t before;
};

static void record_both(struct both *b)
{
	play(WAY_CONTAINER);
	played_record(&b->container);
	play(WAY_CDEV);
	played_record(&b->cdev);
	b->before = rules_broken(KERNEL_WAYS_SAME);
}

/* How often the two were found to differ since they were recorded. */
static size_t differences(const struct both *b)
{
	check_ways(&b->container, &b->cdev);
	return rules_broken(KERNEL_WAYS_SAME) - b->before;
}

static void free_both(struct both *b)
{
	capture_free(&b->container);
	capture_free(&b->cdev);
}

void test_ways_notice(void **state)
{
	struct both b;

	(void)state;
	record_both(&b);
	assert_int_equal(differences(&b), 0);
	whole(&b.cdev, ON_DEVICE, REGION_INFO, 4)->error = EIO;
	assert_int_equal(differences(&b), 1);
	b.cdev.config_size++;
	assert_int_equal(differences(&b), 3);
	free_both(&b);
}

/* Not the whole one, which none is any more once argsz is bent. */
static struct reply *last_of(struct capture *c, uint32_t number, uint32_t index)
{
	size_t i = c->count;

	while (--i && (c->replies[i].number != number || c->replies[i].index != index))
		;
	return &c->replies[i];
}

void test_ways_may_differ_in_a_hot_reset_alone(void **state)
{
	static const struct {
		uint32_t number, index, at;
		size_t differences;
	} rows[] = {
		{REGION_INFO, 0, 5, 1},     {REGION_INFO, 0, 17, 1},    {REGION_INFO, 0, 20, 1},
		{IRQ_INFO, 4, 4, 1},        {DEVICE_INFO, 0, 12, 1},    {HOT_RESET_INFO, 0, 3, 1},
		{HOT_RESET_INFO, 0, 4, 0},  {HOT_RESET_INFO, 0, 7, 0},  {HOT_RESET_INFO, 0, 8, 1},
		{HOT_RESET_INFO, 0, 11, 1}, {HOT_RESET_INFO, 0, 12, 0}, {HOT_RESET_INFO, 0, 15, 0},
		{HOT_RESET_INFO, 0, 16, 1}, {HOT_RESET_INFO, 0, 19, 1}, {HOT_RESET_INFO, 0, 23, 0},
	};
	struct reply *r;
	struct both b;
	size_t i;

	(void)state;
	record_both(&b);
	for (i = 0; i < LENGTH(rows); i++) {
		b.before = rules_broken(KERNEL_WAYS_SAME);
		r = last_of(&b.cdev, rows[i].number, rows[i].index);
		r->bytes[rows[i].at] ^= 0x80;
		if (differences(&b) != rows[i].differences)
			fail_msg("row %zu: not %zu differences", i, rows[i].differences);
		r->bytes[rows[i].at] ^= 0x80;
	}
	free_both(&b);
}

/* The last call is of the device, either way. */
void test_calls_made_one_way_only_are_noticed(void **state)
{
	struct both b;

	(void)state;
	record_both(&b);
	b.container.count--;
	assert_int_equal(differences(&b), 1);
	b.cdev.count--;
	assert_int_equal(differences(&b), 1);
	b.cdev.count--;
	assert_int_equal(differences(&b), 2);
	b.container.count++;
	b.cdev.count += 2;
	free_both(&b);
}

/* ---- Sysfs ---- */

/* A number of the prediction that is bent, and whether that is to be noticed. */
static const struct predicted_bend {
	enum kernel_rule rule;
	uint32_t bits, unknown, broken; /* how often it breaks */
	size_t at, unknown_at;          /* 0: nothing is unknown */
} predicted_bends[] = {
#define AT(field) offsetof(struct prediction, field)
	{KERNEL_PREDICT_DEVICE, 7, 0, 1, AT(device.bus), 0},
	{KERNEL_PREDICT_DEVICE, DEVFD_RESET, 0, 1, AT(device.flags), 0},
	{KERNEL_PREDICT_DEVICE, DEVFD_RESET, UNKNOWN_RESET | UNKNOWN_REGIONS, 0, AT(device.flags),
	 AT(device_unknown)},
	{KERNEL_PREDICT_DEVICE, 1, 0, 1, AT(device.num_irqs), 0},
	/* Ten are there, and none predicted. */
	{KERNEL_PREDICT_DEVICE, 9, 0, 1, AT(device.num_regions), AT(device_unknown)},
	{KERNEL_PREDICT_DEVICE, 10, 0, 0, AT(device.num_regions), AT(device_unknown)},
	{KERNEL_PREDICT_DEVICE, 9, 0, 0, AT(device.num_regions), 0},
	{KERNEL_PREDICT_REGION, 1, 0, 1, AT(regions[4].state), 0},
	{KERNEL_PREDICT_REGION, 1, 0, 1, AT(regions[8].error), 0},
	{KERNEL_PREDICT_REGION, 1, 0, 1, AT(regions[4].offset), 0},
	{KERNEL_PREDICT_REGION, 1, 0, 1, AT(regions[4].size), 0},
	{KERNEL_PREDICT_REGION, DEVFD_WRITE, 0, 1, AT(regions[4].flags), 0},
	{KERNEL_PREDICT_REGION, DEVFD_MMAP, 0, 1, AT(regions[0].flags), 0},
	{KERNEL_PREDICT_REGION, DEVFD_MMAP, UNKNOWN_MMAP, 0, AT(regions[0].flags),
	 AT(region_unknown[0])},
	{KERNEL_PREDICT_REGION, DEVFD_WRITE, UNKNOWN_MMAP, 1, AT(regions[0].flags),
	 AT(region_unknown[0])},
	{KERNEL_PREDICT_REGION, DEVFD_MSIX_MAPPABLE, UNKNOWN_MSIX, 0, AT(regions[0].flags),
	 AT(region_unknown[0])},
	{KERNEL_PREDICT_REGION, 1, UNKNOWN_ROM, 0, AT(regions[6].size), AT(region_unknown[6])},
	{KERNEL_PREDICT_REGION, 1, UNKNOWN_VGA, 0, AT(regions[8].error), AT(region_unknown[8])},
	{KERNEL_PREDICT_IRQ, 1, 0, 1, AT(irqs[4].state), 0},
	{KERNEL_PREDICT_IRQ, 1, 0, 1, AT(irqs[3].error), 0},
	{KERNEL_PREDICT_IRQ, 2, 0, 1, AT(irqs[4].count), 0},
	{KERNEL_PREDICT_IRQ, 2, UNKNOWN_COUNT, 0, AT(irqs[4].count), AT(irq_unknown[4])},
	{KERNEL_PREDICT_IRQ, DEVFD_EVENTFD, UNKNOWN_COUNT, 1, AT(irqs[4].flags),
	 AT(irq_unknown[4])},
	{KERNEL_PREDICT_IRQ, DEVFD_NORESIZE, 0, 1, AT(irqs[4].flags), 0},
	{KERNEL_PREDICT_IRQ, DEVFD_NORESIZE, UNKNOWN_NORESIZE, 0, AT(irqs[4].flags),
	 AT(irq_unknown[4])},
};

static size_t broken_by_prediction(const struct capture *c, const struct predicted_bend *b)
{
	struct prediction p = played_prediction();
	size_t before = rules_broken(b->rule);
	uint32_t word;

	memcpy(&word, (uint8_t *)&p + b->at, sizeof(word));
	word ^= b->bits;
	memcpy((uint8_t *)&p + b->at, &word, sizeof(word));
	if (b->unknown_at)
		memcpy((uint8_t *)&p + b->unknown_at, &b->unknown, sizeof(b->unknown));
	check_prediction(c, &p);
	return rules_broken(b->rule) - before;
}

void test_predictions_notice(void **state)
{
	struct capture c;
	size_t i;

	(void)state;
	play(WAY_CONTAINER);
	played_record(&c);
	for (i = 0; i < LENGTH(predicted_bends); i++) {
		if (broken_by_prediction(&c, &predicted_bends[i]) != predicted_bends[i].broken)
			fail_msg("row %zu: not %u times", i, predicted_bends[i].broken);
	}
	capture_free(&c);
}

/* ---- Asking again ---- */

static const struct kept_caps kept = {.id = 0x4000, .version = 1, .size = 8, .data = 1, .count = 1};

/* The kernel as it was recorded, and as it answers now. */
static size_t broken_by_change(const struct played *was, const struct played *is)
{
	size_t before = rules_broken(KERNEL_ASK_SAME);
	struct session s = played_session();
	struct capture c;

	played = *was;
	played_record(&c);
	played = *is;
	check_ask(&c, &s);
	capture_free(&c);
	play(WAY_CONTAINER);
	return rules_broken(KERNEL_ASK_SAME) - before;
}

void test_asking_again_notices(void **state)
{
	static const struct kept_caps others[] = {
		{0x4001, 1, 8, 1, 1}, {0x4000, 2, 8, 1, 1}, {0x4000, 1, 16, 1, 1},
		{0x4000, 1, 8, 2, 1}, {0x4000, 1, 8, 1, 2},
	};
	struct played plain = {.way = WAY_CONTAINER}, with = plain, other = plain;
	size_t i;

	(void)state;
	play(WAY_CONTAINER);
	with.kept = kept;
	assert_int_equal(broken_by_change(&plain, &plain), 0);
	assert_int_equal(broken_by_change(&with, &with), 0);
	assert_int_equal(broken_by_change(&with, &plain), 1);
	assert_int_equal(broken_by_change(&plain, &with), 1);
	for (i = 0; i < LENGTH(others); i++) {
		other.kept = others[i];
		if (broken_by_change(&with, &other) != 1 || broken_by_change(&other, &with) != 1)
			fail_msg("row %zu was not noticed", i);
	}
	with = plain;
	with.more_areas = true;
	assert_int_equal(broken_by_change(&with, &with), 0);
	assert_int_equal(broken_by_change(&with, &plain), 1);
	assert_int_equal(broken_by_change(&plain, &with), 1);
}

/* ---- A codec that does wrong ---- */

static struct {
	bool judges_differ, asks_too_often, asks_too_much, misuses, takes_errors, rejects_cut;
} codec;

/* What a kernel that lies says that argsz is, less what was offered, call by call. */
enum { ASKS = 8, CALLS = 3, TOO_MUCH = 4097 };
static struct {
	bool kept;
	size_t asks, calls[ASKS];
	uint32_t offered[ASKS][CALLS], said[ASKS][CALLS];
} heard;

struct listener {
	devfd_ioctl_fn *fn;
	void *context;
};

static int listen(void *context, uint32_t number, void *arg, uint32_t size)
{
	const struct listener *l = (const struct listener *)context;
	int rc = l->fn(l->context, number, arg, codec.asks_too_much ? TOO_MUCH : size);
	size_t ask = heard.asks - 1;

	if (ask >= ASKS || heard.calls[ask] >= CALLS)
		return rc;
	heard.offered[ask][heard.calls[ask]] = size;
	heard.said[ask][heard.calls[ask]++] = host32((const uint8_t *)arg);
	return rc;
}

int __real_devfd_judge(const struct devfd_input *in, int tables, struct devfd_error *e);
int __wrap_devfd_judge(const struct devfd_input *in, int tables, struct devfd_error *e);
int __wrap_devfd_judge(const struct devfd_input *in, int tables, struct devfd_error *e)
{
	int rc = __real_devfd_judge(in, tables, e);

	if (tables && codec.judges_differ)
		e->at++;
	return codec.rejects_cut && rc == DEVFD_MORE ? DEVFD_REJECT : rc;
}

int __real_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);
int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);
int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e)
{
	struct listener l = {fn, context};
	int again, rc;

	heard.asks++;
	rc = __real_devfd_ask(call, index, listen, &l, buf, capacity, item, e);
	for (again = 0; codec.asks_too_often && again < 3; again++)
		(void)__real_devfd_ask(call, index, fn, context, buf, capacity, item, e);
	if (codec.takes_errors && rc == DEVFD_IS_UNREADABLE)
		return DEVFD_OK;
	return codec.misuses ? DEVFD_MISUSE : rc;
}

/* Each lie by what the first two calls of one index hear. */
void test_every_lie_is_told(void **state)
{
	static const struct {
		const char *name;
		uint32_t times, plus, then_times, then_plus;
		size_t calls;
	} lies[] = {
		{"growing", 1, 8, 1, 8, 2},     {"doubling", 2, 0, 2, 0, 2},
		{"alternating", 1, 8, 1, 0, 2}, {"largest", 0, UINT32_MAX, 0, 0, 1},
		{"none", 0, 0, 0, 0, 1},
	};
	struct capture c;
	struct session s;
	struct reply *one;
	size_t i;

	(void)state;
	play(WAY_CONTAINER);
	s = played_session();
	played_record(&c);
	one = whole(&c, ON_DEVICE, IRQ_INFO, 0);
	memset(&heard, 0, sizeof(heard));
	check_hostile(&(struct capture){.replies = one, .count = 1}, &s);
	assert_int_equal(heard.asks, LENGTH(lies));
	for (i = 0; i < LENGTH(lies); i++) {
		const uint32_t *offered = heard.offered[i], *said = heard.said[i];

		if (heard.calls[i] < lies[i].calls ||
		    said[0] != lies[i].times * offered[0] + lies[i].plus)
			fail_msg("the lie %s was not told", lies[i].name);
		if (lies[i].calls > 1 &&
		    said[1] != lies[i].then_times * offered[1] + lies[i].then_plus)
			fail_msg("the lie %s was told once", lies[i].name);
	}
	/* Each call with each index hears each. */
	memset(&heard, 0, sizeof(heard));
	check_hostile(&c, &s);
	assert_int_equal(heard.asks, LENGTH(lies) * (1 + 1 + 11 + 6 + 1));
	capture_free(&c);
}

void test_a_wrong_codec_is_noticed(void **state)
{
	static const struct {
		bool *wrong;
		enum kernel_rule rule;
	} rows[] = {
		{&codec.judges_differ, KERNEL_JUDGES_AGREE},
		{&codec.asks_too_often, KERNEL_ASK_BOUNDED},
		{&codec.asks_too_much, KERNEL_ASK_BOUNDED},
		{&codec.misuses, KERNEL_ASK_BOUNDED},
		{&codec.takes_errors, KERNEL_ASK_SAME},
	};
	struct capture c;
	size_t i, before;

	(void)state;
	play(WAY_CONTAINER);
	played_record(&c);
	for (i = 0; i < LENGTH(rows); i++) {
		before = rules_broken(rows[i].rule);
		*rows[i].wrong = true;
		check_all(&c);
		*rows[i].wrong = false;
		if (rules_broken(rows[i].rule) == before)
			fail_msg("row %zu was not noticed", i);
	}
	capture_free(&c);
}

/* Both judges do, so that they agree. */
void test_a_codec_that_rejects_cut_replies_is_noticed(void **state)
{
	uint32_t rule = devfd_rule_number("linux.region_info.argsz.more");
	size_t before = rules_format_broken(rule);
	struct capture c;

	(void)state;
	play(WAY_CONTAINER);
	played_record(&c);
	check_replies(&c);
	assert_int_equal(rules_format_broken(rule), before);
	codec.rejects_cut = true;
	check_replies(&c);
	codec.rejects_cut = false;
	capture_free(&c);
	assert_true(rules_format_broken(rule) > before);
}
