/* SPDX-License-Identifier: MIT */
#include "lib/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "temporary.h"

static char directory[TEMPORARY_SIZE], file[80];
static char old_temporary[96]; /* the name that hale 0.1 used */
static struct file_replacement r;

static void
make_directory(void)
{
	temporary_path(directory, "hale-file-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/file", directory);
	snprintf(old_temporary, sizeof(old_temporary), "%s.hale", file);
}

static void
remove_directory(void)
{
	rmdir(file);
	unlink(file);
	cr_expect_eq(rmdir(directory), 0, "something is left");
}

TestSuite(file, .init = make_directory, .fini = remove_directory);

/* The number of files in the directory. */
static int
count_files(void)
{
	DIR *files = opendir(directory);
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(files)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	closedir(files);
	return count;
}

/* Random bytes are zeros while a test wants to foresee them.  This stands in
 * for getrandom(2) in the whole unit test program. */
static bool random_is_zero, random_fails;

ssize_t
getrandom(void *buffer, size_t size, unsigned flags)
{
	if (random_fails) {
		errno = EAGAIN;
		return -1;
	}
	if (!random_is_zero)
		return syscall(SYS_getrandom, buffer, size, flags);
	memset(buffer, 0, size);
	return (ssize_t)size;
}

static void
write_file(const char *path, const char *text)
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

Test(file, is_read_up_to_the_size_of_the_buffer)
{
	char buffer[6] = "xxxxx";

	write_file(file, "four");
	cr_expect_eq(file_read(file, buffer, sizeof(buffer)), 4);
	cr_expect_str_eq(buffer, "four");
	write_file(file, "longer");
	cr_expect_eq(file_read(file, buffer, sizeof(buffer)), 5);
	cr_expect_str_eq(buffer, "longe");
	write_file(file, "");
	cr_expect_eq(file_read(file, buffer, sizeof(buffer)), 0);
	cr_expect_str_eq(buffer, "");
}

Test(file, of_proc_is_read)
{
	char buffer[64];

	cr_expect_gt(file_read("/proc/self/comm", buffer, sizeof(buffer)), 0);
}

static void
expect_refused(const char *path, int error)
{
	char buffer[8] = "xxxxxxx";

	errno = 0;
	cr_expect_eq(file_read(path, buffer, sizeof(buffer)), -1);
	cr_expect_eq(errno, error, "%s: %s", path, strerror(errno));
	cr_expect_str_eq(buffer, "");
	cr_expect_eq(file_open(path), -1);
}

Test(file, is_refused_if_it_is_not_regular)
{
	expect_refused("/dev/zero", EINVAL);
	expect_refused(directory, EINVAL);
	expect_refused(file, ENOENT);
	cr_assert_eq(mkfifo(file, 0600), 0);
	expect_refused(file, EINVAL); /* without waiting for a writer */
}

/* The holder of a write lease can hold up whoever opens the file for 45 s. */
Test(file, with_a_lease_is_not_waited_for)
{
	int fd;

	write_file(file, "text");
	fd = open(file, O_RDWR);
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		expect_refused(file, EWOULDBLOCK);
	else
		cr_skip_test("the file system knows no leases");
	close(fd);
}

/* The old one stays until the new one is whole. */
Test(file, puts_a_new_file_in_the_place_of_an_old_one)
{
	write_file(file, "old");
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_assert_eq(write(r.fd, "new", 3), 3);
	expect_text(file, "old");
	cr_assert_eq(file_replace_end(&r, true), 0);
	expect_text(file, "new");
	cr_expect_eq(access(r.temporary, F_OK), -1);
}

Test(file, leaves_the_old_file_if_the_new_one_is_no_good)
{
	write_file(file, "old");
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	errno = ENOSPC;
	cr_expect_eq(file_replace_end(&r, false), -1);
	cr_expect_eq(errno, ENOSPC, "it is why there is none");
	expect_text(file, "old");
	cr_expect_eq(access(r.temporary, F_OK), -1);
}

Test(file, gives_the_permissions_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	static const mode_t modes[] = {0666, 0755, 0600, 04755};
	size_t i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			umask(masks[i]);
			cr_assert_eq(file_replace_begin(&r, file, modes[k]), 0);
			cr_assert_eq(file_replace_end(&r, true), 0);
			cr_expect_eq(mode_of(file), S_IFREG | modes[k]);
			cr_expect_eq(umask(0), masks[i], "it is put back");
		}
}

/* A file of this name was once taken for hale's own and deleted. */
Test(file, touches_no_file_of_another_name)
{
	write_file(old_temporary, "precious");
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_assert_eq(count_files(), 2);
	cr_assert_eq(file_replace_end(&r, true), 0);
	expect_text(old_temporary, "precious");
	cr_expect_eq(count_files(), 2);
	unlink(old_temporary);
}

Test(file, takes_a_random_name_for_the_new_file)
{
	struct file_replacement other;

	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_assert_eq(file_replace_begin(&other, file, 0644), 0);
	cr_expect_neq(strcmp(r.temporary, other.temporary), 0);
	cr_expect_eq(strncmp(r.temporary, file, strlen(file)), 0);
	cr_expect_eq(strncmp(r.temporary + strlen(file), ".hale-", 6), 0);
	cr_expect_eq(strlen(r.temporary), strlen(file) + 14);
	file_replace_end(&r, false);
	file_replace_end(&other, false);
}

Test(file, takes_a_name_of_its_own_where_there_are_no_random_bytes)
{
	random_fails = true;
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_expect_eq(strlen(r.temporary), strlen(file) + 14);
	cr_assert_eq(file_replace_end(&r, true), 0);
}

/* Somebody else may have put it there, in a directory that all may write. */
Test(file, leaves_a_file_whose_name_it_would_have_taken)
{
	char first[128], second[128], target[128];

	random_is_zero = true;
	snprintf(first, sizeof(first), "%s.hale-00000000", file);
	snprintf(second, sizeof(second), "%s.hale-00000001", file);
	snprintf(target, sizeof(target), "%s/target", directory);
	write_file(first, "precious");
	cr_assert_eq(symlink(target, second), 0);
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_expect_eq(r.temporary[strlen(r.temporary) - 1], '2');
	cr_assert_eq(write(r.fd, "new", 3), 3);
	cr_assert_eq(file_replace_end(&r, true), 0);
	expect_text(file, "new");
	expect_text(first, "precious");
	cr_expect_eq(access(target, F_OK), -1, "it wrote through the link");
	unlink(first);
	unlink(second);
}

Test(file, gives_up_when_every_name_is_taken)
{
	char name[128];
	int i;

	random_is_zero = true;
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "%s.hale-0000000%d", file, i);
		cr_assert_eq(mkdir(name, 0755), 0);
	}
	cr_expect_eq(file_replace_begin(&r, file, 0644), -1);
	cr_expect_eq(errno, EEXIST);
	cr_expect_eq(count_files(), 8);
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "%s.hale-0000000%d", file, i);
		rmdir(name);
	}
}

Test(file, replaces_a_link_and_not_what_it_names)
{
	char target[128];

	snprintf(target, sizeof(target), "%s/target", directory);
	write_file(target, "precious");
	cr_assert_eq(symlink(target, file), 0);
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_assert_eq(file_replace_end(&r, true), 0);
	cr_expect(S_ISREG(mode_of(file)));
	expect_text(target, "precious");
	unlink(target);
}

Test(file, fails_where_nothing_can_be_created)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/none/file", directory);
	cr_expect_eq(file_replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENOENT);
	write_file(file, "");
	snprintf(path, sizeof(path), "%s/file", file);
	cr_expect_eq(file_replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENOTDIR);
}

Test(file, fails_where_a_directory_stands_and_leaves_nothing)
{
	cr_assert_eq(mkdir(file, 0755), 0);
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	cr_expect_eq(file_replace_end(&r, true), -1);
	cr_expect_eq(errno, EISDIR);
	cr_expect_eq(access(r.temporary, F_OK), -1);
}

Test(file, fails_when_the_name_is_too_long)
{
	static char path[FILE_PATH_MAX + 1];

	memset(path, 'a', FILE_PATH_MAX);
	path[FILE_PATH_MAX - 14] = '\0';
	cr_expect_eq(file_replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENAMETOOLONG);
	path[FILE_PATH_MAX - 15] = '\0'; /* the longest that fits */
	cr_expect_eq(file_replace_begin(&r, path, 0644), -1);
	cr_expect_eq(errno, ENAMETOOLONG, "for the kernel");
}

Test(file, says_that_the_file_could_not_be_closed)
{
	cr_assert_eq(file_replace_begin(&r, file, 0644), 0);
	close(r.fd);
	cr_expect_eq(file_replace_end(&r, true), -1);
	cr_expect_eq(errno, EBADF);
	cr_expect_eq(access(file, F_OK), -1);
}
