/* SPDX-License-Identifier: MIT */
/* ready: what PROGRAM depends on makes it unready, and never unhealthy. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "server.h"
#include "state.h"

TestSuite(ready, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* Two files: the service's own health, and the database that it needs. */
static char *
target(const char *name)
{
	return checks_text("file:%s", helper_path(name));
}

static void
go_up(const char *name)
{
	helper_write_file(helper_path(name), "");
}

static void
go_down(const char *name)
{
	cr_assert_eq(unlink(helper_path(name)), 0);
}

/* The code of --check with this word, and its line. */
static int
check(const struct ns *ns, char *word, struct ns_output *output)
{
	struct ns one = ns_start_beside(
	    ns, &(struct ns_setup){.words = NS_WORDS("--check", word)});

	ns_collect(&one, output);
	cr_expect_str_empty(output->err);
	return output->code;
}

/* hale is called that, and answers the three questions by these codes. */
static void
expect_state(const struct ns *ns, const char *name, int healthy, int live,
             int started)
{
	struct ns_output output;

	state_await_name(ns, name);
	cr_expect_eq(check(ns, NULL, &output), healthy, "%s", output.out);
	cr_expect_eq(strncmp(output.out, name + 5, strlen(name + 5)), 0, "%s",
	             output.out);
	cr_expect_eq(check(ns, "--live", &output), live, "%s", output.out);
	cr_expect_eq(check(ns, "--started", &output), started, "%s",
	             output.out);
}

static struct ns
start(bool plain)
{
	return ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=20ms", "--health-retries=1",
	                      "--health", target("self"), "--ready",
	                      target("database"), ns_program(), "wait"),
	    .plain = plain});
}

static void
check_course(bool plain)
{
	struct ns ns;

	go_up("self");
	ns = start(plain);
	expect_state(&ns, "hale:unready", 1, 0, 0);
	go_up("database");
	expect_state(&ns, "hale:healthy", 0, 0, 0);
	go_down("database");
	expect_state(&ns, "hale:unready", 1, 0, 0);
	go_down("self");
	expect_state(&ns, "hale:unhealthy", 1, 1, 1);
	go_up("database");
	expect_state(&ns, "hale:unhealthy", 1, 1, 1);
	go_up("self");
	expect_state(&ns, "hale:healthy", 0, 0, 0);
	go_down("database");
	go_down("self");
	ns_kill(&ns);
}

Test(ready, fails_without_making_program_unhealthy)
{
	check_course(false);
	check_course(true);
}

/* A database that is down must not restart every replica. */
Test(ready, never_stops_program)
{
	struct ns_output output;
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-interval=20ms", "--health-retries=1",
	                 "--on-unhealthy=stop", "--health=file:/", "--ready",
	                 target("database"), ns_program(), "catch", "1", "7")});

	ns_expect_line(&ns, "ready");
	state_await_message(
	    &ns, checks_text("warning: unready: %s", target("database")));
	state_let_pass(200);
	cr_expect_eq(check(&ns, "--live", &output), 0, "%s", output.out);
	go_up("database");
	state_await_message(&ns, "warning: healthy after ");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 7);
}

/* Alone it says nothing about PROGRAM's own health. */
Test(ready, is_enough_by_itself)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-interval=20ms", "--health-retries=1",
	                 "--ready", target("database"), ns_program(), "wait")});

	expect_state(&ns, "hale:unready", 1, 0, 0);
	go_up("database");
	expect_state(&ns, "hale:healthy", 0, 0, 0);
	ns_kill(&ns);
}

Test(ready, is_starting_until_the_start_period_is_over)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-start-period=700ms",
	                      "--health-start-interval=20ms",
	                      "--health-interval=20ms", "--health-retries=1",
	                      "--health=file:/", "--ready", target("database"),
	                      ns_program(), "wait")});
	long long before = helper_now_ms();

	state_await_name(&ns, "hale:starting");
	state_await_name(&ns, "hale:unready");
	cr_expect_geq(helper_now_ms() - before, 500);
	ns_kill(&ns);
}

/* ------ --check --started ------ */

Test(ready, has_started_when_every_health_target_has_been_healthy)
{
	struct ns_output output;
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-start-period", CHECKS_LONG,
	                      "--health-start-interval=20ms",
	                      "--health-interval=20ms", "--health=file:/",
	                      "--health", target("self"), "--ready",
	                      target("database"), ns_program(), "wait")});

	state_await_name(&ns, "hale:starting");
	cr_expect_eq(check(&ns, "--started", &output), 1, "%s", output.out);
	cr_expect_eq(check(&ns, "--live", &output), 0, "%s", output.out);
	go_up("self");
	while (check(&ns, "--started", &output) != 0)
		cr_assert(state_is_named(&ns, "hale:starting"), "%s",
		          output.out);
	cr_expect_eq(check(&ns, NULL, &output), 1, "%s", output.out);
	ns_kill(&ns);
}

Test(ready, can_be_waited_for_through_unready)
{
	struct ns ns, one;
	struct ns_output output;
	char line[NS_LINE];

	go_up("self");
	ns = start(false);
	state_await_name(&ns, "hale:unready");
	one = ns_start_beside(
	    &ns,
	    &(struct ns_setup){.words = NS_WORDS("--check", "--wait=10m")});
	cr_expect(ns_read_line(one.err, line));
	go_up("database");
	ns_collect(&one, &output);
	cr_expect_eq(output.code, 0, "%s", output.out);
	ns_kill(&ns);
}

/* ------ Settings for all targets and for one. ------ */

/* Each of them is asked at least six times; the default is once in 10 s. */
static void
check_asked(char **words, const struct server servers[2])
{
	struct ns ns = ns_start(&(struct ns_setup){.words = words});

	ns_expect_line(&ns, "ready");
	server_await(&servers[0], 6);
	server_await(&servers[1], 6);
	ns_kill(&ns);
}

#define FINE SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"))

Test(ready, has_options_that_apply_to_all_targets_wherever_they_stand)
{
	struct server servers[2];
	char *one = state_open_server(&servers[0], FINE);
	char *two = state_open_server(&servers[1], FINE);

	check_asked(NS_WORDS("--health", one, "--ready", two,
	                     "--health-interval=20ms", ns_program(), "wait"),
	            servers);
}

Test(ready, has_settings_of_one_target_in_front_of_it)
{
	struct server servers[2];
	char *one = checks_text("interval=20ms retries=1 status='200' %s",
	                        state_open_server(&servers[0], FINE));
	char *two = checks_text("interval=20ms %s",
	                        state_open_server(&servers[1], FINE));

	check_asked(NS_WORDS("--health", one, "--ready", two,
	                     "--health-interval", CHECKS_LONG, ns_program(),
	                     "wait"),
	            servers);
}

/* The settings may hold secrets, and are not shown. */
Test(ready, shows_targets_without_their_settings)
{
	struct ns_output output;
	struct ns ns, one;

	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health",
		checks_text("interval=20ms retries=1 %s", target("self")),
		"--health", target("self"), ns_program(), "wait")});
	state_await_message(&ns,
	                    checks_text("unhealthy: %s: ", target("self")));
	one = ns_start_beside(
	    &ns, &(struct ns_setup){.words = NS_WORDS("--status")});
	ns_collect(&one, &output);
	cr_expect_null(strstr(output.out, "interval="), "%s", output.out);
	cr_expect_not_null(
	    strstr(output.out, checks_text("%s #2", target("self"))), "%s",
	    output.out);
	ns_kill(&ns);
}

/* ------ The start period that is there by itself. ------ */

/* Started by a shell, so that no variable of the tests sets it. */
Test(ready, has_a_start_period_of_30_seconds_by_itself)
{
	char *count = helper_path("count");
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"/bin/sh", "-c",
		checks_text("exec %s --health-start-interval=20ms "
	                    "--health-interval=20ms --on-unhealthy=stop "
	                    "--health \"exec:sh -c 'echo >>%s; exit 1'\" "
	                    "%s idle",
	                    ns_hale(), count, helper_stop_program()))});
	char text[NS_TEXT] = "";

	ns_expect_line(&ns, "ready");
	while (strlen(text) < 20) {
		state_let_pass(20);
		if (access(count, F_OK) == 0)
			helper_read_file(count, text, sizeof(text));
	}
	state_messages(&ns, text, sizeof(text));
	cr_expect_null(strstr(text, "unhealthy"), "%s", text);
	ns_kill(&ns);
}
