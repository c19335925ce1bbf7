/* SPDX-License-Identifier: MIT */
/*
 * burst: many processes that end at once, and how to see the last one reaped.
 *
 * The list of an init's children is long to read and locks what the init needs
 * meanwhile.  So the machine's own count of processes, which costs nothing,
 * says when it is worth a look.
 */
#include "burst.h"

#include "proc.h"

enum {
	SETTLE_NS = 30000000,
	LOOK_NS = 25000000,
	REST_SHARE = 16, /* look when one in so many is left */
	REST_SPARE = 16, /* what others start and end meanwhile */
};

void
burst_load(struct burst *burst, struct link *link, uint32_t verb,
           uint32_t count)
{
	burst->link = link;
	burst->few = proc_count() + (int)count / REST_SHARE + REST_SPARE;
	link_order(link, verb, count);
	lab_sleep_until(lab_now() + SETTLE_NS);
	proc_wait_asleep(link->pid);
	burst->look_again = lab_now() + LOOK_NS;
}

bool
burst_cleared(struct burst *burst, int64_t now)
{
	if (proc_count() > burst->few && now < burst->look_again)
		return false;
	burst->look_again = now + LOOK_NS;
	return proc_has_one_child(burst->link->pid);
}
