// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* loop_chain.c: chain.c once more, judging with the table engine. */
#include "rename.h"
#include "../chain.c"
