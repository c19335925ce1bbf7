/* SPDX-License-Identifier: MIT */
/*
 * proc: what the kernel says of a process and of them all.
 *
 * All of it is read from outside, and none of it wakes the process.
 */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"

enum {
	PAGE_SIZE = 8192,
	POLLS = 5000, /* a millisecond each */
	MS = 1000000,
};

/* The file's text, cut off at size. */
static ssize_t
read_file(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		lab_fail(path);
	length = read(fd, text, size - 1);
	(void)close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

long
proc_field(pid_t pid, const char *file, const char *field)
{
	char text[PAGE_SIZE], key[32];
	const char *at;

	(void)read_file(pid, file, text, sizeof(text));
	(void)snprintf(key, sizeof(key), "\n%s:", field);
	at = strstr(text, key);
	return at == NULL ? -1 : lab_number(at + strlen(key));
}

static void
memory_row(const char *name, const char *prefix, const char *what, long kib)
{
	char metric[32];

	(void)snprintf(metric, sizeof(metric), "%s%s", prefix, what);
	lab_row(name, metric, (double)kib);
}

/* From smaps_rollup, since the counters in status are kept per processor and
 * may be off by more than hale has. */
void
proc_memory(pid_t pid, const char *name, const char *prefix)
{
	static const char file[] = "smaps_rollup";

	memory_row(name, prefix, "rss", proc_field(pid, file, "Rss"));
	memory_row(name, prefix, "anonymous",
	           proc_field(pid, file, "Anonymous"));
	memory_row(name, prefix, "pss", proc_field(pid, file, "Pss"));
}

int
proc_descriptors(pid_t pid)
{
	char path[64];
	int count = 0;
	DIR *fds;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	if (fds == NULL)
		lab_fail(path);
	while (readdir(fds) != NULL)
		count++;
	(void)closedir(fds);
	return count - 2; /* . and .. */
}

void
proc_wait_asleep(pid_t pid)
{
	char text[PAGE_SIZE];
	int i;

	for (i = 0; i < POLLS; i++) {
		(void)read_file(pid, "status", text, sizeof(text));
		if (strstr(text, "\nState:\tS") != NULL)
			return;
		lab_sleep_until(lab_now() + MS);
	}
	errno = ETIMEDOUT;
	lab_fail("the init does not come to rest");
}

void
proc_wait_named(pid_t pid, const char *name)
{
	char text[64];
	int i;

	for (i = 0; i < POLLS; i++) {
		(void)read_file(pid, "comm", text, sizeof(text));
		if (strncmp(text, name, strlen(name)) == 0)
			return;
		lab_sleep_until(lab_now() + MS);
	}
	errno = ETIMEDOUT;
	lab_fail(name);
}

int64_t
proc_cpu(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if ((errno = clock_getcpuclockid(pid, &clock)) != 0 ||
	    clock_gettime(clock, &t) < 0)
		lab_fail("cannot read the init's processor time");
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
proc_waited(pid_t pid)
{
	char text[96], *second;

	/* The first number is the time on a processor. */
	(void)read_file(pid, "schedstat", text, sizeof(text));
	(void)strtoll(text, &second, 10);
	return strtoll(second, NULL, 10);
}

static void
read_children(pid_t pid, char *text, size_t size)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "task/%d/children", (int)pid);
	(void)read_file(pid, file, text, size);
}

bool
proc_has_one_child(pid_t pid)
{
	char text[64];
	const char *first;

	read_children(pid, text, sizeof(text));
	first = strchr(text, ' ');
	return first == NULL || first[1] == '\0';
}

pid_t
proc_first_child(pid_t pid)
{
	char text[64];

	read_children(pid, text, sizeof(text));
	return (pid_t)lab_number(text);
}

int
proc_count(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? info.procs : 0;
}
