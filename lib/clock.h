/* SPDX-License-Identifier: MIT */
#ifndef HALE_CLOCK_H
#define HALE_CLOCK_H

/* Milliseconds on a clock that only goes forward, see clock_gettime(2),
 * CLOCK_MONOTONIC. */
long long clock_now(void);

/* Milliseconds since 1970, CLOCK_REALTIME. */
long long clock_today(void);

/* Milliseconds from now until then, as poll(2) takes them: 0 if it is past, and
 * some days at the most, so that the caller looks again. */
int clock_until(long long then, long long now);

enum { CLOCK_STAMP_SIZE = 25 }; /* of 2026-01-02T03:04:05.678Z and a NUL */

/* Write ms, as clock_today has it, as RFC 3339 does, in UTC. */
void clock_stamp(long long ms, char stamp[CLOCK_STAMP_SIZE]);

#endif
