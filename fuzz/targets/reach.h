/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * reach.h: the copy of the core that an engine sees the coverage of. It is compiled for that alone,
 * without the branches of sanitizers, which are two thirds of all (fuzz/rules.mk). A target gives
 * each input to it once, after the copy that is sanitized; elsewhere both are one.
 */
#ifndef DEVFD_FUZZ_REACH_H
#define DEVFD_FUZZ_REACH_H

#include "../../codec/codec.h"

#ifdef FUZZ_REACH
int reach_devfd_open(struct devfd *d, const void *buf, size_t size, struct devfd_error *e);
int reach_devfd_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
			size_t size, struct devfd_error *e);
int reach_devfd_next(struct devfd *d, struct devfd_item *item);
int reach_devfd_get_region(const struct devfd *d, uint32_t index, struct devfd_item *item);
int reach_devfd_get_irq(const struct devfd *d, uint32_t index, struct devfd_item *item);
int reach_devfd_get_area(const struct devfd_item *region, uint32_t i, struct devfd_area *area);
int reach_devfd_get_kept(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);
int reach_devfd_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		      size_t received, struct devfd_item *item, struct devfd_error *e);
int reach_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		    size_t capacity, struct devfd_item *item, struct devfd_error *e);
int reach_devfd_begin(struct devfd_writer *w, uint32_t layout, uint32_t options, void *buf,
		      size_t capacity);
int reach_devfd_put(struct devfd_writer *w, const struct devfd_item *item, uint32_t *lost);
int reach_devfd_end(struct devfd_writer *w, size_t *size);
int reach_devfd_convert(struct devfd *d, uint32_t layout, uint32_t options, void *buf,
			size_t capacity, size_t *size, uint32_t *lost);
#else
#define reach_devfd_open       devfd_open
#define reach_devfd_open_as    devfd_open_as
#define reach_devfd_next       devfd_next
#define reach_devfd_get_region devfd_get_region
#define reach_devfd_get_irq    devfd_get_irq
#define reach_devfd_get_area   devfd_get_area
#define reach_devfd_get_kept   devfd_get_kept
#define reach_devfd_reply      devfd_reply
#define reach_devfd_ask        devfd_ask
#define reach_devfd_begin      devfd_begin
#define reach_devfd_put        devfd_put
#define reach_devfd_end        devfd_end
#define reach_devfd_convert    devfd_convert
#endif

#endif
