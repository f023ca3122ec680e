// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* rows.c: the requests that are made of a played kernel, in place of those of the generator. */
#include "rows.h"

#include <errno.h>

#include "../guest/check.h"

static const int einval[] = {EINVAL, 0}, efault[] = {EFAULT, 0};
static const struct set argsz_below[] = {{0, 4, TERM_MIN, -1}};
static const struct set argsz_exact[] = {{0, 4, TERM_MIN, 0}};
static const struct set argsz_huge[] = {{0, 4, TERM_NUMBER, UINT32_MAX}};
static const struct set index_num[] = {{0, 4, TERM_MIN, 0}, {8, 4, TERM_NUM_REGIONS, 0}};
static const struct set extension[] = {{0, 8, TERM_NUMBER, 3}};
static const struct set before_bind[] = {{0, 4, TERM_MIN, 0}};

#define ON_INFO                                                                                    \
	.rule = "call.get_info", .text = "A request.", .on = ON_DEVICE, .min = 16, .size = 16
const struct answer answers[] = {
	[ROW_BELOW] = {ON_INFO, .number = DEVICE_INFO, .untouched = 1, .sets = argsz_below,
		       .count = 1, .errnos = einval},
	[ROW_EXACT] = {ON_INFO, .number = DEVICE_INFO, .sets = argsz_exact, .count = 1},
	[ROW_HUGE] = {ON_INFO, .number = DEVICE_INFO, .sets = argsz_huge, .count = 1},
	[ROW_INDEX] = {.rule = "call.index",
		       .text = "A request.",
		       .on = ON_DEVICE,
		       .min = 32,
		       .size = 32,
		       .number = REGION_INFO,
		       .sets = index_num,
		       .count = 2,
		       .errnos = einval},
	[ROW_NUMBER] = {.rule = "call.number",
			.text = "A request.",
			.on = ON_CONTAINER,
			.argument = ARGUMENT_NUMBER,
			.number = 101,
			.sets = extension,
			.count = 1,
			.result = 1},
	[ROW_NULL] = {ON_INFO, .number = DEVICE_INFO, .argument = ARGUMENT_NULL, .errnos = efault},
	[ROW_BEFORE_BIND] = {ON_INFO, .number = DEVICE_INFO, .state = STATE_BEFORE_BIND,
			     .sets = before_bind, .count = 1, .errnos = einval},
	[ROW_NO_IOMMU] = {.rule = "call.no_iommu",
			  .text = "A request.",
			  .on = ON_CONTAINER,
			  .state = STATE_NO_IOMMU,
			  .argument = ARGUMENT_NUMBER,
			  .number = 102,
			  .sets = extension,
			  .count = 1,
			  .errnos = einval},
	[ROW_LATER] = {ON_INFO, .number = DEVICE_INFO, .from = 99 << 8, .sets = argsz_exact,
		       .count = 1, .errnos = einval},
	/* 6.12 is played, and 6.1. */
	[ROW_FROM] = {ON_INFO, .number = DEVICE_INFO, .from = 6 << 8 | 12, .sets = argsz_below,
		      .count = 1, .errnos = einval},
	[ROW_BELOW_NEXT] = {ON_INFO, .number = DEVICE_INFO, .below = 6 << 8 | 13,
			    .sets = argsz_below, .count = 1, .errnos = einval},
	[ROW_BELOW_NOW] = {ON_INFO, .number = DEVICE_INFO, .below = 6 << 8 | 1, .sets = argsz_exact,
			   .count = 1, .errnos = einval},
};
const size_t answers_count = sizeof(answers) / sizeof(answers[0]);
