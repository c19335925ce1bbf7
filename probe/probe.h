/* SPDX-License-Identifier: MIT */
#ifndef HALE_PROBE_H
#define HALE_PROBE_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "probe/grpc.h"
#include "probe/http.h"
#include "probe/notify.h"
#include "signals.h"
#include "report/status.h"
#include "probe/target.h"

enum { PROBE_HEADERS = 8 + 1 };

/* A socket's, for the kernel. */
union probe_name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

enum probe_result {
	PROBE_PENDING,
	PROBE_PASSED,
	PROBE_FAILED,
	PROBE_NEWS /* ask again at once: it may say something else */
};

/* What an attempt does at the moment. */
enum probe_phase {
	PROBE_IDLE,
	PROBE_LISTENING, /* to PROGRAM, whether there is an attempt or not */
	PROBE_CONNECTING,
	PROBE_READING, /* the answer of a server */
	PROBE_CLOSING, /* the verdict is out; the server may finish */
	PROBE_RUNNING, /* a command */
	PROBE_DYING,   /* a command that was killed */
};

/* What all attempts need. */
struct probe_tools {
	char *scratch; /* PATH_SIZE bytes, and one for a NUL */
	const struct signals *signals;
	pid_t program; /* and where it notifies hale, if it does */
	int socket;
};

/* A target, and the attempt at it. */
struct probe {
	const struct target *target;
	const char *statuses; /* as --health-status has them */
	long long timeout;    /* ms, for messages and addresses */
	long long wake;       /* when to step, or HEALTH_NEVER */
	int fd;               /* a socket or pipe, or -1 */
	pid_t pid;            /* of a command, leader of a group */
	int length;           /* of output */
	unsigned char phase;  /* enum probe_phase */
	signed char address;  /* which is tried */
	bool opened;          /* connect(2) need not be asked again */
	char *output;         /* of a command: STATUS_OUTPUT_SIZE bytes */
	union {
		struct http http;
		struct grpc grpc;
		struct notify notify;
	};
	const char *headers[PROBE_HEADERS]; /* NULL ends them */
	char reason[STATUS_REASON_SIZE];    /* of the last failure */
};

/* Put the name of an address into *n; its length. */
socklen_t probe_name(const struct address *a, union probe_name *n);

/* Begin an attempt: never waits but for execve(2).  Modelled on the probes of
 * the kubelet. */
enum probe_result probe_begin(struct probe *p, const struct probe_tools *tools,
                              long long now);

/* Go on: the descriptor is ready, or p->wake has come. */
enum probe_result probe_step(struct probe *p, const struct probe_tools *tools,
                             long long now);

/* The command has ended with this wait(2) status. */
enum probe_result probe_ended(struct probe *p, const struct probe_tools *tools,
                              int status);

/* The time is over: fail. */
void probe_expire(struct probe *p, long long now);

/* Give up an attempt, or what is left of it; nothing is said of it. */
void probe_drop(struct probe *p, long long now);

/* Let the server finish, until p->wake if wait is set, and close the
 * connection. */
void probe_close(struct probe *p, const struct probe_tools *tools, bool wait);

/* What to wait for; fd is -1 if there is nothing. */
struct pollfd probe_events(const struct probe *p);

#endif
