/* SPDX-License-Identifier: MIT */
#ifndef HALE_CLOCK_H
#define HALE_CLOCK_H

#include "lib/text.h"

/* Milliseconds on a clock that only goes forward, see clock_gettime(2),
 * CLOCK_MONOTONIC. */
long long clock_now(void);

/* Milliseconds since 1970, CLOCK_REALTIME. */
long long clock_today(void);

/* Milliseconds from now until then, as poll(2) takes them: 0 if it is past, and
 * some days at the most, so that the caller looks again. */
int clock_until(long long then, long long now);

/* Append ms, as clock_today has it, as RFC 3339 does, in UTC:
 * "2026-01-02T03:04:05.678Z". */
void clock_stamp(struct text *t, long long ms);

#endif
