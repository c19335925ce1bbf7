/* SPDX-License-Identifier: MIT */
/*
 * resolver: finds the addresses of a host's name, without waiting for anybody.
 *
 * /etc/hosts is asked first, and then the servers of /etc/resolv.conf, for each
 * name that the search list makes of the one that was given.  Nothing is
 * cached: a container that is replaced comes back with another address.  A
 * server that fails or stays silent is given up for the next one, and the time
 * that is left is shared among those that may still be asked, so that a dead
 * first server does not use up the whole attempt.
 *
 * What is asked and what an answer means is in dns.c and resolvconf.c; this is
 * the edge with the socket.
 */
#include "probe/resolver.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "probe/hosts.h"

enum {
	ANSWER_SIZE = 1500, /* bytes; 512 would do without EDNS */
	ANSWER_BATCH = 16, /* messages that are read before others get a turn */
	QUESTIONS = 2,     /* A, AAAA */
	/* Some servers never answer AAAA: once there are addresses of one
	 * family, those of the other get only this much more time. */
	OTHER_FAMILY_MS = 200,
};

static void
note_failure(struct resolver *r, enum dns_result failure, int code)
{
	r->failure = failure;
	r->failure_server = r->server;
	r->failure_code = code;
}

/* ------ Asking ------ */

/* Forget what was answered, and ask for the candidate under new IDs.  Without
 * them an attacker who cannot see the queries could forge an answer.  False if
 * the candidate cannot be a name. */
static bool
renew_questions(struct resolver *r, long long now)
{
	uint32_t random;
	int i;

	/* Soon after a machine has booted there may be no random numbers yet;
	 * waiting for them is out of the question.  The kernel's choice of the
	 * port still has to be guessed. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)now * 31;
	for (i = 0; i < QUESTIONS; i++) {
		struct resolver_question *question = &r->questions[i];

		if (!dns_build_query(
			&question->query, (uint16_t)(random >> (16 * i)),
			i == 0 ? DNS_A : DNS_AAAA, r->candidate_name))
			return false;
		question->answer.result = DNS_NO_ANSWER;
		question->answer.code = 0;
	}
	return true;
}

/* Connect a socket to the server, so that the kernel drops what others send and
 * reports a closed port.  0, or -1 and errno. */
static int
connect_to_server(struct resolver *r)
{
	const struct resolvconf_server *server = &r->conf.servers[r->server];
	union address_name name;
	socklen_t length = address_name(&server->address, server->port, &name);

	r->fd = socket(server->address.family,
	               SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd == -1)
		return -1;
	return connect(r->fd, &name.any, length);
}

/* Send the queries that are not answered yet.  0, or -1 and errno. */
static int
send_queries(const struct resolver *r)
{
	int i;

	for (i = 0; i < QUESTIONS; i++) {
		const struct resolver_question *question = &r->questions[i];

		if (question->answer.result != DNS_NO_ANSWER ||
		    send(r->fd, question->query.bytes, question->query.length,
		         MSG_NOSIGNAL) != -1)
			continue;
		/* A query that found no room is as good as lost on the way,
		 * and is sent again in the next round. */
		if (errno != EAGAIN && errno != ENOBUFS)
			return -1;
	}
	return 0;
}

/* The time that the server gets: an equal share of what is left, but no more
 * than resolv.conf allows. */
static long long
server_share_ms(const struct resolver *r, long long now)
{
	long long share_ms = (r->deadline - now) / r->tries_left;
	long long timeout_ms = r->conf.timeout_seconds * 1000LL;

	return share_ms < timeout_ms ? share_ms : timeout_ms;
}

/* Ask the current server.  False if it cannot be asked. */
static bool
ask_server(struct resolver *r, long long now)
{
	if ((r->fd == -1 && connect_to_server(r) == -1) ||
	    send_queries(r) == -1) {
		note_failure(r, DNS_NO_ANSWER, errno);
		return false;
	}
	note_failure(r, DNS_NO_ANSWER, 0); /* until it does answer */
	r->wake_at = now + server_share_ms(r, now);
	return true;
}

/* The current server is of no use for this candidate: turn to the next one.
 * After a round of all servers only silence is worth another one; any other
 * failure would be the same again. */
static void
leave_server(struct resolver *r, long long now)
{
	int servers = r->conf.server_count;

	r->tries_left--;
	if (r->tries_left % servers == 0) { /* the end of a round */
		if (!r->some_silent)
			r->tries_left = 0;
		r->some_silent = false;
	}
	/* The only server may still answer late, so its socket stays open. */
	if (servers > 1) {
		resolver_end(r);
		(void)renew_questions(r, now);
	}
	r->server = (r->server + 1) % servers;
}

/* Choose the next candidate of the name.  False if there is none, or if the
 * last server has said nothing about the one before: it would not about this
 * one either. */
static bool
begin_candidate(struct resolver *r, long long now)
{
	if (r->candidate >= 0 && r->failure == DNS_NO_ANSWER)
		return false;
	do {
		r->candidate++;
		if (!resolvconf_candidate(&r->conf, r->name, r->candidate,
		                          r->candidate_name))
			return false;
	} while (!renew_questions(r, now)); /* too long, or malformed */
	r->tries_left = r->conf.server_count * r->conf.attempts;
	r->some_silent = false;
	return true;
}

/* Ask the next server that can be asked, for the next candidate if all have
 * been asked for this one. */
static enum resolver_result
ask_next(struct resolver *r, long long now)
{
	while (now < r->deadline &&
	       (r->tries_left > 0 || begin_candidate(r, now))) {
		if (ask_server(r, now))
			return RESOLVER_PENDING;
		leave_server(r, now);
	}
	resolver_end(r);
	return RESOLVER_FAILED;
}

enum resolver_result
resolver_ask(struct resolver *r, const char *name, long long now,
             long long deadline)
{
	r->fd = -1;
	r->count = 0;
	r->wake_at = r->deadline = deadline;
	r->name = name;
	r->candidate = -1;
	r->server = 0;
	r->tries_left = 0;
	note_failure(r, DNS_NO_ANSWER, 0);
	return ask_next(r, now);
}

enum resolver_result
resolver_begin(struct resolver *r, const char *name, long long now,
               long long deadline)
{
	r->fd = -1;
	r->count = hosts_find(name, r->addresses, RESOLVER_ADDRESSES);
	if (r->count > 0)
		return RESOLVER_DONE;
	resolvconf_read(&r->conf);
	return resolver_ask(r, name, now, deadline);
}

/* ------ Answers ------ */

/* Take the addresses of both families, IPv4 first. */
static void
take_addresses(struct resolver *r)
{
	int i, k;

	for (i = 0; i < QUESTIONS; i++) {
		const struct dns_answer *answer = &r->questions[i].answer;

		for (k = 0;
		     answer->result == DNS_ADDRESSES && k < answer->count; k++)
			address_add(r->addresses, &r->count, RESOLVER_ADDRESSES,
			            &answer->addresses[k]);
	}
}

/* Both answers are there, or the time for them is over: go on from here. */
static enum resolver_result
judge_answers(struct resolver *r, long long now)
{
	const struct dns_answer *answer = &r->questions[0].answer;

	/* The order of enum dns_result says which of the two decides. */
	if (r->questions[1].answer.result < answer->result)
		answer = &r->questions[1].answer;
	if (answer->result == DNS_ADDRESSES) {
		take_addresses(r);
		resolver_end(r);
		return RESOLVER_DONE;
	}
	note_failure(r, answer->result, answer->code);
	if (answer->result == DNS_NO_ANSWER)
		r->some_silent = true;
	if (answer->result == DNS_NO_DATA || answer->result == DNS_NO_NAME)
		r->tries_left = 0; /* that is an answer: the next candidate */
	else
		leave_server(r, now);
	return ask_next(r, now);
}

/* Is this message the answer to one of the questions? */
static bool
match_answer(struct resolver *r, const unsigned char *message, size_t n)
{
	int i;

	for (i = 0; i < QUESTIONS; i++) {
		struct resolver_question *question = &r->questions[i];

		if (question->answer.result == DNS_NO_ANSWER &&
		    dns_read_answer(message, n, &question->query,
		                    &question->answer))
			return true;
	}
	return false;
}

/* Read messages until one is an answer.  0, also if there is none yet, or -1
 * and errno if the server cannot be asked. */
static int
receive_answer(struct resolver *r)
{
	unsigned char message[ANSWER_SIZE];
	int i;

	for (i = 0; i < ANSWER_BATCH; i++) {
		ssize_t n = recv(r->fd, message, sizeof(message), 0);

		if (n == -1)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (match_answer(r, message, (size_t)n))
			break;
	}
	return 0;
}

enum resolver_result
resolver_step(struct resolver *r, long long now)
{
	enum dns_result a, aaaa;

	if (receive_answer(r) == -1) {
		note_failure(r, DNS_NO_ANSWER, errno);
		leave_server(r, now);
		return ask_next(r, now);
	}
	a = r->questions[0].answer.result;
	aaaa = r->questions[1].answer.result;
	if ((a != DNS_NO_ANSWER && aaaa != DNS_NO_ANSWER) || now >= r->wake_at)
		return judge_answers(r, now);
	if ((a == DNS_ADDRESSES || aaaa == DNS_ADDRESSES) &&
	    r->wake_at > now + OTHER_FAMILY_MS)
		r->wake_at = now + OTHER_FAMILY_MS;
	return RESOLVER_PENDING;
}

void
resolver_end(struct resolver *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
}

/* ------ The reason ------ */

static void
append_server_failure(struct text *t, const struct resolver *r)
{
	if (r->failure == DNS_TRUNCATED)
		text_string(t, "answer truncated");
	else if (r->failure_code == 2)
		text_string(t, "SERVFAIL");
	else if (r->failure_code == 5)
		text_string(t, "REFUSED");
	else
		text_format(t, "code {code:d}", (long long)r->failure_code);
	text_string(t, ")");
}

void
resolver_reason(const struct resolver *r, char reason[RESOLVER_REASON_SIZE])
{
	const char *asked = r->conf.servers[r->failure_server].text;
	struct text t;

	text_init(&t, reason, RESOLVER_REASON_SIZE);
	if (r->failure == DNS_NO_NAME) {
		text_format(&t, "no such host '{host:q}' (asked {server:s})",
		            r->name, asked);
	} else if (r->failure == DNS_NO_DATA) {
		text_format(&t,
		            "host '{host:q}' has no address (asked {server:s})",
		            r->name, asked);
	} else if (r->failure != DNS_NO_ANSWER) {
		text_format(
		    &t, "name server {server:s} cannot resolve '{host:q}' (",
		    asked, r->name);
		append_server_failure(&t, r);
	} else if (r->failure_code != 0) {
		errno = r->failure_code;
		text_format(&t, "cannot ask name server {server:s}: {error:e}",
		            asked);
	} else {
		text_format(&t, "name server {server:s} does not answer",
		            asked);
	}
}
