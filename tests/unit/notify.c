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

/* PROGRAM has said nothing yet, and there is no start period. */
static void
begin(void)
{
	notify_init(&n, 0);
	n.reason = silent;
}

/* Hear these bytes, in memory that ends behind them; the text of STATUS=. */
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
is_healthy(void)
{
	return n.reason == NULL;
}

static void
expect_unheard(const char *bytes, size_t length)
{
	begin();
	cr_expect_null(hear_bytes(bytes, length, NOW));
	cr_expect_eq(n.reason, silent);
	cr_expect_eq(n.heard_at, 0);
	cr_expect_not(n.said_stopping);
}

Test(notify, is_healthy_once_it_is_ready)
{
	begin();
	hear("READY=1", NOW);
	cr_expect(is_healthy());
	cr_expect_eq(n.heard_at, NOW);
}

Test(notify, accepts_watchdog_in_place_of_ready_without_a_start_period)
{
	begin();
	hear("WATCHDOG=1", NOW);
	cr_expect(is_healthy());
}

Test(notify, waits_for_ready_until_the_start_period_is_over)
{
	begin();
	n.ready_by = NOW + 10;
	hear("WATCHDOG=1", NOW);
	hear("WATCHDOG=1", NOW + 9);
	cr_expect_eq(n.reason, silent);
	hear("WATCHDOG=1", NOW + 10);
	cr_expect(is_healthy());
	begin();
	n.ready_by = NOW + 10;
	hear("READY=1", NOW);
	cr_expect(is_healthy());
}

Test(notify, finds_a_key_on_any_line)
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
		cr_expect(is_healthy(), "%s", messages[i]);
	}
}

Test(notify, ignores_all_other_lines)
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
	    "STOPPING=0",
	    "STOPPING=",
	    "STOPPING=10",
	    "WATCHDOG_USEC=1",
	    "=READY=1",
	    "X=READY=1",
	    "EXTEND_TIMEOUT_USEC=1",
	};
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		expect_unheard(messages[i], strlen(messages[i]));
}

Test(notify, accepts_one_nul_at_the_end_of_a_message)
{
	begin();
	hear_bytes("READY=1", sizeof("READY=1"), NOW);
	cr_expect(is_healthy());
	begin();
	hear_bytes("READY=1\n", sizeof("READY=1\n"), NOW);
	cr_expect(is_healthy());
	expect_unheard("", 1);
}

Test(notify, ignores_a_message_with_a_nul_inside)
{
	expect_unheard("READY=1\0\0", 9);
	expect_unheard("READY=1\0X=Y", 11);
	expect_unheard("READY=1\nX=\0Y", 12);
	expect_unheard("\0READY=1", 8);
	expect_unheard("READY=1\nSTATUS=x\0y", 18);
	expect_unheard("\0\0", 2);
}

Test(notify, accepts_a_message_of_4096_bytes_and_no_longer_one)
{
	static char long_message[NOTIFY_MAX + 1] = "READY=1\nSTATUS=";
	char message[NOTIFY_MAX];
	const char *status;

	memset(long_message + 15, 'x', sizeof(long_message) - 15);
	memset(message, 'x', sizeof(message));
	message[snprintf(message, sizeof(message), "READY=1\nSTATUS=")] = 'x';
	begin();
	status = hear_bytes(message, sizeof(message), NOW);
	cr_expect(is_healthy());
	cr_assert_not_null(status);
	cr_expect_eq(strlen(status), NOTIFY_MAX - 15);
	expect_unheard(long_message, sizeof(long_message));
}

Test(notify, returns_the_text_of_status)
{
	begin();
	cr_expect_str_eq(hear("STATUS=half full", NOW), "half full");
	cr_expect_str_eq(hear("STATUS=", NOW), "");
	cr_expect_str_eq(hear("STATUS=a=b\nX=y", NOW), "a=b");
	cr_expect_str_eq(hear("READY=1\nSTATUS=x\n", NOW), "x");
	cr_expect_str_eq(hear("STATUS=x\nSTATUS=y", NOW), "y");
	cr_expect_null(hear("READY=1", NOW));
}

Test(notify, fails_at_once_when_the_watchdog_is_triggered)
{
	begin();
	hear("READY=1", NOW);
	hear("WATCHDOG=trigger", NOW);
	cr_expect_str_eq(n.reason, "WATCHDOG=trigger");
	hear("WATCHDOG=1", NOW);
	cr_expect(is_healthy());
	hear("WATCHDOG=trigger\nX=y", NOW);
	cr_expect_not(is_healthy());
	hear("READY=1", NOW);
	cr_expect(is_healthy());
}

Test(notify, fails_without_watchdog_in_time)
{
	begin();
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, AGE, NOW), NOW + AGE);
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE - 1), NOW + AGE);
	cr_expect(is_healthy());
	notify_tick(&n, AGE, NOW + AGE);
	cr_assert_not(is_healthy());
	cr_expect_str_eq(n.reason, "no WATCHDOG=1 in time");
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE + 1), HEALTH_NEVER);
	hear("WATCHDOG=1", NOW + AGE + 2);
	cr_expect(is_healthy());
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE + 2), NOW + 2 * AGE + 2);
}

Test(notify, stays_healthy_with_watchdog_in_time)
{
	long long now;

	begin();
	hear("READY=1", NOW);
	for (now = NOW; now < NOW + 10 * AGE; now += AGE - 1) {
		hear("WATCHDOG=1", now);
		cr_expect_eq(notify_tick(&n, AGE, now), now + AGE);
	}
	cr_expect(is_healthy());
}

Test(notify, waits_again_after_hale_was_paused)
{
	long long later = NOW + AGE + 500;

	begin();
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, AGE, later), later + AGE);
	cr_expect(is_healthy());
	notify_tick(&n, AGE, later + AGE + 499);
	cr_expect_not(is_healthy());
}

Test(notify, needs_no_watchdog_without_max_age)
{
	begin();
	cr_expect_eq(notify_tick(&n, -1, NOW), HEALTH_NEVER);
	hear("READY=1", NOW);
	cr_expect_eq(notify_tick(&n, -1, NOW + HEALTH_NEVER / 2), HEALTH_NEVER);
	cr_expect(is_healthy());
}

Test(notify, does_not_expect_watchdog_before_ready)
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

Test(notify, says_first_that_ready_is_missing)
{
	notify_init(&n, NOW);
	cr_expect_str_eq(n.reason, "no READY=1 yet");
	cr_expect_eq(n.ready_by, NOW);
	cr_expect_not(n.stopping);
}

Test(notify, fails_as_stopping_after_stopping)
{
	begin();
	hear("READY=1", NOW);
	hear("STOPPING=1", NOW + 1);
	cr_expect_str_eq(n.reason, "PROGRAM is stopping");
	cr_expect(n.stopping);
	hear("WATCHDOG=1", NOW + 2);
	cr_expect_str_eq(n.reason, "PROGRAM is stopping");
	cr_expect(n.stopping);
	hear("READY=1", NOW + 3);
	cr_expect(is_healthy());
	cr_expect_not(n.stopping);
	hear("WATCHDOG=1", NOW + 4);
	cr_expect(is_healthy());
}

/* Otherwise a shutdown that hangs would never be seen. */
Test(notify, still_expects_watchdog_while_stopping)
{
	begin();
	hear("STOPPING=1", NOW);
	cr_expect_eq(notify_tick(&n, AGE, NOW), NOW + AGE);
	cr_expect(n.stopping);
	notify_tick(&n, AGE, NOW + AGE);
	cr_expect_str_eq(n.reason, "no WATCHDOG=1 in time");
	cr_expect_not(n.stopping);
	hear("WATCHDOG=1", NOW + AGE + 1);
	cr_expect_str_eq(n.reason, "PROGRAM is stopping");
	cr_expect(n.stopping);
	cr_expect_eq(notify_tick(&n, AGE, NOW + AGE + 1), NOW + 2 * AGE + 1);
}

Test(notify, is_not_only_stopping_when_the_watchdog_is_triggered)
{
	begin();
	hear("STOPPING=1\nWATCHDOG=trigger", NOW);
	cr_expect_str_eq(n.reason, "WATCHDOG=trigger");
	cr_expect_not(n.stopping);
	cr_expect_eq(notify_tick(&n, AGE, NOW), HEALTH_NEVER);
}

/* Relay these bytes from and to memory that ends behind them. */
static void
expect_relay(const char *bytes, size_t length, const char *relayed,
             size_t count)
{
	char *message = malloc(length + 1), *out = malloc(length + 1);
	size_t n;

	memcpy(message + 1, bytes, length);
	n = notify_relay(message + 1, length, out + 1, length);
	cr_assert_eq(n, count, "%zu bytes", n);
	cr_expect_arr_eq(out + 1, relayed, count);
	cr_expect_arr_eq(message + 1, bytes, length);
	free(message);
	free(out);
}

#define BYTES(s) s, sizeof(s) - 1

Test(notify, relays_a_message_verbatim)
{
	expect_relay(BYTES("READY=1"), BYTES("READY=1"));
	expect_relay(BYTES("READY=1\n"), BYTES("READY=1\n"));
	expect_relay(BYTES("READY=1\0"), BYTES("READY=1\0"));
	expect_relay(BYTES("\n\nSTATUS=\xff \r\nX"),
	             BYTES("\n\nSTATUS=\xff \r\nX"));
	expect_relay(
	    BYTES("WATCHDOG_USEC=1\nEXTEND_TIMEOUT_USEC=2\nSTOPPING=1"),
	    BYTES("WATCHDOG_USEC=1\nEXTEND_TIMEOUT_USEC=2\nSTOPPING=1"));
	expect_relay(BYTES("X=MAINPID=1\nAMAINPID=1\nBARRIER\nFDNAME\nFDPOLL"),
	             BYTES("X=MAINPID=1\nAMAINPID=1\nBARRIER\nFDNAME\nFDPOLL"));
}

Test(notify, relays_nothing_that_names_a_process_or_a_descriptor)
{
	expect_relay(BYTES("MAINPID=7"), "", 0);
	expect_relay(BYTES("BARRIER=1\n"), "", 0);
	expect_relay(BYTES("MAINPID=7\nREADY=1\n"), BYTES("READY=1\n"));
	expect_relay(BYTES("READY=1\nMAINPID=7"), BYTES("READY=1\n"));
	expect_relay(BYTES("A=1\nFDSTORE=1\nFDNAME=x\nFDPOLL=0\nB=2"),
	             BYTES("A=1\nB=2"));
	expect_relay(BYTES("FDSTOREREMOVE=1\nMAINPIDFD=1\nA=1"), BYTES("A=1"));
}

Test(notify, relays_no_message_that_it_ignores)
{
	static char long_message[NOTIFY_MAX + 1];

	memset(long_message, 'x', sizeof(long_message));
	expect_relay("", 0, "", 0);
	expect_relay(BYTES("READY=1\0X=1"), "", 0);
	expect_relay(long_message, NOTIFY_MAX, long_message, NOTIFY_MAX);
	expect_relay(long_message, NOTIFY_MAX + 1, "", 0);
}

Test(notify, relays_no_part_of_a_message_that_does_not_fit)
{
	char out[6];

	cr_expect_eq(notify_relay("READY=1", 7, out, sizeof(out)), 0);
}
