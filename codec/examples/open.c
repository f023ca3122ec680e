// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* open.c: says where BAR 2 of a device is, from its description in any layout and byte order. */
#include <devfd/codec.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static uint8_t buf[65536];
	const char *name = argc > 1 ? argv[1] : "/dev/stdin";
	struct devfd_item bar;
	struct devfd_error e;
	struct devfd d;
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		err(2, "%s", name);
	if (devfd_open(&d, buf, (size_t)n, &e) != DEVFD_OK)
		errx(1, "%s: byte %u: %s", name, e.at, devfd_rule(e.rule));
	if (devfd_get_region(&d, 2, &bar) != DEVFD_OK)
		errx(1, "%s: there is no BAR 2", name);
	printf("BAR 2: offset %#" PRIx64 " size %#" PRIx64 "\n", bar.offset, bar.size);
	return 0;
}
