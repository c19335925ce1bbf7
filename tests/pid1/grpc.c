/* SPDX-License-Identifier: MIT */
/* grpc: what is asked, what a server may say meanwhile, and why an answer is
 * not healthy. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "responder.h"
#include "server.h"
#include "state.h"

TestSuite(grpc, .init = helper_make_directory, .fini = helper_remove_directory);

/* Frames of what a server says. */
#define SETTINGS "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64"
#define AGREED   "\0\0\0\4\1\0\0\0\0"
#define PING     "\0\0\x08\6\0\0\0\0\0\1\2\3\4\5\6\7\x08"
#define PONG     "\0\0\x08\6\1\0\0\0\0\1\2\3\4\5\6\7\x08"
#define HEADERS                                                                \
	"\0\0\x13\1\4\0\0\0\1\x88\x5f\x10"                                     \
	"application/grpc"
#define STATE(number) "\0\0\7\0\0\0\0\0\1\0\0\0\0\2\x08" number
#define END(digit)                                                             \
	"\0\0\x0f\1\5\0\0\0\1\x40\x0b"                                         \
	"grpc-status\1" digit

#define SERVING SETTINGS AGREED HEADERS STATE("\1") END("0")

/* An answer made of these steps is healthy; or it is not. */
static void
check_healthy(const struct server_step *steps)
{
	responder_healthy("grpc", steps);
}

static void
check_unhealthy(const char *reason, const struct server_step *steps)
{
	responder_unhealthy(reason, "grpc", steps);
}

static void
check_timeout(const struct server_step *steps)
{
	responder_timeout("timed out after 300ms while waiting for the answer",
	                  "grpc", steps);
}

/* ------ The request. ------ */

static const char request[] =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    "\0\0\6\4\0\0\0\0\0\0\1\0\0\0\0"
    "\0\0\x4b\1\4\0\0\0\1\x83\x86\4\x1c/grpc.health.v1.Health/Check"
    "\1\x09localhost\0\2te\x08trailers\x0f\x10\x10"
    "application/grpc";

static void
expect_request(struct responder *p, const char *more, size_t n)
{
	struct server_visit v;

	server_visited(&p->server, &v);
	cr_expect_arr_eq(v.request, request, sizeof(request) - 1);
	cr_expect_arr_eq(v.request + sizeof(request) - 1, more, n);
}

static bool
has_bytes(const struct server_visit *v, const char *bytes, size_t n)
{
	return memmem(v->request, sizeof(v->request), bytes, n) != NULL;
}

/* Neither the server's SETTINGS nor its consent is waited for. */
Test(grpc, asks_in_one_piece)
{
	struct responder p = responder_open("grpc", SERVER_PLAY(SAY(SERVING)));

	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG, p.target));
	expect_request(&p, "\0\0\5\0\1\0\0\0\1\0\0\0\0\0", 15);
	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG,
	                        checks_text("%s/a.B", p.target)));
	expect_request(&p, "\0\0\x0a\0\1\0\0\0\1\0\0\0\0\5\x0a\3a.B", 20);
	responder_close(&p);
}

/* A header is sent as metadata, whose names are in lower case; Host is what
 * HTTP/2 calls the authority. */
Test(grpc, sends_headers_as_metadata)
{
	struct responder p = responder_open("grpc", SERVER_PLAY(SAY(SERVING)));
	struct server_visit v;

	checks_healthy(NS_WORDS("--health-timeout", CHECKS_LONG,
	                        "--health-header", "Authorization: Bearer x",
	                        "--health-header", "Host: a.example",
	                        p.target));
	server_visited(&p.server, &v);
	cr_expect(has_bytes(&v,
	                    "\x0d"
	                    "authorization"
	                    "\x08"
	                    "Bearer x",
	                    23));
	cr_expect(has_bytes(&v,
	                    "\1\x09"
	                    "a.example",
	                    11));
	cr_expect_not(has_bytes(&v, "localhost", 9));
	responder_close(&p);
}

/* ------ The answer. ------ */

Test(grpc, is_healthy_when_the_server_serves)
{
	check_healthy(SERVER_PLAY(SAY(SERVING)));
	check_healthy(SERVER_PLAY(SAY(SERVING), HANG));
	check_healthy(SERVER_PLAY(SAY(SERVING), RESET));
	check_healthy(SERVER_PLAY(SAY(SERVING), FLOOD(PING)));
}

Test(grpc, may_have_its_answer_split_anywhere)
{
	check_healthy(SERVER_PLAY(SAY("\0"), PAUSE, SAY("\0\6\4\0\0"), PAUSE,
	                          SAY("\0\0\0\0\3\0\0\0\x64" AGREED), PAUSE,
	                          SAY(HEADERS STATE("\1")), PAUSE,
	                          SAY("\0\0\x0f\1\5\0\0\0\1\x40\x0bgrp"), PAUSE,
	                          SAY("c-status\1"), PAUSE, SAY("0")));
}

Test(grpc, answers_a_server_that_waits_for_it)
{
	/* What is left of the request comes first. */
	check_healthy(SERVER_PLAY(SAY(SETTINGS), HEAR(AGREED), SAY(PING),
	                          HEAR(PONG), SAY(HEADERS PING), HEAR(PONG),
	                          SAY(STATE("\1") END("0")), HANG));
	check_healthy(SERVER_PLAY(SAY(SETTINGS "\0\0\x08\6\0\0\0"),
	                          HEAR(AGREED), SAY("\0\0\1\2\3\4\5"), PAUSE,
	                          SAY("\6\7\x08" HEADERS STATE("\1")),
	                          HEAR(PONG), SAY(END("0")), HANG));
}

Test(grpc, says_how_the_server_is)
{
	check_unhealthy(
	    "NOT_SERVING",
	    SERVER_PLAY(SAY(SETTINGS HEADERS STATE("\2") END("0")), HANG));
	check_unhealthy(
	    ": UNKNOWN",
	    SERVER_PLAY(SAY(SETTINGS HEADERS STATE("\0") END("0")), HANG));
	check_unhealthy("service unknown",
	                SERVER_PLAY(SAY(SETTINGS HEADERS END("5")), HANG));
	check_unhealthy("no health service",
	                SERVER_PLAY(SAY(SETTINGS "\0\0\x10\1\5\0\0\0\1\x40\x0b"
	                                         "grpc-status\2"
	                                         "12"),
	                            HANG));
	check_unhealthy("grpc-status 7",
	                SERVER_PLAY(SAY(SETTINGS HEADERS END("7")), HANG));
	check_unhealthy(
	    "no grpc-status",
	    SERVER_PLAY(SAY(SETTINGS HEADERS STATE("\1") "\0\0\0\0\1\0\0\0\1"),
	                HANG));
}

Test(grpc, says_that_the_call_was_refused)
{
	check_unhealthy(
	    "HTTP/2 error 7",
	    SERVER_PLAY(SAY(SETTINGS "\0\0\4\3\0\0\0\0\1\0\0\0\7"), HANG));
	check_unhealthy("HTTP/2 error 11",
	                SERVER_PLAY(SAY(SETTINGS "\0\0\x0c\7\0\0\0\0\0"
	                                         "\0\0\0\0\0\0\0\x0b"
	                                         "calm"),
	                            HANG));
}

/* ------ What is no answer. ------ */

Test(grpc, is_not_waited_for_where_another_protocol_is_spoken)
{
	check_unhealthy(
	    "server speaks HTTP/1.1",
	    SERVER_PLAY(SAY("HTTP/1.1 400 Bad Request\r\n\r\n"), HANG));
	check_unhealthy("server speaks TLS",
	                SERVER_PLAY(SAY("\x15\x03\x01\x00\x02\x02\x46"), HANG));
	check_unhealthy("not a gRPC answer",
	                SERVER_PLAY(SAY("SSH-2.0-x\r\n"), HANG));
}

Test(grpc, says_that_the_connection_ended)
{
	check_unhealthy("closed without an answer", SERVER_PLAY({0}));
	check_unhealthy("closed without an answer",
	                SERVER_PLAY(SAY(SETTINGS HEADERS STATE("\1"))));
	check_unhealthy("reset by peer while waiting for the answer",
	                SERVER_PLAY(SAY(SETTINGS), RESET));
}

Test(grpc, ends_at_64_kib)
{
	check_unhealthy("not a gRPC answer", SERVER_PLAY(FLOOD(PING)));
	check_unhealthy("not a gRPC answer", SERVER_PLAY(FLOOD(SETTINGS)));
	check_unhealthy("not a gRPC answer",
	                SERVER_PLAY(SAY(SETTINGS), FLOOD(HEADERS)));
}

Test(grpc, has_one_deadline_that_nothing_extends)
{
	check_timeout(SERVER_PLAY(HANG));
	check_timeout(SERVER_PLAY(SAY(SETTINGS AGREED HEADERS), HANG));
	check_timeout(SERVER_PLAY(SAY(SETTINGS AGREED), TRICKLE(PING)));
}

/* ------ As PID 1, and with time. ------ */

Test(grpc, is_tried_again_until_it_is_healthy)
{
	struct responder p = responder_open(
	    "grpc", SERVER_PLAY(SAY(SETTINGS HEADERS STATE("\2") END("0")),
	                        NEXT, SAY(SERVING)));

	struct ns_output output;

	checks_run(&(struct ns_setup){.words = NS_WORDS("--health-timeout",
	                                                CHECKS_LONG, "--wait",
	                                                CHECKS_LONG, p.target)},
	           &output);
	cr_expect_eq(output.code, 0, "%s%s", output.out, output.err);
	cr_expect_not_null(strstr(output.err, ": NOT_SERVING"), "%s",
	                   output.err);
	responder_close(&p);
}

Test(grpc, is_watched)
{
	struct responder p = responder_open(
	    "grpc",
	    SERVER_PLAY(SAY(SERVING), NEXT,
	                SAY(SETTINGS HEADERS STATE("\2") END("0")), NEXT,
	                SAY(SETTINGS HEADERS STATE("\2") END("0")), NEXT,
	                SAY(SERVING)));
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health", p.target, "--health-interval",
	                      "300ms", "--health-retries", "2", ns_program(),
	                      "catch", "1", "0")});

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	state_await_message(
	    &ns, checks_text("unhealthy: %s: NOT_SERVING", p.target));
	state_await_name(&ns, "hale:healthy");
	server_await(&p.server, 6);
	cr_expect_leq(state_descriptors(&ns, true), 1);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 0);
	responder_close(&p);
}
