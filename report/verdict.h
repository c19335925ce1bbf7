/* SPDX-License-Identifier: MIT */
#ifndef HALE_VERDICT_H
#define HALE_VERDICT_H

#include "report/status.h"
#include "lib/text.h"

/* The target that makes the state (enum health_state) what it is, or NULL. */
const struct status_target *verdict_culprit(const struct status *s, int state);

/* Append the state, and if it is not healthy why: the excuse, or else what the
 * target, which may be NULL, said last; and end the line. */
void verdict_line(struct text *t, int state, const char *excuse,
                  const struct status_target *target);

#endif
