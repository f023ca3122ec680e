/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * codec.h: the whole interface of devfd, a codec for VFIO device descriptions.
 *
 * Three layouts (tlv, array, fixed) hold a whole description; the replies of the Linux ioctls
 * hold a part of one. All of them are read and written as items: one device, its regions, its
 * interrupts.
 *
 *	struct devfd d;
 *	struct devfd_item bar;
 *	struct devfd_error e;
 *
 *	if (devfd_open(&d, buf, n, &e) != DEVFD_OK)
 *		errx(1, "byte %u: %s", e.at, devfd_rule(e.rule));
 *	if (devfd_get_region(&d, 2, &bar) == DEVFD_OK)
 *		printf("BAR 2: offset %#llx size %#llx\n", (unsigned long long)bar.offset,
 *		       (unsigned long long)bar.size);
 *
 * Nothing here allocates, recurses, keeps state outside its arguments or needs an aligned
 * buffer. The core needs memcpy and memset and nothing else, and at most 2048 bytes of stack
 * beside those of the caller's own functions. Functions may be called from any number of threads
 * as long as each has its own arguments. Work grows linearly with the input for every input.
 *
 * Lifetime: an item points into the buffer that it was read from (areas, dt_path, dependents,
 * kept). The buffer is the caller's, and is to stay as it was while items of it are used. If it
 * changes all the same, reads stay inside it and every loop ends; only the values are then
 * unspecified.
 */
#ifndef DEVFD_CODEC_H
#define DEVFD_CODEC_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#include "generated/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The longest input, and the longest output: 2^31 - 1 bytes (rule model.input.max). */
#define DEVFD_SIZE_MAX 0x7fffffffu

/* What a function returns. Numbers below 0 are refusals. */
enum devfd_result {
	DEVFD_OK = 0,         /* done; the item asked for is there and can be used */
	DEVFD_END = 1,        /* no more of them */
	DEVFD_IS_EMPTY = 2,   /* the item is not implemented: its size or count is 0 */
	DEVFD_REJECT = -1,    /* the input breaks a rule: see the error */
	DEVFD_MORE = -2,      /* the reply is cut: ask again with error.need bytes */
	DEVFD_IS_ABSENT = -3, /* nothing is said of this index */
	DEVFD_IS_UNREADABLE =
		-4, /* asking the kernel for it failed: see item.error; never take it for empty */
	DEVFD_ROOM = -5,   /* the buffer is too small: see the size needed */
	DEVFD_LOSS = -6,   /* the layout cannot carry something: see the loss mask */
	DEVFD_MISUSE = -7, /* wrong order of calls, or an argument out of range */
};

/* Options of the functions that take any, added up. Without a byte order a reply is in that of this
 * host. */
enum devfd_option {
	DEVFD_LITTLE = 1,   /* least significant byte first */
	DEVFD_BIG = 2,      /* most significant byte first */
	DEVFD_PRODUCER = 4, /* judge the rules that bind producers too */
	DEVFD_LOSSY = 8, /* put: drop what the layout cannot carry, closing what that would open */
};

/*
 * Why an input was refused. rule is one of enum devfd_rule; at is the offset in bytes from the
 * start of the input; need is the size in bytes to come back with, and 0 unless the result is
 * DEVFD_MORE. Text, path, value found and value allowed are made from these by devfd_explain()
 * outside the core.
 */
struct devfd_error {
	uint32_t rule;
	uint32_t at;
	uint32_t need;
};

/* The errno that a kernel would give for a result: 0 for DEVFD_OK, DEVFD_END and DEVFD_IS_EMPTY,
 * else below 0. */
int devfd_errno(int result);

/* ---- Reading a description ---- */

/* The layouts that hold a whole description. */
enum devfd_layout {
	DEVFD_TLV = 1,
	DEVFD_ARRAY = 2,
	DEVFD_FIXED = 3,
};

/* Where the next item of a description stands. */
struct devfd_cursor {
	uint32_t at;             /* offset of the next record or slot */
	uint32_t type;           /* type of the record before */
	uint32_t regions;        /* lowest index that the next region may have */
	uint32_t irqs;           /* the same for interrupts */
	uint32_t slot;           /* slots passed */
	uint32_t tail;           /* end of the tail parts passed */
	uint32_t kept, kept_end; /* top-level records that the device keeps */
	uint32_t stage;          /* 0: the device comes next */
};

/* An opened description. The fields are for reading only; device is the device item. */
struct devfd {
	const uint8_t *base;
	uint32_t size;
	uint32_t layout; /* enum devfd_layout */
	uint32_t order;  /* DEVFD_LITTLE or DEVFD_BIG, of the input */
	uint32_t version;
	uint32_t type; /* of a fixed layout, counted from 0 in the order of spec/fixed.yaml */
	struct devfd_item device;
	struct devfd_cursor first, next;
};

/*
 * Checks all of the input and prepares d to read it. The layout and byte order are told by the
 * first bytes. Returns DEVFD_OK, or DEVFD_REJECT with *e saying which rule is broken first and
 * where; d is then not usable.
 */
int devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e);

/* The same for one layout only, with options (DEVFD_PRODUCER). */
int devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf, size_t size,
		  struct devfd_error *e);

/*
 * The next item: the device, then the regions and then the interrupts that are described, each kind
 * in ascending index. Returns DEVFD_OK or DEVFD_END (and, only if the buffer changed after open,
 * DEVFD_REJECT). item->state tells whether the item is present, empty or unreadable.
 */
int devfd_next(struct devfd *d, struct devfd_item *item);

/* Starts devfd_next() over. */
void devfd_rewind(struct devfd *d);

/*
 * The region or interrupt with this index. Returns DEVFD_OK if it can be used, DEVFD_IS_EMPTY or
 * DEVFD_IS_UNREADABLE with the item filled in, or DEVFD_IS_ABSENT. Takes constant time on array and
 * fixed, and a walk of the records before it on tlv. Does not move devfd_next().
 */
int devfd_get_region(const struct devfd *d, uint32_t index, struct devfd_item *item);
int devfd_get_irq(const struct devfd *d, uint32_t index, struct devfd_item *item);

/* ---- Reading an item ---- */

/*
 * The i-th part of a region that may be mapped, counted from 0: offset in bytes from the start of
 * the region, and size. Answers for every region, so that a caller cannot map more than it may:
 * without MMAP there is none, with a list there are those listed, else there is one, the whole.
 * Returns DEVFD_OK or DEVFD_END.
 */
int devfd_get_area(const struct devfd_item *region, uint32_t i, struct devfd_area *area);

/*
 * The next kept thing of an item: a record or capability that has no place in the model. *cursor is
 * 0 before the first call. data points at its content, without the head, in the byte order that
 * order names. Returns DEVFD_OK or DEVFD_END.
 */
int devfd_get_kept(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);

/* ---- Reading what a kernel answered ---- */

/*
 * Judges one reply of an information ioctl and makes an item of it. call is one of enum devfd_call;
 * received is how many bytes the caller offered and got back, never the argsz in the reply; index
 * is what was asked for (0 where nothing is). Each byte of the reply is read at most once, and
 * *item is written only on DEVFD_OK. Returns DEVFD_OK, DEVFD_MORE with e->need if the kernel had
 * more to say, or DEVFD_REJECT.
 */
int devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf, size_t received,
		struct devfd_item *item, struct devfd_error *e);

/*
 * The caller's ioctl: issues the VFIO ioctl with this number (107 for VFIO_DEVICE_GET_INFO; the
 * request code is _IO(';', number)) on arg, which has size bytes. 112 means two calls, one of a
 * container and one of a device: the context has to know which file it is about. Returns 0, or the
 * errno, positive or negative; note that the -1 of ioctl(2) would be EPERM, so return -errno. What
 * is no errno is taken for EIO.
 */
typedef int devfd_ioctl_fn(void *context, uint32_t number, void *arg, uint32_t size);

/*
 * Asks for one struct and its capabilities: sets argsz, calls fn, and comes back with the size that
 * the reply asks for (by its argsz, or by the count of a list that does not fit, with which the
 * call fails with ENOSPC), with at most three calls in all. buf has capacity bytes. Returns what
 * devfd_reply() does; DEVFD_MORE with e->need if capacity is too small or the reply keeps growing;
 * or DEVFD_IS_UNREADABLE if fn failed, with the item holding index and error and nothing else.
 */
int devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
	      size_t capacity, struct devfd_item *item, struct devfd_error *e);

/* ---- Writing a description ---- */

/* State of a writer. The fields are the writer's own. */
struct devfd_writer {
	uint8_t *buf;
	size_t capacity;
	uint64_t at;   /* where the next store goes */
	uint64_t tail; /* end of the tail written so far */
	uint32_t layout;
	uint32_t options;
	uint32_t big;
	uint32_t stage;
	uint32_t regions, irqs;                 /* lowest index that may come next */
	uint32_t part, part_size;               /* tail part of the item being written */
	uint32_t device_part, device_part_size; /* that of the device */
	uint32_t types;   /* fixed: the types that can carry everything so far, a bit each */
	uint32_t type;    /* fixed: id of the type chosen */
	uint32_t total;   /* bytes of the file */
	uint32_t config;  /* fixed: configuration space was put */
	uint32_t refused; /* something would be lost, without leave */
	struct devfd_item device;
};

/*
 * Begins a description in buf. options holds the byte order (this host's without) and DEVFD_LOSSY.
 * Then put the device, its regions and its interrupts, each kind in ascending index; absent ones
 * are not put. buf may be NULL with capacity 0, to learn the size. Never writes past capacity.
 */
int devfd_begin(struct devfd_writer *w, uint32_t layout, uint32_t options, void *buf,
		size_t capacity);

/*
 * Puts one item. The item must be one that a reader could have given; what it points at must stay
 * until devfd_end(). *lost tells what the layout cannot carry (a mask of model flags and
 * DEVFD_LOST_*); without DEVFD_LOSSY that is DEVFD_LOSS: a region or interrupt is not written, and
 * devfd_end() will give nothing, but further items may be put to learn what else would be lost.
 * Returns DEVFD_OK also when the buffer is full already, so that devfd_end() can tell the size
 * needed.
 */
int devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost);

/*
 * Ends the description. *size is the number of bytes that it has, or needs: DEVFD_OK, or DEVFD_ROOM
 * if that is more than the capacity (the buffer then holds nothing of use), or DEVFD_LOSS if an
 * item was refused or the layout cannot hold this device.
 */
int devfd_end(struct devfd_writer *w, size_t *size);

/* Writes all of d in another layout or byte order; *lost adds up what devfd_put() says. Rewinds d.
 */
int devfd_convert(struct devfd *d, uint32_t layout, uint32_t options, void *buf, size_t capacity,
		  size_t *size, uint32_t *lost);

/* ---- Outside the core: names and texts ---- */

/* The id of a rule, such as "tlv.record.rec_len.min"; never NULL. The string is constant. */
const char *devfd_rule(uint32_t rule);

#ifdef __cplusplus
}
#endif

#endif
