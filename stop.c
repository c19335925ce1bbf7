/* SPDX-License-Identifier: MIT */
/*
 * stop: where the stop stands, and what is due next.
 *
 * Pure: (state, event, now) -> (state, action, next deadline).  With a drain,
 * the first stop signal is forwarded when the drain is over.  From then on one
 * grace period runs, for PROGRAM and for the processes that it leaves behind
 * together.  Without a grace period hale waits for PROGRAM, however long that
 * takes, and for nobody else.
 */
#include "stop.h"

/* KILL is sent again after this time, since a process that was just forking
 * when it came may have left a child that has not had it. */
enum { KILL_AGAIN_MS = 100 };

void
stop_init(struct stop *s, long long drain_ms, long long grace_ms)
{
	s->state = STOP_RUNNING;
	s->drain_ms = drain_ms;
	s->grace_ms = grace_ms;
	s->deadline = STOP_NEVER;
}

static enum stop_action
forward_now(struct stop *s, long long now)
{
	s->state = STOP_FORWARDED;
	s->deadline = s->grace_ms > 0 ? now + s->grace_ms : STOP_NEVER;
	return STOP_FORWARD;
}

enum stop_action
stop_signal(struct stop *s, long long now)
{
	switch (s->state) {
	case STOP_RUNNING:
		if (s->drain_ms == 0)
			return forward_now(s, now);
		s->state = STOP_DRAINING;
		s->deadline = now + s->drain_ms;
		return STOP_DRAIN;
	case STOP_DRAINING:
		return forward_now(s, now);
	default:
		return STOP_FORWARD; /* PROGRAM may count them */
	}
}

enum stop_action
stop_tick(struct stop *s, long long now)
{
	if (s->deadline == STOP_NEVER || now < s->deadline)
		return STOP_NOTHING;
	if (s->state == STOP_DRAINING)
		return forward_now(s, now);
	s->state = STOP_KILLING;
	s->deadline = now + KILL_AGAIN_MS;
	return STOP_KILL;
}

enum stop_action
stop_ended(struct stop *s, long long now)
{
	if (s->grace_ms == 0)
		return STOP_LEAVE;
	if (s->state == STOP_KILLING)
		return STOP_NOTHING;
	if (s->state != STOP_FORWARDED)
		s->deadline = now + s->grace_ms;
	s->state = STOP_TERMINATING;
	return STOP_TERMINATE;
}
