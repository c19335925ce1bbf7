/* SPDX-License-Identifier: MIT */
/*
 * look: what can be seen of hale from outside, by /proc alone.
 */
#include "look.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 20, BETWEEN = 10 /* ms */ };

long long
look_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void
get(char *text, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static long
field(const char *text, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\n%s:", name);
	at = strstr(text, key);
	return at != NULL ? strtol(at + strlen(key), NULL, 10) : -1;
}

static bool
is_zombie(const char *directory, const char *pid)
{
	char path[PATH_MAX], text[512];
	const char *after;

	snprintf(path, sizeof(path), "%s/%s/stat", directory, pid);
	get(text, sizeof(text), path);
	after = strrchr(text, ')');
	return after != NULL && after[2] == 'Z';
}

/* How many entries there are with a number as their name, and zombies. */
static long
count(const char *path, long *zombies)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	long n = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		n++;
		if (zombies != NULL)
			*zombies += is_zombie(path, entry->d_name);
	}
	if (directory != NULL)
		closedir(directory);
	return n;
}

/* Somebody is always about to be reaped: zombies that stay are in each of some
 * looks, so the fewest is their number at the most. */
static void
count_processes(pid_t hale, struct look *l)
{
	char path[64];
	int i;

	snprintf(path, sizeof(path), "/proc/%d/root/proc", (int)hale);
	l->zombies = LONG_MAX;
	for (i = 0; i < LOOKS && l->zombies > 0; i++) {
		long zombies = 0;

		l->processes = count(path, &zombies);
		if (zombies < l->zombies)
			l->zombies = zombies;
		(void)poll(NULL, 0, BETWEEN);
	}
}

void
look_at(pid_t hale, struct look *l)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)hale);
	get(text, sizeof(text), path);
	l->at = look_now();
	l->rss = field(text, "VmRSS");
	l->threads = field(text, "Threads");
	l->switches = field(text, "voluntary_ctxt_switches") +
	              field(text, "nonvoluntary_ctxt_switches");
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)hale);
	get(text, sizeof(text), path);
	l->running = strtoll(text, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)hale);
	l->descriptors = count(path, NULL);
	count_processes(hale, l);
}

unsigned long
look_namespace(pid_t pid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

long
look_left(unsigned long namespace)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	long n = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		n += atoi(entry->d_name) > 0 &&
		     look_namespace(atoi(entry->d_name)) == namespace;
	if (directory != NULL)
		closedir(directory);
	return n;
}
