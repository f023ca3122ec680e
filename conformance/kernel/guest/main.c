// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* main.c: kernel-check, which holds the VFIO of the running kernel to its rules, device by device,
 * and says in KTAP what it found. */
#include "check.h"
#include "ktap.h"
#include "rules.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

enum { GOOD, BROKEN, WRONG_USAGE };

static const char usage[] =
	"usage: kernel-check [--guest NAME] [--expect-cdev] [--alter NUMBER:OFFSET:XOR] "
	"[--save DIR] DEVICE...";

static const struct option options[] = {
	{"guest", required_argument, NULL, 'g'}, {"expect-cdev", no_argument, NULL, 'c'},
	{"alter", required_argument, NULL, 'a'}, {"save", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
};

static int wrong(const char *why)
{
	(void)fprintf(stderr, "kernel-check: %s\n%s\n", why, usage);
	return WRONG_USAGE;
}

int main(int argc, char **argv)
{
	struct wishes wishes = {.roots = {"", ""}};
	const char *guest = "this machine";
	struct timespec begin, end;
	struct utsname kernel;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			puts(usage);
			return GOOD;
		}
		if (option == 'g')
			guest = optarg;
		else if (option == 'c')
			wishes.expect_cdev = true;
		else if (option == 's')
			wishes.save = optarg;
		else if (option != 'a')
			return WRONG_USAGE;
		else if (!alter_set(optarg))
			return wrong("--alter takes NUMBER:OFFSET:XOR, such as 108:4:0x1");
	}
	if (optind == argc)
		return wrong("name at least one device, such as 0000:00:01.0");
	if (uname(&kernel))
		return wrong("the kernel does not say its version");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	rules_set_kernel(kernel.release);
	ktap_plan((size_t)(argc - optind));
	ktap_note("guest %s, kernel %s, %s", guest, kernel.release, kernel.machine);
	for (; optind < argc; optind++)
		check_device(argv[optind], &wishes);
	rules_print();
	clock_gettime(CLOCK_MONOTONIC, &end);
	ktap_note("took %.1f s", (double)(end.tv_sec - begin.tv_sec) +
					 (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return ktap_failed() ? BROKEN : GOOD;
}
