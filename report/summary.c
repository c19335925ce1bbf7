/* SPDX-License-Identifier: MIT */
/*
 * summary: answers whether PROGRAM is ready, alive and started, in a yes or no
 * and in one line that says why.
 *
 * --check and --health-listen give the same answers, so both ask here.  The
 * texts of targets and reasons may come from somebody who is not hale, so they
 * are escaped and read no further than they are shown.
 */
#include "report/summary.h"

/* A target whose state is stopping was either healthy before the stop or not;
 * the attempts that passed tell. */
static bool
target_has_started(const struct status_target *target)
{
	switch (target->kind) {
	case STATUS_READY:
		return true; /* it has no part in the start */
	case STATUS_WAIT:
		return false; /* PROGRAM does not run yet */
	default:
		return target->state == HEALTH_HEALTHY ||
		       (target->state == HEALTH_STOPPING && target->passed > 0);
	}
}

static bool
has_started(const struct status *s)
{
	int i;

	if (status_count(s) == 0)
		return s->state == HEALTH_HEALTHY || s->state == HEALTH_UNREADY;
	for (i = 0; i < status_count(s); i++)
		if (!target_has_started(&s->targets[i]))
			return false;
	return true;
}

bool
summary_answer(const struct status *s, enum summary_question question)
{
	switch (question) {
	case SUMMARY_LIVE:
		return s->state != HEALTH_UNHEALTHY;
	case SUMMARY_STARTED:
		return s->state != HEALTH_UNHEALTHY && has_started(s);
	default:
		return s->state == HEALTH_HEALTHY;
	}
}

const struct status_target *
summary_target(const struct status *s, int state)
{
	int i;

	if (state == HEALTH_HEALTHY || state == HEALTH_STOPPING)
		return NULL;
	for (i = 0; i < status_count(s); i++)
		if (s->targets[i].state == state)
			return &s->targets[i];
	return NULL;
}

const char *
summary_reason(const struct status_target *target)
{
	return target->reason[0] != '\0' ? target->reason : "no answer yet";
}

void
summary_line(struct text *t, int state, const struct status *s,
             const char *problem)
{
	const struct status_target *target = summary_target(s, state);

	text_string(t, status_word(state));
	if (problem != NULL)
		text_format(t, ": {problem:s}", problem);
	else if (target != NULL)
		text_format(t, ": {what:s}{target:q}: {reason:q}",
		            target->kind == STATUS_WAIT ? "waiting for " : "",
		            target->text, summary_reason(target));
	text_string(t, "\n");
}
