/* SPDX-License-Identifier: MIT */
/* notify: what PROGRAM says of itself by sd_notify(3), and who may say it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"
#include "refuse.h"
#include "state.h"

static char *
notify_program(void)
{
	static char path[PATH_MAX];

	if (path[0] == '\0') {
		strcpy(path, ns_program());
		strcpy(strrchr(path, '/') + 1, "notify_program");
	}
	return path;
}

static struct ns
start_as(const struct ns_setup *setup)
{
	struct ns ns = ns_start(setup);

	ns_expect_line(&ns, "ready");
	return ns;
}

/* No attempt is due by itself in the time of a test, and one decides. */
static struct ns
start(bool plain, char *target)
{
	return start_as(&(struct ns_setup){
	    .words =
		NS_WORDS("--health", target, "--health-interval", CHECKS_LONG,
	                 "--health-retries=2", notify_program()),
	    .plain = plain});
}

static void
order(const struct ns *ns, const char *text)
{
	cr_assert_eq(write(ns->in, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(write(ns->in, "\n", 1), 1);
}

/* Let PROGRAM do it, and hale hear it. */
static void
say(const struct ns *ns, const char *text)
{
	order(ns, text);
	ns_expect_line(ns, "done");
}

/* hale is called that by the time that PROGRAM has been heard. */
static void
expect(const struct ns *ns, const char *text, const char *name)
{
	say(ns, text);
	cr_expect(state_is_named(ns, name), "%s: not %s", text, name);
}

/* The value of the variable that PROGRAM tells of next. */
static char *
told(const struct ns *ns, const char *variable)
{
	char line[NS_LINE];
	size_t n = strlen(variable);

	cr_assert(ns_read_line(ns->out, line));
	cr_assert_eq(strncmp(line, variable, n), 0, "%s", line);
	return checks_text("%s", line + n + 1);
}

/* The name of hale's socket. */
static char *
ask_name(const struct ns *ns)
{
	char *name;

	order(ns, "env");
	name = told(ns, "NOTIFY_SOCKET");
	(void)told(ns, "WATCHDOG_USEC");
	(void)told(ns, "WATCHDOG_PID");
	return name;
}

/* ------ What PROGRAM is told. ------ */

static void
expect_variables(char **env, char *target, const char *name,
                 const char *interval, const char *pid)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health", target, notify_program()),
	    .env = env});
	char *socket;

	order(&ns, "env");
	socket = told(&ns, "NOTIFY_SOCKET");
	cr_expect_eq(strncmp(socket, name, strlen(name)), 0, "%s", socket);
	cr_expect_str_eq(told(&ns, "WATCHDOG_USEC"), interval);
	cr_expect_str_eq(told(&ns, "WATCHDOG_PID"), pid);
	ns_kill(&ns);
}

Test(notify, tells_program_where_and_how_often)
{
	char **outer =
	    NS_WORDS("WATCHDOG_PID=1", "NOTIFY_SOCKET=@/outer", "A=b",
	             "WATCHDOG_USEC=7", "NOTIFY_SOCKET=@/again");

	expect_variables(NULL, "notify:?max-age=90s", "@", "90000000",
	                 "(none)");
	expect_variables(NULL, "notify:", "@", "(none)", "(none)");
	expect_variables(outer, "notify:?max-age=1500ms", "@", "1500000",
	                 "(none)");
	expect_variables(outer, "notify:", "@", "(none)", "(none)");
}

/* As any other part of the environment. */
Test(notify, leaves_an_outer_name_alone_where_there_is_no_such_target)
{
	char **outer = NS_WORDS("WATCHDOG_PID=1", "NOTIFY_SOCKET=@/outer",
	                        "WATCHDOG_USEC=7");

	expect_variables(outer, "file:/", "@/outer", "7", "1");
}

Test(notify, leaves_all_else_in_the_environment_as_it_was)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS("--health=notify:", "/usr/bin/env"),
		.env = NS_WORDS("A=b", "NOTIFY_SOCKET=/outer", "NOTIFY=c",
	                        "WATCHDOG_US=d", "WATCHDOG_PI=e",
	                        "NOTIFY_SOCKETS=f", "WATCHDOG_USEC_=g")},
	    &output);
	cr_expect_not_null(strstr(output.out,
	                          "A=b\nNOTIFY=c\nWATCHDOG_US=d\n"
	                          "WATCHDOG_PI=e\nNOTIFY_SOCKETS=f\n"
	                          "WATCHDOG_USEC_=g\nNOTIFY_SOCKET=@"),
	                   "%s", output.out);
}

/* A command that probes may speak for itself alone. */
Test(notify, tells_no_command_where)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health",
	                      checks_text("exec:%s absent", notify_program()),
	                      "--health=notify:?max-age=10m", notify_program()),
	    .env = NS_WORDS("NOTIFY_SOCKET=/outer", "WATCHDOG_USEC=7")});

	say(&ns, "say READY=1");
	state_await_name(&ns, "hale:healthy");
	ns_kill(&ns);
}

/* ------ What it says. ------ */

static void
check_course(bool plain)
{
	struct ns ns = start(plain, "notify:");

	expect(&ns, "say STATUS=loading", "hale:starting");
	expect(&ns, "say STATUS=loaded|READY=1|X-OWN=1", "hale:healthy");
	expect(&ns, "say WATCHDOG=trigger", "hale:healthy");
	expect(&ns, "say WATCHDOG=1", "hale:healthy");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
}

Test(notify, ends_the_start_by_ready)
{
	check_course(false);
	check_course(true);
}

static void
check_watchdog(bool plain)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:?max-age=300ms",
	                      "--health-interval=50ms", "--health-retries=2",
	                      "--health-start-period", CHECKS_LONG, "-v",
	                      notify_program()),
	    .plain = plain});

	expect(&ns, "say WATCHDOG=1", "hale:starting");
	expect(&ns, "say READY=1", "hale:healthy");
	state_await_message(&ns, "healthy after");
	state_await_message(
	    &ns, "unhealthy: notify:?max-age=300ms: no WATCHDOG=1 in "
		 "time");
	expect(&ns, "say WATCHDOG=1", "hale:healthy");
	state_await_name(&ns, "hale:unhealthy");
	ns_kill(&ns);
}

Test(notify, needs_a_sign_of_life_so_often)
{
	check_watchdog(false);
	check_watchdog(true);
}

/* The failure comes from what it says, since no attempt is due by itself. */
Test(notify, hears_that_program_has_failed_at_once)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", "--health-interval",
	                      CHECKS_LONG, "--health-retries=1",
	                      "--health-start-period", CHECKS_LONG,
	                      "--on-unhealthy=stop", notify_program())});
	expect(&ns, "say READY=1", "hale:healthy");
	order(&ns, "say WATCHDOG=trigger");
	state_await_message(&ns, "WATCHDOG=trigger");
	cr_expect_eq(ns_wait(&ns), 124);
}

/* What hale says when it has done all that there was to do. */
static void
expect_status(const struct ns *ns, const char *text)
{
	struct ns_output output;
	struct ns one;

	ns_await_sleep(ns);
	one = ns_start_beside(
	    ns, &(struct ns_setup){.words = NS_WORDS("--status")});
	ns_collect(&one, &output);
	cr_expect_not_null(strstr(output.out, text), "%s: %s", text,
	                   output.out);
}

Test(notify, keeps_the_status_in_words)
{
	struct ns ns = start(false, "notify:?max-age=10m");

	expect_status(&ns, "reason: no READY=1 yet\n");
	say(&ns, "say STATUS=migrating 7 of 9");
	expect_status(&ns, "output: migrating 7 of 9\n");
	say(&ns, "say READY=1|STATUS=up");
	expect_status(&ns, "output: up\n");
	say(&ns, "say WATCHDOG=1");
	expect_status(&ns, "output: up\n");
	say(&ns, "long 4096 STATUS=");
	expect_status(&ns, "output: xxxxx");
	say(&ns, "say STATUS=");
	expect_status(&ns, "output: \n");
	ns_kill(&ns);
}

Test(notify, ignores_what_is_too_long_or_is_no_text)
{
	struct ns ns = start(false, "notify:");

	expect(&ns, "long 4097 READY=1|X=", "hale:starting");
	expect(&ns, "long 60000 READY=1|X=", "hale:starting");
	expect(&ns, "long 0 ", "hale:starting");
	expect(&ns, "nul READY=1", "hale:starting");
	expect(&ns, "long 4096 READY=1|X=", "hale:healthy");
	ns_kill(&ns);
}

/* A paused container must not be unhealthy when it goes on. */
Test(notify, counts_no_pause)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:?max-age=2s",
	                      "--health-interval", CHECKS_LONG,
	                      "--health-retries=1", "--health-start-period",
	                      CHECKS_LONG, notify_program())});
	char errors[NS_TEXT];

	expect(&ns, "say READY=1", "hale:healthy");
	state_freeze(&ns);
	state_let_pass(2000 + 600);
	state_thaw(&ns);
	expect(&ns, "say STATUS=back", "hale:healthy");
	state_messages(&ns, errors, sizeof(errors));
	cr_expect_null(strstr(errors, "unhealthy"), "%s", errors);
	state_await_name(&ns, "hale:unhealthy");
	ns_kill(&ns);
}

/* PROGRAM may have much to say while it stops, and must not wait for it. */
Test(notify, is_heard_to_the_end)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", "--drain", CHECKS_LONG,
	                      notify_program())});

	expect(&ns, "say READY=1", "hale:healthy");
	ns_send(&ns, SIGTERM);
	state_await_name(&ns, "hale:stopping");
	expect(&ns, "flood 1000 STATUS=stopping", "hale:stopping");
	expect(&ns, "say READY=1", "hale:stopping");
	ns_kill(&ns);
}

/* Liveness goes on, or nobody would see a shutdown that hangs. */
Test(notify, makes_program_unready_by_stopping)
{
	struct ns_output output;
	struct ns one,
	    ns = start_as(&(struct ns_setup){
		.words = NS_WORDS("--health=notify:?max-age=1s",
	                          "--health-interval=50ms",
	                          "--health-retries=1", notify_program())});

	expect(&ns, "say READY=1", "hale:healthy");
	expect(&ns, "say STOPPING=1", "hale:unready");
	one = ns_start_beside(
	    &ns, &(struct ns_setup){.words = NS_WORDS("--check", "--live")});
	ns_collect(&one, &output);
	cr_expect_eq(output.code, 0, "%s", output.out);
	expect(&ns, "say WATCHDOG=1", "hale:unready");
	state_await_name(&ns, "hale:unhealthy");
	ns_kill(&ns);
}

/* ------ What is passed on. ------ */

/* A socket of the test's own, as podman has one outside the container. */
static int
bind_outer(char name[64])
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), n;

	n = snprintf(name, 64, "@hale-test-%d", (int)getpid());
	memcpy(at.sun_path + 1, name + 1, (size_t)n - 1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at,
	                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	                              (size_t)n)),
	             0);
	return fd;
}

/* The next message on it, with no descriptor. */
static void
expect_message(int fd, const char *expected)
{
	char text[NS_LINE];
	_Alignas(struct cmsghdr) char control[256];
	struct iovec part = {text, sizeof(text) - 1};
	struct msghdr m = {.msg_iov = &part,
	                   .msg_iovlen = 1,
	                   .msg_control = control,
	                   .msg_controllen = sizeof(control)};
	ssize_t n;

	cr_assert(ns_await_input(fd));
	n = recvmsg(fd, &m, 0);
	cr_assert_gt(n, 0);
	text[n] = '\0';
	cr_expect_str_eq(text, expected);
	cr_expect_eq(m.msg_controllen, 0);
}

static struct ns
start_relayed(char *name)
{
	return start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", notify_program()),
	    .env = NS_WORDS(checks_text("NOTIFY_SOCKET=%s", name))});
}

/* podman --sdnotify=container; systemd outside knows hale's pid alone. */
Test(notify, is_passed_on_to_the_manager_outside)
{
	char name[64];
	int fd = bind_outer(name);
	struct ns ns = start_relayed(name);

	expect(&ns, "say STATUS=loading|X-OWN=1", "hale:starting");
	expect_message(fd, "STATUS=loading\nX-OWN=1");
	expect(&ns, "say MAINPID=7|READY=1|FDSTORE=1", "hale:healthy");
	expect_message(fd, "READY=1\n");
	say(&ns, "descriptors FDSTORE=1|FDNAME=a|STATUS=x");
	expect_message(fd, "STATUS=x");
	expect(&ns, "say STOPPING=1", "hale:unready");
	expect_message(fd, "STOPPING=1");
	ns_kill(&ns);
	close(fd);
}

/* Nobody reads it, and its queue has room for a few messages. */
Test(notify, waits_for_no_manager_outside)
{
	char name[64];
	int fd = bind_outer(name);
	struct ns ns = start_relayed(name);

	expect(&ns, "flood 2000 STATUS=x", "hale:starting");
	expect(&ns, "say READY=1", "hale:healthy");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
	close(fd);
	ns = start_relayed(name); /* now it is not there at all */
	expect(&ns, "say READY=1", "hale:healthy");
	ns_kill(&ns);
}

/* ------ Who says it. ------ */

static void
check_family(bool plain)
{
	struct ns ns = start(plain, "notify:");

	expect(&ns, "child READY=1", "hale:healthy");
	ns_kill(&ns);
	ns = start(plain, "notify:");
	expect(&ns, "session READY=1",
	       plain ? "hale:starting" : "hale:healthy");
	ns_kill(&ns);
}

Test(notify, may_be_said_by_programs_children)
{
	check_family(false);
	check_family(true);
}

/* Its pid is in the message; where hale is no PID 1, that says nothing. */
Test(notify, may_be_said_by_one_who_is_gone)
{
	struct ns ns = start(false, "notify:");

	expect(&ns, "gone READY=1", "hale:healthy");
	ns_kill(&ns);
}

/* As from another container on the same network. */
static void
shout(const char *at, const char *text)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t n = strlen(at);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(name.sun_path + 1, at + 1, n - 1);
	cr_assert_eq(
	    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&name,
	           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    (ssize_t)strlen(text));
	close(fd);
}

static void
check_outsider(bool plain)
{
	struct ns ns = start(plain, "notify:");

	shout(ask_name(&ns), "READY=1");
	expect(&ns, "say STATUS=loading", "hale:starting");
	expect(&ns, "say READY=1", "hale:healthy");
	ns_kill(&ns);
}

Test(notify, is_not_heard_from_outside)
{
	check_outsider(false);
	check_outsider(true);
}

/* Another hale's PROGRAM, of the same user, on the same machine. */
Test(notify, is_not_heard_from_beside_where_hale_is_not_pid_1)
{
	struct ns ns = start(true, "notify:");
	struct ns one = ns_start_beside(
	    &ns,
	    &(struct ns_setup){
		.words = NS_WORDS(notify_program(), ask_name(&ns), "READY=1")});

	cr_expect_eq(ns_wait(&one), 0);
	expect(&ns, "say STATUS=loading", "hale:starting");
	expect(&ns, "say READY=1", "hale:healthy");
	ns_kill(&ns);
}

/* ------ What comes with it, and how much. ------ */

static void
check_handed(bool plain)
{
	struct ns ns = start(plain, "notify:");
	int i, before;

	say(&ns, "say READY=1");
	before = state_descriptors(&ns, false);
	cr_expect_eq(before, 6); /* and 0 to 2, memory, signals, the socket */
	for (i = 0; i < 50; i++)
		say(&ns, "descriptors FDSTORE=1");
	cr_expect_eq(state_descriptors(&ns, false), before);
	cr_expect_eq(state_descriptors(&ns, true), 1);
	ns_kill(&ns);
}

Test(notify, keeps_no_descriptor_that_comes_with_it)
{
	check_handed(false);
	check_handed(true);
}

Test(notify, of_no_end_holds_up_no_signal)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", "--on-unhealthy=report",
	                      notify_program())});
	long long began;

	expect(&ns, "say READY=1", "hale:healthy");
	order(&ns, "flood 100000000 STATUS=x");
	began = helper_now_ms();
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
	cr_expect_lt(helper_now_ms() - began, patience_scaled(5000));
}

/* ------ Where it is said. ------ */

static void
check_streams(int closed)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", notify_program(), "READY=1"),
	    .in = (closed & 1) != 0 ? NS_CLOSED : NS_PIPE,
	    .out = (closed & 2) != 0 ? NS_CLOSED : NS_PIPE,
	    .err = (closed & 4) != 0 ? NS_CLOSED : NS_PIPE});

	if ((closed & 1) != 0) {
		cr_expect_eq(ns_wait(&ns), 0);
		return;
	}
	state_await_name(&ns, "hale:healthy");
	expect_status(&ns, "target: notify:\n");
	ns_kill(&ns);
}

Test(notify, works_with_closed_standard_streams)
{
	int closed;

	for (closed = 0; closed < 8; closed++)
		check_streams(closed);
}

/* What hale inherits, below its own socket and above. */
static void
inherit(void *refusal)
{
	static const int numbers[] = {3, 5, 6, 1000};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (dup2(STDERR_FILENO, numbers[i]) < 0)
			_exit(99);
	if (refusal != NULL)
		refuse_call(refusal);
}

static void
check_inherited(struct refusal *refusal)
{
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", notify_program()),
	    .prepare = inherit,
	    .argument = refusal});

	expect(&ns, "say READY=1", "hale:healthy");
	cr_expect_eq(state_descriptors(&ns, false), 6);
	expect_status(&ns, "target: notify:\n");
	ns_kill(&ns);
}

Test(notify, keeps_its_socket_alone_of_what_was_open_before)
{
	struct refusal r = {SYS_close_range, ENOSYS, REFUSE_ANY};

	check_inherited(NULL);
	check_inherited(&r);
}

/* Before PROGRAM runs there is somebody to read it. */
static void
expect_failure(int call)
{
	struct refusal r = {call, EACCES, REFUSE_ANY};
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--health=notify:",
	                                            notify_program()),
	                          .prepare = refuse_call,
	                          .argument = &r},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_str_empty(output.out);
	cr_expect_eq(strncmp(output.err,
	                     "hale: error: cannot make "
	                     "NOTIFY_SOCKET: ",
	                     40),
	             0, "%s", output.err);
	cr_expect_eq(strcspn(output.err, "\n") + 1, strlen(output.err), "%s",
	             output.err);
}

Test(notify, ends_hale_where_there_can_be_no_socket)
{
	expect_failure(SYS_socket);
	expect_failure(SYS_bind);
	expect_failure(SYS_setsockopt);
	expect_failure(SYS_getsockname);
}

/* Milliseconds that hale has been running, see proc(5). */
static long long
time_run(const struct ns *ns)
{
	char text[128];

	ns_proc(ns, "1/schedstat", text, sizeof(text));
	return strtoll(text, NULL, 10) / 1000000;
}

/* What hale cannot read stays ready, and must not make it spin. */
Test(notify, does_not_make_hale_spin_where_it_cannot_be_taken)
{
	struct refusal r = {SYS_recvmsg, EPERM, REFUSE_ANY};
	struct ns ns = start_as(&(struct ns_setup){
	    .words = NS_WORDS("--health=notify:", notify_program()),
	    .prepare = refuse_call,
	    .argument = &r});
	long long before;

	order(&ns, "say READY=1");
	state_let_pass(200);
	before = time_run(&ns);
	state_let_pass(2000);
	cr_expect_lt(time_run(&ns) - before, patience_scaled(100));
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
}
