/* SPDX-License-Identifier: MIT */
/*
 * border: between what hale needs once and what it needs all the time.
 *
 * The linker puts this file behind the modules that read options, say things
 * and clear up, and before those of the loop (see the Makefile).  The kernel
 * maps a program's pages by 16 at the first touch, so that without this half of
 * what is resident would be code that has done its work.  A part of the stack
has been in use for that alone, too.
 */
#include "border.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	FRAMES = 512,      /* bytes of the stack that the calls below take */
	DEEPEST = 8 * PAGE /* bytes that it has been in use, at the most */
};

/* Of the linker's, see end(3). */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const char __executable_start[], etext[];

static const char mark[1] = {1}; /* where the constants of the loop begin */

/* Whole pages only; of larger ones the kernel says EINVAL, and they stay. */
static void
forget(uintptr_t from, uintptr_t to)
{
	from = (from + PAGE - 1) & -(uintptr_t)PAGE;
	to &= -(uintptr_t)PAGE;
	if (from < to)
		(void)syscall(SYS_madvise, from, to - from, MADV_DONTNEED);
}

void
border_forget(void)
{
	char here;
	uintptr_t stack = (uintptr_t)&here - FRAMES;

	forget((uintptr_t)__executable_start, (uintptr_t)&border_forget);
	forget((uintptr_t)etext, (uintptr_t)mark);
	forget(stack - DEEPEST, stack);
}
