/* SPDX-License-Identifier: MIT */
/* temporary: where the tests have their temporary files. */
#include "temporary.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void
temporary_path(char path[TEMPORARY_SIZE], const char *name)
{
	const char *directory = getenv("TMPDIR");
	int length;

	length = snprintf(path, TEMPORARY_SIZE, "%s/%s",
	                  directory != NULL ? directory : "/tmp", name);
	cr_assert_lt(length, TEMPORARY_SIZE, "TMPDIR is too long: %s", path);
}
