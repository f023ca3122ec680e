/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * script.h: where things stand in an input of the target dance: the script of a kernel.
 *
 *	byte 0		the call, counted from 0 (more than there are begin anew)
 *	byte 1		the index asked for, 255 for 0xffffffff
 *	bytes 2, 3	the capacity, least significant byte first
 *
 * then what the kernel does at each call; the last one again if there are more, and nothing with
 * success if there is none:
 *
 *	byte 0		bits 0 to 3: what it returns (results[] in dance.c); bits 4 and 5: what
 *			becomes of argsz: 0 as in the bytes, 1 what was offered, 2 that
 *			and delta more, 3 delta
 *	byte 1		delta, signed
 *	bytes 2, 3	how many bytes follow
 *	...		the reply, in this host's byte order; what does not fit is cut
 */
#ifndef DEVFD_FUZZ_SCRIPT_H
#define DEVFD_FUZZ_SCRIPT_H

enum {
	SCRIPT_HEAD = 4,
	SCRIPT_CALL = 0,
	SCRIPT_INDEX = 1,
	SCRIPT_CAPACITY = 2,
	SCRIPT_STEP = 4, /* bytes of a step without its reply */
	STEP_DELTA = 1,
	STEP_SIZE = 2,
	RESULT_MASK = 15,
	RESULTS = RESULT_MASK + 1,
	RESULTS_GOOD = 5, /* the first so many of results[] are success */
	HOW_SHIFT = 4,
	HOW_MASK = 3,
	HOW_AS_IS = 0,
	HOW_OFFERED = 1,
	HOW_MORE = 2,
};

#endif
