/* SPDX-License-Identifier: MIT */
/*
 * status: what hale knows of PROGRAM's health, for others to read.
 *
 * The state is hale's own name, which anybody can see wherever there is a
 * /proc.  The details are in a memory file that hale holds open: it needs no
 * directory, port or socket, and goes with hale.  Who reads it while hale
 * writes sees an odd number, or another one afterwards, and reads again.
 */
#include "report/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/text.h"
#include "cli/version.h"

enum {
	/* Linux 5.1; not every libc knows it. */
	SEAL_FUTURE_WRITE = 0x10,
	SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW,
};

static const char version[sizeof(((struct status *)0)->version)] =
    "hale " HALE_VERSION;

static const char names[][STATUS_NAME_SIZE] = {
    [HEALTH_STARTING] = "hale:starting",
    [HEALTH_HEALTHY] = "hale:healthy",
    [HEALTH_UNHEALTHY] = "hale:unhealthy",
    [HEALTH_STOPPING] = "hale:stopping",
};

const char *
status_word(int state)
{
	return names[state] + sizeof("hale:") - 1;
}

void
status_publish(enum health_state state)
{
	(void)syscall(SYS_prctl, PR_SET_NAME, names[state]); /* cannot fail */
}

static void *
map(int fd, size_t size)
{
#ifdef SYS_mmap2
	long call = SYS_mmap2;
#else
	long call = SYS_mmap;
#endif

	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (void *)syscall(call, NULL, size, PROT_READ | PROT_WRITE,
	                       MAP_SHARED, fd, 0L);
}

static int
seal(int fd, unsigned long seals)
{
	return (int)syscall(SYS_fcntl, fd, F_ADD_SEALS, seals);
}

static struct status *
open_sealed(void)
{
	int fd = (int)syscall(SYS_memfd_create, "hale",
	                      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct status *s = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(*s)) == 0)
		s = map(fd, sizeof(*s));
	if (s == MAP_FAILED)
		return NULL;
	if (seal(fd, SEALS | SEAL_FUTURE_WRITE) < 0)
		(void)seal(fd, SEALS); /* an older kernel: the most it can do */
	memcpy(s->version, version, sizeof(version));
	return s;
}

struct status *
status_open(void)
{
	/* PROGRAM runs already.  If it opened the file before the seals are on,
	 * it could write it for good, or cut it short and so kill hale. */
	bool hide = syscall(SYS_prctl, PR_GET_DUMPABLE) == 1 &&
	            syscall(SYS_prctl, PR_SET_DUMPABLE, 0L) == 0;
	struct status *s = open_sealed();

	if (hide)
		(void)syscall(SYS_prctl, PR_SET_DUMPABLE, 1L);
	return s;
}

void
status_begin(struct status *s)
{
	s->turn++;
	atomic_thread_fence(memory_order_seq_cst);
}

void
status_end(struct status *s)
{
	atomic_thread_fence(memory_order_seq_cst);
	s->turn++;
}

void
status_path(char path[STATUS_PATH_SIZE], pid_t pid, const char *name)
{
	struct text t;

	text_init(&t, path, STATUS_PATH_SIZE);
	text_string(&t, "/proc/");
	text_number(&t, pid);
	text_string(&t, name);
}

/* Open a file of /proc/PID to read. */
static int
open_below(pid_t pid, const char *name)
{
	char path[STATUS_PATH_SIZE];

	status_path(path, pid, name);
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int
status_of(pid_t pid)
{
	char name[STATUS_NAME_SIZE];
	int fd = open_below(pid, "/comm"), state;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, name, sizeof(name)); /* with a newline at the end */
	name[n > 0 ? n - 1 : 0] = '\0';
	close(fd);
	for (state = HEALTH_STOPPING; state >= 0; state--)
		if (strcmp(name, names[state]) == 0)
			break;
	return state;
}

/* Read all of it, if that is as it was between two updates. */
static int
read_whole(int fd, struct status *s, size_t size)
{
	unsigned turn;

	if (pread(fd, s, size, 0) != (ssize_t)size ||
	    memcmp(s->version, version, sizeof(version)) != 0)
		return -1;
	if (pread(fd, &turn, sizeof(turn), offsetof(struct status, turn)) ==
	        sizeof(turn) &&
	    turn == s->turn && turn % 2 == 0)
		return 0;
	errno = EBUSY;
	return -1;
}

int
status_read(pid_t pid, struct status *s, bool all)
{
	size_t size = all ? sizeof(*s) : offsetof(struct status, output);
	int fd = open_below(pid, "/fd/3"), result;

	if (fd < 0)
		return -1;
	errno = 0;
	result = read_whole(fd, s, size);
	close(fd);
	return result;
}
