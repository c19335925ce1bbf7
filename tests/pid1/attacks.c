/* SPDX-License-Identifier: MIT */
/*
 * attacks: what an unprivileged PROGRAM can do to make hale wait, or believe
 * what is not so.  Each held up, fooled or ended an earlier hale.
 *
 * hale answers through all of them: two signals reach PROGRAM, one after the
 * other, and hale ends with PROGRAM.  Most are tried as root, as hale's own
 * user and as another user.  Clocks that jump are in clock.c, and what the same
 * user may do with ptrace(2) in hostile.c; tests/soak/siege.c does it all at
 * once.
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
#include "group.h"
#include "helper.h"
#include "patience.h"
#include "refuse.h"
#include "state.h"

/* A directory in which everybody may do what they like. */
static void
make_open_directory(void)
{
	helper_make_directory();
	cr_assert_eq(chmod(helper_path(""), 0777), 0);
}

TestSuite(attacks, .init = make_open_directory, .fini = helper_remove_directory,
          .timeout = 60);

enum {
	CODE = 7, /* PROGRAM's */
	NOBODY = 65534,
	ALL = 0777,        /* may do everything */
	WORDS = 60,        /* of one command line */
	HELD_UP_MS = 1500, /* for two signals and the end, at the most */
	PROBES_MS = 500,   /* in which there are some probes */
	CALLS = 2000,      /* far less than one for each descriptor */
	DESCRIPTORS = 1 << 20,
	STARTS = 2,         /* of PROGRAM by each user */
	DIRECTORIES = 2000, /* in PATH; what the kernel takes is 128 KiB */
};

static char *
hostile_program(void)
{
	static char path[PATH_MAX];

	strcpy(path, ns_program());
	strcpy(strrchr(path, '/') + 1, "hostile_program");
	return path;
}

/* hale brings the last two signals, soon, and ends with PROGRAM, so many
 * milliseconds later than usual. */
static void
finish_later(struct ns *ns, int code, int later_ms)
{
	long long began = helper_now_ms();

	ns_send(ns, SIGUSR1);
	ns_expect_line(ns, "10");
	ns_send(ns, SIGTERM);
	ns_expect_line(ns, "15");
	cr_expect_eq(ns_wait(ns), code);
	cr_expect_lt(helper_now_ms() - began,
	             patience_scaled(HELD_UP_MS + later_ms));
}

static void
finish(struct ns *ns)
{
	finish_later(ns, CODE, 0);
}

/* ------ One attack by each kind of user. ------ */

/* A file or directory of the test's that stands in the place of another. */
struct replacement {
	const char *with, *what;
};

struct attack {
	char **options; /* hale's */
	char **program; /* hostile_program's command and its words */
	const struct replacement *image;
	bool plain;   /* hale is not PID 1 */
	int later_ms; /* that the end takes by itself */
	char *says;   /* before it is "done" */
	char *code;   /* PROGRAM's, CODE unless it is given */
};

/* Whose process hale is, and whose PROGRAM. */
static const struct user {
	const char *name;
	bool hale_is_nobody, program_is_nobody;
} users[] = {
    {.name = "root"},
    {.name = "hale's user", .hale_is_nobody = true},
    {.name = "another user", .program_is_nobody = true},
};

enum { USERS = sizeof(users) / sizeof(users[0]) };

static void
become_nobody(void *nothing)
{
	(void)nothing;
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(99);
}

static void
bind_over(const struct replacement *r)
{
	if (mount(r->with, r->what, NULL, MS_BIND, NULL) < 0)
		_exit(99);
}

/* The same, as prepare of a struct ns_setup. */
static void
put_in_place(void *replacement)
{
	bind_over(replacement);
}

/* What is arranged before hale is executed. */
struct arrangement {
	const struct attack *attack;
	const struct user *user;
};

static void
arrange(void *argument)
{
	const struct arrangement *a = argument;
	const struct replacement *r = a->attack->image;

	for (; r != NULL && r->what != NULL; r++)
		bind_over(r);
	if (a->user->hale_is_nobody)
		become_nobody(NULL);
}

static void
add_words(char **all, int *count, char **words)
{
	for (; words != NULL && *words != NULL; words++) {
		cr_assert_lt(*count, WORDS - 1);
		all[(*count)++] = *words;
	}
}

static void
attack_as(const struct attack *attack, const struct user *user)
{
	char *code = attack->code != NULL ? attack->code : "7";
	struct arrangement arrangement = {attack, user};
	char *words[WORDS] = {0};
	struct ns ns;
	int count = 0;

	add_words(words, &count, attack->options);
	add_words(words, &count, NS_WORDS(hostile_program()));
	if (user->program_is_nobody)
		add_words(words, &count, NS_WORDS("become", "65534"));
	add_words(words, &count, attack->program);
	add_words(words, &count, NS_WORDS("2", code));
	ns = ns_start(&(struct ns_setup){.words = words,
	                                 .plain = attack->plain,
	                                 .prepare = arrange,
	                                 .argument = &arrangement});
	cr_log_info("attacked as %s", user->name);
	if (attack->says != NULL)
		ns_expect_line(&ns, attack->says);
	ns_expect_line(&ns, "done");
	state_let_pass(PROBES_MS);
	finish_later(&ns, atoi(code), attack->later_ms);
}

/* Without root there is one user, who is root inside. */
static void
attack_as_each(const struct attack *attack)
{
	int i;

	for (i = 0; i < (geteuid() == 0 ? USERS : 1); i++)
		attack_as(attack, &users[i]);
}

/* One more of them. */
static char *
open_directory(const char *name)
{
	char *path = helper_path(name);

	cr_assert(mkdir(path, ALL) == 0 || errno == EEXIST);
	cr_assert_eq(chmod(path, ALL), 0);
	return path;
}

/* A file that belongs to whom PROGRAM will be. */
static char *
owned_file(const char *name, const char *text, bool nobodys)
{
	char *path = helper_path(name);

	(void)unlink(path);
	helper_write_file(path, text);
	if (nobodys)
		cr_assert_eq(chown(path, NOBODY, NOBODY), 0);
	return path;
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
	attack_as_each(
	    &(struct attack){.options = NS_WORDS("--health-interval=10ms",
	                                         "--health-timeout=50ms",
	                                         "--health", "exec:true"),
	                     .program = NS_WORDS("stop-storm")});
}

Test(attacks, a_storm_of_stops_holds_up_no_drain)
{
	attack_as_each(&(struct attack){
	    .options = NS_WORDS(
		"--drain=300ms", "--grace=10s", "--health-interval=10ms",
		"--health-timeout=50ms", "--health", "exec:true"),
	    .program = NS_WORDS("stop-storm"),
	    .later_ms = 300});
}

/* What is left stops all others, and ends with the grace period. */
Test(attacks, a_storm_of_stops_holds_up_no_stop)
{
	attack_as_each(&(struct attack){.options = NS_WORDS("--grace=300ms"),
	                                .program = NS_WORDS("storm-after"),
	                                .later_ms = 300});
}

/* Let PROGRAM be looked for in many directories, so that there is time to stop
 * the process before it has found it. */
static void
lengthen_path(void)
{
	static char path[DIRECTORIES * sizeof("/none:") + PATH_MAX];
	char *directory = strdup(ns_program());
	int i;

	for (i = 0; i < DIRECTORIES; i++)
		strcat(path, "/none:");
	*strrchr(directory, '/') = '\0';
	strcat(path, directory);
	if (setenv("PATH", path, true) < 0)
		_exit(99);
	free(directory);
}

static void
arrange_start(void *user)
{
	lengthen_path();
	if (((const struct user *)user)->hale_is_nobody)
		become_nobody(NULL);
}

/* What the command of a --wait-for target has left stops the process that is to
 * become PROGRAM before its execve(2), and again whenever hale lets it go on.
 * TERM still reaches it, or the KILL at the end of the grace period. */
static void
stop_during_start(struct user user, char *forward)
{
	char *target = checks_text("exec:%s leave-storm", hostile_program());
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-v", forward, "--grace=300ms", "--wait-for",
	                      target, "program", "idle"),
	    .prepare = arrange_start,
	    .argument = &user});
	long long began;
	int code;

	state_await_message(&ns, "every --wait-for target has answered");
	began = helper_now_ms();
	ns_send(&ns, SIGTERM);
	code = ns_wait(&ns);
	cr_expect(code == 128 + SIGTERM || code == 128 + SIGKILL,
	          "as %s: exit code %d", user.name, code);
	cr_expect_lt(helper_now_ms() - began, patience_scaled(HELD_UP_MS));
}

Test(attacks, a_storm_of_stops_holds_up_no_start)
{
	int i, again;

	for (i = 0; i < (geteuid() == 0 ? 2 : 1); i++)
		for (again = 0; again < STARTS; again++) {
			stop_during_start(users[i], "--forward=child");
			stop_during_start(users[i], "--forward=group");
		}
}

/* What the command of a --wait-for target has left holds the pipe open by which
 * a failure to start is told, and writes to it.  All signals arrive, and the
 * exit code is PROGRAM's. */
static void
forge_start(struct user user, char *forward)
{
	char *target = checks_text("exec:%s leave-forger", hostile_program());
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS(forward, "--wait-for", target,
	                                         "program", "catch", "2", "7"),
	                       .prepare = arrange_start,
	                       .argument = &user});

	ns_expect_line(&ns, "ready");
	finish(&ns);
}

Test(attacks, a_forged_failure_of_the_start_fools_nobody)
{
	int i;

	for (i = 0; i < (geteuid() == 0 ? 2 : 1); i++) {
		forge_start(users[i], "--forward=child");
		forge_start(users[i], "--forward=group");
	}
}

Test(attacks, stops_and_continues_at_full_speed_hold_nothing_up)
{
	attack_as_each(
	    &(struct attack){.options = NS_WORDS("--health-interval=10ms",
	                                         "--health-timeout=50ms",
	                                         "--health", "exec:true"),
	                     .program = NS_WORDS("pair-storm")});
}

Test(attacks, a_lease_on_a_probes_file_holds_nothing_up)
{
	char *path = helper_path("probe");
	struct ns ns;

	copy_program(path);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=50ms", "--health-timeout=50ms",
	                      "--health", checks_text("exec:%s exit 0", path),
	                      hostile_program(), "leases", path, "2", "7")});
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

/* Who owns a file can take a lease on it, and hale reads or writes it then. */
static void
check_leases_as(const struct user *user)
{
	bool nobodys = user->hale_is_nobody || user->program_is_nobody;
	char *hosts =
	    owned_file("hosts", "127.0.0.1 host.of.the.test\n", nobodys);
	char *servers =
	    owned_file("servers", "nameserver 127.0.0.1\n", nobodys);
	char *report = owned_file("report", "old\n", nobodys);
	struct replacement image[] = {
	    {hosts, "/etc/hosts"}, {servers, "/etc/resolv.conf"}, {NULL, NULL}};

	attack_as(
	    &(struct attack){
		.options =
		    NS_WORDS("--exit-report", report, "--health-interval=50ms",
	                     "--health", "tcp://host.of.the.test:1", "--health",
	                     checks_text("file:%s", report)),
		.program = NS_WORDS(
		    "leases",
		    checks_text("/etc/hosts:/etc/resolv.conf:%s", report)),
		.image = image},
	    user);
}

Test(attacks, leases_on_what_hale_reads_and_writes_hold_nothing_up)
{
	int i;

	for (i = 0; i < (geteuid() == 0 ? USERS : 1); i++)
		check_leases_as(&users[i]);
}

/* Each path that hale, or an instance that is not PID 1, ever opens; see
 * tests/pid1/calls for the calls.  The second half of the FIFOs is full of
 * numbers. */
#define ALL_PATHS                                                              \
	"/etc/hosts:/etc/resolv.conf:/proc/self/cgroup:/proc/self/fd/2:"       \
	"/proc/thread-self/children:/proc/1/comm:/proc/2/stat:/proc/self/comm" \
	":/sys/fs/cgroup/memory.events:/sys/fs/cgroup/memory.max:"             \
	"/sys/fs/cgroup/memory/memory.oom_control:"                            \
	"/sys/fs/cgroup/memory/memory.limit_in_bytes:/dev/null"

/* An image without /etc, /proc, /sys and /dev, in which PROGRAM, which may be
 * anybody, makes them. */
static void
check_fifos(const char *paths, bool plain, const struct user *user)
{
	struct replacement image[] = {{open_directory("etc"), "/etc"},
	                              {open_directory("sys"), "/sys"},
	                              {open_directory("dev"), "/dev"},
	                              {open_directory("proc"), "/proc"},
	                              {NULL, NULL}};
	char *report = owned_file("report", "", true);

	/* The name is known when hale starts, until there is the FIFO. */
	(void)owned_file("etc/hosts", "127.0.0.1 host.of.the.test\n", true);
	attack_as(
	    &(struct attack){
		.options = NS_WORDS(
		    "-vvv", "--grace=300ms", "--exit-report", report,
		    "--health-interval=50ms", "--health-timeout=50ms",
		    "--health", "tcp://localhost:1", "--health",
		    "tcp://host.of.the.test:1", "--health", "exec:true",
		    "--health", checks_text("file:%s", report), "--health",
		    "notify:?max-age=1s"),
		.program =
		    NS_WORDS("fifos", checks_text("%s:%s", paths, report)),
		.image = image,
		.plain = plain,
		.later_ms = 300,
		.code = "137"},
	    user);
}

Test(attacks, fifos_in_place_of_every_path_hold_nothing_up)
{
	int i;

	for (i = 0; i < (geteuid() == 0 ? USERS : 1); i++) {
		check_fifos(ALL_PATHS, false, &users[i]);
		check_fifos(ALL_PATHS, true, &users[i]);
		check_fifos("/etc/x:" ALL_PATHS, false, &users[i]);
		check_fifos("/etc/x:" ALL_PATHS, true, &users[i]);
	}
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

/* The command stops as hale's tracee, and again when it executes. */
Test(attacks, a_command_that_lets_hale_trace_it_passes)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health-interval=50ms", "--health",
		checks_text("exec:%s traced-command", hostile_program()),
		hostile_program(), "count", "2", "7")});

	ns_expect_line(&ns, "done");
	state_await_name(&ns, "hale:healthy");
	finish(&ns);
}

Test(attacks, orphans_that_let_hale_trace_them_go_on)
{
	attack_as_each(&(struct attack){.program = NS_WORDS("orphans-traced")});
}

/* The kernel tells PROGRAM's end to its tracer first, and to hale only when the
 * tracer has taken note of it or has ended.  So without --grace a child of
 * PROGRAM's can keep hale from ending.  With it, hale kills the tracer. */
Test(attacks, a_tracer_of_program_holds_its_end_up_for_the_grace_period)
{
	attack_as_each(&(struct attack){.options = NS_WORDS("--grace=300ms"),
	                                .program = NS_WORDS("trace-program"),
	                                .says = "traced",
	                                .later_ms = 300});
}

/* ------ Pids and pipes. ------ */

/* What is counted below is what hale kills: whoever has the number of a command
 * that has ended is not meant. */
Test(attacks, pids_that_are_used_again_confuse_nobody, .fini = group_clear)
{
	group_make("pids", "pids.max", "pids.max");
	group_set("40", "40");
	*group_hale() = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-interval=10ms", "--health-timeout=20ms",
	                 "--health", "exec:true", "--health", "exec:sleep 1",
	                 hostile_program(), "reuse-pids", "2", "7"),
	    .prepare = group_join});
	ns_expect_line(group_hale(), "done");
	state_let_pass(4 * PROBES_MS);
	finish(group_hale());
}

Test(attacks, pipes_that_are_closed_emptied_and_filled_hold_nothing_up)
{
	attack_as_each(&(struct attack){
	    .options = NS_WORDS(
		"-vvv", "--health-interval=10ms", "--health-timeout=1s",
		"--health", "exec:echo some words", "--health",
		checks_text("exec:%s close-output 20", hostile_program())),
	    .program = NS_WORDS("close-pipes")});
}

/* Nobody reads what hale says. */
Test(attacks, a_log_without_a_reader_holds_nothing_up)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("-vvv", "--health-interval=10ms", "--health",
	                 "exec:false", hostile_program(), "count", "2", "7")});

	ns_expect_line(&ns, "done");
	close(ns.err);
	ns.err = -1;
	state_let_pass(PROBES_MS);
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
