/* SPDX-License-Identifier: MIT */
/*
 * alone: runs the unit tests without Criterion, one after the other.
 */
#include "criterion/criterion.h"
#include "patience.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TIMEOUT = 20 * PATIENCE_MOST, /* seconds for a test, however slow */
	SKIPPED = 77,
};

static struct alone_test *tests, *suites;
static int failures;

void
alone_add(struct alone_test *test)
{
	test->next = tests;
	tests = test;
}

void
alone_add_suite(struct alone_test *suite)
{
	suite->next = suites;
	suites = suite;
}

void
alone_check(bool good, bool must, const char *file, int line, const char *what)
{
	if (good)
		return;
	failures++;
	printf("%s:%d: %s\n", file, line, what);
	if (must)
		exit(1);
}

void
alone_skip(void)
{
	exit(SKIPPED);
}

/* Here nothing is measured: as patient as on the slowest machine. */
int
patience_scaled(int quiet_ms)
{
	return quiet_ms * PATIENCE_MOST;
}

static const struct alone_extra *
suite_of(const struct alone_test *test)
{
	static const struct alone_extra none;
	const struct alone_test *s;

	for (s = suites; s != NULL; s = s->next)
		if (strcmp(s->suite, test->suite) == 0)
			return &s->extra;
	return &none;
}

static _Noreturn void
play(const struct alone_test *test)
{
	const struct alone_extra *suite = suite_of(test);

	alarm((unsigned)(test->extra.timeout > 0 ? test->extra.timeout
	                                         : TIMEOUT));
	if (suite->init != NULL)
		suite->init();
	test->run();
	if (suite->fini != NULL)
		suite->fini();
	exit(failures > 0);
}

/* False if it failed. */
static bool
run(const struct alone_test *test)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		play(test);
	if (waitpid(pid, &status, 0) == pid &&
	    (status == 0 || status == SKIPPED << 8))
		return true;
	printf("failed: %s::%s (wait status %#x)\n", test->suite, test->name,
	       (unsigned)status);
	return false;
}

int
main(void)
{
	const struct alone_test *test;
	int count = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (test = tests; test != NULL; test = test->next, count++)
		failed += !run(test);
	printf("%d tests, %d failed\n", count, failed);
	return failed > 0;
}
