/* SPDX-License-Identifier: MIT */
/* The floor: a program that only executes another.  It is no init at all. */
#include <unistd.h>

int
main(int argc, char **argv)
{
	(void)argc;
	(void)execv(argv[1], argv + 1);
	return 127;
}
