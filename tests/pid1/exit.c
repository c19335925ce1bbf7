/* SPDX-License-Identifier: MIT */
/* exit: the status that hale hands on, and when it becomes another. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ns.h"

/* The code of hale with these words. */
static int
code_of(bool plain, char **env, char **words)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = words, .env = env, .plain = plain},
	       &output);
	return output.code;
}

static int
code_of_program(char *part, int number)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", number);
	return code_of(false, NULL, NS_WORDS(ns_program(), part, word));
}

Test(exit, passes_each_of_the_256_codes_on)
{
	int code;

	for (code = 0; code < 256; code++)
		cr_expect_eq(code_of_program("exit", code), code);
}

static bool
is_deadly(int n)
{
	return n != SIGCHLD && n != SIGCONT && n != SIGURG && n != SIGWINCH &&
	       n != SIGSTOP && n != SIGTSTP && n != SIGTTIN && n != SIGTTOU;
}

Test(exit, is_128_plus_the_signal_that_killed_program)
{
	int n;

	for (n = 1; n <= 64; n++)
		if (is_deadly(n))
			cr_expect_eq(code_of_program("die", n), 128 + n,
			             "signal %d", n);
}

Test(exit, is_the_same_when_hale_is_not_pid_1)
{
	cr_expect_eq(code_of(true, NULL, NS_WORDS(ns_program(), "exit", "41")),
	             41);
	cr_expect_eq(code_of(true, NULL, NS_WORDS(ns_program(), "die", "6")),
	             134);
}

Test(exit, by_a_signal_is_a_warning)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "die", "9")},
	       &output);
	cr_expect_eq(strncmp(output.err, "hale: warning: '/", 17), 0, "%s",
	             output.err);
	cr_expect_not_null(
	    strstr(output.err, "/program' was killed by KILL after "), "%s",
	    output.err);
	cr_expect_eq(output.code, 137);
}

Test(exit, is_0_for_a_code_that_is_remapped_and_no_other)
{
	char *words[] = {"-e", "3", "-e143", ns_program(), "exit", "3", NULL};

	cr_expect_eq(code_of(false, NULL, words), 0);
	words[5] = "4";
	cr_expect_eq(code_of(false, NULL, words), 4);
	words[4] = "die";
	words[5] = "15";
	cr_expect_eq(code_of(false, NULL, words), 0);
}

Test(exit, is_remapped_from_the_environment_too)
{
	char **env = NS_WORDS("HALE_REMAP_EXIT=7,255");

	cr_expect_eq(code_of(false, env, NS_WORDS(ns_program(), "exit", "255")),
	             0);
	cr_expect_eq(code_of(false, env, NS_WORDS(ns_program(), "exit", "7")),
	             0);
	cr_expect_eq(code_of(false, env, NS_WORDS(ns_program(), "exit", "8")),
	             8);
}

Test(exit, remaps_a_125_that_is_programs_own)
{
	struct ns_output output;

	cr_expect_eq(
	    code_of(false, NULL,
	            NS_WORDS("-e", "125", ns_program(), "exit", "125")),
	    0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("-e", "125")}, &output);
	cr_expect_eq(output.code, 125, "bad usage is not remapped");
}

Test(exit, remaps_a_program_that_cannot_be_run)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("-e", "127", "/no/such")},
	       &output);
	cr_expect_eq(output.code, 0);
	cr_expect_str_not_empty(output.err);
	ns_run(&(struct ns_setup){.words = NS_WORDS("-e", "126", "/")},
	       &output);
	cr_expect_eq(output.code, 0);
	cr_expect_str_not_empty(output.err);
}

Test(exit, keeps_the_status_of_a_program_that_shares_its_instant_with_orphans)
{
	int i;

	for (i = 0; i < 300; i++)
		cr_assert_eq(code_of(false, NULL,
		                     NS_WORDS(ns_program(), "exit-with-orphans",
		                              "20", "42")),
		             42);
}

Test(exit, passes_through_hale_in_hale)
{
	char *words[] = {"--",   ns_hale(), "--", ns_program(),
	                 "exit", "9",       NULL};

	cr_expect_eq(code_of(false, NULL, words), 9);
	words[4] = "die";
	cr_expect_eq(code_of(false, NULL, words), 137);
}
