/* SPDX-License-Identifier: MIT */
#ifndef HALE_REMAINING_H
#define HALE_REMAINING_H

#include <stdbool.h>
#include <sys/types.h>

/* Send signal n to every process that hale answers for.  If hale is PID 1, that
 * is every process but hale, as kill(2) takes -1; else it is the process group
 * (0 is none) and each child of hale, see proc(5),
 * /proc/PID/task/TID/children.  Was any process reached?  If not, those that
 * are left belong to another user. */
bool remaining_signal(bool is_pid1, pid_t group, int n);

/* The same, but leave the process group out: its members have had the signal.
 */
bool remaining_signal_others(bool is_pid1, pid_t group, int n);

#endif
