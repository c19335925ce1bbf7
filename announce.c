/* SPDX-License-Identifier: MIT */
/*
 * announce: makes the socket of notify:, and tells PROGRAM where it is.
 *
 * The kernel chooses the name, an abstract one: it needs no directory that can
 * be written, goes with hale, and is nobody else's in the network namespace.
 * What hale was told of a socket and a watchdog of its own is not PROGRAM's.
 */
#include "announce.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/text.h"

extern char **environ;

enum { LOWEST = 4 }; /* 3 is for the state of health, see status.h */

/* One behind the other, as long with their NULs; "" ends them. */
#define NAMES                                                                  \
	"NOTIFY_SOCKET=\0"                                                     \
	"WATCHDOG_USEC=\0"                                                     \
	"WATCHDOG_PID=\0\0"

enum { NEXT = 15 }; /* bytes from one to the next */

/* Take what has these names out of the environment; its end. */
static char **
clean(void)
{
	char **to = environ, **from = to, *entry;

	while ((entry = *from++) != NULL) {
		const char *name = NAMES;

		while (strncmp(entry, name, strlen(name)) != 0) {
			name += NEXT;
			if (*name == '\0') {
				*to++ = entry;
				break;
			}
		}
	}
	return to;
}

/* Behind the environment is the auxiliary vector, of two words a row: libc has
 * read it, nobody needs it any more, and so there is room. */
static void
tell(struct announce *a, long long max_age)
{
	char **to = a->end = clean();
	struct text t;

	*to++ = a->socket;
	if (max_age > 0) {
		*to++ = a->interval;
		text_init(&t, a->interval, sizeof(a->interval));
		text_string(&t, &NAMES[NEXT]);
		text_number(&t, max_age * 1000);
	}
	*to = NULL;
}

int
announce_begin(struct announce *a, long long max_age)
{
	struct sockaddr *name = &a->part.name;
	socklen_t size = sizeof(*name); /* not 0, which is a yes as well */
	int fd =
	    (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	name->sa_family = AF_UNIX;
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &size, sizeof(size)) < 0 ||
	    bind(fd, name, sizeof(name->sa_family)) < 0 ||
	    getsockname(fd, name, &size) < 0)
		return -1;
	/* The @ stands for the NUL that an abstract name begins with. */
	memcpy(a->socket, "NOTIFY_SOCKET=@", 15);
	tell(a, max_age);
	/* The other one is closed with what hale has inherited. */
	return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LOWEST);
}
