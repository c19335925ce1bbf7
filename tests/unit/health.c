/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <criterion/criterion.h>

enum { NOW = 1000000, INTERVAL = 10000, TIMEOUT = 3000, FAST = 500 };

static struct health_rule rules[HEALTH_TARGETS_MAX];
static struct health health;

static void
begin_all(int count, long long now)
{
	int i;

	for (i = 0; i < HEALTH_TARGETS_MAX; i++)
		rules[i] = (struct health_rule){.interval_ms = INTERVAL,
		                                .timeout_ms = TIMEOUT,
		                                .retries = 3,
		                                .successes = 1,
		                                .start_interval_ms = FAST};
	health_init(&health, rules, count, now);
}

/* An attempt from start to end in no time. */
static enum health_outcome
attempt(int target, bool passed, long long now)
{
	health_begin(&health, target, now);
	return health_judge(&health, target, passed, now);
}

static void
expect_state(int target, enum health_state one, enum health_state all)
{
	cr_expect_eq(health.targets[target].state, (int)one, "%d",
	             health.targets[target].state);
	cr_expect_eq(health.state, (int)all, "%d", health.state);
}

Test(health, begins_with_all_due_at_once)
{
	begin_all(2, NOW);
	expect_state(0, HEALTH_STARTING, HEALTH_STARTING);
	cr_expect_eq(health_next(&health), NOW);
	cr_expect_eq(health_due(&health, NOW - 1), HEALTH_NONE);
	cr_expect_eq(health_due(&health, NOW), 0);
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_due(&health, NOW), 1);
	health_begin(&health, 1, NOW);
	cr_expect_eq(health_due(&health, NOW + INTERVAL), HEALTH_NONE);
}

Test(health, is_healthy_with_the_first_success)
{
	begin_all(1, NOW);
	rules[0].successes = 5;
	cr_expect_eq(attempt(0, true, NOW + 7), HEALTH_CHANGED);
	expect_state(0, HEALTH_HEALTHY, HEALTH_HEALTHY);
	cr_expect_eq(health.since, NOW + 7);
}

Test(health, is_unhealthy_after_that_many_failures_in_a_row)
{
	begin_all(1, NOW);
	attempt(0, true, NOW);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_COUNTED);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_COUNTED);
	attempt(0, true, NOW);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_COUNTED);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_COUNTED);
	expect_state(0, HEALTH_HEALTHY, HEALTH_HEALTHY);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_CHANGED);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
	cr_expect_eq(health.targets[0].failures, 3);
	cr_expect_eq(attempt(0, false, NOW), HEALTH_COUNTED);
}

Test(health, is_unhealthy_from_the_start_too)
{
	begin_all(1, NOW);
	rules[0].retries = 1;
	cr_expect_eq(attempt(0, false, NOW), HEALTH_CHANGED);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
}

Test(health, is_healthy_again_after_that_many_successes_in_a_row)
{
	begin_all(1, NOW);
	rules[0].retries = 1;
	rules[0].successes = 2;
	attempt(0, false, NOW);
	cr_expect_eq(attempt(0, true, NOW), HEALTH_COUNTED);
	attempt(0, false, NOW);
	cr_expect_eq(attempt(0, true, NOW), HEALTH_COUNTED);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
	cr_expect_eq(attempt(0, true, NOW), HEALTH_CHANGED);
	expect_state(0, HEALTH_HEALTHY, HEALTH_HEALTHY);
}

Test(health, lets_it_fail_until_the_start_period_is_over)
{
	int i;

	begin_all(1, NOW);
	rules[0].start_period_ms = 2000;
	for (i = 0; i < 10; i++)
		attempt(0, false, NOW + 1999);
	expect_state(0, HEALTH_STARTING, HEALTH_STARTING);
	cr_expect_eq(health.targets[0].failures, 0);
	attempt(0, false, NOW + 2000);
	attempt(0, false, NOW + 2000);
	expect_state(0, HEALTH_STARTING, HEALTH_STARTING);
	attempt(0, false, NOW + 2000);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
}

Test(health, counts_every_failure_after_a_success_in_the_start_period)
{
	begin_all(1, NOW);
	rules[0].start_period_ms = 2000;
	attempt(0, true, NOW);
	attempt(0, false, NOW + 1);
	attempt(0, false, NOW + 1);
	attempt(0, false, NOW + 1);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
}

Test(health, asks_often_while_it_starts)
{
	begin_all(1, NOW);
	rules[0].start_period_ms = 2000;
	attempt(0, false, NOW);
	cr_expect_eq(health_next(&health), NOW + FAST);
	attempt(0, true, NOW + FAST);
	cr_expect_eq(health_next(&health), NOW + FAST + INTERVAL);
}

Test(health, has_no_start_interval_without_a_start_period)
{
	begin_all(1, NOW);
	attempt(0, false, NOW);
	cr_expect_eq(health_next(&health), NOW + INTERVAL);
}

Test(health, counts_the_interval_from_start_to_start)
{
	begin_all(1, NOW);
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_next(&health), NOW + TIMEOUT);
	health_judge(&health, 0, true, NOW + 2000);
	cr_expect_eq(health_next(&health), NOW + INTERVAL);
}

/* The next one starts at once, and one only. */
Test(health, makes_up_for_nothing_when_an_attempt_outlasts_the_interval)
{
	begin_all(1, NOW);
	rules[0].interval_ms = 100;
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_due(&health, NOW + 1000), HEALTH_NONE);
	health_judge(&health, 0, true, NOW + 1000);
	cr_expect_eq(health_due(&health, NOW + 1000), 0);
	health_begin(&health, 0, NOW + 1000);
	health_judge(&health, 0, true, NOW + 1001);
	cr_expect_eq(health_next(&health), NOW + 1100);
}

Test(health, gives_an_attempt_its_time_and_no_more)
{
	begin_all(1, NOW);
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_expired(&health, NOW + TIMEOUT - 1), HEALTH_NONE);
	cr_expect_eq(health_expired(&health, NOW + TIMEOUT), 0);
	cr_expect_eq(health_judge(&health, 0, false, NOW + TIMEOUT),
	             HEALTH_COUNTED);
	cr_expect_eq(health.targets[0].failures, 1);
}

/* A container that was paused for an hour, in the middle of an attempt. */
Test(health, throws_away_what_it_sees_too_late)
{
	long long late = NOW + 3600000;

	begin_all(1, NOW);
	rules[0].retries = 1;
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_judge(&health, 0, false, late), HEALTH_IGNORED);
	expect_state(0, HEALTH_STARTING, HEALTH_STARTING);
	cr_expect_eq(health.targets[0].passed, 0);
	cr_expect_eq(health_due(&health, late), 0);
	attempt(0, true, late);
	cr_expect_eq(health_next(&health), late + INTERVAL);
}

Test(health, takes_a_little_delay_for_what_it_is)
{
	begin_all(1, NOW);
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_judge(&health, 0, false, NOW + TIMEOUT + 500),
	             HEALTH_COUNTED);
	health_begin(&health, 0, NOW);
	cr_expect_eq(health_judge(&health, 0, false, NOW + TIMEOUT + 501),
	             HEALTH_IGNORED);
}

/* A pause between two attempts is none of their business. */
Test(health, starts_one_attempt_after_a_pause)
{
	begin_all(1, NOW);
	attempt(0, true, NOW);
	cr_expect_eq(health_due(&health, NOW + 100 * INTERVAL), 0);
	attempt(0, true, NOW + 100 * INTERVAL);
	cr_expect_eq(health_due(&health, NOW + 100 * INTERVAL), HEALTH_NONE);
	cr_expect_eq(health_next(&health), NOW + 101 * INTERVAL);
}

Test(health, of_all_is_that_of_the_worst)
{
	begin_all(3, NOW);
	attempt(0, true, NOW);
	expect_state(0, HEALTH_HEALTHY, HEALTH_STARTING);
	rules[1].retries = 1;
	attempt(1, false, NOW);
	expect_state(1, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
	attempt(1, true, NOW);
	expect_state(1, HEALTH_HEALTHY, HEALTH_STARTING);
	attempt(2, true, NOW + 5);
	expect_state(2, HEALTH_HEALTHY, HEALTH_HEALTHY);
	cr_expect_eq(health.since, NOW + 5);
	attempt(0, true, NOW + 6);
	cr_expect_eq(health.since, NOW + 5);
}

Test(health, asks_nothing_any_more_once_the_stop_has_begun)
{
	begin_all(2, NOW);
	health_begin(&health, 0, NOW);
	health_stop(&health, NOW + 3);
	cr_expect_eq(health.state, HEALTH_STOPPING);
	cr_expect_eq(health.since, NOW + 3);
	cr_expect_eq(health_next(&health), HEALTH_NEVER);
	cr_expect_eq(health_due(&health, NOW + INTERVAL), HEALTH_NONE);
	cr_expect_eq(health_expired(&health, NOW + TIMEOUT), HEALTH_NONE);
}

Test(health, asks_at_the_time_that_was_postponed_to)
{
	begin_all(1, NOW);
	health_set_due(&health, 0, NOW + 40);
	cr_expect_eq(health_due(&health, NOW + 39), HEALTH_NONE);
	cr_expect_eq(health_due(&health, NOW + 40), 0);
}

Test(health, is_unready_and_not_unhealthy_when_a_ready_target_fails)
{
	begin_all(2, NOW);
	rules[1].readiness = true;
	rules[1].retries = 2;
	attempt(0, true, NOW);
	attempt(1, true, NOW);
	attempt(1, false, NOW);
	expect_state(1, HEALTH_HEALTHY, HEALTH_HEALTHY);
	cr_expect_eq(attempt(1, false, NOW), HEALTH_CHANGED);
	expect_state(1, HEALTH_UNREADY, HEALTH_UNREADY);
	attempt(1, true, NOW);
	expect_state(1, HEALTH_HEALTHY, HEALTH_HEALTHY);
}

Test(health, puts_unhealthy_before_starting_before_unready_before_healthy)
{
	begin_all(3, NOW);
	rules[0].retries = rules[1].retries = 1;
	rules[1].readiness = true;
	attempt(1, false, NOW);
	expect_state(1, HEALTH_UNREADY, HEALTH_STARTING);
	attempt(2, true, NOW);
	expect_state(2, HEALTH_HEALTHY, HEALTH_STARTING);
	attempt(0, true, NOW);
	expect_state(0, HEALTH_HEALTHY, HEALTH_UNREADY);
	attempt(0, false, NOW);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
}

Test(health, is_unready_at_once_while_program_says_that_it_stops)
{
	begin_all(1, NOW);
	attempt(0, true, NOW);
	health_note_stopping(&health, 0, true);
	attempt(0, false, NOW);
	expect_state(0, HEALTH_UNREADY, HEALTH_UNREADY);
	health_note_stopping(&health, 0, false);
	attempt(0, false, NOW);
	attempt(0, false, NOW);
	expect_state(0, HEALTH_UNREADY, HEALTH_UNREADY);
	attempt(0, false, NOW);
	expect_state(0, HEALTH_UNHEALTHY, HEALTH_UNHEALTHY);
}

Test(health, counts_how_often_the_state_has_changed)
{
	begin_all(1, NOW);
	rules[0].retries = 1;
	attempt(0, true, NOW);
	attempt(0, true, NOW);
	attempt(0, false, NOW);
	cr_expect_eq(health.transitions, 2);
	health_stop(&health, NOW);
	cr_expect_eq(health.transitions, 3);
	cr_expect_eq(health.targets[0].passed, 2);
	cr_expect_eq(health.targets[0].failed, 1);
}
