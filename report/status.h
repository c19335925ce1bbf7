/* SPDX-License-Identifier: MIT */
#ifndef HALE_STATUS_H
#define HALE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "health.h"

enum {
	STATUS_TEXT_SIZE = 200,    /* bytes of a target's text, and a NUL */
	STATUS_REASON_SIZE = 200,  /* bytes of a reason, and a NUL */
	STATUS_OUTPUT_SIZE = 4096, /* bytes that are kept of an output */
	STATUS_NAME_SIZE = 16,     /* of /proc/PID/comm, see prctl(2) */
};

enum status_kind { STATUS_HEALTH, STATUS_READY, STATUS_WAIT };

/* What is known of one target.  Everything here is a number or a text: the page
 * is read by other processes, so it holds no address. */
struct status_target {
	char text[STATUS_TEXT_SIZE];     /* escaped; " #2" if not the first */
	char reason[STATUS_REASON_SIZE]; /* of the last failure, or "" */
	int kind;                        /* enum status_kind */
	int state;                       /* enum health_state */
	long long passed, failed;        /* attempts in all */
	int failures, successes;         /* in a row */
	long long took_ms;               /* the last attempt */
	int output_length;               /* bytes of it in status.output */
};

/* The status page: memory that hale writes and others read. */
struct status {
	char version[16];  /* of hale, and so of this layout */
	unsigned sequence; /* odd while hale writes */
	pid_t program;     /* 0 while hale waits for --wait-for targets */
	int state;         /* enum health_state */
	int count;         /* of targets */
	long long since;   /* when state changed last, as clock_now has it */
	long long updated; /* when the page was written */
	long long next_update; /* when it is written again at the latest */
	long long started;     /* PROGRAM was, ms since 1970, or 0 */
	long long transitions; /* of state */
	/* A counter that is counted here, and not copied by monitor.c, has to
	 * be carried over in startup.c when the page is opened or closed. */
	long long signals_forwarded, orphans_reaped, messages_dropped;
	struct status_target targets[HEALTH_TARGETS_MAX];
	char output[HEALTH_TARGETS_MAX][STATUS_OUTPUT_SIZE];
};

/* ------ hale's side ------ */

/* Make the memory that is published, see memfd_create(2): nobody else can
 * resize it or, from Linux 5.1 on, write it.  Its descriptor is *fd, for
 * status_move.  NULL, and errno of that call. */
struct status *status_open(int *fd);

/* Move the descriptor to 3, where readers look first.  Only when nobody needs
 * an inherited descriptor 3 any more. */
void status_move(int *fd);

/* Readers see nothing of what is written between these two. */
void status_begin(struct status *s);
void status_end(struct status *s);

/* Set the text by which a target is shown: escaped, cut so that a number fits
 * behind it, and with " #2", " #3" and so on behind it if a target before it
 * has the same text. Called for targets 0, 1, 2 ... in this order. */
void status_set_text(struct status *s, int target, const char *text);

/* Publish the state by itself as hale's name, /proc/PID/comm: hale:healthy. */
void status_publish(enum health_state state);

/* Call hale hale again. */
void status_unpublish(void);

/* ------ The readers' side ------ */

/* The state in a word: "healthy"; "unknown" for what is no state. */
const char *status_word(int state);

/* The kind of a target in a word: "health", "ready" or "wait". */
const char *status_kind_word(int kind);

/* How many targets there are, whatever somebody who is not hale may have
 * written there. */
int status_count(const struct status *s);

/* Read what process pid publishes into *s; the outputs only if all is set: at
 * descriptor 3, or else at the first below 64 that /proc/PID/fd names as such
 * memory.  What is accepted is sane: each count, state and length is in its
 * range and each text ends.  0, or -1: EBUSY it is being written, EACCES not
 * allowed, ENOENT there is none, EPROTO it is damaged or another version's, and
 * errno of open(2). */
int status_read(pid_t pid, struct status *s, bool all);

/* The state that /proc/PID/comm shows, or -1. */
int status_of(pid_t pid);

#endif
