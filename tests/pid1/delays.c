/* SPDX-License-Identifier: MIT */
/*
 * delays: no system call that takes long holds a signal up for longer.
 *
 * Each call that hale makes while PROGRAM runs takes 300 ms, once, in runs that
 * do all that hale can; meanwhile PROGRAM sends hale signals and measures how
 * long they take to come back.  A call of hale's own may hold a signal up for
 * those 300 ms, a call of a probe's child not at all.  What else it takes is
 * compared with runs without a delay at the same time on the same machine.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "calls.h"
#include "checks.h"
#include "fault.h"
#include "helper.h"
#include "server.h"

TestSuite(delays, .timeout = 300);

enum {
	CODE = 7,       /* PROGRAM's */
	DELAY_MS = 300, /* of one call */
	TRIES = 3,      /* of a run in which a signal was late */
	SPARE_MS = 40, /* that a tracer may add, beside what it takes without */
	RUN_MS = 1500, /* of PROGRAM, and half of it passes before a delay */
	RUNS = 1024,   /* of a test */
	AT_ONCE = 3,   /* runs, or they wait for the tracer */
	CONTROLS = 6,  /* of these are without a delay */
	LONG_PARTS = 8, /* of a run, each with a delay of its own */
};

struct plan {
	const struct ns_setup *setup;
	const struct fault_run *clean;
	struct fault_run *runs;
	int count;
};

static char *watching[] = {"--health-interval=200ms",
                           "--health-retries=1",
                           "--health",
                           NULL,
                           "--health",
                           NULL,
                           "--health",
                           "file:/",
                           "--health",
                           NULL,
                           NULL};
static char *stopping[] = {"-vv", "--drain=200ms", "--grace=200ms", NULL};
static char *notified[] = {"--health=notify:?max-age=10m",
                           "--health-interval=50ms", NULL};

static struct server http;
static int http_fd, http_port;

static void
open_server(void)
{
	http_fd = server_bind("127.0.0.1", &http_port);
	server_start(&http, http_fd,
	             SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n")));
}

static void
close_server(void)
{
	server_stop(&http, http_fd);
}

static bool
is_long(void)
{
	return getenv("DELAYS") != NULL;
}

/* The slowest signal of a run, in milliseconds; -1 if there was one too few. */
static int
slowest_ms(const struct fault_run *run)
{
	const char *at = strstr(run->out, "slowest ");

	return at != NULL ? atoi(at + strlen("slowest ")) : -1;
}

static void
add(struct plan *plan, struct fault fault)
{
	struct fault_run *run = &plan->runs[plan->count];

	cr_assert_lt(plan->count++, RUNS);
	run->fault = fault;
	run->setup = plan->setup;
}

/* Delay this call in the middle of the run; with DELAYS=all, at more moments.
 */
static void
add_moments(struct plan *plan, int call, enum fault_who who)
{
	int count = plan->clean->counts[who][call], part, last = 0;
	int parts = is_long() ? LONG_PARTS : 2;

	for (part = 1; part < parts; part++) {
		int when = count * part / parts;

		if (when > last)
			add(plan, (struct fault){.call = call,
			                         .who = who,
			                         .when = when,
			                         .delay_ms = DELAY_MS});
		last = when;
	}
}

static void
add_all(struct plan *plan)
{
	int i, who;

	for (i = 0; i < CONTROLS; i++)
		add(plan, (struct fault){.call = -1});
	for (i = 0; i < calls_count; i++)
		for (who = 0; who < FAULT_WHO; who++)
			add_moments(plan, calls_rows[i].call,
			            (enum fault_who)who);
}

static int
bound_ms(const struct fault *f, int control_ms)
{
	bool own = f->call >= 0 && f->who == FAULT_HALE;

	return (own ? DELAY_MS : 0) + 2 * control_ms + SPARE_MS;
}

static bool
is_in_time(const struct fault_run *run, int control_ms)
{
	int took = slowest_ms(run);

	return took >= 0 && took <= bound_ms(&run->fault, control_ms) &&
	       run->code == CODE;
}

/* On a busy machine a signal is late now and then whoever delays it: a run in
 * which one was late is made again, alone. */
static void
make_again_if_late(struct fault_run *run, int control_ms)
{
	struct fault fault = run->fault;
	const struct ns_setup *setup = run->setup;
	int i;

	for (i = 0; i < TRIES && !is_in_time(run, control_ms); i++) {
		*run = (struct fault_run){.fault = fault, .setup = setup};
		fault_run(run, 1);
	}
}

static void
judge(const struct plan *plan, struct fault_run *run, int control_ms)
{
	const struct fault *f = &run->fault;

	make_again_if_late(run, control_ms);
	cr_expect(is_in_time(run, control_ms),
	          "%s of %s, call %d of %d: a signal took %d ms, %d is the "
	          "most; exit code %d, said '%s', '%s'",
	          f->call < 0 ? "no call" : calls_find(f->call)->name,
	          f->who == FAULT_CHILD ? "a probe's child" : "hale", f->when,
	          f->call < 0 ? 0 : plan->clean->counts[f->who][f->call],
	          slowest_ms(run), bound_ms(f, control_ms), run->code, run->out,
	          run->err);
}

static struct ns_setup
make_setup(char **options)
{
	struct ns_setup setup = {.words = calloc(32, sizeof(char *))};
	int n;

	for (n = 0; options[n] != NULL; n++)
		setup.words[n] = options[n];
	setup.words[n++] = ns_program();
	setup.words[n++] = "time-signals";
	setup.words[n++] = checks_text("%d", CODE);
	setup.words[n] = checks_text("%d", RUN_MS);
	return setup;
}

static void
check_delays(char **options)
{
	struct ns_setup setup = make_setup(options);
	struct fault_run clean = {.fault.call = -1, .setup = &setup};
	struct plan plan = {.setup = &setup,
	                    .clean = &clean,
	                    .runs = calloc(RUNS, sizeof(*plan.runs))};
	int i, control_ms = 0;

	fault_run(&clean, 1);
	cr_assert_geq(slowest_ms(&clean), 0, "%s %s", clean.out, clean.err);
	add_all(&plan);
	fault_run_few(plan.runs, plan.count, AT_ONCE);
	for (i = 0; i < CONTROLS; i++)
		if (slowest_ms(&plan.runs[i]) > control_ms)
			control_ms = slowest_ms(&plan.runs[i]);
	for (i = 0; i < plan.count; i++)
		judge(&plan, &plan.runs[i], control_ms);
	printf("delays: %d, a signal takes %d ms without one\n",
	       plan.count - CONTROLS, control_ms);
	free(plan.runs);
	free(setup.words);
}

Test(delays, of_a_call_hold_up_no_signal_for_longer_with_probes,
     .init = open_server, .fini = close_server)
{
	watching[3] = checks_text("http://127.0.0.1:%d/", http_port);
	watching[5] = checks_text("tcp://127.0.0.1:%d", http_port);
	watching[9] = checks_text("exec:%s exit 0", ns_program());

	check_delays(watching);
}

Test(delays, of_a_call_hold_up_no_signal_for_longer_with_a_grace)
{
	check_delays(stopping);
}

Test(delays, of_a_call_hold_up_no_signal_for_longer_when_notified)
{
	check_delays(notified);
}
