/* SPDX-License-Identifier: MIT */
/*
 * clock: the time, and how it is written in a log.
 */
#include "lib/clock.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 1000000000 }; /* ms that fit in an int */

static long long
read_clock(clockid_t id)
{
	struct timespec t = {0};

	/* Neither can fail.  Where the kernel's timespec is libc's, the call
	 * itself: hale reads the clock too rarely for libc's way around it. */
#if LONG_MAX > INT_MAX
	(void)syscall(SYS_clock_gettime, id, &t);
#else
	(void)clock_gettime(id, &t);
#endif
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long long
clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

long long
clock_today(void)
{
	return read_clock(CLOCK_REALTIME);
}

int
clock_until(long long then, long long now)
{
	if (then <= now)
		return 0;
	return then - now < LONGEST ? (int)(then - now) : LONGEST;
}

/* Write the last n digits of value at s. */
static void
digits(char *s, int n, int value)
{
	while (n-- > 0) {
		s[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Write the date that is so many days after 1970-01-01.  Years that begin in
 * March have their leap day at the end: so 400 years have 146,097 days, four
 * have 1,461, and five months from March or August on have 153. */
static void
date(int days, char *s)
{
	int century, year, month;

	days += 719468; /* since 0000-03-01 */
	century = (4 * days + 3) / 146097;
	days -= 146097 * century / 4;
	year = (4 * days + 3) / 1461;
	days -= 1461 * year / 4;
	month = (5 * days + 2) / 153;
	days -= (153 * month + 2) / 5;
	digits(s, 4, 100 * century + year + month / 10);
	digits(s + 5, 2, (month + 2) % 12 + 1);
	digits(s + 8, 2, days + 1);
}

void
clock_stamp(long long ms, char stamp[CLOCK_STAMP_SIZE])
{
	static const struct {
		short many;
		char at, digits;
	} parts[] = {{1000, 20, 3}, {60, 17, 2}, {60, 14, 2}, {24, 11, 2}};
	size_t i;

	if (ms < 0)
		ms = 0;
	memcpy(stamp, "0000-00-00T00:00:00.000Z", CLOCK_STAMP_SIZE);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		digits(stamp + parts[i].at, parts[i].digits,
		       (int)(ms % parts[i].many));
		ms /= parts[i].many;
	}
	date((int)ms, stamp);
}
