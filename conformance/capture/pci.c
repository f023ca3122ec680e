// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* pci.c: values of PCI configuration space, and the walk along its capabilities. */
#include "pci.h"

#include <string.h>

enum {
	STATUS_HAS_CAPS = 0x10,
	POINTER_MASK = 0xfc, /* the low bits of a pointer are reserved */
	EXTENDED_SHIFT = 20,
	EXTENDED_MASK = 0xffc,
	ID_NOTHING = 0xff, /* a function that is gone answers all ones */
};

static bool there(const struct pci_space *s, size_t at, size_t width)
{
	return at <= s->have && width <= s->have - at;
}

bool pci_get8(const struct pci_space *s, size_t at, uint8_t *value)
{
	if (!there(s, at, 1))
		return false;
	*value = s->bytes[at];
	return true;
}

bool pci_get16(const struct pci_space *s, size_t at, uint16_t *value)
{
	if (!there(s, at, 2))
		return false;
	*value = (uint16_t)(s->bytes[at] | s->bytes[at + 1] << 8);
	return true;
}

bool pci_get32(const struct pci_space *s, size_t at, uint32_t *value)
{
	uint16_t low, high;

	if (!pci_get16(s, at, &low) || !pci_get16(s, at + 2, &high))
		return false;
	*value = (uint32_t)high << 16 | low;
	return true;
}

/* Where the list begins; 0 if there is none. */
static uint32_t first_of(const struct pci_space *s, enum pci_list list)
{
	uint16_t status;
	uint8_t at;

	if (list == PCI_LIST_EXTENDED)
		return s->size > PCI_EXTENDED ? PCI_EXTENDED : 0;
	if (!pci_get16(s, PCI_AT_STATUS, &status) || !(status & STATUS_HAS_CAPS))
		return 0;
	return pci_get8(s, PCI_AT_FIRST_CAP, &at) ? at & POINTER_MASK : 0;
}

void pci_walk_begin(struct pci_walk *w, const struct pci_space *s, enum pci_list list)
{
	memset(w, 0, sizeof(*w));
	w->space = s;
	w->list = list;
	w->at = first_of(s, list);
}

/* Reads the header at w->at: the id, and where the next one is. */
static enum pci_step read_classic(const struct pci_walk *w, uint16_t *id, uint32_t *next)
{
	uint16_t header;

	if (!pci_get16(w->space, w->at, &header))
		return PCI_LIST_CUT;
	*id = header & 0xff;
	*next = header >> 8 & POINTER_MASK;
	return *id == ID_NOTHING ? PCI_LIST_END : PCI_CAP_FOUND;
}

static enum pci_step read_extended(const struct pci_walk *w, uint16_t *id, uint32_t *next)
{
	uint32_t header;

	if (!pci_get32(w->space, w->at, &header))
		return PCI_LIST_CUT;
	*id = (uint16_t)header;
	*next = header >> EXTENDED_SHIFT & EXTENDED_MASK;
	return header == 0 || header == UINT32_MAX ? PCI_LIST_END : PCI_CAP_FOUND;
}

static const struct {
	uint32_t floor; /* a pointer below it ends the list */
	enum pci_step (*read)(const struct pci_walk *w, uint16_t *id, uint32_t *next);
} lists[PCI_LISTS] = {
	[PCI_LIST_CLASSIC] = {PCI_HEADER_SIZE, read_classic},
	[PCI_LIST_EXTENDED] = {PCI_EXTENDED, read_extended},
};

/* Marks a multiple of four below PCI_SPACE_MAX, which is all that the masks leave. */
static bool passed(struct pci_walk *w, uint32_t at)
{
	uint32_t *word = &w->seen[at / 4 / 32], bit = UINT32_C(1) << (at / 4 % 32);
	bool before = *word & bit;

	*word |= bit;
	return before;
}

enum pci_step pci_walk_next(struct pci_walk *w, struct pci_cap *cap)
{
	uint32_t next;
	uint16_t id;
	enum pci_step step;

	if (w->at < lists[w->list].floor)
		return PCI_LIST_END;
	step = lists[w->list].read(w, &id, &next);
	if (step != PCI_CAP_FOUND)
		return step;
	if (passed(w, w->at))
		return PCI_LIST_LOOPS;
	cap->id = id;
	cap->at = (uint16_t)w->at;
	w->at = next;
	return PCI_CAP_FOUND;
}

enum pci_step pci_find(const struct pci_space *s, enum pci_list list, uint16_t id,
		       struct pci_cap *cap)
{
	struct pci_walk w;
	struct pci_cap found;
	enum pci_step step;

	pci_walk_begin(&w, s, list);
	while ((step = pci_walk_next(&w, &found)) == PCI_CAP_FOUND) {
		if (found.id != id)
			continue;
		*cap = found;
		break;
	}
	return step;
}
