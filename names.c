/* SPDX-License-Identifier: MIT */
/*
 * names: the inits that hale stands in for, and what differs under their names.
 *
 * A symbolic link is a replacement: the name changes defaults and exit codes,
 * and never which options there are.
 */
#include "names.h"

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

const struct names_row *
names_find(const char *argv0)
{
	const char *slash = argv0 != NULL ? strrchr(argv0, '/') : NULL;
	size_t i;

	if (slash != NULL)
		argv0 = slash + 1;
	for (i = 0; argv0 != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, argv0) == 0)
			return &rows[i];
	return &rows[0];
}
