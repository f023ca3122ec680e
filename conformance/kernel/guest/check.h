/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * check.h: the kinds of check that are made of one device, each a test of its own in the output;
 * and what they share to find their way through the replies of a capture.
 */
#ifndef DEVFD_CHECK_H
#define DEVFD_CHECK_H

#include "../../capture/capture.h"

/* ---- replies.c: reading the replies of a capture ---- */

enum { DEVICE_INFO = 107, REGION_INFO = 108, IRQ_INFO = 109, IOMMU_INFO = 112 };
enum { HOT_RESET_INFO = 112 }; /* on a device; on a container it is IOMMU_INFO */

/* What the kernel knows of a struct that has argsz; depends on its version. */
struct shape {
	uint32_t number;
	enum on on;
	uint32_t min;
	uint32_t caps;       /* the flag that says that there is a chain, or 0 */
	uint32_t cap_offset; /* place of the field */
	uint32_t written;    /* bytes that are filled in */
	uint32_t first;      /* where a chain begins */
};

/* The shape of what a reply is about; false if it is not one with argsz and flags. */
bool shape_of(const struct reply *r, struct shape *shape);

/* A number in the byte order of this host, which is the kernel's. */
uint32_t host32(const uint8_t *p);

/* "VFIO_DEVICE_GET_REGION_INFO[3] argsz 40" */
struct where {
	char text[96];
};
struct where where(const struct reply *r);

/* The call succeeded and all that it has to say was received. */
bool is_whole(const struct reply *r);
/* The call succeeded and asks for more than was offered. */
bool is_cut(const struct reply *r);
/* The byte that stood at an offset before the call. */
uint8_t byte_before(const struct reply *r, uint32_t at);
/* The item of the whole reply to a call, or false. */
bool item_of(const struct capture *c, enum on on, uint32_t number, uint32_t index,
	     struct devfd_item *item);
/* The same with the item that stands for an index that the kernel refuses. */
bool item_or_error(const struct capture *c, uint32_t number, uint32_t index,
		   struct devfd_item *item);
/* The whole replies begin here; NULL behind the last. Each is the largest of its call and index. */
const struct reply *next_whole(const struct capture *c, const struct reply *after);
/* The device says that it is a PCI one. */
bool is_pci(const struct capture *c);

struct devfd_cap;

/* A capability of a chain. */
struct link {
	uint32_t at, id, version, next;
	uint32_t end;                /* of its fields; 0 if its id is not known */
	const struct devfd_cap *row; /* of the codec, or NULL */
};

enum { LINKS_MAX = 64 };

/* The capabilities of a whole reply that the codec accepts; returns how many. */
size_t chain_links(const struct reply *r, struct link links[LINKS_MAX]);

/* ---- alter.c: the hook that shows that the checks can fail ---- */

/* NUMBER:OFFSET:XOR; false if the text is not that. */
bool alter_set(const char *text);
/* What the hook makes of a buffer after a call that succeeded. */
void alter_buffer(uint32_t number, void *buf, size_t size);
void alter_capture(struct capture *c);

/* ---- The checks ---- */

/* producer.c: each reply by itself, judged by the leaves and by the table engine. */
void check_replies(const struct capture *c);
/* count.c: counts the rules of linux.* that an accepted reply exercised. */
void count_reply(const struct reply *r, bool cut);

/* written.c: what was written, and how replies to several argsz fit together. */
void check_written(const struct capture *c);
/* pci.c: what holds of every device of vfio-pci. */
void check_pci(const struct capture *c);
/* predicted.c: against the independent truth of sysfs and configuration space. */
void check_prediction(const struct capture *c, const struct prediction *predicted);

/* Reading and mapping, so that tests can stand in for a device. Both return 0 or more, or -errno.
 */
struct region_io {
	const void *context;
	long (*read)(const void *context, void *buf, size_t size, uint64_t offset);
	/* Maps for reading, loads the first word, unmaps. */
	int (*map)(const void *context, uint64_t size, uint64_t offset);
};

/* regions.c: each region read and mapped where the codec says that it is. ids: what
 * configuration space begins with, or NULL. */
void check_regions(const struct capture *c, const struct region_io *io, const uint8_t *ids);
/* access.c: the same of a descriptor. */
struct region_io device_io(const int *fd);

/* ways.c: the same device through group and cdev. */
void check_ways(const struct capture *container, const struct capture *cdev);

/* ask.c: the argsz dance against the device, and against one that lies about argsz. */
void check_ask(const struct capture *c, const struct session *s);
void check_hostile(const struct capture *c, const struct session *s);

/* requests.c: the rows of answers[]. A subtest. */
void check_answers(const char *name, const struct capture *c, struct session *s,
		   const struct roots *roots);

/* save.c: the replies as text, for a host without a JSON tool in the guest. 0 or -1. */
int save_replies(const char *dir, const struct capture *c);

/* device.c: all of it. expect_cdev: it is a failure if there is none. save: a folder, or NULL. */
struct wishes {
	struct roots roots;
	bool expect_cdev;
	const char *save;
};
void check_device(const char *name, const struct wishes *wishes);

#endif
