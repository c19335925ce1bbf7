/* SPDX-License-Identifier: MIT */
/*
 * reaper: takes ended children from the kernel, one a call.
 *
 * It knows neither PROGRAM nor anything else of hale: it hands (pid, status)
 * on, and init.c knows whose it was.  How many are taken before signals get
 * their turn is init.c's to say as well.
 */
#include "reaper.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum reaper_result
reaper_next(struct reaped *child)
{
	/* __WALL: a child that was cloned without SIGCHLD before hale was
	 * executed in its parent's place is a zombie like any other. */
	child->pid = waitpid(-1, &child->status, WNOHANG | __WALL);
	if (child->pid > 0)
		return REAPER_TOOK;
	if (child->pid == 0)
		return REAPER_NONE_NOW;
	return errno == ECHILD ? REAPER_NO_CHILD : REAPER_FAILED;
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
