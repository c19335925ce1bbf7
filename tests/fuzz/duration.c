/* SPDX-License-Identifier: MIT */
/*
 * A duration is within its bounds, and hale can read what it writes.
 *
 * Input: a duration.
 */
#include "lib/duration.h"

#include <string.h>

#include "input.h"
#include "lib/text.h"

void
fuzz(struct input *in)
{
	const char *word = input_word(in);
	long long ms = duration_parse(word);
	char buffer[32];
	struct text t;

	demand(ms >= -1 && ms <= DURATION_MAX);
	if (ms < 0)
		return;
	demand(strspn(word, "0123456789.hms") == strlen(word));
	text_init(&t, buffer, sizeof(buffer));
	text_format(&t, "{ms:u}", ms);
	demand(!t.cut);
	demand(duration_parse(buffer) == ms);
}
