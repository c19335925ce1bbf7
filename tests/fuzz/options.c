/* SPDX-License-Identifier: MIT */
/*
 * What options_parse lets pass is within the bounds that all others rely on,
 * and what it does not it can say something about.
 *
 * Input: hale's pid, the words of the command line, how many they are; then
 * the environment.
 */
#include "cli/options.h"

#include <string.h>

#include "lib/duration.h"
#include "probe/http.h"
#include "input.h"

enum { WORDS = 40, VARIABLES = 40 };

static void
judge_error(const struct options_error *e)
{
	demand(*e->problem != '\0');
	demand(strlen(e->option) > 0);
	demand(strlen(e->wanted) + strlen(e->problem) < 128);
	demand(e->value == NULL || strlen(e->value) < 1 << 20);
}

static void
judge_rule(const struct options *o, int i)
{
	const long long *value = o->rules[i].value;
	int k;

	for (k = 0; k < HEALTH_VALUES; k++)
		demand(value[k] >= 0 && value[k] <= DURATION_MAX);
	demand(value[HEALTH_INTERVAL] > 0 && value[HEALTH_TIMEOUT] > 0);
	demand(value[HEALTH_RETRIES] > 0 && value[HEALTH_SUCCESSES] > 0);
	demand(value[HEALTH_RETRIES] < 1000 && value[HEALTH_SUCCESSES] < 1000);
	demand(value[HEALTH_START_INTERVAL] > 0);
	demand(value[HEALTH_ACTION] <= OPTIONS_STOP);
	demand(http_status_listed(o->statuses[i], 0) == 0);
}

static void
judge_health(const struct options *o)
{
	int i;

	demand(o->count >= 0 && o->count <= TARGETS_MAX);
	demand(o->headers >= 0 && o->headers <= OPTIONS_HEADERS);
	for (i = 0; i <= o->count; i++)
		judge_rule(o, i);
	for (i = 0; i < o->headers; i++) {
		demand(http_header_valid(o->header[i].text));
		demand(o->header[i].target >= 0);
		demand(o->header[i].target <= o->count);
	}
	for (i = 0; i < o->count; i++)
		demand(strlen(o->targets[i].text) > 0);
}

static void
judge_signals(const struct options *o)
{
	int n;

	for (n = 1; n <= SIGNALS_MAX; n++)
		demand(o->rewrite[n] <= SIGNALS_MAX && o->stops[n] <= 1);
	demand(signals_forwardable(o->stop_signal));
	demand(o->stop_signal >= 1 && o->stop_signal <= SIGNALS_MAX);
	demand(o->parent_death_signal >= 0);
	demand(o->parent_death_signal <= SIGNALS_MAX);
	for (n = 0; n < 256; n++)
		demand(o->remap_exit[n] <= 1);
}

static void
judge_run(const struct options *o)
{
	demand(o->forward >= FORWARD_CHILD && o->forward <= FORWARD_ALL);
	demand(o->log_level >= LOG_ERROR && o->log_level <= LOG_DEBUG);
	if (o->action == OPTIONS_RUN)
		demand(o->program[0] != NULL && o->program[0][0] != '\0');
	judge_signals(o);
}

static void
judge(const struct options *o, pid_t self)
{
	demand(o->session == 0 || o->session == 1);
	demand(o->forward != FORWARD_ALL || self == 1);
	demand(o->drain >= 0 && o->drain <= DURATION_MAX);
	demand(o->grace >= 0 && o->grace <= DURATION_MAX);
	demand(o->wait >= 0 && o->wait <= DURATION_MAX);
	demand(o->sleep >= 0 && o->sleep <= DURATION_MAX);
	demand(o->exit_report == NULL || o->exit_report[0] == '/');
	demand(o->action != OPTIONS_INSTALL || o->path[0] != '\0');
	/* What is not read may be anything. */
	if (o->action == OPTIONS_RUN || o->action == OPTIONS_PAUSE)
		judge_run(o);
	if (o->action == OPTIONS_RUN || o->action == OPTIONS_CHECK)
		judge_health(o);
}

void
fuzz(struct input *in)
{
	struct options *o = input_room(in, sizeof(*o));
	pid_t self = 1 + input_choice(in, 1);
	char **argv = input_words(in, (size_t)input_choice(in, WORDS));
	char **envp = input_words(in, VARIABLES);

	memset(o, 0, sizeof(*o));
	o->pool.left = OPTIONS_POOL;
	o->pool.at = input_room(in, OPTIONS_POOL);
	if (options_parse(o, argv, envp, self) < 0)
		judge_error(&o->error);
	else
		judge(o, self);
	/* These are needed to complain, too. */
	demand(o->name != NULL && (o->log_json == 0 || o->log_json == 1));
}
