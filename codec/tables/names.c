// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* names.c: names of formats and of the things of the model, for their numbers. */
#include "rows.h"

static const char *member_name(uint32_t number, uint32_t value)
{
	const struct devfd_enum_row *e = &devfd_enum_rows[number];
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (e->members[i].value == value)
			return e->members[i].name;
	}
	return NULL;
}

const char *devfd_bus_name(uint32_t bus)
{
	return member_name(DEVFD_ENUM_MODEL_BUS, bus);
}

const char *devfd_state_name(uint32_t state)
{
	return member_name(DEVFD_ENUM_MODEL_STATE, state);
}

const char *devfd_origin_name(uint32_t origin)
{
	return member_name(DEVFD_ENUM_MODEL_ORIGIN, origin);
}

const char *devfd_order_name(uint32_t order)
{
	return member_name(DEVFD_ENUM_MODEL_ORDER, order);
}

const char *devfd_prop_type_name(uint32_t prop_type)
{
	return member_name(DEVFD_ENUM_MODEL_PROP_TYPE, prop_type);
}

const char *devfd_flag_name(uint32_t bit)
{
	return bit < 32 ? devfd_flag_names[bit] : NULL;
}

const char *devfd_lost_name(uint32_t bit)
{
	static const struct {
		uint32_t mask;
		const char *name;
	} rows[] = {
		{DEVFD_LOST_KEPT, "KEPT"},
		{DEVFD_LOST_OFFSET, "OFFSET"},
		{DEVFD_LOST_ITEM, "ITEM"},
	};
	size_t i;

	if (bit >= 32)
		return NULL;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].mask == (uint32_t)1 << bit)
			return rows[i].name;
	}
	return devfd_flag_names[bit];
}

uint32_t devfd_format_number(const char *name)
{
	uint32_t i;

	for (i = 0; devfd_format_names[i]; i++) {
		if (!strcmp(devfd_format_names[i], name))
			return i + 1;
	}
	return 0;
}

const char *devfd_format_name(uint32_t format)
{
	uint32_t i;

	for (i = 0; devfd_format_names[i]; i++) {
		if (i + 1 == format)
			return devfd_format_names[i];
	}
	return NULL;
}

uint32_t devfd_format_of(const void *p, size_t size)
{
	uint32_t big;

	if (size < 4)
		return 0;
	return devfd_magic_layout((const uint8_t *)p, &big);
}
