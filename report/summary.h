/* SPDX-License-Identifier: MIT */
#ifndef HALE_SUMMARY_H
#define HALE_SUMMARY_H

#include "lib/text.h"
#include "report/status.h"

/* The three questions that --check and --health-listen answer. */
enum summary_question { SUMMARY_READY, SUMMARY_LIVE, SUMMARY_STARTED };

/* Is the answer yes?  READY: healthy.  LIVE: not unhealthy.  STARTED: every
 * --health target has been healthy once, and none is unhealthy now; without
 * details (s->count is 0) as far as the state alone tells. */
bool summary_answer(const struct status *s, enum summary_question question);

/* The target that makes the state what it is, or NULL if no single one does:
 * while healthy or stopping, or without details. */
const struct status_target *summary_target(const struct status *s, int state);

/* Why a target has not passed: "connection refused". */
const char *summary_reason(const struct status_target *target);

/* Append one line: the state and, if it is not healthy, which target makes it
 * so and why.  If problem is not NULL it stands in place of both, as "STATE:
 * PROBLEM". */
void summary_line(struct text *t, int state, const struct status *s,
                  const char *problem);

#endif
