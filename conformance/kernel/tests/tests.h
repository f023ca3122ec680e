/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* tests.h: the tests of test_guest by subject, and how they find and bend replies. */
#ifndef DEVFD_TESTS_H
#define DEVFD_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../guest/rules.h"
#include "played.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The reply to a call with that argsz, and the whole one. */
struct reply *find(struct capture *c, enum on on, uint32_t number, uint32_t index, uint32_t argsz);
struct reply *whole(struct capture *c, enum on on, uint32_t number, uint32_t index);
/* All checks of one way. */
void check_all(struct capture *c);

/* test_requests.c */
void test_requests_notice(void **state);
void test_a_state_that_cannot_be_entered_is_not_skipped(void **state);
void test_requests_of_other_kernels_are_not_made(void **state);

/* test_regions.c */
void test_each_place_of_a_region_is_looked_at(void **state);
void test_reads_behind_the_arrays_of_a_driver_are_left_out(void **state);
void test_a_descriptor_is_read_and_mapped(void **state);
void test_a_buffer_ends_where_no_page_is(void **state);

/* test_twice.c */
void test_ways_notice(void **state);
void test_ways_may_differ_in_a_hot_reset_alone(void **state);
void test_calls_made_one_way_only_are_noticed(void **state);
void test_predictions_notice(void **state);
void test_asking_again_notices(void **state);
void test_every_lie_is_told(void **state);
void test_a_wrong_codec_is_noticed(void **state);
void test_a_codec_that_rejects_cut_replies_is_noticed(void **state);

#endif
