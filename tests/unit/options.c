/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options options;
static struct options_error error;

enum { WORDS = 12 };

/* Words and variables are given as string lists that end with NULL. */
static int
parse_as(pid_t self, char **words, char **variables)
{
	static char hale[] = "hale", *argv[WORDS];
	size_t i;

	argv[0] = hale;
	for (i = 0; words[i] != NULL; i++)
		argv[i + 1] = words[i];
	argv[i + 1] = NULL;
	return options_parse(&options, &error, argv, variables, self);
}

#define LIST(...)      ((char *[]){__VA_ARGS__, NULL})
#define NOTHING        ((char *[]){NULL})
#define parse(...)     parse_as(1, LIST(__VA_ARGS__), NOTHING)
#define parse_env(...) parse_as(1, LIST("true"), LIST(__VA_ARGS__))

/* The line that init.c makes of the error. */
static const char *
complaint(void)
{
	static char line[512];

	if (error.value != NULL)
		snprintf(line, sizeof(line), "%s: '%s' %s%s", error.option,
		         error.value, error.problem, error.wanted);
	else
		snprintf(line, sizeof(line), "%s%s%s", error.option,
		         error.problem, error.wanted);
	return line;
}

#define refused(call, line)                                                    \
	do {                                                                   \
		cr_expect_eq(call, -1, "%s", #call);                           \
		cr_expect_str_eq(complaint(), line);                           \
	} while (0)

Test(options, have_the_defaults_of_the_manual)
{
	int n;

	cr_assert_eq(parse("true"), 0);
	cr_expect_eq(options.action, OPTIONS_RUN);
	cr_expect_eq(options.forward, FORWARD_CHILD);
	cr_expect_eq(options.log_level, LOG_WARN);
	cr_expect_eq(options.parent_death_signal, SIGNALS_NONE);
	cr_expect_not(options.warn_reaped);
	for (n = 1; n <= SIGNALS_MAX; n++)
		cr_expect_eq(options.rewrite[n], n);
	for (n = 0; n < 256; n++)
		cr_expect_not(options_remapped(&options, n));
}

Test(options, end_at_the_first_word_that_is_none)
{
	cr_assert_eq(parse("-w", "ls", "-l", "--help"), 0);
	cr_expect_str_eq(options.program[0], "ls");
	cr_expect_str_eq(options.program[1], "-l");
	cr_expect_str_eq(options.program[2], "--help");
	cr_expect_null(options.program[3]);
	cr_expect_eq(options.action, OPTIONS_RUN);
}

Test(options, end_at_two_dashes)
{
	cr_assert_eq(parse("--", "-w", "--"), 0);
	cr_expect_str_eq(options.program[0], "-w");
	cr_expect_str_eq(options.program[1], "--");
	cr_expect_not(options.warn_reaped);
}

Test(options, leave_a_single_dash_to_be_a_program)
{
	cr_assert_eq(parse("-"), 0);
	cr_expect_str_eq(options.program[0], "-");
}

Test(options, take_long_values_either_way)
{
	cr_assert_eq(parse("--forward", "group", "true"), 0);
	cr_expect_eq(options.forward, FORWARD_GROUP);
	cr_assert_eq(parse("--forward=all", "true"), 0);
	cr_expect_eq(options.forward, FORWARD_ALL);
	cr_assert_eq(parse("--forward=all", "--forward=child", "true"), 0);
	cr_expect_eq(options.forward, FORWARD_CHILD);
}

Test(options, take_short_values_either_way_and_combine)
{
	cr_assert_eq(parse("-pKILL", "true"), 0);
	cr_expect_eq(options.parent_death_signal, SIGKILL);
	cr_assert_eq(parse("-p", "sigterm", "true"), 0);
	cr_expect_eq(options.parent_death_signal, SIGTERM);
	cr_assert_eq(parse("-svgwpUSR1", "true"), 0);
	cr_expect_eq(options.forward, FORWARD_GROUP);
	cr_expect_eq(options.log_level, LOG_INFO);
	cr_expect_eq(options.parent_death_signal, SIGUSR1);
	cr_expect(options.warn_reaped);
	cr_assert_eq(parse("-gp", "USR2", "true"), 0);
	cr_expect_eq(options.parent_death_signal, SIGUSR2);
}

Test(options, collect_what_may_be_repeated)
{
	cr_assert_eq(parse("-r", "TERM:QUIT", "--rewrite=HUP:0", "-rINT:none",
	                   "-e143", "--remap-exit", "255", "true"),
	             0);
	cr_expect_eq(options.rewrite[SIGTERM], SIGQUIT);
	cr_expect_eq(options.rewrite[SIGHUP], SIGNALS_NONE);
	cr_expect_eq(options.rewrite[SIGINT], SIGNALS_NONE);
	cr_expect_eq(options.rewrite[SIGUSR1], SIGUSR1);
	cr_expect(options_remapped(&options, 143));
	cr_expect(options_remapped(&options, 255));
	cr_expect_not(options_remapped(&options, 0));
}

Test(options, rewrite_real_time_signals_too)
{
	cr_assert_eq(parse("-r", "SIGRTMIN+29:SIGRTMAX-29", "true"), 0);
	cr_expect_eq(options.rewrite[63], 35);
}

Test(options, for_every_exit_code_are_told_apart)
{
	int code, other;

	for (code = 0; code < 256; code++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", code);
		cr_assert_eq(parse("-e", text, "true"), 0);
		for (other = 0; other < 256; other++)
			cr_expect_eq(options_remapped(&options, other),
			             code == other);
	}
}

Test(options, that_ask_for_text_end_the_command_line)
{
	cr_assert_eq(parse("-h", "--nonsense"), 0);
	cr_expect_eq(options.action, OPTIONS_HELP);
	cr_assert_eq(parse("-vl", "--nonsense"), 0);
	cr_expect_eq(options.action, OPTIONS_LICENSE);
	cr_assert_eq(parse("--version"), 0);
	cr_expect_eq(options.action, OPTIONS_VERSION);
	cr_assert_eq(parse_as(1, LIST("--help"), LIST("HALE_FORWARD=x")), 0);
	cr_expect_eq(options.action, OPTIONS_HELP);
}

Test(options, that_are_wrong_name_themselves_the_value_and_the_way_out)
{
	refused(parse("--bogus=3", "true"),
	        "--bogus=3 is no option of hale's; see --help");
	refused(parse("--forwar", "child", "true"),
	        "--forwar is no option of hale's; see --help");
	refused(parse("-gx", "true"), "-x is no option of hale's; see --help");
	refused(parse("--forward", "x", "true"),
	        "--forward: 'x' is not child|group|all");
	refused(parse("--forward=", "true"),
	        "--forward: '' is not child|group|all");
	refused(parse("--forward"), "--forward needs a value: child|group|all");
	refused(parse("-g", "-p"),
	        "-p needs a value: a signal: a name like TERM, or 1 to 64");
	refused(parse("-pFOO", "true"),
	        "-p: 'FOO' is not a signal: a name like TERM, or 1 to 64");
	refused(parse("-e256", "true"),
	        "-e: '256' is not an exit code, 0 to 255");
	refused(parse("--log-level", "loud", "true"),
	        "--log-level: 'loud' is not error|warn|info|debug");
	refused(parse("--help=me"),
	        "--help: 'me' is too much: it takes no value");
}

Test(options, refuse_every_malformed_number_and_rewriting)
{
	static const char *const codes[] = {"",   "-1", "+1",  "1x",   "x",
	                                    " 1", "1 ", "256", "1000", "00001"};
	static const char *const pairs[] = {
	    "",           ":",         "TERM",
	    "TERM:",      ":TERM",     "TERM:FOO",
	    "FOO:TERM",   "KILL:TERM", "STOP:HUP",
	    "CHLD:HUP",   "TERM:65",   "0:TERM",
	    "TERM:NONE",  "TERM:00",   "none:TERM",
	    "TERM:HUP:X", "TERM: HUP", "SIGRTMIN+29999:TERM"};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		cr_expect_eq(parse("-e", (char *)codes[i], "true"), -1, "%s",
		             codes[i]);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		cr_expect_eq(parse("-r", (char *)pairs[i], "true"), -1, "%s",
		             pairs[i]);
}

Test(options, need_a_program)
{
	refused(parse_as(1, NOTHING, NOTHING),
	        "PROGRAM is missing; usage: hale [OPTION...] [--] PROGRAM "
	        "[ARG...]");
	refused(parse("-g", "--"), "PROGRAM is missing; usage: hale "
	                           "[OPTION...] [--] PROGRAM [ARG...]");
	refused(parse("--", ""), "PROGRAM: '' is empty; is a variable unset?");
}

Test(options, survive_an_empty_argv)
{
	char *argv[] = {NULL};

	cr_assert_eq(options_parse(&options, &error, argv, argv, 1), -1);
}

Test(options, that_reach_all_processes_are_for_pid_1_alone)
{
	refused(parse_as(7, LIST("--forward", "all", "true"), NOTHING),
	        "--forward: 'all' needs a hale that is PID 1; else it is "
	        "child or group");
	refused(parse_as(7, LIST("true"), LIST("HALE_FORWARD=all")),
	        "HALE_FORWARD: 'all' needs a hale that is PID 1; else it is "
	        "child or group");
}

Test(options, come_from_the_environment)
{
	cr_assert_eq(parse_env("PATH=/bin", "HALE_FORWARD=group",
	                       "HALE_LOG_LEVEL=debug",
	                       "HALE_REWRITE=TERM:QUIT,HUP:0",
	                       "HALE_REMAP_EXIT=1,130,255"),
	             0);
	cr_expect_eq(options.forward, FORWARD_GROUP);
	cr_expect_eq(options.log_level, LOG_DEBUG);
	cr_expect_eq(options.rewrite[SIGTERM], SIGQUIT);
	cr_expect_eq(options.rewrite[SIGHUP], SIGNALS_NONE);
	cr_expect(options_remapped(&options, 1));
	cr_expect(options_remapped(&options, 130));
	cr_expect(options_remapped(&options, 255));
}

Test(options, of_the_command_line_win)
{
	cr_assert_eq(parse_as(1, LIST("--forward=child", "-e3", "true"),
	                      LIST("HALE_FORWARD=nonsense", "HALE_REMAP_EXIT=4",
	                           "TINI_KILL_PROCESS_GROUP=1")),
	             0);
	cr_expect_eq(options.forward, FORWARD_CHILD);
	cr_expect(options_remapped(&options, 3));
	cr_expect_not(options_remapped(&options, 4));
}

Test(options, empty_lists_have_no_items)
{
	cr_assert_eq(parse_env("HALE_REWRITE=", "HALE_REMAP_EXIT="), 0);
}

Test(options, ignore_other_names_that_begin_like_theirs)
{
	cr_assert_eq(parse_env("HALE_PORT=tcp://10.0.0.1:80", "HALE_HELP=1",
	                       "HALE_SERVICE_HOST=10.0.0.1", "HALE_FORWAR=x",
	                       "HALE_FORWARDS=x", "HALE_VERSION=1"),
	             0);
	cr_expect_eq(options.action, OPTIONS_RUN);
}

Test(options, that_are_wrong_in_the_environment_name_the_variable)
{
	refused(parse_env("HALE_FORWARD="),
	        "HALE_FORWARD: '' is not child|group|all");
	refused(parse_env("HALE_LOG_LEVEL=9"),
	        "HALE_LOG_LEVEL: '9' is not error|warn|info|debug");
	refused(parse_env("HALE_REMAP_EXIT=1,,2"),
	        "HALE_REMAP_EXIT: '' is not an exit code, 0 to 255");
	refused(parse_env("HALE_REMAP_EXIT=1,2,"),
	        "HALE_REMAP_EXIT: '' is not an exit code, 0 to 255");
	refused(parse_env("HALE_REMAP_EXIT=1, 2"),
	        "HALE_REMAP_EXIT: ' 2' is not an exit code, 0 to 255");
	refused(parse_env("HALE_REMAP_EXIT=1111111111111111111111111111111111"
	                  "111111111111111111111111111111111"),
	        "HALE_REMAP_EXIT: '1111111111111111111111111111111111"
	        "111111111111111111111111111111111' is not an exit code, 0 to "
	        "255");
	refused(parse_env("TINI_VERBOSITY=loud"),
	        "TINI_VERBOSITY: 'loud' is not a number from 0 (error) to 3 "
	        "(debug)");
}

Test(options, of_tini_keep_their_meaning)
{
	cr_assert_eq(parse_env("TINI_SUBREAPER=", "TINI_KILL_PROCESS_GROUP=0"),
	             0);
	cr_expect_eq(options.forward, FORWARD_GROUP, "set is on");
	cr_assert_eq(
	    parse_env("TINI_KILL_PROCESS_GROUP=1", "HALE_FORWARD=child"), 0);
	cr_expect_eq(options.forward, FORWARD_CHILD, "hale's own goes first");
}

static const struct {
	const char *words, *level, *tini;
	enum log_level result;
} levels[] = {
    {NULL, NULL, NULL, LOG_WARN},      {"-v", NULL, NULL, LOG_INFO},
    {"-vv", NULL, NULL, LOG_DEBUG},    {"-vvvvv", NULL, NULL, LOG_DEBUG},
    {NULL, NULL, "0", LOG_ERROR},      {NULL, NULL, "1", LOG_WARN},
    {NULL, NULL, "2", LOG_INFO},       {NULL, NULL, "3", LOG_DEBUG},
    {NULL, NULL, "99", LOG_DEBUG},     {"-vv", NULL, "1", LOG_WARN},
    {NULL, "error", NULL, LOG_ERROR},  {"-v", "error", NULL, LOG_WARN},
    {"-v", "error", "loud", LOG_WARN}, {NULL, "info", "0", LOG_INFO},
};

Test(options, for_the_log_level_add_up_as_the_manual_says)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		char tini[32] = "X=", level[32] = "X=", *words[3] = {0};

		words[0] = levels[i].words != NULL ? (char *)levels[i].words
		                                   : (char *)"--";
		words[1] = (char *)"true";
		if (levels[i].tini != NULL)
			snprintf(tini, sizeof(tini), "TINI_VERBOSITY=%s",
			         levels[i].tini);
		if (levels[i].level != NULL)
			snprintf(level, sizeof(level), "HALE_LOG_LEVEL=%s",
			         levels[i].level);
		cr_assert_eq(parse_as(1, words, LIST(tini, level)), 0);
		cr_expect_eq(options.log_level, levels[i].result, "case %zu",
		             i);
	}
}

Test(options, are_all_in_the_help)
{
	static const char *const names[] = {
	    "--forward", "-g", "--rewrite", "-r",        "--remap-exit",
	    "-e",        "-p", "-s",        "-w",        "--log-level",
	    "-v",        "-h", "--help",    "--license", "--version"};
	char page[4096];
	struct text t;
	size_t i;
	char *line;

	text_init(&t, page, sizeof(page));
	options_help(&t);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_not_null(strstr(page, names[i]), "%s", names[i]);
	for (line = strtok(page, "\n"); line != NULL; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 80, "%s", line);
}
