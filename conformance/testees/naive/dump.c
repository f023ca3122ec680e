/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* dump.c: writes what was read as the canonical dump (spec/language.md, section 8). */
#include <inttypes.h>

#include "replies.h"

/* Buses by their flag, the first that is set decides. */
static const struct flag_row buses[] = {
	{1u << 1, "PCI"}, {1u << 2, "PLATFORM"}, {1u << 3, "AMBA"}, {1u << 4, "CCW"},
	{1u << 5, "AP"},  {1u << 6, "FSL_MC"},   {1u << 8, "CDX"},
};

static const char *separate(bool *more)
{
	const char *text = *more ? ", " : "";

	*more = true;
	return text;
}

static uint32_t dump_flags(const struct item *item, FILE *out)
{
	const struct reply_row *reply = item->reply;
	uint32_t rest = item->flags & ~reply->caps;
	bool more = false;

	fputs("\"flags\": [", out);
	for (size_t i = 0; i < COUNT(reply->flag); i++) {
		if ((rest & reply->flag[i].bit) == 0)
			continue;
		fprintf(out, "%s\"%s\"", separate(&more), reply->flag[i].name);
		rest &= ~reply->flag[i].bit;
	}
	if (item->has_msix)
		fprintf(out, "%s\"MSIX_MAPPABLE\"", separate(&more));
	if (item->has_type)
		fprintf(out, "%s\"TYPE\"", separate(&more));
	if (item->has_areas)
		fprintf(out, "%s\"AREAS\"", separate(&more));
	fputs("]", out);
	return rest;
}

static uint32_t dump_bus(uint32_t flags, FILE *out)
{
	for (size_t i = 0; i < COUNT(buses); i++) {
		if ((flags & buses[i].bit) == 0)
			continue;
		fprintf(out, "\"bus\": \"%s\", ", buses[i].name);
		return buses[i].bit;
	}
	fputs("\"bus\": \"NONE\", ", out);
	return 0;
}

static void dump_areas(const struct view *view, const struct part *areas, FILE *out)
{
	bool more = false;

	fputs(", \"areas\": [", out);
	for (uint32_t i = 0; i < areas->count; i++) {
		const uint64_t at = areas->at + (uint64_t)i * 16;

		fprintf(out, "%s{\"offset\": \"0x%" PRIx64 "\", \"size\": \"0x%" PRIx64 "\"}",
			separate(&more), get_u64(view, at), get_u64(view, at + 8));
	}
	fputs("]", out);
}

static void dump_dependents(const struct view *view, const struct part *all, FILE *out)
{
	bool more = false;

	fputs(", \"dependents\": [", out);
	for (uint32_t i = 0; i < all->count; i++) {
		const uint64_t at = all->at + (uint64_t)i * 8;

		fprintf(out, "%s{\"id\": %u, \"segment\": %u, \"bus\": %u, \"devfn\": %u}",
			separate(&more), get_u32(view, at), get_u16(view, at + 4),
			get_u8(view, at + 6), get_u8(view, at + 7));
	}
	fputs("]", out);
}

static void dump_kept(const struct view *view, const struct item *item, FILE *out)
{
	bool more = false;

	if (item->kept_count == 0)
		return;
	fputs(", \"kept\": [", out);
	for (size_t i = 0; i < item->kept_count; i++) {
		const struct kept *kept = &item->kept[i];

		fprintf(out,
			"%s{\"origin\": \"%s\", \"order\": \"%s\", \"id\": %u, \"version\": %u, "
			"\"data\": \"",
			separate(&more), item->reply->origin, view->big ? "BIG" : "LITTLE",
			kept->id, kept->version);
		for (uint64_t at = 0; at < kept->size; at++)
			fprintf(out, "%02x", get_u8(view, kept->at + at));
		fputs("\"}", out);
	}
	fputs("]", out);
}

/* What each kind says beside its flags. */
static void dump_attributes(const struct view *view, const struct item *item, FILE *out)
{
	switch (item->reply->kind) {
	case DEVICE:
		fprintf(out, ", \"num_regions\": %u, \"num_irqs\": %u", item->num_regions,
			item->num_irqs);
		return;
	case REGION:
		fprintf(out, ", \"offset\": \"0x%" PRIx64 "\", \"size\": \"0x%" PRIx64 "\"",
			item->offset, item->size);
		if (item->has_type)
			fprintf(out, ", \"type\": %u, \"subtype\": %u", item->type, item->subtype);
		if (item->has_areas)
			dump_areas(view, &item->areas, out);
		return;
	case IRQ:
		fprintf(out, ", \"count\": %u", item->count);
		return;
	case IOMMU:
		if ((item->flags & 1) != 0 || fault_is(PGSIZES_ALWAYS))
			fprintf(out, ", \"pgsizes\": \"0x%" PRIx64 "\"", item->pgsizes);
		return;
	case HOT_RESET:
		dump_dependents(view, &item->dependents, out);
		return;
	}
}

void dump_item(const struct view *view, const struct item *item, FILE *out)
{
	const enum kind kind = item->reply->kind;
	uint32_t rest = 0;
	uint32_t bus = 0;

	fprintf(out, "{\"schema\": \"devfd/1\", \"reply\": \"%s\", \"item\": {",
		item->reply->format + sizeof("linux.") - 1);
	if (kind == REGION || kind == IRQ) {
		const uint64_t measure = kind == REGION ? item->size : item->count;

		fprintf(out, "\"index\": %u, \"state\": \"%s\", ", item->index,
			measure == 0 ? "EMPTY" : "PRESENT");
	}
	if (kind == DEVICE)
		bus = dump_bus(item->flags, out);
	rest = dump_flags(item, out) & ~bus;
	dump_attributes(view, item, out);
	if (rest != 0)
		fprintf(out, ", \"more\": %u", rest);
	dump_kept(view, item, out);
	fputs("}}", out);
}
