/* SPDX-License-Identifier: MIT */
/*
 * rest: an init that has nothing to do.  Its memory, one init at a time so that
 * none shares pages with another, and its wake-ups, all side by side.
 */

#include <stddef.h>

#include "parts.h"
#include "proc.h"

enum { SETTLE_NS = 100000000, NS_PER_S = 1000000000 };

struct sleeper {
	pid_t pid;
	long voluntary, involuntary;
	int64_t cpu;
};

static pid_t
rest(const struct lab_init *init, char *program)
{
	char *const words[] = {program, (char *)"wait", NULL};
	char *argv[LAB_WORDS];
	pid_t pid;

	lab_command(init, words, argv);
	pid = lab_start(argv, LAB_NAMESPACE, NULL);
	lab_sleep_until(lab_now() + SETTLE_NS);
	proc_wait_asleep(pid);
	return pid;
}

static void
weigh(const struct lab_init *init, char *program)
{
	pid_t pid = rest(init, program);

	proc_memory(pid, init->name, "");
	lab_end(pid);
}

void
part_memory(const struct lab *lab, char *const *options)
{
	int order[LAB_INITS], round, i;

	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			weigh(&lab->inits[order[i]], options[0]);
	}
}

static void
note(struct sleeper *s)
{
	s->voluntary = proc_field(s->pid, "status", "voluntary_ctxt_switches");
	s->involuntary =
	    proc_field(s->pid, "status", "nonvoluntary_ctxt_switches");
	s->cpu = proc_cpu(s->pid);
}

void
part_idle(const struct lab *lab, char *const *options)
{
	struct sleeper before[LAB_INITS], after[LAB_INITS];
	int i;

	for (i = 0; i < lab->count; i++)
		before[i].pid = rest(&lab->inits[i], options[0]);
	for (i = 0; i < lab->count; i++)
		note(&before[i]);
	lab_sleep_until(lab_now() + lab_number(options[1]) * NS_PER_S);
	for (i = 0; i < lab->count; i++) {
		const char *name = lab->inits[i].name;

		after[i].pid = before[i].pid;
		note(&after[i]);
		lab_end(after[i].pid);
		lab_row(name, "wakeups",
		        (double)(after[i].voluntary - before[i].voluntary));
		lab_row(name, "involuntary",
		        (double)(after[i].involuntary - before[i].involuntary));
		lab_row(name, "cpu", (double)(after[i].cpu - before[i].cpu));
	}
}
