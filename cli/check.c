/* SPDX-License-Identifier: MIT */
/*
 * check: asks the hale of this container, or a target, and says what it heard.
 *
 * Made for the HEALTHCHECK of images that have neither a shell nor curl, so it
 * prints one line and exits with 0 or 1.  It signals nobody.  What it reads may
 * come from somebody who is not hale: it is bounded and escaped.
 */
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/duration.h"
#include "reaper.h"
#include "report/status.h"
#include "lib/text.h"
#include "cli/tools.h"
#include "report/verdict.h"

enum {
	BUFFER = HEALTH_MAX * 24 * 1024, /* bytes for all, escaped */
	SLACK = 2000, /* ms that hale may be late with an update */
	TRIES = 20,   /* hale may be writing, or wake up from a pause */
	PAUSE = 50,   /* ms between them */
	RETRY = 250,  /* ms between attempts while waiting */
};

static int
print(struct text *t)
{
	return write(STDOUT_FILENO, t->buffer, t->length) != (ssize_t)t->length;
}

/* ------ The hale of this container ------ */

/* The mount namespace of a process, as readlink(2) shows it; "" if hidden. */
static void
mount_namespace(pid_t pid, char name[32])
{
	char path[STATUS_PATH_SIZE];
	ssize_t n;

	status_path(path, pid, "/ns/mnt");
	n = readlink(path, name, 31);
	name[n > 0 ? n : 0] = '\0';
}

static pid_t
number(const char *s)
{
	pid_t n = 0;

	for (; *s >= '0' && *s <= '9' && n < INT_MAX / 10; s++)
		n = n * 10 + (*s - '0');
	return *s == '\0' ? n : 0;
}

/* Look among the processes that this piece of /proc lists. */
static pid_t
find_listed(const char *piece, long size, const char *own, struct status *s)
{
	/* struct linux_dirent64, see getdents64(2) */
	enum { LENGTH = 16, NAME = 19 };
	unsigned short length;
	char other[32];

	for (; size > 0; size -= length, piece += length) {
		pid_t pid = number(piece + NAME);

		memcpy(&length, piece + LENGTH, sizeof(length));
		/* A name is not enough: anybody may take it. */
		if (pid <= 0 || status_of(pid) < 0 ||
		    (status_read(pid, s, false) < 0 && errno != EBUSY))
			continue;
		mount_namespace(pid, other);
		if (strcmp(own, other) == 0)
			return pid;
	}
	return 0;
}

static pid_t
search(const char *own, struct status *s)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(8) char piece[1024];
	pid_t pid = 0;
	long n;

	if (fd < 0)
		return 0;
	while (pid == 0 &&
	       (n = syscall(SYS_getdents64, fd, piece, sizeof(piece))) > 0)
		pid = find_listed(piece, n, own, s);
	close(fd);
	return pid;
}

/* PID 1 is believed if it can be this container's: a process may call itself
 * what it likes, but only what started the container is PID 1.  0 for none. */
static pid_t
find_hale(struct status *s)
{
	bool first = status_of(1) >= 0;
	char own[32], other[32];
	pid_t pid;

	mount_namespace(getpid(), own);
	mount_namespace(1, other);
	if (!first || (other[0] != '\0' && strcmp(own, other) != 0)) {
		pid = search(own, s);
		if (pid != 0 || !first)
			return pid;
	}
	return 1;
}

/* What was found, and what is to be thought of it. */
struct found {
	pid_t pid;
	int state;          /* enum health_state */
	const char *excuse; /* why there is no more than that, or NULL */
	struct status *s;   /* without targets if there are no details */
};

/* Whoever wrote it, it cannot lead us astray. */
static bool
is_sane(struct status *s)
{
	int i;

	if (s->health.since < 0 || /* whence it cannot be counted */
	    s->health.count < 1 || s->health.count > HEALTH_MAX ||
	    s->health.state < 0 || s->health.state > HEALTH_STOPPING)
		return false;
	for (i = 0; i < s->health.count; i++) {
		struct status_target *target = &s->target[i];
		int state = s->health.watch[i].state;

		target->text[sizeof(target->text) - 1] = '\0';
		target->reason[sizeof(target->reason) - 1] = '\0';
		if (target->output < 0 || target->output > STATUS_OUTPUT_SIZE ||
		    state < 0 || state > HEALTH_STOPPING)
			return false;
	}
	return true;
}

static void
look(struct found *f, bool all)
{
	struct status *s = f->s;
	pid_t pid = find_hale(s);
	int i, state = status_of(pid);

	s->health.count = 0;
	f->state = HEALTH_UNHEALTHY;
	f->excuse = "no hale with --health was found here";
	if (state < 0)
		return;
	f->pid = pid;
	f->state = state;
	f->excuse = NULL;
	for (i = 0; i < TRIES; i++) {
		if (status_read(pid, s, all) == 0 && is_sane(s)) {
			if (clock_now() - SLACK <= s->promise) {
				f->state = s->health.state;
				return;
			}
		} else {
			s->health.count = 0;
			if (errno != EBUSY)
				return; /* somebody else's, perhaps */
		}
		(void)poll(NULL, 0, PAUSE);
	}
	f->excuse = "hale has stopped updating its state";
	f->state = HEALTH_UNHEALTHY;
}

/* The line of --check. */
static int
say(struct text *t, int state, const char *excuse,
    const struct status_target *target)
{
	verdict_line(t, state, excuse, target);
	return print(t);
}

static bool
is_good(const struct found *f, const struct options *o)
{
	if (o->live)
		return f->state != HEALTH_UNHEALTHY;
	return f->state == HEALTH_HEALTHY;
}

static int
ask_hale(struct text *t, struct watch *w, const struct options *o,
         struct signals *signals)
{
	long long end = clock_now() + o->wait;
	struct found f = {.s = w->status};

	look(&f, false);
	if (o->wait > 0 && !is_good(&f, o))
		log_say(w->log, LOG_WARN, "waiting for hale up to {wait_ms:t}",
		        o->wait);
	while (!is_good(&f, o) && clock_now() < end &&
	       tools_sleep(signals, RETRY) == 0)
		look(&f, false);
	return say(t, f.state, f.excuse, verdict_culprit(f.s, f.state)) != 0 ||
	       !is_good(&f, o);
}

/* ------ In full ------ */

/* What stands around names and values: in lines, or in an object. */
static const struct form {
	char first[3], next[3], colon[4], quote[2], end[2];
	char list[15], item[5], last[5], only[3];
} forms[] = {
    {"", "", ": ", "", "\n", "\n", "\n", "", ""},
    {"{\"", ",\"", "\":", "\"", "", ",\"targets\":[{\"", "},{\"", "}]}\n",
     "}\n"},
};

struct sheet {
	struct text t;
	const struct form *form;
	const char *before; /* the next name */
};

/* A name, and the n bytes at s, or n itself without s. */
static void
add(struct sheet *sheet, const char *name, const char *s, long long n)
{
	const struct form *form = sheet->form;
	struct text *t = &sheet->t;

	text_string(t, sheet->before);
	text_string(t, name);
	text_string(t, form->colon);
	sheet->before = form->next;
	if (s == NULL) {
		text_number(t, n);
	} else {
		text_string(t, form->quote);
		t->quoting = form != forms;
		text_escaped(t, s, (size_t)n);
		t->quoting = false;
		text_string(t, form->quote);
	}
	text_string(t, form->end);
}

static void
add_number(struct sheet *sheet, const char *name, long long n)
{
	add(sheet, name, NULL, n);
}

static void
add_string(struct sheet *sheet, const char *name, const char *s)
{
	add(sheet, name, s, (long long)strlen(s));
}

static void
add_target(struct sheet *sheet, const struct status *s, int i)
{
	const struct health_watch *w = &s->health.watch[i];
	const struct status_target *target = &s->target[i];

	sheet->before = i > 0 ? sheet->form->item : sheet->form->list;
	add_string(sheet, "target", target->text);
	add_string(sheet, "state", status_word(w->state));
	add_string(sheet, "reason", target->reason);
	add_number(sheet, "attempts", w->attempts);
	add_number(sheet, "failures", w->failures);
	add_number(sheet, "successes", w->successes);
	add_number(sheet, "took_ms", target->took);
	add(sheet, "output", s->output[i], target->output);
}

/* Not in line: sheet is near in a register, and far on the stack. */
static void
add_details(struct sheet *sheet, const struct status *s)
{
	int i;

	add_number(sheet, "for_ms", clock_now() - s->health.since);
	add_number(sheet, "program", s->program);
	for (i = 0; i < s->health.count; i++)
		add_target(sheet, s, i);
}

static int
say_all(char *buffer, struct status *s, bool json)
{
	const struct form *form = &forms[json];
	struct sheet sheet = {.form = form, .before = form->first};
	struct found f = {.s = s};

	text_init(&sheet.t, buffer, BUFFER);
	look(&f, true);
	add_string(&sheet, "state", status_word(f.state));
	if (f.excuse != NULL)
		add_string(&sheet, "reason", f.excuse);
	add_number(&sheet, "hale", f.pid);
	if (s->health.count > 0)
		add_details(&sheet, s);
	text_string(&sheet.t, s->health.count > 0 ? form->last : form->only);
	return print(&sheet.t) | (f.pid == 0);
}

/* ------ Targets ------ */

/* One attempt decides; or, to wait, the first that passes. */
static void
set_rules(struct options *o, long long wait)
{
	int i;

	for (i = 1; i <= o->count; i++) {
		long long *value = o->rules[i].value;

		value[HEALTH_INTERVAL] = DURATION_MAX;
		value[HEALTH_RETRIES] = 1;
		value[HEALTH_START_PERIOD] = o->wait;
		value[HEALTH_START_INTERVAL] = RETRY;
		if (value[HEALTH_TIMEOUT] > wait)
			value[HEALTH_TIMEOUT] = wait;
	}
}

/* Has a signal come that ends a program?  Children are reaped. */
static bool
interrupted(struct watch *w, struct signals *signals, int wait, long long now)
{
	struct reaped child;
	siginfo_t info;

	signals_round(signals);
	for (; signals_take(signals, wait, &info) > 0; wait = 0)
		if (info.si_signo != SIGCHLD && info.si_signo != SIGCONT &&
		    info.si_signo != SIGWINCH)
			return true;
	while (reaper_next(&child) == REAPER_TOOK)
		(void)watch_ended(w, child.pid, child.status, now);
	return false;
}

static void
say_waiting(struct watch *w, const struct options *o)
{
	const struct status_target *bad =
	    verdict_culprit(w->status, HEALTH_STARTING);

	if (w->log->level == LOG_WARN || w->health.state != HEALTH_STARTING ||
	    bad->reason[0] == '\0')
		return;
	w->log->level = LOG_WARN;
	log_say(w->log, LOG_WARN,
	        "waiting up to {wait_ms:t} for {target:s}: {reason:s}", o->wait,
	        bad->text, bad->reason);
}

static long long
probe_once(struct watch *w, struct signals *signals, int fd, long long now,
           long long end)
{
	struct pollfd fds[WATCH_ENTRIES];
	long long next = watch_next(w);
	int wait;

	if (next > end)
		next = end;
	wait = watch_wait(w, fds, fd, clock_until(next, now));
	now = clock_now();
	watch_step(w, fds, now);
	return (wait > 0 || fds[w->health.count].revents != 0) &&
	               interrupted(w, signals, wait, now)
	           ? end
	           : now;
}

static void
let_go(struct watch *w)
{
	int i;

	for (i = 0; i < w->health.count; i++) {
		probe_close(&w->probes[i], &w->tools, true);
		probe_drop(&w->probes[i], 0);
	}
}

static int
ask_targets(struct text *t, struct watch *w, struct options *o,
            struct signals *signals)
{
	long long wait = o->wait > 0 ? o->wait : DURATION_MAX;
	long long start = clock_now(), now = start, end = start + wait;
	int fd = signals_descriptor(), state;
	bool bad;

	w->log->level = LOG_ERROR; /* until there is something to wait for */
	set_rules(o, wait);
	watch_begin(w, o, now);
	while (w->health.state == HEALTH_STARTING && now < end) {
		now = probe_once(w, signals, fd, now, end);
		say_waiting(w, o);
	}
	state = w->health.state;
	let_go(w);
	bad = state != HEALTH_HEALTHY;
	if (bad) /* who was not told of waiting is not told of its end */
		log_say(w->log, LOG_WARN, "waited {after_ms:t} in vain",
		        clock_now() - start);
	return say(t, bad ? HEALTH_UNHEALTHY : state, NULL,
	           verdict_culprit(w->status, state)) |
	       bad;
}

int
check(struct watch *w, struct options *o, struct signals *signals)
{
	char buffer[BUFFER];
	struct text t;

	if (o->action != OPTIONS_CHECK)
		return say_all(buffer, w->status,
		               o->action == OPTIONS_STATUS_JSON);
	text_init(&t, buffer, sizeof(buffer));
	return o->count > 0 ? ask_targets(&t, w, o, signals)
	                    : ask_hale(&t, w, o, signals);
}
