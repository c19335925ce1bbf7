/* SPDX-License-Identifier: MIT */
/* exec: a command that checks is judged by its own end, and nothing of it
 * stays. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"

TestSuite(exec, .init = helper_make_directory, .fini = helper_remove_directory);

/* The stop_program is a command with these words. */
static char *
stop_program(const char *words)
{
	return checks_text("exec:%s %s", helper_stop_program(), words);
}

/* It is judged at its end, and not at that of its time. */
static void
check_healthy(const char *words)
{
	checks_healthy(
	    NS_WORDS("--health-timeout", CHECKS_LONG, stop_program(words)));
}

static void
check_unhealthy(const char *reason, const char *words)
{
	checks_unhealthy(reason, NS_WORDS("--health-timeout", CHECKS_LONG,
	                                  stop_program(words)));
}

Test(exec, is_healthy_when_it_exits_with_0)
{
	check_healthy("exit 0");
	check_unhealthy("exit 1", "exit 1");
	check_unhealthy("exit 255", "exit 255");
}

Test(exec, says_the_first_line_of_the_output)
{
	check_unhealthy("exit 3: out of order",
	                "say 'out of order' say 'second line' exit 3");
	check_unhealthy("exit 3: out of order",
	                "say-on-stderr 'out of order' exit 3");
}

/* Whatever a command writes: the line stays one line, and harmless. */
Test(exec, says_nothing_that_a_terminal_would_obey)
{
	struct ns_output output;
	size_t i;

	checks_run(&(struct ns_setup){.words = NS_WORDS(checks_text(
					  "exec:/bin/sh -c 'printf \"a\\033["
					  "2J\\377\\001b\\nc\"; exit 3'"))},
	           &output);
	checks_judge(&output, "unhealthy", "exit 3: a");
	for (i = 0; output.out[i] != '\n'; i++)
		cr_expect(output.out[i] >= ' ' && output.out[i] <= '~', "%s",
		          output.out);
}

Test(exec, says_which_signal_killed_it)
{
	check_unhealthy("SEGV", "die 11");
	check_unhealthy("KILL", "die 9");
	check_unhealthy("TERM", "die 15");
}

Test(exec, splits_its_words_as_a_shell_does)
{
	checks_healthy(
	    NS_WORDS("exec:/bin/sh -c 'test \"$1-$2-$#\" = \"a  b-c d-3\"' sh "
	             "\"a  b\"  c\\ d ''"));
	checks_healthy(NS_WORDS("exec:test '$HOME' = \\$HOME"));
	checks_healthy(NS_WORDS("exec:test a\"b\"'c' = abc"));
}

Test(exec, says_that_it_cannot_be_run)
{
	checks_unhealthy("/no/such/file", NS_WORDS("exec:/no/such/file x"));
	checks_unhealthy("", NS_WORDS("exec:no-such-command"));
	helper_write_file(helper_path("file"), "");
	checks_unhealthy("permission denied",
	                 NS_WORDS(checks_text("exec:%s", helper_path("file"))));
}

Test(exec, may_write_more_than_is_read)
{
	check_healthy("write 1000000 exit 0");
	check_unhealthy("exit 4: xxx", "write 1000000 exit 4");
}

/* Wait until nobody is left in there but the keeper. */
static bool
is_alone(void *ns)
{
	return helper_count_living(ns) == 1;
}

/* The keeper, hale, the command and its child. */
static bool
are_four(void *ns)
{
	return helper_count_living(ns) == 4;
}

/* hale has ended by itself; so has all that the command started. */
static void
check_swept(const char *state, const char *text, char **words)
{
	struct ns ns = checks_start(&(struct ns_setup){.words = words});
	struct ns_output output = {.code = 0};

	helper_await_end(&ns);
	ns_wait_until(is_alone, &ns);
	/* What still was there may have said something. */
	ns_collect(&ns, &output);
	checks_judge(&output, state, text);
}

Test(exec, is_killed_at_the_deadline_with_its_group)
{
	char *timeout = "--health-timeout=300ms";

	check_swept("unhealthy", "timed out after 300ms",
	            NS_WORDS(timeout, stop_program("idle")));
	check_swept("unhealthy", "timed out after 300ms",
	            NS_WORDS(timeout, stop_program("ignore-term idle")));
	check_swept(
	    "unhealthy", "timed out after 300ms",
	    NS_WORDS(
		timeout,
		stop_program("beside ignore-term idle + beside under idle + "
	                     "ignore-term stopped")));
	check_swept("unhealthy", "timed out after 300ms",
	            NS_WORDS(timeout, stop_program("write 1000000 idle")));
}

Test(exec, leaves_nothing_behind_in_its_group)
{
	check_swept(
	    "healthy", "",
	    NS_WORDS(
		"--health-timeout", CHECKS_LONG,
		stop_program("beside ignore-term idle + beside under stopped + "
	                     "exit 0")));
	check_swept("unhealthy", "exit 6",
	            NS_WORDS("--health-timeout", CHECKS_LONG,
	                     stop_program("beside ignore-term idle + exit 6")));
}

/* Whoever waits for a check may not want to wait any more. */
Test(exec, is_killed_when_its_check_is_stopped)
{
	struct ns ns = checks_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health-timeout", CHECKS_LONG,
		stop_program(
		    "beside ignore-term idle + ignore-term say x idle"))});
	struct ns_output output;

	ns_wait_until(are_four, &ns);
	ns_send(&ns, SIGTERM);
	helper_await_end(&ns);
	ns_wait_until(is_alone, &ns);
	ns_collect(&ns, &output);
	checks_judge(&output, "unhealthy", "exec:");
}

/* It has the command's output open, and cannot be found by its group. */
Test(exec, is_not_kept_waiting_by_a_grandchild)
{
	check_unhealthy("exit 7: out of order",
	                "beside session idle + say 'out of order' exit 7");
	check_healthy("beside session idle + exit 0");
}

/* What it gets is what hale has, and no terminal or input to wait for. */
Test(exec, finds_its_standard_input_empty)
{
	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG,
	                        "exec:/bin/sh -c 'test -z \"$(cat)\"'"));
}

Test(exec, starts_with_no_signal_blocked_or_ignored)
{
	checks_healthy(
	    NS_WORDS("exec:/bin/sh -c 'grep -qx \"SigBlk:.0000000000000000\" "
	             "/proc/self/status'"));
	check_unhealthy("USR1", "die 10");
}

Test(exec, gets_the_environment)
{
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = NS_WORDS(
					  "exec:/bin/sh -c 'test $A = b'"),
	                              .env = NS_WORDS("A=b")},
	           &output);
	checks_judge(&output, "healthy", "");
}
