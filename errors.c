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

/* By number from 1 on, as most machines have them; "" is not met. */
/* clang-format off */
static const char texts[] =
    "Operation not permitted\0" /* EPERM */
    "No such file or directory\0" /* ENOENT */
    "No such process\0" /* ESRCH */
    "\0" /* EINTR */
    "Input/output error\0" /* EIO */
    "No such device or address\0" /* ENXIO */
    "Argument list too long\0" /* E2BIG */
    "Exec format error\0" /* ENOEXEC */
    "Bad file descriptor\0" /* EBADF */
    "\0" /* ECHILD */
    "Resource temporarily unavailable\0" /* EAGAIN */
    "Cannot allocate memory\0" /* ENOMEM */
    "Permission denied\0" /* EACCES */
    "\0" /* EFAULT */
    "\0" /* ENOTBLK */
    "Device or resource busy\0" /* EBUSY */
    "File exists\0" /* EEXIST */
    "\0" /* EXDEV */
    "No such device\0" /* ENODEV */
    "Not a directory\0" /* ENOTDIR */
    "Is a directory\0" /* EISDIR */
    "Invalid argument\0" /* EINVAL */
    "Too many open files in system\0" /* ENFILE */
    "Too many open files\0" /* EMFILE */
    "Inappropriate ioctl for device\0" /* ENOTTY */
    "Text file busy\0" /* ETXTBSY */
    "File too large\0" /* EFBIG */
    "No space left on device\0" /* ENOSPC */
    "\0" /* ESPIPE */
    "Read-only file system\0" /* EROFS */
    "\0" /* EMLINK */
    "Broken pipe\0" /* EPIPE */
    "\0" /* EDOM */
    "\0" /* ERANGE */
    "\0" /* EDEADLOCK */
    "File name too long\0" /* ENAMETOOLONG */
    "\0" /* ENOLCK */
    "Function not implemented\0" /* ENOSYS */
    "\0" /* ENOTEMPTY */
    "Too many levels of symbolic links\0" ; /* ELOOP */

/* Of sockets, each behind its number; as the reasons of probes have them. */
static const char socket_texts[] =
    "\133protocol wrong type for socket\0" /* EPROTOTYPE */
    "\141address family not supported by protocol\0" /* EAFNOSUPPORT */
    "\143cannot assign requested address\0" /* EADDRNOTAVAIL */
    "\145network is unreachable\0" /* ENETUNREACH */
    "\150connection reset by peer\0" /* ECONNRESET */
    "\156connection timed out\0" /* ETIMEDOUT */
    "\157connection refused\0" /* ECONNREFUSED */
    "\161no route to host\0"; /* EHOSTUNREACH */
/* clang-format on */

enum {
	LAST = ELOOP,
	GENERIC = EPIPE == 32 && ENOSYS == 38 && ELOOP == 40 &&
	          EPROTOTYPE == 91 && ECONNREFUSED == 111,
};

const char *
errors_text(int error, char buffer[ERRORS_SIZE])
{
	const char *at = texts;
	struct text t;
	int n;

	for (n = 1; n < error && n <= LAST; n++)
		at += strlen(at) + 1;
	if (GENERIC && error > 0 && error <= LAST && *at != '\0')
		return at;
	for (at = socket_texts; GENERIC && *at != '\0'; at += strlen(at) + 1)
		if (*at == error)
			return at + 1;
	text_init(&t, buffer, ERRORS_SIZE);
	text_string(&t, "error ");
	text_number(&t, error);
	return buffer;
}
