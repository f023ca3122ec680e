/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * sysfs.h: what sysfs says of a PCI function, and /proc and /boot of the kernel; the ground that
 * predictions stand on.
 */
#ifndef DEVFD_SYSFS_H
#define DEVFD_SYSFS_H

#include "capture.h"
#include "pci.h"

enum {
	BARS = 6,
	RESOURCES = 7, /* the BARs and the ROM: the lines of `resource` that VFIO looks at */
};

/* Flags of a resource, as Linux shows them. */
enum { RESOURCE_SHADOW = 0x2, RESOURCE_MEMORY = 0x200, RESOURCE_UNSET = 0x20000000 };

struct resource {
	uint64_t start, end, flags;
};

/* What the capabilities say that VFIO repeats. */
struct capabilities {
	bool known; /* false: the list lies where this user may not read */
	bool express;
	bool may_complete;  /* atomic operations, of some width */
	uint32_t msi, msix; /* vectors */
	uint32_t msix_bar;  /* where the MSI-X table lies */
};

/* The kernel that would answer. */
struct kernel {
	uint32_t version; /* major << 8 | minor; 0 if it cannot be told */
	bool x86, s390;
	bool efi; /* firmware that may have handed it ROMs */
};

struct function {
	const char *root; /* in front of /sys, /proc and /boot */
	const char *name;
	struct kernel kernel;
	uint32_t vendor, device, class_, irq;
	bool is_virtual; /* a function of SR-IOV */
	struct resource resources[RESOURCES];
	struct pci_space space;
	struct capabilities caps;
	uint8_t config[PCI_SPACE_MAX];
};

/* Reads all of the function with this address. Returns 0, or -1 with *p. */
int function_read(struct function *f, const char *root, const char *name, struct problem *p);
/* Does the function have this file? */
bool function_has(const struct function *f, const char *file);
/* A file of the function as a string; false if it cannot be read. */
bool function_text(const struct function *f, const char *file, char *text, size_t size);
/* Bytes of a resource; 0 if there is none. */
uint64_t resource_length(const struct resource *r);
/* Does memory of the function, or of another one, lie in this range? */
bool range_is_taken(const struct function *f, const struct resource *range);
/* Is there another function on its bus? */
bool bus_is_shared(const struct function *f);

/* false also where the version cannot be told. */
bool kernel_is_at_least(const struct kernel *k, uint32_t major, uint32_t minor);
/* Is an option of the running kernel set? 1, 0, or -1 where its configuration is not installed. */
int kernel_option(const char *root, const char *option);

#endif
