/* SPDX-License-Identifier: MIT */
#ifndef HALE_SWEEP_H
#define HALE_SWEEP_H

#include <stdbool.h>
#include <sys/types.h>

/* Send signal n to all that hale answers for: if it is PID 1 every process but
 * itself, as kill(2) takes -1; else the process group (0 is none) and each
 * child of hale's, by /proc/PID/task/TID/children, see proc(5).  Was anybody
 * reached?  If not, all that is left belongs to another user. */
bool sweep_send(bool first_process, pid_t group, int n);

#endif
