// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* inline.c: gives the prover the functions of bytes.h and scan.h, once. */
#include "../scan.h"
