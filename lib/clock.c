/* SPDX-License-Identifier: MIT */
/*
 * clock: the time, and how it is written in a log.
 *
 * The calendar is computed here.  gmtime_r(3) is not used, because glibc's
 * opens and reads /etc/localtime when it is first called: a file that somebody
 * may have replaced by a FIFO, and PID 1 would wait for its writer.
 */
#include "lib/clock.h"

#include <stdbool.h>
#include <time.h>

enum {
	LONGEST_WAIT_MS = 1000000000, /* 11 days; it fits in an int */
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
};

static long long
read_clock(clockid_t id)
{
	struct timespec t = {0};

	(void)clock_gettime(id, &t); /* these two clocks are always there */
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
	if (then - now > LONGEST_WAIT_MS)
		return LONGEST_WAIT_MS;
	return (int)(then - now);
}

static int
days_in_month(int year, int month)
{
	static const char days[] = {31, 28, 31, 30, 31, 30,
	                            31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Append the date that is so many days after 1970-01-01.  To count off months
 * takes some microseconds, which is little for a message. */
static void
append_date(struct text *t, long long days)
{
	int year = 1970, month = 1;

	while (days >= days_in_month(year, month)) {
		days -= days_in_month(year, month);
		month++;
		if (month > 12) {
			month = 1;
			year++;
		}
	}
	text_format(t, "{year:4}-{month:2}-{day:2}", (long long)year,
	            (long long)month, days + 1);
}

void
clock_stamp(struct text *t, long long ms)
{
	long long of_day;

	if (ms < 0)
		ms = 0;
	of_day = ms % DAY_MS;
	append_date(t, ms / DAY_MS);
	text_format(t, "T{hour:2}:{minute:2}:{second:2}.{ms:3}Z",
	            of_day / HOUR_MS, of_day / MINUTE_MS % 60,
	            of_day / SECOND_MS % 60, of_day % SECOND_MS);
}
