/* SPDX-License-Identifier: MIT */
/*
 * share: what is linked with hale so that its runs as PID 1 can be counted.
 *
 * gcov's own library writes files when a program ends.  hale is killed, or
 * finds no file system and no descriptor, or a tracer lets its calls fail.  So
 * all processes count in memory that they share, which takes neither a path nor
 * a descriptor, and nothing is left to be done at the end.  Where it cannot be
 * had, hale runs all the same, and is not counted.
 */
#include "counters.h"

#include <stddef.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): of the
 * linker's --wrap=main and of gcov's. */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
void __gcov_init(const void *counted);
void __gcov_exit(void);
void __gcov_merge_add(long long *counters, unsigned count);

int
__wrap_main(int argc, char **argv)
{
	long id = syscall(SYS_shmget, COUNTERS_KEY, 0L, 0L);

	if (id >= 0)
		(void)syscall(SYS_shmat, id, counters_begin, SHM_REMAP);
	return __real_main(argc, argv);
}

/* What the modules want of gcov's library, which only counters.c has. */
void
__gcov_init(const void *counted)
{
	(void)counted;
}

void
__gcov_exit(void)
{
}

void
__gcov_merge_add(long long *counters, unsigned count)
{
	(void)counters;
	(void)count;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
