/* SPDX-License-Identifier: MIT */
/*
 * names: what hale does otherwise under the name of another init.
 *
 * Whether it is what that init does, tests/names compares.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "ns.h"
#include "refuse.h"
#include "state.h"
#include "terminal.h"

/* An instance of hale with this argv. */
static struct ns
start(char **argv, bool plain)
{
	return ns_start(&(struct ns_setup){.words = argv + 1,
	                                   .plain = plain,
	                                   .prepare = helper_exec_as,
	                                   .argument = argv});
}

static void
run(char **argv, bool plain, struct ns_output *output)
{
	struct ns ns = start(argv, plain);

	ns_collect(&ns, output);
}

Test(names, have_the_version_where_it_is_looked_for)
{
	struct ns_output output;

	run(NS_WORDS("hale", "--version"), false, &output);
	cr_expect(strncmp(output.out, "hale ", 5) == 0, "%s", output.out);
	run(NS_WORDS("tini", "--version"), false, &output);
	cr_expect(strncmp(output.out, "tini version ", 13) == 0, "%s",
	          output.out);
	run(NS_WORDS("dumb-init", "--version"), false, &output);
	cr_expect_str_empty(output.out);
	cr_expect(strncmp(output.err, "dumb-init v", 11) == 0, "%s",
	          output.err);
}

Test(names, have_tinis_words_for_what_was_reaped)
{
	struct ns ns = start(
	    NS_WORDS("tini", "-w", ns_program(), "orphans", "3", "0"), false);
	int i;

	for (i = 0; i < 3; i++)
		state_await_message(&ns, "Reaped zombie process with pid=");
	ns_kill(&ns);
}

/* ------ dumb-init's sessions. ------ */

/* A signal of the terminal's stops both, and CONT wakes both. */
Test(names, have_dumb_init_stop_with_its_program)
{
	static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	struct ns ns = start(NS_WORDS("dumb-init", helper_stop_program(),
	                              "exit-after-term", "0", "7"),
	                     true);
	size_t i;

	ns_expect_line(&ns, "ready");
	for (i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		ns_send(&ns, stops[i]);
		helper_await_stopped(&ns, 2);
		ns_send(&ns, SIGCONT);
		helper_await_stopped(&ns, 0);
	}
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 7);
}

/* Nobody is left in there but the keeper. */
static bool
is_alone(void *ns)
{
	return helper_count_living(ns) == 1;
}

static void
check_left(bool left, char **argv)
{
	struct ns ns = start(argv, true);

	helper_await_end(&ns);
	if (left)
		cr_expect_eq(helper_count_living(&ns), 2);
	else
		ns_wait_until(is_alone, &ns);
	ns_kill(&ns);
}

Test(names, have_dumb_init_end_its_session_unless_term_is_dropped)
{
	check_left(false, NS_WORDS("dumb-init", helper_stop_program(), "beside",
	                           "idle", "+", "exit", "7"));
	check_left(true,
	           NS_WORDS("dumb-init", "-r", "15:0", helper_stop_program(),
	                    "beside", "idle", "+", "exit", "7"));
}

/* ------ dumb-init's terminal. ------ */

struct seat {
	struct terminal terminal;
	char **argv;
	int blocked;            /* a signal that is, for PROGRAM as well */
	bool pending;           /* and that came before hale */
	struct refusal refusal; /* of a call, if that is not 0 */
};

static void
sit_down(void *argument)
{
	struct seat *seat = argument;
	sigset_t set;

	terminal_attach(&seat->terminal);
	sigemptyset(&set);
	if (seat->blocked != 0)
		sigaddset(&set, seat->blocked);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (seat->pending)
		kill(getpid(), seat->blocked);
	if (seat->refusal.call != 0)
		refuse_call(&seat->refusal);
	helper_exec_as(seat->argv);
}

static struct ns
start_seated(struct seat *seat)
{
	seat->terminal = terminal_open();
	return ns_start(&(struct ns_setup){.words = seat->argv + 1,
	                                   .in = seat->terminal.slave,
	                                   .prepare = sit_down,
	                                   .argument = seat});
}

Test(names, have_dumb_init_hand_its_terminal_to_the_session)
{
	struct seat seat = {
	    .argv = NS_WORDS("dumb-init", ns_program(), "foreground")};
	struct ns ns = start_seated(&seat);

	ns_expect_line(&ns, "mine");
	ns_expect_line(&ns, "leader");
	cr_expect_eq(ns_wait(&ns), 0);
}

/* A container's PID 1 leads a session, and mostly without a terminal. */
static void
lead(void *argv)
{
	if (setsid() < 0)
		_exit(99);
	helper_exec_as(argv);
}

Test(names, have_dumb_init_need_no_terminal)
{
	char **argv = NS_WORDS("dumb-init", ns_program(), "exit", "7");
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = argv + 1,
	                          .prepare = lead,
	                          .argument = argv},
	       &output);
	cr_expect_eq(output.code, 7);
	cr_expect_str_empty(output.err);
}

/* The kernel sends HUP and CONT to who gives a terminal up: PROGRAM gets that
 * one only which somebody had sent before. */
static void
check_signals(int blocked, bool pending)
{
	struct seat seat = {.argv = NS_WORDS("dumb-init", ns_program(), "catch",
	                                     pending ? "2" : "1", "7"),
	                    .blocked = blocked,
	                    .pending = pending};
	struct ns ns = start_seated(&seat);

	ns_expect_line(&ns, "ready");
	if (pending)
		ns_expect_line(&ns, checks_text("%d", blocked));
	ns_await_sleep(&ns);
	ns_send(&ns, SIGUSR1);
	ns_expect_line(&ns, "10");
	cr_expect_eq(ns_wait(&ns), 7);
}

Test(names, have_dumb_init_forget_what_the_terminal_sends)
{
	check_signals(SIGHUP, false);
	check_signals(SIGCONT, false);
}

Test(names, have_dumb_init_keep_what_was_meant)
{
	check_signals(SIGHUP, true);
	check_signals(SIGCONT, true);
}

Test(names, have_dumb_init_say_that_the_terminal_cannot_be_had)
{
	struct seat seat = {
	    .argv = NS_WORDS("dumb-init", ns_program(), "exit", "7"),
	    .refusal = {SYS_ioctl, EPERM, TIOCSCTTY}};
	struct ns ns = start_seated(&seat);
	struct ns_output output;

	ns_collect(&ns, &output);
	cr_expect_eq(output.code, 7);
	cr_expect_not_null(
	    strstr(output.err, "cannot give PROGRAM the terminal: "), "%s",
	    output.err);
}

/* ------ catatonit's pause. ------ */

Test(names, have_catatonit_pause_until_it_is_stopped)
{
	struct ns ns = start(NS_WORDS("catatonit", "-P"), false);

	ns_await_sleep(&ns);
	ns_send(&ns, SIGUSR1);
	ns_send(&ns, SIGHUP);
	ns_await_sleep(&ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 0);
}
