// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* dance.c: what devfd_ask() makes of a script: its result, and the rule that a reply broke. */
#include "probe.h"

#include "../../../codec/codec.h"
#include "../../targets/script.h"

struct probe probe = {"dance", 0, 0, {0}};

int __real_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);
int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e);

int __wrap_devfd_ask(uint32_t call, uint32_t index, devfd_ioctl_fn *fn, void *context, void *buf,
		     size_t capacity, struct devfd_item *item, struct devfd_error *e)
{
	int rc = __real_devfd_ask(call, index, fn, context, buf, capacity, item, e);

	probe.accepted = rc == DEVFD_OK;
	probe_saw(call, (uint32_t)rc, e->rule, rc == DEVFD_OK ? item->flags : 0);
	return rc;
}

int probe_is_whole(const uint8_t *p, size_t size)
{
	size_t at = SCRIPT_HEAD;

	while (at + SCRIPT_STEP <= size)
		at += SCRIPT_STEP + (p[at + STEP_SIZE] | (size_t)p[at + STEP_SIZE + 1] << 8);
	return at == size;
}
