/* SPDX-License-Identifier: MIT */
/* forward: which signals reach whom, in which order and with which value. */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ns.h"

enum { FORWARDABLE = 61 }; /* of 1 to 64, all but three */

static bool
is_forwardable(int n)
{
	return n != SIGKILL && n != SIGSTOP && n != SIGCHLD;
}

static void
expect_number(const struct ns *ns, int n)
{
	char line[16];

	snprintf(line, sizeof(line), "%d", n);
	ns_expect_line(ns, line);
}

static void
expect_value(const struct ns *ns, int n, int value)
{
	char line[32];

	snprintf(line, sizeof(line), "%d %d", n, value);
	ns_expect_line(ns, line);
}

/* Start hale with these words, which end in a program that says it is ready. */
static struct ns
start(char **words)
{
	struct ns ns = ns_start(&(struct ns_setup){.words = words});

	ns_expect_line(&ns, "ready");
	return ns;
}

static void
check_every_signal(bool plain)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "catch", "61", "8"),
	    .plain = plain});
	int n, sent = 0;

	ns_expect_line(&ns, "ready");
	for (n = 1; n <= 64; n++)
		if (is_forwardable(n)) {
			ns_send(&ns, n);
			expect_number(&ns, n);
			sent++;
		}
	cr_expect_eq(sent, FORWARDABLE);
	cr_expect_eq(ns_wait(&ns), 8);
}

Test(forward, brings_every_signal_to_program)
{
	check_every_signal(false);
}

Test(forward, brings_every_signal_when_hale_is_not_pid_1)
{
	check_every_signal(true);
}

Test(forward, brings_every_signal_that_is_sent_from_inside)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "echo")},
	       &output);
	cr_expect_str_eq(output.out, "all\n");
	cr_expect_eq(output.code, 0, "signal %d", output.code);
}

Test(forward, passes_through_hale_in_hale)
{
	struct ns ns = start(
	    NS_WORDS("--", ns_hale(), "--", ns_program(), "catch", "2", "9"));

	ns_send(&ns, SIGTERM);
	expect_number(&ns, SIGTERM);
	ns_queue(&ns, 33, 7);
	expect_value(&ns, 33, 7);
	cr_expect_eq(ns_wait(&ns), 9);
}

Test(forward, keeps_chld_to_hale_itself)
{
	struct ns ns = start(NS_WORDS(ns_program(), "catch", "3", "0"));

	ns_send(&ns, SIGCHLD);
	ns_send(&ns, SIGUSR1);
	expect_number(&ns, SIGUSR1);
	ns_send(&ns, SIGUSR2);
	expect_number(&ns, SIGUSR2);
	cr_expect_eq(ns_status(&ns, 2, "ShdPnd", 16) >> (SIGCHLD - 1) & 1, 0);
	ns_send(&ns, SIGTERM); /* the third: only now may PROGRAM end */
	expect_number(&ns, SIGTERM);
	ns_wait(&ns);
}

/* While hale stands still, all that is sent to it is pending at once. */
static void
check_queue(char *mode, int n)
{
	enum { COUNT = 200 };
	struct ns ns = start(
	    NS_WORDS("--forward", mode, ns_program(), "catch", "201", "0"));
	int i;

	ns_suspend(&ns);
	for (i = 0; i < COUNT; i++)
		ns_queue(&ns, n, i * 1000003);
	ns_send(&ns, SIGCONT);
	expect_number(&ns, SIGCONT);
	for (i = 0; i < COUNT; i++)
		expect_value(&ns, n, i * 1000003);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(forward, keeps_the_order_and_value_of_queued_real_time_signals)
{
	int n;

	for (n = 32; n <= 64; n++)
		check_queue("child", n);
}

Test(forward, brings_the_value_of_a_standard_signal)
{
	struct ns ns = start(NS_WORDS(ns_program(), "catch", "2", "0"));

	ns_queue(&ns, SIGTERM, -12345);
	expect_value(&ns, SIGTERM, -12345);
	ns_queue(&ns, SIGSEGV, 54321);
	expect_value(&ns, SIGSEGV, 54321);
	ns_wait(&ns);
}

static void
drop_kill_capability(void *argument)
{
	(void)argument;
	if (prctl(PR_CAPBSET_DROP, CAP_KILL) < 0)
		_exit(99);
}

Test(forward, outlives_a_program_that_it_may_not_signal)
{
	struct ns ns;
	char line[NS_LINE];

	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "become", "65534", "listen", "7"),
	    .prepare = drop_kill_capability});
	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGTERM);
	cr_assert(ns_read_line(ns.err, line));
	cr_expect_str_eq(line, "hale: warning: cannot forward TERM to process "
	                       "2: Operation not permitted (it did not get "
	                       "the signal)");
	ns_queue(&ns, SIGRTMIN, 1);
	cr_assert(ns_read_line(ns.err, line));
	cr_expect_str_eq(line, "hale: warning: cannot forward RTMIN to process "
	                       "2: Operation not permitted (it did not get "
	                       "the signal)");
	close(ns.in);
	ns.in = -1;
	cr_expect_eq(ns_wait(&ns), 7);
}

/* Has the process a pending signal?  It blocks all of them. */
struct wanted {
	const struct ns *ns;
	int pid, signal;
};

static bool
has_got(void *argument)
{
	struct wanted *w = argument;

	return (ns_status(w->ns, w->pid, "ShdPnd", 16) >> (w->signal - 1) &
	        1) != 0;
}

/* Send a signal to a family: who gets it, beside PROGRAM? */
static void
check_family(char **env, char **words, bool by_child, bool by_stranger)
{
	struct ns ns = ns_start(&(struct ns_setup){.words = words, .env = env});
	struct wanted child = {&ns, 0, SIGUSR1}, stranger = {&ns, 0, SIGUSR1};
	char line[NS_LINE];

	cr_assert(ns_read_line(ns.out, line));
	cr_assert_eq(sscanf(line, "%d %d", &child.pid, &stranger.pid), 2);
	ns_send(&ns, SIGUSR1);
	expect_number(&ns, SIGUSR1);
	/* When the next has come, sending the last is over. */
	ns_send(&ns, SIGUSR2);
	expect_number(&ns, SIGUSR2);
	cr_expect_eq(has_got(&child), by_child);
	cr_expect_eq(has_got(&stranger), by_stranger);
	ns_send(&ns, SIGQUIT);
	expect_number(&ns, SIGQUIT);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(forward, reaches_program_alone)
{
	check_family(NULL, NS_WORDS(ns_program(), "group-and-session"), false,
	             false);
	check_family(
	    NULL,
	    NS_WORDS("--forward=child", ns_program(), "group-and-session"),
	    false, false);
}

Test(forward, reaches_the_group_and_nobody_else)
{
	check_family(
	    NULL,
	    NS_WORDS("--forward", "group", ns_program(), "group-and-session"),
	    true, false);
	check_family(NULL, NS_WORDS("-g", ns_program(), "group-and-session"),
	             true, false);
}

Test(forward, reaches_the_group_by_the_environment)
{
	char **words = NS_WORDS(ns_program(), "group-and-session");

	check_family(NS_WORDS("HALE_FORWARD=group"), words, true, false);
	check_family(NS_WORDS("TINI_KILL_PROCESS_GROUP="), words, true, false);
	check_family(NS_WORDS("TINI_KILL_PROCESS_GROUP=0"), words, true, false);
	check_family(
	    NS_WORDS("TINI_KILL_PROCESS_GROUP=1", "HALE_FORWARD=child"), words,
	    false, false);
}

Test(forward, reaches_all_in_another_session_as_well)
{
	check_family(
	    NULL,
	    NS_WORDS("--forward", "all", ns_program(), "group-and-session"),
	    true, true);
}

/* One signal is sent, then USR2: what comes? */
static void
check_rewrite(char **env, char **words, int sent, const char *expected)
{
	struct ns ns = ns_start(&(struct ns_setup){.words = words, .env = env});

	ns_expect_line(&ns, "ready");
	ns_queue(&ns, sent, 5);
	if (expected != NULL)
		ns_expect_line(&ns, expected);
	ns_send(&ns, SIGUSR2);
	expect_number(&ns, SIGUSR2);
	ns_kill(&ns);
}

static void
check_rule(char *rule, int sent, const char *expected)
{
	check_rewrite(NULL,
	              NS_WORDS("-r", rule, ns_program(), "catch", "3", "0"),
	              sent, expected);
}

Test(forward, rewrites_a_signal_to_another)
{
	check_rule("TERM:INT", SIGTERM, "2 5");
	check_rule("term:sigint", SIGTERM, "2 5");
	check_rule("15:2", SIGTERM, "2 5");
	check_rule("RTMIN+3:HUP", 37, "1 5");
	check_rule("HUP:RTMIN+3", SIGHUP, "37 5");
	check_rule("RTMAX-1:RTMAX", 63, "64 5");
	check_rule("32:33", 32, "33 5");
	check_rule("TERM:INT", SIGINT, "2 5");
}

Test(forward, drops_a_signal_that_is_rewritten_to_none)
{
	check_rule("TERM:0", SIGTERM, NULL);
	check_rule("TERM:none", SIGTERM, NULL);
	check_rule("RTMIN:0", 34, NULL);
}

Test(forward, rewrites_by_the_environment)
{
	char **env = NS_WORDS("HALE_REWRITE=TERM:QUIT,HUP:none");
	char **words = NS_WORDS(ns_program(), "catch", "3", "0");

	check_rewrite(env, words, SIGTERM, "3 5");
	check_rewrite(env, words, SIGHUP, NULL);
	check_rewrite(env, words, SIGINT, "2 5");
}

Test(forward, may_rewrite_to_kill)
{
	struct ns ns =
	    start(NS_WORDS("-r", "TERM:KILL", ns_program(), "catch", "1", "0"));

	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 128 + SIGKILL);
}

Test(forward, brings_term_through_a_storm_of_others)
{
	struct ns ns =
	    start(NS_WORDS(ns_program(), "storm", "1", "10", "wait"));

	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 128 + SIGTERM);
}

Test(forward, sees_programs_end_through_a_storm)
{
	struct ns ns =
	    start(NS_WORDS(ns_program(), "storm", "1", "12", "listen", "6"));

	close(ns.in);
	ns.in = -1;
	cr_expect_eq(ns_wait(&ns), 6);
}

/* Put a process between the test and hale, which ends at the test's word. */
static void
have_a_parent(void *argument)
{
	int *ends = argument;
	char byte;

	if (fork() == 0)
		return;
	close(ends[1]);
	_exit(read(ends[0], &byte, 1) == 0 ? 0 : 99);
}

static void
check_parent_death(char *option, const char *expected)
{
	char rest[NS_TEXT];
	struct ns ns;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(option, ns_program(), "catch", "1", "0"),
	    .plain = true,
	    .prepare = have_a_parent,
	    .argument = ends});
	ns_expect_line(&ns, "ready");
	close(ends[0]);
	close(ends[1]);
	ns_expect_line(&ns, expected);
	ns_read_to_end(ns.out, rest, sizeof(rest));
	cr_expect_str_empty(rest);
	ns_kill(&ns);
}

Test(forward, tells_program_of_the_death_of_hales_parent)
{
	check_parent_death("-pUSR1", "10");
	check_parent_death("-pTERM", "15");
}
