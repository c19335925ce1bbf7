/* SPDX-License-Identifier: MIT */
#include "report/serve.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "patience.h"

static struct status status;

/* Make a status page with so many targets, all of them in that state. */
static void
set_state(int state, int count)
{
	int i;

	memset(&status, 0, sizeof(status));
	status.state = state;
	status.count = count;
	for (i = 0; i < count; i++) {
		status.targets[i].state = state;
		snprintf(status.targets[i].text, STATUS_TEXT_SIZE,
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
	length = serve_answer(buffer, n, &status);
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
    {"GET /startupz" END, 200},
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
    {"GET /startup" END, 404},
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
	buffer[serve_answer(buffer, 3, &status)] = '\0';
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
	static const char *const pages[] = {"livez", "readyz", "startupz",
	                                    "metrics", "no"};
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
check_state(int state, int live, int ready, int started, const char *body)
{
	static const char *const requests_of_body[] = {
	    "GET /livez" END, "GET /readyz" END, "GET /healthz" END,
	    "GET /startupz" END};
	size_t i;

	set_state(state, 2);
	cr_expect_eq(code_of(answer("GET /livez" END)), live);
	cr_expect_eq(code_of(answer("GET /readyz" END)), ready);
	cr_expect_eq(code_of(answer("GET /healthz" END)), ready);
	cr_expect_eq(code_of(answer("GET /startupz" END)), started);
	cr_expect_eq(code_of(answer("GET /metrics" END)), 200);
	for (i = 0; i < 4; i++)
		cr_expect_str_eq(body_of(answer(requests_of_body[i])), body);
}

Test(serve, has_an_answer_to_each_state)
{
	check_state(HEALTH_STARTING, 200, 503, 503,
	            "starting: tcp://127.0.0.1:1: no answer yet\n");
	check_state(HEALTH_HEALTHY, 200, 200, 200, "healthy\n");
	check_state(HEALTH_UNHEALTHY, 503, 503, 503,
	            "unhealthy: tcp://127.0.0.1:1: no answer yet\n");
	check_state(HEALTH_STOPPING, 200, 503, 503, "stopping\n");
}

/* A database that is down keeps traffic away and restarts nobody. */
Test(serve, is_alive_and_started_while_unready)
{
	set_state(HEALTH_UNREADY, 2);
	status.targets[0].state = HEALTH_HEALTHY;
	status.targets[1].kind = STATUS_READY;
	cr_expect_eq(code_of(answer("GET /livez" END)), 200);
	cr_expect_eq(code_of(answer("GET /startupz" END)), 200);
	cr_expect_eq(code_of(answer("GET /readyz" END)), 503);
	cr_expect_str_eq(body_of(answer("GET /readyz" END)),
	                 "unready: tcp://127.0.0.1:2: no answer yet\n");
}

Test(serve, says_what_the_start_waits_for)
{
	set_state(HEALTH_STARTING, 1);
	status.targets[0].kind = STATUS_WAIT;
	strcpy(status.targets[0].reason, "connection refused");
	cr_expect_eq(code_of(answer("GET /readyz" END)), 503);
	cr_expect_eq(code_of(answer("GET /livez" END)), 200);
	cr_expect_str_eq(body_of(answer("GET /readyz" END)),
	                 "starting: waiting for tcp://127.0.0.1:1: "
	                 "connection refused\n");
}

Test(serve, names_the_target_that_fails)
{
	set_state(HEALTH_UNHEALTHY, 2);
	status.targets[0].state = HEALTH_HEALTHY;
	strcpy(status.targets[1].reason, "status 503");
	cr_expect_str_eq(body_of(answer("GET /livez" END)),
	                 "unhealthy: tcp://127.0.0.1:2: status 503\n");
	strcpy(status.targets[1].reason, "two\r\n\r\nlines\x1b[m");
	cr_expect_str_eq(body_of(answer("GET /livez" END)),
	                 "unhealthy: tcp://127.0.0.1:2: "
	                 "two\\x0d\\x0a\\x0d\\x0alines\\x1b[m\n");
}

Test(serve, has_metrics)
{
	const char *text;

	set_state(HEALTH_HEALTHY, 1);
	text = answer("GET /metrics" END);
	cr_expect_not_null(strstr(text, "\nhale_ready 1\n"));
	cr_expect_not_null(strstr(text, "\nhale_messages_dropped_total 0\n"));
}

/* ------ Real sockets ------ */

/* Listen on a port of 127.0.0.1 that the kernel chooses. */
static int
open_listener(struct sockaddr_in *name)
{
	struct target_server server = {.address_count = 1};
	socklen_t length = sizeof(*name);
	int fd;

	server.addresses[0].family = AF_INET;
	memcpy(server.addresses[0].bytes, "\x7f\0\0\1", 4);
	fd = serve_open(&server);
	cr_assert_geq(fd, 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)name, &length), 0);
	return fd;
}

static int
connect_to(const struct sockaddr_in *name)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (const struct sockaddr *)name, sizeof(*name)),
	             0);
	return fd;
}

static void
wait_until_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, patience_scaled(20000)), 1);
}

/* Read until the server closes the connection. */
static size_t
read_all(int fd, char *buffer, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buffer + n, size - 1 - n)) > 0)
		n += (size_t)got;
	cr_expect_eq(got, 0, "%s", strerror(errno));
	buffer[n] = '\0';
	return n;
}

Test(serve, leaves_low_descriptors_to_others)
{
	struct sockaddr_in name;
	int fd = open_listener(&name);

	cr_expect_geq(fd, 10);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

Test(serve, answers_a_client_whole)
{
	static char got[2 * SERVE_SIZE];
	struct sockaddr_in name;
	int fd = open_listener(&name), client = connect_to(&name), i;

	set_state(HEALTH_HEALTHY, HEALTH_TARGETS_MAX);
	for (i = 0; i < HEALTH_TARGETS_MAX; i++) {
		memset(status.targets[i].text, '"', STATUS_TEXT_SIZE - 1);
		status.targets[i].text[0] = (char)('0' + i);
	}
	cr_assert_gt(write(client, "GET /metrics" END, 35), 0);
	wait_until_readable(fd);
	cr_expect(serve_next(fd, &status));
	cr_expect_gt(read_all(client, got, sizeof(got)), 10000);
	cr_expect_eq(code_of(got), 200);
	cr_expect_not_null(strstr(got, "\nhale_messages_dropped_total 0\n"));
	close(client);
	close(fd);
}

Test(serve, waits_for_no_client)
{
	struct sockaddr_in name;
	int fd = open_listener(&name);

	set_state(HEALTH_HEALTHY, 1);
	cr_expect(serve_next(fd, &status), "nobody is there, and that is fine");
	close(fd);
}

/* Otherwise poll(2) reports the same client again and again. */
Test(serve, asks_for_a_pause_when_no_descriptor_is_left)
{
	struct sockaddr_in name;
	int fd = open_listener(&name), client = connect_to(&name);
	struct rlimit before, none = {0, 0};

	set_state(HEALTH_HEALTHY, 1);
	cr_assert_gt(write(client, "GET /livez" END, 33), 0);
	wait_until_readable(fd);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	cr_expect_not(serve_next(fd, &status));
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_expect(serve_next(fd, &status));
	close(client);
	close(fd);
}

Test(serve, listens_at_the_next_address_if_the_family_is_missing)
{
	struct target_server server = {.address_count = 2};
	int fd;

	server.addresses[0].family = AF_APPLETALK;
	server.addresses[1].family = AF_INET;
	memcpy(server.addresses[1].bytes, "\x7f\0\0\1", 4);
	fd = serve_open(&server);
	cr_expect_geq(fd, 10);
	close(fd);
}

/* What stands behind the last address in memory is none. */
Test(serve, reads_no_further_than_its_addresses)
{
	struct target_server server = {.address_count = 1};

	server.addresses[0].family = AF_APPLETALK;
	server.addresses[1].family = AF_INET;
	cr_expect_eq(serve_open(&server), -1);
	cr_expect_eq(errno, EAFNOSUPPORT);
	server.address_count = 0;
	cr_expect_eq(serve_open(&server), -1);
}

Test(serve, says_that_the_port_is_taken)
{
	struct target_server server = {.address_count = 1};
	struct sockaddr_in name = {0};
	int fd = open_listener(&name);

	server.port = ntohs(name.sin_port);
	server.addresses[0].family = AF_INET;
	memcpy(server.addresses[0].bytes, "\x7f\0\0\1", 4);
	cr_expect_eq(serve_open(&server), -1);
	cr_expect_eq(errno, EADDRINUSE);
	close(fd);
}
