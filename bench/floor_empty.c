/* SPDX-License-Identifier: MIT */
/* The floor: the least that a static binary of this libc is.  With an argument
 * it sleeps, so that its memory can be read. */
#include <unistd.h>

int
main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 ? pause() : 0;
}
