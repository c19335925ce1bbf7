/* SPDX-License-Identifier: MIT */
/* reap: no zombie stays, however many there are and whatever else goes on. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ns.h"

static bool
is_alone(void *ns)
{
	return ns_count(ns, 0) == 2;
}

static bool
is_alone_with_the_keeper(void *ns)
{
	return ns_count(ns, 0) == 3;
}

Test(reap, takes_orphans_as_pid_1)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "orphans", "100", "0")});

	ns_expect_line(&ns, "ready");
	ns_wait_until(is_alone, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 0);
}

/* The keeper would take them if hale did not, so hale has to say that it did.
 */
Test(reap, takes_orphans_as_a_subreaper)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-w", ns_program(), "orphans", "20", "3"),
	    .plain = true});
	char line[NS_LINE];
	int i;

	for (i = 0; i < 20; i++) {
		cr_assert(ns_read_line(ns.err, line));
		cr_expect_not_null(strstr(line, "reaped adopted process"));
	}
	ns_expect_line(&ns, "ready");
	ns_wait_until(is_alone_with_the_keeper, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(reap, warns_of_each_with_w)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-w", ns_program(), "orphans", "20", "3")});
	char line[NS_LINE], rest[NS_TEXT];
	int i, pid, code;

	for (i = 0; i < 20; i++) {
		cr_assert(ns_read_line(ns.err, line));
		cr_expect_eq(sscanf(line,
		                    "hale: warning: reaped adopted process "
		                    "%d, exit code %d",
		                    &pid, &code),
		             2, "%s", line);
		cr_expect_gt(pid, 2);
		cr_expect_eq(code, 3);
	}
	ns_send(&ns, SIGTERM);
	ns_read_to_end(ns.err, rest, sizeof(rest));
	cr_expect_str_empty(rest);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(reap, is_silent_otherwise)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS(ns_program(), "exit-with-orphans", "5", "0")},
	    &output);
	cr_expect_str_empty(output.err);
}

/* The end of three thousand, and a signal right behind it. */
Test(reap, does_not_delay_a_signal_when_many_children_end)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "end-orphans", "3000")});

	ns_expect_line(&ns, "ready");
	cr_assert_geq(ns_count(&ns, 0), 3000);
	ns_send(&ns, SIGUSR1);
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_wait_until(is_alone, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 5);
}
