/* SPDX-License-Identifier: MIT */
/* elf: what kind of file hale is, and that it uses no heap. */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ns.h"
#include "trace.h"

/* elf(5) has each of these in two widths; here are the machine's own. */
typedef ElfW(Ehdr) file_header;
typedef ElfW(Phdr) program_header;
typedef ElfW(Shdr) section_header;
typedef ElfW(Sym) symbol_entry;

static const file_header *
map(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
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
static const program_header *
find(const file_header *file, unsigned type)
{
	const program_header *header =
	    (const void *)((const char *)file + file->e_phoff);
	int i;

	for (i = 0; i < file->e_phnum; i++)
		if (header[i].p_type == type)
			return &header[i];
	return NULL;
}

static const section_header *
section(const file_header *file, size_t i)
{
	return (const section_header *)((const char *)file + file->e_shoff) + i;
}

/* The value of a tag of the dynamic section, or 0. */
static unsigned long
dynamic(const file_header *file, long tag)
{
	const program_header *header = find(file, PT_DYNAMIC);
	const ElfW(Dyn) * entry;

	if (header == NULL)
		return 0;
	entry = (const void *)((const char *)file + header->p_offset);
	for (; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == tag)
			return entry->d_un.d_val;
	return 0;
}

Test(elf, is_static)
{
	const file_header *file = map(ns_hale());

	cr_expect_not_null(find(file, PT_LOAD));
	cr_expect_null(find(file, PT_INTERP));
	cr_expect_eq(dynamic(file, DT_NEEDED), 0U);
}

Test(elf, is_position_independent)
{
	const file_header *file = map(ns_hale());

	cr_expect_eq(file->e_type, ET_DYN);
	cr_expect_neq(dynamic(file, DT_FLAGS_1) & DF_1_PIE, 0U);
	cr_expect_eq(dynamic(file, DT_TEXTREL), 0U);
	cr_expect_eq(dynamic(file, DT_FLAGS) & DF_TEXTREL, 0U);
}

/* How hale has mapped the page of its file that is to lie there; as in
 * proc(5). */
static void
mapping(const struct ns *ns, unsigned long address, char line[NS_LINE])
{
	unsigned long base = 0, from, to;
	char path[64];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)ns->hale);
	maps = fopen(path, "re");
	cr_assert_not_null(maps);
	while (fgets(line, NS_LINE, maps) != NULL) {
		if (strstr(line, ns_hale()) == NULL ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		if (base == 0)
			base = from;
		if (from <= base + address && base + address < to)
			break;
	}
	fclose(maps);
}

/* The kernel's word for it, since the file only asks for it. */
Test(elf, has_read_only_relocations)
{
	const file_header *file = map(ns_hale());
	const program_header *relro = find(file, PT_GNU_RELRO);
	char line[NS_LINE] = "";
	struct ns ns;

	cr_assert_not_null(relro);
	cr_expect_neq(dynamic(file, DT_FLAGS_1) & DF_1_NOW, 0U);
	ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS(ns_program(), "wait")});
	ns_expect_line(&ns, "ready");
	mapping(&ns, relro->p_vaddr, line);
	cr_expect_not_null(strstr(line, " r--p "), "%s", line);
	ns_kill(&ns);
}

Test(elf, has_no_executable_stack)
{
	const program_header *stack = find(map(ns_hale()), PT_GNU_STACK);

	cr_assert_not_null(stack);
	cr_expect_eq(stack->p_flags & PF_X, 0);
}

Test(elf, has_no_writable_code)
{
	const file_header *file = map(ns_hale());
	const program_header *header =
	    (const void *)((const char *)file + file->e_phoff);
	int i;

	for (i = 0; i < file->e_phnum; i++)
		cr_expect_neq(header[i].p_flags & (PF_W | PF_X), PF_W | PF_X);
}

Test(elf, is_stripped)
{
	const file_header *file = map(ns_hale());
	size_t i;

	for (i = 0; i < file->e_shnum; i++)
		cr_expect_neq(section(file, i)->sh_type, SHT_SYMTAB);
}

static bool
is_heap(const char *symbol)
{
	static const char *const names[] = {
	    "malloc", "calloc", "realloc", "reallocarray", "free",
	    "brk",    "sbrk",   "mremap",  "strdup",       "alloca"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(symbol, names[i]) == 0)
			return true;
	return false;
}

/* Look at the names that a symbol table defines or asks for; how many. */
static size_t
check_table(const file_header *file, const section_header *table)
{
	const char *base = (const char *)file;
	const char *names = base + section(file, table->sh_link)->sh_offset;
	const symbol_entry *symbol = (const void *)(base + table->sh_offset);
	size_t i, count = table->sh_size / sizeof(*symbol);

	for (i = 0; i < count; i++)
		cr_expect_not(is_heap(names + symbol[i].st_name), "%s",
		              names + symbol[i].st_name);
	return count;
}

/* Does a symbol table ask for, or define, this name? */
static bool
has_symbol(const file_header *file, const section_header *table,
           const char *name)
{
	const char *base = (const char *)file;
	const char *names = base + section(file, table->sh_link)->sh_offset;
	const symbol_entry *symbol = (const void *)(base + table->sh_offset);
	size_t i, count = table->sh_size / sizeof(*symbol);

	for (i = 0; i < count; i++)
		if (strcmp(names + symbol[i].st_name, name) == 0)
			return true;
	return false;
}

/* The object files of hale, of which the Makefile gives the names. */
static char *
objects(void)
{
	const char *names = getenv("HALE_OBJECTS");

	cr_assert_not_null(names);
	return strdup(names);
}

Test(elf, has_stack_canaries)
{
	char *names = objects(), *name;
	int found = 0;

	for (name = strtok(names, " "); name != NULL;
	     name = strtok(NULL, " ")) {
		const file_header *file = map(name);
		size_t i;

		for (i = 0; i < file->e_shnum; i++)
			if (section(file, i)->sh_type == SHT_SYMTAB)
				found += has_symbol(file, section(file, i),
				                    "__stack_chk_fail");
	}
	cr_expect_gt(found, 5);
	free(names);
}

static size_t
check_symbols(const char *name)
{
	const file_header *file = map(name);
	size_t i, count = 0;

	for (i = 0; i < file->e_shnum; i++)
		if (section(file, i)->sh_type == SHT_SYMTAB)
			count += check_table(file, section(file, i));
	return count;
}

Test(elf, has_no_heap_in_its_code)
{
	char *names = objects(), *name;
	int count = 0;

	for (name = strtok(names, " "); name != NULL;
	     name = strtok(NULL, " ")) {
		cr_expect_gt(check_symbols(name), 1U);
		count++;
	}
	cr_expect_gt(count, 5);
	free(names);
}

/* mmap64 is what a glibc calls it where files may be larger than 2 GiB. */
static bool
has_map(const file_header *file, const section_header *table)
{
	return has_symbol(file, table, "mmap") ||
	       has_symbol(file, table, "mmap64");
}

/* The status page is shared memory of a file, which is no heap. */
Test(elf, maps_memory_only_for_the_status_page)
{
	char *names = objects(), *name;

	for (name = strtok(names, " "); name != NULL;
	     name = strtok(NULL, " ")) {
		const file_header *file = map(name);
		bool maps = false;
		size_t i;

		for (i = 0; i < file->e_shnum; i++)
			if (section(file, i)->sh_type == SHT_SYMTAB)
				maps = maps || has_map(file, section(file, i));
		cr_expect_eq(maps, strstr(name, "report/status.o") != NULL,
		             "%s", name);
	}
	free(names);
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

	trace_start(&t, &(struct ns_setup){
			    .words = NS_WORDS("-vvv", "-r", "HUP:0", "--",
	                                      "env", ns_program(),
	                                      "exit-with-orphans", "9", "4")});
	while (trace_next(&t))
		if (t.pid == t.ns.hale && t.blocked && t.at == TRACE_ENTRY) {
			calls++;
			cr_expect_not(is_memory(t.call), "system call %ld",
			              t.call);
		}
	cr_expect_gt(calls, 9);
	cr_expect_eq(t.code, 4);
}
