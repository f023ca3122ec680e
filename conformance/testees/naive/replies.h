/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* replies.h: the replies and capabilities of Linux as tables, and what was read of one. */
#ifndef NAIVE_REPLIES_H
#define NAIVE_REPLIES_H

#include "naive.h"

#define CHAIN_MAX 64

enum kind { DEVICE, REGION, IRQ, IOMMU, HOT_RESET };

/* What a capability is for; all that is PLAIN is handed on as bytes. */
enum use { PLAIN, SPARSE, TYPE, MSIX };

struct cap_row {
	uint16_t id;
	uint16_t newest;   /* highest version known */
	uint32_t size[3];  /* of the fields, by version */
	uint32_t element;  /* size of one of what the u32 at 0 counts, 0 where nothing is counted */
	uint32_t array;    /* where the counted elements begin */
	uint32_t reserved; /* offset of a reserved u32, 0 where there is none */
	enum use use;
};

struct flag_row {
	uint32_t bit;
	const char *name;
};

struct reply_row {
	const char *format;
	enum kind kind;
	uint32_t min;    /* bytes of the first form of the struct */
	uint32_t newest; /* bytes of the newest form */
	uint32_t caps;   /* flag that says that cap_offset is valid, 0 where there is no chain */
	uint32_t link;   /* offset of cap_offset */
	uint32_t known;  /* all flags with a name */
	const char *origin;
	const struct cap_row *cap;
	size_t cap_count;
	struct flag_row flag[5]; /* flags that the dump names */
};
extern const struct reply_row reply_table[5];
const struct reply_row *find_reply(const char *format);

/* A run of bytes of the input. */
struct part {
	uint64_t at;
	uint32_t count;
};

struct kept {
	uint16_t id, version;
	uint64_t at, size;
};

struct item {
	const struct reply_row *reply;
	uint32_t flags, index, num_regions, num_irqs, count;
	uint64_t size, offset, pgsizes;
	bool has_areas, has_type, has_msix;
	struct part areas, dependents;
	uint32_t type, subtype;
	struct kept kept[CHAIN_MAX];
	size_t kept_count;
};

enum verdict read_chain(const struct view *view, uint64_t end, struct item *item);
bool fits(uint64_t start, uint64_t length, uint64_t limit);
void dump_item(const struct view *view, const struct item *item, FILE *out);

#endif
