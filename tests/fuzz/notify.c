/* SPDX-License-Identifier: MIT */
/*
 * A message means what its lines mean, one by one, and nothing that is kept
 * back is relayed.
 *
 * Input: the time, the end of the start period, the last sign of life,
 * max-age; the message.
 */
#include "probe/notify.h"

#include <string.h>

#include "health.h"
#include "input.h"

/* Is this line that word? */
static bool
is(const char *line, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(line, word, length) == 0;
}

/* What PROGRAM has said, found in another way than by notify.c. */
struct expected {
	bool alive;    /* there was a sign of life */
	bool failed;   /* the last word was WATCHDOG=trigger */
	bool stopping; /* STOPPING=1 came after the last READY=1 */
};

static void
expect_line(struct expected *e, const struct notify *before, const char *line,
            size_t n, long long now)
{
	bool ready = is(line, n, "READY=1"),
	     stopping = is(line, n, "STOPPING=1");
	bool heard = before->heard_at != 0 || (e->alive && now != 0);

	if (ready || stopping)
		e->stopping = stopping;
	if (ready || stopping ||
	    (is(line, n, "WATCHDOG=1") && (heard || now >= before->ready_by))) {
		e->alive = true;
		e->failed = false;
	}
	if (is(line, n, "WATCHDOG=trigger"))
		e->failed = true;
}

static void
judge(const struct notify *before, const struct notify *after,
      const char *message, size_t length, long long now)
{
	struct expected e = {.stopping = before->said_stopping};
	bool changed;
	size_t at = 0;

	if (length > 0 && message[length - 1] == '\0')
		length--;
	if (memchr(message, '\0', length) != NULL)
		length = 0;
	while (at < length) {
		const char *line = message + at;
		const char *end = memchr(line, '\n', length - at);
		size_t n = end != NULL ? (size_t)(end - line) : length - at;

		expect_line(&e, before, line, n, now);
		at += n + 1;
	}
	changed = e.alive || e.failed;
	demand(after->heard_at == (e.alive ? now : before->heard_at));
	demand(after->said_stopping == e.stopping);
	demand(after->ready_by == before->ready_by);
	if (!changed)
		demand(after->reason == before->reason &&
		       after->stopping == before->stopping);
	else
		demand((after->reason == NULL) == (!e.failed && !e.stopping) &&
		       after->stopping == (!e.failed && e.stopping));
}

static void
judge_status(const char *status, const char *from, size_t length)
{
	if (status == NULL)
		return;
	demand(status >= from + 7 && status <= from + length);
	demand(memcmp(status - 7, "STATUS=", 7) == 0);
	demand(strlen(status) <= length - 7);
	demand(strchr(status, '\n') == NULL);
}

/* A look is never due later than max_age, and WATCHDOG=1 missing only then. */
static void
judge_tick(struct notify *n, long long max_age, long long now)
{
	struct notify before = *n;
	long long next = notify_tick(n, max_age, now);

	if (max_age <= 0 || (before.reason != NULL && !before.stopping)) {
		demand(next == HEALTH_NEVER);
		demand(n->reason == before.reason &&
		       n->heard_at == before.heard_at);
		return;
	}
	demand(next > now);
	if (now < before.heard_at + max_age)
		demand(n->reason == before.reason &&
		       next == before.heard_at + max_age);
	else
		demand((n->reason != before.reason && !n->stopping) ==
		       (now < before.heard_at + max_age + 500));
}

/* No line of what is relayed begins with what is kept back. */
static void
judge_relay(struct input *in, const char *message, size_t length)
{
	static const char *const kept_back[] = {
	    "MAINPID=", "FDSTORE", "FDNAME=", "FDPOLL=", "BARRIER="};
	char *out = input_room(in, length);
	size_t n = notify_relay(message, length, out, length), at, i, k;

	demand(n <= length);
	for (at = 0; at < n; at++) {
		if (at > 0 && out[at - 1] != '\n')
			continue;
		for (i = 0; i < sizeof(kept_back) / sizeof(kept_back[0]); i++) {
			k = strlen(kept_back[i]);
			demand(n - at < k ||
			       memcmp(out + at, kept_back[i], k) != 0);
		}
	}
}

void
fuzz(struct input *in)
{
	long long most = 1LL << 42;
	struct notify n, before;
	long long now = input_number(in) & (most - 1), max_age;
	const char *status;
	char *message, *copy;
	size_t length;

	notify_init(&n, input_number(in) & (most - 1));
	n.heard_at = input_number(in) & (most - 1);
	if (n.heard_at > now)
		n.heard_at = 0;
	else if (n.heard_at > 0)
		n.reason = NULL;
	max_age = input_number(in) % most;
	message = input_rest(in, &length);
	judge_relay(in, message, length);
	if (length > NOTIFY_MAX)
		length = NOTIFY_MAX;
	copy = input_room(in, length + 1);
	memcpy(copy, message, length);
	before = n;
	status = notify_hear(&n, copy, length, now);
	judge(&before, &n, message, length, now);
	judge_status(status, copy, length);
	judge_tick(&n, max_age, now);
}
