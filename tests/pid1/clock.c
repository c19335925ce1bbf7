/* SPDX-License-Identifier: MIT */
/* clock: hale keeps its times, whatever becomes of the machine's. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"
#include "group.h"
#include "helper.h"
#include "json.h"
#include "server.h"
#include "state.h"
#include "trace.h"

enum { CODE = 7 /* PROGRAM's */ };

#define HOUR 3600L
#define YEAR (365 * 24 * HOUR)

/* ------ Another clock from the beginning. ------ */

/* In a time namespace, where the clock that hale uses is so many seconds on. */
static void
shift_clock(void *seconds)
{
	char text[64];
	int fd;

	if (unshare(CLONE_NEWTIME) < 0)
		_exit(99);
	snprintf(text, sizeof(text), "monotonic %ld 0", *(long *)seconds);
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(99);
	close(fd);
}

/* It watches, drains, and is asked, by who is in the same namespace. */
static void
check_shifted(long seconds)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--drain=50ms", "--grace=10s", "--health-interval=20ms",
		"--health", "file:/", "/bin/sh", "-c",
		checks_text("until %s --check; do sleep 0.02; done; exec %s "
	                    "catch 1 7",
	                    ns_hale(), ns_program())),
	    .prepare = shift_clock,
	    .argument = &seconds});
	char line[NS_LINE];

	do
		cr_assert(ns_read_line(ns.out, line), "%ld s on", seconds);
	while (strcmp(line, "ready") != 0);
	cr_expect(state_is_named(&ns, "hale:healthy"));
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), CODE);
}

Test(clock, may_have_begun_just_now_or_long_ago)
{
	struct timespec t;

	if (access("/proc/self/ns/time", F_OK) < 0)
		cr_skip_test("this kernel has no time namespaces");
	clock_gettime(CLOCK_MONOTONIC, &t);
	check_shifted(-t.tv_sec);
	check_shifted(100 * YEAR);
}

/* ------ A clock that jumps. ------ */

/* What is added to each of the two clocks that hale reads. */
struct jump {
	long today, running;
};

static void
add_to(const struct trace *t, long seconds)
{
	struct timespec time;
	struct iovec here = {&time, sizeof(time)};
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	struct iovec there = {(void *)t->arguments[1], sizeof(time)};

	cr_assert_gt(process_vm_readv(t->pid, &here, 1, &there, 1, 0), 0);
	time.tv_sec += seconds;
	cr_assert_gt(process_vm_writev(t->pid, &here, 1, &there, 1, 0), 0);
}

/* libc looks at the file by one of these. */
static bool
is_stat(long call)
{
#ifdef SYS_stat
	if (call == SYS_stat)
		return true;
#endif
	return call == SYS_newfstatat || call == SYS_statx;
}

/* Go on to the next stop; true at an attempt, which is one stat(2). */
static bool
step(struct trace *t, const struct jump *jump)
{
	cr_assert(trace_next(t));
	if (t->at == TRACE_EXIT && t->call == SYS_clock_gettime)
		add_to(t, t->arguments[0] == CLOCK_REALTIME ? jump->today
		                                            : jump->running);
	return t->at == TRACE_ENTRY && is_stat(t->call);
}

/* Go on until hale is called that, for so many attempts at the most. */
static void
follow(struct trace *t, const struct jump *jump, const char *name, int most)
{
	while (!state_is_named(&t->ns, name))
		if (step(t, jump))
			cr_assert_geq(--most, 0, "%s does not come", name);
}

/* Go on for so many attempts, in all of which hale is called that. */
static void
follow_on(struct trace *t, const struct jump *jump, const char *name,
          int attempts)
{
	while (attempts > 0) {
		attempts -= step(t, jump);
		cr_assert(state_is_named(&t->ns, name));
	}
}

static void
check_lines(const struct ns *ns)
{
	char errors[NS_TEXT], *line, *rest = errors;

	state_messages(ns, errors, sizeof(errors));
	while ((line = strsep(&rest, "\n")) != NULL)
		cr_expect(line[0] == '\0' || json_valid(line), "%s", line);
}

static void
start(struct trace *t)
{
	helper_write_file(helper_path("beat"), "");
	trace_start(
	    t, &(struct ns_setup){
		   .words = NS_WORDS(
		       "--log-format=json", "-v", "--health-retries=1",
		       "--health-interval=20ms", "--health",
		       checks_text("file:%s?max-age=1h", helper_path("beat")),
		       ns_program(), "catch", "1", "7")});
	trace_hide_vdso(t);
}

/* The age of a file is a matter of the date, and nothing else is. */
Test(clock, of_the_day_may_jump, .init = helper_make_directory,
     .fini = helper_remove_directory, .timeout = 60)
{
	struct jump jump = {0, 0};
	struct trace t;

	start(&t);
	follow(&t, &jump, "hale:healthy", 5);
	jump.today = -50 * YEAR;
	follow_on(&t, &jump, "hale:healthy", 5);
	jump.today = 50 * YEAR;
	follow(&t, &jump, "hale:unhealthy", 2);
	jump.today = 0;
	follow(&t, &jump, "hale:healthy", 2);
	check_lines(&t.ns);
	ns_expect_line(&t.ns, "ready");
	ns_send(&t.ns, SIGTERM);
	cr_expect_eq(trace_end(&t), CODE);
}

/* As after a pause of any length, again and again. */
Test(clock, of_hale_may_jump_ahead, .init = helper_make_directory,
     .fini = helper_remove_directory, .timeout = 60)
{
	struct jump jump = {0, 0};
	struct trace t;
	int i;

	start(&t);
	follow(&t, &jump, "hale:healthy", 5);
	for (i = 0; i < 10; i++) {
		jump.running += 100 * HOUR;
		follow_on(&t, &jump, "hale:healthy", 2);
	}
	check_lines(&t.ns);
	ns_expect_line(&t.ns, "ready");
	ns_send(&t.ns, SIGTERM);
	cr_expect_eq(trace_end(&t), CODE);
}

/* ------ A frozen container. ------ */

static struct ns frozen;

static void
thaw(void)
{
	if (frozen.hale > 0) {
		group_set("THAWED", "0");
		ns_kill(&frozen);
	}
	group_remove();
}

/* As docker pause does it, with an attempt under way. */
Test(clock, stands_still_for_a_frozen_hale, .fini = thaw, .timeout = 60)
{
	int port, fd = server_bind("127.0.0.1", &port);
	struct server server;
	char errors[NS_TEXT];

	group_make("freezer", "freezer.state", "cgroup.freeze");
	server_start(&server, fd,
	             SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"), NEXT, HANG,
	                         NEXT, SAY("HTTP/1.1 200 OK\r\n\r\n")));
	frozen = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-retries=1", "--health-interval=20ms",
	                 "--health-timeout=1s", "--health",
	                 checks_text("http://127.0.0.1:%d/", port), "--health",
	                 "file:/", ns_program(), "catch", "2", "7"),
	    .prepare = group_join});
	ns_expect_line(&frozen, "ready");
	server_await(&server, 2);
	group_set("FROZEN", "1");
	ns_send(&frozen, SIGUSR1);
	state_let_pass(2000);
	group_set("THAWED", "0");
	ns_expect_line(&frozen, "10");
	server_await(&server, 4);
	cr_expect(state_is_named(&frozen, "hale:healthy"));
	state_messages(&frozen, errors, sizeof(errors));
	cr_expect_null(strstr(errors, "unhealthy"), "%s", errors);
	ns_send(&frozen, SIGTERM);
	ns_expect_line(&frozen, "15");
	cr_expect_eq(ns_wait(&frozen), CODE);
	server_stop(&server, fd);
}
