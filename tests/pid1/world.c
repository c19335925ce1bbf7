/* SPDX-License-Identifier: MIT */
/* world: what it does to hale now and then, and what hale does then. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "fault.h"
#include "helper.h"
#include "refuse.h"
#include "server.h"
#include "state.h"

TestSuite(world, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* hale ended with this code, and its output has this text. */
static void
judge(const struct ns_output *output, int code, const char *text)
{
	cr_expect_eq(output->code, code, "%d", output->code);
	cr_expect_not_null(strstr(output->out, text), "not '%s': %s%s", text,
	                   output->out, output->err);
}

/* ------ The start. ------ */

/* execvp(3) goes on to the next after these, too. */
Test(world, fails_one_directory_of_path_and_not_the_next)
{
	static const int errors[] = {ESTALE, ENODEV, ETIMEDOUT};
	char *path = checks_text(
	    "PATH=/no/such:%.*s",
	    (int)(strrchr(ns_program(), '/') - ns_program()), ns_program());
	struct ns_setup setup = {
	    .words = NS_WORDS(strrchr(ns_program(), '/') + 1, "exit", "7"),
	    .env = NS_WORDS(path)};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct fault_run run = {.fault = {.call = SYS_execve,
		                                  .error = errors[i],
		                                  .when = 1,
		                                  .who = FAULT_CHILD},
		                        .setup = &setup};

		fault_run(&run, 1);
		cr_expect_eq(run.hits, 1);
		cr_expect_eq(run.code, 7, "%d: %s", run.code, run.err);
	}
}

/* An image without a shell. */
static void
hide_shell(void *argument)
{
	(void)argument;
	if (mount("nothing", "/bin", "tmpfs", MS_RDONLY, NULL) < 0)
		_exit(99);
}

Test(world, has_a_script_no_shell_to_run_it)
{
	char *script = helper_path("script");
	struct ns_output output;

	helper_write_file(script, "exit 7\n");
	cr_assert_eq(chmod(script, 0755), 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS(script),
	                          .prepare = hide_shell},
	       &output);
	cr_expect_eq(output.code, 126);
	cr_expect_str_eq(output.err,
	                 checks_text("hale: error: cannot run '%s': Exec "
	                             "format error\n",
	                             script));
}

static void
unset_path(void *argument)
{
	(void)argument;
	unsetenv("PATH");
}

/* Then there is the one that execvp(3) has. */
Test(world, has_no_path)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("sh", "-c", "exit 7"),
	                          .prepare = unset_path},
	       &output);
	cr_expect_eq(output.code, 7, "%s", output.err);
}

/* ------ The end. ------ */

static void
limit_files(void *argument)
{
	struct rlimit limit = {100, 100};

	(void)argument;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		_exit(99);
}

/* The kernel writes what still goes, and says so. */
Test(world, leaves_room_for_a_part_of_the_report)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--exit-report",
	                                            helper_path("report"),
	                                            ns_program(), "exit", "7"),
	                          .prepare = limit_files},
	       &output);
	cr_expect_eq(output.code, 7);
	cr_expect_not_null(
	    strstr(output.err,
	           ": No space left on device (what is there is empty or "
	           "old)\n"),
	    "%s", output.err);
	cr_expect_eq(access(helper_path("report"), F_OK), -1);
}

/* Whoever drops the stop signal has PROGRAM killed when the grace is over. */
Test(world, drops_the_signal_that_ill_health_stops_by)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(
				      "--rewrite=TERM:0", "--health=exec:false",
				      "--health-retries=1",
				      "--health-interval=20ms",
				      "--on-unhealthy=stop", "--grace=300ms",
				      ns_program(), "catch", "1", "7")},
	       &output);
	cr_expect_eq(output.code, 124);
	cr_expect_str_eq(output.out, "ready\n");
}

/* ------ Targets. ------ */

/* As a proxy does for which nobody is there: it was open. */
Test(world, resets_a_connection_before_hale_looks)
{
	int port, fd = server_bind("127.0.0.1", &port);
	struct ns_setup setup = {
	    .words = NS_WORDS("--check", "--health-timeout", CHECKS_LONG,
	                      checks_text("tcp://127.0.0.1:%d", port)),
	    .plain = true};
	struct fault_run run = {.fault = {.call = SYS_connect,
	                                  .error = ECONNRESET,
	                                  .when = 1,
	                                  .who = FAULT_HALE},
	                        .setup = &setup};

	fault_run(&run, 1);
	close(fd);
	cr_expect_eq(run.hits, 1);
	cr_expect_eq(run.code, 0, "%s%s", run.out, run.err);
}

Test(world, asks_for_more_than_a_request_can_be)
{
	int port, fd = server_bind("127.0.0.1", &port);
	char path[4096], *target;
	struct ns_output output;
	struct server server;

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	server_start(&server, fd, SERVER_PLAY(HANG));
	cr_assert_geq(asprintf(&target, "http://127.0.0.1:%d/%s", port, path),
	              0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--check", target)},
	       &output);
	judge(&output, 1, "the request is longer than 4 KiB");
	free(target);
	server_stop(&server, fd);
}

Test(world, has_a_command_without_its_interpreter)
{
	char *script = helper_path("script");

	helper_write_file(script, "#!/no/such\n");
	cr_assert_eq(chmod(script, 0755), 0);
	checks_unhealthy(
	    checks_text("cannot run %s: the interpreter '/no/such' that it "
	                "names is missing",
	                script),
	    NS_WORDS(checks_text("exec:%s", script)));
}

/* The header of one target is not sent to the other. */
Test(world, has_a_header_for_one_of_two_servers)
{
	int port[2], fd[2], i;
	struct server server[2];
	struct server_visit visit[2];
	struct ns_output output;

	for (i = 0; i < 2; i++) {
		fd[i] = server_bind("127.0.0.1", &port[i]);
		server_start(&server[i], fd[i],
		             SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
	}
	checks_run(
	    &(struct ns_setup){
		.words =
		    NS_WORDS(checks_text("header='One: 1' http://127.0.0.1:%d/",
	                                 port[0]),
	                     checks_text("http://127.0.0.1:%d/", port[1]),
	                     "--health-header=All: 1")},
	    &output);
	cr_expect_eq(output.code, 0, "%s%s", output.out, output.err);
	for (i = 0; i < 2; i++) {
		server_visited(&server[i], &visit[i]);
		server_stop(&server[i], fd[i]);
		cr_expect_not_null(strstr(visit[i].request, "\r\nAll: 1\r\n"));
	}
	cr_expect_not_null(strstr(visit[0].request, "\r\nOne: 1\r\n"));
	cr_expect_null(strstr(visit[1].request, "One"));
}

/* hale's last child as the test sees it, that comes after so many others. */
struct child {
	const struct ns *ns;
	int before;
	pid_t pid;
};

static bool
is_there(void *argument)
{
	struct child *child = argument;
	int n = 0;
	FILE *list = fopen(checks_text("/proc/%d/task/%d/children",
	                               child->ns->hale, child->ns->hale),
	                   "re");

	cr_assert_not_null(list);
	while (fscanf(list, "%d", &child->pid) == 1)
		n++;
	(void)fclose(list);
	return n > child->before && ptrace(PTRACE_SEIZE, child->pid, 0, 0) == 0;
}

/* The kernel shows a process that ended to its tracer first.  Until that one
 * has looked, hale cannot reap it, and lets it rest. */
Test(world, has_a_command_that_is_still_there_after_kill, .timeout = 60)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"-vv", "--health-interval=1s", "--health-timeout=500ms",
		"--health", checks_text("exec:%s idle", helper_stop_program()),
		ns_program(), "catch", "1", "7")});
	struct child child = {.ns = &ns, .before = 1};

	ns_expect_line(&ns, "ready");
	ns_wait_until(is_there, &child);
	state_await_message(&ns, "timed out after 500ms");
	state_await_message(&ns, "still there after KILL");
	cr_expect_eq(waitpid(child.pid, NULL, __WALL), child.pid);
	state_await_message(&ns, "timed out after 500ms");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 7);
}

/* ------ Who is asked. ------ */

static void
leave_mounts(void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWNS) < 0)
		_exit(99);
}

/* An instance of hale that watches for a file that never comes. */
static struct ns
start_ill(bool plain, void (*prepare)(void *))
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health",
	                      checks_text("file:%s", helper_path("none")),
	                      "--health-interval=20ms", ns_program(), "wait"),
	    .plain = plain,
	    .prepare = prepare});

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:unhealthy");
	return ns;
}

/* Descriptor 3 is where others look, and 0 to 2 have to be filled for that. */
Test(world, has_no_standard_streams)
{
	struct ns ns = ns_start(&(struct ns_setup){
		      .words =
			  NS_WORDS("--health=file:/", ns_program(), "wait"),
		      .in = NS_CLOSED,
		      .out = NS_CLOSED,
		      .err = NS_CLOSED}),
		  one;
	struct ns_output output;

	state_await_name(&ns, "hale:healthy");
	one = ns_start_beside(
	    &ns, &(struct ns_setup){.words = NS_WORDS("--status")});
	ns_collect(&one, &output);
	judge(&output, 0, "file:/");
	ns_kill(&ns);
}

/* Two containers can have one PID namespace, but not their mounts. */
Test(world, lets_the_hale_of_another_container_be_seen)
{
	struct ns ns = start_ill(true, leave_mounts), one;
	struct ns_output output;

	one = ns_start_beside(&ns,
	                      &(struct ns_setup){.words = NS_WORDS("--check")});
	ns_collect(&one, &output);
	checks_judge(&output, "unhealthy", "no hale with --health was found");
	ns_kill(&ns);
}

Test(world, lets_pid_1_be_a_hale_that_is_not_ours)
{
	struct ns ns = start_ill(false, NULL), one;
	struct ns_output output;

	/* There is no other. */
	one = ns_start_beside(&ns,
	                      &(struct ns_setup){.words = NS_WORDS("--check"),
	                                         .prepare = leave_mounts});
	ns_collect(&one, &output);
	checks_judge(&output, "unhealthy", "no such file");
	/* There is one. */
	one = ns_start_beside(
	    &ns, &(struct ns_setup){.words = NS_WORDS("--health=file:/", "--",
	                                              ns_hale(), "--check",
	                                              "--wait=10s"),
	                            .prepare = leave_mounts});
	ns_collect(&one, &output);
	judge(&output, 0, "healthy");
	ns_kill(&ns);
}

/* ------ Tools. ------ */

Test(world, wakes_a_check_that_waits_and_goes_on)
{
	static const int others[] = {SIGCONT, SIGWINCH};
	struct ns ns = checks_start(&(struct ns_setup){
	    .words = NS_WORDS("--wait", CHECKS_LONG,
	                      checks_text("file:%s", helper_path("none")))});
	struct ns_output output;
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ns_await_sleep(&ns);
		ns_send(&ns, others[i]);
	}
	ns_await_sleep(&ns);
	ns_send(&ns, SIGTERM);
	ns_collect(&ns, &output);
	judge(&output, 1, "such file");
}

Test(world, ends_a_check_that_waits_for_a_hale)
{
	struct ns ns = checks_start(
	    &(struct ns_setup){.words = NS_WORDS("--wait", CHECKS_LONG)});
	struct ns_output output;

	ns_await_sleep(&ns);
	ns_send(&ns, SIGTERM);
	ns_collect(&ns, &output);
	judge(&output, 1, "no hale with --health was found");
}

Test(world, refuses_the_call_that_sleep_sleeps_by)
{
	long long before = helper_now_ms();
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--sleep", "300ms"),
	                          .prepare = refuse_call,
	                          .argument =
	                              &(struct refusal){SYS_rt_sigtimedwait,
	                                                EPERM, REFUSE_ANY}},
	       &output);
	cr_expect_eq(output.code, 0);
	cr_expect_geq(helper_now_ms() - before, 300);
}

Test(world, has_no_disk_to_install_on)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS("--install", helper_path("copy")),
		.prepare = refuse_call,
		.argument = &(struct refusal){SYS_fsync, EIO, REFUSE_ANY}},
	    &output);
	cr_expect_eq(output.code, 125);
	cr_expect_not_null(strstr(output.err, "cannot install hale as"), "%s",
	                   output.err);
	cr_expect_eq(access(helper_path("copy"), F_OK), -1);
	cr_expect_eq(access(helper_path("copy.hale"), F_OK), -1);
}
