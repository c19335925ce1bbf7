/* SPDX-License-Identifier: MIT */
/*
 * sweep: reaches what PROGRAM leaves behind.
 *
 * PID 1 has the kernel's own word for it, which no fork can slip through.  A
 * subreaper has only its list of children; what they leave behind becomes its
 * child in turn, so whoever wants all of them sweeps again until none is left.
 */
#include "sweep.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* Signal each pid of a list that is read in pieces. */
static bool
send_listed(int fd, pid_t group, int n)
{
	char piece[256];
	bool reached = false;
	pid_t pid = 0;
	ssize_t got, i;

	while ((got = read(fd, piece, sizeof(piece))) > 0)
		for (i = 0; i < got; i++) {
			if (piece[i] >= '0' && piece[i] <= '9') {
				pid = pid * 10 + (piece[i] - '0');
				continue;
			}
			/* Who is in the group has had it. */
			if (pid > 0 && (group <= 0 || getpgid(pid) != group) &&
			    kill(pid, n) == 0)
				reached = true;
			pid = 0;
		}
	return reached;
}

bool
sweep_send(bool first_process, pid_t group, int n)
{
	bool reached = false;
	int fd;

	if (first_process)
		return kill(-1, n) == 0;
	if (group > 0 && kill(-group, n) == 0)
		reached = true;
	fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return reached;
	if (send_listed(fd, group, n))
		reached = true;
	close(fd);
	return reached;
}
