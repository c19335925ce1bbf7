/* SPDX-License-Identifier: MIT */
/*
 * monitor: starts the attempts that are due, and passes on what they say.
 *
 * The one place where health, which decides, and probe, which asks, meet; both
 * the running hale and --check need it.  What a target that has become
 * unhealthy means for PROGRAM is for init.c to decide.
 */
#include "monitor.h"

#include <string.h>

#include "lib/text.h"

/* ------ What others may read ------ */

static int
kind_of(const struct monitor *m, int target)
{
	if (m->waiting)
		return STATUS_WAIT;
	return m->rules[target].readiness ? STATUS_READY : STATUS_HEALTH;
}

static void
write_target(struct monitor *m, int target)
{
	const struct health_target *h = &m->health.targets[target];
	struct status_target *s = &m->status->targets[target];

	s->kind = kind_of(m, target);
	s->state = (int)h->state;
	s->passed = h->passed;
	s->failed = h->failed;
	s->failures = h->failures;
	s->successes = h->successes;
	s->output_length = m->probes[target].output_length;
}

/* While hale waits for targets, PROGRAM is starting, whatever they say. */
static enum health_state
published_state(const struct monitor *m)
{
	return m->waiting && m->health.state != HEALTH_STOPPING
	           ? HEALTH_STARTING
	           : m->health.state;
}

/* Bring the status page up to date.  The caller has called status_begin. */
static void
write_status(struct monitor *m, long long now)
{
	struct status *s = m->status;
	int i;

	for (i = 0; i < m->health.count; i++)
		write_target(m, i);
	s->count = m->health.count;
	s->state = (int)published_state(m);
	s->since = m->health.since;
	s->transitions = m->health.transitions;
	s->program = m->context.program;
	s->messages_dropped = (long long)m->log->dropped_total;
	s->updated = now;
	s->next_update = monitor_next(m);
	status_end(s);
}

/* ------ Beginning ------ */

/* A target that is waited for is tried until it passes, and not again. */
static struct health_rule
waiting_rule(const struct health_rule *given)
{
	struct health_rule rule = *given;

	rule.start_interval_ms = given->interval_ms;
	rule.start_period_ms = HEALTH_NEVER;
	rule.interval_ms = HEALTH_NEVER;
	return rule;
}

static void
set_up_target(struct monitor *m, const struct options_target *given, int target,
              long long now)
{
	struct probe_setup setup = {.target = &given->target,
	                            .statuses = given->statuses,
	                            .timeout_ms = given->rule.timeout_ms,
	                            .ready_by =
	                                now + given->rule.start_period_ms};

	memcpy(setup.headers, given->headers, sizeof(setup.headers));
	probe_init(&m->probes[target], &setup, m->status->output[target]);
	m->rules[target] =
	    m->waiting ? waiting_rule(&given->rule) : given->rule;
	m->status->targets[target].reason[0] = '\0';
	m->status->targets[target].took_ms = 0;
	status_set_text(m->status, target, given->target.text);
}

void
monitor_begin(struct monitor *m, const struct options_target *targets,
              int count, bool waiting, long long now)
{
	int i;

	m->waiting = waiting;
	m->announced = false;
	m->requested = m->postponed = 0;
	status_begin(m->status);
	for (i = 0; i < count; i++)
		set_up_target(m, &targets[i], i, now);
	health_init(&m->health, m->rules, count, now);
	write_status(m, now);
}

/* ------ What an attempt says ------ */

/* The first target that is in this state, as --check names it, or target 0. */
static int
find_target(const struct monitor *m, enum health_state state)
{
	int i;

	for (i = 0; i < m->health.count; i++)
		if (m->health.targets[i].state == state)
			return i;
	return 0;
}

static void
log_state_change(struct monitor *m, enum health_state before,
                 long long lasted_ms)
{
	enum health_state state = m->health.state;
	const char *word = status_word((int)state);
	const struct probe *p = &m->probes[find_target(m, state)];
	bool first = before == HEALTH_STARTING && state == HEALTH_HEALTHY;

	if (state == HEALTH_UNHEALTHY || state == HEALTH_UNREADY)
		log_say(m->log, LOG_WARN, "{state:s}: {target:q}: {reason:s}",
		        word, p->setup.target->text, p->reason);
	else
		log_say(m->log, first ? LOG_INFO : LOG_WARN,
		        "{state:s} after {after_ms:t}", word, lasted_ms);
}

static void
change_state(struct monitor *m, enum health_state before, long long lasted_ms)
{
	if (m->waiting)
		return;
	if (m->published)
		status_publish(m->health.state);
	log_state_change(m, before, lasted_ms);
}

/* Say once that hale waits, so that whoever reads the log of a container that
 * does not start knows why. */
static void
announce_waiting(struct monitor *m, const struct probe *p)
{
	if (!m->waiting || m->announced)
		return;
	m->announced = true;
	log_say(m->log, LOG_WARN,
	        "waiting for {target:q}: {reason:s} (PROGRAM starts when every "
	        "--wait-for target has answered)",
	        p->setup.target->text, p->reason);
}

static bool
same_action(const struct health_action *a, const struct health_action *b)
{
	return a->kind == b->kind && a->signal == b->signal;
}

/* Request the target's --on-unhealthy action.  If several targets fail at the
 * same time and share an action, request it only once. */
static void
request_action(struct monitor *m, int target)
{
	int i;

	for (i = 0; i < m->health.count; i++)
		if (i != target &&
		    m->health.targets[i].state == HEALTH_UNHEALTHY &&
		    same_action(&m->rules[i].action, &m->rules[target].action))
			return;
	m->requested |= 1U << target;
}

static void
record_failure(struct monitor *m, int target)
{
	const struct probe *p = &m->probes[target];
	long long failures = m->health.targets[target].failures;

	memcpy(m->status->targets[target].reason, p->reason, sizeof(p->reason));
	log_say(m->log, LOG_INFO,
	        failures > 0 ? "{target:q}: {reason:s} ({failures:d} in a row)"
	                     : "{target:q}: {reason:s} (it does not count yet)",
	        p->setup.target->text, p->reason, failures);
	announce_waiting(m, p);
}

/* An attempt has ended, unless it is still pending. */
static void
take_result(struct monitor *m, int target, enum probe_result result,
            long long now)
{
	struct health_target *h = &m->health.targets[target];
	const struct probe *p = &m->probes[target];
	enum health_state before = m->health.state;
	long long since = m->health.since;
	enum health_outcome outcome;

	if (result == PROBE_CHANGED)
		health_set_due(&m->health, target, now);
	if (result == PROBE_PENDING || result == PROBE_CHANGED)
		return;
	m->status->targets[target].took_ms = now - h->began_at;
	if (p->setup.target->kind == TARGET_NOTIFY)
		health_note_stopping(&m->health, target, p->notify.stopping);
	outcome = health_judge(&m->health, target, result == PROBE_PASSED, now);
	if (outcome == HEALTH_IGNORED)
		return;
	if (result == PROBE_FAILED)
		record_failure(m, target);
	else if (h->state == HEALTH_HEALTHY)
		m->status->targets[target].reason[0] =
		    '\0'; /* it would mislead */
	if (m->health.state != before)
		change_state(m, before, now - since);
	if (outcome == HEALTH_CHANGED && h->state == HEALTH_UNHEALTHY)
		request_action(m, target);
}

/* ------ The work of a turn of the loop ------ */

static void
begin_attempt(struct monitor *m, int target, long long now)
{
	struct probe *p = &m->probes[target];

	/* The command of the last attempt was killed just now, and may be gone
	 * in a moment. */
	if (p->phase == PROBE_DYING && p->wake_at != HEALTH_NEVER) {
		m->postponed |= 1U << target;
		health_set_due(&m->health, target, p->wake_at);
		return;
	}
	m->postponed &= ~(1U << target);
	health_begin(&m->health, target, now);
	take_result(m, target, probe_begin(p, &m->context, now), now);
}

int
monitor_events(const struct monitor *m, struct pollfd fds[HEALTH_TARGETS_MAX])
{
	int i;

	for (i = 0; i < m->health.count; i++)
		fds[i] = probe_events(&m->probes[i]);
	return m->health.count;
}

long long
monitor_next(const struct monitor *m)
{
	long long next = health_next(&m->health);
	int i;

	for (i = 0; i < m->health.count; i++)
		if (m->probes[i].wake_at < next)
			next = m->probes[i].wake_at;
	return next;
}

void
monitor_step(struct monitor *m, const struct pollfd fds[HEALTH_TARGETS_MAX],
             long long now)
{
	int i;

	status_begin(m->status);
	for (i = 0; i < m->health.count; i++)
		if (fds[i].revents != 0 || m->probes[i].wake_at <= now)
			take_result(m, i,
			            probe_step(&m->probes[i], &m->context, now),
			            now);
	while ((i = health_expired(&m->health, now)) != HEALTH_NONE) {
		probe_expire(&m->probes[i], now);
		take_result(m, i, PROBE_FAILED, now);
	}
	while ((i = health_due(&m->health, now)) != HEALTH_NONE)
		begin_attempt(m, i, now);
	write_status(m, now);
}

bool
monitor_child_ended(struct monitor *m, pid_t pid, int status, long long now)
{
	int i;

	for (i = 0; i < m->health.count; i++) {
		struct probe *p = &m->probes[i];
		bool postponed = (m->postponed & 1U << i) != 0;

		if (p->pid != pid)
			continue;
		status_begin(m->status);
		take_result(m, i, probe_ended(p, status), now);
		if (postponed)
			health_set_due(&m->health, i, now);
		write_status(m, now);
		return true;
	}
	return false;
}

bool
monitor_take_action(struct monitor *m, struct health_action *action)
{
	int i;

	for (i = 0; i < m->health.count; i++) {
		if ((m->requested & 1U << i) == 0)
			continue;
		m->requested &= ~(1U << i);
		m->cause = i;
		*action = m->rules[i].action;
		return true;
	}
	return false;
}

bool
monitor_all_passed(const struct monitor *m)
{
	return m->health.state == HEALTH_HEALTHY;
}

void
monitor_drop(struct monitor *m, long long now)
{
	int i;

	for (i = 0; i < m->health.count; i++)
		probe_drop(&m->probes[i], now);
}

void
monitor_stop(struct monitor *m, long long now)
{
	status_begin(m->status);
	health_stop(&m->health, now);
	m->requested = 0;
	monitor_drop(m, now);
	if (m->published)
		status_publish(HEALTH_STOPPING);
	write_status(m, now);
}
