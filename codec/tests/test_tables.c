// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_tables.c: names, the walk, explanations, and the table engine beside the leaves, on inputs
 * typed by hand and on what is left of them when they are cut or broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../tables/loops.h"
#include "../tables/tables.h"
#include "golden.h"

enum { CAPACITY = 4096, LINES = 512 };

/* Little-endian: DEVICE, a region with an area, an unknown record, a kept ZPCI_PFIP, END. */
static const uint8_t tlv[] = {
	0x00, 0x69, 0x63, 0x70, 2,  0, 0, 0, 0,    0,    0, 0, /* 0 header: pci, version 2 */
	0x00, 0x00, 1,    0,    36, 0, 0, 0, 3,    0,    0, 0, /* 12 DEVICE: RESET|IDENTITY */
	3,    0,    0,    0,    0,  0, 0, 0, 0x86, 0x80, 0, 0, /* regions, irqs, vendor */
	0x34, 0x12, 0,    0,    0,  0, 2, 0, 0,    0,    0, 0, /* device, class, more */
};

/* Appends to a description that a test types piece by piece. */
struct blob {
	uint8_t p[CAPACITY];
	uint32_t size;
};

static void add32(struct blob *b, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		b->p[b->size++] = (uint8_t)(value >> (8 * i));
}

static void add_words(struct blob *b, size_t count, const uint32_t *words)
{
	size_t i;

	for (i = 0; i < count; i++)
		add32(b, words[i]);
}

#define ADD(b, ...)                                                                                \
	add_words(b, sizeof((const uint32_t[]){__VA_ARGS__}) / 4, (const uint32_t[]){__VA_ARGS__})

static void type_tlv(struct blob *b)
{
	memcpy(b->p, tlv, sizeof(tlv));
	b->size = sizeof(tlv);
	ADD(b, 1, 28 + 16 + 28, 1, 0, 0x100, 0x4000, 0);               /* 48 REGION: MMAP */
	ADD(b, 0x10001, 16, 0, 2);                                     /* 76 INDEX: 2 */
	ADD(b, 0x10006, 28, 0, 0x1000, 0, 0x2000, 0);                  /* 92 AREAS */
	ADD(b, 0x10007, 12 + 20 + 8, 0, 2, 1, 4, 1, 8, 4, 0xddccbbaa); /* 120 KEPT: ZPCI_PFIP */
	ADD(b, 0x20000, 16, 5, 0x64636261);                            /* 160 unknown */
	ADD(b, 0xffffffff, 12, 0);                                     /* 176 END */
}

/* A reply of GET_REGION_INFO for index 2: a list of areas, a capability of no known id. */
static void type_reply(struct blob *b)
{
	b->size = 0;
	ADD(b, 80, 0xf, 2, 32, 0x4000, 0, 0, 0x200);         /* 0 */
	ADD(b, 1 | 1 << 16, 64, 1, 0, 0x1000, 0, 0x2000, 0); /* 32 SPARSE_MMAP */
	ADD(b, 99 | 1 << 16, 0, 0x11111111, 0x22222222);     /* 64 */
}

/* ---- The walk as text: "at+size name[nth].field=value meaning" a line ---- */

struct lines {
	char text[LINES][256];
	uint32_t count, last, size;
};

static int keep(void *context, const struct devfd_line *line)
{
	struct lines *l = (struct lines *)context;
	char nth[16] = "", value[32] = "";

	assert_true(line->at >= l->last);
	assert_true(line->size <= l->size - line->at);
	assert_non_null(memchr(line->meaning, '\0', sizeof(line->meaning)));
	l->last = line->at;
	if (l->count == LINES)
		return 1;
	if (line->nth >= 0)
		snprintf(nth, sizeof(nth), "[%d]", (int)line->nth);
	if (line->numeric)
		snprintf(value, sizeof(value), "=%#llx", (unsigned long long)line->value);
	snprintf(l->text[l->count++], sizeof(l->text[0]), "%u+%u %s%s%s%s%s%s%s%s",
		 (unsigned int)line->at, (unsigned int)line->size, line->name,
		 line->field ? "" : nth, line->field ? "." : "", line->field ? line->field : "",
		 line->field ? nth : "", value, line->meaning[0] ? " " : "", line->meaning);
	return 0;
}

static int walk(const struct devfd_input *in, struct lines *l)
{
	memset(l, 0, sizeof(*l));
	l->size = (uint32_t)in->size;
	return devfd_walk(in, keep, l);
}

static void assert_line(const struct lines *l, const char *wanted)
{
	uint32_t i;

	for (i = 0; i < l->count; i++) {
		if (!strcmp(l->text[i], wanted))
			return;
	}
	for (i = 0; i < l->count; i++)
		print_message("%s\n", l->text[i]);
	fail_msg("no line '%s'", wanted);
}

static struct devfd_input input(const struct blob *b, uint32_t format)
{
	struct devfd_input in = {b->p, b->size, format, DEVFD_LITTLE, 2};

	return in;
}

static void a_description_is_walked_in_order(void **state)
{
	struct lines l;
	struct blob b;
	struct devfd_input in;
	struct devfd_error e;

	(void)state;
	type_tlv(&b);
	in = input(&b, 0);
	assert_int_equal(devfd_judge(&in, 0, &e), DEVFD_OK);
	assert_int_equal(walk(&in, &l), 0);
	assert_string_equal(l.text[0], "0+12 header");
	assert_string_equal(l.text[1], "0+4 header.magic=0x70636900 PCI");
	assert_string_equal(l.text[2], "4+4 header.version=0x2 FULL");
	assert_line(&l, "12+4 DEVICE.type=0x10000 DEVICE");
	assert_line(&l, "20+4 DEVICE.flags=0x3 RESET|IDENTITY");
	assert_line(&l, "48+72 REGION[0]");
	assert_line(&l, "56+4 REGION.flags=0x1 MMAP");
	assert_line(&l, "88+4 INDEX.index=0x2");
	assert_line(&l, "104+16 AREAS.areas[0] offset 0x1000, size 0x2000");
	assert_line(&l, "120+40 KEPT[0]");
	assert_line(&l, "132+4 KEPT.origin=0x2 DEVICE_CAP");
	assert_line(&l, "152+8 KEPT.data 04000000aabbccdd");
	assert_line(&l, "152+8 ZPCI_PFIP");
	assert_line(&l, "156+4 ZPCI_PFIP.pfip aabbccdd");
	assert_line(&l, "160+16 unknown[0] type 0x20000");
	assert_line(&l, "172+4 unknown.data 61626364");
	assert_string_equal(l.text[l.count - 1], "184+4 END.flags=0");
}

static void a_reply_is_walked_with_its_capabilities(void **state)
{
	struct devfd_input in;
	struct devfd_error e;
	struct lines l;
	struct blob b;

	(void)state;
	type_reply(&b);
	in = input(&b, devfd_format_number("linux.region_info"));
	assert_int_equal(devfd_judge(&in, 1, &e), DEVFD_OK);
	assert_int_equal(walk(&in, &l), 0);
	assert_line(&l, "4+4 region_info.flags=0xf READ|WRITE|MMAP|CAPS");
	assert_line(&l, "32+32 SPARSE_MMAP");
	assert_line(&l, "32+2 SPARSE_MMAP.id=0x1 SPARSE_MMAP");
	assert_line(&l, "48+16 SPARSE_MMAP.areas[0] offset 0x1000, size 0x2000");
	assert_line(&l, "64+16 unknown id 99, version 1");
	assert_line(&l, "72+8 unknown.data 1111111122222222");
}

static void slots_and_tail_are_walked(void **state)
{
	struct devfd_input in;
	struct devfd_error e;
	struct lines l;
	struct blob b;

	(void)state;
	b.size = (uint32_t)golden_read("pci-array", b.p, CAPACITY);
	in = input(&b, 0);
	assert_int_equal(devfd_judge(&in, 0, &e), DEVFD_OK);
	walk(&in, &l);
	assert_string_equal(l.text[1], "0+4 header.magic=0x76666472 ARRAY");
	assert_line(&l, "64+64 region[0]");
	b.size = (uint32_t)golden_read("pci-fixed", b.p, CAPACITY);
	in = input(&b, 0);
	walk(&in, &l);
	assert_line(&l, "12+4 header.device_type=0x1 VFIO_PCI");
	assert_line(&l, "48+20 region[0] BAR0");
	assert_line(&l, "188+20 region[7] CONFIG");
}

static int stop(void *context, const struct devfd_line *line)
{
	(void)line;
	++*(uint32_t *)context;
	return 7;
}

static void a_walk_ends_when_told(void **state)
{
	struct devfd_input in;
	uint32_t calls = 0;
	struct blob b;

	(void)state;
	type_tlv(&b);
	in = input(&b, 0);
	assert_int_equal(devfd_walk(&in, stop, &calls), 7);
	assert_int_equal(calls, 1);
}

static void a_string_is_escaped(void **state)
{
	struct devfd_input in;
	struct lines l;
	struct blob b;

	(void)state;
	type_tlv(&b);
	b.size = 76;
	ADD(&b, 2, 20, 0, 0x25ff612f, 0); /* DTPATH "/a\xff%" */
	in = input(&b, 0);
	walk(&in, &l);
	assert_line(&l, "88+8 DTPATH.path /a%FF%25");
}

/* ---- Explanations ---- */

static void assert_explained(struct blob *b, uint32_t format, const char *rule, const char *wanted)
{
	struct devfd_input in = input(b, format);
	struct devfd_error e;
	char text[512];

	assert_true(devfd_judge(&in, 0, &e) < 0);
	assert_string_equal(devfd_rule(e.rule), rule);
	devfd_explain(&in, &e, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void set32(struct blob *b, uint32_t at, uint32_t value)
{
	uint32_t size = b->size;

	b->size = at;
	add32(b, value);
	b->size = size;
}

static void errors_are_explained(void **state)
{
	static const struct {
		uint32_t at, value;
		const char *rule, *text;
	} rows[] = {
		{4, 9, "tlv.header.version.in", "header.version: found 9, allowed 1 DRAFT, 2 FULL"},
		{8, 1, "tlv.header.flags.is", "header.flags: found 1, allowed 0"},
		{16, 40, "tlv.device.exact", "DEVICE: found 28, allowed 24 bytes"},
		{32, 0x12345, "model.device.vendor",
		 "DEVICE.vendor: found 0x12345, allowed at most 0xffff"},
		{20, 1, "tlv.device.identity",
		 "DEVICE.vendor: found 0x8086, allowed 0 without IDENTITY"},
		{20, 0x13, "tlv.device.flags.mask",
		 "DEVICE.flags: found 19, allowed only RESET|IDENTITY"},
		{72, 0x80000000, "model.region.end",
		 "REGION[0].size: found 0x10000000000 + 0x8000000000004000, allowed at most "
		 "0x7fffffffffffffff"},
		{88, 3, "model.region.index", "REGION[0].INDEX.index: found 3, allowed at most 2"},
		{80, 8, "tlv.record.rec_len.min",
		 "REGION[0].INDEX.rec_len: found 8, allowed at least 12"},
		{80, 48, "tlv.record.rec_len.fits",
		 "REGION[0].INDEX.rec_len: found 48, allowed at most 44"},
		{76, 0, "tlv.record.type.range",
		 "REGION[0].unknown[0].type: found 0, allowed at least 1"},
		{76, 4, "tlv.record.type.parent",
		 "REGION[0].INTERRUPT[0].type: found INTERRUPT in REGION, allowed in top"},
		{112, 0x3001, "model.area.inside",
		 "REGION[0].AREAS.areas[0]: found 0x1000 + 0x3001, allowed at most 0x4000"},
		{132, 9, "tlv.kept.origin.in",
		 "KEPT[0].origin: found 9, allowed 1 RECORD, 2 DEVICE_CAP, 3 REGION_CAP, 4 "
		 "IOMMU_CAP"},
		{148, 9, "tlv.kept.data.length", "KEPT[0].size: found 9, allowed at most 8"},
		{148, 4, "tlv.kept.data.length", "KEPT[0].size: found 4, allowed at least 5"},
		{148, 6, "tlv.kept.data.pad",
		 "KEPT[0].data: found 204 as padding, allowed at most 3 bytes of 0"},
	};
	struct blob b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		type_tlv(&b);
		set32(&b, rows[i].at, rows[i].value);
		assert_explained(&b, 0, rows[i].rule, rows[i].text);
	}
}

static void cut_and_missing_things_are_explained(void **state)
{
	uint32_t format = devfd_format_number("linux.region_info");
	struct blob b;

	(void)state;
	type_tlv(&b);
	b.size = 176;
	assert_explained(&b, 0, "tlv.end.needed", "byte 176: found no END, allowed exactly one");
	b.size = 170;
	assert_explained(&b, 0, "tlv.record.size", "rest: found 10, allowed at least 12 bytes");
	type_tlv(&b);
	set32(&b, 76, 0x20000); /* INDEX becomes a record of no known type, out of order */
	set32(&b, 92, 0x20001);
	assert_explained(&b, 0, "tlv.region.index.needed",
			 "REGION[0]: found no INDEX, allowed exactly one");
	type_reply(&b);
	b.size = 79;
	assert_explained(&b, format, "linux.region_info.argsz.more",
			 "region_info.argsz: found 79, allowed at least 80 bytes");
	type_reply(&b);
	set32(&b, 40, 3);
	assert_explained(&b, format, "linux.sparse_mmap.areas.counts",
			 "region_info.SPARSE_MMAP.nr_areas: found 3, allowed at most 2");
}

static void a_list_behind_a_reply_is_shown_and_explained(void **state)
{
	uint32_t format = devfd_format_number("linux.hot_reset_info");
	struct devfd_input in;
	struct lines l;
	struct blob b;

	(void)state;
	b.size = 0;
	ADD(&b, 28, 1, 2, 7, 0x08030001, 0, 0x09030001);
	in = input(&b, format);
	walk(&in, &l);
	assert_line(&l, "0+28 hot_reset_info");
	assert_line(&l, "4+4 hot_reset_info.flags=0x1 DEV_ID");
	assert_line(&l, "12+8 hot_reset_info.devices[0] id 7, segment 1, bus 3, devfn 8");
	assert_line(&l, "20+8 hot_reset_info.devices[1] id 0, segment 1, bus 3, devfn 9");
	set32(&b, 4, 2);
	assert_explained(&b, format, "model.hot_reset.owned",
			 "hot_reset_info: found DEV_ID_OWNED without DEV_ID, allowed: Ownership is "
			 "said of devids only.");
	set32(&b, 8, 3);
	assert_explained(&b, format, "linux.hot_reset_info.devices.counts",
			 "hot_reset_info.count: found 3, allowed at most 2");
	set32(&b, 0, 12);
	assert_explained(&b, format, "linux.hot_reset_info.devices.counts",
			 "hot_reset_info.count: found 3, allowed at most 0");
	b.size = 27;
	set32(&b, 0, 28);
	assert_explained(&b, format, "linux.hot_reset_info.argsz.more",
			 "hot_reset_info.argsz: found 27, allowed at least 28 bytes");
}

static void a_part_of_the_tail_has_its_owners_name(void **state)
{
	struct devfd_input in;
	struct lines l;
	struct blob b;

	(void)state;
	b.size = 0;
	ADD(&b, 0x76666472, 1, 156, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	ADD(&b, 0xb, 0, 0, 0, 0x4000, 0, 0, 0, 0, 0, 0, 0, 128, 28, 0, 0);
	ADD(&b, 0x10006, 28, 0, 0x1000, 0, 0x8000, 0);
	assert_explained(&b, 0, "model.area.inside",
			 "region[0].AREAS.areas[0]: found 0x1000 + 0x8000, allowed at most 0x4000");
	in = input(&b, 0);
	walk(&in, &l);
	assert_line(&l, "64+4 region.flags=0xb LISTED|READ|MMAP");
	assert_line(&l, "128+28 region[0] tail");
	set32(&b, 112, 129);
	assert_explained(&b, 0, "array.region.tail.next",
			 "region[0].tail: found 129, allowed: In the region slot, tail is where "
			 "the tail part "
			 "before it ends, or 0 without a part.");
}

static void an_explanation_fits_its_buffer(void **state)
{
	struct devfd_error e = {DEVFD_RULE_TLV_HEADER_MAGIC_IN, 0, 0};
	struct devfd_input in = {tlv, sizeof(tlv), DEVFD_FORMAT_TLV, 0, 0};
	char text[32];
	size_t size;

	(void)state;
	for (size = 0; size <= sizeof(text); size++) {
		memset(text, 0x5a, sizeof(text));
		devfd_explain(&in, &e, text, size);
		if (size)
			assert_true(strlen(text) < size);
		if (size < sizeof(text))
			assert_int_equal(text[size], 0x5a);
	}
	e.rule = 0;
	devfd_explain(&in, &e, text, sizeof(text));
	e.rule = UINT32_MAX;
	devfd_explain(&in, &e, text, sizeof(text));
	assert_string_equal(text, "no rule is broken");
}

/* ---- Broken inputs: nothing is read outside, and the engine says what the leaves say ---- */

/* In a buffer of its own, exactly as long, so that a sanitizer sees a step outside. */
static void assert_agree(const uint8_t *p, size_t size, uint32_t format)
{
	uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
	struct devfd_input in = {copy, size, format, DEVFD_LITTLE, 2};
	struct devfd_error leaf, table, odd;
	static struct lines l;
	char text[256];
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, size);
	rc = devfd_judge(&in, 0, &leaf);
	assert_int_equal(devfd_judge(&in, 1, &table), rc);
	assert_string_equal(devfd_rule(table.rule), devfd_rule(leaf.rule));
	assert_int_equal(table.at, leaf.at);
	assert_int_equal(table.need, leaf.need);
	walk(&in, &l);
	devfd_explain(&in, &leaf, text, sizeof(text));
	/* An explanation of another input's error is wrong, and harmless. */
	odd.rule = 1 + (uint32_t)size % devfd_rule_count();
	odd.at = leaf.at + 1;
	odd.need = 0;
	devfd_explain(&in, &odd, text, sizeof(text));
	free(copy);
}

static void agree_however_broken(const uint8_t *p, size_t size, uint32_t format)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	uint8_t copy[CAPACITY];
	size_t i, j;

	for (i = 0; i <= size; i++)
		assert_agree(p, i, format);
	memcpy(copy, p, size);
	for (i = 0; i < size; i++) {
		for (j = 0; j < sizeof(values); j++) {
			copy[i] = values[j];
			assert_agree(copy, size, format);
		}
		copy[i] = p[i];
	}
}

static void engine_and_leaves_agree(void **state)
{
	static const char *const names[] = {"pci-tlv", "pci-array", "pci-fixed", "pci-draft",
					    "dt-big"};
	struct blob b;
	size_t i;

	(void)state;
	type_tlv(&b);
	agree_however_broken(b.p, b.size, 0);
	type_reply(&b);
	agree_however_broken(b.p, b.size, devfd_format_number("linux.region_info"));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		b.size = (uint32_t)golden_read(names[i], b.p, CAPACITY);
		assert_true(b.size > 0);
		agree_however_broken(b.p, b.size, 0);
	}
}

/* ---- Names ---- */

static void rules_have_names_and_numbers(void **state)
{
	uint32_t i, rows = 0;

	(void)state;
	for (i = 0; i <= devfd_rule_count() + 1; i++) {
		const struct devfd_rule_row *row = devfd_rule_row(i);

		assert_non_null(devfd_rule(i));
		if (!row)
			continue;
		rows++;
		assert_int_equal(devfd_rule_number(row->id), i);
		assert_string_equal(devfd_rule(i), row->id);
		assert_non_null(row->text);
		assert_non_null(row->source);
	}
	assert_true(rows > 100);
	assert_null(devfd_rule_row(0));
	assert_int_equal(devfd_rule_number("tlv.nothing"), 0);
	assert_string_equal(devfd_rule_row(DEVFD_RULE_TLV_VERSION_WRITE)->role, "producer");
	assert_string_equal(devfd_rule_row(DEVFD_RULE_LINUX_REGION_INFO_SIZE)->verdict,
			    "need-more");
}

static void numbers_have_names(void **state)
{
	uint32_t i;

	(void)state;
	assert_string_equal(devfd_bus_name(DEVFD_BUS_FSL_MC), "FSL_MC");
	assert_null(devfd_bus_name(99));
	assert_string_equal(devfd_state_name(DEVFD_UNREADABLE), "UNREADABLE");
	assert_string_equal(devfd_origin_name(DEVFD_ORIGIN_REGION_CAP), "REGION_CAP");
	assert_string_equal(devfd_order_name(DEVFD_ORDER_BIG), "BIG");
	assert_string_equal(devfd_prop_type_name(DEVFD_PROP_TYPE_RANGES), "RANGES");
	assert_string_equal(devfd_flag_name(2), "MMAP");
	assert_null(devfd_flag_name(11));
	assert_null(devfd_flag_name(32));
	assert_string_equal(devfd_lost_name(30), "OFFSET");
	assert_string_equal(devfd_lost_name(8), "AREAS");
	for (i = 1; devfd_format_name(i); i++)
		assert_int_equal(devfd_format_number(devfd_format_name(i)), i);
	assert_string_equal(devfd_format_name(DEVFD_FORMAT_REPLY + DEVFD_IRQ_INFO - 1),
			    "linux.irq_info");
	assert_int_equal(devfd_format_number("nothing"), 0);
	assert_int_equal(devfd_format_of(tlv, sizeof(tlv)), DEVFD_FORMAT_TLV);
	assert_int_equal(devfd_format_of(tlv, 3), 0);
	assert_int_equal(devfd_format_of("junk", 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_walked_in_order),
		cmocka_unit_test(a_reply_is_walked_with_its_capabilities),
		cmocka_unit_test(slots_and_tail_are_walked),
		cmocka_unit_test(a_walk_ends_when_told),
		cmocka_unit_test(a_string_is_escaped),
		cmocka_unit_test(errors_are_explained),
		cmocka_unit_test(cut_and_missing_things_are_explained),
		cmocka_unit_test(a_list_behind_a_reply_is_shown_and_explained),
		cmocka_unit_test(a_part_of_the_tail_has_its_owners_name),
		cmocka_unit_test(an_explanation_fits_its_buffer),
		cmocka_unit_test(engine_and_leaves_agree),
		cmocka_unit_test(rules_have_names_and_numbers),
		cmocka_unit_test(numbers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
