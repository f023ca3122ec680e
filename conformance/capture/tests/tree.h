/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * tree.h: fabricates what sysfs says of a PCI function, in a folder of its own, and refuses or cuts
 * its files as a kernel would.
 */
#ifndef DEVFD_TREE_H
#define DEVFD_TREE_H

#include "../sysfs.h"

enum { TREE_CAPS = 8, TREE_PATH = 256 };

#define TREE_NAME "0000:00:04.0"

/* Flags of resources, as Linux shows them. */
enum {
	IO = 0x40101,
	MEMORY = 0x40200,
	PREFETCH = 0x42208,
	MEMORY_64 = 0x140204,
	PREFETCH_64 = 0x14220c,
	ROM_MEMORY = 0x46200,
};

struct tree_cap {
	uint8_t id, at;
	uint16_t control; /* the 16 bits behind the header */
	uint32_t next_word;
};

/* A function. An address that is not given is that of the BAR in the header. */
struct tree {
	const char *release; /* of the kernel */
	const char *arch;    /* "x86_64" if NULL */
	const char *name;    /* TREE_NAME if NULL */
	const char *config;  /* hex of the first 64 bytes, or of more */
	size_t config_size;
	uint32_t vendor, device, class_, irq;
	const char *reset; /* methods, or NULL where it cannot be reset */
	struct resource resources[RESOURCES];
	struct tree_cap
		caps[TREE_CAPS]; /* chained in this order; the first is where the header says */
};

/* The folder that all is made in. */
extern char tree_root[TREE_PATH];

/* Makes the folder, empty; and removes it. For setup and teardown of a test. */
int tree_setup(void **state);
int tree_teardown(void **state);
void tree_make(const struct tree *t);
/* A file below the folder of a function, or a folder's path for "". */
void tree_path(const char *name, const char *file, char *path);
/* Writes a file, and the folders to it; path is below the root. */
void tree_write(const char *path, const void *bytes, size_t size);
void tree_write_text(const char *path, const char *text);
/* A file of the function TREE_NAME, as text. */
void tree_file(const char *file, const char *text);
/* Changes one byte of its configuration space. */
void tree_poke(size_t at, uint8_t byte);

/* Bytes that stand in hex; returns how many. */
size_t tree_hex(const char *text, uint8_t *bytes, size_t most);

/* From now on opening files whose path ends so fails with this errno; NULL: none. */
void tree_refuse(const char *end, int error);
/* From now on reading them gives no more than so many bytes. */
void tree_cut(const char *end, size_t most);

/* A PCIe function with MSI and MSI-X, whose BARs are all assigned. */
extern const struct tree tree_plain;

/* Predicts TREE_NAME; the second one fails the test if that is refused. */
int tree_predict(struct prediction *out, struct problem *p);
void tree_must_predict(struct prediction *out);
/* Nothing is unknown but a ROM, whether a kernel serves VGA ranges, and whether a BAR below a page
 * may be mapped. */
void tree_only_usual_unknowns(const struct prediction *p);

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

#endif
