/* SPDX-License-Identifier: MIT */
/*
 * start: what an init adds to the life of the shortest program.
 *
 * The program is also run without an init, in the same rounds and in the same
 * way; the statistics take that away again.
 */
#include <string.h>

#include "parts.h"

static void
measure(const struct lab_init *init, char *program, enum lab_place place)
{
	char *const words[] = {program, NULL};
	char *argv[LAB_WORDS];
	struct lab_cost cost;

	lab_command(init, words, argv);
	lab_time(argv, place, &cost);
	lab_row(init->name, "wall", (double)cost.wall);
	lab_row(init->name, "cpu", (double)(cost.user + cost.system));
	lab_row(init->name, "user", (double)cost.user);
	lab_row(init->name, "system", (double)cost.system);
}

void
part_start(const struct lab *lab, char *const *options)
{
	enum lab_place place =
	    strcmp(options[0], "plain") == 0 ? LAB_PLAIN : LAB_NAMESPACE;
	int order[LAB_INITS], round, i;

	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			measure(&lab->inits[order[i]], options[1], place);
	}
}
