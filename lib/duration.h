/* SPDX-License-Identifier: MIT */
#ifndef HALE_DURATION_H
#define HALE_DURATION_H

#include "lib/text.h"

/* The longest duration, in milliseconds: a hundred years, so that a deadline
 * can be added up without overflow. */
#define DURATION_MAX (100LL * 365 * 24 * 3600 * 1000)

/* Milliseconds of s: "500ms", "10s", "1m30s", "2h", a bare number of seconds;
 * or -1 if it is anything else.  Modelled on Go's time.ParseDuration, whole
 * numbers only, each unit once, the larger first. */
long long duration_parse(const char *s);

/* Append ms as it may be given: 3s, 1500ms. */
void duration_text(struct text *t, long long ms);

#endif
