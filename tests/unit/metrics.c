/* SPDX-License-Identifier: MIT */
#include "report/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/version.h"

static struct status status;
static char buffer[METRICS_SIZE];

static void
add_target(int state, const char *text)
{
	status_set_text(&status, status.count, text);
	status.targets[status.count++].state = state;
}

static const char *
make_page(void)
{
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	metrics_page(&t, &status);
	cr_expect_not(t.cut);
	return buffer;
}

static void
expect_sample(const char *line)
{
	char whole[1024];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	cr_expect_not_null(strstr(make_page(), whole), "%s is not in %s", line,
	                   buffer);
}

/* A page on which no number is another's. */
static void
fill_page(void)
{
	status.state = HEALTH_UNHEALTHY;
	status.started = 1767323045678LL;
	status.transitions = 4;
	status.signals_forwarded = 5;
	status.orphans_reaped = 1234567;
	status.messages_dropped = 6;
	add_target(HEALTH_UNHEALTHY, "tcp://db:1");
	status.targets[0].passed = 1LL << 40;
	status.targets[0].failed = 3;
	status.targets[0].took_ms = 1034;
}

Test(metrics, page_has_all_of_them)
{
	fill_page();
	cr_expect_str_eq(
	    make_page(),
	    "# HELP hale_build_info The version of hale.\n"
	    "# TYPE hale_build_info gauge\n"
	    "hale_build_info{version=\"" HALE_VERSION "\"} 1\n"
	    "# HELP hale_start_time_seconds When the program was started; 0 "
	    "before that.\n"
	    "# TYPE hale_start_time_seconds gauge\n"
	    "hale_start_time_seconds 1767323045.678\n"
	    "# HELP hale_live 1 unless the program is unhealthy.\n"
	    "# TYPE hale_live gauge\n"
	    "hale_live 0\n"
	    "# HELP hale_ready 1 if the program is healthy.\n"
	    "# TYPE hale_ready gauge\n"
	    "hale_ready 0\n"
	    "# HELP hale_state 1 for the state of the program.\n"
	    "# TYPE hale_state gauge\n"
	    "hale_state{state=\"starting\"} 0\n"
	    "hale_state{state=\"healthy\"} 0\n"
	    "hale_state{state=\"unready\"} 0\n"
	    "hale_state{state=\"unhealthy\"} 1\n"
	    "hale_state{state=\"stopping\"} 0\n"
	    "# HELP hale_target_healthy 1 if the target is healthy.\n"
	    "# TYPE hale_target_healthy gauge\n"
	    "hale_target_healthy{target=\"tcp://db:1\"} 0\n"
	    "# HELP hale_probes_total Probes of the target by their result.\n"
	    "# TYPE hale_probes_total counter\n"
	    "hale_probes_total{target=\"tcp://db:1\",result=\"success\"} "
	    "1099511627776\n"
	    "hale_probes_total{target=\"tcp://db:1\",result=\"failure\"} 3\n"
	    "# HELP hale_probe_duration_seconds How long the target's last "
	    "probe took.\n"
	    "# TYPE hale_probe_duration_seconds gauge\n"
	    "hale_probe_duration_seconds{target=\"tcp://db:1\"} 1.034\n"
	    "# HELP hale_health_transitions_total Changes of the state.\n"
	    "# TYPE hale_health_transitions_total counter\n"
	    "hale_health_transitions_total 4\n"
	    "# HELP hale_signals_forwarded_total Signals that were forwarded.\n"
	    "# TYPE hale_signals_forwarded_total counter\n"
	    "hale_signals_forwarded_total 5\n"
	    "# HELP hale_orphans_reaped_total Adopted processes that were "
	    "reaped.\n"
	    "# TYPE hale_orphans_reaped_total counter\n"
	    "hale_orphans_reaped_total 1234567\n"
	    "# HELP hale_messages_dropped_total Messages that could not be "
	    "written.\n"
	    "# TYPE hale_messages_dropped_total counter\n"
	    "hale_messages_dropped_total 6\n");
}

Test(metrics, tell_live_from_ready)
{
	add_target(HEALTH_UNREADY, "tcp://db:1");
	status.targets[0].kind = STATUS_READY;
	status.state = HEALTH_UNREADY;
	expect_sample("hale_live 1");
	expect_sample("hale_ready 0");
	expect_sample("hale_state{state=\"unready\"} 1");
	status.state = HEALTH_HEALTHY;
	status.targets[0].state = HEALTH_HEALTHY;
	expect_sample("hale_ready 1");
	expect_sample("hale_target_healthy{target=\"tcp://db:1\"} 1");
}

Test(metrics, escape_labels_as_prometheus_reads_them)
{
	add_target(HEALTH_HEALTHY, "exec:sh -c \"a \\\\ b\"\n");
	/* The text shows the newline as \x0a; its backslash is doubled too. */
	expect_sample("hale_target_healthy{target="
	              "\"exec:sh -c \\\"a \\\\\\\\ b\\\"\\\\x0a\"} 1");
}

/* Prometheus refuses a page in which a series stands twice. */
Test(metrics, have_no_series_twice)
{
	char text[2 * STATUS_TEXT_SIZE], *line, *lines[256];
	int i, k, count = 0;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < HEALTH_TARGETS_MAX; i++) {
		text[sizeof(text) - 1 - (size_t)i] = '\0';
		add_target(HEALTH_HEALTHY, i % 2 == 0 ? text : "tcp://db:1");
	}
	(void)make_page();
	for (line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n")) {
		if (line[0] == '#')
			continue;
		*strrchr(line, ' ') = '\0';
		for (k = 0; k < count; k++)
			cr_expect_str_neq(lines[k], line);
		cr_assert_lt(count, 256);
		lines[count++] = line;
	}
	cr_expect_eq(count, 13 + 4 * HEALTH_TARGETS_MAX);
}

Test(metrics, page_has_room_for_the_worst_texts)
{
	int i;

	for (i = 0; i < HEALTH_TARGETS_MAX; i++) {
		char text[STATUS_TEXT_SIZE];

		memset(text, '"', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		add_target(HEALTH_HEALTHY, text);
		status.targets[i].took_ms = 1LL << 62;
		status.targets[i].passed = -(1LL << 62);
		status.targets[i].failed = -(1LL << 62);
	}
	status.started = 1LL << 62;
	status.transitions = status.signals_forwarded = -(1LL << 62);
	status.orphans_reaped = status.messages_dropped = -(1LL << 62);
	expect_sample("hale_messages_dropped_total -4611686018427387904");
}

/* Before Linux 5.1 another process of the same user can write the page. */
Test(metrics, survive_a_page_that_somebody_else_has_written)
{
	static const int bytes[] = {0xff, 0x7f, 0x0a};
	struct text t;
	size_t i;

	for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		memset(&status, bytes[i], sizeof(status));
		text_init(&t, buffer, sizeof(buffer));
		metrics_page(&t, &status);
		cr_expect_null(strstr(buffer, "\n\n"));
	}
}
