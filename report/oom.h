/* SPDX-License-Identifier: MIT */
#ifndef HALE_OOM_H
#define HALE_OOM_H

#include <stdbool.h>
#include <stddef.h>

enum { OOM_UNKNOWN = -1 };

/* The count of OOM kills at the start. */
struct oom_start {
	long long kills;    /* or OOM_UNKNOWN */
	bool at_mount_root; /* ... of the cgroup at the mount point */
};

/* What the kernel has counted for the memory of hale's cgroup. */
struct oom_account {
	long long kills;       /* since the start, or OOM_UNKNOWN */
	bool so_far;           /* ... or since the cgroup was made */
	long long limit_bytes; /* OOM_UNKNOWN is none, or not known */
};

/*
 * Read the count before PROGRAM runs, and what has become of it afterwards, by
 * cgroups(7): memory.events and memory.max of version 2, or memory.oom_control
 * and memory.limit_in_bytes of version 1, at the path that /proc/self/cgroup
 * names, or else at the mount point, as most containers see it.  They never
 * wait.  Unless it has to be exact, oom_begin is content with a count at the
 * mount point: to open anything below /proc/self costs a young process 40
 * microseconds.
 */
void oom_begin(struct oom_start *start, bool exact);
void oom_end(const struct oom_start *start, struct oom_account *account);

/* Where /proc/self/cgroup, whose text is given, puts the memory controller: the
 * path into path[size], which is "" if it is not there or does not fit.  True
 * if that is version 1. */
bool oom_cgroup_path(const char *text, char *path, size_t size);

/* The number behind key at the start of the first such line of text;
 * OOM_UNKNOWN if there is none, or one above 4e12: version 1 says "no limit"
 * with a very large number. */
long long oom_number(const char *text, const char *key);

#endif
