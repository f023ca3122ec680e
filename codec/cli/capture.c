// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* capture.c: the replies in a capture (schema vfio-capture/1), and the description that they add up
 * to. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* For struct devfd_call_row. */
#include "../scan.h"

enum { ERRNO_MAX = 4095 }; /* that of Linux, and of the rules of an item's error */

static const struct {
	const char *name;
	uint32_t call;
} calls[] = {
	{"VFIO_DEVICE_GET_INFO", DEVFD_DEVICE_INFO},
	{"VFIO_DEVICE_GET_REGION_INFO", DEVFD_REGION_INFO},
	{"VFIO_DEVICE_GET_IRQ_INFO", DEVFD_IRQ_INFO},
	{"VFIO_IOMMU_GET_INFO", DEVFD_IOMMU_INFO},
	{"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", DEVFD_HOT_RESET_INFO},
};

uint32_t reply_index(const struct input *in)
{
	const struct devfd_call_row *row = &devfd_calls[in->format - DEVFD_FORMAT_REPLY];

	if (!row->has_index)
		return 0;
	if (in->size < DEVFD_AT_LINUX_REGION_INFO_INDEX + 4)
		return 0;
	return devfd_get32(in->p + DEVFD_AT_LINUX_REGION_INFO_INDEX,
			   devfd_options_big(in->options));
}

/* ---- From JSON ---- */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

uint8_t *parse_hex(const char *text, uint32_t *size)
{
	size_t n = strlen(text), i;
	uint8_t *p;

	if (n % 2)
		return NULL;
	if (n / 2 > DEVFD_SIZE_MAX)
		return NULL;
	p = must_calloc(n / 2, 1);
	for (i = 0; i < n / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(p);
			return NULL;
		}
		p[i] = (uint8_t)(high << 4 | low);
	}
	*size = (uint32_t)(n / 2);
	return p;
}

bool json_u32(const json_t *value, uint32_t *number)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return false;
	if (n < 0 || n > (json_int_t)UINT32_MAX)
		return false;
	*number = (uint32_t)n;
	return true;
}

static int bad(struct input *in, size_t number, const char *key, const char *wanted)
{
	return fault(in, "$.replies[%zu].%s: wanted %s", number, key, wanted);
}

static bool is_errno(uint32_t number)
{
	return number > 0 && number <= ERRNO_MAX;
}

/* Some calls ask about an index and the others have none; returns what was wanted, or NULL. */
static const char *read_index(const json_t *index, struct reply *r)
{
	bool may_lack = !r->call || !devfd_calls[r->call - 1].has_index;
	bool may_have = !r->call || devfd_calls[r->call - 1].has_index;

	if (may_lack && json_is_null(index))
		return NULL;
	if (!may_have)
		return "null, as the call has no index";
	r->has_index = true;
	if (json_u32(index, &r->index))
		return NULL;
	return may_lack ? "null or a number from 0 to 4294967295" : "a number from 0 to 4294967295";
}

static int read_reply(struct input *in, size_t number, const json_t *from, struct reply *r)
{
	const json_t *recorded = json_object_get(from, "recorded");
	const json_t *index = json_object_get(from, "index");
	const char *call = json_string_value(json_object_get(from, "call"));
	const char *bytes = json_string_value(json_object_get(from, "bytes"));
	const json_t *ret = json_object_get(from, "ret");
	const char *wanted;
	uint32_t count;
	size_t i;

	if (!call)
		return bad(in, number, "call", "the name of an ioctl");
	r->name = call;
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!strcmp(call, calls[i].name))
			r->call = calls[i].call;
	}
	wanted = read_index(index, r);
	if (wanted)
		return bad(in, number, "index", wanted);
	if (!json_u32(json_object_get(from, "argsz_in"), &r->argsz))
		return bad(in, number, "argsz_in", "a number from 0 to 4294967295");
	if (!json_is_integer(ret))
		return bad(in, number, "ret", "a number");
	r->succeeded = json_integer_value(ret) >= 0;
	if (!json_u32(json_object_get(from, "errno"), &r->error))
		return bad(in, number, "errno", "a number from 0 to 4294967295");
	if (!r->succeeded && !is_errno(r->error))
		return bad(in, number, "errno", "a number from 1 to 4095, as the call failed");
	if (bytes)
		r->p = parse_hex(bytes, &r->size);
	if (!r->p)
		return bad(in, number, "bytes", "an even number of hex digits");
	if (recorded && (!json_u32(recorded, &count) || count != r->size))
		return bad(in, number, "recorded", "the number of bytes that are there");
	r->received = r->size < r->argsz ? r->size : r->argsz;
	return STATUS_GOOD;
}

/* "0x1af4" or a number. */
static bool identity(const json_t *value, uint32_t *number, uint32_t most)
{
	const char *text = json_string_value(value);
	bool read = text ? parse_u32(text, number) : json_u32(value, number);

	return read && *number <= most;
}

/* What is absent or null is unknown. */
static int read_identity(struct input *in, const json_t *device)
{
	struct capture *c = in->capture;
	const struct {
		const char *key;
		uint32_t *number;
		uint32_t most;
	} keys[] = {
		{"vendor", &c->vendor, 0xffff},
		{"device", &c->device, 0xffff},
		{"class", &c->class_, 0xffffff},
	};
	size_t known = 0, i;

	if (device && !json_is_null(device) && !json_is_object(device))
		return fault(in, "$.device: wanted an object or null");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(device, keys[i].key);

		if (!value || json_is_null(value))
			continue;
		if (!identity(value, keys[i].number, keys[i].most))
			return fault(in, "$.device.%s: wanted a number from 0 to 0x%x", keys[i].key,
				     keys[i].most);
		known++;
	}
	c->identified = known == sizeof(keys) / sizeof(keys[0]);
	return STATUS_GOOD;
}

int capture_read(struct input *in)
{
	const json_t *device = json_object_get(in->json, "device");
	const json_t *replies = json_object_get(in->json, "replies");
	const char *order = json_string_value(json_object_get(in->json, "byte_order"));
	struct capture *c = must_calloc(1, sizeof(*c));
	size_t i;
	int status;

	in->capture = c;
	if (!order || !parse_order(order, &c->order))
		return fault(in, "$.byte_order: wanted \"little\" or \"big\"");
	if (!json_is_array(replies))
		return fault(in, "$.replies: wanted an array");
	status = read_identity(in, device);
	c->replies = must_calloc(json_array_size(replies), sizeof(*c->replies));
	for (i = 0; i < json_array_size(replies) && !status; i++) {
		c->count = i + 1;
		status = read_reply(in, i, json_array_get(replies, i), &c->replies[i]);
	}
	return status;
}

void capture_free(struct capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->replies[i].p);
	free(c->replies);
}

/* ---- Judging ---- */

struct devfd_input reply_bytes(const struct capture *c, const struct reply *r, uint32_t options)
{
	struct devfd_input bytes;

	memset(&bytes, 0, sizeof(bytes));
	bytes.p = r->p;
	bytes.size = r->received;
	bytes.format = reply_format(r->call);
	bytes.options = c->order | options;
	bytes.index = r->index;
	return bytes;
}

int reply_judge(const struct capture *c, const struct reply *r, uint32_t options,
		struct devfd_item *item, struct devfd_error *e)
{
	return devfd_reply(r->call, c->order | options, r->index, r->p, r->received, item, e);
}

bool capture_is_device(const struct capture *c)
{
	bool device = false, other = false;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		device = device || (r->call == DEVFD_DEVICE_INFO && r->succeeded);
		other = other || r->call == DEVFD_REGION_INFO || r->call == DEVFD_IRQ_INFO;
	}
	return device && other;
}

/* ---- The description ---- */

/* Replies to one question: a call and an index. The best of them is what the kernel said. */
struct answer {
	const struct reply *reply; /* that with most offered, if none is accepted */
	struct devfd_item item;
	struct devfd_error error;
	int result;
};

static bool better(const struct capture *c, const struct reply *r, const struct answer *than,
		   struct answer *now)
{
	now->reply = r;
	now->result = DEVFD_IS_UNREADABLE;
	if (r->succeeded)
		now->result = reply_judge(c, r, 0, &now->item, &now->error);
	if (!than->reply)
		return true;
	if ((now->result == DEVFD_OK) != (than->result == DEVFD_OK))
		return now->result == DEVFD_OK;
	if (r->succeeded != than->reply->succeeded)
		return r->succeeded;
	return r->argsz >= than->reply->argsz;
}

/* By call, then by index, in the order of the capture. */
static int by_question(const void *a, const void *b)
{
	const struct reply *x = *(const struct reply *const *)a,
			   *y = *(const struct reply *const *)b;

	if (x->call != y->call)
		return x->call < y->call ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x < y ? -1 : x > y;
}

static const struct reply **sort_replies(const struct capture *c)
{
	const struct reply **sorted = must_calloc(c->count, sizeof(*sorted));
	size_t i;

	for (i = 0; i < c->count; i++)
		sorted[i] = &c->replies[i];
	qsort(sorted, c->count, sizeof(*sorted), by_question);
	return sorted;
}

/* The best reply to the question that sorted[i] answers; returns where the next question is. */
static size_t best_answer(const struct capture *c, const struct reply **sorted, size_t i,
			  struct answer *best)
{
	const struct reply *first = sorted[i];
	struct answer now;

	memset(best, 0, sizeof(*best));
	for (; i < c->count; i++) {
		if (sorted[i]->call != first->call || sorted[i]->index != first->index)
			break;
		if (better(c, sorted[i], best, &now))
			*best = now;
	}
	return i;
}

const struct reply **capture_best(const struct capture *c)
{
	const struct reply **sorted = sort_replies(c);
	const struct reply **best = must_calloc(c->count, sizeof(*best));
	struct answer answer;
	size_t i, next;

	for (i = 0; i < c->count; i = next) {
		next = best_answer(c, sorted, i, &answer);
		for (; i < next; i++)
			best[sorted[i] - c->replies] = answer.reply;
	}
	free(sorted);
	return best;
}

bool capture_excuses(const struct capture *c, const struct reply *const *best,
		     const struct reply *r, int result)
{
	return result == DEVFD_MORE && best[r - c->replies] != r;
}

/* "[reply N]:OFFSET: RULE: path: found, allowed" */
static void describe_reply(const struct input *in, const struct reply *r,
			   const struct devfd_error *e, char *out, size_t size)
{
	struct devfd_input bytes = reply_bytes(in->capture, r, 0);
	char text[600];

	describe_error(&bytes, e, text, sizeof(text));
	snprintf(out, size, "[reply %zu]:%s", (size_t)(r - in->capture->replies), text);
}

void complain_of_reply(const struct input *in, const struct reply *r, const struct devfd_error *e,
		       bool passed_over)
{
	char text[640];

	describe_reply(in, r, e, text, sizeof(text));
	if (passed_over)
		complain("%s: warning: passed over %s", in->name, text);
	else
		complain("%s%s", in->name, text);
}

/* ---- Replies to one question that contradict each other ---- */

struct pair {
	struct input *in;
	const struct answer *a, *b;
};

static int contradict(void *context, const char *path, const json_t *a, const json_t *b)
{
	const struct pair *p = context;
	const struct reply *replies = p->in->capture->replies;
	char *x = json_text(a), *y = json_text(b);

	fault(p->in, "[reply %zu] and [reply %zu] to the same %s disagree: %s: %s and %s",
	      (size_t)(p->a->reply - replies), (size_t)(p->b->reply - replies), p->a->reply->name,
	      path, x, y);
	free(x);
	free(y);
	return 1;
}

/* Model flags that a capability behind the replies to this call sets. */
static uint32_t flags_of_caps(uint32_t call)
{
	const struct devfd_chain *chain = devfd_calls[call - 1].chain;
	uint32_t flags = 0, i;

	for (i = 0; chain && i < chain->count; i++)
		flags |= chain->caps[i].knows;
	return flags;
}

static void forget_kept(struct devfd_item *item)
{
	struct devfd_item nothing;

	devfd_item_init(&nothing, item->kind);
	item->kept = nothing.kept;
}

/* Both were accepted, and b had no less room than a. */
static int agree(struct input *in, const struct answer *a, const struct answer *b)
{
	struct pair pair = {in, a, b};
	struct devfd_item x = a->item, y = b->item;
	json_t *dump_x, *dump_y;
	int differ;

	if (a->reply->argsz < b->reply->argsz) {
		forget_kept(&x);
		forget_kept(&y);
		y.flags &= x.flags | ~flags_of_caps(a->reply->call);
	}
	dump_x = dump_item(&x);
	dump_y = dump_item(&y);
	differ = json_differences(dump_x, dump_y, contradict, &pair);
	json_decref(dump_x);
	json_decref(dump_y);
	return differ ? STATUS_BROKEN : STATUS_GOOD;
}

static bool is_of_device(uint32_t call)
{
	return call == DEVFD_DEVICE_INFO || call == DEVFD_REGION_INFO || call == DEVFD_IRQ_INFO;
}

static int all_agree(struct input *in, const struct reply **sorted)
{
	const struct capture *c = in->capture;
	struct answer best, other;
	size_t i, next;

	for (i = 0; i < c->count; i = next) {
		next = best_answer(c, sorted, i, &best);
		if (best.result != DEVFD_OK)
			continue;
		if (!is_of_device(best.reply->call))
			continue;
		for (; i < next; i++) {
			if (sorted[i] == best.reply)
				continue;
			better(c, sorted[i], &best, &other);
			if (other.result == DEVFD_OK && agree(in, &other, &best))
				return STATUS_BROKEN;
		}
	}
	return STATUS_GOOD;
}

int capture_agrees(struct input *in)
{
	const struct reply **sorted = sort_replies(in->capture);
	int status = all_agree(in, sorted);

	free(sorted);
	return status;
}

/* ---- The items ---- */

static void name_device(const struct capture *c, struct devfd_item *item)
{
	if (item->bus != DEVFD_BUS_PCI)
		return;
	if (!c->identified)
		return;
	item->flags |= DEVFD_IDENTITY;
	item->vendor = c->vendor;
	item->device = c->device;
	item->class_ = c->class_;
}

static int refuse(struct input *in, const struct answer *a)
{
	char text[640];

	describe_reply(in, a->reply, &a->error, text, sizeof(text));
	snprintf(in->fault, sizeof(in->fault), "%s%s", in->name, text);
	return STATUS_BROKEN;
}

/* The item that an answer makes; device is NULL for the device itself. */
static int make_item(struct input *in, const struct answer *a, const struct devfd_item *device,
		     struct devfd_item *item)
{
	if (a->result == DEVFD_IS_UNREADABLE) {
		devfd_item_init(item,
				a->reply->call == DEVFD_REGION_INFO ? DEVFD_REGION : DEVFD_IRQ);
		item->index = a->reply->index;
		item->error = a->reply->error;
		item->state = DEVFD_UNREADABLE;
		return STATUS_GOOD;
	}
	if (a->result != DEVFD_OK)
		return refuse(in, a);
	*item = a->item;
	if (!device)
		name_device(in->capture, item);
	else if (item->kind == DEVFD_REGION)
		devfd_name_region(device->bus, item);
	return STATUS_GOOD;
}

/* Is this reply about something that the device says it has? Asking beyond it is a probe, and no
 * part of it. */
static bool belongs(const struct reply *r, const struct devfd_item *device)
{
	if (r->call == DEVFD_REGION_INFO)
		return r->index < device->num_regions;
	if (r->call == DEVFD_IRQ_INFO)
		return r->index < device->num_irqs;
	return false;
}

static int import_items(struct input *in, const struct reply **sorted, struct devfd_item *items,
			size_t *count)
{
	const struct capture *c = in->capture;
	struct answer best;
	size_t i, next;
	int status;

	for (i = 0; i < c->count; i = next) {
		const struct reply *first = sorted[i];

		next = best_answer(c, sorted, i, &best);
		if (first->call == DEVFD_DEVICE_INFO && best.result == DEVFD_IS_UNREADABLE)
			return fault(in, "VFIO_DEVICE_GET_INFO failed with errno %u",
				     best.reply->error);
		if (first->call != DEVFD_DEVICE_INFO && (!*count || !belongs(first, &items[0])))
			continue;
		status = make_item(in, &best, *count ? &items[0] : NULL, &items[*count]);
		if (status)
			return status;
		++*count;
	}
	if (!*count)
		return fault(
			in, "has no reply of VFIO_DEVICE_GET_INFO, so it is not of a whole device");
	return STATUS_GOOD;
}

/* No reply that was taken is broken, so each that is was passed over. */
static void warn_of_broken(const struct input *in)
{
	const struct capture *c = in->capture;
	struct devfd_item item;
	struct devfd_error e;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct reply *r = &c->replies[i];

		if (!r->call || !r->succeeded)
			continue;
		if (reply_judge(c, r, 0, &item, &e) == DEVFD_REJECT)
			complain_of_reply(in, r, &e, true);
	}
}

int capture_import(struct input *in)
{
	const struct capture *c = in->capture;
	const struct reply **sorted = sort_replies(c);
	struct devfd_item *items = must_calloc(c->count, sizeof(*items));
	struct source from = {NULL, items, 0};
	int status;

	status = import_items(in, sorted, items, &from.count);
	if (!status)
		status = all_agree(in, sorted);
	if (!status)
		warn_of_broken(in);
	if (!status && write_items(&from, DEVFD_TLV, c->order, NULL, NULL, &in->blob,
				   &in->blob_size) != DEVFD_OK)
		status = fault(in, "cannot be written as a description");
	free(sorted);
	free(items);
	return status;
}
