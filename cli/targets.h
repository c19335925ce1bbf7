/* SPDX-License-Identifier: MIT */
#ifndef HALE_TARGETS_H
#define HALE_TARGETS_H

#include "cli/parser.h"

/* The option that a target is given by: --health or --check, --ready, or
 * --wait-for. */
enum targets_use { TARGETS_HEALTH, TARGETS_READY, TARGETS_WAIT };

/* Add a target; text may begin with settings.  NULL, or what is wrong, in words
 * that follow "'TEXT' "; some errors are recorded with parser_fail instead. */
const char *targets_add(struct parser *p, const char *text,
                        enum targets_use use);

/* When all options have been read: give each target its rule, its statuses and
 * its headers. */
void targets_resolve(struct parser *p);

#endif
