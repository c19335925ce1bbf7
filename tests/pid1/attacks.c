/* SPDX-License-Identifier: MIT */
/*
 * attacks: what an unprivileged PROGRAM can do to make hale wait, or believe
 * what is not so.  Each held up, fooled or ended an earlier hale.
 *
 * hale answers through all of them: two signals reach PROGRAM, one after the
 * other, and hale ends with PROGRAM.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "checks.h"
#include "fault.h"
#include "helper.h"
#include "patience.h"
#include "refuse.h"
#include "state.h"

TestSuite(attacks, .init = helper_make_directory,
          .fini = helper_remove_directory, .timeout = 60);

enum {
	CODE = 7, /* PROGRAM's */
	NOBODY = 65534,
	HELD_UP_MS = 1500, /* for two signals and the end, at the most */
	PROBES_MS = 500,   /* in which there are some probes */
	CALLS = 2000,      /* far less than one for each descriptor */
	DESCRIPTORS = 1 << 20,
};

static char *
hostile_program(void)
{
	static char path[PATH_MAX];

	strcpy(path, ns_program());
	strcpy(strrchr(path, '/') + 1, "hostile_program");
	return path;
}

/* hale brings the last two signals, soon, and ends with PROGRAM. */
static void
finish(struct ns *ns)
{
	long long began = helper_now_ms();

	ns_send(ns, SIGUSR1);
	ns_expect_line(ns, "10");
	ns_send(ns, SIGTERM);
	ns_expect_line(ns, "15");
	cr_expect_eq(ns_wait(ns), CODE);
	cr_expect_lt(helper_now_ms() - began, patience_scaled(HELD_UP_MS));
}

static void
copy_program(const char *to)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("/bin/cp", ns_program(),
	                                            (char *)to)},
	       &output);
	cr_assert_eq(output.code, 0, "%s", output.err);
}

/* ------ Probes. ------ */

Test(attacks, a_probe_that_is_stopped_before_it_executes_holds_nothing_up)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=10ms", "--health-timeout=50ms",
	                      "--health", "exec:true", hostile_program(),
	                      "stop-storm", "2", "7")});

	ns_expect_line(&ns, "done");
	state_let_pass(PROBES_MS);
	finish(&ns);
}

Test(attacks, a_lease_on_a_probes_file_holds_nothing_up)
{
	char *path = helper_path("probe");
	struct ns ns;

	copy_program(path);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=50ms", "--health-timeout=50ms",
	                      "--health", checks_text("exec:%s exit 0", path),
	                      hostile_program(), "lease", path, "2", "7")});
	ns_expect_line(&ns, "done");
	state_let_pass(PROBES_MS);
	finish(&ns);
}

/* The command succeeds once, and fails 6 s later.  The action then must not
 * wait for the next probe, another 6 s. */
Test(attacks, an_action_for_a_failing_command_comes_at_once)
{
	int most = patience_scaled(1500);
	char *file = helper_path("once");
	struct ns ns;
	long long began;

	helper_write_file(file, "");
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=6s", "--health-retries=1",
	                      "--health", checks_text("exec:rm %s", file),
	                      "--on-unhealthy=stop", ns_program(), "wait")});
	state_await_name(&ns, "hale:healthy");
	state_await_message(&ns, "unhealthy");
	began = helper_now_ms();
	cr_expect_eq(ns_wait(&ns), 124);
	cr_expect_lt(helper_now_ms() - began, most < 5000 ? most : 5000);
}

/* ------ Files that hale opens. ------ */

/* Put a file or directory of the test's in the place of another. */
struct replacement {
	const char *with, *what;
};

static void
put_in_place(void *replacement)
{
	const struct replacement *r = replacement;

	if (mount(r->with, r->what, NULL, MS_BIND, NULL) < 0)
		_exit(99);
}

static void
check_lease_on(const char *path, const char *text)
{
	char *file = helper_path("file");
	struct replacement r = {file, path};
	struct ns ns;

	helper_write_file(file, text);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=50ms", "--health",
	                      "tcp://host.of.the.test:1", hostile_program(),
	                      "lease", (char *)path, "2", "7"),
	    .prepare = put_in_place,
	    .argument = &r});
	ns_expect_line(&ns, "done");
	state_let_pass(PROBES_MS);
	finish(&ns);
}

Test(attacks, a_lease_on_the_list_of_hosts_holds_nothing_up)
{
	check_lease_on("/etc/hosts", "127.0.0.1 host.of.the.test\n");
}

Test(attacks, a_lease_on_the_list_of_name_servers_holds_nothing_up)
{
	check_lease_on("/etc/resolv.conf", "nameserver 127.0.0.1\n");
}

/* An image without /sys, in which PROGRAM makes it. */
Test(attacks, fifos_in_place_of_the_cgroups_files_hold_nothing_up)
{
	char *directory = helper_path("sys");
	struct replacement r = {directory, "/sys"};
	char script[] =
	    "for d in /sys/fs/cgroup /sys/fs/cgroup/memory "
	    "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); do "
	    "mkdir -p $d; for f in memory.events memory.max memory.oom_control "
	    "memory.limit_in_bytes memory.events.local; do "
	    "mkfifo $d/$f 2>/dev/null; done; done; echo done; kill -KILL $$";
	struct ns_output output;

	cr_assert_eq(mkdir(directory, 0755), 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("/bin/sh", "-c", script),
	                          .prepare = put_in_place,
	                          .argument = &r},
	       &output);
	cr_expect_str_eq(output.out, "done\n");
	cr_expect_eq(output.code, 128 + SIGKILL);
}

Test(attacks, a_fifo_in_place_of_the_list_of_hosts_holds_nothing_up)
{
	char *directory = helper_path("etc");
	struct replacement r = {directory, "/etc"};
	struct ns ns;

	cr_assert_eq(mkdir(directory, 0755), 0);
	cr_assert_eq(mkfifo(helper_path("etc/hosts"), 0644), 0);
	cr_assert_eq(mkfifo(helper_path("etc/resolv.conf"), 0644), 0);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=50ms", "--health-timeout=50ms",
	                      "--health", "tcp://localhost:1", "--health",
	                      "tcp://host.of.the.test:1", hostile_program(),
	                      "count", "2", "7"),
	    .prepare = put_in_place,
	    .argument = &r});
	ns_expect_line(&ns, "done");
	state_let_pass(PROBES_MS);
	finish(&ns);
}

/* ------ The report. ------ */

Test(attacks, a_file_beside_the_report_is_left_alone)
{
	char text[64];
	struct ns_output output;

	helper_write_file(helper_path("report.hale"), "not yours\n");
	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report",
	                                            helper_path("report"),
	                                            ns_program(), "exit", "7")},
	       &output);
	cr_expect_eq(output.code, CODE);
	helper_read_file(helper_path("report.hale"), text, sizeof(text));
	cr_expect_str_eq(text, "not yours\n");
}

static void
run_under_lease(const char *report, struct ns_output *output)
{
	ns_run(&(struct ns_setup){.words =
	                              NS_WORDS("--exit-report", (char *)report,
	                                       hostile_program(), "leave-lease",
	                                       (char *)report, "7")},
	       output);
	cr_expect_eq(output->code, CODE, "%s", output->err);
}

/* There is a new one, or somebody says that what is there is old. */
Test(attacks, a_lease_on_the_report_does_not_keep_an_old_one_unnoticed)
{
	char *report = helper_path("report"), text[1024];
	struct ns_output output;

	helper_write_file(report, "{\"exit_code\":0}\n");
	run_under_lease(report, &output);
	helper_read_file(report, text, sizeof(text));
	cr_expect(strstr(text, "\"exit_code\":7") != NULL ||
	              strstr(output.err, "old") != NULL,
	          "'%s', '%s'", text, output.err);
}

/* ------ The terminal. ------ */

static void
become_nobody(void *nothing)
{
	(void)nothing;
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(99);
}

/* Somebody who may not open a terminal that is taken with TIOCEXCL. */
Test(attacks, a_terminal_that_is_stopped_holds_nothing_up)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), slave;
	char *rounds = "300";
	struct ns ns;

	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	cr_assert(grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(slave, 0);
	cr_assert_eq(fchown(slave, NOBODY, NOBODY), 0);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", hostile_program(), "stop-terminal",
	                      rounds, "2", "7"),
	    .err = slave,
	    .prepare = become_nobody});
	ns_expect_line(&ns, "done");
	finish(&ns);
	close(master);
}

/* ------ ptrace(2). ------ */

Test(attacks, a_program_that_lets_hale_trace_it_is_not_taken_for_ended)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(hostile_program(), "be-traced", "2", "7")});

	ns_expect_line(&ns, "done");
	finish(&ns);
}

/* ------ The status page. ------ */

enum { MAPPINGS = 64 };

struct mapping {
	unsigned long long begin, end;
};

static int
read_mappings(const struct ns *ns, struct mapping *mappings)
{
	char path[64], line[512];
	FILE *file;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", ns->hale);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	while (n < MAPPINGS && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%llx-%llx", &mappings[n].begin,
		           &mappings[n].end) == 2)
			n++;
	fclose(file);
	return n;
}

/* Read the file in memory that hale has open; its bytes. */
static ssize_t
read_page(const struct ns *ns, char *page, size_t size)
{
	char path[64], link[PATH_MAX];
	ssize_t n;
	int fd;

	for (fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", ns->hale, fd);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (strstr(link, "memfd:") == NULL)
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(fd, page, size);
		close(fd);
		return n;
	}
	return -1;
}

static bool
is_mapped(const char *at, const struct mapping *mappings, int count)
{
	unsigned long long word;
	int i;

	memcpy(&word, at, sizeof(word));
	for (i = 0; i < count; i++)
		if (word >= mappings[i].begin && word < mappings[i].end)
			return true;
	return false;
}

Test(attacks, the_status_page_tells_no_address_of_hales_memory)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health", "file:/", "--health", "exec:true",
	                      "--health", "tcp://127.0.0.1:1", ns_program(),
	                      "wait")});
	struct mapping mappings[MAPPINGS];
	static char page[1 << 16];
	ssize_t size, at;
	int count;

	ns_expect_line(&ns, "ready");
	state_let_pass(PROBES_MS);
	count = read_mappings(&ns, mappings);
	size = read_page(&ns, page, sizeof(page));
	cr_assert_gt(size, 0, "hale has no status page");
	for (at = 0; at + 8 <= size; at++)
		cr_expect_not(is_mapped(page + at, mappings, count),
		              "an address at byte %zd", at);
	ns_kill(&ns);
}

/* ------ Descriptors. ------ */

/* As many as there may be, as Docker allows a million by default. */
static void
allow_many_descriptors(void *nothing)
{
	struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};
	struct refusal refusal = {SYS_close_range, ENOSYS, REFUSE_ANY};

	(void)nothing;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		getrlimit(RLIMIT_NOFILE, &limit);
		limit.rlim_cur = limit.rlim_max;
		if (limit.rlim_max < 5 * CALLS ||
		    setrlimit(RLIMIT_NOFILE, &limit) < 0)
			_exit(98);
	}
	refuse_call(&refusal);
}

Test(attacks, a_million_descriptors_are_not_closed_one_by_one)
{
	struct ns_setup setup = {
	    .words = NS_WORDS(ns_program(), "exercise", "7", "200"),
	    .prepare = allow_many_descriptors};
	struct fault_run run = {.fault.call = -1, .setup = &setup};

	fault_run(&run, 1);
	if (run.code == 98)
		cr_skip_test("this machine allows few descriptors");
	cr_expect_eq(run.code, CODE, "%d: %s %s", run.code, run.out, run.err);
	cr_expect_lt(run.calls, CALLS);
}
