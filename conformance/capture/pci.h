/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * pci.h: PCI configuration space as bytes, and its two lists of capabilities. Whatever the bytes
 * are, no read leaves them and every walk ends.
 */
#ifndef DEVFD_PCI_H
#define DEVFD_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets in the header that all functions have. */
enum {
	PCI_AT_STATUS = 0x06,
	PCI_AT_HEADER_TYPE = 0x0e,
	PCI_AT_FIRST_CAP = 0x34,
	PCI_AT_INTERRUPT_PIN = 0x3d,
	PCI_HEADER_SIZE = 0x40, /* also what an unprivileged user may read */
	PCI_EXTENDED = 0x100,   /* where the extended capabilities begin */
	PCI_SPACE_MAX = 0x1000,
};

enum pci_list { PCI_LIST_CLASSIC, PCI_LIST_EXTENDED, PCI_LISTS };

/* Ids, counted per list. */
enum {
	PCI_CAP_VPD = 0x03,
	PCI_CAP_MSI = 0x05,
	PCI_CAP_EXPRESS = 0x10,
	PCI_CAP_MSIX = 0x11,
	PCI_CAP_EXTENDED_SERIAL = 0x0003,
};

/* The configuration space of a function: the first `have` of its `size` bytes. */
struct pci_space {
	const uint8_t *bytes;
	size_t have;
	size_t size; /* 256 or 4096, but for a few broken devices */
};

/* Little-endian values; false where the bytes are not there. */
bool pci_get8(const struct pci_space *s, size_t at, uint8_t *value);
bool pci_get16(const struct pci_space *s, size_t at, uint16_t *value);
bool pci_get32(const struct pci_space *s, size_t at, uint32_t *value);

struct pci_cap {
	uint16_t id;
	uint16_t at; /* offset of its header */
};

/* Where a walk stands. The fields are the walk's own, but for at, which tells where one that was
 * cut or that loops had come to. */
struct pci_walk {
	const struct pci_space *space;
	enum pci_list list;
	uint32_t at;
	uint32_t seen[PCI_SPACE_MAX / 4 / 32]; /* offsets passed, a bit for each four bytes */
};

enum pci_step {
	PCI_CAP_FOUND,
	PCI_LIST_END,
	PCI_LIST_CUT,   /* it goes on behind the bytes that are there */
	PCI_LIST_LOOPS, /* it comes back to a capability that was passed */
};

/*
 *	pci_walk_begin(&w, &space, PCI_LIST_CLASSIC);
 *	while ((step = pci_walk_next(&w, &cap)) == PCI_CAP_FOUND)
 *		...
 */
void pci_walk_begin(struct pci_walk *w, const struct pci_space *s, enum pci_list list);
enum pci_step pci_walk_next(struct pci_walk *w, struct pci_cap *cap);

/* The first capability with this id; what ended the walk without it otherwise. */
enum pci_step pci_find(const struct pci_space *s, enum pci_list list, uint16_t id,
		       struct pci_cap *cap);

#endif
