/* SPDX-License-Identifier: MIT */
/*
 * hale: starts the hale that is soaked, as a container would.
 */
#include "hale.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "board.h"

static _Noreturn void
give_up(const char *what)
{
	perror(what);
	_exit(99);
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		give_up(path);
	close(fd);
}

static void
map_user(uid_t uid, gid_t gid)
{
	char map[64];

	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	put("/proc/self/gid_map", map);
}

static _Noreturn void
become(char **argv, int messages, int board)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV, NULL) < 0)
		give_up("soak: namespace");
	if (dup2(messages, STDERR_FILENO) < 0 ||
	    (board != BOARD_FD && dup2(board, BOARD_FD) < 0))
		give_up("soak: descriptors");
	execv(argv[0], argv);
	give_up(argv[0]);
}

pid_t
hale_start(char **argv, int messages, int board)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int flags = CLONE_NEWPID | CLONE_NEWNS | SIGCHLD |
	            (uid != 0 ? CLONE_NEWUSER : 0);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, 0, NULL, NULL, 0);

	if (pid == 0 && uid != 0)
		map_user(uid, gid);
	if (pid == 0)
		become(argv, messages, board);
	if (pid < 0)
		perror("soak: clone");
	return pid;
}
