/* SPDX-License-Identifier: MIT */
#ifndef HALE_NOTIFY_H
#define HALE_NOTIFY_H

#include <stddef.h>

enum { NOTIFY_MAX = 4096 /* bytes of a message, as systemd has it */ };

/* What PROGRAM has said; times as health.h has them. */
struct notify {
	const char *reason; /* why it is not well, or NULL */
	long long heard;    /* the last sign of life, or 0 */
	long long start;    /* until then the first one has to be READY=1 */
};

/* Hear a message of so many bytes, behind which there is one to spare; it is
 * cut up.  The words of its STATUS, or NULL.  Modelled on sd_notify(3). */
const char *notify_hear(struct notify *n, char *message, size_t length,
                        long long now);

/* See whether a sign of life is missing, where there has to be one in max_age
 * ms if that is above 0.  When to look again, or HEALTH_NEVER. */
long long notify_tick(struct notify *n, long long max_age, long long now);

#endif
