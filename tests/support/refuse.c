/* SPDX-License-Identifier: MIT */
/* refuse: a kernel that lacks a system call, or will not do it. */
#include "refuse.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The argument at this place has to be it, unless it may be ANY. */
static void
refuse(const struct refusal *r, int place)
{
	unsigned char any = r->argument == REFUSE_ANY;
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	             offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)r->call, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	             offsetof(struct seccomp_data, args) +
	                 (unsigned)place * sizeof(uint64_t)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)r->argument, 0,
	             any ? 0 : 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)r->error &
	                                                   SECCOMP_RET_DATA)),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(99);
}

void
refuse_call(void *refusal)
{
	refuse(refusal, 1);
}

void
refuse_family(void *family)
{
	refuse(&(struct refusal){SYS_socket, EAFNOSUPPORT, *(int *)family}, 0);
}
