/* SPDX-License-Identifier: MIT */
/*
 * stop: how long a container of many processes takes to end.
 *
 * What the kernel needs is what it takes after KILL to PID 1.  Beside it, in
 * the same rounds: TERM to an init whose processes end by it, and TERM to one
 * whose processes have it blocked and so get KILL when the grace is over; the
 * grace, which was to be waited for, is taken off.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "burst.h"
#include "parts.h"

enum { NS_PER_MS = 1000000 };

static const struct way {
	const char *metric;
	uint32_t verb;
	int signal;
	bool graced;
} ways[] = {
    {"kernel", ORDER_HOLD, SIGKILL, false},
    {"term", ORDER_HOLD_MEEK, SIGTERM, false},
    {"grace", ORDER_HOLD, SIGTERM, true},
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* The process itself is left for link_close(). */
static void
wait_for_end(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			lab_fail("waitid");
}

static void
stop(const struct lab_init *init, const struct way *way, char *program,
     uint32_t count, int64_t grace)
{
	struct burst burst;
	struct link link;
	int64_t took;

	link_open(&link, init, program);
	burst_load(&burst, &link, way->verb, count);
	took = -lab_now();
	if (kill(link.pid, way->signal) < 0)
		lab_fail("kill");
	wait_for_end(link.pid);
	took += lab_now() - (way->graced ? grace : 0);
	link_close(&link);
	lab_row(init->name, way->metric, (double)took);
}

void
part_stop(const struct lab *lab, char *const *options)
{
	uint32_t count = (uint32_t)lab_number(options[1]);
	int64_t grace = lab_number(options[2]) * NS_PER_MS;
	int round, i, way;

	for (round = 0; lab_more(lab, round); round++)
		for (i = 0; i < lab->count; i++)
			for (way = 0; way < WAYS; way++)
				stop(&lab->inits[i], &ways[way], options[0],
				     count, grace);
}
