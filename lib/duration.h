/* SPDX-License-Identifier: MIT */
#ifndef HALE_DURATION_H
#define HALE_DURATION_H

/* The longest duration, in milliseconds: a hundred years, so that a deadline
 * can be added up without overflow. */
#define DURATION_MAX (100LL * 365 * 24 * 3600 * 1000)

/*
 * The milliseconds of s, or -1 if it is no duration: "500ms", "10s", "1m30s",
 * "2h", or a bare number, which is seconds.  Each number may have decimals,
 * with digits on both sides of the point: "0.5", "1.5s".  Fractions of a
 * millisecond are rounded up.  Modelled on Go's time.ParseDuration, but each
 * unit may stand only once, and the larger ones first.
 */
long long duration_parse(const char *s);

#endif
