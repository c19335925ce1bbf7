/* SPDX-License-Identifier: MIT */
/*
 * A message says what its lines say, one by one: no byte between them, before
 * or behind makes a word of what is none.
 *
 * Input: the time, the end of the start period, when there was a sign of life
 * last, max-age; the message.
 */
#include "probe/notify.h"

#include <string.h>

#include "health.h"
#include "input.h"

static const char silent[] = "silent";

/* Is this line that word? */
static bool
is(const char *line, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(line, word, length) == 0;
}

/* What the message means, found in another way: from its last line on. */
static void
judge(const struct notify *before, const struct notify *after,
      const char *message, size_t length, long long now)
{
	bool alive = false, well = before->reason == NULL, heard = false;
	size_t at = 0;

	if (length > 0 && message[length - 1] == '\0')
		length--;
	if (memchr(message, '\0', length) != NULL)
		length = 0;
	while (at < length) {
		const char *line = message + at;
		const char *end = memchr(line, '\n', length - at);
		size_t n = end != NULL ? (size_t)(end - line) : length - at;

		alive = is(line, n, "READY=1") ||
		        (is(line, n, "WATCHDOG=1") &&
		         (before->heard != 0 || (heard && now != 0) ||
		          now >= before->start));
		heard |= alive;
		if (alive || is(line, n, "WATCHDOG=trigger"))
			well = alive;
		at += n + 1;
	}
	demand(after->heard == (heard ? now : before->heard));
	demand((after->reason == NULL) == well);
	demand(after->start == before->start);
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

/* It is seen to within max_age, and late only after that. */
static void
judge_tick(struct notify *n, long long max_age, long long now)
{
	struct notify before = *n;
	long long next = notify_tick(n, max_age, now);

	if (max_age <= 0 || before.reason != NULL) {
		demand(next == HEALTH_NEVER);
		demand(memcmp(n, &before, sizeof(before)) == 0);
		return;
	}
	demand(next > now);
	if (now < before.heard + max_age)
		demand(n->reason == NULL && next == before.heard + max_age);
	else
		demand((n->reason != NULL) ==
		       (now < before.heard + max_age + 500));
}

void
fuzz(struct input *in)
{
	long long most = 1LL << 42;
	struct notify n = {.reason = silent}, before;
	long long now = input_number(in) & (most - 1), max_age;
	const char *status;
	char *message, *copy;
	size_t length;

	n.start = input_number(in) & (most - 1);
	n.heard = input_number(in) & (most - 1);
	if (n.heard > now)
		n.heard = 0;
	else if (n.heard > 0)
		n.reason = NULL;
	max_age = input_number(in) % most;
	message = input_rest(in, &length);
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
