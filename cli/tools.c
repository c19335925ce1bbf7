/* SPDX-License-Identifier: MIT */
/*
 * tools: two commands for images that have nothing but hale.
 */
#include "cli/tools.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/replace.h"
#include "lib/text.h"

enum { PIECE = 1 << 20 }; /* bytes a call */

/* Would signal n, not handled, have ended sleep(1)? */
static bool
ends(int n)
{
	return n != SIGCHLD && n != SIGCONT && n != SIGURG && n != SIGWINCH &&
	       n != SIGTSTP && n != SIGTTIN && n != SIGTTOU;
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
		if (n > 0 && ends(n))
			return 128 + n;
	}
	return 0;
}

static int
copy(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, PIECE);
	while (n > 0);
	return n < 0 || fsync(to) < 0 ? -1 : 0;
}

int
tools_install(const char *path, const char **what)
{
	struct replace r;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), result = -1;

	*what = "read /proc/self/exe to install hale as";
	if (from < 0)
		return -1;
	*what = "install hale as";
	if (replace_begin(&r, path, 0755) == 0)
		result = replace_end(&r, copy(from, r.fd) == 0);
	(void)close(from); /* was only read */
	return result;
}
