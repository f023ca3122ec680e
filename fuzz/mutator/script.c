// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* script.c: scripts of the target dance: steps are put in, dropped, doubled and swapped, replies
 * changed by the mutator of their format, and what is offered fits what they ask for, or nearly. */
#include "inputs.h"
#include "../targets/script.h"

enum {
	STEPS = 4, /* more are not played */
	ROOM = 2048,
	INDEX_ALL = 255,
};

struct step {
	uint8_t told, delta; /* its first two bytes */
	uint32_t size;
	uint8_t p[ROOM];
};

struct script {
	uint32_t call, index, capacity, count;
	uint32_t chosen; /* the capacity was, and is not to be made to fit */
	struct step step[STEPS];
};

/* ---- Bytes ---- */

static uint32_t host_is_big(void)
{
	const uint16_t one = 1;
	uint8_t first;

	memcpy(&first, &one, 1);
	return !first;
}

static uint32_t format_of(const struct script *s)
{
	return DEVFD_FORMAT_REPLY + s->call;
}

/* Where argsz stands in a reply, or NULL. */
static uint8_t *argsz_of(const struct script *s, struct step *step)
{
	uint32_t at = devfd_shape_rows[format_of(s)].argsz;

	return at && step->size >= at + 3 ? step->p + at - 1 : NULL;
}

static void parse(struct script *s, const uint8_t *p, size_t size)
{
	uint8_t head[SCRIPT_HEAD] = {0};
	size_t at = SCRIPT_HEAD, left;
	struct step *step;

	memcpy(head, p, size < sizeof(head) ? size : sizeof(head));
	s->call = head[SCRIPT_CALL] % devfd_calls_count;
	s->index = head[SCRIPT_INDEX] == INDEX_ALL ? UINT32_MAX : head[SCRIPT_INDEX];
	s->capacity = devfd_get16(head + SCRIPT_CAPACITY, 0);
	s->chosen = 0;
	for (s->count = 0; s->count < STEPS && size >= at + SCRIPT_STEP; s->count++) {
		step = &s->step[s->count];
		step->told = p[at];
		step->delta = p[at + STEP_DELTA];
		step->size = devfd_get16(p + at + STEP_SIZE, 0);
		at += SCRIPT_STEP;
		left = size - at;
		if (step->size > left)
			step->size = (uint32_t)left;
		left = step->size;
		if (step->size > ROOM)
			step->size = ROOM;
		memcpy(step->p, p + at, step->size);
		at += left;
	}
}

/* wrong: one length is. */
static size_t write(const struct script *s, uint8_t *out, size_t max, int wrong,
		    struct devfd_dice *d)
{
	uint32_t i, told, size, which = wrong ? devfd_roll(d, s->count) : s->count;
	size_t at = SCRIPT_HEAD;

	out[SCRIPT_CALL] = (uint8_t)s->call;
	out[SCRIPT_INDEX] = (uint8_t)(s->index < INDEX_ALL ? s->index : INDEX_ALL);
	devfd_store(out + SCRIPT_CAPACITY, 2, 0, s->capacity);
	for (i = 0; i < s->count && at + SCRIPT_STEP <= max; i++, at += size) {
		size = s->step[i].size;
		if (size > max - at - SCRIPT_STEP)
			size = (uint32_t)(max - at - SCRIPT_STEP);
		told = i == which ? (uint32_t)devfd_near(size, 2, d) : size;
		out[at] = s->step[i].told;
		out[at + STEP_DELTA] = s->step[i].delta;
		devfd_store(out + at + STEP_SIZE, 2, 0, told);
		at += SCRIPT_STEP;
		memcpy(out + at, s->step[i].p, size);
	}
	return at;
}

/* ---- Steps ---- */

static void change_reply(struct script *s, struct step *step, struct devfd_dice *d)
{
	step->size = (uint32_t)devfd_mutate_reply(format_of(s), host_is_big(), &s->index, step->p,
						  step->size, ROOM, d);
}

/* Another step, most often with a reply that is like one that is there. */
static void add_step(struct script *s, struct devfd_dice *d)
{
	uint32_t at = devfd_roll(d, s->count + 1), from = s->count ? devfd_roll(d, s->count) : 0;
	struct step *step;

	if (s->count == STEPS)
		return;
	step = &s->step[s->count];
	if (s->count)
		*step = s->step[from];
	else
		memset(step, 0, sizeof(*step));
	s->count++;
	if (s->count == 1 || devfd_roll(d, 2))
		change_reply(s, step, d);
	if (at != s->count - 1) {
		struct step spare = *step;

		*step = s->step[at];
		s->step[at] = spare;
	}
}

static void drop_step(struct script *s, struct devfd_dice *d)
{
	uint32_t i = devfd_roll(d, s->count);

	s->count--;
	memmove(&s->step[i], &s->step[i + 1], (s->count - i) * sizeof(s->step[0]));
}

static void swap_steps(struct script *s, struct devfd_dice *d)
{
	uint32_t i = devfd_roll(d, s->count), j = devfd_roll(d, s->count);
	struct step spare = s->step[i];

	s->step[i] = s->step[j];
	s->step[j] = spare;
}

/* ---- What a call comes to ---- */

static void change_result(struct step *step, struct devfd_dice *d)
{
	uint32_t result = devfd_roll(d, 2) ? devfd_roll(d, RESULTS) : 0;

	step->told = (uint8_t)((step->told & ~(uint32_t)RESULT_MASK) | result);
}

static void change_delta(struct step *step, struct devfd_dice *d)
{
	static const int8_t edges[] = {0, 1, -1, 4, -4, 8, -8, 16, 32, INT8_MAX, INT8_MIN};
	uint32_t how = devfd_roll(d, 2) ? devfd_roll(d, HOW_MASK + 1) : HOW_MORE;

	step->told = (uint8_t)((step->told & RESULT_MASK) | how << HOW_SHIFT);
	step->delta = (uint8_t)edges[devfd_roll(d, sizeof(edges) / sizeof(edges[0]))];
}

/* Sizes that one call asks for: of the struct as it first was and is now, of a reply, and what a
 * reply says of it. */
static uint32_t size_asked(struct script *s, struct devfd_dice *d)
{
	struct step *step = s->count ? &s->step[devfd_roll(d, s->count)] : NULL;
	uint8_t *argsz = step ? argsz_of(s, step) : NULL;

	switch (devfd_roll(d, 5)) {
	case 0:
		return devfd_calls[s->call].min;
	case 1:
		return devfd_calls[s->call].full;
	case 2:
		return step ? step->size : 0;
	default:
		return argsz ? devfd_get32(argsz, host_is_big()) : 0;
	}
}

static void change_capacity(struct script *s, struct devfd_dice *d)
{
	uint32_t size = size_asked(s, d);

	if (devfd_roll(d, 2))
		size = (uint32_t)devfd_near(size, 2, d);
	s->capacity = size & UINT16_MAX;
	s->chosen = 1;
}

static void change_argsz(struct script *s, struct step *step, struct devfd_dice *d)
{
	uint8_t *argsz = argsz_of(s, step);
	uint32_t size = devfd_roll(d, 2) ? size_asked(s, d) : s->capacity;

	step->told &= RESULT_MASK;
	if (argsz)
		devfd_store(argsz, 4, host_is_big(), devfd_near(size, 4, d));
}

/* Another call: the replies to it are new. */
static void change_call(struct script *s, struct devfd_dice *d)
{
	uint32_t i;

	s->call = devfd_roll(d, devfd_calls_count);
	for (i = 0; i < s->count; i++) {
		s->step[i].size = 0;
		change_reply(s, &s->step[i], d);
	}
}

/* As much as the longest reply says that it needs. */
static void fit_capacity(struct script *s)
{
	uint32_t i, most = 0;
	uint8_t *argsz;

	for (i = 0; i < s->count; i++) {
		argsz = argsz_of(s, &s->step[i]);
		if (argsz && devfd_get32(argsz, host_is_big()) > most)
			most = devfd_get32(argsz, host_is_big());
	}
	if (s->capacity < devfd_calls[s->call].full)
		s->capacity = devfd_calls[s->call].full;
	if (s->capacity < most && most <= UINT16_MAX)
		s->capacity = most;
}

/* ---- The whole ---- */

static void change(struct script *s, struct devfd_dice *d)
{
	uint32_t how = devfd_roll(d, 20);
	struct step *step;

	if (!s->count) {
		add_step(s, d);
		return;
	}
	step = &s->step[devfd_roll(d, s->count)];
	if (how < 10) {
		change_reply(s, step, d);
	} else if (how == 10) {
		change_result(step, d);
	} else if (how == 11) {
		change_delta(step, d);
	} else if (how < 14) {
		change_capacity(s, d);
	} else if (how == 14) {
		change_argsz(s, step, d);
	} else if (how == 15) {
		add_step(s, d);
	} else if (how == 16) {
		drop_step(s, d);
	} else if (how == 17) {
		swap_steps(s, d);
	} else if (how == 18) {
		s->index = devfd_roll(d, 4) ? devfd_roll(d, 16) : UINT32_MAX;
	} else {
		change_call(s, d);
	}
}

static size_t finish(struct script *s, uint8_t *out, size_t max, struct devfd_dice *d)
{
	if (!s->chosen && devfd_roll(d, 8))
		fit_capacity(s);
	return write(s, out, max, s->count && !devfd_roll(d, 24), d);
}

size_t devfd_mutate_script(uint32_t format, uint8_t *p, size_t size, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct script s;

	(void)format;
	if (size > max)
		size = max;
	if (max < SCRIPT_HEAD)
		return size;
	parse(&s, p, size);
	do
		change(&s, &d);
	while (devfd_roll(&d, 2));
	return finish(&s, p, max, &d);
}

/* A step of another script: all of it, its reply crossed with one that is here, or what it comes
 * to, as replies to another call would be of no use. */
static void take_step(struct script *s, const struct script *other, struct devfd_dice *d)
{
	const struct step *from = &other->step[devfd_roll(d, other->count)];
	uint32_t i = devfd_roll(d, s->count);
	struct step *to = &s->step[i];

	if (other->call != s->call) {
		to->told = from->told;
		to->delta = from->delta;
	} else if (devfd_roll(d, 2)) {
		to->size =
			(uint32_t)devfd_cross_reply(format_of(s), host_is_big(), &s->index, to->p,
						    to->size, from->p, from->size, ROOM, d);
	} else if (s->count < STEPS && devfd_roll(d, 2)) {
		s->step[s->count++] = *from;
	} else {
		*to = *from;
	}
}

size_t devfd_cross_script(uint32_t format, const uint8_t *a, size_t a_size, const uint8_t *b,
			  size_t b_size, uint8_t *out, size_t max, uint32_t seed)
{
	struct devfd_dice d = {seed};
	struct script s, other;

	(void)format;
	if (max < SCRIPT_HEAD) {
		memcpy(out, a, a_size < max ? a_size : max);
		return a_size < max ? a_size : max;
	}
	parse(&s, a, a_size);
	parse(&other, b, b_size);
	if (s.count && other.count)
		take_step(&s, &other, &d);
	if (devfd_roll(&d, 2))
		change(&s, &d);
	return finish(&s, out, max, &d);
}
