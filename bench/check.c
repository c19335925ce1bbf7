/* SPDX-License-Identifier: MIT */
/*
 * check: what one run of a health check costs, and what an engine adds to it.
 *
 * A check runs as docker exec would run it: beside PID 1, in its namespaces,
 * where it may ask the hale that is there.  Memory and system calls are looked
 * at in runs of their own.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"
#include "parts.h"
#include "proc.h"
#include "trace.h"

enum {
	TRACES = 3, /* they hardly differ */
	SETTLE_NS = 50000000,
	TEXT_SIZE = 4096,
	NS_PER_US = 1000,
};

/* The container, whose init has probed. */
static pid_t
start_guard(char *text, char *program)
{
	char *const words[] = {program, (char *)"wait", NULL};
	struct lab_init guard;
	char *argv[LAB_WORDS];
	pid_t pid;

	lab_init_read(&guard, text);
	lab_command(&guard, words, argv);
	pid = lab_start(argv, LAB_CONTAINER, NULL);
	proc_wait_named(pid, "hale:healthy");
	lab_sleep_until(lab_now() + SETTLE_NS);
	proc_wait_asleep(pid);
	return pid;
}

static void
measure(const struct lab_init *init, bool traced)
{
	char *const none[] = {NULL};
	char *argv[LAB_WORDS];
	struct lab_cost cost;
	struct trace trace;

	lab_command(init, none, argv);
	lab_time(argv, LAB_QUIET, &cost);
	lab_row(init->name, "wall", (double)cost.wall);
	lab_row(init->name, "cpu", (double)(cost.user + cost.system));
	if (!traced)
		return;
	trace_run(argv, &trace);
	lab_row(init->name, "peak", (double)trace.peak);
	lab_row(init->name, "calls", trace.calls);
}

void
part_check(const struct lab *lab, char *const *options)
{
	pid_t guard = start_guard(options[0], options[1]);
	int order[LAB_INITS], round, i;

	lab_enter(guard);
	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			measure(&lab->inits[order[i]], round < TRACES);
	}
	lab_end(guard);
}

/* In ns, from cpuacct.usage or, in a cgroup of version 2, cpu.stat. */
static int64_t
read_counter(const char *path)
{
	static const char key[] = "usage_usec ";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[TEXT_SIZE], *at;
	ssize_t size;

	if (fd < 0)
		lab_fail(path);
	size = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[size > 0 ? size : 0] = '\0';
	at = strstr(text, key);
	return at == NULL ? lab_number(text)
	                  : lab_number(at + strlen(key)) * NS_PER_US;
}

/* The engine still has something to do when its client has gone. */
static void
measure_engine(const struct lab_init *init, const char *counter)
{
	char *const none[] = {NULL};
	int64_t before = read_counter(counter);
	char *argv[LAB_WORDS];
	struct lab_cost cost;

	lab_command(init, none, argv);
	lab_time(argv, LAB_QUIET, &cost);
	lab_sleep_until(lab_now() + SETTLE_NS);
	lab_row(init->name, "wall", (double)cost.wall);
	lab_row(init->name, "client", (double)(cost.user + cost.system));
	lab_row(init->name, "engine", (double)(read_counter(counter) - before));
}

void
part_engine(const struct lab *lab, char *const *options)
{
	int order[LAB_INITS], round, i;

	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			measure_engine(&lab->inits[order[i]], options[0]);
	}
}
