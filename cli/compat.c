/* SPDX-License-Identifier: MIT */
/*
 * compat: the inits that hale can stand in for, and what differs under their
 * names.
 *
 * A symbolic link called tini is a replacement for tini: the name changes
 * defaults and exit codes.  It never changes which options there are.
 */
#include "cli/compat.h"

#include <stddef.h>
#include <string.h>

/* The first row is for all names that are not in the table. */
static const struct compat_name names[] = {
    {.name = "hale",
     .kind = COMPAT_HALE,
     .usage_code = 125,
     .not_found_code = 127,
     .not_run_code = 126},
    {.name = "tini",
     .kind = COMPAT_TINI,
     .usage_code = 1,
     .not_found_code = 127,
     .not_run_code = 126},
    {.name = "tini-static",
     .kind = COMPAT_TINI,
     .usage_code = 1,
     .not_found_code = 127,
     .not_run_code = 126},
    {.name = "docker-init",
     .kind = COMPAT_TINI,
     .usage_code = 1,
     .not_found_code = 127,
     .not_run_code = 126},
    {.name = "catatonit",
     .kind = COMPAT_CATATONIT,
     .usage_code = 1,
     .not_found_code = 1,
     .not_run_code = 1},
    {.name = "podman-init",
     .kind = COMPAT_CATATONIT,
     .usage_code = 1,
     .not_found_code = 1,
     .not_run_code = 1},
    {.name = "dumb-init",
     .kind = COMPAT_DUMB_INIT,
     .usage_code = 1,
     .not_found_code = 2,
     .not_run_code = 2,
     .session = true,
     .texts_on_stderr = true},
};

const struct compat_name *
compat_find(const char *argv0)
{
	const char *slash;
	size_t i;

	if (argv0 == NULL)
		return &names[0];
	slash = strrchr(argv0, '/');
	if (slash != NULL)
		argv0 = slash + 1;
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, argv0) == 0)
			return &names[i];
	return &names[0];
}
