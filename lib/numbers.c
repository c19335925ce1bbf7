/* SPDX-License-Identifier: MIT */
/*
 * numbers: reads a directory of /proc whose entries are numbers.
 *
 * readdir(3) allocates its buffer, and getdents64(2) has no wrapper that both
 * glibc and musl know, so the system call is made directly.
 */
#include "lib/numbers.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/text.h"

/* Where a struct linux_dirent64 has its fields, see getdents64(2). */
enum { ENTRY_LENGTH = 16, ENTRY_NAME = 19 };

int
numbers_open(struct numbers *n, const char *directory)
{
	n->fd =
	    open(directory, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	n->length = n->next = 0;
	return n->fd < 0 ? -1 : 0;
}

/* Read more entries into the buffer; 0 if there are none. */
static int
refill(struct numbers *n)
{
	n->length =
	    syscall(SYS_getdents64, n->fd, n->buffer, sizeof(n->buffer));
	n->next = 0;
	return n->length > 0;
}

int
numbers_next(struct numbers *n)
{
	while (n->next < n->length || refill(n)) {
		const char *entry = n->buffer + n->next;
		unsigned short length;
		int number;

		memcpy(&length, entry + ENTRY_LENGTH, sizeof(length));
		n->next += length;
		number = text_to_number(entry + ENTRY_NAME, INT_MAX);
		if (number >= 0)
			return number;
	}
	return -1;
}

void
numbers_close(struct numbers *n)
{
	(void)close(n->fd);
}
