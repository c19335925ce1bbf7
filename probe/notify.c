/* SPDX-License-Identifier: MIT */
/*
 * notify: what PROGRAM says of itself by sd_notify(3), and what that means.
 *
 * A message is lines of KEY=VALUE; what hale does not know is left alone.  A
 * hale that sees only long afterwards that WATCHDOG=1 is missing was paused
 * together with PROGRAM: then the wait for it begins anew.
 */
#include "probe/notify.h"

#include <string.h>

#include "health.h"

enum { LATE = 500 }; /* ms past the time: hale was paused, or held up */

const char *
notify_hear(struct notify *n, char *message, size_t length, long long now)
{
	const char *const trigger = "WATCHDOG=trigger";
	const char *line, *end = message + length, *status = NULL;

	message[length] = '\0';
	/* A NUL within may hide what others would read; C's own may be sent. */
	if (length - strlen(message) > 1)
		return NULL;
	while (message < end) {
		line = message;
		message += strcspn(message, "\n");
		*message++ = '\0';
		/* Some say that they are alive before they are ready. */
		if (strcmp(line, "READY=1") == 0 ||
		    ((n->heard != 0 || now >= n->start) &&
		     strcmp(line, "WATCHDOG=1") == 0)) {
			n->heard = now;
			n->reason = NULL;
		}
		if (strcmp(line, trigger) == 0)
			n->reason = trigger;
		if (strncmp(line, "STATUS=", 7) == 0)
			status = line + 7;
	}
	return status;
}

long long
notify_tick(struct notify *n, long long max_age, long long now)
{
	long long late = now - n->heard - max_age;

	if (n->reason != NULL || max_age <= 0)
		return HEALTH_NEVER;
	if (late >= 0) {
		if (late < LATE)
			n->reason = "no WATCHDOG=1 in time";
		n->heard = now;
	}
	return n->heard + max_age;
}
