/* SPDX-License-Identifier: MIT */
#include "probe/grpc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char not_serving[] = "NOT_SERVING";
static const char unknown[] = "UNKNOWN";
static const char no_status[] = "no grpc-status";
static const char malformed[] = "malformed answer";
static const char compressed[] = "compressed answer";
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

/* The result, after so many bytes, and what is sent back meanwhile. */
struct outcome {
	char reason[64]; /* "more", "SERVING", or why not */
	size_t seen;
	char replies[80000];
	size_t sent;
};

/* Feed a chunk from memory that ends with it, so that a sanitizer sees a read
 * past its end.  Returns whether there is more to come. */
static bool
feed(struct grpc *g, const char *bytes, size_t n, struct outcome *o)
{
	char *chunk = malloc(n);
	struct grpc_replies replies = {.length = 0};
	enum grpc_result result;
	struct text reason;

	memcpy(chunk, bytes, n);
	result = grpc_feed(g, chunk, n, &replies);
	free(chunk);
	memcpy(o->replies + o->sent, replies.bytes, replies.length);
	o->sent += replies.length;
	if (result == GRPC_MORE)
		return true;
	text_init(&reason, o->reason, sizeof(o->reason));
	if (result == GRPC_SERVING)
		text_string(&reason, "SERVING");
	else
		grpc_reason(g, &reason);
	return false;
}

/* Feed an answer in chunks of that size. */
static void
read_chunks(const struct answer *a, size_t chunk, struct outcome *o)
{
	struct grpc g;
	size_t n;

	memset(&g, 0x5a, sizeof(g));
	grpc_init(&g);
	strcpy(o->reason, "more");
	o->sent = 0;
	for (o->seen = 0; o->seen < a->n; o->seen += n) {
		n = a->n - o->seen < chunk ? a->n - o->seen : chunk;
		if (!feed(&g, a->bytes + o->seen, n, o)) {
			o->seen += n;
			return;
		}
	}
}

/* The answer has this result at its last byte, and the same in chunks of any
 * size. */
static void
expect(const struct answer *a, const char *reason)
{
	static struct outcome single, chunks;
	size_t chunk;

	read_chunks(a, 1, &single);
	cr_assert_str_eq(single.reason, reason, "%s, not %s", single.reason,
	                 reason);
	cr_assert_eq(single.seen, a->n, "at %zu of %zu", single.seen, a->n);
	for (chunk = 2; chunk < a->n * 2; chunk += 1 + chunk / 64) {
		read_chunks(a, chunk, &chunks);
		cr_assert_str_eq(chunks.reason, reason, "by %zu: %s", chunk,
		                 chunks.reason);
		cr_assert_eq(chunks.sent, single.sent);
		cr_assert_arr_eq(chunks.replies, single.replies, single.sent);
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

static const char *const no_headers[] = {NULL};

enum { REQUEST_SIZE = 4096 };

/* Write a request into a buffer of size bytes.  Its length, or 0 if it does not
 * fit. */
static size_t
write_request(char *buffer, size_t size, const char *service,
              const char *const *headers)
{
	struct text t;

	text_init(&t, buffer, size);
	grpc_request(&t, service, headers);
	return t.cut ? 0 : t.length;
}

/* Write a request, also into memory that ends with it. */
static size_t
make_request(char *request, const char *service, const char *const *headers)
{
	size_t n = write_request(request, REQUEST_SIZE, service, headers);
	char *exact = malloc(n + 1);

	cr_expect_eq(write_request(exact, n + 1, service, headers), n);
	cr_expect_arr_eq(exact, request, n);
	cr_expect_eq(write_request(exact, n, service, headers), 0);
	free(exact);
	return n;
}

Test(grpc, asks_for_the_server_as_a_whole)
{
	char request[REQUEST_SIZE];

	cr_assert_eq(make_request(request, "", no_headers), 137);
	cr_expect_arr_eq(request, whole, 137);
}

enum { LONGEST = 127 };

Test(grpc, asks_for_a_service)
{
	char request[REQUEST_SIZE], name[LONGEST + 1];
	size_t n;

	for (n = 1; n <= LONGEST; n++) {
		const char prefix[] = {0,    0,      0, 0, (char)(n + 2),
		                       0x0a, (char)n};

		sprintf(name, "%0*d", (int)n, 7);
		cr_assert_eq(make_request(request, name, no_headers), 139 + n);
		cr_expect_arr_eq(request, whole, 125);
		cr_expect_eq((unsigned char)request[125], n + 7);
		cr_expect_arr_eq(request + 126, whole + 126, 6);
		cr_expect_arr_eq(request + 132, prefix, 7);
		cr_expect_arr_eq(request + 139, name, n);
	}
}

enum { BLOCK_LENGTH_AT = 40, BLOCK_AT = 48, BLOCK_SIZE = 75, DATA_SIZE = 14 };

/* The request has these bytes between the headers that each has, and its
 * message. */
static void
expect_metadata(const char *const *headers, const char *bytes, size_t n)
{
	char request[REQUEST_SIZE];
	size_t length = make_request(request, "", headers);
	size_t block = (size_t)(unsigned char)request[BLOCK_LENGTH_AT] << 8 |
	               (unsigned char)request[BLOCK_LENGTH_AT + 1];

	cr_assert_eq(length, 137 + n, "%zu", length);
	cr_expect_eq(block, BLOCK_SIZE + n);
	cr_expect_arr_eq(request + BLOCK_AT, whole + BLOCK_AT, BLOCK_SIZE);
	cr_expect_arr_eq(request + BLOCK_AT + BLOCK_SIZE, bytes, n);
	cr_expect_arr_eq(request + length - DATA_SIZE, whole + 137 - DATA_SIZE,
	                 DATA_SIZE);
}

Test(grpc, sends_headers_as_metadata)
{
	static const char *const one[] = {"Authorization: Bearer x:y", NULL};
	static const char *const two[] = {"X-A:1", "X-a: \t 2 3 \t", NULL};

	expect_metadata(one, BYTES("\0\x0d"
	                           "authorization"
	                           "\x0a"
	                           "Bearer x:y"));
	expect_metadata(two, BYTES("\0\3x-a\1"
	                           "1"
	                           "\0\3x-a\3"
	                           "2 3"));
}

Test(grpc, sends_no_metadata_that_http2_or_grpc_reserve)
{
	static const char *const reserved[] = {"Connection: close",
	                                       "Content-Type: text/plain",
	                                       "TE: gzip",
	                                       "Content-Length: 5",
	                                       "Keep-Alive: 5",
	                                       "Upgrade: x",
	                                       "Proxy-Connection: x",
	                                       "transfer-encoding: x",
	                                       "X-Empty:",
	                                       "X-Blank: \t ",
	                                       NULL};

	expect_metadata(reserved, "", 0);
}

/* Lengths of 127 and more take further bytes. */
Test(grpc, sends_metadata_of_any_length)
{
	static const struct {
		size_t length;
		const char *encoded;
	} lengths[] = {
	    {126, "\x7e"},     {127, "\x7f"},       {128, "\x7f\1"},
	    {254, "\x7f\x7f"}, {255, "\x7f\x80\1"}, {3000, "\x7f\xb9\x16"},
	};
	char header[3100], expected[3100];
	const char *const headers[] = {header, NULL};
	size_t i, n;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		n = lengths[i].length;
		sprintf(header, "A:%0*d", (int)n, 7);
		memcpy(expected, "\0\1a", 3);
		strcpy(expected + 3, lengths[i].encoded);
		if (n == 127) /* strcpy above ends at the NUL that follows */
			expected[4] = '\0';
		memcpy(expected + 3 + strlen(lengths[i].encoded) + (n == 127),
		       header + 2, n);
		expect_metadata(headers, expected,
		                3 + strlen(lengths[i].encoded) + (n == 127) +
		                    n);
	}
}

Test(grpc, takes_its_authority_from_the_host_header)
{
	static const char *const headers[] = {"hOst: a.example:80", "X: y",
	                                      NULL};
	static const char *const empty[] = {"Host:", NULL};
	static const char block[] = "\1\x0c"
				    "a.example:80"
				    "\0\2te";
	char request[REQUEST_SIZE];
	size_t n = make_request(request, "", headers);

	cr_assert_eq(n, 137 + 3 + 5);
	cr_expect_eq(request[BLOCK_LENGTH_AT + 1], BLOCK_SIZE + 3 + 5);
	cr_expect_arr_eq(request + BLOCK_AT + 32, block, sizeof(block) - 1);
	cr_expect_arr_eq(request + n - DATA_SIZE - 5, "\0\1x\1y", 5);
	expect_metadata(empty, "", 0);
}

Test(grpc, has_no_request_that_does_not_fit)
{
	static char header[REQUEST_SIZE + 10];
	const char *const headers[] = {header, NULL};
	char request[REQUEST_SIZE];

	sprintf(header, "A: %0*d", REQUEST_SIZE, 7);
	cr_expect_eq(write_request(request, sizeof(request), "", headers), 0);
	cr_expect_eq(write_request(request, 1, "", no_headers), 0);
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
    {BYTES("\0\0\0\0\0"), unknown}, /* it is the default */

    /* numbers in any form */
    {BYTES("\0\0\0\0\3\x08\x81\0"), "SERVING"},
    {BYTES("\0\0\0\0\3\x88\0\1"), "SERVING"},
    {BYTES("\0\0\0\0\x0b\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\0"),
     "SERVING"},
    {BYTES("\0\0\0\0\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), unknown},
    {BYTES("\0\0\0\0\6\x08\x81\x80\x80\x80\x10"), "SERVING"}, /* 2^32 + 1 */
    {BYTES("\0\0\0\0\3\x08\x81\1"), unknown},                 /* 129 */
    {BYTES("\0\0\0\0\x0c\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"),
     malformed},

    /* the last field 1 counts */
    {BYTES("\0\0\0\0\4\x08\2\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\4\x08\1\x08\2"), not_serving},

    /* other fields, and field 1 of another type */
    {BYTES("\0\0\0\0\2\x10\1"), unknown},
    {BYTES("\0\0\0\0\4\x10\7\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\4\x08\1\x10\7"), "SERVING"},
    {BYTES("\0\0\0\0\x0b\x11\x08\2\x08\2\x08\2\x08\2\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\7\x15\x08\2\x08\2\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\6\x12\2\x08\2\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\4\x12\0\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\7\x12\x82\0\x08\2\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\5\x08\1\x0a\1\2"), "SERVING"},
    {BYTES("\0\0\0\0\5\xf8\xff\xff\xff\x7f"), malformed},
    {BYTES("\0\0\0\0\7\xf8\xff\xff\xff\x0f\x08\1"), malformed},
    {BYTES("\0\0\0\0\x08\xf8\xff\xff\xff\x0f\7\x08\1"), "SERVING"},
    {BYTES("\0\0\0\0\x08\xf8\xff\xff\xff\x1f\7\x08\1"), malformed},

    /* groups are not read */
    {BYTES("\0\0\0\0\6\x13\x08\2\x14\x08\1"), malformed},
    {BYTES("\0\0\0\0\3\x14\x08\1"), malformed},

    /* what cannot be understood */
    {BYTES("\0\0\0\0\4\x08\1\x00\1"), malformed}, /* field 0 */
    {BYTES("\0\0\0\0\3\x08\1\x16"), malformed},   /* no wire type */
    {BYTES("\0\0\0\0\3\x08\1\x17"), malformed},
    {BYTES("\0\0\0\0\3\x08\1\x10"), malformed}, /* cut short */
    {BYTES("\0\0\0\0\3\x08\1\x88"), malformed},
    {BYTES("\0\0\0\0\5\x08\1\x12\2\0"), malformed},
    {BYTES("\0\0\0\0\x0a\x08\1\x11\0\0\0\0\0\0\0"), malformed},
    {BYTES("\0\0\0\0\6\x08\1\x15\0\0\0"), malformed},
    {BYTES("\0\0\0\0\2\x08\x81"), malformed},
    {BYTES("\0\0\0\0\3\x08\1"), malformed}, /* not all of it */
    {BYTES("\0\0\0\0\1\x08\1"), malformed}, /* more than all of it */
    {BYTES("\0\0\0\0\2\x08"), malformed},
    {BYTES("\0\0\0\0"), malformed},
    {BYTES(""), malformed},
    {BYTES(MESSAGE("\1\0")), malformed},
    {BYTES(MESSAGE("\1") MESSAGE("\1")), malformed}, /* two messages */
    {BYTES("\0\0\0\0\0" MESSAGE("\1")), malformed},
    {BYTES("\0\1\0\0\2\x08\1"), malformed},

    {BYTES("\1\0\0\0\2\x08\1"), compressed},
    {BYTES("\1" MESSAGE("\1")), compressed},
    {BYTES("\1"), compressed},
    {BYTES("\2\0\0\0\2\x08\1"), compressed},
};

Test(grpc, finds_the_health_in_the_message)
{
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		cr_log_info("message %zu", i);
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
			block[1] = "\0\x10\x40"[status % 3];
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
	expect(&a, malformed);
}

static const struct {
	const char *bytes;
	size_t n;
} strange[] = {
    {BYTES("")},
    {BYTES(STATUS "\1"
                  "x")},
    {BYTES(STATUS "\2"
                  "1x")},
    {BYTES(STATUS "\2"
                  "-1")},
    {BYTES(STATUS "\x81\xff")}, /* nothing but filling */
    {BYTES(STATUS "\x81\x18")}, /* no digit */
    {BYTES(STATUS "\x81\x08")}, /* 1, and filled with zeros */
    {BYTES("\xff\x80\x80\x80\x80\0" STATUS "\1"
           "0")}, /* too large an index */
    {BYTES("\0\1a\x7f\xff\xff\xff\xff\xff\xff\xff" STATUS "\1"
           "0")}, /* too large a length */
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

Test(grpc, takes_no_other_header_for_the_status)
{
	size_t i;

	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		begin(&a);
		add_message(&a, BYTES(MESSAGE("\1")));
		add_end(&a, strange[i].bytes, strange[i].n);
		expect(&a, no_status);
	}
}

/* Names and values that hold what begins a status, or look like a field. */
Test(grpc, finds_the_status_behind_what_resembles_it)
{
	begin(&a);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES("\x40\x0b"
	                  "grpc-st\x0b\x88\x88\x9a\x0f" STATUS "\1"
	                  "0"
	                  "\0\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8e\1"
	                  "0" STATUS "\1"
	                  "7"));
	expect(&a, "grpc-status 7");
	begin(&a);
	add_message(&a, BYTES(MESSAGE("\1")));
	add_end(&a, BYTES(STATUS "\1"
	                         "7"
	                         "\0\1x\x0f\0\x0b"
	                         "grpc-status\1"
	                         "0"));
	expect(&a, "grpc-status 7");
}

/* What hale does not need of a block is skipped by its length. */
Test(grpc, skips_other_fields_of_every_form)
{
	static const struct {
		const char *bytes;
		size_t n;
	} fields[] = {
	    {BYTES("\x88")},           /* :status 200 */
	    {BYTES("\xff\x80\x80\1")}, /* a long index */
	    {BYTES("\xff\0")},         /* an index of 127 */
	    {BYTES("\x3f\xe1\x1f")},   /* a new size of the table */
	    {BYTES("\x0f\x10\1x")},    /* a name of the table's */
	    {BYTES("\x1f\x10\1x")},    /* the same, never to be kept */
	    {BYTES("\x7f\0\1x")},      /* the same, to be kept */
	    {BYTES("\x5f\0")},         /* with an empty value */
	    {BYTES("\0\0\0")},         /* an empty name */
	    {BYTES("\0\1a\x7f\1" STATUS "\1" STATUS "\1" STATUS "\1" STATUS
	           "\1" STATUS "\1" STATUS "\1" STATUS "\1" STATUS
	           "\1xxxxxxxxxxxxxxxx")}, /* a value of 128 bytes */
	};
	char block[256];
	size_t i, n;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		n = fields[i].n;
		memcpy(block, fields[i].bytes, n);
		memcpy(block + n,
		       STATUS "\1"
		              "0",
		       15);
		begin(&a);
		add_message(&a, BYTES(MESSAGE("\1")));
		add_end(&a, block, n + 15);
		cr_log_info("field %zu", i);
		expect(&a, "SERVING");
	}
}

/* Otherwise a server that broke off after the message would be healthy. */
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

	read_chunks(&a, a.n, &o);
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

Test(grpc, discards_frames_of_any_other_type)
{
	begin(&a);
	add_frame(&a, WINDOW_UPDATE, 0xff, BYTES("\0\1\0\0"));
	add_frame(&a, UNHEARD_OF, 0xff,
	          BYTES(STATUS "\1"
	                       "0"));
	add_frame(&a, PRIORITY, 0xff, BYTES("\0\0\0\0\1"));
	add_frame(&a, 0xfe, 0xff, "", 0);
	add_frame(&a, 0xff, 0xff, "", 0);
	add_frame(&a, 0xff, 0xff, BYTES("\0\0\4\3\0\0\0\0\1\0\0\0\7"));
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, WINDOW_UPDATE, 0, BYTES("\0\1\0\0"));
	add_frame(&a, UNHEARD_OF, END_STREAM, BYTES("\0\0\0\0\0"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

Test(grpc, discards_frames_of_another_stream)
{
	static const int types[] = {DATA, HEADERS, CONTINUATION, RESET};
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(&a);
		add_frame(&a, types[i], END_HEADERS | END_STREAM,
		          BYTES("\0\0\0\7"));
		a.bytes[a.n - 5] = 2; /* the stream */
		add_message(&a, BYTES(MESSAGE("\1")));
		add_end(&a, BYTES(STATUS "\1"
		                         "0"));
		expect(&a, "SERVING");
	}
}

Test(grpc, discards_a_continuation_of_nothing)
{
	begin(&a);
	add_frame(&a, CONTINUATION, END_HEADERS | END_STREAM,
	          BYTES(STATUS "\1"
	                       "7"));
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, CONTINUATION, END_HEADERS | END_STREAM,
	          BYTES(STATUS "\1"
	                       "7"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

Test(grpc, refuses_a_frame_that_is_shorter_than_its_flags_say)
{
	begin(&a);
	add_frame(&a, HEADERS, PADDED | WEIGHTED, "", 0);
	expect(&a, other);
	begin(&a);
	add_frame(&a, HEADERS, WEIGHTED, BYTES("\0\0\0\0"));
	a.n -= 4;
	expect(&a, other);
	begin(&a);
	add_frame(&a, DATA, PADDED, BYTES("\2\0"));
	a.n -= 1;
	expect(&a, other);
	begin(&a);
	add_frame(&a, HEADERS, PADDED | WEIGHTED, BYTES("\1\0\0\0\0\0"));
	a.n -= 5;
	expect(&a, other);
	begin(&a);
	add_frame(&a, RESET, 0, BYTES("\0\0\7"));
	expect(&a, other);
}

/* The server is not waited for to take what it sends too fast. */
Test(grpc, leaves_out_whole_replies_that_do_not_fit)
{
	struct grpc_replies replies = {.length = 0};
	struct grpc g;
	int i;

	a.n = 0;
	for (i = 0; i < 100; i++)
		add_frame(&a, PING, 0, BYTES("12345678"));
	grpc_init(&g);
	cr_expect_eq(grpc_feed(&g, a.bytes, a.n, &replies), GRPC_MORE);
	cr_expect_eq(replies.length, GRPC_REPLIES_MAX / 17 * 17);
	cr_expect_arr_eq(replies.bytes + replies.length - 8, "12345678", 8);
}

Test(grpc, keeps_its_result_whatever_comes_later)
{
	struct grpc_replies replies = {.length = 0};
	struct grpc g;

	serving(&a);
	grpc_init(&g);
	cr_expect_eq(grpc_feed(&g, a.bytes, a.n, &replies), GRPC_SERVING);
	replies.length = 0;
	cr_expect_eq(grpc_feed(&g, BYTES("HTTP\0\0\0\0\0"), &replies),
	             GRPC_SERVING);
	cr_expect_eq(replies.length, 0);
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
	begin(&a);
	add_frame(&a, RESET, 0, BYTES("\xff\xff\xff\xff"));
	expect(&a, "HTTP/2 error 4294967295");
}

Test(grpc, fails_at_a_goaway_with_debug_text)
{
	begin(&a);
	add_frame(&a, GOAWAY, 0, BYTES("\x80\0\0\0\0\0\0\1too many calls"));
	expect(&a, "HTTP/2 error 1");
}

Test(grpc, waits_for_the_call_to_finish_after_a_goaway)
{
	begin(&a);
	add_frame(&a, GOAWAY, 0, BYTES("\x7f\xff\xff\xff\0\0\0\0"));
	add_message(&a, BYTES(MESSAGE("\1")));
	add_frame(&a, GOAWAY, 0, BYTES("\0\0\0\1\0\0\0\0max_age"));
	add_end(&a, BYTES(STATUS "\1"
	                         "0"));
	expect(&a, "SERVING");
}

/* ------ Other protocols, and too much. ------ */

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

Test(grpc, recognizes_another_protocol_by_three_bytes)
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
	a.n = 65536;
	expect(&a, "more");
	add(&a, "x", 1);
	expect(&a, other);
}

Test(grpc, has_no_result_before_the_end_of_an_answer)
{
	size_t n;

	serving(&a);
	for (n = a.n; n > 0;) {
		a.n = --n;
		expect(&a, "more");
	}
}
