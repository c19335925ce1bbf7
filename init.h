/* SPDX-License-Identifier: MIT */
#ifndef HALE_INIT_H
#define HALE_INIT_H

/* Do what the command line argv asks for; the exit code. */
int init_hale(char **argv);

#endif
