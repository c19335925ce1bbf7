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
    "\001Operation not permitted\0" /* EPERM */
    "\002No such file or directory\0" /* ENOENT */
    "\003No such process\0" /* ESRCH */
    "\005Input/output error\0" /* EIO */
    "\006No such device or address\0" /* ENXIO */
    "\007Argument list too long\0" /* E2BIG */
    "\010Exec format error\0" /* ENOEXEC */
    "\011Bad file descriptor\0" /* EBADF */
    "\013Resource temporarily unavailable\0" /* EAGAIN */
    "\014Cannot allocate memory\0" /* ENOMEM */
    "\015Permission denied\0" /* EACCES */
    "\020Device or resource busy\0" /* EBUSY */
    "\021File exists\0" /* EEXIST */
    "\023No such device\0" /* ENODEV */
    "\024Not a directory\0" /* ENOTDIR */
    "\025Is a directory\0" /* EISDIR */
    "\026Invalid argument\0" /* EINVAL */
    "\027Too many open files in system\0" /* ENFILE */
    "\030Too many open files\0" /* EMFILE */
    "\031Inappropriate ioctl for device\0" /* ENOTTY */
    "\032Text file busy\0" /* ETXTBSY */
    "\033File too large\0" /* EFBIG */
    "\034No space left on device\0" /* ENOSPC */
    "\036Read-only file system\0" /* EROFS */
    "\040Broken pipe\0" /* EPIPE */
    "\044File name too long\0" /* ENAMETOOLONG */
    "\046Function not implemented\0" /* ENOSYS */
    "\050Too many levels of symbolic links\0" /* ELOOP */
    "\133protocol wrong type for socket\0" /* EPROTOTYPE */
    "\141address family not supported by protocol\0" /* EAFNOSUPPORT */
    "\143cannot assign requested address\0" /* EADDRNOTAVAIL */
    "\145network is unreachable\0" /* ENETUNREACH */
    "\150connection reset by peer\0" /* ECONNRESET */
    "\156connection timed out\0" /* ETIMEDOUT */
    "\157connection refused\0" /* ECONNREFUSED */
    "\161no route to host\0" /* EHOSTUNREACH */;
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
