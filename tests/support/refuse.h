/* SPDX-License-Identifier: MIT */
#ifndef REFUSE_H
#define REFUSE_H

/* A system call that shall fail; for all later programs of the process too. */
struct refusal {
	int call;
	int error;
	long argument; /* the second argument has to be this; or ANY */
};

enum { REFUSE_ANY = -1 };

/* Make it so, see seccomp(2).  Usable as prepare of a struct ns_setup. */
void refuse_call(void *refusal);

/* The same, for sockets of a family, an int: EAFNOSUPPORT. */
void refuse_family(void *family);

#endif
