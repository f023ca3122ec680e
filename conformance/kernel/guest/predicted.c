// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* predicted.c: the replies against what sysfs and configuration space predict, attribute by
 * attribute but for what these cannot know. */
#include "check.h"
#include "ktap.h"
#include "rules.h"

/* Flags of the model that a reply can carry, by kind of item. */
enum {
	REGION_FLAGS = DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP | DEVFD_MSIX_MAPPABLE | DEVFD_TYPE |
		       DEVFD_AREAS,
	IRQ_FLAGS = DEVFD_EVENTFD | DEVFD_MASKABLE | DEVFD_AUTOMASKED | DEVFD_NORESIZE,
};

/* What an unknown leaves out of the comparison. */
static const struct {
	uint32_t unknown;
	uint32_t flags; /* of the model */
} unsure[] = {
	{UNKNOWN_MMAP, DEVFD_MMAP},
	{UNKNOWN_MSIX, DEVFD_MSIX_MAPPABLE},
	{UNKNOWN_RESET, DEVFD_RESET},
	{UNKNOWN_NORESIZE, DEVFD_NORESIZE},
};

static uint32_t sure_flags(uint32_t unknown)
{
	uint32_t flags = ~(uint32_t)0;
	size_t i;

	for (i = 0; i < sizeof(unsure) / sizeof(unsure[0]); i++) {
		if (unknown & unsure[i].unknown)
			flags &= ~unsure[i].flags;
	}
	return flags;
}

/* One attribute of an item. */
struct pair {
	const char *name;
	uint64_t found, allowed;
};

static void hold_pairs(enum kernel_rule rule, const char *what, uint32_t index,
		       const struct pair *pairs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		hold(rule, pairs[i].found == pairs[i].allowed,
		     "%s %u %s: found %#llx, allowed %#llx", what, index, pairs[i].name,
		     (unsigned long long)pairs[i].found, (unsigned long long)pairs[i].allowed);
}

static void check_device_item(const struct devfd_item *found, const struct devfd_item *allowed,
			      uint32_t unknown)
{
	uint32_t flags = DEVFD_RESET & sure_flags(unknown);
	bool regions = !(unknown & UNKNOWN_REGIONS);
	const struct pair pairs[] = {
		{"bus", found->bus, allowed->bus},
		{"flags", found->flags & flags, allowed->flags & flags},
		{"num_irqs", found->num_irqs, allowed->num_irqs},
		{"num_regions", found->num_regions, allowed->num_regions},
	};

	hold_pairs(KERNEL_PREDICT_DEVICE, "device", 0, pairs, regions ? 4 : 3);
}

static void check_region_item(const struct devfd_item *found, const struct devfd_item *allowed,
			      uint32_t unknown)
{
	uint32_t flags = REGION_FLAGS & sure_flags(unknown);
	const struct pair pairs[] = {
		{"state", found->state, allowed->state},
		{"errno", found->error, allowed->error},
		{"offset", found->offset, allowed->offset},
		{"size", found->size, allowed->size},
		{"flags", found->flags & flags, allowed->flags & flags},
	};

	if (unknown & (UNKNOWN_ROM | UNKNOWN_VGA))
		return;
	/* Of what cannot be read nothing else is said. */
	hold_pairs(KERNEL_PREDICT_REGION, "region", found->index, pairs,
		   found->error || allowed->error ? 2 : sizeof(pairs) / sizeof(pairs[0]));
}

static void check_irq_item(const struct devfd_item *found, const struct devfd_item *allowed,
			   uint32_t unknown)
{
	uint32_t flags = IRQ_FLAGS & sure_flags(unknown);
	bool unreadable = found->error || allowed->error;
	const struct pair pairs[] = {
		{"errno", found->error, allowed->error},
		{"flags", found->flags & flags, allowed->flags & flags},
		{"state", found->state, allowed->state},
		{"count", found->count, allowed->count},
	};

	hold_pairs(KERNEL_PREDICT_IRQ, "irq", found->index, pairs,
		   unreadable                ? 1
		   : unknown & UNKNOWN_COUNT ? 2
					     : sizeof(pairs) / sizeof(pairs[0]));
}

static void note_unknown(const struct prediction *predicted)
{
	char text[160];
	size_t i;

	for (i = 0; prediction_unknown(predicted, i, text, sizeof(text)); i++)
		ktap_note("not compared: %s", text);
}

void check_prediction(const struct capture *c, const struct prediction *predicted)
{
	struct devfd_item item;
	uint32_t i;

	note_unknown(predicted);
	if (!hold(KERNEL_PREDICT_DEVICE, item_of(c, ON_DEVICE, DEVICE_INFO, 0, &item),
		  "device: found no whole reply, allowed one"))
		return;
	check_device_item(&item, &predicted->device, predicted->device_unknown);
	for (i = PREDICT_REGIONS; i < item.num_regions; i++)
		ktap_note("not compared: region %u: sysfs does not know it", i);
	for (i = 0; i < PREDICT_REGIONS; i++) {
		if (hold(KERNEL_PREDICT_REGION, item_or_error(c, REGION_INFO, i, &item),
			 "region %u: found no reply, allowed one", i))
			check_region_item(&item, &predicted->regions[i],
					  predicted->region_unknown[i]);
	}
	for (i = 0; i < PREDICT_IRQS; i++) {
		if (hold(KERNEL_PREDICT_IRQ, item_or_error(c, IRQ_INFO, i, &item),
			 "irq %u: found no reply, allowed one", i))
			check_irq_item(&item, &predicted->irqs[i], predicted->irq_unknown[i]);
	}
}
