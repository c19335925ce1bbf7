/* SPDX-License-Identifier: MIT */
/* elf: what kind of file hale is, and that it uses no heap. */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ns.h"
#include "trace.h"

static const ElfW(Ehdr) * map_hale(void)
{
	int fd = open(ns_hale(), O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *file;

	cr_assert_geq(fd, 0);
	cr_assert_eq(fstat(fd, &st), 0);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	cr_assert_neq(file, MAP_FAILED);
	cr_assert_eq(memcmp(file, ELFMAG, SELFMAG), 0);
	close(fd);
	return file;
}

/* The program header of this type, or NULL. */
static const ElfW(Phdr) * find(const ElfW(Ehdr) * file, ElfW(Word) type)
{
	const ElfW(Phdr) *header =
	    (const void *)((const char *)file + file->e_phoff);
	int i;

	for (i = 0; i < file->e_phnum; i++)
		if (header[i].p_type == type)
			return &header[i];
	return NULL;
}

Test(elf, is_static)
{
	const ElfW(Ehdr) *file = map_hale();

	cr_expect_not_null(find(file, PT_LOAD));
	cr_expect_null(find(file, PT_INTERP));
	cr_expect_null(find(file, PT_DYNAMIC));
}

Test(elf, has_no_executable_stack)
{
	const ElfW(Phdr) *stack = find(map_hale(), PT_GNU_STACK);

	cr_assert_not_null(stack);
	cr_expect_eq(stack->p_flags & PF_X, 0);
}

Test(elf, has_no_writable_code)
{
	const ElfW(Ehdr) *file = map_hale();
	const ElfW(Phdr) *header =
	    (const void *)((const char *)file + file->e_phoff);
	int i;

	for (i = 0; i < file->e_phnum; i++)
		cr_expect_neq(header[i].p_flags & (PF_W | PF_X), PF_W | PF_X);
}

Test(elf, is_stripped)
{
	const ElfW(Ehdr) *file = map_hale();
	const ElfW(Shdr) *section =
	    (const void *)((const char *)file + file->e_shoff);
	int i;

	for (i = 0; i < file->e_shnum; i++)
		cr_expect_neq(section[i].sh_type, SHT_SYMTAB);
}

static bool
is_memory(long call)
{
	return call == SYS_brk || call == SYS_mmap || call == SYS_mremap;
}

/* From its first own act to its end; a libc may do as it likes before. */
Test(elf, asks_for_no_memory, .timeout = 60)
{
	struct trace t;
	int calls = 0;

	trace_start(&t,
	            &(struct ns_setup){
			.words = NS_WORDS("-vvv", "-r", "HUP:0", "--", "env",
	                                  ns_guest(), "perish", "9", "4")});
	while (trace_next(&t))
		if (t.pid == t.ns.hale && t.blocked && t.at == TRACE_ENTRY) {
			calls++;
			cr_expect_not(is_memory(t.call), "system call %ld",
			              t.call);
		}
	cr_expect_gt(calls, 9);
	cr_expect_eq(t.code, 4);
}
