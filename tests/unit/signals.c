/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} numbers[] = {
    {"TERM", 15},        {"SIGTERM", 15},  {"term", 15},
    {"sigTerm", 15},     {"1", 1},         {"64", 64},
    {"09", 9},           {"KILL", 9},      {"IOT", 6},
    {"CLD", 17},         {"POLL", 29},     {"RTMIN", 34},
    {"SIGRTMIN", 34},    {"rtmin+0", 34},  {"RTMIN+3", 37},
    {"SIGRTMIN+30", 64}, {"RTMAX", 64},    {"RTMAX-0", 64},
    {"SIGRTMAX-30", 34}, {"", -1},         {"SIG", -1},
    {"0", -1},           {"65", -1},       {"-1", -1},
    {"+9", -1},          {" 9", -1},       {"9 ", -1},
    {"015", 15},         {"100", -1},      {"SIG15", -1},
    {"TERMINATE", -1},   {"TER", -1},      {"SIGSIGTERM", -1},
    {"RTMIN+31", -1},    {"RTMAX-31", -1}, {"RTMIN+", -1},
    {"RTMIN-1", -1},     {"RTMAX+1", -1},  {"RTMIN+1x", -1},
    {"RTMIN+001", 35},   {"TERM\n", -1},
};

Test(signals, are_known_by_name_and_number)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		cr_expect_eq(signals_number(numbers[i].name), numbers[i].number,
		             "'%s' is %d", numbers[i].name,
		             signals_number(numbers[i].name));
}

Test(signals, have_names_that_lead_back_to_them)
{
	char buffer[SIGNALS_NAME_SIZE];
	int n;

	for (n = 1; n <= SIGNALS_MAX; n++)
		cr_expect_eq(signals_number(signals_name(n, buffer)), n, "%d",
		             n);
	cr_expect_str_eq(signals_name(SIGABRT, buffer), "ABRT");
	cr_expect_str_eq(signals_name(32, buffer), "32");
	cr_expect_str_eq(signals_name(34, buffer), "RTMIN");
	cr_expect_str_eq(signals_name(37, buffer), "RTMIN+3");
	cr_expect_str_eq(signals_name(44, buffer), "RTMIN+10");
	cr_expect_str_eq(signals_name(64, buffer), "RTMAX");
}

static int
verdict(int n, int code, pid_t from)
{
	unsigned char rewrite[SIGNALS_MAX + 1];
	siginfo_t info = {.si_signo = n, .si_code = code};
	int i;

	for (i = 0; i <= SIGNALS_MAX; i++)
		rewrite[i] = (unsigned char)i;
	rewrite[SIGHUP] = SIGUSR1;
	rewrite[SIGINT] = SIGNALS_NONE;
	info.si_pid = from;
	return signals_translate(&info, 1, rewrite);
}

Test(signals, are_all_forwarded_but_sigchld)
{
	int n;

	for (n = 3; n <= SIGNALS_MAX; n++)
		if (signals_forwardable(n))
			cr_expect_eq(verdict(n, SI_USER, 7), n);
	cr_expect_eq(verdict(SIGCHLD, CLD_EXITED, 7), SIGNALS_NONE);
	cr_expect_eq(verdict(SIGCHLD, SI_USER, 0), SIGNALS_NONE);
}

Test(signals, are_rewritten_or_dropped_by_the_table)
{
	cr_expect_eq(verdict(SIGHUP, SI_USER, 7), SIGUSR1);
	cr_expect_eq(verdict(SIGINT, SI_USER, 7), SIGNALS_NONE);
}

Test(signals, that_hale_raises_in_itself_are_not_forwarded)
{
	cr_expect_eq(verdict(SIGPIPE, SI_USER, 1), SIGNALS_NONE);
	cr_expect_eq(verdict(SIGXFSZ, SI_USER, 1), SIGNALS_NONE);
	cr_expect_eq(verdict(SIGPIPE, SI_USER, 0), SIGPIPE);
	cr_expect_eq(verdict(SIGTERM, SI_USER, 1), SIGTERM);
}

static struct signals state;

static void
queue(int n, int value)
{
	siginfo_t info = {.si_signo = n, .si_code = SI_QUEUE};

	info.si_value.sival_int = value;
	cr_assert_eq(syscall(SYS_rt_sigqueueinfo, getpid(), n, &info), 0);
}

Test(signals, wait_in_the_kernel_until_they_are_taken)
{
	siginfo_t info;

	cr_assert_eq(signals_block(&state), 0);
	signals_round(&state);
	cr_expect_eq(signals_take(&state, 0, &info), -1);
	cr_expect_eq(errno, EAGAIN);
	kill(getpid(), SIGTERM);
	cr_expect_eq(signals_take(&state, -1, &info), SIGTERM);
	cr_expect_eq(info.si_pid, getpid());
}

/* How many of ten queued signals came in the wrong order or with a wrong value.
 */
static int
out_of_order(void)
{
	siginfo_t info;
	int i, wrong = 0;

	(void)signals_block(&state);
	for (i = 0; i < 5; i++) {
		queue(34, i);
		queue(32, i);
	}
	signals_round(&state);
	for (i = 0; i < 10; i++)
		if (signals_take(&state, 0, &info) != (i < 5 ? 32 : 34) ||
		    info.si_value.sival_int != i % 5)
			wrong++;
	return wrong;
}

Test(signals, of_real_time_keep_order_and_value)
{
	/* A child, since the sanitizers' thread would take signals as well. */
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(out_of_order());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

Test(signals, that_are_not_enabled_stay_pending_in_their_order)
{
	bool stops[SIGNALS_MAX + 1] = {[SIGTERM] = true};
	siginfo_t info;

	cr_assert_eq(signals_block(&state), 0);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	signals_enable(&state, stops);
	signals_round(&state);
	cr_expect_eq(signals_take(&state, 0, &info), SIGTERM);
	cr_expect_eq(signals_take(&state, 0, &info), -1);
	signals_enable(&state, NULL);
	signals_round(&state);
	cr_expect_eq(signals_take(&state, 0, &info), SIGHUP);
}

Test(signals, that_end_a_wait_are_taken_next)
{
	siginfo_t info;

	cr_assert_eq(signals_block(&state), 0);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGHUP);
	signals_wait(&state, -1);
	signals_wait(&state, -1);
	signals_round(&state);
	cr_expect_eq(signals_take(&state, 0, &info), SIGHUP);
	cr_expect_eq(signals_take(&state, 0, &info), SIGTERM);
	cr_expect_eq(signals_take(&state, 0, &info), -1);
}

Test(signals, of_one_kind_do_not_starve_the_others)
{
	siginfo_t info;

	cr_assert_eq(signals_block(&state), 0);
	signals_round(&state);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGHUP);
	cr_expect_eq(signals_take(&state, 0, &info), SIGHUP);
	kill(getpid(), SIGHUP);
	cr_expect_eq(signals_take(&state, 0, &info), SIGTERM);
	cr_expect_eq(signals_take(&state, 0, &info), -1);
	signals_round(&state);
	cr_expect_eq(signals_take(&state, 0, &info), SIGHUP);
}

Test(signals, take_their_value_along)
{
	siginfo_t info, sent = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};

	cr_assert_eq(signals_block(&state), 0);
	signals_round(&state);
	sent.si_value.sival_int = 77;
	cr_assert_eq(signals_send(getpid(), SIGUSR2, &sent), 0);
	cr_expect_eq(signals_take(&state, 0, &info), SIGUSR2);
	cr_expect_eq(info.si_code, SI_QUEUE);
	cr_expect_eq(info.si_value.sival_int, 77);
}

Test(signals, without_a_value_are_sent_as_kill_sends_them)
{
	siginfo_t info, sent = {.si_signo = SIGUSR1, .si_code = SI_USER};

	cr_assert_eq(signals_block(&state), 0);
	signals_round(&state);
	cr_assert_eq(signals_send(getpid(), SIGUSR1, &sent), 0);
	cr_expect_eq(signals_take(&state, 0, &info), SIGUSR1);
	cr_expect_eq(info.si_code, SI_USER);
}

/* What hale was given, PROGRAM is given: here CHLD ignored and HUP blocked. */
Test(signals, are_blocked_and_put_back_as_they_were)
{
	struct signals_set before, after; /* the kernel's, 32 and 33 included */
	struct sigaction action;
	sigset_t set;

	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &before, sizeof(before));
	cr_assert_eq(signals_block(&state), 0);
	sigprocmask(SIG_SETMASK, NULL, &set);
	cr_expect(sigismember(&set, SIGTERM));
	cr_expect(sigismember(&set, SIGRTMAX));
	sigaction(SIGCHLD, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_DFL, "or no status would come");
	cr_assert_eq(signals_restore(&state), 0);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &after, sizeof(after));
	cr_expect_eq(memcmp(&before, &after, sizeof(after)), 0);
	sigaction(SIGCHLD, NULL, &action);
	cr_expect_eq(action.sa_handler, SIG_IGN);
}

Test(signals, that_wait_can_be_seen_and_forgotten)
{
	struct signals s;

	cr_assert_eq(signals_block(&s), 0);
	cr_expect_not(signals_pending(SIGHUP));
	signals_discard(SIGHUP);
	raise(SIGHUP);
	raise(SIGCONT);
	cr_expect(signals_pending(SIGHUP));
	signals_discard(SIGHUP);
	cr_expect_not(signals_pending(SIGHUP));
	cr_expect(signals_pending(SIGCONT), "the others stay");
}

Test(signals, are_waited_for_so_long_and_no_longer, .timeout = 30)
{
	struct signals s;
	siginfo_t info;

	cr_assert_eq(signals_block(&s), 0);
	signals_round(&s);
	cr_expect_eq(signals_take(&s, 0, &info), -1);
	cr_expect_eq(errno, EAGAIN);
	cr_expect_eq(signals_take(&s, 1, &info), -1);
	cr_expect_eq(errno, EAGAIN);
	raise(SIGUSR1);
	cr_expect_eq(signals_take(&s, 100LL * 365 * 86400 * 1000, &info),
	             SIGUSR1, "a hundred years are no overflow");
}
