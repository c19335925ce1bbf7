/* SPDX-License-Identifier: MIT */
#include "lib/replace.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/hale-replace-XXXXXX", file[64], beside[80];
static struct replace r;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/file", directory);
	snprintf(beside, sizeof(beside), "%s.hale", file);
}

static void
end(void)
{
	rmdir(beside);
	unlink(beside);
	rmdir(file);
	unlink(file);
	cr_expect_eq(rmdir(directory), 0, "something is left");
}

TestSuite(replace, .init = begin, .fini = end);

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
expect_text(const char *path, const char *text)
{
	char got[64] = "";
	int fd = open(path, O_RDONLY);

	cr_assert_geq(fd, 0);
	cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
	close(fd);
	cr_expect_str_eq(got, text);
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	cr_assert_eq(lstat(path, &status), 0);
	return status.st_mode;
}

/* The old one stays until the new one is whole. */
Test(replace, puts_a_new_file_in_the_place_of_an_old_one)
{
	put(file, "old");
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	cr_assert_eq(write(r.fd, "new", 3), 3);
	expect_text(file, "old");
	cr_assert_eq(replace_end(&r, true), 0);
	expect_text(file, "new");
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(replace, leaves_the_old_file_if_the_new_one_is_no_good)
{
	put(file, "old");
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	errno = ENOSPC;
	cr_expect_eq(replace_end(&r, false), -1);
	cr_expect_eq(errno, ENOSPC, "it is why there is none");
	expect_text(file, "old");
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(replace, gives_the_permissions_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	static const mode_t modes[] = {0644, 0755, 0600, 04755};
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			umask(masks[i]);
			cr_assert_eq(replace_begin(&r, file, modes[k]), 0);
			cr_assert_eq(replace_end(&r, true), 0);
			cr_expect_eq(mode_of(file), S_IFREG | modes[k]);
			cr_expect_eq(umask(0), masks[i], "it is put back");
		}
}

Test(replace, does_not_mind_what_an_earlier_one_left)
{
	put(beside, "half of a f");
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	cr_assert_eq(write(r.fd, "new", 3), 3);
	cr_assert_eq(replace_end(&r, true), 0);
	expect_text(file, "new");
}

/* Somebody else may have put it there, in a directory that all may write. */
Test(replace, never_writes_through_a_link_that_lies_in_wait)
{
	char target[80];

	snprintf(target, sizeof(target), "%s/target", directory);
	put(target, "precious");
	cr_assert_eq(symlink(target, beside), 0);
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	cr_assert_eq(write(r.fd, "new", 3), 3);
	cr_assert_eq(replace_end(&r, true), 0);
	expect_text(target, "precious");
	expect_text(file, "new");
	unlink(target);
}

Test(replace, replaces_a_link_and_not_what_it_names)
{
	char target[80];

	snprintf(target, sizeof(target), "%s/target", directory);
	put(target, "precious");
	cr_assert_eq(symlink(target, file), 0);
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	cr_assert_eq(replace_end(&r, true), 0);
	cr_expect(S_ISREG(mode_of(file)));
	expect_text(target, "precious");
	unlink(target);
}

Test(replace, fails_where_nothing_can_be_created)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/none/file", directory);
	cr_expect_eq(replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENOENT);
	put(file, "");
	snprintf(path, sizeof(path), "%s/file", file);
	cr_expect_eq(replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENOTDIR);
	cr_assert_eq(mkdir(beside, 0755), 0);
	cr_expect_eq(replace_begin(&r, file, 0644), -1);
	cr_expect_eq(errno, EEXIST);
}

Test(replace, fails_where_a_directory_stands_and_leaves_nothing)
{
	cr_assert_eq(mkdir(file, 0755), 0);
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	cr_expect_eq(replace_end(&r, true), -1);
	cr_expect_eq(errno, EISDIR);
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(replace, fails_when_the_name_is_too_long)
{
	static char path[REPLACE_NAME_MAX + 1];

	memset(path, 'a', REPLACE_NAME_MAX);
	path[REPLACE_NAME_MAX - 5] = '\0';
	cr_expect_eq(replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENAMETOOLONG);
	path[REPLACE_NAME_MAX - 6] = '\0'; /* the longest that fits */
	cr_expect_eq(replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENAMETOOLONG, "for the kernel");
}

Test(replace, says_that_the_file_could_not_be_closed)
{
	cr_assert_eq(replace_begin(&r, file, 0644), 0);
	close(r.fd);
	cr_expect_eq(replace_end(&r, true), -1);
	cr_expect_eq(errno, EBADF);
	cr_expect_eq(access(file, F_OK), -1);
}
