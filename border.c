/* SPDX-License-Identifier: MIT */
/*
 * border: between what hale needs once and what it needs all the time.
 *
 * The linker puts this file behind the modules of the loop, and before those
 * that read options, say things and clear up (see the Makefile).  The kernel
 * maps a program's pages by 16 at the first touch, so that without this half of
 * what is resident would be code that has done its work.  A part of the stack
 * has been in use for that alone, too.  The loop comes first since it then
 * takes the same pages however long the rest is.
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

/* Of the linker's, see end(3); behind the constants is what can be written. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const char etext[], __preinit_array_start[];

static const char mark[1] = {1}; /* where the constants of the loop end */

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

	forget((uintptr_t)&border_forget, (uintptr_t)etext);
	forget((uintptr_t)mark, (uintptr_t)__preinit_array_start);
	forget(stack - DEEPEST, stack);
}
