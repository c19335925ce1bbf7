/* SPDX-License-Identifier: MIT */
#include "probe/connect.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "health.h"
#include "patience.h"
#include "temporary.h"

enum {
	NOW = 1000,       /* any time: connect only compares it */
	PATIENCE = 10000, /* ms until a test gives up on a quiet machine */
	BACKLOG_FILLERS = 8,
};

/* 127.0.0.1, 127.0.0.2 and so on: all of them are this machine's. */
static struct address
loopback(unsigned char last)
{
	return (struct address){.family = AF_INET, .bytes = {127, 0, 0, last}};
}

/* A socket that is bound to the address, and listens if backlog is not
 * negative. A *port of 0 is chosen by the kernel. */
static int
bind_socket(const struct address *address, unsigned short *port, int backlog)
{
	union address_name name;
	socklen_t length = address_name(address, *port, &name);
	int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, &name.any, length), 0, "%s", strerror(errno));
	cr_assert_eq(getsockname(fd, &name.any, &length), 0);
	*port = ntohs(name.in.sin_port);
	if (backlog >= 0)
		cr_assert_eq(listen(fd, backlog), 0);
	return fd;
}

/* Go on as long as the kernel reports something; time stands still at now. */
static enum connect_result
finish(struct connect *c, enum connect_result result, long long now)
{
	while (result == CONNECT_PENDING) {
		struct pollfd events = connect_events(c);

		cr_assert_geq(events.fd, 0);
		cr_assert_eq(poll(&events, 1, patience_scaled(PATIENCE)), 1);
		result = connect_step(c, now);
	}
	return result;
}

static enum connect_result
connect_all(struct connect *c)
{
	return finish(c, connect_begin(c, NOW), NOW);
}

Test(connect, opens_a_connection)
{
	struct address address = loopback(1);
	struct connect c = {.addresses = &address, .address_count = 1};
	int listener = bind_socket(&address, &c.port, 1), accepted;

	cr_assert_eq(connect_all(&c), CONNECT_OPEN);
	accepted = accept(listener, NULL, NULL);
	cr_assert_eq(send(c.fd, "x", 1, 0), 1);
	close(c.fd);
	close(accepted);
	close(listener);
}

Test(connect, goes_on_to_the_address_that_listens)
{
	struct address addresses[] = {loopback(1), loopback(2), loopback(3)};
	struct connect c = {.addresses = addresses, .address_count = 3};
	int listener = bind_socket(&addresses[2], &c.port, 1);

	cr_expect_eq(connect_all(&c), CONNECT_OPEN);
	cr_expect_eq(c.current, 2);
	close(c.fd);
	close(listener);
}

/* TCP cannot connect to a multicast address: ENETUNREACH at once. */
static const struct address unreachable = {.family = AF_INET,
                                           .bytes = {224, 0, 0, 1}};

Test(connect, reports_the_error_of_the_first_address)
{
	struct address addresses[] = {loopback(1), unreachable};
	struct connect c = {.addresses = addresses, .address_count = 2};
	int bound = bind_socket(&addresses[0], &c.port, -1);

	cr_expect_eq(connect_all(&c), CONNECT_FAILED);
	cr_expect_eq(c.first_error, ECONNREFUSED);
	cr_expect_eq(c.fd, -1);
	close(bound);
}

Test(connect, goes_on_from_an_address_that_cannot_be_reached)
{
	struct address addresses[] = {unreachable, loopback(1)};
	struct connect c = {.addresses = addresses, .address_count = 2};
	int listener = bind_socket(&addresses[1], &c.port, 1);

	cr_expect_eq(connect_all(&c), CONNECT_OPEN);
	close(c.fd);
	close(listener);
}

/* As where IPv6 is refused, or there are no descriptors left. */
Test(connect, tries_every_address_when_no_socket_can_be_opened)
{
	struct address addresses[] = {loopback(1), loopback(2)};
	struct connect c = {.addresses = addresses, .address_count = 2};
	struct rlimit limit, none = {0, 0};
	enum connect_result result;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	result = connect_all(&c);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_expect_eq(result, CONNECT_FAILED);
	cr_expect_eq(c.first_error, EMFILE);
	cr_expect_eq(c.current, 2);
}

Test(connect, never_reads_past_the_last_address)
{
	struct address addresses[] = {unreachable, loopback(1)};
	struct connect c = {.addresses = addresses, .address_count = 1};
	int listener = bind_socket(&addresses[1], &c.port, 1);

	cr_expect_eq(connect_all(&c), CONNECT_FAILED);
	cr_expect_eq(connect_step(&c, NOW), CONNECT_FAILED);
	c.address_count = 0;
	cr_expect_eq(connect_all(&c), CONNECT_FAILED);
	cr_expect_neq(c.first_error, 0);
	close(listener);
}

Test(connect, shares_the_time_among_the_addresses_that_are_left)
{
	cr_expect_eq(connect_share_ms(3000, 2), 1500);
	cr_expect_eq(connect_share_ms(1500, 1), 1500);
	cr_expect_eq(connect_share_ms(3000, 8), 375);
	cr_expect_eq(connect_share_ms(0, 8), 0);
	cr_expect_eq(connect_share_ms(-5, 2), 0);
}

/* Fill the backlog: from then on the kernel drops what arrives. */
static void
fill_backlog(const struct address *address, unsigned short port,
             int fillers[BACKLOG_FILLERS])
{
	union address_name name;
	socklen_t length = address_name(address, port, &name);
	int i;

	for (i = 0; i < BACKLOG_FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], &name.any, length);
	}
}

Test(connect, gives_an_address_that_drops_everything_only_its_share)
{
	struct address addresses[] = {loopback(1), loopback(2)};
	struct connect c = {.addresses = addresses,
	                    .address_count = 2,
	                    .deadline_at = NOW + 3000};
	int fillers[BACKLOG_FILLERS], i;
	int silent = bind_socket(&addresses[0], &c.port, 0);
	int listener = bind_socket(&addresses[1], &c.port, 1);

	fill_backlog(&addresses[0], c.port, fillers);
	cr_expect_eq(connect_begin(&c, NOW), CONNECT_PENDING);
	cr_expect_eq(connect_wake_at(&c), NOW + 1500);
	cr_expect_eq(connect_step(&c, NOW + 1499), CONNECT_PENDING);
	cr_expect_eq(c.current, 0);
	cr_expect_eq(finish(&c, connect_step(&c, NOW + 1500), NOW + 1500),
	             CONNECT_OPEN);
	cr_expect_eq(c.current, 1);
	cr_expect_eq(c.first_error, ETIMEDOUT);
	cr_expect_eq(connect_wake_at(&c), HEALTH_NEVER);
	for (i = 0; i < BACKLOG_FILLERS; i++)
		close(fillers[i]);
	close(c.fd);
	close(silent);
	close(listener);
}

/* A unix socket at a path of this test's own. */
static int
listen_unix(char path[TEMPORARY_SIZE], int backlog)
{
	union address_name name;
	socklen_t length;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char file[32];

	snprintf(file, sizeof(file), "hale-connect.%d", (int)getpid());
	temporary_path(path, file);
	unlink(path);
	length = address_unix(path, &name);
	cr_assert_eq(bind(fd, &name.any, length), 0);
	cr_assert_eq(listen(fd, backlog), 0);
	return fd;
}

Test(connect, tries_again_on_a_timer_when_a_backlog_is_full)
{
	char path[TEMPORARY_SIZE];
	int listener = listen_unix(path, 0), accepted;
	struct connect first = {.socket = path}, second = {.socket = path};

	cr_expect_eq(connect_begin(&first, NOW), CONNECT_OPEN);
	cr_expect_eq(connect_begin(&second, NOW), CONNECT_PENDING);
	cr_expect_eq(connect_events(&second).fd, -1, "poll(2) would spin");
	cr_expect_eq(connect_wake_at(&second), NOW + 50);
	cr_expect_eq(connect_step(&second, NOW + 50), CONNECT_PENDING);
	cr_expect_eq(connect_wake_at(&second), NOW + 100);
	accepted = accept(listener, NULL, NULL);
	cr_expect_eq(connect_step(&second, NOW + 100), CONNECT_OPEN);
	close(accepted);
	close(first.fd);
	close(second.fd);
	close(listener);
	unlink(path);
}

Test(connect, reports_why_a_unix_socket_cannot_be_reached)
{
	char path[TEMPORARY_SIZE];
	struct connect c = {.socket = path};

	close(listen_unix(path, 0));
	cr_expect_eq(connect_begin(&c, NOW), CONNECT_FAILED);
	cr_expect_eq(c.first_error, ECONNREFUSED);
	unlink(path);
	cr_expect_eq(connect_begin(&c, NOW), CONNECT_FAILED);
	cr_expect_eq(c.first_error, ENOENT);
}

Test(connect, closes_its_socket_when_it_is_ended)
{
	struct address address = loopback(1);
	struct connect c = {.addresses = &address, .address_count = 1};
	int fillers[BACKLOG_FILLERS], i, fd;
	int silent = bind_socket(&address, &c.port, 0);

	fill_backlog(&address, c.port, fillers);
	cr_expect_eq(connect_begin(&c, NOW), CONNECT_PENDING);
	fd = c.fd;
	connect_end(&c);
	cr_expect_eq(c.fd, -1);
	cr_expect_eq(close(fd), -1);
	connect_end(&c);
	for (i = 0; i < BACKLOG_FILLERS; i++)
		close(fillers[i]);
	close(silent);
}
