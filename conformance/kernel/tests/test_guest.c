// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_guest.c: the check of a kernel, checked: nothing is said of a kernel that answers as Linux
 * does, and each rule speaks up for a kernel that breaks it.
 */
#include "../../../codec/tables/tables.h"
#include "../guest/answer.h"
#include "../guest/ktap.h"
#include "tests.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- All checks of one kernel ---- */

void check_all(struct capture *c)
{
	struct session s = played_session();
	struct prediction p = played_prediction();

	check_replies(c);
	check_written(c);
	check_pci(c);
	check_prediction(c, &p);
	check_regions(c, &played_io, played_ids);
	check_ask(c, &s);
	check_hostile(c, &s);
}

static size_t all_broken(void)
{
	size_t i, sum = 0;

	for (i = 0; i < KERNEL_RULES; i++)
		sum += rules_broken((enum kernel_rule)i);
	for (i = 1; i <= devfd_rule_count(); i++)
		sum += rules_format_broken((uint32_t)i);
	for (i = 0; i < answers_count; i++)
		sum += rules_answer_broken(i);
	return sum;
}

/* ---- What makes a run fail; each in a process of its own, as nothing takes a failure back ---- */

static int ends(bool bad, size_t planned, bool held)
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		ktap_silence();
		ktap_begin("group", planned);
		ktap_single("test");
		if (bad)
			ktap_fail();
		ktap_done();
		ktap_end();
		rules_begin();
		if (held)
			hold(KERNEL_WAYS_COMPARED, true, " ");
		rules_end("rules");
		_exit(ktap_failed());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void test_a_failure_reaches_the_exit_status(void **state)
{
	(void)state;
	assert_int_equal(ends(false, 1, true), 0);
	assert_int_not_equal(ends(true, 1, true), 0);
	assert_int_not_equal(ends(false, 2, true), 0);
	assert_int_not_equal(ends(false, 1, false), 0);
}

/* ---- A kernel that answers as Linux does ---- */

static void test_good_kernel_breaks_nothing(void **state)
{
	static const enum way ways[] = {WAY_CONTAINER, WAY_CDEV, WAY_CONTAINER, WAY_CONTAINER};
	static const struct roots nowhere = {"/nonexistent", "/nonexistent"};
	struct capture c[4];
	struct session s;
	size_t i, before = all_broken();

	(void)state;
	for (i = 0; i < 4; i++) {
		play(ways[i]);
		played.plain = i == 2;
		played.before_6_6 = i == 3;
		if (played.before_6_6)
			rules_set_kernel("6.1.192");
		played_record(&c[i]);
		check_all(&c[i]);
		s = played_session();
		ktap_plan(1);
		check_answers("answers", &c[i], &s, &nowhere);
	}
	check_ways(&c[0], &c[1]);
	hold(KERNEL_WAYS_COMPARED, true, " ");
	for (i = 0; i < 4; i++)
		capture_free(&c[i]);
	assert_int_equal(all_broken(), before);
	/* Not one of them for want of something to hold it of. */
	for (i = 0; i < KERNEL_RULES; i++) {
		if (!rules_count((enum kernel_rule)i))
			fail_msg("%s was never held", kernel_rules[i].id);
	}
}

static void test_counts_what_a_reply_exercises(void **state)
{
	static const char *const ids[] = {
		"linux.device_info.argsz.more",  "linux.device_cap.align",
		"linux.device_cap.cycle",        "linux.zpci_util.util_str.length",
		"linux.region_cap.overlap",      "linux.sparse_mmap.areas.counts",
		"linux.region_info.index",       "linux.hot_reset_info.devices.counts",
		"linux.iova_range.iovas.counts", "linux.irq_info.index",
	};
	struct capture c;
	size_t i, before[16];

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		before[i] = rules_format_count(devfd_rule_number(ids[i]));
	play(WAY_CONTAINER);
	played_record(&c);
	check_replies(&c);
	capture_free(&c);
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (rules_format_count(devfd_rule_number(ids[i])) == before[i])
			fail_msg("%s was not counted", ids[i]);
	}
	/* What the kernel does not give cannot be exercised. */
	assert_int_equal(rules_format_count(devfd_rule_number("linux.zpci_base.size")), 0);
	assert_int_equal(rules_format_count(devfd_rule_number("linux.nvlink2_ssatgt.size")), 0);
}

/* ---- Replies that are bent, and the rule that has to notice ---- */

struct reply *find(struct capture *c, enum on on, uint32_t number, uint32_t index, uint32_t argsz)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		struct reply *r = &c->replies[i];

		if (r->on == on && r->number == number && r->index == index && r->argsz == argsz)
			return r;
	}
	fail_msg("no reply to %u of %u with argsz %u", number, index, argsz);
	return NULL;
}

struct reply *whole(struct capture *c, enum on on, uint32_t number, uint32_t index)
{
	const struct reply *r = capture_find_on(c, on, number, index);

	assert_non_null(r);
	return &c->replies[r - c->replies];
}

/* A byte of one reply that is changed: the whole reply where argsz is 0. */
struct bend {
	enum kernel_rule rule;
	enum on on;
	uint32_t number, index, argsz;
	uint32_t at;
	int error; /* in place of the byte, where not 0: the errno; -1 is success */
	uint8_t bits;
	bool plain;
};

static const struct bend bends[] = {
	{KERNEL_GUARD, ON_DEVICE, DEVICE_INFO, 0, 64, 64, 0, 1, false},
	{KERNEL_GUARD, ON_DEVICE, REGION_INFO, 1, 40, 55, 0, 0x80, false},
	{KERNEL_UNTOUCHED, ON_DEVICE, DEVICE_INFO, 0, 12, 4, 0, 1, false},
	{KERNEL_UNTOUCHED, ON_DEVICE, REGION_INFO, 10, 32, 8, 0, 1, false},
	{KERNEL_TAIL_UNTOUCHED, ON_DEVICE, REGION_INFO, 1, 40, 33, 0, 1, false},
	{KERNEL_TAIL_UNTOUCHED, ON_DEVICE, IRQ_INFO, 0, 24, 23, 0, 1, false},
	{KERNEL_TAIL_UNTOUCHED, ON_DEVICE, DEVICE_INFO, 0, 64, 60, 0, 1, false},
	{KERNEL_REGION_INFO_CAP_OFFSET_KEPT, ON_DEVICE, REGION_INFO, 1, 32, 12, 0, 1, false},
	{KERNEL_DEVICE_INFO_CAP_OFFSET_ZERO, ON_DEVICE, DEVICE_INFO, 0, 20, 16, 0, 1, true},
	{KERNEL_ARGSZ_MIN, ON_DEVICE, DEVICE_INFO, 0, 12, 0, ENOSPC, 0, false},
	{KERNEL_ARGSZ_MIN, ON_CONTAINER, IOMMU_INFO, 0, 8, 0, -1, 0, false},
	{KERNEL_ARGSZ_KEPT, ON_DEVICE, IRQ_INFO, 0, 24, 0, 0, 8, false},
	{KERNEL_ARGSZ_NEEDED, ON_DEVICE, REGION_INFO, 0, 32, 0, 0, 0x40, false},
	/* argsz 20 is not enough, and 64 is no reply any more. */
	{KERNEL_ARGSZ_NEEDED, ON_DEVICE, DEVICE_INFO, 0, 16, 0, 0, 56 ^ 20, false},
	{KERNEL_ARGSZ_NEEDED, ON_DEVICE, DEVICE_INFO, 0, 64, 0, EIO, 0, false},
	{KERNEL_CUT_FLAG, ON_DEVICE, REGION_INFO, 0, 32, 4, 0, 8, false},
	{KERNEL_CUT_CAP_OFFSET, ON_DEVICE, REGION_INFO, 0, 32, 12, 0, 32, false},
	{KERNEL_FIXED_SAME, ON_DEVICE, REGION_INFO, 7, 32, 17, 0, 1, false},
	{KERNEL_CHAIN_FIRST, ON_DEVICE, DEVICE_INFO, 0, 0, 16, 0, 8, false},
	{KERNEL_CHAIN_CONTIGUOUS, ON_DEVICE, DEVICE_INFO, 0, 0, 32, 0, 8, false},
	{KERNEL_CHAIN_TOTAL, ON_DEVICE, DEVICE_INFO, 0, 16, 0, 0, 0x40, false},
	{KERNEL_INDEX_BEYOND, ON_DEVICE, REGION_INFO, 10, 32, 0, ENODEV, 0, false},
	{KERNEL_INDEX_BEYOND, ON_DEVICE, IRQ_INFO, 5, 16, 0, -1, 0, false},
	{KERNEL_INDEX_ERROR, ON_DEVICE, REGION_INFO, 8, 40, 0, ENXIO, 0, false},
	{KERNEL_INDEX_ERROR, ON_DEVICE, IRQ_INFO, 0, 24, 0, EINVAL, 0, false},
	{KERNEL_PCI_NUM_REGIONS, ON_DEVICE, DEVICE_INFO, 0, 0, 8, 0, 8, false},
	{KERNEL_PCI_NUM_IRQS, ON_DEVICE, DEVICE_INFO, 0, 0, 12, 0, 2, false},
	{KERNEL_PCI_REGION_TYPE, ON_DEVICE, REGION_INFO, 9, 0, 64, 0, 0x80, false},
	{KERNEL_PCI_REGION_OFFSET, ON_DEVICE, REGION_INFO, 4, 40, 24, 0, 1, false},
	{KERNEL_PCI_CONFIG_SIZE, ON_DEVICE, REGION_INFO, 7, 40, 16, 0, 1, false},
	{KERNEL_PCI_IRQ_FLAGS, ON_DEVICE, IRQ_INFO, 0, 24, 4, 0, 8, false},
	{KERNEL_HOT_RESET_ERROR, ON_DEVICE, HOT_RESET_INFO, 0, 12, 0, EPERM, 0, false},
	{KERNEL_HOT_RESET_SPACE, ON_DEVICE, HOT_RESET_INFO, 0, 12, 8, 0, 2, false},
	{KERNEL_HOT_RESET_COUNT, ON_DEVICE, HOT_RESET_INFO, 0, 0, 8, 0, 3, false},
	{KERNEL_HOT_RESET_FLAGS, ON_DEVICE, HOT_RESET_INFO, 0, 0, 4, 0, 1, false},
	{KERNEL_HOT_RESET_SELF, ON_DEVICE, HOT_RESET_INFO, 0, 0, 18, 0, 4, false},
	{KERNEL_PREDICT_DEVICE, ON_DEVICE, DEVICE_INFO, 0, 0, 4, 0, 1, false},
	{KERNEL_PREDICT_REGION, ON_DEVICE, REGION_INFO, 4, 40, 16, 0, 0x40, false},
	{KERNEL_PREDICT_REGION, ON_DEVICE, REGION_INFO, 0, 0, 4, 0, 4, false},
	{KERNEL_PREDICT_REGION, ON_DEVICE, REGION_INFO, 4, 40, 24, 0, 1, false},
	{KERNEL_PREDICT_IRQ, ON_DEVICE, IRQ_INFO, 4, 24, 12, 0, 2, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 4, 40, 17, 0, 1, false},
	{KERNEL_ASK_SAME, ON_DEVICE, HOT_RESET_INFO, 0, 0, 27, 0, 1, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 9, 0, 49, 0, 0x10, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 9, 0, 57, 0, 0x30, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 8, 40, 0, ENXIO, 0, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 4, 40, 0, EINVAL, 0, false},
	{KERNEL_ASK_SAME, ON_DEVICE, REGION_INFO, 8, 40, 0, -1, 0, false},
};

static void bend(struct capture *c, const struct bend *b)
{
	struct reply *r = b->argsz ? find(c, b->on, b->number, b->index, b->argsz)
				   : whole(c, b->on, b->number, b->index);

	if (b->error) {
		r->error = b->error < 0 ? 0 : b->error;
		return;
	}
	assert_true(b->at < r->size);
	r->bytes[b->at] ^= b->bits;
}

static void test_each_rule_notices_a_bent_reply(void **state)
{
	struct capture c;
	size_t i, before;

	(void)state;
	for (i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		play(WAY_CONTAINER);
		played.plain = bends[i].plain;
		played_record(&c);
		before = rules_broken(bends[i].rule);
		bend(&c, &bends[i]);
		check_all(&c);
		capture_free(&c);
		if (rules_broken(bends[i].rule) == before)
			fail_msg("%s did not notice row %zu", kernel_rules[bends[i].rule].id, i);
	}
}

/* Since 6.6 a capability begins at the next multiple of 8, before anywhere in the next 8 bytes. */
static void test_padding_is_that_of_the_kernel(void **state)
{
	static const struct {
		int gap, tail;
		bool before_6_6;
		bool contiguous, total;
	} rows[] = {
		{0, 0, false, true, true},   {8, 0, false, false, true},
		{-1, 1, false, false, true}, {0, 8, false, true, false},
		{0, -8, false, true, false}, {0, 0, true, true, true},
		{7, 0, true, true, true},    {8, 0, true, false, true},
		{-1, 0, true, false, true},  {0, 7, true, true, true},
		{0, 8, true, true, false},   {0, -1, true, true, false},
	};
	struct capture c;
	size_t i, contiguous, total;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		play(WAY_CONTAINER);
		played.before_6_6 = rows[i].before_6_6;
		played.gap = rows[i].gap;
		played.tail = rows[i].tail;
		rules_set_kernel(rows[i].before_6_6 ? "6.5.13" : "6.6.0");
		played_record(&c);
		contiguous = rules_broken(KERNEL_CHAIN_CONTIGUOUS);
		total = rules_broken(KERNEL_CHAIN_TOTAL);
		check_written(&c);
		capture_free(&c);
		if ((rules_broken(KERNEL_CHAIN_CONTIGUOUS) == contiguous) != rows[i].contiguous ||
		    (rules_broken(KERNEL_CHAIN_TOTAL) == total) != rows[i].total)
			fail_msg("row %zu was not noticed, or should not be", i);
	}
}

/* A reply that has no room for what it counts, and does not say that it is cut. */
static void test_less_than_is_counted_is_not_taken_for_a_cut_reply(void **state)
{
	uint32_t rule = devfd_rule_number("linux.hot_reset_info.devices.counts");
	size_t before = rules_format_broken(rule);
	struct capture c;

	(void)state;
	play(WAY_CONTAINER);
	played_record(&c);
	find(&c, ON_DEVICE, HOT_RESET_INFO, 0, 12)->error = 0;
	check_replies(&c);
	capture_free(&c);
	assert_int_equal(rules_format_broken(rule), before + 1);
}

static void test_a_rule_of_the_format_notices(void **state)
{
	static const struct {
		const char *id;
		uint32_t number, index, at;
		uint8_t bits;
	} rows[] = {
		{"linux.region_info.index", REGION_INFO, 4, 8, 1},
		{"linux.device_cap.align", DEVICE_INFO, 0, 28, 4},
		{"linux.region_cap.fits", REGION_INFO, 0, 13, 1},
		{"linux.sparse_mmap.areas.counts", REGION_INFO, 9, 41, 1},
		{"linux.irq_info.argsz.min", IRQ_INFO, 0, 0, 24},
	};
	struct capture c;
	uint32_t rule;
	size_t i, before;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		play(WAY_CONTAINER);
		played_record(&c);
		rule = devfd_rule_number(rows[i].id);
		before = rules_format_broken(rule);
		whole(&c, ON_DEVICE, rows[i].number, rows[i].index)->bytes[rows[i].at] ^=
			rows[i].bits;
		check_replies(&c);
		capture_free(&c);
		if (rules_format_broken(rule) == before)
			fail_msg("%s did not notice", rows[i].id);
	}
}

/* Links of a kernel before 6.6 may stand anywhere; those of a newer one may not. */
static void test_alignment_is_asked_of_newer_kernels_alone(void **state)
{
	uint32_t rule = devfd_rule_number("linux.device_cap.align");
	size_t before = rules_format_broken(rule);
	struct capture c;

	(void)state;
	play(WAY_CONTAINER);
	played.before_6_6 = true;
	played_record(&c);
	rules_set_kernel("6.5.13");
	check_replies(&c);
	assert_int_equal(rules_format_broken(rule), before);
	rules_set_kernel("6.6.0");
	check_replies(&c);
	assert_int_not_equal(rules_format_broken(rule), before);
	capture_free(&c);
}

/* ---- Kernels that do wrong ---- */

static void test_a_cdev_that_is_missing_is_noticed(void **state)
{
	struct wishes wishes = {.roots = {"/nonexistent", "/nonexistent"}, .expect_cdev = true};
	size_t before = rules_broken(KERNEL_WAYS_COMPARED);

	(void)state;
	play(WAY_CONTAINER);
	played.no_cdev = true;
	ktap_plan(1);
	check_device("0000:01:00.0", &wishes);
	assert_int_equal(rules_broken(KERNEL_WAYS_COMPARED), before + 1);
	assert_true(ktap_failed());
}

/* ---- The hook ---- */

static void test_altered_replies_are_noticed(void **state)
{
	static const char *const wrong[] = {
		"108", "108:4", "108:4:", "108:4:0", "108:4:0x100", "108:4:1x"};
	struct capture c;
	size_t before = all_broken(), i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(alter_set(wrong[i]));
	assert_true(alter_set("108:24:0x1"));
	play(WAY_CONTAINER);
	played_record(&c);
	alter_capture(&c);
	check_all(&c);
	capture_free(&c);
	assert_true(all_broken() > before);
	/* Not for the tests behind this one. */
	assert_false(alter_set("108:24:0"));
}

/* ---- What is kept for the host ---- */

static void test_saved_replies_are_those_that_came(void **state)
{
	char dir[] = "/tmp/devfd-guest-XXXXXX", file[64], line[1024], name[64], index[16], hex[512];
	unsigned number, argsz;
	int error, ret;
	struct capture c;
	size_t i = 0, k;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	play(WAY_CONTAINER);
	played_record(&c);
	assert_int_equal(save_replies("/nonexistent", &c), -1);
	assert_int_equal(save_replies(dir, &c), 0);
	(void)snprintf(file, sizeof(file), "%s/0000:01:00.0-container.replies", dir);
	f = fopen(file, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const struct reply *r = &c.replies[i];

		/* NOLINTNEXTLINE(cert-err34-c): a line that is no reply has fewer. */
		if (sscanf(line, "%u %63s %15s %u %d %d %511s", &number, name, index, &argsz,
			   &error, &ret, hex) != 7)
			continue;
		assert_true(i++ < c.count);
		assert_string_equal(name, r->name);
		assert_true(number == r->number && argsz == r->argsz);
		assert_true(error == r->error && ret == r->ret);
		assert_int_equal(strlen(hex), r->size ? 2 * (size_t)r->size : 1);
		for (k = 0; k < r->size; k++) {
			char byte[3] = {hex[2 * k], hex[2 * k + 1], '\0'};

			assert_int_equal(strtoul(byte, NULL, 16), r->bytes[k]);
		}
	}
	assert_int_equal(i, c.count);
	(void)fclose(f);
	(void)remove(file);
	(void)remove(dir);
	capture_free(&c);
}

/* ---- Every rule is in one of the tables above ---- */

static void test_no_rule_was_left_out(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KERNEL_RULES; i++) {
		if (!kernel_rules[i].id || !kernel_rules[i].text || !kernel_rules[i].source)
			fail_msg("rule %zu says nothing of itself", i);
		if (!rules_broken((enum kernel_rule)i))
			fail_msg("%s was never broken", kernel_rules[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_failure_reaches_the_exit_status),
		cmocka_unit_test(test_good_kernel_breaks_nothing),
		cmocka_unit_test(test_counts_what_a_reply_exercises),
		cmocka_unit_test(test_each_rule_notices_a_bent_reply),
		cmocka_unit_test(test_a_rule_of_the_format_notices),
		cmocka_unit_test(test_alignment_is_asked_of_newer_kernels_alone),
		cmocka_unit_test(test_each_place_of_a_region_is_looked_at),
		cmocka_unit_test(test_reads_behind_the_arrays_of_a_driver_are_left_out),
		cmocka_unit_test(test_requests_notice),
		cmocka_unit_test(test_a_state_that_cannot_be_entered_is_not_skipped),
		cmocka_unit_test(test_requests_of_other_kernels_are_not_made),
		cmocka_unit_test(test_ways_notice),
		cmocka_unit_test(test_a_cdev_that_is_missing_is_noticed),
		cmocka_unit_test(test_a_wrong_codec_is_noticed),
		cmocka_unit_test(test_altered_replies_are_noticed),
		cmocka_unit_test(test_saved_replies_are_those_that_came),
		cmocka_unit_test(test_padding_is_that_of_the_kernel),
		cmocka_unit_test(test_less_than_is_counted_is_not_taken_for_a_cut_reply),
		cmocka_unit_test(test_a_codec_that_rejects_cut_replies_is_noticed),
		cmocka_unit_test(test_a_descriptor_is_read_and_mapped),
		cmocka_unit_test(test_a_buffer_ends_where_no_page_is),
		cmocka_unit_test(test_ways_may_differ_in_a_hot_reset_alone),
		cmocka_unit_test(test_calls_made_one_way_only_are_noticed),
		cmocka_unit_test(test_predictions_notice),
		cmocka_unit_test(test_asking_again_notices),
		cmocka_unit_test(test_every_lie_is_told),
		cmocka_unit_test(test_no_rule_was_left_out),
	};

	if (!getenv("VERBOSE"))
		ktap_silence();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
