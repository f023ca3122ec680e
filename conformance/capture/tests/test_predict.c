// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* test_predict.c: each rule that a prediction follows, on fabricated files of sysfs. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

static struct tree changed;
#define WITH(field, ...) (changed = tree_plain, changed.field = __VA_ARGS__, tree_make(&changed))

static void a_plain_function(void **state)
{
	struct prediction p;

	(void)state;
	tree_make(&tree_plain);
	tree_must_predict(&p);
	assert_int_equal(p.device.flags, DEVFD_IDENTITY | DEVFD_RESET);
	assert_int_equal(p.irqs[1].count, 32);
	assert_int_equal(p.irqs[2].count, 65);
	assert_true(p.regions[3].size == UINT64_C(0x100000000));
	assert_true(p.regions[3].offset == UINT64_C(3) << 40);
	assert_int_equal(p.regions[3].flags, DEVFD_BAR | DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP);
	tree_only_usual_unknowns(&p);
}

static void vga_is_up_to_the_kernel(void **state)
{
	struct prediction p;

	(void)state;
	WITH(class_, 0x030000);
	tree_must_predict(&p);
	assert_int_equal(p.regions[8].state, DEVFD_PRESENT);
	assert_int_equal(p.regions[8].size, 0xc0000);
	assert_int_equal(p.regions[8].flags, DEVFD_READ | DEVFD_WRITE);
	assert_true(p.regions[8].offset == UINT64_C(8) << 40);
	assert_int_equal(p.region_unknown[8], UNKNOWN_VGA);

	tree_write_text("/boot/config-6.12.117-amd64",
			"CONFIG_VFIO_PCI_VGA_NOT=y\n# CONFIG_VFIO_PCI_VGA is not set\n");
	tree_must_predict(&p);
	assert_int_equal(p.regions[8].state, DEVFD_UNREADABLE);
	assert_int_equal(p.regions[8].error, EINVAL);
	assert_int_equal(p.region_unknown[8], 0);

	tree_write_text("/boot/config-6.12.117-amd64", "CONFIG_VFIO=m\nCONFIG_VFIO_PCI_VGA=y\n");
	tree_must_predict(&p);
	assert_int_equal(p.regions[8].state, DEVFD_PRESENT);
	assert_int_equal(p.region_unknown[8], 0);

	WITH(class_, 0x038000);
	tree_must_predict(&p);
	assert_int_equal(p.regions[8].state, DEVFD_UNREADABLE);
	assert_int_equal(p.region_unknown[8], 0);
}

static void intel_graphics_may_have_more(void **state)
{
	struct prediction p;

	(void)state;
	changed = tree_plain;
	changed.vendor = 0x8086;
	changed.class_ = 0x030000;
	tree_make(&changed);
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, UNKNOWN_REGIONS);
}

static void pages_are_not_shared(void **state)
{
	struct tree other = tree_plain;
	struct prediction p;

	(void)state;
	tree_make(&tree_plain);
	tree_must_predict(&p);
	assert_true(p.regions[2].flags & DEVFD_MMAP);
	assert_int_equal(p.region_unknown[2], UNKNOWN_MMAP);

	other.name = "0000:01:00.0";
	memset(other.resources, 0, sizeof(other.resources));
	other.resources[1] = (struct resource){0xfe000fc0, 0xfe000fff, MEMORY};
	tree_make(&other);
	tree_must_predict(&p);
	assert_false(p.regions[2].flags & DEVFD_MMAP);
	assert_int_equal(p.region_unknown[2], 0);

	/* One that was given no address lies nowhere, and ports are no memory. */
	other.resources[1].flags |= RESOURCE_UNSET;
	other.resources[2] = (struct resource){0xfe000fc0, 0xfe000fff, IO};
	tree_make(&other);
	tree_must_predict(&p);
	assert_true(p.regions[2].flags & DEVFD_MMAP);

	WITH(resources[1], (struct resource){0xfe000400, 0xfe0007ff, MEMORY});
	tree_must_predict(&p);
	assert_false(p.regions[1].flags & DEVFD_MMAP);
	assert_int_equal(p.region_unknown[1], 0);
	assert_false(p.regions[2].flags & DEVFD_MMAP);
}

static void rom_of_the_firmware(void **state)
{
	struct prediction p;

	(void)state;
	WITH(resources[6], (struct resource){0, 0, RESOURCE_SHADOW});
	tree_must_predict(&p);
	assert_int_equal(p.regions[6].size, 0x20000);
	assert_int_equal(p.region_unknown[6], UNKNOWN_ROM);

	WITH(resources[6], (struct resource){0});
	tree_must_predict(&p);
	assert_int_equal(p.regions[6].state, DEVFD_EMPTY);
	assert_int_equal(p.region_unknown[6], 0);

	changed.class_ = 0x030000;
	changed.release = "6.14.0\n";
	tree_make(&changed);
	tree_write_text("/sys/firmware/efi/runtime", "0x0\n");
	tree_must_predict(&p);
	assert_int_equal(p.regions[6].state, DEVFD_EMPTY);
	assert_int_equal(p.region_unknown[6], UNKNOWN_ROM);
}

static void reset_methods_are_tried_in_turn(void **state)
{
	static const struct {
		const char *methods;
		bool shared, reset, unknown;
	} rows[] = {
		{"flr pm bus\n", true, true, false}, {"af_flr\n", false, true, false},
		{"bus\n", false, true, false},       {"bus\n", true, false, false},
		{"bus pm\n", true, true, false},     {"device_specific flr\n", false, true, true},
		{"acpi\n", false, true, true},       {"new_one\n", false, true, true},
		{"\n", false, false, false},
	};
	struct tree other = tree_plain;
	struct prediction p;
	size_t i;

	(void)state;
	other.name = "0000:00:04.1";
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_setup(NULL);
		WITH(reset, rows[i].methods);
		if (rows[i].shared)
			tree_make(&other);
		tree_must_predict(&p);
		assert_int_equal(!!(p.device.flags & DEVFD_RESET), rows[i].reset);
		assert_int_equal(p.device_unknown, rows[i].unknown ? UNKNOWN_RESET : 0);
		assert_int_equal(tree_teardown(NULL), 0);
	}
	/* A bus of another domain is another bus. */
	tree_setup(NULL);
	WITH(reset, "bus\n");
	other.name = "0001:00:04.1";
	tree_make(&other);
	tree_must_predict(&p);
	assert_true(p.device.flags & DEVFD_RESET);
	/* Older kernels have no reset_method. */
	WITH(reset, NULL);
	tree_must_predict(&p);
	tree_refuse("/reset_method", ENOENT);
	tree_must_predict(&p);
	assert_true(p.device.flags & DEVFD_RESET);
	assert_int_equal(p.device_unknown, 0);
	other.name = "0000:00:04.1";
	tree_make(&other);
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, UNKNOWN_RESET);
}

static void intx_needs_a_wire(void **state)
{
	static const struct {
		const char *release, *arch;
		uint32_t vendor, device, irq;
		uint32_t count, unknown;
	} rows[] = {
		{"6.1.192\n", NULL, 0x1b36, 0x10, 10, 1, 0},
		{"6.1.192\n", NULL, 0x1b36, 0x10, 0, 1, UNKNOWN_COUNT},
		{"6.15.0\n", NULL, 0x1b36, 0x10, 0, 1, UNKNOWN_COUNT},
		{"6.16.0\n", NULL, 0x1b36, 0x10, 0, 0, 0},
		{"6.14.0\n", NULL, 0x1b36, 0x10, 0x80000000, 1, UNKNOWN_COUNT},
		{"6.15.0\n", NULL, 0x1b36, 0x10, 0x80000000, 0, 0},
		{"6.12.1\n", NULL, 0x8086, 0x158b, 10, 0, 0},
		{"6.12.1\n", NULL, 0x8086, 0x158c, 10, 1, 0},
		{"6.12.1\n", "s390x\n", 0x1b36, 0x10, 10, 0, 0},
	};
	struct prediction p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		changed = tree_plain;
		changed.release = rows[i].release;
		changed.arch = rows[i].arch;
		changed.vendor = rows[i].vendor;
		changed.device = rows[i].device;
		changed.irq = rows[i].irq;
		tree_make(&changed);
		tree_must_predict(&p);
		assert_int_equal(p.irqs[0].count, rows[i].count);
		assert_int_equal(p.irqs[0].state, rows[i].count ? DEVFD_PRESENT : DEVFD_EMPTY);
		assert_int_equal(p.irq_unknown[0], rows[i].unknown);
	}
	tree_make(&tree_plain);
	tree_poke(PCI_AT_INTERRUPT_PIN, 0);
	tree_must_predict(&p);
	assert_int_equal(p.irqs[0].count, 0);
	tree_make(&tree_plain);
	tree_file("physfn/config", "");
	tree_must_predict(&p);
	assert_int_equal(p.irqs[0].count, 0);
}

static void vectors_are_added_since_6_5(void **state)
{
	static const struct {
		const char *release, *arch;
		uint32_t noresize, unknown;
	} rows[] = {
		{"6.4.16\n", NULL, DEVFD_NORESIZE, 0},
		{"6.5.0-rc1+\n", NULL, 0, 0},
		{"10.0\n", NULL, 0, 0},
		{"5.99.1\n", "aarch64\n", DEVFD_NORESIZE, 0},
		{"6.12.1\n", "aarch64\n", DEVFD_NORESIZE, UNKNOWN_NORESIZE},
		{"mine\n", NULL, DEVFD_NORESIZE, UNKNOWN_NORESIZE},
	};
	struct prediction p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		changed = tree_plain;
		changed.release = rows[i].release;
		changed.arch = rows[i].arch;
		tree_make(&changed);
		tree_must_predict(&p);
		assert_int_equal(p.irqs[2].flags, DEVFD_EVENTFD | rows[i].noresize);
		assert_int_equal(p.irq_unknown[2], rows[i].unknown);
	}
}

static void s390_has_its_own_rules(void **state)
{
	struct prediction p;

	(void)state;
	WITH(arch, "s390x\n");
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, UNKNOWN_CAPS);
	assert_int_equal(p.regions[0].flags, DEVFD_BAR | DEVFD_READ | DEVFD_WRITE);
	assert_int_equal(p.region_unknown[0], 0);
	changed.release = "6.15.0\n";
	tree_make(&changed);
	tree_must_predict(&p);
	assert_int_equal(p.regions[0].flags,
			 DEVFD_BAR | DEVFD_READ | DEVFD_WRITE | DEVFD_MMAP | DEVFD_MSIX_MAPPABLE);
}

static void atomic_operations_make_a_capability(void **state)
{
	enum { DEVCAP2 = 0x80 + 0x24 };
	uint8_t physical[256] = {0};
	char path[TREE_PATH];
	struct prediction p;

	(void)state;
	tree_make(&tree_plain);
	tree_poke(DEVCAP2, 0x80);
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, UNKNOWN_CAPS);
	/* Of a virtual function the physical one is asked. */
	physical[PCI_AT_STATUS] = 0x10;
	physical[PCI_AT_FIRST_CAP] = 0x80;
	physical[0x80] = 0x10;
	physical[0x82] = 2;
	tree_path(TREE_NAME, "physfn/config", path);
	tree_write(path, physical, sizeof(physical));
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, 0);
	physical[DEVCAP2 + 1] = 1;
	tree_write(path, physical, sizeof(physical));
	tree_must_predict(&p);
	assert_int_equal(p.device_unknown, UNKNOWN_CAPS);
}

static void without_privilege(void **state)
{
	struct prediction p;
	char text[200];
	size_t i, n;

	(void)state;
	tree_make(&tree_plain);
	tree_cut("/config", PCI_HEADER_SIZE);
	tree_must_predict(&p);
	assert_int_equal(p.regions[7].size, 4096);
	assert_int_equal(p.region_unknown[0], UNKNOWN_MSIX);
	assert_int_equal(p.region_unknown[2], UNKNOWN_MSIX | UNKNOWN_MMAP);
	assert_int_equal(p.region_unknown[5], 0);
	assert_int_equal(p.irqs[0].count, 1);
	assert_int_equal(p.irq_unknown[0], 0);
	assert_int_equal(p.irq_unknown[1], UNKNOWN_MSIX | UNKNOWN_COUNT);
	assert_int_equal(p.irq_unknown[2], UNKNOWN_MSIX | UNKNOWN_COUNT | UNKNOWN_NORESIZE);
	assert_int_equal(p.irqs[3].error, EINVAL);
	assert_int_equal(p.irq_unknown[3], 0);
	for (n = 0; prediction_unknown(&p, n, text, sizeof(text)); n++)
		assert_true(strlen(text) > 10);
	assert_int_equal(n, 10);
	assert_true(prediction_unknown(&p, 0, text, sizeof(text)));
	assert_non_null(strstr(text, "region 0: what MSI and MSI-X say"));
	assert_true(prediction_unknown(&p, 4, text, sizeof(text)));
	assert_non_null(strstr(text, "region 6: whether there is a ROM"));

	/* Only PCIe functions have a link. */
	tree_file("current_link_speed", "8.0 GT/s PCIe\n");
	tree_must_predict(&p);
	assert_int_equal(p.irqs[3].count, 1);
	assert_int_equal(p.device_unknown, UNKNOWN_CAPS);

	/* Without any capability there is nothing to know. */
	tree_poke(PCI_AT_STATUS, 0);
	tree_must_predict(&p);
	for (i = 0; i < PREDICT_IRQS; i++)
		assert_int_equal(p.irq_unknown[i], 0);
	assert_int_equal(p.irqs[3].error, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(a_plain_function),
		IN_TREE(vga_is_up_to_the_kernel),
		IN_TREE(intel_graphics_may_have_more),
		IN_TREE(pages_are_not_shared),
		IN_TREE(rom_of_the_firmware),
		cmocka_unit_test_teardown(reset_methods_are_tried_in_turn, tree_teardown),
		IN_TREE(intx_needs_a_wire),
		IN_TREE(vectors_are_added_since_6_5),
		IN_TREE(s390_has_its_own_rules),
		IN_TREE(atomic_operations_make_a_capability),
		IN_TREE(without_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
