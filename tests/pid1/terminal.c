/* SPDX-License-Identifier: MIT */
/* terminal: PROGRAM has it as if hale were not there. */
#include "terminal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "ns.h"
#include "refuse.h"

/* An instance of hale on the terminal; standard output is still a pipe. */
static struct ns
start(struct terminal *t, char **words)
{
	return ns_start(&(struct ns_setup){.words = words,
	                                   .in = t->slave,
	                                   .prepare = terminal_attach,
	                                   .argument = t});
}

Test(terminal, has_program_in_the_foreground)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "foreground"));

	ns_expect_line(&ns, "mine");
	ns_expect_line(&ns, "leader");
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(terminal, has_program_in_the_foreground_through_hale_in_hale)
{
	struct terminal t = terminal_open();
	struct ns ns = start(
	    &t, NS_WORDS("--", ns_hale(), "--", ns_program(), "foreground"));

	ns_expect_line(&ns, "mine");
	ns_expect_line(&ns, "leader");
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(terminal, stays_with_who_has_it_when_hale_is_in_the_background)
{
	struct terminal t = terminal_open();
	struct ns ns;

	t.background = true;
	ns = start(&t, NS_WORDS(ns_program(), "foreground"));
	ns_expect_line(&ns, "of 2");
	ns_expect_line(&ns, "leader");
	cr_expect_eq(ns_wait(&ns), 0);
}

/* A shell script on the terminal: hale is one of its commands, in its group. */
static void
be_a_command(void *terminal)
{
	pid_t pid;

	terminal_attach(terminal);
	pid = fork();
	if (pid == 0)
		return;
	waitpid(pid, NULL, 0);
	printf("%s\n",
	       tcgetpgrp(STDIN_FILENO) == getpgrp() ? "given back" : "lost");
	fflush(stdout);
	_exit(0);
}

Test(terminal, is_the_scripts_again_when_program_has_ended)
{
	struct terminal t = terminal_open();
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS(ns_program(), "foreground"),
	                       .plain = true,
	                       .in = t.slave,
	                       .prepare = be_a_command,
	                       .argument = &t});

	ns_expect_line(&ns, "mine");
	ns_expect_line(&ns, "leader");
	ns_expect_line(&ns, "given back");
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(terminal, brings_control_c_to_program_once)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "catch", "3", "0"));

	ns_expect_line(&ns, "ready");
	terminal_type(&t, "\003");
	ns_expect_line(&ns, "2");
	ns_await_sleep(&ns);
	ns_send(&ns, SIGUSR1);
	ns_expect_line(&ns, "10");
	terminal_type(&t, "\034");
	ns_expect_line(&ns, "3");
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(terminal, ends_program_by_control_c)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "wait"));

	ns_expect_line(&ns, "ready");
	terminal_type(&t, "\003");
	cr_expect_eq(ns_wait(&ns), 128 + SIGINT);
}

static bool
is_stopped(void *ns)
{
	char text[512];
	const char *after;

	ns_proc(ns, "2/stat", text, sizeof(text));
	after = strrchr(text, ')');
	return after != NULL && after[2] == 'T';
}

static bool
is_not_stopped(void *ns)
{
	return !is_stopped(ns);
}

/* hale itself goes on, or it could not forward the CONT. */
Test(terminal, stops_program_by_control_z_and_cont_resumes_it)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "wait"));

	ns_expect_line(&ns, "ready");
	terminal_type(&t, "\032");
	ns_wait_until(is_stopped, &ns);
	ns_await_sleep(&ns);
	ns_send(&ns, SIGCONT);
	ns_wait_until(is_not_stopped, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 128 + SIGTERM);
}

Test(terminal, stops_program_by_a_tstp_that_hale_is_sent)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "wait"));

	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGTSTP);
	ns_wait_until(is_stopped, &ns);
	ns_await_sleep(&ns);
	ns_send(&ns, SIGCONT);
	ns_wait_until(is_not_stopped, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 128 + SIGTERM);
}

static void
set_tostop(const struct terminal *t)
{
	struct termios settings;

	cr_assert_eq(tcgetattr(t->slave, &settings), 0);
	settings.c_lflag |= TOSTOP;
	cr_assert_eq(tcsetattr(t->slave, TCSANOW, &settings), 0);
}

/* Once PROGRAM has the foreground hale is in the background, so that with
 * TOSTOP a message would stop it. */
static void
check_tostop(bool background)
{
	struct terminal t = terminal_open();
	struct ns ns;
	char line[NS_LINE];

	t.background = background;
	set_tostop(&t);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", ns_program(), "catch", "2", "3"),
	    .in = t.slave,
	    .err = t.slave,
	    .prepare = terminal_attach,
	    .argument = &t});
	ns_expect_line(&ns, "ready");
	ns_send(&ns, SIGUSR1);
	ns_expect_line(&ns, "10");
	cr_assert(ns_read_line(t.master, line));
	cr_expect_not_null(strstr(line, "hale: info: started"));
	cr_assert(ns_read_line(t.master, line));
	cr_expect_not_null(strstr(line, "hale: debug: forwarded USR1"));
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 3);
}

Test(terminal, with_tostop_does_not_stop_a_hale_that_has_something_to_say)
{
	check_tostop(false);
	check_tostop(true);
}

/* Nobody reads what comes out, and it is more than a terminal holds. */
static void
check_stalled(void (*prepare)(void *))
{
	struct terminal t = terminal_open();
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", ns_program(), "catch", "2000", "3"),
	    .err = t.slave,
	    .prepare = prepare});
	int i;

	ns_expect_line(&ns, "ready");
	for (i = 0; i < 2000; i++) {
		ns_send(&ns, SIGTERM);
		ns_expect_line(&ns, "15");
	}
	cr_expect_eq(ns_wait(&ns), 3);
}

Test(terminal, that_stalls_does_not_hold_hale_up)
{
	check_stalled(NULL);
}

static void
hide_proc(void *argument)
{
	(void)argument;
	if (mount("hidden", "/proc", "tmpfs", 0, NULL) < 0)
		_exit(99);
}

Test(terminal, that_stalls_does_not_hold_hale_up_without_proc)
{
	check_stalled(hide_proc);
}

Test(terminal, that_hangs_up_tells_program)
{
	struct terminal t = terminal_open();
	struct ns ns = start(&t, NS_WORDS(ns_program(), "wait"));

	ns_expect_line(&ns, "ready");
	close(t.master);
	cr_expect_eq(ns_wait(&ns), 128 + SIGHUP);
}

/* Standard input that is no terminal, or a broken one: not a word of it. */
static void
check_none(int in, void (*prepare)(void *), void *argument)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "exit", "5"),
	                          .in = in,
	                          .prepare = prepare,
	                          .argument = argument},
	       &output);
	cr_expect_str_empty(output.err);
	cr_expect_eq(output.code, 5);
}

Test(terminal, is_not_missed)
{
	struct terminal t = terminal_open();
	int ends[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	check_none(NS_CLOSED, NULL, NULL);
	check_none(NS_PIPE, NULL, NULL);
	check_none(null, NULL, NULL);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_none(ends[0], NULL, NULL);
	close(t.master);
	check_none(t.slave, NULL, NULL);
}

Test(terminal, is_not_missed_when_the_kernel_says_enxio)
{
	struct refusal r = {SYS_ioctl, ENXIO, TIOCGPGRP};

	check_none(NS_PIPE, refuse_call, &r);
}

/* It is somebody else's terminal, not hale's session's. */
Test(terminal, of_another_session_is_left_alone)
{
	struct terminal t = terminal_open();

	check_none(t.slave, NULL, NULL);
}

static void
attach_and_refuse(void *terminal)
{
	struct refusal r = {SYS_ioctl, EIO, TIOCSPGRP};

	terminal_attach(terminal);
	refuse_call(&r);
}

Test(terminal, that_cannot_be_had_is_a_warning)
{
	struct terminal t = terminal_open();
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "exit", "5"),
	                          .in = t.slave,
	                          .prepare = attach_and_refuse,
	                          .argument = &t},
	       &output);
	cr_expect_not_null(strstr(output.err, "hale: warning: cannot give "
	                                      "PROGRAM the terminal: "));
	cr_expect_not_null(
	    strstr(output.err, " (it runs in the background)\n"));
	cr_expect_eq(output.code, 5);
}
