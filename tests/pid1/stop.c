/* SPDX-License-Identifier: MIT */
/* stop: nobody outlives the grace, and hale waits for nobody who has gone. */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"

/* A grace that no test has time for. */
#define LONG "60s"

enum { LONG_MS = 60000, GRACE = 400 };

/* When this has come, all that was sent before it has been taken: the kernel
 * hands out the lowest number first. */
enum { MARK = 64 };

/* Start hale with these words, which end in an stop_program that will be ready.
 */
static struct ns
start(bool plain, char **words)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = words, .plain = plain});

	ns_expect_line(&ns, "ready");
	return ns;
}

static void
mark(const struct ns *ns)
{
	ns_send(ns, MARK);
	ns_expect_line(ns, "64");
}

/* Send hale TERM and wait for its end; how many milliseconds it took. */
static long long
stop(struct ns *ns)
{
	long long before = helper_now_ms();

	ns_send(ns, SIGTERM);
	helper_await_end(ns);
	return helper_now_ms() - before;
}

/* Nobody is left but who was not hale's. */
static void
expect_nobody(const struct ns *ns)
{
	cr_expect_eq(helper_count_living(ns), ns->keeper > 0 ? 1 : 0);
}

/* The grace is over, and not before; and then it is over soon. */
static void
expect_grace(long long took)
{
	cr_expect_geq(took, GRACE);
	cr_expect_lt(took, GRACE + patience_scaled(NS_DEADLINE));
}

/* A stop of these programs ends with the grace, and with them; as PID 1 and
 * not.
 */
static void
check_grace(int code, char **words)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(plain != 0, words);

		expect_grace(stop(&ns));
		if (plain != 0)
			expect_nobody(&ns);
		cr_expect_eq(ns_wait(&ns), code);
	}
}

/* A stop of these programs ends long before the grace does. */
static void
check_no_wait(int code, char **words)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(plain != 0, words);

		cr_expect_lt(stop(&ns), LONG_MS / 2);
		if (plain != 0)
			expect_nobody(&ns);
		cr_expect_eq(ns_wait(&ns), code);
	}
}

/* ------ The grace. ------ */

Test(stop, kills_a_program_that_ignores_term_when_the_grace_is_over)
{
	check_grace(137, NS_WORDS("--grace", "400ms", helper_stop_program(),
	                          "ignore-term", "idle"));
}

Test(stop, kills_grandchildren_that_ignore_term)
{
	check_grace(143,
	            NS_WORDS("--grace=400ms", helper_stop_program(), "beside",
	                     "ignore-term", "idle", "+", "beside",
	                     "ignore-term", "idle", "+", "idle"));
}

Test(stop, kills_what_is_in_other_sessions)
{
	check_grace(143,
	            NS_WORDS("--grace=400ms", helper_stop_program(), "beside",
	                     "session", "ignore-term", "idle", "+", "beside",
	                     "ignore-term", "chain", "8", "idle", "+", "idle"));
}

Test(stop, kills_program_and_what_it_started_together)
{
	check_grace(137,
	            NS_WORDS("--grace=400ms", helper_stop_program(),
	                     "ignore-term", "beside", "session", "idle", "+",
	                     "beside", "chain", "3", "idle", "+", "idle"));
}

Test(stop, kills_who_is_another_process_all_the_time)
{
	check_grace(143,
	            NS_WORDS("--grace=400ms", helper_stop_program(), "beside",
	                     "ignore-term", "keep-forking", "+", "beside",
	                     "ignore-term", "keep-forking", "+", "beside",
	                     "ignore-term", "keep-forking", "+", "idle"));
}

Test(stop, kills_who_is_stopped_for_good)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(
		    plain != 0, NS_WORDS("--grace=400ms", helper_stop_program(),
		                         "ignore-term", "stopped"));

		helper_await_stopped(&ns, 1);
		expect_grace(stop(&ns));
		cr_expect_eq(ns_wait(&ns), 137);
	}
}

Test(stop, counts_the_grace_of_what_is_left_from_programs_own_end)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(
		    plain != 0,
		    NS_WORDS("--grace=400ms", helper_stop_program(), "beside",
		             "ignore-term", "idle", "+", "listen", "5"));
		long long before = helper_now_ms();

		close(ns.in);
		ns.in = -1;
		helper_await_end(&ns);
		expect_grace(helper_now_ms() - before);
		if (plain != 0)
			expect_nobody(&ns);
		cr_expect_eq(ns_wait(&ns), 5);
	}
}

/* ------ Nothing is waited for that need not be. ------ */

Test(stop, is_over_with_a_program_that_ends)
{
	check_no_wait(143,
	              NS_WORDS("--grace=" LONG, helper_stop_program(), "idle"));
	check_no_wait(7, NS_WORDS("--grace=" LONG, helper_stop_program(),
	                          "exit-after-term", "0", "7"));
}

Test(stop, is_over_when_all_that_program_left_has_ended)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(
		    plain != 0,
		    NS_WORDS("--grace=" LONG, helper_stop_program(), "beside",
		             "exit-after-term", "300", "1", "+", "beside",
		             "session", "exit-after-term", "300", "2", "+",
		             "exit-after-term", "0", "7"));
		long long took = stop(&ns);

		cr_expect_geq(took, 300);
		cr_expect_lt(took, LONG_MS / 2);
		if (plain != 0)
			expect_nobody(&ns);
		cr_expect_eq(ns_wait(&ns), 7);
	}
}

Test(stop, asks_what_program_left_to_end)
{
	struct ns_output output;
	int plain;

	for (plain = 0; plain < 2; plain++) {
		ns_run(
		    &(struct ns_setup){
			.words = NS_WORDS("--grace=" LONG,
		                          helper_stop_program(), "beside",
		                          "session", "idle", "+", "exit", "6"),
			.plain = plain != 0},
		    &output);
		cr_expect_eq(output.code, 6);
		cr_expect_str_empty(output.err);
	}
}

/* Their parent lives on, so that they are no children of hale's. */
Test(stop, asks_grandchildren_in_programs_group_to_end)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words =
			NS_WORDS("--grace=" LONG, helper_stop_program(),
		                 "beside", "ignore-term", "under",
		                 "report-signals", "1", "0", "+", "exit", "6"),
		    .plain = plain != 0});

		ns_expect_line(&ns, "15");
		ns_kill(&ns);
	}
}

Test(stop, asks_everybody_to_end_as_pid_1)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--grace=" LONG, helper_stop_program(), "beside",
	                      "ignore-term", "chain", "2", "report-signals",
	                      "1", "0", "+", "exit", "6")});

	ns_expect_line(&ns, "15");
	ns_kill(&ns);
}

Test(stop, leaves_at_once_without_a_grace)
{
	struct ns ns =
	    start(false, NS_WORDS(helper_stop_program(), "beside",
	                          "ignore-term", "idle", "+", "idle"));

	stop(&ns);
	cr_expect_eq(ns_wait(&ns), 143);
	ns = start(true, NS_WORDS(helper_stop_program(), "beside", "idle", "+",
	                          "idle"));
	stop(&ns);
	cr_expect_eq(helper_count_living(&ns), 2,
	             "the child has been left alone");
	cr_expect_eq(ns_wait(&ns), 143);
}

static bool
has_mark(void *ns)
{
	return (ns_status(ns, 2, "ShdPnd", 16) >> (MARK - 1) & 1) != 0;
}

/* Without a grace KILL would never come, so PROGRAM is not to be woken. */
Test(stop, leaves_a_stopped_program_stopped_without_a_grace)
{
	struct ns ns = start(false, NS_WORDS(helper_stop_program(), "stopped"));

	helper_await_stopped(&ns, 1);
	ns_send(&ns, SIGTERM);
	ns_send(&ns, SIGTERM);
	/* When this has come, hale has done all that it does about TERM. */
	ns_send(&ns, MARK);
	ns_wait_until(has_mark, &ns);
	cr_expect_eq(ns_count(&ns, 'T'), 1);
	ns_send(&ns, SIGCONT);
	cr_expect_gt(ns_wait(&ns), 128);
}

/* ------ The stopped. ------ */

Test(stop, wakes_a_stopped_program_for_its_signal)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(plain != 0, NS_WORDS("--grace=" LONG,
		                                          helper_stop_program(),
		                                          "stop-and-report"));

		helper_await_stopped(&ns, 1);
		cr_expect_lt(stop(&ns), LONG_MS / 2);
		ns_expect_line(&ns, "woken by 15");
		cr_expect_eq(ns_wait(&ns), 0);
	}
}

Test(stop, wakes_a_stopped_program_at_the_end_of_the_drain)
{
	struct ns ns =
	    start(false, NS_WORDS("--grace=" LONG, "--drain=400ms",
	                          helper_stop_program(), "stop-and-report"));
	long long took;

	helper_await_stopped(&ns, 1);
	took = stop(&ns);
	expect_grace(took);
	cr_expect_lt(took, LONG_MS / 2);
	ns_expect_line(&ns, "woken by 15");
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(stop, wakes_the_stopped_that_program_left_for_their_term)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(
		    plain != 0,
		    NS_WORDS("--grace=" LONG, helper_stop_program(), "beside",
		             "stop-and-report", "+", "beside", "session",
		             "stop-and-report", "+", "listen", "9"));

		helper_await_stopped(&ns, 2);
		close(ns.in);
		ns.in = -1;
		ns_expect_line(&ns, "woken by 15");
		ns_expect_line(&ns, "woken by 15");
		cr_expect_eq(ns_wait(&ns), 9);
	}
}

/* ------ The drain. ------ */

Test(stop, holds_the_signal_back_for_the_drain_and_no_other)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = start(
		    plain != 0, NS_WORDS("--drain=400ms", helper_stop_program(),
		                         "report-signals", "3", "8"));
		long long before = helper_now_ms();

		ns_send(&ns, SIGTERM);
		mark(&ns);
		ns_send(&ns, SIGHUP);
		ns_expect_line(&ns, "1");
		ns_expect_line(&ns, "15");
		expect_grace(helper_now_ms() - before);
		cr_expect_eq(ns_wait(&ns), 8);
	}
}

/* It is the first that PROGRAM gets, once. */
Test(stop, cuts_the_drain_short_at_the_second_signal)
{
	struct ns ns =
	    start(false, NS_WORDS("--drain", LONG, helper_stop_program(),
	                          "report-signals", "3", "8"));

	ns_send(&ns, SIGTERM);
	mark(&ns);
	ns_send(&ns, SIGINT);
	ns_expect_line(&ns, "15");
	mark(&ns);
	cr_expect_eq(ns_wait(&ns), 8);
}

Test(stop, forwards_each_stop_signal_after_the_drain)
{
	struct ns ns = start(false, NS_WORDS("--drain=50ms", "--grace", LONG,
	                                     helper_stop_program(),
	                                     "report-signals", "3", "8"));

	ns_send(&ns, SIGINT);
	ns_expect_line(&ns, "2");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_send(&ns, SIGINT);
	ns_expect_line(&ns, "2");
	cr_expect_eq(ns_wait(&ns), 8);
}

Test(stop, keeps_the_value_that_came_with_a_signal_it_held)
{
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS("--drain=50ms", ns_program(),
	                                         "catch", "1", "4")});

	ns_expect_line(&ns, "ready");
	ns_queue(&ns, SIGTERM, 4711);
	ns_expect_line(&ns, "15 4711");
	cr_expect_eq(ns_wait(&ns), 4);
}

Test(stop, is_over_when_program_ends_in_the_drain)
{
	struct ns ns =
	    start(false, NS_WORDS("--drain", LONG, helper_stop_program(),
	                          "report-signals", "1", "6"));

	ns_send(&ns, SIGTERM);
	mark(&ns);
	cr_expect_eq(ns_wait(&ns), 6);
}

Test(stop, gives_what_is_left_its_grace_when_program_ends_in_the_drain)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns =
		    start(plain != 0, NS_WORDS("--drain", LONG, "--grace=400ms",
		                               helper_stop_program(), "beside",
		                               "ignore-term", "idle", "+",
		                               "report-signals", "1", "6"));
		long long before;

		ns_send(&ns, SIGTERM);
		before = helper_now_ms();
		ns_send(&ns, MARK);
		helper_await_end(&ns);
		expect_grace(helper_now_ms() - before);
		if (plain != 0)
			expect_nobody(&ns);
		cr_expect_eq(ns_wait(&ns), 6);
	}
}

Test(stop, counts_the_grace_from_the_end_of_the_drain)
{
	struct ns ns = start(false, NS_WORDS("--drain=300ms", "--grace=400ms",
	                                     helper_stop_program(),
	                                     "ignore-term", "idle"));

	cr_expect_geq(stop(&ns), 300 + GRACE);
	cr_expect_eq(ns_wait(&ns), 137);
}

/* ------ Which signal. ------ */

Test(stop, begins_with_the_signal_that_was_chosen_and_no_other)
{
	struct ns ns =
	    start(false, NS_WORDS("--stop-signal=none", "--stop-signal=QUIT",
	                          "--drain", LONG, helper_stop_program(),
	                          "report-signals", "5", "3"));

	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_send(&ns, SIGINT);
	ns_expect_line(&ns, "2");
	ns_send(&ns, SIGQUIT);
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	mark(&ns);
	ns_send(&ns, SIGQUIT);
	ns_expect_line(&ns, "3");
	cr_expect_eq(ns_wait(&ns), 3);
}

/* What was chosen comes beside TERM and INT. */
Test(stop, begins_with_term_and_int_whatever_was_chosen)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR2};
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words = NS_WORDS("--drain", LONG, helper_stop_program(),
		                      "report-signals", "2", "3"),
		    .env = NS_WORDS("HALE_STOP_SIGNAL=QUIT,USR2")});

		ns_expect_line(&ns, "ready");
		ns_send(&ns, signals[i]); /* the drain begins */
		ns_send(&ns, SIGHUP);
		ns_expect_line(&ns, "1");
		ns_send(&ns, signals[i]); /* and is over at once */
		ns_expect_line(&ns, checks_text("%d", signals[i]));
		cr_expect_eq(ns_wait(&ns), 3);
	}
}

/* PROGRAM gets QUIT twice under these words; is there one warning of it? */
static void
check_quit(bool warned, char **words)
{
	struct ns ns = start(false, words);
	char text[NS_TEXT], *at;

	ns_send(&ns, SIGQUIT);
	ns_expect_line(&ns, "3");
	ns_send(&ns, SIGQUIT);
	ns_expect_line(&ns, "3");
	ns_read_to_end(ns.err, text, sizeof(text));
	cr_expect_eq(ns_wait(&ns), 6);
	at = strstr(text, "--stop-signal QUIT");
	cr_expect_eq(at != NULL, warned, "%s", text);
	cr_expect(at == NULL || strstr(at + 1, "--stop-signal QUIT") == NULL,
	          "twice: %s", text);
}

/* It is the STOPSIGNAL of some images, which then have neither. */
Test(stop, warns_once_that_quit_has_neither_drain_nor_grace)
{
	check_quit(true, NS_WORDS("--grace", LONG, helper_stop_program(),
	                          "report-signals", "2", "6"));
	check_quit(true, NS_WORDS("--drain", LONG, helper_stop_program(),
	                          "report-signals", "2", "6"));
	check_quit(false, NS_WORDS("--", helper_stop_program(),
	                           "report-signals", "2", "6"));
	check_quit(false,
	           NS_WORDS("--stop-signal=QUIT", "--grace", LONG,
	                    helper_stop_program(), "report-signals", "2", "6"));
}

Test(stop, says_how_long_it_may_take_where_that_is_asked_for)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(
				      "-v", "--drain=5s", "--grace=20s",
				      helper_stop_program(), "exit", "3")},
	       &output);
	cr_expect_not_null(
	    strstr(output.err, "hale: info: a stop may take 25s: "), "%s",
	    output.err);
	ns_run(&(struct ns_setup){.words = NS_WORDS("-v", helper_stop_program(),
	                                            "exit", "3")},
	       &output);
	cr_expect_null(strstr(output.err, "a stop may take"), "%s", output.err);
}

/* What is left when PROGRAM has ended: some programs take a second TERM for an
 * order to hurry.  CONT comes in any case. */
static void
check_terms(bool plain, char *forward)
{
	struct ns ns = start(
	    plain, NS_WORDS("--forward", forward, "--grace", LONG,
	                    helper_stop_program(), "beside", "report-signals",
	                    "2", "0", "+", "exit-after-term", "300", "6"));

	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_expect_line(&ns, "18");
	cr_expect_eq(ns_wait(&ns), 6);
}

Test(stop, sends_no_second_term_to_those_to_whom_it_was_forwarded)
{
	check_terms(false, "group");
	check_terms(true, "group");
	check_terms(false, "all");
	check_terms(false, "child");
	check_terms(true, "child");
}

/* Who left PROGRAM's group has not had one, and gets one. */
Test(stop, sends_term_to_those_who_left_the_group)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns =
		    start(plain != 0,
		          NS_WORDS("-g", "--grace", LONG, helper_stop_program(),
		                   "beside", "session", "report-signals", "1",
		                   "0", "+", "exit-after-term", "0", "6"));

		ns_send(&ns, SIGTERM);
		ns_expect_line(&ns, "15");
		cr_expect_eq(ns_wait(&ns), 6);
	}
}

Test(stop, may_begin_with_a_real_time_signal)
{
	struct ns ns =
	    start(false, NS_WORDS("--stop-signal=RTMIN+3", "--grace=400ms",
	                          helper_stop_program(), "ignore-term",
	                          "report-signals", "9", "3"));
	long long before = helper_now_ms();

	ns_send(&ns, 37);
	ns_expect_line(&ns, "37");
	cr_expect_eq(ns_wait(&ns), 137);
	expect_grace(helper_now_ms() - before);
}

Test(stop, forwards_what_the_signal_was_rewritten_to)
{
	struct ns ns = start(
	    false, NS_WORDS("-rTERM:QUIT", "--drain=50ms", "--grace=400ms",
	                    helper_stop_program(), "report-signals", "9", "0"));

	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "3");
	cr_expect_eq(ns_wait(&ns), 137);
}

/* The TERM that is dropped has not begun it, or INT would cut it short. */
Test(stop, is_not_begun_by_a_signal_that_is_dropped)
{
	struct ns ns = start(false, NS_WORDS("-r", "TERM:0", "--drain=400ms",
	                                     helper_stop_program(),
	                                     "report-signals", "3", "3"));
	long long before;

	ns_send(&ns, SIGTERM);
	mark(&ns);
	before = helper_now_ms();
	ns_send(&ns, SIGINT);
	mark(&ns);
	ns_expect_line(&ns, "2");
	expect_grace(helper_now_ms() - before);
	cr_expect_eq(ns_wait(&ns), 3);
}

/* ------ Whom hale may not kill. ------ */

static void
drop_kill_capability(void *argument)
{
	(void)argument;
	if (prctl(PR_CAPBSET_DROP, CAP_KILL) < 0)
		_exit(99);
}

/* Nothing that hale could do would ever end it. */
Test(stop, does_not_wait_for_who_belongs_to_another_user)
{
	int plain;

	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	for (plain = 0; plain < 2; plain++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words = NS_WORDS("--grace=400ms", helper_stop_program(),
		                      "beside", "become", "65534", "idle", "+",
		                      "listen", "4"),
		    .plain = plain != 0,
		    .prepare = drop_kill_capability});
		long long before;

		ns_expect_line(&ns, "ready");
		before = helper_now_ms();
		close(ns.in);
		ns.in = -1;
		helper_await_end(&ns);
		expect_grace(helper_now_ms() - before);
		cr_expect_eq(ns_wait(&ns), 4);
	}
}
