/* SPDX-License-Identifier: MIT */
/*
 * notify: what PROGRAM says about itself by sd_notify(3), and what it means.
 *
 * A message is lines of KEY=VALUE, and hale ignores the keys that it does not
 * know; WATCHDOG_USEC= and EXTEND_TIMEOUT_USEC= are among them, because the
 * target has its own times.  If hale notices a missing WATCHDOG=1 only long
 * after it was due, hale was paused, and probably PROGRAM with it: the wait
 * then begins anew.
 */
#include "probe/notify.h"

#include <string.h>

#include "health.h"

enum { PAUSED_MS = 500 }; /* so late a look means that hale was paused */

/* Keys that only the manager of the service could act on, by their beginnings.
 * All but the first come with a descriptor, or are about one. */
static const char kept_back[][sizeof("BARRIER=")] = {
    "MAINPID", "FDSTORE", "FDNAME=", "FDPOLL=", "BARRIER=",
};

void
notify_init(struct notify *n, long long ready_by)
{
	*n = (struct notify){.reason = "no READY=1 yet", .ready_by = ready_by};
}

/* Is this a message as systemd takes it?  The NUL that ends a string in C may
 * be sent with it; any other could hide what stands behind it. */
static bool
is_message(const char *message, size_t length)
{
	return length > 0 && length <= NOTIFY_MAX &&
	       memchr(message, '\0', length - 1) == NULL;
}

/* PROGRAM has given a sign of life. */
static void
mark_alive(struct notify *n, long long now)
{
	n->heard_at = now;
	n->stopping = n->said_stopping;
	n->reason = n->stopping ? "PROGRAM is stopping" : NULL;
}

static void
mark_failed(struct notify *n, const char *reason)
{
	n->stopping = false;
	n->reason = reason;
}

static void
hear_line(struct notify *n, const char *line, long long now)
{
	if (strcmp(line, "READY=1") == 0) {
		n->said_stopping = false;
		mark_alive(n, now);
	} else if (strcmp(line, "STOPPING=1") == 0) {
		n->said_stopping = true;
		mark_alive(n, now);
	} else if (strcmp(line, "WATCHDOG=1") == 0) {
		/* Some programs send it before they are ready. */
		if (n->heard_at != 0 || now >= n->ready_by)
			mark_alive(n, now);
	} else if (strcmp(line, "WATCHDOG=trigger") == 0) {
		mark_failed(n, "WATCHDOG=trigger");
	}
}

const char *
notify_hear(struct notify *n, char *message, size_t length, long long now)
{
	const char *status = NULL;
	char *line, *next, *end = message + length;

	if (!is_message(message, length))
		return NULL;
	*end = '\0';
	for (line = message; line < end; line = next) {
		next = line + strcspn(line, "\n");
		*next++ = '\0';
		hear_line(n, line, now);
		if (strncmp(line, "STATUS=", strlen("STATUS=")) == 0)
			status = line + strlen("STATUS=");
	}
	return status;
}

long long
notify_tick(struct notify *n, long long max_age_ms, long long now)
{
	long long late_ms = now - n->heard_at - max_age_ms;
	bool failed = n->reason != NULL && !n->stopping;

	if (failed || max_age_ms <= 0)
		return HEALTH_NEVER;
	if (late_ms >= 0) {
		if (late_ms < PAUSED_MS)
			mark_failed(n, "no WATCHDOG=1 in time");
		n->heard_at = now;
	}
	return n->heard_at + max_age_ms;
}

static bool
is_kept_back(const char *line, size_t length)
{
	size_t i, n;

	for (i = 0; i < sizeof(kept_back) / sizeof(kept_back[0]); i++) {
		n = strlen(kept_back[i]);
		if (length >= n && memcmp(line, kept_back[i], n) == 0)
			return true;
	}
	return false;
}

size_t
notify_relay(const char *message, size_t length, char *out, size_t size)
{
	const char *line, *newline, *end = message + length;
	size_t n, copied = 0;

	if (!is_message(message, length) || size < length)
		return 0;
	for (line = message; line < end; line += n) {
		newline = memchr(line, '\n', (size_t)(end - line));
		n = (size_t)((newline != NULL ? newline + 1 : end) - line);
		if (is_kept_back(line, n))
			continue;
		memcpy(out + copied, line, n);
		copied += n;
	}
	return copied;
}
