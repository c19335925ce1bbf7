/* SPDX-License-Identifier: MIT */
#ifndef HALE_CGROUP_H
#define HALE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

enum { CGROUP_UNKNOWN = -1 };

/* The count of OOM kills at the start. */
struct cgroup_start {
	long long oom_kills; /* or CGROUP_UNKNOWN */
	bool at_root;        /* the count is of the cgroup that is mounted */
};

/* What the kernel has counted for the memory of hale's cgroup. */
struct cgroup_memory {
	long long oom_kills; /* since the start, or CGROUP_UNKNOWN */
	bool so_far;         /* ... or since the cgroup was made */
	long long limit;     /* bytes; CGROUP_UNKNOWN is none, or not known */
};

/* Both read, by cgroups(7), memory.events and memory.max of version 2, or
 * memory.oom_control and memory.limit_in_bytes of version 1: at the path that
 * /proc/self/cgroup names or else, as most containers see it, at the mount
 * point.  The start is content with the mount point, where there is a count,
 * unless it has to be exact: to open anything below /proc/self costs a young
 * process 40 microseconds. The buffer is for the work. */
void cgroup_begin(struct cgroup_start *start, bool exact, char *buffer,
                  size_t size);
void cgroup_end(const struct cgroup_start *start, struct cgroup_memory *m,
                char *buffer, size_t size);

/* Where /proc/self/cgroup, whose text is given, puts the memory controller: the
 * path into path[size], which is "" if it is not there or does not fit.  True
 * if that is version 1. */
bool cgroup_path(const char *text, char *path, size_t size);

/* The number behind key at the start of a line of text; CGROUP_UNKNOWN if there
 * is none. */
long long cgroup_number(const char *text, const char *key);

#endif
