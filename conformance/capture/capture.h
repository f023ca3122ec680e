/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * capture.h: what the parts of devfd-capture share: opening a device through VFIO, recording the
 * replies that it gives, and predicting them from sysfs. The kernel check in the guest is made of
 * the same parts. Nothing here needs JSON but json.c, which only devfd-capture links.
 *
 * Only information ioctls and reads of configuration space are issued. Binding, opening and closing
 * a device makes the kernel reset it all the same.
 */
#ifndef DEVFD_CAPTURE_H
#define DEVFD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../codec/codec.h"

enum {
	CAPTURE_NAME = 64,     /* bytes of a device name: a BDF, or the UUID of a mediated device */
	CAPTURE_CONFIG = 4096, /* most bytes of configuration space */
	CAPTURE_GUARD =
		16, /* bytes kept behind what was offered; a kernel that writes them is wrong */
	CAPTURE_POISON = 0xaa, /* fills each buffer before the call */
};

/* Why something could not be done. text is whole sentences without a newline, fit for stderr, and
 * says what to do. */
struct problem {
	enum problem_kind {
		PROBLEM_NONE,
		PROBLEM_NO_VFIO,    /* this kernel has no VFIO, or its module is not loaded */
		PROBLEM_NO_DEVICE,  /* no such device */
		PROBLEM_NO_IOMMU,   /* the device is in no IOMMU group */
		PROBLEM_NOT_BOUND,  /* to a VFIO driver */
		PROBLEM_NOT_VIABLE, /* another device of its group is bound to a host driver */
		PROBLEM_PERMISSION,
		PROBLEM_BUSY, /* somebody else has the group or the device open */
		PROBLEM_GONE, /* unplugged meanwhile */
		PROBLEM_OTHER,
	} kind;
	int error; /* errno behind it, or 0 */
	char text[512];
};

/* Fills *p in, with an errno or 0 and text as of printf(); returns -1. Part of list.c. */
int problem_set(struct problem *p, enum problem_kind kind, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Where the machine's files are; both "" but in tests, which give a folder of their own. */
struct roots {
	const char *sys; /* in front of /sys */
	const char *dev; /* in front of /dev */
};

/* ---- session.c: a device opened through VFIO ---- */

enum way { WAY_ANY, WAY_CONTAINER, WAY_CDEV };

/* Which descriptor a call is made on. */
enum on { ON_CONTAINER, ON_GROUP, ON_DEVICE, ON_IOMMUFD, ON_COUNT };

struct session {
	char name[CAPTURE_NAME];
	enum way way;     /* WAY_CONTAINER or WAY_CDEV, once open */
	int fd[ON_COUNT]; /* -1 where the way has none */
	uint32_t devid;   /* out_devid of BIND_IOMMUFD */
	bool bound;       /* cdev: BIND_IOMMUFD has been done */
};

/*
 * Opens a device by name. WAY_ANY takes the group and container where there is a group node, else
 * the cdev. Returns 0, or -1 with *p; nothing stays open then. bind false leaves a cdev unbound.
 */
int session_open(struct session *s, const struct roots *roots, const char *name, enum way way,
		 bool bind, struct problem *p);
void session_close(struct session *s);
/* One ioctl, _IO(';', number), on one of the descriptors. Returns 0 or more, or -errno. */
int session_call(const struct session *s, enum on on, uint32_t number, void *arg);

/* ---- list.c: which devices there are ---- */

/* What --list prints of a device. */
struct listed {
	char name[CAPTURE_NAME];
	char bus[16]; /* pci, mdev, platform */
	uint32_t vendor, device, class_;
	char driver[64];        /* "" if none */
	char group[16];         /* IOMMU group, or "" */
	struct problem problem; /* PROBLEM_NONE: it can be captured as it is */
};

/* All devices of /sys/bus/{pci,mdev}/devices in ascending order of name; the caller frees *list.
 * Returns 0 or -1. */
int list_devices(const struct roots *roots, struct listed **list, size_t *count, struct problem *p);
/* The same of one device. */
int list_one(const struct roots *roots, const char *name, struct listed *out, struct problem *p);

/* ---- record.c: the calls that a capture makes, and what came of each ---- */

struct reply {
	uint32_t number;  /* 107 is VFIO_DEVICE_GET_INFO */
	const char *name; /* "VFIO_DEVICE_GET_INFO" */
	enum on on;
	uint32_t call; /* enum devfd_call that reads it, or 0 */
	bool has_index;
	uint32_t index;
	uint32_t argsz; /* offered */
	int ret;        /* what the call gave back; -1 where it failed */
	int error;      /* 0 or the errno, positive */
	uint32_t size;  /* argsz + CAPTURE_GUARD bytes are kept, poison where the kernel wrote
			   nothing */
	uint8_t *bytes;
};

struct capture {
	char kernel[64];  /* version, as "6.1.192" */
	char release[64]; /* uname -r */
	char arch[32];
	struct listed device;
	enum way way;
	struct reply *replies;
	size_t count;
	uint8_t config[CAPTURE_CONFIG];
	size_t config_size; /* bytes read; 0 where there is no configuration space */
	bool redacted;      /* serial numbers and VPD were blanked */
	const char *note;   /* of the user, or NULL */
};

/*
 * Makes all the information calls: each struct with argsz below its minimum, at it, above it and at
 * what the kernel asks for, so that no chain is cut; each index and the first one beyond; then the
 * configuration space. Returns 0, or -1 with *p (PROBLEM_GONE if the device went away), and *c
 * holds what came before. capture_free() frees it in either case.
 */
int record(struct capture *c, const struct session *s, const struct roots *roots,
	   struct problem *p);
void capture_free(struct capture *c);
/* Blanks serial numbers (PCI device serial number capability) and vital product data in c->config.
 */
void redact(struct capture *c);

/* The whole reply (the largest that was not cut) about an index of a call, or NULL. 112 is two
 * calls: this finds VFIO_IOMMU_GET_INFO, and capture_find_on() either. */
const struct reply *capture_find(const struct capture *c, uint32_t number, uint32_t index);
const struct reply *capture_find_on(const struct capture *c, enum on on, uint32_t number,
				    uint32_t index);

/* The description that the replies add up to, in the tlv layout; the caller frees *blob. Returns 0
 * or -1. */
int capture_describe(const struct capture *c, uint8_t **blob, size_t *size, struct problem *p);

/* ---- predict.c: what VFIO would say, from sysfs and configuration space ---- */

enum { PREDICT_REGIONS = 9, PREDICT_IRQS = 5 };

/* What sysfs cannot know of an item; a bit each. */
enum unknown {
	UNKNOWN_MMAP = 1,      /* whether a BAR below a page may be mapped */
	UNKNOWN_ROM = 2,       /* whether there is a ROM */
	UNKNOWN_MSIX = 4,      /* configuration space cannot be read beyond its first 64 bytes */
	UNKNOWN_COUNT = 8,     /* vectors of an interrupt */
	UNKNOWN_RESET = 16,    /* whether VFIO could reset it */
	UNKNOWN_NORESIZE = 32, /* it depends on the kernel and the driver */
	UNKNOWN_REGIONS = 64,  /* regions beyond the nine: Intel graphics may have some */
	UNKNOWN_CAPS = 128,    /* capabilities of the device: zPCI, atomic operations */
	UNKNOWN_VGA = 256,     /* whether this kernel serves VGA ranges */
};

struct prediction {
	struct devfd_item device;
	struct devfd_item regions[PREDICT_REGIONS]; /* state DEVFD_ABSENT, UNREADABLE with the
						       errno, EMPTY or PRESENT */
	struct devfd_item irqs[PREDICT_IRQS];
	uint32_t device_unknown, region_unknown[PREDICT_REGIONS], irq_unknown[PREDICT_IRQS];
};

/* Predicts the description of a PCI device that vfio-pci would give; nothing is unbound or opened.
 * Returns 0 or -1. */
int predict(struct prediction *out, const struct roots *roots, const char *name, struct problem *p);
/* One line about each unknown, for a person: "region 6: whether there is a ROM"; 0 when i is past
 * the last. */
int prediction_unknown(const struct prediction *p, size_t i, char *text, size_t size);
/* The prediction in the tlv layout; the caller frees *blob. */
int prediction_describe(const struct prediction *in, uint8_t **blob, size_t *size,
			struct problem *p);

/* ---- json.c: devfd-capture alone ---- */

/* Writes the capture (schema vfio-capture/1) as JSON to file, or to stdout for "-"; whole or not at
 * all. Returns 0 or -1. Where the replies are broken the file is written without a description, the
 * result is 1 and *p says what is broken; where p->text is "" it has been said on stderr. */
int write_capture(const char *file, const struct capture *c, struct problem *p);

#endif
