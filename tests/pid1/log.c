/* SPDX-License-Identifier: MIT */
/* log: lines for machines stay valid whatever a process is called. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"
#include "json.h"

TestSuite(log, .init = helper_make_directory, .fini = helper_remove_directory);

/* All that hale said in some runs. */
static char said[1 << 19], judged[1 << 19];

static void
run(char **words, int code)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = words}, &output);
	cr_expect_eq(output.code, code, "%s", output.err);
	cr_assert_lt(strlen(said) + strlen(output.err), sizeof(said));
	strcat(said, output.err);
}

/* jq takes each line for an object, and so does the judge of our own. */
static void
expect_valid(int lines)
{
	char *line, *rest = said;
	int count = 0;

	cr_assert(helper_jq("type", said, judged, sizeof(judged)), "%s", said);
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		cr_expect(json_valid(line), "%s", line);
		count++;
	}
	cr_expect_eq(count, lines, "%d", count);
	cr_expect_eq((int)strlen(judged), count * (int)strlen("object\n"));
}

/* How the byte is shown. */
static const char *
shown(int byte)
{
	static char text[8];

	snprintf(text, sizeof(text),
	         byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
	return text;
}

/* The last line says that it is about this. */
static void
expect_field(const char *name, const char *expected)
{
	char value[JSON_TEXT];
	char *last = strrchr(said, '{');

	/* Names with a brace in them: the line begins behind a newline. */
	while (last > said && last[-1] != '\n')
		last--;
	cr_assert(json_get(last, name, value), "%s", last);
	cr_expect_str_eq(value, expected);
}

Test(log, is_json_for_every_byte_in_the_path_of_a_program_that_is_not_there)
{
	char path[32], expected[64];
	int byte;

	for (byte = 1; byte < 256; byte++) {
		snprintf(path, sizeof(path), "/no/such/a%cb", byte);
		run(NS_WORDS("--log-format=json", path, path), 127);
		snprintf(expected, sizeof(expected), "/no/such/a%sb",
		         shown(byte));
		expect_field("program", expected);
	}
	expect_valid(255);
}

Test(log, is_json_for_every_byte_in_the_path_and_arguments_of_a_program)
{
	char name[8], path[256], expected[256];
	int byte;

	for (byte = 1; byte < 256; byte++) {
		if (byte == '/')
			continue;
		snprintf(name, sizeof(name), "a%cb", byte);
		strcpy(path, helper_path(name));
		cr_assert_eq(symlink(helper_stop_program(), path), 0);
		run(NS_WORDS("--log-format=json", "-v", path, "exit", "3",
		             name),
		    3);
		snprintf(expected, sizeof(expected), "%sa%sb", helper_path(""),
		         shown(byte));
		cr_expect_not_null(strstr(said, "\"started '"));
		expect_field("code", "3");
		unlink(path);
	}
	expect_valid(2 * 254);
}

Test(log, is_json_for_all_bytes_at_once)
{
	char path[300] = "/no/such/";
	size_t length = strlen(path);
	int byte;

	for (byte = 1; byte < 256; byte++)
		if (byte != '/')
			path[length++] = (char)byte;
	path[length] = '\0';
	run(NS_WORDS("--log-format=json", path), 127);
	run(NS_WORDS("--log-format=json", path + 100), 127);
	run(NS_WORDS("--log-format=json", "--exit-report", path,
	             helper_stop_program(), "exit", "2"),
	    2);
	expect_valid(4);
}

Test(log, is_json_for_all_that_there_is_to_say)
{
	char rest[NS_TEXT];
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--log-format=json", "--log-level=debug",
	                      "--drain=20ms", "--grace=100ms", "-w",
	                      "--exit-report=/no/such", helper_stop_program(),
	                      "beside", "ignore-term", "idle", "+", "beside",
	                      "idle", "+", "idle")});

	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGWINCH);
	ns_send(&ns, SIGTERM);
	ns_read_to_end(ns.err, rest, sizeof(rest));
	cr_expect_eq(ns_wait(&ns), 143);
	strcpy(said, rest);
	cr_assert(
	    helper_jq("[(.time|test(\"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T"
	              "[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{3}Z$\")),"
	              "(.level|IN(\"error\",\"warn\",\"info\",\"debug\")),"
	              "(.msg|type)]",
	              said, judged, sizeof(judged)),
	    "%s", said);
	cr_expect_null(strstr(judged, "false"), "%s", said);
	cr_expect_not_null(strstr(said, "\"signal\":\"WINCH\""));
	cr_expect_not_null(strstr(said, "\"drain_ms\":20"), "%s", said);
	cr_expect_not_null(strstr(said, "\"code\":137"));
	cr_assert(helper_jq(".level", said, rest, sizeof(rest)));
}
