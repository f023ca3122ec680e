/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * loops.h: reading with the table engine in place of the leaves. Each function is its namesake in
 * codec.h; that both give the same answer to everything is what tests and fuzzers check.
 */
#ifndef DEVFD_LOOPS_H
#define DEVFD_LOOPS_H

#include "../codec.h"

int devfd_tables_open_as(struct devfd *d, uint32_t layout, uint32_t options, const void *buf,
			 size_t size, struct devfd_error *e);
int devfd_tables_next(struct devfd *d, struct devfd_item *item);
int devfd_tables_get_region(const struct devfd *d, uint32_t index, struct devfd_item *item);
int devfd_tables_get_irq(const struct devfd *d, uint32_t index, struct devfd_item *item);
int devfd_tables_get_kept(const struct devfd_item *item, uint32_t *cursor, struct devfd_kept *kept);
int devfd_tables_reply(uint32_t call, uint32_t options, uint32_t index, const void *buf,
		       size_t received, struct devfd_item *item, struct devfd_error *e);
int devfd_tables_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);

#endif
