/* SPDX-License-Identifier: MIT */
/* calls: the table in tests/pid1/calls, for the tests that go through it. */
#include "calls.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define ROW(name, need, loss, why, ...)                                        \
	{#name, SYS_##name, need, loss, why, {__VA_ARGS__, 0}},
#define CALL(name, loss, why, ...)                                             \
	ROW(name, NEED_ALWAYS, loss, why, __VA_ARGS__)
#define MAY_CALL(name, loss, why, ...)                                         \
	ROW(name, NEED_BY_LIBC, loss, why, __VA_ARGS__)
#define TOOL_CALL(name, loss, why, ...)                                        \
	ROW(name, NEED_BY_TOOLS, loss, why, __VA_ARGS__)

const struct call_row calls_rows[] = {
#include "tests/pid1/calls"
};

const int calls_count = sizeof(calls_rows) / sizeof(calls_rows[0]);

const struct call_row *
calls_find(int call)
{
	int i;

	for (i = 0; i < calls_count; i++)
		if (calls_rows[i].call == call)
			return &calls_rows[i];
	return NULL;
}
