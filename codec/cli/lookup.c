// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* lookup.c: one region or one interrupt in one line. */
#include "cli.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

static void print_item(const struct devfd_item *item)
{
	char names[256];

	flag_names(item->flags, names, sizeof(names));
	if (item->kind == DEVFD_REGION)
		printf("offset 0x%" PRIx64 " size 0x%" PRIx64, item->offset, item->size);
	else
		printf("count %" PRIu32, item->count);
	printf(" flags %s", names);
	if (item->state != DEVFD_PRESENT)
		printf(" state %s", devfd_state_name(item->state));
	if (item->error)
		printf(" errno %" PRIu32, item->error);
	putchar('\n');
}

static int look_up(const struct verb *verb, const char *file, uint32_t index)
{
	struct reading reading = {0, 0, 0, false};
	struct devfd_item item;
	struct input in;
	struct devfd d;
	int status = input_load(&in, file, &reading, &d), rc;

	if (!status) {
		rc = verb == &verb_region ? devfd_get_region(&d, index, &item)
					  : devfd_get_irq(&d, index, &item);
		if (rc == DEVFD_IS_ABSENT) {
			complain("%s: nothing is said of %s %" PRIu32, in.name, verb->name, index);
			status = STATUS_BROKEN;
		} else if (rc == DEVFD_REJECT) {
			complain("%s: changed while it was read", in.name);
			status = STATUS_FAILED;
		} else {
			print_item(&item);
		}
	}
	input_free(&in);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	uint32_t index;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP)
			return print_help(verb);
		return misused_option(verb, argv, option);
	}
	if (argc - optind != 2)
		return misused(verb, "wanted an input and an index");
	if (!parse_u32(argv[optind + 1], &index))
		return misused(verb, "%s: wanted a number from 0 to 4294967295", argv[optind + 1]);
	return look_up(verb, argv[optind], index);
}

static int run_region(int argc, char **argv)
{
	return run(&verb_region, argc, argv);
}

static int run_irq(int argc, char **argv)
{
	return run(&verb_irq, argc, argv);
}

const struct verb verb_region = {
	"region",
	"FILE N",
	"Show where region N is, in one line",
	"Prints offset, size and flags, and the state unless the region is present; for\n"
	"one that could not be read also the errno. Exit status 1 if nothing is said of\n"
	"N.\n",
	run_region,
};

const struct verb verb_irq = {
	"irq",
	"FILE N",
	"Show how many vectors interrupt N has, in one line",
	"Prints count and flags, and the state unless the interrupt is present; for one\n"
	"that could not be read also the errno. Exit status 1 if nothing is said of N.\n",
	run_irq,
};
