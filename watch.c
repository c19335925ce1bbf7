/* SPDX-License-Identifier: MIT */
/*
 * watch: starts the attempts that are due, and hands on what they say.
 *
 * The one place where health, which decides, and probe, which asks, meet: the
 * running hale and --check both need it.  What a turn to unhealthy means for
 * PROGRAM is for init.c.
 */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

enum { PAUSE = 100 }; /* ms between looks, where poll(2) cannot tell */

/* Descriptors 0 to 2 may have come closed; what is opened for a probe must not
 * be taken for one of them. */
static void
fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* The headers that are for all, and those for this target alone. */
static void
choose_headers(struct probe *p, const struct options *o, int target)
{
	int i, n = 0;

	for (i = 0; i < o->headers; i++)
		if (o->header[i].target == 0 ||
		    o->header[i].target == target + 1)
			p->headers[n++] = o->header[i].text;
}

static void
set_up(struct watch *w, const struct options *o, int target, long long now)
{
	struct probe *p = &w->probes[target];
	struct text t;

	p->target = &o->targets[target];
	p->statuses = o->statuses[target + 1];
	p->timeout = o->rules[target + 1].value[HEALTH_TIMEOUT];
	p->notify.start = now + o->rules[target + 1].value[HEALTH_START_PERIOD];
	p->fd = -1;
	p->output = w->status->output[target];
	choose_headers(p, o, target);
	text_init(&t, w->status->target[target].text, STATUS_TARGET_SIZE);
	text_escaped(&t, p->target->text, strlen(p->target->text));
}

/* Put all that others may know where they can read it. */
static void
publish(struct watch *w, long long now)
{
	struct status *s = w->status;
	int i;

	for (i = 0; i < w->health.count; i++)
		s->target[i].output = w->probes[i].length;
	s->health = w->health;
	s->updated = now;
	s->promise = watch_next(w);
	status_end(s);
}

/* Where others can read it; or where it was to be until now. */
static void
open_status(struct watch *w)
{
	struct status *s = status_open();

	if (s != NULL)
		w->status = s;
	else
		log_say(w->log, LOG_WARN,
		        "cannot publish the details of health: {error:e} "
		        "(the state alone can be seen)");
}

void
watch_begin(struct watch *w, const struct options *o, long long now)
{
	int i;

	fill_standard();
	if (w->publish)
		open_status(w); /* which others look for as descriptor 3 */
	status_begin(w->status);
	for (i = 0; i < o->count; i++)
		set_up(w, o, i, now);
	health_init(&w->health, o->rules + 1, o->count, now);
	publish(w, now);
}

int
watch_wait(const struct watch *w, struct pollfd fds[WATCH_ENTRIES], int fd,
           int wait)
{
	struct pollfd last = {.fd = fd, .events = POLLIN};
	int i, n = w->health.count, all = n + 1 + (w->listener != 0);
	int pause = wait < 0 || wait > PAUSE ? PAUSE : wait;

	for (i = 0; i < n; i++)
		fds[i] = probe_events(&w->probes[i]);
	fds[n] = last;
	fds[n + 1] = last;
	fds[n + 1].fd = w->listener;
	if (poll(fds, (nfds_t)all, fd < 0 ? pause : wait) >= 0)
		return 0;
	/* They are more than RLIMIT_NOFILE, or a filter refuses the call.  No
	 * step waits for anything, so take all for ready now and then. */
	for (i = 0; i < all; i++)
		fds[i].revents = fds[i].fd >= 0;
	return pause;
}

long long
watch_next(const struct watch *w)
{
	long long next = health_next(&w->health);
	int i;

	for (i = 0; i < w->health.count; i++)
		if (w->probes[i].wake < next)
			next = w->probes[i].wake;
	return next;
}

/* The state of all has changed, by what this target said.  What others may read
 * is not read again: before Linux 5.1 they may have written it. */
static void
turn(struct watch *w, const struct probe *p, long long lasted)
{
	int state = w->health.state;

	if (w->publish)
		status_publish((enum health_state)state);
	if (state == HEALTH_UNHEALTHY)
		log_say(w->log, LOG_WARN, "{state:s}: {target:q}: {reason:s}",
		        status_word(state), p->target->text, p->reason);
	else
		log_say(w->log, LOG_WARN, "{state:s} after {after_ms:t}",
		        status_word(state), lasted);
}

static int
action(const struct watch *w, int target)
{
	return (int)w->health.rules[target].value[HEALTH_ACTION];
}

/* A target has turned unhealthy and asks for its action, unless another that is
 * unhealthy has asked for the same. */
static void
ask(struct watch *w, int target)
{
	int i;

	for (i = 0; i < w->health.count; i++)
		if (i != target &&
		    w->health.watch[i].state == HEALTH_UNHEALTHY &&
		    action(w, i) == action(w, target))
			return;
	w->asked |= 1U << target;
}

/* An attempt has come to an end, if it is not still pending. */
static void
settle(struct watch *w, int target, enum probe_result result, long long now)
{
	struct health *h = &w->health;
	const struct health_watch *one = &h->watch[target];
	struct status_target *s = &w->status->target[target];
	const struct probe *p = &w->probes[target];
	long long since = h->since;
	int state = h->state, before = one->state;

	if (result == PROBE_NEWS)
		h->watch[target].due = now;
	if (result == PROBE_PENDING || result == PROBE_NEWS)
		return;
	s->took = now - one->began;
	if (health_judge(h, target, result == PROBE_PASSED, now) ==
	    HEALTH_IGNORED)
		return;
	if (result == PROBE_FAILED) {
		memcpy(s->reason, p->reason, sizeof(s->reason));
		log_say(w->log, LOG_INFO,
		        "{target:q}: {reason:s} ({failures:d} in a row)",
		        p->target->text, p->reason, (long long)one->failures);
	} else if (one->state == HEALTH_HEALTHY) {
		s->reason[0] = '\0'; /* it would mislead */
	}
	if (h->state != state)
		turn(w, p, now - since);
	if (one->state != before && one->state == HEALTH_UNHEALTHY)
		ask(w, target);
}

static void
begin(struct watch *w, int target, long long now)
{
	struct probe *p = &w->probes[target];

	/* It was killed just now, and may be gone in a moment. */
	if (p->phase == PROBE_DYING && p->wake != HEALTH_NEVER) {
		health_postpone(&w->health, target, p->wake);
		return;
	}
	health_begin(&w->health, target, now);
	settle(w, target, probe_begin(p, &w->tools, now), now);
}

void
watch_step(struct watch *w, const struct pollfd fds[HEALTH_MAX], long long now)
{
	int i;

	status_begin(w->status);
	for (i = 0; i < w->health.count; i++)
		if (fds[i].revents != 0 || w->probes[i].wake <= now)
			settle(w, i, probe_step(&w->probes[i], &w->tools, now),
			       now);
	while ((i = health_expired(&w->health, now)) != HEALTH_NONE) {
		probe_expire(&w->probes[i], now);
		settle(w, i, PROBE_FAILED, now);
	}
	while ((i = health_due(&w->health, now)) != HEALTH_NONE)
		begin(w, i, now);
	publish(w, now);
}

bool
watch_ended(struct watch *w, pid_t pid, int status, long long now)
{
	int i;

	for (i = 0; i < w->health.count; i++) {
		struct probe *p = &w->probes[i];
		long long postponed = p->wake;

		if (p->pid != pid)
			continue;
		status_begin(w->status);
		settle(w, i, probe_ended(p, &w->tools, status), now);
		if (w->health.watch[i].due == postponed)
			health_postpone(&w->health, i, now);
		publish(w, now);
		return true;
	}
	return false;
}

void
watch_stop(struct watch *w, long long now)
{
	int i;

	status_begin(w->status);
	health_stop(&w->health, now);
	w->asked = 0;
	for (i = 0; i < w->health.count; i++)
		probe_drop(&w->probes[i], now);
	if (w->publish)
		status_publish(HEALTH_STOPPING);
	publish(w, now);
}

int
watch_asked(struct watch *w)
{
	int i = 0;

	while ((w->asked & 1U << i) == 0)
		i++;
	w->asked ^= 1U << i;
	w->cause = i;
	return action(w, i);
}
