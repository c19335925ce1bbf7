/* SPDX-License-Identifier: MIT */
/*
 * notify_program: a PROGRAM that notifies hale, as the tests tell it line by
 *line.
 *
 *	env             tell of the variables
 *	say TEXT        of itself
 *	child TEXT      by a child
 *	stranger TEXT   by a child in a session of its own
 *	gone TEXT       by a child that is gone when hale looks
 *	handed TEXT     with descriptors
 *	cut TEXT        with a NUL and more behind it
 *	long N TEXT     and so many bytes in all
 *	flood N TEXT    so often
 *
 * | in TEXT is the end of a line.  "done" comes when hale has taken all of it:
 * the kernel then closes a descriptor that was sent last, as BARRIER=1 is.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 65536, DESCRIPTORS = 3 };

static struct sockaddr_un name = {.sun_family = AF_UNIX};
static socklen_t name_size;

static _Noreturn void
give_up(const char *what)
{
	dprintf(STDERR_FILENO, "notify_program: %s: %s\n", what,
	        strerror(errno));
	exit(100);
}

static void
find(const char *at)
{
	size_t n = strlen(at);

	if (at[0] != '@' || n >= sizeof(name.sun_path))
		give_up("no abstract name");
	memcpy(name.sun_path + 1, at + 1, n - 1);
	name_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

/* Send a message with so many copies of a descriptor. */
static void
send_with_descriptors(const char *bytes, size_t length, int fd, size_t count)
{
	static char copy[LONGEST];
	_Alignas(
	    struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	struct iovec part = {copy, length};
	struct msghdr m = {.msg_name = &name,
	                   .msg_namelen = name_size,
	                   .msg_iov = &part,
	                   .msg_iovlen = 1};
	int i, out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int fds[DESCRIPTORS];

	memcpy(copy, bytes, length);
	for (i = 0; i < DESCRIPTORS; i++)
		fds[i] = fd;
	if (count > 0) {
		struct cmsghdr *header;

		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&m);
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	if (out < 0 || sendmsg(out, &m, 0) < 0)
		give_up("cannot send");
	close(out);
}

/* Send it with descriptors of a pipe, and wait until all are closed. */
static void
await(const char *text, size_t count)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		give_up("cannot make a pipe");
	send_with_descriptors(text, strlen(text), ends[1], count);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 0)
		give_up("the pipe has not been closed");
	close(ends[0]);
}

static void
say(const char *text)
{
	send_with_descriptors(text, strlen(text), -1, 0);
}

static void
say_by_child(const char *text, char kind)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("cannot fork");
	if (pid == 0) {
		if (kind == 's')
			setsid();
		say(text);
		if (kind != 'g')
			await("BARRIER=1", 1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void
say_bytes(const char *text, size_t length)
{
	static char bytes[LONGEST];
	size_t n = 0;

	for (; *text != '\0'; text++)
		bytes[n++] = *text;
	memset(bytes + n, 'x', sizeof(bytes) - n);
	send_with_descriptors(bytes, length, -1, 0);
}

/* With a NUL and more behind it. */
static void
say_with_nul(const char *text)
{
	char bytes[256];
	int n = snprintf(bytes, sizeof(bytes), "%s%cX=1", text, 0);

	send_with_descriptors(bytes, (size_t)n, -1, 0);
}

static void
tell(const char *variable)
{
	const char *value = getenv(variable);

	printf("%s=%s\n", variable, value != NULL ? value : "(none)");
}

static void
obey(const char *verb, const char *text)
{
	char *rest;
	long n = strtol(text, &rest, 10);

	if (strcmp(verb, "env") == 0) {
		tell("NOTIFY_SOCKET");
		tell("WATCHDOG_USEC");
		tell("WATCHDOG_PID");
		return;
	}
	rest += *rest == ' ';
	if (strcmp(verb, "say") == 0)
		say(text);
	else if (strcmp(verb, "descriptors") == 0)
		await(text, DESCRIPTORS);
	else if (strcmp(verb, "nul") == 0)
		say_with_nul(text);
	else if (strcmp(verb, "long") == 0)
		say_bytes(rest, (size_t)n);
	else if (strcmp(verb, "flood") == 0)
		while (n-- > 0)
			say(rest);
	else
		say_by_child(text, verb[0]);
	await("BARRIER=1", 1);
	printf("done\n");
}

/* absent: is there no name? */
static int
is_absent(void)
{
	return getenv("NOTIFY_SOCKET") != NULL ||
	       getenv("WATCHDOG_USEC") != NULL;
}

/* What comes on standard input, until its end. */
static void
listen_for_orders(void)
{
	char line[4096], *text, *c;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		text = line + strcspn(line, " ");
		if (*text != '\0')
			*text++ = '\0';
		for (c = text; *c != '\0'; c++)
			if (*c == '|')
				*c = '\n';
		obey(line, text);
	}
}

/* [absent | NAME TEXT | TEXT]: is there no name; a message to that name; a
 * message, then orders */
int
main(int argc, char **argv)
{
	const char *at = getenv("NOTIFY_SOCKET");

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "absent") == 0)
		return is_absent();
	if (argc == 3)
		at = argv[1];
	if (at != NULL)
		find(at);
	if (argc > 1)
		await(argv[argc - 1], 1);
	printf("ready\n");
	if (argc != 3)
		listen_for_orders();
	return 0;
}
