/* SPDX-License-Identifier: MIT */
/*
 * What somebody else supplied is shown as UTF-8 without control characters,
 * JSON reads it back as it is shown, and a smaller buffer holds less of it.
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

static void
quote(const struct text *plain, const char *s, size_t n)
{
	char buffer[JSON_TEXT + 16], value[JSON_TEXT];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	text_string(&t, "{\"a\":\"");
	t.quoting = true;
	text_escaped(&t, s, n);
	t.quoting = false;
	text_string(&t, "\"}");
	demand(!t.cut);
	demand(json_get(buffer, "a", value));
	demand(strcmp(value, plain->buffer) == 0);
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
