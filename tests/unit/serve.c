/* SPDX-License-Identifier: MIT */
#include "report/serve.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct status status;

/* So many targets, the first of which has said nothing good. */
static void
set_state(int state, int count)
{
	int i;

	memset(&status, 0, sizeof(status));
	status.health.state = state;
	status.health.count = count;
	for (i = 0; i < count; i++) {
		status.health.watch[i].state = state % HEALTH_STOPPING;
		snprintf(status.target[i].text, STATUS_TARGET_SIZE,
		         "tcp://127.0.0.1:%d", i + 1);
	}
}

/* The answer to n bytes, or to a text. */
static const char *
answer_bytes(const char *request, size_t n)
{
	static char buffer[SERVE_SIZE];
	size_t length;

	memcpy(buffer, request, n);
	length = serve_answer(buffer, n, &status, 1234567);
	cr_assert_lt(length, sizeof(buffer));
	buffer[length] = '\0';
	return buffer;
}

static const char *
answer(const char *request)
{
	return answer_bytes(request, strlen(request));
}

static int
code_of(const char *text)
{
	int code = 0;

	cr_expect_eq(sscanf(text, "HTTP/1.1 %d ", &code), 1, "%s", text);
	cr_expect_not_null(strstr(text, "\r\nConnection: close\r\n"));
	cr_expect_not_null(strstr(text, "\r\nContent-Type: text/plain; "
	                                "version=0.0.4\r\n"));
	return code;
}

static const char *
body_of(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");

	cr_assert_not_null(end);
	return end + 4;
}

#define END " HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct {
	const char *request;
	int code;
} requests[] = {
    {"GET /livez" END, 200},
    {"GET /readyz" END, 200},
    {"GET /healthz" END, 200},
    {"GET /metrics" END, 200},
    {"HEAD /livez" END, 200},
    {"GET /livez HTTP/1.0\r\n\r\n", 200},
    {"GET /livez HTTP/1.1\n\n", 200},
    {"GET /livez?verbose=1&x" END, 200},
    {"GET /readyz?" END, 200},

    {"GET /" END, 404},
    {"GET /live" END, 404},
    {"GET /livez/" END, 404},
    {"GET /livezz" END, 404},
    {"GET livez" END, 404},
    {"GET /LIVEZ" END, 404},
    {"GET /metrics|/livez" END, 404},
    {"GET " END, 404},
    {"GET ?/livez" END, 404},
    {"HEAD /no" END, 404},

    {"POST /livez" END, 405},
    {"OPTIONS *" END, 405},
    {"get /livez" END, 405},
    {"GETS /livez" END, 405},
    {"GE /livez" END, 405},
    {"GET|HEAD /livez" END, 405},
    {" /livez" END, 405},
    {"PRI * HTTP/1.9\r\n\r\n", 405},

    {"GET /livez\r\n\r\n", 400},
    {"GET /livez HTTP/2.0\r\n\r\n", 400},
    {"GET /livez http/1.1\r\n\r\n", 400},
    {"GET  /livez" END, 400},
    {"GET /a b" END, 400},
    {"GET\r\n\r\n", 400},
    {"GET", 400},
    {" ", 400},
    {"\r\n\r\n", 400},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
    {"\x16\x03\x01\x02", 400},
};

Test(serve, knows_what_is_asked_for)
{
	size_t i;

	set_state(HEALTH_HEALTHY, 1);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		cr_expect_eq(code_of(answer(requests[i].request)),
		             requests[i].code, "%s", requests[i].request);
}

/* A request that has come in part is known by its first line, or is none. */
Test(serve, needs_the_first_line_in_one_piece)
{
	static const char whole[] = "GET /livez" END;
	size_t n, line = sizeof("GET /livez HTTP/1.") - 1;

	set_state(HEALTH_HEALTHY, 1);
	for (n = 1; n < sizeof(whole); n++)
		cr_expect_eq(code_of(answer_bytes(whole, n)),
		             n < line ? 400 : 200, "%zu", n);
}

Test(serve, does_not_look_behind_what_has_come)
{
	char buffer[SERVE_SIZE] = "GET /livez HTTP/1.1\r\n\r\n";

	set_state(HEALTH_HEALTHY, 1);
	buffer[serve_answer(buffer, 3, &status, 0)] = '\0';
	cr_expect_eq(code_of(buffer), 400);
	/* Nor does a NUL hide anything. */
	cr_expect_eq(code_of(answer_bytes("GET\0/livez" END, 24)), 400);
}

Test(serve, takes_no_more_than_1_kib)
{
	static const char begin[] = "GET /livez HTTP/1.1\r\nA: ";
	char request[SERVE_SIZE];

	set_state(HEALTH_HEALTHY, 1);
	memset(request, 'x', sizeof(request));
	memcpy(request, begin, sizeof(begin) - 1);
	cr_expect_eq(code_of(answer_bytes(request, 1024)), 200);
	cr_expect_eq(code_of(answer_bytes(request, 1025)), 431);
	cr_expect_eq(code_of(answer_bytes(request, SERVE_SIZE - 1)), 431);
	memset(request, 'x', sizeof(request));
	cr_expect_eq(code_of(answer_bytes(request, 1024)), 400);
	cr_expect_eq(code_of(answer_bytes(request, 1025)), 431);
}

Test(serve, says_which_methods_there_are)
{
	set_state(HEALTH_HEALTHY, 1);
	cr_expect_not_null(
	    strstr(answer("PUT /livez" END), "\r\nAllow: GET, HEAD\r\n"));
	cr_expect_not_null(strstr(answer("GET /livez" END), "Allow"));
}

Test(serve, sends_no_body_to_head)
{
	static const char *const pages[] = {"livez", "readyz", "metrics", "no"};
	char get[64], head[64], whole[SERVE_SIZE];
	size_t i;

	set_state(HEALTH_UNHEALTHY, 2);
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		snprintf(get, sizeof(get), "GET /%s" END, pages[i]);
		snprintf(head, sizeof(head), "HEAD /%s" END, pages[i]);
		strcpy(whole, answer(get));
		cr_expect_str_empty(body_of(answer(head)));
		cr_expect_eq(strncmp(whole, answer(head), strlen(answer(head))),
		             0);
	}
}

static void
check_state(int state, int live, int ready, const char *body)
{
	set_state(state, 2);
	cr_expect_eq(code_of(answer("GET /livez" END)), live);
	cr_expect_str_eq(body_of(answer("GET /livez" END)), body);
	cr_expect_eq(code_of(answer("GET /readyz" END)), ready);
	cr_expect_str_eq(body_of(answer("GET /readyz" END)), body);
	cr_expect_eq(code_of(answer("GET /healthz" END)), ready);
	cr_expect_eq(code_of(answer("GET /metrics" END)), 200);
}

Test(serve, has_an_answer_to_each_state)
{
	check_state(HEALTH_STARTING, 200, 503,
	            "starting: tcp://127.0.0.1:1: no answer yet\n");
	check_state(HEALTH_HEALTHY, 200, 200, "healthy\n");
	check_state(HEALTH_UNHEALTHY, 503, 503,
	            "unhealthy: tcp://127.0.0.1:1: no answer yet\n");
	check_state(HEALTH_STOPPING, 200, 503, "stopping\n");
}

Test(serve, names_the_target_that_is_to_blame)
{
	set_state(HEALTH_UNHEALTHY, 2);
	status.health.watch[0].state = HEALTH_HEALTHY;
	strcpy(status.target[1].reason, "status 503");
	cr_expect_str_eq(body_of(answer("GET /livez" END)),
	                 "unhealthy: tcp://127.0.0.1:2: status 503\n");
	strcpy(status.target[1].reason, "two\r\n\r\nlines\x1b[m");
	cr_expect_str_eq(body_of(answer("GET /livez" END)),
	                 "unhealthy: tcp://127.0.0.1:2: "
	                 "two\\x0d\\x0a\\x0d\\x0alines\\x1b[m\n");
}

Test(serve, has_metrics)
{
	set_state(HEALTH_UNHEALTHY, 2);
	strcpy(status.target[0].text, "exec:sh -c \"a \\\\ b\"");
	status.health.watch[1].state = HEALTH_HEALTHY;
	status.health.watch[0].attempts = 3;
	status.health.watch[1].attempts = 1LL << 40;
	status.target[0].took = 0;
	status.target[1].took = 1234;
	cr_expect_str_eq(
	    body_of(answer("GET /metrics" END)),
	    "# HELP hale_live see hale(8)\n"
	    "# TYPE hale_live gauge\n"
	    "hale_live 0\n"
	    "# HELP hale_ready see hale(8)\n"
	    "# TYPE hale_ready gauge\n"
	    "hale_ready 0\n"
	    "# HELP hale_orphans_reaped_total see hale(8)\n"
	    "# TYPE hale_orphans_reaped_total counter\n"
	    "hale_orphans_reaped_total 1234567\n"
	    "# HELP hale_probes_total see hale(8)\n"
	    "# TYPE hale_probes_total counter\n"
	    "hale_probes_total{target=\"exec:sh -c \\\"a \\\\\\\\ b\\\"\"} 3\n"
	    "hale_probes_total{target=\"tcp://127.0.0.1:2\"} 1099511627776\n"
	    "# HELP hale_target_healthy see hale(8)\n"
	    "# TYPE hale_target_healthy gauge\n"
	    "hale_target_healthy{target=\"exec:sh -c \\\"a \\\\\\\\ b\\\"\"} "
	    "0\n"
	    "hale_target_healthy{target=\"tcp://127.0.0.1:2\"} 1\n"
	    "# HELP hale_probe_duration_seconds see hale(8)\n"
	    "# TYPE hale_probe_duration_seconds gauge\n"
	    "hale_probe_duration_seconds"
	    "{target=\"exec:sh -c \\\"a \\\\\\\\ b\\\"\"} 0e-3\n"
	    "hale_probe_duration_seconds{target=\"tcp://127.0.0.1:2\"} "
	    "1234e-3\n");
}

Test(serve, has_metrics_of_the_state)
{
	set_state(HEALTH_STARTING, 1);
	cr_expect_not_null(strstr(answer("GET /metrics" END), "hale_live 1\n"));
	cr_expect_not_null(
	    strstr(answer("GET /metrics" END), "hale_ready 0\n"));
	set_state(HEALTH_HEALTHY, 1);
	cr_expect_not_null(strstr(answer("GET /metrics" END), "hale_live 1\n"));
	cr_expect_not_null(
	    strstr(answer("GET /metrics" END), "hale_ready 1\n"));
}

/* The longest page there can be ends as it should. */
Test(serve, never_cuts_the_metrics)
{
	const char *text;
	int i;

	set_state(HEALTH_HEALTHY, HEALTH_MAX);
	for (i = 0; i < HEALTH_MAX; i++) {
		memset(status.target[i].text, '"', STATUS_TARGET_SIZE - 1);
		status.target[i].took = -(1LL << 62);
		status.health.watch[i].attempts = -(1LL << 62);
	}
	text = answer("GET /metrics" END);
	cr_expect_gt(strlen(text), 10000);
	cr_expect_str_eq(strrchr(text, '}'), "} -4611686018427387904e-3\n");
}
