/* SPDX-License-Identifier: MIT */
/* failure: tells, of each test that fails, how to run it alone. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <stdlib.h>

/* The variables come from tests/Makefile and tests/support/parts. */
static void
explain(const struct criterion_test *test)
{
	const char *target = getenv("TEST_TARGET"), *log = getenv("TEST_LOG");

	fprintf(stderr, "To run this test alone: make %s TESTS='%s/%s'\n",
	        target != NULL ? target : "pid1", test->category, test->name);
	if (log != NULL)
		fprintf(stderr, "The whole output is in %s\n", log);
}

ReportHook(POST_TEST)(struct criterion_test_stats *stats)
{
	if (stats->test_status == CR_STATUS_FAILED || stats->timed_out)
		explain(stats->test);
}

ReportHook(TEST_CRASH)(struct criterion_test_stats *stats)
{
	explain(stats->test);
}
