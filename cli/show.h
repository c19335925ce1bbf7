/* SPDX-License-Identifier: MIT */
#ifndef HALE_SHOW_H
#define HALE_SHOW_H

#include <stdbool.h>

#include "cli/find.h"
#include "lib/text.h"
#include "report/status.h"

/* Bytes that hold all that can be shown: eight outputs, of which JSON makes
 * five times as many bytes at worst, and the rest. */
enum { SHOW_SIZE = HEALTH_TARGETS_MAX * 24 * 1024 };

/* Append what hale knows at the time now (ms, as clock_now has it), as lines
 * "name: value" or as one object of JSON. */
void show_status(struct text *t, const struct found *f, const struct status *s,
                 bool json, long long now);

#endif
