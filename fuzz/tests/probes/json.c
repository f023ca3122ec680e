// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* json.c: what a text was refused for, and whether it was accepted. */
#include "probe.h"

#include "../../../codec/cli/cli.h"

struct probe probe = {"json", 0, 0, {0}};

void __real_input_free(struct input *in);
void __wrap_input_free(struct input *in);

/* Without the numbers in it, of which there is no end. */
static uint32_t reason_of(const char *text)
{
	uint32_t reason = 0;

	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			reason = reason * 31 + (uint8_t)*text;
	}
	return reason;
}

void __wrap_input_free(struct input *in)
{
	/* Every text is freed, and of one that is accepted its dump before. */
	probe.accepted = !in->fault[0] && in->json;
	probe_saw(reason_of(in->fault), probe.accepted, 0, 0);
	__real_input_free(in);
}

int probe_is_whole(const uint8_t *p, size_t size)
{
	json_t *json = json_loadb((const char *)p, size, JSON_DECODE_ANY, NULL);

	json_decref(json);
	return json != NULL;
}
