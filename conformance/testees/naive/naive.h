/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * naive.h: a reader of VFIO replies that reads well, and can be told to go wrong in one way.
 *
 * Each fault is a line of the table in faults.c. The reader asks fault_is() at the one place where
 * a program with that fault does without a check, or checks something else.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum fault {
	NONE,
	STRUCT_CAST,
	UNBOUNDED_WALK,
	FIRST_OFFSET_ONLY,
	FLOOR_UNCHECKED,
	HEAD_UNCHECKED,
	OFF_BY_ONE,
	WRAP32,
	WRAP64,
	COUNT_UNCHECKED,
	BODY_UNCHECKED,
	AREA_UNCHECKED,
	END_UNCHECKED,
	CAPS_FLAG_IGNORED,
	VERSION_IGNORED,
	NEWER_VERSION_REFUSED,
	VERSION_0_TAKEN,
	ARGSZ_IS_LENGTH,
	ARGSZ_IGNORED,
	INDEX_UNCHECKED,
	UNKNOWN_ID_REFUSED,
	UNKNOWN_ID_ENDS,
	UNREADABLE_IS_EMPTY,
	PARTIAL_KEPT,
	EMPTY_CHAIN_TAKEN,
	LOW_LINK_ENDS,
	CAP_OFFSET_ASSUMED,
	SIGNED_COUNT,
	NUMBER_NARROWED,
	AREAS_IGNORED,
	FIRST_AREA_ONLY,
	NO_AREA_IS_ALL,
	DUPLICATE_LAST_WINS,
	FIRST_CAP_ASSUMED,
	ALIGNMENT_DEMANDED,
	BYTE_ORDER_IGNORED,
	UNKNOWN_FLAG_REFUSED,
	RESERVED_REFUSED,
	PGSIZES_ALWAYS,
	OWNED_UNCHECKED,
	RESET_COUNT_TRUSTED,
	ENOSPC_IS_FAILURE,
	RETRY_UNBOUNDED,
	RETRY_ON_ANY_SIZE,
	SINGLE_CALL,
	INDEX_SHIFT,
	ERROR_IS_EMPTY,
	FAULTS
};

struct fault_row {
	const char *name;
	const char *text;  /* what the reader does wrong */
	const char *tells; /* case ids, as patterns, each of which has a case that fails */
	const char *word;  /* that some of these cases have in `catches`, or NULL */
	bool ours;         /* only rules of this project's own choice tell it */
};
extern const struct fault_row fault_table[FAULTS];

void fault_choose(enum fault fault);
bool fault_is(enum fault fault);

enum verdict { ACCEPT, REJECT, NEED_MORE, SKIP, FAILED };
#define NOT_TOLD 0xffffffffu

/* The bytes of one input, in which the reader looks. Nothing behind them can be read (guard.c). */
struct view {
	const uint8_t *data;
	uint64_t size;
	bool big;
};

uint8_t get_u8(const struct view *view, uint64_t at);
uint16_t get_u16(const struct view *view, uint64_t at);
uint32_t get_u32(const struct view *view, uint64_t at);
uint64_t get_u64(const struct view *view, uint64_t at);

/* Copies an input so that the byte behind its last is in a page that cannot be read. */
bool guard_open(size_t most);
const uint8_t *guard_copy(const uint8_t *data, size_t size);

/* One reply, or description, judged; on ACCEPT its canonical dump is written to out. */
struct question {
	const char *format;
	uint32_t index;
	struct view view;
};
struct judgement {
	enum verdict verdict;
	uint32_t need;
	const char *reason; /* of SKIP and FAILED */
};
struct judgement judge(const struct question *question, FILE *out);
struct judgement judge_fixed(const struct view *view, FILE *out);

/* Asks as a program does: one struct, and again with the size that the reply needs. */
typedef uint32_t query_fn(void *context, uint8_t *buf, uint32_t size); /* 0 or an errno */
struct judgement ask(const char *format, uint32_t index, bool big, query_fn *query, void *context,
		     FILE *out);

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#endif
