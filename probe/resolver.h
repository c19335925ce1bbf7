/* SPDX-License-Identifier: MIT */
#ifndef HALE_RESOLVER_H
#define HALE_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/address.h"
#include "probe/dns.h"
#include "probe/resolvconf.h"

enum {
	RESOLVER_ADDRESSES = 8, /* that are tried of a name */
	RESOLVER_REASON_SIZE = 200,
};

enum resolver_result { RESOLVER_PENDING, RESOLVER_DONE, RESOLVER_FAILED };

/* One of the two questions about a name, for A and for AAAA, which are asked
 * at the same time. */
struct resolver_question {
	struct dns_answer answer;
	struct dns_query query;
};

/* One resolution of one name.  fd, count, wake_at and addresses are for the
 * caller; everything else is the resolver's own. */
struct resolver {
	int fd;            /* to be polled for POLLIN, or -1 */
	int count;         /* RESOLVER_DONE: addresses */
	long long wake_at; /* when to step even if fd is not ready */
	const char *name;
	long long deadline;

	/* Which candidate of the name is asked for, and whom. */
	int candidate;    /* index, see resolvconf_candidate */
	int server;       /* index in conf.servers; fd is connected to it */
	int tries_left;   /* how many more servers may be asked for it */
	bool some_silent; /* a server did not answer in this round */

	/* For the reason: what went wrong last. */
	enum dns_result failure;
	int failure_server; /* index in conf.servers */
	int failure_code;   /* RCODE, or errno if it could not be asked, or 0 */

	struct address addresses[RESOLVER_ADDRESSES];
	struct resolvconf conf;
	char candidate_name[RESOLVCONF_NAME_SIZE];
	struct resolver_question questions[2]; /* A, AAAA */
};

/* Begin to resolve name, which has to stay where it is: /etc/hosts first, then
 * the servers of /etc/resolv.conf, both read anew.  Never blocks.  The whole of
 * it ends at deadline (ms, as clock_now has it).  Modelled on resolv.conf(5)
 * and RFC 1035. */
enum resolver_result resolver_begin(struct resolver *r, const char *name,
                                    long long now, long long deadline);

/* The same, but ask the servers of r->conf alone. */
enum resolver_result resolver_ask(struct resolver *r, const char *name,
                                  long long now, long long deadline);

/* Go on: fd is ready, or wake_at has come. */
enum resolver_result resolver_step(struct resolver *r, long long now);

/* Close what is open.  May be called at any time after resolver_begin. */
void resolver_end(struct resolver *r);

/* After RESOLVER_FAILED, or when the caller's deadline cuts it off: the reason,
 * "no such host 'db' (asked 127.0.0.11)", "name server 10.96.0.10 does not
 * answer" and so on. */
void resolver_reason(const struct resolver *r,
                     char reason[RESOLVER_REASON_SIZE]);

#endif
