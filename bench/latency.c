/* SPDX-License-Identifier: MIT */
/*
 * latency: a signal's way from its sender, through the init, to PROGRAM.
 *
 * A sender on the outside sends at a steady pace and does not wait for one
 * signal to arrive before it sends the next: a slow init does not get fewer of
 * them.  Numbers rotate, so that one rarely meets its like; where it does, the
 * kernel merges them and both count, each from its own sending.
 *
 * The sender and PROGRAM have real-time priority under load, so that the way
 * that is left to measure is the init's.  (Without the right to it they do as
 * they can.)
 *
 * In a burst the signals are no independent samples: all that are sent while
 * the init waits for a processor arrive together, and there are only a few such
 * waits.  So each burst gives one p50 and one p99, and the statistics are made
 * of those.
 *
 * The init that is named "direct" is passed by: the signal goes to PROGRAM
 * itself, which is the floor, what the scheduler alone takes.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "parts.h"
#include "proc.h"

enum {
	SENDS_MAX = 8192,
	PACE_NS = 1000000,
	DELAY_NS = 10000000,  /* for the trigger to be ready */
	LAST_NS = 1000000000, /* for the last ones to arrive */
	LOOPS = 8,
	KINDS = 7,
};

/* Who lets a burst go, and when. */
struct trigger {
	struct link *link;
	int64_t at;
};

/* What people send to an init, and every peer forwards. */
static const int kinds[KINDS] = {
    SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM,
};

struct post {
	struct link *link;
	pid_t to;
	int64_t sent[SENDS_MAX], took[SENDS_MAX]; /* 0: not arrived */
	int count;
};

static void
address(struct post *post, const struct lab_init *init, struct link *link)
{
	bool direct = strcmp(init->name, "direct") == 0;

	post->link = link;
	post->to = direct ? proc_first_child(link->pid) : link->pid;
	post->count = 0;
}

/* A signal every PACE_NS, a little off so as to be in step with nothing. */
static void
send_one(struct post *post, int64_t *next)
{
	lab_sleep_until(*next);
	*next += PACE_NS * 3 / 4 + lab_random(PACE_NS / 2);
	post->sent[post->count] = lab_now();
	post->took[post->count] = 0;
	if (kill(post->to, kinds[post->count % KINDS]) < 0)
		lab_fail("kill");
	post->count++;
}

/* One delivery answers all that were sent before it with the same number. */
static void
match(struct post *post, const struct arrival *arrival, int open[KINDS])
{
	int kind, i;

	for (kind = 0; kinds[kind] != arrival->number;)
		if (++kind == KINDS)
			return;
	for (i = open[kind]; i < post->count; i += KINDS) {
		if (post->sent[i] >= arrival->at)
			break;
		post->took[i] = arrival->at - post->sent[i];
	}
	open[kind] = i;
}

/* How many have not arrived yet. */
static int
collect(struct post *post)
{
	struct board *board = post->link->board;
	uint32_t count = atomic_load(&board->count), a;
	int open[KINDS], i, missing = 0;

	for (i = 0; i < KINDS; i++)
		open[i] = i;
	for (a = 0; a < count; a++)
		match(post, &board->arrivals[a], open);
	for (i = 0; i < post->count; i++)
		missing += post->took[i] == 0;
	return missing;
}

static void
await_last(struct post *post)
{
	int64_t deadline = lab_now() + LAST_NS;

	while (collect(post) > 0 && lab_now() < deadline)
		lab_sleep_until(lab_now() + PACE_NS);
}

static void
print(const struct lab_init *init, const struct post *post)
{
	int i;

	for (i = 0; i < post->count; i++)
		if (post->took[i] > 0)
			lab_row(init->name, "took", (double)post->took[i]);
		else
			lab_row(init->name, "lost", 1);
}

static int
compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* p50 and p99 of the burst; what has not arrived was longer than all others. */
static void
print_burst(const struct lab_init *init, const struct post *post)
{
	static int64_t sorted[SENDS_MAX];
	int half = post->count / 2, most = post->count * 99 / 100, i;

	for (i = 0; i < post->count; i++)
		sorted[i] = post->took[i] > 0 ? post->took[i] : INT64_MAX;
	qsort(sorted, (size_t)post->count, sizeof(sorted[0]), compare_times);
	lab_row(init->name, "burst.p50", (double)sorted[half]);
	lab_row(init->name, "burst.p99", (double)sorted[most]);
}

static void
be_quick(int policy)
{
	struct sched_param priority = {
	    .sched_priority = policy == SCHED_OTHER ? 0 : 1,
	};

	(void)sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &priority);
}

/* COUNT signals while nothing happens, or under loops that fork.  Where nobody
 * competes, real-time priority only takes the scheduler longer ways. */
static void
steady(const struct lab_init *init, char *program, uint32_t loops, int count)
{
	int policy = loops > 0 ? SCHED_FIFO : SCHED_OTHER;
	static struct post post;
	struct link link;
	int64_t next;

	link_open(&link, init, program);
	address(&post, init, &link);
	link_order(&link, ORDER_LOOPS, loops);
	link_order(&link, ORDER_LISTEN, (uint32_t)policy);
	be_quick(policy);
	next = lab_now() + LAST_NS / 10;
	while (post.count < count && post.count < SENDS_MAX)
		send_one(&post, &next);
	be_quick(SCHED_OTHER);
	await_last(&post);
	print(init, &post);
	link_close(&link);
}

/* Waking a burst takes long, and puts who does it behind all whom it woke: so
 * it is not the sender. */
static void *
pull(void *argument)
{
	struct trigger *trigger = argument;

	lab_sleep_until(trigger->at);
	link_release(trigger->link);
	return NULL;
}

/* COUNT processes die; signals from that instant on until all are reaped. */
static void
amid(const struct lab_init *init, char *program, uint32_t verb, uint32_t count)
{
	static struct post post;
	struct link link;
	struct trigger trigger = {.link = &link};
	struct burst burst;
	pthread_t thread;
	int64_t cleared, next, waited;

	link_open(&link, init, program);
	address(&post, init, &link);
	burst_load(&burst, &link, verb, count);
	link_order(&link, ORDER_LISTEN, SCHED_FIFO);
	waited = proc_waited(link.pid);
	trigger.at = lab_now() + DELAY_NS;
	if (pthread_create(&thread, NULL, pull, &trigger) != 0)
		lab_fail("pthread_create");
	be_quick(SCHED_FIFO);
	next = trigger.at + PACE_NS;
	do
		send_one(&post, &next);
	while (!burst_cleared(&burst, lab_now()) && post.count < SENDS_MAX);
	cleared = lab_now() - trigger.at;
	be_quick(SCHED_OTHER);
	(void)pthread_join(thread, NULL);
	await_last(&post);
	lab_row(init->name, "cleared", (double)cleared);
	lab_row(init->name, "first", (double)post.took[0]);
	lab_row(init->name, "part", (double)post.took[0] / (double)cleared);
	lab_row(init->name, "waited", (double)(proc_waited(link.pid) - waited));
	print_burst(init, &post);
	print(init, &post);
	link_close(&link);
}

static void
measure(const struct lab_init *init, char *const *options)
{
	char *program = options[0];
	const char *scene = options[1];
	int count = (int)lab_number(options[2]);

	if (strcmp(scene, "idle") == 0)
		steady(init, program, 0, count);
	else if (strcmp(scene, "loops") == 0)
		steady(init, program, LOOPS, count);
	else if (strcmp(scene, "handed") == 0)
		amid(init, program, ORDER_HAND_OVER, (uint32_t)count);
	else
		amid(init, program, ORDER_HOLD, (uint32_t)count);
}

void
part_latency(const struct lab *lab, char *const *options)
{
	int order[LAB_INITS], round, i;

	for (round = 0; lab_more(lab, round); round++) {
		lab_shuffle(lab, order);
		for (i = 0; i < lab->count; i++)
			measure(&lab->inits[order[i]], options);
	}
}
