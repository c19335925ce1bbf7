/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/table.h"
#include "lib/version.h"

static char page[HELP_SIZE];

static void
fill_page(void)
{
	struct text t;

	text_init(&t, page, sizeof(page));
	help_options(&t);
	cr_assert_not(t.cut);
}

Test(help, has_every_option)
{
	const struct table_row *row;
	char name[64];

	fill_page();
	for (row = table_rows; row < table_rows + TABLE_ROWS; row++) {
		cr_expect(strlen(row->help) > 0);
		cr_expect(strlen(row->help) < sizeof(row->help));
		if (row->name[0] != '\0') {
			(void)snprintf(name, sizeof(name), "--%.21s ",
			               row->name);
			cr_expect_not_null(strstr(page, name), "%s", name);
		}
		if (row->letter[0] != '\0') {
			(void)snprintf(name, sizeof(name), "\n  -%c",
			               row->letter[0]);
			cr_expect_not_null(strstr(page, name), "%s", name);
		}
	}
}

Test(help, has_lines_of_eighty_columns_at_the_most)
{
	char *line;

	fill_page();
	for (line = strtok(page, "\n"); line != NULL; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 80, "%s", line);
}

Test(help, is_in_groups_whose_headings_end_with_a_colon)
{
	static const char *const headings[] = {
	    "\nRunning:\n",  "\nStopping:\n", "\nHealth:\n",
	    "\nChecking:\n", "\nTools:\n",    "\nCompatibility:\n",
	    "\nExamples:\n"};
	const char *at = page;
	size_t i;

	fill_page();
	for (i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		at = strstr(at, headings[i]);
		cr_assert_not_null(at, "%s", headings[i]);
	}
}

Test(help, has_three_examples)
{
	const char *at;
	int examples = 0;

	fill_page();
	at = strstr(page, "\nExamples:\n");
	while ((at = strstr(at + 1, "\n  hale ")) != NULL)
		examples++;
	cr_expect_eq(examples, 3);
}

static void
expect_version(enum compat_kind kind, const char *version)
{
	struct text t;

	text_init(&t, page, sizeof(page));
	help_version(&t, kind);
	cr_expect_str_eq(page, version);
}

Test(help, prints_the_version_in_the_form_of_each_name)
{
	expect_version(COMPAT_HALE, "hale " HALE_VERSION "\n");
	expect_version(COMPAT_TINI, "tini version " HALE_VERSION "\n");
	expect_version(COMPAT_CATATONIT, "tini version " HALE_VERSION "\n");
	expect_version(COMPAT_DUMB_INIT, "dumb-init v" HALE_VERSION "\n");
}

Test(help, prints_the_license)
{
	struct text t;

	text_init(&t, page, sizeof(page));
	help_license(&t);
	cr_expect_not(t.cut);
	cr_expect_not_null(strstr(page, "Permission is hereby granted"));
}
