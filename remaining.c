/* SPDX-License-Identifier: MIT */
/*
 * remaining: signals the processes that PROGRAM leaves behind.
 *
 * PID 1 has kill(-1), which no fork can slip through.  A subreaper has only its
 * list of children.  What they leave behind becomes its child in turn, so that
 * whoever wants all of them repeats this until none is left.
 */
#include "remaining.h"

#include <signal.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/numbers.h"

/* Signal a process unless it is in the group.  Was it reached? */
static bool
signal_unless_in(pid_t group, pid_t pid, int n)
{
	if (pid <= 1 || (group > 0 && getpgid(pid) == group))
		return false;
	return kill(pid, n) == 0;
}

/* Signal hale's children but for those in the group, by the kernel's list: pids
 * with a blank behind each, read in chunks.  In an image without /proc it may
 * be a FIFO of PROGRAM's, which file_open refuses: it might never end. */
static bool
signal_children(pid_t group, int n)
{
	int fd = file_open("/proc/thread-self/children");
	char chunk[256];
	bool reached = false;
	pid_t pid = 0;
	ssize_t length, i;

	while (fd >= 0 && (length = read(fd, chunk, sizeof(chunk))) > 0)
		for (i = 0; i < length; i++) {
			if (chunk[i] >= '0' && chunk[i] <= '9') {
				pid = pid * 10 + (chunk[i] - '0');
				continue;
			}
			if (signal_unless_in(group, pid, n))
				reached = true;
			pid = 0;
		}
	if (fd >= 0)
		close(fd);
	return reached;
}

bool
remaining_signal(bool is_pid1, pid_t group, int n)
{
	bool reached;

	if (is_pid1)
		return kill(-1, n) == 0;
	reached = group > 0 && kill(-group, n) == 0;
	return signal_children(group, n) || reached;
}

bool
remaining_signal_others(bool is_pid1, pid_t group, int n)
{
	struct numbers processes;
	bool reached = false;
	int pid;

	if (!is_pid1)
		return signal_children(group, n);
	if (numbers_open(&processes, "/proc") < 0)
		return kill(-1, n) == 0; /* a second signal beats none */
	while ((pid = numbers_next(&processes)) >= 0)
		if (signal_unless_in(group, pid, n))
			reached = true;
	numbers_close(&processes);
	return reached;
}
