/* SPDX-License-Identifier: MIT */
#ifndef HALE_METRICS_H
#define HALE_METRICS_H

#include "lib/text.h"
#include "report/status.h"

/* Bytes that hold the longest page: 32 lines about 8 targets, each with a text
 * of 199 bytes that all need a backslash, and 7 KiB for all else. */
enum { METRICS_SIZE = 24 * 1024 };

/* Append what the status page knows as Prometheus' text format 0.0.4 has it,
 * see https://prometheus.io/docs/instrumenting/exposition_formats/.  Targets
 * are told apart by their texts, which status_set_text has made unique. */
void metrics_page(struct text *t, const struct status *s);

#endif
