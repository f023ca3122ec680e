// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* pci.c: what holds of every device that vfio-pci serves, whatever it is. */
#include "check.h"
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REGIONS = 9, IRQS = 5, CONFIG = 7, SHIFT = 40, MSIX = 2, LINUX_6_5 = 6 << 8 | 5 };
enum { INTX_FLAGS = DEVFD_EVENTFD | DEVFD_MASKABLE | DEVFD_AUTOMASKED };
enum { IRQ_FLAGS = INTX_FLAGS | DEVFD_NORESIZE };

static void check_region(const struct devfd_item *region)
{
	uint64_t offset = (uint64_t)region->index << SHIFT;

	hold(KERNEL_PCI_REGION_OFFSET, region->offset == offset,
	     "region %u: found offset %#llx, allowed %#llx", region->index,
	     (unsigned long long)region->offset, (unsigned long long)offset);
	if (region->index >= REGIONS)
		hold(KERNEL_PCI_REGION_TYPE, (region->flags & DEVFD_TYPE) != 0,
		     "region %u: found no TYPE capability, allowed with one", region->index);
	if (region->index == CONFIG)
		hold(KERNEL_PCI_CONFIG_SIZE, region->size == 0x100 || region->size == 0x1000,
		     "region %u: found size %#llx, allowed 0x100 or 0x1000", region->index,
		     (unsigned long long)region->size);
}

static void check_irq(const struct devfd_item *irq)
{
	uint32_t allowed = DEVFD_EVENTFD | DEVFD_NORESIZE, found = irq->flags & IRQ_FLAGS;
	uint32_t also;

	if (irq->index == 0)
		allowed = INTX_FLAGS;
	also = allowed;
	if (irq->index == MSIX && rules_from(LINUX_6_5))
		also = DEVFD_EVENTFD;
	hold(KERNEL_PCI_IRQ_FLAGS, (found == allowed || found == also) && !irq->more,
	     "irq %u: found flags %#x, allowed %#x or %#x", irq->index, found >> 16 | irq->more,
	     allowed >> 16, also >> 16);
}

/* ---- Hot reset ---- */

/* Places in struct vfio_pci_hot_reset_info, and in each device that it lists. */
enum { RESET_FLAGS = 4, RESET_COUNT = 8, RESET_HEAD = 12, RESET_EACH = 8 };
enum { RESET_SEGMENT = 4, RESET_BUS = 6, RESET_DEVFN = 7, RESET_DEV_ID = 1 };

static bool lists(const struct reply *r, uint32_t count, const char *name)
{
	unsigned segment, bus, slot, function;
	uint32_t i;

	/* NOLINTNEXTLINE(cert-err34-c): four numbers or none. */
	if (sscanf(name, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4)
		return false;
	for (i = 0; i < count && RESET_HEAD + RESET_EACH * (i + 1) <= r->argsz; i++) {
		const uint8_t *p = r->bytes + RESET_HEAD + (size_t)RESET_EACH * i;
		uint16_t listed;

		memcpy(&listed, p + RESET_SEGMENT, sizeof(listed));
		if (listed == segment && p[RESET_BUS] == bus &&
		    p[RESET_DEVFN] == (slot << 3 | function))
			return true;
	}
	return false;
}

/* The count that a reply with ENOSPC announced, or 0. */
static uint32_t announced(const struct capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->on == ON_DEVICE && r->number == HOT_RESET_INFO && r->error == ENOSPC)
			return host32(r->bytes + RESET_COUNT);
	}
	return 0;
}

static void check_listed(const struct capture *c, const struct reply *r)
{
	uint32_t count = host32(r->bytes + RESET_COUNT), flags = host32(r->bytes + RESET_FLAGS);
	uint32_t says = announced(c);
	bool by_devid = (flags & RESET_DEV_ID) != 0;

	if (says)
		hold(KERNEL_HOT_RESET_COUNT, count == says,
		     "%s byte 8: found count %u, allowed %u, as announced", where(r).text, count,
		     says);
	hold(KERNEL_HOT_RESET_FLAGS, by_devid == (c->way == WAY_CDEV),
	     "%s byte 4: found flags %#x, allowed bit 0 %s", where(r).text, flags,
	     c->way == WAY_CDEV ? "set" : "clear");
	hold(KERNEL_HOT_RESET_SELF, lists(r, count, c->device.name),
	     "%s byte 12: found %u devices without %s, allowed with it", where(r).text, count,
	     c->device.name);
}

static void check_hot_reset(const struct capture *c, const struct reply *r)
{
	uint32_t count;

	hold(KERNEL_HOT_RESET_ERROR,
	     !r->error || r->error == EINVAL || r->error == ENOSPC || r->error == ENODEV,
	     "%s: found errno %d, allowed 0, %d, %d or %d", where(r).text, r->error, EINVAL, ENOSPC,
	     ENODEV);
	if (r->argsz < RESET_HEAD)
		return;
	if (!r->error) {
		check_listed(c, r);
		return;
	}
	if (r->error != ENOSPC)
		return;
	count = host32(r->bytes + RESET_COUNT);
	hold(KERNEL_HOT_RESET_SPACE,
	     count <= UINT16_MAX && RESET_HEAD + RESET_EACH * count > r->argsz,
	     "%s byte 8: found count %u, allowed one that does not fit", where(r).text, count);
}

void check_pci(const struct capture *c)
{
	struct devfd_item device, item;
	uint32_t i;
	size_t k;

	if (!item_of(c, ON_DEVICE, DEVICE_INFO, 0, &device))
		return;
	hold(KERNEL_PCI_NUM_REGIONS, device.num_regions >= REGIONS,
	     "device: found num_regions %u, allowed at least %u", device.num_regions,
	     (unsigned)REGIONS);
	hold(KERNEL_PCI_NUM_IRQS, device.num_irqs == IRQS, "device: found num_irqs %u, allowed %u",
	     device.num_irqs, (unsigned)IRQS);
	for (i = 0; i < device.num_regions; i++) {
		if (item_of(c, ON_DEVICE, REGION_INFO, i, &item))
			check_region(&item);
	}
	for (i = 0; i < device.num_irqs; i++) {
		if (item_of(c, ON_DEVICE, IRQ_INFO, i, &item))
			check_irq(&item);
	}
	for (k = 0; k < c->count; k++) {
		if (c->replies[k].on == ON_DEVICE && c->replies[k].number == HOT_RESET_INFO)
			check_hot_reset(c, &c->replies[k]);
	}
}
