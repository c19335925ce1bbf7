/* SPDX-License-Identifier: MIT */
/*
 * address: reads an IPv4 or IPv6 address, in place of inet_pton(3).
 */
#include "probe/address.h"

#include <sys/socket.h>

enum { DIGIT = 0x10000, NO_GAP = 16 };

/* The number that s begins with, and DIGIT for each of its digits, four at the
 * most.  A decimal that begins with 0 is 0: no dot follows it then. */
static unsigned
number(const char *s, const char *end, unsigned base)
{
	unsigned n = 0, digits = 0, d;

	for (; s < end; s++) {
		d = (unsigned char)*s - '0';
		if (d > 9) {
			d = ((unsigned char)*s | 0x20U) - 'a';
			if (d > 5)
				break;
			d += 10;
		}
		if (d >= base || digits == 4 * DIGIT)
			break;
		n = n * base + d;
		digits += DIGIT;
		if (n + base == 10)
			break;
	}
	return n + digits;
}

/* Four decimal numbers and nothing else. */
static bool
quad(unsigned char *out, const char *s, const char *end)
{
	int i;

	for (i = 0;;) {
		unsigned n = number(s, end, 10);

		if (n == 0 || (n & 0xffff) > 255)
			return false;
		out[i++] = (unsigned char)n;
		s += n / DIGIT;
		if (s == end)
			return i == 4;
		if (i == 4 || *s++ != '.')
			return false;
	}
}

bool
address_parse(struct address *a, const char *s, size_t n)
{
	const char *stop = s + n;
	unsigned at = 0, end = 16, gap = NO_GAP, piece;

	*a = (struct address){.family = AF_INET6};
	/* A colon that leads is half of a "::", than which nothing is shorter.
	 */
	if (n < 2 || (*s == ':' && *++s != ':'))
		return false;
	for (;;) {
		if (at == end)
			return false;
		if (at <= 12 && quad(a->bytes + at, s, stop)) {
			if (at == 0 && gap == NO_GAP) {
				a->family = AF_INET;
				return true;
			}
			at += 4;
			break;
		}
		piece = number(s, stop, 16);
		if (piece > 0) {
			a->bytes[at++] = (unsigned char)(piece >> 8);
			a->bytes[at++] = (unsigned char)piece;
			s += piece / DIGIT;
		} else if (gap == NO_GAP && s != stop) {
			gap = at;
		} else if (gap != at || s != stop) {
			return false;
		}
		if (s == stop)
			break;
		if (*s++ != ':')
			return false;
	}
	/* Either all are there, or some stand for the gap. */
	if ((at ^ gap) >= NO_GAP)
		return false;
	for (; at > gap; a->bytes[at] = 0)
		a->bytes[--end] = a->bytes[--at];
	return true;
}
