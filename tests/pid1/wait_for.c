/* SPDX-License-Identifier: MIT */
/* wait_for: PROGRAM starts when every --wait-for target has answered once, and
 * hale is a proper init until then. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"
#include "server.h"
#include "state.h"

TestSuite(wait_for, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* What a test lets hale wait for, and what ends the waiting. */
static char *
file_target(void)
{
	return checks_text("interval=20ms file:%s", helper_path("up"));
}

static void
go_up(void)
{
	helper_write_file(helper_path("up"), "");
}

/* Start hale with these words and wait until it waits, and says so. */
static struct ns
start(bool plain, char **words)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = words, .plain = plain});

	state_await_message(&ns, "warning: waiting for ");
	cr_expect(state_is_named(&ns, "hale:starting"));
	return ns;
}

/* Run hale beside the other with these words. */
static void
beside(const struct ns *ns, char **words, struct ns_output *output)
{
	struct ns one = ns_start_beside(ns, &(struct ns_setup){.words = words});

	ns_collect(&one, output);
}

static void
expect_no_program(const struct ns *ns)
{
	cr_expect_eq(ns_count(ns, 0), ns->keeper > 0 ? 2 : 1);
}

/* ------ The end of the waiting. ------ */

/* hale keeps nothing of the waiting, as soon as it knows that PROGRAM was
 * executed. */
static bool
has_only_its_streams(void *ns)
{
	return state_descriptors(ns, false) == 3;
}

Test(wait_for, starts_program_when_the_target_has_answered)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(plain != 0,
		                     NS_WORDS("-v", "--wait-for", file_target(),
		                              ns_program(), "catch", "1", "7"));

		expect_no_program(&ns);
		go_up();
		state_await_message(
		    &ns, "info: every --wait-for target has answered");
		ns_expect_line(&ns, "ready");
		state_await_name(&ns, "hale");
		ns_await_sleep(&ns);
		ns_wait_until(has_only_its_streams, &ns);
		ns_send(&ns, SIGTERM);
		ns_expect_line(&ns, "15");
		cr_expect_eq(ns_wait(&ns), 7);
		unlink(helper_path("up"));
	}
}

/* Nobody is told of a wait that is over at once. */
Test(wait_for, says_nothing_where_it_need_not_wait)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--wait-for", "file:/",
	                                            ns_program(), "exit", "3")},
	       &output);
	cr_expect_str_empty(output.err);
	cr_expect_eq(output.code, 3);
}

/* A target that has answered once is not asked again. */
Test(wait_for, asks_each_target_until_it_has_passed_once)
{
	struct server server;
	char *target = state_open_server(
	    &server, SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"), NEXT,
	                         SAY("HTTP/1.1 503 No\r\n\r\n")));
	struct ns ns =
	    start(false, NS_WORDS("--wait-for",
	                          checks_text("interval=20ms %s", target),
	                          "--wait-for", file_target(), ns_program(),
	                          "catch", "1", "7"));

	state_let_pass(200);
	expect_no_program(&ns);
	cr_expect_eq(*server.came, 1);
	go_up();
	ns_expect_line(&ns, "ready");
	ns_kill(&ns);
}

/* ------ All kinds of targets, and eight of them. ------ */

Test(wait_for, takes_eight_targets_of_all_kinds)
{
	struct server http, tcp, local;
	int port, fd = server_bind("127.0.0.1", &port);
	int socket_fd = server_bind_path(helper_path("socket"));
	struct ns ns;

	server_start(&tcp, fd, SERVER_PLAY(SAY("hello\r\n")));
	server_start(&local, socket_fd, SERVER_PLAY(HANG));
	ns = start(
	    false,
	    NS_WORDS(
		"--wait-for",
		state_open_server(&http, SERVER_PLAY(SAY("HTTP/1.1 200 OK"
	                                                 "\r\n\r\n"))),
		"--wait-for", checks_text("tcp://127.0.0.1:%d", port),
		"--wait-for",
		checks_text(
		    "tcp://localhost:%d?send=hi%%0d%%0a%%0d%%0a&expect=hello",
		    port),
		"--wait-for", checks_text("unix:%s", helper_path("socket")),
		"--wait-for", "exec:true", "--wait-for", "file:/", "--wait-for",
		file_target(), "--wait-for",
		checks_text("interval=20ms exec:test -e %s", helper_path("up")),
		ns_program(), "catch", "1", "7"));
	state_let_pass(200);
	cr_expect(state_is_named(&ns, "hale:starting"));
	go_up();
	ns_expect_line(&ns, "ready");
	ns_kill(&ns);
	server_stop(&tcp, fd);
	server_stop(&local, socket_fd);
}

Test(wait_for, takes_no_ninth_target)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(
				      "--wait-for=file:/", "--wait-for=file:/",
				      "--wait-for=file:/", "--wait-for=file:/",
				      "--wait-for=file:/", "--wait-for=file:/",
				      "--wait-for=file:/", "--wait-for=file:/",
				      "--wait-for=file:/nine", ns_program(),
				      "exit", "3")},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_not_null(strstr(output.err, "--wait-for"), "%s", output.err);
}

/* ------ Signals meanwhile. ------ */

/* PROGRAM begins with the mask that hale found: it misses no signal. */
static void
block_all(void *argument)
{
	static const unsigned long all[8] = {~0UL};

	(void)argument;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, NULL, 8);
}

/* The kernel hands out the lowest number first, and those of one number in the
 * order in which they came. */
static void
check_kept(bool plain, char *forward)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--forward", forward, "--wait-for", file_target(),
	                      ns_program(), "catch", "6", "7"),
	    .plain = plain,
	    .prepare = block_all});

	state_await_message(&ns, "waiting for ");
	ns_send(&ns, SIGUSR1);
	ns_send(&ns, SIGHUP);
	ns_queue(&ns, 37, 1);
	ns_queue(&ns, 37, 2);
	ns_queue(&ns, 36, 3);
	ns_send(&ns, SIGCONT);
	state_let_pass(100);
	expect_no_program(&ns);
	go_up();
	ns_expect_line(&ns, "ready");
	ns_expect_line(&ns, "1");
	ns_expect_line(&ns, "10");
	ns_expect_line(&ns, "18");
	ns_expect_line(&ns, strcmp(forward, "child") == 0 ? "36 3" : "36");
	ns_expect_line(&ns, strcmp(forward, "child") == 0 ? "37 1" : "37");
	ns_expect_line(&ns, strcmp(forward, "child") == 0 ? "37 2" : "37");
	cr_expect_eq(ns_wait(&ns), 7);
	unlink(helper_path("up"));
}

Test(wait_for, keeps_other_signals_for_program_in_their_order)
{
	check_kept(false, "child");
	check_kept(true, "child");
	check_kept(false, "group");
	check_kept(true, "group");
}

/* Without a drain, and soon. */
static void
check_stop(bool plain, int signal, char *words)
{
	struct ns ns = start(plain, NS_WORDS("--drain=10m", "--grace=10m",
	                                     words, "--wait-for", file_target(),
	                                     ns_program(), "exit", "3"));

	ns_send(&ns, signal);
	cr_expect_eq(ns_wait(&ns), 128 + signal);
}

Test(wait_for, ends_at_a_stop_signal)
{
	check_stop(false, SIGTERM, "-s");
	check_stop(false, SIGINT, "-s");
	check_stop(true, SIGTERM, "-s");
	check_stop(false, SIGQUIT, "--stop-signal=QUIT");
	check_stop(false, 37, "--stop-signal=RTMIN+3");
	check_stop(false, SIGTERM, "--stop-signal=QUIT");
}

/* What is dropped ends nothing. */
Test(wait_for, goes_on_when_a_stop_signal_is_dropped)
{
	struct ns ns = start(false, NS_WORDS("--rewrite=TERM:0", "--wait-for",
	                                     file_target(), ns_program(),
	                                     "catch", "1", "7"));

	ns_send(&ns, SIGTERM);
	state_let_pass(100);
	go_up();
	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGINT);
	ns_expect_line(&ns, "2");
	cr_expect_eq(ns_wait(&ns), 7);
}

/* ------ When the time is over. ------ */

static void
expect_report(const char *expected)
{
	char line[NS_TEXT], facts[NS_TEXT];

	helper_read_file(helper_path("report"), line, sizeof(line));
	cr_assert(helper_jq("[.reason,.exit_code,(.message|length>0)]", line,
	                    facts, sizeof(facts)),
	          "%s", line);
	cr_expect_str_eq(facts, expected, "%s", line);
}

Test(wait_for, gives_up_after_its_time)
{
	struct ns_output output;
	long long before = helper_now_ms();

	ns_run(&(struct ns_setup){.words = NS_WORDS(
				      "--wait-timeout=300ms", "--exit-report",
				      helper_path("report"), "--wait-for",
				      file_target(), "--wait-for", "file:/",
				      "--wait-for", "exec:false", ns_program(),
				      "say", "started")},
	       &output);
	cr_expect_geq(helper_now_ms() - before, 300);
	cr_expect_eq(output.code, 125, "%s", output.err);
	cr_expect_str_empty(output.out);
	cr_expect_not_null(
	    strcasestr(output.err,
	               checks_text("hale: error: timed out after 300ms "
	                           "waiting for file:%s: no such file",
	                           helper_path("up"))),
	    "%s", output.err);
	cr_expect_not_null(strstr(output.err, "waiting for exec:false: exit 1"),
	                   "%s", output.err);
	cr_expect_null(strstr(output.err, "waiting for file:/:"), "%s",
	               output.err);
	expect_report("[\"not-started\",125,true]\n");
}

Test(wait_for, leaves_a_report_of_a_stop)
{
	struct ns ns =
	    start(false,
	          NS_WORDS("--exit-report", helper_path("report"), "--wait-for",
	                   file_target(), ns_program(), "exit", "3"));

	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
	expect_report("[\"not-started\",143,true]\n");
}

Test(wait_for, may_wait_without_end)
{
	struct ns ns =
	    start(false, NS_WORDS("--wait-timeout=0", "--wait-for",
	                          file_target(), ns_program(), "exit", "3"));

	state_let_pass(300);
	go_up();
	cr_expect_eq(ns_wait(&ns), 3);
}

/* ------ Under other names. ------ */

static void
check_name(char *name, int timeout_code)
{
	char **argv = NS_WORDS(name, ns_program(), "exit", "3");
	char **env = NS_WORDS(checks_text("HALE_WAIT_FOR=%s", file_target()),
	                      "HALE_WAIT_TIMEOUT=200ms");
	struct ns_output output;
	struct ns ns;

	ns_run(&(struct ns_setup){.words = argv + 1,
	                          .env = env,
	                          .prepare = helper_exec_as,
	                          .argument = argv},
	       &output);
	cr_expect_eq(output.code, timeout_code, "%s: %d: %s", name, output.code,
	             output.err);
	env[1] = "HALE_WAIT_TIMEOUT=10m";
	ns = ns_start(&(struct ns_setup){.words = argv + 1,
	                                 .env = env,
	                                 .prepare = helper_exec_as,
	                                 .argument = argv});
	state_await_message(&ns, "waiting for ");
	go_up();
	cr_expect_eq(ns_wait(&ns), 3, "%s", name);
	unlink(helper_path("up"));
}

Test(wait_for, is_there_under_every_name)
{
	check_name("hale", 125);
	check_name("tini", 1);
	check_name("docker-init", 1);
	check_name("catatonit", 1);
	check_name("dumb-init", 1);
}

/* ------ What others see meanwhile. ------ */

Test(wait_for, is_what_a_check_is_told)
{
	struct ns_output output;
	struct ns ns = start(false, NS_WORDS("--wait-for", file_target(),
	                                     "--health=file:/", ns_program(),
	                                     "catch", "1", "7"));

	beside(&ns, NS_WORDS("--check"), &output);
	checks_judge(&output, "starting",
	             checks_text("file:%s", helper_path("up")));
	checks_judge(&output, "starting", "no such file");
	beside(&ns, NS_WORDS("--check", "--live"), &output);
	cr_expect_eq(output.code, 0, "%s", output.out);
	beside(&ns, NS_WORDS("--check", "--started"), &output);
	cr_expect_eq(output.code, 1, "%s", output.out);
	beside(&ns, NS_WORDS("--status=json"), &output);
	cr_expect_not_null(strstr(output.out, "\"kind\":\"wait\""), "%s",
	                   output.out);
	go_up();
	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	beside(&ns, NS_WORDS("--status=json"), &output);
	cr_expect_not_null(strstr(output.out, "\"kind\":\"health\""), "%s",
	                   output.out);
	cr_expect_null(strstr(output.out, "\"kind\":\"wait\""), "%s",
	               output.out);
	ns_kill(&ns);
}

/* A start period begins with PROGRAM, and not with the waiting. */
Test(wait_for, does_not_use_up_the_start_period)
{
	struct ns_output output;
	struct ns ns = start(
	    false,
	    NS_WORDS("--wait-for", file_target(), "--health-start-period=1s",
	             "--health-start-interval=20ms", "--health-interval=20ms",
	             "--health-retries=1", "--health=exec:false",
	             "--on-unhealthy=stop", ns_program(), "catch", "1", "7"));
	long long before;

	state_let_pass(1200);
	before = helper_now_ms();
	go_up();
	ns_collect(&ns, &output);
	cr_expect_eq(output.code, 124, "%s", output.err);
	cr_expect_geq(helper_now_ms() - before, 1000);
}

/* ------ Orphans. ------ */

enum { ATTEMPTS = 20 };

static bool
were_so_many(void *path)
{
	char text[NS_TEXT];

	helper_read_file(path, text, sizeof(text));
	return strlen(text) >= ATTEMPTS;
}

static bool
is_written(void *path)
{
	char text[NS_TEXT];

	helper_read_file(path, text, sizeof(text));
	return text[0] != '\0';
}

/* hale and the command that has begun to sleep, and no zombie. */
static bool
are_two(void *ns)
{
	return ns_count(ns, 0) == 2 && ns_count(ns, 'Z') == 0;
}

/* Each attempt leaves an orphan and a byte.  When there were enough, an attempt
 * lasts, so that the last orphan can be reaped. */
Test(wait_for, reaps_orphans_meanwhile)
{
	char *path = helper_path("count"), *enough = helper_path("enough");
	char line[NS_TEXT], facts[NS_TEXT];
	struct ns ns;

	helper_write_file(path, "");
	ns =
	    start(false,
	          NS_WORDS("--exit-report", helper_path("report"), "--wait-for",
	                   checks_text("interval=10ms exec:/bin/sh -c "
	                               "'test ! -e %s || { printf x >>%s; "
	                               "exec sleep 100; }; printf x >>%s; "
	                               "exec %s exit-with-orphans 1 1'",
	                               enough, enough, path, ns_program()),
	                   ns_program(), "exit", "3"));
	ns_wait_until(were_so_many, path);
	helper_write_file(enough, "");
	ns_wait_until(is_written, enough);
	ns_wait_until(are_two, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
	helper_read_file(helper_path("report"), line, sizeof(line));
	cr_assert(helper_jq(checks_text(".orphans_reaped>=%d", ATTEMPTS), line,
	                    facts, sizeof(facts)));
	cr_expect_str_eq(facts, "true\n", "%s", line);
}
