// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* requests.c: the kernel as a responder: each row of answers[] asked, its answer held, and the
 * device alive behind it. */
#include "answer.h"
#include "check.h"
#include "guarded.h"
#include "ktap.h"
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAGE = 4096, API_VERSION = 100, BIND_IOMMUFD = 118 };

struct asking {
	const struct capture *c;
	const struct roots *roots;
	struct session *s;
	struct devfd_item device;
	const struct reply *before; /* the reply that has to come again */
	int eventfd;
};

/* ---- Building a request ---- */

static uint64_t value_of(const struct asking *a, const struct answer *row, const struct set *set)
{
	const int64_t terms[] = {
		[TERM_NUMBER] = 0,
		[TERM_MIN] = row->min,
		[TERM_NUM_REGIONS] = a->device.num_regions,
		[TERM_NUM_IRQS] = a->device.num_irqs,
		[TERM_IOMMUFD] = a->s->fd[ON_IOMMUFD],
		[TERM_EVENTFD] = a->eventfd,
	};

	return (uint64_t)(terms[set->term] + set->plus);
}

/* In the byte order of this host, cut to width. */
static void store(uint8_t *p, uint64_t value, uint8_t width)
{
	const uint8_t *from = (const uint8_t *)&value;
	const union {
		uint16_t word;
		uint8_t first;
	} one = {1};

	memcpy(p, one.first ? from : from + sizeof(value) - width, width);
}

struct request {
	uint8_t *p;
	size_t size;
	uint8_t before[PAGE];
};

/* The buffer has what argsz promises, up to a page: so much the kernel may write. */
static bool build(const struct asking *a, const struct answer *row, struct request *request)
{
	uint8_t made[PAGE] = {0};
	uint32_t argsz = 0;
	size_t i;

	if (row->size > PAGE)
		return false;
	for (i = 0; i < row->count; i++)
		store(made + row->sets[i].at, value_of(a, row, &row->sets[i]), row->sets[i].width);
	if (row->size >= sizeof(argsz))
		argsz = host32(made);
	if (argsz > PAGE)
		argsz = PAGE;
	request->size = argsz > row->size ? argsz : row->size;
	request->p = guarded(request->size);
	if (!request->p)
		return false;
	memcpy(request->p, made, row->size);
	memcpy(request->before, request->p, request->size);
	return true;
}

static int make_call(const struct asking *a, const struct answer *row, struct request *request)
{
	void *argument = request->p;
	int ret;

	if (row->argument == ARGUMENT_NULL)
		argument = NULL;
	if (row->argument == ARGUMENT_NUMBER)
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): these ioctls take a number there. */
		argument = (void *)(uintptr_t)value_of(a, row, &row->sets[0]);
	ret = session_call(a->s, (enum on)row->on, row->number, argument);
	if (ret >= 0 && row->argument == ARGUMENT_STRUCT)
		alter_buffer(row->number, request->p, request->size);
	return ret;
}

/* ---- Judging the answer ---- */

static bool is_allowed(const struct answer *row, int ret)
{
	const int *p;

	if (!row->errnos)
		return ret == row->result;
	for (p = row->errnos; *p; p++) {
		if (ret == -*p)
			return true;
	}
	return false;
}

static void allowed_text(const struct answer *row, char *out, size_t size)
{
	const int *p;
	size_t used = 0;

	if (!row->errnos) {
		(void)snprintf(out, size, "%d", row->result);
		return;
	}
	*out = '\0';
	for (p = row->errnos; *p && used < size; p++)
		used += (size_t)snprintf(out + used, size - used, "%s%d",
					 p == row->errnos ? "" : " or ", -*p);
}

static void judge(size_t i, const struct request *request, int ret)
{
	const struct answer *row = &answers[i];
	char allowed[64];
	size_t at = 0;

	allowed_text(row, allowed, sizeof(allowed));
	hold_answer(i, is_allowed(row, ret), "ioctl %u: found %d, allowed %s (%s)", row->number,
		    ret, allowed, row->text);
	if (!row->untouched || row->argument != ARGUMENT_STRUCT)
		return;
	while (at < request->size && request->p[at] == request->before[at])
		at++;
	hold_answer(i, at == request->size, "ioctl %u byte %zu: found %#x, allowed %#x (%s)",
		    row->number, at, at < request->size ? request->p[at] : 0,
		    at < request->size ? request->before[at] : 0, row->text);
}

/* ---- Still alive ---- */

static void check_device_alive(const struct asking *a)
{
	const struct reply *r = a->before;
	uint8_t *p = guarded(r->size);
	int ret;

	if (!p)
		return;
	memcpy(p, &r->argsz, sizeof(r->argsz));
	ret = session_call(a->s, ON_DEVICE, r->number, p);
	if (ret >= 0)
		alter_buffer(r->number, p, r->size);
	hold(KERNEL_ALIVE, ret == r->ret && !memcmp(p, r->bytes, r->size),
	     "%s: found %d and other bytes than before, allowed %d and the same", where(r).text,
	     ret, r->ret);
}

static void check_alive(const struct asking *a, const struct answer *row, int ret)
{
	uint32_t argsz = a->before->argsz;
	uint8_t *p;

	if (row->state == STATE_OPEN) {
		check_device_alive(a);
		return;
	}
	if (row->state == STATE_NO_IOMMU) {
		ret = session_call(a->s, ON_CONTAINER, API_VERSION, NULL);
		hold(KERNEL_ALIVE, ret == 0, "VFIO_GET_API_VERSION: found %d, allowed 0", ret);
		return;
	}
	/* A request that bound it is answered by then. */
	if (ret >= 0 && row->number == BIND_IOMMUFD)
		return;
	p = guarded(a->before->size);
	if (!p)
		return;
	memcpy(p, &argsz, sizeof(argsz));
	ret = session_call(a->s, ON_DEVICE, a->before->number, p);
	hold(KERNEL_ALIVE, ret == -EINVAL, "VFIO_DEVICE_GET_INFO before BIND: found %d, allowed %d",
	     ret, -EINVAL);
}

/* ---- The states ---- */

static bool open_lone_container(const struct asking *a)
{
	char file[PATH_MAX];
	int i;

	(void)snprintf(file, sizeof(file), "%s/dev/vfio/vfio", a->roots->dev);
	for (i = 0; i < ON_COUNT; i++)
		a->s->fd[i] = -1;
	a->s->fd[ON_CONTAINER] = open(file, O_RDWR | O_CLOEXEC);
	return a->s->fd[ON_CONTAINER] >= 0;
}

/* Only some ways of opening have a state. */
static bool has_state(const struct asking *a, enum state_of state)
{
	const enum way ways[] = {
		[STATE_OPEN] = a->c->way,
		[STATE_BEFORE_BIND] = WAY_CDEV,
		[STATE_NO_IOMMU] = WAY_CONTAINER,
	};

	return ways[state] == a->c->way;
}

/* Brings the session into a state that its way has. */
static bool enter(const struct asking *a, enum state_of state)
{
	char name[CAPTURE_NAME];
	struct problem p;

	(void)snprintf(name, sizeof(name), "%s", a->c->device.name);
	if (state == STATE_OPEN)
		return true;
	session_close(a->s);
	if (state == STATE_NO_IOMMU)
		return open_lone_container(a);
	return session_open(a->s, a->roots, name, WAY_CDEV, false, &p) == 0;
}

static const char *why_not(const struct asking *a, const struct answer *row, bool entered)
{
	static char text[80];

	if (!has_state(a, (enum state_of)row->state))
		return "this way of opening has no such state";
	if (row->way != WAY_ANY && row->way != a->c->way)
		return "holds of the other way of opening";
	if (entered && a->s->fd[row->on] < 0)
		return "this way of opening has no such descriptor";
	if (!rules_from(row->from) && row->from)
		(void)snprintf(text, sizeof(text), "holds from Linux %u.%u on",
			       (unsigned)(row->from >> 8), row->from & 0xffu);
	else if (!rules_below(row->below))
		(void)snprintf(text, sizeof(text), "holds below Linux %u.%u",
			       (unsigned)(row->below >> 8), row->below & 0xffu);
	else
		return NULL;
	return text;
}

/* Returns whether the request succeeded. */
static bool ask_row(const struct asking *a, size_t i)
{
	struct request request;
	int ret;

	if (!build(a, &answers[i], &request)) {
		hold_answer(i, false, "the request has %u bytes, allowed %d", answers[i].size,
			    PAGE);
		return false;
	}
	ret = make_call(a, &answers[i], &request);
	judge(i, &request, ret);
	check_alive(a, &answers[i], ret);
	return ret >= 0;
}

static void ask_state(const struct asking *a, enum state_of state)
{
	bool entered = has_state(a, state) && enter(a, state);
	const char *why;
	size_t i;

	for (i = 0; i < answers_count; i++) {
		if (answers[i].state != state)
			continue;
		why = why_not(a, &answers[i], entered);
		if (why) {
			ktap_skip(answers[i].rule, why);
			continue;
		}
		ktap_single(answers[i].rule);
		/* A state that there is, and that cannot be had, is no reason to skip. */
		if (!entered)
			hold_answer(i, false, "found no way into the state of the request (%s)",
				    answers[i].text);
		/* What a request has changed is not there for the next one. */
		else if (ask_row(a, i) && state != STATE_OPEN)
			entered = enter(a, state);
		ktap_done();
	}
}

void check_answers(const char *name, const struct capture *c, struct session *s,
		   const struct roots *roots)
{
	struct asking a = {.c = c, .roots = roots, .s = s};

	ktap_begin(name, answers_count);
	a.before = capture_find_on(c, ON_DEVICE, DEVICE_INFO, 0);
	a.eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!a.before || !item_of(c, ON_DEVICE, DEVICE_INFO, 0, &a.device)) {
		ktap_note("the device says nothing of itself, so nothing is asked");
	} else {
		ask_state(&a, STATE_OPEN);
		ask_state(&a, STATE_BEFORE_BIND);
		ask_state(&a, STATE_NO_IOMMU);
	}
	if (a.eventfd >= 0)
		close(a.eventfd);
	ktap_end();
}
