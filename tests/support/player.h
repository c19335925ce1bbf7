/* SPDX-License-Identifier: MIT */
/*
 * player: a program of many small parts, of which its first word names one.
 *
 * In a header, since each of these programs is one file, and static.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct player_part {
	const char *name;
	int words; /* how many must follow */
	int (*play)(char **words);
};

/* Play the part that the first word names; its exit code, or 101 if there is
 * none. */
static int
player_play(const struct player_part *parts, size_t count, char **words)
{
	int n = 0;
	size_t i;

	while (words[n] != NULL)
		n++;
	for (i = 0; n > 0 && i < count; i++)
		if (n > parts[i].words && strcmp(words[0], parts[i].name) == 0)
			return parts[i].play(words + 1);
	dprintf(STDERR_FILENO, "player: what?\n");
	return 101;
}

#endif
