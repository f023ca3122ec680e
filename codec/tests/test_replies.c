// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_replies.c: the chain defects that released programs stumble over, on each of the three
 * structs that have chains, and the argsz dance against kernels that behave and kernels that do
 * not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../bytes.h"

enum { CAPACITY = 256, CAPS_PCI_DEVICE = 0x82 };

/* The structs with chains: where the fixed part ends, and a counted capability that fits behind it.
 */
struct shape {
	uint32_t call;
	uint32_t flags;      /* with CAPS */
	uint32_t no_caps;    /* the same without */
	uint32_t cap_offset; /* place of the field */
	uint32_t fixed;      /* first capability */
	uint32_t counted;    /* id of a capability with a count */
	uint32_t element;    /* bytes of one element */
	uint32_t head;       /* bytes of head and fixed part of it */
	uint16_t floor, fits, cycle, backward, apart, counts, first, version, twice, overlap, max,
		argsz_more, size;
};

#define RULES(chain, name)                                                                         \
	.floor = DEVFD_RULE_LINUX_##chain##_FLOOR, .fits = DEVFD_RULE_LINUX_##chain##_FITS,        \
	.cycle = DEVFD_RULE_LINUX_##chain##_CYCLE,                                                 \
	.backward = DEVFD_RULE_LINUX_##chain##_BACKWARD,                                           \
	.apart = DEVFD_RULE_LINUX_##chain##_APART, .first = DEVFD_RULE_LINUX_##chain##_FIRST,      \
	.version = DEVFD_RULE_LINUX_##chain##_VERSION, .twice = DEVFD_RULE_LINUX_##chain##_TWICE,  \
	.overlap = DEVFD_RULE_LINUX_##chain##_OVERLAP, .max = DEVFD_RULE_LINUX_##chain##_MAX,      \
	.argsz_more = DEVFD_RULE_LINUX_##name##_ARGSZ_MORE, .size = DEVFD_RULE_LINUX_##name##_SIZE

static const struct shape shapes[] = {
	{.call = DEVFD_REGION_INFO,
	 .flags = 0xf,
	 .no_caps = 7,
	 .cap_offset = 12,
	 .fixed = 32,
	 .counted = 1,
	 .element = 16,
	 .head = 16,
	 .counts = DEVFD_RULE_LINUX_SPARSE_MMAP_AREAS_COUNTS,
	 RULES(REGION_CAP, REGION_INFO)},
	{.call = DEVFD_DEVICE_INFO,
	 .flags = CAPS_PCI_DEVICE,
	 .no_caps = 2,
	 .cap_offset = 16,
	 .fixed = 24,
	 .counted = 4,
	 .element = 1,
	 .head = 12,
	 .counts = DEVFD_RULE_LINUX_ZPCI_PFIP_PFIP_LENGTH,
	 RULES(DEVICE_CAP, DEVICE_INFO)},
	{.call = DEVFD_IOMMU_INFO,
	 .flags = 3,
	 .no_caps = 1,
	 .cap_offset = 16,
	 .fixed = 24,
	 .counted = 1,
	 .element = 16,
	 .head = 16,
	 .counts = DEVFD_RULE_LINUX_IOVA_RANGE_IOVAS_COUNTS,
	 RULES(IOMMU_CAP, IOMMU_INFO)},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* A reply under construction, in the byte order of this host. */
struct reply {
	const struct shape *shape;
	uint8_t p[CAPACITY];
	uint32_t size;
};

static uint32_t big(void)
{
	const uint16_t one = 1;

	return !*(const uint8_t *)&one;
}

static void put32(struct reply *r, uint32_t at, uint32_t value)
{
	devfd_set32(r->p + at, value, big());
}

static void put16(struct reply *r, uint32_t at, uint32_t value)
{
	r->p[at + (big() ? 1 : 0)] = (uint8_t)value;
	r->p[at + (big() ? 0 : 1)] = (uint8_t)(value >> 8);
}

static void put_cap(struct reply *r, uint32_t at, uint32_t id, uint32_t version, uint32_t next)
{
	put16(r, at, id);
	put16(r, at + 2, version);
	put32(r, at + 4, next);
}

/* A good reply: an unknown capability of 8 bytes of body, then a counted one with two elements. */
static void good(struct reply *r, const struct shape *shape)
{
	uint32_t second = shape->fixed + 16;

	memset(r, 0, sizeof(*r));
	r->shape = shape;
	r->size = second + shape->head + 2 * shape->element;
	put32(r, 0, r->size);
	put32(r, 4, shape->flags);
	if (shape->call == DEVFD_REGION_INFO)
		devfd_set64(r->p + 16, 0x100000, big());
	put32(r, shape->cap_offset, shape->fixed);
	put_cap(r, shape->fixed, 0x77, 1, second);
	put_cap(r, second, shape->counted, 1, 0);
	put32(r, second + 8, 2);
	if (shape->call == DEVFD_REGION_INFO)
		devfd_set64(r->p + second + 24, 0x1000, big());
}

/* The bytes in a block of their own, so that a sanitizer sees every step outside. */
static int judge(const struct reply *r, uint32_t size, struct devfd_item *item,
		 struct devfd_error *e)
{
	uint8_t *exact = malloc(size ? size : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, r->p, size);
	memset(item, 0xa5, sizeof(*item));
	rc = devfd_reply(r->shape->call, 0, 0, exact, size, item, e);
	if (rc != DEVFD_OK)
		assert_int_equal(item->kind, 0xa5a5a5a5);
	free(exact);
	return rc;
}

static void rejects(const struct reply *r, uint32_t rule, uint32_t at)
{
	struct devfd_item item;
	struct devfd_error e;

	assert_int_equal(judge(r, r->size, &item, &e), DEVFD_REJECT);
	assert_int_equal(e.rule, rule);
	assert_int_equal(e.at, at);
	assert_int_equal(e.need, 0);
}

static void accepts_good_chain(void **state)
{
	struct devfd_kept kept;
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i, cursor;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		good(&r, &shapes[i]);
		assert_int_equal(devfd_reply(shapes[i].call, 0, 0, r.p, r.size, &item, &e),
				 DEVFD_OK);
		cursor = 0;
		assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_OK);
		assert_int_equal(kept.id, 0x77);
		assert_int_equal(kept.size, 8);
		if (shapes[i].call == DEVFD_REGION_INFO) {
			assert_int_equal(item.areas.count, 2);
		} else {
			assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_OK);
			assert_int_equal(kept.id, shapes[i].counted);
		}
		assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_END);
		assert_int_equal(devfd_get_kept(&item, &cursor, &kept), DEVFD_END);
	}
}

/* Defect: a chain that leads back to a capability already seen. Programs loop for ever. */
static void defect_cycle(void **state)
{
	struct reply r;
	uint32_t i, second;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		second = shapes[i].fixed + 16;
		good(&r, &shapes[i]);
		put32(&r, second + 4, shapes[i].fixed);
		rejects(&r, shapes[i].cycle, second + 4);
		good(&r, &shapes[i]);
		put32(&r, shapes[i].fixed + 4, shapes[i].fixed);
		rejects(&r, shapes[i].cycle, shapes[i].fixed + 4);
	}
}

/* A link that merely descends is another rule than a cycle. */
static void descending_link(void **state)
{
	struct reply r;
	uint32_t i, second;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		second = shapes[i].fixed + 16;
		good(&r, &shapes[i]);
		put32(&r, shapes[i].cap_offset, second);
		put32(&r, second + 4, shapes[i].fixed);
		rejects(&r, shapes[i].backward, second + 4);
		good(&r, &shapes[i]);
		put32(&r, shapes[i].fixed + 4, shapes[i].fixed + 4);
		rejects(&r, shapes[i].apart, shapes[i].fixed + 4);
	}
}

/* Defect: a link past the end of what was received. Programs read out of bounds. */
static void defect_link_past_the_end(void **state)
{
	static const uint32_t far[] = {0x1000, 0x7fffffff, 0xfffffff8, 0xffffffff};
	struct reply r;
	uint32_t i, j;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		for (j = 0; j < sizeof(far) / sizeof(far[0]); j++) {
			good(&r, &shapes[i]);
			put32(&r, shapes[i].cap_offset, far[j]);
			rejects(&r, shapes[i].fits, shapes[i].cap_offset);
			good(&r, &shapes[i]);
			put32(&r, shapes[i].fixed + 4, far[j]);
			rejects(&r, shapes[i].fits, shapes[i].fixed + 4);
		}
		for (j = 0; j < 8; j++) {
			good(&r, &shapes[i]);
			put32(&r, shapes[i].fixed + 4, r.size - j);
			rejects(&r, shapes[i].fits, shapes[i].fixed + 4);
		}
	}
}

/* Defect: a link into the fixed struct. Programs take its fields for a capability. */
static void defect_link_into_the_struct(void **state)
{
	struct reply r;
	uint32_t i, at;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		for (at = 1; at < (shapes[i].fixed == 24 ? 20 : 32); at++) {
			good(&r, &shapes[i]);
			put32(&r, shapes[i].cap_offset, at);
			rejects(&r, shapes[i].floor, shapes[i].cap_offset);
			good(&r, &shapes[i]);
			put32(&r, shapes[i].fixed + 4, at);
			rejects(&r, shapes[i].floor, shapes[i].fixed + 4);
		}
	}
}

/* Defects: a count that reaches past the end, and one that does so only if 32 bits are not enough.
 */
static void defect_count(void **state)
{
	static const uint32_t counts[] = {3,          1000,       0x0fffffff, 0x10000000,
					  0x10000001, 0x7fffffff, 0xffffffff};
	struct reply r;
	uint32_t i, j, second;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		second = shapes[i].fixed + 16;
		for (j = 0; j < sizeof(counts) / sizeof(counts[0]); j++) {
			good(&r, &shapes[i]);
			put32(&r, second + 8, counts[j]);
			rejects(&r, shapes[i].counts, second + 8);
		}
	}
}

/* Defect: cap_offset used although CAPS is clear. What stands there is the caller's own, here
 * poison. */
static void defect_caps_flag_ignored(void **state)
{
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		good(&r, &shapes[i]);
		put32(&r, 4, shapes[i].no_caps);
		put32(&r, shapes[i].cap_offset, 0xaaaaaaaa);
		assert_int_equal(judge(&r, r.size, &item, &e), DEVFD_OK);
		assert_int_equal(item.kept.at, item.kept.end);
		assert_false(item.flags & DEVFD_AREAS);
	}
}

/* Defect: argsz taken for the length received. It is a wish; the reply is refused with the size to
 * come back with. */
static void defect_argsz_is_no_length(void **state)
{
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i, cut;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		good(&r, &shapes[i]);
		for (cut = 0; cut < r.size; cut++) {
			uint32_t min = shapes[i].call == DEVFD_REGION_INFO ? 32 : 16;

			assert_int_equal(judge(&r, cut, &item, &e), DEVFD_MORE);
			assert_int_equal(e.rule, cut < min ? shapes[i].size : shapes[i].argsz_more);
			assert_int_equal(e.need, cut < min ? min : r.size);
		}
		put32(&r, 0, 0xffffffff);
		assert_int_equal(judge(&r, r.size, &item, &e), DEVFD_MORE);
		assert_int_equal(e.need, 0xffffffff);
	}
}

/* The four ways to say that the capabilities do not fit in 32 bytes; all of them mean: come back
 * with 80. */
static void four_dialects(void **state)
{
	static const struct {
		const char *who;
		uint32_t flags, cap_offset;
	} dialects[] = {
		{"Linux", 0xf, 0},
		{"libvfio-user", 7, 0},
		{"rust-vmm and the mbochs sample", 0xf, 32},
		{"Linux without CAPS: the caller's own cap_offset", 7, 0xaaaaaaaa},
	};
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		good(&r, &shapes[0]);
		put32(&r, 4, dialects[i].flags);
		put32(&r, 12, dialects[i].cap_offset);
		assert_int_equal(judge(&r, 32, &item, &e), DEVFD_MORE);
		assert_int_equal(e.need, r.size);
	}
}

/* GET_INFO has had 16, 20 and 24 bytes; where cap_offset was not received, CAPS leads nowhere. */
static void device_info_of_every_size(void **state)
{
	static const uint32_t sizes[] = {16, 20, 24};
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		good(&r, &shapes[1]);
		put32(&r, 0, sizes[i]);
		put32(&r, 4, 2);
		put32(&r, 8, 9);
		r.size = sizes[i];
		assert_int_equal(judge(&r, r.size, &item, &e), DEVFD_OK);
		assert_int_equal(item.num_regions, 9);
		assert_int_equal(item.bus, DEVFD_BUS_PCI);
		put32(&r, 4, CAPS_PCI_DEVICE);
		if (sizes[i] < 20)
			rejects(&r, DEVFD_RULE_LINUX_DEVICE_INFO_CAP_OFFSET_SIZE, 4);
		else
			rejects(&r, shapes[1].fits, 16);
	}
}

/* The lowest bus bit decides; another one beside it is kept as it is. */
static void each_bus_has_its_bit(void **state)
{
	static const struct {
		uint32_t bit, bus;
	} rows[] = {
		{1, DEVFD_BUS_PCI}, {2, DEVFD_BUS_PLATFORM}, {3, DEVFD_BUS_AMBA},
		{4, DEVFD_BUS_CCW}, {5, DEVFD_BUS_AP},       {6, DEVFD_BUS_FSL_MC},
		{8, DEVFD_BUS_CDX},
	};
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good(&r, &shapes[1]);
		put32(&r, 4, (uint32_t)1 << rows[i].bit | 0x100);
		assert_int_equal(judge(&r, r.size, &item, &e), DEVFD_OK);
		assert_int_equal(item.bus, rows[i].bus);
		assert_int_equal(item.more, rows[i].bit == 8 ? 0 : 0x100);
	}
}

static void caps_without_a_chain(void **state)
{
	struct reply r;
	uint32_t i;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		good(&r, &shapes[i]);
		put32(&r, shapes[i].cap_offset, 0);
		rejects(&r, shapes[i].first, shapes[i].cap_offset);
	}
}

static void capability_heads(void **state)
{
	struct reply r;
	uint32_t i, second;

	(void)state;
	for (i = 0; i < SHAPES; i++) {
		second = shapes[i].fixed + 16;
		good(&r, &shapes[i]);
		put16(&r, second + 2, 0);
		rejects(&r, shapes[i].version, second + 2);
		good(&r, &shapes[i]);
		put_cap(&r, shapes[i].fixed, shapes[i].counted, 1, second);
		put32(&r, shapes[i].fixed + 8, 0);
		rejects(&r, shapes[i].twice, second);
		good(&r, &shapes[i]);
		put_cap(&r, shapes[i].fixed, shapes[i].counted, 1, second);
		put_cap(&r, second, 0x77, 1, 0);
		put32(&r, shapes[i].fixed + 8, shapes[i].element == 1 ? 5 : 1);
		rejects(&r, shapes[i].overlap, shapes[i].fixed);
	}
}

static void at_most_64_capabilities(void **state)
{
	static uint8_t p[32 + 8 * 66];
	struct devfd_item item;
	struct devfd_error e;
	uint32_t i, n;

	(void)state;
	for (n = 64; n <= 65; n++) {
		memset(p, 0, sizeof(p));
		devfd_set32(p, 32 + 8 * n, 0);
		devfd_set32(p + 4, 8, 0);
		devfd_set32(p + 12, 32, 0);
		for (i = 0; i < n; i++) {
			p[32 + 8 * i] = 0x77;
			devfd_set32(p + 32 + (size_t)8 * i + 4, i + 1 < n ? 32 + 8 * (i + 1) : 0,
				    0);
		}
		if (n == 64) {
			assert_int_equal(devfd_reply(DEVFD_REGION_INFO, DEVFD_LITTLE, 0, p,
						     sizeof(p), &item, &e),
					 DEVFD_OK);
			continue;
		}
		assert_int_equal(
			devfd_reply(DEVFD_REGION_INFO, DEVFD_LITTLE, 0, p, sizeof(p), &item, &e),
			DEVFD_REJECT);
		assert_int_equal(e.rule, DEVFD_RULE_LINUX_REGION_CAP_MAX);
		assert_int_equal(e.at, 32 + 8 * 63 + 4);
	}
}

/* "Unreadable" is never "map all": an unknown list is no list, and a list that is too long is no
 * short list. */
static void areas_fail_closed(void **state)
{
	struct devfd_area area;
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;

	(void)state;
	good(&r, &shapes[0]);
	put32(&r, 48 + 8, 0);
	assert_int_equal(devfd_reply(DEVFD_REGION_INFO, 0, 0, r.p, r.size, &item, &e), DEVFD_OK);
	assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_END);
	good(&r, &shapes[0]);
	assert_int_equal(devfd_reply(DEVFD_REGION_INFO, 0, 0, r.p, r.size, &item, &e), DEVFD_OK);
	assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_OK);
	assert_int_equal(area.size, 0x1000);
	/* The buffer changes behind the reader's back: an area outside the region is not given out.
	 */
	devfd_set64(r.p + 48 + 16, 0xfffffffffffff000ull, big());
	assert_int_equal(devfd_get_area(&item, 0, &area), DEVFD_END);
	good(&r, &shapes[0]);
	devfd_set64(r.p + 48 + 24, 0x100001, big());
	rejects(&r, DEVFD_RULE_MODEL_AREA_INSIDE, 64);
	good(&r, &shapes[0]);
	put32(&r, 8, 1);
	rejects(&r, DEVFD_RULE_LINUX_REGION_INFO_INDEX, 8);
}

/* An area that reaches past the region is pointed at, whichever it is. */
static void areas_are_pointed_at(void **state)
{
	struct reply r;
	uint32_t i, at;

	(void)state;
	for (i = 0; i < 2; i++) {
		good(&r, &shapes[0]);
		at = shapes[0].fixed + 16 + shapes[0].head + i * shapes[0].element;
		devfd_set64(r.p + at, 0x100001, big());
		rejects(&r, DEVFD_RULE_MODEL_AREA_INSIDE, at);
	}
}

static void wrong_call(void **state)
{
	struct devfd_item item;
	struct devfd_error e;

	(void)state;
	assert_int_equal(devfd_reply(0, 0, 0, "", 0, &item, &e), DEVFD_MISUSE);
	assert_int_equal(devfd_reply(6, 0, 0, "", 0, &item, &e), DEVFD_MISUSE);
	assert_int_equal(devfd_ask(6, 0, NULL, NULL, NULL, 0, &item, &e), DEVFD_MISUSE);
}

/* ---- devfd_ask(): a scripted kernel ---- */

struct kernel {
	const struct reply *reply;
	uint32_t calls;
	uint32_t grow;  /* argsz grows by this at each call */
	uint32_t swing; /* argsz alternates between this and what was offered */
	int error;
	uint32_t good; /* calls that do not fail */
};

static int fake_ioctl(void *context, uint32_t number, void *arg, uint32_t size)
{
	struct kernel *k = context;
	uint8_t *p = arg;
	uint32_t offered = devfd_get32(p, big()),
		 n = k->reply->size < offered ? k->reply->size : offered;

	assert_int_equal(offered, size);
	assert_int_equal(number, 108);
	k->calls++;
	if (k->error && k->calls > k->good)
		return k->error;
	memcpy(p, k->reply->p, n);
	devfd_set32(p, offered, big());
	if (offered < k->reply->size) {
		devfd_set32(p, k->reply->size, big());
		devfd_set32(p + 12, 0, big());
	}
	if (k->grow)
		devfd_set32(p, offered + k->grow, big());
	if (k->swing)
		devfd_set32(p, offered == 32 ? k->swing : 32 + k->swing, big());
	return 0;
}

static void ask_dances_twice(void **state)
{
	uint8_t buf[CAPACITY];
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	struct kernel k = {.reply = &r};

	(void)state;
	good(&r, &shapes[0]);
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_OK);
	assert_int_equal(k.calls, 2);
	assert_int_equal(item.areas.count, 2);
	k.calls = 0;
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, r.size - 1, &item, &e),
		DEVFD_MORE);
	assert_int_equal(e.need, r.size);
	assert_int_equal(k.calls, 1);
	assert_int_equal(devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, 31, &item, &e),
			 DEVFD_MORE);
	assert_int_equal(e.need, 32);
	assert_int_equal(k.calls, 1);
}

static void ask_gives_up(void **state)
{
	uint8_t buf[CAPACITY];
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	struct kernel k = {.reply = &r, .grow = 8};

	(void)state;
	good(&r, &shapes[0]);
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_MORE);
	assert_int_equal(k.calls, 3);
	memset(&k, 0, sizeof(k));
	k.reply = &r;
	/* An argsz that alternates is a wish like any other: asked for at most twice more, then
	 * judged or given up. */
	k.swing = 64;
	(void)devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, sizeof(buf), &item, &e);
	assert_true(k.calls <= 3);
}

static void ask_tells_unreadable(void **state)
{
	uint8_t buf[CAPACITY];
	struct devfd_item item;
	struct devfd_error e;
	struct reply r;
	struct kernel k = {.reply = &r, .error = -22};

	(void)state;
	good(&r, &shapes[0]);
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 8, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(item.index, 8);
	assert_int_equal(item.error, 22);
	assert_int_equal(item.state, DEVFD_UNREADABLE);
	k.error = 22;
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 8, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(item.error, 22);
	/* What is no errno must not become one that a writer would pass on and a reader refuse. */
	k.error = 100000;
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 8, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(item.error, 5);
	k.error = -2147483647 - 1;
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 8, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(item.error, 5);
	/* What the call before asked for is no longer said. */
	k.calls = 0;
	k.good = 1;
	assert_int_equal(
		devfd_ask(DEVFD_REGION_INFO, 0, fake_ioctl, &k, buf, sizeof(buf), &item, &e),
		DEVFD_IS_UNREADABLE);
	assert_int_equal(k.calls, 2);
	assert_int_equal(e.rule, DEVFD_RULE_NONE);
	assert_int_equal(e.need, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_good_chain),
		cmocka_unit_test(defect_cycle),
		cmocka_unit_test(descending_link),
		cmocka_unit_test(defect_link_past_the_end),
		cmocka_unit_test(defect_link_into_the_struct),
		cmocka_unit_test(defect_count),
		cmocka_unit_test(defect_caps_flag_ignored),
		cmocka_unit_test(defect_argsz_is_no_length),
		cmocka_unit_test(four_dialects),
		cmocka_unit_test(device_info_of_every_size),
		cmocka_unit_test(each_bus_has_its_bit),
		cmocka_unit_test(caps_without_a_chain),
		cmocka_unit_test(capability_heads),
		cmocka_unit_test(at_most_64_capabilities),
		cmocka_unit_test(areas_fail_closed),
		cmocka_unit_test(areas_are_pointed_at),
		cmocka_unit_test(wrong_call),
		cmocka_unit_test(ask_dances_twice),
		cmocka_unit_test(ask_gives_up),
		cmocka_unit_test(ask_tells_unreadable),
	};

	return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
