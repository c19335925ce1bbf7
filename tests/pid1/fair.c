/* SPDX-License-Identifier: MIT */
/*
 * fair: nothing that comes in masses holds up anything else for long.
 *
 * hale is followed system call by system call, so that the masses never end
 * and what "long" is can be counted instead of timed.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ns.h"
#include "trace.h"

enum { LONG = 1000 /* stops, two a system call */ };

/* Start an instance of hale that has PROGRAM running. */
static void
start(struct trace *t, char **words)
{
	trace_start(t, &(struct ns_setup){.words = words});
	while (!t->started)
		cr_assert(trace_next(t));
	ns_expect_line(&t->ns, "ready");
}

static bool
is_entering(const struct trace *t, long call)
{
	return t->at == TRACE_ENTRY && t->call == call;
}

/* Send hale a signal each time that it is about to ask for one. */
static bool
storm_on(struct trace *t, int n)
{
	if (is_entering(t, SYS_rt_sigtimedwait))
		ns_send(&t->ns, n);
	return trace_next(t);
}

/* A storm of HUP, and one TERM: how long is it until that is sent on? */
Test(fair, term_comes_through_a_storm_that_never_ends, .timeout = 60)
{
	struct trace t;
	int stops = 0;

	start(&t, NS_WORDS(ns_program(), "catch", "9999", "0"));
	ns_send(&t.ns, SIGHUP);
	ns_send(&t.ns, SIGTERM);
	while (!is_entering(&t, SYS_kill) || t.arguments[1] != SIGTERM) {
		cr_assert(storm_on(&t, SIGHUP));
		cr_assert_lt(stops++, LONG, "the storm goes first");
	}
	ns_kill(&t.ns);
}

static void
check_end_in_storm(int n)
{
	struct trace t;
	int stops = 0;

	start(&t, NS_WORDS("-r", "HUP:0", "-r", "40:0", ns_program(), "listen",
	                   "6"));
	close(t.ns.in);
	t.ns.in = -1;
	ns_expect_line(&t.ns, "done");
	while (storm_on(&t, n))
		cr_assert_lt(stops++, LONG, "the storm goes first");
	cr_expect_eq(t.code, 6);
}

Test(fair, programs_end_is_seen_in_a_storm_that_never_ends, .timeout = 60)
{
	check_end_in_storm(SIGHUP);
	check_end_in_storm(40);
}

/* However many have ended, there is always a look at the signals soon. */
Test(fair, signals_get_their_turn_among_thousands_of_zombies, .timeout = 60)
{
	int reaped = 0, most = 0, all = 0;
	struct trace t;

	start(&t, NS_WORDS(ns_program(), "end-orphans", "3000"));
	ns_send(&t.ns, SIGUSR1);
	while (all < 3000) {
		cr_assert(trace_next(&t));
		if (is_entering(&t, SYS_wait4)) {
			reaped++;
			all++;
		} else if (is_entering(&t, SYS_rt_sigtimedwait)) {
			reaped = 0;
		}
		most = reaped > most ? reaped : most;
	}
	cr_expect_lt(most, 100);
	cr_expect_gt(most, 1);
	ns_kill(&t.ns);
}
