/* SPDX-License-Identifier: MIT */
/* idle: hale sleeps until something happens. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ns.h"

/* How often hale has been given the processor. */
static unsigned long long
switches(const struct ns *ns)
{
	return ns_status(ns, 1, "voluntary_ctxt_switches", 10) +
	       ns_status(ns, 1, "nonvoluntary_ctxt_switches", 10);
}

/* Let two seconds pass in which hale must do nothing. */
static void
watch(void)
{
	struct itimerspec soon = {.it_value.tv_sec = 2};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(timerfd_settime(fd, 0, &soon, NULL), 0);
	cr_assert(ns_await_input(fd));
	close(fd);
}

Test(idle, means_asleep)
{
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS(ns_program(), "wait")});
	unsigned long long before;

	ns_expect_line(&ns, "ready");
	ns_await_sleep(&ns);
	before = switches(&ns);
	watch();
	cr_expect_eq(switches(&ns), before);
	ns_send(&ns, SIGWINCH);
	ns_await_sleep(&ns);
	ns_kill(&ns);
}
