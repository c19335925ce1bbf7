/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct options options;

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

#define refused(call, line)                                                    \
	do {                                                                   \
		cr_expect_eq(call, -1, "%s", #call);                           \
		cr_expect_str_eq(options.error, line);                         \
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
	static const struct {
		char *word;
		int action;
	} texts[] = {
	    {"-V", OPTIONS_VERSION},        {"--version", OPTIONS_VERSION},
	    {"-L", OPTIONS_LICENSE},        {"-l", OPTIONS_LICENSE},
	    {"-vl", OPTIONS_LICENSE},       {"-h", OPTIONS_HELP},
	    {"--license", OPTIONS_LICENSE}, {"--help", OPTIONS_HELP}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(parse(texts[i].word, "--nonsense", "x"), 0);
		cr_expect_eq(options.action, texts[i].action);
	}
	cr_assert_eq(parse_as(1, LIST("--help"), LIST("HALE_FORWARD=x")), 0);
	cr_expect_eq(options.action, OPTIONS_HELP);
}

Test(options, that_are_wrong_name_themselves_the_value_and_the_way_out)
{
	refused(parse("--bogus=3", "true"),
	        "unknown option '--bogus=3'; see --help");
	refused(parse("--forwar", "child", "true"),
	        "unknown option '--forwar'; did you mean '--forward'?");
	refused(parse("-gx", "true"), "unknown option '-x'; see --help");
	refused(parse("--forward", "x", "true"),
	        "--forward: 'x' is not child|group|all");
	refused(parse("--forward=", "true"),
	        "--forward: '' is not child|group|all");
	refused(parse("--forward"), "--forward needs a value: WHOM");
	refused(parse("-g", "-p"), "-p needs a value: SIGNAL");
	refused(parse("-pFOO", "true"),
	        "-p: 'FOO' is not a signal: a name like TERM, or 1 to 64");
	refused(parse("-e256", "true"),
	        "-e: '256' is not an exit code, 0 to 255");
	refused(parse("--log-level", "loud", "true"),
	        "--log-level: 'loud' is not error|warn|info|debug");
	refused(parse("--help=me"),
	        "--help takes no value, but was given 'me'");
}

Test(options, that_are_mistyped_are_answered_with_the_nearest_name)
{
	static const char *const words[][2] = {
	    {"--gracee", "grace"},
	    {"--grace-", "grace"},
	    {"--garce", "grace"},
	    {"--lve", "live"},
	    {"--wiat-for", "wait-for"},
	    {"--health-intervall", "health-interval"},
	    {"--helth", "health"},
	    {"--Grace", "grace"},
	    {"--stop-singal", "stop-signal"},
	};
	static const char *const strange[] = {
	    "--x",
	    "--gr",
	    "--nonsense",
	    "--l",
	    "--stat-us-s",
	    "---",
	    "--"
	    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl",
	};
	char line[256];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line),
		         "unknown option '%s'; did you mean '--%s'?",
		         words[i][0], words[i][1]);
		refused(parse((char *)words[i][0], "true"), line);
	}
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		snprintf(line, sizeof(line), "unknown option '%s'; see --help",
		         strange[i]);
		refused(parse((char *)strange[i], "true"), line);
	}
	refused(parse("--gracee=5", "true"),
	        "unknown option '--gracee=5'; did you mean '--grace'?");
	refused(parse("--bad\n\xff", "true"),
	        "unknown option '--bad\\x0a\\xff'; see --help");
}

Test(options, are_read_on_after_an_error_to_know_how_to_say_it)
{
	refused(
	    parse("--bogus", "--drain=x", "--log-format=json", "-v", "true"),
	    "unknown option '--bogus'; see --help");
	cr_expect(options.log_json);
	cr_expect_eq(options.log_level, LOG_INFO);
	refused(parse_as(1, LIST("--bogus", "true"),
	                 LIST("HALE_LOG_FORMAT=json", "HALE_GRACE=x")),
	        "unknown option '--bogus'; see --help");
	cr_expect(options.log_json);
	refused(
	    parse("--health-timeout=x", "--check"),
	    "--health-timeout: 'x' is not a duration like 500ms, 10s, 1m30s "
	    "or 2h");
	cr_expect_eq(options.action, OPTIONS_CHECK);
}

Test(options, take_warning_for_warn)
{
	cr_assert_eq(parse("-v", "--log-level=warning", "true"), 0);
	cr_expect_eq(options.log_level, LOG_INFO);
	cr_assert_eq(parse_env("HALE_LOG_LEVEL=warning"), 0);
	cr_expect_eq(options.log_level, LOG_WARN);
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
	        "--forward: 'all' is possible only if hale is PID 1; choose "
	        "child or group");
	refused(parse_as(7, LIST("true"), LIST("HALE_FORWARD=all")),
	        "HALE_FORWARD: 'all' is possible only if hale is PID 1; "
	        "choose child or group");
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
	                       "HALE_SERVICE_HOST=10.0.0.1", "HALE_VERSION=1",
	                       "HALE_GRACE_PORT=1", "HALE_READY_ADDR=1",
	                       "HALE_DRAIN_SERVICE_X=1", "HALE_X_PORT_80=1",
	                       "HALE_EXIT_PORT=1", "HALE_GRCE", "HALE_="),
	             0);
	cr_expect_eq(options.action, OPTIONS_RUN);
	cr_expect_eq(options.warning_count, 0, "%s", options.warnings[0]);
}

Test(options, warn_of_a_name_that_is_almost_a_settings)
{
	static const char *const names[][2] = {
	    {"HALE_GRCE", "HALE_GRACE"},
	    {"HALE_FORWAR", "HALE_FORWARD"},
	    {"HALE_FORWARDS", "HALE_FORWARD"},
	    {"HALE_LOGLEVEL", "HALE_LOG_LEVEL"},
	    {"HALE_HEALTH_TIMOUT", "HALE_HEALTH_TIMEOUT"},
	};
	char variable[64], warning[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(variable, sizeof(variable), "%s=1", names[i][0]);
		snprintf(warning, sizeof(warning),
		         "%s is not a setting; did you mean %s?", names[i][0],
		         names[i][1]);
		cr_assert_eq(parse_env(variable), 0);
		cr_assert_eq(options.warning_count, 1, "%s", variable);
		cr_expect_str_eq(options.warnings[0], warning);
	}
	cr_assert_eq(
	    parse_as(1, LIST("--check", "unix:/a"), LIST("HALE_GRCE=1")), 0);
	cr_expect_eq(options.warning_count, 0);
}

Test(options, keep_no_more_warnings_than_there_is_room_for)
{
	char *variables[OPTIONS_WARNINGS_MAX + 3] = {NULL};
	int i;

	for (i = 0; i < OPTIONS_WARNINGS_MAX + 2; i++)
		variables[i] = "HALE_GRCE=1";
	cr_assert_eq(parse_as(1, LIST("true"), variables), 0);
	cr_expect_eq(options.warning_count, OPTIONS_WARNINGS_MAX);
}

Test(options, know_their_variables)
{
	static const char *const settings[] = {
	    "HALE_GRACE=1",
	    "HALE_GRACE=",
	    "HALE_HEALTH_START_INTERVAL=1",
	    "HALE_ON_UNHEALTHY=x=y",
	    "HALE_WAIT_FOR=a",
	    "HALE_READY=a",
	    "HALE_SINGLE_CHILD=1",
	    "HALE_HEALTH_LISTEN=1",
	};
	static const char *const others[] = {
	    "",
	    "HALE_GRACE",
	    "HALE_GRACES=1",
	    "HALE_GRAC=1",
	    "HALE_=1",
	    "HALE_CHECK=1",
	    "HALE_VERBOSE=1",
	    "hale_grace=1",
	    "HALE_WAIT=1",
	    "HALE_SLEEP=1",
	    "XHALE_GRACE=1",
	    "GRACE=1",
	    "HALE_ON-UNHEALTHY=1",
	    "TINI_VERBOSITY=1",
	};
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		cr_expect(options_is_setting(settings[i]), "%s", settings[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_not(options_is_setting(others[i]), "%s", others[i]);
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

/* ------ The stop. ------ */

/* Do these signals begin a stop, and no others? */
static void
expect_stops(int a, int b, int c)
{
	int n;

	for (n = 0; n <= SIGNALS_MAX; n++)
		cr_expect_eq(options.stop_signals[n],
		             n > 0 && (n == a || n == b || n == c), "signal %d",
		             n);
}

Test(options, for_the_stop_have_the_defaults_of_the_manual)
{
	cr_assert_eq(parse("true"), 0);
	expect_stops(SIGTERM, SIGINT, SIGINT);
	cr_expect_eq(options.drain_ms, 0);
	cr_expect_eq(options.grace_ms, 0);
	cr_expect_null(options.exit_report);
	cr_expect_not(options.log_json);
	cr_expect_not(options.session);
	cr_expect_str_eq(options.name->name, "hale");
}

Test(options, that_name_a_stop_signal_add_to_term_and_int)
{
	cr_assert_eq(parse("--stop-signal", "QUIT", "true"), 0);
	expect_stops(SIGTERM, SIGINT, SIGQUIT);
	cr_assert_eq(parse("--stop-signal=sigterm", "true"), 0);
	expect_stops(SIGTERM, SIGINT, SIGTERM);
	cr_assert_eq(parse("--stop-signal=RTMIN+3", "true"), 0);
	expect_stops(SIGTERM, SIGINT, 37);
	cr_assert_eq(parse_env("HALE_STOP_SIGNAL=USR1"), 0);
	expect_stops(SIGTERM, SIGINT, SIGUSR1);
	cr_assert_eq(parse_env("HALE_STOP_SIGNAL="), 0);
	expect_stops(SIGTERM, SIGINT, SIGINT);
	cr_assert_eq(parse_as(1, LIST("--stop-signal=HUP", "true"),
	                      LIST("HALE_STOP_SIGNAL=nonsense")),
	             0);
	expect_stops(SIGTERM, SIGINT, SIGHUP);
}

Test(options, that_say_none_empty_the_list_of_stop_signals)
{
	cr_assert_eq(parse("--stop-signal=none", "true"), 0);
	expect_stops(0, 0, 0);
	cr_assert_eq(parse("--stop-signal=HUP", "--stop-signal=none",
	                   "--stop-signal=QUIT", "--stop-signal=USR1", "true"),
	             0);
	expect_stops(SIGQUIT, SIGQUIT, SIGUSR1);
	cr_assert_eq(parse_env("HALE_STOP_SIGNAL=none,USR1,USR2"), 0);
	expect_stops(SIGUSR1, SIGUSR1, SIGUSR2);
}

Test(options, take_the_first_stop_signal_given_for_a_stop_for_ill_health)
{
	cr_assert_eq(parse("true"), 0);
	cr_expect_eq(options.health_stop_signal, SIGTERM);
	cr_assert_eq(parse("--stop-signal=QUIT", "--stop-signal=TERM", "true"),
	             0);
	cr_expect_eq(options.health_stop_signal, SIGQUIT);
	cr_assert_eq(parse("--stop-signal=HUP", "--stop-signal=none",
	                   "--stop-signal=USR2", "true"),
	             0);
	cr_expect_eq(options.health_stop_signal, SIGUSR2);
	cr_assert_eq(parse("--stop-signal=none", "true"), 0);
	cr_expect_eq(options.health_stop_signal, SIGTERM);
}

Test(options, refuse_a_stop_signal_that_cannot_be_caught)
{
	static char *const bad[] = {"KILL", "STOP", "CHLD", "9",       "0",
	                            "65",   "",     "NONE", "TERM,INT"};
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
	cr_expect_eq(options.drain_ms, 1500);
	cr_expect_eq(options.grace_ms, 90000);
	cr_assert_eq(parse("--grace=9", "--grace=0", "true"), 0);
	cr_expect_eq(options.grace_ms, 0, "the last one counts");
	cr_assert_eq(parse_env("HALE_DRAIN=5", "HALE_GRACE=2h"), 0);
	cr_expect_eq(options.drain_ms, 5000);
	cr_expect_eq(options.grace_ms, 7200000);
	cr_assert_eq(parse_as(1, LIST("--grace=0", "true"),
	                      LIST("HALE_GRACE=x", "HALE_DRAIN=1s")),
	             0);
	cr_expect_eq(options.grace_ms, 0);
	cr_expect_eq(options.drain_ms, 1000);
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
	refused(parse("--grace"), "--grace needs a value: DURATION");
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
	        "--verbose takes no value, but was given '2'");
	cr_assert_eq(parse_env("HALE_VERBOSE=nonsense"), 0);
	cr_expect_eq(options.log_level, LOG_WARN);
}

/* ------ What is run in place of PROGRAM. ------ */

Test(options, may_ask_to_reap_only)
{
	cr_assert_eq(parse("-P"), 0);
	cr_expect_eq(options.action, OPTIONS_REAP_ONLY);
	cr_assert_eq(parse("-P", "-v", "--stop-signal=HUP"), 0);
	cr_expect_eq(options.action, OPTIONS_REAP_ONLY);
	cr_expect_eq(options.log_level, LOG_INFO);
	expect_stops(SIGTERM, SIGINT, SIGHUP);
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
	cr_expect_eq(options.sleep_ms, 90000);
	cr_assert_eq(parse("--sleep=0"), 0);
	cr_expect_eq(options.sleep_ms, 0);
	refused(parse("--sleep"), "--sleep needs a value: DURATION");
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
	cr_expect_eq(options.sleep_ms, 1000);
}

Test(options, may_ask_for_a_copy)
{
	cr_assert_eq(parse("--install", "a/b"), 0);
	cr_expect_eq(options.action, OPTIONS_INSTALL);
	cr_expect_str_eq(options.install_path, "a/b");
	cr_assert_eq(parse("-v", "--install=/x"), 0);
	cr_expect_str_eq(options.install_path, "/x");
	refused(parse("--install="),
	        "--install: '' is not a path for the copy");
	refused(parse("--install"), "--install needs a value: PATH");
	refused(parse("--install=/x", "true"),
	        "PROGRAM: 'true' is not run here; leave it out");
}

Test(options, for_commands_are_none_of_the_environment)
{
	cr_assert_eq(
	    parse_env("HALE_SLEEP=1", "HALE_INSTALL=/x", "HALE_PAUSE=1"), 0);
	cr_expect_eq(options.action, OPTIONS_RUN);
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
		cr_expect_eq(options.grace_ms, 1000);
		cr_expect_not(options.session);
		cr_assert_eq(parse_under(names[i], 1, LIST("-P"), NOTHING), 0);
		cr_expect_eq(options.action, OPTIONS_REAP_ONLY);
		cr_assert_eq(parse_under(names[i], 1, LIST("-L"), NOTHING), 0);
		cr_assert_eq(parse_under(names[i], 1, LIST("-V"), NOTHING), 0);
		cr_expect_eq(parse_under(names[i], 1, LIST("--no"), NOTHING),
		             -1);
		cr_expect_eq(options.name->usage_code, i == 0 ? 125 : 1, "%s",
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

Test(options, have_lists_in_variables_that_end_somewhere)
{
	static char variable[2 * OPTIONS_POOL_SIZE] = "HALE_REMAP_EXIT=";

	memset(variable + strlen(variable), '1', OPTIONS_POOL_SIZE);
	refused(parse_env(variable), "HALE_REMAP_EXIT is too long");
}

/* ------ Health. ------ */

#define HEALTH(n) (options.targets[n])

Test(options, of_health_have_the_defaults_of_the_manual)
{
	const struct health_rule *rule = &HEALTH(0).rule;

	cr_assert_eq(parse("--health", "tcp://127.0.0.1:80", "true"), 0);
	cr_expect_eq(options.target_count, 1);
	cr_expect_eq(rule->interval_ms, 10000);
	cr_expect_eq(rule->timeout_ms, 3000);
	cr_expect_eq(rule->retries, 3);
	cr_expect_eq(rule->successes, 1);
	cr_expect_eq(rule->start_period_ms, 30000);
	cr_expect_eq(rule->start_interval_ms, 1000);
	cr_expect_eq(rule->action.kind, HEALTH_REPORT);
	cr_expect_not(rule->readiness);
	cr_expect_null(HEALTH(0).statuses);
	cr_expect_null(HEALTH(0).headers[0]);
	cr_expect_eq(options.wait_count, 0);
	cr_expect_eq(options.wait_timeout_ms, 60000);
	cr_expect_eq(options.warning_count, 0);
}

Test(options, apply_to_all_targets_wherever_they_stand)
{
	int i;

	cr_assert_eq(parse("--health-interval=1s", "--health=http://a/",
	                   "--health-interval=2s", "--health-header=B: 2",
	                   "--ready=http://b/", "--health-status=200-299",
	                   "--health-start-period=0", "--health-retries=7",
	                   "--health-successes=8", "--health-timeout=9s",
	                   "--health-start-interval=3s", "--on-unhealthy=stop",
	                   "true"),
	             0);
	cr_expect_eq(options.target_count, 2);
	for (i = 0; i < 2; i++) {
		cr_expect_eq(HEALTH(i).rule.interval_ms, 2000);
		cr_expect_eq(HEALTH(i).rule.timeout_ms, 9000);
		cr_expect_eq(HEALTH(i).rule.retries, 7);
		cr_expect_eq(HEALTH(i).rule.successes, 8);
		cr_expect_eq(HEALTH(i).rule.start_period_ms, 0);
		cr_expect_eq(HEALTH(i).rule.start_interval_ms, 3000);
		cr_expect_eq(HEALTH(i).rule.action.kind, HEALTH_STOP);
		cr_expect_str_eq(HEALTH(i).statuses, "200-299");
		cr_expect_str_eq(HEALTH(i).headers[0], "B: 2");
		cr_expect_null(HEALTH(i).headers[1]);
		cr_expect_eq(HEALTH(i).rule.readiness, i == 1);
	}
}

Test(options, of_one_target_win_over_options_and_those_over_variables)
{
	cr_assert_eq(
	    parse_as(1,
	             LIST("--health=interval=1s status=204 header='A: own' "
	                  "http://a/",
	                  "--health-interval=2s", "--health=http://b/", "true"),
	             LIST("HALE_HEALTH_INTERVAL=3s", "HALE_HEALTH_RETRIES=9",
	                  "HALE_HEALTH_STATUS=200",
	                  "HALE_HEALTH_HEADER=A: all")),
	    0);
	cr_expect_eq(HEALTH(0).rule.interval_ms, 1000);
	cr_expect_eq(HEALTH(1).rule.interval_ms, 2000);
	cr_expect_eq(HEALTH(0).rule.retries, 9);
	cr_expect_str_eq(HEALTH(0).statuses, "204");
	cr_expect_str_eq(HEALTH(1).statuses, "200");
	cr_expect_str_eq(HEALTH(0).headers[0], "A: all");
	cr_expect_str_eq(HEALTH(0).headers[1], "A: own");
	cr_expect_null(HEALTH(1).headers[1]);
	cr_expect_str_eq(HEALTH(0).target.text, "http://a/");
}

Test(options, of_health_have_an_item_a_line_in_the_environment)
{
	cr_assert_eq(
	    parse_env("HALE_HEALTH=unix:/a,b\n\nretries=2 unix:/c\n",
	              "HALE_READY=http://d/", "HALE_HEALTH_HEADER=A: 1,2\nB: 3",
	              "HALE_HEALTH_RETRIES=7", "HALE_ON_UNHEALTHY=signal:USR1",
	              "HALE_WAIT_FOR=unix:/e\nunix:/f"),
	    0);
	cr_expect_eq(options.target_count, 3);
	cr_expect_eq(options.wait_count, 2);
	cr_expect_str_eq(HEALTH(0).target.text, "unix:/a,b");
	cr_expect_str_eq(HEALTH(1).target.text, "unix:/c");
	cr_expect(HEALTH(2).rule.readiness);
	cr_expect_str_eq(HEALTH(2).headers[0], "A: 1,2");
	cr_expect_str_eq(HEALTH(2).headers[1], "B: 3");
	cr_expect_eq(HEALTH(0).rule.retries, 7);
	cr_expect_eq(HEALTH(1).rule.retries, 2);
	cr_expect_eq(HEALTH(0).rule.action.kind, HEALTH_SIGNAL);
	cr_expect_eq(HEALTH(0).rule.action.signal, SIGUSR1);
	cr_assert_eq(parse_as(1, LIST("--health=unix:/x", "true"),
	                      LIST("HALE_HEALTH=nonsense")),
	             0);
	cr_expect_eq(options.target_count, 1);
}

Test(options, of_health_refuse_what_means_nothing)
{
	static const char *const wrong[][3] = {
	    {"--health-interval", "0", "above 0"},
	    {"--health-timeout", "0s", "above 0"},
	    {"--health-start-interval", "0", "above 0"},
	    {"--health-start-period", "-1",
	     "a duration like 500ms, 10s, 1m30s or 2h"},
	    {"--wait-timeout", "x", "a duration like 500ms, 10s, 1m30s or 2h"},
	    {"--health-retries", "0", "a number from 1 to 999"},
	    {"--health-successes", "1000", "a number from 1 to 999"},
	    {"--health-status", "99",
	     "a list of statuses from 100 to 599, like 200,300-399"},
	    {"--health-header", "A", "a header like 'Name: value'"},
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
	refused(parse("--health-header", "A: 1\r\nB: 2", "true"),
	        "--health-header: 'A: 1\\x0d\\x0aB: 2' is not a header like "
	        "'Name: value'");
	refused(parse("--health-header"),
	        "--health-header needs a value: NAME: VALUE");
	refused(parse("--health-retries"), "--health-retries needs a value: N");
}

Test(options, know_eight_targets_of_both_kinds_together)
{
	char *words[20] = {NULL};
	int i;

	for (i = 0; i < 9; i++)
		words[i] = i % 2 == 0 ? "--health=unix:/a" : "--ready=unix:/b";
	words[9] = "true";
	refused(parse_as(1, words, NOTHING),
	        "--health: 'unix:/a' is one too many: 8 targets at the most");
	words[0] = "-w";
	cr_expect_eq(parse_as(1, words, NOTHING), 0);
	for (i = 0; i < 9; i++)
		words[i] = "--wait-for=unix:/a";
	refused(parse_as(1, words, NOTHING),
	        "--wait-for: 'unix:/a' is one too many: 8 targets at the "
	        "most");
}

Test(options, know_eight_headers_of_a_target)
{
	char *words[20] = {NULL};
	int i;

	words[0] = "--health=http://a/";
	for (i = 1; i < 10; i++)
		words[i] = "--health-header=A: 1";
	words[10] = "true";
	refused(parse_as(1, words, NOTHING),
	        "--health-header: 'A: 1' is one too many: 8 headers at the "
	        "most");
	refused(parse_env("HALE_HEALTH_HEADER=A:1\nA:1\nA:1\nA:1\nA:1\nA:1\n"
	                  "A:1\nA:1\nA:1"),
	        "HALE_HEALTH_HEADER: 'A:1' is one too many: 8 headers at the "
	        "most");
	words[1] = "-w";
	cr_expect_eq(parse_as(1, words, NOTHING), 0);
	cr_expect_str_eq(HEALTH(0).headers[7], "A: 1");
	cr_expect_null(HEALTH(0).headers[8]);
	words[0] = "--health=header=B:2 http://a/";
	refused(parse_as(1, words, NOTHING),
	        "--health-header: 'http://a/' has more than 8 headers with its "
	        "own");
}

Test(options, put_variables_into_headers_and_refuse_empty_ones)
{
	cr_assert_eq(parse_as(1,
	                      LIST("--health=http://a/",
	                           "--health-header=A: ${TOKEN}!", "true"),
	                      LIST("TOKEN=secret")),
	             0);
	cr_expect_str_eq(HEALTH(0).headers[0], "A: secret!");
	refused(parse_as(1,
	                 LIST("--health=http://a/", "--health-header=A: ${T}",
	                      "true"),
	                 LIST("T=")),
	        "--health-header: 'A: ${T}' has no value");
	refused(parse_as(1,
	                 LIST("--health=http://a/", "--health-header=A: ${T}",
	                      "true"),
	                 LIST("T=x\ny")),
	        "--health-header: 'A: ${T}' is not a header like 'Name: "
	        "value'");
}

Test(options, name_the_target_that_cannot_be_understood)
{
	refused(parse("--health", "tcp://127.0.0.1", "true"),
	        "--health: 'tcp://127.0.0.1' has no port from 1 to 65535");
	refused(parse_env("HALE_HEALTH=unix:/a\ntcp://127.0.0.1:0"),
	        "HALE_HEALTH: 'tcp://127.0.0.1:0' has no port from 1 to "
	        "65535");
	refused(parse("--ready", "interval=5s localhost:8080", "true"),
	        "--ready: 'localhost:8080' is not a target; did you mean "
	        "'http://localhost:8080'?");
}

Test(options, refuse_two_targets_in_one)
{
	static const char *const words[] = {
	    "http://a/,http://b/", "http://a/, tcp://b:1", "tcp://a:1,UNIX:/b",
	    "http://a/,x,exec:b",  "unix:/a,notify:",
	};
	char line[256], variable[128];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line),
		         "HALE_HEALTH: '%s' looks like two targets: give each "
		         "a line or an option of its own; a comma in a URL is "
		         "%%2C",
		         words[i]);
		snprintf(variable, sizeof(variable), "HALE_HEALTH=%s",
		         words[i]);
		refused(parse_env(variable), line);
	}
	cr_expect_eq(parse_env("HALE_HEALTH=exec:a b,http://c/"), 0);
	cr_expect_eq(parse_env("HALE_HEALTH=http://a/?b=1,2,c"), 0);
}

Test(options, know_one_program_to_notify_hale)
{
	cr_assert_eq(parse("--health=unix:/a", "--health=notify:?max-age=3s",
	                   "--health=unix:/b", "true"),
	             0);
	cr_expect_eq(options.notify, &HEALTH(1).target);
	cr_assert_eq(parse("--ready=notify:", "true"), 0);
	cr_expect_eq(options.notify, &HEALTH(0).target);
	refused(
	    parse("--health=notify:", "--ready=notify:?max-age=3s", "true"),
	    "--ready: 'notify:?max-age=3s' is the second notify: target; one "
	    "is the most");
	refused(parse("--check", "unix:/a", "notify:"),
	        "--check: 'notify:' cannot be checked from here: PROGRAM "
	        "notifies its own hale only");
	refused(parse("--health=notify:", "--check", "unix:/a"),
	        "--check: 'notify:' cannot be checked from here: PROGRAM "
	        "notifies its own hale only");
	cr_assert_eq(parse("--health=unix:/a", "true"), 0);
	cr_expect_null(options.notify);
}

Test(options, have_a_place_to_listen_at)
{
	cr_assert_eq(parse("true"), 0);
	cr_expect_null(options.listen_text);
	cr_assert_eq(
	    parse("--ready=unix:/a", "--health-listen=127.0.0.1:80", "true"),
	    0);
	cr_expect_str_eq(options.listen_text, "127.0.0.1:80");
	cr_expect_eq(options.listen.port, 80);
	cr_assert_eq(parse_env("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=81"),
	             0);
	cr_expect_eq(options.listen.port, 81);
	cr_assert_eq(
	    parse_as(1, LIST("--health-listen", "82", "true"),
	             LIST("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=x")),
	    0);
	cr_expect_eq(options.listen.port, 82);
	refused(parse_env("HALE_HEALTH=unix:/a", "HALE_HEALTH_LISTEN=0"),
	        "HALE_HEALTH_LISTEN: '0' has no port from 1 to 65535");
	refused(parse("--health-listen"),
	        "--health-listen needs a value: [HOST:]PORT");
}

Test(options, do_not_listen_with_nothing_to_tell)
{
	refused(parse("--health-listen=80", "true"),
	        "--health-listen needs --health or --ready");
	refused(parse_env("HALE_HEALTH_LISTEN=80", "HALE_WAIT_FOR=unix:/a"),
	        "--health-listen needs --health or --ready");
	/* It does not concern a check that has targets of its own. */
	cr_expect_eq(parse_as(1, LIST("--check", "unix:/a"),
	                      LIST("HALE_HEALTH_LISTEN=x")),
	             0);
}

Test(options, know_that_a_ready_target_is_never_unhealthy)
{
	refused(parse("--ready", "on-unhealthy=stop unix:/a", "true"),
	        "--ready: 'on-unhealthy=stop unix:/a' has on-unhealthy=, but a "
	        "--ready target never is unhealthy");
	cr_expect_eq(parse("--health", "on-unhealthy=stop unix:/a", "true"), 0);
	cr_expect_eq(HEALTH(0).rule.action.kind, HEALTH_STOP);
}

/* ------ Waiting before the start. ------ */

Test(options, to_wait_for_a_target_take_what_holds_for_all)
{
	const struct options_target *wait = options.waits;

	cr_assert_eq(parse("--wait-for=http://a/", "--wait-for",
	                   "interval=5s unix:/b", "--health-timeout=2s",
	                   "--health-status=204", "--health-header=A: b",
	                   "--wait-timeout=0", "true"),
	             0);
	cr_expect_eq(options.warning_count, 0, "%s", options.warnings[0]);
	cr_expect_eq(options.wait_count, 2);
	cr_expect_eq(options.target_count, 0);
	cr_expect_eq(options.wait_timeout_ms, 0);
	cr_expect_eq(wait[0].rule.interval_ms, 1000);
	cr_expect_eq(wait[1].rule.interval_ms, 5000);
	cr_expect_eq(wait[1].rule.start_interval_ms, 5000);
	cr_expect_eq(wait[0].rule.timeout_ms, 2000);
	cr_expect_eq(wait[0].rule.action.kind, HEALTH_REPORT);
	cr_expect_str_eq(wait[0].statuses, "204");
	cr_expect_str_eq(wait[0].headers[0], "A: b");
}

Test(options, to_wait_for_a_target_are_not_changed_by_those_of_health)
{
	cr_assert_eq(parse("--wait-for=http://a/", "--health=unix:/b",
	                   "--health-interval=7s", "--on-unhealthy=stop",
	                   "--health-start-period=0", "true"),
	             0);
	cr_expect_eq(options.waits[0].rule.interval_ms, 1000);
	cr_expect_eq(options.waits[0].rule.action.kind, HEALTH_REPORT);
	cr_expect_gt(options.waits[0].rule.start_period_ms, 1000000);
}

Test(options, to_wait_for_a_target_refuse_what_means_nothing_there)
{
	refused(parse("--wait-for", "timeout=5s unix:/a", "true"),
	        "--wait-for: 'timeout=5s unix:/a' has a setting that means "
	        "nothing here; only interval= does");
	refused(parse_env("HALE_WAIT_FOR=notify:"),
	        "HALE_WAIT_FOR: 'notify:' cannot be waited for: PROGRAM does "
	        "not run yet");
}

/* ------ Settings without effect. ------ */

static void
warned(const char *warning)
{
	cr_assert_eq(options.warning_count, 1, "%s", warning);
	cr_expect_str_eq(options.warnings[0], warning);
}

Test(options, without_effect_are_a_warning_under_the_name_they_came_by)
{
	cr_assert_eq(parse("--on-unhealthy=stop", "true"), 0);
	warned("--on-unhealthy has no effect without --health");
	cr_assert_eq(parse_env("HALE_HEALTH_INTERVAL=1s"), 0);
	warned("HALE_HEALTH_INTERVAL has no effect without --health or "
	       "--ready");
	cr_assert_eq(parse("--health-timeout=1s", "true"), 0);
	warned("--health-timeout has no effect without a target");
	cr_assert_eq(parse("--health-header=A: b", "--health=tcp://a:1",
	                   "--ready=unix:/b", "true"),
	             0);
	warned("--health-header has no effect without an http:// or grpc:// "
	       "target");
	cr_assert_eq(
	    parse_env("HALE_HEALTH=grpc://a:1", "HALE_HEALTH_STATUS=204"), 0);
	warned("HALE_HEALTH_STATUS has no effect without an http:// target");
	cr_assert_eq(parse("--wait-timeout=1s", "true"), 0);
	warned("--wait-timeout has no effect without --wait-for");
	cr_assert_eq(parse("--on-unhealthy=stop", "--ready=unix:/a", "true"),
	             0);
	warned("--on-unhealthy has no effect without --health");
	cr_assert_eq(parse("--health-retries=1", "--wait-for=unix:/a", "true"),
	             0);
	warned("--health-retries has no effect without --health or --ready");
	cr_assert_eq(parse("--health=status=204 tcp://a:1", "true"), 0);
	warned("--health: status= has no effect on 'tcp://a:1'");
	cr_assert_eq(parse("--ready=header='A: b' unix:/a", "true"), 0);
	warned("--ready: header= has no effect on 'unix:/a'");
}

Test(options, with_an_effect_are_no_warning)
{
	cr_assert_eq(parse("--health=grpc://a:1", "--health-header=A: b",
	                   "--health-interval=1s", "--on-unhealthy=stop",
	                   "--grace=1s", "true"),
	             0);
	cr_expect_eq(options.warning_count, 0, "%s", options.warnings[0]);
}

/* ------ Checking. ------ */

Test(options, may_ask_for_a_check)
{
	cr_assert_eq(parse("--check"), 0);
	cr_expect_eq(options.action, OPTIONS_CHECK);
	cr_expect_eq(options.target_count, 0);
	cr_expect_eq(options.check_wait_ms, 0);
	cr_expect_eq(options.check_interval_ms, 250);
	cr_assert_eq(parse("--check", "--live", "--wait=5s"), 0);
	cr_expect(options.live);
	cr_expect_not(options.started);
	cr_expect_eq(options.check_wait_ms, 5000);
	cr_assert_eq(parse("--check", "--started"), 0);
	cr_expect(options.started);
	cr_assert_eq(
	    parse("--check", "--health-timeout=1s", "unix:/a", "unix:/b"), 0);
	cr_expect_eq(options.target_count, 2);
	cr_expect_eq(HEALTH(1).rule.timeout_ms, 1000);
	cr_expect_eq(options.warning_count, 0);
}

Test(options, and_targets_of_a_check_come_in_any_order)
{
	cr_assert_eq(parse("--check", "unix:/a", "--wait", "5s", "-v",
	                   "interval=9s unix:/b", "--health-interval=2s", "--",
	                   "unix:/c"),
	             0);
	cr_expect_eq(options.target_count, 3);
	cr_expect_eq(options.check_wait_ms, 5000);
	cr_expect_eq(options.check_interval_ms, 2000);
	cr_expect_eq(options.log_level, LOG_INFO);
	cr_expect_eq(HEALTH(0).rule.interval_ms, 2000);
	cr_expect_eq(HEALTH(1).rule.interval_ms, 9000);
	cr_expect_null(options.program[0]);
	refused(parse("--check", "--", "--wait"),
	        "--check: '--wait' is no target: http://, grpc://, tcp://, "
	        "unix:/, exec:, file:/, notify:");
}

Test(options, for_a_check_take_what_fits_it_from_the_environment)
{
	cr_assert_eq(
	    parse_as(1, LIST("--check", "http://a/"),
	             LIST("HALE_HEALTH=x", "HALE_GRACE=x", "HALE_LOG_LEVEL=x",
	                  "HALE_HEALTH_TIMEOUT=2s", "HALE_HEALTH_STATUS=204",
	                  "HALE_HEALTH_HEADER=A: b", "HALE_HEALTH_INTERVAL=x",
	                  "TINI_VERBOSITY=x")),
	    0);
	cr_expect_eq(options.target_count, 1);
	cr_expect_eq(options.check_interval_ms, 250);
	cr_expect_eq(HEALTH(0).rule.timeout_ms, 2000);
	cr_expect_str_eq(HEALTH(0).statuses, "204");
	cr_expect_str_eq(HEALTH(0).headers[0], "A: b");
	cr_expect_eq(options.warning_count, 0);
	cr_assert_eq(
	    parse_as(1, LIST("--check", "tcp://a:1"),
	             LIST("HALE_HEALTH_STATUS=204", "HALE_HEALTH_HEADER=A: b")),
	    0);
	cr_expect_eq(options.warning_count, 0);
	cr_expect_eq(
	    parse_as(1, LIST("--check"), LIST("HALE_HEALTH_TIMEOUT=x")), 0);
}

Test(options, without_effect_on_a_check_are_a_warning)
{
	cr_assert_eq(parse("--check", "--health-retries=2", "unix:/a"), 0);
	warned("--health-retries has no effect with --check");
	cr_assert_eq(parse("--check", "--health-timeout=2"), 0);
	warned("--health-timeout has no effect without a target");
	cr_assert_eq(parse("--check", "--health-interval=2", "unix:/a"), 0);
	warned("--health-interval has no effect without --wait");
	cr_assert_eq(parse("--check", "--live", "unix:/a"), 0);
	warned("--live has no effect with a TARGET");
	cr_assert_eq(parse("--check", "--wait-for=unix:/b", "unix:/a"), 0);
	warned("--wait-for has no effect with --check");
}

Test(options, that_say_how_to_check_need_a_check)
{
	refused(parse("--live", "true"), "--live needs --check");
	refused(parse("--started", "true"), "--started needs --check");
	refused(parse("--wait=1s", "true"), "--wait needs --check");
	refused(parse("--wait=0", "--sleep=1"), "--wait needs --check");
}

Test(options, may_ask_for_the_status_in_two_forms)
{
	cr_assert_eq(parse("--status"), 0);
	cr_expect_eq(options.action, OPTIONS_STATUS);
	cr_assert_eq(parse("--status=json"), 0);
	cr_expect_eq(options.action, OPTIONS_STATUS_JSON);
	cr_assert_eq(parse("--status", "json"), 0);
	cr_expect_eq(options.action, OPTIONS_STATUS_JSON);
	refused(parse("--status=xml"), "--status: 'xml' is not json");
	refused(parse("--status", "xml"), "--status: 'xml' is not json");
	refused(parse("--status", "json", "x"),
	        "PROGRAM: 'x' is not run here; leave it out");
}

/* The exit code depends on the action. */
Test(options, know_a_check_with_a_value_for_a_check)
{
	refused(parse("--check=http://localhost/"),
	        "--check takes no value, but was given 'http://localhost/'");
	cr_expect_eq(options.action, OPTIONS_CHECK);
	refused(parse("--status=xml"), "--status: 'xml' is not json");
	cr_expect_eq(options.action, OPTIONS_STATUS);
}
