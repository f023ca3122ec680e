// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* record.c: the calls that a capture makes of every device, and what came of each. */
/* Regions of a device are at offsets beyond 2 GiB, on 32-bit machines too. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include "capture.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* For the rows of the calls. */
#include "../../codec/scan.h"

enum {
	GET_API_VERSION = 100,
	CHECK_EXTENSION = 101,
	GET_INFO = 107,
	EXTENSIONS = 10, /* highest VFIO extension that is asked about */
	ROUNDS = 3,      /* most times that a reply is followed to a larger argsz */
	INDEXES = 1024,  /* most indexes that are asked about, whatever a device claims to have */
	ARGSZ_MAX = 1 << 20, /* a reply that wants more than this is not followed */
	SIZES = 8,
	HOT_RESET_HEAD = 12, /* of struct vfio_pci_hot_reset_info, and of each device in it */
	HOT_RESET_EACH = 8,
};

/* A call, and the sizes that are offered beside the one that its reply asks for; 0 ends them. */
struct question {
	const char *name;
	uint32_t number;
	enum on on;
	uint32_t call; /* enum devfd_call */
	uint32_t sizes[SIZES];
};

/* clang-format off */
static const struct question device_info = {
	"VFIO_DEVICE_GET_INFO", GET_INFO, ON_DEVICE, DEVFD_DEVICE_INFO, {12, 15, 16, 20, 24, 64}};
static const struct question first_region = {
	"VFIO_DEVICE_GET_REGION_INFO", 108, ON_DEVICE, DEVFD_REGION_INFO, {31}};
static const struct question region_info = {
	"VFIO_DEVICE_GET_REGION_INFO", 108, ON_DEVICE, DEVFD_REGION_INFO, {32, 40}};
static const struct question irq_info = {
	"VFIO_DEVICE_GET_IRQ_INFO", 109, ON_DEVICE, DEVFD_IRQ_INFO, {15, 16, 24}};
static const struct question iommu_info = {
	"VFIO_IOMMU_GET_INFO", 112, ON_CONTAINER, DEVFD_IOMMU_INFO, {8, 16, 20, 24}};
static const struct question hot_reset = {
	"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", 112, ON_DEVICE, DEVFD_HOT_RESET_INFO, {11, 12}};
/* clang-format on */

struct recorder {
	struct capture *c;
	const struct session *s;
	struct problem *p;
};

static bool is_big(void)
{
	return devfd_options_big(0) != 0;
}

static int no_memory(struct problem *p)
{
	return problem_set(p, PROBLEM_OTHER, ENOMEM, "out of memory");
}

/* ---- One call ---- */

/* A device that is gone answers nothing any more; errno alone does not tell it, as
 * VFIO_DEVICE_GET_PCI_HOT_RESET_INFO gives ENODEV for a device without a slot. */
static bool is_gone(const struct recorder *r, int error)
{
	uint8_t info[64] = {0};
	int ret;

	if (error != ENODEV && error != EIO && error != ENXIO)
		return false;
	devfd_set32(info, 16, is_big());
	ret = session_call(r->s, ON_DEVICE, GET_INFO, info);
	return ret == -ENODEV || ret == -EIO || ret == -ENXIO;
}

static int check_gone(const struct recorder *r, int error)
{
	if (!is_gone(r, error))
		return 0;
	return problem_set(r->p, PROBLEM_GONE, error,
			   "%s went away meanwhile (%s). Nothing was kept of it; plug it in again, "
			   "and repeat",
			   r->s->name, strerror(error));
}

/* A place for one more reply, all 0, or NULL. */
static struct reply *add_reply(const struct recorder *r)
{
	struct capture *c = r->c;
	struct reply *grown = realloc(c->replies, (c->count + 1) * sizeof(*grown));

	if (!grown) {
		no_memory(r->p);
		return NULL;
	}
	c->replies = grown;
	memset(&grown[c->count], 0, sizeof(*grown));
	return &grown[c->count++];
}

static void note_result(struct reply *reply, int ret)
{
	reply->ret = ret < 0 ? -1 : ret;
	reply->error = ret < 0 ? -ret : 0;
}

static bool has_index(const struct question *q)
{
	return q->call && devfd_calls[q->call - 1].has_index;
}

/* Makes the call with this argsz; the reply is then the last one of the capture. */
static int ask_with(const struct recorder *r, const struct question *q, uint32_t index,
		    uint32_t argsz)
{
	struct reply *reply = add_reply(r);

	if (!reply)
		return -1;
	reply->bytes = malloc((size_t)argsz + CAPTURE_GUARD);
	if (!reply->bytes)
		return no_memory(r->p);
	reply->size = argsz + CAPTURE_GUARD;
	memset(reply->bytes, CAPTURE_POISON, reply->size);
	reply->number = q->number;
	reply->name = q->name;
	reply->on = q->on;
	reply->call = q->call;
	reply->has_index = has_index(q);
	reply->index = reply->has_index ? index : 0;
	reply->argsz = argsz;
	devfd_set32(reply->bytes, argsz, is_big());
	if (reply->has_index)
		devfd_set32(reply->bytes + DEVFD_AT_LINUX_REGION_INFO_INDEX, index, is_big());
	note_result(reply, session_call(r->s, q->on, q->number, reply->bytes));
	return check_gone(r, reply->error);
}

/* How many bytes the kernel would want for a whole reply: 0 if it had room, and what it said before
 * if it says nothing now. */
static uint32_t wanted(const struct reply *reply, uint32_t before)
{
	uint32_t need = 0;

	/* This call does not raise argsz; it counts what did not fit. */
	if (reply->error == ENOSPC && reply->number == hot_reset.number &&
	    reply->argsz >= HOT_RESET_HEAD) {
		uint32_t count = devfd_get32(reply->bytes + 8, is_big());

		if (count <= (ARGSZ_MAX - HOT_RESET_HEAD) / HOT_RESET_EACH)
			need = HOT_RESET_HEAD + count * HOT_RESET_EACH;
	} else if (reply->error) {
		return before;
	} else {
		need = devfd_get32(reply->bytes, is_big());
	}
	return need > reply->argsz && need <= ARGSZ_MAX ? need : 0;
}

static bool was_asked(const struct capture *c, size_t from, uint32_t argsz)
{
	for (; from < c->count; from++) {
		if (c->replies[from].argsz == argsz)
			return true;
	}
	return false;
}

/* The call with each of its sizes, then with what the kernel asks for. A kernel whose wish grows
 * each time, or alternates, is followed a few times and no more. */
static int ask(const struct recorder *r, const struct question *q, uint32_t index)
{
	size_t from = r->c->count, i;
	uint32_t need = 0;
	int round;

	for (i = 0; i < SIZES && q->sizes[i]; i++) {
		if (ask_with(r, q, index, q->sizes[i]))
			return -1;
		need = wanted(&r->c->replies[r->c->count - 1], need);
	}
	for (round = 0; round < ROUNDS && need; round++) {
		if (was_asked(r->c, from, need))
			break;
		if (ask_with(r, q, index, need))
			return -1;
		need = wanted(&r->c->replies[r->c->count - 1], 0);
	}
	return 0;
}

/* Each index below count, and the first one beyond. */
static int ask_each(const struct recorder *r, const struct question *q, uint32_t count)
{
	uint32_t i, asked = count < INDEXES ? count : INDEXES;

	for (i = 0; i < asked; i++) {
		if (ask(r, q, i))
			return -1;
	}
	return ask(r, q, count);
}

/* ---- Calls that answer by their return value alone ---- */

static int ask_number(const struct recorder *r, const char *name, uint32_t number, bool indexed,
		      uint32_t value)
{
	struct reply *reply = add_reply(r);

	if (!reply)
		return -1;
	reply->number = number;
	reply->name = name;
	reply->on = ON_CONTAINER;
	reply->has_index = indexed;
	reply->index = value;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): these ioctls take a number there. */
	note_result(reply, session_call(r->s, ON_CONTAINER, number, (void *)(uintptr_t)value));
	return 0;
}

static int ask_container(const struct recorder *r)
{
	uint32_t i;

	if (ask_number(r, "VFIO_GET_API_VERSION", GET_API_VERSION, false, 0))
		return -1;
	for (i = 1; i <= EXTENSIONS; i++) {
		if (ask_number(r, "VFIO_CHECK_EXTENSION", CHECK_EXTENSION, true, i))
			return -1;
	}
	return ask(r, &iommu_info, 0);
}

/* ---- Replies ---- */

const struct reply *capture_find_on(const struct capture *c, enum on on, uint32_t number,
				    uint32_t index)
{
	const struct reply *best = NULL;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (r->on != on || r->number != number || r->index != index)
			continue;
		if (r->error || r->argsz < 4)
			continue;
		if (devfd_get32(r->bytes, is_big()) > r->argsz)
			continue;
		if (!best || r->argsz >= best->argsz)
			best = r;
	}
	return best;
}

const struct reply *capture_find(const struct capture *c, uint32_t number, uint32_t index)
{
	bool container = number < GET_INFO || number == iommu_info.number;

	return capture_find_on(c, container ? ON_CONTAINER : ON_DEVICE, number, index);
}

/* The item that a reply makes. */
static bool decode(const struct reply *r, struct devfd_item *item)
{
	struct devfd_error e;

	return r && devfd_reply(r->call, 0, r->index, r->bytes, r->argsz, item, &e) == DEVFD_OK;
}

/* ---- Configuration space ---- */

enum { PCI_CONFIG_REGION = 7 };

static int read_config(const struct recorder *r)
{
	struct capture *c = r->c;
	struct devfd_item region;
	size_t size;

	if (!decode(capture_find(c, region_info.number, PCI_CONFIG_REGION), &region))
		return 0;
	if (!(region.flags & DEVFD_READ))
		return 0;
	size = region.size < CAPTURE_CONFIG ? (size_t)region.size : (size_t)CAPTURE_CONFIG;
	while (c->config_size < size) {
		ssize_t n = pread(r->s->fd[ON_DEVICE], c->config + c->config_size,
				  size - c->config_size, (off_t)(region.offset + c->config_size));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return check_gone(r, errno);
		if (n == 0)
			break;
		c->config_size += (size_t)n;
	}
	return 0;
}

/* ---- All of it ---- */

/* Debian's uname -r does not name the upstream version, but its uname -v does. */
static void name_kernel(struct capture *c)
{
	static const char mark[] = "Debian ";
	struct utsname name;
	const char *from, *found;
	size_t n;

	uname(&name);
	snprintf(c->release, sizeof(c->release), "%.63s", name.release);
	snprintf(c->arch, sizeof(c->arch), "%.31s", name.machine);
	found = strstr(name.version, mark);
	from = found ? found + sizeof(mark) - 1 : name.release;
	if (!isdigit((unsigned char)from[0]))
		from = name.release;
	n = strspn(from, "0123456789.");
	snprintf(c->kernel, sizeof(c->kernel), "%.*s", (int)n, from);
}

static int record_all(const struct recorder *r, const struct roots *roots)
{
	struct devfd_item device = {0};
	struct problem ignored;

	name_kernel(r->c);
	if (list_one(roots, r->s->name, &r->c->device, &ignored))
		memcpy(r->c->device.name, r->s->name, sizeof(r->c->device.name));
	r->c->way = r->s->way;
	if (r->s->fd[ON_CONTAINER] >= 0 && ask_container(r))
		return -1;
	if (ask(r, &device_info, 0))
		return -1;
	/* Of a device that says nothing of itself, the first index is still asked about. */
	decode(capture_find(r->c, GET_INFO, 0), &device);
	if (ask(r, &first_region, 0))
		return -1;
	if (ask_each(r, &region_info, device.num_regions))
		return -1;
	if (ask_each(r, &irq_info, device.num_irqs))
		return -1;
	if (ask(r, &hot_reset, 0))
		return -1;
	return device.bus == DEVFD_BUS_PCI ? read_config(r) : 0;
}

int record(struct capture *c, const struct session *s, const struct roots *roots, struct problem *p)
{
	struct recorder r = {c, s, p};

	memset(c, 0, sizeof(*c));
	memset(p, 0, sizeof(*p));
	return record_all(&r, roots);
}

void capture_free(struct capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->replies[i].bytes);
	free(c->replies);
	c->replies = NULL;
	c->count = 0;
}

/* ---- What is not to be passed on ---- */

enum {
	PCI_STATUS = 0x06,
	PCI_STATUS_CAP_LIST = 0x10,
	PCI_CAPABILITIES = 0x34,
	PCI_CAP_VPD = 0x03,
	PCI_VPD_SIZE = 6, /* address and data, behind the head of 2 bytes */
	PCI_EXTENDED = 0x100,
	PCI_EXT_SERIAL = 0x0003,
	PCI_SERIAL_SIZE = 8, /* behind the head of 4 bytes */
	STEPS_STANDARD = 48, /* as many as have room */
	STEPS_EXTENDED = (CAPTURE_CONFIG - PCI_EXTENDED) / 8,
};

static void blank(struct capture *c, size_t at, size_t size)
{
	if (at >= c->config_size)
		return;
	if (size > c->config_size - at)
		size = c->config_size - at;
	memset(c->config + at, 0, size);
}

static void redact_vpd(struct capture *c)
{
	size_t at;
	int step;

	if (c->config_size < 0x40 || !(c->config[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return;
	at = c->config[PCI_CAPABILITIES] & 0xfcu;
	for (step = 0; step < STEPS_STANDARD && at >= 0x40 && at + 2 <= c->config_size; step++) {
		if (c->config[at] == PCI_CAP_VPD)
			blank(c, at + 2, PCI_VPD_SIZE);
		at = c->config[at + 1] & 0xfcu;
	}
}

static void redact_serial(struct capture *c)
{
	size_t at = PCI_EXTENDED;
	uint32_t head;
	int step;

	for (step = 0; step < STEPS_EXTENDED && at >= PCI_EXTENDED; step++) {
		if (at + 4 > c->config_size)
			break;
		/* Configuration space is little-endian on every machine. */
		head = devfd_get32(c->config + at, 0);
		if ((head & 0xffff) == PCI_EXT_SERIAL)
			blank(c, at + 4, PCI_SERIAL_SIZE);
		at = head >> 20 & 0xffc;
	}
}

void redact(struct capture *c)
{
	redact_vpd(c);
	redact_serial(c);
	c->redacted = true;
}
