/* SPDX-License-Identifier: MIT */
/*
 * status: publishes what hale knows of PROGRAM's health, and reads it.
 *
 * The state is hale's own name in /proc/PID/comm, which every user can see. The
 * details are in a memory file (the status page) that hale holds open: it needs
 * no directory, port or socket, and it disappears together with hale.
 *
 * The page is protected by a sequence counter.  hale makes the counter odd
 * before it writes and even afterwards; a reader who finds it odd or changed
 * knows that the copy is torn and reads again.
 */
#include "report/status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text.h"
#include "lib/version.h"

/* Linux 5.1; older headers do not define it. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum {
	PAGE_DESCRIPTOR = 3,       /* where readers look first */
	DESCRIPTORS_SEARCHED = 64, /* ... and then among so many */
	PROC_PATH_SIZE = 48,       /* bytes of /proc/PID/fd/N and a NUL */
};

/* What readlink(2) shows of memfd_create("hale"). */
static const char page_link[] = "/memfd:hale (deleted)";

static const char page_version[sizeof(((struct status *)0)->version)] =
    "hale " HALE_VERSION;

/* What hale is called in each state; the state in a word stands behind the
 * prefix. */
static const char state_names[][STATUS_NAME_SIZE] = {
    [HEALTH_STARTING] = "hale:starting", [HEALTH_HEALTHY] = "hale:healthy",
    [HEALTH_UNREADY] = "hale:unready",   [HEALTH_UNHEALTHY] = "hale:unhealthy",
    [HEALTH_STOPPING] = "hale:stopping",
};

static const char kind_words[][8] = {
    [STATUS_HEALTH] = "health",
    [STATUS_READY] = "ready",
    [STATUS_WAIT] = "wait",
};

static bool
is_state(int n)
{
	return n >= HEALTH_STARTING && n <= HEALTH_STOPPING;
}

static bool
is_kind(int n)
{
	return n >= STATUS_HEALTH && n <= STATUS_WAIT;
}

const char *
status_word(int state)
{
	return is_state(state) ? state_names[state] + strlen("hale:")
	                       : "unknown";
}

const char *
status_kind_word(int kind)
{
	return is_kind(kind) ? kind_words[kind] : "unknown";
}

int
status_count(const struct status *s)
{
	if (s->count < 0)
		return 0;
	return s->count < HEALTH_TARGETS_MAX ? s->count : HEALTH_TARGETS_MAX;
}

/* ------ hale's side ------ */

/* Create the memory file at *fd and map it; NULL and errno. */
static struct status *
create_page(int *fd)
{
	struct status *s;

	*fd = memfd_create("hale", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return NULL;
	s = MAP_FAILED;
	if (ftruncate(*fd, sizeof(*s)) == 0)
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED,
		         *fd, 0);
	if (s == MAP_FAILED) {
		close(*fd);
		*fd = -1;
		return NULL;
	}
	memcpy(s->version, page_version, sizeof(page_version));
	return s;
}

static void
seal_page(int fd)
{
	const int size_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;

	/* Before Linux 5.1 the size alone can be sealed. */
	if (fcntl(fd, F_ADD_SEALS, size_seals | F_SEAL_FUTURE_WRITE) < 0)
		(void)fcntl(fd, F_ADD_SEALS, size_seals);
}

struct status *
status_open(int *fd)
{
	/* If PROGRAM runs already, it could open the file before the seals are
	 * on, and then write it for good, or truncate it and so kill hale. A
	 * process that is not dumpable hides its descriptors. */
	bool hide =
	    prctl(PR_GET_DUMPABLE) == 1 && prctl(PR_SET_DUMPABLE, 0L) == 0;
	struct status *s = create_page(fd);

	if (s != NULL)
		seal_page(*fd);
	if (hide)
		(void)prctl(PR_SET_DUMPABLE, 1L);
	return s;
}

void
status_move(int *fd)
{
	if (*fd == PAGE_DESCRIPTOR)
		return;
	if (dup2(*fd, PAGE_DESCRIPTOR) < 0)
		return; /* readers find it where it is, too */
	close(*fd);
	*fd = PAGE_DESCRIPTOR;
	(void)fcntl(*fd, F_SETFD, FD_CLOEXEC);
}

void
status_begin(struct status *s)
{
	s->sequence++;
	atomic_thread_fence(memory_order_seq_cst);
}

void
status_end(struct status *s)
{
	atomic_thread_fence(memory_order_seq_cst);
	s->sequence++;
}

/* Has a target before this one the same text? */
static bool
is_text_taken(const struct status *s, int target)
{
	const char *text = s->targets[target].text;
	int i;

	for (i = 0; i < target; i++)
		if (strcmp(s->targets[i].text, text) == 0)
			return true;
	return false;
}

void
status_set_text(struct status *s, int target, const char *text)
{
	/* One digit is enough, since there are at most eight targets. */
	const size_t suffix_length = strlen(" #2");
	long long copy;
	struct text t;
	size_t length;

	text_init(&t, s->targets[target].text, STATUS_TEXT_SIZE);
	t.size -= suffix_length;
	text_escaped(&t, text, strlen(text));
	t.size += suffix_length;
	t.cut = false;
	length = t.length;
	for (copy = 2; is_text_taken(s, target); copy++) {
		t.length = length;
		text_format(&t, " #{copy:d}", copy);
	}
}

void
status_publish(enum health_state state)
{
	(void)prctl(PR_SET_NAME, state_names[state]); /* cannot fail */
}

void
status_unpublish(void)
{
	(void)prctl(PR_SET_NAME, "hale");
}

/* ------ The readers' side ------ */

int
status_of(pid_t pid)
{
	char path[PROC_PATH_SIZE], name[STATUS_NAME_SIZE + 1];
	struct text t;
	int state;

	text_init(&t, path, sizeof(path));
	text_format(&t, "/proc/{pid:d}/comm", (long long)pid);
	(void)file_read(path, name, sizeof(name)); /* or else it is "" */
	name[strcspn(name, "\n")] = '\0';
	for (state = HEALTH_STARTING; state <= HEALTH_STOPPING; state++)
		if (strcmp(name, state_names[state]) == 0)
			return state;
	return -1;
}

/* Open descriptor n of a process if it is a status page.  Descriptor 3 may be
 * PROGRAM's, inherited, and anything: so look at the name first. */
static int
open_descriptor(pid_t pid, int n)
{
	char path[PROC_PATH_SIZE], link[sizeof(page_link)] = "";
	struct text t;

	text_init(&t, path, sizeof(path));
	text_format(&t, "/proc/{pid:d}/fd/{descriptor:d}", (long long)pid,
	            (long long)n);
	if (readlink(path, link, sizeof(link)) < 0)
		return -1;
	if (strncmp(link, page_link, sizeof(link)) == 0)
		return file_open(path);
	errno = ENOENT;
	return -1;
}

static int
open_page(pid_t pid)
{
	int fd = open_descriptor(pid, PAGE_DESCRIPTOR), n;

	for (n = 0; fd < 0 && errno == ENOENT && n < DESCRIPTORS_SEARCHED; n++)
		fd = open_descriptor(pid, n);
	return fd;
}

/* Read the first size bytes of the page, as they were between two updates. */
static int
read_page(int fd, struct status *s, size_t size)
{
	const off_t place = offsetof(struct status, sequence);
	unsigned sequence;

	errno = EPROTO;
	if (pread(fd, s, size, 0) != (ssize_t)size ||
	    memcmp(s->version, page_version, sizeof(page_version)) != 0)
		return -1;
	if (pread(fd, &sequence, sizeof(sequence), place) == sizeof(sequence) &&
	    sequence == s->sequence && sequence % 2 == 0)
		return 0;
	errno = EBUSY;
	return -1;
}

/* Attempts are added up by readers. */
static bool
is_sane_count(long long n)
{
	return n >= 0 && n < LLONG_MAX / 2;
}

static bool
is_sane_target(const struct status_target *target)
{
	return is_kind(target->kind) && is_state(target->state) &&
	       is_sane_count(target->passed) && is_sane_count(target->failed) &&
	       target->output_length >= 0 &&
	       target->output_length <= STATUS_OUTPUT_SIZE;
}

/* The page may have been written by somebody who is not hale: nothing in it may
 * lead a reader astray. */
static bool
is_sane(const struct status *s)
{
	int i;

	if (s->since < 0 || /* the time since then could not be computed */
	    s->count < 1 || s->count > HEALTH_TARGETS_MAX ||
	    !is_state(s->state))
		return false;
	for (i = 0; i < s->count; i++)
		if (!is_sane_target(&s->targets[i]))
			return false;
	return true;
}

static void
end_texts(struct status *s)
{
	int i;

	for (i = 0; i < s->count; i++) {
		s->targets[i].text[STATUS_TEXT_SIZE - 1] = '\0';
		s->targets[i].reason[STATUS_REASON_SIZE - 1] = '\0';
	}
}

int
status_read(pid_t pid, struct status *s, bool all)
{
	size_t size = all ? sizeof(*s) : offsetof(struct status, output);
	int fd = open_page(pid), result;

	if (fd < 0)
		return -1;
	result = read_page(fd, s, size);
	close(fd);
	if (result < 0)
		return -1;
	if (!is_sane(s)) {
		errno = EPROTO;
		return -1;
	}
	end_texts(s);
	return 0;
}
