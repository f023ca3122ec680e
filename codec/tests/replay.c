// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * replay.c: judges framed inputs from standard input and prints, in plain text, the verdict and
 * everything that the items say. Needs nothing but the library, so that it is built for any
 * machine; the output is to be the same on all. Frames are those of frame.h.
 */
#include <inttypes.h>

#include "frame.h"

static void print_bytes(const uint8_t *p, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		printf("%02x", p[i]);
}

static void print_item(const struct devfd_item *item)
{
	struct devfd_kept kept;
	struct devfd_area area;
	uint32_t i, cursor = 0;

	printf(" [kind %" PRIu32 " index %" PRIu32 " state %" PRIu32 " flags %" PRIx32
	       " error %" PRIu32 " more %" PRIx32,
	       item->kind, item->index, item->state, item->flags, item->error, item->more);
	printf(" offset %" PRIx64 " size %" PRIx64 " phys %" PRIx64 " pgsizes %" PRIx64,
	       item->offset, item->size, item->phys_addr, item->pgsizes);
	printf(" bar %" PRIu32 " type %" PRIu32 "/%" PRIu32 " count %" PRIu32 " prop %" PRIu32
	       "/%" PRIu32,
	       item->bar, item->type, item->subtype, item->count, item->prop_type,
	       item->prop_index);
	printf(" bus %" PRIu32 " regions %" PRIu32 " irqs %" PRIu32 " id %" PRIx32 ":%" PRIx32
	       " class %" PRIx32 " path ",
	       item->bus, item->num_regions, item->num_irqs, item->vendor, item->device,
	       item->class_);
	print_bytes(item->dt_path.p, item->dt_path.size);
	for (i = 0; devfd_get_area(item, i, &area) == DEVFD_OK; i++)
		printf(" area %" PRIx64 "+%" PRIx64, area.offset, area.size);
	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		printf(" kept %" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 " ", kept.origin,
		       kept.order, kept.id, kept.version);
		print_bytes(kept.data, kept.size);
	}
	printf("]");
}

static int judge(const struct devfd_input *in, struct devfd_error *e)
{
	struct devfd_item item;
	struct devfd d;
	int rc;

	if (in->format >= DEVFD_FORMAT_REPLY) {
		rc = devfd_reply(in->format - DEVFD_FORMAT_REPLY + 1, in->options, in->index, in->p,
				 in->size, &item, e);
		if (rc == DEVFD_OK)
			print_item(&item);
		return rc;
	}
	rc = devfd_open_as(&d, in->format, in->options, in->p, in->size, e);
	if (rc)
		return rc;
	while (devfd_next(&d, &item) == DEVFD_OK)
		print_item(&item);
	return DEVFD_OK;
}

int main(void)
{
	struct devfd_input in;
	struct devfd_error e, tables;
	uint8_t *p;
	int rc;

	while ((p = take_frame(&in, "replay"))) {
		rc = judge(&in, &e);
		if (devfd_judge(&in, 1, &tables) != rc)
			printf(" TABLES DISAGREE");
		printf(" %d %s %" PRIu32 " %" PRIu32 "\n", rc, devfd_rule(e.rule), e.at, e.need);
		free(p);
	}
	return 0;
}
