/* SPDX-License-Identifier: MIT */
/* limits: hale does its work where there is less than it could use. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "checks.h"
#include "fault.h"
#include "group.h"
#include "helper.h"
#include "patience.h"
#include "refuse.h"
#include "server.h"
#include "state.h"

enum {
	CODE = 7,           /* PROGRAM's */
	CALLS = 600,        /* of hale's, three times what it needs; and */
	CALLS_A_ROUND = 60, /* for each attempt at all TARGETS, which are */
	ROUND = 100,        /* ms apart, for as long as the machine takes */
	CPU = 400,          /* ms */
	NOBODY = 65534,
};

#define TARGETS                                                                \
	"--health-retries=1", "--health-interval=100ms", "--health",           \
	    "exec:true", "--health", "file:/", "--health", "tcp://127.0.0.1:9"

/* hale forwards, reaps, ends with PROGRAM, and sleeps as long as it can. */
static void
check_in(char **words, void (*prepare)(void *), void *argument)
{
	struct ns_setup setup = {
	    .words = words, .prepare = prepare, .argument = argument};
	struct fault_run run = {.fault.call = -1, .setup = &setup};

	fault_run(&run, 1);
	cr_expect_eq(run.code, CODE, "%d: %s %s", run.code, run.out, run.err);
	cr_expect_str_eq(run.out, "signal\nqueued signal\norphan\nstop\n");
	cr_expect_lt(run.calls, CALLS + run.ms / ROUND * CALLS_A_ROUND);
	cr_expect_lt(run.cpu, patience_scaled(CPU));
}

static void
check_both(void (*prepare)(void *), void *argument)
{
	check_in(NS_WORDS(ns_program(), "exercise", "7", "200"), prepare,
	         argument);
	check_in(NS_WORDS("--grace=200ms", "-v", TARGETS, ns_program(),
	                  "exercise", "7", "200"),
	         prepare, argument);
}

static void
limit_descriptors(void *count)
{
	struct rlimit limit = {*(rlim_t *)count, *(rlim_t *)count};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(99);
}

/* poll(2) counts what it is given, open or not: eight targets are too many. */
Test(limits, leave_more_targets_than_descriptors, .timeout = 120)
{
	rlim_t count;

	for (count = 5; count <= 12; count++)
		check_in(NS_WORDS(TARGETS, "--health", "file:/1", "--health",
		                  "file:/2", "--health", "file:/3", "--health",
		                  "file:/4", "--health", "exec:false",
		                  ns_program(), "exercise", "7", "200"),
		         limit_descriptors, &count);
}

/* PROGRAM needs two descriptors for its proof. */
Test(limits, leave_no_descriptor, .timeout = 60)
{
	rlim_t count;

	for (count = 3; count <= 4; count++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words = NS_WORDS(TARGETS, ns_program(), "catch", "1", "7"),
		    .prepare = limit_descriptors,
		    .argument = &count});

		ns_expect_line(&ns, "ready");
		state_await_name(&ns, "hale:unhealthy");
		ns_send(&ns, SIGTERM);
		ns_expect_line(&ns, "15");
		cr_expect_eq(ns_wait(&ns), CODE);
	}
}

/* --check of one server and so many files that poll(2) refuses. */
static void
check_check(const struct server_step *steps, int code, const char *line)
{
	rlim_t count = 5;
	int port, fd = server_bind("127.0.0.1", &port);
	struct ns_setup setup = {
	    .words = NS_WORDS("--check", "--health-timeout=500ms", "file:/",
	                      "file:/proc", "file:/dev", "file:/etc",
	                      checks_text("http://127.0.0.1:%d/", port)),
	    .plain = true,
	    .prepare = limit_descriptors,
	    .argument = &count};
	struct fault_run run = {.fault.call = -1, .setup = &setup};
	struct server server;

	server_start(&server, fd, steps);
	fault_run(&run, 1);
	server_stop(&server, fd);
	cr_expect_eq(run.code, code);
	cr_expect_not_null(strstr(run.out, line), "%s", run.out);
	cr_expect_lt(run.calls, CALLS / 4);
}

Test(limits, make_check_no_busier)
{
	check_check(SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")), 0, "healthy");
	check_check(SERVER_PLAY(HANG), 1, "timed out after 500ms");
}

static void
empty_devices(void *argument)
{
	(void)argument;
	if (mount("nothing", "/dev", "tmpfs", MS_RDONLY, NULL) < 0)
		_exit(99);
}

Test(limits, leave_no_device, .timeout = 60)
{
	check_both(empty_devices, NULL);
}

/* All that hale asks for and can do without; close_range(2) is a test of its
 * own, see descriptors.c. */
static void
refuse_extras(void *error)
{
	static const int calls[] = {
	    SYS_sched_getattr, SYS_sched_setattr, SYS_memfd_create,
	    SYS_signalfd4,     SYS_madvise,       SYS_statx,
	    SYS_pwritev2,      SYS_prctl,         SYS_getrusage,
	};
	size_t i = sizeof(calls) / sizeof(calls[0]);

	/* Backwards, since refuse_call needs prctl(2). */
	while (i-- > 0)
		if (calls[i] != SYS_prctl)
			refuse_call(&(struct refusal){calls[i], *(int *)error,
			                              REFUSE_ANY});
	refuse_call(&(struct refusal){SYS_prctl, *(int *)error, REFUSE_ANY});
}

Test(limits, leave_only_the_calls_that_hale_needs, .timeout = 60)
{
	int errors[] = {EPERM, ENOSYS};

	check_both(refuse_extras, &errors[0]);
	check_both(refuse_extras, &errors[1]);
}

/* One more, without a mapping: hale is nobody there. */
static void
enter_user_namespace(void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(99);
}

Test(limits, leave_a_user_namespace, .timeout = 60)
{
	check_both(enter_user_namespace, NULL);
}

static void
ask_for_no_new_rights(void *argument)
{
	(void)argument;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(99);
}

Test(limits, leave_no_new_privileges, .timeout = 60)
{
	check_both(ask_for_no_new_rights, NULL);
}

/* ------ The shortest list of system calls. ------ */

/* What musl calls before main(), and no more of it. */
static const int start_of_musl[] = {
    SYS_execve, SYS_arch_prctl, SYS_set_tid_address, SYS_mprotect,
#ifdef COUNTED /* by tests/coverage/share.c */
    SYS_shmget, SYS_shmat,
#endif
};

static struct sock_filter *
allow(struct sock_filter *at, int call)
{
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	                                     (unsigned)call, 0, 1);
	*at++ =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return at;
}

/* Allow the calls of tests/pid1/calls; whoever makes another one is killed. */
static void
allow_listed(void *argument)
{
	struct sock_filter code[512] = {BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	struct sock_filter *at = code + 1;
	struct sock_fprog program = {.filter = code};
	size_t i;
	int j;

	(void)argument;
	for (i = 0; i < sizeof(start_of_musl) / sizeof(start_of_musl[0]); i++)
		at = allow(at, start_of_musl[i]);
	for (j = 0; j < calls_count; j++)
		at = allow(at, calls_rows[j].call);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	                                     SECCOMP_RET_KILL_PROCESS);
	program.len = (unsigned short)(at - code);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(99);
}

static bool
is_built_with_glibc(void)
{
	struct ns_setup setup = {.words = NS_WORDS("--version")};
	struct fault_run run = {.fault.call = -1, .setup = &setup};

	fault_run(&run, 1);
	return run.glibc;
}

/* hale stands in for all programs, which have to live with the list as well. */
Test(limits, leave_the_calls_of_the_list_and_no_other, .timeout = 60)
{
	int port, fd = server_bind("127.0.0.1", &port);
	struct server server;
	struct ns ns;

	if (is_built_with_glibc())
		cr_skip_test("glibc makes many more calls before main()");
	server_start(&server, fd, SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"-vv", "--drain=20ms", "--grace=100ms", "--exit-report",
		checks_text("%s/report", ns_scratch()),
		"--health-interval=20ms", "--health", "file:/", "--health",
		checks_text("http://127.0.0.1:%d/", port), "--health",
		checks_text("tcp://127.0.0.1:%d", port), "--health",
		checks_text("exec:%s --sleep 0", ns_hale()), ns_hale(),
		"--sleep", CHECKS_LONG),
	    .scratch = true,
	    .prepare = allow_listed});
	state_await_name(&ns, "hale:healthy");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 128 + SIGTERM);
	server_stop(&server, fd);
}

/* ------ No more processes. ------ */

Test(limits, leave_no_process, .fini = group_clear, .timeout = 60)
{
	group_make("pids", "pids.max", "pids.max");
	*group_hale() = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health-interval=20ms",
	                      "--health", "exec:true", ns_program(), "catch",
	                      "1", "7"),
	    .prepare = group_join});
	ns_expect_line(group_hale(), "ready");
	state_await_name(group_hale(), "hale:healthy");
	group_set("1", "1");
	state_await_message(
	    group_hale(),
	    "unhealthy: exec:true: cannot run true: Resource temp");
	group_set("max", "max");
	state_await_name(group_hale(), "hale:healthy");
	group_set("1", "1");
	ns_send(group_hale(), SIGTERM);
	ns_expect_line(group_hale(), "15");
	cr_expect_eq(ns_wait(group_hale()), CODE);
}

/* Whoever may do without a limit, as root, is not the one to ask. */
static void
become_nobody(void *argument)
{
	const bool *apart = argument;

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    (*apart && unshare(CLONE_NEWUSER) < 0))
		_exit(99);
}

/* As the same user: not even root may always do that for another one. */
static void
limit_users_processes(const struct ns *ns, bool none)
{
	bool apart = false;
	struct rlimit limit;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_nobody(&apart);
		if (prlimit(ns->hale, RLIMIT_NPROC, NULL, &limit) < 0)
			_exit(99);
		limit.rlim_cur = none ? 0 : limit.rlim_max;
		_exit(prlimit(ns->hale, RLIMIT_NPROC, &limit, NULL) < 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

static void
check_without_process(bool apart)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health-interval=20ms",
	                      "--health", "exec:true", ns_program(), "catch",
	                      "1", "7"),
	    .prepare = become_nobody,
	    .argument = &apart});

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	limit_users_processes(&ns, true);
	state_await_message(
	    &ns, "unhealthy: exec:true: cannot run true: Resource temp");
	limit_users_processes(&ns, false);
	state_await_name(&ns, "hale:healthy");
	limit_users_processes(&ns, true);
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), CODE);
}

Test(limits, leave_the_user_no_process, .timeout = 60)
{
	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	check_without_process(false);
	check_without_process(true);
}

static void
have_no_process(void *argument)
{
	struct rlimit none = {0, 0};

	become_nobody(argument);
	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		_exit(99);
}

Test(limits, leave_no_process_for_program)
{
	bool apart = false;
	struct ns_output output;

	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "exit", "0"),
	                          .prepare = have_no_process,
	                          .argument = &apart},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_str_eq(
	    output.err,
	    checks_text("hale: error: cannot create a process for '%s': "
	                "Resource temporarily unavailable\n",
	                ns_program()));
}

/* ------ No more memory. ------ */

static void
limit_memory(void)
{
	group_make("memory", "memory.limit_in_bytes", "memory.max");
	group_set("16777216", "16777216");
	group_try("memory.memsw.limit_in_bytes", "16777216");
	group_try("memory.swap.max", "0");
}

static void
end_orphans(void)
{
	ns_send(group_hale(), SIGTERM);
	ns_expect_line(group_hale(), "15");
	cr_expect_eq(ns_wait(group_hale()), CODE);
}

static void
let_go_of_all(void)
{
	group_clear();
	helper_remove_directory();
}

/* A command that wants more than there is, until there is a file. */
Test(limits, leave_a_command_no_memory, .init = helper_make_directory,
     .fini = let_go_of_all, .timeout = 60)
{
	limit_memory();
	*group_hale() = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health-retries=1", "--health-interval=20ms", "--health",
		checks_text(
		    "exec:/bin/sh -c 'test -e %s || exec %s use-memory 64'",
		    helper_path("enough"), helper_stop_program()),
		ns_program(), "catch", "1", "7"),
	    .prepare = group_join});
	ns_expect_line(group_hale(), "ready");
	state_await_message(group_hale(), "killed by KILL");
	helper_write_file(helper_path("enough"), "");
	state_await_name(group_hale(), "hale:healthy");
	end_orphans();
}

/* PROGRAM fills a file that is memory, of which nobody's end gives any back:
 * hale has to find its way out with none at all. */
Test(limits, leave_hale_no_memory, .fini = group_clear, .timeout = 60)
{
	struct ns_output output;

	if (is_built_with_glibc())
		cr_skip_test("glibc wants further pages in the end");
	limit_memory();
	*group_hale() = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-v", "--health-interval=10ms", "--health",
	                      "exec:true", "--health", "file:/", "dd",
	                      "if=/dev/zero", "bs=64k",
	                      checks_text("of=%s/fill", ns_scratch())),
	    .scratch = true,
	    .prepare = group_join});
	ns_collect(group_hale(), &output);
	cr_expect_eq(output.code, 128 + SIGKILL, "%s", output.err);
	cr_expect_not_null(strstr(output.err, "OOM kills in its cgroup "), "%s",
	                   output.err);
}
