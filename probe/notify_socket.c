/* SPDX-License-Identifier: MIT */
/*
 * notify_socket: the socket of notify:, on which PROGRAM reports about itself.
 *
 * The kernel chooses its name, an abstract one: it needs no writable directory,
 * goes away with hale, and cannot be the name of another container's in the
 * same network namespace.  Because an abstract name has no permissions, the
 * kernel's credentials of the sender decide whether a message counts.
 */
#include "probe/notify_socket.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Let the kernel bind fd to an unused abstract name, and write it as
 * NOTIFY_SOCKET has it: with an @ for the NUL at its beginning. */
static int
bind_to_new_name(int fd, char name[NOTIFY_SOCKET_NAME_SIZE])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sockaddr *any = (struct sockaddr *)&address;
	socklen_t length = sizeof(address);

	if (bind(fd, any, sizeof(address.sun_family)) < 0 ||
	    getsockname(fd, any, &length) < 0)
		return -1;
	address.sun_path[0] = '@';
	memcpy(name, address.sun_path, NOTIFY_SOCKET_NAME_SIZE);
	return 0;
}

int
notify_socket_open(char name[NOTIFY_SOCKET_NAME_SIZE])
{
	const int on = 1;
	int moved = -1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    bind_to_new_name(fd, name) == 0)
		moved = fcntl(fd, F_DUPFD_CLOEXEC, NOTIFY_SOCKET_LOWEST);
	(void)close(fd); /* keeps errno: it cannot fail */
	return moved;
}

/* The pid of a message's sender; 0 if it is unknown or in another pid
 * namespace. Nothing but these credentials fits into the control message, so
 * the kernel closes descriptors that somebody sends: systemd-notify(1) waits
 * for that. */
static pid_t
sender_of(struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct ucred sender;

	if (control == NULL || control->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&sender, CMSG_DATA(control), sizeof(sender));
	return sender.pid;
}

/* All processes in the pid namespace of a PID 1 descend from PROGRAM; otherwise
 * its process group decides. */
static bool
is_programs(pid_t sender, pid_t program)
{
	return sender > 0 && (getpid() == 1 || getpgid(sender) == program);
}

ssize_t
notify_socket_receive(int fd, pid_t program, char message[NOTIFY_MAX + 1])
{
	union {
		struct cmsghdr header; /* for the alignment */
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = {.iov_base = message, .iov_len = NOTIFY_MAX};
	struct msghdr m = {.msg_iov = &part,
	                   .msg_iovlen = 1,
	                   .msg_control = control.bytes,
	                   .msg_controllen = sizeof(control.bytes)};
	ssize_t length =
	    recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	if (length < 0)
		return -1;
	if (length > NOTIFY_MAX || !is_programs(sender_of(&m), program))
		return 0;
	return length;
}

void
notify_socket_relay(int fd, const char *outer, const char *message,
                    size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = strlen(outer);
	char kept[NOTIFY_MAX];
	size_t kept_length = notify_relay(message, length, kept, sizeof(kept));

	if (kept_length == 0 || n == 0 || n > sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, outer, n);
	if (outer[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	(void)sendto(fd, kept, kept_length, MSG_DONTWAIT | MSG_NOSIGNAL,
	             (struct sockaddr *)&address,
	             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}
