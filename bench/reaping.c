/* SPDX-License-Identifier: MIT */
/*
 * reaping: orphans one after the other without end, and many dead at once.
 *
 * Time runs until the init has no child left but PROGRAM.  Processor time is
 * the init's own, as the scheduler counts it, not in ticks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "parts.h"
#include "proc.h"

enum {
	POLL_NS = 100000,
	SIZES_MAX = 16,
};

static void
wait_until_cleared(struct burst *burst)
{
	int64_t now = lab_now();

	while (!burst_cleared(burst, now)) {
		lab_sleep_until(now + POLL_NS);
		now = lab_now();
	}
}

static void
orphans(const struct lab_init *init, struct link *link, uint32_t count)
{
	struct burst none = {.link = link};
	int64_t begin = lab_now(), cpu = proc_cpu(link->pid), end;

	link_order(link, ORDER_ORPHANS, count);
	wait_until_cleared(&none);
	end = lab_now();
	proc_wait_asleep(link->pid);
	cpu = proc_cpu(link->pid) - cpu;
	lab_row(init->name, "rate", count * 1e9 / (double)(end - begin));
	lab_row(init->name, "cpu", (double)cpu / count);
}

void
part_orphans(const struct lab *lab, char *const *options)
{
	uint32_t count =
	    (uint32_t)lab_number(options[1]) / (uint32_t)lab->rounds;
	int order[LAB_INITS], round, i;
	struct link links[LAB_INITS];

	for (i = 0; i < lab->count; i++) {
		link_open(&links[i], &lab->inits[i], options[0]);
		proc_memory(links[i].pid, lab->inits[i].name, "before.");
	}
	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			orphans(&lab->inits[order[i]], &links[order[i]], count);
	}
	for (i = 0; i < lab->count; i++) {
		proc_memory(links[i].pid, lab->inits[i].name, "after.");
		lab_row(lab->inits[i].name, "count", (double)round * count);
		link_close(&links[i]);
	}
}

static void
clear_one(const struct lab_init *init, char *program, uint32_t verb,
          uint32_t count)
{
	char metric[32];
	struct burst burst;
	struct link link;
	int64_t begin, end, cpu;

	link_open(&link, init, program);
	burst_load(&burst, &link, verb, count);
	cpu = proc_cpu(link.pid);
	begin = lab_now();
	link_release(&link);
	wait_until_cleared(&burst);
	end = lab_now();
	proc_wait_asleep(link.pid);
	cpu = proc_cpu(link.pid) - cpu;
	link_close(&link);
	(void)snprintf(metric, sizeof(metric), "wall.%u", count);
	lab_row(init->name, metric, (double)(end - begin));
	(void)snprintf(metric, sizeof(metric), "cpu.%u", count);
	lab_row(init->name, metric, (double)cpu / count);
}

/* The numbers in a text like "500,1000", but those there is no room for. */
static int
read_sizes(const char *text, uint32_t sizes[SIZES_MAX])
{
	char *end;
	int n = 0;

	while (*text != '\0' && n < SIZES_MAX) {
		sizes[n] = (uint32_t)strtoul(text, &end, 10);
		if (lab_room_for((int)sizes[n]))
			n++;
		else
			(void)fprintf(stderr,
			              "bench: no room for %u processes\n",
			              sizes[n]);
		text = *end == ',' ? end + 1 : end;
	}
	return n;
}

void
part_clear(const struct lab *lab, char *const *options)
{
	uint32_t verb =
	    strcmp(options[1], "handed") == 0 ? ORDER_HAND_OVER : ORDER_HOLD;
	int order[LAB_INITS], round, count, size, i;
	uint32_t sizes[SIZES_MAX];

	count = read_sizes(options[2], sizes);
	for (round = 0; lab_more(lab, round); round++)
		for (size = 0; size < count; size++) {
			lab_shuffle(lab, order);
			for (i = 0; i < lab->count; i++)
				clear_one(&lab->inits[order[i]], options[0],
				          verb, sizes[size]);
		}
}
