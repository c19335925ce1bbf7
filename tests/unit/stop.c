/* SPDX-License-Identifier: MIT */
#include "stop.h"

#include <criterion/criterion.h>

enum { NOW = 1000000, DRAIN = 700, GRACE = 900, AGAIN = 100 };

static struct stop stop;

static void
expect_state(enum stop_state state, long long deadline)
{
	cr_expect_eq(stop.state, state, "%d", (int)stop.state);
	cr_expect_eq(stop.deadline, deadline, "%lld", stop.deadline);
}

/* Nothing is due a millisecond before the deadline, and the action is on it. */
static void
expect_due(long long deadline, enum stop_action action)
{
	enum stop_state state = stop.state;

	cr_expect_eq(stop.deadline, deadline);
	cr_expect_eq(stop_tick(&stop, deadline - 1), STOP_NOTHING);
	expect_state(state, deadline);
	cr_expect_eq(stop_tick(&stop, deadline), action);
}

Test(stop, waits_for_nothing_to_begin_with)
{
	stop_init(&stop, DRAIN, GRACE);
	expect_state(STOP_RUNNING, STOP_NEVER);
	cr_expect_eq(stop_tick(&stop, NOW), STOP_NOTHING);
	expect_state(STOP_RUNNING, STOP_NEVER);
}

Test(stop, forwards_at_once_and_waits_for_ever_with_neither)
{
	stop_init(&stop, 0, 0);
	cr_expect_eq(stop_signal(&stop, NOW), STOP_FORWARD);
	expect_state(STOP_FORWARDED, STOP_NEVER);
	cr_expect_eq(stop_tick(&stop, NOW * 1000LL), STOP_NOTHING);
	cr_expect_eq(stop_signal(&stop, NOW), STOP_FORWARD);
	cr_expect_eq(stop_ended(&stop, NOW), STOP_LEAVE);
}

Test(stop, kills_when_the_grace_is_over_and_not_before)
{
	stop_init(&stop, 0, GRACE);
	cr_expect_eq(stop_signal(&stop, NOW), STOP_FORWARD);
	expect_state(STOP_FORWARDED, NOW + GRACE);
	expect_due(NOW + GRACE, STOP_KILL);
	cr_expect_eq(stop.state, STOP_KILLING);
}

Test(stop, kills_again_until_nobody_is_left)
{
	int i;

	stop_init(&stop, 0, GRACE);
	stop_signal(&stop, NOW);
	for (i = 0; i < 50; i++)
		expect_due(NOW + GRACE + i * AGAIN, STOP_KILL);
	cr_expect_eq(stop_ended(&stop, NOW + 9999), STOP_NOTHING);
	for (; i < 100; i++)
		expect_due(NOW + GRACE + i * AGAIN, STOP_KILL);
}

Test(stop, drains_before_it_forwards)
{
	stop_init(&stop, DRAIN, 0);
	cr_expect_eq(stop_signal(&stop, NOW), STOP_DRAIN);
	expect_state(STOP_DRAINING, NOW + DRAIN);
	expect_due(NOW + DRAIN, STOP_FORWARD);
	expect_state(STOP_FORWARDED, STOP_NEVER);
}

Test(stop, counts_the_grace_from_the_forward)
{
	stop_init(&stop, DRAIN, GRACE);
	stop_signal(&stop, NOW);
	expect_due(NOW + DRAIN, STOP_FORWARD);
	expect_due(NOW + DRAIN + GRACE, STOP_KILL);
}

/* A machine that slept past the deadline owes PROGRAM its grace all the same.
 */
Test(stop, counts_the_grace_from_a_forward_that_was_late)
{
	stop_init(&stop, DRAIN, GRACE);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_tick(&stop, NOW + DRAIN + 5000), STOP_FORWARD);
	expect_due(NOW + DRAIN + 5000 + GRACE, STOP_KILL);
}

Test(stop, cuts_the_drain_short_at_the_second_signal)
{
	stop_init(&stop, DRAIN, GRACE);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_signal(&stop, NOW + 10), STOP_FORWARD);
	expect_state(STOP_FORWARDED, NOW + 10 + GRACE);
	stop_init(&stop, DRAIN, 0);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_signal(&stop, NOW), STOP_FORWARD);
	expect_state(STOP_FORWARDED, STOP_NEVER);
}

Test(stop, forwards_each_later_signal_and_gives_no_more_grace_for_it)
{
	stop_init(&stop, 0, GRACE);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_signal(&stop, NOW + 500), STOP_FORWARD);
	expect_due(NOW + GRACE, STOP_KILL);
	cr_expect_eq(stop_signal(&stop, NOW + GRACE), STOP_FORWARD);
	expect_state(STOP_KILLING, NOW + GRACE + AGAIN);
}

Test(stop, gives_what_is_left_a_grace_of_its_own_if_program_ends_by_itself)
{
	stop_init(&stop, DRAIN, GRACE);
	cr_expect_eq(stop_ended(&stop, NOW), STOP_TERMINATE);
	expect_state(STOP_TERMINATING, NOW + GRACE);
	expect_due(NOW + GRACE, STOP_KILL);
	expect_due(NOW + GRACE + AGAIN, STOP_KILL);
}

Test(stop, gives_what_is_left_the_rest_of_the_grace)
{
	stop_init(&stop, 0, GRACE);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_ended(&stop, NOW + 300), STOP_TERMINATE);
	expect_state(STOP_TERMINATING, NOW + GRACE);
	expect_due(NOW + GRACE, STOP_KILL);
}

Test(stop, forgets_the_drain_when_program_ends_in_it)
{
	stop_init(&stop, DRAIN, GRACE);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_ended(&stop, NOW + 300), STOP_TERMINATE);
	expect_state(STOP_TERMINATING, NOW + 300 + GRACE);
	stop_init(&stop, DRAIN, 0);
	stop_signal(&stop, NOW);
	cr_expect_eq(stop_ended(&stop, NOW + 300), STOP_LEAVE);
}

/* ------ Whatever happens, in whatever order. ------ */

enum event { SIGNAL, SOON, DUE, LATE, ENDED, EVENTS };

/* What has happened so far. */
struct story {
	long long now, forwarded, began, ended, killed; /* or STOP_NEVER */
	int forwards, signals;
};

static enum stop_action
tell(const struct story *s, enum event event)
{
	switch (event) {
	case SIGNAL:
		return stop_signal(&stop, s->now);
	case ENDED:
		return stop_ended(&stop, s->now);
	default:
		return stop_tick(&stop, s->now);
	}
}

/* Let time pass up to the event; false if there is no such time. */
static bool
pass(struct story *s, enum event event)
{
	if (event == SIGNAL || event == ENDED) {
		s->now += 13;
		return event == SIGNAL || s->ended == STOP_NEVER;
	}
	if (stop.deadline == STOP_NEVER || stop.deadline - 1 < s->now)
		return false;
	s->now = stop.deadline + (event == SOON ? -1 : event == LATE ? 77 : 0);
	return true;
}

static void
note(struct story *s, enum event event, enum stop_action action)
{
	if (event == SIGNAL && s->signals++ == 0)
		s->began = s->now;
	if (event == ENDED)
		s->ended = s->now;
	if (action == STOP_FORWARD && s->forwards++ == 0)
		s->forwarded = s->now;
	if (action == STOP_KILL && s->killed == STOP_NEVER)
		s->killed = s->now;
}

static void
check_forward(const struct story *s, const struct stop *was, enum event event)
{
	if (event == DUE || event == LATE) {
		cr_assert_eq(was->state, STOP_DRAINING);
		cr_assert_geq(s->now, s->began + was->drain_ms);
		cr_assert_eq(s->forwards, 1, "held back, and forwarded once");
	} else {
		cr_assert_eq(event, SIGNAL);
		if (was->drain_ms > 0 && s->ended == STOP_NEVER)
			cr_assert_geq(s->signals, 2);
	}
}

static void
check_kill(const struct story *s, const struct stop *was)
{
	long long from = s->forwarded;

	if (from == STOP_NEVER || (s->ended != STOP_NEVER && s->ended < from))
		from = s->ended;
	cr_assert_gt(was->grace_ms, 0, "nobody asked for it");
	cr_assert_neq(from, STOP_NEVER);
	cr_assert_geq(s->now, from + was->grace_ms);
	cr_assert_eq(stop.deadline, s->now + AGAIN);
}

/* Is the action one that the contract allows here? */
static void
check(const struct story *s, const struct stop *was, enum event event,
      enum stop_action action)
{
	if (event == SOON) {
		cr_assert_eq(action, STOP_NOTHING);
		cr_assert_eq(was->state, stop.state);
	}
	if (action == STOP_FORWARD)
		check_forward(s, was, event);
	if (action == STOP_KILL)
		check_kill(s, was);
	if (action == STOP_DRAIN)
		cr_assert(event == SIGNAL && s->signals == 1 &&
		          was->drain_ms > 0);
	if (event == ENDED)
		cr_assert_eq(action, was->grace_ms == 0 ? STOP_LEAVE
		                     : s->killed != STOP_NEVER
		                         ? STOP_NOTHING
		                         : STOP_TERMINATE);
	else
		cr_assert(action != STOP_LEAVE && action != STOP_TERMINATE);
	if (was->grace_ms > 0 && (s->forwards > 0 || s->ended != STOP_NEVER))
		cr_assert_neq(stop.deadline, STOP_NEVER, "it has an end");
}

enum { STEPS = 6 };

/* Tell the story whose events are the digits of number. */
static void
run(long long drain, long long grace, int number)
{
	struct story s = {NOW,        STOP_NEVER, STOP_NEVER, STOP_NEVER,
	                  STOP_NEVER, 0,          0};
	int i;

	stop_init(&stop, drain, grace);
	for (i = 0; i < STEPS; i++, number /= EVENTS) {
		enum event event = (enum event)(number % EVENTS);
		struct stop was = stop;
		enum stop_action action;

		/* init.c takes no stop signal once PROGRAM has ended. */
		if ((event == SIGNAL && s.ended != STOP_NEVER) ||
		    !pass(&s, event))
			return;
		action = tell(&s, event);
		note(&s, event, action);
		check(&s, &was, event, action);
		if (action == STOP_LEAVE)
			return;
	}
}

Test(stop, keeps_its_word_in_every_story_of_six_events)
{
	static const long long times[] = {0, 1, 12, 13, 14, 500};
	int number, stories = 1;
	size_t i, k;

	for (i = 0; i < STEPS; i++)
		stories *= EVENTS;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		for (k = 0; k < sizeof(times) / sizeof(times[0]); k++)
			for (number = 0; number < stories; number++)
				run(times[i], times[k], number);
}
