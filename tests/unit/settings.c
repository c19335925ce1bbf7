/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/parser.h"

static struct options options;
static struct parser parser;
static struct options_target target;
static char *environment[] = {"TOKEN=secret", "EMPTY=", NULL};

#define own (target.own)

/* Read the settings before a target; the target, or NULL and options.error. */
static const char *
read_before(const char *text)
{
	const struct settings none = {.header_count = 0};

	memset(&options, 0, sizeof(options));
	memset(&target, 0, sizeof(target));
	options.pool.next = options.strings;
	options.pool.left = 1024;
	parser = (struct parser){.options = &options,
	                         .environment = environment,
	                         .name = "--health"};
	text = settings_read(&parser, &own, text);
	if (text != NULL)
		cr_expect(settings_resolve(&target, &none));
	return text;
}

static void
refused(const char *text, const char *why)
{
	char line[OPTIONS_MESSAGE_SIZE];

	cr_expect_null(read_before(text), "%s", text);
	(void)snprintf(line, sizeof(line), "--health: %s", why);
	cr_expect_str_eq(options.error, line);
}

Test(settings, stand_before_a_target_that_is_taken_as_it_stands)
{
	cr_expect_str_eq(
	    read_before("interval=30s retries=1 exec:/app/check --deep a=b"),
	    "exec:/app/check --deep a=b");
	cr_expect_eq(target.rule.interval_ms, 30000);
	cr_expect_eq(target.rule.retries, 1);
	cr_expect_not_null(own.values[SETTINGS_INTERVAL]);
	cr_expect_null(own.values[SETTINGS_TIMEOUT]);
	cr_expect_str_eq(read_before("http://a/?interval=5s"),
	                 "http://a/?interval=5s");
	cr_expect_str_eq(read_before("retries=2\t  unix:/a b "), "unix:/a b ");
	cr_expect_str_eq(read_before(""), "");
	cr_expect_str_eq(read_before("Interval=5s unix:/a"),
	                 "Interval=5s unix:/a");
}

Test(settings, are_all_of_the_manual)
{
	cr_expect_str_eq(
	    read_before("interval=1s timeout=2s retries=3 successes=4 "
	                "start-period=0 start-interval=6s status=200,300-399 "
	                "header=A:b on-unhealthy=signal:HUP tcp://a:1"),
	    "tcp://a:1");
	cr_expect_eq(target.rule.interval_ms, 1000);
	cr_expect_eq(target.rule.timeout_ms, 2000);
	cr_expect_eq(target.rule.retries, 3);
	cr_expect_eq(target.rule.successes, 4);
	cr_expect_eq(target.rule.start_period_ms, 0);
	cr_expect_eq(target.rule.start_interval_ms, 6000);
	cr_expect_str_eq(target.statuses, "200,300-399");
	cr_expect_str_eq(own.headers[0], "A:b");
	cr_expect_eq(target.rule.action.kind, HEALTH_SIGNAL);
	cr_expect_eq(target.rule.action.signal, SIGHUP);
}

Test(settings, are_split_as_the_words_of_a_command_are)
{
	cr_expect_str_eq(
	    read_before("header=\"Host: a.example\" header='B: c d' "
	                "header=E:\\ f header=G:\\\"\\\\h unix:/a"),
	    "unix:/a");
	cr_expect_eq(own.header_count, 4);
	cr_expect_str_eq(own.headers[0], "Host: a.example");
	cr_expect_str_eq(own.headers[1], "B: c d");
	cr_expect_str_eq(own.headers[2], "E: f");
	cr_expect_str_eq(own.headers[3], "G:\"\\h");
	cr_expect_str_eq(read_before("header=\"A: \\\"b\\\" \\x\" unix:/a"),
	                 "unix:/a");
	cr_expect_str_eq(own.headers[0], "A: \"b\" \\x");
	cr_expect_str_eq(read_before("inter\\val=1s unix:/a"),
	                 "inter\\val=1s unix:/a");
}

Test(settings, put_variables_into_a_header_unless_quoted)
{
	cr_expect_str_eq(read_before("header=\"A: ${TOKEN}\" unix:/a"),
	                 "unix:/a");
	cr_expect_str_eq(own.headers[0], "A: secret");
	cr_expect_str_eq(read_before("header='A: ${TOKEN}' unix:/a"),
	                 "unix:/a");
	cr_expect_str_eq(own.headers[0], "A: ${TOKEN}");
	cr_expect_str_eq(read_before("header=\"A: \\$x\" unix:/a"), "unix:/a");
	cr_expect_str_eq(own.headers[0], "A: $x");
}

Test(settings, that_are_wrong_name_themselves_and_the_value)
{
	refused("interval=0 unix:/a", "interval='0' is not above 0");
	refused("timeout= unix:/a",
	        "timeout='' is not a duration like 500ms, 10s, 1m30s or 2h");
	refused("start-period=x unix:/a",
	        "start-period='x' is not a duration like 500ms, 10s, 1m30s or "
	        "2h");
	refused("start-interval=0 unix:/a",
	        "start-interval='0' is not above 0");
	refused("retries=0 unix:/a",
	        "retries='0' is not a number from 1 to 999");
	refused("successes=1.5 unix:/a",
	        "successes='1.5' is not a number from 1 to 999");
	refused("status=2xx unix:/a", "status='2xx' is not a list of statuses "
	                              "from 100 to 599, like 200,300-399");
	refused("header=A unix:/a",
	        "header='A' is not a header like 'Name: value'");
	refused("header='A: ' unix:/a", "header=''A: '' has no value");
	refused("on-unhealthy=restart unix:/a",
	        "on-unhealthy='restart' is not report, stop or signal:SIGNAL");
}

Test(settings, that_are_wrong_are_shown_without_the_values_of_variables)
{
	refused("header=A:${EMPTY} unix:/a",
	        "header='A:${EMPTY}' has no value");
	refused("header=${TOKEN} unix:/a",
	        "header='${TOKEN}' is not a header like 'Name: value'");
}

Test(settings, that_are_unknown_are_answered_with_those_there_are)
{
	refused("every=1s unix:/a",
	        "unknown setting 'every' in 'every=1s unix:/a'; the settings "
	        "are interval, timeout, retries, successes, start-period, "
	        "start-interval, status, header, on-unhealthy");
	cr_expect_null(read_before("intervals=1s unix:/a"));
	cr_expect_null(read_before("interva=1s unix:/a"));
	cr_expect_null(read_before("-=1s unix:/a"));
}

Test(settings, are_given_once_but_for_headers)
{
	refused("retries=1 retries=2 unix:/a",
	        "retries='2' is given a second time");
	refused("header=A:1 header=A:1 header=A:1 header=A:1 header=A:1 "
	        "header=A:1 header=A:1 header=A:1 header=A:2 unix:/a",
	        "header='A:2' is one too many: 8 headers at the most");
}

Test(settings, need_closed_quotes_and_a_target)
{
	refused("header='A: b unix:/a",
	        "header=''A: b unix:/a' has a quote that is not closed");
	refused("header=\"A: b unix:/a",
	        "header='\"A: b unix:/a' has a quote that is not closed");
	refused("retries=1", "'retries=1' has settings and no target");
	refused("retries=1 ", "'retries=1 ' has settings and no target");
}

Test(settings, that_are_too_long_are_refused)
{
	char text[2048] = "header=A:";

	memset(text + strlen(text), 'x', 1500);
	cr_expect_null(read_before(text));
	cr_expect_not_null(strstr(options.error, "is too long"), "%s",
	                   options.error);
	text[600] = '\0'; /* there is room for the word, but not for two */
	cr_expect_null(read_before(text));
	cr_expect_not_null(strstr(options.error, "is too long"), "%s",
	                   options.error);
}
