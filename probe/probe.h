/* SPDX-License-Identifier: MIT */
#ifndef HALE_PROBE_H
#define HALE_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/text.h"
#include "probe/connect.h"
#include "probe/expect.h"
#include "probe/grpc.h"
#include "probe/http.h"
#include "probe/notify.h"
#include "probe/resolver.h"
#include "probe/target.h"
#include "signals.h"

enum {
	PROBE_HEADERS_MAX = 8,
	PROBE_REASON_SIZE = 200, /* bytes of a reason, and a NUL */
	PROBE_OUTPUT_SIZE =
	    4096, /* bytes that are kept of a command's output */
};

enum probe_result {
	PROBE_PENDING,
	PROBE_PASSED,
	PROBE_FAILED,
	PROBE_CHANGED, /* notify: what PROGRAM said calls for a new attempt */
};

/* What an attempt is doing. */
enum probe_phase {
	PROBE_IDLE,
	PROBE_RESOLVING,
	PROBE_CONNECTING,
	PROBE_SENDING,   /* the request to a server */
	PROBE_READING,   /* the answer of a server */
	PROBE_CLOSING,   /* the result is known; the server may finish */
	PROBE_RUNNING,   /* a command */
	PROBE_DYING,     /* a command that was sent KILL */
	PROBE_LISTENING, /* to PROGRAM, between attempts too */
};

/* What all probes share. */
struct probe_context {
	const struct signals *signals; /* commands get what hale has found */
	char **environment;            /* of commands */
	pid_t program;                 /* whose messages count, see notify.h */
	int notify_socket;             /* on which they arrive, or -1 */
	const char *relay_to; /* hale's own NOTIFY_SOCKET, which gets them
	                         too, or NULL */
};

/* What one target needs to be probed: set once, before the first attempt. */
struct probe_setup {
	const struct target *target;
	const char *statuses; /* as --health-status has them */
	const char *headers[PROBE_HEADERS_MAX + 1]; /* NULL ends them */
	long long timeout_ms;                       /* of one attempt */
	long long ready_by; /* notify: until then READY=1 must come first */
};

/* A target, and the attempt at it. */
struct probe {
	struct probe_setup setup;
	enum probe_phase phase;
	int fd;             /* a socket or pipe, or -1 */
	long long wake_at;  /* when to step, or HEALTH_NEVER */
	long long began_at; /* the attempt */
	pid_t pid;          /* of a command, the leader of its group; or 0 */

	/* Of a command, or what notify: said as STATUS=. */
	int output_length;
	char *output; /* the caller's, PROBE_OUTPUT_SIZE bytes */

	/* The private state of the protocols, see probe.c. */
	bool answered;   /* a byte has come from the server */
	bool paused;     /* LISTENING: the socket is not polled until wake_at */
	size_t sent;     /* bytes of the request */
	struct text why; /* by which the reason is written */
	struct connect connect;
	union {
		struct resolver resolver; /* until there is a connection */
		struct http http;         /* from then on: the answer */
		struct grpc grpc;
		struct expect expect;
		struct notify notify; /* notify.stopping: see notify.h */
	};

	char reason[PROBE_REASON_SIZE]; /* of the last failure */
};

/* Prepare for the first attempt; output has PROBE_OUTPUT_SIZE bytes. */
void probe_init(struct probe *p, const struct probe_setup *setup, char *output);

/* Begin an attempt; never waits.  Modelled on the probes of the kubelet. */
enum probe_result probe_begin(struct probe *p, const struct probe_context *c,
                              long long now);

/* Go on: the descriptor is ready, or wake_at has come. */
enum probe_result probe_step(struct probe *p, const struct probe_context *c,
                             long long now);

/* The command has ended with this wait(2) status. */
enum probe_result probe_ended(struct probe *p, int status);

/* The deadline has passed: the attempt has failed, p->reason says where. */
void probe_expire(struct probe *p, long long now);

/* Give up an attempt, or what is left of it, without a result. */
void probe_drop(struct probe *p, long long now);

/* Let the server finish, until wake_at if wait is set, and close the
 * connection.  Only --check sets wait: it has nothing else to do. */
void probe_close(struct probe *p, bool wait);

/* What to wait for; fd is -1 if there is nothing. */
struct pollfd probe_events(const struct probe *p);

#endif
