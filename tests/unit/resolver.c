/* SPDX-License-Identifier: MIT */
/*
 * The name servers are sockets of the test on 127.0.0.1, which it reads and
 * answers itself, and the time is what it says: nothing here waits for a clock.
 */
#include "probe/resolver.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "patience.h"

enum { START = 1000, DEADLINE = START + 3000 };

/* A query as a server got it. */
struct query {
	unsigned char bytes[600];
	size_t length;
	struct sockaddr_in from;
};

static struct resolver r;
static struct resolvconf conf;
static int servers[RESOLVCONF_SERVERS_MAX];
static char reason[RESOLVER_REASON_SIZE];

/* A socket on a port of its own; its port into *port. */
static int
open_server(unsigned short *port)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	struct timeval patience = {.tv_sec = patience_scaled(20000) / 1000};
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&name, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	                        sizeof(patience)),
	             0);
	*port = ntohs(name.sin_port);
	return fd;
}

/* So many servers, and what else resolv.conf says. */
static void
configure(int count, const char *rest)
{
	char text[200] = "";
	int i;

	for (i = 0; i < count; i++)
		strcat(text, "nameserver 127.0.0.1\n");
	strcat(text, rest);
	resolvconf_parse(&conf, text);
	for (i = 0; i < count; i++)
		servers[i] = open_server(&conf.servers[i].port);
}

static void
close_server(int i)
{
	cr_assert_eq(close(servers[i]), 0);
}

static struct query
receive(int server)
{
	struct query q;
	socklen_t size = sizeof(q.from);
	ssize_t n = recvfrom(servers[server], q.bytes, sizeof(q.bytes), 0,
	                     (struct sockaddr *)&q.from, &size);

	cr_assert_gt(n, 16, "a query has come");
	q.length = (size_t)n;
	return q;
}

static bool
has_query(int server)
{
	char byte;

	return recv(servers[server], &byte, 1, MSG_PEEK | MSG_DONTWAIT) != -1;
}

static bool
asks_aaaa(const struct query *q)
{
	return q->bytes[q->length - 3] == DNS_AAAA;
}

/* The question's name, with dots. */
static const char *
name_of(const struct query *q)
{
	static char name[300];
	size_t i = 12, at = 0;

	while (q->bytes[i] != 0) {
		memcpy(name + at, q->bytes + i + 1, q->bytes[i]);
		at += q->bytes[i];
		i += 1U + q->bytes[i];
		name[at++] = '.';
	}
	name[at > 0 ? at - 1 : 0] = '\0';
	return name;
}

/* Send n bytes to whom the query came from. */
static void
send_bytes(int server, const struct query *q, const void *bytes, size_t n)
{
	cr_assert_eq(sendto(servers[server], bytes, n, 0,
	                    (const struct sockaddr *)&q->from, sizeof(q->from)),
	             (ssize_t)n);
}

/* Answer with a code, further flags, and addresses that end with 1, 2 and so
 * on. */
static void
answer(int server, const struct query *q, unsigned flags, unsigned char count)
{
	unsigned char bytes[900];
	size_t n = q->length, size = asks_aaaa(q) ? 16 : 4;
	unsigned char i;

	memcpy(bytes, q->bytes, n);
	bytes[2] |= (unsigned char)(0x80 | flags >> 8);
	bytes[3] |= (unsigned char)flags;
	bytes[7] = count;
	for (i = 1; i <= count; i++) {
		memcpy(bytes + n, "\300\14\0\1\0\1\0\0\0\0\0\0", 12);
		bytes[n + 3] = q->bytes[q->length - 3];
		bytes[n + 11] = (unsigned char)size;
		memset(bytes + n + 12, 10, size);
		bytes[n + 12 + size - 1] = i;
		n += 12 + size;
	}
	send_bytes(server, q, bytes, n);
}

/* Answer both queries alike. */
static void
answer_both(int server, unsigned flags)
{
	struct query a = receive(server), aaaa = receive(server);

	answer(server, &a, flags, 0);
	answer(server, &aaaa, flags, 0);
}

static enum resolver_result
ask(const char *name)
{
	memset(&r, 0x5a, sizeof(r));
	r.conf = conf;
	return resolver_ask(&r, name, START, DEADLINE);
}

/* Step twice, for two answers that are there; the result of the second. */
static enum resolver_result
step_twice(long long now)
{
	cr_expect_eq(resolver_step(&r, now), RESOLVER_PENDING);
	return resolver_step(&r, now);
}

static void
expect_reason(const char *wanted)
{
	resolver_reason(&r, reason);
	cr_expect_str_eq(reason, wanted);
}

Test(resolver, asks_for_both_families_at_once_and_puts_ipv4_first)
{
	struct query a, aaaa;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	cr_expect_neq(fcntl(r.fd, F_GETFL) & O_NONBLOCK, 0);
	cr_expect_neq(fcntl(r.fd, F_GETFD) & FD_CLOEXEC, 0);
	a = receive(0);
	aaaa = receive(0);
	cr_expect_not(asks_aaaa(&a));
	cr_expect(asks_aaaa(&aaaa));
	cr_expect_str_eq(name_of(&a), "db");
	answer(0, &aaaa, 0, 2);
	answer(0, &a, 0, 1);
	cr_assert_eq(step_twice(START + 1), RESOLVER_DONE);
	cr_expect_eq(r.fd, -1);
	cr_assert_eq(r.count, 3);
	cr_expect_eq(r.addresses[0].family, AF_INET);
	cr_expect_eq(r.addresses[1].family, AF_INET6);
	cr_expect_eq(r.addresses[2].bytes[15], 2);
}

Test(resolver, takes_eight_addresses_at_the_most)
{
	struct query a, aaaa;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	answer(0, &a, 0, 5);
	answer(0, &aaaa, 0, 5);
	cr_assert_eq(step_twice(START), RESOLVER_DONE);
	cr_expect_eq(r.count, RESOLVER_ADDRESSES);
	cr_expect_eq(r.addresses[7].bytes[15], 3);
}

Test(resolver, does_not_wait_long_for_the_other_family)
{
	struct query a;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	answer(0, &a, 0, 1);
	cr_assert_eq(resolver_step(&r, START + 10), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 210);
	cr_assert_eq(resolver_step(&r, START + 209), RESOLVER_PENDING);
	cr_assert_eq(resolver_step(&r, START + 210), RESOLVER_DONE);
	cr_expect_eq(r.count, 1);
}

Test(resolver, tries_the_search_list_and_says_who_was_asked)
{
	struct query a, aaaa;

	configure(1, "search x.y z\n");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	cr_expect_str_eq(name_of(&a), "db.x.y");
	answer(0, &a, 3, 0);
	answer(0, &aaaa, 0, 0); /* no data goes on as well */
	cr_assert_eq(step_twice(START), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	cr_expect_str_eq(name_of(&aaaa), "db.z");
	answer(0, &a, 3, 0);
	answer(0, &aaaa, 3, 0);
	cr_assert_eq(step_twice(START), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	cr_expect_str_eq(name_of(&a), "db");
	answer(0, &a, 3, 0);
	answer(0, &aaaa, 3, 0);
	cr_assert_eq(step_twice(START), RESOLVER_FAILED);
	cr_expect_eq(r.fd, -1);
	expect_reason("no such host 'db' (asked 127.0.0.1)");
}

Test(resolver, asks_a_name_with_a_trailing_dot_only_as_it_is)
{
	configure(1, "search x.y z\n");
	cr_assert_eq(ask("db."), RESOLVER_PENDING);
	answer_both(0, 3);
	cr_assert_eq(step_twice(START), RESOLVER_FAILED);
	expect_reason("no such host 'db.' (asked 127.0.0.1)");
}

Test(resolver, asks_for_no_name_within_the_root)
{
	struct query a;

	configure(1, "search .\n");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	cr_expect_str_eq(name_of(&a), "db");
}

Test(resolver, tells_a_name_without_an_address_from_none)
{
	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	answer_both(0, 0);
	cr_assert_eq(step_twice(START), RESOLVER_FAILED);
	expect_reason("host 'db' has no address (asked 127.0.0.1)");
}

Test(resolver, leaves_time_for_the_second_server_if_the_first_is_silent)
{
	struct query a, aaaa;

	configure(2, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 750, "a quarter: two servers, twice");
	cr_assert_eq(resolver_step(&r, START + 749), RESOLVER_PENDING);
	cr_assert_not(has_query(1));
	cr_assert_eq(resolver_step(&r, START + 750), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 1500);
	a = receive(1);
	aaaa = receive(1);
	answer(1, &a, 0, 1);
	answer(1, &aaaa, 0, 0);
	cr_assert_eq(step_twice(START + 760), RESOLVER_DONE);
	cr_expect_eq(r.count, 1);
}

Test(resolver, stays_with_the_server_that_answers)
{
	configure(2, "search x\n");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	cr_assert_eq(resolver_step(&r, r.wake_at), RESOLVER_PENDING);
	answer_both(1, 3);
	cr_assert_eq(step_twice(START + 760), RESOLVER_PENDING);
	answer_both(1, 3);
	cr_assert_eq(step_twice(START + 770), RESOLVER_FAILED);
	expect_reason("no such host 'db' (asked 127.0.0.1)");
}

Test(resolver, turns_from_a_closed_port_to_the_next_server)
{
	struct query a, aaaa;

	configure(3, "");
	close_server(0);
	close_server(1);
	if (ask("db") == RESOLVER_PENDING && !has_query(2))
		while (resolver_step(&r, START) == RESOLVER_PENDING &&
		       !has_query(2))
			;
	a = receive(2);
	aaaa = receive(2);
	answer(2, &a, 0, 1);
	answer(2, &aaaa, 0, 0);
	cr_assert_eq(step_twice(START), RESOLVER_DONE);
}

Test(resolver, fails_at_once_if_all_ports_are_closed)
{
	enum resolver_result result;

	configure(2, "search a b c\n");
	close_server(0);
	close_server(1);
	result = ask("db");
	while (result == RESOLVER_PENDING)
		result = resolver_step(&r, START);
	cr_expect_eq(result, RESOLVER_FAILED);
	expect_reason("cannot ask name server 127.0.0.1: connection refused");
}

Test(resolver, turns_from_a_server_that_fails_to_the_next_one)
{
	configure(2, "");
	strcpy(conf.servers[1].text, "second");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	answer_both(0, 5);
	cr_assert_eq(step_twice(START), RESOLVER_PENDING);
	expect_reason("name server second does not answer");
	answer_both(1, 2);
	cr_assert_eq(step_twice(START), RESOLVER_FAILED,
	             "a failure is not asked for twice");
	expect_reason("name server second cannot resolve 'db' (SERVFAIL)");
}

Test(resolver, says_which_code_a_server_gives)
{
	static const struct {
		unsigned code;
		const char *reason;
	} codes[] = {
	    {1, "name server 127.0.0.1 cannot resolve 'db' (code 1)"},
	    {5, "name server 127.0.0.1 cannot resolve 'db' (REFUSED)"},
	    {6, "name server 127.0.0.1 cannot resolve 'db' (code 6)"},
	    {15, "name server 127.0.0.1 cannot resolve 'db' (code 15)"},
	};
	size_t i;

	configure(1, "");
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		cr_assert_eq(ask("db"), RESOLVER_PENDING);
		answer_both(0, codes[i].code);
		cr_assert_eq(step_twice(START), RESOLVER_FAILED);
		expect_reason(codes[i].reason);
	}
}

Test(resolver, says_that_an_answer_was_truncated)
{
	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	answer_both(0, 0x200);
	cr_assert_eq(step_twice(START), RESOLVER_FAILED);
	expect_reason(
	    "name server 127.0.0.1 cannot resolve 'db' (answer truncated)");
}

Test(resolver, asks_a_silent_server_again_and_takes_a_late_answer)
{
	struct query a, aaaa;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	answer(0, &aaaa, 0, 0);
	cr_assert_eq(resolver_step(&r, START), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 1500);
	cr_assert_eq(resolver_step(&r, START + 1500), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, DEADLINE);
	(void)receive(0); /* the query that was not answered, again */
	cr_expect_not(has_query(0));
	answer(0, &a, 0, 1);
	cr_assert_eq(resolver_step(&r, START + 1501), RESOLVER_DONE);
	cr_expect_eq(r.count, 1);
}

Test(resolver, ends_at_the_deadline_and_says_who_does_not_answer)
{
	configure(1, "search a b c\n");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	expect_reason("name server 127.0.0.1 does not answer");
	cr_assert_eq(resolver_step(&r, START + 1500), RESOLVER_PENDING);
	cr_assert_eq(resolver_step(&r, DEADLINE), RESOLVER_FAILED);
	cr_expect_eq(r.fd, -1);
	expect_reason("name server 127.0.0.1 does not answer");
	cr_expect_eq(resolver_ask(&r, "db", DEADLINE, DEADLINE),
	             RESOLVER_FAILED);
}

Test(resolver, waits_no_longer_than_resolv_conf_allows)
{
	configure(2, "options timeout:1 attempts:1\n");
	r.conf = conf;
	cr_assert_eq(resolver_ask(&r, "db", START, START + 60000),
	             RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 1000);
	cr_assert_eq(resolver_step(&r, START + 1000), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 2000);
	cr_assert_eq(resolver_step(&r, START + 2000), RESOLVER_FAILED);
}

Test(resolver, asks_for_no_other_candidate_if_no_server_answers)
{
	configure(1, "search a b c\noptions timeout:1 attempts:1\n");
	r.conf = conf;
	cr_assert_eq(resolver_ask(&r, "db", START, START + 60000),
	             RESOLVER_PENDING);
	cr_assert_eq(resolver_step(&r, START + 1000), RESOLVER_FAILED);
	expect_reason("name server 127.0.0.1 does not answer");
}

Test(resolver, ignores_forged_answers)
{
	struct query a, aaaa, forged;
	int i;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	forged = a;
	forged.bytes[1] ^= 1; /* another ID */
	answer(0, &forged, 0, 1);
	forged = a;
	forged.bytes[13] ^= 1; /* another name */
	answer(0, &forged, 0, 1);
	send_bytes(0, &a, "", 0);
	send_bytes(0, &a, a.bytes, a.length); /* the query itself */
	for (i = 0; i < 100; i++)
		send_bytes(0, &a, "flood", 5);
	cr_assert_eq(resolver_step(&r, START), RESOLVER_PENDING);
	cr_expect_eq(r.wake_at, START + 1500, "they gain no time");
	cr_expect_geq(recv(r.fd, &i, sizeof(i), MSG_PEEK), 0,
	              "others get their turn");
	for (i = 0; i < 20; i++)
		cr_assert_eq(resolver_step(&r, START), RESOLVER_PENDING);
	answer(0, &a, 0, 1);
	answer(0, &aaaa, 0, 0);
	cr_assert_eq(step_twice(START), RESOLVER_DONE);
	cr_expect_eq(r.count, 1);
}

Test(resolver, takes_the_first_answer_to_each_query)
{
	struct query a, aaaa;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	a = receive(0);
	aaaa = receive(0);
	answer(0, &a, 0, 1);
	answer(0, &a, 3, 0);
	cr_assert_eq(step_twice(START), RESOLVER_PENDING);
	answer(0, &aaaa, 3, 0);
	cr_assert_eq(resolver_step(&r, START), RESOLVER_DONE);
	cr_expect_eq(r.count, 1);
}

Test(resolver, says_why_a_server_cannot_be_asked)
{
	char text[] = "nameserver 255.255.255.255\n";
	static const char wanted[] = "cannot ask name server 255.255.255.255: ";

	resolvconf_parse(&conf, text);
	cr_assert_eq(ask("db"), RESOLVER_FAILED);
	cr_expect_eq(r.fd, -1);
	resolver_reason(&r, reason);
	cr_expect_eq(strncmp(reason, wanted, strlen(wanted)), 0, "%s", reason);
}

Test(resolver, keeps_no_descriptor_when_it_is_given_up)
{
	int fd;

	configure(1, "");
	cr_assert_eq(ask("db"), RESOLVER_PENDING);
	fd = r.fd;
	resolver_end(&r);
	cr_expect_eq(r.fd, -1);
	cr_expect_eq(fcntl(fd, F_GETFD), -1);
	resolver_end(&r);
	expect_reason("name server 127.0.0.1 does not answer");
}

Test(resolver, finds_names_of_the_hosts_file_without_a_server)
{
	memset(&r, 0x5a, sizeof(r));
	cr_assert_eq(resolver_begin(&r, "LOCALHOST", START, DEADLINE),
	             RESOLVER_DONE);
	cr_expect_geq(r.count, 1);
	cr_expect_eq(r.fd, -1);
	resolver_end(&r);
}
