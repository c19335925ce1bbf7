/* SPDX-License-Identifier: MIT */
/*
 * targets: collects what is to be probed, each with the settings before it.
 *
 * A target that cannot be meant is a usage error now: a probe that can only
 * fail would be found much later, and by somebody else.
 */
#include "cli/targets.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/duration.h"

enum { WAIT_INTERVAL_MS = 1000 }; /* between attempts at a --wait-for target */

/* Can s be the second target, if somebody wrote two in one? */
static bool
begins_like_a_target(const char *s)
{
	static const char schemes[][9] = {
	    "http://", "https://", "grpc://", "tcp://",
	    "unix:",   "exec:",    "file:",   "notify:"};
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(s, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

/* "http://a/,http://b/" would be one URL, which a server may well answer with
 * 200.  A command may have such a comma. */
static bool
is_two_targets(const char *text)
{
	const char *comma = text;

	if (strncasecmp(text, "exec:", 5) == 0)
		return false;
	while ((comma = strchr(comma, ',')) != NULL) {
		comma++;
		if (begins_like_a_target(comma + strspn(comma, " \t")))
			return true;
	}
	return false;
}

/* Say what is wrong, or rather what may have been meant. */
static void
fail_malformed(struct parser *p, const char *text, const char *problem)
{
	char meant[TEXT_SHOWN_MAX];

	if (target_suggest(text, meant, sizeof(meant)))
		parser_fail(p,
		            "{option:q}: '{target:q}' is not a target; did you "
		            "mean '{suggestion:q}'?",
		            p->name, text, meant);
	else
		parser_refuse(p, p->name, text, problem);
}

/* Read the settings and the target behind them.  False, and the usage error, if
 * that is impossible. */
static bool
understand(struct parser *p, const char *text, struct options_target *added)
{
	const char *problem;

	text = settings_read(p, &added->own, text);
	if (text == NULL)
		return false;
	if (is_two_targets(text))
		problem = "looks like two targets: give each a line or an "
			  "option of its own; a comma in a URL is %2C";
	else
		problem = target_parse(&added->target, text, p->environment,
		                       &p->options->pool);
	if (problem != NULL)
		fail_malformed(p, text, problem);
	return problem == NULL;
}

/* Warn of settings before a target of a kind that has no use for them. */
static void
warn_of_useless_settings(struct parser *p, const struct options_target *added)
{
	const struct target *target = &added->target;
	const char *const *values = added->own.values;

	if (target->kind == TARGET_HTTP)
		return;
	if (values[SETTINGS_STATUS] != NULL)
		parser_warn(p,
		            "{option:q}: status= has no effect on "
		            "'{target:q}'",
		            p->name, target->text);
	if (values[SETTINGS_HEADER] != NULL && target->kind != TARGET_GRPC)
		parser_warn(p,
		            "{option:q}: header= has no effect on "
		            "'{target:q}'",
		            p->name, target->text);
}

/* What is wrong with a target of --health, --check or --ready, or NULL. */
static const char *
check_target(struct parser *p, const struct options_target *added)
{
	struct options *o = p->options;

	if (added->rule.readiness &&
	    added->own.values[SETTINGS_ON_UNHEALTHY] != NULL)
		return "has on-unhealthy=, but a --ready target never is "
		       "unhealthy";
	warn_of_useless_settings(p, added);
	if (added->target.kind != TARGET_NOTIFY)
		return NULL;
	if (o->notify != NULL) /* there is one PROGRAM */
		return "is the second notify: target; one is the most";
	o->notify = &added->target;
	return NULL;
}

/* What is wrong with a target of --wait-for, or NULL. */
static const char *
check_wait(const struct options_target *added)
{
	int kind;

	for (kind = SETTINGS_NONE + 1; kind < SETTINGS_KINDS; kind++)
		if (added->own.values[kind] != NULL &&
		    kind != SETTINGS_INTERVAL)
			return "has a setting that means nothing here; only "
			       "interval= does";
	return added->target.kind == TARGET_NOTIFY
	           ? "cannot be waited for: PROGRAM does not run yet"
	           : NULL;
}

const char *
targets_add(struct parser *p, const char *text, enum targets_use use)
{
	struct options *o = p->options;
	bool wait = use == TARGETS_WAIT;
	int *count = wait ? &o->wait_count : &o->target_count;
	struct options_target *added = wait ? o->waits : o->targets;

	if (*count == HEALTH_TARGETS_MAX)
		return "is one too many: 8 targets at the most";
	added += *count;
	if (!understand(p, text, added))
		return NULL;
	++*count;
	if (wait)
		return check_wait(added);
	added->rule.readiness = use == TARGETS_READY;
	return check_target(p, added);
}

/* A --wait-for target is tried until it has passed once, so that no number of
 * failures counts. */
static void
resolve_wait(struct options_target *target)
{
	struct health_rule *rule = &target->rule;

	if (target->own.values[SETTINGS_INTERVAL] == NULL)
		rule->interval_ms = WAIT_INTERVAL_MS;
	rule->start_interval_ms = rule->interval_ms;
	rule->start_period_ms = DURATION_MAX;
	rule->retries = 1;
	rule->successes = 1;
	rule->action.kind = HEALTH_REPORT;
}

void
targets_resolve(struct parser *p)
{
	struct options *o = p->options;
	int i;

	for (i = 0; i < o->target_count; i++)
		if (!settings_resolve(&o->targets[i], &p->all))
			parser_refuse(p, "--health-header",
			              o->targets[i].target.text,
			              "has more than 8 headers with its own");
	for (i = 0; i < o->wait_count; i++) {
		/* It has no headers of its own, so that this cannot fail. */
		(void)settings_resolve(&o->waits[i], &p->all);
		resolve_wait(&o->waits[i]);
	}
}
