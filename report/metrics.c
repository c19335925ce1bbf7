/* SPDX-License-Identifier: MIT */
/*
 * metrics: shows the status page to Prometheus.
 *
 * Everything is read from the status page, so metrics, --status and --check
 * never contradict one another.  Each metric is announced once by a HELP and a
 * TYPE line, and its samples follow in one block, as the format demands.
 */
#include "report/metrics.h"

#include <string.h>

#include "lib/version.h"
#include "report/summary.h"

/* By convention the name of a counter ends with "_total". */
static bool
is_counter(const char *name)
{
	return strcmp(strrchr(name, '_'), "_total") == 0;
}

static void
add_head(struct text *t, const char *name, const char *help)
{
	text_format(t,
	            "# HELP {name:s} {help:s}\n"
	            "# TYPE {name:s} {type:s}\n",
	            name, help, name, is_counter(name) ? "counter" : "gauge");
}

static void
add_single(struct text *t, const char *name, const char *help, long long value)
{
	add_head(t, name, help);
	text_format(t, "{name:s} {value:d}\n", name, value);
}

static void
add_process(struct text *t, const struct status *s)
{
	add_head(t, "hale_build_info", "The version of hale.");
	text_string(t, "hale_build_info{version=\"" HALE_VERSION "\"} 1\n");
	add_head(t, "hale_start_time_seconds",
	         "When the program was started; 0 before that.");
	text_format(t, "hale_start_time_seconds {seconds:d}.{ms:3}\n",
	            s->started / 1000, s->started % 1000);
}

static void
add_state(struct text *t, const struct status *s)
{
	int state;

	add_single(t, "hale_live", "1 unless the program is unhealthy.",
	           summary_answer(s, SUMMARY_LIVE));
	add_single(t, "hale_ready", "1 if the program is healthy.",
	           summary_answer(s, SUMMARY_READY));
	add_head(t, "hale_state", "1 for the state of the program.");
	for (state = HEALTH_STARTING; state <= HEALTH_STOPPING; state++)
		text_format(t, "hale_state{{state=\"{state:s}\"} {value:d}\n",
		            status_word(state), (long long)(s->state == state));
}

/* Append a sample's name and its label.  The caller appends the rest. */
static void
begin_sample(struct text *t, const char *name,
             const struct status_target *target)
{
	text_format(t, "{name:s}{{target=\"", name);
	t->quoting = true;
	text_escaped(t, target->text, strnlen(target->text, STATUS_TEXT_SIZE));
	t->quoting = false;
}

enum target_value { TARGET_HEALTHY, TARGET_PROBES, TARGET_DURATION };

static void
add_target(struct text *t, const char *name, enum target_value value,
           const struct status_target *target)
{
	begin_sample(t, name, target);
	switch (value) {
	case TARGET_HEALTHY:
		text_format(t, "\"} {healthy:d}\n",
		            (long long)(target->state == HEALTH_HEALTHY));
		break;
	case TARGET_PROBES:
		text_format(t, "\",result=\"success\"} {passed:d}\n",
		            target->passed);
		begin_sample(t, name, target);
		text_format(t, "\",result=\"failure\"} {failed:d}\n",
		            target->failed);
		break;
	case TARGET_DURATION:
		text_format(t, "\"} {seconds:d}.{ms:3}\n",
		            target->took_ms / 1000, target->took_ms % 1000);
		break;
	}
}

static void
add_targets(struct text *t, const struct status *s, const char *name,
            enum target_value value)
{
	int i;

	for (i = 0; i < status_count(s); i++)
		add_target(t, name, value, &s->targets[i]);
}

static void
add_all_targets(struct text *t, const struct status *s)
{
	static const char healthy[] = "hale_target_healthy";
	static const char probes[] = "hale_probes_total";
	static const char duration[] = "hale_probe_duration_seconds";

	add_head(t, healthy, "1 if the target is healthy.");
	add_targets(t, s, healthy, TARGET_HEALTHY);
	add_head(t, probes, "Probes of the target by their result.");
	add_targets(t, s, probes, TARGET_PROBES);
	add_head(t, duration, "How long the target's last probe took.");
	add_targets(t, s, duration, TARGET_DURATION);
}

static void
add_counters(struct text *t, const struct status *s)
{
	add_single(t, "hale_health_transitions_total", "Changes of the state.",
	           s->transitions);
	add_single(t, "hale_signals_forwarded_total",
	           "Signals that were forwarded.", s->signals_forwarded);
	add_single(t, "hale_orphans_reaped_total",
	           "Adopted processes that were reaped.", s->orphans_reaped);
	add_single(t, "hale_messages_dropped_total",
	           "Messages that could not be written.", s->messages_dropped);
}

void
metrics_page(struct text *t, const struct status *s)
{
	add_process(t, s);
	add_state(t, s);
	add_all_targets(t, s);
	add_counters(t, s);
}
