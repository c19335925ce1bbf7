/* SPDX-License-Identifier: MIT */
/*
 * main: where hale begins.
 */
#include "init.h"

int
main(int argc, char **argv)
{
	(void)argc;
	return init_hale(argv);
}
