/* SPDX-License-Identifier: MIT */
/*
 * counters begin|end: makes the memory in which share.c counts; or writes what
 * was counted there into gcov's files, and gives it back.
 *
 * It is linked from hale's own modules, so that each counter has the same place
 * here and gcov's library knows whose it is, but with another main.
 */
#include "counters.h"

#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): of the
 * linker's --wrap=main. */
int __wrap_main(int argc, char **argv);

static int
find(void)
{
	return shmget(COUNTERS_KEY, 0, 0);
}

static int
begin(void)
{
	if (find() >= 0)
		(void)shmctl(find(), IPC_RMID, NULL); /* of a run that broke */
	return shmget(COUNTERS_KEY, (size_t)(counters_end - counters_begin),
	              IPC_CREAT | IPC_EXCL | 0666);
}

/* gcov's library writes when this program ends. */
static int
end(void)
{
	int id = find();

	if (id < 0 || shmat(id, counters_begin, SHM_REMAP) != counters_begin)
		return -1;
	return shmctl(id, IPC_RMID, NULL);
}

int
__wrap_main(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "begin") == 0 ? begin() : end()) >= 0)
		return 0;
	perror("counters");
	return 1;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
