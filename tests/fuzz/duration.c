/* SPDX-License-Identifier: MIT */
/*
 * A duration is within its bounds, and what hale writes it can read.
 *
 * Input: a duration.
 */
#include "lib/duration.h"

#include <string.h>

#include "input.h"

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
	demand(strspn(word, "0123456789hms") == strlen(word));
	text_init(&t, buffer, sizeof(buffer));
	duration_text(&t, ms);
	demand(!t.cut);
	demand(duration_parse(buffer) == ms);
}
