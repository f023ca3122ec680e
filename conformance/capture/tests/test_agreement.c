// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * test_agreement.c: predictions from fabricated files of sysfs, held against what kernels answered
 * about the same devices.
 */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- What kernels answered ---- */

/* The devices as QEMU makes them: what the captures do not hold of them. Addresses and the first 64
 * bytes of configuration space come from the capture, so that only sizes stand here. */
static const struct known {
	const char *files[3];
	struct tree tree;
} known[] = {
	{{"6.1.192-1b36-0010", "7.2.13-1b36-0010"},
	 {.config_size = 4096,
	  .irq = 10,
	  .reset = "flr pm\n",
	  .resources = {{0, 0x4000, MEMORY_64}},
	  .caps = {{0x11, 0x40, 64, 0x2000}, {0x10, 0x80, 0x92, 0}, {0x01, 0x60, 3, 0}}}},
	{{"7.2.13-1b36-0010-2"},
	 {.config_size = 4096,
	  .irq = 10,
	  .reset = "flr\n",
	  .resources = {{0, 0x4000, MEMORY_64}, {0}, {0, 0x1000000, PREFETCH_64}},
	  .caps = {{0x11, 0x40, 64, 0x2000}, {0x10, 0x80, 0x92, 0}}}},
	{{"6.1.192-8086-100e", "7.2.13-8086-100e"},
	 {.config_size = 256,
	  .irq = 11,
	  .resources = {{0, 0x20000, MEMORY},
			{0, 0x40, IO},
			{0},
			{0},
			{0},
			{0},
			{0, 0x40000, ROM_MEMORY}}}},
	{{"6.1.192-1b36-000d", "7.2.13-1b36-000d"},
	 {.config_size = 4096,
	  .irq = 10,
	  .resources = {{0, 0x4000, MEMORY_64}},
	  .caps = {{0x11, 0x90, 15, 0x3000}, {0x10, 0xa0, 0x92, 0}}}},
	{{"6.1.192-1033-0194", "7.2.13-1033-0194"},
	 {.config_size = 4096,
	  .irq = 10,
	  .resources = {{0, 0x4000, MEMORY_64}},
	  .caps = {{0x11, 0x90, 15, 0x3000}, {0x05, 0x70, 0x88, 0}, {0x10, 0xa0, 0x92, 0}}}},
	{{"7.2.13-8086-10c9"},
	 {.config_size = 4096,
	  .irq = 11,
	  .reset = "flr\n",
	  .resources = {{0, 0x20000, MEMORY},
			{0, 0x20000, MEMORY},
			{0, 0x20, IO},
			{0, 0x4000, MEMORY_64}},
	  .caps = {{0x01, 0x40, 3, 0},
		   {0x05, 0x50, 0x180, 0},
		   {0x11, 0x70, 9, 3},
		   {0x10, 0xa0, 2, 0}}}},
	{{"7.2.13-1af4-1110"},
	 {.config_size = 256, .resources = {{0, 0x100, MEMORY}, {0}, {0, 0x4000000, PREFETCH_64}}}},
	{{"7.2.13-1000-0060"},
	 {.config_size = 256,
	  .irq = 10,
	  .resources = {{0, 0x4000, MEMORY_64}, {0}, {0, 0x100, IO}, {0, 0x40000, MEMORY}},
	  .caps = {{0x05, 0x68, 0x80, 0}, {0x11, 0x50, 14, 0x2000}}}},
	{{"7.2.13-8086-1209"},
	 {.config_size = 256,
	  .irq = 11,
	  .reset = "pm\n",
	  .resources = {{0, 0x1000, PREFETCH},
			{0, 0x40, IO},
			{0, 0x20000, MEMORY},
			{0},
			{0},
			{0},
			{0, 0x20000, ROM_MEMORY}},
	  .caps = {{0x01, 0xdc, 2, 0}}}},
	{{"6.1.192-1af4-1005", "7.2.13-1af4-1005"},
	 {.config_size = 256,
	  .irq = 11,
	  .resources = {{0, 0x20, IO}, {0, 0x1000, MEMORY}, {0}, {0}, {0, 0x4000, PREFETCH_64}},
	  .caps = {{0x11, 0x98, 1, 1}, {0x09, 0x84, 0, 0}, {0x09, 0x70, 0, 0}}}},
	{{"6.1.192-1234-11e8", "7.2.13-1234-11e8"},
	 {.config_size = 256,
	  .irq = 11,
	  .resources = {{0, 0x100000, MEMORY}},
	  .caps = {{0x05, 0x40, 0x80, 0}}}},
	{{"6.1.192-8086-293e", "7.2.13-8086-293e"},
	 {.config_size = 256,
	  .irq = 10,
	  .resources = {{0, 0x4000, MEMORY}},
	  .caps = {{0x05, 0x60, 0x80, 0}}}},
	{{"6.1.192-8086-2922", "7.2.13-8086-2922", "7.2.13-8086-2922-2"},
	 {.config_size = 256,
	  .irq = 10,
	  .resources = {{0}, {0}, {0}, {0}, {0, 0x20, IO}, {0, 0x1000, MEMORY}},
	  .caps = {{0x05, 0x80, 0x80, 0}, {0x12, 0xa8, 0x10, 0}}}},
	{{"7.2.13-10ec-8029"},
	 {.config_size = 256,
	  .irq = 11,
	  .resources = {{0, 0x100, IO}, {0}, {0}, {0}, {0}, {0}, {0, 0x40000, ROM_MEMORY}}}},
	{{"7.2.13-8086-24cd"}, {.config_size = 256, .irq = 11, .resources = {{0, 0x1000, MEMORY}}}},
	{{"7.2.13-1b36-0007"}, {.config_size = 256, .irq = 10, .resources = {{0, 0x100, MEMORY}}}},
	{{"7.2.13-8086-7020"},
	 {.config_size = 256, .irq = 11, .resources = {{0}, {0}, {0}, {0}, {0, 0x20, IO}}}},
};

static json_t *load(const char *name)
{
	char path[TREE_PATH];
	json_error_t error;
	json_t *json;

	snprintf(path, sizeof(path), "conformance/captures/%s.json", name);
	json = json_load_file(path, 0, &error);
	if (!json)
		fail_msg("%s: %s", path, error.text);
	return json;
}

static uint32_t identity(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(json, "device"), key));

	assert_non_null(text);
	return (uint32_t)strtoul(text, NULL, 16);
}

static void make_known(const struct known *k, const json_t *json)
{
	struct tree t = k->tree;

	t.config = json_string_value(json_object_get(json, "config_space"));
	t.release = json_string_value(json_object_get(json, "kernel_release"));
	assert_non_null(t.config);
	t.vendor = identity(json, "vendor");
	t.device = identity(json, "device");
	t.class_ = identity(json, "class");
	tree_make(&t);
}

/* Makes an item of a reply, if it is the whole answer to a call about an index. */
static bool read_reply(const json_t *reply, uint32_t call, uint32_t index, struct devfd_item *item)
{
	static const char *const names[] = {
		[DEVFD_DEVICE_INFO] = "VFIO_DEVICE_GET_INFO",
		[DEVFD_REGION_INFO] = "VFIO_DEVICE_GET_REGION_INFO",
		[DEVFD_IRQ_INFO] = "VFIO_DEVICE_GET_IRQ_INFO",
	};
	const char *name = json_string_value(json_object_get(reply, "call"));
	const char *hex = json_string_value(json_object_get(reply, "bytes"));
	size_t argsz = (size_t)json_integer_value(json_object_get(reply, "argsz_in")), i;
	uint8_t bytes[256];
	struct devfd_error e;

	if (strcmp(name, names[call]) != 0)
		return false;
	if (json_integer_value(json_object_get(reply, "index")) != index)
		return false;
	if (json_integer_value(json_object_get(reply, "ret")) < 0) {
		if (item->kind)
			return false;
		item->kind = call;
		item->index = index;
		item->state = DEVFD_UNREADABLE;
		item->error = (uint32_t)json_integer_value(json_object_get(reply, "errno"));
		return false;
	}
	i = tree_hex(hex, bytes, argsz < sizeof(bytes) ? argsz : sizeof(bytes));
	/* The areas and kept things that an item could point at are in none of these replies. */
	return devfd_reply(call, DEVFD_LITTLE, index, bytes, i, item, &e) == DEVFD_OK;
}

static void answer_of(const json_t *json, uint32_t call, uint32_t index, struct devfd_item *item)
{
	const json_t *replies = json_object_get(json, "replies");
	size_t i;

	memset(item, 0, sizeof(*item));
	for (i = 0; i < json_array_size(replies); i++) {
		if (read_reply(json_array_get(replies, i), call, index, item))
			break;
	}
	assert_int_not_equal(item->kind, 0);
	assert_int_equal(item->kept.at, item->kept.end);
}

/* The kernel's answers, with what an index means on PCI, which no reply says. */
static void answers_of(const json_t *json, struct prediction *out)
{
	uint32_t i;

	memset(out, 0, sizeof(*out));
	answer_of(json, DEVFD_DEVICE_INFO, 0, &out->device);
	out->device.flags |= DEVFD_IDENTITY;
	out->device.vendor = identity(json, "vendor");
	out->device.device = identity(json, "device");
	out->device.class_ = identity(json, "class");
	for (i = 0; i < PREDICT_REGIONS; i++) {
		answer_of(json, DEVFD_REGION_INFO, i, &out->regions[i]);
		if (i < BARS) {
			out->regions[i].flags |= DEVFD_BAR;
			out->regions[i].bar = i;
		}
	}
	out->regions[7].flags |= DEVFD_CONFIG_SPACE;
	for (i = 0; i < PREDICT_IRQS; i++)
		answer_of(json, DEVFD_IRQ_INFO, i, &out->irqs[i]);
}

static void same_item(const char *file, const struct devfd_item *a, const struct devfd_item *b)
{
	if (a->state == b->state && a->flags == b->flags && a->error == b->error &&
	    a->offset == b->offset && a->size == b->size && a->count == b->count)
		return;
	fail_msg("%s: kind %u index %u: predicted state %u flags %#x error %u offset %#llx size "
		 "%#llx count %u, the kernel says state %u flags %#x error %u offset %#llx size "
		 "%#llx count %u",
		 file, a->kind, a->index, a->state, a->flags, a->error,
		 (unsigned long long)a->offset, (unsigned long long)a->size, a->count, b->state,
		 b->flags, b->error, (unsigned long long)b->offset, (unsigned long long)b->size,
		 b->count);
}

/* A description can be written in one way only, so equal bytes are equal in all that `devfd diff`
 * compares. */
static void same_blob(const struct prediction *a, const struct prediction *b)
{
	uint8_t *x, *y;
	size_t n, m;
	struct problem p;

	assert_int_equal(prediction_describe(a, &x, &n, &p), 0);
	assert_int_equal(prediction_describe(b, &y, &m, &p), 0);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	free(x);
	free(y);
}

static void agrees(const struct known *k, const char *file)
{
	struct prediction predicted, kernel;
	json_t *json = load(file);
	uint32_t i;

	assert_int_equal(tree_setup(NULL), 0);
	make_known(k, json);
	tree_must_predict(&predicted);
	answers_of(json, &kernel);
	same_item(file, &predicted.device, &kernel.device);
	for (i = 0; i < PREDICT_REGIONS; i++)
		same_item(file, &predicted.regions[i], &kernel.regions[i]);
	for (i = 0; i < PREDICT_IRQS; i++)
		same_item(file, &predicted.irqs[i], &kernel.irqs[i]);
	same_blob(&predicted, &kernel);
	tree_only_usual_unknowns(&predicted);
	json_decref(json);
	assert_int_equal(tree_teardown(NULL), 0);
}

static void agrees_with_kernels(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		for (k = 0; k < 3 && known[i].files[k]; k++)
			agrees(&known[i], known[i].files[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
