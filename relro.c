/* SPDX-License-Identifier: MIT */
/*
 * relro: makes read-only what was relocated, in a hardened hale with musl.
 *
 * The start of a static program that is position-independent writes addresses
 * into its constants.  glibc protects them afterwards; musl leaves that to a
 * dynamic linker, which is not there.
 */
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* Of the linker's: the head of the file, as it is in memory. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const ElfW(Ehdr) __ehdr_start;

/* Whole pages only; the linker sees to it that the last one ends there. */
static void
protect(uintptr_t from, uintptr_t to)
{
	from &= -(uintptr_t)PAGE;
	to &= -(uintptr_t)PAGE;
	/* Where it fails, all works as without it. */
	(void)syscall(SYS_mprotect, from, to - from, PROT_READ);
}

/* By libc, before main. */
__attribute__((constructor)) static void
protect_constants(void)
{
	uintptr_t base = (uintptr_t)&__ehdr_start;
	const ElfW(Phdr) *header =
	    (const void *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
	int i;

	for (i = 0; i < __ehdr_start.e_phnum; i++)
		if (header[i].p_type == PT_GNU_RELRO)
			protect(base + header[i].p_vaddr,
			        base + header[i].p_vaddr + header[i].p_memsz);
}
