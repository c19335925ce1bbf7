/* SPDX-License-Identifier: MIT */
#ifndef HALE_HEALTH_H
#define HALE_HEALTH_H

#include <stdbool.h>

/* Times are milliseconds of one clock that only goes forward. */
enum { HEALTH_MAX = 8 /* targets */, HEALTH_NONE = -1 };
#define HEALTH_NEVER (1LL << 62)

enum health_state {
	HEALTH_STARTING, /* nothing has been healthy yet */
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
	HEALTH_STOPPING, /* the stop has begun, nothing is probed any more */
};

/* What a target is held to: milliseconds, numbers of attempts in a row, and
 * what init.c does at the turn to unhealthy. */
enum health_value {
	HEALTH_INTERVAL, /* from start to start */
	HEALTH_TIMEOUT,
	HEALTH_RETRIES,
	HEALTH_SUCCESSES,
	HEALTH_START_PERIOD,
	HEALTH_START_INTERVAL,
	HEALTH_ACTION,
	HEALTH_VALUES
};

struct health_rule {
	long long value[HEALTH_VALUES];
};

/* What became of an attempt. */
enum health_verdict {
	HEALTH_IGNORED, /* it was seen too late to count */
	HEALTH_COUNTED,
	HEALTH_TURNED, /* the target is healthy or unhealthy from now on */
};

/* Where one target stands. */
struct health_watch {
	long long due;      /* when the next attempt starts */
	long long began;    /* the attempt under way, or HEALTH_NONE */
	long long attempts; /* that were counted */
	int state;          /* enum health_state */
	int failures;       /* in a row, that count */
	int successes;      /* in a row */
};

struct health {
	const struct health_rule *rules; /* one a target */
	long long began, since;          /* the watch; the state */
	int state;                       /* of all: enum health_state */
	int count;                       /* targets */
	struct health_watch watch[HEALTH_MAX];
};

/* Begin to watch count targets, all due now. */
void health_init(struct health *h, const struct health_rule *rules, int count,
                 long long now);

/* A target whose next attempt is due, or HEALTH_NONE. */
int health_due(const struct health *h, long long now);

/* A target whose attempt has had its time, or HEALTH_NONE. */
int health_expired(const struct health *h, long long now);

/* The attempt at a target starts now. */
void health_begin(struct health *h, int target, long long now);

/* The next attempt at a target starts then. */
void health_postpone(struct health *h, int target, long long due);

/* The attempt at a target has passed or failed; it does not count if hale has
 * seen so too late, having been paused.  Modelled on Docker's HEALTHCHECK and
 * the kubelet's thresholds. */
enum health_verdict health_judge(struct health *h, int target, bool passed,
                                 long long now);

/* The stop has begun. */
void health_stop(struct health *h, long long now);

/* When health_due or health_expired have something next, or HEALTH_NEVER. */
long long health_next(const struct health *h);

#endif
