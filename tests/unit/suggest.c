/* SPDX-License-Identifier: MIT */
#include "cli/suggest.h"

#include <criterion/criterion.h>
#include <string.h>

static int
distance(const char *typed, const char *name)
{
	return suggest_distance(typed, strlen(typed), name);
}

Test(suggest, counts_letters_that_differ)
{
	cr_expect_eq(distance("grace", "grace"), 0);
	cr_expect_eq(distance("gracee", "grace"), 1);
	cr_expect_eq(distance("grce", "grace"), 1);
	cr_expect_eq(distance("grade", "grace"), 1);
	cr_expect_eq(distance("garce", "grace"), 2);
	cr_expect_eq(distance("xgracex", "grace"), 2);
	cr_expect_eq(distance("gr", "grace"), 3);
	cr_expect_eq(distance("", "ab"), 2);
	cr_expect_eq(distance("", ""), 0);
	cr_expect_eq(suggest_distance("grace=5", 5, "grace"), 0);
}

Test(suggest, does_not_look_at_names_that_are_too_long)
{
	char name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmno";

	cr_expect_eq(strlen(name), SUGGEST_NAME_MAX + 1);
	cr_expect_eq(distance(name, name), SUGGEST_DISTANCE_MAX + 1);
	name[SUGGEST_NAME_MAX] = '\0';
	cr_expect_eq(distance(name, name), 0);
}
