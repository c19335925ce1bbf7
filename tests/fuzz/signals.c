/* SPDX-License-Identifier: MIT */
/*
 * A signal's name is that of one signal, in any case, with SIG and without,
 * and the name that hale gives it is read as the same one.
 *
 * Input: a name.
 */
#include "signals.h"

#include <ctype.h>
#include <string.h>

#include "input.h"

void
fuzz(struct input *in)
{
	char *word = input_word(in), *c;
	char prefixed[SIGNALS_NAME_SIZE + 3] = "SIG";
	char buffer[SIGNALS_NAME_SIZE];
	int n = signals_number(word);
	const char *name;

	demand(n == -1 || (n >= 1 && n <= SIGNALS_MAX));
	for (c = word; *c != '\0'; c++)
		*c = (char)(isupper((unsigned char)*c)
		                ? tolower((unsigned char)*c)
		                : toupper((unsigned char)*c));
	demand(signals_number(word) == n);
	if (n < 0)
		return;
	name = signals_name(n, buffer);
	demand(strlen(name) < SIGNALS_NAME_SIZE);
	demand(signals_number(name) == n);
	strcpy(prefixed + 3, name);
	if (strspn(name, "0123456789") == 0)
		demand(signals_number(prefixed) == n);
}
