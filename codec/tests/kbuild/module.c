// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* module.c: shows that the core is kernel code: a module that opens a description as it is loaded. */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/module.h>

#include "codec.h"

/* The smallest description there is: tlv version 2 of a device without regions and interrupts. */
static const u8 smallest[] = {
	0x69, 0x6f, 0x66, 0x76, 2, 0, 0, 0, 0, 0, 0, 0, /* header: no bus named, version 2 */
	0x00, 0x00, 0x01, 0x00, 36, 0, 0, 0, 0, 0, 0, 0, /* DEVICE */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff, 12, 0, 0, 0, 0, 0, 0, 0, /* END */
};

static int __init devfd_kbuild_init(void)
{
	struct devfd_error e;
	struct devfd d;
	int rc;

	rc = devfd_open(&d, smallest, sizeof(smallest), &e);
	if (rc)
		pr_err("devfd: byte %u: rule %u\n", e.at, e.rule);
	return devfd_errno(rc);
}

static void __exit devfd_kbuild_exit(void)
{
}

module_init(devfd_kbuild_init);
module_exit(devfd_kbuild_exit);
MODULE_DESCRIPTION("The devfd core, compiled as kernel code");
MODULE_LICENSE("Dual BSD/GPL");
