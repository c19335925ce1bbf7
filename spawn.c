/* SPDX-License-Identifier: MIT */
/*
 * spawn: starts PROGRAM as if hale had not been there.
 *
 * vfork(2) and not fork(2): hale sleeps until the program has been executed.
 * So no page table is copied, the child says why it failed in hale's own
 * memory, without a pipe, and a signal that arrives meanwhile stays pending
 * until there is a program, in a group of its own, to forward it to.
 *
 * The child shares hale's memory until then.  It runs only become(), which
 * does not return, and changes nothing that hale reads but *result.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/text.h"

extern char **environ;

enum { DESCRIPTORS_MAX = 65536 }; /* looked at one by one, without the call */

/* Was there a file, whatever kept it from running?  A directory of PATH that
 * may not be searched says nothing; a path that was given as such does. */
static bool
found(const struct path *path, int error)
{
	if (!path_searched(path) && error != ENOENT && error != ENOTDIR)
		return true;
	return access(path->file, F_OK) == 0;
}

/* tcgetpgrp(3) and tcsetpgrp(3), without libc's ways around them. */
static pid_t
foreground(void)
{
	pid_t group;

	return ioctl(STDIN_FILENO, TIOCGPGRP, &group) < 0 ? -1 : group;
}

static int
set_foreground(pid_t group)
{
	return ioctl(STDIN_FILENO, TIOCSPGRP, &group);
}

/* Only if hale has the foreground: a job in the background must not take the
 * terminal from the shell.  Standard input that is closed, or no terminal, or
 * not ours has no foreground at all. */
static void
take_foreground(pid_t old_group, struct spawn *result)
{
	if (foreground() != old_group)
		return;
	/* SIGTTOU is still blocked, or this would stop us. */
	result->foreground = set_foreground(getpid()) == 0;
	if (!result->foreground)
		result->terminal_error = errno;
}

/* Where the environment has what begins with name, "PATH=" say; or NULL. */
static char **
find_variable(const char *name)
{
	char **entry;

	for (entry = environ; *entry != NULL; entry++)
		if (strncmp(*entry, name, strlen(name)) == 0)
			return entry;
	return NULL;
}

static const char listen_pid[] = "LISTEN_PID=";

/* LISTEN_PID=pid */
static void
name_pid(struct text *t, char *buffer, size_t size, pid_t pid)
{
	text_init(t, buffer, size);
	text_string(t, listen_pid);
	text_number(t, pid);
}

/* Socket activation names the process that the sockets are for. */
static void
rename_listen_pid(void)
{
	static char buffer[sizeof(listen_pid) + 20];
	char **entry = find_variable(listen_pid);
	struct text t;

	if (entry == NULL)
		return;
	name_pid(&t, buffer, sizeof(buffer), getppid());
	if (strcmp(*entry, buffer) != 0)
		return;
	name_pid(&t, buffer, sizeof(buffer), getpid());
	*entry = buffer;
}

/* The directories to search, or NULL. */
static const char *
search_list(void)
{
	char **entry = find_variable("PATH=");

	return entry != NULL ? *entry + sizeof("PATH=") - 1 : NULL;
}

/* Run file, by /bin/sh if it is a script without an interpreter line. */
static void
execute(char *file, char **argv)
{
	char shell[] = "/bin/sh";

	execve(file, argv, environ);
	if (errno != ENOEXEC)
		return;
	argv[-1] = shell;
	argv[0] = file;
	execve(shell, argv - 1, environ);
	errno = ENOEXEC;
}

/* Would execvp(3) go on to the next directory after this error? */
static bool
try_next(int error)
{
	return error == EACCES || error == ENOENT || error == ENOTDIR ||
	       error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

/* Execute the first file that can be.  When none can, the one to complain of is
 * the first that was there; its place in the order, or -1. */
static int
search(char **argv, struct spawn *result)
{
	char *program = argv[0];
	int at, refused = -1;

	path_begin(&result->path, program, search_list(), result->buffer);
	for (at = 0; path_next(&result->path); at++) {
		int error;

		execute(result->path.file, argv);
		error = errno;
		if (refused < 0 && found(&result->path, error)) {
			refused = at;
			result->error = error;
		}
		if (!try_next(error))
			break;
	}
	return refused;
}

static void
explain(char *program, int refused, struct spawn *result)
{
	path_begin(&result->path, program, search_list(), result->buffer);
	result->file = program;
	if (refused < 0) {
		result->step = SPAWN_NOT_FOUND;
		result->error = ENOENT;
		return;
	}
	while (path_next(&result->path) && refused-- > 0)
		continue;
	result->file = result->path.file;
	result->step =
	    result->error == ENOENT ? SPAWN_NO_LOADER : SPAWN_NOT_RUN;
}

/* Give up the terminal, so that another session may have it, if hale leads the
 * one that does.  The kernel then sends HUP and CONT to hale's group, which
 * nobody meant. */
static bool
release_terminal(void)
{
	bool hup = signals_pending(SIGHUP), cont = signals_pending(SIGCONT);

	if (getsid(0) != getpid() || ioctl(STDIN_FILENO, TIOCNOTTY) < 0)
		return false;
	if (!hup)
		signals_forget(SIGHUP);
	if (!cont)
		signals_forget(SIGCONT);
	return true;
}

/* A session with the terminal that was released for it. */
static int
lead_session(bool terminal, struct spawn *result)
{
	if (setsid() < 0)
		return -1;
	if (terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		result->terminal_error = errno;
	return 0;
}

static int
lead_group(enum spawn_kind kind, struct spawn *result)
{
	pid_t old_group = getpgrp();

	if (setpgid(0, 0) < 0)
		return -1;
	if (kind == SPAWN_GROUP)
		take_foreground(old_group, result);
	return 0;
}

/* Nothing to read, and what it says to whoever asks. */
static int
redirect(int output)
{
	(void)close(STDIN_FILENO);
	(void)open("/dev/null", O_RDWR); /* or it stays closed */
	return dup2(output, STDOUT_FILENO) < 0 ? -1
	                                       : dup2(output, STDERR_FILENO);
}

/* What the child does until it is PROGRAM. */
static _Noreturn void
become(char **argv, const struct signals *signals, enum spawn_kind kind,
       bool terminal, struct spawn *result)
{
	char *program = argv[0];

	if ((kind == SPAWN_SESSION ? lead_session(terminal, result)
	                           : lead_group(kind, result)) < 0 ||
	    (kind == SPAWN_PROBE && redirect(result->output) < 0) ||
	    signals_restore(signals) < 0) {
		result->step = SPAWN_NOT_ALONE;
		result->error = errno;
		_exit(125);
	}
	rename_listen_pid();
	explain(program, search(argv, result), result);
	_exit(result->step == SPAWN_NOT_FOUND ? 127 : 126);
}

void
spawn_give_back(pid_t program)
{
	/* SIGTTOU is blocked; and there may be no terminal any more. */
	if (foreground() == program)
		(void)set_foreground(getpgrp());
}

pid_t
spawn_program(char **argv, const struct signals *signals, enum spawn_kind kind,
              struct spawn *result)
{
	bool terminal = kind == SPAWN_SESSION && release_terminal();
	pid_t pid;

	result->step = SPAWN_STARTED;
	result->file = argv[0];
	result->terminal_error = 0;
	result->foreground = false;
	pid = vfork();
	if (pid == 0)
		become(argv, signals, kind, terminal, result);
	if (pid < 0) {
		result->step = SPAWN_NO_PROCESS;
		result->error = errno;
		return -1;
	}
	if (result->step == SPAWN_STARTED)
		return pid;
	(void)waitpid(pid, NULL, __WALL); /* it has said all in result */
	if (result->foreground)
		spawn_give_back(pid);
	return -1;
}

static void
close_all(int first, int last)
{
	if (syscall(SYS_close_range, first, last, 0U) == 0)
		return;
	for (; first <= last && first < DESCRIPTORS_MAX; first++)
		(void)close(first); /* most are not open */
}

void
spawn_close_inherited(const int keep[SPAWN_KEPT])
{
	int i, first = 3;

	for (i = 0; i < SPAWN_KEPT; i++) {
		if (keep[i] == 0)
			continue;
		close_all(first, keep[i] - 1);
		first = keep[i] + 1;
	}
	close_all(first, INT_MAX);
}
