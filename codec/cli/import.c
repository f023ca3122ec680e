// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* import.c: a canonical dump read back into a description; what the dump would not say is refused.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* For the places of a KEPT record, and the stores that know both byte orders. */
#include "../scan.h"

/* Memory that items point into; it goes when the description is written. */
struct held {
	struct held *next;
	void *p;
};

struct import {
	struct input *in;
	bool big; /* byte order of the description that is made */
	struct held *held;
	char path[256];
};

static int bad(struct import *im, const char *key, const char *wanted)
{
	return fault(im->in, "%s%s%s: %s", im->path, key ? "." : "", key ? key : "", wanted);
}

static uint8_t *hold(struct import *im, uint8_t *p)
{
	struct held *h = must_calloc(1, sizeof(*h));

	h->p = p;
	h->next = im->held;
	im->held = h;
	return p;
}

static void release(struct import *im)
{
	while (im->held) {
		struct held *next = im->held->next;

		free(im->held->p);
		free(im->held);
		im->held = next;
	}
}

/* ---- Values ---- */

/* The number of a name; false if it is no name of this kind. */
static bool by_name(const json_t *value, const char *(*name_of)(uint32_t), uint32_t *number)
{
	const char *text = json_string_value(value);
	uint32_t i;

	/* Every enum of the model has small numbers, so asking for each name will do. */
	for (i = 0; text && i < 256; i++) {
		const char *name = name_of(i);

		if (!name || strcmp(name, text))
			continue;
		*number = i;
		return true;
	}
	return false;
}

static bool hex64(const json_t *value, uint64_t *number)
{
	const char *text = json_string_value(value);
	char again[32];

	if (!text)
		return false;
	if (strncmp(text, "0x", 2))
		return false;
	*number = strtoull(text + 2, NULL, 16);
	/* Signs, leading zeros, capitals and more than 64 bits come out otherwise. */
	snprintf(again, sizeof(again), "0x%" PRIx64, *number);
	return !strcmp(again, text);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool path(struct import *im, const json_t *value, struct devfd_bytes *out)
{
	const char *text = json_string_value(value);
	uint8_t *p;
	size_t used = 0;

	if (!text)
		return false;
	p = hold(im, must_calloc(strlen(text), 1));
	for (; *text; text++) {
		if (*text != '%') {
			p[used++] = (uint8_t)*text;
			continue;
		}
		if (nibble(text[1]) < 0 || nibble(text[2]) < 0)
			return false;
		p[used++] = (uint8_t)(nibble(text[1]) << 4 | nibble(text[2]));
		text += 2;
	}
	out->p = p;
	out->size = (uint32_t)used;
	return true;
}

/* Every key is among those listed, and all of those are there. The list is closed by NULL. */
static int only_keys(struct import *im, const json_t *object, const char *const *keys)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(object))
		return bad(im, NULL, "wanted an object");
	json_object_foreach((json_t *)object, key, value)
	{
		for (i = 0; keys[i]; i++) {
			if (!strcmp(keys[i], key))
				break;
		}
		if (!keys[i])
			return bad(im, printable(key), "unknown key");
	}
	for (i = 0; keys[i]; i++) {
		if (!json_object_get(object, keys[i]))
			return bad(im, keys[i], "missing");
	}
	return STATUS_GOOD;
}

/* Goes one step down the path; the caller cuts it back to the length returned. */
static size_t enter(struct import *im, const char *key, size_t number)
{
	size_t before = strlen(im->path);

	snprintf(im->path + before, sizeof(im->path) - before, ".%s[%zu]", key, number);
	return before;
}

static int areas(struct import *im, const json_t *list, struct devfd_areas *out)
{
	static const char *const keys[] = {"offset", "size", NULL};
	size_t n = json_array_size(list), i;
	uint64_t offset, size;
	uint8_t *p;

	if (!json_is_array(list))
		return bad(im, "areas", "wanted an array");
	p = hold(im, must_calloc(n, 16));
	for (i = 0; i < n; i++) {
		size_t before = enter(im, "areas", i);

		if (only_keys(im, json_array_get(list, i), keys))
			return STATUS_BROKEN;
		if (!hex64(json_object_get(json_array_get(list, i), "offset"), &offset))
			return bad(im, "offset", "wanted a string such as \"0x1f00\"");
		if (!hex64(json_object_get(json_array_get(list, i), "size"), &size))
			return bad(im, "size", "wanted a string such as \"0x1f00\"");
		devfd_set64(p + 16 * i, offset, im->big);
		devfd_set64(p + 16 * i + 8, size, im->big);
		im->path[before] = '\0';
	}
	out->p = p;
	out->count = (uint32_t)n;
	out->order = im->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	return STATUS_GOOD;
}

/* ---- Kept things, as a run of KEPT records ---- */

static uint32_t envelope_tag(void)
{
	uint32_t i = 0;

	while (devfd_records[i].due != DEVFD_DUE_KEPT)
		i++;
	return devfd_records[i].tag;
}

static int kept_one(struct import *im, const json_t *from, struct devfd_kept *kept, uint8_t **data)
{
	static const char *const keys[] = {"origin", "order", "id", "version", "data", NULL};
	const char *text = json_string_value(json_object_get(from, "data"));

	if (only_keys(im, from, keys))
		return STATUS_BROKEN;
	if (!by_name(json_object_get(from, "origin"), devfd_origin_name, &kept->origin))
		return bad(im, "origin", "wanted RECORD, DEVICE_CAP, REGION_CAP or IOMMU_CAP");
	if (!by_name(json_object_get(from, "order"), devfd_order_name, &kept->order))
		return bad(im, "order", "wanted LITTLE or BIG");
	if (!json_u32(json_object_get(from, "id"), &kept->id))
		return bad(im, "id", "wanted a number from 0 to 4294967295");
	if (!json_u32(json_object_get(from, "version"), &kept->version))
		return bad(im, "version", "wanted a number from 0 to 4294967295");
	*data = text ? parse_hex(text, &kept->size) : NULL;
	if (!*data)
		return bad(im, "data", "wanted an even number of hex digits");
	kept->data = hold(im, *data);
	return STATUS_GOOD;
}

static int kept_run(struct import *im, const json_t *list, struct devfd_kept_list *out)
{
	size_t n = json_array_size(list), i, size = 0;
	uint8_t *run = NULL;

	if (!n)
		return bad(im, "kept", "wanted an array of one or more");
	for (i = 0; i < n; i++) {
		size_t before = enter(im, "kept", i), length;
		struct devfd_kept kept;
		uint8_t *data, *p;

		if (kept_one(im, json_array_get(list, i), &kept, &data)) {
			free(run);
			return STATUS_BROKEN;
		}
		length = DEVFD_SIZE_TLV_RECORD + DEVFD_SIZE_TLV_KEPT +
			 (((size_t)kept.size + 3) & ~(size_t)3);
		if (length > DEVFD_SIZE_MAX - size) {
			free(run);
			return bad(im, "data", "too long");
		}
		run = must_realloc(run, size + length);
		p = run + size;
		memset(p, 0, length);
		devfd_set32(p + DEVFD_AT_TLV_RECORD_TYPE, envelope_tag(), im->big);
		devfd_set32(p + DEVFD_AT_TLV_RECORD_REC_LEN, (uint32_t)length, im->big);
		p += DEVFD_SIZE_TLV_RECORD;
		devfd_set32(p + DEVFD_AT_TLV_KEPT_ORIGIN, kept.origin, im->big);
		devfd_set32(p + DEVFD_AT_TLV_KEPT_ORDER, kept.order, im->big);
		devfd_set32(p + DEVFD_AT_TLV_KEPT_ID, kept.id, im->big);
		devfd_set32(p + DEVFD_AT_TLV_KEPT_VERSION, kept.version, im->big);
		devfd_set32(p + DEVFD_AT_TLV_KEPT_SIZE, kept.size, im->big);
		memcpy(p + DEVFD_AT_TLV_KEPT_DATA, kept.data, kept.size);
		size += length;
		im->path[before] = '\0';
	}
	out->base = hold(im, run);
	out->at = 0;
	out->end = (uint32_t)size;
	out->origin = DEVFD_ORIGIN_RECORD;
	out->order = im->big ? DEVFD_ORDER_BIG : DEVFD_ORDER_LITTLE;
	return STATUS_GOOD;
}

/* ---- Items ---- */

static int flags(struct import *im, const json_t *list, uint32_t *out)
{
	size_t i;

	if (!json_is_array(list))
		return bad(im, "flags", "wanted an array of names");
	for (i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		uint32_t bit = 0;

		for (; text && bit < 32; bit++) {
			const char *name = devfd_flag_name(bit);

			if (name && !strcmp(name, text))
				break;
		}
		if (!text || bit == 32)
			return bad(im, "flags", "wanted names of flags");
		*out |= (uint32_t)1 << bit;
	}
	return STATUS_GOOD;
}

static int attribute(struct import *im, const struct attribute *a, const json_t *value,
		     struct devfd_item *item)
{
	void *p = (char *)item + a->place;

	switch (a->type) {
	case ATTRIBUTE_U32:
		if (!json_u32(value, p))
			return bad(im, a->name, "wanted a number from 0 to 4294967295");
		break;
	case ATTRIBUTE_U64:
		if (!hex64(value, p))
			return bad(im, a->name, "wanted a string such as \"0x1f00\"");
		break;
	case ATTRIBUTE_PROP_TYPE:
		if (!by_name(value, devfd_prop_type_name, p))
			return bad(im, a->name, "wanted the name of a property type");
		break;
	case ATTRIBUTE_PATH:
		if (!path(im, value, &item->dt_path))
			return bad(im, a->name, "wanted a path with %XX for what is not printable");
		break;
	case ATTRIBUTE_AREAS:
		return areas(im, value, &item->areas);
	case ATTRIBUTE_DEPENDENTS: /* of nothing that a description has */
		break;
	}
	return STATUS_GOOD;
}

static int attributes_of(struct import *im, const json_t *from, struct devfd_item *item)
{
	size_t i;

	for (i = 0; i < attributes_count; i++) {
		const struct attribute *a = &attributes[i];
		const json_t *value = json_object_get(from, a->name);

		if (!(a->kinds & (uint32_t)1 << item->kind))
			continue;
		if (!value && a->flag && item->flags & a->flag)
			return bad(im, a->name, "missing, although flags say that it is known");
		if (value && a->flag && !(item->flags & a->flag))
			return bad(im, a->name,
				   "there, although flags do not say that it is known");
		if (!value && !a->flag && !a->rare)
			return bad(im, a->name, "missing");
		if (value && attribute(im, a, value, item))
			return STATUS_BROKEN;
	}
	return STATUS_GOOD;
}

static bool is_key(const struct devfd_item *item, const char *key)
{
	size_t i;

	if (!strcmp(key, "flags") || !strcmp(key, "kept"))
		return true;
	if (!strcmp(key, "index"))
		return has_index(item->kind);
	if (!strcmp(key, "state"))
		return has_state(item->kind);
	if (!strcmp(key, "bus"))
		return item->kind == DEVFD_DEVICE;
	for (i = 0; i < attributes_count; i++) {
		if (attributes[i].kinds & (uint32_t)1 << item->kind &&
		    !strcmp(attributes[i].name, key))
			return true;
	}
	return false;
}

/* The item of one object; the path names it. */
static int item_of(struct import *im, const json_t *from, uint32_t kind, struct devfd_item *item)
{
	uint64_t extent;
	const json_t *kept;
	const char *key;
	uint32_t state;
	json_t *value;

	if (!json_is_object(from))
		return bad(im, NULL, "wanted an object");
	devfd_item_init(item, kind);
	json_object_foreach((json_t *)from, key, value)
	{
		if (!is_key(item, key))
			return bad(im, printable(key), "unknown key");
	}
	if (has_index(kind) && !json_u32(json_object_get(from, "index"), &item->index))
		return bad(im, "index", "wanted a number from 0 to 4294967295");
	if (kind == DEVFD_DEVICE &&
	    !by_name(json_object_get(from, "bus"), devfd_bus_name, &item->bus))
		return bad(im, "bus", "wanted the name of a bus");
	if (flags(im, json_object_get(from, "flags"), &item->flags))
		return STATUS_BROKEN;
	if (attributes_of(im, from, item))
		return STATUS_BROKEN;
	kept = json_object_get(from, "kept");
	if (kept && kept_run(im, kept, &item->kept))
		return STATUS_BROKEN;
	if (!has_state(kind))
		return STATUS_GOOD;
	extent = kind == DEVFD_REGION ? item->size : item->count;
	item->state = item->error ? DEVFD_UNREADABLE : extent ? DEVFD_PRESENT : DEVFD_EMPTY;
	if (!by_name(json_object_get(from, "state"), devfd_state_name, &state) ||
	    state != item->state)
		return fault(im->in, "%s.state: wanted %s, which the rest says", im->path,
			     devfd_state_name(item->state));
	return STATUS_GOOD;
}

static int items_of(struct import *im, const char *key, uint32_t kind, struct devfd_item *items,
		    size_t *count)
{
	const json_t *list = json_object_get(im->in->json, key);
	size_t i;

	if (!json_is_array(list))
		return bad(im, key, "wanted an array");
	for (i = 0; i < json_array_size(list); i++) {
		size_t before = enter(im, key, i);
		struct devfd_item *item = &items[*count];

		if (item_of(im, json_array_get(list, i), kind, item))
			return STATUS_BROKEN;
		if (i && item->index <= item[-1].index)
			return bad(im, "index", "wanted more than the one before");
		if (item->index >=
		    (kind == DEVFD_REGION ? items[0].num_regions : items[0].num_irqs))
			return bad(im, "index",
				   kind == DEVFD_REGION ? "wanted less than device.num_regions"
							: "wanted less than device.num_irqs");
		im->path[before] = '\0';
		++*count;
	}
	return STATUS_GOOD;
}

/* ---- The description ---- */

static int not_canonical(void *context, const char *where, const json_t *a, const json_t *b)
{
	struct import *im = context;
	char *found = json_text(a), *wanted = json_text(b);

	fault(im->in, "%s: found %s, but this description is dumped with %s", where, found, wanted);
	free(found);
	free(wanted);
	return 1;
}

/* Does the description say what the dump said? One that a codec refuses is left for input_open() to
 * report. */
static int compare(struct import *im)
{
	struct devfd_error e;
	struct devfd d;
	json_t *again;
	int differs;

	if (devfd_open(&d, im->in->blob, im->in->blob_size, &e) != DEVFD_OK)
		return STATUS_GOOD;
	again = dump_description(&d);
	differs = json_differences(im->in->json, again, not_canonical, im);
	json_decref(again);
	return differs ? STATUS_BROKEN : STATUS_GOOD;
}

static void cannot_carry(void *context, const struct devfd_item *item, uint32_t lost)
{
	struct import *im = context;
	char names[256], who[32] = "device";

	loss_names(lost, names, sizeof(names));
	if (item && item->kind != DEVFD_DEVICE)
		snprintf(who, sizeof(who), "%s %u", item->kind == DEVFD_REGION ? "region" : "irq",
			 item->index);
	fault(im->in, "%s: %s cannot be said of it", who, names);
}

static int import_in(struct input *in, bool big)
{
	static const char *const keys[] = {"schema", "device", "regions", "irqs", NULL};
	struct import im = {in, big, NULL, "$"};
	size_t room = json_array_size(json_object_get(in->json, "regions")) +
		      json_array_size(json_object_get(in->json, "irqs")) + 1;
	struct devfd_item *items = must_calloc(room, sizeof(*items));
	struct source from = {NULL, items, 1};
	int status = only_keys(&im, in->json, keys);

	strcpy(im.path, "$.device");
	if (!status)
		status = item_of(&im, json_object_get(in->json, "device"), DEVFD_DEVICE, &items[0]);
	strcpy(im.path, "$");
	if (!status)
		status = items_of(&im, "regions", DEVFD_REGION, items, &from.count);
	if (!status)
		status = items_of(&im, "irqs", DEVFD_IRQ, items, &from.count);
	if (!status && write_items(&from, DEVFD_TLV, big ? DEVFD_BIG : DEVFD_LITTLE, cannot_carry,
				   &im, &in->blob, &in->blob_size) != DEVFD_OK)
		status = STATUS_BROKEN;
	if (!status)
		status = compare(&im);
	if (status) {
		free(in->blob);
		in->blob = NULL;
	}
	release(&im);
	free(items);
	return status;
}

int dump_import(struct input *in)
{
	char first[sizeof(in->fault)];

	if (json_object_get(in->json, "reply"))
		return fault(in, "$.reply: one reply is no whole device");
	if (!import_in(in, false))
		return STATUS_GOOD;
	memcpy(first, in->fault, sizeof(first));
	/* Records that were kept from a big-endian file may stand in order in such a file alone. */
	if (!import_in(in, true))
		return STATUS_GOOD;
	memcpy(in->fault, first, sizeof(first));
	return STATUS_BROKEN;
}
