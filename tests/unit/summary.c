/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <criterion/criterion.h>
#include <string.h>

static struct status status;

static void
begin(void)
{
	memset(&status, 0, sizeof(status));
	status.program = 7;
}

TestSuite(summary, .init = begin);

static struct status_target *
add_target(int kind, int state, const char *text, const char *reason)
{
	struct status_target *target = &status.targets[status.count++];

	target->kind = kind;
	target->state = state;
	strcpy(target->text, text);
	strcpy(target->reason, reason);
	return target;
}

static void
expect_answers(bool ready, bool live, bool started)
{
	cr_expect_eq(summary_answer(&status, SUMMARY_READY), ready);
	cr_expect_eq(summary_answer(&status, SUMMARY_LIVE), live);
	cr_expect_eq(summary_answer(&status, SUMMARY_STARTED), started);
}

static void
expect_line(int state, const char *problem, const char *expected)
{
	char buffer[4096];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	summary_line(&t, state, &status, problem);
	cr_expect_str_eq(buffer, expected);
}

Test(summary, answers_by_the_state_alone_without_details)
{
	status.state = HEALTH_STARTING;
	expect_answers(false, true, false);
	status.state = HEALTH_HEALTHY;
	expect_answers(true, true, true);
	status.state = HEALTH_UNREADY;
	expect_answers(false, true, true);
	status.state = HEALTH_UNHEALTHY;
	expect_answers(false, false, false);
	status.state = HEALTH_STOPPING;
	expect_answers(false, true, false);
}

Test(summary, has_started_once_each_health_target_was_healthy)
{
	struct status_target *one, *two;

	status.state = HEALTH_STARTING;
	one = add_target(STATUS_HEALTH, HEALTH_HEALTHY, "one", "");
	two = add_target(STATUS_HEALTH, HEALTH_STARTING, "two", "");
	expect_answers(false, true, false);
	two->state = HEALTH_HEALTHY;
	status.state = HEALTH_HEALTHY;
	expect_answers(true, true, true);
	one->state = HEALTH_UNHEALTHY;
	status.state = HEALTH_UNHEALTHY;
	expect_answers(false, false, false);
}

/* A database that is not there yet must not get the container replaced. */
Test(summary, has_started_whatever_ready_targets_do)
{
	add_target(STATUS_HEALTH, HEALTH_HEALTHY, "app", "");
	add_target(STATUS_READY, HEALTH_STARTING, "db", "");
	status.state = HEALTH_STARTING;
	expect_answers(false, true, true);
	status.targets[1].state = HEALTH_UNREADY;
	status.state = HEALTH_UNREADY;
	expect_answers(false, true, true);
}

Test(summary, has_not_started_while_it_waits)
{
	add_target(STATUS_WAIT, HEALTH_HEALTHY, "db", "");
	status.state = HEALTH_STARTING;
	expect_answers(false, true, false);
}

Test(summary, has_started_before_it_stops)
{
	struct status_target *one;

	one = add_target(STATUS_HEALTH, HEALTH_STOPPING, "one", "");
	status.state = HEALTH_STOPPING;
	expect_answers(false, true, false);
	one->passed = 1;
	expect_answers(false, true, true);
}

Test(summary, names_the_first_target_in_that_state)
{
	add_target(STATUS_READY, HEALTH_UNREADY, "db", "refused");
	add_target(STATUS_HEALTH, HEALTH_UNHEALTHY, "app", "status 503");
	add_target(STATUS_HEALTH, HEALTH_UNHEALTHY, "other", "status 500");
	expect_line(HEALTH_UNHEALTHY, NULL, "unhealthy: app: status 503\n");
	expect_line(HEALTH_UNREADY, NULL, "unready: db: refused\n");
	expect_line(HEALTH_STARTING, NULL, "starting\n");
}

Test(summary, names_no_target_while_healthy_or_stopping)
{
	add_target(STATUS_HEALTH, HEALTH_HEALTHY, "app", "an old reason");
	add_target(STATUS_HEALTH, HEALTH_STOPPING, "app", "an old reason");
	expect_line(HEALTH_HEALTHY, NULL, "healthy\n");
	expect_line(HEALTH_STOPPING, NULL, "stopping\n");
}

Test(summary, says_what_the_start_waits_for)
{
	add_target(STATUS_WAIT, HEALTH_HEALTHY, "tcp://db:1", "");
	add_target(STATUS_WAIT, HEALTH_STARTING, "tcp://mq:2", "refused");
	expect_line(HEALTH_STARTING, NULL,
	            "starting: waiting for tcp://mq:2: refused\n");
	status.targets[1].reason[0] = '\0';
	expect_line(HEALTH_STARTING, NULL,
	            "starting: waiting for tcp://mq:2: no answer yet\n");
}

Test(summary, puts_a_problem_in_place_of_a_target)
{
	add_target(STATUS_HEALTH, HEALTH_UNHEALTHY, "app", "status 503");
	expect_line(HEALTH_UNHEALTHY, "hale has stopped",
	            "unhealthy: hale has stopped\n");
}

Test(summary, escapes_what_others_have_written)
{
	add_target(STATUS_HEALTH, HEALTH_UNHEALTHY, "a\n\x1b[m", "\xff\r");
	expect_line(HEALTH_UNHEALTHY, NULL,
	            "unhealthy: a\\x0a\\x1b[m: \\xff\\x0d\n");
}

/* Before Linux 5.1 another process of the same user can write the page. */
Test(summary, reads_no_further_than_what_it_shows)
{
	char buffer[4096];
	struct text t;

	memset(&status, 'x', sizeof(status));
	status.targets[7].state = HEALTH_UNHEALTHY;
	text_init(&t, buffer, sizeof(buffer));
	summary_line(&t, HEALTH_UNHEALTHY, &status, NULL);
	cr_expect_lt(t.length, 2 * TEXT_SHOWN_MAX + 40);
	cr_expect_str_eq(buffer + t.length - 5, "x...\n");
}

/* Docker keeps 4096 bytes of what a check prints. */
Test(summary, has_room_for_the_worst_line)
{
	struct status_target *target;
	char buffer[4096];
	struct text t;

	target = add_target(STATUS_WAIT, HEALTH_STARTING, "", "");
	memset(target->text, '\n', sizeof(target->text) - 1);
	memset(target->reason, '\n', sizeof(target->reason) - 1);
	text_init(&t, buffer, sizeof(buffer));
	summary_line(&t, HEALTH_STARTING, &status, NULL);
	cr_expect_not(t.cut);
}
