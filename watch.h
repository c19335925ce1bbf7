/* SPDX-License-Identifier: MIT */
#ifndef HALE_WATCH_H
#define HALE_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "health.h"
#include "lib/log.h"
#include "cli/options.h"
#include "probe/probe.h"
#include "report/status.h"

enum { WATCH_ENTRIES = HEALTH_MAX + 2 /* that poll(2) gets */ };

/* All targets, the attempts at them, and where that is published. */
struct watch {
	struct probe_tools tools;
	struct log *log;
	struct status *status;
	int cause;      /* the target whose action was asked for last */
	unsigned asked; /* a bit for each whose action is still to be taken */
	bool publish;   /* the state is hale's name as well */
	int listener;   /* to be waited for as well, or 0 */
	struct health health;
	struct probe probes[HEALTH_MAX];
};

/* Begin to watch the targets of *o: all are due now.  The caller has set tools,
 * log, publish, and status to memory for the details, which stays unused if
 * they can be published. */
void watch_begin(struct watch *w, const struct options *o, long long now);

/* Sleep for wait milliseconds (-1: for ever) at most, until a target is ready
 * or fd, which comes behind them in fds and may be -1, or the listener, which
 * comes last.  0, or how long the caller has to wait for signals in its place,
 * since poll(2) fails. */
int watch_wait(const struct watch *w, struct pollfd fds[WATCH_ENTRIES], int fd,
               int wait);

/* When watch_step has something to do, even if no descriptor is ready: ms, as
 * clock_now has it, or HEALTH_NEVER. */
long long watch_next(const struct watch *w);

/* Do what can be done now. */
void watch_step(struct watch *w, const struct pollfd fds[HEALTH_MAX],
                long long now);

/* A child has ended, with this wait(2) status.  False if it was no probe's. */
bool watch_ended(struct watch *w, pid_t pid, int status, long long now);

/* The stop begins: no more probes. */
void watch_stop(struct watch *w, long long now);

/* While w->asked is not 0: an action that a turn to unhealthy asks for, once;
 * OPTIONS_REPORT is none. */
int watch_asked(struct watch *w);

#endif
