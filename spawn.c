/* SPDX-License-Identifier: MIT */
/*
 * spawn: starts PROGRAM as if hale had not been there.
 *
 * vfork(2), unlike fork(2), lets hale continue only when the program has been
 * executed.  A signal that arrives meanwhile stays pending until there is a
 * program, in a process group of its own, to forward it to; and the child can
 * say in hale's own memory why it failed.  hale waits here for the execve(2) of
 * a file, and nothing hostile runs yet that could hold it up.
 *
 * That is not so after a command of --wait-for exec:, which may have left a
 * process behind that stops others or holds a lease on the program's file.
 * Then it is fork(2), as for the commands of probes (probe/exec.c), and hale
 * waits for nothing.  Whether the program has been executed is asked of the
 * kernel.  If it never was, the child has said why through a pipe.
 *
 * After vfork(2) the child shares hale's memory.  It runs only
 * become_program(), which does not return, and changes nothing that hale reads
 * but *result and the environment that is meant for PROGRAM.
 */
#include "spawn.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/numbers.h"

/* Without close_range(2) and without /proc only so many descriptors are looked
 * at, which takes some milliseconds. */
enum { DESCRIPTORS_MAX = 65536 };

/* Exit codes of a child that does not become PROGRAM.  hale's own are those of
 * the name that it was started under, see cli/compat.h. */
enum { NOT_PREPARED_CODE = 125, NOT_EXECUTED_CODE = 127 };

/* ------ In the child, and in hale if it has been forked ------ */

/* Take the terminal's foreground for the new group, but only if hale's group
 * has it: a job in the background must not take the terminal from its shell.
 * Standard input that is closed or no terminal has no foreground. */
static void
take_foreground(pid_t old_group, pid_t new_group, struct spawn *result)
{
	if (tcgetpgrp(STDIN_FILENO) != old_group)
		return;
	/* SIGTTOU is blocked, or this would stop the process. */
	result->foreground = tcsetpgrp(STDIN_FILENO, new_group) == 0;
	if (!result->foreground)
		result->terminal_error = errno;
}

/* ------ In the child ------ */

static int
lead_group(pid_t old_group, struct spawn *result)
{
	if (setpgid(0, 0) < 0)
		return -1;
	take_foreground(old_group, getpid(), result);
	return 0;
}

/* Lead a session, with the terminal that hale has released for it. */
static int
lead_session(bool released_terminal, struct spawn *result)
{
	if (setsid() < 0)
		return -1;
	if (released_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		result->terminal_error = errno;
	return 0;
}

/* The child does not become PROGRAM: say so, and end. */
static _Noreturn void
fail(struct spawn *result, enum spawn_step step, int error, int code)
{
	result->step = step;
	result->error = error;
	/* If it does not share hale's memory.  It fits into the empty pipe. */
	if (result->report_fd >= 0)
		(void)!write(result->report_fd, result, sizeof(*result));
	_exit(code);
}

/* What the child does until it is PROGRAM. */
static _Noreturn void
become_program(const struct spawn_request *request, bool released_terminal,
               pid_t old_group, struct spawn *result)
{
	int lead = request->session ? lead_session(released_terminal, result)
	                            : lead_group(old_group, result);

	if (lead < 0 || signals_restore(request->signals) < 0)
		fail(result, SPAWN_NOT_PREPARED, errno, NOT_PREPARED_CODE);
	environment_move_listen_pid(request->environment, getppid(), getpid());
	execute_program(request->argv, request->environment->entries,
	                &result->execute);
	fail(result, SPAWN_NOT_EXECUTED, result->execute.error,
	     NOT_EXECUTED_CODE);
}

/* ------ In hale ------ */

/* If hale leads the session that has the terminal, release the terminal so that
 * another session may have it.  The kernel then sends HUP and CONT to hale's
 * group, which nobody meant to send. */
static bool
release_terminal(void)
{
	bool hup = signals_pending(SIGHUP), cont = signals_pending(SIGCONT);

	if (getsid(0) != getpid() || ioctl(STDIN_FILENO, TIOCNOTTY) < 0)
		return false;
	if (!hup)
		signals_discard(SIGHUP);
	if (!cont)
		signals_discard(SIGCONT);
	return true;
}

void
spawn_give_back_terminal(pid_t program)
{
	/* SIGTTOU is blocked; and there may be no terminal any more. */
	if (tcgetpgrp(STDIN_FILENO) == program)
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
}

/* The child shares hale's memory until it has executed PROGRAM, and hale waits
 * for that. */
static pid_t
start_by_vfork(const struct spawn_request *request, bool released_terminal,
               struct spawn *result)
{
	pid_t old_group = getpgrp(), pid = vfork();

	if (pid == 0)
		become_program(request, released_terminal, old_group, result);
	if (pid < 0 || result->step == SPAWN_STARTED)
		return pid;
	(void)waitpid(pid, NULL, __WALL); /* it has said all in *result */
	if (result->foreground)
		spawn_give_back_terminal(pid);
	return -1;
}

/* hale waits for nothing.  The child and hale both make the group, since
 * neither knows who comes first: setpgid(3p) describes the race. */
static pid_t
start_by_fork(const struct spawn_request *request, bool released_terminal,
              struct spawn *result)
{
	pid_t old_group = getpgrp();
	pid_t pid = execute_fork(&result->report_fd);

	if (pid == 0)
		become_program(request, released_terminal, old_group, result);
	if (pid < 0 || request->session)
		return pid;
	(void)setpgid(pid, pid);
	take_foreground(old_group, pid, result);
	result->foreground = tcgetpgrp(STDIN_FILENO) == pid;
	return pid;
}

pid_t
spawn_program(const struct spawn_request *request, struct spawn *result)
{
	bool released_terminal = request->session && release_terminal();
	pid_t pid;

	*result = (struct spawn){.step = SPAWN_STARTED, .report_fd = -1};
	pid = request->by_fork
	          ? start_by_fork(request, released_terminal, result)
	          : start_by_vfork(request, released_terminal, result);
	if (pid < 0 && result->step == SPAWN_STARTED) {
		result->step = SPAWN_NO_PROCESS;
		result->error = errno;
	}
	return pid;
}

/* The kernel lets hale move its child to another group only until it has
 * executed a program (EACCES) or leads a session (EPERM).  The groups here are
 * those that it is in already. */
bool
spawn_has_executed(pid_t program, bool session)
{
	return setpgid(program, session ? getpgrp() : program) < 0;
}

void
spawn_hear(struct spawn *result)
{
	struct spawn heard;
	ssize_t n = read(result->report_fd, &heard, sizeof(heard));

	/* Whatever else is in the pipe has been put there by somebody else. */
	if (n != (ssize_t)sizeof(heard) || (heard.step != SPAWN_NOT_PREPARED &&
	                                    heard.step != SPAWN_NOT_EXECUTED))
		return;
	heard.execute.file[sizeof(heard.execute.file) - 1] = '\0';
	heard.execute.interpreter[sizeof(heard.execute.interpreter) - 1] = '\0';
	result->step = heard.step;
	result->error = heard.error;
	result->execute = heard.execute;
}

/* ------ Descriptors ------ */

static bool
is_kept(int fd, const int *keep, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* Where close_range(2) is refused, close one descriptor after the other: those
 * that the kernel lists, not all that the limit allows. */
static void
close_listed(const int *keep, int count)
{
	struct numbers open_ones;
	int fd;

	if (numbers_open(&open_ones, "/proc/self/fd") < 0) {
		for (fd = 3; fd < DESCRIPTORS_MAX; fd++)
			if (!is_kept(fd, keep, count))
				(void)close(fd); /* most are not open */
		return;
	}
	while ((fd = numbers_next(&open_ones)) >= 0)
		if (fd > STDERR_FILENO && fd != open_ones.fd &&
		    !is_kept(fd, keep, count))
			(void)close(fd);
	numbers_close(&open_ones);
}

/* The lowest descriptor in keep that is at least first, or INT_MAX. */
static int
next_kept(int first, const int *keep, int count)
{
	int i, next = INT_MAX;

	for (i = 0; i < count; i++)
		if (keep[i] >= first && keep[i] < next)
			next = keep[i];
	return next;
}

void
spawn_close_inherited(const int *keep, int count)
{
	int first = STDERR_FILENO + 1;

	while (first < INT_MAX) {
		int next = next_kept(first, keep, count);

		if (next > first && syscall(SYS_close_range, (unsigned)first,
		                            (unsigned)next - 1, 0U) < 0) {
			close_listed(keep, count);
			return;
		}
		first = next < INT_MAX ? next + 1 : INT_MAX;
	}
}
