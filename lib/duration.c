/* SPDX-License-Identifier: MIT */
/*
 * duration: the one way in which a time is written, for every option.
 */
#include "lib/duration.h"

#include <limits.h>

/* The milliseconds of the unit at *s, which is moved behind it; or 0. */
static int
unit(const char **s)
{
	switch (*(*s)++) {
	case 'h':
		return 3600000;
	case 's':
		return 1000;
	case 'm':
		if (**s != 's')
			return 60000;
		++*s;
		return 1;
	default:
		return 0;
	}
}

long long
duration_parse(const char *s)
{
	/* A number has 42 bits at most and a unit 22: no product is cut. */
	unsigned long long total = 0;
	int last = INT_MAX, next;

	do {
		long long n = text_digits(&s);

		if (n < 0)
			return -1;
		if (*s == '\0' && last == INT_MAX)
			s = "s";
		next = unit(&s);
		total += (unsigned long long)n * (unsigned)next;
		if (next == 0 || next >= last || total > DURATION_MAX)
			return -1;
		last = next;
	} while (*s != '\0');
	return (long long)total;
}

void
duration_text(struct text *t, long long ms)
{
	bool round = ms % 1000 == 0;

	text_number(t, round ? ms / 1000 : ms);
	text_string(t, round ? "s" : "ms");
}
