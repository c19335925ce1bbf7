/* SPDX-License-Identifier: MIT */
#ifndef HALE_HEALTH_H
#define HALE_HEALTH_H

#include <stdbool.h>

/* All times are milliseconds of a clock that only goes forward. */
enum { HEALTH_TARGETS_MAX = 8, HEALTH_NONE = -1 };
#define HEALTH_NEVER (1LL << 62)

/* Of one target, and of all together.  One target decides for all, in this
 * order: unhealthy before starting before unready before healthy. */
enum health_state {
	HEALTH_STARTING, /* it has not been healthy yet */
	HEALTH_HEALTHY,
	HEALTH_UNREADY,   /* only --ready targets fail */
	HEALTH_UNHEALTHY, /* a --health target fails */
	HEALTH_STOPPING,  /* a stop is under way and nothing is probed any more
	                   */
};

/* What is done when a target becomes unhealthy. */
struct health_action {
	enum { HEALTH_REPORT, HEALTH_STOP, HEALTH_SIGNAL } kind;
	int signal; /* for HEALTH_SIGNAL */
};

/* What a target is held to. */
struct health_rule {
	long long interval_ms; /* from the start of an attempt to the next */
	long long timeout_ms;  /* of one attempt */
	long long start_period_ms;   /* in which failures do not count */
	long long start_interval_ms; /* ... in the start period */
	int retries;                 /* failures in a row that count */
	int successes;  /* in a row, to be healthy again after a failure */
	bool readiness; /* a --ready target: it fails as HEALTH_UNREADY */
	struct health_action action;
};

/* What became of an attempt. */
enum health_outcome {
	HEALTH_IGNORED, /* hale noticed its end too late for it to count */
	HEALTH_COUNTED,
	HEALTH_CHANGED, /* it counted, and the target's state has changed */
};

/* Where one target stands. */
struct health_target {
	enum health_state state;
	long long due_at;   /* when the next attempt starts */
	long long began_at; /* the attempt under way, or HEALTH_NONE */
	long long passed;   /* attempts in all that passed */
	long long failed;   /* attempts in all that failed */
	int failures;       /* in a row, that count */
	int successes;      /* in a row */
	bool stopping; /* PROGRAM says that it stops: failing for that makes
	                  it unready, and at once */
};

struct health {
	const struct health_rule *rules; /* one for each target */
	int count;                       /* of targets */
	enum health_state state;         /* of all targets together */
	long long began_at;              /* when watching began */
	long long since;                 /* when state changed last */
	long long transitions;           /* how often state has changed */
	struct health_target targets[HEALTH_TARGETS_MAX];
};

/* Begin to watch count targets, the first attempt at each of which is due now.
 * rules must stay where they are. */
void health_init(struct health *h, const struct health_rule *rules, int count,
                 long long now);

/* A target whose next attempt is due, or HEALTH_NONE. */
int health_due(const struct health *h, long long now);

/* A target whose attempt has reached its deadline, or HEALTH_NONE. */
int health_expired(const struct health *h, long long now);

/* The attempt at a target starts now. */
void health_begin(struct health *h, int target, long long now);

/* The next attempt at a target starts at due_at, which may be now. */
void health_set_due(struct health *h, int target, long long due_at);

/* PROGRAM says that it is stopping (or no longer is): until this changes, a
 * failure of this target is no ill health. */
void health_note_stopping(struct health *h, int target, bool stopping);

/* The attempt at a target has passed or failed.  It does not count if hale
 * notices that long after the deadline, since it was paused then.  Modelled on
 * Docker's HEALTHCHECK and the kubelet's thresholds. */
enum health_outcome health_judge(struct health *h, int target, bool passed,
                                 long long now);

/* A stop has begun: nothing is due any more. */
void health_stop(struct health *h, long long now);

/* When health_due or health_expired has something next, or HEALTH_NEVER. */
long long health_next(const struct health *h);

#endif
