/* SPDX-License-Identifier: MIT */
#include "cli/compat.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* The table of the manual. */
static const struct compat_name table[] = {
    {"hale", COMPAT_HALE, 125, 127, 126, false, false},
    {"tini", COMPAT_TINI, 1, 127, 126, false, false},
    {"tini-static", COMPAT_TINI, 1, 127, 126, false, false},
    {"docker-init", COMPAT_TINI, 1, 127, 126, false, false},
    {"catatonit", COMPAT_CATATONIT, 1, 1, 1, false, false},
    {"podman-init", COMPAT_CATATONIT, 1, 1, 1, false, false},
    {"dumb-init", COMPAT_DUMB_INIT, 1, 2, 2, true, true},
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

static void
expect_row(const char *argv0, const struct compat_name *row)
{
	const struct compat_name *found = compat_find(argv0);

	cr_assert_not_null(found);
	cr_expect_str_eq(found->name, row->name, "%s", argv0);
	cr_expect_eq(found->kind, row->kind, "%s", argv0);
	cr_expect_eq(found->usage_code, row->usage_code, "%s", argv0);
	cr_expect_eq(found->not_found_code, row->not_found_code, "%s", argv0);
	cr_expect_eq(found->not_run_code, row->not_run_code, "%s", argv0);
	cr_expect_eq(found->session, row->session, "%s", argv0);
	cr_expect_eq(found->texts_on_stderr, row->texts_on_stderr, "%s", argv0);
}

Test(compat, knows_the_rows_of_the_manual)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		expect_row(table[i].name, &table[i]);
}

Test(compat, finds_a_name_behind_any_directory)
{
	static const char *const before[] = {"/",         "./",        "/sbin/",
	                                     "../a/b/",   "/tini/",    "//",
	                                     "/usr/bin/", "dumb-init/"};
	char path[192];
	size_t i, k;

	for (i = 0; i < ROWS; i++)
		for (k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
			snprintf(path, sizeof(path), "%s%s", before[k],
			         table[i].name);
			expect_row(path, &table[i]);
		}
}

Test(compat, takes_any_other_name_for_hale)
{
	static const char *const others[] = {
	    "",     "/",         "/tini/",   "tini ",     "-tini",
	    "TINI", "tin",       "tinii",    "tini-",     "tini-static2",
	    "init", "/bin/init", "docker",   "dumb_init", "dumb-init.old",
	    "halo", "hale-1.0",  "catatoni", "podman",    "tini/x"};
	size_t i;

	expect_row(NULL, &table[0]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect_row(others[i], &table[0]);
}
