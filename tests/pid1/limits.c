/* SPDX-License-Identifier: MIT */
/* limits: hale does its work where there is less than it could use. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "fault.h"
#include "group.h"
#include "refuse.h"
#include "server.h"
#include "state.h"

enum {
	CODE = 7,    /* PROGRAM's */
	CALLS = 600, /* of hale's, three times what it needs */
	CPU = 400,   /* ms */
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
	cr_expect_lt(run.calls, CALLS);
	cr_expect_lt(run.cpu, CPU);
}

static void
check_both(void (*prepare)(void *), void *argument)
{
	check_in(NS_WORDS(ns_guest(), "prove", "7", "200"), prepare, argument);
	check_in(NS_WORDS("--grace=200ms", "-v", TARGETS, ns_guest(), "prove",
	                  "7", "200"),
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
		                  ns_guest(), "prove", "7", "200"),
		         limit_descriptors, &count);
}

/* PROGRAM needs two descriptors for its proof. */
Test(limits, leave_no_descriptor, .timeout = 60)
{
	rlim_t count;

	for (count = 3; count <= 4; count++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words = NS_WORDS(TARGETS, ns_guest(), "catch", "1", "7"),
		    .prepare = limit_descriptors,
		    .argument = &count});

		ns_expect(&ns, "ready");
		state_await(&ns, "hale:unhealthy");
		ns_send(&ns, SIGTERM);
		ns_expect(&ns, "15");
		cr_expect_eq(ns_end(&ns), CODE);
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

/* ------ No more processes. ------ */

static struct ns crowd; /* which is in the cgroup, and has to go first */

static void
let_go(void)
{
	if (crowd.hale > 0)
		ns_kill(&crowd);
	group_remove();
}

Test(limits, leave_no_process, .fini = let_go, .timeout = 60)
{
	group_make("pids", "pids.max", "pids.max");
	crowd = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health-interval=20ms",
	                      "--health", "exec:true", ns_guest(), "catch", "1",
	                      "7"),
	    .prepare = group_join});
	ns_expect(&crowd, "ready");
	state_await(&crowd, "hale:healthy");
	group_set("1", "1");
	state_said(&crowd,
	           "unhealthy: exec:true: cannot run true: Resource temp");
	group_set("max", "max");
	state_await(&crowd, "hale:healthy");
	group_set("1", "1");
	ns_send(&crowd, SIGTERM);
	ns_expect(&crowd, "15");
	cr_expect_eq(ns_end(&crowd), CODE);
}
