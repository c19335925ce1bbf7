/* SPDX-License-Identifier: MIT */
/*
 * names: the inits that hale stands in for, and what differs under their names.
 *
 * A symbolic link is a replacement: the name changes defaults and exit codes,
 * and never which options there are.
 */
#include "cli/names.h"

#include <stddef.h>
#include <string.h>

static const struct names_row rows[] = {
    {"hale", NAMES_HALE, 125, 127, 126, false, false},
    {"tini", NAMES_TINI, 1, 127, 126, false, false},
    {"tini-static", NAMES_TINI, 1, 127, 126, false, false},
    {"docker-init", NAMES_TINI, 1, 127, 126, false, false},
    {"catatonit", NAMES_CATATONIT, 1, 1, 1, false, false},
    {"podman-init", NAMES_CATATONIT, 1, 1, 1, false, false},
    {"dumb-init", NAMES_DUMB_INIT, 1, 2, 2, true, true},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct names_row *
names_find(const char *argv0)
{
	const struct names_row *row = rows;
	const char *slash;

	if (argv0 == NULL)
		return row;
	slash = strrchr(argv0, '/');
	if (slash != NULL)
		argv0 = slash + 1;
	for (row += ROWS - 1; row > rows && strcmp(row->name, argv0) != 0;
	     row--)
		;
	return row;
}
