/* SPDX-License-Identifier: MIT */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SERVER_REQUEST = 4096 }; /* bytes of a request that are kept */

enum server_act {
	SERVER_END,  /* close the connection, as all who come later will see */
	SERVER_NEXT, /* the same, and who comes next is served what follows */
	SERVER_SAY,  /* the text */
	SERVER_HEAR, /* wait until the client says the text, and no more */
	SERVER_TRICKLE, /* the text for ever, a byte each 50 ms */
	SERVER_FLOOD,   /* the text for ever, as fast as it goes */
	SERVER_PAUSE,   /* so long that what was said has arrived alone */
	SERVER_HANG,    /* say no more and wait until the client has gone */
	SERVER_NOISE,   /* bytes by chance, few or many, and the end */
	SERVER_RESET,   /* the connection */
};

/* What is done with a connection, when its request has come. */
struct server_step {
	enum server_act act;
	const char *text;
	size_t length;
};

#define SERVER_WITH(act, words)                                                \
	{                                                                      \
		(act), (words), sizeof(words) - 1                              \
	}
#define SAY(words)     SERVER_WITH(SERVER_SAY, words)
#define HEAR(words)    SERVER_WITH(SERVER_HEAR, words)
#define TRICKLE(words) SERVER_WITH(SERVER_TRICKLE, words)
#define FLOOD(words)   SERVER_WITH(SERVER_FLOOD, words)
#define PAUSE                                                                  \
	{                                                                      \
		.act = SERVER_PAUSE                                            \
	}
#define HANG                                                                   \
	{                                                                      \
		.act = SERVER_HANG                                             \
	}
#define NOISE                                                                  \
	{                                                                      \
		.act = SERVER_NOISE                                            \
	}
#define RESET                                                                  \
	{                                                                      \
		.act = SERVER_RESET                                            \
	}
#define NEXT                                                                   \
	{                                                                      \
		.act = SERVER_NEXT                                             \
	}

/* The steps, with their end. */
#define SERVER_PLAY(...) ((const struct server_step[]){__VA_ARGS__, {0}})

struct server {
	pid_t pid;
	int visits;         /* a packet for each connection that is over */
	volatile int *came; /* how many have been accepted */
};

/* A connection that is over. */
struct server_visit {
	bool reset; /* by the client, see ECONNRESET */
	char request[SERVER_REQUEST];
};

/* A socket that is bound to a free port of 127.0.0.1 or ::1, to this port, or
 * to a path, and does not listen yet.  -1 where there is no such address, or
 * another has the port. */
int server_bind(const char *address, int *port);
int server_bind_port(const char *address, int port);
int server_bind_path(const char *path);

/* Listen, and serve all who come. */
void server_start(struct server *server, int fd,
                  const struct server_step *steps);

/* End it, and close the socket. */
void server_stop(struct server *server, int fd);

/* Wait until so many have come. */
void server_await(const struct server *server, int count);

/* Wait for the end of a connection. */
void server_visited(const struct server *server, struct server_visit *visit);

/* Listen, answer nobody, and let there be no room for one more. */
void server_fill(int fd);

#endif
