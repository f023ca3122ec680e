// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* reply.c: a reply that stands in an input of another kind, changed by the mutator of its format.
 */
#include "inputs.h"

enum {
	HEAD = 2,
	BIG = 1,
	INDEX_ALL = 255,
	ROOM = DEVFD_ARENA / 2, /* no longer one is taken apart */
};

static void put_head(uint8_t *head, uint32_t big, uint32_t index)
{
	head[0] = big ? BIG : 0;
	head[1] = (uint8_t)(index < INDEX_ALL ? index : INDEX_ALL);
}

/* Takes what was made out of the buffer, in the order that it had. */
static size_t take_back(uint32_t format, uint32_t big, uint32_t *index, uint8_t *framed,
			size_t size, uint8_t *p, size_t max)
{
	struct devfd_pieces s;

	if (size < HEAD)
		return 0;
	if (framed[1] != (*index < INDEX_ALL ? *index : INDEX_ALL))
		*index = framed[1] == INDEX_ALL ? UINT32_MAX : framed[1];
	size -= HEAD;
	if ((framed[0] & BIG) != (big ? BIG : 0) &&
	    devfd_shape_parse(&s, format, framed[0] & BIG, framed + HEAD, size)) {
		devfd_shape_turn(&s);
		size = devfd_shape_write(&s, framed + HEAD, max, 0);
	}
	memcpy(p, framed + HEAD, size);
	return size;
}

size_t devfd_mutate_reply(uint32_t format, uint32_t big, uint32_t *index, uint8_t *p, size_t size,
			  size_t max, struct devfd_dice *d)
{
	uint8_t framed[HEAD + ROOM];

	if (size > ROOM)
		return size;
	max = max < ROOM ? max : ROOM;
	put_head(framed, big, *index);
	memcpy(framed + HEAD, p, size);
	size = devfd_mutate(format, framed, HEAD + size, HEAD + max, devfd_roll(d, UINT32_MAX));
	return take_back(format, big, index, framed, size, p, max);
}

size_t devfd_cross_reply(uint32_t format, uint32_t big, uint32_t *index, uint8_t *p, size_t size,
			 const uint8_t *q, size_t q_size, size_t max, struct devfd_dice *d)
{
	uint8_t a[HEAD + ROOM], b[HEAD + ROOM], framed[HEAD + ROOM];

	if (size > ROOM || q_size > ROOM)
		return size;
	max = max < ROOM ? max : ROOM;
	put_head(a, big, *index);
	put_head(b, big, *index);
	memcpy(a + HEAD, p, size);
	memcpy(b + HEAD, q, q_size);
	size = devfd_cross(format, a, HEAD + size, b, HEAD + q_size, framed, HEAD + max,
			   devfd_roll(d, UINT32_MAX));
	return take_back(format, big, index, framed, size, p, max);
}

uint64_t devfd_near(uint64_t value, uint32_t width, struct devfd_dice *d)
{
	static const uint64_t steps[] = {1, 4, 8, 16};
	uint64_t most = width >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
	uint64_t step = steps[devfd_roll(d, sizeof(steps) / sizeof(steps[0]))];

	switch (devfd_roll(d, 10)) {
	case 0:
		return 0;
	case 1:
		return most - devfd_roll(d, 2);
	case 2:
		return (most >> 1) + devfd_roll(d, 2);
	case 3:
		return ((uint64_t)1 << devfd_roll(d, 8 * (width < 8 ? width : 8))) -
		       devfd_roll(d, 2);
	case 4:
		return devfd_roll(d, 16);
	case 5:
		return devfd_roll64(d) & most;
	case 6:
	case 7:
		return (value - step) & most;
	default:
		return (value + step) & most;
	}
}
