/* SPDX-License-Identifier: MIT */
#include "lib/path.h"

#include <criterion/criterion.h>
#include <string.h>

static struct path p;
static char buffer[PATH_SIZE];

static const struct {
	const char *program, *list;
	const char *files[4];
} searches[] = {
    {"ls", "/bin:/usr/bin", {"/bin/ls", "/usr/bin/ls"}},
    {"ls", "/bin", {"/bin/ls"}},
    {"ls", "", {"./ls"}},
    {"ls", ":/bin", {"./ls", "/bin/ls"}},
    {"ls", "/bin:", {"/bin/ls", "./ls"}},
    {"ls", "/a::/b", {"/a/ls", "./ls", "/b/ls"}},
    {"ls", NULL, {"/usr/local/bin/ls", "/bin/ls", "/usr/bin/ls"}},
    {"./ls", "/bin", {"./ls"}},
    {"/bin/ls", NULL, {"/bin/ls"}},
    {"a/", "/bin", {"a/"}},
};

Test(path, tries_what_execvp_tries)
{
	size_t i, k;

	for (i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		char name[16];

		strcpy(name, searches[i].program);
		path_begin(&p, name, searches[i].list, buffer);
		for (k = 0; searches[i].files[k] != NULL; k++) {
			cr_assert(path_next(&p), "search %zu, file %zu", i, k);
			cr_expect_str_eq(p.file, searches[i].files[k]);
		}
		cr_expect_not(path_next(&p), "search %zu ends", i);
		cr_expect_not(path_next(&p), "search %zu stays ended", i);
	}
}

Test(path, knows_whether_it_searches)
{
	char name[] = "ls", file[] = "bin/ls";

	path_begin(&p, name, "/bin", buffer);
	cr_expect(path_searched(&p));
	path_begin(&p, file, "/bin", buffer);
	cr_expect_not(path_searched(&p));
}

Test(path, passes_over_a_directory_that_is_too_long)
{
	char name[] = "ls", list[PATH_SIZE + 8];

	memset(list, 'x', PATH_SIZE - 3);
	strcpy(list + PATH_SIZE - 3, ":/bin");
	path_begin(&p, name, list, buffer);
	cr_assert(path_next(&p));
	cr_assert_str_eq(p.file, "/bin/ls");
}

Test(path, takes_the_longest_directory_that_fits)
{
	char name[] = "ls", list[PATH_SIZE];

	memset(list, 'x', PATH_SIZE - 4);
	list[PATH_SIZE - 4] = '\0';
	path_begin(&p, name, list, buffer);
	cr_assert(path_next(&p));
	cr_assert_eq(strlen(p.file), PATH_SIZE - 1);
}
