/* SPDX-License-Identifier: MIT */
#ifndef NS_H
#define NS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	NS_DEADLINE = 20000, /* ms that a test waits for one event on a quiet
	                        machine; see patience.h */
	NS_TEXT = 16384,     /* bytes of output that ns_run keeps */
	NS_LINE = 2048,      /* bytes of one line */
};

/* What a standard stream of hale is, if not a descriptor of the test's. */
enum { NS_PIPE = 0, NS_CLOSED = -1 };

/* How hale is to be started; zero is the plain case. */
struct ns_setup {
	char **words;     /* hale's arguments, its name left out */
	char **env;       /* its environment beside PATH, or NULL; where
	                     health is watched, the start period is 0 unless it
	                     is set */
	bool plain;       /* not as PID 1 */
	bool scratch;     /* in an empty directory of its own, ns_scratch() */
	int in, out, err; /* NS_PIPE, NS_CLOSED or a descriptor */
	void (*prepare)(void *); /* run in hale's process before it is hale */
	void *argument;          /* for prepare */
};

/* A started hale. */
struct ns {
	pid_t hale;       /* its pid as the test sees it */
	pid_t keeper;     /* the namespace's PID 1 if hale is not, or 0 */
	int in, out, err; /* the test's ends of its pipes, or -1 */
};

/* What an instance of hale that has ended left. */
struct ns_output {
	int code; /* exit code */
	char out[NS_TEXT], err[NS_TEXT];
};

/* A list of words that ends with NULL. */
#define NS_WORDS(...) ((char *[]){__VA_ARGS__, NULL})

/* The absolute paths of hale and of the program that tests let it run. */
char *ns_hale(void);
char *ns_program(void);

/* The absolute path that is an empty tmpfs(5) in a namespace with scratch. */
char *ns_scratch(void);

/* Start hale. */
struct ns ns_start(const struct ns_setup *setup);

/* Start one more where the other is; it is never PID 1. */
struct ns ns_start_beside(const struct ns *ns, const struct ns_setup *setup);

/* Send hale a signal, see kill(2); or queue one, see sigqueue(3). */
void ns_send(const struct ns *ns, int signal);
void ns_queue(const struct ns *ns, int signal, int value);

/* Make hale stand still until it is sent CONT. */
void ns_suspend(const struct ns *ns);

/* Wait for hale's end; its exit code. */
int ns_wait(struct ns *ns);

/* Kill all that is in the namespace. */
void ns_kill(struct ns *ns);

/* Collect what hale writes until it has ended; or start it first, too. */
void ns_collect(struct ns *ns, struct ns_output *output);
void ns_run(const struct ns_setup *setup, struct ns_output *output);

/* Wait for a line on a descriptor, its newline left out.  False at the end. */
bool ns_read_line(int fd, char line[NS_LINE]);

/* Wait for this line on PROGRAM's standard output. */
void ns_expect_line(const struct ns *ns, const char *line);

/* Wait until nothing more comes. */
void ns_read_to_end(int fd, char *text, size_t size);

/* Wait until the descriptor can be read.  False if it takes too long. */
bool ns_await_input(int fd);

/* Wait until the descriptor has been closed by all who could write to it. */
void ns_await_close(int fd);

/* Wait until there is an answer to check(argument): something that only a look
 * at /proc can tell. */
void ns_wait_until(bool (*check)(void *), void *argument);

/* Wait until hale has done all that there was to do, and sleeps. */
void ns_await_sleep(const struct ns *ns);

/* Read a file of /proc as it is inside: "2/stat". */
void ns_proc(const struct ns *ns, const char *name, char *text, size_t size);

/* The field "Name:" of a process in there, in hexadecimal or decimal. */
unsigned long long ns_status(const struct ns *ns, int pid, const char *field,
                             int base);

/* How many processes are in there; of one state only ('Z') or of any (0). */
int ns_count(const struct ns *ns, char state);

#endif
