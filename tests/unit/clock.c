/* SPDX-License-Identifier: MIT */
#include "lib/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char stamp[32];

static void
make_stamp(long long ms)
{
	struct text t;

	text_init(&t, stamp, sizeof(stamp));
	clock_stamp(&t, ms);
}

/* What libc makes of it. */
static void
expect_as_libc(long long ms)
{
	char expected[64], milliseconds[8];
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	make_stamp(ms);
	gmtime_r(&seconds, &tm);
	strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(milliseconds, sizeof(milliseconds), ".%03dZ",
	         (int)(ms % 1000));
	strcat(expected, milliseconds);
	cr_assert_str_eq(stamp, expected, "%lld", ms);
}

Test(clock, writes_every_day_of_two_centuries)
{
	long long day, last = 200LL * 365;

	for (day = 0; day < last; day++)
		expect_as_libc(day * 86400000 + day % 86400 * 1000 +
		               day % 1000);
}

Test(clock, writes_every_second_of_a_day)
{
	long long second;

	for (second = 0; second < 86400; second++)
		expect_as_libc(1709164800000 + second * 1000 + second % 1000);
}

static const struct {
	int year, month, day, hour, minute, second;
	const char *stamp;
} moments[] = {
    {1970, 1, 1, 0, 0, 0, "1970-01-01T00:00:00.042Z"},
    {1972, 2, 29, 23, 59, 59, "1972-02-29T23:59:59.042Z"},
    {1999, 12, 31, 23, 59, 59, "1999-12-31T23:59:59.042Z"},
    {2000, 2, 29, 12, 0, 0, "2000-02-29T12:00:00.042Z"},
    {2000, 3, 1, 0, 0, 0, "2000-03-01T00:00:00.042Z"},
    {2024, 2, 29, 1, 2, 3, "2024-02-29T01:02:03.042Z"},
    {2038, 1, 19, 3, 14, 8, "2038-01-19T03:14:08.042Z"},
    {2100, 2, 28, 23, 59, 59, "2100-02-28T23:59:59.042Z"},
    {2100, 3, 1, 0, 0, 0, "2100-03-01T00:00:00.042Z"},
    {2400, 2, 29, 0, 0, 0, "2400-02-29T00:00:00.042Z"},
    {9999, 12, 31, 23, 59, 59, "9999-12-31T23:59:59.042Z"},
};

Test(clock, knows_leap_years_and_centuries)
{
	size_t i;

	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct tm tm = {.tm_year = moments[i].year - 1900,
		                .tm_mon = moments[i].month - 1,
		                .tm_mday = moments[i].day,
		                .tm_hour = moments[i].hour,
		                .tm_min = moments[i].minute,
		                .tm_sec = moments[i].second};

		make_stamp(timegm(&tm) * 1000LL + 42);
		cr_expect_str_eq(stamp, moments[i].stamp);
	}
}

Test(clock, writes_a_time_before_1970_as_the_first)
{
	make_stamp(-1);
	cr_expect_str_eq(stamp, "1970-01-01T00:00:00.000Z");
}

static long long
libc_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

Test(clock, tells_the_time_of_the_system)
{
	long long before = libc_ms(CLOCK_REALTIME), now = clock_today();

	cr_expect_leq(before, now);
	cr_expect_leq(now, libc_ms(CLOCK_REALTIME));
	before = libc_ms(CLOCK_MONOTONIC);
	now = clock_now();
	cr_expect_leq(before, now);
	cr_expect_leq(now, libc_ms(CLOCK_MONOTONIC));
}

Test(clock, says_how_long_poll_may_wait)
{
	cr_expect_eq(clock_until(1000, 400), 600);
	cr_expect_eq(clock_until(1000, 1000), 0);
	cr_expect_eq(clock_until(1000, 1001), 0);
	cr_expect_eq(clock_until(1LL << 62, 5), 1000000000);
}
