/* SPDX-License-Identifier: MIT */
/*
 * A request gets one whole answer, the one that its first line asks for, and
 * nothing in it is what a target or a reason has put there to mislead.
 *
 * Input: the state; the state, the kind, the text and the reason of a target;
 * the request.
 */
#include "report/serve.h"

#include <string.h>

#include "input.h"

/* The length of the word that s begins with, which a blank ends; or n. */
static size_t
word(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] != ' ' && s[i] != '\0')
		i++;
	return i;
}

static bool
is(const char *s, size_t n, const char *expected)
{
	return n == strlen(expected) && memcmp(s, expected, n) == 0;
}

/* Whether the page of this path is answered 200; false in *known for none. */
static bool
expect_page(const char *path, size_t n, const struct status *s, bool *known)
{
	const struct status_target *target = &s->targets[0];
	bool healthy = target->state == HEALTH_HEALTHY;

	*known = true;
	if (is(path, n, "/metrics"))
		return true;
	if (is(path, n, "/livez"))
		return s->state != HEALTH_UNHEALTHY;
	if (is(path, n, "/startupz"))
		return s->state != HEALTH_UNHEALTHY &&
		       (target->kind == STATUS_READY ||
		        (target->kind == STATUS_HEALTH && healthy));
	*known = is(path, n, "/readyz") || is(path, n, "/healthz");
	return s->state == HEALTH_HEALTHY;
}

/* What is to be answered, by a reader that changes nothing. */
static const char *
expect(const char *s, size_t n, const struct status *status, bool *metrics)
{
	size_t method = word(s, n), path, query;
	const char *at = s + method + 1;
	bool get, good, known;

	if (n > SERVE_REQUEST)
		return "431";
	if (method >= n || s[method] != ' ')
		return "400";
	n -= method + 1;
	path = word(at, n);
	if (path + 8 > n || memcmp(at + path, " HTTP/1.", 8) != 0)
		return "400";
	get = is(s, method, "GET") || is(s, method, "HEAD");
	for (query = 0; query < path && at[query] != '?'; query++)
		continue;
	*metrics = is(at, query, "/metrics");
	if (!get)
		return "405";
	good = expect_page(at, query, status, &known);
	if (!known)
		return "404";
	return good ? "200" : "503";
}

/* Is each line whole, and no byte one that a terminal obeys? */
static void
look_at_body(const char *body, bool metrics)
{
	size_t n = strlen(body), i;

	demand(n > 1 && body[n - 1] == '\n');
	demand(metrics == (strchr(body, '\n') != body + n - 1));
	for (i = 0; i < n; i++)
		demand(body[i] == '\n' ||
		       ((unsigned char)body[i] >= ' ' && body[i] != 0x7f));
}

static void
fill(struct status *s, struct input *in)
{
	struct status_target *target = &s->targets[0];

	s->state = input_choice(in, HEALTH_STOPPING);
	s->count = 1;
	target->state = input_choice(in, HEALTH_STOPPING);
	target->kind = input_choice(in, STATUS_WAIT);
	status_set_text(s, 0, input_word(in));
	strncpy(target->reason, input_word(in), STATUS_REASON_SIZE - 1);
}

void
fuzz(struct input *in)
{
	static struct status status;
	char *buffer = input_room(in, SERVE_SIZE), *body;
	const char *code, *request;
	bool metrics = false;
	size_t n;

	memset(&status, 0, sizeof(status));
	fill(&status, in);
	request = input_rest(in, &n);
	if (n > SERVE_SIZE - 1)
		n = SERVE_SIZE - 1;
	memcpy(buffer, request, n);
	code = expect(request, n, &status, &metrics);
	n = serve_answer(buffer, n, &status);
	demand(n < SERVE_SIZE && buffer[n] == '\0' && strlen(buffer) == n);
	demand(strncmp(buffer, "HTTP/1.1 ", 9) == 0);
	demand(strncmp(buffer + 9, code, 3) == 0);
	body = strstr(buffer, "\r\n\r\n");
	demand(body != NULL);
	if (body == NULL)
		return;
	demand(body[4] == '\0' || *code == '2' || *code == '5');
	if (body[4] != '\0')
		look_at_body(body + 4, metrics);
}
