// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * dump.c: the canonical dump, the meaning of an input as JSON (spec/language.md, section 8). It
 * needs no other part of the tool, so that tests can link it alone.
 */
#include "cli.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define KIND(kind)    ((uint32_t)1 << (kind))
#define PLACE(member) offsetof(struct devfd_item, member)

enum {
	OF_DEVICE = 1 << DEVFD_DEVICE,
	OF_REGION = 1 << DEVFD_REGION,
	OF_IRQ = 1 << DEVFD_IRQ,
	OF_IOMMU = 1 << DEVFD_IOMMU,
	OF_HOT_RESET = 1 << DEVFD_HOT_RESET,
	OF_BOTH = OF_REGION | OF_IRQ,
};

/* The order of each kind's attributes is that of spec/model.yaml. */
const struct attribute attributes[] = {
	{"num_regions", OF_DEVICE, ATTRIBUTE_U32, PLACE(num_regions), 0, false},
	{"num_irqs", OF_DEVICE, ATTRIBUTE_U32, PLACE(num_irqs), 0, false},
	{"vendor", OF_DEVICE, ATTRIBUTE_U32, PLACE(vendor), DEVFD_IDENTITY, false},
	{"device", OF_DEVICE, ATTRIBUTE_U32, PLACE(device), DEVFD_IDENTITY, false},
	{"class", OF_DEVICE, ATTRIBUTE_U32, PLACE(class_), DEVFD_IDENTITY, false},
	{"offset", OF_REGION, ATTRIBUTE_U64, PLACE(offset), 0, false},
	{"size", OF_REGION, ATTRIBUTE_U64, PLACE(size), 0, false},
	{"count", OF_IRQ, ATTRIBUTE_U32, PLACE(count), 0, false},
	{"error", OF_BOTH, ATTRIBUTE_U32, PLACE(error), 0, true},
	{"bar", OF_REGION, ATTRIBUTE_U32, PLACE(bar), DEVFD_BAR, false},
	{"phys_addr", OF_REGION, ATTRIBUTE_U64, PLACE(phys_addr), DEVFD_PHYS_ADDR, false},
	{"type", OF_REGION, ATTRIBUTE_U32, PLACE(type), DEVFD_TYPE, false},
	{"subtype", OF_REGION, ATTRIBUTE_U32, PLACE(subtype), DEVFD_TYPE, false},
	{"prop_type", OF_BOTH, ATTRIBUTE_PROP_TYPE, PLACE(prop_type), DEVFD_DT_INDEX, false},
	{"prop_index", OF_BOTH, ATTRIBUTE_U32, PLACE(prop_index), DEVFD_DT_INDEX, false},
	{"dt_path", OF_BOTH, ATTRIBUTE_PATH, PLACE(dt_path), DEVFD_DT_PATH, false},
	{"areas", OF_REGION, ATTRIBUTE_AREAS, PLACE(areas), DEVFD_AREAS, false},
	{"pgsizes", OF_IOMMU, ATTRIBUTE_U64, PLACE(pgsizes), DEVFD_PGSIZES, false},
	{"dependents", OF_HOT_RESET, ATTRIBUTE_DEPENDENTS, PLACE(dependents), 0, false},
	{"more", OF_DEVICE | OF_BOTH | OF_IOMMU | OF_HOT_RESET, ATTRIBUTE_U32, PLACE(more), 0,
	 true},
};

const size_t attributes_count = sizeof(attributes) / sizeof(attributes[0]);

bool has_index(uint32_t kind)
{
	return KIND(kind) & OF_BOTH;
}

bool has_state(uint32_t kind)
{
	return KIND(kind) & OF_BOTH;
}

uint32_t reply_format(uint32_t call)
{
	return DEVFD_FORMAT_REPLY + call - 1;
}

static void bit_names(uint32_t bits, const char *(*name_of)(uint32_t), char *out, size_t size)
{
	uint32_t bit;
	size_t used = 0;

	snprintf(out, size, "0");
	for (bit = 0; bit < 32; bit++) {
		if (bits & (uint32_t)1 << bit && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "|" : "",
						 name_of(bit));
	}
}

void flag_names(uint32_t flags, char *out, size_t size)
{
	bit_names(flags, devfd_flag_name, out, size);
}

void loss_names(uint32_t lost, char *out, size_t size)
{
	bit_names(lost, devfd_lost_name, out, size);
}

/* A dump with a value left out would be a wrong one. */
static char *text_space(size_t size)
{
	char *text = malloc(size);

	if (!text)
		abort();
	return text;
}

static json_t *hex64(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *path_text(const uint8_t *p, uint32_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	char *text = text_space((size_t)size * 3 + 1);
	size_t used = 0;
	json_t *value;
	uint32_t i;

	for (i = 0; i < size; i++) {
		if (p[i] >= 0x20 && p[i] <= 0x7e && p[i] != '%') {
			text[used++] = (char)p[i];
			continue;
		}
		text[used++] = '%';
		text[used++] = digits[p[i] >> 4];
		text[used++] = digits[p[i] & 15];
	}
	value = json_stringn(text, used);
	free(text);
	return value;
}

static json_t *hex_text(const uint8_t *p, uint32_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *text = text_space((size_t)size * 2 + 1);
	json_t *value;
	uint32_t i;

	for (i = 0; i < size; i++) {
		text[2 * (size_t)i] = digits[p[i] >> 4];
		text[2 * (size_t)i + 1] = digits[p[i] & 15];
	}
	value = json_stringn(text, (size_t)size * 2);
	free(text);
	return value;
}

/* All areas as they are listed, whether or not MMAP lets any of them be mapped. */
static json_t *areas_list(const struct devfd_item *item)
{
	struct devfd_item listed = *item;
	struct devfd_area area;
	json_t *list = json_array();
	uint32_t i;

	listed.flags |= DEVFD_MMAP;
	listed.state = DEVFD_PRESENT;
	for (i = 0; devfd_get_area(&listed, i, &area) == DEVFD_OK; i++) {
		json_array_append_new(list, json_pack("{s:o, s:o}", "offset", hex64(area.offset),
						      "size", hex64(area.size)));
	}
	return list;
}

static json_t *dependents_list(const struct devfd_item *item)
{
	struct devfd_dependent one;
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; devfd_get_dependent(item, i, &one) == DEVFD_OK; i++) {
		json_array_append_new(list, json_pack("{s:I, s:i, s:i, s:i}", "id",
						      (json_int_t)one.id, "segment", one.segment,
						      "bus", one.bus, "devfn", one.devfn));
	}
	return list;
}

static json_t *attribute_value(const struct attribute *a, const struct devfd_item *item)
{
	const void *p = (const char *)item + a->place;

	switch (a->type) {
	case ATTRIBUTE_U32:
		return json_integer(*(const uint32_t *)p);
	case ATTRIBUTE_U64:
		return hex64(*(const uint64_t *)p);
	case ATTRIBUTE_PROP_TYPE:
		return json_string(devfd_prop_type_name(*(const uint32_t *)p));
	case ATTRIBUTE_PATH:
		return path_text(item->dt_path.p, item->dt_path.size);
	case ATTRIBUTE_AREAS:
		return areas_list(item);
	case ATTRIBUTE_DEPENDENTS:
		return dependents_list(item);
	}
	return NULL;
}

static bool is_said(const struct attribute *a, const struct devfd_item *item)
{
	if (!(a->kinds & KIND(item->kind)))
		return false;
	if (a->flag)
		return item->flags & a->flag;
	if (a->rare)
		return *(const uint32_t *)((const char *)item + a->place) != 0;
	return true;
}

static json_t *kept_list(const struct devfd_item *item)
{
	struct devfd_kept kept;
	json_t *list = json_array();
	uint32_t cursor = 0;

	while (devfd_get_kept(item, &cursor, &kept) == DEVFD_OK) {
		json_t *one = json_object();

		json_object_set_new(one, "origin", json_string(devfd_origin_name(kept.origin)));
		json_object_set_new(one, "order", json_string(devfd_order_name(kept.order)));
		json_object_set_new(one, "id", json_integer(kept.id));
		json_object_set_new(one, "version", json_integer(kept.version));
		json_object_set_new(one, "data", hex_text(kept.data, kept.size));
		json_array_append_new(list, one);
	}
	return list;
}

json_t *dump_item(const struct devfd_item *item)
{
	json_t *out = json_object(), *flags = json_array(), *kept;
	uint32_t bit;
	size_t i;

	if (has_index(item->kind))
		json_object_set_new(out, "index", json_integer(item->index));
	if (has_state(item->kind))
		json_object_set_new(out, "state", json_string(devfd_state_name(item->state)));
	if (item->kind == DEVFD_DEVICE)
		json_object_set_new(out, "bus", json_string(devfd_bus_name(item->bus)));
	for (bit = 0; bit < 32; bit++) {
		if (item->flags & (uint32_t)1 << bit)
			json_array_append_new(flags, json_string(devfd_flag_name(bit)));
	}
	json_object_set_new(out, "flags", flags);
	for (i = 0; i < attributes_count; i++) {
		if (is_said(&attributes[i], item))
			json_object_set_new(out, attributes[i].name,
					    attribute_value(&attributes[i], item));
	}
	kept = kept_list(item);
	if (json_array_size(kept))
		json_object_set(out, "kept", kept);
	json_decref(kept);
	return out;
}

json_t *dump_description(struct devfd *d)
{
	json_t *out = json_object(), *regions = json_array(), *irqs = json_array();
	struct devfd_item item;

	json_object_set_new(out, "schema", json_string(DUMP_SCHEMA));
	devfd_rewind(d);
	while (devfd_next(d, &item) == DEVFD_OK) {
		if (item.kind == DEVFD_DEVICE)
			json_object_set_new(out, "device", dump_item(&item));
		else
			json_array_append_new(item.kind == DEVFD_REGION ? regions : irqs,
					      dump_item(&item));
	}
	json_object_set_new(out, "regions", regions);
	json_object_set_new(out, "irqs", irqs);
	return out;
}

json_t *dump_reply(uint32_t call, const struct devfd_item *item)
{
	const char *name = devfd_format_name(reply_format(call));
	const char *dot = strchr(name, '.');
	json_t *out = json_object();

	json_object_set_new(out, "schema", json_string(DUMP_SCHEMA));
	json_object_set_new(out, "reply", json_string(dot ? dot + 1 : name));
	json_object_set_new(out, "item", dump_item(item));
	return out;
}
