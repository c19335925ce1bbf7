/* SPDX-License-Identifier: MIT */
/*
 * health: which target is due, what an attempt amounts to, and the state of
 * all.
 *
 * Pure: times come in as numbers, and nothing is probed or signalled here. When
 * hale was paused together with its servers, it notices the end of an attempt
 * long after the deadline.  That says nothing about the server, so the attempt
 * is ignored and made again at once.
 */
#include "health.h"

/* So long after its deadline an attempt's end says that hale was paused. */
enum { LATE_MS = 500 };

void
health_init(struct health *h, const struct health_rule *rules, int count,
            long long now)
{
	int i;

	*h = (struct health){.rules = rules,
	                     .count = count,
	                     .state = HEALTH_STARTING,
	                     .began_at = now,
	                     .since = now};
	for (i = 0; i < count; i++)
		h->targets[i] = (struct health_target){.state = HEALTH_STARTING,
		                                       .due_at = now,
		                                       .began_at = HEALTH_NONE};
}

static bool
is_under_way(const struct health_target *t)
{
	return t->began_at != HEALTH_NONE;
}

static long long
deadline(const struct health *h, int target)
{
	return h->targets[target].began_at + h->rules[target].timeout_ms;
}

/* ------ What is next ------ */

int
health_due(const struct health *h, long long now)
{
	int i;

	if (h->state == HEALTH_STOPPING)
		return HEALTH_NONE;
	for (i = 0; i < h->count; i++)
		if (!is_under_way(&h->targets[i]) &&
		    h->targets[i].due_at <= now)
			return i;
	return HEALTH_NONE;
}

int
health_expired(const struct health *h, long long now)
{
	int i;

	if (h->state == HEALTH_STOPPING)
		return HEALTH_NONE;
	for (i = 0; i < h->count; i++)
		if (is_under_way(&h->targets[i]) && deadline(h, i) <= now)
			return i;
	return HEALTH_NONE;
}

long long
health_next(const struct health *h)
{
	long long next = HEALTH_NEVER;
	int i;

	if (h->state == HEALTH_STOPPING)
		return HEALTH_NEVER;
	for (i = 0; i < h->count; i++) {
		long long at = is_under_way(&h->targets[i])
		                   ? deadline(h, i)
		                   : h->targets[i].due_at;

		if (at < next)
			next = at;
	}
	return next;
}

/* ------ What has happened ------ */

void
health_begin(struct health *h, int target, long long now)
{
	h->targets[target].began_at = now;
}

void
health_set_due(struct health *h, int target, long long due_at)
{
	h->targets[target].due_at = due_at;
}

void
health_note_stopping(struct health *h, int target, bool stopping)
{
	h->targets[target].stopping = stopping;
}

static bool
any_target_is(const struct health *h, enum health_state state)
{
	int i;

	for (i = 0; i < h->count; i++)
		if (h->targets[i].state == state)
			return true;
	return false;
}

static void
set_state(struct health *h, enum health_state state, long long now)
{
	if (state == h->state)
		return;
	h->state = state;
	h->since = now;
	h->transitions++;
}

static void
combine_states(struct health *h, long long now)
{
	enum health_state state = HEALTH_HEALTHY;

	if (any_target_is(h, HEALTH_UNHEALTHY))
		state = HEALTH_UNHEALTHY;
	else if (any_target_is(h, HEALTH_STARTING))
		state = HEALTH_STARTING;
	else if (any_target_is(h, HEALTH_UNREADY))
		state = HEALTH_UNREADY;
	set_state(h, state, now);
}

/* Is the target in its start period, in which it need not be healthy yet? */
static bool
is_in_start_period(const struct health *h, int target, long long now)
{
	return h->targets[target].state == HEALTH_STARTING &&
	       now - h->began_at < h->rules[target].start_period_ms;
}

static void
count_success(struct health_target *t, const struct health_rule *rule)
{
	t->passed++;
	t->failures = 0;
	t->successes++;
	/* The first success is enough; after a failure it takes more. */
	if (t->state == HEALTH_STARTING || t->successes >= rule->successes)
		t->state = HEALTH_HEALTHY;
}

static void
count_failure(struct health_target *t, const struct health_rule *rule,
              bool in_start_period)
{
	t->failed++;
	t->successes = 0;
	if (t->stopping) {
		t->state = HEALTH_UNREADY;
		return;
	}
	if (in_start_period)
		return;
	t->failures++;
	if (t->failures >= rule->retries)
		t->state = rule->readiness ? HEALTH_UNREADY : HEALTH_UNHEALTHY;
}

enum health_outcome
health_judge(struct health *h, int target, bool passed, long long now)
{
	struct health_target *t = &h->targets[target];
	const struct health_rule *rule = &h->rules[target];
	bool late = now > deadline(h, target) + LATE_MS;
	bool in_start_period = is_in_start_period(h, target, now);
	enum health_state before = t->state;
	long long interval_ms = in_start_period && !passed
	                            ? rule->start_interval_ms
	                            : rule->interval_ms;

	t->due_at = t->began_at + interval_ms;
	t->began_at = HEALTH_NONE;
	if (late) {
		t->due_at = now;
		return HEALTH_IGNORED;
	}
	if (passed)
		count_success(t, rule);
	else
		count_failure(t, rule, in_start_period);
	combine_states(h, now);
	return t->state != before ? HEALTH_CHANGED : HEALTH_COUNTED;
}

void
health_stop(struct health *h, long long now)
{
	set_state(h, HEALTH_STOPPING, now);
}
