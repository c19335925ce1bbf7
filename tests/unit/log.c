/* SPDX-License-Identifier: MIT */
#include "lib/log.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "json.h"
#include "temporary.h"

static char buffer[LOG_LINE_MAX];
static bool json;

/* The levels as JSON has them: as --log-level takes them. */
static const char *const json_levels[] = {"error", "warn", "info", "debug"};

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

Test(log, names_the_level_and_the_logger_in_json)
{
	char wanted[128];
	int level;

	json = true;
	for (level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		snprintf(wanted, sizeof(wanted),
		         "{\"time\":\"2026-01-02T03:04:05.678Z\","
		         "\"level\":\"%s\",\"logger\":\"hale\","
		         "\"msg\":\"x\"}",
		         json_levels[level]);
		cr_expect_str_eq(line((enum log_level)level, 0, "x"), wanted);
	}
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

Test(log, gives_each_fact_a_field_in_json)
{
	json = true;
	errno = ENOENT;
	cr_assert_str_eq(
	    line(LOG_WARN, 3, "a {one:s} {two:d} {three:t} {four:d} {five:e}",
	         "x", -2LL, 1500LL, 1LL << 40),
	    "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\","
	    "\"logger\":\"hale\","
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
	    "\"logger\":\"hale\","
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

/* Half an object cannot be read: its text is cut, and its facts left out. */
Test(log, ends_a_json_line_that_is_too_long)
{
	static char value[4 * LOG_LINE_MAX];
	const char *whole;

	json = true;
	memset(value, '"', sizeof(value) - 1);
	whole = line(LOG_WARN, 0, "a {value:s}", value);
	cr_expect(json_valid(whole));
	cr_expect_geq(strlen(whole), LOG_LINE_MAX - 2);
	value[800] = '\0'; /* the text fits, the fact does not */
	whole = line(LOG_WARN, 0, "{value:s} {number:d}", value, 7LL);
	cr_expect(json_valid(whole));
	cr_expect_str_eq(whole + strlen(whole) - 5, "\" 7\"}");
}

Test(log, appends_the_message_alone_to_the_copy)
{
	struct text t;
	struct log log = {.level = LOG_ERROR, .copy = &t};

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
	struct log log = {.level = LOG_WARN, .dropped = 2, .dropped_total = 5};
	char heard[LOG_LINE_MAX] = "";

	overhear(ends[1], ends[0], &log, heard, sizeof(heard) - 1);
	cr_expect_str_eq(heard, "hale: warning: said "
	                        "(messages dropped before this one: 2)\n");
	cr_expect_eq(log.dropped, 0);
	cr_expect_eq(log.dropped_total, 5);
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
	cr_expect_eq(log.dropped, 1);
	cr_expect_eq(log.dropped_total, 1);
}

Test(log, counts_what_a_closed_stderr_loses)
{
	struct log log = {.level = LOG_WARN};
	int saved = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_say(&log, LOG_ERROR, "nobody hears this");
	dup2(saved, STDERR_FILENO);
	cr_expect_eq(log.dropped, 1);
	cr_expect_eq(log.dropped_total, 1);
}

Test(log, appends_to_a_file_where_the_program_writes_too)
{
	char name[TEMPORARY_SIZE], heard[128] = "";
	struct log log = {.level = LOG_WARN};
	int fd;

	temporary_path(name, "hale-log-XXXXXX");
	fd = mkstemp(name);
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

/* A terminal whose output goes nowhere until somebody reads it. */
static void
open_terminal(int *reader, int *terminal)
{
	struct termios raw;

	cr_assert_eq(openpty(reader, terminal, NULL, NULL, NULL), 0);
	tcgetattr(*terminal, &raw);
	cfmakeraw(&raw);
	tcsetattr(*terminal, TCSANOW, &raw);
}

Test(log, writes_to_a_terminal)
{
	int ends[2];

	open_terminal(&ends[0], &ends[1]);
	expect_heard(ends);
}

Test(log, never_waits_for_a_terminal_that_is_stopped)
{
	struct log log = {.level = LOG_WARN};
	char heard[64];
	int reader, terminal;

	open_terminal(&reader, &terminal);
	cr_assert_eq(tcflow(terminal, TCOOFF), 0);
	cr_expect_eq(overhear(terminal, reader, &log, heard, sizeof(heard)),
	             -1);
	cr_expect_eq(log.dropped, 1);
}

/* As root, TIOCEXCL keeps nobody from opening the terminal. */
Test(log, writes_nothing_to_a_terminal_that_it_cannot_reopen)
{
	struct log log = {.level = LOG_WARN};
	char heard[64];
	int reader, terminal;

	open_terminal(&reader, &terminal);
	cr_assert_eq(ioctl(terminal, TIOCEXCL), 0);
	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_expect_eq(overhear(terminal, reader, &log, heard, sizeof(heard)),
	             -1);
	cr_expect_eq(log.dropped, 1);
}

Test(log, drops_what_nobody_reads_from_a_pipe_any_more)
{
	struct log log = {.level = LOG_WARN};
	int ends[2], saved = dup(STDERR_FILENO);

	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], STDERR_FILENO);
	signal(SIGPIPE, SIG_IGN); /* hale drops those that it caused */
	log_say(&log, LOG_WARN, "said");
	dup2(saved, STDERR_FILENO);
	cr_expect_eq(log.dropped, 1);
}

/* A pipe of another user's cannot be opened again, but from Linux 6.4 on it can
 * be written to without waiting. */
Test(log, writes_to_a_pipe_that_it_cannot_reopen_or_drops_the_message)
{
	struct log log = {.level = LOG_WARN};
	struct iovec mark = {.iov_base = "> ", .iov_len = 2};
	char heard[64] = "";
	bool possible;
	int ends[2];

	if (geteuid() != 0)
		cr_skip_test("only root can change its user");
	cr_assert_eq(pipe(ends), 0);
	possible = pwritev2(ends[1], &mark, 1, -1, RWF_NOWAIT) > 0;
	cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	overhear(ends[1], ends[0], &log, heard, sizeof(heard) - 1);
	cr_expect_str_eq(heard, possible ? "> hale: warning: said\n" : "");
	cr_expect_eq(log.dropped, possible ? 0 : 1);
}

Test(log, writes_to_a_device_that_takes_everything)
{
	struct log log = {.level = LOG_WARN};
	char heard[8];
	int null = open("/dev/null", O_RDWR);

	overhear(null, null, &log, heard, sizeof(heard));
	cr_expect_eq(log.dropped, 0);
}

Test(log, drops_what_a_directory_cannot_take)
{
	struct log log = {.level = LOG_WARN};
	int root = open("/", O_RDONLY), saved = dup(STDERR_FILENO);

	dup2(root, STDERR_FILENO);
	log_say(&log, LOG_WARN, "said");
	dup2(saved, STDERR_FILENO);
	cr_expect_eq(log.dropped, 1);
}
