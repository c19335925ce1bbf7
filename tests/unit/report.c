/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"

static char directory[] = "/tmp/hale-report-XXXXXX", file[64], beside[80];
static char buffer[REPORT_SIZE];
static struct text text;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/file", directory);
	snprintf(beside, sizeof(beside), "%s.hale", file);
	text_init(&text, buffer, sizeof(buffer));
	umask(027);
}

/* Nothing may be left but what was asked for, and the umask as it was. */
static void
end(void)
{
	cr_expect_eq(umask(0), 027);
	rmdir(file);
	unlink(file);
	chmod(directory, 0755);
	cr_expect_eq(rmdir(directory), 0, "something is left");
}

TestSuite(report, .init = begin, .fini = end);

static void
expect(const char *name, const char *expected)
{
	char value[JSON_TEXT];

	cr_assert(json_get(buffer, name, value), "%s: %s", name, buffer);
	cr_expect_str_eq(value, expected, "%s", name);
}

Test(report, says_all_of_it)
{
	char expected[REPORT_SIZE];

	report_line(&text, &(struct report){.reason = "signaled",
	                                    .exit_code = 137,
	                                    .signal = 9,
	                                    .message = "so it goes",
	                                    .duration_ms = 1LL << 40,
	                                    .oom_kills = 3,
	                                    .max_rss_kib = 4096,
	                                    .orphans_reaped = ULONG_MAX / 2});
	snprintf(expected, sizeof(expected),
	         "{\"reason\":\"signaled\",\"exit_code\":137,\"signal\":9,"
	         "\"message\":\"so it goes\",\"duration_ms\":1099511627776,"
	         "\"oom_kills\":3,\"max_rss_kib\":4096,"
	         "\"orphans_reaped\":%lu}\n",
	         ULONG_MAX / 2);
	cr_expect_str_eq(buffer, expected);
	expect("reason", "signaled");
}

Test(report, says_no_oom_kill_where_nothing_counts_them)
{
	report_line(&text, &(struct report){.reason = "exited",
	                                    .message = "",
	                                    .oom_kills = -1});
	expect("oom_kills", "0");
	expect("message", "");
}

/* A byte that cannot be shown becomes its code, which JSON takes literally. */
Test(report, is_valid_json_for_every_byte_in_the_message)
{
	int byte;

	for (byte = 1; byte < 256; byte++) {
		char message[8] = {'a', (char)byte, 'b', '\0'}, shown[8];

		text_init(&text, buffer, sizeof(buffer));
		report_line(&text, &(struct report){.reason = "exited",
		                                    .message = message});
		cr_expect_not(text.cut);
		if (byte >= 0x20 && byte < 0x7f)
			snprintf(shown, sizeof(shown), "%s", message);
		else
			snprintf(shown, sizeof(shown), "a\\x%02xb", byte);
		expect("message", shown);
	}
}

Test(report, is_valid_json_for_all_bytes_at_once)
{
	char message[256];
	int byte;

	for (byte = 1; byte < 256; byte++)
		message[byte - 1] = (char)byte;
	message[255] = '\0';
	report_line(&text, &(struct report){.reason = "exited",
	                                    .message = message,
	                                    .orphans_reaped = 17});
	cr_expect_not(text.cut);
	expect("orphans_reaped", "17");
}

/* ------ Where it is written. ------ */

static void
fill(const char *s)
{
	text_init(&text, buffer, sizeof(buffer));
	text_string(&text, s);
}

static void
put(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	cr_assert_eq(write(fd, s, strlen(s)), (ssize_t)strlen(s));
	close(fd);
}

static void
expect_text(const char *path, const char *s)
{
	char got[64] = "";
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
	close(fd);
	cr_expect_str_eq(got, s);
}

static struct stat
look(const char *path)
{
	struct stat status;

	cr_assert_eq(lstat(path, &status), 0);
	return status;
}

static void
expect_written(const char *path)
{
	fill("the report\n");
	cr_expect_eq(report_check(path), 0, "%s: %s", path, strerror(errno));
	cr_expect_eq(report_write(path, &text), 0, "%s: %s", path,
	             strerror(errno));
	cr_expect_eq(access(beside, F_OK), -1);
}

static void
expect_refused(const char *path, int error)
{
	fill("the report\n");
	cr_expect_eq(report_check(path), -1);
	cr_expect_eq(errno, error, "%s", strerror(errno));
	cr_expect_eq(report_write(path, &text), -1);
	cr_expect_eq(errno, error, "%s", strerror(errno));
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(report, is_written_to_a_new_file_that_all_may_read)
{
	expect_written(file);
	expect_text(file, "the report\n");
	cr_expect_eq(look(file).st_mode, S_IFREG | 0644);
}

Test(report, checks_without_creating_the_file)
{
	cr_expect_eq(report_check(file), 0);
	cr_expect_eq(access(file, F_OK), -1);
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(report, checks_without_touching_what_is_there)
{
	put(file, "an older report");
	cr_expect_eq(report_check(file), 0);
	expect_text(file, "an older report");
}

/* Who has the old one open reads the old one to its end. */
Test(report, takes_the_place_of_an_older_one)
{
	char got[64] = "";
	int fd;

	put(file, "an older and much longer report");
	fd = open(file, O_RDONLY);
	expect_written(file);
	expect_text(file, "the report\n");
	cr_assert_gt(read(fd, got, sizeof(got) - 1), 0);
	cr_expect_str_eq(got, "an older and much longer report");
	close(fd);
}

Test(report, is_written_where_a_link_leads)
{
	char target[80];

	snprintf(target, sizeof(target), "%s/target", directory);
	put(target, "an older and much longer report");
	cr_assert_eq(symlink(target, file), 0);
	expect_written(file);
	expect_text(target, "the report\n");
	cr_expect(S_ISLNK(look(file).st_mode));
	unlink(target);
	expect_written(file);
	expect_text(target, "the report\n");
	cr_expect(S_ISLNK(look(file).st_mode), "it named nothing");
	unlink(target);
}

/* Open it for reading and writing, and there is always a reader. */
Test(report, is_written_to_a_fifo_that_has_a_reader)
{
	char got[64] = "";
	int fd;

	cr_assert_eq(mkfifo(file, 0600), 0);
	fd = open(file, O_RDWR);
	expect_written(file);
	cr_assert_gt(read(fd, got, sizeof(got) - 1), 0);
	cr_expect_str_eq(got, "the report\n");
	cr_expect(S_ISFIFO(look(file).st_mode));
	close(fd);
}

Test(report, waits_for_no_reader_of_a_fifo, .timeout = 30)
{
	cr_assert_eq(mkfifo(file, 0600), 0);
	expect_refused(file, ENXIO);
	cr_expect(S_ISFIFO(look(file).st_mode));
}

Test(report, waits_for_no_room_in_a_fifo, .timeout = 30)
{
	static char much[65536];
	int fd;

	cr_assert_eq(mkfifo(file, 0600), 0);
	fd = open(file, O_RDWR | O_NONBLOCK);
	while (write(fd, much, sizeof(much)) > 0)
		continue;
	fill("the report\n");
	cr_expect_eq(report_write(file, &text), -1);
	cr_expect_eq(errno, EAGAIN);
	close(fd);
}

/* A device of the test's own: whatever hale does to it, the machine's stays. */
static void
make_device(unsigned minor)
{
	int fd;

	if (mknod(file, S_IFCHR | 0666, makedev(1, minor)) < 0)
		cr_skip_test("it takes root to make a device");
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		cr_skip_test("there are no devices in /tmp");
	close(fd);
}

enum { NULL_MINOR = 3, FULL_MINOR = 7 };

static void
expect_device(unsigned minor)
{
	struct stat status = look(file);

	cr_expect(S_ISCHR(status.st_mode));
	cr_expect_eq(status.st_rdev, makedev(1, minor));
	cr_expect_eq(access(beside, F_OK), -1);
}

Test(report, leaves_a_device_what_it_is)
{
	make_device(NULL_MINOR);
	expect_written(file);
	expect_device(NULL_MINOR);
}

Test(report, knows_when_the_disk_is_full)
{
	make_device(FULL_MINOR);
	fill("the report\n");
	cr_expect_eq(report_write(file, &text), -1);
	cr_expect_eq(errno, ENOSPC);
	expect_device(FULL_MINOR);
}

Test(report, is_refused_by_a_directory)
{
	cr_assert_eq(mkdir(file, 0755), 0);
	expect_refused(file, EISDIR);
}

Test(report, is_refused_where_there_is_no_directory)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/none/file", directory);
	expect_refused(path, ENOENT);
	put(file, "");
	snprintf(path, sizeof(path), "%s/file", file);
	expect_refused(path, ENOTDIR);
}

Test(report, is_written_under_the_longest_name)
{
	char path[512];
	size_t length = strlen(directory);

	memcpy(path, directory, length);
	path[length] = '/';
	memset(path + length + 1, 'n', NAME_MAX);
	path[length + 1 + NAME_MAX] = '\0';
	expect_written(path);
	expect_text(path, "the report\n");
	unlink(path);
	path[length + 1 + NAME_MAX] = 'n';
	path[length + 2 + NAME_MAX] = '\0';
	expect_refused(path, ENAMETOOLONG);
}

/* Do it as nobody in particular; the test's process stays what it is. */
static void
as_another_user(void (*act)(void))
{
	int status;
	pid_t pid;

	if (geteuid() == 0)
		cr_assert_eq(chown(file, 65534, 65534), 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(99);
		act();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0, "step %d", WEXITSTATUS(status));
}

static void
write_in_place(void)
{
	fill("the report\n");
	if (report_check(file) < 0)
		_exit(1);
	if (report_write(file, &text) < 0)
		_exit(2);
	if (access(beside, F_OK) == 0)
		_exit(3);
}

Test(report, is_written_in_place_where_nothing_may_be_created)
{
	struct stat before;

	put(file, "an older and much longer report");
	before = look(file);
	cr_assert_eq(chmod(directory, 0555), 0);
	as_another_user(write_in_place);
	expect_text(file, "the report\n");
	cr_expect_eq(look(file).st_ino, before.st_ino);
	cr_expect_eq(look(file).st_mode, before.st_mode);
}

static void
be_refused(void)
{
	fill("the report\n");
	if (report_check(file) == 0 || errno != EACCES)
		_exit(1);
	if (report_write(file, &text) == 0 || errno != EACCES)
		_exit(2);
}

Test(report, is_refused_by_a_file_that_may_not_be_written)
{
	put(file, "precious");
	cr_assert_eq(chmod(file, 0444), 0);
	cr_assert_eq(chmod(directory, 0555), 0);
	as_another_user(be_refused);
	expect_text(file, "precious");
}

static void
find_no_way(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/other", directory);
	fill("the report\n");
	if (report_check(path) == 0 || errno != EACCES)
		_exit(1);
	if (report_write(path, &text) == 0 || errno != EACCES)
		_exit(2);
}

Test(report, is_refused_where_nothing_may_be_created)
{
	put(file, "");
	cr_assert_eq(chmod(directory, 0555), 0);
	as_another_user(find_no_way);
}

/* A limit on the size of files cuts a write short, as a full disk does. */
static void
run_out_of_room(void)
{
	struct rlimit few = {4, 4};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &few);
	fill("the report\n");
	if (report_write(file, &text) == 0 || errno != ENOSPC)
		_exit(1);
}

Test(report, leaves_the_old_one_whole_when_there_is_no_room_for_the_new)
{
	put(file, "old");
	cr_assert_eq(chmod(directory, 0777), 0);
	as_another_user(run_out_of_room);
	expect_text(file, "old");
	cr_expect_eq(access(beside, F_OK), -1);
}
