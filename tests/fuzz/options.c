/* SPDX-License-Identifier: MIT */
/*
 * What options_parse lets pass is within the bounds that all others rely on,
 * and what it refuses it can say something about.
 *
 * Input: hale's pid, how many words the command line has, those words; then the
 * environment.
 */
#include "cli/options.h"

#include <string.h>

#include "input.h"
#include "lib/duration.h"
#include "probe/http.h"

enum { WORDS = 40, VARIABLES = 40 };

static void
judge_message(const char *message)
{
	demand(*message != '\0');
	demand(strnlen(message, OPTIONS_MESSAGE_SIZE) < OPTIONS_MESSAGE_SIZE);
	demand(input_shown(message, strlen(message)));
}

static void
judge_action(const struct health_action *action)
{
	demand(action->kind == HEALTH_REPORT || action->kind == HEALTH_STOP ||
	       action->kind == HEALTH_SIGNAL);
	if (action->kind == HEALTH_SIGNAL)
		demand(action->signal >= 1 && action->signal <= SIGNALS_MAX);
}

static void
judge_rule(const struct health_rule *rule)
{
	demand(rule->interval_ms > 0 && rule->interval_ms <= DURATION_MAX);
	demand(rule->timeout_ms > 0 && rule->timeout_ms <= DURATION_MAX);
	demand(rule->start_period_ms >= 0);
	demand(rule->start_period_ms <= DURATION_MAX);
	demand(rule->start_interval_ms > 0);
	demand(rule->start_interval_ms <= DURATION_MAX);
	demand(rule->retries > 0 && rule->retries < 1000);
	demand(rule->successes > 0 && rule->successes < 1000);
	judge_action(&rule->action);
}

static void
judge_target(const struct options_target *target)
{
	int i;

	judge_rule(&target->rule);
	demand(strlen(target->target.text) > 0);
	demand(http_status_listed(target->statuses, 0) == 0);
	for (i = 0; target->headers[i] != NULL; i++) {
		demand(i < SETTINGS_HEADERS_MAX);
		demand(http_header_valid(target->headers[i]));
	}
}

static void
judge_targets(const struct options *o)
{
	int i, notifies = 0;

	demand(o->target_count >= 0 && o->target_count <= HEALTH_TARGETS_MAX);
	demand(o->wait_count >= 0 && o->wait_count <= HEALTH_TARGETS_MAX);
	for (i = 0; i < o->target_count; i++) {
		judge_target(&o->targets[i]);
		notifies += o->targets[i].target.kind == TARGET_NOTIFY;
	}
	demand(notifies == (o->notify != NULL));
	for (i = 0; i < o->wait_count; i++) {
		judge_target(&o->waits[i]);
		demand(o->waits[i].rule.action.kind == HEALTH_REPORT);
		demand(o->waits[i].target.kind != TARGET_NOTIFY);
	}
}

static void
judge_signals(const struct options *o)
{
	int n;

	for (n = 1; n <= SIGNALS_MAX; n++) {
		demand(o->rewrite[n] <= SIGNALS_MAX);
		demand(!o->stop_signals[n] || signals_forwardable(n));
	}
	demand(!o->stop_signals[0]);
	demand(signals_forwardable(o->health_stop_signal));
	demand(o->parent_death_signal >= 0);
	demand(o->parent_death_signal <= SIGNALS_MAX);
}

static void
judge_run(const struct options *o, pid_t self)
{
	demand(o->forward == FORWARD_CHILD || o->forward == FORWARD_GROUP ||
	       (o->forward == FORWARD_ALL && self == 1));
	if (o->action == OPTIONS_RUN)
		demand(o->program[0] != NULL && o->program[0][0] != '\0');
	else
		demand(o->program[0] == NULL);
	demand(o->drain_ms >= 0 && o->drain_ms <= DURATION_MAX);
	demand(o->grace_ms >= 0 && o->grace_ms <= DURATION_MAX);
	demand(o->wait_timeout_ms >= 0 && o->wait_timeout_ms <= DURATION_MAX);
	demand(o->exit_report == NULL || o->exit_report[0] == '/');
	demand(o->listen_text == NULL || o->target_count > 0);
	demand(o->listen_text == NULL || o->listen.port > 0);
	judge_signals(o);
}

static void
judge(const struct options *o, pid_t self)
{
	demand(o->check_wait_ms >= 0 && o->check_wait_ms <= DURATION_MAX);
	demand(o->check_interval_ms > 0);
	demand(o->check_interval_ms <= DURATION_MAX);
	demand(o->sleep_ms >= 0 && o->sleep_ms <= DURATION_MAX);
	demand(o->action != OPTIONS_INSTALL || o->install_path[0] != '\0');
	/* What is not read may be anything. */
	if (o->action == OPTIONS_RUN || o->action == OPTIONS_REAP_ONLY)
		judge_run(o, self);
	if (o->action == OPTIONS_RUN || o->action == OPTIONS_CHECK)
		judge_targets(o);
}

void
fuzz(struct input *in)
{
	struct options *o = input_room(in, sizeof(*o));
	pid_t self = 1 + input_choice(in, 1);
	char **argv = input_words(in, (size_t)input_choice(in, WORDS));
	char **envp = input_words(in, VARIABLES);
	int i;

	memset(o, 0, sizeof(*o));
	if (options_parse(o, argv, envp, self) < 0)
		judge_message(o->error);
	else
		judge(o, self);
	/* These are needed to say what is wrong, too. */
	demand(o->name != NULL);
	demand(o->log_level >= LOG_ERROR && o->log_level <= LOG_DEBUG);
	demand(o->warning_count >= 0);
	demand(o->warning_count <= OPTIONS_WARNINGS_MAX);
	for (i = 0; i < o->warning_count; i++)
		judge_message(o->warnings[i]);
	for (i = 0; envp[i] != NULL; i++)
		(void)options_is_setting(envp[i]);
}
