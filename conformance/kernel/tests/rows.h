/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* rows.h: which requests rows.c has. */
#ifndef DEVFD_ROWS_H
#define DEVFD_ROWS_H

#include "../guest/answer.h"

enum {
	ROW_BELOW,
	ROW_EXACT,
	ROW_HUGE,
	ROW_INDEX,
	ROW_NUMBER,
	ROW_NULL,
	ROW_BEFORE_BIND,
	ROW_NO_IOMMU,
	ROW_LATER,
	ROW_FROM,
	ROW_BELOW_NEXT,
	ROW_BELOW_NOW,
	ROWS
};

#endif
