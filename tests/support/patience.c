/* SPDX-License-Identifier: MIT */
/* patience: bounds in time that fit the machine, however busy it is. */
#include "patience.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/internal/ordered-set.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 6,
	QUIET_ROUND_US = 2000, /* a fork, exec, exit and wait */
	QUIET_SLIP_US = 500,   /* how much later than asked a timer comes */
	NAP_US = 1000,
	TEST_S = 120, /* for a test that has no timeout of its own */
};

static double factor;
static struct patience whole_test;

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

long long
patience_now_ms(void)
{
	return now_us() / 1000;
}

/* Fork, execute the smallest of the test programs' commands, and wait. */
static void
run_round(const char *path)
{
	char *const argv[] = {"program", "exit", "0", NULL};
	char *const environment[] = {NULL};
	pid_t pid = fork();

	if (pid == 0) {
		(void)execve(path, argv, environment);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

/* The longest of some rounds: on a busy machine most are short, and one is not.
 */
static long long
time_round(void)
{
	const char *path = getenv("PROGRAM_BIN");
	long long worst = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		long long began = now_us(), took;

		run_round(path != NULL ? path : "build/pid1/program");
		took = now_us() - began;
		worst = took > worst ? took : worst;
	}
	return worst;
}

/* How much later than asked the latest of some timers comes. */
static long long
time_slip(void)
{
	const struct timespec nap = {0, NAP_US * 1000};
	long long worst = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		long long began = now_us(), slip;

		(void)nanosleep(&nap, NULL);
		slip = now_us() - began - NAP_US;
		worst = slip > worst ? slip : worst;
	}
	return worst;
}

double
patience_measure(void)
{
	double rounds = (double)time_round() / QUIET_ROUND_US;
	double slip = (double)time_slip() / QUIET_SLIP_US;
	double times = rounds > slip ? rounds : slip;

	times = times < 1 ? 1 : times;
	times = times > PATIENCE_MOST ? PATIENCE_MOST : times;
	if (times > factor)
		factor = times;
	return times;
}

double
patience_factor(void)
{
	if (factor < 1)
		(void)patience_measure();
	return factor;
}

int
patience_scaled(int quiet_ms)
{
	return (int)(quiet_ms * patience_factor());
}

struct patience
patience_start(int quiet_ms)
{
	return (struct patience){patience_now_ms(), quiet_ms};
}

static int
left_ms(const struct patience *p, double times)
{
	long long over = p->began_ms + (long long)(p->quiet_ms * times);
	long long left = over - patience_now_ms();

	return left > 0 ? (int)left : 0;
}

int
patience_left_ms(const struct patience *p)
{
	int left = left_ms(p, factor < 1 ? 1 : factor);

	/* It is late.  Is the test, or the machine? */
	if (left == 0) {
		(void)patience_measure();
		left = left_ms(p, factor);
	}
	return left;
}

/* ------ The timeout of a test as a whole. ------ */

static void
arm_guard(int ms)
{
	struct itimerval timer = {
	    .it_value = {ms / 1000, ms % 1000 * 1000L + 1}};

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* All that is called here may be called by a signal handler. */
static void
end_test(int signal)
{
	static const char text[] = "the test takes too long\n";
	int left = patience_left_ms(&whole_test);

	(void)signal;
	if (left > 0) {
		arm_guard(left);
		return;
	}
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

static void
guard(int quiet_ms)
{
	/* The handler interrupts no system call of the test. */
	struct sigaction action = {.sa_handler = end_test,
	                           .sa_flags = SA_RESTART};

	whole_test = patience_start(quiet_ms);
	(void)sigaction(SIGALRM, &action, NULL);
	arm_guard(quiet_ms);
}

/* Criterion executes the program again for each test, with this variable.  So
 * each test is bounded from its first line. */
__attribute__((constructor)) static void
guard_test(void)
{
	if (getenv("BXFI_MAP") != NULL)
		guard(TEST_S * 1000);
}

/* Criterion's own timeout is as it was compiled in.  So the runner makes it
 * PATIENCE_MOST times as long for all tests, as a last resort, and here each
 * test bounds itself. */
void
patience_guard(void)
{
	static bool guarded;
	double seconds = criterion_current_test->data->timeout;

	if (seconds <= 0 && criterion_current_suite->data != NULL)
		seconds = criterion_current_suite->data->timeout;
	if (!guarded && seconds > 0)
		guard((int)(seconds / PATIENCE_MOST * 1000));
	guarded = true;
}

static void
multiply(struct criterion_test_extra_data *data)
{
	if (data != NULL && data->timeout > 0)
		data->timeout *= PATIENCE_MOST;
}

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
	FOREACH_SET(struct criterion_suite_set * suite, set->suites)
	{
		multiply(suite->suite.data);
		FOREACH_SET(struct criterion_test * test, suite->tests)
		multiply(test->data);
	}
}
