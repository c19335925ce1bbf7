/* SPDX-License-Identifier: MIT */
/*
 * commands: a test program with many small commands; its first word names one.
 *
 * This is a header because each test program is one file, linked statically.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
	const char *name;
	int words; /* how many words must follow */
	int (*run)(char **words);
};

/* Run the command that the first word names.  Returns its exit code, or 101 if
 * there is no such command or it has too few words. */
static int
commands_run(const struct command *commands, size_t count, char **words)
{
	int n = 0;
	size_t i;

	while (words[n] != NULL)
		n++;
	for (i = 0; n > 0 && i < count; i++)
		if (n > commands[i].words &&
		    strcmp(words[0], commands[i].name) == 0)
			return commands[i].run(words + 1);
	dprintf(STDERR_FILENO, "test program: unknown command '%s'\n",
	        n > 0 ? words[0] : "");
	return 101;
}

#endif
