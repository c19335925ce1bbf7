/* SPDX-License-Identifier: MIT */
/*
 * checks: what holds for whatever `hale --check TARGET` is asked, and what the
 * tests of it share.
 */
#include "checks.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *
checks_text(const char *format, ...)
{
	static char texts[16][512];
	static int next;
	char *text = texts[next++ % 16];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(texts[0]), format, arguments);
	va_end(arguments);
	return text;
}

struct ns
checks_start(const struct ns_setup *setup)
{
	struct ns_setup with = *setup;
	char *words[32] = {"--check"};
	size_t i;

	for (i = 0; i < 30 && setup->words[i] != NULL; i++)
		words[i + 1] = setup->words[i];
	with.words = words;
	with.plain = true;
	return ns_start(&with);
}

void
checks_run(const struct ns_setup *setup, struct ns_output *output)
{
	struct ns ns = checks_start(setup);

	ns_collect(&ns, output);
}

static void
expect_line(const char *text)
{
	size_t length = strlen(text);

	cr_expect_leq(length, CHECKS_LINE);
	cr_expect(length > 0 && strcspn(text, "\n") == length - 1,
	          "not a line: '%s'", text);
}

void
checks_judge(const struct ns_output *output, const char *state,
             const char *text)
{
	int code = strcmp(state, "healthy") != 0;

	expect_line(output->out);
	cr_expect_eq(output->code, code, "%d: %s", output->code, output->out);
	cr_expect_eq(strncmp(output->out, state, strlen(state)), 0,
	             "not %s: %s", state, output->out);
	cr_expect_not_null(strcasestr(output->out, text), "not '%s': %s", text,
	                   output->out);
	cr_expect_str_empty(output->err);
}

void
checks_healthy(char **words)
{
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = words}, &output);
	checks_judge(&output, "healthy", "");
}

void
checks_unhealthy(const char *reason, char **words)
{
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = words}, &output);
	while (words[1] != NULL)
		words++;
	checks_judge(&output, "unhealthy", *words);
	checks_judge(&output, "unhealthy", reason);
}

void
checks_refused(const char *text, char **words)
{
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = words}, &output);
	cr_expect_eq(output.code, 1, "%d: %s", output.code, output.err);
	cr_expect_str_empty(output.out);
	expect_line(output.err);
	cr_expect_eq(strncmp(output.err, "hale: error: ", 13), 0, "%s",
	             output.err);
	cr_expect_not_null(strstr(output.err, text), "not '%s': %s", text,
	                   output.err);
}

char *
checks_no_target(int i)
{
	static const char *const targets[] = {
	    "",
	    "127.0.0.1:80",
	    "http:",
	    "http://",
	    "http:///path",
	    "http://:80/",
	    "http://127.0.0.1:/",
	    "http://127.0.0.1:0/",
	    "http://127.0.0.1:65536/",
	    "http://127.0.0.1:8x/",
	    "http://127.0.0.1:-1/",
	    "http://127.0.0.256/",
	    "http://::1/",
	    "http://[::1/",
	    "http://[::1]x/",
	    "http://[::g]/",
	    "http://user@127.0.0.1/",
	    "http://127.0.0.1/a b",
	    "http://127.0.0.1/a\nX-Header: b",
	    "http://127.0.0.1/a\rb",
	    "http://127.0.0.1\r\nb/",
	    "http://unix:socket:/",
	    "https://127.0.0.1/",
	    "ftp://127.0.0.1/",
	    "grpc://127.0.0.1",
	    "grpc://127.0.0.1/service",
	    "grpc://unix:/socket",
	    "notify:x",
	    "notify:?max-age=0",
	    "tcp://127.0.0.1",
	    "tcp://127.0.0.1:0",
	    "tcp://127.0.0.1:65536",
	    "tcp://127.0.0.1:80/path",
	    "tcp:127.0.0.1:80",
	    "tcp://two..dots:80",
	    "tcp://a_label_of_64_bytes_that_no_name_server_could_ever_know_"
	    "whoever_:80",
	    "unix:",
	    "unix:socket",
	    "exec:",
	    "exec: ",
	    "exec:'true",
	    "exec:\"true",
	    "file:",
	    "file:relative",
	    "file:/path?max-age=soon",
	    "file:/path?max-age=",
	    "tcp://127.0.0.1:${NO_SUCH}",
	    "tcp://127.0.0.1:${NO_SUCH",
	    "tcp://127.0.0.1:${}",
	    "unix:/0123456789012345678901234567890123456789012345678901234567"
	    "8901234567890123456789012345678901234567890123456789",
	    NULL,
	};

	return targets[i] != NULL ? checks_text("%s", targets[i]) : NULL;
}

char *
checks_no_option(int i)
{
	static const char *const options[] = {
	    "--health-timeout=0",           "--health-timeout=-1",
	    "--health-timeout=soon",        "--health-status=",
	    "--health-status=200-",         "--health-status=99",
	    "--health-status=600",          "--health-status=300-200",
	    "--health-status=ok",           "--health-header=NoColon",
	    "--health-header=: empty",      "--health-header=A b: c",
	    "--health-header=A: b\r\nX: c", "--health-header=A: b\nX: c",
	    "--health-header=A: b\rc",      NULL,
	};

	return options[i] != NULL ? checks_text("%s", options[i]) : NULL;
}
