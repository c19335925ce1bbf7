/* SPDX-License-Identifier: MIT */
/* account: what hale says of the end of PROGRAM, and what the kernel knew. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "helper.h"
#include "trace.h"

TestSuite(account, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* What stands for /proc/self/cgroup and /sys/fs/cgroup. */
struct view {
	char *proc, *sys;
};

/* Put the test's own files in the place of the kernel's, in hale's namespace
 * alone. */
static void
see(void *argument)
{
	const struct view *view = argument;

	if (mount(view->proc, "/proc/self/cgroup", NULL, MS_BIND, NULL) < 0 ||
	    mount(view->sys, "/sys/fs/cgroup", NULL, MS_BIND, NULL) < 0) {
		dprintf(STDERR_FILENO, "test: mount: %s\n", strerror(errno));
		_exit(99);
	}
}

/* Make a directory of the view with all that lead to it. */
static void
make_directory(const char *path)
{
	char *at = helper_path(path), *slash = strstr(at, "/sys");

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		mkdir(at, 0755);
		*slash = '/';
	}
	mkdir(at, 0755);
}

static struct view
make_view(const char *proc)
{
	struct view view = {helper_path("proc"), helper_path("sys")};

	if (access("/sys/fs/cgroup", F_OK) < 0)
		cr_skip_test("there is no /sys/fs/cgroup to mount over");
	helper_write_file(view.proc, proc);
	mkdir(view.sys, 0755);
	return view;
}

/* "hale: warning: 'FILE' was killed by NAME after 1.234s; REST" and nothing
 * else, in milliseconds. */
static long long
expect_killed(const char *said, const char *name, const char *rest)
{
	char middle[64];
	const char *at;
	int seconds = -1, ms = -1;

	snprintf(middle, sizeof(middle), "' was killed by %s after ", name);
	cr_assert_eq(strncmp(said, "hale: warning: '/", 17), 0, "%s", said);
	at = strstr(said, middle);
	cr_assert_not_null(at, "%s", said);
	at += strlen(middle);
	cr_expect_eq(sscanf(at, "%d.%3ds", &seconds, &ms), 2, "%s", said);
	at = strstr(at, "s; ");
	cr_assert_not_null(at, "%s", said);
	cr_expect_str_eq(at + 3, rest);
	return seconds * 1000LL + ms;
}

/* ------ The signal. ------ */

static const char *const names[] = {
    [1] = "HUP",    [2] = "INT",    [3] = "QUIT",     [4] = "ILL",
    [5] = "TRAP",   [6] = "ABRT",   [7] = "BUS",      [8] = "FPE",
    [9] = "KILL",   [10] = "USR1",  [11] = "SEGV",    [12] = "USR2",
    [13] = "PIPE",  [14] = "ALRM",  [15] = "TERM",    [16] = "STKFLT",
    [24] = "XCPU",  [25] = "XFSZ",  [26] = "VTALRM",  [27] = "PROF",
    [29] = "IO",    [30] = "PWR",   [31] = "SYS",     [32] = "32",
    [33] = "33",    [34] = "RTMIN", [35] = "RTMIN+1", [63] = "RTMIN+29",
    [64] = "RTMAX",
};

#define UNCOUNTED "nothing here counts OOM kills\n"

Test(account, names_the_signal_in_one_line)
{
	struct view view = make_view("0::/\n");
	struct ns_output output;
	char number[8];
	size_t n;

	for (n = 1; n < sizeof(names) / sizeof(names[0]); n++) {
		if (names[n] == NULL)
			continue;
		snprintf(number, sizeof(number), "%zu", n);
		ns_run(
		    &(struct ns_setup){
			.words = NS_WORDS(helper_stop_program(), "die", number),
			.prepare = see,
			.argument = &view},
		    &output);
		expect_killed(output.err, names[n], UNCOUNTED);
		cr_expect_eq(output.code, 128 + (int)n);
		cr_expect_str_empty(output.out);
	}
}

Test(account, says_how_long_program_ran)
{
	struct view view = make_view("0::/\n");
	char script[512];
	struct ns_output output;
	long long before = helper_now_ms(), ran;

	snprintf(script, sizeof(script), "%s --sleep 300ms; kill -KILL $$",
	         ns_hale());
	ns_run(&(struct ns_setup){.words = NS_WORDS("/bin/sh", "-c", script),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	ran = expect_killed(output.err, "KILL", UNCOUNTED);
	cr_expect_geq(ran, 300);
	cr_expect_leq(ran, helper_now_ms() - before);
}

Test(account, is_silent_of_an_exit_unless_asked)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(helper_stop_program(),
	                                            "exit", "3")},
	       &output);
	cr_expect_str_empty(output.err);
	cr_expect_eq(output.code, 3);
	ns_run(&(struct ns_setup){.words = NS_WORDS("-v", helper_stop_program(),
	                                            "exit", "3")},
	       &output);
	cr_expect_not_null(strstr(output.err, "stop_program' exited with 3 "
	                                      "after "),
	                   "%s", output.err);
}

Test(account, is_of_programs_end_and_not_of_the_code_that_stands_for_it)
{
	struct view view = make_view("0::/\n");
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("-e", "143",
	                                            helper_stop_program(),
	                                            "die", "15"),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	expect_killed(output.err, "TERM", UNCOUNTED);
	cr_expect_eq(output.code, 0);
}

Test(account, has_its_facts_in_fields_of_json)
{
	struct view view = make_view("0::/\n");
	struct ns_output output;
	char facts[NS_TEXT];

	helper_write_file(helper_path("sys/memory.events"), "oom_kill 4\n");
	helper_write_file(helper_path("sys/memory.max"), "1048576\n");
	ns_run(&(struct ns_setup){.words = NS_WORDS("--log-format=json",
	                                            helper_stop_program(),
	                                            "die", "9"),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	cr_assert(helper_jq("[.level,.signal,.oom_kills,.memory_limit,"
	                    "(.duration_ms|type),(.time|fromdateiso8601? // "
	                    "(.[0:19]+\"Z\"|fromdateiso8601)|type)]",
	                    output.err, facts, sizeof(facts)),
	          "%s", output.err);
	cr_expect_str_eq(facts, "[\"warn\",\"KILL\",0,1048576,\"number\","
	                        "\"number\"]\n");
}

/* ------ What was counted. ------ */

static const struct {
	const char *proc;      /* what /proc/self/cgroup says */
	const char *directory; /* where the files are */
	bool first;            /* version 1 */
} layouts[] = {
    {"0::/\n", "sys", false},
    {"0::/docker/0123\n", "sys/docker/0123", false},
    {"0::/a.slice/b:c.scope\n", "sys/a.slice/b:c.scope", false},
    {"0::/not/here\n", "sys", false},
    {"0::/../outside\n", "sys", false},
    {"4:memory:/docker/0123\n0::/\n", "sys/memory/docker/0123", true},
    {"4:memory:/not/here\n0::/\n", "sys/memory", true},
    {"5:cpu,cpuacct:/x\n4:hugetlb,memory:/m\n", "sys/memory/m", true},
    {"4:memory:/\n", "sys/memory", true},
};

static void
put_number(const char *directory, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	helper_write_file(helper_path(path), text);
}

/* Fill the directory, and have PROGRAM change the count and be killed.  For a
 * report hale counts exactly, wherever it is. */
static void
check_layout(const char *proc, const char *directory, bool first,
             const char *limit, const char *rest)
{
	struct view view = make_view(proc);
	struct ns_output output;
	char script[512];
	char *reported[] = {"--exit-report", helper_path("report"),
	                    "/bin/sh",       "-c",
	                    script,          NULL};
	int plain;

	make_directory(directory);
	put_number(directory, first ? "memory.limit_in_bytes" : "memory.max",
	           limit);
	snprintf(script, sizeof(script),
	         "printf 'oom_kill_disable 0\\noom 9\\noom_kill 5\\n' >"
	         "/sys/fs/cgroup%s/%s; kill -KILL $$",
	         directory + 3, first ? "memory.oom_control" : "memory.events");
	for (plain = 0; plain < 2; plain++) {
		put_number(directory,
		           first ? "memory.oom_control" : "memory.events",
		           "oom_kill_disable 0\noom 7\noom_kill 3\n");
		ns_run(&(struct ns_setup){.words = reported,
		                          .plain = plain != 0,
		                          .prepare = see,
		                          .argument = &view},
		       &output);
		expect_killed(output.err, "KILL", rest);
		cr_expect_eq(output.code, 137);
	}
}

Test(account, counts_what_the_cgroup_counted_meanwhile)
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		check_layout(layouts[i].proc, layouts[i].directory,
		             layouts[i].first, "16777216\n",
		             "OOM kills in its cgroup meanwhile: 2 (memory "
		             "limit 16777216 bytes)\n");
}

/* As a container sees it: the count is where the cgroup is mounted. */
Test(account, counts_for_a_container_without_a_report_too)
{
	struct view view = make_view("0::/\n");
	struct ns_output output;

	helper_write_file(helper_path("sys/memory.events"), "oom_kill 3\n");
	ns_run(&(struct ns_setup){.words =
	                              NS_WORDS("/bin/sh", "-c",
	                                       "echo oom_kill 5 >"
	                                       "/sys/fs/cgroup/memory.events; "
	                                       "kill -KILL $$"),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	expect_killed(output.err, "KILL",
	              "OOM kills in its cgroup meanwhile: 2\n");
}

/* Each version has its own word for it. */
Test(account, names_no_limit_where_there_is_none)
{
	static const char rest[] = "OOM kills in its cgroup meanwhile: 2\n";

	check_layout("0::/\n", "sys", false, "max\n", rest);
	check_layout("4:memory:/\n", "sys/memory", true,
	             "9223372036854771712\n", rest);
}

/* Twelve controllers with paths as Kubernetes has them are more than hale
 * reads; memory comes last. */
Test(account, finds_the_files_however_long_the_list_of_cgroups_is)
{
	char proc[8192] = "", path[256];
	int i;

	memset(path, 'k', 190);
	path[190] = '\0';
	snprintf(proc, sizeof(proc), "0::/%s\n", path);
	for (i = 12; i > 0; i--)
		snprintf(proc + strlen(proc), sizeof(proc) - strlen(proc),
		         "%d:%s:/%s\n", i, i == 1 ? "memory" : "x", path);
	check_layout(proc, "sys/memory", true, "16777216\n",
	             "OOM kills in its cgroup meanwhile: 2 (memory limit "
	             "16777216 bytes)\n");
}

/* Is this call one that opens the file of this name?  The one who is followed
 * has to stand still. */
static bool
opens_file(const struct trace *t, const char *name)
{
	char path[64] = "";
	struct iovec here = {path, sizeof(path) - 1};
	struct iovec there = {(void *)(uintptr_t)t->arguments[1],
	                      sizeof(path) - 1};
	bool opens = t->call == SYS_openat;

#ifdef SYS_open
	if (t->call == SYS_open) {
		there.iov_base = (void *)(uintptr_t)t->arguments[0];
		opens = true;
	}
#endif
	return t->at == TRACE_ENTRY && opens &&
	       process_vm_readv(t->pid, &here, 1, &there, 1, 0) > 0 &&
	       strstr(path, name) != NULL;
}

/* PROGRAM may be killed before hale has its next turn. */
Test(account, looks_at_the_count_before_program_runs, .timeout = 60)
{
	struct view view = make_view("0::/\n");
	bool seen = false;
	struct trace t;

	helper_write_file(helper_path("sys/memory.events"), "oom_kill 7\n");
	trace_start(&t,
	            &(struct ns_setup){
			.words = NS_WORDS(helper_stop_program(), "die", "9"),
			.prepare = see,
			.argument = &view});
	while (!t.started) {
		cr_assert(trace_next(&t), "hale has ended");
		seen = seen || opens_file(&t, "memory.events");
	}
	cr_expect(seen, "the count is read too late, or never");
	cr_expect_eq(trace_end(&t), 137);
}

Test(account, does_not_take_what_it_could_not_read_for_a_count)
{
	struct view view = make_view("0::/\n");
	struct ns_output output;

	ns_run(&(struct ns_setup){.words =
	                              NS_WORDS("/bin/sh", "-c",
	                                       "echo oom_kill 5 >"
	                                       "/sys/fs/cgroup/memory.events; "
	                                       "kill -KILL $$"),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	expect_killed(output.err, "KILL",
	              "OOM kills in its cgroup so far: 5\n");
	ns_run(&(struct ns_setup){.words = NS_WORDS(
				      "/bin/sh", "-c",
				      "rm /sys/fs/cgroup/memory.events; "
				      "kill -KILL $$"),
	                          .prepare = see,
	                          .argument = &view},
	       &output);
	expect_killed(output.err, "KILL", UNCOUNTED);
}

/* ------ The real OOM killer. ------ */

/* The two versions of it. */
static const struct {
	const char *root, *limit, *swap;
} memories[] = {
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
     "memory.memsw.limit_in_bytes"},
    {"/sys/fs/cgroup", "memory.max", "memory.swap.max"},
};

static char cgroup[128];

static bool
put_setting(const char *name, const char *value)
{
	char path[256];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = write(fd, value, strlen(value));
		close(fd);
	}
	return n > 0;
}

static bool
is_removed(void *path)
{
	return rmdir(path) == 0 || errno == ENOENT;
}

static void
leave_cgroup(void)
{
	if (cgroup[0] != '\0')
		ns_wait_until(is_removed, cgroup);
	helper_remove_directory();
}

TestSuite(account_of_memory, .init = helper_make_directory,
          .fini = leave_cgroup);

/* A cgroup of the test's own with room for 16 MiB, by whose name
 * tests/support/tidy finds it. */
static void
make_cgroup(void)
{
	const char *directory = getenv("TMPDIR"), *slash, *name = "hale";
	size_t i;

	slash = directory != NULL ? strrchr(directory, '/') : NULL;
	if (slash != NULL)
		name = slash + 1;
	for (i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
		snprintf(cgroup, sizeof(cgroup), "%s/%s-%d", memories[i].root,
		         name, (int)getpid());
		if (mkdir(cgroup, 0755) == 0) {
			if (put_setting(memories[i].limit, "16777216")) {
				put_setting(memories[i].swap,
				            i == 0 ? "16777216" : "0");
				return;
			}
			rmdir(cgroup);
		}
	}
	cgroup[0] = '\0';
	cr_skip_test("it takes a memory cgroup that can be made");
}

static void
enter_cgroup(void *argument)
{
	(void)argument;
	if (!put_setting("cgroup.procs", "0"))
		_exit(99);
}

static void
run_in_cgroup(bool plain, char **words, struct ns_output *output)
{
	ns_run(&(struct ns_setup){.words = words,
	                          .plain = plain,
	                          .prepare = enter_cgroup},
	       output);
	cr_expect_eq(output->code, 137);
}

/* That of a program that used 64 MiB where there are 16. */
static void
expect_oom_report(void)
{
	char report[NS_TEXT], facts[NS_TEXT];

	helper_read_file(helper_path("report"), report, sizeof(report));
	cr_assert(helper_jq("[.reason,.signal,.exit_code,.oom_kills,"
	                    ".max_rss_kib>4096,.max_rss_kib<32768]",
	                    report, facts, sizeof(facts)));
	cr_expect_str_eq(facts, "[\"signaled\",9,137,1,true,true]\n");
}

Test(account_of_memory, tells_the_oom_killer_from_anybody_else)
{
	struct ns_output output;
	int plain;

	make_cgroup();
	for (plain = 0; plain < 2; plain++) {
		run_in_cgroup(plain != 0,
		              NS_WORDS("--exit-report", helper_path("report"),
		                       helper_stop_program(), "use-memory",
		                       "64"),
		              &output);
		expect_killed(output.err, "KILL",
		              "OOM kills in its cgroup meanwhile: 1 (memory "
		              "limit 16777216 bytes)\n");
		expect_oom_report();
		run_in_cgroup(plain != 0,
		              NS_WORDS("--exit-report", helper_path("report"),
		                       helper_stop_program(), "die", "9"),
		              &output);
		expect_killed(output.err, "KILL",
		              "OOM kills in its cgroup meanwhile: 0 (memory "
		              "limit 16777216 bytes)\n");
	}
}
