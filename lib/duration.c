/* SPDX-License-Identifier: MIT */
/*
 * duration: the one way in which a time is written, for every option.
 *
 *     duration = number | (number unit)...      the larger units first
 *     number   = digits [ "." digits ]
 *     unit     = "h" | "m" | "s" | "ms"
 */
#include "lib/duration.h"

#include <ctype.h>
#include <stdbool.h>

#include "lib/text.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

/* A fraction is counted in units of 10 to the power of -12, so that hours of it
 * fit in a long long. */
#define FRACTION_ONE 1000000000000LL

struct number {
	long long whole;
	long long fraction; /* at most FRACTION_ONE */
};

/* Read the digits behind a decimal point at *s, and move *s behind them.  What
 * is smaller than the unit is rounded up.  The fraction, or -1. */
static long long
read_fraction(const char **s)
{
	long long place = FRACTION_ONE / 10, fraction = 0;
	bool more = false;

	if (!isdigit((unsigned char)**s))
		return -1;
	for (; isdigit((unsigned char)**s); ++*s) {
		if (place > 0)
			fraction += place * (**s - '0');
		else if (**s != '0')
			more = true;
		place /= 10;
	}
	return fraction + more;
}

/* 0, or -1 if there is no number at *s. */
static int
read_number(const char **s, struct number *number)
{
	number->fraction = 0;
	number->whole = text_digits(s);
	if (number->whole >= 0 && **s == '.') {
		++*s;
		number->fraction = read_fraction(s);
	}
	return number->whole < 0 || number->fraction < 0 ? -1 : 0;
}

/* The milliseconds of the unit at *s, which is moved behind it; or 0. */
static int
read_unit(const char **s)
{
	switch (*(*s)++) {
	case 'h':
		return HOUR_MS;
	case 's':
		return SECOND_MS;
	case 'm':
		if (**s != 's')
			return MINUTE_MS;
		++*s;
		return 1;
	default:
		return 0;
	}
}

/* The milliseconds that so many units are, or more than DURATION_MAX. */
static long long
to_milliseconds(const struct number *number, int unit_ms)
{
	long long fraction = number->fraction * unit_ms; /* 3.6e18 at most */

	if (number->whole > DURATION_MAX / unit_ms)
		return DURATION_MAX + 1;
	return number->whole * unit_ms +
	       (fraction + FRACTION_ONE - 1) / FRACTION_ONE;
}

long long
duration_parse(const char *s)
{
	long long total_ms = 0;
	int last_unit_ms = HOUR_MS + 1;

	do {
		bool first = last_unit_ms > HOUR_MS;
		struct number number;
		int unit_ms;

		if (read_number(&s, &number) < 0)
			return -1;
		unit_ms = first && *s == '\0' ? SECOND_MS : read_unit(&s);
		if (unit_ms == 0 || unit_ms >= last_unit_ms)
			return -1;
		total_ms += to_milliseconds(&number, unit_ms);
		if (total_ms > DURATION_MAX)
			return -1;
		last_unit_ms = unit_ms;
	} while (*s != '\0');
	return total_ms;
}
