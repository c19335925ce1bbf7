/* SPDX-License-Identifier: MIT */
#ifndef HALE_NUMBERS_H
#define HALE_NUMBERS_H

/* The entries of a directory whose names are numbers: the processes in /proc,
 * the open descriptors in /proc/self/fd. */
struct numbers {
	int fd;
	long length, next; /* bytes of buffer; where the next entry stands */
	_Alignas(8) char buffer[1024];
};

/* Begin to read the directory.  0, or -1 and errno of open(2). */
int numbers_open(struct numbers *n, const char *directory);

/* The next number, or -1 at the end. */
int numbers_next(struct numbers *n);

void numbers_close(struct numbers *n);

#endif
