/* SPDX-License-Identifier: MIT */
/*
 * What somebody else supplied is shown as UTF-8 without control characters,
 * JSON reads it back as it is shown, as a string of text_string's and as a
 * member of an object, and a smaller buffer holds the beginning of it.
 *
 * Input: the bytes of a buffer; what was supplied.
 */
#include "lib/text.h"

#include <string.h>

#include "input.h"
#include "json.h"

enum { MOST = 800 }; /* bytes of it, so that what json.c makes of it fits */

static void
escape(struct text *t, char *buffer, size_t size, const char *s, size_t n)
{
	text_init(t, buffer, size);
	text_escaped(t, s, n);
	demand(t->length < size && t->buffer[t->length] == '\0');
}

/* As a member of an object it is read back as it is shown. */
static void
judge_member(const struct text *object, const struct text *shown)
{
	char value[JSON_TEXT];

	demand(!object->cut);
	demand(json_valid(object->buffer));
	demand(json_get(object->buffer, "a", value));
	demand(strcmp(value, shown->buffer) == 0);
}

static void
quote(const struct text *shown, const char *s, size_t n)
{
	char buffer[JSON_TEXT + 16];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	text_string(&t, "{\"a\":\"");
	t.quoting = true;
	text_escaped(&t, s, n);
	t.quoting = false;
	text_string(&t, "\"}");
	judge_member(&t, shown);
	text_init(&t, buffer, sizeof(buffer));
	text_string(&t, "{");
	t.members = true;
	text_format(&t, "{a:b}", s, n);
	t.members = false;
	text_string(&t, "}");
	judge_member(&t, shown);
}

void
fuzz(struct input *in)
{
	size_t room = (size_t)input_choice(in, 999) + 1, n;
	char whole[4 * MOST + 1], *small = input_room(in, room);
	const char *s = input_rest(in, &n);
	struct text t, less;

	if (n > MOST)
		n = MOST;
	escape(&t, whole, sizeof(whole), s, n);
	demand(!t.cut);
	demand(input_shown(whole, t.length));
	quote(&t, s, n);
	escape(&less, small, room, s, n);
	demand(less.cut == (t.length >= room));
	demand(memcmp(small, whole, less.length) == 0);
	demand(input_shown(small, less.length));
}
