/* SPDX-License-Identifier: MIT */
/*
 * duration: the one way in which a time is written, for every option.
 */
#include "duration.h"

#include <stddef.h>
#include <string.h>

static const struct {
	char name[3];
	int milliseconds;
} units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

/* The unit at *s, which is moved behind it; or UNITS. */
static size_t
unit(const char **s)
{
	size_t n = strcspn(*s, "0123456789"), i;

	for (i = 0; i < UNITS; i++)
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, *s, n) == 0)
			break;
	*s += n;
	return i;
}

long long
duration_parse(const char *s)
{
	long long total = 0, n;
	size_t next = 0, u;

	do {
		n = text_digits(&s);
		if (n < 0)
			return -1;
		if (*s == '\0' && next == 0)
			s = "s";
		u = unit(&s);
		if (u < next || u == UNITS ||
		    n > (DURATION_MAX - total) / units[u].milliseconds)
			return -1;
		total += n * units[u].milliseconds;
		next = u + 1;
	} while (*s != '\0');
	return total;
}

void
duration_text(struct text *t, long long ms)
{
	bool round = ms % 1000 == 0;

	text_number(t, round ? ms / 1000 : ms);
	text_string(t, round ? "s" : "ms");
}
