/* SPDX-License-Identifier: MIT */
#ifndef HALE_NOTIFY_SOCKET_H
#define HALE_NOTIFY_SOCKET_H

#include <sys/types.h>

#include "probe/notify.h"

enum {
	NOTIFY_SOCKET_NAME_SIZE =
	    32,                    /* bytes of "@00000" and a NUL, with room */
	NOTIFY_SOCKET_LOWEST = 10, /* descriptor: those below have uses */
};

/* Open the socket on which PROGRAM notifies hale, and write into name the value
 * of NOTIFY_SOCKET for PROGRAM.  A descriptor of NOTIFY_SOCKET_LOWEST or above,
 * or -1 and errno.  Modelled on sd_notify(3) and unix(7). */
int notify_socket_open(char name[NOTIFY_SOCKET_NAME_SIZE]);

/* Take the next message, without waiting.  Its length; 0 for one that is not
 * PROGRAM's, is empty or longer than NOTIFY_MAX; or -1 and errno of recvmsg(2),
 * EAGAIN if there is none.  program is the process group whose messages count;
 * if hale is PID 1, those of all processes do. */
ssize_t notify_socket_receive(int fd, pid_t program,
                              char message[NOTIFY_MAX + 1]);

/* Pass on what notify_relay leaves of a message to the socket outer, as
 * NOTIFY_SOCKET has it.  Does not wait: a message that cannot be sent at once
 * is dropped. */
void notify_socket_relay(int fd, const char *outer, const char *message,
                         size_t length);

#endif
