/* SPDX-License-Identifier: MIT */
/* start: PROGRAM finds all as hale found it, and no signal comes too early. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ns.h"
#include "trace.h"

/* The kernel's sigaction, for the signals that libc keeps to itself. */
struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static void
block(unsigned long mask)
{
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL,
	            sizeof(mask)) < 0)
		_exit(99);
}

static void
ignore(unsigned long signals)
{
	struct action ignored = {.handler = SIG_IGN};
	int n;

	for (n = 1; n <= 64; n++)
		if ((signals >> (n - 1) & 1) != 0 &&
		    syscall(SYS_rt_sigaction, n, &ignored, NULL, 8) < 0)
			_exit(99);
}

struct signals {
	unsigned long blocked, ignored;
};

static void
inherit(void *argument)
{
	struct signals *s = argument;

	block(s->blocked);
	ignore(s->ignored);
}

static void
check_signals(unsigned long blocked, unsigned long ignored)
{
	struct signals s = {blocked, ignored};
	struct ns_output output;
	char expected[128];

	snprintf(expected, sizeof(expected),
	         "SigBlk:\t%016lx\nSigIgn:\t%016lx\n", blocked, ignored);
	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "mask"),
	                          .prepare = inherit,
	                          .argument = &s},
	       &output);
	cr_expect_str_eq(output.out, expected);
	cr_expect_eq(output.code, 0);
}

Test(start, leaves_mask_and_ignored_signals_as_they_were)
{
	unsigned long unblockable = 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1);

	check_signals(0, 0);
	check_signals(~unblockable, 0);
	check_signals(0, ~unblockable);
	check_signals(~unblockable, ~unblockable);
	check_signals(0x5a5a00005a5a0000UL & ~unblockable,
	              0xa5a5ffffa5a50000UL & ~unblockable);
}

Test(start, sees_the_status_though_chld_is_ignored)
{
	struct signals s = {0, 1UL << (SIGCHLD - 1)};
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS(ns_program(), "exit", "7"),
	                          .prepare = inherit,
	                          .argument = &s},
	       &output);
	cr_expect_eq(output.code, 7);
}

/* Block all signals, and become hale when the test has sent one. */
static void
be_told_early(void *argument)
{
	char byte = 0;
	int fd = *(int *)argument;

	block(~0UL);
	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
		_exit(99);
}

static void
check_early(char *mode, int n)
{
	char expected[16], byte;
	int ends[2];
	struct ns ns;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--forward", mode, ns_program(), "catch", "1", "0"),
	    .prepare = be_told_early,
	    .argument = &ends[1]});
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	ns_send(&ns, n);
	cr_assert_eq(write(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	snprintf(expected, sizeof(expected), "%d", n);
	ns_expect_line(&ns, "ready");
	ns_expect_line(&ns, expected);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(start, forwards_what_was_pending_before_hale)
{
	int i;

	for (i = 1; i <= 64; i++)
		if (i != SIGKILL && i != SIGSTOP && i != SIGCHLD)
			check_early("child", i);
	for (i = 0; i < 100; i++) {
		check_early("group", SIGTERM);
		check_early("child", SIGTERM);
	}
}

/* Follow hale to the stop-th stop after it has blocked its signals, and send
 * TERM there.  False when PROGRAM was there before. */
static bool
check_at(char *mode, int stop)
{
	struct trace t;
	int stops = 0;

	trace_start(
	    &t, &(struct ns_setup){.words = NS_WORDS("--forward", mode,
	                                             ns_program(), "wait")});
	do
		cr_assert(trace_next(&t));
	while (!t.started && (!t.blocked || stops++ < stop));
	if (!t.started) {
		ns_send(&t.ns, SIGTERM);
		cr_assert_eq(trace_end(&t), 128 + SIGTERM, "stop %d", stop);
		return true;
	}
	ns_kill(&t.ns);
	return false;
}

/* Whatever hale, or the child that will be PROGRAM, is at. */
static void
check_every_step(char *mode)
{
	int stop = 0;

	while (check_at(mode, stop))
		stop++;
	cr_expect_geq(stop, 16);
}

Test(start, loses_no_signal_at_any_step, .timeout = 60)
{
	check_every_step("child");
}

Test(start, loses_no_signal_to_the_group_at_any_step, .timeout = 60)
{
	check_every_step("group");
}

static long
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* Wait until hale has blocked its signals: before that nobody can help it. When
 * it sleeps it waits for them, and /proc does not show them as blocked. */
static void
await_block(const struct ns *ns)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", ns->hale);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		cr_assert_geq(fd, 0);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		cr_assert_gt(n, 0);
		text[n] = '\0';
	} while (strstr(text, "Name:\thale\n") == NULL ||
	         (strstr(text, "\nSigBlk:\tfffffffffffbfeff") == NULL &&
	          strstr(text, "\nState:\tS") == NULL));
}

/* Send TERM so many microseconds after the first moment. */
static void
check_after(char *mode, long delay)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--forward", mode, ns_program(), "idle")});
	long start;

	await_block(&ns);
	for (start = clock_us(); clock_us() - start < delay;)
		continue;
	ns_send(&ns, SIGTERM);
	cr_assert_eq(ns_wait(&ns), 128 + SIGTERM, "after %ld us", delay);
}

Test(start, loses_no_signal_at_any_moment)
{
	int i;

	for (i = 0; i < 150; i++) {
		check_after("child", i * 3L);
		check_after("group", i * 3L);
	}
}

static const char *
listen_pid(char *value, struct ns_output *output)
{
	char entry[64];

	snprintf(entry, sizeof(entry), "LISTEN_PID=%s", value);
	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS(ns_program(), "variable", "LISTEN_PID"),
		.env = value != NULL ? NS_WORDS(entry) : NULL},
	    output);
	return output->out;
}

Test(start, renames_the_listen_pid_that_is_hales)
{
	struct ns_output output;

	cr_expect_str_eq(listen_pid("1", &output), "2 2\n");
	cr_expect_str_eq(listen_pid("7", &output), "7 2\n");
	cr_expect_str_eq(listen_pid("", &output), " 2\n");
	cr_expect_str_eq(listen_pid(NULL, &output), "unset 2\n");
}

/* What PROGRAM finds in the variable if hale has this entry in its environment
 * and these words before PROGRAM. */
static void
check_variable(char *entry, char *word, const char *expected)
{
	struct ns_output output;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(entry, "="), entry);
	ns_run(&(struct ns_setup){.words = NS_WORDS(word, ns_program(),
	                                            "variable", name),
	                          .env = NS_WORDS(entry)},
	       &output);
	cr_expect_str_eq(output.out, expected, "%s: %s%s", entry, output.out,
	                 output.err);
}

/* Two hales, one inside the other, must not both obey a setting that is meant
 * for the container. */
Test(start, keeps_its_own_settings_from_program)
{
	check_variable("HALE_LOG_LEVEL=error", "--", "unset 2\n");
	check_variable("HALE_LOG_LEVEL=error", "--log-level=info", "unset 2\n");
	check_variable("HALE_GRACE=0", "--", "unset 2\n");
	check_variable("HALE_DRAIN=1ms", "--", "unset 2\n");
	check_variable("HALE_FORWARD=group", "--forward=child", "unset 2\n");
	check_variable("HALE_STOP_SIGNAL=QUIT", "--", "unset 2\n");
	check_variable("HALE_WAIT_FOR=file:/", "--", "unset 2\n");
	check_variable("HALE_HEALTH_INTERVAL=1s", "--health=file:/",
	               "unset 2\n");
}

/* The command of a probe has PROGRAM's environment. */
Test(start, keeps_its_own_settings_from_probes)
{
	struct ns_output output;

	ns_run(
	    &(struct ns_setup){
		.words = NS_WORDS(
		    "--on-unhealthy=stop", "--health-retries=1",
		    "--health=exec:sh -c 'test -z \"${HALE_GRACE+x}\" && "
		    "test \"$HALE_PORT\" = 80 && exit 1; exit 0'",
		    ns_program(), "wait"),
		.env = NS_WORDS("HALE_GRACE=1s", "HALE_PORT=80")},
	    &output);
	cr_expect_eq(output.code, 124, "%s", output.err);
}

Test(start, leaves_all_other_variables_to_program)
{
	check_variable("HALE_PORT=tcp://10.0.0.1:80", "--",
	               "tcp://10.0.0.1:80 2\n");
	check_variable("HALE_CHECK=1", "--", "1 2\n");
	check_variable("HALE_=x", "--", "x 2\n");
	check_variable("TINI_VERBOSITY=1", "--", "1 2\n");
	check_variable("TINI_SUBREAPER=", "--", " 2\n");
	check_variable("DUMB_INIT_SETSID=1", "--", "1 2\n");
	check_variable("XHALE_GRACE=1", "--", "1 2\n");
}
