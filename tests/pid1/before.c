/* SPDX-License-Identifier: MIT */
/*
 * before: where hale runs no program, or not yet, a call that fails is no more
 * than one line and an exit code.
 *
 * Each call fails with each error that there is for it in hales that are asked
 * for something else, or for a program that cannot be run.  What fails before a
 * program that can is in faults.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "checks.h"
#include "fault.h"
#include "helper.h"
#include "patience.h"
#include "server.h"

TestSuite(before, .timeout = 600);

enum {
	RUNS = 2048, /* of a test */
	SPARE = 150, /* calls more than without a fault */
	RATE = 150,  /* and so many a second */
	CPU = 400,   /* ms */
	TWICE = 2,
};

struct course {
	const struct ns_setup *setup;
	int codes[4]; /* that are good, the first of them without a fault */
	struct fault_run *runs;
	int count;
};

/* ------ What a run has to be like. ------ */

static bool
is_good_code(const struct course *c, int code)
{
	int i;

	for (i = 0; i < 4; i++)
		if (code == c->codes[i])
			return true;
	return false;
}

/* Calls by which hale says something; and the last of all. */
static bool
is_saying(int call)
{
	return call == SYS_write || call == SYS_sendto;
}

static int
lines(const char *text)
{
	int n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* What is wrong with it, or NULL. */
static const char *
blame(const struct course *c, const struct fault_run *run,
      const struct fault_run *clean)
{
	if (run->endless)
		return "it did not end";
	if (run->calls >
	    TWICE * clean->calls + SPARE + (int)(run->ms * RATE / 1000))
		return "it makes calls without end";
	if (run->cpu > clean->cpu + patience_scaled(CPU))
		return "it takes the CPU's time";
	if (!is_good_code(c, run->code))
		return "another exit code";
	if (run->code != clean->code &&
	    lines(run->out) + lines(run->err) != 1 &&
	    !is_saying(run->fault.call))
		return "not one line";
	if (run->code == clean->code && lines(run->err) > lines(clean->err) + 2)
		return "many lines";
	return NULL;
}

/* ------ The course of all. ------ */

/* All errors are one to most of hale: all of them for the first call, and of
 * the others one of the kernel's and one of a filter's. */
static bool
is_wanted(const struct call_row *row, int error, int when)
{
	/* Linux has no such failure of a clock; hale would wait for hours. */
	bool time = row->loss == TIME && when != 1;
	bool passing = error == EAGAIN || error == EINTR ||
	               error == EINPROGRESS || error == EALREADY;

	if (time || (when == FAULT_ALWAYS && (row->loss == END || passing)))
		return false;
	return when == 1 || error == row->errors[0] || error == ENOSYS;
}

static void
add_times(struct course *c, const struct call_row *row, enum fault_who who,
          int error, int count)
{
	int when;

	for (when = FAULT_ALWAYS; when <= TWICE && when <= count; when++) {
		struct fault_run *run = &c->runs[c->count];

		if (!is_wanted(row, error, when))
			continue;
		cr_assert_lt(++c->count, RUNS);
		run->setup = c->setup;
		run->fault = (struct fault){.call = row->call,
		                            .error = error,
		                            .when = when,
		                            .who = who};
		run->fault.done = row->call == SYS_close && error != EBADF;
	}
}

static void
add_all(struct course *c, const struct fault_run *clean)
{
	int i, j, who;

	for (i = 0; i < calls_count; i++)
		for (who = 0; who < FAULT_WHO; who++) {
			int count = clean->counts[who][calls_rows[i].call];

			for (j = 0; count > 0 &&
			            fault_error(calls_rows[i].errors, j) != 0 &&
			            calls_rows[i].call != SYS_exit_group;
			     j++)
				add_times(c, &calls_rows[i],
				          (enum fault_who)who,
				          fault_error(calls_rows[i].errors, j),
				          count);
		}
}

static void
judge(const struct course *c, const struct fault_run *clean)
{
	int i;

	for (i = 0; i < c->count; i++) {
		const struct fault_run *run = &c->runs[i];
		const struct fault *f = &run->fault;
		const char *why = blame(c, run, clean);

		cr_expect(why == NULL,
		          "call %d of %s, error %s, time %d (0: all): %s; exit "
		          "code %d, %d calls (%d), %d ms CPU, said '%s', '%s'",
		          f->call, f->who ? "the child" : "hale",
		          strerrorname_np(f->error), f->when, why, run->code,
		          run->calls, clean->calls, run->cpu, run->out,
		          run->err);
	}
}

/* There is a row for whatever is called here. */
static void
check_listed(const struct fault_run *clean)
{
	int call, who;

	for (call = 0; call < FAULT_CALLS; call++)
		for (who = 0; who < FAULT_WHO; who++)
			cr_expect(clean->counts[who][call] == 0 ||
			              calls_find(call) != NULL,
			          "call %d is not in tests/pid1/calls", call);
}

static void
check_course(struct course c)
{
	static struct fault_run clean;

	memset(&clean, 0, sizeof(clean));
	clean.fault.call = -1;
	clean.setup = c.setup;
	fault_run(&clean, 1);
	cr_assert_eq(clean.code, c.codes[0], "%d: %s %s", clean.code, clean.out,
	             clean.err);
	cr_assert_gt(clean.calls, 0, "hale does not block its signals");
	check_listed(&clean);
	c.runs = calloc(RUNS, sizeof(*c.runs));
	cr_assert_not_null(c.runs);
	add_all(&c, &clean);
	fault_run(c.runs, c.count);
	judge(&c, &clean);
	printf("before: %d faults\n", c.count);
	free(c.runs);
}

/* ------ A program that cannot be run. ------ */

Test(before, a_program_that_is_not_there)
{
	struct ns_setup setup = {.words =
	                             NS_WORDS("/no/such/program", "or", "word"),
	                         .env = NS_WORDS("LISTEN_PID=1")};

	check_course(
	    (struct course){.setup = &setup, .codes = {127, 126, 125, 125}});
}

Test(before, a_program_that_is_nowhere_in_path_with_a_report)
{
	struct ns_setup setup = {
	    .words = NS_WORDS("--log-format=json", "--exit-report",
	                      checks_text("%s/report", ns_scratch()),
	                      "--health", "http://localhost:1/", "no-such-one"),
	    .scratch = true};

	check_course(
	    (struct course){.setup = &setup, .codes = {127, 126, 125, 125}});
}

Test(before, a_program_that_is_a_directory_in_its_own_session)
{
	char **words = NS_WORDS("dumb-init", "/proc");
	struct ns_setup setup = {
	    .words = words + 1, .prepare = helper_exec_as, .argument = words};

	check_course(
	    (struct course){.setup = &setup, .codes = {2, 125, 125, 125}});
}

Test(before, a_mistake)
{
	struct ns_setup setup = {.words = NS_WORDS("--grace=x", "true")};

	check_course(
	    (struct course){.setup = &setup, .codes = {125, 125, 125, 125}});
}

/* ------ No program. ------ */

Test(before, a_page)
{
	struct ns_setup version = {.words = NS_WORDS("--version")};
	struct ns_setup help = {.words = NS_WORDS("--help")};

	check_course(
	    (struct course){.setup = &version, .codes = {0, 125, 125, 125}});
	check_course(
	    (struct course){.setup = &help, .codes = {0, 125, 125, 125}});
}

Test(before, a_sleep)
{
	struct ns_setup setup = {.words = NS_WORDS("--sleep", "50ms")};

	check_course(
	    (struct course){.setup = &setup, .codes = {0, 125, 125, 125}});
}

Test(before, an_installation)
{
	struct ns_setup setup = {
	    .words =
		NS_WORDS("--install", checks_text("%s/hale", ns_scratch())),
	    .scratch = true};

	check_course(
	    (struct course){.setup = &setup, .codes = {0, 125, 125, 125}});
}

/* ------ A check. ------ */

Test(before, a_check_of_targets)
{
	int port, fd = server_bind("127.0.0.1", &port);
	struct server server;
	struct ns_setup setup = {
	    .words = NS_WORDS("--check", "--health-timeout=300ms",
	                      checks_text("http://localhost:%d/", port),
	                      checks_text("tcp://127.0.0.1:%d", port),
	                      checks_text("exec:%s exit 0", ns_program()),
	                      "file:/")};

	server_start(&server, fd, SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
	check_course((struct course){.setup = &setup, .codes = {0, 1, 1, 1}});
	server_stop(&server, fd);
}

static bool
is_well(pid_t pid)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)!read(fd, name, sizeof(name) - 1);
	close(fd);
	return strcmp(name, "hale:healthy\n") == 0;
}

/* An instance of hale that can be asked, and ends with the one that asks. */
static void
have_hale(void *argument)
{
	pid_t pid = fork();
	int i;

	(void)argument;
	if (pid == 0) {
		execl(ns_hale(), "hale", "--log-level=error",
		      "--health-interval=50ms", "--health=file:/", ns_program(),
		      "idle", NULL);
		_exit(99);
	}
	for (i = 0; i < 1000 && !is_well(pid); i++)
		(void)poll(NULL, 0, 5);
}

Test(before, a_check_of_the_hale_that_is_there)
{
	struct ns_setup check = {.words = NS_WORDS("--check"),
	                         .prepare = have_hale};
	struct ns_setup status = {.words = NS_WORDS("--status=json"),
	                          .prepare = have_hale};

	check_course((struct course){.setup = &check, .codes = {0, 1, 1, 1}});
	check_course((struct course){.setup = &status, .codes = {0, 1, 1, 1}});
}
