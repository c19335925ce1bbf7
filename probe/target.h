/* SPDX-License-Identifier: MIT */
#ifndef HALE_TARGET_H
#define HALE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/address.h"
#include "probe/command.h"
#include "probe/variables.h" /* the pool, target_expand */

enum {
	TARGET_ADDRESSES = 2, /* of a literal host: localhost has two */
	TARGET_WORDS_MAX = COMMAND_WORDS_MAX,
	TARGET_SOCKET_MAX = 107,  /* bytes of a socket's path, unix(7) */
	TARGET_SERVICE_MAX = 127, /* bytes of a gRPC service's name */
	TARGET_NAME_MAX = 253,    /* bytes of a host's name, RFC 1035 */
	TARGET_LABEL_MAX = 63,    /* bytes between two dots of it */
};

enum target_kind {
	TARGET_HTTP,
	TARGET_GRPC,
	TARGET_TCP,
	TARGET_UNIX,
	TARGET_EXEC,
	TARGET_FILE,
	TARGET_NOTIFY
};

/* A server: by TCP, or over a unix socket. */
struct target_server {
	const char *socket;  /* path of the unix socket, or NULL: then TCP */
	const char *name;    /* of a host that has to be resolved, or NULL */
	unsigned short port; /* 1-65535 */
	int address_count;   /* without a name: how many addresses */
	struct address addresses[TARGET_ADDRESSES];
};

/* What tcp: and unix: send, and expect in the answer. */
struct target_exchange {
	const char *send; /* bytes, or NULL: nothing is sent */
	size_t send_length;
	const char *expect; /* bytes, or NULL: connecting is enough */
	size_t expect_length;
};

/* What is to be probed. */
struct target {
	/* As it was written, without settings, for messages. */
	const char *text;
	enum target_kind kind;

	/* HTTP: what is asked for, from / on; file: the file; gRPC: the
	 * service, "" for the whole server. */
	const char *path;
	const char *host_header; /* HTTP: HOST[:PORT], or "localhost" */
	long long max_age_ms;    /* file, notify: or -1 */

	struct target_exchange exchange; /* TCP, unix */
	struct target_server server;     /* HTTP, gRPC, TCP, unix */

	/* exec: from words[1] on, with NULL at the end; words[0] is left free
	 * for execute_program. */
	char *words[TARGET_WORDS_MAX + 2];
};

/* Understand [HOST:]PORT, where to listen (no names: HOST is an address, IPv6
 * in brackets, or localhost).  Without HOST the addresses are the IPv6 and the
 * IPv4 wildcard, in this order.  NULL, or what is wrong, as below. */
const char *target_listen(struct target_server *server, const char *text);

/* Understand text; its strings go into the pool.  NULL, or what is wrong, in
 * words that follow "'TEXT' "; a part of the pool may be used up then. */
const char *target_parse(struct target *t, const char *text, char **envp,
                         struct target_pool *pool);

/* If text is no target but resembles one (localhost:8080, 8080, http//x/),
 * write what it may have been meant to be into buffer and return true. */
bool target_suggest(const char *text, char *buffer, size_t size);

#endif
