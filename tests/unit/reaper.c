/* SPDX-License-Identifier: MIT */
#include "reaper.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

Test(reaper, keeps_all_256_exit_codes)
{
	int code;

	for (code = 0; code < 256; code++)
		cr_expect_eq(reaper_exit_code(W_EXITCODE(code, 0)), code);
}

Test(reaper, adds_128_to_the_signal_that_killed)
{
	int n;

	for (n = 1; n <= 64; n++)
		cr_expect_eq(reaper_exit_code(W_EXITCODE(0, n)), 128 + n);
	cr_expect_eq(reaper_exit_code(W_EXITCODE(0, SIGSEGV) | WCOREFLAG),
	             128 + SIGSEGV);
}

Test(reaper, has_none_when_there_is_no_child)
{
	struct reaped child;

	cr_assert_eq(reaper_next(&child), REAPER_NO_CHILD);
}

Test(reaper, hands_on_who_ended_and_how)
{
	struct reaped child;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(42);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	cr_assert_eq(reaper_next(&child), REAPER_TOOK);
	cr_assert_eq(child.pid, pid);
	cr_assert_eq(reaper_exit_code(child.status), 42);
	cr_assert_eq(reaper_next(&child), REAPER_NO_CHILD);
}

Test(reaper, does_not_wait_for_a_living_child)
{
	struct reaped child;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	cr_expect_eq(reaper_next(&child), REAPER_NONE_NOW);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(reaper, tells_a_stopped_child_from_a_running_one)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	cr_expect_not(reaper_is_stopped(pid));
	kill(pid, SIGSTOP);
	waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT);
	cr_expect(reaper_is_stopped(pid));
	cr_expect(reaper_is_stopped(pid), "and leaves it so");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Wait until the child has stopped or ended, and leave it as it is. */
static void
await_stop(pid_t pid)
{
	siginfo_t info;

	cr_assert_eq(
	    waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOWAIT), 0);
}

Test(reaper, does_not_take_a_stop_under_ptrace_for_an_end, .timeout = 60)
{
	struct reaped child;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME);
		signal(SIGUSR1, SIG_IGN);
		raise(SIGUSR1);
		_exit(42);
	}
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_RELEASED);
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_TOOK);
	cr_expect_eq(reaper_exit_code(child.status), 42);
}

Test(reaper, lets_the_signal_arrive_that_stopped_a_traced_child, .timeout = 60)
{
	struct reaped child;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME);
		raise(SIGTERM);
		_exit(42);
	}
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_RELEASED);
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_TOOK);
	cr_expect_eq(reaper_exit_code(child.status), 128 + SIGTERM);
}

Test(reaper, lets_a_traced_child_execute_a_program, .timeout = 60)
{
	struct reaped child;
	pid_t pid = fork();

	if (pid == 0) {
		/* Any signal that is sent to it in error ends it, whatever the
		 * caller of the tests ignores. */
		signal(SIGHUP, SIG_DFL);
		ptrace(PTRACE_TRACEME);
		execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(42);
	}
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_RELEASED);
	await_stop(pid);
	cr_assert_eq(reaper_next(&child), REAPER_TOOK);
	cr_expect_eq(reaper_exit_code(child.status), 7);
}
