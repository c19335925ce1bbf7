/* SPDX-License-Identifier: MIT */
/*
 * Whatever a status page says, --check prints one line and --status lines or an
 * object, without a control character; each ends with 0 or 1.
 *
 * The Makefile lets check.c and find.c ask the functions here for the state,
 * the page, the time and a sleep; the page itself is read through /proc as any
 * other.
 *
 * Input: the state by the name, and 5 for none; 0 for --check, 1 for --status,
 * 2 for JSON; 1 for --live, 2 for --started; the seconds to wait; then the
 * page, member by member as below.
 */
#include "cli/check.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "json.h"
#include "lib/text.h"
#include "lib/version.h"
#include "report/status.h"

enum {
	PAGE_FD = 3,
	START = 1000000,      /* the time at the start */
	PRINTED = 256 * 1024, /* bytes that can be printed */
	LINE = 4096,          /* bytes of --check's line at the most */
	INTERVAL = 250,       /* ms between tries of --wait */
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
	struct status_target *target = &s->targets[i];

	fill(in, target->text, sizeof(target->text));
	fill(in, target->reason, sizeof(target->reason));
	fill(in, s->output[i], sizeof(s->output[i]));
	target->output_length = (int)input_number(in);
	target->kind = (int)input_number(in);
	target->took_ms = input_number(in);
	target->state = (int)input_number(in);
	target->passed = input_number(in);
	target->failed = input_number(in);
	target->failures = (int)input_number(in);
	target->successes = (int)input_number(in);
}

static void
fill_page(struct input *in, struct status *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	if (input_choice(in, 1) == 0)
		memcpy(s->version, own, sizeof(own));
	s->sequence = (unsigned)input_number(in);
	s->program = (pid_t)input_number(in);
	s->next_update = input_number(in);
	s->since = input_number(in);
	s->state = (int)input_number(in);
	s->count = (int)input_number(in);
	for (i = 0; i < HEALTH_TARGETS_MAX && in->left > 0; i++)
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

/* The line shows the state first, and so what the answer has to be; a state
 * that is not unhealthy does not tell whether all has started. */
static void
judge_check(int result, const struct options *o)
{
	bool unhealthy = strncmp(printed, "unhealthy", 9) == 0;
	bool healthy = strncmp(printed, "healthy", 7) == 0;

	demand(judge_lines(printed) == 1 && strlen(printed) <= LINE);
	if (o->live)
		demand(result == unhealthy);
	else if (o->started)
		demand(!unhealthy || result == 1);
	else
		demand(result == !healthy);
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

/* The member has the text as far as it is shown. */
static void
judge_text(const char *object, const char *name, const char *s, size_t size)
{
	char wanted[TEXT_SHOWN_MAX + 4], said[JSON_TEXT];
	struct text t;

	text_init(&t, wanted, TEXT_SHOWN_MAX + 1);
	text_escaped(&t, s, strnlen(s, size - 1));
	if (t.cut)
		strcpy(wanted + t.length, "...");
	demand(json_get(object, name, said));
	demand(strcmp(said, wanted) == 0);
}

/* The object of target i, in which text that fills its room has lost a byte. */
static void
judge_target(const char *object, const struct status *page, int i)
{
	const struct status_target *target = &page->targets[i];

	demand(i < page->count);
	judge_text(object, "target", target->text, sizeof(target->text));
	judge_text(object, "reason", target->reason, sizeof(target->reason));
	judge_member(object, "output", page->output[i],
	             (size_t)target->output_length);
	demand(strstr(object, ",\"kind\":\"") != NULL);
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
	demand(i == page->count);
	demand(strcmp(at, "]}\n") == 0);
}

/* Let check print; returns what it returned. */
static int
run_check(struct options *o)
{
	static struct monitor monitor;
	static struct status room;
	struct log log = {.level = LOG_ERROR};
	int result;
	ssize_t n;

	demand(ftruncate(STDOUT_FILENO, 0) == 0);
	demand(lseek(STDOUT_FILENO, 0, SEEK_SET) == 0);
	result = check(&(struct check){
	    .options = o, .log = &log, .monitor = &monitor, .page = &room});
	n = pread(STDOUT_FILENO, printed, PRINTED, 0);
	demand(n > 0 && n < PRINTED);
	printed[n] = '\0';
	demand(strlen(printed) == (size_t)n);
	return result;
}

static void
fill_options(struct input *in, struct options *o)
{
	static const enum options_action actions[] = {
	    OPTIONS_CHECK, OPTIONS_STATUS, OPTIONS_STATUS_JSON};
	int question;

	memset(o, 0, sizeof(*o));
	o->action = actions[input_choice(in, 2)];
	question = input_choice(in, 2);
	o->live = question == 1;
	o->started = question == 2;
	o->check_wait_ms = input_choice(in, 9) * 1000;
	o->check_interval_ms = INTERVAL;
}

void
fuzz(struct input *in)
{
	struct status *page = input_room(in, sizeof(*page));
	struct options *o = input_room(in, sizeof(*o));
	int result;

	open_files();
	now = START;
	state = input_choice(in, HEALTH_STOPPING + 1);
	state = state > HEALTH_STOPPING ? -1 : state;
	fill_options(in, o);
	fill_page(in, page);
	demand(pwrite(PAGE_FD, page, sizeof(*page), 0) == sizeof(*page));
	result = run_check(o);
	demand(result == 0 || result == 1);
	if (o->action == OPTIONS_CHECK)
		judge_check(result, o);
	else if (o->action == OPTIONS_STATUS)
		(void)judge_lines(printed);
	else
		judge_json(in, page);
}
