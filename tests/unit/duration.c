/* SPDX-License-Identifier: MIT */
#include "lib/duration.h"

#include "lib/text.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct {
	const char *text;
	long long ms;
} good[] = {
    {"0", 0},
    {"0s", 0},
    {"0h0m0s0ms", 0},
    {"1ms", 1},
    {"500ms", 500},
    {"1500ms", 1500},
    {"1", SECOND},
    {"10", 10 * SECOND},
    {"10s", 10 * SECOND},
    {"007s", 7 * SECOND},
    {"00000000000000000000000000000000000001", SECOND},
    {"90m", 90 * MINUTE},
    {"2h", 2 * HOUR},
    {"1m30s", MINUTE + 30 * SECOND},
    {"1h1ms", HOUR + 1},
    {"1h2m3s4ms", HOUR + 2 * MINUTE + 3 * SECOND + 4},
    {"1s1000ms", 2 * SECOND},
    {"876000h", DURATION_MAX},
    {"875999h59m59s1000ms", DURATION_MAX},
    {"3153600000", DURATION_MAX},
    {"3153600000000ms", DURATION_MAX},
    {"0.5", 500},
    {"1.5s", 1500},
    {"1.5", 1500},
    {"0.0", 0},
    {"00.250s", 250},
    {"1.5m", 90 * SECOND},
    {"0.5h0.5m0.5s", HOUR / 2 + MINUTE / 2 + SECOND / 2},
    {"0.001", 1},
    {"0.0001", 1}, /* rounded up, each number by itself */
    {"0.2ms", 1},
    {"1.0ms", 1},
    {"0.1s0.1ms", 101},
    {"0.30000000000000004", 301}, /* as a script computes 0.1 + 0.2 */
    {"0.3000000000000000000000000000000000000000", 300},
    {"0.9999999999999999", SECOND},
    {"876000.0h", DURATION_MAX},
    {"3153599999.9999", DURATION_MAX},
};

Test(duration, is_read_in_every_form)
{
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_eq(duration_parse(good[i].text), good[i].ms, "%s",
		             good[i].text);
}

static const char *const bad[] = {
    "",       " ",      "-1",     "-1s",   "+1s",   "s",     "ms",     "1 s",
    " 1s",    "1s ",    "1s\n",   "1.s",   ".5s",   "1,5s",  "1e3",    "0x10",
    "1S",     "1H",     "1Ms",    "1sec",  "1min",  "1d",    "1us",    "1mss",
    "1ss",    "s1",     "1s1",    "1m30",  "1ms1s", "1s1m",  "1m1h",   "1s1s",
    "1h1h",   "1m1ms1", "1ms1ms", "1hm",   "1h m",  "inf",   "none",   "off",
    "1\xb5s", "1s\x01", "1h-1m",  "1h+1m", "--1",   "1s0",   "1h1s1m", ".",
    "1.",     ".5",     "1..5",   "1.5.5", "1.-5",  "1.5e3", "1. 5",   "1.s",
    "-0.5",   "1.5s1",  "1.5 s",  "0.5x",  "s.5",
};

Test(duration, is_refused_in_any_other_form)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(duration_parse(bad[i]), -1, "'%s'", bad[i]);
}

static const char *const large[] = {
    "876000h1ms",
    "876000h0m0s1ms",
    "876001h",
    "52560001m",
    "3153600001",
    "3153600000001ms",
    "9223372036854775807",
    "9223372036854775808",
    "9223372036854775807ms",
    "18446744073709551616ms",
    "18446744073709551617s",
    "2562047788015216h",
    "99999999999999999999999999999999999999999999",
    "1h99999999999999999999m",
    "876000.0000001h",
    "3153600000.001",
    "3153600000000.1ms",
    "3999999999999h",
};

Test(duration, is_refused_past_a_hundred_years)
{
	size_t i;

	for (i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		cr_expect_eq(duration_parse(large[i]), -1, "%s", large[i]);
}

/* A larger unit goes before a smaller one, and each goes once. */
Test(duration, has_its_units_in_order)
{
	static const char *const units[] = {"h", "m", "s", "ms"};
	static const long long worth[] = {HOUR, MINUTE, SECOND, 1};
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			char text[16];

			snprintf(text, sizeof(text), "2%s3%s", units[i],
			         units[k]);
			cr_expect_eq(duration_parse(text),
			             i < k ? 2 * worth[i] + 3 * worth[k] : -1,
			             "%s", text);
		}
}

Test(duration, is_read_back_for_every_millisecond_of_some_seconds)
{
	char text[32];
	int ms;

	for (ms = 0; ms < 5000; ms++) {
		snprintf(text, sizeof(text), "%ds%dms", ms / 1000, ms % 1000);
		cr_expect_eq(duration_parse(text), ms);
	}
}

Test(duration, is_said_as_it_may_be_given)
{
	static const struct {
		long long ms;
		const char *text;
	} said[] = {{0, "0s"},
	            {1, "1ms"},
	            {999, "999ms"},
	            {1000, "1s"},
	            {1500, "1500ms"},
	            {60000, "60s"},
	            {DURATION_MAX, "3153600000s"}};
	char buffer[32];
	struct text t;
	size_t i;

	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		text_init(&t, buffer, sizeof(buffer));
		text_format(&t, "{ms:u}", said[i].ms);
		cr_expect_str_eq(buffer, said[i].text);
		cr_expect_eq(duration_parse(buffer), said[i].ms);
	}
}
