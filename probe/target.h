/* SPDX-License-Identifier: MIT */
#ifndef HALE_TARGET_H
#define HALE_TARGET_H

#include <stddef.h>

#include "probe/address.h"

enum {
	TARGETS_MAX = 8,
	TARGET_ADDRESSES = 2,
	TARGET_WORDS_MAX = 32,
	TARGET_SOCKET_MAX = 107, /* bytes of a socket's path, unix(7) */
	TARGET_SERVICE_MAX = 127 /* bytes of a gRPC service's name */
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

/* What is to be probed. */
struct target {
	const char *text; /* as it was given, for messages */
	int kind;         /* enum target_kind */
	int addresses;    /* how many; 0 with TARGET_HTTP: the unix socket */
	struct address address[TARGET_ADDRESSES];
	char *socket;      /* path of the unix socket, or NULL */
	const char *host;  /* HTTP: what its header Host says, HOST[:PORT] */
	char *path;        /* HTTP: path and query, begins with /; file: path;
	                      gRPC: service, "" for all */
	char *words;       /* exec: each ended by a NUL, one behind the other */
	int count;         /* exec: how many words, at least 1 */
	long long max_age; /* file, notify: ms, or -1 */
};

/* Bytes of the caller's that the strings of targets are cut out of. */
struct target_pool {
	char *at;
	size_t left;
};

/* Append c.  The last byte of the pool stays free: 0 left is an overflow. */
void target_put(struct target_pool *p, char c);

/* The value that the variable has whose name is the first n bytes, or NULL. */
const char *target_variable(char **envp, const char *name, size_t n);

/* Understand [HOST:]PORT, where to listen: at the first of the two addresses
 * whose family there is; the second may have none.  Without HOST they are all
 * that there are.  As above. */
const char *target_listen(struct target *t, const char *text);

/* Understand text; its strings go into the pool.  NULL, or what is wrong, in
 * words that follow "'TEXT' "; some of the pool may be used up then. */
const char *target_parse(struct target *t, const char *text, char **envp,
                         struct target_pool *pool);

#endif
