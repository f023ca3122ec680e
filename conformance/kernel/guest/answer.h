/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * answer.h: the rows that the generator makes of the responder rules of spec/call.yaml: a request
 * to make of the kernel, and the answer that it has to give.
 */
#ifndef DEVFD_ANSWER_H
#define DEVFD_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "../../capture/capture.h"

/* What a value in a request counts from. */
enum term {
	TERM_NUMBER,      /* 0 */
	TERM_MIN,         /* the smallest argsz of the call */
	TERM_NUM_REGIONS, /* what VFIO_DEVICE_GET_INFO says */
	TERM_NUM_IRQS,
	TERM_IOMMUFD, /* the iommufd of the session */
	TERM_EVENTFD, /* an eventfd of the program's own */
};

/* A value stored in a request, in the host's byte order: term + plus, cut to width. */
struct set {
	uint16_t at;   /* offset in the request */
	uint8_t width; /* bytes: 1, 2, 4 or 8 */
	uint8_t term;  /* enum term */
	int64_t plus;
};

/* In which state of its descriptor a request is made. */
enum state_of {
	STATE_OPEN,        /* as session_open() leaves it; a cdev is bound */
	STATE_BEFORE_BIND, /* a cdev that BIND_IOMMUFD was not called on */
	STATE_NO_IOMMU,    /* a container of its own that SET_IOMMU was not called on */
};

/* What the third argument of ioctl(2) is. */
enum argument {
	ARGUMENT_STRUCT, /* the address of the request */
	ARGUMENT_NUMBER, /* sets[0], a number */
	ARGUMENT_NULL,
};

/*
 * A request and the answer that it has to get. The request is size bytes, 0 but for the sets; what
 * is behind it in the buffer is poison. A row whose descriptor the session has not is not run.
 */
struct answer {
	const char *rule;  /* "call.set_irqs.argsz.below" */
	const char *text;  /* one sentence */
	uint8_t level;     /* enum answer_level */
	uint8_t on;        /* enum on */
	uint8_t way;       /* enum way: WAY_CDEV where only such a session has it */
	uint8_t state;     /* enum state_of */
	uint8_t argument;  /* enum argument */
	uint8_t untouched; /* 1: the call leaves every byte of the buffer as it was */
	uint16_t number;   /* of the ioctl */
	uint16_t min;      /* the smallest argsz of the call */
	uint16_t size;     /* bytes of the request */
	uint16_t from,
		below; /* the kernels that it holds for, as major << 8 | minor; 0: no bound */
	const struct set *sets;
	size_t count;
	const int
		*errnos; /* NULL: the call succeeds; else one of these, ended by 0, is the errno */
	int result;      /* what a call that succeeds returns */
};

enum answer_level { ANSWER_ABI, ANSWER_ROBUST, ANSWER_SEEN, ANSWER_OURS };

extern const struct answer answers[];
extern const size_t answers_count;

#endif
