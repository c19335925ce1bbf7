/* SPDX-License-Identifier: MIT */
/* report: what hale leaves behind for whoever restarts the container. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "helper.h"
#include "json.h"

TestSuite(report, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* Run hale with these words behind --exit-report PATH. */
static void
run(const struct ns_setup *setup, struct ns_output *output)
{
	struct ns_setup with = *setup;
	char *words[32] = {"--exit-report", helper_path("report")};
	size_t i;

	for (i = 0; setup->words[i] != NULL; i++)
		words[i + 2] = setup->words[i];
	with.words = words;
	ns_run(&with, output);
}

/* Nothing that is named like it lies beside the report. */
static void
expect_alone(void)
{
	DIR *directory = opendir(helper_path(""));
	struct dirent *entry;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL)
		cr_expect(strstr(entry->d_name, "report") == NULL ||
		              strcmp(entry->d_name, "report") == 0,
		          "%s", entry->d_name);
	closedir(directory);
}

/* The report is one valid line; what jq makes of it, and nothing lies beside
 * it. */
static void
expect_report(char *filter, const char *expected)
{
	char line[NS_TEXT], facts[NS_TEXT];

	helper_read_file(helper_path("report"), line, sizeof(line));
	cr_expect(json_valid(line), "%s", line);
	cr_expect_eq(strchr(line, '\n') - line + 1, (long)strlen(line));
	cr_assert(helper_jq(filter, line, facts, sizeof(facts)), "%s", line);
	cr_expect_str_eq(facts, expected);
	expect_alone();
}

#define SUMMARY "[.reason,.exit_code,.signal,.message]"

/* The message without PROGRAM's directory and the time that it ran, which has a
 * field. */
#define UNTIMED                                                                \
	"[.reason,.exit_code,.signal,"                                         \
	"(.message|sub(\"'/.*/\";\"'\")|"                                      \
	"sub(\"[0-9]+[.][0-9]{3}s.*\";\"TIME\"))]"

/* ------ What it says. ------ */

Test(report, has_these_fields_and_no_others)
{
	struct ns_output output;

	run(&(struct ns_setup){.words = NS_WORDS(helper_stop_program(), "exit",
	                                         "0")},
	    &output);
	cr_expect_str_empty(output.err);
	expect_report("[keys_unsorted,map_values(type)|tostring]|join(\" \")",
	              "[\"reason\",\"exit_code\",\"signal\",\"message\","
	              "\"duration_ms\",\"oom_kills\",\"max_rss_kib\","
	              "\"orphans_reaped\"] {\"reason\":\"string\","
	              "\"exit_code\":\"number\",\"signal\":\"number\","
	              "\"message\":\"string\",\"duration_ms\":\"number\","
	              "\"oom_kills\":\"number\",\"max_rss_kib\":\"number\","
	              "\"orphans_reaped\":\"number\"}\n");
}

Test(report, is_of_an_exit)
{
	struct ns_output output;
	int plain;

	for (plain = 0; plain < 2; plain++) {
		run(&(struct ns_setup){.words = NS_WORDS(helper_stop_program(),
		                                         "exit", "3"),
		                       .plain = plain != 0},
		    &output);
		cr_expect_eq(output.code, 3);
		expect_report(UNTIMED,
		              "[\"exited\",3,0,\"'stop_program' exited with "
		              "3 after TIME\"]\n");
	}
}

Test(report, is_of_a_signal)
{
	struct ns_output output;

	run(&(struct ns_setup){.words = NS_WORDS(helper_stop_program(), "die",
	                                         "11")},
	    &output);
	cr_expect_eq(output.code, 139);
	expect_report(UNTIMED,
	              "[\"signaled\",139,11,\"'stop_program' was killed by "
	              "SEGV after TIME\"]\n");
}

Test(report, has_the_code_that_hale_exits_with)
{
	struct ns_output output;

	run(&(struct ns_setup){.words =
	                           NS_WORDS("-e", "3", helper_stop_program(),
	                                    "exit", "3")},
	    &output);
	cr_expect_eq(output.code, 0);
	expect_report(UNTIMED,
	              "[\"exited\",0,0,\"'stop_program' exited with 3 after "
	              "TIME\"]\n");
	run(&(struct ns_setup){.words = NS_WORDS("-e143", helper_stop_program(),
	                                         "die", "15")},
	    &output);
	cr_expect_eq(output.code, 0);
	expect_report(UNTIMED,
	              "[\"signaled\",0,15,\"'stop_program' was killed by "
	              "TERM after TIME\"]\n");
}

Test(report, is_of_a_program_that_could_not_be_started)
{
	struct ns_output output;

	run(&(struct ns_setup){.words = NS_WORDS("/no/such")}, &output);
	cr_expect_eq(output.code, 127);
	expect_report(SUMMARY, "[\"not-started\",127,0,\"cannot run "
	                       "'/no/such': No such file or directory\"]\n");
	run(&(struct ns_setup){.words = NS_WORDS("/")}, &output);
	cr_expect_eq(output.code, 126);
	expect_report(SUMMARY, "[\"not-started\",126,0,\"cannot run '/': "
	                       "Permission denied\"]\n");
	run(&(struct ns_setup){.words = NS_WORDS("no-such-program")}, &output);
	expect_report(SUMMARY,
	              "[\"not-started\",127,0,\"cannot run 'no-such-program': "
	              "not found in any directory of PATH\"]\n");
	run(&(struct ns_setup){.words = NS_WORDS("-e127", "/no/such")},
	    &output);
	cr_expect_eq(output.code, 0);
	expect_report(".exit_code", "0\n");
}

Test(report, says_what_was_said_of_every_byte)
{
	struct ns_output output;
	char path[] = "/no/such-\"\\ \x01\x7f\x80\xc3\xa4\xff", said[NS_TEXT];

	run(&(struct ns_setup){.words = NS_WORDS(path)}, &output);
	snprintf(said, sizeof(said), "%s", output.err);
	cr_assert_eq(strncmp(said, "hale: error: ", 13), 0, "%s", said);
	expect_report(".message", said + 13);
}

Test(report, counts_the_time_that_program_ran)
{
	struct ns_output output;
	char filter[64];
	long long before = helper_now_ms();

	run(&(struct ns_setup){.words =
	                           NS_WORDS(ns_hale(), "--sleep", "250ms")},
	    &output);
	snprintf(filter, sizeof(filter), ".duration_ms>=250,.duration_ms<=%lld",
	         helper_now_ms() - before);
	expect_report(filter, "true\ntrue\n");
}

Test(report, counts_orphans_and_memory)
{
	struct ns_output output;
	int plain;

	for (plain = 0; plain < 2; plain++) {
		run(&(struct ns_setup){.words = NS_WORDS(
					   "--grace=60s", helper_stop_program(),
					   "beside", "idle", "+", "beside",
					   "exit-after-term", "0", "1", "+",
					   "exit", "7"),
		                       .plain = plain != 0},
		    &output);
		cr_expect_eq(output.code, 7);
		expect_report("[.orphans_reaped,.max_rss_kib>100]",
		              "[2,true]\n");
	}
}

/* Without a word from the kernel it is not a count that something is there
 * later. */
static void
hide_cgroup(void *directory)
{
	if (mount(directory, "/sys/fs/cgroup", NULL, MS_BIND, NULL) < 0)
		_exit(99);
}

Test(report, does_not_take_what_it_could_not_read_for_a_count)
{
	struct ns_output output;

	if (access("/sys/fs/cgroup", F_OK) < 0)
		cr_skip_test("there is no /sys/fs/cgroup to mount over");
	cr_assert_eq(mkdir(helper_path("sys"), 0755), 0);
	cr_assert_eq(mkdir(helper_path("sys/memory"), 0755), 0);
	run(
	    &(struct ns_setup){
		.words = NS_WORDS("/bin/sh", "-c",
	                          "cd /sys/fs/cgroup && "
	                          "echo oom_kill 5 >memory.events && "
	                          "echo oom_kill 5 >memory/memory.oom_control"),
		.prepare = hide_cgroup,
		.argument = helper_path("sys")},
	    &output);
	cr_expect_eq(output.code, 0);
	expect_report(".oom_kills", "0\n");
}

/* ------ Where it can be written. ------ */

/* hale says so at the start and at the end, and nothing changes else. */
static void
check_unwritable(char *path, const char *reason)
{
	struct ns_output output;
	char expected[NS_TEXT];

	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report", path,
	                                            helper_stop_program(),
	                                            "exit", "5")},
	       &output);
	cr_expect_eq(output.code, 5);
	snprintf(expected, sizeof(expected),
	         "hale: warning: cannot write the exit report '%s': %s "
	         "(it will be tried again at the end)\n"
	         "hale: warning: cannot write the exit report '%s': %s "
	         "(what is there is empty or old)\n",
	         path, reason, path, reason);
	cr_expect_str_eq(output.err, expected);
}

Test(report, that_cannot_be_written_is_a_warning)
{
	check_unwritable(helper_path("none/report"),
	                 "No such file or directory");
	check_unwritable(helper_path(""), "Is a directory");
	check_unwritable("/proc/report", "No such file or directory");
	cr_assert_eq(mkfifo(helper_path("fifo"), 0600), 0);
	check_unwritable(helper_path("fifo"), "No such device or address");
}

Test(report, warns_before_program_runs)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--exit-report", helper_path("none/report"),
	                      helper_stop_program(), "idle")});
	char line[NS_LINE];

	cr_assert(ns_read_line(ns.err, line));
	cr_expect_not_null(strstr(line, "(it will be tried again at the end)"));
	ns_expect_line(&ns, "ready");
	cr_assert_eq(mkdir(helper_path("none"), 0755), 0);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
	cr_assert_eq(rename(helper_path("none/report"), helper_path("report")),
	             0);
	expect_report(".reason", "signaled\n");
}

/* Nodes and links here are the test's own: whatever hale does to them, those in
 * /dev are not at stake. */
Test(report, that_finds_the_disk_full_is_a_warning)
{
	struct ns_output output;
	char *full = helper_path("full"), expected[NS_TEXT];
	int fd;

	if (mknod(full, S_IFCHR | 0666, makedev(1, 7)) < 0 ||
	    (fd = open(full, O_WRONLY | O_CLOEXEC)) < 0)
		cr_skip_test("it takes root to make a device");
	close(fd);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report", full,
	                                            helper_stop_program(),
	                                            "exit", "5")},
	       &output);
	cr_expect_eq(output.code, 5);
	snprintf(expected, sizeof(expected),
	         "hale: warning: cannot write the exit report '%s': No space "
	         "left on device (what is there is empty or old)\n",
	         full);
	cr_expect_str_eq(output.err, expected);
}

Test(report, may_go_to_a_descriptor)
{
	struct ns_output output;
	char *link = helper_path("stdout"), code[NS_TEXT];

	cr_assert_eq(symlink("/proc/self/fd/1", link), 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report", link,
	                                            helper_stop_program(),
	                                            "exit", "5")},
	       &output);
	cr_expect_eq(output.code, 5);
	cr_expect_str_empty(output.err);
	cr_assert(helper_jq(".exit_code", output.out, code, sizeof(code)));
	cr_expect_str_eq(code, "5\n");
}

/* As Kubernetes mounts /dev/termination-log: it cannot be replaced. */
static void
mount_file(void *path)
{
	if (mount(path, path, NULL, MS_BIND, NULL) < 0)
		_exit(99);
}

Test(report, is_written_in_place_where_the_file_is_a_mount)
{
	struct ns_output output;
	struct stat before, after;

	helper_write_file(
	    helper_path("report"),
	    "an older report, and so on and so on, which is longer than "
	    "the new one, whatever that one has to say of its PROGRAM, "
	    "and so on and so on, until there is no doubt about it; and "
	    "then again, since a report has two hundred bytes or more\n");
	cr_assert_eq(stat(helper_path("report"), &before), 0);
	run(&(struct ns_setup){.words =
	                           NS_WORDS(helper_stop_program(), "exit", "5"),
	                       .prepare = mount_file,
	                       .argument = helper_path("report")},
	    &output);
	cr_expect_eq(output.code, 5);
	cr_expect_str_empty(output.err);
	cr_assert_eq(stat(helper_path("report"), &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
	expect_report(".exit_code", "5\n");
}

Test(report, replaces_an_older_one_as_a_whole)
{
	struct ns_output output;
	char old[64] = "";
	int fd;

	helper_write_file(helper_path("report"), "an older report\n");
	fd = open(helper_path("report"), O_RDONLY);
	run(&(struct ns_setup){.words = NS_WORDS(helper_stop_program(), "exit",
	                                         "5")},
	    &output);
	cr_expect_gt(read(fd, old, sizeof(old) - 1), 0);
	cr_expect_str_eq(old, "an older report\n");
	close(fd);
	expect_report(".exit_code", "5\n");
}

static void
make_readonly(void *path)
{
	if (mount(path, path, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		_exit(99);
}

Test(report, is_refused_by_a_read_only_file_system)
{
	struct ns_output output;

	cr_assert_eq(mkdir(helper_path("rom"), 0755), 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report",
	                                            helper_path("rom/report"),
	                                            helper_stop_program(),
	                                            "exit", "5"),
	                          .prepare = make_readonly,
	                          .argument = helper_path("rom")},
	       &output);
	cr_expect_eq(output.code, 5);
	cr_expect_not_null(strstr(
	    output.err,
	    ": Read-only file system (what is there is empty or old)\n"));
}

/* hale moves to /, but that is not where the report is. */
Test(report, is_found_by_a_whole_path_only)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report", "report",
	                                            helper_stop_program(),
	                                            "exit", "5")},
	       &output);
	cr_expect_eq(output.code, 125);
}
