/* SPDX-License-Identifier: MIT */
/* messages: hale's lines get through where they can, and never hold it up. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ns.h"
#include "temporary.h"
#include "trace.h"

/* Write until not one byte more fits, then let writers wait again. */
static void
fill(int fd)
{
	static const char block[4096];
	size_t size;

	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (size = sizeof(block); size > 0; size /= 2)
		while (write(fd, block, size) > 0)
			continue;
	cr_assert_eq(errno, EAGAIN);
	cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
}

static void
empty(int fd)
{
	char block[4096];

	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (read(fd, block, sizeof(block)) > 0)
		continue;
	cr_assert_eq(errno, EAGAIN);
	cr_assert_eq(fcntl(fd, F_SETFL, 0), 0);
}

/* Send a signal, see that it arrives, and wait until hale is done with it. */
static void
check_forward(const struct ns *ns, int n)
{
	char expected[16];

	snprintf(expected, sizeof(expected), "%d", n);
	ns_send(ns, n);
	ns_expect_line(ns, expected);
	ns_await_sleep(ns);
}

/* An instance of hale that says all it can on err, with a program that catches
 * signals. */
static struct ns
start(int err, char *count, void (*prepare)(void *))
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", ns_program(), "catch", count, "4"),
	    .err = err,
	    .prepare = prepare});

	ns_expect_line(&ns, "ready");
	ns_await_sleep(&ns);
	return ns;
}

/* Nobody reads, and nothing more fits: how many it was is said when there is
 * room. */
static void
check_full(int writer, int reader, void (*prepare)(void *))
{
	char line[NS_LINE];
	struct ns ns;

	fill(writer);
	ns = start(writer, "4", prepare);
	check_forward(&ns, SIGTERM);
	check_forward(&ns, SIGINT);
	empty(reader);
	check_forward(&ns, SIGHUP);
	cr_assert(ns_read_line(reader, line));
	cr_expect_str_eq(line, "hale: debug: forwarded HUP to process 2 "
	                       "(messages dropped before this one: 3)");
	ns_send(&ns, SIGUSR1);
	cr_assert(ns_read_line(reader, line));
	cr_expect_str_eq(line, "hale: debug: forwarded USR1 to process 2");
	cr_expect_eq(ns_wait(&ns), 4);
}

Test(messages, are_dropped_and_counted_while_a_pipe_is_full)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	check_full(ends[1], ends[0], NULL);
}

static void
hide_proc(void *argument)
{
	(void)argument;
	if (mount("hidden", "/proc", "tmpfs", 0, NULL) < 0)
		_exit(99);
}

Test(messages, are_dropped_and_counted_without_proc_too)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	check_full(ends[1], ends[0], hide_proc);
}

static bool
is_writing(const struct trace *t)
{
	return t->at == TRACE_ENTRY && t->pid == t->ns.hale &&
	       (t->call == SYS_write || t->call == SYS_writev ||
	        t->call == SYS_pwritev2);
}

/* There was room when hale looked, and none is left when it writes.  The first
 * that it has to say is that PROGRAM has been started. */
static void
check_race(void (*prepare)(void *))
{
	struct trace t;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	trace_start(&t,
	            &(struct ns_setup){.words = NS_WORDS("-vvv", ns_program(),
	                                                 "catch", "2", "4"),
	                               .err = ends[1],
	                               .prepare = prepare});
	do
		cr_assert(trace_next(&t));
	while (!is_writing(&t));
	trace_await_program(&t);
	fill(ends[1]);
	ns_expect_line(&t.ns, "ready");
	ns_send(&t.ns, SIGTERM);
	ns_send(&t.ns, SIGUSR1);
	cr_expect_eq(trace_end(&t), 4);
}

Test(messages, do_not_wait_for_a_pipe_that_fills_meanwhile, .timeout = 120)
{
	check_race(NULL);
}

Test(messages, do_not_wait_for_it_without_proc_either, .timeout = 120)
{
	check_race(hide_proc);
}

Test(messages, are_dropped_and_counted_while_a_socket_is_full)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_full(ends[1], ends[0], NULL);
}

/* PIPE and XFSZ are hale's own then; another's are PROGRAM's. */
static void
check_unwritable(int err, void (*prepare)(void *))
{
	struct ns ns = start(err, "6", prepare);

	check_forward(&ns, SIGUSR1);
	check_forward(&ns, SIGUSR2);
	check_forward(&ns, SIGPIPE);
	check_forward(&ns, SIGXFSZ);
	check_forward(&ns, SIGHUP);
	ns_send(&ns, SIGHUP);
	cr_expect_eq(ns_wait(&ns), 4);
}

Test(messages, that_nobody_can_read_are_nothing_to_program)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	check_unwritable(ends[1], NULL);
	check_unwritable(ends[1], hide_proc);
}

Test(messages, to_a_closed_socket_are_nothing_to_program)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[0]);
	check_unwritable(ends[1], NULL);
}

Test(messages, to_a_full_device_are_nothing_to_program)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_geq(full, 0);
	check_unwritable(full, NULL);
}

static void
allow_no_file(void *argument)
{
	(void)argument;
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0)
		_exit(99);
}

Test(messages, past_a_files_size_limit_are_nothing_to_program)
{
	int file = memfd_create("log", MFD_CLOEXEC);

	cr_assert_geq(file, 0);
	check_unwritable(file, allow_no_file);
	cr_expect_eq(lseek(file, 0, SEEK_END), 0);
}

Test(messages, do_not_matter_to_a_closed_stderr)
{
	check_unwritable(NS_CLOSED, NULL);
}

static void
check_kind_of_socket(int kind)
{
	char expected[] = "hale: debug: forwarded TERM to process 2\n";
	char text[NS_TEXT] = "";
	int ends[2];
	struct ns ns;

	cr_assert_eq(socketpair(AF_UNIX, kind, 0, ends), 0);
	ns = start(ends[1], "2", NULL);
	empty(ends[0]);
	check_forward(&ns, SIGTERM);
	cr_assert_gt(recv(ends[0], text, sizeof(text) - 1, MSG_DONTWAIT), 0);
	cr_expect(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 4);
}

Test(messages, go_to_a_socket)
{
	check_kind_of_socket(SOCK_STREAM);
	check_kind_of_socket(SOCK_DGRAM);
	check_kind_of_socket(SOCK_SEQPACKET);
}

/* How many lines of a text begin so? */
static int
count_lines(const char *text, const char *beginning)
{
	int count = 0;

	while (*text != '\0') {
		count += strncmp(text, beginning, strlen(beginning)) == 0;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return count;
}

/* A file that was not opened for appending: one offset for both. */
Test(messages, share_a_file_with_program)
{
	enum { COUNT = 50 };
	/* A file with a name: to a memory file two may write at one offset. */
	char name[TEMPORARY_SIZE], text[NS_TEXT] = "";
	struct ns ns;
	int i, file;

	temporary_path(name, "hale-log-XXXXXX");
	file = mkostemp(name, O_CLOEXEC);
	cr_assert_geq(file, 0);
	unlink(name);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", ns_program(), "say-on-stderr", "50"),
	    .err = file});
	ns_expect_line(&ns, "ready");
	for (i = 0; i < COUNT; i++) {
		ns_send(&ns, SIGTERM);
		ns_expect_line(&ns, "15");
	}
	cr_expect_eq(ns_wait(&ns), 0);
	cr_assert_gt(pread(file, text, sizeof(text) - 1, 0), 0);
	cr_expect_eq(count_lines(text, "program: signal 15\n"), COUNT);
	cr_expect_eq(count_lines(text, "hale: debug: forwarded TERM to "
	                               "process 2\n"),
	             COUNT);
	cr_expect_eq(count_lines(text, "hale: info: "), 2);
	cr_expect_eq(count_lines(text, ""), 2 * COUNT + 2);
}

Test(messages, escape_what_a_name_brings)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS("/no\n\033[2J/\xff/\xc2\x9b/such\xc3\xa9")},
	    &output);
	cr_expect_not_null(strstr(output.err,
	                          "hale: error: cannot run '/no\\x0a\\x1b[2J/"
	                          "\\xff/\\xc2\\x9b/such\xc3\xa9': "),
	                   "%s", output.err);
	cr_expect_eq(count_lines(output.err, ""), 1);
}

Test(messages, stay_one_line_however_long_a_name_is)
{
	char name[3000];
	struct ns_output output;
	size_t length;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ns_run(&(struct ns_setup){.words = NS_WORDS(name)}, &output);
	length = strlen(output.err);
	cr_expect_lt(length, 1025);
	cr_expect_eq(strcspn(output.err, "\n"), length - 1);
	cr_expect_not_null(strstr(output.err, "not found"));
	cr_expect_eq(output.code, 127);
}

Test(messages, never_go_to_stdout)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("-vvv", ns_program(), "say",
	                                            "alone")},
	       &output);
	cr_expect_str_eq(output.out, "alone\n");
	cr_expect_eq(count_lines(output.err, "hale: info: started"), 1);
}
