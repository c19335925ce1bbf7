/* SPDX-License-Identifier: MIT */
/*
 * A request gets one whole answer, the one that its first line asks for, and
 * nothing in it is what a target or a reason has put there to mislead.
 *
 * Input: the state, the state of the first target, its text, its reason; the
 * request.
 */
#include "report/serve.h"

#include <string.h>

#include "input.h"
#include "lib/text.h"

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

/* What is to be answered, by a reader that changes nothing. */
static const char *
expect(const char *s, size_t n, int state, bool *metrics)
{
	bool known = n <= SERVE_REQUEST, get, good = state == HEALTH_HEALTHY;
	size_t method = word(s, n), path, query;
	const char *at = s + method + 1;

	if (!known)
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
	if (is(at, query, "/livez"))
		good = state != HEALTH_UNHEALTHY;
	else if (!*metrics && !is(at, query, "/readyz") &&
	         !is(at, query, "/healthz"))
		return "404";
	return good || *metrics ? "200" : "503";
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
	struct text t;
	const char *text;

	s->health.state = input_choice(in, HEALTH_STOPPING);
	s->health.count = 1;
	s->health.watch[0].state = input_choice(in, HEALTH_UNHEALTHY);
	/* As watch.c puts it. */
	text = input_word(in);
	text_init(&t, s->target[0].text, STATUS_TARGET_SIZE);
	text_escaped(&t, text, strlen(text));
	strncpy(s->target[0].reason, input_word(in), STATUS_REASON_SIZE - 1);
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
	code = expect(request, n, status.health.state, &metrics);
	n = serve_answer(buffer, n, &status, 7);
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
