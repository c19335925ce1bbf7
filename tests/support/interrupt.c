/* SPDX-License-Identifier: MIT */
/*
 * interrupt: lets Ctrl-C end the tests.
 *
 * Criterion puts its runner into a process group of its own, which the terminal
 * does not send INT.  make would wait for it, and the tests would go on.  Tests
 * end with the runner.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <unistd.h>

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
	(void)set;
	/* It fails if the runner was started as the leader of a session, which
	 * the terminal does reach. */
	(void)setpgid(0, getpgid(getppid()));
}
