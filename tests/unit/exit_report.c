/* SPDX-License-Identifier: MIT */
#include "report/exit_report.h"

#include <criterion/criterion.h>
#include <dirent.h>
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
#include "temporary.h"

static char directory[TEMPORARY_SIZE], file[80];
static char buffer[EXIT_REPORT_SIZE];
static struct text text;

static void
begin(void)
{
	temporary_path(directory, "hale-report-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/file", directory);
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

TestSuite(exit_report, .init = begin, .fini = end);

static void
expect(const char *name, const char *expected)
{
	char value[JSON_TEXT];

	cr_assert(json_get(buffer, name, value), "%s: %s", name, buffer);
	cr_expect_str_eq(value, expected, "%s", name);
}

Test(exit_report, says_all_of_it)
{
	char expected[EXIT_REPORT_SIZE];

	exit_report_line(&text,
	                 &(struct exit_report){.reason = "signaled",
	                                       .exit_code = 137,
	                                       .signal = 9,
	                                       .message = "so it goes",
	                                       .duration_ms = 1LL << 40,
	                                       .oom_kills = 3,
	                                       .max_rss_kib = 4096,
	                                       .orphans_reaped = LONG_MAX});
	snprintf(expected, sizeof(expected),
	         "{\"reason\":\"signaled\",\"exit_code\":137,\"signal\":9,"
	         "\"message\":\"so it goes\",\"duration_ms\":1099511627776,"
	         "\"oom_kills\":3,\"max_rss_kib\":4096,"
	         "\"orphans_reaped\":%ld}\n",
	         LONG_MAX);
	cr_expect_str_eq(buffer, expected);
	expect("reason", "signaled");
}

Test(exit_report, says_no_oom_kill_where_nothing_counts_them)
{
	exit_report_line(&text, &(struct exit_report){.reason = "exited",
	                                              .message = "",
	                                              .oom_kills = -1});
	expect("oom_kills", "0");
	expect("message", "");
}

/* A byte that cannot be shown becomes its code, which JSON takes literally. */
Test(exit_report, is_valid_json_for_every_byte_in_the_message)
{
	int byte;

	for (byte = 1; byte < 256; byte++) {
		char message[8] = {'a', (char)byte, 'b', '\0'}, shown[8];

		text_init(&text, buffer, sizeof(buffer));
		exit_report_line(&text,
		                 &(struct exit_report){.reason = "exited",
		                                       .message = message});
		cr_expect_not(text.cut);
		if (byte >= 0x20 && byte < 0x7f)
			snprintf(shown, sizeof(shown), "%s", message);
		else
			snprintf(shown, sizeof(shown), "a\\x%02xb", byte);
		expect("message", shown);
	}
}

Test(exit_report, is_valid_json_for_all_bytes_at_once)
{
	char message[256];
	int byte;

	for (byte = 1; byte < 256; byte++)
		message[byte - 1] = (char)byte;
	message[255] = '\0';
	exit_report_line(&text, &(struct exit_report){.reason = "exited",
	                                              .message = message,
	                                              .orphans_reaped = 17});
	cr_expect_not(text.cut);
	expect("orphans_reaped", "17");
}

/* A report that is cut short would be no JSON any more. */
Test(exit_report, shows_the_beginning_of_a_long_message)
{
	char message[8192], value[JSON_TEXT];

	memset(message, '\n', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	exit_report_line(&text,
	                 &(struct exit_report){.reason = "not-started",
	                                       .exit_code = -(1 << 30),
	                                       .signal = -(1 << 30),
	                                       .message = message,
	                                       .duration_ms = -(1LL << 62),
	                                       .oom_kills = 1LL << 62,
	                                       .max_rss_kib = LONG_MIN,
	                                       .orphans_reaped = LLONG_MIN});
	cr_expect_not(text.cut);
	cr_expect(json_valid(buffer));
	cr_assert(json_get(buffer, "message", value));
	cr_expect_eq(strlen(value), 4 * EXIT_REPORT_MESSAGE_MAX);
}

/* ------ Where it is written. ------ */

/* A report, and what it is as text. */
static const struct exit_report report = {.reason = "exited", .message = "m"};
static const char old_text[] =
    "an older and much longer report, an older and much longer report, an "
    "older "
    "and much longer report, an older and much longer report, an older one";
static const char report_text[] =
    "{\"reason\":\"exited\",\"exit_code\":0,\"signal\":0,\"message\":\"m\","
    "\"duration_ms\":0,\"oom_kills\":0,\"max_rss_kib\":0,"
    "\"orphans_reaped\":0}\n";

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
	char got[512] = "";
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_geq(read(fd, got, sizeof(got) - 1), 0);
	close(fd);
	cr_expect_str_eq(got, s);
}

/* Is there a file that was to replace the report? */
static bool
has_temporary(void)
{
	DIR *list = opendir(directory);
	struct dirent *entry;
	bool found = false;

	cr_assert_not_null(list);
	while ((entry = readdir(list)) != NULL)
		if (strstr(entry->d_name, ".hale") != NULL)
			found = true;
	closedir(list);
	return found;
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
	cr_expect_eq(exit_report_check(path), 0, "%s: %s", path,
	             strerror(errno));
	cr_expect_eq(exit_report_write(path, &report), 0, "%s: %s", path,
	             strerror(errno));
	cr_expect_not(has_temporary());
}

static void
expect_refused(const char *path, int error)
{
	cr_expect_eq(exit_report_check(path), -1);
	cr_expect_eq(errno, error, "%s", strerror(errno));
	cr_expect_eq(exit_report_write(path, &report), -1);
	cr_expect_eq(errno, error, "%s", strerror(errno));
	cr_expect_not(has_temporary());
}

Test(exit_report, is_written_to_a_new_file_that_all_may_read)
{
	expect_written(file);
	expect_text(file, report_text);
	cr_expect_eq(look(file).st_mode, S_IFREG | 0644);
}

Test(exit_report, checks_without_creating_the_file)
{
	cr_expect_eq(exit_report_check(file), 0);
	cr_expect_eq(access(file, F_OK), -1);
	cr_expect_not(has_temporary());
}

Test(exit_report, checks_without_touching_what_is_there)
{
	put(file, "an older report");
	cr_expect_eq(exit_report_check(file), 0);
	expect_text(file, "an older report");
}

/* Who has the old one open reads the old one to its end. */
Test(exit_report, takes_the_place_of_an_older_one)
{
	char got[512] = "";
	int fd;

	put(file, old_text);
	fd = open(file, O_RDONLY);
	expect_written(file);
	expect_text(file, report_text);
	cr_assert_gt(read(fd, got, sizeof(got) - 1), 0);
	cr_expect_str_eq(got, old_text);
	close(fd);
}

Test(exit_report, is_written_where_a_link_leads)
{
	char target[128];

	snprintf(target, sizeof(target), "%s/target", directory);
	put(target, old_text);
	cr_assert_eq(symlink(target, file), 0);
	expect_written(file);
	expect_text(target, report_text);
	cr_expect(S_ISLNK(look(file).st_mode));
	unlink(target);
	expect_written(file);
	expect_text(target, report_text);
	cr_expect(S_ISLNK(look(file).st_mode), "it named nothing");
	unlink(target);
}

/* Open it for reading and writing, and there is always a reader. */
Test(exit_report, is_written_to_a_fifo_that_has_a_reader)
{
	char got[512] = "";
	int fd;

	cr_assert_eq(mkfifo(file, 0600), 0);
	fd = open(file, O_RDWR);
	expect_written(file);
	cr_assert_gt(read(fd, got, sizeof(got) - 1), 0);
	cr_expect_str_eq(got, report_text);
	cr_expect(S_ISFIFO(look(file).st_mode));
	close(fd);
}

Test(exit_report, waits_for_no_reader_of_a_fifo, .timeout = 30)
{
	cr_assert_eq(mkfifo(file, 0600), 0);
	expect_refused(file, ENXIO);
	cr_expect(S_ISFIFO(look(file).st_mode));
}

Test(exit_report, waits_for_no_room_in_a_fifo, .timeout = 30)
{
	static char much[65536];
	int fd;

	cr_assert_eq(mkfifo(file, 0600), 0);
	fd = open(file, O_RDWR | O_NONBLOCK);
	while (write(fd, much, sizeof(much)) > 0)
		continue;
	cr_expect_eq(exit_report_write(file, &report), -1);
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
		cr_skip_test("devices cannot be opened there");
	close(fd);
}

enum { NULL_MINOR = 3, FULL_MINOR = 7 };

static void
expect_device(unsigned minor)
{
	struct stat status = look(file);

	cr_expect(S_ISCHR(status.st_mode));
	cr_expect_eq(status.st_rdev, makedev(1, minor));
	cr_expect_not(has_temporary());
}

Test(exit_report, leaves_a_device_what_it_is)
{
	make_device(NULL_MINOR);
	expect_written(file);
	expect_device(NULL_MINOR);
}

Test(exit_report, knows_when_the_disk_is_full)
{
	make_device(FULL_MINOR);
	cr_expect_eq(exit_report_write(file, &report), -1);
	cr_expect_eq(errno, ENOSPC);
	expect_device(FULL_MINOR);
}

Test(exit_report, is_refused_by_a_directory)
{
	cr_assert_eq(mkdir(file, 0755), 0);
	expect_refused(file, EISDIR);
}

Test(exit_report, is_refused_where_there_is_no_directory)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/none/file", directory);
	expect_refused(path, ENOENT);
	put(file, "");
	snprintf(path, sizeof(path), "%s/file", file);
	expect_refused(path, ENOTDIR);
}

Test(exit_report, is_written_under_the_longest_name)
{
	char path[512];
	size_t length = strlen(directory);

	memcpy(path, directory, length);
	path[length] = '/';
	memset(path + length + 1, 'n', NAME_MAX);
	path[length + 1 + NAME_MAX] = '\0';
	expect_written(path);
	expect_text(path, report_text);
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
	if (exit_report_check(file) < 0)
		_exit(1);
	if (exit_report_write(file, &report) < 0)
		_exit(2);
	if (has_temporary())
		_exit(3);
}

Test(exit_report, is_written_in_place_where_nothing_may_be_created)
{
	struct stat before;

	put(file, old_text);
	before = look(file);
	cr_assert_eq(chmod(directory, 0555), 0);
	as_another_user(write_in_place);
	expect_text(file, report_text);
	cr_expect_eq(look(file).st_ino, before.st_ino);
	cr_expect_eq(look(file).st_mode, before.st_mode);
}

static void
be_refused(void)
{
	if (exit_report_check(file) == 0 || errno != EACCES)
		_exit(1);
	if (exit_report_write(file, &report) == 0 || errno != EACCES)
		_exit(2);
}

Test(exit_report, is_refused_by_a_file_that_may_not_be_written)
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
	char path[128];

	snprintf(path, sizeof(path), "%s/other", directory);
	if (exit_report_check(path) == 0 || errno != EACCES)
		_exit(1);
	if (exit_report_write(path, &report) == 0 || errno != EACCES)
		_exit(2);
}

Test(exit_report, is_refused_where_nothing_may_be_created)
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
	if (exit_report_write(file, &report) == 0 || errno != ENOSPC)
		_exit(1);
}

Test(exit_report, leaves_the_old_one_whole_when_there_is_no_room_for_the_new)
{
	put(file, "old");
	cr_assert_eq(chmod(directory, 0777), 0);
	as_another_user(run_out_of_room);
	expect_text(file, "old");
	cr_expect_not(has_temporary());
}

/* A lease of PROGRAM's on the old report must neither keep it in place nor make
 * hale wait. */
Test(exit_report, is_new_in_spite_of_a_lease, .timeout = 30)
{
	int fd;

	put(file, "an older report");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		cr_skip_test("there are no leases on this file system");
	signal(SIGIO, SIG_IGN);
	cr_expect_eq(exit_report_write(file, &report), 0);
	close(fd);
	expect_text(file, report_text);
}

static void
be_refused_by_a_lease(void)
{
	if (exit_report_write(file, &report) == 0 || errno != EAGAIN)
		_exit(1);
}

/* Where the file cannot be replaced, a lease keeps hale from writing to it. */
Test(exit_report, is_old_if_a_lease_keeps_it_in_place, .timeout = 30)
{
	int fd;

	put(file, "an older report");
	cr_assert_eq(chmod(directory, 0555), 0);
	cr_assert_eq(chown(file, geteuid(), getegid()), 0);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		cr_skip_test("there are no leases on this file system");
	signal(SIGIO, SIG_IGN);
	as_another_user(be_refused_by_a_lease);
	close(fd);
	expect_text(file, "an older report");
}

/* Names that used to be hale's own are other people's files. */
Test(exit_report, touches_no_file_of_another_name)
{
	char other[128];

	snprintf(other, sizeof(other), "%s.hale", file);
	put(other, "precious");
	cr_expect_eq(exit_report_write(file, &report), 0);
	expect_text(other, "precious");
	unlink(other);
}

Test(exit_report, is_emptied_in_place_if_only_half_of_it_fits)
{
	put(file, "old");
	cr_assert_eq(chmod(directory, 0555), 0);
	as_another_user(run_out_of_room);
	expect_text(file, "");
}
