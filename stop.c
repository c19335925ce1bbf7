/* SPDX-License-Identifier: MIT */
/*
 * stop: where the stop stands, and what is due next.
 *
 * Pure: (state, event, now) -> (state, action, next deadline).  The first stop
 * signal may be held back for the drain; once PROGRAM has it, the grace runs,
 * for PROGRAM and for all that it leaves behind together.  Without a grace hale
 * waits for PROGRAM, however long it takes, and for nobody else.
 */
#include "stop.h"

/* KILL is sent again this often, since whoever was forking as it came may have
 * left a child that has not had it. */
enum { AGAIN = 100 };

void
stop_init(struct stop *s, long long drain, long long grace)
{
	s->state = STOP_RUNNING;
	s->drain = drain;
	s->grace = grace;
	s->deadline = STOP_NEVER;
}

static enum stop_action
forward_now(struct stop *s, long long now)
{
	s->state = STOP_FORWARDED;
	s->deadline = s->grace > 0 ? now + s->grace : STOP_NEVER;
	return STOP_FORWARD;
}

enum stop_action
stop_signal(struct stop *s, long long now)
{
	switch (s->state) {
	case STOP_RUNNING:
		if (s->drain == 0)
			return forward_now(s, now);
		s->state = STOP_DRAINING;
		s->deadline = now + s->drain;
		return STOP_HOLD;
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
	s->deadline = now + AGAIN;
	return STOP_KILL;
}

enum stop_action
stop_ended(struct stop *s, long long now)
{
	if (s->grace == 0)
		return STOP_LEAVE;
	if (s->state == STOP_KILLING)
		return STOP_NOTHING;
	if (s->state != STOP_FORWARDED)
		s->deadline = now + s->grace;
	s->state = STOP_CLEARING;
	return STOP_TERM;
}
