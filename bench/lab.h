/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	LAB_INITS = 16, /* side by side at most */
	LAB_WORDS = 16, /* of a command at most */
	LAB_LINKS = 4,  /* descriptors PROGRAM gets, from BOARD_ORDERS on */
};

enum lab_place {
	LAB_PLAIN,     /* a process like any other */
	LAB_NAMESPACE, /* PID 1 of a new PID namespace */
	LAB_CONTAINER, /* the same, with a /proc of its own */
	LAB_QUIET,     /* a process whose output goes nowhere, in the container
	                  that was entered, if any */
	LAB_TRACED,    /* the same, which stops at its exec for us to trace */
};

/* An init under test: its name, and the command that comes before PROGRAM. */
struct lab_init {
	const char *name;
	char *words[LAB_WORDS];
	int count;
};

/* What is measured on: the inits, how often, and for how long at most. */
struct lab {
	struct lab_init inits[LAB_INITS];
	int count;
	int rounds;
	int64_t deadline;       /* no round begins later, but MIN_ROUNDS */
	struct web_log *visits; /* of the server, if the commands name it */
};

/* What a process cost from its start to its end, in ns. */
struct lab_cost {
	int64_t wall, user, system;
};

/* CLOCK_MONOTONIC in ns. */
int64_t lab_now(void);

/* Sleep until then. */
void lab_sleep_until(int64_t then);

/* Say what failed, with errno, and end; every init dies with the harness. */
_Noreturn void lab_fail(const char *what);

/* Read "NAME=COMMAND WORDS..." into init, splitting text at its blanks. */
void lab_init_read(struct lab_init *init, char *text);

/* Is there to be another round after so many? */
bool lab_more(const struct lab *lab, int done);

/* The number that text begins with. */
long lab_number(const char *text);

/* A number from 0 to below end, good enough to be in step with nothing. */
int64_t lab_random(int64_t end);

/* The inits in another order each time it is called. */
void lab_shuffle(const struct lab *lab, int order[LAB_INITS]);

/* Write the command `init program...` to argv. */
void lab_command(const struct lab_init *init, char *const *program,
                 char *argv[LAB_WORDS]);

/* Start argv; its descriptors from BOARD_ORDERS on are links, if not NULL. */
pid_t lab_start(char **argv, enum lab_place place, const int *links);

/* From now on start LAB_QUIET and LAB_TRACED beside pid, as docker exec does,
 * which is LAB_CONTAINER. */
void lab_enter(pid_t pid);

/* Kill pid, and all of its namespace, and wait for the end. */
void lab_end(pid_t pid);

/* Run argv to its end, which must be exit 0. */
void lab_time(char **argv, enum lab_place place, struct lab_cost *cost);

/* One figure, as a line for the statistics. */
void lab_row(const char *name, const char *metric, double value);

/* Could so many processes more be started? */
bool lab_room_for(int processes);

#endif
