/* SPDX-License-Identifier: MIT */
#include "probe/http.h"

#include "lib/version.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char other[] = "not an HTTP/1 answer";
static const char tls[] = "server speaks TLS";
static const char ssh[] = "server speaks SSH";
static const char http2[] = "server speaks HTTP/2";
static const char many[] = "too many interim answers";

/* Bytes of an answer, which may hold a NUL. */
#define BYTES(s) s, sizeof(s) - 1

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
#define FIVE     CONTINUE HINTS CONTINUE HINTS CONTINUE

/* The result of an answer, and how many bytes it took. */
struct outcome {
	enum http_result result;
	int status;
	const char *reason;
	size_t bytes; /* up to the result, or all */
};

static const struct {
	const char *bytes;
	size_t n;
	enum http_result result;
	int status;         /* of HTTP_ANSWERED */
	const char *reason; /* of HTTP_FAILED */
	size_t rest;        /* bytes behind the result */
} answers[] = {
    /* ordinary answers */
    {BYTES("HTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n"), HTTP_ANSWERED, 404, NULL,
     0},
    {BYTES("HTTP/1.9 503 No\r\nA: b\r\nC: d\r\n\r\n"), HTTP_ANSWERED, 503, NULL,
     0},
    {BYTES("HTTP/1.1 204 \r\n\r\n"), HTTP_ANSWERED, 204, NULL, 0},
    {BYTES("HTTP/1.1 204\r\n\r\n"), HTTP_ANSWERED, 204, NULL, 0},
    {BYTES("HTTP/1.1 999 What\r\n\r\n"), HTTP_ANSWERED, 999, NULL, 0},
    {BYTES("HTTP/1.1 600\r\n\r\n"), HTTP_ANSWERED, 600, NULL, 0},
    {BYTES("HTTP/1.1 201 201 404\r\n\r\n"), HTTP_ANSWERED, 201, NULL, 0},

    /* spaces and ends of lines */
    {BYTES("HTTP/1.1    200    OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200\n\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\nA: b\n\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\nA: b\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\nA: b\r\n\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200\rOK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("\r\n\n\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("\r\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},

    /* a CR alone ends no line, and only a line without a byte is blank */
    {BYTES("HTTP/1.1 200\r\r\r"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\r\r\n"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\nA: b\r\r\n"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\n\r\r\n"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\n\rA: b\r\n"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\n\rA: b\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\n \r\n"), HTTP_MORE, 0, NULL, 0},
    {BYTES("HTTP/1.1 200 OK\r\nA: \0\xff\r\n\r\n"), HTTP_ANSWERED, 200, NULL,
     0},

    /* the body is not read */
    {BYTES("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 No\r\n\r\n"), HTTP_ANSWERED,
     200, NULL, 19},
    {BYTES("HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n\x15"), HTTP_ANSWERED,
     503, NULL, 1},
    {BYTES("HTTP/1.1 200\n\n\n\n"), HTTP_ANSWERED, 200, NULL, 2},

    /* bad status lines */
    {BYTES("HTTP/1.1 2000 OK\r\n\r\n"), HTTP_FAILED, 0, other, 7},
    {BYTES("HTTP/1.1 20 OK\r\n\r\n"), HTTP_FAILED, 0, other, 5},
    {BYTES("HTTP/1.1 2 OK\r\n\r\n"), HTTP_FAILED, 0, other, 4},
    {BYTES("HTTP/1.1 20\r\n\r\n"), HTTP_FAILED, 0, other, 2},
    {BYTES("HTTP/1.1 2 0\r\n\r\n"), HTTP_FAILED, 0, other, 3},
    {BYTES("HTTP/1.1 OK\r\n\r\n"), HTTP_FAILED, 0, other, 2},
    {BYTES("HTTP/1.1 \r\n\r\n"), HTTP_FAILED, 0, other, 2},
    {BYTES("HTTP/1.1\r\n\r\n"), HTTP_FAILED, 0, other, 2},
    {BYTES("HTTP/1.1\t200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1 200\tOK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1 200\0OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1 200OK\r\n\r\n"), HTTP_FAILED, 0, other, 5},
    {BYTES("HTTP/1.1 +20 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1 000 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1 099 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.1200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 5},
    {BYTES("HTTP/1.10 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1. 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 5},
    {BYTES("HTTP/1.x 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1.: 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1./ 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 4},
    {BYTES("HTTP/1,1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTP/2 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 4},
    {BYTES("HTTP/2.0 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTTPS/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("HTP/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 14},
    {BYTES("http/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 15},
    {BYTES(" HTTP/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 16},
    {BYTES("\n HTTP/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 16},
    {BYTES("ICY 200 OK\r\n\r\n"), HTTP_FAILED, 0, other, 10},
    {BYTES("<html>\r\n\r\n"), HTTP_FAILED, 0, other, 6},
    {BYTES("220 smtp.example ESMTP\r\n"), HTTP_FAILED, 0, other, 20},

    /* not HTTP/1 */
    {BYTES("\x15\x03\x01\x00\x02\x02\x46"), HTTP_FAILED, 0, tls, 3},
    {BYTES("\x16\x03\x01"), HTTP_MORE, 0, NULL, 0},
    {BYTES("\0\0\x12\x04\0\0\0\0\0"), HTTP_FAILED, 0, http2, 5},
    {BYTES("\0\0\0\x04\0\0\0\0\0"), HTTP_FAILED, 0, http2, 5},
    {BYTES("\0\0\x04\x04"), HTTP_FAILED, 0, http2, 0},
    {BYTES("\0\0\xff\x04"), HTTP_FAILED, 0, http2, 0},
    {BYTES("\0\0\x12\x07\0"), HTTP_FAILED, 0, other, 1},
    {BYTES("\0\x01\x12\x04\0"), HTTP_FAILED, 0, other, 1},
    {BYTES("\x01\0\x12\x04"), HTTP_FAILED, 0, other, 0},
    {BYTES("\0\0\x12"), HTTP_MORE, 0, NULL, 0},
    {BYTES("SSH-2.0-OpenSSH_9.2\r\n"), HTTP_FAILED, 0, ssh, 17},
    {BYTES("SSH"), HTTP_MORE, 0, NULL, 0},
    {BYTES("SSH 2.0"), HTTP_FAILED, 0, other, 3},
    {BYTES("SSSH-"), HTTP_FAILED, 0, other, 1},
    {BYTES("STH-"), HTTP_FAILED, 0, other, 0},

    /* interim answers */
    {BYTES(CONTINUE "HTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES(HINTS "\r\nHTTP/1.1 503 No\r\n\r\n"), HTTP_ANSWERED, 503, NULL, 0},
    {BYTES("HTTP/1.1 100\n\nHTTP/1.0 404\n\n"), HTTP_ANSWERED, 404, NULL, 0},
    {BYTES("HTTP/1.1 199\n\nHTTP/1.0 200\n\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES("HTTP/1.1 102\n\nHTTP/1.1 20\n\n"), HTTP_FAILED, 0, other, 1},
    {BYTES(CONTINUE "junk"), HTTP_FAILED, 0, other, 0},
    {BYTES(CONTINUE), HTTP_MORE, 0, NULL, 0},
    {BYTES(FIVE "HTTP/1.1 200 OK\r\n\r\n"), HTTP_ANSWERED, 200, NULL, 0},
    {BYTES(FIVE "HTTP/1.1 101 Go\r\n\r\n"), HTTP_ANSWERED, 101, NULL, 0},
    {BYTES(FIVE CONTINUE "HTTP/1.1 200 OK\r\n\r\n"), HTTP_FAILED, 0, many, 19},
    {BYTES("HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
     HTTP_ANSWERED, 101, NULL, 19},
};

enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

/* Feed a chunk from memory that ends with it, so that a sanitizer sees a read
 * past its end. */
static enum http_result
feed(struct http *h, const char *bytes, size_t n)
{
	char *chunk = malloc(n > 0 ? n : 1);
	enum http_result result;

	memcpy(chunk, bytes, n);
	result = http_feed(h, chunk, n);
	free(chunk);
	return result;
}

/* Check that answer i, cut before the bytes first and second, has the result
 * that the table says. */
static void
expect_chunks(size_t i, size_t first, size_t second)
{
	const size_t cuts[] = {0, first, second, answers[i].n};
	struct http h;
	enum http_result result = HTTP_MORE;
	size_t k;

	http_init(&h);
	for (k = 0; k < 3 && result == HTTP_MORE; k++)
		result =
		    feed(&h, answers[i].bytes + cuts[k], cuts[k + 1] - cuts[k]);
	cr_assert_eq(result, answers[i].result, "answer %zu, cut at %zu, %zu",
	             i, first, second);
	if (result == HTTP_ANSWERED)
		cr_assert_eq(h.status, answers[i].status, "answer %zu: %d", i,
		             h.status);
	if (result == HTTP_FAILED)
		cr_assert_str_eq(h.reason, answers[i].reason, "answer %zu: %s",
		                 i, h.reason);
}

Test(http, finds_the_status_and_what_is_wrong_in_every_two_chunks)
{
	size_t i, cut;

	for (i = 0; i < ANSWERS; i++)
		for (cut = 0; cut <= answers[i].n; cut++)
			expect_chunks(i, cut, answers[i].n);
}

Test(http, finds_the_same_in_every_three_chunks_of_a_short_answer)
{
	size_t i, first, second;

	for (i = 0; i < ANSWERS; i++)
		for (first = 0; first <= answers[i].n; first++)
			for (second = first;
			     second <= answers[i].n && answers[i].n < 64;
			     second++)
				expect_chunks(i, first, second);
}

/* Neither later nor earlier: the deadline may come between two bytes. */
Test(http, knows_the_result_at_the_byte_that_decides)
{
	size_t i, k;

	for (i = 0; i < ANSWERS; i++) {
		size_t last = answers[i].n - answers[i].rest;
		enum http_result result = HTTP_MORE;
		struct http h;

		http_init(&h);
		for (k = 0; k < last; k++) {
			cr_assert_eq(result, HTTP_MORE, "answer %zu at %zu", i,
			             k);
			result = feed(&h, answers[i].bytes + k, 1);
		}
		cr_assert_eq(result, answers[i].result, "answer %zu", i);
	}
}

Test(http, keeps_its_result_whatever_comes_later)
{
	static const char more[] = "\r\n\r\nHTTP/1.1 201 OK\r\n\r\n";
	size_t i;

	for (i = 0; i < ANSWERS; i++) {
		struct http h;
		const char *reason;

		http_init(&h);
		if (feed(&h, answers[i].bytes, answers[i].n) == HTTP_MORE)
			continue;
		reason = h.reason;
		cr_expect_eq(feed(&h, more, sizeof(more) - 1),
		             answers[i].result, "answer %zu", i);
		cr_expect_eq(feed(&h, "", 0), answers[i].result);
		cr_expect_eq(h.reason, reason);
		if (answers[i].result == HTTP_ANSWERED)
			cr_expect_eq(h.status, answers[i].status);
	}
}

Test(http, reads_every_status_from_100)
{
	int status;

	for (status = 0; status < 1000; status++) {
		bool interim = status >= 100 && status < 200 && status != 101;
		enum http_result result;
		char answer[32];
		struct http h;

		http_init(&h);
		snprintf(answer, sizeof(answer), "HTTP/1.%d %03d\r\n\r\n",
		         status % 10, status);
		result = feed(&h, answer, strlen(answer));
		cr_assert_eq(result,
		             status < 100 ? HTTP_FAILED
		             : interim    ? HTTP_MORE
		                          : HTTP_ANSWERED,
		             "%s", answer);
		if (result == HTTP_ANSWERED)
			cr_assert_eq(h.status, status);
	}
}

/* An answer of n bytes: the beginning, the filling as often as is needed, and
 * the end. */
static struct outcome
long_answer(size_t n, const char *begin, const char *filling, const char *end)
{
	size_t stop = n - strlen(end), at;
	struct outcome v = {.result = HTTP_MORE};
	struct http h;

	http_init(&h);
	v.result = feed(&h, begin, strlen(begin));
	for (at = strlen(begin); at < stop && v.result == HTTP_MORE; at++)
		v.result = http_feed(&h, filling + at % strlen(filling), 1);
	for (; at < n && v.result == HTTP_MORE; at++)
		v.result = http_feed(&h, end + at - stop, 1);
	v.bytes = at;
	v.status = h.status;
	v.reason = h.reason;
	return v;
}

enum { LIMIT = 65536 };

static const struct {
	const char *begin, *filling, *end;
} longs[] = {
    {"HTTP/1.1 200 OK\r\n", "A: bcde\n", "\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nA: ", "b", "\r\n\r\n"},
    {"HTTP/1.1 200 ", "OK", "\r\n\r\n"},
    {"HTTP/1.1 ", " ", "200\n\n"},
    {CONTINUE "HTTP/1.1 200 OK\r\nA: ", "b", "\r\n\r\n"},
    {"", "\n", "HTTP/1.1 200\n\n"},
};

Test(http, reads_64_KiB_of_headers_and_no_more)
{
	size_t i;

	for (i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
		struct outcome v = long_answer(LIMIT, longs[i].begin,
		                               longs[i].filling, longs[i].end);

		cr_expect_eq(v.result, HTTP_ANSWERED, "%zu: %s", i, v.reason);
		cr_expect_eq(v.status, 200);
		v = long_answer(LIMIT + 1, longs[i].begin, longs[i].filling,
		                longs[i].end);
		cr_expect_eq(v.result, HTTP_FAILED, "%zu", i);
		cr_expect_str_eq(v.reason, "more than 64 KiB of headers");
		cr_expect_eq(v.bytes, LIMIT + 1);
	}
}

Test(http, stops_at_64_KiB_of_an_answer_without_end)
{
	static const char begin[] = "HTTP/1.1 200 ";
	static char much[3 * LIMIT];
	size_t rest = LIMIT - strlen(begin);
	struct http h;

	memset(much, 'x', sizeof(much));
	http_init(&h);
	http_feed(&h, begin, strlen(begin));
	cr_expect_eq(http_feed(&h, much, rest), HTTP_MORE);
	http_init(&h);
	http_feed(&h, begin, strlen(begin));
	cr_expect_eq(http_feed(&h, much, sizeof(much)), HTTP_FAILED);
	cr_expect_str_eq(h.reason, "more than 64 KiB of headers");
}

static const struct {
	const char *so_far, *place;
} ends[] = {
    {"", NULL},
    {"\r\n", NULL},
    {CONTINUE, NULL},
    {"H", "in the status line"},
    {"SSH", "in the status line"},
    {"HTTP/1.1 ", "in the status line"},
    {"HTTP/1.1 200", "in the status line"},
    {"HTTP/1.1 200\r", "in the status line"},
    {"HTTP/1.1 200 OK", "in the status line"},
    {CONTINUE "HTTP", "in the status line"},
    {"HTTP/1.1 200\n", "in the headers"},
    {"HTTP/1.1 200 OK\r\n", "in the headers"},
    {"HTTP/1.1 200 OK\r\n\r", "in the headers"},
    {"HTTP/1.1 200 OK\r\nA", "in the headers"},
    {"HTTP/1.1 200 OK\r\nA: b\r\n", "in the headers"},
    {"HTTP/1.1 100\n", "in the headers"},
};

Test(http, knows_where_an_answer_stands)
{
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct http h;

		http_init(&h);
		cr_expect_eq(feed(&h, ends[i].so_far, strlen(ends[i].so_far)),
		             HTTP_MORE);
		if (ends[i].place == NULL)
			cr_expect_null(http_place(&h), "%s", ends[i].so_far);
		else
			cr_expect_str_eq(http_place(&h), ends[i].place, "%s",
			                 ends[i].so_far);
	}
}

#define AGENT  "User-Agent: hale/" HALE_VERSION "\r\n"
#define ACCEPT "Accept: */*\r\n"
#define CLOSE  "Connection: close\r\n"

static const struct {
	const char *host, *path;
	const char *headers[6];
	const char *request;
} requests[] = {
    {"127.0.0.1:8080",
     "/healthz?full=1",
     {NULL},
     "GET /healthz?full=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" AGENT ACCEPT
         CLOSE "\r\n"},
    {"[::1]:80",
     "/",
     {NULL},
     "GET / HTTP/1.1\r\nHost: [::1]:80\r\n" AGENT ACCEPT CLOSE "\r\n"},
    {"localhost",
     "/",
     {NULL},
     "GET / HTTP/1.1\r\nHost: localhost\r\n" AGENT ACCEPT CLOSE "\r\n"},
    {"localhost",
     "/",
     {"X-A: 1", "X-B:2", "X-A: 3"},
     "GET / HTTP/1.1\r\nHost: localhost\r\n" AGENT ACCEPT CLOSE
     "X-A: 1\r\nX-B:2\r\nX-A: 3\r\n\r\n"},
    {"localhost",
     "/",
     {"Host: example.com"},
     "GET / HTTP/1.1\r\n" AGENT ACCEPT CLOSE "Host: example.com\r\n\r\n"},
    {"localhost",
     "/",
     {"X: y", "hOST:example.com"},
     "GET / HTTP/1.1\r\n" AGENT ACCEPT CLOSE
     "X: y\r\nhOST:example.com\r\n\r\n"},
    {"localhost",
     "/",
     {"user-agent: kube-probe", "ACCEPT: text/plain", "connection: x"},
     "GET / HTTP/1.1\r\nHost: localhost\r\nuser-agent: kube-probe\r\n"
     "ACCEPT: text/plain\r\nconnection: x\r\n\r\n"},
    {"localhost",
     "/",
     {"Hos: a", "Hosts: b", "Accept-Language: c", "X-Host: d", "H:1"},
     "GET / HTTP/1.1\r\nHost: localhost\r\n" AGENT ACCEPT CLOSE
     "Hos: a\r\nHosts: b\r\nAccept-Language: c\r\nX-Host: d\r\nH:1\r\n\r\n"},
};

static const char *const none[] = {NULL};

Test(http, asks_with_the_headers_of_the_user)
{
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		char buffer[512];
		struct text t;

		text_init(&t, buffer, sizeof(buffer));
		http_request(&t, requests[i].host, requests[i].path,
		             requests[i].headers);
		cr_expect_str_eq(buffer, requests[i].request, "%s", buffer);
		cr_expect_not(t.cut);
	}
}

Test(http, asks_without_any_header_of_the_user)
{
	char buffer[512];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	text_string(&t, "x");
	http_request(&t, "a", "/", none);
	cr_expect_str_eq(
	    buffer, "xGET / HTTP/1.1\r\nHost: a\r\n" AGENT ACCEPT CLOSE "\r\n");
}

Test(http, sends_no_header_with_an_empty_value)
{
	static const char *const empty[] = {"X-A:", "accept: \t ", "X-B: 1",
	                                    "User-Agent:", NULL};
	char buffer[512];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	http_request(&t, "a", "/", empty);
	cr_expect_str_eq(buffer, "GET / HTTP/1.1\r\nHost: a\r\n" CLOSE
	                         "X-B: 1\r\n\r\n");
}

Test(http, says_that_a_request_did_not_fit)
{
	char buffer[64];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	http_request(&t, "localhost", "/", none);
	cr_expect(t.cut);
}

static const char *const good_headers[] = {
    "Host: example.com",
    "A:",
    "A: ",
    "A:b",
    "A:\tb\tc",
    "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
    "!#$%&'*+-.^_`|~09azAZ: \"(),/:;<=>?@[\\]{}",
    "Cookie: a=b; c=d:e",
    "A: caf\xc3\xa9\xff",
};

Test(http, accepts_a_header_in_one_line)
{
	size_t i;

	for (i = 0; i < sizeof(good_headers) / sizeof(good_headers[0]); i++)
		cr_expect(http_header_valid(good_headers[i]), "%s",
		          good_headers[i]);
}

static const char *const bad_headers[] = {
    "",
    ":",
    ": b",
    "A",
    "A b",
    "A b: c",
    "A : b",
    " A: b",
    "\tA: b",
    "A\t: b",
    "A: b\r\nC: d",
    "A: b\nC: d",
    "A: b\rC: d",
    "A: b\r\n\r\nGET /admin HTTP/1.1",
    "A: b\n",
    "A: b\r",
    "A:\n b",
    "A\r\n: b",
    "\nA: b",
    "A\r: b",
    "GET / HTTP/1.1",
    "caf\xc3\xa9: b",
    "A\x80: b",
    "\xff: b",
};

Test(http, refuses_a_header_that_would_be_more_or_less_than_one)
{
	size_t i;

	for (i = 0; i < sizeof(bad_headers) / sizeof(bad_headers[0]); i++)
		cr_expect_not(http_header_valid(bad_headers[i]), "%s",
		              bad_headers[i]);
}

Test(http, knows_every_byte_of_names_and_values)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	int c;

	for (c = 1; c < 256; c++) {
		char name[] = {'a', (char)c, 'b', ':', 'c', '\0'};
		char value[] = {'a', ':', (char)c, 'b', '\0'};

		/* A colon ends the name sooner, and all is well too. */
		cr_expect_eq(http_header_valid(name),
		             strchr(token, c) != NULL || c == ':', "%d", c);
		cr_expect_eq(http_header_valid(value),
		             c == '\t' || (c >= ' ' && c != 0x7f), "%d", c);
	}
}

static const struct {
	const char *list;
	int in[4], out[4]; /* up to a 0 */
} lists[] = {
    {"200", {200}, {199, 201, 101}},
    {"200-399", {200, 204, 301, 399}, {101, 400, 999}},
    {"200,204,300-399", {200, 204, 300, 399}, {201, 203, 205, 299}},
    {"404,200", {404, 200}, {300, 204, 400}},
    {"300-399,200-204", {300, 399, 200, 204}, {205, 299, 400}},
    {"500-500", {500}, {499, 501}},
    {"599", {599}, {598, 600}},
    {"400-499,404", {404, 400, 499}, {399, 500}},
    {"100-599", {200, 599}, {100, 101, 199, 600}},
    {"101", {0}, {101, 200}},
};

Test(http, finds_a_status_in_a_list)
{
	size_t i, k;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		cr_expect_geq(http_status_listed(lists[i].list, 0), 0, "%s",
		              lists[i].list);
		for (k = 0; k < 4 && lists[i].in[k] != 0; k++)
			cr_expect(
			    http_status_listed(lists[i].list, lists[i].in[k]),
			    "%s: %d", lists[i].list, lists[i].in[k]);
		for (k = 0; k < 4 && lists[i].out[k] != 0; k++)
			cr_expect_not(
			    http_status_listed(lists[i].list, lists[i].out[k]),
			    "%s: %d", lists[i].list, lists[i].out[k]);
	}
}

/* After a 101 the server no longer speaks HTTP, and any other 1xx is followed
 * by another answer. */
Test(http, never_lists_an_interim_status)
{
	int status;

	for (status = 0; status < 1000; status++)
		cr_expect_eq(http_status_listed("100-599", status),
		             status >= 200 && status <= 599, "%d", status);
}

static const char *const bad_lists[] = {
    "",
    ",",
    "-",
    "200,",
    ",200",
    "200,,204",
    "200-",
    "-200",
    "200-,204",
    "200--204",
    "200-204-208",
    "204-200",
    "200-399,400-204",
    "2",
    "20",
    "99",
    "099",
    "600",
    "200-600",
    "99-200",
    "2000",
    "200 ",
    " 200",
    "200, 204",
    "200;204",
    "200-2a4",
    "2xx",
    "0",
    "200-0",
    "200,0",
    "4294967496",
    "18446744073709551816",
    "99999999999999999999999999",
    "200\n",
    "200.",
    "200/204",
    "200:",
    "+200",
};

Test(http, refuses_a_malformed_list)
{
	size_t i;

	for (i = 0; i < sizeof(bad_lists) / sizeof(bad_lists[0]); i++)
		cr_expect_eq(http_status_listed(bad_lists[i], 0), -1, "'%s'",
		             bad_lists[i]);
}
