/* SPDX-License-Identifier: MIT */
#ifndef HALE_MODIFIED_H
#define HALE_MODIFIED_H

#include <stdbool.h>

#include "lib/text.h"

/* Does the file exist, and was it modified at most max_age_ms (or -1: whenever)
 * before today, which is a time as clock_today has it?  If not, append the
 * reason.  See stat(2). */
bool modified_check(const char *path, long long max_age_ms, long long today,
                    struct text *reason);

#endif
