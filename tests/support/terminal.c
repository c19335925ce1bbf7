/* SPDX-License-Identifier: MIT */
/* terminal: a pseudoterminal for hale, with the test at its keys. */
#include "terminal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal
terminal_open(void)
{
	struct terminal t = {.background = false};

	t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(t.master, 0);
	cr_assert_eq(grantpt(t.master), 0);
	cr_assert_eq(unlockpt(t.master), 0);
	t.slave = open(ptsname(t.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(t.slave, 0);
	return t;
}

/* A process that has the foreground and does nothing; it becomes one of hale's
 * children. */
static void
take_foreground(int fd)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0 || setpgid(pid, pid) < 0 || tcsetpgrp(fd, pid) < 0)
		_exit(99);
}

void
terminal_attach(void *terminal)
{
	const struct terminal *t = terminal;

	if (setsid() < 0 || ioctl(t->slave, TIOCSCTTY, 0) < 0)
		_exit(99);
	if (t->background)
		take_foreground(t->slave);
}

void
terminal_type(const struct terminal *t, const char *keys)
{
	size_t length = strlen(keys);

	cr_assert_eq(write(t->master, keys, length), (ssize_t)length);
}
