/* SPDX-License-Identifier: MIT */
#ifndef HALE_SUGGEST_H
#define HALE_SUGGEST_H

#include <stddef.h>

enum {
	SUGGEST_DISTANCE_MAX = 2, /* letters that may differ */
	SUGGEST_NAME_MAX = 40,    /* bytes of a name that can be suggested */
};

/* How many letters have to be inserted, left out or replaced so that the first
 * n bytes of typed become name; SUGGEST_DISTANCE_MAX + 1 stands for more.
 * Modelled on Levenshtein's distance. */
int suggest_distance(const char *typed, size_t n, const char *name);

#endif
