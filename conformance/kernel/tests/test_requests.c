// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_requests.c: requests of a kernel that answers them otherwise, and of the wrong kernel. */
#include "../guest/ktap.h"
#include "rows.h"
#include "tests.h"

static void check_bad_answers(size_t row)
{
	static const struct roots nowhere = {"/nonexistent", "/nonexistent"};
	struct played wish = played;
	struct session s;
	struct capture c;
	size_t before = rules_answer_broken(row);

	memset(&played, 0, sizeof(played));
	played.way = wish.way;
	played_record(&c);
	played = wish;
	s = played_session();
	ktap_plan(1);
	check_answers("answers", &c, &s, &nowhere);
	capture_free(&c);
	if (row < ROWS && rules_answer_broken(row) == before)
		fail_msg("row %zu did not notice", row);
}

/* A wish of the played kernel, a row that breaks by it, and the way to open. */
static void check_wish(bool *wish, size_t row, enum way way)
{
	play(way);
	*wish = true;
	check_bad_answers(row);
}

void test_requests_notice(void **state)
{
	size_t before = rules_broken(KERNEL_ALIVE);

	(void)state;
	check_wish(&played.loses_errors, ROW_BELOW, WAY_CONTAINER);
	check_wish(&played.loses_errors, ROW_INDEX, WAY_CONTAINER);
	check_wish(&played.scribbles, ROW_BELOW, WAY_CONTAINER);
	check_wish(&played.wrong_errno, ROW_BELOW, WAY_CONTAINER);
	check_wish(&played.wrong_errno, ROW_BEFORE_BIND, WAY_CDEV);
	check_wish(&played.wrong_result, ROW_NUMBER, WAY_CONTAINER);
	assert_int_equal(rules_broken(KERNEL_ALIVE), before + 2);
	check_wish(&played.dies, ROWS, WAY_CONTAINER);
	assert_true(rules_broken(KERNEL_ALIVE) > before + 2);
	before = rules_broken(KERNEL_ALIVE);
	check_wish(&played.returns_more, ROWS, WAY_CONTAINER);
	assert_true(rules_broken(KERNEL_ALIVE) > before);
}

void test_a_state_that_cannot_be_entered_is_not_skipped(void **state)
{
	(void)state;
	check_wish(&played.no_state, ROW_BEFORE_BIND, WAY_CDEV);
	check_wish(&played.no_state, ROW_NO_IOMMU, WAY_CONTAINER);
}

/* Rows for newer and for older kernels would break if they were asked. */
void test_requests_of_other_kernels_are_not_made(void **state)
{
	size_t later = rules_answer_broken(ROW_LATER), now = rules_answer_broken(ROW_BELOW_NOW);

	(void)state;
	play(WAY_CDEV);
	check_bad_answers(ROWS);
	rules_set_kernel("6.1.192");
	check_bad_answers(ROWS);
	assert_int_equal(rules_answer_broken(ROW_LATER), later);
	assert_int_equal(rules_answer_broken(ROW_BELOW_NOW), now);
	check_wish(&played.loses_errors, ROW_FROM, WAY_CONTAINER);
	check_wish(&played.loses_errors, ROW_BELOW_NEXT, WAY_CONTAINER);
}
