/* SPDX-License-Identifier: MIT */
/* http: what is asked, which answers are healthy, and why the others are not.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "checks.h"
#include "helper.h"
#include "responder.h"
#include "server.h"

TestSuite(http, .init = helper_make_directory, .fini = helper_remove_directory);

#define OK   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define FINE SERVER_PLAY(SAY(OK))

/* An answer made of these steps is healthy; or it is not. */
static void
check_healthy(const struct server_step *steps)
{
	responder_healthy("http", steps);
}

static void
check_unhealthy(const char *reason, const struct server_step *steps)
{
	responder_unhealthy(reason, "http", steps);
}

static void
check_timeout(const struct server_step *steps)
{
	responder_timeout("timed out after 300ms", "http", steps);
}

/* ------ The request. ------ */

/* Check what is at this path of the server with this option; what it got. */
static struct server_visit
visit(struct responder *p, const char *path, char *option, char *value)
{
	struct server_visit v;
	struct ns_output output;

	checks_run(
	    &(struct ns_setup){
		.words = NS_WORDS(option, value,
	                          checks_text("%s%s", p->target, path))},
	    &output);
	cr_expect_eq(output.code, 0, "%s%s", output.out, output.err);
	server_visited(&p->server, &v);
	return v;
}

/* Is this one of the request's lines, and the only one of its name? */
static void
expect_line(const struct server_visit *v, const char *line)
{
	char *whole = checks_text("\r\n%s\r\n", line);
	char *name = checks_text("\r\n%.*s:", (int)strcspn(line, ":"), line);
	const char *first = strstr(v->request, name);

	cr_expect_not_null(strstr(v->request, whole), "no '%s': %s", line,
	                   v->request);
	cr_assert_not_null(first, "no '%s': %s", line, v->request);
	cr_expect_null(strstr(first + 1, name), "%s", v->request);
}

/* The first line is this, and so many follow. */
static void
expect_shape(const struct server_visit *v, const char *first, int others)
{
	const char *at;
	int lines = 0;

	cr_expect_eq(strncmp(v->request, first, strlen(first)), 0, "%s",
	             v->request);
	for (at = v->request; (at = strstr(at, "\r\n")) != NULL; at += 2)
		lines++;
	cr_expect_eq(lines, others + 2, "%s", v->request);
}

Test(http, asks_with_a_get_that_has_four_headers)
{
	struct responder p = responder_open("http", FINE);
	struct server_visit v = visit(&p, "a/b%20c?d=e&f", "--wait", "0");

	expect_shape(&v, "GET /a/b%20c?d=e&f HTTP/1.1\r\n", 4);
	expect_line(&v, checks_text("Host: 127.0.0.1:%d", p.port));
	expect_line(&v, "Accept: */*");
	expect_line(&v, "Connection: close");
	cr_expect_not_null(strstr(v.request, "\r\nUser-Agent: hale/"), "%s",
	                   v.request);
	cr_expect_not(v.reset);
	responder_close(&p);
}

Test(http, asks_for_the_root_where_there_is_no_path)
{
	struct responder p = responder_open("http", FINE);
	struct server_visit v;

	p.target[strlen(p.target) - 1] = '\0';
	v = visit(&p, "", "--wait", "0");
	expect_shape(&v, "GET / HTTP/1.1\r\n", 4);
	responder_close(&p);
}

Test(http, adds_headers_of_the_users)
{
	struct responder p = responder_open("http", FINE);
	struct server_visit v =
	    visit(&p, "", "--health-header", "X-Token: a b:c");

	expect_shape(&v, "GET / HTTP/1.1\r\n", 5);
	expect_line(&v, "X-Token: a b:c");
	v = visit(&p, "", "--health-header", "Host: www.example.org");
	expect_shape(&v, "GET / HTTP/1.1\r\n", 4);
	expect_line(&v, "Host: www.example.org");
	responder_close(&p);
}

Test(http, adds_eight_headers_and_no_more)
{
	char *words[32];
	struct responder p = responder_open("http", FINE);
	struct server_visit v;
	struct ns_output output;
	int i;

	for (i = 0; i < 9; i++) {
		words[2 * i] = "--health-header";
		words[2 * i + 1] = checks_text("X-%d: %d", i, i);
	}
	words[18] = p.target;
	words[19] = NULL;
	checks_refused("--health-header", words);
	checks_run(&(struct ns_setup){.words = words + 2}, &output);
	checks_judge(&output, "healthy", "");
	server_visited(&p.server, &v);
	expect_shape(&v, "GET / HTTP/1.1\r\n", 12);
	for (i = 1; i < 9; i++)
		expect_line(&v, checks_text("X-%d: %d", i, i));
	responder_close(&p);
}

Test(http, takes_headers_from_the_environment_a_line_each)
{
	struct responder p = responder_open("http", FINE);
	struct server_visit v;
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = NS_WORDS(p.target),
	                              .env = NS_WORDS(
					  "HALE_HEALTH_HEADER=A: 1, 2\nB: 3")},
	           &output);
	checks_judge(&output, "healthy", "");
	server_visited(&p.server, &v);
	expect_line(&v, "A: 1, 2");
	expect_line(&v, "B: 3");
	responder_close(&p);
}

Test(http, puts_brackets_around_ipv6)
{
	struct responder p = {.fd = server_bind("::1", &p.port)};
	struct server_visit v;

	if (p.fd < 0)
		cr_skip_test("there is no IPv6 here");
	server_start(&p.server, p.fd, FINE);
	p.target = checks_text("http://[::1]:%d/", p.port);
	v = visit(&p, "six", "--wait", "0");
	expect_shape(&v, "GET /six HTTP/1.1\r\n", 4);
	expect_line(&v, checks_text("Host: [::1]:%d", p.port));
	responder_close(&p);
}

Test(http, asks_over_a_unix_socket)
{
	char *path = helper_path("socket");
	struct responder p = {.fd = server_bind_path(path)};
	struct server_visit v;

	server_start(&p.server, p.fd, FINE);
	p.target = checks_text("http://unix:%s:/", path);
	v = visit(&p, "a:b", "--wait", "0");
	expect_shape(&v, "GET /a:b HTTP/1.1\r\n", 4);
	expect_line(&v, "Host: localhost");
	cr_expect_not(v.reset);
	responder_close(&p);
}

/* Names that curl(1) and others know, and nobody answers there. */
Test(http, needs_no_proxy)
{
	struct responder p = responder_open("http", FINE);
	struct ns_output output;

	checks_run(
	    &(struct ns_setup){
		.words = NS_WORDS("--health-timeout", CHECKS_LONG, p.target),
		.env = NS_WORDS("http_proxy=http://127.0.0.1:1",
	                        "HTTP_PROXY=http://127.0.0.1:1",
	                        "all_proxy=http://127.0.0.1:1",
	                        "ALL_PROXY=http://127.0.0.1:1")},
	    &output);
	checks_judge(&output, "healthy", "");
	responder_close(&p);
}

/* ------ The status. ------ */

static void
check_status(const char *answer, char *list, bool healthy)
{
	struct server_step steps[] = {{SERVER_SAY, answer, strlen(answer)},
	                              {0}};
	struct responder p = responder_open("http", steps);
	char **words = NS_WORDS("--health-status", list, p.target);

	if (healthy)
		checks_healthy(words);
	else
		checks_unhealthy(checks_text("status %.3s", answer + 9), words);
	responder_close(&p);
}

Test(http, is_healthy_with_a_status_of_200_to_399)
{
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
	check_healthy(SERVER_PLAY(SAY("HTTP/1.0 204\r\n\r\n")));
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 399 \r\n\r\n")));
	check_healthy(SERVER_PLAY(SAY(
	    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")));
	check_unhealthy("status 400", SERVER_PLAY(SAY("HTTP/1.1 400\r\n\r\n")));
	check_unhealthy("status 503",
	                SERVER_PLAY(SAY("HTTP/1.1 503 Busy\r\n\r\nx")));
}

Test(http, is_healthy_with_a_status_of_the_list)
{
	check_status("HTTP/1.1 200 OK\r\n\r\n", "200,204,300-399", true);
	check_status("HTTP/1.1 204 OK\r\n\r\n", "200,204,300-399", true);
	check_status("HTTP/1.1 399 OK\r\n\r\n", "200,204,300-399", true);
	check_status("HTTP/1.1 201 OK\r\n\r\n", "200,204,300-399", false);
	check_status("HTTP/1.1 400 OK\r\n\r\n", "200,204,300-399", false);
	check_status("HTTP/1.1 401 No\r\n\r\n", "401", true);
	check_status("HTTP/1.1 200 OK\r\n\r\n", "401", false);
}

Test(http, may_have_its_status_split_anywhere)
{
	check_healthy(SERVER_PLAY(SAY("H"), PAUSE, SAY("TTP/1.1 20"), PAUSE,
	                          SAY("0 OK\r"), PAUSE, SAY("\n\r"), PAUSE,
	                          SAY("\n")));
	check_unhealthy("status 503",
	                SERVER_PLAY(SAY("HTTP/1.1 5"), PAUSE,
	                            SAY("03 OK\r\n\r"), PAUSE, SAY("\n")));
}

/* A status that is no number of three digits, whatever was seen of it. */
Test(http, is_not_healthy_with_a_bad_status_line)
{
	static const char reason[] = "not an HTTP/1 answer";

	check_unhealthy(reason, SERVER_PLAY(SAY("HTTP/1.1 200"), PAUSE,
	                                    SAY("0 OK\r\n\r\n"), HANG));
	check_unhealthy(reason,
	                SERVER_PLAY(SAY("HTTP/1.1 20 OK\r\n\r\n"), HANG));
	check_unhealthy(reason,
	                SERVER_PLAY(SAY("HTTP/1.1 2x0 OK\r\n\r\n"), HANG));
	check_unhealthy(reason, SERVER_PLAY(SAY("HTTP/1.1200\r\n\r\n"), HANG));
	check_unhealthy(reason, SERVER_PLAY(SAY("HTTP/1.1\r\n\r\n"), HANG));
	check_unhealthy(reason, SERVER_PLAY(SAY("HTTP/1.1 \n200\n\n"), HANG));
}

Test(http, skips_what_may_stand_before_the_answer)
{
	check_healthy(SERVER_PLAY(SAY("\r\n" OK)));
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 100 Continue\r\n\r\n" OK)));
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"),
	                          PAUSE, SAY("HTTP/1.1 100\r\n\r\n"), PAUSE,
	                          SAY(OK)));
	check_unhealthy("status 503",
	                SERVER_PLAY(SAY("HTTP/1.1 103 Hints\r\n\r\n"), PAUSE,
	                            SAY("HTTP/1.1 503 Busy\r\n\r\n")));
}

#define INTERIM "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

Test(http, skips_five_interim_answers_and_no_more)
{
	check_healthy(
	    SERVER_PLAY(SAY(INTERIM INTERIM INTERIM INTERIM INTERIM OK)));
	check_unhealthy(
	    "",
	    SERVER_PLAY(SAY(INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM),
	                HANG));
}

Test(http, does_not_switch_protocols)
{
	check_unhealthy("status 101",
	                SERVER_PLAY(SAY("HTTP/1.1 101 Switching Protocols\r\n"
	                                "Upgrade: h2c\r\n\r\n"),
	                            HANG));
}

Test(http, may_end_its_lines_with_a_bare_lf)
{
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 200 OK\nA: b\n\n"), HANG));
	check_unhealthy("status 500", SERVER_PLAY(SAY("HTTP/1.1 500\n\n")));
}

/* ------ The body. ------ */

Test(http, is_judged_before_its_body)
{
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"), HANG));
	check_healthy(SERVER_PLAY(
	    SAY("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), RESET));
	check_healthy(
	    SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"), FLOOD("data: x\n\n")));
	check_healthy(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"),
	                          TRICKLE("data: x\n\n")));
	check_healthy(SERVER_PLAY(
	    SAY("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut")));
	check_unhealthy("status 503",
	                SERVER_PLAY(SAY("HTTP/1.1 503 Busy\r\n"
	                                "Content-Length: 99\r\n\r\nstall"),
	                            HANG));
}

/* Many an application complains of a connection that its client resets. */
static void
check_farewell(const struct server_step *steps)
{
	struct responder p = responder_open("http", steps);
	struct server_visit v = visit(&p, "", "--wait", "0");

	cr_expect_not(v.reset);
	responder_close(&p);
}

#define SIXTEEN "0123456789abcde\n"
#define LONGER  SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define LARGE   LONGER LONGER LONGER LONGER LONGER LONGER LONGER LONGER

Test(http, is_not_reset_when_it_is_healthy)
{
	check_farewell(FINE);
	check_farewell(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n" LARGE)));
	check_farewell(
	    SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n" LARGE LARGE LARGE LARGE
	                        LARGE LARGE LARGE LARGE LARGE LARGE)));
	check_farewell(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"), SAY(LARGE),
	                           SAY(LARGE), SAY("0123456789")));
}

/* ------ What is no answer. ------ */

/* Each end is called something else. */
Test(http, says_where_the_answer_ended)
{
	check_unhealthy("closed", SERVER_PLAY({0}));
	check_unhealthy("status line", SERVER_PLAY(SAY("HTTP/1.1 20")));
	check_unhealthy("header",
	                SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\nServer: x\r\n")));
}

Test(http, says_that_it_was_reset)
{
	check_unhealthy("reset", SERVER_PLAY(RESET));
	check_unhealthy("reset", SERVER_PLAY(SAY("HTTP/1.1 20"), RESET));
	check_unhealthy("reset",
	                SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\nA: b\r\n"), RESET));
}

Test(http, is_not_waited_for_where_another_protocol_is_spoken)
{
	check_unhealthy("speaks TLS",
	                SERVER_PLAY(SAY("\x15\x03\x01\x00\x02\x02\x46"), HANG));
	check_unhealthy(
	    "HTTP/2",
	    SERVER_PLAY(SAY("\x00\x00\x12\x04\x00\x00\x00\x00\x00"), HANG));
	check_unhealthy("SSH", SERVER_PLAY(SAY("SSH-2.0-x\r\n"), HANG));
	check_unhealthy("", SERVER_PLAY(SAY("220 mail ready\r\n"), HANG));
	check_unhealthy("", SERVER_PLAY(SAY("RTSP/1.0 200 OK\r\n\r\n"), HANG));
	check_unhealthy("", SERVER_PLAY(SAY("HTTP/2 200 OK\r\n\r\n"), HANG));
}

Test(http, ends_at_64_kib_of_headers)
{
	check_unhealthy("64 KiB", SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n"),
	                                      FLOOD("A: b\r\n")));
	check_unhealthy("64 KiB",
	                SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\nA: "), FLOOD("x")));
	check_unhealthy("", SERVER_PLAY(FLOOD(INTERIM)));
	check_unhealthy("", SERVER_PLAY(FLOOD("\r\n")));
	check_unhealthy("", SERVER_PLAY(SAY("HTTP/1.1 "), FLOOD(" ")));
}

/* ------ The time. ------ */

Test(http, has_one_deadline_that_nothing_extends)
{
	check_timeout(SERVER_PLAY(HANG));
	check_timeout(SERVER_PLAY(SAY("HTTP/1.1 200"), HANG));
	check_timeout(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\nA: b\r\n"), HANG));
	check_timeout(
	    SERVER_PLAY(TRICKLE("HTTP/1.1 200 a very slow server\r\n")));
	check_timeout(
	    SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n"), TRICKLE("A: b\r\n")));
	check_timeout(SERVER_PLAY(
	    PAUSE, PAUSE, PAUSE, SAY("HTTP/1.1 20"), PAUSE, PAUSE, PAUSE, PAUSE,
	    PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, PAUSE, SAY("0 OK\r\n\r\n")));
}
