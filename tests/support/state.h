/* SPDX-License-Identifier: MIT */
#ifndef STATE_H
#define STATE_H

#include "ns.h"
#include "server.h"

/* Start hale with these words, which run PROGRAM, and wait until that is ready;
 * as PID 1 or not. */
struct ns state_start(bool plain, char **words);

/* A server, and the target that it is. */
char *state_open_server(struct server *server, const struct server_step *steps);

/* PROGRAM gets TERM, and hale this exit code. */
void state_terminate(struct ns *ns, int code);

/* Is hale called that, or wait until it is, see PR_SET_NAME. */
bool state_is_named(const struct ns *ns, const char *name);
void state_await_name(const struct ns *ns, const char *name);

/* Wait for a line on hale's standard error that has this text. */
void state_await_message(const struct ns *ns, const char *text);

/* What is there of it by now. */
void state_messages(const struct ns *ns, char *text, size_t size);

/* How many descriptors hale has open, those of sockets alone or all. */
int state_descriptors(const struct ns *ns, bool sockets);

/* Stop hale and all that came of it, or let them go on. */
void state_freeze(const struct ns *ns);
void state_thaw(const struct ns *ns);

/* Let so much time pass. */
void state_let_pass(int ms);

#endif
