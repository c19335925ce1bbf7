/* SPDX-License-Identifier: MIT */
#ifndef HALE_SETTINGS_H
#define HALE_SETTINGS_H

#include <stdbool.h>

struct options_target;
struct parser;

enum { SETTINGS_HEADERS_MAX = 8 }; /* of one target, global ones included */

/* What can be set for all targets by an option (--health-interval), and for one
 * target in front of it (interval=). */
enum settings_kind {
	SETTINGS_NONE,
	SETTINGS_INTERVAL,
	SETTINGS_TIMEOUT,
	SETTINGS_RETRIES,
	SETTINGS_SUCCESSES,
	SETTINGS_START_PERIOD,
	SETTINGS_START_INTERVAL,
	SETTINGS_STATUS,
	SETTINGS_HEADER,
	SETTINGS_ON_UNHEALTHY,
	SETTINGS_KINDS
};

/* What was set for all targets, or for one of them. */
struct settings {
	const char *values[SETTINGS_KINDS]; /* valid ones; NULL: not set */
	const char *headers[SETTINGS_HEADERS_MAX]; /* expanded */
	int header_count;
};

/* Set the value of this kind for all targets.  NULL, or what is wrong with it,
 * in words that follow "'VALUE' ". */
const char *settings_set(struct parser *p, enum settings_kind kind,
                         const char *value);

/* Read the settings that text begins with.  The target behind them, or NULL if
 * something is wrong, which has become the usage error then. */
const char *settings_read(struct parser *p, struct settings *own,
                          const char *text);

/* Fill in the rule, statuses and headers of a target: what is its own comes
 * first, then what all have, then the defaults.  It has no headers yet, and
 * rule.readiness is left as it is.  False if it has more than
 * SETTINGS_HEADERS_MAX headers. */
bool settings_resolve(struct options_target *target,
                      const struct settings *all);

#endif
