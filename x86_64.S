/* SPDX-License-Identifier: MIT */
/*
 * x86_64: the start and the system calls, short instead of general.
 *
 * musl's take a twelfth of hale, for threads that can be cancelled and have
 * variables of their own.  hale has one thread.  So on this machine, with musl,
 * these are found first, and each does what its manual page says; on others
 * musl's own are linked.  A function that is missing here comes from musl, and
 * if it sets errno, the linker complains of two __errno_location: then add it
 * to the table.
 */
#include <sys/syscall.h>

	.macro call_of name, number
	.globl	\name
	.if	\number > 255
	.error	"the number takes more than a byte"
	.endif
\name:	mov	$\number, %al
	jmp	enter
	.endm

	.text
	.globl	_start, syscall, vfork, htons, memcpy, __errno_location, environ

_start:	pop	%rdi
	mov	%rsp, %rsi
	push	%rdi
	lea	8(%rsi, %rdi, 8), %rdx
	mov	%rdx, environ(%rip)
	call	main
	mov	%eax, %edi
	call_of	_exit, SYS_exit_group

	call_of	access, SYS_access
	call_of	bind, SYS_bind
	call_of	chdir, SYS_chdir
	call_of	close, SYS_close
	call_of	connect, SYS_connect
	call_of	dup2, SYS_dup2
	call_of	execve, SYS_execve
	call_of	fsync, SYS_fsync
	call_of	ftruncate, SYS_ftruncate
	call_of	getpgid, SYS_getpgid
	call_of	getpgrp, SYS_getpgrp
	call_of	getpid, SYS_getpid
	call_of	getppid, SYS_getppid
	call_of	getrusage, SYS_getrusage
	call_of	getsid, SYS_getsid
	call_of	getsockname, SYS_getsockname
	call_of	ioctl, SYS_ioctl
	call_of	kill, SYS_kill
	call_of	listen, SYS_listen
	call_of	lseek, SYS_lseek
	call_of	open, SYS_open

/* The kernel's first argument is the number, and its fourth not in rcx. */
syscall:
	mov	%edi, %eax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %rcx
	mov	%r9, %r8
	mov	8(%rsp), %r9
	jmp	trap
enter:	movzbl	%al, %eax
trap:	mov	%rcx, %r10
	syscall
done:	test	%rax, %rax
	jns	1f
	neg	%eax
	mov	%eax, error(%rip)
	or	$-1, %rax
1:	ret

	call_of	poll, SYS_poll
	call_of	pread, SYS_pread64
	call_of	read, SYS_read
	call_of	readlink, SYS_readlink
	call_of	rename, SYS_rename
	call_of	sendfile, SYS_sendfile
	call_of	setpgid, SYS_setpgid
	call_of	setsid, SYS_setsid
	call_of	setsockopt, SYS_setsockopt
	call_of	shutdown, SYS_shutdown
	call_of	umask, SYS_umask
	call_of	unlink, SYS_unlink
	call_of	write, SYS_write

/* The kernel has one argument more for these. */
	.globl	recv, send, waitid, waitpid
recv:	xor	%r8d, %r8d
	xor	%r9d, %r9d
	call_of	recvfrom, SYS_recvfrom
send:	xor	%r8d, %r8d
	xor	%r9d, %r9d
	call_of	sendto, SYS_sendto
waitid:	xor	%r8d, %r8d
	call_of	wait_id, SYS_waitid
waitpid:
	xor	%ecx, %ecx
	call_of	wait4, SYS_wait4

/* The child returns first, over the address that the parent returns to. */
vfork:	pop	%rdx
	mov	$SYS_vfork, %eax
	syscall
	push	%rdx
	jmp	done

__errno_location:
	mov	$error, %eax
	ret

htons:	mov	%edi, %eax
	xchg	%al, %ah
	ret

memcpy:	mov	%rdi, %rax
	mov	%rdx, %rcx
	rep movsb
	ret

	/* init.c's state is what follows, and should begin with a page. */
	.bss
	.balign	4096
environ:
	.skip	8
error:	.skip	4

	.section .note.GNU-stack, "", @progbits
