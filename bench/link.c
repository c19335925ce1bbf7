/* SPDX-License-Identifier: MIT */
/* link: an init that runs our PROGRAM, and the lines to that PROGRAM. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc.h"

enum {
	ANSWER_MS = 60000, /* the longest order is 16,000 processes */
	SETTLE_NS = 10000000,
};

static void
make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		lab_fail("pipe");
}

static int
make_board(struct link *link)
{
	int fd = memfd_create("board", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(*link->board)) < 0)
		lab_fail("memfd_create");
	link->board = mmap(NULL, sizeof(*link->board), PROT_READ | PROT_WRITE,
	                   MAP_SHARED, fd, 0);
	if (link->board == MAP_FAILED)
		lab_fail("mmap");
	return fd;
}

static void
wait_for_answer(struct link *link)
{
	struct pollfd answer = {.fd = link->answers, .events = POLLIN};
	char byte;

	errno = ETIMEDOUT;
	if (poll(&answer, 1, ANSWER_MS) == 1) {
		errno = EPIPE;
		if (read(link->answers, &byte, 1) == 1)
			return;
	}
	lab_fail("no answer from the program under the init");
}

void
link_open(struct link *link, const struct lab_init *init, char *program)
{
	char *const words[] = {program, NULL};
	char *argv[LAB_WORDS];
	int orders[2], answers[2], release[2], memory;

	make_pipe(orders);
	make_pipe(answers);
	make_pipe(release);
	memory = make_board(link);
	lab_command(init, words, argv);
	link->pid =
	    lab_start(argv, LAB_NAMESPACE,
	              (int[]){orders[0], answers[1], release[0], memory});
	(void)close(orders[0]);
	(void)close(answers[1]);
	(void)close(release[0]);
	(void)close(memory);
	link->orders = orders[1];
	link->answers = answers[0];
	link->release = release[1];
	wait_for_answer(link);
	lab_sleep_until(lab_now() + SETTLE_NS);
	proc_wait_asleep(link->pid);
}

void
link_order(struct link *link, uint32_t verb, uint32_t count)
{
	struct order order = {.verb = verb, .count = count};

	if (write(link->orders, &order, sizeof(order)) != sizeof(order))
		lab_fail("order");
	wait_for_answer(link);
}

void
link_release(struct link *link)
{
	(void)close(link->release);
	link->release = -1;
}

void
link_close(struct link *link)
{
	lab_end(link->pid);
	(void)munmap(link->board, sizeof(*link->board));
	(void)close(link->orders);
	(void)close(link->answers);
	if (link->release >= 0)
		(void)close(link->release);
}
