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
	TERM_VECTORS, /* count of the interrupt index in the row */
	TERM_IOMMUFD, /* the iommufd of the session */
	TERM_DEVID,   /* that BIND_IOMMUFD gave */
	TERM_EVENTFD, /* an eventfd of the program's own */
};

/* A value stored in a request: term + plus, in the host's byte order. */
struct set {
	uint16_t at;   /* offset in the request */
	uint8_t width; /* bytes: 1, 2, 4 or 8 */
	uint8_t term;  /* enum term */
	int64_t plus;
};

/* In which state a request is made. */
enum state_of { STATE_OPEN, STATE_BEFORE_BIND, STATE_NO_IOMMU };

/* What holds of the buffer after the call. */
enum {
	AFTER_UNTOUCHED = 1, /* not a byte of it has changed */
	AFTER_ARGSZ = 2, /* nothing but argsz, and what the struct of the reply has, has changed */
};

struct answer {
	const char *rule; /* "call.set_irqs.argsz.min" */
	const char *text; /* one sentence */
	uint8_t level;    /* enum devfd_level_of: see below */
	uint8_t on;       /* enum on */
	uint8_t state;    /* enum state_of */
	uint8_t after;    /* AFTER_ bits */
	uint16_t number;  /* of the ioctl */
	uint16_t size; /* bytes of the request that are given; the rest of the buffer is poison */
	uint32_t irq;  /* interrupt index that TERM_VECTORS is about */
	const struct set *sets;
	size_t count;
	/* 0: the call succeeds; else one of these errnos, ended by 0, is given */
	const int *errnos;
	/* the kernels that it holds for, as major << 8 | minor; 0: no bound */
	uint16_t from, below;
};

enum answer_level { ANSWER_ABI, ANSWER_ROBUST, ANSWER_SEEN, ANSWER_OURS };

extern const struct answer answers[];
extern const size_t answers_count;

#endif
