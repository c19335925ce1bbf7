/* SPDX-License-Identifier: MIT */
/* limits: hale does its work where there is less than it could use. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "fault.h"
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

static char group[128];
static struct ns crowd; /* which is in it, and has to go first */

static void
write_to(const char *name, const char *text)
{
	char *path = checks_text("%s/%s", group, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) > 0, "%s: %s", path,
	          strerror(errno));
	close(fd);
}

static void
join_group(void *fd)
{
	if (write(*(int *)fd, "0", 1) != 1)
		_exit(99);
}

/* Ours, below the one that there is for processes; version 1 or 2. */
static void
make_group(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/pids",
	                                    "/sys/fs/cgroup", NULL};
	int i;

	for (i = 0; roots[i] != NULL; i++) {
		snprintf(group, sizeof(group), "%s/hale-test-%d", roots[i],
		         (int)getpid());
		if (mkdir(group, 0755) < 0)
			continue;
		if (access(checks_text("%s/pids.max", group), W_OK) == 0)
			return;
		rmdir(group);
	}
	group[0] = '\0';
}

/* Whoever has ended may be counted for a moment. */
static bool
is_removed(void *argument)
{
	(void)argument;
	return rmdir(group) == 0;
}

static void
remove_group(void)
{
	if (crowd.hale > 0)
		ns_kill(&crowd);
	if (group[0] != '\0')
		ns_until(is_removed, NULL);
}

Test(limits, leave_no_process, .init = make_group, .fini = remove_group,
     .timeout = 60)
{
	int fd;

	if (group[0] == '\0')
		cr_skip_test("nobody may limit processes here");
	fd = open(checks_text("%s/cgroup.procs", group), O_WRONLY | O_CLOEXEC);
	crowd = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health-interval=20ms",
	                      "--health", "exec:true", ns_guest(), "catch", "1",
	                      "7"),
	    .prepare = join_group,
	    .argument = &fd});
	ns_expect(&crowd, "ready");
	state_await(&crowd, "hale:healthy");
	write_to("pids.max", "1");
	state_said(&crowd,
	           "unhealthy: exec:true: cannot run true: Resource temp");
	write_to("pids.max", "max");
	state_await(&crowd, "hale:healthy");
	write_to("pids.max", "1");
	ns_send(&crowd, SIGTERM);
	ns_expect(&crowd, "15");
	cr_expect_eq(ns_end(&crowd), CODE);
	close(fd);
}
