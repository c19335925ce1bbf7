/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BURST_H
#define BENCH_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/* Many processes that wait for one word to end. */
struct burst {
	struct link *link;
	int few; /* the machine's processes when hardly any is left */
	int64_t
	    look_again; /* at the init's own list, whatever the count says */
};

/* Make count of them by ORDER_HOLD or ORDER_HAND_OVER. */
void burst_load(struct burst *burst, struct link *link, uint32_t verb,
                uint32_t count);

/* Has the init reaped them all?  Cheap enough to be asked all the time. */
bool burst_cleared(struct burst *burst, int64_t now);

#endif
