/* SPDX-License-Identifier: MIT */
/*
 * reaper: takes ended children from the kernel, one a call.
 *
 * It knows neither PROGRAM nor anything else of hale: it returns (pid, status),
 * and init.c knows whose child that was.  How many are taken before signals get
 * their turn is for init.c to say as well.
 */
#include "reaper.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* Is this SIGTRAP the one that execve(2) raises in a traced process, and that
 * would not be there without a tracer? */
static bool
is_exec_trap(pid_t pid, int signal)
{
	siginfo_t info;

	return signal == SIGTRAP &&
	       ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 &&
	       info.si_code == SI_USER && info.si_pid == pid;
}

/* A child that calls ptrace(PTRACE_TRACEME) makes hale its tracer, and is
 * reported whenever it is about to get a signal.  Let it go on as if it had
 * never called: stop tracing it, and let the signal arrive. */
static void
release_traced(pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	/* Above the usual 16 bits of a status stands an event of ptrace's own,
	 * of which the program knows nothing. */
	if (status >> 16 != 0 || is_exec_trap(pid, signal))
		signal = 0;
	(void)ptrace(PTRACE_DETACH, pid, NULL, signal); /* it may be dead */
}

enum reaper_result
reaper_next(struct reaped *child)
{
	/* __WALL: a child that was cloned without SIGCHLD, before hale was
	 * executed in its parent's place, is a zombie like any other. */
	child->pid = waitpid(-1, &child->status, WNOHANG | __WALL);
	if (child->pid == 0)
		return REAPER_NONE_NOW;
	if (child->pid < 0)
		return errno == ECHILD ? REAPER_NO_CHILD : REAPER_FAILED;
	if (WIFEXITED(child->status) || WIFSIGNALED(child->status))
		return REAPER_TOOK;
	if (WIFSTOPPED(child->status))
		release_traced(child->pid, child->status);
	return REAPER_RELEASED;
}

bool
reaper_is_stopped(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT) ==
	           0 &&
	       info.si_pid == pid;
}

int
reaper_exit_code(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}
