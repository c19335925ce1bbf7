/* SPDX-License-Identifier: MIT */
#include "cli/show.h"

#include <criterion/criterion.h>
#include <string.h>

#include "json.h"

static struct status status;
static char buffer[SHOW_SIZE];

static const char *
show(const struct found *f, bool json)
{
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	show_status(&t, f, &status, json, 5000);
	cr_expect_not(t.cut);
	return buffer;
}

static void
fill_status(void)
{
	memset(&status, 0, sizeof(status));
	status.state = HEALTH_UNREADY;
	status.program = 7;
	status.since = 1000;
	status.count = 2;
	status.targets[0] = (struct status_target){.text = "exec:a",
	                                           .state = HEALTH_HEALTHY,
	                                           .passed = 3,
	                                           .failed = 2,
	                                           .successes = 1,
	                                           .took_ms = 12,
	                                           .output_length = 3};
	memcpy(status.output[0], "ok\n", 3);
	status.targets[1] = (struct status_target){.text = "tcp://db:1",
	                                           .kind = STATUS_READY,
	                                           .state = HEALTH_UNREADY,
	                                           .reason = "\"refused\"",
	                                           .failed = 4,
	                                           .failures = 4};
}

static const struct found first = {.pid = 1};

Test(show, has_a_line_for_each_value)
{
	fill_status();
	cr_expect_str_eq(show(&first, false), "state: unready\n"
	                                      "hale: 1\n"
	                                      "for_ms: 4000\n"
	                                      "program: 7\n"
	                                      "target: exec:a\n"
	                                      "kind: health\n"
	                                      "state: healthy\n"
	                                      "reason: \n"
	                                      "attempts: 5\n"
	                                      "failures: 0\n"
	                                      "successes: 1\n"
	                                      "took_ms: 12\n"
	                                      "output: ok\\x0a\n"
	                                      "target: tcp://db:1\n"
	                                      "kind: ready\n"
	                                      "state: unready\n"
	                                      "reason: \"refused\"\n"
	                                      "attempts: 4\n"
	                                      "failures: 4\n"
	                                      "successes: 0\n"
	                                      "took_ms: 0\n"
	                                      "output: \n");
}

Test(show, has_the_same_values_in_json)
{
	fill_status();
	cr_expect_str_eq(
	    show(&first, true),
	    "{\"state\":\"unready\",\"hale\":1,\"for_ms\":4000,\"program\":7,"
	    "\"targets\":[{\"target\":\"exec:a\",\"kind\":\"health\","
	    "\"state\":\"healthy\",\"reason\":\"\",\"attempts\":5,"
	    "\"failures\":0,\"successes\":1,\"took_ms\":12,"
	    "\"output\":\"ok\\\\x0a\"},"
	    "{\"target\":\"tcp://db:1\",\"kind\":\"ready\","
	    "\"state\":\"unready\",\"reason\":\"\\\"refused\\\"\","
	    "\"attempts\":4,\"failures\":4,\"successes\":0,\"took_ms\":0,"
	    "\"output\":\"\"}]}\n");
}

Test(show, says_why_there_are_no_details)
{
	static const struct found none = {.pid = 0, .problem = "no hale"};

	memset(&status, 0, sizeof(status));
	status.state = HEALTH_UNHEALTHY;
	cr_expect_str_eq(show(&none, false),
	                 "state: unhealthy\nreason: no hale\nhale: 0\n");
	cr_expect_str_eq(show(&none, true), "{\"state\":\"unhealthy\","
	                                    "\"reason\":\"no hale\","
	                                    "\"hale\":0}\n");
	cr_expect(json_valid(buffer));
}

Test(show, has_room_for_the_worst_outputs)
{
	int i;

	fill_status();
	status.count = HEALTH_TARGETS_MAX;
	memset(status.output, '\n', sizeof(status.output));
	for (i = 0; i < HEALTH_TARGETS_MAX; i++) {
		status.targets[i].output_length = STATUS_OUTPUT_SIZE;
		memset(status.targets[i].text, '\n', STATUS_TEXT_SIZE - 1);
		memset(status.targets[i].reason, '\n', STATUS_REASON_SIZE - 1);
	}
	cr_expect_gt(strlen(show(&first, true)), 8 * 5 * 4096);
}
