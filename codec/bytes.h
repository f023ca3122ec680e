/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * bytes.h: the only place that loads from and stores to a buffer. No alignment is asked for, and
 * either byte order works on any host: compilers turn each of these into one move, with a swap
 * where needed.
 */
#ifndef DEVFD_BYTES_H
#define DEVFD_BYTES_H

#include "codec.h"

/* A test build counts the loads of every byte here; elsewhere it is nothing. */
#ifdef DEVFD_LOADED
void DEVFD_LOADED(const uint8_t *p, uint32_t size);
#else
#define DEVFD_LOADED(p, size) ((void)0)
#endif

/*@ requires \valid_read(p);
  @ terminates \true;
  @ assigns \nothing;
  @ ensures \result == *p;
  @*/
static inline uint32_t devfd_get8(const uint8_t *p)
{
	DEVFD_LOADED(p, 1);
	return p[0];
}

/*@ requires \valid_read(p + (0 .. 1));
  @ terminates \true;
  @ assigns \nothing;
  @*/
static inline uint32_t devfd_get16(const uint8_t *p, uint32_t big)
{
	DEVFD_LOADED(p, 2);
	if (big)
		return (uint32_t)p[0] << 8 | p[1];
	return (uint32_t)p[1] << 8 | p[0];
}

/*@ requires \valid_read(p + (0 .. 3));
  @ terminates \true;
  @ assigns \nothing;
  @*/
static inline uint32_t devfd_get32(const uint8_t *p, uint32_t big)
{
	DEVFD_LOADED(p, 4);
	if (big)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/*@ requires \valid_read(p + (0 .. 7));
  @ terminates \true;
  @ assigns \nothing;
  @*/
static inline uint64_t devfd_get64(const uint8_t *p, uint32_t big)
{
	uint64_t first = devfd_get32(p, big);
	uint64_t second = devfd_get32(p + 4, big);

	return big ? first << 32 | second : second << 32 | first;
}

static inline void devfd_set32(uint8_t *p, uint32_t value, uint32_t big)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		p[big ? 3 - i : i] = (uint8_t)(value >> (8 * i));
}

static inline void devfd_set64(uint8_t *p, uint64_t value, uint32_t big)
{
	devfd_set32(p + (big ? 4 : 0), (uint32_t)value, big);
	devfd_set32(p + (big ? 0 : 4), (uint32_t)(value >> 32), big);
}

#endif
