/* SPDX-License-Identifier: MIT */
#include "probe/notify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health.h"

enum { NOW = 1000000, AGE = 30000 };

static const char silent[] = "silent";
static struct notify n;

/* What a PROGRAM that has said nothing is, without a start period. */
static void
begin(void)
{
	n = (struct notify){.reason = silent};
}

/* Hear these bytes, in memory that just holds them; the words of STATUS. */
static const char *
hear_bytes(const char *bytes, size_t length, long long now)
{
	static char words[NOTIFY_MAX + 1];
	char *message = malloc(length + 1);
	const char *status;

	cr_assert_not_null(message);
	memcpy(message, bytes, length);
	message[length] = 'x';
	status = notify_hear(&n, message, length, now);
	if (status != NULL)
		strcpy(words, status);
	free(message);
	return status != NULL ? words : NULL;
}

static const char *
hear(const char *text, long long now)
{
	return hear_bytes(text, strlen(text), now);
}

static bool
is_well(void)
{
	return n.reason == NULL;
}

static void
expect_unheard(const char *bytes, size_t length)
{
	begin();
	cr_expect_null(hear_bytes(bytes, length, NOW), "%s", bytes);
	cr_expect_eq(n.reason, silent, "%s", bytes);
	cr_expect_eq(n.heard, 0, "%s", bytes);
}

Test(notify, is_well_once_it_is_ready)
{
	begin();
	hear("READY=1", NOW);
	cr_expect(is_well());
	cr_expect_eq(n.heard, NOW);
}

Test(notify, takes_a_sign_of_life_for_a_start)
{
	begin();
	hear("WATCHDOG=1", NOW);
	cr_expect(is_well());
}

Test(notify, takes_no_sign_of_life_for_it_in_a_start_period)
{
	begin();
	n.start = NOW + 10;
	hear("WATCHDOG=1", NOW);
	hear("WATCHDOG=1", NOW + 9);
	cr_expect_eq(n.reason, silent);
	hear("WATCHDOG=1", NOW + 10);
	cr_expect(is_well());
	begin();
	n.start = NOW + 10;
	hear("READY=1", NOW);
	cr_expect(is_well());
}

Test(notify, finds_its_words_on_any_line)
{
	static const char *const messages[] = {
	    "READY=1\n",         "READY=1\nSTATUS=x", "STATUS=x\nREADY=1",
	    "\nREADY=1\n\n",     "X\n=\nREADY=1\nY",  "MAINPID=7\nREADY=1",
	    "READY=0\nREADY=1",  "READY=1\nREADY=0",  "FDSTORE=1\nREADY=1\nX=",
	    "READY=1\nSTATUS=1",
	};
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		begin();
		hear(messages[i], NOW);
		cr_expect(is_well(), "%s", messages[i]);
	}
}

Test(notify, leaves_all_other_words_alone)
{
	static const char *const messages[] = {
	    "",
	    "\n",
	    "\n\n",
	    "READY",
	    "READY=",
	    "READY=0",
	    "READY=10",
	    "READY=1 ",
	    " READY=1",
	    "ready=1",
	    "XREADY=1",
	    "READY=1\rX",
	    "READY=\n1",
	    "WATCHDOG=0",
	    "WATCHDOG=11",
	    "WATCHDOG=trigger ",
	    "STATUS",
	    "STATU=x",
	    "MAINPID=1",
	    "ERRNO=2",
	    "BARRIER=1",
	    "RELOADING=1",
	    "STOPPING=1",
	    "WATCHDOG_USEC=1",
	    "=READY=1",
	    "X=READY=1",
	    "EXTEND_TIMEOUT_USEC=1",
	};
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		expect_unheard(messages[i], strlen(messages[i]));
}

Test(notify, may_end_with_a_nul)
{
	begin();
	hear_bytes("READY=1", sizeof("READY=1"), NOW);
	cr_expect(is_well());
	begin();
	hear_bytes("READY=1\n", sizeof("READY=1\n"), NOW);
	cr_expect(is_well());
	expect_unheard("", 1);
}

Test(notify, is_ignored_whole_with_a_nul_elsewhere)
{
	expect_unheard("READY=1\0\0", 9);
	expect_unheard("READY=1\0X=Y", 11);
	expect_unheard("READY=1\nX=\0Y", 12);
	expect_unheard("\0READY=1", 8);
	expect_unheard("READY=1\nSTATUS=x\0y", 18);
	expect_unheard("\0\0", 2);
}

Test(notify, may_be_as_long_as_systemds)
{
	char message[NOTIFY_MAX];
	const char *status;

	memset(message, 'x', sizeof(message));
	message[snprintf(message, sizeof(message), "READY=1\nSTATUS=")] = 'x';
	begin();
	status = hear_bytes(message, sizeof(message), NOW);
	cr_expect(is_well());
	cr_assert_not_null(status);
	cr_expect_eq(strlen(status), NOTIFY_MAX - 15);
}

Test(notify, has_a_status_in_words)
{
	begin();
	cr_expect_str_eq(hear("STATUS=half full", NOW), "half full");
	cr_expect_str_eq(hear("STATUS=", NOW), "");
	cr_expect_str_eq(hear("STATUS=a=b\nX=y", NOW), "a=b");
	cr_expect_str_eq(hear("READY=1\nSTATUS=x\n", NOW), "x");
	cr_expect_str_eq(hear("STATUS=x\nSTATUS=y", NOW), "y");
	cr_expect_null(hear("READY=1", NOW));
}

Test(notify, says_that_it_has_failed)
{
	begin();
	hear("READY=1", NOW);
	hear("WATCHDOG=trigger", NOW);
	cr_expect_str_eq(n.reason, "WATCHDOG=trigger");
	hear("WATCHDOG=1", NOW);
	cr_expect(is_well());
	hear("WATCHDOG=trigger\nX=y", NOW);
	cr_expect_not(is_well());
	hear("READY=1", NOW);
	cr_expect(is_well());
}

Test(notify, is_late_without_a_sign_of_life)
{
	begin();
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, AGE, NOW), NOW + AGE);
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE - 1), NOW + AGE);
	cr_expect(is_well());
	notify_tick(&n, AGE, NOW + AGE);
	cr_assert_not(is_well());
	cr_expect_str_eq(n.reason, "no WATCHDOG=1 in time");
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE + 1), HEALTH_NEVER);
	hear("WATCHDOG=1", NOW + AGE + 2);
	cr_expect(is_well());
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE + 2), NOW + 2 * AGE + 2);
}

Test(notify, is_not_late_with_one_in_time)
{
	long long now;

	begin();
	hear("READY=1", NOW);
	for (now = NOW; now < NOW + 10 * AGE; now += AGE - 1) {
		hear("WATCHDOG=1", now);
		cr_expect_eq(notify_tick(&n, AGE, now), now + AGE);
	}
	cr_expect(is_well());
}

Test(notify, waits_anew_after_a_pause)
{
	long long later = NOW + AGE + 500;

	begin();
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, AGE, later), later + AGE);
	cr_expect(is_well());
	notify_tick(&n, AGE, later + AGE + 499);
	cr_expect_not(is_well());
}

Test(notify, needs_no_sign_of_life_where_none_is_asked_for)
{
	begin();
	cr_expect_eq(notify_tick(&n, -1, NOW), HEALTH_NEVER);
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, -1, NOW + HEALTH_NEVER / 2), HEALTH_NEVER);
	cr_expect(is_well());
}

Test(notify, has_all_the_time_before_it_is_ready)
{
	begin();
	cr_expect_eq(notify_tick(&n, AGE, NOW), HEALTH_NEVER);
	cr_expect_eq(notify_tick(&n, AGE, NOW + 9 * AGE), HEALTH_NEVER);
	cr_expect_eq(n.reason, silent);
}

Test(notify, stays_failed_until_it_says_otherwise)
{
	begin();
	hear("READY=1", NOW);
	hear("WATCHDOG=trigger", NOW);
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE), HEALTH_NEVER);
	cr_expect_str_eq(n.reason, "WATCHDOG=trigger");
}
