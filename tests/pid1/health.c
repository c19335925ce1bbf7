/* SPDX-License-Identifier: MIT */
/* health: when PROGRAM's health turns, and what comes of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "json.h"
#include "server.h"
#include "state.h"
#include "trace.h"

TestSuite(health, .init = helper_make_directory,
          .fini = helper_remove_directory);

#define OK   SAY("HTTP/1.1 200 OK\r\n\r\n")
#define BUSY SAY("HTTP/1.1 503 Busy\r\n\r\n")

/* A target that is healthy as long as there is a file. */
static char *
file_target(void)
{
	return checks_text("file:%s", helper_path("up"));
}

static void
go_up(void)
{
	helper_write_file(helper_path("up"), "");
}

static void
go_down(void)
{
	cr_assert_eq(unlink(helper_path("up")), 0);
}

/* ------ The states. ------ */

static void
check_states(bool plain)
{
	struct ns ns = state_start(
	    plain, NS_WORDS("--health", file_target(), "--health-interval=20ms",
	                    "--health-start-interval=20ms",
	                    "--health-start-period=10m", ns_program(), "catch",
	                    "2", "7"));

	state_await_name(&ns, "hale:starting");
	go_up();
	state_await_name(&ns, "hale:healthy");
	go_down();
	state_await_name(&ns, "hale:unhealthy");
	go_up();
	state_await_name(&ns, "hale:healthy");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect(state_is_named(&ns, "hale:stopping"));
	go_down();
	ns_send(&ns, SIGUSR1);
	ns_expect_line(&ns, "10");
	cr_expect_eq(ns_wait(&ns), 7);
}

Test(health, can_be_seen_by_hales_name)
{
	check_states(false);
	check_states(true);
}

Test(health, leaves_hales_name_alone_where_none_is_asked_for)
{
	struct ns ns = state_start(false, NS_WORDS(ns_program(), "wait"));

	cr_expect(state_is_named(&ns, "hale"));
	state_terminate(&ns, 143);
}

/* Becoming unhealthy and the recovery are warnings; being healthy for the first
 * time is not. */
Test(health, says_when_it_turns)
{
	struct ns ns;
	char line[NS_LINE];
	int i;

	go_up();
	ns = state_start(false, NS_WORDS("--health", file_target(),
	                                 "--health-interval=20ms", ns_program(),
	                                 "wait"));
	state_await_name(&ns, "hale:healthy");
	for (i = 0; i < 3; i++) {
		go_down();
		cr_assert(ns_read_line(ns.err, line));
		cr_expect_eq(strncmp(line, "hale: warning: ", 15), 0, "%s",
		             line);
		cr_expect_not_null(strstr(line, "unhealthy"), "%s", line);
		cr_expect_not_null(strcasestr(line, "no such file"), "%s",
		                   line);
		state_await_name(&ns, "hale:unhealthy");
		go_up();
		cr_assert(ns_read_line(ns.err, line));
		cr_expect_eq(strncmp(line, "hale: warning: ", 15), 0, "%s",
		             line);
		cr_expect_not_null(strstr(line, "healthy"), "%s", line);
		cr_expect_null(strstr(line, "unhealthy"), "%s", line);
		state_await_name(&ns, "hale:healthy");
	}
	ns_kill(&ns);
}

Test(health, says_when_it_turns_in_json)
{
	struct ns ns = state_start(
	    false, NS_WORDS("--log-format=json", "--health", file_target(),
	                    "--health-interval=20ms", "--health-start-period=0",
	                    ns_program(), "wait"));
	char line[NS_LINE], value[JSON_TEXT];

	cr_assert(ns_read_line(ns.err, line));
	cr_expect(json_valid(line), "%s", line);
	cr_expect(json_get(line, "state", value), "%s", line);
	cr_expect_str_eq(value, "unhealthy");
	cr_expect(json_get(line, "target", value), "%s", line);
	cr_expect_str_eq(value, file_target());
	cr_expect(json_get(line, "reason", value), "%s", line);
	go_up();
	cr_assert(ns_read_line(ns.err, line));
	cr_expect(json_valid(line), "%s", line);
	cr_expect(json_get(line, "state", value), "%s", line);
	cr_expect_str_eq(value, "healthy");
	ns_kill(&ns);
}

Test(health, says_each_failure_to_who_wants_to_know)
{
	struct ns ns = state_start(
	    false, NS_WORDS("-v", "--health", file_target(),
	                    "--health-interval=20ms", "--health-retries=999",
	                    "--health-start-period=0", ns_program(), "wait"));
	int i;

	for (i = 0; i < 4; i++)
		state_await_message(&ns, "no such file");
	cr_expect(state_is_named(&ns, "hale:starting"));
	ns_kill(&ns);
}

/* ------ When. ------ */

/* The server lets the last attempt hang: that is where hale stands, all before
 * it have been counted. */
static void
check_state(const char *state, int attempts, char **options,
            const struct server_step *steps)
{
	char *words[32] = {"--health-interval=1ms", "--health-start-period=0",
	                   "--health-timeout", CHECKS_LONG};
	struct server server;
	struct ns ns;
	size_t i, n = 4;

	for (i = 0; options[i] != NULL; i++)
		words[n++] = options[i];
	words[n++] = "--health";
	words[n++] = state_open_server(&server, steps);
	words[n++] = ns_program();
	words[n] = "wait";
	ns = state_start(false, words);
	server_await(&server, attempts);
	ns_await_sleep(&ns);
	state_await_name(&ns, state);
	ns_await_sleep(&ns);
	cr_expect(state_is_named(&ns, state));
	cr_expect_eq(*server.came, attempts);
	state_terminate(&ns, 143);
}

Test(health, fails_with_so_many_failures_in_a_row)
{
	check_state("hale:healthy", 4, NS_WORDS(NULL),
	            SERVER_PLAY(OK, NEXT, BUSY, NEXT, BUSY, NEXT, HANG));
	check_state(
	    "hale:unhealthy", 5, NS_WORDS(NULL),
	    SERVER_PLAY(OK, NEXT, BUSY, NEXT, BUSY, NEXT, BUSY, NEXT, HANG));
	check_state("hale:healthy", 7, NS_WORDS("--health-retries=3"),
	            SERVER_PLAY(OK, NEXT, BUSY, NEXT, BUSY, NEXT, OK, NEXT,
	                        BUSY, NEXT, BUSY, NEXT, HANG));
	check_state("hale:unhealthy", 3, NS_WORDS("--health-retries=1"),
	            SERVER_PLAY(OK, NEXT, BUSY, NEXT, HANG));
	check_state("hale:unhealthy", 2, NS_WORDS("--health-retries=1"),
	            SERVER_PLAY(BUSY, NEXT, HANG));
	check_state("hale:starting", 3, NS_WORDS(NULL),
	            SERVER_PLAY(BUSY, NEXT, BUSY, NEXT, HANG));
}

Test(health, is_good_again_with_so_many_successes_in_a_row)
{
	char **two = NS_WORDS("--health-retries=1", "--health-successes=2");

	check_state("hale:healthy", 3, NS_WORDS("--health-retries=1"),
	            SERVER_PLAY(BUSY, NEXT, OK, NEXT, HANG));
	check_state("hale:unhealthy", 3, two,
	            SERVER_PLAY(BUSY, NEXT, OK, NEXT, HANG));
	check_state(
	    "hale:unhealthy", 5, two,
	    SERVER_PLAY(BUSY, NEXT, OK, NEXT, BUSY, NEXT, OK, NEXT, HANG));
	check_state("hale:healthy", 4, two,
	            SERVER_PLAY(BUSY, NEXT, OK, NEXT, OK, NEXT, HANG));
}

Test(health, may_be_bad_while_program_starts)
{
	char **start = NS_WORDS("--health-retries=1", "--health-start-period",
	                        CHECKS_LONG, "--health-start-interval=1ms");

	check_state("hale:starting", 4, start,
	            SERVER_PLAY(BUSY, NEXT, BUSY, NEXT, BUSY, NEXT, HANG));
	check_state("hale:healthy", 3, start,
	            SERVER_PLAY(BUSY, NEXT, OK, NEXT, HANG));
	/* The first success ends the start. */
	check_state("hale:unhealthy", 4, start,
	            SERVER_PLAY(BUSY, NEXT, OK, NEXT, BUSY, NEXT, HANG));
}

Test(health, is_bad_when_the_start_takes_too_long)
{
	long long before = helper_now_ms();
	struct ns ns = state_start(
	    false, NS_WORDS("--health", file_target(), "--health-interval=20ms",
	                    "--health-start-period=500ms",
	                    "--health-start-interval=20ms",
	                    "--health-retries=1", ns_program(), "wait"));

	state_await_name(&ns, "hale:unhealthy");
	cr_expect_geq(helper_now_ms() - before, 500);
	state_terminate(&ns, 143);
}

/* The long interval is not waited for in the start, and the short one is not
 * taken after it. */
Test(health, is_looked_at_more_often_during_the_start)
{
	struct server server;
	char *target =
	    state_open_server(&server, SERVER_PLAY(BUSY, NEXT, BUSY, NEXT, OK));
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health", target, "--health-interval", CHECKS_LONG,
	             "--health-start-period", CHECKS_LONG,
	             "--health-start-interval=1ms", ns_program(), "wait"));

	state_await_name(&ns, "hale:healthy");
	state_let_pass(200);
	cr_expect_eq(*server.came, 3);
	state_terminate(&ns, 143);
}

Test(health, is_looked_at_from_start_to_start)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(PAUSE, OK));
	long long before = helper_now_ms();
	struct ns ns = state_start(false, NS_WORDS("--health", target,
	                                           "--health-interval=300ms",
	                                           ns_program(), "wait"));

	server_await(&server, 6);
	cr_expect_geq(helper_now_ms() - before, 5 * 300);
	state_terminate(&ns, 143);
}

/* A timeout that is longer than the interval is no mistake. */
Test(health, is_never_looked_at_twice_at_a_time)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(HANG));
	struct ns ns = state_start(
	    false, NS_WORDS("--health", target, "--health-interval=1ms",
	                    "--health-timeout=100ms", "--health-start-period=0",
	                    ns_program(), "wait"));

	while (*server.came < 10)
		cr_assert_leq(state_descriptors(&ns, true), 1);
	state_terminate(&ns, 143);
}

/* ------ More than one target. ------ */

Test(health, is_that_of_the_worst)
{
	struct ns ns;

	helper_write_file(helper_path("other"), "");
	ns = state_start(false,
	                 NS_WORDS("--health-interval=20ms",
	                          "--health-start-period=0", "--health",
	                          checks_text("file:%s", helper_path("other")),
	                          "--health", file_target(), "--health",
	                          checks_text("file:%s", helper_path("")),
	                          ns_program(), "wait"));

	state_await_name(&ns, "hale:unhealthy");
	go_up();
	state_await_name(&ns, "hale:healthy");
	cr_assert_eq(unlink(helper_path("other")), 0);
	state_await_name(&ns, "hale:unhealthy");
	go_down();
	helper_write_file(helper_path("other"), "");
	state_await_name(&ns, "hale:unhealthy");
	go_up();
	state_await_name(&ns, "hale:healthy");
	state_terminate(&ns, 143);
}

Test(health, has_settings_of_one_target_before_it)
{
	struct server often, seldom, usual;
	char *a = state_open_server(&often, SERVER_PLAY(OK));
	char *b = state_open_server(&seldom, SERVER_PLAY(OK));
	char *c = state_open_server(&usual, SERVER_PLAY(OK));
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health", checks_text("interval=1ms %s", a), "--health",
	             checks_text("interval=" CHECKS_LONG " %s", b), "--health",
	             c, "--health-interval=2ms", ns_program(), "wait"));

	server_await(&often, 20);
	server_await(&usual, 20);
	cr_expect_eq(*seldom.came, 1);
	state_terminate(&ns, 143);
}

Test(health, can_be_asked_for_by_the_environment)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "wait"),
	    .env = NS_WORDS(
		checks_text("HALE_HEALTH=%s\n%s", file_target(),
	                    checks_text("file:%s", helper_path("other"))),
		"HALE_HEALTH_INTERVAL=20ms", "HALE_HEALTH_RETRIES=1",
		"HALE_HEALTH_START_PERIOD=0")});

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:unhealthy");
	go_up();
	helper_write_file(helper_path("other"), "");
	state_await_name(&ns, "hale:healthy");
	cr_assert_eq(unlink(helper_path("other")), 0);
	state_await_name(&ns, "hale:unhealthy");
	state_terminate(&ns, 143);
}

/* ------ What comes of it. ------ */

Test(health, sends_a_signal_once_a_turn)
{
	struct ns ns;
	int i;

	go_up();
	ns = state_start(
	    false, NS_WORDS("--health", file_target(), "--health-interval=5ms",
	                    "--health-retries=1", "--on-unhealthy=signal:USR1",
	                    ns_program(), "catch", "4", "7"));
	for (i = 0; i < 3; i++) {
		state_await_name(&ns, "hale:healthy");
		go_down();
		ns_expect_line(&ns, "10");
		state_await_name(&ns, "hale:unhealthy");
		state_let_pass(50);
		go_up();
	}
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 7);
}

/* Two that turn one after the other make PROGRAM's health turn once. */
Test(health, sends_one_signal_for_all_targets)
{
	struct ns ns;

	go_up();
	helper_write_file(helper_path("other"), "");
	ns = state_start(
	    false,
	    NS_WORDS("-v", "--health-interval=5ms", "--health-retries=3",
	             "--on-unhealthy=signal:USR1", "--health", file_target(),
	             "--health", checks_text("file:%s", helper_path("other")),
	             ns_program(), "catch", "2", "7"));
	state_await_name(&ns, "hale:healthy");
	go_down();
	ns_expect_line(&ns, "10");
	cr_assert_eq(unlink(helper_path("other")), 0);
	state_await_message(&ns,
	                    "other: No such file or directory (5 in a row)");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 7);
}

/* The exit code and the report of an instance of hale that stops an
 * stop_program which says that it is ready. */
static void
check_stop(bool plain, char **words)
{
	char *all[32] = {
	    "--exit-report", helper_path("report"),   "--health",
	    file_target(),   "--health-interval=5ms", "--on-unhealthy",
	    "stop"};
	char report[NS_TEXT], facts[NS_TEXT];
	struct ns ns;
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		all[i + 7] = words[i];
	go_up();
	ns = state_start(plain, all);
	state_await_name(&ns, "hale:healthy");
	go_down();
	helper_await_end(&ns);
	cr_expect_eq(ns_wait(&ns), 124);
	helper_read_file(helper_path("report"), report, sizeof(report));
	cr_assert(
	    helper_jq("[.reason,.exit_code]", report, facts, sizeof(facts)),
	    "%s", report);
	cr_expect_str_eq(facts, "[\"unhealthy\",124]\n");
}

Test(health, stops_program_with_124)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		check_stop(plain != 0, NS_WORDS(helper_stop_program(), "idle"));
		check_stop(plain != 0, NS_WORDS(helper_stop_program(),
		                                "exit-after-term", "0", "0"));
		check_stop(plain != 0,
		           NS_WORDS("--grace=200ms", helper_stop_program(),
		                    "ignore-term", "idle"));
		check_stop(plain != 0, NS_WORDS("--grace", CHECKS_LONG,
		                                helper_stop_program(), "beside",
		                                "idle", "+", "idle"));
	}
}

Test(health, rewrites_the_signal_that_stops)
{
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health", file_target(), "--health-interval=5ms",
	             "--health-start-period=0", "--on-unhealthy=stop",
	             "--rewrite=TERM:QUIT", ns_program(), "catch", "1", "3"));

	ns_expect_line(&ns, "3");
	cr_expect_eq(ns_wait(&ns), 124);
}

/* Both turn in the same step, and one of them asks for nothing. */
Test(health, stops_program_though_another_target_asks_for_less)
{
	static char *const order[][2] = {{"stop", "report"},
	                                 {"report", "stop"}};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct ns ns = state_start(
		    true, NS_WORDS("--health-interval=5ms",
		                   "--health-start-period=0", "--health",
		                   checks_text("on-unhealthy=%s %s",
		                               order[i][0], file_target()),
		                   "--health",
		                   checks_text("on-unhealthy=%s %s",
		                               order[i][1], file_target()),
		                   helper_stop_program(), "idle"));

		cr_expect_eq(ns_wait(&ns), 124);
	}
}

/* It would not see TERM, and its end would be KILL after the grace. */
Test(health, wakes_a_program_that_is_to_stop)
{
	struct ns ns;
	struct ns_output output;

	go_up();
	ns = state_start(false, NS_WORDS("-v", "--health", file_target(),
	                                 "--health-interval=5ms",
	                                 "--on-unhealthy=stop",
	                                 helper_stop_program(), "stopped"));
	helper_await_stopped(&ns, 1);
	go_down();
	ns_collect(&ns, &output);
	cr_expect_eq(output.code, 124);
	cr_expect(strstr(output.err, "killed by TERM") != NULL, "%s",
	          output.err);
}

/* The milliseconds of a time that hale has put at this address. */
static long long
read_time(const struct trace *t, unsigned long long address)
{
	struct timespec time = {0};
	int fd =
	    open(checks_text("/proc/%d/mem", t->pid), O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, &time, sizeof(time), (off_t)address),
	             (ssize_t)sizeof(time));
	close(fd);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* How long hale would sleep now, at the most; 0 if it would not, or for ever.
 */
static long long
sleep_length(const struct trace *t)
{
	long long ms = 0;

	if (t->at != TRACE_ENTRY || t->pid != t->ns.hale)
		return 0;
#ifdef SYS_poll
	if (t->call == SYS_poll)
		ms = (int)t->arguments[2];
#endif
	if (t->call == SYS_ppoll && t->arguments[2] != 0)
		ms = read_time(t, t->arguments[2]);
	return ms > 0 ? ms : 0;
}

/* After TERM it would sleep for almost ten seconds, and not for ever. */
Test(health, stops_a_program_that_ignores_term_in_ten_seconds, .timeout = 60)
{
	struct trace t;
	long long length = 0;
	bool sent = false;

	trace_start(&t,
	            &(struct ns_setup){
			.words = NS_WORDS(
			    "--health", file_target(), "--health-interval=5ms",
			    "--health-start-period=0", "--on-unhealthy=stop",
			    helper_stop_program(), "ignore-term", "idle")});
	while (length == 0) {
		cr_assert(trace_next(&t));
		if (t.at == TRACE_ENTRY && t.call == SYS_kill &&
		    t.arguments[1] == SIGTERM)
			sent = true;
		if (sent)
			length = sleep_length(&t);
	}
	cr_expect_geq(length, 5000);
	cr_expect_lt(length, 10500, "%lld ms", length);
	ns_kill(&t.ns);
}

Test(health, is_no_concern_once_the_stop_has_begun)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(OK));
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health", target, "--health-interval=1ms", "--drain",
	             CHECKS_LONG, ns_program(), "catch", "1", "9"));
	int came;

	state_await_name(&ns, "hale:healthy");
	ns_send(&ns, SIGTERM);
	state_await_name(&ns, "hale:stopping");
	ns_await_sleep(&ns);
	came = *server.came + 1; /* one may still be in the queue */
	state_let_pass(100);
	cr_expect_leq(*server.came, came);
	cr_expect(state_is_named(&ns, "hale:stopping"));
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 9);
}

/* ------ A pause. ------ */

/* hale and all that is beside it stand still for much longer than it takes to
 * be unhealthy; only the server does not, and an attempt is under way. */
static void
check_pause(char *target, bool (*is_there)(void *), void *argument)
{
	struct ns ns = state_start(
	    false, NS_WORDS("--health", target, "--health-interval=10ms",
	                    "--health-timeout=1s", "--health-retries=1",
	                    ns_program(), "wait"));
	char errors[NS_TEXT];

	state_await_name(&ns, "hale:healthy");
	ns_wait_until(is_there, argument);
	state_freeze(&ns);
	state_let_pass(2500);
	state_thaw(&ns);
	state_let_pass(500);
	state_messages(&ns, errors, sizeof(errors));
	cr_expect(state_is_named(&ns, "hale:healthy"));
	cr_expect_null(strstr(errors, "unhealthy"), "%s", errors);
	state_terminate(&ns, 143);
}

static bool
has_come_again(void *server)
{
	return *((struct server *)server)->came >= 2;
}

Test(health, is_not_judged_by_a_pause)
{
	struct server server;

	check_pause(
	    state_open_server(&server, SERVER_PLAY(OK, NEXT, HANG, NEXT, OK)),
	    has_come_again, &server);
}

static bool
is_marked(void *path)
{
	return access(path, F_OK) == 0;
}

/* It sleeps the second time that it runs, and never again. */
Test(health, is_not_judged_by_a_pause_of_a_command)
{
	char *mark = helper_path("mark");

	check_pause(checks_text("exec:/bin/sh -c 'cd %s; test -e once || exec "
	                        "touch once; test -e mark && exit; touch mark; "
	                        "exec sleep 600'",
	                        helper_path("")),
	            is_marked, mark);
}

/* Three attempts would have been due meanwhile; there is one. */
Test(health, makes_up_for_nothing_after_a_pause)
{
	struct server server;
	struct ns ns = state_start(
	    false, NS_WORDS("--health-interval=1s", "--health",
	                    state_open_server(&server, SERVER_PLAY(OK)),
	                    ns_program(), "wait"));
	int came;

	state_await_name(&ns, "hale:healthy");
	state_freeze(&ns);
	came = *server.came;
	state_let_pass(3500);
	state_thaw(&ns);
	server_await(&server, came + 1);
	state_let_pass(500);
	cr_expect_eq(*server.came, came + 1);
	state_terminate(&ns, 143);
}
