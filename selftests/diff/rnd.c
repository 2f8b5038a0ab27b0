// SPDX-License-Identifier: GPL-2.0
/* Seeded random numbers, byte order and checksum helpers. */
#include "pktdiff.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state;

void rnd_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 0x853c49e6748fea9bULL;
	if (!state)
		state = 1;
	for (int i = 0; i < 8; i++)
		rnd(2);
}

static uint32_t rnd32(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL) >> 32;
}

uint32_t rnd(uint32_t below)
{
	return below ? (uint32_t)(((uint64_t)rnd32() * below) >> 32) : 0;
}

bool chance(unsigned int percent)
{
	return rnd(100) < percent;
}

void rnd_bytes(void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = rnd(256);
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("pktdiff: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

void put16(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = v >> 8;
	b[1] = v;
}

void put32(void *p, uint32_t v)
{
	put16(p, v >> 16);
	put16((uint8_t *)p + 2, v);
}

uint16_t get16(const void *p)
{
	const uint8_t *b = p;

	return b[0] << 8 | b[1];
}

uint32_t get32(const void *p)
{
	return (uint32_t)get16(p) << 16 | get16((const uint8_t *)p + 2);
}

/* Sums in the machine's byte order, which only swaps the result's bytes. */
uint32_t csum_add(uint32_t sum, const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t s = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; len >= 4; len -= 4, b += 4) {
		memcpy(&word, b, 4);
		s += word;
	}
	if (len >= 2) {
		memcpy(&half, b, 2);
		s += half;
		b += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, b, 1);
		s += half;
	}
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	s = sum + (uint64_t)ntohs(s);
	while (s >> 32)
		s = (s & 0xffffffff) + (s >> 32);
	return s;
}

uint16_t csum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static uint32_t pseudo(const uint8_t *src, const uint8_t *dst, int alen, uint32_t len,
		       uint8_t proto)
{
	uint8_t tail[8] = {};

	put32(tail, len);
	tail[7] = proto;
	return csum_add(csum_add(csum_add(0, src, alen), dst, alen), tail, 8);
}

uint32_t pseudo4(const uint8_t *src, const uint8_t *dst, uint32_t len, uint8_t proto)
{
	return pseudo(src, dst, 4, len, proto);
}

uint32_t pseudo6(const uint8_t *src, const uint8_t *dst, uint32_t len, uint8_t proto)
{
	return pseudo(src, dst, 16, len, proto);
}
