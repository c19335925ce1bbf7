/* SPDX-License-Identifier: MIT */
/*
 * parts: what can be measured.  Each prints lines of NAME, METRIC and VALUE;
 * the statistics are somebody else's.  Options are its words on the command
 * line.
 */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include "lab.h"

/* PLACE PROGRAM: from the start of `INIT PROGRAM` to its end. */
void part_start(const struct lab *lab, char *const *options);

/* PROGRAM: memory of an init that has nothing to do. */
void part_memory(const struct lab *lab, char *const *options);

/* PROGRAM SECONDS: how often an init wakes up that has nothing to do. */
void part_idle(const struct lab *lab, char *const *options);

/* PROGRAM COUNT: so many orphans, in rounds: rate, processor, memory. */
void part_orphans(const struct lab *lab, char *const *options);

/* PROGRAM KIND SIZES: processes that end at once: until the last is reaped. */
void part_clear(const struct lab *lab, char *const *options);

/* PROGRAM SCENE COUNT: a signal's way from its sender to PROGRAM. */
void part_latency(const struct lab *lab, char *const *options);

/* PROGRAM COUNT GRACE_MS: from a stop signal to the end of all. */
void part_stop(const struct lab *lab, char *const *options);

/* NAME=GUARD PROGRAM: one run of a health check, beside `GUARD PROGRAM`. */
void part_check(const struct lab *lab, char *const *options);

/* COUNTER: one run of a command that lets an engine do the work, whose
 * processor time, in ns or as cpu.stat, is in that file. */
void part_engine(const struct lab *lab, char *const *options);

/* PROGRAM COUNT: one of so many probes in an init's loop. */
void part_probe(const struct lab *lab, char *const *options);

/* PROGRAM COUNT: from the start of a probe of /flip to its verdict. */
void part_verdict(const struct lab *lab, char *const *options);

/* PROGRAM SECONDS: memory and descriptors of an init that probes meanwhile. */
void part_watch(const struct lab *lab, char *const *options);

#endif
