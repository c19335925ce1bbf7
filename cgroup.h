/* SPDX-License-Identifier: MIT */
#ifndef HALE_CGROUP_H
#define HALE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

enum { CGROUP_UNKNOWN = -1 };

/* What the kernel has counted for the memory of hale's cgroup. */
struct cgroup_memory {
	long long oom_kills; /* or CGROUP_UNKNOWN */
	long long limit;     /* bytes; CGROUP_UNKNOWN is none, or not known */
};

/* Read them, by cgroups(7): memory.events and memory.max of version 2 or
 * memory.oom_control and memory.limit_in_bytes of version 1, at the path that
 * /proc/self/cgroup names, or else, as most containers see it, at the root. The
 * buffer is for the work. */
void cgroup_read(struct cgroup_memory *m, char *buffer, size_t size);

/* Where /proc/self/cgroup, whose text is given, puts the memory controller: the
 * path into path[size], which is "" if it is not there or does not fit.  True
 * if that is version 1. */
bool cgroup_path(const char *text, char *path, size_t size);

/* The number behind key and a blank at the start of a line of text, or of text
 * itself if key is ""; CGROUP_UNKNOWN if there is none. */
long long cgroup_number(const char *text, const char *key);

#endif
