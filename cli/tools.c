/* SPDX-License-Identifier: MIT */
/*
 * tools: two commands for images that have nothing but hale.
 *
 * --sleep is a sleep(1) for scripts and preStop hooks.  --install copies hale
 * from an init container into a volume; the copy appears whole or not at all,
 * so that another container can never run half of it.
 */
#include "cli/tools.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"

enum {
	CHUNK = 1 << 20, /* bytes that one call copies */
	PROGRAM_MODE = 0755,
	SIGNAL_EXIT_BASE = 128, /* as shells have it */
};

/* Would signal n have ended sleep(1), which handles none? */
static bool
ends_sleep(int n)
{
	switch (n) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return false;
	default:
		return true;
	}
}

int
tools_sleep(struct signals *signals, long long ms)
{
	long long now = clock_now(), end = now + ms;
	siginfo_t info;

	for (; now < end; now = clock_now()) {
		int n;

		signals_round(signals);
		n = signals_take(signals, end - now, &info);
		if (n > 0 && ends_sleep(n))
			return SIGNAL_EXIT_BASE + n;
	}
	return 0;
}

/* Copy all of one file to another, onto the disk. */
static int
copy_file(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, CHUNK);
	while (n > 0);
	return n < 0 || fsync(to) < 0 ? -1 : 0;
}

int
tools_install(const char *path, const char **what)
{
	struct file_replacement r;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), result = -1;

	*what = "read /proc/self/exe to install hale as";
	if (from < 0)
		return -1;
	*what = "install hale as";
	if (file_replace_begin(&r, path, PROGRAM_MODE) == 0)
		result = file_replace_end(&r, copy_file(from, r.fd) == 0);
	(void)close(from); /* it was only read */
	return result;
}
