/* SPDX-License-Identifier: MIT */
/*
 * exec: runs the command of an exec: target.
 *
 * fork(2), not vfork(2): hale must never wait for a child that has not executed
 * its program yet, because that can take for ever.  Another process of the same
 * user can stop the child, hold a lease on the file, or serve it from a file
 * system that does not answer.  Whatever delays it is ended by the KILL at the
 * deadline.  If the child could not execute the command, it says why as the
 * command's output.
 *
 * The command leads a process group, which is killed at the deadline and also
 * after a normal end, so that nothing of it stays.
 */
#include "probe/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "lib/execute.h"
#include "lib/text.h"

enum {
	CHUNK_SIZE = 4096,
	REFUSAL_SIZE = 512, /* bytes of why a command cannot be executed */
};

const char exec_cannot_run[] = "cannot run ";

/* In the child: what the command finds when it starts.  0, or -1 and errno. */
static int
prepare_command(int output, const struct signals *signals)
{
	(void)close(STDIN_FILENO);
	(void)open("/dev/null", O_RDWR); /* or standard input stays closed */
	(void)fcntl(output, F_SETFL, 0); /* commands expect to block */
	if (setpgid(0, 0) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		return -1;
	return signals_restore(signals);
}

/* In the child: become the command, or say why not.  Every page that it touches
 * before execve(2) has to be copied, so the text is built only after it. */
static _Noreturn void
become_command(char **argv, char **environment, const struct signals *signals,
               int output)
{
	bool prepared = prepare_command(output, signals) == 0;
	char refusal[REFUSAL_SIZE];
	struct execute_error error;
	struct text t;

	if (prepared)
		execute_program(argv, environment, &error);
	text_init(&t, refusal, sizeof(refusal));
	text_string(&t, exec_cannot_run);
	if (prepared) {
		text_format(&t, "{file:s}: ", error.file);
		execute_reason(&t, &error);
	} else {
		text_format(&t, "{file:s}: {error:e}", argv[0]);
	}
	/* It fits into the pipe, which is empty. */
	(void)!write(output, refusal, t.length);
	_exit(EXEC_CANNOT_RUN);
}

/* The ends of the pipe do not block, so that no process can make hale wait, not
 * even one that reads from its own pipe. */
pid_t
exec_start(char **argv, char **environment, const struct signals *signals,
           int *output_fd)
{
	pid_t pid = execute_fork(output_fd);

	if (pid == 0)
		become_command(argv, environment, signals, *output_fd);
	return pid;
}

bool
exec_read(int output_fd, char *output, int *length, int size)
{
	char unwanted[CHUNK_SIZE];
	bool wanted = *length < size;
	ssize_t n;

	if (wanted)
		n = read(output_fd, output + *length, (size_t)(size - *length));
	else
		n = read(output_fd, unwanted, sizeof(unwanted));
	if (n < 0)
		return errno == EAGAIN;
	if (wanted)
		*length += (int)n;
	return n > 0;
}

void
exec_kill_group(pid_t pid)
{
	(void)kill(-pid, SIGKILL); /* there may be no process in it */
}

void
exec_kill(pid_t pid)
{
	/* The command first: if it does not lead its group yet, it has no
	 * children, and it may have left it. */
	(void)kill(pid, SIGKILL);
	exec_kill_group(pid);
}
