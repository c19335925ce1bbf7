/* SPDX-License-Identifier: MIT */
/*
 * clock: the time, and how it is written in a log.
 */
#include "clock.h"

#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

/* Write the last n digits of value at s. */
static void
digits(char *s, int n, long long value)
{
	while (n-- > 0) {
		s[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* The days since 1970 as a date, counting years from March, so that the leap
 * day is the last of its year. */
static void
date(long long days, char *s)
{
	long long era, day, year, month;

	days += 719468; /* from 0000-03-01 */
	era = days / 146097;
	day = days % 146097;
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month += month < 10 ? 3 : -9;
	digits(s, 4, era * 400 + year + (month <= 2 ? 1 : 0));
	digits(s + 5, 2, month);
	digits(s + 8, 2, day + 1);
}

void
clock_stamp(long long ms, char stamp[CLOCK_STAMP_SIZE])
{
	static const char form[CLOCK_STAMP_SIZE] = "0000-00-00T00:00:00.000Z";
	long long seconds;
	int i;

	if (ms < 0)
		ms = 0;
	seconds = ms / 1000 % 86400;
	for (i = 0; i < CLOCK_STAMP_SIZE; i++)
		stamp[i] = form[i];
	date(ms / 86400000, stamp);
	digits(stamp + 11, 2, seconds / 3600);
	digits(stamp + 14, 2, seconds / 60 % 60);
	digits(stamp + 17, 2, seconds % 60);
	digits(stamp + 20, 3, ms % 1000);
}
