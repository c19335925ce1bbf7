/* SPDX-License-Identifier: MIT */
#include "lib/log.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[LOG_LINE_MAX];
static bool json;

static const char *
line(enum log_level level, unsigned long dropped, const char *format, ...)
{
	struct log log = {.dropped = dropped, .json = json};
	struct text t;
	va_list arguments;

	text_init(&t, buffer, sizeof(buffer));
	va_start(arguments, format);
	log_line(&t, &log, level, 1767323045678, format, arguments);
	va_end(arguments);
	return buffer;
}

Test(log, names_the_level)
{
	cr_expect_str_eq(line(LOG_ERROR, 0, "x"), "hale: error: x");
	cr_expect_str_eq(line(LOG_WARN, 0, "x"), "hale: warning: x");
	cr_expect_str_eq(line(LOG_INFO, 0, "x"), "hale: info: x");
	cr_expect_str_eq(line(LOG_DEBUG, 0, "x"), "hale: debug: x");
}

Test(log, puts_each_argument_in_its_place)
{
	errno = ENOENT;
	cr_assert_str_eq(line(LOG_WARN, 0,
	                      "cannot {what:s} '{file:q}' {n:d}: {why:e} (so)",
	                      "open", "a\nb", -3LL),
	                 "hale: warning: cannot open 'a\\x0ab' -3: "
	                 "No such file or directory (so)");
}

Test(log, says_how_many_messages_were_dropped)
{
	cr_assert_str_eq(line(LOG_INFO, 12, "hello"),
	                 "hale: info: hello "
	                 "(messages dropped before this one: 12)");
}

Test(log, shortens_a_long_value_but_not_the_reason)
{
	char value[3000];
	const char *said;

	memset(value, '\1',
	       sizeof(value) - 1); /* four times as long, escaped */
	value[sizeof(value) - 1] = '\0';
	said = line(LOG_ERROR, 0, "--x: '{value:q}' is not {what:s}", value,
	            "a number");
	cr_expect_not_null(strstr(said, "\\x01...' is not a number"));
	memset(value, 'a', sizeof(value) - 1);
	said = line(LOG_ERROR, 0, "--x: '{value:q}' is not {what:s}", value,
	            "a number");
	cr_expect_not_null(strstr(said, "aaa...' is not a number"));
}

Test(log, says_times_in_seconds)
{
	cr_assert_str_eq(
	    line(LOG_INFO, 0, "{a:t} {b:t} {c:t}", 0LL, 7LL, 61234LL),
	    "hale: info: 0.000s 0.007s 61.234s");
}

Test(log, knows_errors_that_have_no_words_here)
{
	errno = EBADMSG;
	cr_assert_str_eq(line(LOG_INFO, 0, "{error:e}, {number:d}", 3LL),
	                 "hale: info: error 74, 3");
}

Test(log, gives_each_fact_a_field_in_json)
{
	json = true;
	errno = ENOENT;
	cr_assert_str_eq(
	    line(LOG_WARN, 3, "a {one:s} {two:d} {three:t} {four:d} {five:e}",
	         "x", -2LL, 1500LL, 1LL << 40),
	    "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\","
	    "\"msg\":\"a x -2 1.500s 1099511627776 "
	    "No such file or directory\",\"one\":\"x\",\"two\":-2,"
	    "\"three\":1500,\"four\":1099511627776,"
	    "\"five\":\"No such file or directory\",\"dropped\":3}");
}

Test(log, quotes_what_json_needs_quoted)
{
	json = true;
	cr_assert_str_eq(
	    line(LOG_ERROR, 0, "'{value:q}'", "\"\\\n\xff\xe2\x82\xac"),
	    "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"error\","
	    "\"msg\":\"'\\\"\\\\\\\\x0a\\\\xff\xe2\x82\xac'\","
	    "\"value\":\"\\\"\\\\\\\\x0a\\\\xff\xe2\x82\xac\"}");
}

Test(log, ends_a_json_line_however_long_the_values_are)
{
	char value[3000];
	const char *said;
	int byte;

	json = true;
	for (byte = 1; byte < 256; byte++) {
		memset(value, byte, sizeof(value) - 1);
		value[sizeof(value) - 1] = '\0';
		said = line(LOG_ERROR, 0, "{option:q}: '{value:q}' {a:s}{b:s}",
		            value, value, "is not ",
		            "a signal that can be caught: a name like TERM, or "
		            "1 to 64, or whatever else it takes here and now");
		cr_expect_str_eq(said + strlen(said) - 2, "\"}");
	}
}

Test(log, gives_the_message_alone_as_well)
{
	struct text t;
	struct log log = {.level = LOG_ERROR, .kept = &t};

	text_init(&t, buffer, sizeof(buffer));
	errno = ENOENT;
	log_say(&log, LOG_WARN, "cannot {what:s} '{file:q}' {n:d}: {why:e}",
	        "open", "a\"\n", -3LL);
	cr_assert_str_eq(buffer, "cannot open 'a\"\\x0a' -3: No such file or "
	                         "directory");
}

/* What arrives on the other end when hale says something to fd. */
static ssize_t
overhear(int write_end, int read_end, struct log *log, char *heard, size_t size)
{
	int saved = dup(STDERR_FILENO);

	dup2(write_end, STDERR_FILENO);
	errno = EDOM;
	log_say(log, LOG_WARN, "said");
	cr_expect_eq(errno, EDOM, "errno is kept");
	dup2(saved, STDERR_FILENO);
	close(saved);
	fcntl(read_end, F_SETFL, O_NONBLOCK);
	return read(read_end, heard, size);
}

static void
expect_heard(int ends[2])
{
	struct log log = {.level = LOG_WARN, .dropped = 2};
	char heard[LOG_LINE_MAX] = "";

	overhear(ends[1], ends[0], &log, heard, sizeof(heard) - 1);
	cr_expect_str_eq(heard, "hale: warning: said "
	                        "(messages dropped before this one: 2)\n");
	cr_expect_eq(log.dropped, 0);
}

Test(log, writes_to_a_pipe)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	expect_heard(ends);
}

Test(log, writes_to_a_socket)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	expect_heard(ends);
}

Test(log, drops_and_counts_what_a_full_pipe_would_make_it_wait_for)
{
	struct log log = {.level = LOG_WARN};
	static char much[65536];
	int ends[2], flags;

	cr_assert_eq(pipe(ends), 0);
	flags = fcntl(ends[1], F_GETFL);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], much, sizeof(much)) > 0)
		continue;
	fcntl(ends[1], F_SETFL, flags);
	overhear(ends[1], ends[0], &log, much, sizeof(much));
	cr_assert_eq(log.dropped, 1);
}

Test(log, counts_what_a_closed_stderr_loses)
{
	struct log log = {.level = LOG_WARN};
	int saved = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_say(&log, LOG_ERROR, "nobody hears this");
	dup2(saved, STDERR_FILENO);
	cr_assert_eq(log.dropped, 1);
}

Test(log, appends_to_a_file_where_the_program_writes_too)
{
	char name[] = "/tmp/hale-log-XXXXXX", heard[128] = "";
	struct log log = {.level = LOG_WARN};
	int fd = mkstemp(name);

	cr_assert(fd >= 0);
	unlink(name);
	cr_assert_eq(write(fd, "before\n", 7), 7);
	overhear(fd, fd, &log, heard, 0);
	cr_assert_eq(write(fd, "after\n", 6), 6);
	cr_assert(pread(fd, heard, sizeof(heard) - 1, 0) > 0);
	cr_assert_str_eq(heard, "before\nhale: warning: said\nafter\n");
}

Test(log, is_silent_above_its_level)
{
	struct log log = {.level = LOG_ERROR};
	char heard[64];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(overhear(ends[1], ends[0], &log, heard, sizeof(heard)),
	             -1);
	cr_assert_eq(log.dropped, 0);
}
