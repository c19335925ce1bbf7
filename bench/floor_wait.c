/* SPDX-License-Identifier: MIT */
/* The floor: start PROGRAM and wait.  The least that reaps zombies; it forwards
 * no signal and says nothing. */
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	pid_t program, ended;
	int status = 0;

	(void)argc;
	program = vfork();
	if (program == 0) {
		(void)execv(argv[1], argv + 1);
		_exit(127);
	}
	do
		ended = waitpid(-1, &status, 0);
	while (ended > 0 && ended != program);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
	                           : WEXITSTATUS(status);
}
