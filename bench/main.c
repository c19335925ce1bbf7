/* SPDX-License-Identifier: MIT */
/*
 * main: the harness.  One part a run:
 *
 *     harness PART ROUNDS SECONDS [OPTION...] -- NAME=COMMAND...
 *
 * measures each NAME, whose COMMAND is what comes before PROGRAM and may be
 * empty, in at most ROUNDS rounds; after SECONDS no new one begins.  Where it
 * says 127.0.0.1:00000 there is a server then.
 *
 *     harness serve PORT
 *
 * is that server by itself.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"
#include "web.h"

enum {
	STUCK_S = 600, /* longer is no measurement any more */
	NS_PER_S = 1000000000,
};

static const struct {
	const char *name;
	void (*run)(const struct lab *lab, char *const *options);
	int options;
} parts[] = {
    {"start", part_start, 2},     {"memory", part_memory, 1},
    {"idle", part_idle, 2},       {"orphans", part_orphans, 2},
    {"clear", part_clear, 3},     {"latency", part_latency, 3},
    {"stop", part_stop, 3},       {"check", part_check, 2},
    {"engine", part_engine, 1},   {"probe", part_probe, 2},
    {"verdict", part_verdict, 2}, {"watch", part_watch, 2},
};

static _Noreturn void
usage(void)
{
	errno = EINVAL;
	lab_fail("harness PART ROUNDS SECONDS [OPTION...] -- NAME=COMMAND...");
}

static void
run(const char *name, const struct lab *lab, char *const *options, int count)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(name, parts[i].name) == 0 &&
		    count == parts[i].options) {
			parts[i].run(lab, options);
			return;
		}
	usage();
}

int
main(int argc, char **argv)
{
	static struct lab lab;
	int i, options = 0;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		web_serve((uint16_t)lab_number(argv[2]));
	if (argc < 4)
		usage();
	lab.visits = web_start(argv + 4);
	lab.rounds = (int)lab_number(argv[2]);
	lab.deadline = lab_now() + lab_number(argv[3]) * NS_PER_S;
	while (4 + options < argc && strcmp(argv[4 + options], "--") != 0)
		options++;
	for (i = 4 + options + 1; i < argc && lab.count < LAB_INITS; i++)
		lab_init_read(&lab.inits[lab.count++], argv[i]);
	(void)alarm(STUCK_S);
	run(argv[1], &lab, argv + 4, options);
	return 0;
}
