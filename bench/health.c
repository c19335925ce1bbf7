/* SPDX-License-Identifier: MIT */
/*
 * health: probes in the loop of an init, seen from the server they go to.
 *
 * Processor time is the init's own, over many probes: it holds what the kernel
 * does for the init in its turn, which over loopback is also a part of the
 * server's side, while the server does a part of the init's.
 */
#include <stdio.h>

#include "lab.h"
#include "parts.h"
#include "proc.h"
#include "trace.h"
#include "web.h"

enum {
	TRACED = 5,           /* probes under a tracer */
	QUIET_NS = 4000000,   /* after a probe, before the next */
	AFTER_NS = 400000000, /* a second's probes are over by then */
};

static const int64_t FIRST_S = 2; /* from then on nothing may change */
static const int64_t NS_PER_S = 1000000000;

/* Probes that fail are cheap. */
static const char HEALTHY[] = "hale:healthy";

static pid_t
start(const struct lab *lab, const struct lab_init *init, char *program)
{
	char *const words[] = {program, (char *)"wait", NULL};
	uint32_t count = atomic_load(&lab->visits->count);
	char *argv[LAB_WORDS];
	pid_t pid;

	lab_command(init, words, argv);
	pid = lab_start(argv, LAB_NAMESPACE, NULL);
	web_wait(lab->visits, count + 1);
	return pid;
}

/* So many probes from now on, and pid at rest after the last. */
static uint32_t
await(struct web_log *log, uint32_t count)
{
	web_wait(log, atomic_load(&log->count) + count);
	lab_sleep_until(lab_now() + QUIET_NS);
	return atomic_load(&log->count);
}

static void
count_calls(const char *name, pid_t pid)
{
	int calls[TRACED], i;

	trace_rounds(pid, calls, TRACED);
	for (i = 0; i < TRACED; i++)
		lab_row(name, "calls", calls[i]);
}

static void
probe(const struct lab *lab, const struct lab_init *init, char *program,
      uint32_t count)
{
	pid_t pid = start(lab, init, program);
	struct web_log *log = lab->visits;
	uint32_t first = await(log, 1), last;
	int64_t cpu = proc_cpu(pid);

	proc_wait_named(pid, HEALTHY);
	last = await(log, count);
	cpu = proc_cpu(pid) - cpu;
	count_calls(init->name, pid);
	proc_wait_named(pid, HEALTHY);
	lab_end(pid);
	lab_row(init->name, "cpu", (double)cpu / (last - first));
}

void
part_probe(const struct lab *lab, char *const *options)
{
	uint32_t count = (uint32_t)lab_number(options[1]);
	int order[LAB_INITS], round, i;

	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			probe(lab, &lab->inits[order[i]], options[0], count);
	}
}

/* The server is told whom to look at, and so knows the first not yet. */
static void
verdicts(const struct lab *lab, const struct lab_init *init, char *program,
         uint32_t count)
{
	struct web_log *log = lab->visits;
	pid_t pid = start(lab, init, program);
	uint32_t i;

	atomic_store(&log->pid, pid);
	(void)await(log, 1);
	i = atomic_load(&log->flips);
	(void)await(log, count);
	lab_end(pid);
	atomic_store(&log->pid, 0);
	for (; i < atomic_load(&log->flips); i++)
		lab_row(init->name, "wall", (double)log->took[i % WEB_FLIPS]);
}

void
part_verdict(const struct lab *lab, char *const *options)
{
	uint32_t count = (uint32_t)lab_number(options[1]);
	int round, i;

	for (round = 0; lab_more(lab, round); round++)
		for (i = 0; i < lab->count; i++)
			verdicts(lab, &lab->inits[i], options[0], count);
}

/* Between two probes, as the init sleeps. */
static void
look(const char *name, pid_t pid, const char *prefix)
{
	char metric[32];

	proc_wait_asleep(pid);
	proc_memory(pid, name, prefix);
	(void)snprintf(metric, sizeof(metric), "%sdescriptors", prefix);
	lab_row(name, metric, proc_descriptors(pid));
}

/* The probes drift, as their interval is never shorter than it should be. */
static void
wait_between(struct web_log *log)
{
	web_wait(log, atomic_load(&log->count) + 1);
	lab_sleep_until(lab_now() + AFTER_NS);
}

static void
watch(const struct lab *lab, const struct lab_init *init, char *program,
      int64_t seconds)
{
	int64_t begin = lab_now(), cpu;
	struct web_log *log = lab->visits;
	pid_t pid = start(lab, init, program);
	uint32_t probes;

	lab_sleep_until(begin + FIRST_S * NS_PER_S);
	wait_between(log);
	look(init->name, pid, "early.");
	probes = atomic_load(&log->count);
	cpu = proc_cpu(pid);
	do {
		wait_between(log);
		look(init->name, pid, "");
	} while (lab_now() < begin + seconds * NS_PER_S);
	cpu = proc_cpu(pid) - cpu;
	probes = atomic_load(&log->count) - probes;
	look(init->name, pid, "late.");
	proc_wait_named(pid, HEALTHY);
	lab_end(pid);
	lab_row(init->name, "probes", probes);
	lab_row(init->name, "cpu", (double)cpu / probes);
}

void
part_watch(const struct lab *lab, char *const *options)
{
	int i;

	for (i = 0; i < lab->count; i++)
		watch(lab, &lab->inits[i], options[0], lab_number(options[1]));
}
