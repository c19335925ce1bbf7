/* SPDX-License-Identifier: MIT */
/*
 * find: finds the hale process of this container and reads its status page.
 *
 * PID 1 is believed if it can be this container's: any process may take the
 * name hale:healthy, but only what started the container is PID 1.  Where
 * hale is not PID 1 (docker exec into a container with a shared PID namespace,
 * or hale below another init), a process must have the name, a valid page, and
 * the caller's mount namespace.
 */
#include "cli/find.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/numbers.h"
#include "lib/text.h"

enum {
	LATE_MS = 2000, /* that hale may be late with an update */
	TRIES = 20,     /* hale may be writing, or wake up from a pause */
	PAUSE_MS = 50,  /* between them */
	PATH_SIZE = 40, /* bytes of /proc/PID/ns/mnt and a NUL */
};

/* The number of a process's mount namespace; 0 if it is hidden. */
static ino_t
read_namespace(pid_t pid)
{
	char path[PATH_SIZE];
	struct stat status;
	struct text t;

	text_init(&t, path, sizeof(path));
	text_format(&t, "/proc/{pid:d}/ns/mnt", (long long)pid);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* Is this process an instance of hale that runs in the caller's mount
 * namespace?  A name is not enough: any process may take it. */
static bool
is_own_hale(pid_t pid, ino_t own, struct status *s)
{
	return status_of(pid) >= 0 &&
	       (status_read(pid, s, false) == 0 || errno == EBUSY) &&
	       read_namespace(pid) == own;
}

static pid_t
search_processes(ino_t own, struct status *s)
{
	struct numbers processes;
	pid_t pid;

	if (numbers_open(&processes, "/proc") < 0)
		return 0;
	do
		pid = numbers_next(&processes);
	while (pid >= 0 && !is_own_hale(pid, own, s));
	numbers_close(&processes);
	return pid > 0 ? pid : 0;
}

/* The pid of this container's hale process, or 0. */
static pid_t
find_hale(struct status *s)
{
	ino_t own = read_namespace(getpid()), first = read_namespace(1);
	bool is_first = status_of(1) >= 0;
	pid_t pid;

	/* Another user may not see the namespace of PID 1. */
	if (is_first && (first == 0 || own == first))
		return 1;
	pid = search_processes(own, s);
	return pid == 0 && is_first ? 1 : pid;
}

/* Why no hale process was found. */
static const char *
explain_absence(void)
{
	if (access("/proc/self/comm", F_OK) < 0)
		return "/proc is not mounted here, so hale cannot be found";
	if (access("/proc/1/comm", F_OK) < 0)
		return "/proc hides the hale process from this user "
		       "(hidepid); run the check as the user that hale runs "
		       "as, or mount /proc without hidepid";
	return "no hale with --health was found in this container";
}

/* Read the page of process pid, whose name shows state.  False if hale has
 * stopped updating it. */
static bool
read_details(pid_t pid, int state, struct status *s, bool all)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (status_read(pid, s, all) == 0) {
			if (clock_now() - LATE_MS <= s->next_update)
				return true;
		} else if (errno != EBUSY) {
			/* Another user's: there is only the name. */
			s->count = 0;
			s->state = state;
			return true;
		}
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return false;
}

void
find_state(struct found *f, struct status *s, bool all)
{
	pid_t pid = find_hale(s);
	int state = status_of(pid);

	f->pid = 0;
	f->problem = NULL;
	if (state < 0) {
		f->problem = explain_absence();
	} else {
		f->pid = pid;
		if (read_details(pid, state, s, all))
			return;
		f->problem = "hale has stopped updating its state";
	}
	s->count = 0;
	s->state = HEALTH_UNHEALTHY;
}
