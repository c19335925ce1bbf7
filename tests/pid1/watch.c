/* SPDX-License-Identifier: MIT */
/* watch: what hale is for goes on, however those behave whom it probes, and
 * whatever it lacks. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "refuse.h"
#include "server.h"
#include "state.h"
#include "trace.h"

TestSuite(watch, .init = helper_make_directory,
          .fini = helper_remove_directory);

#define OK SAY("HTTP/1.1 200 OK\r\n\r\n")

enum { PROBES = 200 }; /* ------ Signals and orphans. ------ */

/* If hale waited for this target, it would do so for ten minutes. */
static void
check_signals(char *target)
{
	struct ns ns = state_start(
	    false, NS_WORDS("--health-timeout", CHECKS_LONG, "--health", target,
	                    ns_program(), "catch", "101", "4"));
	int i;

	for (i = 0; i < 100; i++) {
		ns_send(&ns, SIGUSR1);
		ns_expect_line(&ns, "10");
	}
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 4);
}

static void
check_orphans(char *target)
{
	struct ns ns = state_start(
	    false, NS_WORDS("--health-timeout", CHECKS_LONG, "--health", target,
	                    ns_program(), "end-orphans", "300"));

	ns_send(&ns, SIGUSR1);
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 5);
}

static void
check_both(const struct server_step *steps)
{
	struct server server;
	char *target = state_open_server(&server, steps);

	check_signals(target);
	check_orphans(target);
}

Test(watch, does_not_hold_up_a_signal_or_an_orphan)
{
	int port, full = server_bind("127.0.0.1", &port);

	check_both(SERVER_PLAY(HANG));
	check_both(SERVER_PLAY(TRICKLE("HTTP/1.1 200 OK\r\n")));
	check_both(
	    SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n"), TRICKLE("A: b\r\n")));
	server_fill(full);
	check_signals(checks_text("tcp://127.0.0.1:%d", port));
	check_orphans(checks_text("tcp://127.0.0.1:%d", port));
	close(full);
}

/* An attempt at these is soon over, and the next one is due by then. */
static void
check_busy(char *target)
{
	struct ns ns = state_start(
	    false, NS_WORDS("--health-interval=1ms", "--health", target,
	                    ns_program(), "catch", "101", "4"));
	int i;

	for (i = 0; i < 100; i++) {
		ns_send(&ns, SIGUSR1);
		ns_expect_line(&ns, "10");
	}
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), 4);
}

Test(watch, does_not_hold_up_a_signal_when_it_is_flooded)
{
	struct server headers, body;

	check_busy(
	    state_open_server(&headers, SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n"),
	                                            FLOOD("A: b\r\n"))));
	check_busy(
	    state_open_server(&body, SERVER_PLAY(OK, FLOOD("data: x\n\n"))));
	check_busy(
	    checks_text("exec:%s write 300000 exit 0", helper_stop_program()));
}

/* ------ Whose the status is. ------ */

static void
make_pipe(const char *name)
{
	cr_assert_eq(mkfifo(helper_path(name), 0600), 0);
}

static int
open_pipe(const char *name)
{
	int fd = open(helper_path(name), O_RDWR | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	return fd;
}

/* PROGRAM and the command end in the same instant, as these. */
static void
check_codes(bool plain, int program, int command)
{
	char *pipes =
	    checks_text("%s %s", helper_path("here"), helper_path("leash"));
	int here = open_pipe("here"), leash = open_pipe("leash");
	char bytes[2];
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health-timeout", CHECKS_LONG, "--health",
		checks_text("exec:%s rendezvous %s exit %d",
	                    helper_stop_program(), pipes, command),
		helper_stop_program(), "rendezvous", helper_path("here"),
		helper_path("leash"), "exit", checks_text("%d", program)),
	    .plain = plain});

	cr_assert_eq(read(here, &bytes[0], 1), 1);
	cr_assert_eq(read(here, &bytes[1], 1), 1);
	close(leash);
	cr_expect_eq(ns_wait(&ns), program);
	close(here);
}

Test(watch, tells_programs_end_from_a_commands)
{
	int code;

	make_pipe("here");
	make_pipe("leash");
	for (code = 0; code < 256; code++)
		check_codes(false, code, 255 - code);
	for (code = 0; code < 256; code += 15) {
		check_codes(true, code, 255 - code);
		check_codes(code % 2 != 0, code, code);
	}
}

Test(watch, tells_a_commands_end_from_an_orphans)
{
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health-interval=1ms", "--health-timeout", CHECKS_LONG,
	             "--health",
	             checks_text("exec:%s exit 0", helper_stop_program()),
	             "--health-retries=1", ns_program(), "orphans", "300",
	             "7"));

	state_await_name(&ns, "hale:healthy");
	state_terminate(&ns, 0);
}

/* ------ Nothing grows. ------ */

/* Wait until so many are left, the keeper among them. */
static bool
is_alone(void *ns)
{
	return helper_count_living(ns) == 1;
}

static bool
are_four(void *ns)
{
	return helper_count_living(ns) == 4;
}

Test(watch, leaves_no_command_behind_when_program_ends)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health-timeout", CHECKS_LONG, "--health",
		checks_text("exec:%s ignore-term idle", helper_stop_program()),
		ns_program(), "listen", "3"),
	    .plain = true});

	ns_expect_line(&ns, "ready");
	ns_wait_until(are_four, &ns);
	close(ns.in);
	ns.in = -1;
	helper_await_end(&ns);
	ns_wait_until(is_alone, &ns);
	cr_expect_eq(ns_wait(&ns), 3);
}

/* A command that leaves a byte in a file each time. */
static bool
are_many(void *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size >= PROBES;
}

Test(watch, leaves_no_process_behind)
{
	char *path = helper_path("count");
	struct ns ns = state_start(
	    false, NS_WORDS("--health-interval=1ms", "--health",
	                    checks_text("exec:/bin/sh -c 'sleep 600 & sleep "
	                                "600 & printf x >>%s; exit 3'",
	                                path),
	                    ns_program(), "wait"));

	ns_wait_until(are_many, path);
	cr_expect_leq(ns_count(&ns, 'Z'), 3);
	cr_expect_leq(ns_count(&ns, 0), 2 + 2 * 4);
	state_terminate(&ns, 143);
}

Test(watch, leaves_no_descriptor_open)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(OK));
	struct ns ns = state_start(
	    false, NS_WORDS("--health-interval=1ms", "--health", target,
	                    "--health", "tcp://127.0.0.1:1", "--health",
	                    "unix:/no/such/socket", "--health", "exec:true",
	                    "--health", "file:/", ns_program(), "wait"));

	server_await(&server, PROBES);
	cr_expect_leq(state_descriptors(&ns, false), 3 + 1 + 5);
	state_terminate(&ns, 143);
}

/* PROGRAM and commands get nothing of what hale has open. */
Test(watch, hands_no_descriptor_on)
{
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health-retries=1", "--health-timeout", CHECKS_LONG,
	             "--health",
	             "exec:/bin/sh -c 'test \"$(echo /proc/self/fd/*)\" = "
	             "\"/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 "
	             "/proc/self/fd/3\"'",
	             ns_program(), "descriptors", "6"));

	state_await_name(&ns, "hale:healthy");
	state_terminate(&ns, 6);
}

/* ------ Rest. ------ */

static unsigned long long
switches(const struct ns *ns)
{
	return ns_status(ns, 1, "voluntary_ctxt_switches", 10) +
	       ns_status(ns, 1, "nonvoluntary_ctxt_switches", 10);
}

Test(watch, sleeps_between_two_attempts)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(OK));
	struct server_visit visit;
	unsigned long long before;
	struct ns ns = state_start(
	    false,
	    NS_WORDS("--health", target, "--health-interval", CHECKS_LONG,
	             "--health",
	             checks_text("exec:%s exit 0", helper_stop_program()),
	             ns_program(), "wait"));

	state_await_name(&ns, "hale:healthy");
	server_visited(&server, &visit);
	state_let_pass(300);
	before = switches(&ns);
	state_let_pass(2000);
	cr_expect_eq(switches(&ns), before);
	state_terminate(&ns, 143);
}

/* An attempt that hangs is waited for, and not asked for. */
Test(watch, sleeps_during_an_attempt)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(HANG));
	unsigned long long before;
	struct ns ns = state_start(
	    false, NS_WORDS("--health-timeout", CHECKS_LONG, "--health", target,
	                    "--health",
	                    checks_text("exec:%s idle", helper_stop_program()),
	                    ns_program(), "wait"));

	server_await(&server, 1);
	state_let_pass(300);
	before = switches(&ns);
	state_let_pass(1000);
	cr_expect_eq(switches(&ns), before);
	state_terminate(&ns, 143);
}

/* Calls of hale's from one connection to the eleventh; each is closed long
 * before the next is opened. */
static int
count_calls(char *target)
{
	struct trace t;
	int sockets = 0, calls = 0;

	trace_start(
	    &t, &(struct ns_setup){.words = NS_WORDS("--health", target,
	                                             "--health-interval=250ms",
	                                             ns_program(), "wait")});
	while (sockets < 12) {
		cr_assert(trace_next(&t));
		if (t.at != TRACE_ENTRY || t.pid != t.ns.hale)
			continue;
		if (t.call == SYS_socket)
			sockets++;
		if (sockets > 1 && sockets < 12)
			calls++;
	}
	ns_kill(&t.ns);
	return calls;
}

/* Seven of its own; and three turns of the loop, one to begin it, one for the
 * answer and one for the end of the connection, each of which waits, looks for
 * signals and looks for ended children. */
Test(watch, makes_seventeen_calls_an_attempt_at_the_most, .timeout = 60)
{
	struct server server;

	cr_expect_leq(count_calls(state_open_server(&server, SERVER_PLAY(OK))),
	              10 * 17);
}

/* ------ What is missing. ------ */

/* Milliseconds that hale has been running, see proc(5). */
static long long
time_run(const struct ns *ns)
{
	char text[128];

	ns_proc(ns, "1/schedstat", text, sizeof(text));
	return strtoll(text, NULL, 10) / 1000000;
}

/* The end of each command stays a pending signal, and must not make hale spin.
 */
Test(watch, rests_where_no_signal_can_be_taken)
{
	struct refusal r = {SYS_rt_sigtimedwait, ENOSYS, REFUSE_ANY};
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-interval=300ms", "--health=exec:true",
	                      helper_stop_program(), "listen", "3"),
	    .prepare = refuse_call,
	    .argument = &r});
	long long before;

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	before = time_run(&ns);
	state_let_pass(2000);
	/* Time of its own, which a busy machine does not make longer. */
	cr_expect_lt(time_run(&ns) - before, 200);
	close(ns.in);
	ns.in = -1;
	cr_expect_eq(ns_wait(&ns), 3);
}

static void
limit_descriptors(void *count)
{
	struct rlimit limit = {*(rlim_t *)count, *(rlim_t *)count};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(99);
}

static bool
has_turned(void *ns)
{
	return state_is_named(ns, "hale:healthy") ||
	       state_is_named(ns, "hale:unhealthy");
}

/* hale lives and does its work; and if it cannot probe, it says why. */
static void
check_limit(rlim_t count, char *target)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-retries=1", "--health-interval=1ms",
	                 "--health", target, ns_program(), "catch", "1", "5"),
	    .prepare = limit_descriptors,
	    .argument = &count});
	char text[NS_TEXT];

	ns_expect_line(&ns, "ready");
	ns_wait_until(has_turned, &ns);
	if (state_is_named(&ns, "hale:unhealthy"))
		state_await_message(&ns, "unhealthy: ");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	ns_read_to_end(ns.err, text, sizeof(text));
	cr_expect_eq(ns_wait(&ns), 5, "%d: %s", (int)count, text);
}

Test(watch, goes_on_without_descriptors)
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(OK));
	rlim_t count;

	for (count = 3; count <= 8; count++) {
		check_limit(count, target);
		check_limit(count, "exec:true");
		check_limit(count, "file:/");
	}
}

/* Linux 5.12, and not in every libc. */
static void
make_all_read_only(void *argument)
{
	struct {
		unsigned long long set, clear, propagation, userns;
	} attributes = {.set = 1 /* MOUNT_ATTR_RDONLY */};

	(void)argument;
	if (syscall(442 /* mount_setattr */, -1, "/", 0x8000 /* recursive */,
	            &attributes, sizeof(attributes)) < 0)
		_exit(99);
}

static void
hide_proc(void *argument)
{
	(void)argument;
	if (mount("nothing", "/proc", "tmpfs", MS_RDONLY, NULL) < 0)
		_exit(99);
}

/* All kinds of targets, in a place that was made so. */
static void
check_place(void (*prepare)(void *))
{
	struct server server;
	char *target = state_open_server(&server, SERVER_PLAY(OK));
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health", target,
	                      "--health", "exec:true", "--health", "file:/",
	                      ns_program(), "wait"),
	    .prepare = prepare});

	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	state_terminate(&ns, 143);
}

Test(watch, needs_no_place_to_write)
{
	check_place(make_all_read_only);
}

Test(watch, needs_no_proc)
{
	check_place(hide_proc);
}

static void
refuse_memory_file(void *argument)
{
	(void)argument;
	refuse_call(&(struct refusal){SYS_memfd_create, ENOSYS, REFUSE_ANY});
}

Test(watch, needs_no_memory_file)
{
	check_place(refuse_memory_file);
}
