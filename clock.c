/* SPDX-License-Identifier: MIT */
/*
 * clock: the time, and how it is written in a log.
 */
#include "clock.h"

#include <limits.h>
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

static int
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Write the date that is so many days after 1970-01-01. */
static void
date(int days, char *s)
{
	static const char lengths[] = {31, 28, 31, 30, 31, 30,
	                               31, 31, 30, 31, 30, 31};
	int year = 1970, month = 0;

	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= lengths[month] + (month == 1 && is_leap(year)); month++)
		days -= lengths[month] + (month == 1 && is_leap(year));
	digits(s, 4, year);
	digits(s + 5, 2, month + 1);
	digits(s + 8, 2, days + 1);
}

void
clock_stamp(long long ms, char stamp[CLOCK_STAMP_SIZE])
{
	static const char form[CLOCK_STAMP_SIZE] = "0000-00-00T00:00:00.000Z";
	int seconds, i;

	if (ms < 0)
		ms = 0;
	seconds = (int)(ms / 1000 % 86400);
	for (i = 0; i < CLOCK_STAMP_SIZE; i++)
		stamp[i] = form[i];
	date((int)(ms / 86400000), stamp);
	digits(stamp + 11, 2, seconds / 3600);
	digits(stamp + 14, 2, seconds / 60 % 60);
	digits(stamp + 17, 2, seconds % 60);
	digits(stamp + 20, 3, (int)(ms % 1000));
}
