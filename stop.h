/* SPDX-License-Identifier: MIT */
#ifndef HALE_STOP_H
#define HALE_STOP_H

/* Times are milliseconds of one clock that only goes forward. */
enum { STOP_NEVER = -1 };

enum stop_state {
	STOP_RUNNING,     /* no stop is under way */
	STOP_DRAINING,    /* the stop signal waits for the end of the drain */
	STOP_FORWARDED,   /* PROGRAM has it, and the grace period runs */
	STOP_TERMINATING, /* PROGRAM has ended, the rest of the grace period is
	                     for the processes that remain */
	STOP_KILLING,     /* the grace period has expired */
};

/* What is to be done; init.c does it. */
enum stop_action {
	STOP_NOTHING,
	STOP_DRAIN,     /* keep the signal that has arrived */
	STOP_FORWARD,   /* forward it: the kept one at the end of a drain */
	STOP_TERMINATE, /* send TERM to the remaining processes */
	STOP_KILL,      /* send KILL to the remaining processes */
	STOP_LEAVE,     /* exit */
};

struct stop {
	enum stop_state state;
	long long drain_ms, grace_ms; /* 0 is none */
	long long deadline;           /* when something is due, or STOP_NEVER */
};

/* Begin, with no stop under way. */
void stop_init(struct stop *s, long long drain_ms, long long grace_ms);

/* A stop signal has arrived. */
enum stop_action stop_signal(struct stop *s, long long now);

/* Time has passed: what is due by now? */
enum stop_action stop_tick(struct stop *s, long long now);

/* PROGRAM has ended. */
enum stop_action stop_ended(struct stop *s, long long now);

#endif
