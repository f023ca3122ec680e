// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * A reader of VFIO info replies that owes nothing to the rest of this repository. It keeps the
 * conformance suite fair: whoever reads replies with the care that linux/vfio.h and
 * linux/vfio_zdev.h ask for has to pass, without having seen our spec, codec or vectors. It was
 * written from the text of those two headers and from the protocol of the pipe; keep it so, and
 * mend it only where those headers show it wrong.
 *
 * What the headers leave open is decided here as a VMM or a vfio-user client would:
 *  - What was received bounds every load; argsz narrows it further.
 *  - argsz beyond what was received, and a count beyond argsz, mean: ask again with that much.
 *  - A reply about another index than the one asked for is no answer.
 *  - cap_offset counts only under the CAPS flag. Zero ends the chain, at its start as well.
 *  - Capabilities lie after the fixed part, at any alignment, in any order. A chain has to end.
 *  - Unknown ids, flags and reserved fields are ignored, as are versions that no header defines.
 *    zPCI capabilities grow at their end ("End of version 1"): a later one has what is known.
 *  - The contents of a capability end where the next one starts, if that is behind it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	PROTOCOL = 1,
	MAX_FRAME = 16 << 20,
	MAX_BUFFER = 1 << 20, /* the most a reply may ask for; no real one comes near */
	MAX_CALLS = 8,
	CAP_HEADER = 8,  /* id, version, next */
	ARRAY_START = 16 /* header, count, reserved; elements of two u64 follow */
};

/* ---- Loads ---- */

struct reply {
	const uint8_t *bytes;
	size_t size; /* what may be read */
	bool big;
};

static uint64_t load(const struct reply *r, size_t at, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint64_t)r->bytes[at + i] << 8 * (r->big ? width - 1 - i : i);
	return v;
}

static uint16_t load16(const struct reply *r, size_t at)
{
	return (uint16_t)load(r, at, 2);
}

static uint32_t load32(const struct reply *r, size_t at)
{
	return (uint32_t)load(r, at, 4);
}

static uint64_t load64(const struct reply *r, size_t at)
{
	return load(r, at, 8);
}

static void store32(uint8_t *p, uint32_t v, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * (big ? 3 - i : i));
}

static bool fits(size_t at, uint64_t need, size_t end)
{
	return at <= end && need <= end - at;
}

/* ---- Verdicts ---- */

enum verdict { ACCEPT, REJECT, NEED_MORE, SKIP, ERROR };

struct answer {
	enum verdict verdict;
	uint32_t need;
	const char *text;
};

static struct answer just(enum verdict verdict)
{
	return (struct answer){verdict, UINT32_MAX, ""};
}

static struct answer because(enum verdict verdict, const char *text)
{
	return (struct answer){verdict, UINT32_MAX, text};
}

static struct answer ask_for(uint64_t need)
{
	/* argsz has 32 bits: nobody can offer more. */
	return need > UINT32_MAX ? just(REJECT) : (struct answer){NEED_MORE, (uint32_t)need, ""};
}

/* ---- Capabilities: the header at `at` is known to be there; contents end before `end` ---- */

static bool device_cap(const struct reply *r, uint16_t id, uint16_t version, size_t at, size_t end)
{
	enum { ZPCI_BASE = 1, ZPCI_GROUP, ZPCI_UTIL, ZPCI_PFIP, PCI_ATOMIC_COMP };
	enum {
		BASE_1 = 32,
		BASE_2 = 36,
		GROUP_1 = 39,
		GROUP_2 = 42,
		STRING = 12,
		ATOMIC_COMP = 16
	};

	if (version == 0)
		return true;
	switch (id) {
	case ZPCI_BASE:
		return fits(at, version == 1 ? BASE_1 : BASE_2, end);
	case ZPCI_GROUP:
		return fits(at, version == 1 ? GROUP_1 : GROUP_2, end);
	case ZPCI_UTIL:
	case ZPCI_PFIP:
		return fits(at, STRING, end) && load32(r, at + CAP_HEADER) <= end - at - STRING;
	case PCI_ATOMIC_COMP:
		return version != 1 || fits(at, ATOMIC_COMP, end);
	default:
		return true;
	}
}

/* Two kinds of capability are a count and pairs of u64; `ok` judges one pair. */
static bool pairs(const struct reply *r, size_t at, size_t end,
		  bool (*ok)(const struct reply *, uint64_t, uint64_t))
{
	uint32_t count;

	if (!fits(at, ARRAY_START, end))
		return false;
	count = load32(r, at + CAP_HEADER);
	if (count > (end - at - ARRAY_START) / 16)
		return false;
	for (size_t i = 0, p = at + ARRAY_START; i < count; i++, p += 16)
		if (!ok(r, load64(r, p), load64(r, p + 8)))
			return false;
	return true;
}

/* "Offset of mmap'able area within region": a client maps it, so it has to be inside. */
static bool area_ok(const struct reply *r, uint64_t offset, uint64_t size)
{
	uint64_t region = load64(r, 16);

	return offset <= region && size <= region - offset;
}

/* "Region offset from start of device fd": nothing ends behind where 64 bits can point. */
static bool region_ok(const struct reply *r)
{
	return load64(r, 16) <= UINT64_MAX - load64(r, 24);
}

static bool region_cap(const struct reply *r, uint16_t id, uint16_t version, size_t at, size_t end)
{
	enum { SPARSE_MMAP = 1, TYPE, MSIX_MAPPABLE, NVLINK2_SSATGT, NVLINK2_LNKSPD };

	if (version != 1)
		return true;
	switch (id) {
	case SPARSE_MMAP:
		return pairs(r, at, end, area_ok);
	case TYPE:
	case NVLINK2_SSATGT:
	case NVLINK2_LNKSPD:
		return fits(at, 16, end);
	case MSIX_MAPPABLE: /* the header says it all */
	default:
		return true;
	}
}

/* Both ends belong to a range. */
static bool range_ok(const struct reply *r, uint64_t start, uint64_t end)
{
	(void)r;
	return start <= end;
}

static bool iommu_cap(const struct reply *r, uint16_t id, uint16_t version, size_t at, size_t end)
{
	enum { IOVA_RANGE = 1, MIGRATION, DMA_AVAIL };

	if (version != 1)
		return true;
	switch (id) {
	case IOVA_RANGE:
		return pairs(r, at, end, range_ok);
	case MIGRATION: /* flags, four bytes that align, two u64 */
		return fits(at, 32, end);
	case DMA_AVAIL:
		return fits(at, 12, end);
	default:
		return true;
	}
}

/* ---- Formats ---- */

enum { NO_FIELD = 0 };

struct format {
	const char *name;
	size_t fixed;      /* received at least: the struct as it was first defined */
	size_t offer;      /* a caller's first buffer: the struct of today */
	size_t index_at;   /* the index asked for, or NO_FIELD */
	uint32_t caps;     /* the CAPS flag, or 0 */
	size_t cap_offset; /* where cap_offset is */
	size_t first_cap;  /* no capability starts before it */
	size_t count_at;   /* count of what follows the fixed part, or NO_FIELD */
	size_t element;    /* size of one of those */
	bool (*ok)(const struct reply *); /* what else the fixed part has to be */
	bool (*cap)(const struct reply *, uint16_t id, uint16_t version, size_t at, size_t end);
};

static const struct format formats[] = {
	{.name = "linux.device_info",
	 .fixed = 16,
	 .offer = 20,
	 .caps = 1u << 7,
	 .cap_offset = 16,
	 .first_cap = 20,
	 .cap = device_cap},
	{.name = "linux.region_info",
	 .fixed = 32,
	 .offer = 32,
	 .index_at = 8,
	 .caps = 1u << 3,
	 .cap_offset = 12,
	 .first_cap = 32,
	 .ok = region_ok,
	 .cap = region_cap},
	{.name = "linux.irq_info", .fixed = 16, .offer = 16, .index_at = 8},
	{.name = "linux.iommu_info",
	 .fixed = 16,
	 .offer = 24,
	 .caps = 1u << 1,
	 .cap_offset = 16,
	 .first_cap = 20,
	 .cap = iommu_cap},
	{.name = "linux.hot_reset_info", .fixed = 12, .offer = 12, .count_at = 8, .element = 8},
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The capability at `at`, and where the chain goes from there; false where either cannot be. */
static bool header_at(const struct format *f, const struct reply *r, size_t at, size_t *next)
{
	if (at < f->first_cap || !fits(at, CAP_HEADER, r->size))
		return false;
	*next = load32(r, at + 4);
	return true;
}

static bool chain_ok(const struct format *f, const struct reply *r)
{
	size_t next, at = load32(r, f->cap_offset), slow = at;
	bool step = false;

	while (at != 0) {
		size_t end = r->size;

		if (!header_at(f, r, at, &next))
			return false;
		if (next > at && next < end)
			end = next;
		/* A header that runs into the next one leaves no contents; both are still inside
		 * the reply. */
		if (!f->cap(r, load16(r, at), load16(r, at + 2), at, end))
			return false;
		at = next;
		/* Half as fast behind: the two meet only in a cycle. */
		if (step)
			slow = load32(r, slow + 4);
		step = !step;
		if (at != 0 && at == slow)
			return false;
	}
	return true;
}

static struct answer interpret(const struct format *f, const uint8_t *bytes, size_t size, bool big,
			       uint32_t index)
{
	struct reply r = {bytes, size, big};
	uint64_t need, argsz;

	if (size < f->fixed)
		return just(REJECT);
	argsz = need = load32(&r, 0);
	if (argsz < f->fixed)
		return just(REJECT);
	if (f->index_at != NO_FIELD && load32(&r, f->index_at) != index)
		return just(REJECT);
	/* With -ENOSPC comes the count that a larger buffer has to have room for. */
	if (f->count_at != NO_FIELD) {
		uint64_t all = f->fixed + (uint64_t)f->element * load32(&r, f->count_at);

		if (all > need)
			need = all;
	}
	if (need > size || need > argsz)
		return ask_for(need);
	if (argsz < r.size)
		r.size = (size_t)argsz;
	if (f->ok && !f->ok(&r))
		return just(REJECT);
	if (f->caps == 0 || !(load32(&r, 4) & f->caps))
		return just(ACCEPT);
	/* The flag promises a field that argsz has no room for. */
	if (!fits(f->cap_offset, 4, r.size))
		return just(REJECT);
	return just(chain_ok(f, &r) ? ACCEPT : REJECT);
}

/* ---- The pipe: frames of u32 length, u8 type, payload; integers little-endian ---- */

static uint8_t frame[MAX_FRAME];

static bool get(uint8_t *p, size_t n)
{
	return fread(p, 1, n, stdin) == n;
}

/* Reads a frame; -1 at the end of the pipe. What is beyond MAX_FRAME is dropped, and `*size` tells.
 */
static int get_frame(uint64_t *size)
{
	uint8_t head[5], rest[4096];
	struct reply r = {head, sizeof head, false};
	uint32_t length;
	size_t kept;

	if (!get(head, sizeof head))
		return -1;
	length = load32(&r, 0);
	if (length == 0)
		return -1;
	*size = length - 1;
	kept = *size < MAX_FRAME ? (size_t)*size : MAX_FRAME;
	if (!get(frame, kept))
		return -1;
	for (uint64_t left = *size - kept; left > 0;) {
		size_t n = left < sizeof rest ? (size_t)left : sizeof rest;

		if (!get(rest, n))
			return -1;
		left -= n;
	}
	return head[4];
}

static bool put_frame(char type, const uint8_t *head, size_t head_size, const void *body,
		      size_t body_size)
{
	uint8_t start[5];

	store32(start, (uint32_t)(1 + head_size + body_size), false);
	start[4] = (uint8_t)type;
	return fwrite(start, 1, sizeof start, stdout) == sizeof start &&
	       fwrite(head, 1, head_size, stdout) == head_size &&
	       fwrite(body, 1, body_size, stdout) == body_size && fflush(stdout) == 0;
}

static bool put_answer(uint32_t number, struct answer a)
{
	uint8_t head[13];

	store32(head, number, false);
	head[4] = (uint8_t)a.verdict;
	store32(head + 5, UINT32_MAX, false);
	store32(head + 9, a.need, false);
	return put_frame('A', head, sizeof head, a.text, strlen(a.text));
}

struct request {
	uint32_t number, index;
	bool big, producer;
	const struct format *format;
	const uint8_t *input;
	size_t size;
};

enum { REQUEST_HEAD = 11 };

static bool get_request(uint64_t size, struct request *q)
{
	struct reply r = {frame, sizeof frame, false};
	size_t name;

	if (size < REQUEST_HEAD || size > MAX_FRAME)
		return false;
	*q = (struct request){.number = load32(&r, 0),
			      .index = load32(&r, 6),
			      .big = frame[4] == 1,
			      .producer = frame[5] == 1};
	name = frame[10];
	if (size - REQUEST_HEAD < name || frame[4] > 1 || frame[5] > 1)
		return false;
	for (size_t i = 0; i < FORMATS; i++)
		if (strlen(formats[i].name) == name &&
		    memcmp(formats[i].name, frame + REQUEST_HEAD, name) == 0)
			q->format = &formats[i];
	/* At the end of its array, behind which a sanitizer sees every read. */
	q->size = (size_t)size - REQUEST_HEAD - name;
	q->input = memmove(frame + sizeof frame - q->size, frame + REQUEST_HEAD + name, q->size);
	return true;
}

/* Asks as a caller of the ioctl would, with larger buffers until a reply fits. */
static bool run_script(const struct request *q, struct answer *a)
{
	static uint8_t buffer[MAX_BUFFER];
	const struct format *f = q->format;
	size_t offer = f->offer;
	uint8_t number[4];

	store32(number, q->number, false);
	for (int call = 0; call < MAX_CALLS; call++) {
		struct reply r = {frame, sizeof frame, false};
		uint64_t size;
		uint32_t error;

		memset(buffer, 0, offer);
		store32(buffer, (uint32_t)offer, q->big);
		if (f->index_at != NO_FIELD)
			store32(buffer + f->index_at, q->index, q->big);
		if (!put_frame('Q', number, sizeof number, buffer, offer) ||
		    get_frame(&size) != 'R')
			return false;
		if (size != 4 + offer)
			return false;
		error = load32(&r, 0);
		if (error == EINTR)
			continue;
		*a = interpret(f, frame + 4, offer, q->big, q->index);
		if (error != 0 && !(error == ENOSPC && a->verdict == NEED_MORE)) {
			*a = just(REJECT);
			return true;
		}
		if (a->verdict != NEED_MORE)
			return true;
		if (a->need > MAX_BUFFER)
			break;
		offer = a->need;
	}
	*a = just(REJECT);
	return true;
}

static bool hello(void)
{
	static const char start[] =
		"{\"name\":\"independent\",\"version\":\"1\",\"protocol\":1,\"roles\":[\"reader\"],"
		"\"tells\":[\"need\"],\"scripts\":true,\"formats\":[";
	char text[1024];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof text, "%s", start);
	for (size_t i = 0; i < FORMATS; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s\"%s\"", i ? "," : "",
				      formats[i].name);
	n += (size_t)snprintf(text + n, sizeof text - n, "]}");
	return put_frame('H', (const uint8_t *)text, 0, text, n);
}

int main(void)
{
	uint64_t size;
	int type;

	while ((type = get_frame(&size)) != -1 && type != 'E') {
		struct answer a;
		struct request q;

		if (type == 'H') {
			struct reply r = {frame, sizeof frame, false};

			if (size != 4 || load32(&r, 0) != PROTOCOL || !hello())
				return 1;
			continue;
		}
		if (type != 'C' && type != 'S')
			return 1;
		if (!get_request(size, &q)) {
			struct reply r = {frame, sizeof frame, false};

			if (size < 4)
				return 1;
			q.number = load32(&r, 0);
			a = because(ERROR, "a case that this testee cannot take");
		} else if (!q.format || q.producer) {
			a = because(SKIP,
				    q.producer ? "reads only" : "reads VFIO info replies only");
		} else if (type == 'C') {
			a = interpret(q.format, q.input, q.size, q.big, q.index);
		} else if (!run_script(&q, &a)) {
			return 1;
		}
		if (!put_answer(q.number, a))
			return 1;
	}
	return 0;
}
