/* SPDX-License-Identifier: MIT */
#ifndef HALE_SERVE_H
#define HALE_SERVE_H

#include <stddef.h>

#include "probe/address.h"
#include "report/status.h"

enum {
	SERVE_REQUEST = 1024,  /* bytes of a request that is answered */
	SERVE_SIZE = 12 * 1024 /* bytes that hold the longest answer */
};

/* Put the answer in the place of a request of n bytes, which are fewer than the
 * buffer has; how many it takes. */
size_t serve_answer(char buffer[SERVE_SIZE], size_t n, const struct status *s,
                    unsigned long orphans);

/* Listen at the address; if its family is not there and is IPv6, at the one
 * behind it.  A descriptor above 3, see spawn_close_inherited; or -1 and errno.
 */
int serve_open(const struct address *at);

/* Answer the next who has asked on that descriptor; never waits for anybody. */
void serve_next(int fd, const struct status *s, unsigned long orphans);

#endif
