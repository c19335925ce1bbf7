/* SPDX-License-Identifier: MIT */
/*
 * Whatever a page says that somebody calls hale's, --check prints one line and
 * --status lines or an object, without a control character; each ends with 0
 * or 1.
 *
 * The Makefile lets check.c ask the functions here for the page, the time and
 * a rest; the page itself is read through /proc as any other.
 *
 * Input: the state by the name, and 4 for none; 0 for --check, 1 for --status,
 * 2 for JSON; 1 for --live; the seconds to wait; then the page, member by
 * member as below.
 */
#include "cli/check.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "json.h"
#include "cli/version.h"

enum {
	PAGE_FD = 3,
	START = 1000000,      /* the time at the start */
	PRINTED = 256 * 1024, /* bytes that can be printed */
	LINE = 4096,          /* bytes of --check's line at the most */
};

static const char own[sizeof(((struct status *)0)->version)] =
    "hale " HALE_VERSION;

static int state;
static long long now;
static char printed[PRINTED + 1];

int page_state(pid_t pid);
int page_read(pid_t pid, struct status *s, bool all);
int page_wait(struct pollfd *fds, nfds_t n, int timeout);
int page_sleep(struct signals *signals, long long ms);
long long page_clock(void);

int
page_state(pid_t pid)
{
	return pid == 1 ? state : -1;
}

int
page_read(pid_t pid, struct status *s, bool all)
{
	demand(pid == 1);
	return status_read(getpid(), s, all);
}

int
page_wait(struct pollfd *fds, nfds_t n, int timeout)
{
	demand(fds == NULL && n == 0 && timeout > 0);
	now += timeout;
	return 0;
}

int
page_sleep(struct signals *signals, long long ms)
{
	demand(signals == NULL && ms > 0);
	now += ms;
	return 0;
}

long long
page_clock(void)
{
	return now;
}

/* Once, since libFuzzer goes on in the same process. */
static void
open_files(void)
{
	static bool open;
	int fd;

	if (open)
		return;
	fd = memfd_create("printed", 0);
	demand(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	demand(fd == STDOUT_FILENO || close(fd) == 0);
	fd = memfd_create("hale", 0);
	demand(fd >= 0 && dup2(fd, PAGE_FD) >= 0);
	demand(fd == PAGE_FD || close(fd) == 0);
	open = true;
}

/* Text that fills its place need not end with a NUL. */
static void
fill(struct input *in, char *place, size_t size)
{
	const char *word = input_word(in);
	size_t n = strlen(word) + 1;

	memcpy(place, word, n < size ? n : size);
}

static void
fill_target(struct input *in, struct status *s, int i)
{
	struct health_watch *w = &s->health.watch[i];
	struct status_target *target = &s->target[i];

	fill(in, target->text, sizeof(target->text));
	fill(in, target->reason, sizeof(target->reason));
	fill(in, s->output[i], sizeof(s->output[i]));
	target->output = (int)input_number(in);
	target->took = input_number(in);
	w->state = (int)input_number(in);
	w->attempts = input_number(in);
	w->failures = (int)input_number(in);
	w->successes = (int)input_number(in);
}

static void
fill_page(struct input *in, struct status *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	if (input_choice(in, 1) == 0)
		memcpy(s->version, own, sizeof(own));
	s->turn = (unsigned)input_number(in);
	s->program = (pid_t)input_number(in);
	s->promise = input_number(in);
	s->health.since = input_number(in);
	s->health.state = (int)input_number(in);
	s->health.count = (int)input_number(in);
	for (i = 0; i < HEALTH_MAX && in->left > 0; i++)
		fill_target(in, s, i);
}

/* Lines that are just what they seem to be; how many. */
static int
judge_lines(const char *s)
{
	int lines = 0;

	for (; *s != '\0'; lines++) {
		size_t n = strcspn(s, "\n");

		demand(s[n] == '\n' && input_shown(s, n));
		s += n + 1;
	}
	return lines;
}

static void
judge_check(int result, bool live)
{
	const char *good = live ? "unhealthy" : "healthy";
	bool begins = strncmp(printed, good, strlen(good)) == 0;

	demand(judge_lines(printed) == 1 && strlen(printed) <= LINE);
	demand(result == (live ? begins : !begins));
}

/* The end of the object at s, in which there is no other. */
static const char *
end_object(const char *s)
{
	bool within = false;

	for (; *s != '}' || within; s++) {
		demand(*s != '\0');
		if (*s == '"')
			within = !within;
		if (*s == '\\')
			s++;
	}
	return s + 1;
}

/* A copy of the object, and of more behind it. */
static const char *
take_object(struct input *in, const char *s, size_t n, const char *more)
{
	char *object = input_room(in, n + strlen(more) + 1);

	memcpy(object, s, n);
	strcpy(object + n, more);
	demand(json_valid(object));
	return object;
}

/* The member has just these bytes. */
static void
judge_member(const char *object, const char *name, const char *s, size_t n)
{
	static char said[JSON_TEXT], wanted[JSON_TEXT];
	struct text t;

	text_init(&t, wanted, sizeof(wanted));
	text_escaped(&t, s, n);
	demand(json_get(object, name, said));
	demand(strcmp(said, wanted) == 0);
}

/* The object of target i, in which text that fills its room has lost a byte. */
static void
judge_target(const char *object, const struct status *page, int i)
{
	const struct status_target *target = &page->target[i];

	demand(i < page->health.count);
	judge_member(object, "target", target->text,
	             strnlen(target->text, sizeof(target->text) - 1));
	judge_member(object, "reason", target->reason,
	             strnlen(target->reason, sizeof(target->reason) - 1));
	judge_member(object, "output", page->output[i], (size_t)target->output);
}

/* An object, that may end with an array of objects, one a target. */
static void
judge_json(struct input *in, const struct status *page)
{
	static const char array[] = ",\"targets\":[";
	const char *at = strstr(printed, array), *end;
	int i;

	demand(judge_lines(printed) == 1);
	if (at == NULL) {
		(void)take_object(in, printed, strlen(printed), "");
		return;
	}
	(void)take_object(in, printed, (size_t)(at - printed), "}");
	at += sizeof(array) - 1;
	for (i = 0; *at == '{'; at = end + (*end == ','), i++) {
		end = end_object(at);
		judge_target(take_object(in, at, (size_t)(end - at), ""), page,
		             i);
	}
	demand(i == page->health.count);
	demand(strcmp(at, "]}\n") == 0);
}

/* Let check print; what it returned. */
static int
ask_and_hear(struct watch *w, struct options *o)
{
	int result;
	ssize_t n;

	demand(ftruncate(STDOUT_FILENO, 0) == 0);
	demand(lseek(STDOUT_FILENO, 0, SEEK_SET) == 0);
	result = check(w, o, NULL);
	n = pread(STDOUT_FILENO, printed, PRINTED, 0);
	demand(n > 0 && n < PRINTED);
	printed[n] = '\0';
	demand(strlen(printed) == (size_t)n);
	return result;
}

void
fuzz(struct input *in)
{
	static const int actions[] = {OPTIONS_CHECK, OPTIONS_STATUS,
	                              OPTIONS_STATUS_JSON};
	struct status *page = input_room(in, sizeof(*page));
	struct status *s = input_room(in, sizeof(*s));
	struct options *o = input_room(in, sizeof(*o));
	struct watch *w = input_room(in, sizeof(*w));
	struct log log = {.level = LOG_ERROR};
	int result;

	open_files();
	now = START;
	memset(o, 0, sizeof(*o));
	state = input_choice(in, 4);
	state = state == 4 ? -1 : state;
	o->action = actions[input_choice(in, 2)];
	o->live = input_choice(in, 1);
	o->wait = input_choice(in, 9) * 1000;
	fill_page(in, page);
	demand(pwrite(PAGE_FD, page, sizeof(*page), 0) == sizeof(*page));
	memset(s, 0x5a, sizeof(*s));
	w->log = &log;
	w->status = s;
	result = ask_and_hear(w, o);
	demand(result == 0 || result == 1);
	if (o->action == OPTIONS_CHECK)
		judge_check(result, o->live);
	else if (o->action == OPTIONS_STATUS)
		(void)judge_lines(printed);
	else
		judge_json(in, page);
}
