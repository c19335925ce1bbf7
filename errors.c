/* SPDX-License-Identifier: MIT */
/*
 * errors: errno values in words.
 *
 * strerror(3) brings all of libc's messages along, which is a twelfth of hale;
 * these are the ones that the system calls it makes are known to return.
 */
#include "errors.h"

#include <errno.h>
#include <string.h>

#include "text.h"

/* Each behind its number, as most machines have them.  Those of sockets are
 * worded as the reasons of probes are. */
/* clang-format off */
static const char texts[] =
    "\001" WORDS("Operation not permitted") "\0" /* EPERM */
    "\002" WORDS("No such file or directory") "\0" /* ENOENT */
    "\003" WORDS("No such process") "\0" /* ESRCH */
    "\005" WORDS("Input/output error") "\0" /* EIO */
    "\006" WORDS("No such device or address") "\0" /* ENXIO */
    "\007" WORDS("Argument list too long") "\0" /* E2BIG */
    "\010" WORDS("Exec format error") "\0" /* ENOEXEC */
    "\011" WORDS("Bad file descriptor") "\0" /* EBADF */
    "\013" WORDS("Resource temporarily unavailable") "\0" /* EAGAIN */
    "\014" WORDS("Cannot allocate memory") "\0" /* ENOMEM */
    "\015" WORDS("Permission denied") "\0" /* EACCES */
    "\020" WORDS("Device or resource busy") "\0" /* EBUSY */
    "\021" WORDS("File exists") "\0" /* EEXIST */
    "\023" WORDS("No such device") "\0" /* ENODEV */
    "\024" WORDS("Not a directory") "\0" /* ENOTDIR */
    "\025" WORDS("Is a directory") "\0" /* EISDIR */
    "\026" WORDS("Invalid argument") "\0" /* EINVAL */
    "\027" WORDS("Too many open files in system") "\0" /* ENFILE */
    "\030" WORDS("Too many open files") "\0" /* EMFILE */
    "\031" WORDS("Inappropriate ioctl for device") "\0" /* ENOTTY */
    "\032" WORDS("Text file busy") "\0" /* ETXTBSY */
    "\033" WORDS("File too large") "\0" /* EFBIG */
    "\034" WORDS("No space left on device") "\0" /* ENOSPC */
    "\036" WORDS("Read-only file system") "\0" /* EROFS */
    "\040" WORDS("Broken pipe") "\0" /* EPIPE */
    "\044" WORDS("File name too long") "\0" /* ENAMETOOLONG */
    "\046" WORDS("Function not implemented") "\0" /* ENOSYS */
    "\050" WORDS("Too many levels of symbolic links") "\0" /* ELOOP */
    "\133" WORDS("protocol wrong type for socket") "\0" /* EPROTOTYPE */
    "\141" WORDS("address family not supported by protocol") "\0"
    /* EAFNOSUPPORT */
    "\142" WORDS("address already in use") "\0" /* EADDRINUSE */
    "\143" WORDS("cannot assign requested address") "\0" /* EADDRNOTAVAIL */
    "\145" WORDS("network is unreachable") "\0" /* ENETUNREACH */
    "\150" WORDS("connection reset by peer") "\0" /* ECONNRESET */
    "\156" WORDS("connection timed out") "\0" /* ETIMEDOUT */
    "\157" WORDS("connection refused") "\0" /* ECONNREFUSED */
    "\161" WORDS("no route to host") "\0" /* EHOSTUNREACH */;
/* clang-format on */

enum {
	GENERIC = EPIPE == 32 && ENOSYS == 38 && ELOOP == 40 &&
	          EPROTOTYPE == 91 && ECONNREFUSED == 111,
};

const char *
errors_text(int error, char buffer[ERRORS_SIZE])
{
	const char *at;
	struct text t;

	for (at = texts; GENERIC && *at != '\0'; at += strlen(at) + 1)
		if (*at == error)
			return at + 1;
	text_init(&t, buffer, ERRORS_SIZE);
	text_string(&t, "error ");
	text_number(&t, error);
	return buffer;
}
