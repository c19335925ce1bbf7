/* SPDX-License-Identifier: MIT */
#ifndef HALE_MONITOR_H
#define HALE_MONITOR_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/options.h"
#include "health.h"
#include "lib/log.h"
#include "probe/probe.h"
#include "report/status.h"

/* Targets that are watched together, and the attempts at them. */
struct monitor {
	/* The caller's, set before monitor_begin. */
	struct probe_context context;
	struct log *log;
	struct status *status; /* where all is written for others to read */
	bool published;        /* ... who can read it, and hale's name too */

	/* The monitor's own. */
	bool waiting;       /* for --wait-for targets, before PROGRAM */
	bool announced;     /* it was said that hale waits */
	unsigned requested; /* a bit for each target whose action is due */
	unsigned postponed; /* ... whose attempt waits for the last command */
	int cause;          /* the target whose action was taken last */
	struct health health;
	struct health_rule rules[HEALTH_TARGETS_MAX];
	struct probe probes[HEALTH_TARGETS_MAX];
};

/* Begin to watch the count targets, each of which is due now.  With waiting,
 * each is tried until it has passed once, and the published state stays
 * starting. */
void monitor_begin(struct monitor *m, const struct options_target *targets,
                   int count, bool waiting, long long now);

/* Put what each target waits for into fds; returns how many, one a target. */
int monitor_events(const struct monitor *m,
                   struct pollfd fds[HEALTH_TARGETS_MAX]);

/* When monitor_step has something to do even if no descriptor is ready (ms, as
 * clock_now has it), or HEALTH_NEVER. */
long long monitor_next(const struct monitor *m);

/* Do what can be done now: read what is ready, expire what is late, start what
 * is due. */
void monitor_step(struct monitor *m,
                  const struct pollfd fds[HEALTH_TARGETS_MAX], long long now);

/* A child has ended, with this wait(2) status.  False if it was no probe's. */
bool monitor_child_ended(struct monitor *m, pid_t pid, int status,
                         long long now);

/* The action that a target which became unhealthy asks for, each once.  False
 * if there is none (any more). */
bool monitor_take_action(struct monitor *m, struct health_action *action);

/* Has each target passed once? */
bool monitor_all_passed(const struct monitor *m);

/* A stop begins: no more probes. */
void monitor_stop(struct monitor *m, long long now);

/* End all attempts, without a result. */
void monitor_drop(struct monitor *m, long long now);

#endif
