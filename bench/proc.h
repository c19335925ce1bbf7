/* SPDX-License-Identifier: MIT */
/* proc: what the kernel says of a process and of them all. */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The number after "FIELD:" in /proc/PID/FILE, e.g. "VmRSS" in "status"; or -1
 * if there is none. */
long proc_field(pid_t pid, const char *file, const char *field);

/* Print pid's memory as rows: PREFIXrss, PREFIXanonymous, PREFIXpss in KiB. */
void proc_memory(pid_t pid, const char *name, const char *prefix);

/* How many descriptors pid has open. */
int proc_descriptors(pid_t pid);

/* Wait until pid sleeps; it must within some seconds. */
void proc_wait_asleep(pid_t pid);

/* Wait until pid has that name; it must within some seconds. */
void proc_wait_named(pid_t pid, const char *name);

/* Processor time that pid itself has used, in ns, without its children's. */
int64_t proc_cpu(pid_t pid);

/* How long it was ready to run and had no processor, in ns; 0 if the kernel
 * does not count it. */
int64_t proc_waited(pid_t pid);

/* Has pid at most one child, dead or alive?  One short read. */
bool proc_has_one_child(pid_t pid);

/* The first of pid's children. */
pid_t proc_first_child(pid_t pid);

/* All processes of the machine, zombies too, without a look at each. */
int proc_count(void);

#endif
