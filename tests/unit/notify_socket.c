/* SPDX-License-Identifier: MIT */
#include "probe/notify_socket.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "temporary.h"

static char name[NOTIFY_SOCKET_NAME_SIZE];
static char message[NOTIFY_MAX + 1];

/* The address that NOTIFY_SOCKET stands for; returns its length. */
static socklen_t
address_of(const char *value, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, value);
	if (value[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	                   strlen(value));
}

/* Send a message as PROGRAM does, and with it so many descriptors. */
static void
notify(const void *text, size_t length, int descriptors)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = {
	    .header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct sockaddr_un address;
	struct iovec part = {.iov_base = (void *)(unsigned long)text,
	                     .iov_len = length};
	struct msghdr m = {.msg_name = &address,
	                   .msg_namelen = address_of(name, &address),
	                   .msg_iov = &part,
	                   .msg_iovlen = 1};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), i;

	for (i = 0; i < descriptors; i++)
		memcpy(CMSG_DATA(&control.header) + (size_t)i * sizeof(int),
		       &fd, sizeof(fd));
	control.header.cmsg_len = CMSG_LEN((size_t)descriptors * sizeof(int));
	if (descriptors > 0) {
		m.msg_control = &control;
		m.msg_controllen =
		    CMSG_SPACE((size_t)descriptors * sizeof(int));
	}
	cr_assert_eq(sendmsg(fd, &m, 0), (ssize_t)length, "%s",
	             strerror(errno));
	close(fd);
}

static int
count_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

Test(notify_socket, has_a_name_that_the_kernel_chose_and_a_high_descriptor)
{
	char other[NOTIFY_SOCKET_NAME_SIZE];
	int before = count_descriptors();
	int fd = notify_socket_open(name), second = notify_socket_open(other);

	cr_expect_geq(fd, NOTIFY_SOCKET_LOWEST);
	cr_expect_geq(second, NOTIFY_SOCKET_LOWEST);
	cr_expect_eq(name[0], '@');
	cr_expect_eq(strlen(name), 6);
	cr_expect_str_neq(name, other);
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(count_descriptors(), before + 2);
	close(fd);
	close(second);
}

Test(notify_socket, receives_a_message_of_programs_group)
{
	int fd = notify_socket_open(name);

	notify("READY=1", 7, 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), 7);
	cr_expect_eq(memcmp(message, "READY=1", 7), 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), -1);
	cr_expect_eq(errno, EAGAIN);
	close(fd);
}

Test(notify_socket, ignores_a_message_of_another_group)
{
	int fd = notify_socket_open(name);

	notify("READY=1", 7, 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp() + 1, message), 0);
	close(fd);
}

Test(notify_socket, ignores_a_message_that_is_empty_or_too_long)
{
	static char text[NOTIFY_MAX + 1];
	int fd = notify_socket_open(name);

	notify("", 0, 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), 0);
	memset(text, 'x', sizeof(text));
	notify(text, NOTIFY_MAX + 1, 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), 0);
	notify(text, NOTIFY_MAX, 0);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), NOTIFY_MAX);
	close(fd);
}

Test(notify_socket, keeps_no_descriptor_that_a_message_brings)
{
	int fd = notify_socket_open(name), before = count_descriptors();

	notify("BARRIER=1", 9, 1);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), 9);
	notify("FDSTORE=1", 9, 16);
	cr_expect_eq(notify_socket_receive(fd, getpgrp(), message), 9);
	notify("FDSTORE=1", 9, 16);
	cr_expect_eq(notify_socket_receive(fd, getpgrp() + 1, message), 0);
	cr_expect_eq(count_descriptors(), before);
	close(fd);
}

/* An outer socket with this name, as podman's. */
static int
bind_outer(const char *value)
{
	struct sockaddr_un address;
	socklen_t length = address_of(value, &address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

static void
expect_relayed(const char *outer_name)
{
	static const char text[] = "READY=1\nMAINPID=7\nSTATUS=up";
	static const char relayed[] = "READY=1\nSTATUS=up";
	int outer = bind_outer(outer_name), fd = notify_socket_open(name);
	ssize_t n;

	notify_socket_relay(fd, outer_name, text, sizeof(text) - 1);
	n = recv(outer, message, sizeof(message), 0);
	cr_assert_eq(n, (ssize_t)sizeof(relayed) - 1, "%zd", n);
	cr_expect_eq(memcmp(message, relayed, sizeof(relayed) - 1), 0);
	notify_socket_relay(fd, outer_name, "MAINPID=7", 9);
	cr_expect_eq(recv(outer, message, sizeof(message), 0), -1);
	close(outer);
	close(fd);
}

Test(notify_socket, relays_to_an_outer_socket_of_either_kind)
{
	char value[TEMPORARY_SIZE], file[32];

	snprintf(value, sizeof(value), "@hale-relay.%d", (int)getpid());
	expect_relayed(value);
	snprintf(file, sizeof(file), "hale-relay.%d", (int)getpid());
	temporary_path(value, file);
	unlink(value);
	expect_relayed(value);
	unlink(value);
}

Test(notify_socket, does_not_wait_for_an_outer_socket_that_nobody_reads)
{
	char value[64], too_long[300];
	int i, fd = notify_socket_open(name), outer;

	snprintf(value, sizeof(value), "@hale-full.%d", (int)getpid());
	outer = bind_outer(value);
	for (i = 0; i < 1000; i++)
		notify_socket_relay(fd, value, "WATCHDOG=1", 10);
	notify_socket_relay(fd, "/nowhere/at/all", "WATCHDOG=1", 10);
	notify_socket_relay(fd, "", "WATCHDOG=1", 10);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	notify_socket_relay(fd, too_long, "WATCHDOG=1", 10);
	cr_expect_eq(recv(outer, message, sizeof(message), 0), 10);
	close(outer);
	close(fd);
}
