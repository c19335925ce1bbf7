/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options options;
static char strings[OPTIONS_POOL];

enum { WORDS = 24 };

/* Words and variables are given as string lists that end with NULL. */
static int
parse_under(const char *name, pid_t self, char **words, char **variables)
{
	static char *argv[WORDS];
	size_t i;

	argv[0] = (char *)name;
	for (i = 0; words[i] != NULL; i++)
		argv[i + 1] = words[i];
	argv[i + 1] = NULL;
	memset(&options, 0, sizeof(options));
	options.pool = (struct target_pool){strings, sizeof(strings)};
	return options_parse(&options, argv, variables, self);
}

static int
parse_as(pid_t self, char **words, char **variables)
{
	return parse_under("hale", self, words, variables);
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
	struct options_error error = options.error;

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
		cr_expect_not(options.remap_exit[n]);
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
	cr_expect(options.remap_exit[143]);
	cr_expect(options.remap_exit[255]);
	cr_expect_not(options.remap_exit[0]);
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
			cr_expect_eq(options.remap_exit[other], code == other);
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
	                                    " 1", "1 ", "256", "1000", "1,2"};
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

	cr_assert_eq(options_parse(&options, argv, argv, 1), -1);
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
	cr_expect(options.remap_exit[1]);
	cr_expect(options.remap_exit[130]);
	cr_expect(options.remap_exit[255]);
}

Test(options, of_the_command_line_win)
{
	cr_assert_eq(parse_as(1, LIST("--forward=child", "-e3", "true"),
	                      LIST("HALE_FORWARD=nonsense", "HALE_REMAP_EXIT=4",
	                           "TINI_KILL_PROCESS_GROUP=1")),
	             0);
	cr_expect_eq(options.forward, FORWARD_CHILD);
	cr_expect(options.remap_exit[3]);
	cr_expect_not(options.remap_exit[4]);
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
	static const char *const names[] = {"--forward",
	                                    "-g",
	                                    "--rewrite",
	                                    "-r",
	                                    "--remap-exit",
	                                    "-e",
	                                    "-p",
	                                    "-s",
	                                    "-w",
	                                    "--log-level",
	                                    "-v",
	                                    "-h",
	                                    "--help",
	                                    "--license",
	                                    "--version",
	                                    "--stop-signal",
	                                    "--drain",
	                                    "--grace",
	                                    "--exit-report",
	                                    "--log-format",
	                                    "--verbose",
	                                    "-P",
	                                    "--sleep",
	                                    "--install",
	                                    "-V",
	                                    "-L",
	                                    "-l",
	                                    "-c",
	                                    "--single-child"};
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

/* ------ The stop. ------ */

/* Is this, and nothing else, what begins it? */
static void
expect_stops(int a, int b)
{
	int n;

	for (n = 0; n <= SIGNALS_MAX; n++)
		cr_expect_eq(options.stops[n], n == a || n == b, "signal %d",
		             n);
}

Test(options, for_the_stop_have_the_defaults_of_the_manual)
{
	cr_assert_eq(parse("true"), 0);
	expect_stops(SIGTERM, SIGINT);
	cr_expect_eq(options.drain, 0);
	cr_expect_eq(options.grace, 0);
	cr_expect_null(options.exit_report);
	cr_expect_not(options.log_json);
	cr_expect_not(options.session);
	cr_expect_str_eq(options.name->name, "hale");
}

Test(options, that_name_a_stop_signal_overrule_the_default)
{
	cr_assert_eq(parse("--stop-signal", "QUIT", "true"), 0);
	expect_stops(SIGQUIT, SIGQUIT);
	cr_assert_eq(parse("--stop-signal=sigterm", "true"), 0);
	expect_stops(SIGTERM, SIGTERM);
	cr_assert_eq(parse("--stop-signal=RTMIN+3", "--stop-signal=1", "true"),
	             0);
	expect_stops(SIGHUP, 37);
	cr_assert_eq(parse_env("HALE_STOP_SIGNAL=USR1,USR2"), 0);
	expect_stops(SIGUSR1, SIGUSR2);
	cr_assert_eq(parse_env("HALE_STOP_SIGNAL="), 0);
	expect_stops(SIGTERM, SIGINT);
	cr_assert_eq(parse_as(1, LIST("--stop-signal=HUP", "true"),
	                      LIST("HALE_STOP_SIGNAL=nonsense")),
	             0);
	expect_stops(SIGHUP, SIGHUP);
}

Test(options, refuse_a_stop_signal_that_cannot_be_caught)
{
	static char *const bad[] = {"KILL", "STOP", "CHLD", "9",       "0",
	                            "65",   "",     "none", "TERM,INT"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(parse("--stop-signal", bad[i], "true"), -1, "%s",
		             bad[i]);
	refused(parse_env("HALE_STOP_SIGNAL=TERM,KILL"),
	        "HALE_STOP_SIGNAL: 'KILL' is not a signal that can be caught: "
	        "a name like TERM, or 1 to 64");
	refused(parse_env("HALE_STOP_SIGNAL=TERM,,INT"),
	        "HALE_STOP_SIGNAL: '' is not a signal that can be caught: "
	        "a name like TERM, or 1 to 64");
}

Test(options, take_times_for_drain_and_grace)
{
	cr_assert_eq(parse("--drain", "1500ms", "--grace=1m30s", "true"), 0);
	cr_expect_eq(options.drain, 1500);
	cr_expect_eq(options.grace, 90000);
	cr_assert_eq(parse("--grace=9", "--grace=0", "true"), 0);
	cr_expect_eq(options.grace, 0, "the last one counts");
	cr_assert_eq(parse_env("HALE_DRAIN=5", "HALE_GRACE=2h"), 0);
	cr_expect_eq(options.drain, 5000);
	cr_expect_eq(options.grace, 7200000);
	cr_assert_eq(parse_as(1, LIST("--grace=0", "true"),
	                      LIST("HALE_GRACE=x", "HALE_DRAIN=1s")),
	             0);
	cr_expect_eq(options.grace, 0);
	cr_expect_eq(options.drain, 1000);
}

Test(options, refuse_what_is_no_time)
{
	refused(parse("--drain", "soon", "true"),
	        "--drain: 'soon' is not a duration like 500ms, 10s, 1m30s or "
	        "2h");
	refused(parse("--grace", "-1s", "true"),
	        "--grace: '-1s' is not a duration like 500ms, 10s, 1m30s or "
	        "2h");
	refused(parse_env("HALE_GRACE="),
	        "HALE_GRACE: '' is not a duration like 500ms, 10s, 1m30s or "
	        "2h");
	refused(parse("--grace"), "--grace needs a value: a duration like "
	                          "500ms, 10s, 1m30s or 2h");
}

Test(options, take_a_whole_path_for_the_report)
{
	cr_assert_eq(parse("--exit-report", "/dev/termination-log", "true"), 0);
	cr_expect_str_eq(options.exit_report, "/dev/termination-log");
	cr_assert_eq(parse_env("HALE_EXIT_REPORT=/x"), 0);
	cr_expect_str_eq(options.exit_report, "/x");
	refused(parse("--exit-report=x/y", "true"),
	        "--exit-report: 'x/y' is not a path that begins with /");
	refused(parse_env("HALE_EXIT_REPORT="),
	        "HALE_EXIT_REPORT: '' is not a path that begins with /");
}

Test(options, choose_the_format_of_the_log)
{
	cr_assert_eq(parse("--log-format", "json", "true"), 0);
	cr_expect_eq(options.log_json, 1);
	cr_assert_eq(parse("--log-format=json", "--log-format=text", "true"),
	             0);
	cr_expect_eq(options.log_json, 0);
	cr_assert_eq(parse_env("HALE_LOG_FORMAT=json"), 0);
	cr_expect_eq(options.log_json, 1);
	refused(parse("--log-format=JSON", "true"),
	        "--log-format: 'JSON' is not text|json");
	refused(parse_env("HALE_LOG_FORMAT=1"),
	        "HALE_LOG_FORMAT: '1' is not text|json");
}

Test(options, have_a_long_word_for_v)
{
	cr_assert_eq(parse("--verbose", "true"), 0);
	cr_expect_eq(options.log_level, LOG_INFO);
	cr_assert_eq(parse("--verbose", "-v", "true"), 0);
	cr_expect_eq(options.log_level, LOG_DEBUG);
	refused(parse("--verbose=2", "true"),
	        "--verbose: '2' is too much: it takes no value");
	cr_assert_eq(parse_env("HALE_VERBOSE=nonsense"), 0);
	cr_expect_eq(options.log_level, LOG_WARN);
}

/* ------ What is run in place of PROGRAM. ------ */

Test(options, may_ask_for_a_pause)
{
	cr_assert_eq(parse("-P"), 0);
	cr_expect_eq(options.action, OPTIONS_PAUSE);
	cr_assert_eq(parse("-P", "-v", "--stop-signal=HUP"), 0);
	cr_expect_eq(options.action, OPTIONS_PAUSE);
	cr_expect_eq(options.log_level, LOG_INFO);
	expect_stops(SIGHUP, SIGHUP);
	cr_assert_eq(parse_as(1, LIST("-vP"), LIST("HALE_LOG_FORMAT=json")), 0);
	cr_expect_eq(options.log_json, 1);
	refused(parse("-P", "true"),
	        "PROGRAM: 'true' is not run here; leave it out");
	refused(parse_as(1, LIST("-P"), LIST("HALE_GRACE=x")),
	        "HALE_GRACE: 'x' is not a duration like 500ms, 10s, 1m30s or "
	        "2h");
}

Test(options, may_ask_for_sleep)
{
	cr_assert_eq(parse("--sleep", "1m30s"), 0);
	cr_expect_eq(options.action, OPTIONS_SLEEP);
	cr_expect_eq(options.sleep, 90000);
	cr_assert_eq(parse("--sleep=0"), 0);
	cr_expect_eq(options.sleep, 0);
	refused(parse("--sleep"), "--sleep needs a value: a duration like "
	                          "500ms, 10s, 1m30s or 2h");
	refused(parse("--sleep=forever"),
	        "--sleep: 'forever' is not a duration like 500ms, 10s, 1m30s "
	        "or 2h");
	refused(parse("--sleep=1", "true"),
	        "PROGRAM: 'true' is not run here; leave it out");
	refused(parse("--sleep=1", ""),
	        "PROGRAM: '' is not run here; leave it out");
	cr_assert_eq(parse_as(1, LIST("--sleep=1"),
	                      LIST("HALE_SLEEP=2", "HALE_GRACE=x")),
	             0);
	cr_expect_eq(options.sleep, 1000);
}

Test(options, may_ask_for_a_copy)
{
	cr_assert_eq(parse("--install", "a/b"), 0);
	cr_expect_eq(options.action, OPTIONS_INSTALL);
	cr_expect_str_eq(options.path, "a/b");
	cr_assert_eq(parse("-v", "--install=/x"), 0);
	cr_expect_str_eq(options.path, "/x");
	refused(parse("--install="),
	        "--install: '' is not a path for the copy");
	refused(parse("--install"), "--install needs a value: a path for the "
	                            "copy");
	refused(parse("--install=/x", "true"),
	        "PROGRAM: 'true' is not run here; leave it out");
}

Test(options, for_commands_are_none_of_the_environment)
{
	cr_assert_eq(
	    parse_env("HALE_SLEEP=1", "HALE_INSTALL=/x", "HALE_PAUSE=1"), 0);
	cr_expect_eq(options.action, OPTIONS_RUN);
}

Test(options, for_texts_have_every_letter)
{
	static const struct {
		char *word;
		int action;
	} texts[] = {
	    {"-V", OPTIONS_VERSION},       {"--version", OPTIONS_VERSION},
	    {"-L", OPTIONS_LICENSE},       {"-l", OPTIONS_LICENSE},
	    {"-h", OPTIONS_HELP},          {"--help", OPTIONS_HELP},
	    {"--license", OPTIONS_LICENSE}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(parse(texts[i].word, "--nonsense", "x"), 0);
		cr_expect_eq(options.action, texts[i].action);
	}
}

/* ------ Other names. ------ */

Test(options, are_the_same_under_every_name)
{
	static char *const names[] = {"hale",        "/x/tini",   "tini-static",
	                              "docker-init", "catatonit", "podman-init",
	                              "dumb-init"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_eq(parse_under(names[i], 1,
		                         LIST("-svgwc", "-pHUP", "-e3",
		                              "--grace=1s", "--", "x"),
		                         NOTHING),
		             0);
		cr_expect_eq(options.forward, FORWARD_GROUP);
		cr_expect_eq(options.grace, 1000);
		cr_expect_not(options.session);
		cr_assert_eq(parse_under(names[i], 1, LIST("-P"), NOTHING), 0);
		cr_expect_eq(options.action, OPTIONS_PAUSE);
		cr_assert_eq(parse_under(names[i], 1, LIST("-L"), NOTHING), 0);
		cr_assert_eq(parse_under(names[i], 1, LIST("-V"), NOTHING), 0);
		cr_expect_eq(parse_under(names[i], 1, LIST("--no"), NOTHING),
		             -1);
		cr_expect_eq(options.name->usage, i == 0 ? 125 : 1, "%s",
		             names[i]);
	}
}

static int
parse_dumb(char **words, char **variables)
{
	return parse_under("/usr/bin/dumb-init", 1, words, variables);
}

static void
expect_session(bool session)
{
	int stop = session ? SIGSTOP : 0;

	cr_expect_eq(options.session, session);
	cr_expect_eq(options.forward, session ? FORWARD_GROUP : FORWARD_CHILD);
	cr_expect_eq(options.rewrite[SIGTSTP], session ? stop : SIGTSTP);
	cr_expect_eq(options.rewrite[SIGTTIN], session ? stop : SIGTTIN);
	cr_expect_eq(options.rewrite[SIGTTOU], session ? stop : SIGTTOU);
	cr_expect_eq(options.rewrite[SIGTERM], SIGTERM);
}

Test(options, of_dumb_init_mean_a_session_unless_told_otherwise)
{
	cr_assert_eq(parse_dumb(LIST("true"), NOTHING), 0);
	expect_session(true);
	cr_assert_eq(parse_dumb(LIST("-c", "true"), NOTHING), 0);
	expect_session(false);
	cr_assert_eq(parse_dumb(LIST("--single-child", "true"), NOTHING), 0);
	expect_session(false);
	cr_assert_eq(parse_dumb(LIST("true"), LIST("DUMB_INIT_SETSID=0")), 0);
	expect_session(false);
	cr_assert_eq(parse_dumb(LIST("true"), LIST("DUMB_INIT_SETSID=1")), 0);
	expect_session(true);
	cr_assert_eq(parse_dumb(LIST("true"), LIST("DUMB_INIT_SETSID=")), 0);
	expect_session(true);
	cr_assert_eq(parse_dumb(LIST("--forward=child", "true"), NOTHING), 0);
	cr_expect_eq(options.forward, FORWARD_CHILD);
	cr_expect(options.session);
}

Test(options, of_dumb_init_keep_a_rewriting_that_was_asked_for)
{
	cr_assert_eq(
	    parse_dumb(LIST("-r", "TSTP:INT", "-r20:2", "-r", "21:0", "true"),
	               NOTHING),
	    0);
	cr_expect_eq(options.rewrite[SIGTSTP], SIGINT);
	cr_expect_eq(options.rewrite[SIGTTIN], SIGNALS_NONE);
	cr_expect_eq(options.rewrite[SIGTTOU], SIGSTOP);
}

Test(options, of_dumb_init_are_read_under_its_name_alone)
{
	cr_assert_eq(parse_dumb(LIST("true"), LIST("DUMB_INIT_DEBUG=1")), 0);
	cr_expect_eq(options.log_level, LOG_DEBUG);
	cr_assert_eq(parse_dumb(LIST("true"), LIST("DUMB_INIT_DEBUG=0")), 0);
	cr_expect_eq(options.log_level, LOG_WARN);
	cr_assert_eq(parse_env("DUMB_INIT_DEBUG=1", "DUMB_INIT_SETSID=1"), 0);
	cr_expect_eq(options.log_level, LOG_WARN);
	expect_session(false);
}

static const struct {
	const char *word;
	bool valid, off; /* does it turn the session off? */
} flags[] = {
    {"1", true, true},      {"true", true, true},   {"yes", true, true},
    {"0", true, false},     {"false", true, false}, {"no", true, false},
    {"", true, false},      {"2", false, false},    {"on", false, false},
    {"True", false, false}, {"YES", false, false},  {" 1", false, false},
    {"1 ", false, false},   {"tru", false, false},  {"1|true", false, false},
    {"none", false, false},
};

Test(options, that_are_flags_know_yes_from_no_in_the_environment)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		char variable[64];
		int result;

		snprintf(variable, sizeof(variable), "HALE_SINGLE_CHILD=%s",
		         flags[i].word);
		result = parse_dumb(LIST("true"), LIST(variable));
		cr_expect_eq(result, flags[i].valid ? 0 : -1, "'%s'",
		             flags[i].word);
		if (flags[i].valid)
			cr_expect_eq(options.session, !flags[i].off, "'%s'",
			             flags[i].word);
	}
	refused(parse_env("HALE_SINGLE_CHILD=maybe"),
	        "HALE_SINGLE_CHILD: 'maybe' is not 1, true or yes, or 0, "
	        "false, no or empty");
}

Test(options, of_the_command_line_overrule_a_flag_of_the_environment)
{
	cr_assert_eq(
	    parse_dumb(LIST("-c", "true"), LIST("HALE_SINGLE_CHILD=x")), 0);
	expect_session(false);
}

Test(options, behind_a_target_overrule_their_variables_as_well)
{
	cr_assert_eq(parse_as(1,
	                      LIST("--health=unix:/a", "--grace=1s",
	                           "--health-interval=2s", "true"),
	                      LIST("HALE_GRACE=x", "HALE_HEALTH_INTERVAL=5s")),
	             0);
	cr_expect_eq(options.grace, 1000);
	cr_expect_eq(options.rules[0].value[HEALTH_INTERVAL], 5000);
	cr_expect_eq(options.rules[1].value[HEALTH_INTERVAL], 2000);
}

Test(options, have_lists_in_variables_that_end_somewhere)
{
	static char variable[2 * OPTIONS_POOL] = "HALE_REMAP_EXIT=";

	memset(variable + strlen(variable), '1', OPTIONS_POOL);
	refused(parse_env(variable), "HALE_REMAP_EXIT is too long");
}

/* ------ Health. ------ */

static void
expect_rule(int target, enum health_value value, long long expected)
{
	cr_expect_eq(options.rules[target].value[value], expected,
	             "%d %d: %lld", target, (int)value,
	             options.rules[target].value[value]);
}

Test(options, of_health_have_the_defaults_of_the_manual)
{
	cr_assert_eq(parse("--health", "tcp://127.0.0.1:80", "true"), 0);
	cr_expect_eq(options.count, 1);
	expect_rule(1, HEALTH_INTERVAL, 10000);
	expect_rule(1, HEALTH_TIMEOUT, 3000);
	expect_rule(1, HEALTH_RETRIES, 3);
	expect_rule(1, HEALTH_SUCCESSES, 1);
	expect_rule(1, HEALTH_START_PERIOD, 0);
	expect_rule(1, HEALTH_START_INTERVAL, 1000);
	expect_rule(1, HEALTH_ACTION, OPTIONS_REPORT);
	cr_expect_null(options.statuses[1]);
	cr_expect_eq(options.headers, 0);
	cr_expect_eq(options.stop_signal, SIGTERM);
}

Test(options, before_the_first_target_are_for_all)
{
	cr_assert_eq(parse("--health-interval=1s", "--health-status=204",
	                   "--health-header=A: 1", "--health=unix:/a",
	                   "--health-interval=2s", "--health-header=B: 2",
	                   "--health=unix:/b", "--health-status=200-299",
	                   "--on-unhealthy=stop", "true"),
	             0);
	cr_expect_eq(options.count, 2);
	expect_rule(1, HEALTH_INTERVAL, 2000);
	expect_rule(2, HEALTH_INTERVAL, 1000);
	expect_rule(1, HEALTH_ACTION, OPTIONS_REPORT);
	expect_rule(2, HEALTH_ACTION, OPTIONS_STOP);
	cr_expect_str_eq(options.statuses[1], "204");
	cr_expect_str_eq(options.statuses[2], "200-299");
	cr_expect_eq(options.headers, 2);
	cr_expect_eq(options.header[0].target, 0);
	cr_expect_eq(options.header[1].target, 1);
	cr_expect_str_eq(options.header[1].text, "B: 2");
}

Test(options, of_health_have_an_item_a_line_in_the_environment)
{
	cr_assert_eq(parse_env("HALE_HEALTH=unix:/a,b\n\nunix:/c\n",
	                       "HALE_HEALTH_HEADER=A: 1,2\nB: 3",
	                       "HALE_HEALTH_RETRIES=7",
	                       "HALE_ON_UNHEALTHY=signal:USR1"),
	             0);
	cr_expect_eq(options.count, 2);
	cr_expect_str_eq(options.targets[0].socket, "/a,b");
	cr_expect_str_eq(options.targets[1].socket, "/c");
	cr_expect_eq(options.headers, 2);
	cr_expect_str_eq(options.header[0].text, "A: 1,2");
	cr_expect_eq(options.header[1].target, 0);
	expect_rule(2, HEALTH_RETRIES, 7);
	expect_rule(1, HEALTH_ACTION, SIGUSR1);
}

Test(options, of_health_refuse_what_means_nothing)
{
	static const char *const wrong[][3] = {
	    {"--health-interval", "0",
	     "a duration above 0, like 500ms, 10s or "
	     "1m30s"},
	    {"--health-timeout", "0s",
	     "a duration above 0, like 500ms, 10s or "
	     "1m30s"},
	    {"--health-start-interval", "0",
	     "a duration above 0, like 500ms, "
	     "10s or 1m30s"},
	    {"--health-start-period", "-1",
	     "a duration like 500ms, 10s, 1m30s "
	     "or 2h"},
	    {"--health-retries", "0", "a number from 1 to 999"},
	    {"--health-successes", "1000", "a number from 1 to 999"},
	    {"--health-status", "99",
	     "a list of statuses from 100 to 599, like "
	     "200,300-399"},
	    {"--health-header", "A",
	     "a header like 'Name: value'; 8 are the "
	     "most"},
	    {"--health-header", "A: 1\r\nB: 2",
	     "a header like 'Name: value'; 8 "
	     "are the most"},
	    {"--on-unhealthy", "kill", "report, stop or signal:SIGNAL"},
	    {"--on-unhealthy", "signal:", "report, stop or signal:SIGNAL"},
	    {"--on-unhealthy", "signal:0", "report, stop or signal:SIGNAL"},
	};
	char line[512];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(line, sizeof(line), "%s: '%s' is not %s", wrong[i][0],
		         wrong[i][1], wrong[i][2]);
		refused(parse((char *)wrong[i][0], (char *)wrong[i][1], "true"),
		        line);
	}
}

Test(options, know_eight_targets_and_eight_headers)
{
	char *words[20] = {NULL};
	int i;

	for (i = 0; i < 9; i++)
		words[i] = "--health=unix:/a";
	words[9] = "true";
	refused(parse_as(1, words, NOTHING),
	        "--health: 'unix:/a' is one too many: 8 targets at the most");
	words[0] = "-w";
	cr_expect_eq(parse_as(1, words, NOTHING), 0);
	for (i = 0; i < 9; i++)
		words[i] = "--health-header=A: 1";
	refused(parse_as(1, words, NOTHING),
	        "--health-header: 'A: 1' is not a header like 'Name: value'; "
	        "8 are the most");
}

Test(options, name_the_target_that_cannot_be_understood)
{
	refused(parse("--health", "tcp://127.0.0.1", "true"),
	        "--health: 'tcp://127.0.0.1' has no port from 1 to 65535");
	refused(parse_env("HALE_HEALTH=unix:/a\ntcp://127.0.0.1:0"),
	        "HALE_HEALTH: 'tcp://127.0.0.1:0' has no port from 1 to "
	        "65535");
}

Test(options, know_one_program_to_notify_hale)
{
	cr_assert_eq(parse("--health=unix:/a", "--health=notify:?max-age=3s",
	                   "--health=unix:/b", "true"),
	             0);
	cr_expect_eq(options.notify, &options.targets[1]);
	refused(
	    parse("--health=notify:", "--health=notify:?max-age=3s", "true"),
	    "--health: 'notify:?max-age=3s' needs a PROGRAM of its own");
	refused(parse("--check", "unix:/a", "notify:"),
	        "--check: 'notify:' needs a PROGRAM of its own");
	refused(parse("--check", "--health=notify:"),
	        "--check: 'notify:' needs a PROGRAM of its own");
	refused(parse("--health=notify:", "--check", "unix:/a"),
	        "--check: 'notify:' needs a PROGRAM of its own");
	cr_assert_eq(parse("--health=unix:/a", "true"), 0);
	cr_expect_null(options.notify);
}

Test(options, have_a_place_to_listen_at)
{
	cr_assert_eq(parse("true"), 0);
	cr_expect_null(options.listen.text);
	cr_assert_eq(
	    parse("--health=unix:/a", "--health-listen=127.0.0.1:80", "true"),
	    0);
	cr_expect_str_eq(options.listen.text, "127.0.0.1:80");
	cr_expect_eq(options.listen.address[0].port, 80);
	cr_assert_eq(parse_env("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=81"),
	             0);
	cr_expect_eq(options.listen.address[0].port, 81);
	cr_assert_eq(
	    parse_as(1, LIST("--health-listen", "82", "true"),
	             LIST("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=x")),
	    0);
	cr_expect_eq(options.listen.address[0].port, 82);
	refused(parse("--health=unix:/a", "--health-listen=a:b", "true"),
	        "--health-listen: 'a:b' needs a host's address, or its name in "
	        "/etc/hosts");
	refused(parse_env("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=0"),
	        "HALE_HEALTH_LISTEN: '0' has no port from 1 to 65535");
	refused(parse("--health-listen"),
	        "--health-listen needs a value: [HOST:]PORT");
}

Test(options, do_not_listen_with_nothing_to_tell)
{
	refused(parse("--health-listen=80", "true"),
	        "--health-listen needs --health");
	refused(parse_env("HALE_HEALTH_LISTEN=80"),
	        "--health-listen needs --health");
	/* It is of no interest to a check that has targets of its own. */
	cr_expect_eq(parse_as(1, LIST("--check", "unix:/a"),
	                      LIST("HALE_HEALTH_LISTEN=x")),
	             0);
}

Test(options, take_the_first_stop_signal_for_a_stop_for_ill_health)
{
	cr_assert_eq(parse("--stop-signal=QUIT", "--stop-signal=TERM", "true"),
	             0);
	cr_expect_eq(options.stop_signal, SIGQUIT);
}

Test(options, may_ask_for_a_check)
{
	cr_assert_eq(parse("--check"), 0);
	cr_expect_eq(options.action, OPTIONS_CHECK);
	cr_expect_eq(options.count, 0);
	cr_assert_eq(parse("--check", "--live", "--wait=5s"), 0);
	cr_expect(options.live);
	cr_expect_eq(options.wait, 5000);
	cr_assert_eq(
	    parse("--check", "--health-timeout=1s", "unix:/a", "unix:/b"), 0);
	cr_expect_eq(options.count, 2);
	expect_rule(2, HEALTH_TIMEOUT, 1000);
	refused(parse("--check", "a"),
	        "--check: 'a' is no target of this version: http://, grpc://, "
	        "tcp://, unix:/, exec:, file:/, notify:");
}

Test(options, for_a_check_take_what_fits_it_from_the_environment)
{
	cr_assert_eq(
	    parse_as(1, LIST("--check", "unix:/a"),
	             LIST("HALE_HEALTH=x", "HALE_GRACE=x",
	                  "HALE_HEALTH_TIMEOUT=2s", "HALE_HEALTH_STATUS=204")),
	    0);
	cr_expect_eq(options.count, 1);
	expect_rule(1, HEALTH_TIMEOUT, 2000);
	cr_expect_str_eq(options.statuses[1], "204");
}

Test(options, that_say_how_to_check_need_a_check)
{
	refused(parse("--live", "true"), "--live and --wait need --check");
	refused(parse("--wait=1s", "true"), "--live and --wait need --check");
}

Test(options, may_ask_for_the_status_in_two_forms)
{
	cr_assert_eq(parse("--status"), 0);
	cr_expect_eq(options.action, OPTIONS_STATUS);
	cr_assert_eq(parse("--status=json"), 0);
	cr_expect_eq(options.action, OPTIONS_STATUS_JSON);
	refused(parse("--status=xml"),
	        "--status: 'xml' is too much: it takes no value");
}

/* Its exit code depends on that. */
Test(options, know_a_check_with_a_value_for_a_check)
{
	refused(parse("--check=http://localhost/"),
	        "--check: 'http://localhost/' is too much: it takes no value");
	cr_expect_eq(options.action, OPTIONS_CHECK);
	refused(parse("--status=xml"),
	        "--status: 'xml' is too much: it takes no value");
	cr_expect_eq(options.action, OPTIONS_STATUS);
}
