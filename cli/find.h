/* SPDX-License-Identifier: MIT */
#ifndef HALE_FIND_H
#define HALE_FIND_H

#include <stdbool.h>
#include <sys/types.h>

#include "report/status.h"

/* What was found out about the hale process of this container. */
struct found {
	pid_t pid;           /* 0 if there is none */
	const char *problem; /* why the state is unhealthy, or NULL */
};

/* Find the hale process of this container and read what it publishes into *s,
 * the outputs only if all is set.  It is PID 1, or else the one that shares the
 * caller's mount namespace.  s->state is always set; without details, which
 * another user may not read, s->count is 0.  If there is no hale process, or it
 * does not update its page any more, the state is unhealthy and f->problem says
 * so.  Takes a second at the most. */
void find_state(struct found *f, struct status *s, bool all);

#endif
