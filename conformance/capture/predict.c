// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * predict.c: what vfio-pci would say of a PCI function, told from sysfs and configuration space
 * alone. Nothing that VFIO itself says is used, so that its replies can be held against this.
 */
#include "sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROM = BARS, CONFIG, VGA }; /* region indexes behind the BARs */
enum { INTX, MSI, MSIX, ERR, REQ };

enum {
	REGION_SHIFT = 40,
	SHADOW_ROM = 0x20000, /* bytes of a ROM that the firmware copied below 1 MiB */
	VGA_SIZE = 0xc0000,
	BASE_CLASS_DISPLAY = 0x03,
	CLASS_VGA = 0x0300,
	VENDOR_INTEL = 0x8086,
};

#define IRQ_NOT_CONNECTED (UINT32_C(1) << 31)

/* Both bounds included. */
struct ids {
	uint16_t vendor, first, last;
};

/* Network cards whose INTx cannot be masked; the driver pretends that they have none. */
static const struct ids no_intx[] = {
	{VENDOR_INTEL, 0x1563, 0x1563}, {VENDOR_INTEL, 0x1572, 0x1572},
	{VENDOR_INTEL, 0x1574, 0x1574}, {VENDOR_INTEL, 0x1580, 0x1581},
	{VENDOR_INTEL, 0x1583, 0x158b}, {VENDOR_INTEL, 0x37d0, 0x37d2},
};

static void start(struct devfd_item *item, uint32_t kind, uint32_t index)
{
	memset(item, 0, sizeof(*item));
	item->kind = kind;
	item->index = index;
	item->state = DEVFD_PRESENT;
}

/* The kernel refuses to say anything of the item. */
static void refuse(struct devfd_item *item)
{
	item->state = DEVFD_UNREADABLE;
	item->error = EINVAL;
	item->flags = 0;
	item->offset = 0;
	item->size = 0;
	item->count = 0;
}

static bool is_vga(const struct function *f)
{
	return f->class_ >> 8 == CLASS_VGA;
}

static bool is_display(const struct function *f)
{
	return f->class_ >> 16 == BASE_CLASS_DISPLAY;
}

/* ---- The device ---- */

/* How a function can be reset. Each is tried in turn, and one that does not apply is passed over.
 */
static const struct method {
	const char *name;
	bool sure;   /* it works on every function that has it */
	bool of_bus; /* it resets all of the bus, and applies only to a function alone on it */
} methods[] = {
	{"flr", true, false},
	{"af_flr", true, false},
	{"pm", true, false},
	{"bus", true, true},
	{"cxl_bus", false, false},
	{"acpi", false, false},
	{"device_specific", false, false},
};

static const struct method *find_method(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	}
	return NULL;
}

/*
 * The kernel lists its methods when it finds the function. It may not have found others on the bus
 * by then, which is why `bus` stands even where it will not apply.
 */
static void predict_reset(struct prediction *out, const struct function *f)
{
	char text[256], *word, *rest = text;

	if (!function_has(f, "reset"))
		return;
	/* Linux before 5.15 does not tell the methods. */
	if (!function_text(f, "reset_method", text, sizeof(text))) {
		out->device.flags |= DEVFD_RESET;
		if (bus_is_shared(f))
			out->device_unknown |= UNKNOWN_RESET;
		return;
	}
	while ((word = strtok_r(rest, " \n", &rest))) {
		const struct method *m = find_method(word);

		if (m && m->of_bus && bus_is_shared(f))
			continue;
		out->device.flags |= DEVFD_RESET;
		if (!m || !m->sure)
			out->device_unknown |= UNKNOWN_RESET;
		return;
	}
}

static void predict_device(struct prediction *out, const struct function *f)
{
	start(&out->device, DEVFD_DEVICE, 0);
	out->device.bus = DEVFD_BUS_PCI;
	out->device.num_regions = PREDICT_REGIONS;
	out->device.num_irqs = PREDICT_IRQS;
	out->device.flags = DEVFD_IDENTITY;
	out->device.vendor = f->vendor;
	out->device.device = f->device;
	out->device.class_ = f->class_;
	predict_reset(out, f);
	if (is_display(f) && f->vendor == VENDOR_INTEL && f->kernel.x86)
		out->device_unknown |= UNKNOWN_REGIONS;
	if (f->kernel.s390 || f->caps.may_complete)
		out->device_unknown |= UNKNOWN_CAPS;
}

/* ---- Regions ---- */

/*
 * A BAR is mapped in whole pages. One below a page is mapped only where it begins the page and the
 * rest of it can be reserved; nobody but the kernel knows all that may lie there.
 */
static bool is_mapped(const struct function *f, uint32_t index, uint32_t *unknown)
{
	const struct resource *r = &f->resources[index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct resource rest = {r->end + 1, r->start + page - 1, r->flags};

	if (!(r->flags & RESOURCE_MEMORY))
		return false;
	/* Linux on s390 mapped no BAR before. */
	if (f->kernel.s390 && !f->kernel.version)
		*unknown |= UNKNOWN_MMAP;
	if (f->kernel.s390 && !kernel_is_at_least(&f->kernel, 6, 15))
		return false;
	if (resource_length(r) >= page)
		return true;
	if (r->start % page)
		return false;
	if (range_is_taken(f, &rest))
		return false;
	*unknown |= UNKNOWN_MMAP;
	return true;
}

static void predict_bar(struct prediction *out, const struct function *f, uint32_t index)
{
	struct devfd_item *item = &out->regions[index];
	uint32_t *unknown = &out->region_unknown[index];

	item->flags = DEVFD_BAR;
	item->bar = index;
	item->size = resource_length(&f->resources[index]);
	if (!item->size)
		return;
	item->flags |= DEVFD_READ | DEVFD_WRITE;
	if (!is_mapped(f, index, unknown))
		return;
	item->flags |= DEVFD_MMAP;
	if (!f->caps.known)
		*unknown |= UNKNOWN_MSIX;
	else if (f->caps.msix && f->caps.msix_bar == index)
		item->flags |= DEVFD_MSIX_MAPPABLE;
}

/* Whether a ROM holds one shows only when it is mapped, which is not done here. */
static void predict_rom(struct prediction *out, const struct function *f, uint32_t index)
{
	const struct resource *r = &f->resources[index];
	struct devfd_item *item = &out->regions[index];

	item->size = resource_length(r);
	if (!item->size && r->flags & RESOURCE_SHADOW)
		item->size = SHADOW_ROM;
	if (item->size) {
		item->flags = DEVFD_READ;
		out->region_unknown[index] |= UNKNOWN_ROM;
		return;
	}
	/* Since 6.14 one that the firmware handed to the kernel takes its place. */
	if (is_display(f) && f->kernel.efi && kernel_is_at_least(&f->kernel, 6, 14))
		out->region_unknown[index] |= UNKNOWN_ROM;
}

static void predict_config(struct prediction *out, const struct function *f, uint32_t index)
{
	out->regions[index].flags = DEVFD_READ | DEVFD_WRITE | DEVFD_CONFIG_SPACE;
	out->regions[index].size = f->space.size;
}

static void predict_vga(struct prediction *out, const struct function *f, uint32_t index)
{
	struct devfd_item *item = &out->regions[index];
	int option;

	refuse(item);
	if (!is_vga(f))
		return;
	option = kernel_option(f->root, "CONFIG_VFIO_PCI_VGA");
	if (option < 0)
		out->region_unknown[index] |= UNKNOWN_VGA;
	if (option == 0 || (option < 0 && !f->kernel.x86))
		return;
	start(item, DEVFD_REGION, index);
	item->offset = (uint64_t)index << REGION_SHIFT;
	item->flags = DEVFD_READ | DEVFD_WRITE;
	item->size = VGA_SIZE;
}

typedef void predict_fn(struct prediction *out, const struct function *f, uint32_t index);

static predict_fn *const region_rules[PREDICT_REGIONS] = {
	predict_bar, predict_bar, predict_bar,    predict_bar, predict_bar,
	predict_bar, predict_rom, predict_config, predict_vga,
};

static void predict_region(struct prediction *out, const struct function *f, uint32_t index)
{
	struct devfd_item *item = &out->regions[index];

	start(item, DEVFD_REGION, index);
	item->offset = (uint64_t)index << REGION_SHIFT;
	region_rules[index](out, f, index);
	if (item->state == DEVFD_PRESENT && !item->size)
		item->state = DEVFD_EMPTY;
}

/* ---- Interrupts ---- */

static bool pretends_no_intx(const struct function *f)
{
	size_t i;

	for (i = 0; i < sizeof(no_intx) / sizeof(no_intx[0]); i++) {
		if (f->vendor == no_intx[i].vendor && f->device >= no_intx[i].first &&
		    f->device <= no_intx[i].last)
			return true;
	}
	return false;
}

static void predict_intx(struct prediction *out, const struct function *f, uint32_t index)
{
	struct devfd_item *item = &out->irqs[index];

	item->flags = DEVFD_EVENTFD | DEVFD_MASKABLE | DEVFD_AUTOMASKED;
	if (!f->config[PCI_AT_INTERRUPT_PIN] || f->is_virtual)
		return;
	if (f->kernel.s390 || pretends_no_intx(f))
		return;
	item->count = 1;
	if (f->irq && f->irq != IRQ_NOT_CONNECTED)
		return;
	/* A pin that is wired to nothing counts as none since 6.15 and 6.16, and in some stable
	 * kernels before. */
	if (kernel_is_at_least(&f->kernel, 6, f->irq ? 15 : 16))
		item->count = 0;
	else
		out->irq_unknown[index] |= UNKNOWN_COUNT;
}

static void predict_msi(struct prediction *out, const struct function *f, uint32_t index)
{
	out->irqs[index].flags = DEVFD_EVENTFD | DEVFD_NORESIZE;
	out->irqs[index].count = f->caps.msi;
	if (!f->caps.known)
		out->irq_unknown[index] |= UNKNOWN_MSIX | UNKNOWN_COUNT;
}

/* Vectors can be added one by one since 6.5, where the interrupt controller can do so. */
static void predict_msix(struct prediction *out, const struct function *f, uint32_t index)
{
	struct devfd_item *item = &out->irqs[index];
	uint32_t *unknown = &out->irq_unknown[index];
	bool dynamic = !f->kernel.version || kernel_is_at_least(&f->kernel, 6, 5);

	item->flags = DEVFD_EVENTFD | DEVFD_NORESIZE;
	item->count = f->caps.msix;
	if (!f->caps.known)
		*unknown |= UNKNOWN_MSIX | UNKNOWN_COUNT;
	if (!item->count && f->caps.known)
		return;
	if (!dynamic)
		return;
	if (item->count && f->kernel.x86 && f->kernel.version)
		item->flags &= ~DEVFD_NORESIZE;
	else
		*unknown |= UNKNOWN_NORESIZE;
}

static void predict_err(struct prediction *out, const struct function *f, uint32_t index)
{
	out->irqs[index].flags = DEVFD_EVENTFD | DEVFD_NORESIZE;
	out->irqs[index].count = 1;
	if (!f->caps.express)
		refuse(&out->irqs[index]);
}

static void predict_req(struct prediction *out, const struct function *f, uint32_t index)
{
	(void)f;
	out->irqs[index].flags = DEVFD_EVENTFD | DEVFD_NORESIZE;
	out->irqs[index].count = 1;
}

static predict_fn *const irq_rules[PREDICT_IRQS] = {
	[INTX] = predict_intx, [MSI] = predict_msi, [MSIX] = predict_msix,
	[ERR] = predict_err,   [REQ] = predict_req,
};

static void predict_irq(struct prediction *out, const struct function *f, uint32_t index)
{
	start(&out->irqs[index], DEVFD_IRQ, index);
	irq_rules[index](out, f, index);
	if (out->irqs[index].state == DEVFD_PRESENT && !out->irqs[index].count)
		out->irqs[index].state = DEVFD_EMPTY;
}

/* ---- The interface ---- */

int predict(struct prediction *out, const struct roots *roots, const char *name, struct problem *p)
{
	struct function f;
	uint32_t i;

	memset(out, 0, sizeof(*out));
	if (function_read(&f, roots->sys, name, p))
		return -1;
	predict_device(out, &f);
	for (i = 0; i < PREDICT_REGIONS; i++)
		predict_region(out, &f, i);
	for (i = 0; i < PREDICT_IRQS; i++)
		predict_irq(out, &f, i);
	return 0;
}

static const struct {
	uint32_t bit;
	const char *text;
} unknowns[] = {
	{UNKNOWN_MMAP, "whether it may be mapped, as the rest of its page may be taken"},
	{UNKNOWN_ROM, "whether there is a ROM"},
	{UNKNOWN_MSIX, "what MSI and MSI-X say of it, as only root may read their capabilities"},
	{UNKNOWN_COUNT, "how many vectors it has"},
	{UNKNOWN_RESET, "whether the reset that the kernel offers would work"},
	{UNKNOWN_NORESIZE, "whether vectors can be added later, which is up to the kernel"},
	{UNKNOWN_REGIONS, "whether there are regions behind the nine, as Intel graphics may have"},
	{UNKNOWN_CAPS, "which capabilities it has (zPCI, atomic operations)"},
	{UNKNOWN_VGA, "whether this kernel serves VGA ranges"},
};

/* Finds the *i-th bit of a mask, or takes its bits off *i. */
static const char *nth(uint32_t mask, size_t *i)
{
	size_t k;

	for (k = 0; k < sizeof(unknowns) / sizeof(unknowns[0]); k++) {
		if (!(mask & unknowns[k].bit))
			continue;
		if (!*i)
			return unknowns[k].text;
		--*i;
	}
	return NULL;
}

static int say_one_of(const char *kind, const uint32_t *masks, uint32_t count, size_t *i,
		      char *text, size_t size)
{
	uint32_t index;

	for (index = 0; index < count; index++) {
		const char *what = nth(masks[index], i);

		if (!what)
			continue;
		snprintf(text, size, "%s %u: %s", kind, index, what);
		return 1;
	}
	return 0;
}

int prediction_unknown(const struct prediction *p, size_t i, char *text, size_t size)
{
	const char *what = nth(p->device_unknown, &i);

	if (what) {
		snprintf(text, size, "device: %s", what);
		return 1;
	}
	return say_one_of("region", p->region_unknown, PREDICT_REGIONS, &i, text, size) ||
	       say_one_of("irq", p->irq_unknown, PREDICT_IRQS, &i, text, size);
}

/* Writes as much as there is room for; *size is what it takes. */
static int write_items(const struct prediction *in, void *buf, size_t capacity, size_t *size)
{
	struct devfd_writer w;
	uint32_t lost, i;
	int rc;

	rc = devfd_begin(&w, DEVFD_TLV, 0, buf, capacity);
	if (!rc)
		rc = devfd_put(&w, &in->device, &lost);
	for (i = 0; i < PREDICT_REGIONS && !rc; i++) {
		if (in->regions[i].state != DEVFD_ABSENT)
			rc = devfd_put(&w, &in->regions[i], &lost);
	}
	for (i = 0; i < PREDICT_IRQS && !rc; i++) {
		if (in->irqs[i].state != DEVFD_ABSENT)
			rc = devfd_put(&w, &in->irqs[i], &lost);
	}
	return rc ? rc : devfd_end(&w, size);
}

int prediction_describe(const struct prediction *in, uint8_t **blob, size_t *size,
			struct problem *p)
{
	int rc = write_items(in, NULL, 0, size);

	*blob = NULL;
	if (rc == DEVFD_ROOM) {
		*blob = malloc(*size);
		if (!*blob)
			return problem_set(p, PROBLEM_OTHER, ENOMEM,
					   "no memory for a description of %zu bytes", *size);
		rc = write_items(in, *blob, *size, size);
	}
	if (rc == DEVFD_OK && *blob)
		return 0;
	free(*blob);
	*blob = NULL;
	return problem_set(p, PROBLEM_OTHER, 0,
			   "the prediction cannot be written as a description (result %d); please "
			   "report this with the device's sysfs files",
			   rc);
}
