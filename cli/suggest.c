/* SPDX-License-Identifier: MIT */
/*
 * suggest: finds out whether a mistyped name resembles one that exists, for
 * "did you mean".
 */
#include "cli/suggest.h"

#include <string.h>

static int
smallest(int a, int b, int c)
{
	int least = a < b ? a : b;

	return least < c ? least : c;
}

int
suggest_distance(const char *typed, size_t n, const char *name)
{
	/* row[k] is the distance from the bytes of typed that were looked at so
	 * far to the first k bytes of name. */
	int row[SUGGEST_NAME_MAX + 1];
	size_t length = strlen(name), i, k;

	if (length > SUGGEST_NAME_MAX || n > length + SUGGEST_DISTANCE_MAX)
		return SUGGEST_DISTANCE_MAX + 1;
	for (k = 0; k <= length; k++)
		row[k] = (int)k;
	for (i = 1; i <= n; i++) {
		int diagonal = row[0]; /* of the row before, one to the left */

		row[0] = (int)i;
		for (k = 1; k <= length; k++) {
			int above = row[k];
			int differs = typed[i - 1] != name[k - 1];

			row[k] = smallest(above + 1, row[k - 1] + 1,
			                  diagonal + differs);
			diagonal = above;
		}
	}
	return row[length] <= SUGGEST_DISTANCE_MAX ? row[length]
	                                           : SUGGEST_DISTANCE_MAX + 1;
}
