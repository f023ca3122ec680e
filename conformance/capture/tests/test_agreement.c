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

/* The devices as QEMU makes them: what the captures do not hold of them. */
struct known {
	const char *name;
	uint64_t sizes[BARS + 1]; /* of the BARs and the ROM */
	const char *reset;
	/* Of those of which no more than 64 bytes of configuration space were kept. */
	size_t config_size;
	struct tree_cap caps[TREE_CAPS];
};

/* Captured whole, on each kernel. */
static const char *const kernels[] = {"6.1.192", "6.12.117", "7.2.13"};

static const struct known whole[] = {
	{.name = "1000-0012", .sizes = {0x100, 0x400, 0x2000}, .reset = "bus\n"},
	{.name = "1000-0060", .sizes = {0x4000, 0, 0x100, 0x40000}},
	{.name = "1033-0194", .sizes = {0x4000}, .reset = "bus\n"},
	{.name = "10ec-8139", .sizes = {0x100, 0x100, 0, 0, 0, 0, 0x40000}},
	{.name = "1234-1111", .sizes = {0x1000000, 0, 0x1000, 0, 0, 0, 0x20000}},
	{.name = "1234-11e8", .sizes = {0x100000}},
	{.name = "1af4-1005", .sizes = {0x20, 0x1000, 0, 0, 0x4000}},
	{.name = "1af4-1110", .sizes = {0x100, 0, UINT64_C(0x100000000)}},
	{.name = "1b36-0002", .sizes = {8}},
	{.name = "1b36-0005", .sizes = {0x1000, 0x100, UINT64_C(0x100000000)}},
	{.name = "1b36-0007", .sizes = {0x100}},
	{.name = "1b36-000d", .sizes = {0x4000}},
	{.name = "1b36-0010", .sizes = {0x10000}, .reset = "flr\n"},
	{.name = "8086-100e", .sizes = {0x20000, 0x40, 0, 0, 0, 0, 0x40000}},
	{.name = "8086-10d3",
	 .sizes = {0x20000, 0x20000, 0x20, 0x4000, 0, 0, 0x40000},
	 .reset = "flr\n"},
	{.name = "8086-2922", .sizes = {0, 0, 0, 0, 0x20, 0x1000}},
	{.name = "8086-2930", .sizes = {0, 0, 0, 0, 0x40}},
};

static const struct known cut[] = {
	{.name = "7.2.13-1b36-0010-2",
	 .sizes = {0x4000, 0, 0x1000000},
	 .reset = "flr\n",
	 .config_size = 4096,
	 .caps = {{0x11, 0x40, 64, 0x2000}, {0x10, 0x80, 0x92, 0}}},
	{.name = "7.2.13-8086-10c9",
	 .sizes = {0x20000, 0x20000, 0x20, 0x4000},
	 .reset = "flr\n",
	 .config_size = 4096,
	 .caps = {{0x01, 0x40, 3, 0},
		  {0x05, 0x50, 0x180, 0},
		  {0x11, 0x70, 9, 3},
		  {0x10, 0xa0, 2, 0}}},
	{.name = "7.2.13-8086-1209",
	 .sizes = {0x1000, 0x40, 0x20000, 0, 0, 0, 0x20000},
	 .reset = "pm\n",
	 .config_size = 256,
	 .caps = {{0x01, 0xdc, 2, 0}}},
	{.name = "6.1.192-8086-293e",
	 .sizes = {0x4000},
	 .config_size = 256,
	 .caps = {{0x05, 0x60, 0x80, 0}}},
	{.name = "7.2.13-8086-293e",
	 .sizes = {0x4000},
	 .config_size = 256,
	 .caps = {{0x05, 0x60, 0x80, 0}}},
	{
		.name = "7.2.13-10ec-8029",
		.sizes = {0x100, 0, 0, 0, 0, 0, 0x40000},
		.config_size = 256,
	},
	{
		.name = "7.2.13-8086-24cd",
		.sizes = {0x1000},
		.config_size = 256,
	},
	{
		.name = "7.2.13-8086-7020",
		.sizes = {0, 0, 0, 0, 0x20},
		.config_size = 256,
	},
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

/* What kind of resource a BAR is, by its lowest bits. */
static uint64_t kind_of(const uint8_t *config, size_t index)
{
	static const uint64_t kinds[16] = {
		[0] = MEMORY, [4] = MEMORY_64, [8] = PREFETCH, [12] = PREFETCH_64};
	unsigned int low = config[0x10 + 4 * index] & 15u;

	if (index == BARS)
		return ROM_MEMORY;
	return low & 1 ? IO : kinds[low];
}

static void make_known(const struct known *k, const json_t *json)
{
	struct tree t = {.config_size = k->config_size, .reset = k->reset};
	uint8_t config[PCI_SPACE_MAX];
	size_t size, i;

	t.config = json_string_value(json_object_get(json, "config_space"));
	t.release = json_string_value(json_object_get(json, "kernel_release"));
	assert_non_null(t.config);
	size = tree_hex(t.config, config, sizeof(config));
	assert_true(size >= PCI_HEADER_SIZE);
	if (!t.config_size)
		t.config_size = size;
	assert_true(size == t.config_size || size == PCI_HEADER_SIZE);
	memcpy(t.caps, k->caps, sizeof(t.caps));
	for (i = 0; i <= BARS; i++) {
		if (k->sizes[i])
			t.resources[i] = (struct resource){0, k->sizes[i], kind_of(config, i)};
	}
	t.irq = config[0x3c];
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
	char file[64];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		for (k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
			snprintf(file, sizeof(file), "%s-%s", kernels[k], whole[i].name);
			agrees(&whole[i], file);
		}
	}
	for (i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		agrees(&cut[i], cut[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
