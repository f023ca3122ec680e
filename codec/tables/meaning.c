// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* meaning.c: values as text, and bodies by their tags. */
#include <inttypes.h>
#include "walk.h"

enum { DECIMAL_BELOW = 4096 };

void devfd_text_start(struct devfd_text *t, char *p, size_t size)
{
	t->p = p;
	t->size = size;
	t->used = 0;
	if (size)
		p[0] = '\0';
}

void devfd_text_add(struct devfd_text *t, const char *piece)
{
	for (; *piece; piece++) {
		if (t->used + 1 >= t->size)
			return;
		t->p[t->used++] = *piece;
		t->p[t->used] = '\0';
	}
}

void devfd_text_number(struct devfd_text *t, uint64_t value)
{
	char digits[32];

	if (value < DECIMAL_BELOW)
		snprintf(digits, sizeof(digits), "%" PRIu64, value);
	else
		snprintf(digits, sizeof(digits), "%#" PRIx64, value);
	devfd_text_add(t, digits);
}

void devfd_text_hex(struct devfd_text *t, const uint8_t *p, uint32_t size)
{
	char digits[4];
	uint32_t i;

	for (i = 0; i < size; i++) {
		if (t->used + sizeof("00...") >= t->size) {
			devfd_text_add(t, "...");
			return;
		}
		snprintf(digits, sizeof(digits), "%02x", p[i]);
		devfd_text_add(t, digits);
	}
}

void devfd_text_escaped(struct devfd_text *t, const uint8_t *p, uint32_t size)
{
	char piece[4];
	uint32_t i;

	for (i = 0; i < size; i++) {
		int plain = p[i] >= 0x20 && p[i] <= 0x7e && p[i] != '%';

		if (t->used + sizeof("%00...") >= t->size) {
			devfd_text_add(t, "...");
			return;
		}
		snprintf(piece, sizeof(piece), plain ? "%c" : "%%%02X", p[i]);
		devfd_text_add(t, piece);
	}
}

void devfd_text_flags(struct devfd_text *t, const struct devfd_flags_row *flags, uint64_t value)
{
	uint64_t rest = value;
	size_t i;

	for (i = 0; i < flags->count; i++) {
		uint64_t mask = (uint64_t)1 << flags->bits[i].bit;

		if (!(value & mask))
			continue;
		if (t->used)
			devfd_text_add(t, "|");
		devfd_text_add(t, flags->bits[i].name);
		rest &= ~mask;
	}
	if (!rest)
		return;
	if (t->used)
		devfd_text_add(t, "|");
	devfd_text_number(t, rest);
}

const char *devfd_member_name(uint32_t values, uint64_t value)
{
	const struct devfd_enum_row *e = &devfd_enum_rows[values];
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (e->members[i].value == value)
			return e->members[i].name;
	}
	return NULL;
}

const struct devfd_body_row *devfd_record_body(uint32_t tag)
{
	uint32_t i;

	for (i = DEVFD_BODY_TLV_HEADER; i < DEVFD_BODY_LINUX_CAP; i++) {
		const struct devfd_body_row *row = &devfd_body_rows[i];

		if (row->parents && row->tag == tag)
			return row;
	}
	return NULL;
}

const struct devfd_body_row *devfd_cap_body(uint32_t origin, uint32_t id)
{
	uint32_t i;

	for (i = DEVFD_BODY_TLV_HEADER; i < DEVFD_BODY_LINUX_CAP; i++) {
		const struct devfd_body_row *row = &devfd_body_rows[i];

		if (row->head == DEVFD_SIZE_LINUX_CAP && row->chain == origin && row->tag == id)
			return row;
	}
	return NULL;
}
