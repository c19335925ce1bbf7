/* SPDX-License-Identifier: MIT */
#include "probe/grpc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char not_serving[] = "NOT_SERVING";
static const char unknown[] = "UNKNOWN";
static const char no_status[] = "no grpc-status";
static const char other[] = "not a gRPC answer";

/* Bytes of an answer, which may hold a NUL. */
#define BYTES(s) s, sizeof(s) - 1

enum {
	DATA,
	HEADERS,
	PRIORITY,
	RESET,
	SETTINGS,
	PING = 6,
	GOAWAY,
	WINDOW_UPDATE,
	CONTINUATION,
	UNHEARD_OF,

	END_STREAM = 1,
	ACK = 1,
	END_HEADERS = 4,
	PADDED = 8,
	WEIGHTED = 32,
};

/* ------ Answers, and what they come to. ------ */

struct answer {
	char bytes[80000];
	size_t n;
};

/* Append bytes, which belong to no frame. */
static void
add(struct answer *a, const char *bytes, size_t n)
{
	cr_assert_leq(a->n + n, sizeof(a->bytes));
	memcpy(a->bytes + a->n, bytes, n);
	a->n += n;
}

static void
add_frame(struct answer *a, int type, int flags, const char *bytes, size_t n)
{
	bool ours = type <= RESET || type == CONTINUATION;
	const char head[] = {(char)(n >> 16),
	                     (char)(n >> 8),
	                     (char)n,
	                     (char)type,
	                     (char)flags,
	                     0,
	                     0,
	                     0,
	                     (char)ours};

	add(a, head, sizeof(head));
	add(a, bytes, n);
}

static void
begin(struct answer *a)
{
	a->n = 0;
	add_frame(a, SETTINGS, 0, BYTES("\0\3\0\0\0\x64"));
	add_frame(a, SETTINGS, ACK, "", 0);
}

#define STATUS                                                                 \
	"\x40\x0b"                                                             \
	"grpc-status"
#define CODED "\x40\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f"
#define FIRST                                                                  \
	"\x88\x5f\x10"                                                         \
	"application/grpc"

static void
add_first_headers(struct answer *a)
{
	add_frame(a, HEADERS, END_HEADERS, BYTES(FIRST));
}

/* What every answer has before its status. */
static void
add_message(struct answer *a, const char *message, size_t n)
{
	add_first_headers(a);
	add_frame(a, DATA, 0, message, n);
}

static void
add_end(struct answer *a, const char *block, size_t n)
{
	add_frame(a, HEADERS, END_HEADERS | END_STREAM, block, n);
}

#define MESSAGE(state) "\0\0\0\0\2\x08" state

static void
serving(struct answer *a)
{
	begin(a);
	add_message(a, BYTES(MESSAGE("\1")));
	add_end(a, BYTES(STATUS "\1"
	                        "0"));
}

/* What is found, after so many bytes, and what is sent back meanwhile. */
struct outcome {
	char reason[64]; /* "more", "SERVING", or why not */
	size_t seen;
	char replies[80000];
	size_t sent;
};

static void
start(struct grpc *g)
{
	char request[266];

	memset(g, 0x5a, sizeof(*g));
	(void)grpc_request(g, request, "");
}

/* Feed a piece that nothing may be read behind of, with the replies in front of
 * it.  Is there more to come? */
static bool
feed(struct grpc *g, const char *bytes, size_t n, struct outcome *o)
{
	char *room = malloc(GRPC_AHEAD + n), *end = room;
	const char *reason;

	memcpy(room + GRPC_AHEAD, bytes, n);
	reason = grpc_feed(g, room + GRPC_AHEAD, n, &end);
	cr_assert_leq((size_t)(end - room), GRPC_AHEAD + n);
	memcpy(o->replies + o->sent, room, (size_t)(end - room));
	o->sent += (size_t)(end - room);
	free(room);
	if (reason == NULL)
		return true;
	strcpy(o->reason, *reason != '\0' ? reason : "SERVING");
	if (reason[strlen(reason) - (*reason != '\0')] == ' ')
		sprintf(o->reason, "%s%d", reason, g->number);
	return false;
}

/* Feed it in pieces of that size. */
static void
read_pieces(const struct answer *a, size_t piece, struct outcome *o)
{
	struct grpc g;
	size_t n;

	start(&g);
	strcpy(o->reason, "more");
	o->sent = 0;
	for (o->seen = 0; o->seen < a->n; o->seen += n) {
		n = a->n - o->seen < piece ? a->n - o->seen : piece;
		if (!feed(&g, a->bytes + o->seen, n, o)) {
			o->seen += n;
			return;
		}
	}
}

/* It comes to this at its last byte, and to the same in pieces of any size. */
static void
expect(const struct answer *a, const char *reason)
{
	static struct outcome single, pieces;
	size_t piece;

	read_pieces(a, 1, &single);
	cr_assert_str_eq(single.reason, reason, "%s, not %s", single.reason,
	                 reason);
	cr_assert_eq(single.seen, a->n, "at %zu of %zu", single.seen, a->n);
	for (piece = 2; piece < a->n * 2; piece += 1 + piece / 64) {
		read_pieces(a, piece, &pieces);
		cr_assert_str_eq(pieces.reason, reason, "by %zu: %s", piece,
		                 pieces.reason);
		cr_assert_eq(pieces.sent, single.sent);
		cr_assert_arr_eq(pieces.replies, single.replies, single.sent);
	}
}

static struct answer a;

/* ------ The request. ------ */

static const char whole[] =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    "\0\0\6\4\0\0\0\0\0\0\1\0\0\0\0"
    "\0\0\x4b\1\4\0\0\0\1\x83\x86\4\x1c/grpc.health.v1.Health/Check"
    "\1\x09localhost\0\2te\x08trailers\x0f\x10\x10"
    "application/grpc"
    "\0\0\5\0\1\0\0\0\1\0\0\0\0\0";

Test(grpc, asks_for_the_server_as_a_whole)
{
	char request[266];
	struct grpc g;

	cr_assert_eq(grpc_request(&g, request, ""), 137);
	cr_expect_arr_eq(request, whole, 137);
}

enum { LONGEST = 127 };

Test(grpc, asks_for_a_service)
{
	char request[266], name[LONGEST + 1];
	struct grpc g;
	size_t n;

	for (n = 1; n <= LONGEST; n++) {
		const char prefix[] = {0,    0,      0, 0, (char)(n + 2),
		                       0x0a, (char)n};

		sprintf(name, "%0*d", (int)n, 7);
		cr_assert_eq(grpc_request(&g, request, name), 139 + n);
		cr_expect_arr_eq(request, whole, 125);
		cr_expect_eq((unsigned char)request[125], n + 7);
		cr_expect_arr_eq(request + 126, whole + 126, 6);
		cr_expect_arr_eq(request + 132, prefix, 7);
		cr_expect_arr_eq(request + 139, name, n);
	}
}

/* ------ The message. ------ */

Test(grpc, finds_a_server_that_serves)
{
	serving(&a);
	expect(&a, "SERVING");
}

static const struct {
	const char *bytes;
	size_t n;
	const char *reason;
} messages[] = {
    {BYTES(MESSAGE("\0")), unknown},
    {BYTES(MESSAGE("\2")), not_serving},
    {BYTES(MESSAGE("\3")), "service unknown"},
    {BYTES(MESSAGE("\4")), unknown},
    {BYTES(MESSAGE("\x81")), unknown},
    {BYTES("\0\0\0\0\0"), unknown},       /* it is the default */
    {BYTES("\1\0\0\0\2\x08\1"), unknown}, /* compressed */
    {BYTES("\0\0\0\0\2\x10\1"), unknown}, /* another field */
    {BYTES("\0\0\0\0\3\x08\1"), unknown}, /* not all of it */
    {BYTES("\0\0\0\0\1\x08\1"), unknown}, /* more than all */
    {BYTES("\0\0\0\0\2\x08"), unknown},
    {BYTES("\0\0\0\0"), unknown},
    {BYTES(""), unknown},
    {BYTES(MESSAGE("\1\0")), unknown},
    {BYTES(MESSAGE("\1") MESSAGE("\1")), unknown}, /* two messages */
    {BYTES("\1" MESSAGE("\1")), unknown},
};

Test(grpc, finds_in_the_message_how_the_server_is)
{
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		begin(&a);
		add_message(&a, messages[i].bytes, messages[i].n);
		add_end(&a, BYTES(STATUS "\1"
		                         "0"));
		expect(&a, messages[i].reason);
	}
}

Test(grpc, reads_a_message_from_any_number_of_frames)
{
	size_t first, second;

	for (first = 0; first <= 7; first++)
		for (second = first; second <= 7; second++) {
			const char *message = MESSAGE("\1");

			begin(&a);
			add_first_headers(&a);
			add_frame(&a, DATA, 0, message, first);
			add_frame(&a, PING, 0, BYTES("12345678"));
			add_frame(&a, DATA, 0, message + first, second - first);
			add_frame(&a, DATA, 0, message + second, 7 - second);
			add_end(&a, BYTES(STATUS "\1"
			                         "0"));
			expect(&a, "SERVING");
		}
}

Test(grpc, leaves_padding_out_of_a_message)
{
	begin(&a);
	add_first_headers(&a);
	add_frame(&a, DATA, PADDED, BYTES("\0"));
	add_frame(&a, DATA, PADDED, BYTES("\3\0\0\0\0\0\0"));
	add_frame(&a, DATA, PADDED, BYTES("\0\0\2\x08"));
	add_frame(&a, DATA, PADDED, BYTES("\1\1\0"));
	add_frame(&a, DATA, PADDED, BYTES("\2\0\0"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

/* ------ The status. ------ */

/* Of each status its digits, in Huffman's code. */
static const char *const huffman[] = {
    "\x07",     "\x0f",     "\x17",     "\x67",     "\x6b",     "\x6f",
    "\x73",     "\x77",     "\x7b",     "\x7f",     "\x08\x3f", "\x08\x7f",
    "\x08\xbf", "\x0b\x3f", "\x0b\x5f", "\x0b\x7f", "\x0b\x9f",
};

enum { STATUSES = sizeof(huffman) / sizeof(huffman[0]) };

static void
name_status(int status, char reason[64])
{
	sprintf(reason, "grpc-status %d", status);
	if (status == 0)
		strcpy(reason, "SERVING");
	if (status == 5)
		strcpy(reason, "service unknown");
	if (status == 12)
		strcpy(reason, "no health service");
}

/* A header with this name, and a value in Huffman's code or plain. */
static size_t
make_status(char *block, const char *name, int status, bool coded)
{
	char plain[8];
	const char *value = huffman[status];
	size_t n = strlen(name);

	sprintf(plain, "%d", status);
	if (!coded)
		value = plain;
	strcpy(block, name);
	block[n] = (char)(strlen(value) | (coded ? 0x80 : 0));
	strcpy(block + n + 1, value);
	return n + 1 + strlen(value);
}

static const char *const names[] = {STATUS, CODED};

Test(grpc, reads_every_status_in_every_form)
{
	char block[64] = " ", reason[64];
	int form, status;
	size_t n;

	for (form = 0; form < 4; form++)
		for (status = 0; status < STATUSES; status++) {
			/* An update of the table's size may lead, and the
			 * header may be one that is not to be kept. */
			n = 1 + make_status(block + 1, names[form % 2], status,
			                    form / 2);
			block[1] = (char)(status % 3 * 0x10);
			name_status(status, reason);
			begin(&a);
			add_message(&a, BYTES(MESSAGE("\1")));
			add_end(&a, block + status % 2, n - status % 2);
			expect(&a, reason);
		}
}

Test(grpc, reads_a_status_without_a_message)
{
	begin(&a);
	add_end(&a, BYTES(FIRST STATUS "\2"
	                               "12"
	                               "\0\x0c"
	                               "grpc-message"
	                               "\4"
	                               "None"));
	expect(&a, "no health service");
	begin(&a);
	add_first_headers(&a);
	add_end(&a, BYTES(STATUS "\2"
	                         "14"));
	expect(&a, "grpc-status 14");
	begin(&a);
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, unknown);
}

static const struct {
	const char *bytes;
	size_t n;
} strange[] = {
    {BYTES("")},
    {BYTES(FIRST)},
    {BYTES("\x40\x0d"
           "x-grpc-status\1"
           "0")},
    {BYTES("\x40\x0c"
           "grpc-status2\1"
           "0")},
    {BYTES("\x40\x0b"
           "grpc-statut\1"
           "0")},
    {BYTES("\x40\x0b"
           "Grpc-status\1"
           "0")},
    {BYTES(STATUS)},
    {BYTES(STATUS "\0")},
    {BYTES(STATUS "\x80")},
    {BYTES(STATUS "\3"
                  "000")},
    {BYTES(STATUS "\x7f"
                  "0")},
    {BYTES(STATUS "\x83\x07\x07\x07")},
};

Test(grpc, is_not_led_astray_by_other_headers)
{
	size_t i;

	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		begin(&a);
		add_message(&a, BYTES(MESSAGE("\1")));
		add_end(&a, strange[i].bytes, strange[i].n);
		expect(&a, no_status);
	}
}

Test(grpc, finds_the_status_behind_what_resembles_it)
{
	begin(&a);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES("\x40\x0bgrpc-st\x0b\x88\x88\x9a\xca\x88" STATUS "\1"
	                  "7"));
	expect(&a, "grpc-status 7");
}

/* Else a server that has begun and broken off would be healthy. */
Test(grpc, takes_no_status_but_the_last)
{
	begin(&a);
	add_frame(&a, HEADERS, END_HEADERS,
	          BYTES(FIRST STATUS "\1"
	                             "0"));
	add_frame(&a, DATA, 0, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES(FIRST));
	expect(&a, no_status);
	begin(&a);
	add_frame(&a, HEADERS, END_HEADERS,
	          BYTES(FIRST STATUS "\1"
	                             "0"));
	add_frame(&a, DATA, END_STREAM, BYTES(MESSAGE("\1")));
	expect(&a, no_status);
	begin(&a);
	add_frame(&a, HEADERS, END_HEADERS, BYTES(FIRST STATUS));
	add_frame(&a, DATA, 0, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES("\1"
	                  "0"));
	expect(&a, no_status);
	begin(&a);
	add_frame(&a, HEADERS, END_HEADERS,
	          BYTES(STATUS "\2"
	                       "0"));
	add_frame(&a, DATA, 0, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES("0"));
	expect(&a, no_status);
}

Test(grpc, reads_headers_behind_padding_and_priority)
{
	begin(&a);
	add_frame(&a, HEADERS, END_HEADERS | PADDED | WEIGHTED,
	          BYTES("\3\0\0\0\0\x0b" FIRST "\0\0\0"));
	add_frame(&a, DATA, 0, BYTES(MESSAGE("\1")));
	add_frame(&a, HEADERS, END_HEADERS | END_STREAM | PADDED | WEIGHTED,
	          BYTES("\x0b\0\0\0\0\x0b" STATUS "\1"
	                "0"
	                "\0\0\0\0\0\0\0\0\0\0\0"));
	expect(&a, "SERVING");
}

Test(grpc, reads_headers_from_any_number_of_frames)
{
	char block[64], reason[64];
	int form, status;
	size_t n, first, second;

	for (form = 0; form < 4; form++) {
		status = form % 2 == 0 ? 0 : 16;
		n = make_status(block, names[form % 2], status, form / 2);
		name_status(status, reason);
		for (first = 0; first <= n; first++)
			for (second = first; second <= n; second++) {
				begin(&a);
				add_message(&a, BYTES(MESSAGE("\1")));
				add_frame(&a, HEADERS, END_STREAM, block,
				          first);
				add_frame(&a, CONTINUATION, 0, block + first,
				          second - first);
				add_frame(&a, CONTINUATION, END_HEADERS,
				          block + second, n - second);
				expect(&a, reason);
			}
	}
}

/* ------ Other frames. ------ */

static void
expect_replies(const char *replies, size_t n)
{
	static struct outcome o;

	read_pieces(&a, a.n, &o);
	cr_assert_eq(o.sent, n, "%zu", o.sent);
	cr_expect_arr_eq(o.replies, replies, n);
}

Test(grpc, acknowledges_settings_and_pings)
{
	a.n = 0;
	add_frame(&a, SETTINGS, 0, BYTES("\0\3\0\0\0\x64\0\4\0\0\xff\xff"));
	add_frame(&a, PING, 0, BYTES("\0\1two\xff\r\n"));
	add_frame(&a, SETTINGS, 0, "", 0);
	expect(&a, "more");
	expect_replies(BYTES("\0\0\0\4\1\0\0\0\0"
	                     "\0\0\x08\6\1\0\0\0\0\0\1two\xff\r\n"
	                     "\0\0\0\4\1\0\0\0\0"));
}

Test(grpc, acknowledges_no_acknowledgement)
{
	a.n = 0;
	add_frame(&a, SETTINGS, ACK, "", 0);
	add_frame(&a, PING, ACK, BYTES("12345678"));
	add_frame(&a, SETTINGS, ACK, BYTES("\0\3\0\0\0\x64"));
	expect(&a, "more");
	expect_replies("", 0);
}

Test(grpc, passes_over_what_says_nothing_of_the_call)
{
	begin(&a);
	add_frame(&a, WINDOW_UPDATE, 0xff, BYTES("\0\1\0\0"));
	add_frame(&a, UNHEARD_OF, 0xff,
	          BYTES(STATUS "\1"
	                       "0"));
	add_frame(&a, PRIORITY, 0xff, BYTES("\0\0\0\0\1"));
	add_frame(&a, 0xfe, 0xff, "", 0);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, WINDOW_UPDATE, 0, BYTES("\0\1\0\0"));
	add_frame(&a, UNHEARD_OF, END_STREAM, BYTES("\0\0\0\0\0"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

Test(grpc, fails_when_the_call_is_refused)
{
	begin(&a);
	add_frame(&a, RESET, 0, BYTES("\0\0\0\7"));
	expect(&a, "HTTP/2 error 7");
	begin(&a);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, RESET, 0, BYTES("\0\0\0\0"));
	expect(&a, "HTTP/2 error 0");
	begin(&a);
	add_frame(&a, GOAWAY, 0, BYTES("\0\0\0\0\0\0\0\x0b"));
	expect(&a, "HTTP/2 error 11");
}

/* What a server says of its reasons is not waited for. */
Test(grpc, fails_when_the_server_goes_away_with_words)
{
	begin(&a);
	add_frame(&a, GOAWAY, 0, BYTES("\x80\0\0\0\0\0\0\1too many calls"));
	a.n -= strlen("too many calls");
	expect(&a, "HTTP/2 error 1");
}

Test(grpc, waits_for_a_server_that_finishes_the_call_before_it_goes)
{
	begin(&a);
	add_frame(&a, GOAWAY, 0, BYTES("\x7f\xff\xff\xff\0\0\0\0"));
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, GOAWAY, 0, BYTES("\0\0\0\1\0\0\0\0max_age"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

/* ------ What is none of it. ------ */

Test(grpc, takes_frames_of_16384_bytes_and_no_longer_ones)
{
	static const char bytes[16385];

	begin(&a);
	add_frame(&a, UNHEARD_OF, 0, bytes, 16384);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
	begin(&a);
	add_frame(&a, UNHEARD_OF, 0, bytes, 16385);
	a.n -= 16385 + 6;
	expect(&a, other);
}

static const struct {
	const char *bytes;
	size_t n;
	const char *reason;
} others[] = {
    {BYTES("HTT"), "server speaks HTTP/1.1"},
    {BYTES("\x15\3\1"), "server speaks TLS"},
    {BYTES("SSH"), other},
    {BYTES("220"), other},
    {BYTES("\0\x40\1"), other},
    {BYTES("\1\0\0"), other},
    {BYTES("<!D"), other},
};

Test(grpc, tells_what_else_is_spoken_from_three_bytes)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		a.n = 0;
		add(&a, others[i].bytes, others[i].n);
		expect(&a, others[i].reason);
	}
}

Test(grpc, reads_no_more_than_64_kib)
{
	static const char bytes[8183];
	int i;

	begin(&a);
	for (i = 0; i < 8; i++)
		add_frame(&a, WINDOW_UPDATE, 0, bytes, sizeof(bytes));
	a.n = 65535;
	expect(&a, "more");
	a.n = 65536;
	expect(&a, other);
}

Test(grpc, has_nothing_to_say_of_half_an_answer)
{
	size_t n;

	serving(&a);
	for (n = a.n; n > 0;) {
		a.n = --n;
		expect(&a, "more");
	}
}
