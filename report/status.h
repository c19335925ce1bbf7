/* SPDX-License-Identifier: MIT */
#ifndef HALE_STATUS_H
#define HALE_STATUS_H

#include <stdbool.h>
#include <sys/types.h>

#include "health.h"

enum {
	STATUS_TARGET_SIZE = 200,  /* bytes of a target's text, and a NUL */
	STATUS_REASON_SIZE = 200,  /* bytes of a reason, and a NUL */
	STATUS_OUTPUT_SIZE = 4096, /* bytes that are kept of a command's */
	STATUS_NAME_SIZE = 16,     /* of /proc/PID/comm, see prctl(2) */
	STATUS_PATH_SIZE = 40,     /* of a path below /proc/PID */
};

/* What one target said last. */
struct status_target {
	char text[STATUS_TARGET_SIZE];
	char reason[STATUS_REASON_SIZE]; /* of the last failure, or "" */
	long long took;                  /* ms, the last attempt */
	int output;                      /* bytes of it in status.output */
};

/* The details, in memory that hale writes and others read. */
struct status {
	char version[16]; /* whose form this is */
	unsigned turn;    /* odd while hale writes */
	pid_t program;
	long long updated; /* ms, as clock_now has it */
	long long promise; /* when hale writes again at the latest */
	struct health health;
	struct status_target target[HEALTH_MAX];
	char output[HEALTH_MAX][STATUS_OUTPUT_SIZE];
};

/* Open the memory that is published, see memfd_create(2): nobody else can
 * resize it or, from Linux 5.1 on, write it.  NULL, and errno of that call. */
struct status *status_open(void);

/* Between these two nobody can read it. */
void status_begin(struct status *s);
void status_end(struct status *s);

/* Publish the state by itself, in /proc/PID/comm, see PR_SET_NAME. */
void status_publish(enum health_state state);

/* The state (enum health_state) in a word. */
const char *status_word(int state);

/* Read what process pid publishes into *s; the outputs only if all is set.  0,
 * or -1: it cannot be read, or, with EBUSY, is being written. */
int status_read(pid_t pid, struct status *s, bool all);

/* The state that /proc/PID/comm shows, or -1. */
int status_of(pid_t pid);

/* Put the path of a file of process pid, as "/comm" names it. */
void status_path(char path[STATUS_PATH_SIZE], pid_t pid, const char *name);

#endif
