/* SPDX-License-Identifier: MIT */
/*
 * verdict: how PROGRAM is, in one line, whoever asks.
 *
 * The texts of targets and reasons may come from somebody who is not hale: they
 * are escaped.
 */
#include "report/verdict.h"

#include <string.h>

const struct status_target *
verdict_culprit(const struct status *s, int state)
{
	int i;

	for (i = 0; i < s->health.count; i++)
		if (s->health.watch[i].state == state)
			return &s->target[i];
	return NULL;
}

static void
add_quoted(struct text *t, const char *s)
{
	text_string(t, ": ");
	text_escaped(t, s, strlen(s));
}

void
verdict_line(struct text *t, int state, const char *excuse,
             const struct status_target *target)
{
	text_string(t, status_word(state));
	if (excuse != NULL) {
		add_quoted(t, excuse);
	} else if (target != NULL && state != HEALTH_HEALTHY) {
		add_quoted(t, target->text);
		add_quoted(t, target->reason[0] != '\0' ? target->reason
		                                        : "no answer yet");
	}
	text_string(t, "\n");
}
