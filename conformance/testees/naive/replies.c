/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* replies.c: judges the struct at the head of a reply. */
#include <string.h>

#include "replies.h"

static const struct cap_row device_caps[] = {
	{.id = 1, .newest = 3, .size = {24, 28, 32}},
	{.id = 2, .newest = 2, .size = {31, 34}},
	{.id = 3, .newest = 1, .size = {4}, .element = 1, .array = 4},
	{.id = 4, .newest = 1, .size = {4}, .element = 1, .array = 4},
	{.id = 5, .newest = 1, .size = {8}, .reserved = 4},
};
static const struct cap_row region_caps[] = {
	{.id = 1,
	 .newest = 1,
	 .size = {8},
	 .element = 16,
	 .array = 8,
	 .reserved = 4,
	 .use = SPARSE},
	{.id = 2, .newest = 1, .size = {8}, .use = TYPE},
	{.id = 3, .newest = 1, .size = {0}, .use = MSIX},
	{.id = 4, .newest = 1, .size = {8}},
	{.id = 5, .newest = 1, .size = {8}, .reserved = 4},
};
static const struct cap_row iommu_caps[] = {
	{.id = 1, .newest = 1, .size = {8}, .element = 16, .array = 8, .reserved = 4},
	{.id = 2, .newest = 1, .size = {24}},
	{.id = 3, .newest = 1, .size = {4}},
};

const struct reply_row reply_table[5] = {
	{"linux.device_info",
	 DEVICE,
	 16,
	 24,
	 1u << 7,
	 16,
	 0x1ff,
	 "DEVICE_CAP",
	 device_caps,
	 COUNT(device_caps),
	 {{1u << 0, "RESET"}}},
	{"linux.region_info",
	 REGION,
	 32,
	 32,
	 1u << 3,
	 12,
	 0xf,
	 "REGION_CAP",
	 region_caps,
	 COUNT(region_caps),
	 {{1u << 0, "READ"}, {1u << 1, "WRITE"}, {1u << 2, "MMAP"}}},
	{"linux.irq_info",
	 IRQ,
	 16,
	 16,
	 0,
	 0,
	 0xf,
	 NULL,
	 NULL,
	 0,
	 {{1u << 0, "EVENTFD"},
	  {1u << 1, "MASKABLE"},
	  {1u << 2, "AUTOMASKED"},
	  {1u << 3, "NORESIZE"}}},
	{"linux.iommu_info",
	 IOMMU,
	 16,
	 24,
	 1u << 1,
	 16,
	 0x3,
	 "IOMMU_CAP",
	 iommu_caps,
	 COUNT(iommu_caps),
	 {{1u << 0, "PGSIZES"}}},
	{"linux.hot_reset_info",
	 HOT_RESET,
	 12,
	 12,
	 0,
	 0,
	 0x3,
	 NULL,
	 NULL,
	 0,
	 {{1u << 0, "DEV_ID"}, {1u << 1, "DEV_ID_OWNED"}}},
};

const struct reply_row *find_reply(const char *format)
{
	for (size_t i = 0; i < COUNT(reply_table); i++)
		if (strcmp(reply_table[i].format, format) == 0)
			return &reply_table[i];
	return NULL;
}

/* start + length <= limit */
bool fits(uint64_t start, uint64_t length, uint64_t limit)
{
	if (fault_is(WRAP64))
		return start + length <= limit;
	if (fault_is(WRAP32))
		return (uint32_t)(start + length) <= limit;
	return start <= limit && length <= limit - start;
}

/* A program that declares the newest struct and copies it out looks at all of it. */
static void cast(const struct view *view, const struct reply_row *reply)
{
	uint8_t copy[32];

	memcpy(copy, view->data, reply->newest);
	/* Keeps the copy: a compiler may leave out what nothing looks at. */
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static enum verdict read_dependents(const struct view *view, uint64_t end, struct item *item,
				    uint32_t *need)
{
	const uint32_t count = get_u32(view, 8);
	const uint64_t bytes = fault_is(WRAP32) ? (uint32_t)(count * 8u) : (uint64_t)count * 8;

	item->dependents = (struct part){.at = 12, .count = count};
	if (!fault_is(RESET_COUNT_TRUSTED) && bytes > end - 12) {
		*need = bytes + 12 > UINT32_MAX ? UINT32_MAX : (uint32_t)(bytes + 12);
		return NEED_MORE;
	}
	/* DEV_ID_OWNED says something of devids only. */
	if (fault_is(OWNED_UNCHECKED))
		return ACCEPT;
	return (item->flags & 3) == 2 ? REJECT : ACCEPT;
}

/* The length: what was received counts, argsz only says what the producer wishes for. */
static enum verdict read_length(const struct view *view, const struct reply_row *reply,
				uint64_t *end, uint32_t *need)
{
	uint32_t argsz;

	*need = reply->min;
	if (fault_is(STRUCT_CAST))
		cast(view, reply);
	else if (view->size < reply->min)
		return NEED_MORE;
	argsz = get_u32(view, 0);
	*end = argsz;
	if (fault_is(ARGSZ_IGNORED)) {
		*end = view->size;
		return ACCEPT;
	}
	if (argsz < reply->min)
		return REJECT;
	*need = argsz;
	if (argsz > view->size && !fault_is(ARGSZ_IS_LENGTH))
		return NEED_MORE;
	return ACCEPT;
}

/* In an int the upper half of the numbers is negative, and a loop up to such a number does nothing.
 */
static uint32_t number(uint32_t value)
{
	return fault_is(SIGNED_COUNT) && value > INT32_MAX ? 0 : value;
}

static enum verdict read_head(const struct view *view, uint32_t index, uint64_t end,
			      struct item *item, uint32_t *need)
{
	item->flags = get_u32(view, 4);
	if (fault_is(UNKNOWN_FLAG_REFUSED) && (item->flags & ~item->reply->known) != 0)
		return REJECT;
	switch (item->reply->kind) {
	case DEVICE:
		item->num_regions = number(get_u32(view, 8));
		item->num_irqs = number(get_u32(view, 12));
		return ACCEPT;
	case REGION:
		item->index = get_u32(view, 8);
		item->size = get_u64(view, 16);
		item->offset = get_u64(view, 24);
		if (item->index != index && !fault_is(INDEX_UNCHECKED))
			return REJECT;
		if (fault_is(END_UNCHECKED))
			return ACCEPT;
		return item->index != UINT32_MAX && fits(item->offset, item->size, INT64_MAX)
			       ? ACCEPT
			       : REJECT;
	case IRQ:
		item->index = get_u32(view, 8);
		item->count = get_u32(view, 12);
		if (item->index != index && !fault_is(INDEX_UNCHECKED))
			return REJECT;
		return item->index != UINT32_MAX ? ACCEPT : REJECT;
	case IOMMU:
		item->pgsizes = get_u64(view, 8);
		return ACCEPT;
	case HOT_RESET:
		return read_dependents(view, end, item, need);
	}
	return REJECT;
}

/* Without the flag, cap_offset holds whatever the caller left there. */
static bool has_chain(const struct view *view, uint64_t end, const struct item *item)
{
	const struct reply_row *reply = item->reply;

	if (reply->caps == 0)
		return false;
	if (fault_is(CAPS_FLAG_IGNORED))
		return end >= reply->link + 4 && get_u32(view, reply->link) != 0;
	return (item->flags & reply->caps) != 0;
}

static enum verdict read_reply(const struct question *question, struct item *item, uint32_t *need)
{
	const struct view *view = &question->view;
	uint64_t end = 0;
	enum verdict verdict = read_length(view, item->reply, &end, need);

	if (verdict != ACCEPT)
		return verdict;
	verdict = read_head(view, question->index, end, item, need);
	if (verdict != ACCEPT || !has_chain(view, end, item))
		return verdict;
	verdict = read_chain(view, end, item);
	if (fault_is(PARTIAL_KEPT))
		return ACCEPT;
	if (verdict == ACCEPT || !fault_is(UNREADABLE_IS_EMPTY))
		return verdict;
	item->has_areas = item->has_type = item->has_msix = false;
	item->kept_count = 0;
	return ACCEPT;
}

struct judgement judge(const struct question *question, FILE *out)
{
	struct item item = {.reply = find_reply(question->format)};
	struct question seen = *question;
	uint32_t need = NOT_TOLD;
	enum verdict verdict;

	if (fault_is(BYTE_ORDER_IGNORED))
		seen.view.big = false;
	if (strcmp(question->format, "fixed") == 0)
		return judge_fixed(&seen.view, out);
	if (item.reply == NULL)
		return (struct judgement){SKIP, NOT_TOLD, "only replies of Linux and fixed"};
	verdict = read_reply(&seen, &item, &need);
	if (verdict == ACCEPT)
		dump_item(&seen.view, &item, out);
	return (struct judgement){verdict, verdict == NEED_MORE ? need : NOT_TOLD, NULL};
}
