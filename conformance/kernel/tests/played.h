/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* played.h: a kernel played for the tests of the check: it answers as Linux does, and one wish at a
 * time makes it do otherwise. */
#ifndef DEVFD_PLAYED_H
#define DEVFD_PLAYED_H

#include "../guest/check.h"

enum { PLAYED_REGIONS = 10, PLAYED_IRQS = 5, PLAYED_DEVICES = 2 };

/* What the kernel does wrong; all 0 is nothing. */
struct played {
	enum way way;
	bool before_6_6; /* structs without their last word, capabilities not padded */
	bool no_cdev;
	bool no_state;  /* what is closed cannot be opened again */
	bool plain;     /* no capability of the device */
	bool other_bus; /* sysfs has it on a bus other than pci */
	/* opening, where no_state is not set: the errno that a way gives, and of what kind it is */
	int container_error, cdev_error;
	enum problem_kind error_kind;
	/* replies */
	bool gone;       /* each call gives ENODEV */
	bool cdev_other; /* a region has another size through the cdev */
	int gap, tail;   /* more bytes between capabilities of the device, and behind the last */
	bool more_areas; /* two where there is one */
	struct kept_caps {
		uint16_t id, version;
		uint8_t size, data, count;
	} kept; /* capabilities of the device that nobody knows */
	/* requests */
	bool loses_errors; /* an argsz that is too small succeeds */
	bool wrong_errno;  /* EINVAL comes as EIO */
	bool wrong_result; /* what succeeds returns one more */
	bool dies;         /* after a request that failed, GET_INFO says something else */
	bool returns_more; /* after one, GET_INFO says the same and returns one more */
	bool scribbles;    /* a call that fails writes */
	/* reading and mapping */
	long read_start, read_last, read_end, read_empty; /* result, where not 0 */
	int map_area, map_none;
	bool other_ids;
	bool map_faults; /* what is mapped cannot be loaded */
	/* sysfs */
	bool unpredicted, mispredicted;
	/* state */
	bool failed_once;
	unsigned calls;
};

extern struct played played;

/* A kernel that answers as Linux 6.12 does. */
void play(enum way way);
/* The replies of the played kernel, opened the way that it says. */
void played_record(struct capture *c);
/* A session with it, and its regions. */
struct session played_session(void);
struct prediction played_prediction(void);
extern const struct region_io played_io;
extern const uint8_t played_ids[4];

#endif
