/* SPDX-License-Identifier: MIT */
/*
 * errors: errno values in words.
 *
 * strerror(3) brings all of libc's messages along, which is a twelfth of hale;
 * these are the ones that the system calls it makes are known to return.
 */
#include "lib/errors.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

/* Each behind its number, as most machines have them.  Those of sockets are
 * worded as the reasons of probes are. */
/* clang-format off */
static const char texts[] =
    "\001" "Operation not permitted" "\0" /* EPERM */
    "\002" "No such file or directory" "\0" /* ENOENT */
    "\003" "No such process" "\0" /* ESRCH */
    "\005" "Input/output error" "\0" /* EIO */
    "\006" "No such device or address" "\0" /* ENXIO */
    "\007" "Argument list too long" "\0" /* E2BIG */
    "\010" "Exec format error" "\0" /* ENOEXEC */
    "\011" "Bad file descriptor" "\0" /* EBADF */
    "\013" "Resource temporarily unavailable" "\0" /* EAGAIN */
    "\014" "Cannot allocate memory" "\0" /* ENOMEM */
    "\015" "Permission denied" "\0" /* EACCES */
    "\020" "Device or resource busy" "\0" /* EBUSY */
    "\021" "File exists" "\0" /* EEXIST */
    "\023" "No such device" "\0" /* ENODEV */
    "\024" "Not a directory" "\0" /* ENOTDIR */
    "\025" "Is a directory" "\0" /* EISDIR */
    "\026" "Invalid argument" "\0" /* EINVAL */
    "\027" "Too many open files in system" "\0" /* ENFILE */
    "\030" "Too many open files" "\0" /* EMFILE */
    "\031" "Inappropriate ioctl for device" "\0" /* ENOTTY */
    "\032" "Text file busy" "\0" /* ETXTBSY */
    "\033" "File too large" "\0" /* EFBIG */
    "\034" "No space left on device" "\0" /* ENOSPC */
    "\036" "Read-only file system" "\0" /* EROFS */
    "\040" "Broken pipe" "\0" /* EPIPE */
    "\044" "File name too long" "\0" /* ENAMETOOLONG */
    "\046" "Function not implemented" "\0" /* ENOSYS */
    "\050" "Too many levels of symbolic links" "\0" /* ELOOP */
    "\133" "protocol wrong type for socket" "\0" /* EPROTOTYPE */
    "\141" "address family not supported by protocol" "\0"
    /* EAFNOSUPPORT */
    "\142" "address already in use" "\0" /* EADDRINUSE */
    "\143" "cannot assign requested address" "\0" /* EADDRNOTAVAIL */
    "\145" "network is unreachable" "\0" /* ENETUNREACH */
    "\150" "connection reset by peer" "\0" /* ECONNRESET */
    "\156" "connection timed out" "\0" /* ETIMEDOUT */
    "\157" "connection refused" "\0" /* ECONNREFUSED */
    "\161" "no route to host" "\0" /* EHOSTUNREACH */;
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
