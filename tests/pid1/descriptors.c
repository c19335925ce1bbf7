/* SPDX-License-Identifier: MIT */
/* descriptors: what PROGRAM inherits, and what hale lets go of. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ns.h"
#include "refuse.h"

/* Hand these numbers on, all of them the writing end of one pipe. */
static const int numbers[] = {3, 5, 1000};

static void
hand_on(void *argument)
{
	size_t i;
	/* The numbers may be in use, by this one even: begin far above. */
	int fd = fcntl(*(int *)argument, F_DUPFD_CLOEXEC, 1500);

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (dup2(fd, numbers[i]) < 0)
			_exit(99);
}

static void
hand_on_to_an_old_kernel(void *argument)
{
	struct refusal r = {SYS_close_range, ENOSYS, REFUSE_ANY};

	hand_on(argument);
	refuse_call(&r);
}

/* Is hale left with the standard three alone? */
static void
check_own(const struct ns *ns)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", ns->hale);
	directory = opendir(path);
	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL)
		cr_expect_lt(atoi(entry->d_name), 3, "%s", entry->d_name);
	closedir(directory);
}

static void
check_inherited(void (*prepare)(void *))
{
	struct ns ns;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "descriptors", "6"),
	    .prepare = prepare,
	    .argument = &ends[1]});
	close(ends[1]);
	ns_expect_line(&ns, "3");
	ns_expect_line(&ns, "5");
	ns_expect_line(&ns, "1000");
	ns_expect_line(&ns, "ready");
	ns_await_close(ends[0]);
	check_own(&ns);
	close(ends[0]);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 6);
}

Test(descriptors, are_programs_and_not_kept_by_hale)
{
	check_inherited(hand_on);
}

Test(descriptors, are_not_kept_on_a_kernel_without_close_range)
{
	check_inherited(hand_on_to_an_old_kernel);
}

/* Each of the first three closed or not: bits of closed. */
static void
check_closed(int closed)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("-vvv", ns_program(), "streams"),
	    .in = (closed & 1) != 0 ? NS_CLOSED : NS_PIPE,
	    .out = (closed & 2) != 0 ? NS_CLOSED : NS_PIPE,
	    .err = (closed & 4) != 0 ? NS_CLOSED : NS_PIPE});

	cr_expect_eq(ns_wait(&ns), 7 & ~closed);
}

Test(descriptors, of_the_standard_streams_may_be_closed)
{
	int closed;

	for (closed = 0; closed < 8; closed++)
		check_closed(closed);
}

static void
check_directory(const struct ns *ns, const char *process, const char *expected)
{
	char path[64], link[PATH_MAX] = "";

	snprintf(path, sizeof(path), "/proc/%d/root/proc/%s/cwd", ns->hale,
	         process);
	cr_assert_gt(readlink(path, link, sizeof(link) - 1), 0);
	cr_expect_str_eq(link, expected);
}

Test(descriptors, of_the_directory_are_not_kept_either)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(ns_program(), "wait"), .scratch = true});

	ns_expect_line(&ns, "ready");
	ns_await_sleep(&ns);
	check_directory(&ns, "1", "/");
	check_directory(&ns, "2", ns_scratch());
	ns_kill(&ns);
}
