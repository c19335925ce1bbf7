/* SPDX-License-Identifier: MIT */
#ifndef LOOK_H
#define LOOK_H

#include <sys/types.h>

/* What the kernel says of hale, and of those who are in its namespace. */
struct look {
	long long at; /* ms */
	long zombies, processes, descriptors, threads;
	long rss;          /* KiB */
	long switches;     /* so far */
	long long running; /* ns of the processor's time so far */
};

long long look_now(void);

void look_at(pid_t hale, struct look *l);

/* Who is still in this PID namespace, given by its inode; as the caller sees
 * them. */
long look_left(unsigned long namespace);
unsigned long look_namespace(pid_t pid);

#endif
