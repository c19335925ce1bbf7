/* SPDX-License-Identifier: MIT */
/*
 * settings: what is set for targets, one of them or all.
 *
 *     --health-interval 5s                          for all
 *     --health 'interval=30s retries=1 exec:/app/check --deep'
 *
 * Both ways go through one function here, so that a setting means the same in
 * either.  Leading words of the form name=value are settings, split and quoted
 * as the words of exec: are; the first other word begins the target, which is
 * taken as it stands.  Values are checked when they are read, and put into the
 * rules of the targets when all of them are known.
 */
#include "cli/settings.h"

#include <stddef.h>
#include <string.h>

#include "cli/parser.h"
#include "lib/text.h"
#include "probe/command.h"
#include "probe/http.h"

enum { COUNT_MAX = 999 }; /* of retries and successes */

static const struct health_rule default_rule = {
    .interval_ms = 10000,
    .timeout_ms = 3000,
    .start_period_ms = 30000,
    .start_interval_ms = 1000,
    .retries = 3,
    .successes = 1,
    .action = {.kind = HEALTH_REPORT},
};

/* In front of a target. */
static const char names[SETTINGS_KINDS][16] = {
    [SETTINGS_INTERVAL] = "interval",
    [SETTINGS_TIMEOUT] = "timeout",
    [SETTINGS_RETRIES] = "retries",
    [SETTINGS_SUCCESSES] = "successes",
    [SETTINGS_START_PERIOD] = "start-period",
    [SETTINGS_START_INTERVAL] = "start-interval",
    [SETTINGS_STATUS] = "status",
    [SETTINGS_HEADER] = "header",
    [SETTINGS_ON_UNHEALTHY] = "on-unhealthy",
};

/* ------ A value of each kind.  NULL, or what is wrong with it. ------ */

static const char *
read_interval(const char *value, long long *ms)
{
	const char *problem = parser_duration(value, ms);

	return problem == NULL && *ms == 0 ? "is not above 0" : problem;
}

static const char *
read_count(const char *value, int *count)
{
	*count = text_to_number(value, COUNT_MAX);
	return *count <= 0 ? "is not a number from 1 to 999" : NULL;
}

static const char *
read_action(const char *value, struct health_action *action)
{
	if (strcmp(value, "report") == 0) {
		action->kind = HEALTH_REPORT;
		return NULL;
	}
	if (strcmp(value, "stop") == 0) {
		action->kind = HEALTH_STOP;
		return NULL;
	}
	if (strncmp(value, "signal:", 7) == 0) {
		action->kind = HEALTH_SIGNAL;
		action->signal = signals_number(value + 7);
		if (action->signal > 0)
			return NULL;
	}
	return "is not report, stop or signal:SIGNAL";
}

/* Read a value into the part of the rule that it is for, if there is one. */
static const char *
read_value(struct health_rule *rule, enum settings_kind kind, const char *value)
{
	switch (kind) {
	case SETTINGS_INTERVAL:
		return read_interval(value, &rule->interval_ms);
	case SETTINGS_TIMEOUT:
		return read_interval(value, &rule->timeout_ms);
	case SETTINGS_START_INTERVAL:
		return read_interval(value, &rule->start_interval_ms);
	case SETTINGS_START_PERIOD:
		return parser_duration(value, &rule->start_period_ms);
	case SETTINGS_RETRIES:
		return read_count(value, &rule->retries);
	case SETTINGS_SUCCESSES:
		return read_count(value, &rule->successes);
	case SETTINGS_ON_UNHEALTHY:
		return read_action(value, &rule->action);
	case SETTINGS_STATUS:
		if (http_status_listed(value, 0) != 0)
			return "is not a list of statuses from 100 to 599, "
			       "like 200,300-399";
		return NULL;
	default:
		return NULL;
	}
}

static bool
is_blank_byte(char c)
{
	return c != '\0' && (unsigned char)c <= ' ';
}

static const char *
skip_blanks(const char *s)
{
	while (is_blank_byte(*s))
		s++;
	return s;
}

/* Is nothing but blanks behind the colon?  An empty header would be sent if a
 * variable that holds a token were empty. */
static bool
is_empty_header(const char *header)
{
	const char *colon = strchr(header, ':');

	return colon != NULL && *skip_blanks(colon + 1) == '\0';
}

static const char *
add_header(struct settings *s, const char *header)
{
	if (s->header_count == SETTINGS_HEADERS_MAX)
		return "is one too many: 8 headers at the most";
	if (is_empty_header(header))
		return "has no value";
	if (!http_header_valid(header))
		return "is not a header like 'Name: value'";
	s->headers[s->header_count++] = header;
	return NULL;
}

static const char *
set_value(struct settings *s, enum settings_kind kind, const char *value)
{
	struct health_rule checked;

	s->values[kind] = value;
	return kind == SETTINGS_HEADER ? add_header(s, value)
	                               : read_value(&checked, kind, value);
}

const char *
settings_set(struct parser *p, enum settings_kind kind, const char *value)
{
	const char *problem = NULL;

	if (kind == SETTINGS_HEADER)
		problem = target_expand(value, p->environment,
		                        &p->options->pool, &value);
	return problem != NULL ? problem : set_value(&p->all, kind, value);
}

/* ------ Settings in front of a target ------ */

/* The length of the name if text begins with a word of the form name=value, or
 * 0. */
static size_t
name_length(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz-");

	return text[n] == '=' ? n : 0;
}

/* The end of the word that s begins with: a blank that is not quoted. */
static const char *
find_word_end(const char *s)
{
	char quote = '\0';

	for (; *s != '\0' && (quote != '\0' || !is_blank_byte(*s)); s++) {
		if (*s == quote)
			quote = '\0';
		else if (quote == '\0' && (*s == '"' || *s == '\''))
			quote = *s;
		else if (*s == '\\' && quote != '\'' && s[1] != '\0')
			s++;
	}
	return s;
}

static enum settings_kind
find_kind(const char *name, size_t n)
{
	int kind;

	for (kind = SETTINGS_NONE + 1; kind < SETTINGS_KINDS; kind++)
		if (strncmp(names[kind], name, n) == 0 &&
		    names[kind][n] == '\0')
			return (enum settings_kind)kind;
	return SETTINGS_NONE;
}

/* Read a word that sets kind, and whose name has n bytes. */
static const char *
read_word(struct parser *p, struct settings *own, enum settings_kind kind,
          const char *word, size_t n)
{
	char *plain[COMMAND_WORDS_MAX + 1]; /* the word without quotes */
	const char *problem;

	if (own->values[kind] != NULL && kind != SETTINGS_HEADER)
		return "is given a second time";
	problem = command_split(word, p->environment, &p->options->pool, plain);
	return problem != NULL ? problem
	                       : set_value(own, kind, plain[0] + n + 1);
}

/* Read the word of the form name=value at start, whose name has n bytes; text
 * is the whole.  The end of it, or NULL and the usage error. */
static const char *
read_setting(struct parser *p, struct settings *own, const char *text,
             const char *start, size_t n)
{
	const char *end = find_word_end(start);
	enum settings_kind kind = find_kind(start, n);
	struct target_pool *pool = &p->options->pool;
	const char *problem, *word;

	if (kind == SETTINGS_NONE) {
		parser_fail(p,
		            "{option:q}: unknown setting '{setting:b}' in "
		            "'{target:q}'; the settings are interval, timeout, "
		            "retries, successes, start-period, start-interval, "
		            "status, header, on-unhealthy",
		            p->name, start, n, text);
		return NULL;
	}
	word = target_pool_copy(pool, start, (size_t)(end - start));
	if (pool->left == 0) {
		parser_refuse(p, p->name, text, "is too long");
		return NULL;
	}
	problem = read_word(p, own, kind, word, n);
	if (problem == NULL)
		return end;
	parser_fail(p, "{option:q}: {setting:s}='{value:q}' {problem:s}",
	            p->name, names[kind], word + n + 1, problem);
	return NULL;
}

const char *
settings_read(struct parser *p, struct settings *own, const char *text)
{
	const char *at = skip_blanks(text);
	size_t n;

	while ((n = name_length(at)) > 0) {
		at = read_setting(p, own, text, at, n);
		if (at == NULL)
			return NULL;
		at = skip_blanks(at);
		if (*at == '\0') {
			parser_refuse(p, p->name, text,
			              "has settings and no target");
			return NULL;
		}
	}
	return at;
}

/* ------ What holds in the end ------ */

/* Apply what s has over what the target has.  False if there are too many
 * headers. */
static bool
apply_settings(struct options_target *target, const struct settings *s)
{
	int kind, i, count = 0;

	for (kind = SETTINGS_NONE + 1; kind < SETTINGS_KINDS; kind++)
		if (s->values[kind] != NULL)
			(void)read_value(&target->rule,
			                 (enum settings_kind)kind,
			                 s->values[kind]);
	if (s->values[SETTINGS_STATUS] != NULL)
		target->statuses = s->values[SETTINGS_STATUS];
	while (target->headers[count] != NULL)
		count++;
	for (i = 0; i < s->header_count; i++) {
		if (count == SETTINGS_HEADERS_MAX)
			return false;
		target->headers[count++] = s->headers[i];
	}
	return true;
}

bool
settings_resolve(struct options_target *target, const struct settings *all)
{
	bool readiness = target->rule.readiness;

	target->rule = default_rule;
	target->rule.readiness = readiness;
	return apply_settings(target, all) &&
	       apply_settings(target, &target->own);
}
