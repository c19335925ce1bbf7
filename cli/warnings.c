/* SPDX-License-Identifier: MIT */
/*
 * warnings: finds what is no error, but surely not what was meant.
 *
 * Such a setting is one warning and never keeps a container from starting: an
 * image may set more than every one of its containers needs.
 */
#include "cli/warnings.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* ------ Misspelt variables ------ */

/* Kubernetes and Docker's links make names of a service called hale, such as
 * HALE_PORT and HALE_SERVICE_HOST: they have one of these words in them. */
static bool
is_name_of_a_service(const char *name)
{
	static const char words[][8] = {"PORT", "HOST", "ADDR", "PROTO",
	                                "SERVICE"};
	size_t i;

	while ((name = strchr(name, '_')) != NULL) {
		size_t n = strcspn(++name, "_=");

		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == n &&
			    strncmp(name, words[i], n) == 0)
				return true;
	}
	return false;
}

void
warnings_near_miss(struct parser *p, const char *name, size_t n,
                   const struct table_row *row)
{
	char typed[PARSER_NAME_SIZE] = "";

	if (n >= sizeof(typed))
		return; /* no setting has so long a name */
	memcpy(typed, name, n);
	if (is_name_of_a_service(typed))
		return;
	table_name(row, PARSER_VARIABLE, p->name);
	parser_warn(p,
	            "{variable:q} is not a setting; did you mean "
	            "{suggestion:s}?",
	            typed, p->name);
}

/* ------ Settings without effect ------ */

/* Is there a target of this kind, of whatever option? */
static bool
has_kind(const struct options *o, enum target_kind kind)
{
	int i;

	for (i = 0; i < o->target_count; i++)
		if (o->targets[i].target.kind == kind)
			return true;
	for (i = 0; i < o->wait_count; i++)
		if (o->waits[i].target.kind == kind)
			return true;
	return false;
}

/* Is there a target of --health? */
static bool
has_liveness(const struct options *o)
{
	int i;

	for (i = 0; i < o->target_count; i++)
		if (!o->targets[i].rule.readiness)
			return true;
	return false;
}

/* Why a setting for all targets has no effect, in words that follow "has no
 * effect"; or NULL. */
static const char *
why_useless(const struct options *o, enum settings_kind kind)
{
	bool http = has_kind(o, TARGET_HTTP);

	if (kind == SETTINGS_TIMEOUT)
		return o->target_count + o->wait_count == 0 ? "without a target"
		                                            : NULL;
	if (kind == SETTINGS_STATUS)
		return http ? NULL : "without an http:// target";
	if (kind == SETTINGS_HEADER)
		return http || has_kind(o, TARGET_GRPC)
		           ? NULL
		           : "without an http:// or grpc:// target";
	if (o->action == OPTIONS_CHECK && kind != SETTINGS_INTERVAL)
		return "with --check";
	if (o->action == OPTIONS_CHECK)
		return o->check_wait_ms == 0 ? "without --wait" : NULL;
	if (kind == SETTINGS_ON_UNHEALTHY)
		return has_liveness(o) ? NULL : "without --health";
	return o->target_count == 0 ? "without --health or --ready" : NULL;
}

/* Warn that the option of this row has no effect, under the name that it was
 * given by. */
static void
warn_no_effect(struct parser *p, const struct table_row *row, const char *why)
{
	table_name(row, p->sources[row - table_rows], p->name);
	parser_warn(p, "{option:s} has no effect {why:s}", p->name, why);
}

static void
warn_if_given(struct parser *p, const char *name, const char *why)
{
	if (table_source(p, name) != PARSER_NOWHERE)
		warn_no_effect(p, table_find(name), why);
}

/* Warn of settings for all targets.  A check ignores variables in silence. */
static void
warn_of_settings(struct parser *p)
{
	const struct options *o = p->options;
	enum parser_source least =
	    o->action == OPTIONS_CHECK ? PARSER_COMMAND_LINE : PARSER_VARIABLE;
	const struct table_row *row;

	for (row = table_rows; row < table_rows + TABLE_ROWS; row++) {
		const char *why;

		if (row->setting == SETTINGS_NONE ||
		    p->sources[row - table_rows] < least)
			continue;
		why = why_useless(o, row->setting);
		if (why != NULL)
			warn_no_effect(p, row, why);
	}
}

void
warnings_no_effect(struct parser *p)
{
	const struct options *o = p->options;

	warn_of_settings(p);
	if (o->action != OPTIONS_CHECK) {
		if (o->wait_count == 0)
			warn_if_given(p, "wait-timeout", "without --wait-for");
		return;
	}
	warn_if_given(p, "wait-for", "with --check");
	warn_if_given(p, "health-listen", "with --check");
	if (o->target_count > 0) {
		warn_if_given(p, "live", "with a TARGET");
		warn_if_given(p, "started", "with a TARGET");
	}
}
