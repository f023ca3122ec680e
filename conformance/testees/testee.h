/* SPDX-License-Identifier: CC0-1.0 */
/*
 * testee.h: what a shared object has to export to be run by `conformance/run run --so FILE`; see
 * conformance/PROTOCOL.md. The runner calls it in a process of its own.
 */
#ifndef DEVFD_TESTEE_H
#define DEVFD_TESTEE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum devfd_case_order { DEVFD_CASE_LITTLE, DEVFD_CASE_BIG };
enum devfd_case_role { DEVFD_CASE_READER, DEVFD_CASE_PRODUCER };

struct devfd_case {
	const char *format; /* "": told by the first bytes */
	uint32_t order;     /* of the input */
	uint32_t role;      /* as whose work the input is to be judged */
	uint32_t index;     /* asked for, of a reply */
	const uint8_t *input;
	size_t size;
	/* Of a script: plays the kernel on buf, and returns an errno. NULL where there is none. */
	int (*query)(void *context, void *buf, uint32_t size);
	void *context;
};

enum devfd_verdict {
	DEVFD_VERDICT_ACCEPT,
	DEVFD_VERDICT_REJECT,
	DEVFD_VERDICT_NEED_MORE,
	DEVFD_VERDICT_SKIP,
	DEVFD_VERDICT_ERROR,
};

/* Of at and need. */
#define DEVFD_NOT_TOLD 0xffffffffu

struct devfd_answer {
	uint32_t verdict, at, need;
	/* accept: the dump as JSON; reject, need-more: the rule; skip, error: why. May be empty. */
	char text[65536];
};

/* Returns 0 with *answer filled in. */
int devfd_testee(const struct devfd_case *one, struct devfd_answer *answer);

/* Need not be there: what the testee says of itself, as JSON, like a hello on the pipe. */
const char *devfd_testee_hello(void);

#ifdef __cplusplus
}
#endif

#endif
