/* SPDX-License-Identifier: MIT */
#ifndef HALE_STOP_H
#define HALE_STOP_H

/* Times are milliseconds of one clock that only goes forward. */
enum { STOP_NEVER = -1 };

enum stop_state {
	STOP_RUNNING,   /* no stop is under way */
	STOP_DRAINING,  /* the stop signal is held back */
	STOP_FORWARDED, /* PROGRAM has it, and its grace runs */
	STOP_CLEARING,  /* PROGRAM has ended, what it left behind has not */
	STOP_KILLING,   /* the grace has run out */
};

/* What is to be done; init.c does it. */
enum stop_action {
	STOP_NOTHING,
	STOP_HOLD,    /* keep the signal that came */
	STOP_FORWARD, /* forward the signal: the one that was held, if any */
	STOP_TERM,    /* send TERM to all that is left */
	STOP_KILL,    /* send KILL to all that is left */
	STOP_LEAVE,   /* exit */
};

struct stop {
	enum stop_state state;
	long long drain, grace; /* milliseconds, 0 is none */
	long long deadline;     /* when something is due, or STOP_NEVER */
};

/* Begin, with no stop under way. */
void stop_init(struct stop *s, long long drain, long long grace);

/* A stop signal has come. */
enum stop_action stop_signal(struct stop *s, long long now);

/* Time has passed: what is due by now? */
enum stop_action stop_tick(struct stop *s, long long now);

/* PROGRAM has ended. */
enum stop_action stop_ended(struct stop *s, long long now);

#endif
