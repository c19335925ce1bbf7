/* SPDX-License-Identifier: MIT */
/* hostile: what a descendant does to hale on purpose, and what holds. */
#include <criterion/criterion.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "group.h"
#include "helper.h"
#include "patience.h"
#include "server.h"
#include "state.h"

enum {
	CODE = 7, /* PROGRAM's */
	NOBODY = 65534,
	PROBES = 2000,
	KIB = 8,             /* of memory that may come and go */
	PROBE_NS = 3000000,  /* of the CPU's time, for one probe */
	REST_NS = 300000000, /* of it in a second with nothing to do */
};

#define WATCHING                                                               \
	"--health-retries=1", "--health-interval=10ms", "--health", "file:/",  \
	    "--health", "exec:true"

static char *
hostile_program(void)
{
	static char path[PATH_MAX];

	strcpy(path, ns_program());
	strcpy(strrchr(path, '/') + 1, "hostile_program");
	return path;
}

static struct ns
start(char **words, void (*prepare)(void *))
{
	return ns_start(&(struct ns_setup){.words = words, .prepare = prepare});
}

/* hale brings the last two signals, and ends with PROGRAM. */
static void
finish(struct ns *ns)
{
	ns_send(ns, SIGUSR1);
	ns_expect_line(ns, "10");
	ns_send(ns, SIGTERM);
	ns_expect_line(ns, "15");
	cr_expect_eq(ns_wait(ns), CODE);
}

/* root as it is in most containers: it may not trace what has more rights. */
static void
may_not_trace(void *argument)
{
	(void)argument;
	if (geteuid() == 0 && prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) < 0)
		_exit(99);
}

/* All of them another user, without a right that root has. */
static void
become_nobody(void *argument)
{
	(void)argument;
	/* The signal at the test's end does not outlive a change of user. */
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(99);
}

static void
needs_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
}

/* Nanoseconds of the CPU's time that hale has had. */
static long long
time_taken(const struct ns *ns)
{
	char text[128];

	ns_proc(ns, "1/schedstat", text, sizeof(text));
	return strtoll(text, NULL, 10);
}

static void
ask(const struct ns *ns, char *what, struct ns_output *output)
{
	struct ns one =
	    ns_start_beside(ns, &(struct ns_setup){.words = NS_WORDS(what)});

	ns_collect(&one, output);
}

/* ------ Signals. ------ */

/* Half of them are queued, and each counts; of the others TERM alone. */
Test(hostile, a_million_signals_lose_none_that_is_queued, .timeout = 120)
{
	struct ns ns =
	    start(NS_WORDS(hostile_program(), "storm", "1000000", "7"), NULL);

	ns_expect_line(&ns, "lost 0, disorder 0, TERM 1, some HUP 1");
	cr_expect_eq(ns_wait(&ns), CODE);
}

Test(hostile, a_program_that_no_signal_can_be_queued_for_gets_all_of_them)
{
	struct ns ns = start(
	    NS_WORDS("--log-level=debug", hostile_program(), "full", "3", "7"),
	    NULL);

	ns_expect_line(&ns, "done");
	ns_queue(&ns, 40, 1);
	ns_expect_line(&ns, "40");
	finish(&ns);
}

Test(hostile, what_ends_or_stops_others_does_nothing_to_pid_1)
{
	struct ns ns =
	    start(NS_WORDS(hostile_program(), "kill-hale", "2", "7"), NULL);

	ns_expect_line(&ns, "done");
	finish(&ns);
}

/* ------ Standing still. ------ */

/* As if it had been so for long: what was due is done at once, in its order;
 * what was not keeps its length; and nobody is judged by it. */
Test(hostile, a_stop_from_outside_delays_and_changes_nothing)
{
	struct ns ns =
	    start(NS_WORDS("--drain=300ms", "--grace=500ms", WATCHING,
	                   helper_stop_program(), "ignore-term", "idle"),
	          NULL);
	char errors[NS_TEXT];
	long long went_on;

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	ns_suspend(&ns);
	state_let_pass(1500);
	ns_send(&ns, SIGCONT);
	state_let_pass(200);
	cr_expect(state_is_named(&ns, "hale:healthy"));
	ns_send(&ns, SIGTERM);
	state_await_name(&ns, "hale:stopping");
	ns_suspend(&ns);
	state_let_pass(1000);
	state_messages(&ns, errors, sizeof(errors));
	cr_expect_null(strstr(errors, "unhealthy"), "%s", errors);
	went_on = helper_now_ms();
	ns_send(&ns, SIGCONT);
	cr_expect_eq(ns_wait(&ns), 128 + SIGKILL);
	cr_expect_geq(helper_now_ms() - went_on, 500);
	cr_expect_lt(helper_now_ms() - went_on, patience_scaled(5000));
}

Test(hostile, a_stop_from_outside_loses_no_signal)
{
	struct ns ns =
	    start(NS_WORDS(hostile_program(), "count", "4", "7"), NULL);

	ns_expect_line(&ns, "done");
	ns_suspend(&ns);
	ns_send(&ns, SIGHUP);
	ns_queue(&ns, 40, 1);
	ns_send(&ns, SIGCONT); /* which is forwarded, too */
	ns_expect_line(&ns, "1");
	ns_expect_line(&ns, "18");
	ns_expect_line(&ns, "40");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), CODE);
}

/* ------ Processes. ------ */

/* There is no process to be had, and those that are there end without end. */
Test(hostile, a_fork_bomb_holds_nothing_up, .fini = group_clear, .timeout = 60)
{
	group_make("pids", "pids.max", "pids.max");
	group_set("40", "40");
	*group_hale() =
	    start(NS_WORDS("--grace=200ms", WATCHING, hostile_program(),
	                   "fork-bomb", "2", "7"),
	          group_join);
	ns_expect_line(group_hale(), "done");
	state_await_message(
	    group_hale(), "cannot run true: Resource temporarily unavailable");
	finish(group_hale());
}

/* ------ Probes. ------ */

static void
check_bounds(const struct ns *ns, unsigned long long memory)
{
	cr_expect_leq(ns_status(ns, 1, "VmRSS", 10), memory + KIB);
	cr_expect_leq(state_descriptors(ns, false), 3 + 2 + 4);
	cr_expect_eq(ns_status(ns, 1, "Threads", 10), 1);
}

Test(hostile, thousands_of_answers_without_sense_leave_nothing, .timeout = 120)
{
	int port, fd = server_bind("127.0.0.1", &port);
	char *target = checks_text("http://127.0.0.1:%d/", port);
	unsigned long long memory;
	struct server server;
	const double probes = PROBES * 0.9; /* of which the time is taken */
	long long before;
	struct ns ns;

	server_start(&server, fd, SERVER_PLAY(NOISE));
	ns = start(NS_WORDS("--health-interval=10ms", "--health", target,
	                    "--health", target, "--health", target, "--health",
	                    target, hostile_program(), "count", "2", "7"),
	           NULL);
	ns_expect_line(&ns, "done");
	server_await(&server, PROBES / 10);
	memory = ns_status(&ns, 1, "VmRSS", 10);
	before = time_taken(&ns);
	server_await(&server, PROBES);
	cr_expect_lt((double)(time_taken(&ns) - before) / probes,
	             PROBE_NS * patience_factor());
	check_bounds(&ns, memory);
	cr_expect(state_is_named(&ns, "hale:unhealthy"));
	finish(&ns);
	server_stop(&server, fd);
}

/* ------ hale's descriptors. ------ */

static void
skip_to(const struct ns *ns, const char *wanted)
{
	char line[NS_LINE];

	do
		cr_assert(ns_read_line(ns->out, line), "'%s' does not come",
		          wanted);
	while (strcmp(line, wanted) != 0);
}

static void
check_misuse_of_files(void (*prepare)(void *))
{
	struct ns ns = start(
	    NS_WORDS(WATCHING, hostile_program(), "misuse-files", "2", "7"),
	    prepare);
	struct ns_output output;
	char errors[NS_TEXT];

	skip_to(&ns, "opened");
	skip_to(&ns, "done");
	state_await_name(&ns, "hale:healthy");
	state_messages(&ns, errors, sizeof(errors));
	cr_expect_null(strstr(errors, "unhealthy"), "%s", errors);
	ask(&ns, "--check", &output);
	checks_judge(&output, "healthy", "");
	ask(&ns, "--status", &output);
	cr_expect_not_null(strstr(output.out, "target: exec:true\n"), "%s",
	                   output.out);
	finish(&ns);
}

Test(hostile, its_files_are_no_way_to_hale_for_the_same_user)
{
	check_misuse_of_files(may_not_trace);
	if (geteuid() == 0)
		check_misuse_of_files(become_nobody);
}

Test(hostile, its_files_are_closed_to_another_user)
{
	struct ns ns;

	needs_root();
	ns = start(NS_WORDS(WATCHING, hostile_program(), "become", "65534",
	                    "misuse-files", "2", "7"),
	           NULL);
	skip_to(&ns, "closed");
	ns_expect_line(&ns, "done");
	finish(&ns);
}

/* ------ What the kernel lets the same user do. ------ */

static bool
is_found_out(void *ns)
{
	struct ns_output output;

	ask(ns, "--check", &output);
	return output.code == 1 &&
	       strstr(output.out, "stopped updating") != NULL;
}

static bool
is_good_again(void *ns)
{
	struct ns_output output;

	ask(ns, "--check", &output);
	return output.code == 0;
}

/* An instance of hale that is traced stands still, which --check tells; when
 * the tracer has gone, all is as it was. */
Test(hostile, a_tracer_holds_hale_up_until_it_ends)
{
	struct ns ns =
	    start(NS_WORDS(WATCHING, hostile_program(), "trace-hale", "3", "7"),
	          NULL);

	state_await_name(&ns, "hale:healthy");
	cr_assert_eq(write(ns.in, "", 1), 1);
	ns_expect_line(&ns, "held");
	ns_expect_line(&ns, "done");
	ns_send(&ns, SIGHUP);
	ns_wait_until(is_found_out, &ns);
	close(ns.in);
	ns.in = -1;
	ns_expect_line(&ns, "1");
	ns_wait_until(is_good_again, &ns);
	finish(&ns);
}

Test(hostile, a_tracer_of_another_user_is_refused)
{
	struct ns ns;

	needs_root();
	ns = start(NS_WORDS(hostile_program(), "become", "65534", "trace-hale",
	                    "2", "7"),
	           NULL);
	cr_assert_eq(write(ns.in, "", 1), 1);
	ns_expect_line(&ns, "refused");
	ns_expect_line(&ns, "done");
	finish(&ns);
}

/* Be an instance of hale that nobody but root may read, as another user. */
static void
be_unreadable(void *argv)
{
	extern char **environ;

	become_nobody(NULL);
	execve(helper_path("hale"), argv, environ);
	_exit(99);
}

static void
check_unreadable(char **words, const char *refusal)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = words + 1, .prepare = be_unreadable, .argument = words});
	struct ns_output output;

	state_await_name(&ns, "hale:healthy");
	cr_assert_eq(write(ns.in, "", 1), 1);
	skip_to(&ns, refusal);
	ns_expect_line(&ns, "done");
	ask(&ns, "--check", &output);
	checks_judge(&output, "healthy", "");
	finish(&ns);
}

Test(hostile, a_binary_that_cannot_be_read_keeps_the_same_user_out,
     .init = helper_make_directory, .fini = helper_remove_directory)
{
	struct ns_output output;

	needs_root();
	ns_run(&(struct ns_setup){.words = NS_WORDS("--install",
	                                            helper_path("hale"))},
	       &output);
	cr_assert_eq(output.code, 0, "%s", output.err);
	cr_assert_eq(chmod(helper_path("hale"), 0711), 0);
	cr_assert_eq(chmod(helper_path(""), 0711), 0);
	check_unreadable(NS_WORDS("hale", WATCHING, hostile_program(),
	                          "trace-hale", "2", "7"),
	                 "refused");
	check_unreadable(NS_WORDS("hale", WATCHING, hostile_program(),
	                          "misuse-files", "2", "7"),
	                 "closed");
}

/* All limits are 0 but that of the CPU's time, by which the kernel kills. */
Test(hostile, hale_lives_without_what_has_a_limit)
{
	struct ns ns = start(
	    NS_WORDS(WATCHING, hostile_program(), "take-limits", "2", "7"),
	    NULL);
	long long before;

	ns_expect_line(&ns, "starved");
	ns_expect_line(&ns, "done");
	state_await_message(&ns, "unhealthy: exec:true: cannot run true: ");
	before = time_taken(&ns);
	state_let_pass(1000);
	cr_expect_lt(time_taken(&ns) - before, REST_NS * patience_factor());
	finish(&ns);
}

Test(hostile, its_limits_are_closed_to_another_user)
{
	struct ns ns;

	needs_root();
	ns = start(NS_WORDS(hostile_program(), "become", "65534", "take-limits",
	                    "2", "7"),
	           NULL);
	ns_expect_line(&ns, "refused");
	ns_expect_line(&ns, "done");
	finish(&ns);
}
