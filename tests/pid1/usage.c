/* SPDX-License-Identifier: MIT */
/* usage: what cannot be meant is one line and 125, and nothing is started. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "ns.h"
#include "state.h"

/* A mistake; PROGRAM follows its words. */
struct mistake {
	char *words[4];
	char *variable;      /* of the environment, or NULL */
	const char *said[3]; /* what the line has to name */
};

static const struct mistake mistakes[] = {
    {{"-x"}, NULL, {"-x"}},
    {{"-vx"}, NULL, {"-x"}},
    {{"--no-such"}, NULL, {"--no-such"}},
    {{"--no-such=3"}, NULL, {"--no-such=3"}},
    {{"--forwar", "group"}, NULL, {"'--forwar'", "mean '--forward'?"}},
    {{"--gracee", "5s"}, NULL, {"unknown option", "mean '--grace'?"}},
    {{"--health", "localhost:80"}, NULL, {"mean 'http://localhost:80'?"}},
    {{"--health", "every=1s file:/"}, NULL, {"'every'", "interval, timeout"}},
    {{"--health", "retries=0 file:/"}, NULL, {"--health", "retries='0'"}},
    {{"--health", "retries=1"}, NULL, {"--health", "no target"}},
    {{"--health=header='A: b file:/"}, NULL, {"--health", "not closed"}},
    {{"--ready", "on-unhealthy=stop file:/"}, NULL, {"--ready"}},
    {{"--wait-for", "timeout=1s file:/"}, NULL, {"--wait-for", "interval="}},
    {{"--wait-for", "notify:"}, NULL, {"--wait-for", "'notify:'"}},
    {{"--wait-timeout", "x"}, NULL, {"--wait-timeout", "'x'"}},
    {{"--stop-signal", "KILL"}, NULL, {"--stop-signal", "'KILL'"}},
    {{"--live"}, NULL, {"--live needs --check"}},
    {{"--health-listen", "80"}, NULL, {"needs --health or --ready"}},
    {{"--forward", "parent"}, NULL, {"--forward", "'parent'"}},
    {{"--forward="}, NULL, {"--forward", "''"}},
    {{"--rewrite", "TERM"}, NULL, {"--rewrite", "'TERM'"}},
    {{"-r", "TERM:"}, NULL, {"-r", "'TERM:'"}},
    {{"-r", ":TERM"}, NULL, {"-r", "':TERM'"}},
    {{"-r", "KILL:TERM"}, NULL, {"-r", "'KILL:TERM'"}},
    {{"-r", "STOP:TERM"}, NULL, {"-r", "'STOP:TERM'"}},
    {{"-r", "0:TERM"}, NULL, {"-r", "'0:TERM'"}},
    {{"-r", "TERM:65"}, NULL, {"-r", "'TERM:65'"}},
    {{"-r", "TERM:INT:HUP"}, NULL, {"-r", "'TERM:INT:HUP'"}},
    {{"-rRTMIN+31:TERM"}, NULL, {"-r", "'RTMIN+31:TERM'"}},
    {{"--remap-exit", "256"}, NULL, {"--remap-exit", "'256'"}},
    {{"-e", "-1"}, NULL, {"-e", "'-1'"}},
    {{"-e", "1x"}, NULL, {"-e", "'1x'"}},
    {{"-e", ""}, NULL, {"-e", "''"}},
    {{"-p", "NOSUCH"}, NULL, {"-p", "'NOSUCH'"}},
    {{"-p0"}, NULL, {"-p", "'0'"}},
    {{"-p65"}, NULL, {"-p", "'65'"}},
    {{"-p99999999999999999999"}, NULL, {"-p", "'99999999999999999999'"}},
    {{"-p", "SIG"}, NULL, {"-p", "'SIG'"}},
    {{"--log-level", "loud"}, NULL, {"--log-level", "'loud'"}},
    {{"--log-level=WARN"}, NULL, {"--log-level", "'WARN'"}},
    {{"--log-format", "xml"}, NULL, {"--log-format", "'xml'"}},
    {{"--help=now"}, NULL, {"--help", "'now'"}},
    {{NULL}, "HALE_FORWARD=parent", {"HALE_FORWARD", "'parent'"}},
    {{NULL}, "HALE_FORWARD=", {"HALE_FORWARD", "''"}},
    {{NULL}, "HALE_REWRITE=HUP:0,TERM", {"HALE_REWRITE", "'TERM'"}},
    {{NULL}, "HALE_REWRITE=,", {"HALE_REWRITE", "''"}},
    {{NULL}, "HALE_REMAP_EXIT=1,2,256", {"HALE_REMAP_EXIT", "'256'"}},
    {{NULL}, "HALE_LOG_LEVEL=5", {"HALE_LOG_LEVEL", "'5'"}},
    {{NULL}, "HALE_LOG_FORMAT=JSON", {"HALE_LOG_FORMAT", "'JSON'"}},
    {{NULL}, "HALE_STOP_SIGNAL=none,KILL", {"HALE_STOP_SIGNAL", "'KILL'"}},
    {{NULL}, "HALE_HEALTH=file:/,file:/b", {"HALE_HEALTH", "two targets"}},
    {{NULL}, "HALE_READY=file:", {"HALE_READY", "'file:'"}},
    {{NULL}, "HALE_WAIT_FOR=notify:", {"HALE_WAIT_FOR", "'notify:'"}},
    {{NULL}, "TINI_VERBOSITY=much", {"TINI_VERBOSITY", "'much'"}},
    {{NULL}, "TINI_VERBOSITY=-1", {"TINI_VERBOSITY", "'-1'"}},
};

/* One line that has all of these, and nothing else from anybody. */
static void
check_line(const struct ns_output *output, const char *const said[3])
{
	size_t i, length = strlen(output->err);

	cr_expect_eq(output->code, 125, "%s", output->err);
	cr_expect_str_empty(output->out);
	cr_expect(strncmp(output->err, "hale: error: ", 13) == 0, "%s",
	          output->err);
	cr_expect(length > 0 && strcspn(output->err, "\n") == length - 1, "%s",
	          output->err);
	for (i = 0; i < 3 && said[i] != NULL; i++)
		cr_expect_not_null(strstr(output->err, said[i]), "%s: %s",
		                   said[i], output->err);
}

static void
check_mistake(const struct mistake *m)
{
	char *words[16];
	struct ns_output output;
	size_t n;

	for (n = 0; n < 4 && m->words[n] != NULL; n++)
		words[n] = m->words[n];
	words[n++] = ns_program();
	words[n++] = "say";
	words[n++] = "started";
	words[n] = NULL;
	ns_run(&(struct ns_setup){.words = words,
	                          .env = m->variable != NULL
	                                     ? NS_WORDS(m->variable)
	                                     : NULL},
	       &output);
	check_line(&output, m->said);
}

Test(usage, names_the_option_and_the_value_that_are_wrong)
{
	size_t i;

	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		check_mistake(&mistakes[i]);
}

/* No PROGRAM follows these words. */
static void
check_alone(char **words, const char *said)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = words}, &output);
	check_line(&output, (const char *[3]){said});
}

Test(usage, misses_a_value_or_a_program)
{
	check_alone(NS_WORDS("--forward"), "--forward needs a value");
	check_alone(NS_WORDS("--rewrite"), "--rewrite needs a value");
	check_alone(NS_WORDS("-r"), "-r needs a value");
	check_alone(NS_WORDS("-ve"), "-e needs a value");
	check_alone(NS_WORDS("-p"), "-p needs a value");
	check_alone(NS_WORDS("--log-level"), "--log-level needs a value");
	check_alone(NS_WORDS(NULL), "PROGRAM is missing");
	check_alone(NS_WORDS("--"), "PROGRAM is missing");
	check_alone(NS_WORDS("-v", "--"), "PROGRAM is missing");
	check_alone(NS_WORDS(""), "PROGRAM: '' is empty");
	check_alone(NS_WORDS("--", "", "x"), "PROGRAM: '' is empty");
}

Test(usage, keeps_forward_all_for_pid_1)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words =
	                              NS_WORDS("--forward", "all", ns_program(),
	                                       "say", "started"),
	                          .plain = true},
	       &output);
	check_line(&output, (const char *[3]){"--forward", "'all'", "PID 1"});
}

/* Words of hale's own end at the first that is not an option. */
Test(usage, leaves_programs_words_alone)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("-v", "-g", ns_program(),
	                                            "say", "-l", "--no-such",
	                                            "-p", "-v", "", "--", "-e",
	                                            "a b", "--version")},
	       &output);
	cr_expect_str_eq(output.out, "-l\n--no-such\n-p\n-v\n\n--\n-e\na b\n"
	                             "--version\n");
	cr_expect_eq(output.code, 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--", ns_program(), "say",
	                                            "--", "-h")},
	       &output);
	cr_expect_str_eq(output.out, "--\n-h\n");
	ns_run(&(struct ns_setup){.words = NS_WORDS("ls", "-d", "/")}, &output);
	cr_expect_str_eq(output.out, "/\n");
	cr_expect_eq(output.code, 0);
}

Test(usage, lets_the_command_line_overrule_the_environment)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS("--log-level=error", "--forward=child",
	                          ns_program(), "exit", "3"),
		.env = NS_WORDS("HALE_LOG_LEVEL=debug", "HALE_FORWARD=x")},
	    &output);
	cr_expect_str_empty(output.err);
	cr_expect_eq(output.code, 3);
}

/* What hale says of a start is info, and of a forwarded signal debug. */
static void
check_level(char *word, char *variable, bool info, bool debug)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-s", word, ns_program(), "catch", "1", "0"),
	    .env = NS_WORDS(variable)});
	char text[NS_TEXT];

	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGTERM);
	ns_read_to_end(ns.err, text, sizeof(text));
	cr_expect_eq(strstr(text, "hale: info: started") != NULL, info, "%s %s",
	             word, variable);
	cr_expect_eq(strstr(text, "hale: debug: forwarded") != NULL, debug,
	             "%s %s", word, variable);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(usage, has_a_level_for_what_hale_says)
{
	check_level("--", NULL, false, false);
	check_level("-v", NULL, true, false);
	check_level("-vv", NULL, true, true);
	check_level("-vvvvv", NULL, true, true);
	check_level("--log-level=info", NULL, true, false);
	check_level("--log-level=debug", NULL, true, true);
	check_level("--", "HALE_LOG_LEVEL=info", true, false);
	check_level("-v", "HALE_LOG_LEVEL=info", true, true);
}

Test(usage, takes_tinis_variables)
{
	check_level("--", "TINI_SUBREAPER=", false, false);
	check_level("--", "TINI_VERBOSITY=2", true, false);
	check_level("--", "TINI_VERBOSITY=3", true, true);
	check_level("--", "TINI_VERBOSITY=9", true, true);
	check_level("-vv", "TINI_VERBOSITY=1", false, false);
	check_level("--log-level=info", "TINI_VERBOSITY=0", true, false);
}

static void
check_page(char *word, const char *said)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(word)}, &output);
	cr_expect_eq(output.code, 0);
	cr_expect_not_null(strstr(output.out, said), "%s", output.out);
	cr_expect_str_empty(output.err);
}

Test(usage, prints_its_pages_on_stdout)
{
	check_page("--help", "usage: hale ");
	check_page("-h", "usage: hale ");
	check_page("-h?!", "usage: hale "); /* whatever follows */
	check_page("--version", "hale ");
	check_page("--license", "Permission is hereby granted");
	check_page("-l", "Permission is hereby granted");
}

Test(usage, prints_the_licence_word_for_word)
{
	char licence[NS_TEXT];
	FILE *file = fopen("LICENSE", "r");
	size_t n;

	cr_assert_not_null(file);
	n = fread(licence, 1, sizeof(licence) - 1, file);
	licence[n] = '\0';
	(void)fclose(file);
	check_page("--license", licence);
}

static void
check_page_lost(char *word, int out)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = NS_WORDS(word), .out = out});
	char text[NS_TEXT];

	ns_read_to_end(ns.err, text, sizeof(text));
	cr_expect(strncmp(text, "hale: error: ", 13) == 0, "%s", text);
	cr_expect_not_null(strstr(text, "standard output"));
	cr_expect_eq(ns_wait(&ns), 125);
}

Test(usage, fails_when_a_page_cannot_be_written)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int ends[2];

	cr_assert_geq(full, 0);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	check_page_lost("--help", NS_CLOSED);
	check_page_lost("--help", full);
	check_page_lost("--help", ends[1]);
	check_page_lost("--version", NS_CLOSED);
	check_page_lost("--version", full);
	check_page_lost("--license", full);
}

/* ------ Health. ------ */

/* PROGRAM would follow these words. */
static void
check_health(const char *text, char **words, char *variable)
{
	char *all[32];
	struct ns_output output;
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		all[i] = words[i];
	all[i++] = ns_program();
	all[i++] = "say";
	all[i++] = "started";
	all[i] = NULL;
	ns_run(&(struct ns_setup){.words = all, .env = NS_WORDS(variable)},
	       &output);
	check_line(&output, (const char *[3]){text});
}

Test(usage, refuses_what_is_no_target)
{
	char *word;
	int i;

	for (i = 0; (word = checks_no_target(i)) != NULL; i++) {
		check_health("--health", NS_WORDS("--health", word), NULL);
		if (word[0] != '\0') /* an empty variable has no target */
			check_health("HALE_HEALTH", NS_WORDS("--"),
			             checks_text("HALE_HEALTH=%s", word));
	}
	for (i = 0; (word = checks_no_option(i)) != NULL; i++)
		check_health("--health", NS_WORDS("--health=file:/", word),
		             NULL);
}

Test(usage, refuses_options_of_health_that_cannot_be_meant)
{
	static char *const words[] = {
	    "--health-interval=0",      "--health-interval=-1s",
	    "--health-interval=x",      "--health-retries=0",
	    "--health-retries=x",       "--health-retries=-1",
	    "--health-successes=0",     "--health-successes=1.5",
	    "--health-start-period=x",  "--health-start-interval=0",
	    "--health-start-interval=", "--on-unhealthy=restart",
	    "--on-unhealthy=",          "--on-unhealthy=signal:",
	    "--on-unhealthy=signal:X",  "--on-unhealthy=signal:0",
	    "--on-unhealthy=signal:65", "--health-listen=",
	    "--health-listen=65536",    "--health-listen=a.invalid:80",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		check_health("-", NS_WORDS("--health=file:/", words[i]), NULL);
}

Test(usage, takes_eight_targets_and_no_more)
{
	char *nine[] = {"--health=file:/", "--health=file:/",
	                "--health=file:/", "--health=file:/",
	                "--health=file:/", "--health=file:/",
	                "--health=file:/", "--health=file:/",
	                "--health=file:/", NULL};
	char *eight[32];
	struct ns ns;

	check_health("--health", nine, NULL);
	memcpy(eight, nine, sizeof(nine));
	eight[8] = ns_program();
	eight[9] = "wait";
	eight[10] = NULL;
	ns = ns_start(&(struct ns_setup){.words = eight});
	state_await_name(&ns, "hale:healthy");
	ns_kill(&ns);
}
