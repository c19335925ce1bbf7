/* SPDX-License-Identifier: MIT */
/*
 * program: what the init runs while it is measured.
 *
 * It does what the harness orders through a pipe: orphans, zombies, forking
 * loops, and at last nothing but to note when a signal arrived.  All signals
 * are blocked from the start, so that none comes too early to be noted.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

enum { FAMILY = 10 }; /* orphans that one parent leaves */

static _Noreturn void
fail(const char *what)
{
	perror(what);
	_exit(1);
}

static pid_t
make(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("program: fork");
	return pid;
}

static void
wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			fail("program: waitpid");
}

/* Sleep until the harness closes its end. */
static void
wait_for_release(void)
{
	char byte;

	while (read(BOARD_RELEASE, &byte, 1) < 0 && errno == EINTR)
		continue;
}

/* Their parent ends at once, so that they become the init's, dead or alive. */
static void
make_orphans(uint32_t count)
{
	pid_t parent = make();

	if (parent == 0) {
		while (count-- > 0)
			if (make() == 0)
				break;
		_exit(0);
	}
	wait_for(parent);
}

static void
make_families(uint32_t count)
{
	for (; count > FAMILY; count -= FAMILY)
		make_orphans(FAMILY);
	make_orphans(count);
}

static void
hold(uint32_t count)
{
	pid_t parent = make();

	if (parent > 0) {
		wait_for(parent);
		return;
	}
	while (count-- > 0) {
		if (make() > 0)
			continue;
		wait_for_release();
		break;
	}
	_exit(0);
}

static void
be_meek(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_UNBLOCK, &term, NULL);
}

/* Until the last of count children is a zombie. */
static void
leave_zombies(uint32_t count)
{
	siginfo_t info;
	pid_t last = 0;

	while (count-- > 0) {
		last = make();
		if (last == 0)
			_exit(0);
	}
	while (waitid(P_PID, (id_t)last, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			fail("program: waitid");
}

/* The parent is an orphan itself: nobody but the init may wait for it. */
static void
hand_over(uint32_t count)
{
	int done[2];
	char byte;
	pid_t parent;

	if (pipe(done) < 0)
		fail("program: pipe");
	parent = make();
	if (parent > 0) {
		wait_for(parent);
		(void)close(done[1]);
		(void)read(done[0], &byte, 1);
		(void)close(done[0]);
		return;
	}
	if (make() > 0)
		_exit(0);
	leave_zombies(count);
	(void)write(done[1], "", 1);
	wait_for_release();
	_exit(0);
}

static void
start_loops(uint32_t count)
{
	while (count-- > 0)
		if (make() == 0)
			for (;;)
				make_orphans(1);
}

/* So that no signal waits for PROGRAM once the init has sent it on. */
static void
be_quick(uint32_t policy)
{
	struct sched_param priority = {
	    .sched_priority = policy == SCHED_OTHER ? 0 : 1,
	};

	(void)syscall(SYS_sched_setscheduler, 0, policy | SCHED_RESET_ON_FORK,
	              &priority);
}

static void
listen_for_signals(struct board *board)
{
	sigset_t all;
	struct timespec t;
	uint32_t i = 0;
	int number;

	sigfillset(&all);
	sigdelset(&all, SIGCHLD);
	while (i < BOARD_ARRIVALS) {
		number = sigwaitinfo(&all, NULL);
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
		if (number < 0)
			continue;
		board->arrivals[i].at =
		    (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
		board->arrivals[i].number = number;
		atomic_store_explicit(&board->count, ++i, memory_order_release);
	}
}

static void
answer(void)
{
	if (write(BOARD_ANSWERS, "", 1) != 1)
		fail("program: answer");
}

static void
obey(const struct order *order, struct board *board)
{
	switch (order->verb) {
	case ORDER_ORPHANS:
		make_families(order->count);
		break;
	case ORDER_HOLD_MEEK:
		be_meek();
		hold(order->count);
		break;
	case ORDER_HOLD:
		hold(order->count);
		break;
	case ORDER_HAND_OVER:
		hand_over(order->count);
		break;
	case ORDER_LOOPS:
		start_loops(order->count);
		break;
	case ORDER_LISTEN:
		be_quick(order->count);
		answer();
		listen_for_signals(board);
		break;
	}
	answer();
}

int
main(void)
{
	struct board *board;
	struct order order;
	sigset_t all;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
	             BOARD_MEMORY, 0);
	if (board == MAP_FAILED)
		fail("program: mmap");
	answer();
	while (read(BOARD_ORDERS, &order, sizeof(order)) == sizeof(order))
		obey(&order, board);
	return 0;
}
