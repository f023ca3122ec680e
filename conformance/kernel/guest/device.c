// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* device.c: every kind of check of one device, through its group and through its cdev. */
#include "check.h"
#include "ktap.h"
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { IDS = 4 };

/* One device, one way. */
struct visit {
	const struct wishes *wishes;
	const char *device;
	struct session s;
	struct capture c;
	struct prediction predicted;
	struct problem problem; /* PROBLEM_NONE: predicted is known */
	bool recorded;
};

static const char *way_name(enum way way)
{
	return way == WAY_CDEV ? "cdev" : "container";
}

/* ---- The checks of one way ---- */

static void do_record(struct visit *v)
{
	struct problem p = {PROBLEM_NONE, 0, ""};

	ktap_single("record");
	v->recorded = record(&v->c, &v->s, &v->wishes->roots, &p) == 0;
	alter_capture(&v->c);
	if (!v->recorded) {
		ktap_note("%s", p.text);
		ktap_fail();
		ktap_done();
		return;
	}
	ktap_note("%zu replies, driver %s, ids %04x:%04x", v->c.count, v->c.device.driver,
		  v->c.device.vendor, v->c.device.device);
	if (v->wishes->save && save_replies(v->wishes->save, &v->c)) {
		ktap_note("cannot write to %s: %s", v->wishes->save, strerror(errno));
		ktap_fail();
	}
	ktap_done();
}

static void do_replies(struct visit *v)
{
	check_replies(&v->c);
}

static void do_written(struct visit *v)
{
	check_written(&v->c);
}

static void do_pci(struct visit *v)
{
	check_pci(&v->c);
}

static const char *no_pci(const struct visit *v)
{
	return is_pci(&v->c) ? NULL : "not a PCI device";
}

static void do_predict(struct visit *v)
{
	bool predicted = v->problem.kind == PROBLEM_NONE;

	if (hold(KERNEL_PREDICT_DEVICE, predicted, "found no prediction, allowed one: %s",
		 v->problem.text))
		check_prediction(&v->c, &v->predicted);
}

static const char *no_prediction(const struct visit *v)
{
	return strcmp(v->c.device.bus, "pci") == 0 ? NULL
						   : "sysfs predicts devices of the pci bus alone";
}

static void do_regions(struct visit *v)
{
	struct region_io io = device_io(&v->s.fd[ON_DEVICE]);
	char file[PATH_MAX];
	uint8_t ids[IDS];
	bool known;
	int fd;

	(void)snprintf(file, sizeof(file), "%s/sys/bus/pci/devices/%s/config", v->wishes->roots.sys,
		       v->device);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	known = fd >= 0 && pread(fd, ids, IDS, 0) == IDS;
	if (fd >= 0)
		close(fd);
	check_regions(&v->c, &io, known ? ids : NULL);
}

static void do_ask(struct visit *v)
{
	check_ask(&v->c, &v->s);
}

static void do_hostile(struct visit *v)
{
	check_hostile(&v->c, &v->s);
}

static const struct kind {
	const char *name;
	void (*check)(struct visit *v);
	const char *(*why_not)(const struct visit *v); /* NULL: it is always made */
} kinds[] = {
	{"replies", do_replies, NULL}, {"written", do_written, NULL},
	{"pci", do_pci, no_pci},       {"predicted", do_predict, no_prediction},
	{"regions", do_regions, NULL}, {"ask", do_ask, NULL},
	{"hostile", do_hostile, NULL},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const char *why_not(const struct visit *v, size_t i)
{
	if (!v->recorded)
		return "nothing was recorded";
	return kinds[i].why_not ? kinds[i].why_not(v) : NULL;
}

static void make_checks(struct visit *v)
{
	const char *why;
	size_t i;

	do_record(v);
	for (i = 0; i < KINDS; i++) {
		why = why_not(v, i);
		if (why) {
			ktap_skip(kinds[i].name, why);
			continue;
		}
		rules_begin();
		kinds[i].check(v);
		rules_end(kinds[i].name);
	}
	if (v->recorded)
		check_answers("answers", &v->c, &v->s, &v->wishes->roots);
	else
		ktap_skip("answers", "nothing was recorded");
}

/* ---- Both ways ---- */

/* This kernel does not have that way. */
static bool is_missing(const struct problem *p)
{
	return p->error == ENOENT && (p->kind == PROBLEM_NO_VFIO || p->kind == PROBLEM_NO_IOMMU);
}

static void visit(struct visit *v, enum way way)
{
	struct problem p;

	memset(&p, 0, sizeof(p));
	if (session_open(&v->s, &v->wishes->roots, v->device, way, true, &p)) {
		if (is_missing(&p)) {
			ktap_skip(way_name(way), p.text);
			return;
		}
		ktap_single(way_name(way));
		ktap_note("%s", p.text);
		ktap_fail();
		ktap_done();
		return;
	}
	ktap_begin(way_name(way), KINDS + 2);
	make_checks(v);
	session_close(&v->s);
	ktap_end();
}

static const char *recorded_ways(const struct visit *container, const struct visit *cdev)
{
	if (container->recorded)
		return cdev->recorded ? "both ways" : "the group alone";
	return cdev->recorded ? "the cdev alone" : "nothing";
}

static void compare(const struct visit *container, const struct visit *cdev)
{
	bool both = container->recorded && cdev->recorded;

	if (!both && !cdev->wishes->expect_cdev) {
		ktap_skip("ways", "one way was recorded at most");
		return;
	}
	rules_begin();
	if (hold(KERNEL_WAYS_COMPARED, both, "found %s recorded, allowed both ways",
		 recorded_ways(container, cdev)))
		check_ways(&container->c, &cdev->c);
	rules_end("ways");
}

void check_device(const char *name, const struct wishes *wishes)
{
	/* Too large for the stack of a small guest. */
	static struct visit container, cdev;

	memset(&container, 0, sizeof(container));
	container.wishes = wishes;
	container.device = name;
	/* Before anything is opened, as a program without VFIO would. */
	(void)predict(&container.predicted, &wishes->roots, name, &container.problem);
	cdev = container;

	ktap_begin(name, 3);
	visit(&container, WAY_CONTAINER);
	visit(&cdev, WAY_CDEV);
	if (!container.recorded && !cdev.recorded) {
		ktap_note("nothing could be recorded of %s", name);
		ktap_fail();
	}
	compare(&container, &cdev);
	ktap_end();
	capture_free(&container.c);
	capture_free(&cdev.c);
}
