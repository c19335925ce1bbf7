/* SPDX-License-Identifier: MIT */
/*
 * faults: no system call that fails ends hale, hangs it or makes it spin.
 *
 * Each call that hale makes fails with each error that there is for it, once
 * or always, in hales that do all that hale can.  Before PROGRAM runs that is a
 * line and 125; from then on hale forwards, reaps and ends with PROGRAM.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "checks.h"
#include "fault.h"
#include "helper.h"
#include "patience.h"
#include "server.h"

enum {
	CODE = 7,    /* PROGRAM's */
	RUNS = 4096, /* of a test */
	SPARE = 150, /* calls more than without a fault */
	RATE = 300,  /* and so many a second */
	CPU = 400,   /* ms */
	TWICE = 2,
	SAMPLE = 7, /* one fault in so many is in the short run */
};

/* ------ What a run has to be like. ------ */

static bool
has(const struct fault_run *run, const char *word)
{
	return strstr(run->out, word) != NULL;
}

static const char *
last_line(const char *text)
{
	const char *end = strrchr(text, '\n'), *at = end;

	while (at != NULL && at > text && at[-1] != '\n')
		at--;
	return at != NULL && end[1] == '\0' ? at : "";
}

/* What is wrong with it, or NULL. */
static const char *
blame_start(const struct fault_run *run)
{
	bool json = run->err[0] == '{';
	const char *last = last_line(run->err);
	bool child = run->fault.who == FAULT_CHILD, known = run->code == 125;

	if (run->out[0] != '\0')
		return "PROGRAM ran";
	/* Those for a PROGRAM that is not there, or does not run. */
	known |= child && (run->code == 126 || run->code == 127 ||
	                   (run->setup->prepare != NULL && run->code == 2));
	if (!known)
		return "another exit code than 125";
	if (strstr(last, json ? "\"error\"" : "hale: error: ") == NULL)
		return "the last line is no error";
	return NULL;
}

static const char *
blame_signals(const struct fault_run *run, enum loss loss)
{
	if (loss < SENT && (!has(run, "signal\n") || !has(run, "stop\n")))
		return "a signal was not forwarded";
	if (loss < QUEUED && !has(run, "queued"))
		return "a signal with a value was not forwarded";
	return has(run, "orphan") ? NULL : "an orphan was not reaped";
}

static const char *
blame(const struct fault_run *run, const struct fault_run *clean,
      enum loss loss)
{
	if (run->endless)
		return "it did not end";
	if (run->calls >
	    TWICE * clean->calls + SPARE + (int)(run->ms * RATE / 1000))
		return "it makes calls without end";
	if (run->cpu > clean->cpu + patience_scaled(CPU))
		return "it takes the CPU's time";
	if (!run->started)
		return blame_start(run);
	if (run->code != CODE)
		return "it did not end with PROGRAM's exit code";
	return blame_signals(run, loss);
}

/* ------ The course of all. ------ */

static struct fault_run *
make_runs(void)
{
	struct fault_run *runs = calloc(RUNS, sizeof(*runs));

	cr_assert_not_null(runs);
	return runs;
}

/* How many there are: FAULTS=all is every one, FAULTS=some those of the first
 * two times, and without it there is a sample of these. */
static bool
are_asked_for(const char *amount)
{
	const char *wanted = getenv("FAULTS");

	return wanted != NULL && strcmp(wanted, amount) == 0;
}

static bool
is_long(void)
{
	return are_asked_for("all");
}

/* The sample is the same on each machine. */
static bool
is_in_sample(int call, int error, int when)
{
	return is_long() || are_asked_for("some") ||
	       (call + error + when) % SAMPLE == 0;
}

static bool
is_final(const struct call_row *row)
{
	return row->call == SYS_exit_group;
}

/* An answer that is another one after a while, or the kernel is mad. */
static bool
is_passing(int call, int error)
{
	if (error == EAGAIN)
		return call == SYS_rt_sigtimedwait || call == SYS_sendto ||
		       call == SYS_recvfrom || call == SYS_recvmsg ||
		       call == SYS_accept4;
	return error == EINPROGRESS || error == EALREADY ||
	       (error == EINTR && call == SYS_rt_sigtimedwait);
}

struct plan {
	const struct ns_setup *setup, *fewer_tries;
	struct fault_run *clean, *runs;
	const struct call_row *row[RUNS];
	int count;
};

static void
add(struct plan *plan, const struct call_row *row, struct fault fault)
{
	struct fault_run *run = &plan->runs[plan->count];
	bool lost = fault.when == FAULT_ALWAYS && row->loss != NOTHING;

	cr_assert_lt(plan->count, RUNS);
	plan->row[plan->count++] = row;
	run->fault = fault;
	run->setup = lost ? plan->fewer_tries : plan->setup;
}

/* All errors are one to most of hale: the short run has all of them for the
 * first call, and of the others one of the kernel's and one of a filter's. */
static bool
is_wanted(const struct call_row *row, int error, int when)
{
	if (row->loss == TIME && when > TWICE)
		return false;
	return is_long() || when == 1 || error == row->errors[0] ||
	       error == ENOSYS;
}

/* musl's fork saves the mask, and would restore one that it has not got if
 * saving it failed.  The kernel has no reason to refuse that, and a filter that
 * did would refuse hale's own first call as well. */
static bool
is_possible(const struct call_row *row, enum fault_who who, int when)
{
	return row->call != SYS_rt_sigprocmask || who != FAULT_HALE ||
	       when == 1;
}

static void
add_times(struct plan *plan, const struct call_row *row, enum fault_who who,
          int error)
{
	int count = plan->clean->counts[who][row->call];
	int when, last = is_long() ? count : TWICE;
	struct fault fault = {.call = row->call, .error = error, .who = who};

	/* The kernel closes a descriptor, whatever it says of it. */
	fault.done = row->call == SYS_close && error != EBADF;
	/* hale then closes 65,536 one by one. */
	fault.loose = row->call == SYS_close_range;
	for (when = FAULT_ALWAYS; when <= count && when <= last; when++) {
		fault.when = when;
		if (!is_wanted(row, error, when) ||
		    !is_possible(row, who, when) ||
		    !is_in_sample(row->call, error, when) ||
		    (when == FAULT_ALWAYS &&
		     (row->loss >= END || is_passing(row->call, error))))
			continue;
		add(plan, row, fault);
	}
}

static void
add_all(struct plan *plan)
{
	int i, j, who;

	for (i = 0; i < calls_count; i++)
		for (who = 0; who < FAULT_WHO; who++) {
			if (plan->clean->counts[who][calls_rows[i].call] == 0 ||
			    is_final(&calls_rows[i]))
				continue;
			for (j = 0; fault_error(calls_rows[i].errors, j) != 0;
			     j++)
				add_times(plan, &calls_rows[i],
				          (enum fault_who)who,
				          fault_error(calls_rows[i].errors, j));
		}
}

static void
judge(const struct plan *plan)
{
	int i;

	for (i = 0; i < plan->count; i++) {
		const struct fault_run *run = &plan->runs[i];
		const struct fault *f = &run->fault;
		bool always = f->when == FAULT_ALWAYS;
		const char *why = blame(run, plan->clean,
		                        always ? plan->row[i]->loss : NOTHING);

		cr_expect(why == NULL,
		          "%s of %s, %s%s, call %d (0: all): %s; exit code %d, "
		          "%d calls (%d), %d ms CPU (%d), %lld ms, said '%s', "
		          "'%s'",
		          plan->row[i]->name, f->who ? "the child" : "hale",
		          "error ", strerrorname_np(f->error), f->when, why,
		          run->code, run->calls, plan->clean->calls, run->cpu,
		          plan->clean->cpu, run->ms, run->out, run->err);
	}
}

static struct fault_run
run_clean(const struct ns_setup *setup)
{
	struct fault_run run = {.fault.call = -1, .setup = setup};

	fault_run(&run, 1);
	cr_assert(run.started && run.code == CODE && has(&run, "orphan") &&
	              blame_signals(&run, NOTHING) == NULL,
	          "%d: %s %s", run.code, run.out, run.err);
	return run;
}

/* Options, and what is the same in all. */
static struct ns_setup
make_setup(const struct ns_setup *base, char *tries)
{
	struct ns_setup setup = *base;
	char **words = calloc(64, sizeof(*words));
	int n = 0;

	for (; base->words[n] != NULL; n++)
		words[n] = base->words[n];
	words[n++] = ns_program();
	words[n++] = "exercise";
	words[n++] = checks_text("%d", CODE);
	words[n] = tries;
	setup.words = setup.argument = words;
	return setup;
}

/* There is a row for whatever hale has called, after faults as well. */
static void
check_listed(const struct fault_run *run)
{
	int call, who;

	for (call = 0; call < FAULT_CALLS; call++)
		for (who = 0; who < FAULT_WHO; who++)
			cr_expect(run->counts[who][call] == 0 ||
			              calls_find(call) != NULL,
			          "system call %d is not in tests/pid1/calls",
			          call);
}

static void
check_faults(const struct ns_setup *base)
{
	static struct plan plan;
	struct ns_setup setup = make_setup(base, "200");
	struct ns_setup fewer_tries = make_setup(base, "20");
	struct fault_run clean = run_clean(&setup);
	int i;

	plan.count = 0;
	plan.setup = &setup;
	plan.fewer_tries = &fewer_tries;
	plan.clean = &clean;
	plan.runs = make_runs();
	add_all(&plan);
	fault_run(plan.runs, plan.count);
	judge(&plan);
	for (i = 0; i < plan.count; i++)
		check_listed(&plan.runs[i]);
	printf("faults: %d, each call at %s\n", plan.count,
	       is_long() ? "any time" : "two times and always");
	if (!is_long() && !are_asked_for("some"))
		printf("faults: a sample; make faults has all\n");
	free(plan.runs);
	free(setup.words);
	free(fewer_tries.words);
	plan = (struct plan){.count = 0}; /* it points to what ends here */
}

/* ------ What hale is to do meanwhile. ------ */

static char *plain[] = {NULL};
static char *listen_pid[] = {"LISTEN_PID=1", NULL};
static char *verbose[] = {"-vv", NULL};
static char *stopping[] = {"-vv",
                           "--log-format=json",
                           "--drain=50ms",
                           "--grace=200ms",
                           "--exit-report",
                           NULL,
                           NULL};
static char *subreaper[] = {"-g", "-p", "URG", "--drain=50ms", "--grace=200ms",
                            NULL};
static char *other_name[] = {"dumb-init", NULL};
static char *foreground[] = {"-v", NULL};
static char *other_session[] = {"dumb-init", "-v", NULL};
static char *notified[] = {"-v", "--health-interval=100ms",
                           "--health=notify:?max-age=10m", NULL};

/* Lead a session on a terminal of hale's own, whose other end PROGRAM has. */
static void
have_terminal(void *argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		_exit(99);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ||
	    dup2(slave, STDIN_FILENO) < 0)
		_exit(99);
	close(slave);
	/* What hale gets as it leaves the terminal, and may fail to forget. */
	signal(SIGHUP, SIG_IGN);
	if (strcmp(((char **)argv)[0], other_session[0]) == 0)
		helper_exec_as(argv);
}

/* It is asked by its own probe, in a network that no other has. */
static char *listening[] = {"--health-listen=8080",
                            "--health-interval=100ms",
                            "--health-retries=1",
                            "--health",
                            NULL,
                            NULL};

static void
enter_network(void *argument)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	(void)argument;
	if (unshare(CLONE_NEWNET) < 0)
		_exit(99);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		_exit(99);
	close(fd);
}

static struct ns_setup
setup_of(char **words)
{
	struct ns_setup setup = {.words = words};

	setup.plain = words == subreaper;
	setup.scratch = words == stopping;
	stopping[5] = checks_text("%s/report", ns_scratch());
	if (words == other_name)
		setup.prepare = helper_exec_as;
	if (words == foreground || words == other_session)
		setup.prepare = have_terminal;
	if (words == plain)
		setup.env = listen_pid;
	if (words == listening) {
		setup.prepare = enter_network;
		words[4] = checks_text(
		    "exec:%s --check http://127.0.0.1:8080/livez", ns_hale());
	}
	return setup;
}

static void
check_words(char **words)
{
	struct ns_setup setup = setup_of(words);

	check_faults(&setup);
}

Test(faults, are_survived_by_a_hale_without_options, .timeout = 600)
{
	check_words(plain);
}

Test(faults, are_survived_by_a_hale_that_says_much, .timeout = 600)
{
	check_words(verbose);
}

Test(faults, are_survived_in_a_stop_with_a_report, .timeout = 600)
{
	check_words(stopping);
}

Test(faults, are_survived_by_a_subreaper, .timeout = 600)
{
	check_words(subreaper);
}

Test(faults, are_survived_under_another_name, .timeout = 600)
{
	check_words(other_name);
}

Test(faults, are_survived_on_a_terminal, .timeout = 600)
{
	check_words(foreground);
	check_words(other_session);
}

Test(faults, are_survived_by_a_hale_that_is_notified, .timeout = 600)
{
	check_words(notified);
}

/* Servers, and targets of all other kinds. */
static struct server http, silent;
static int http_fd, silent_fd, port;

static void
open_servers(void)
{
	helper_make_directory();
	http_fd = server_bind("127.0.0.1", &port);
	silent_fd = server_bind_path(helper_path("socket"));
	server_start(&http, http_fd,
	             SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
	server_start(&silent, silent_fd, SERVER_PLAY(HANG));
}

static void
close_servers(void)
{
	server_stop(&http, http_fd);
	server_stop(&silent, silent_fd);
	helper_remove_directory();
}

/* Options before the targets: those that come last, for PROGRAM, are added. */
static char **
watching(void)
{
	static char *words[] = {"-v",
	                        "--health-interval=100ms",
	                        "--health-retries=1",
	                        "--health",
	                        NULL,
	                        "--health",
	                        NULL,
	                        "--health",
	                        NULL,
	                        "--health",
	                        "file:/",
	                        "--health",
	                        NULL,
	                        NULL};

	words[4] = checks_text("http://127.0.0.1:%d/", port);
	words[6] = checks_text("tcp://127.0.0.1:%d", port);
	words[8] = checks_text("unix:%s", helper_path("socket"));
	words[12] = checks_text("exec:%s say well", ns_program());
	return words;
}

Test(faults, are_survived_by_a_hale_that_watches, .init = open_servers,
     .fini = close_servers, .timeout = 600)
{
	check_words(watching());
}

Test(faults, are_survived_by_a_hale_that_listens, .timeout = 600)
{
	check_words(listening);
}

/* ------ The probes themselves. ------ */

/* A call that only this target needs, and the reason that is given for it. */
static const struct {
	int call, error;
	enum fault_who who;
	const char *target, *reason;
} reasons[] = {
    {SYS_socket, EMFILE, FAULT_HALE, "http:", "file"},
    {SYS_socket, ENFILE, FAULT_HALE, "tcp:", "Too many open files in system"},
    {SYS_socket, EAFNOSUPPORT, FAULT_HALE, "unix:", "address family not supp"},
    {SYS_socket, EPERM, FAULT_HALE, "unix:", "Operation not permitted"},
    {SYS_connect, ENETUNREACH, FAULT_HALE, "tcp:", "network is unreachable"},
    {SYS_connect, EACCES, FAULT_HALE, "unix:", "Permission denied"},
    {SYS_connect, ENOSYS, FAULT_HALE, "http:", "Function not implemented"},
    {SYS_recvfrom, ENOMEM, FAULT_HALE, "http:", "memory"},
    {SYS_pipe2, ENFILE, FAULT_HALE, "exec:", "Too many open files in system"},
    {SYS_dup2, EBADF, FAULT_CHILD, "exec:", "Bad file descriptor"},
    {SYS_stat, EACCES, FAULT_HALE, "file:", "Permission denied"},
    {SYS_newfstatat, EACCES, FAULT_HALE, "file:", "Permission denied"},
    {SYS_statx, EACCES, FAULT_HALE, "file:", "Permission denied"},
};

enum { REASONS = sizeof(reasons) / sizeof(reasons[0]) };

static bool
is_given(const char *text, const char *target, const char *reason)
{
	const char *line = text, *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *at = strstr(line, target);
		const char *why = strstr(line, reason);

		if (at != NULL && why != NULL && at < why && why < end)
			return true;
	}
	return false;
}

Test(faults, make_a_probe_fail_with_a_reason, .init = open_servers,
     .fini = close_servers, .timeout = 600)
{
	struct ns_setup setup = setup_of(watching());
	struct fault_run *runs = make_runs();
	int i, stats = 0;

	setup = make_setup(&setup, "200");
	for (i = 0; i < REASONS; i++) {
		runs[i].setup = &setup;
		runs[i].fault = (struct fault){.call = reasons[i].call,
		                               .error = reasons[i].error,
		                               .who = reasons[i].who};
	}
	fault_run(runs, REASONS);
	for (i = 0; i < REASONS; i++) {
		/* libc's stat(3) makes one call of the three.  glibc's
		 * fstat(3) makes the same one, without which hale cannot write
		 * down the reason. */
		if (strcmp(reasons[i].target, "file:") == 0 &&
		    (runs[i].hits == 0 || runs[i].glibc))
			continue;
		stats += strcmp(reasons[i].target, "file:") == 0;
		cr_expect(
		    is_given(runs[i].err, reasons[i].target, reasons[i].reason),
		    "not '%s' of %s: %s", reasons[i].reason, reasons[i].target,
		    runs[i].err);
		cr_expect(runs[i].code == CODE && runs[i].hits > 0);
	}
	cr_expect(stats > 0 || runs[0].glibc, "no call looked at the file");
	free(runs);
	free(setup.words);
}

/* ------ The list. ------ */

/* Note what was called in a run, whatever came of it; true if hale's libc is
 * glibc, which calls other things than musl does. */
static bool
note_calls(const struct ns_setup *base, bool seen[FAULT_CALLS], int failing)
{
	struct ns_setup setup = make_setup(base, "200");
	struct fault_run run = {.fault = {.call = failing, .error = ENOENT},
	                        .setup = &setup};
	int i;

	if (failing == SYS_execve)
		run.fault.who = FAULT_CHILD;
	fault_run(&run, 1);
	check_listed(&run);
	for (i = 0; i < FAULT_CALLS; i++)
		seen[i] |= run.counts[FAULT_HALE][i] > 0 ||
		           run.counts[FAULT_CHILD][i] > 0;
	free(setup.words);
	return run.glibc;
}

/* A row that hale does not need is out of date. */
static void
check_needed(const bool seen[FAULT_CALLS])
{
	int i;

	for (i = 0; i < calls_count; i++) {
		const struct call_row *row = &calls_rows[i];

		if (seen[row->call])
			continue;
		cr_expect_neq(row->need, NEED_ALWAYS, "hale does not need %s",
		              row->name);
		if (row->need == NEED_BY_LIBC)
			printf("faults: not needed here: %s\n", row->name);
	}
}

Test(faults, are_tried_of_each_call_that_hale_makes, .init = open_servers,
     .fini = close_servers, .timeout = 600)
{
	char **all[] = {plain,      verbose,    stopping,      subreaper,
	                other_name, foreground, other_session, notified,
	                listening,  NULL};
	bool seen[FAULT_CALLS] = {false}, glibc = false;
	struct ns_setup setup;
	int i;

	for (i = 0; all[i] != NULL; i++) {
		setup = setup_of(all[i]);
		glibc = note_calls(&setup, seen, -1);
	}
	setup = setup_of(watching());
	note_calls(&setup, seen, -1);
	setup = setup_of(verbose);
	note_calls(&setup, seen, SYS_execve);
	note_calls(&setup, seen, SYS_open);
	if (!glibc)
		check_needed(seen);
}

/* The list says of each call why it cannot hold hale up. */
Test(faults, are_of_calls_that_cannot_block_for_a_reason)
{
	int i;

	for (i = 0; i < calls_count; i++) {
		const char *why = calls_rows[i].why;
		size_t length = strlen(why);

		cr_expect(length > 10 && why[length - 1] == '.' &&
		              strchr(why, ' ') != NULL,
		          "%s: no reason: '%s'", calls_rows[i].name, why);
	}
}
