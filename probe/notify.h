/* SPDX-License-Identifier: MIT */
#ifndef HALE_NOTIFY_H
#define HALE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

enum { NOTIFY_MAX = 4096 }; /* bytes of a message, as in systemd */

/* What PROGRAM has said.  Times are milliseconds, as in health.h. */
struct notify {
	const char *reason; /* why PROGRAM is not healthy, or NULL */
	bool stopping;      /* the reason is STOPPING=1 and nothing worse: the
	                       target is unready, not unhealthy */
	bool said_stopping; /* STOPPING=1 came after the last READY=1 */
	long long heard_at; /* the last sign of life, or 0 */
	long long ready_by; /* until then, the first one must be READY=1 */
};

/* Begin: nothing has been said, and the reason is that READY=1 is missing. */
void notify_init(struct notify *n, long long ready_by);

/* Take in a message of length bytes; message has room for one byte more and is
 * cut into lines.  An empty message, one above NOTIFY_MAX bytes and one with a
 * NUL inside are ignored whole.  Returns the text of its STATUS= (inside
 * message), or NULL.  Modelled on sd_notify(3). */
const char *notify_hear(struct notify *n, char *message, size_t length,
                        long long now);

/* See whether WATCHDOG=1 is missing, which is due every max_age_ms if that is
 * above 0.  Returns when to look again, or HEALTH_NEVER. */
long long notify_tick(struct notify *n, long long max_age_ms, long long now);

/* Copy a message to out, which holds size bytes, without the lines that only
 * hale could mean or that come with a descriptor: MAINPID, FDSTORE, FDNAME,
 * FDPOLL and BARRIER.  Call it before notify_hear.  Returns the bytes to pass
 * on to an outer NOTIFY_SOCKET, or 0 if there are none, the message would be
 * ignored by notify_hear, or out is too small. */
size_t notify_relay(const char *message, size_t length, char *out, size_t size);

#endif
