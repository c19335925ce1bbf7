/* SPDX-License-Identifier: MIT */
/*
 * relro: makes the relocated constants of a static PIE read-only.
 *
 * When a position-independent program starts, its start code writes addresses
 * into the constants that hold pointers.  The linker puts these constants into
 * a segment of their own, PT_GNU_RELRO, which is to be protected afterwards.
 * In a dynamic program the dynamic linker does that, and in a static one glibc
 * does; musl leaves it to the program.  With glibc this is done twice, which
 * changes nothing.
 */
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* The linker defines it: the ELF header as it stands in memory. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern const ElfW(Ehdr) __ehdr_start;

/* Protect the whole pages from start to end.  The linker sees to it that the
 * segment ends at the end of a page. */
static void
protect_pages(uintptr_t start, uintptr_t end)
{
	uintptr_t page = (uintptr_t)getauxval(AT_PAGESZ);

	start -= start % page;
	end -= end % page;
	/* If it fails, hale works as well as before. */
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	(void)mprotect((void *)start, end - start, PROT_READ);
}

/* Called by libc before main. */
__attribute__((constructor)) static void
protect_constants(void)
{
	uintptr_t base = (uintptr_t)&__ehdr_start;
	const ElfW(Phdr) *header =
	    (const void *)((const char *)&__ehdr_start + __ehdr_start.e_phoff);
	int i;

	for (i = 0; i < __ehdr_start.e_phnum; i++)
		if (header[i].p_type == PT_GNU_RELRO)
			protect_pages(base + header[i].p_vaddr,
			              base + header[i].p_vaddr +
			                  header[i].p_memsz);
}
