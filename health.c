/* SPDX-License-Identifier: MIT */
/*
 * health: what is due, what an attempt said, and so how PROGRAM is.
 *
 * Pure: times come in as numbers, and nothing is probed or sent here.  All
 * targets must be healthy, so the worst of them is the state of all.  A hale
 * that was paused together with its servers sees an attempt's end long after
 * its deadline: that says nothing about the server, so it is thrown away and
 * made again, once.
 */
#include "health.h"

enum { LATE = 500 }; /* ms past the deadline: hale was paused, or held up */

void
health_init(struct health *h, const struct health_rule *rules, int count,
            long long now)
{
	int i;

	h->rules = rules;
	h->count = count;
	h->state = HEALTH_STARTING;
	h->began = h->since = now;
	for (i = 0; i < count; i++) {
		struct health_watch new = {.due = now, .began = HEALTH_NONE};

		h->watch[i] = new;
	}
}

static const long long *
rule(const struct health *h, int target)
{
	return h->rules[target].value;
}

static bool
under_way(const struct health_watch *w)
{
	return w->began >= 0;
}

/* When something happens to a target next. */
static long long
moment(const struct health *h, int target)
{
	const struct health_watch *w = &h->watch[target];

	if (h->state == HEALTH_STOPPING)
		return HEALTH_NEVER;
	return under_way(w) ? w->began + rule(h, target)[HEALTH_TIMEOUT]
	                    : w->due;
}

/* Not twice in line, where it is all that its callers do. */
static int
find(const struct health *h, bool running, long long now)
{
	int i;

	for (i = 0; i < h->count; i++)
		if (under_way(&h->watch[i]) == running && moment(h, i) <= now)
			return i;
	return HEALTH_NONE;
}

int
health_due(const struct health *h, long long now)
{
	return find(h, false, now);
}

int
health_expired(const struct health *h, long long now)
{
	return find(h, true, now);
}

void
health_begin(struct health *h, int target, long long now)
{
	h->watch[target].began = now;
}

void
health_postpone(struct health *h, int target, long long due)
{
	h->watch[target].due = due;
}

/* Unhealthy if one is, else starting if one is. */
static void
sum_up(struct health *h, long long now)
{
	int i, state = HEALTH_HEALTHY;

	for (i = 0; i < h->count; i++) {
		int one = h->watch[i].state;

		if (one == HEALTH_UNHEALTHY || state == HEALTH_HEALTHY)
			state = one;
	}
	if (state != h->state)
		h->since = now;
	h->state = state;
}

enum health_verdict
health_judge(struct health *h, int target, bool passed, long long now)
{
	struct health_watch *w = &h->watch[target];
	const long long *value = rule(h, target);
	/* Nothing has been healthy yet, and need not be. */
	bool start = w->state == HEALTH_STARTING &&
	             now - h->began < value[HEALTH_START_PERIOD];
	bool late = now > moment(h, target) + LATE;
	int before = w->state;

	w->due =
	    w->began +
	    value[start && !passed ? HEALTH_START_INTERVAL : HEALTH_INTERVAL];
	w->began = HEALTH_NONE;
	if (late) {
		w->due = now;
		return HEALTH_IGNORED;
	}
	w->attempts++;
	if (passed) {
		w->failures = 0;
		w->successes++;
		if (before != HEALTH_UNHEALTHY ||
		    w->successes >= value[HEALTH_SUCCESSES])
			w->state = HEALTH_HEALTHY;
	} else {
		w->successes = 0;
		if (!start && ++w->failures >= value[HEALTH_RETRIES])
			w->state = HEALTH_UNHEALTHY;
	}
	sum_up(h, now);
	return w->state != before ? HEALTH_TURNED : HEALTH_COUNTED;
}

void
health_stop(struct health *h, long long now)
{
	h->state = HEALTH_STOPPING;
	h->since = now;
}

long long
health_next(const struct health *h)
{
	long long next = HEALTH_NEVER;
	int i;

	for (i = 0; i < h->count; i++)
		if (moment(h, i) < next)
			next = moment(h, i);
	return next;
}
