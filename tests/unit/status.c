/* SPDX-License-Identifier: MIT */
#include "report/status.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct status got;

/* A page that says that one target is healthy. */
static struct status *
publish(int *fd)
{
	struct status *s = status_open(fd);

	cr_assert_not_null(s, "%s", strerror(errno));
	status_begin(s);
	s->program = 7;
	s->state = HEALTH_HEALTHY;
	s->count = 1;
	s->since = 1000;
	s->next_update = HEALTH_NEVER;
	status_set_text(s, 0, "tcp://db:1");
	s->targets[0].state = HEALTH_HEALTHY;
	memcpy(s->output[0], "fine", 4);
	s->targets[0].output_length = 4;
	status_end(s);
	return s;
}

static void
expect_error(int error)
{
	cr_expect_eq(status_read(getpid(), &got, false), -1);
	cr_expect_eq(errno, error, "%s", strerror(errno));
}

Test(status, has_a_word_for_each_state_and_kind)
{
	cr_expect_str_eq(status_word(HEALTH_STARTING), "starting");
	cr_expect_str_eq(status_word(HEALTH_HEALTHY), "healthy");
	cr_expect_str_eq(status_word(HEALTH_UNREADY), "unready");
	cr_expect_str_eq(status_word(HEALTH_UNHEALTHY), "unhealthy");
	cr_expect_str_eq(status_word(HEALTH_STOPPING), "stopping");
	cr_expect_str_eq(status_word(-1), "unknown");
	cr_expect_str_eq(status_word(5), "unknown");
	cr_expect_str_eq(status_kind_word(STATUS_HEALTH), "health");
	cr_expect_str_eq(status_kind_word(STATUS_READY), "ready");
	cr_expect_str_eq(status_kind_word(STATUS_WAIT), "wait");
	cr_expect_str_eq(status_kind_word(-1), "unknown");
	cr_expect_str_eq(status_kind_word(3), "unknown");
}

Test(status, is_published_as_the_name_of_the_process)
{
	char name[STATUS_NAME_SIZE];
	int state;

	cr_expect_eq(status_of(getpid()), -1);
	for (state = HEALTH_STARTING; state <= HEALTH_STOPPING; state++) {
		status_publish((enum health_state)state);
		cr_expect_eq(status_of(getpid()), state);
	}
	status_unpublish();
	cr_expect_eq(status_of(getpid()), -1);
	cr_assert_eq(prctl(PR_GET_NAME, name), 0);
	cr_expect_str_eq(name, "hale");
}

Test(status, is_no_state_of_a_name_that_only_resembles_one)
{
	static const char *const names[] = {"healthy", "hale:", "hale:health",
	                                    "hale:healthyx", "xhale:healthy"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		prctl(PR_SET_NAME, names[i]);
		cr_expect_eq(status_of(getpid()), -1, "%s", names[i]);
	}
	cr_expect_eq(status_of(1 << 30), -1);
}

Test(status, is_read_with_or_without_outputs)
{
	int fd;

	publish(&fd);
	memset(&got, 'x', sizeof(got));
	cr_assert_eq(status_read(getpid(), &got, false), 0);
	cr_expect_eq(got.program, 7);
	cr_expect_eq(got.count, 1);
	cr_expect_str_eq(got.targets[0].text, "tcp://db:1");
	cr_expect_eq(got.output[0][0], 'x');
	cr_assert_eq(status_read(getpid(), &got, true), 0);
	cr_expect_eq(memcmp(got.output[0], "fine", 4), 0);
}

/* Descriptor 3 of the tests belongs to Criterion: so do this in a child, whose
 * exit code says which step failed. */
static void
expect_child(int (*run)(void))
{
	pid_t pid = fork();
	int result;

	if (pid == 0)
		_exit(run());
	cr_assert_eq(waitpid(pid, &result, 0), pid);
	cr_expect_eq(result, 0, "step %d", WEXITSTATUS(result));
}

static int
read_beside_a_fifo(void)
{
	int fd, ends[2];

	publish(&fd);
	if (dup2(fd, 50) != 50 || close(fd) < 0)
		return 1;
	if (pipe(ends) < 0 || dup2(ends[0], 3) != 3)
		return 2;
	if (status_read(getpid(), &got, false) < 0)
		return 3;
	close(50);
	if (status_read(getpid(), &got, false) == 0 || errno != ENOENT)
		return 4;
	return 0;
}

/* While hale waits for --wait-for targets, PROGRAM's inherited descriptor 3 may
 * be anything. */
Test(status, is_found_beside_an_inherited_descriptor_3, .timeout = 30)
{
	expect_child(read_beside_a_fifo);
}

static int
move_twice(void)
{
	int fd;

	publish(&fd);
	if (dup2(fd, 20) != 20 || close(fd) < 0)
		return 1;
	fd = 20;
	status_move(&fd);
	if (fd != 3 || (fcntl(3, F_GETFD) & FD_CLOEXEC) == 0)
		return 2;
	if (fcntl(20, F_GETFD) >= 0)
		return 3;
	status_move(&fd);
	if (fd != 3 || status_read(getpid(), &got, false) < 0)
		return 4;
	return 0;
}

Test(status, moves_to_descriptor_3)
{
	expect_child(move_twice);
}

Test(status, cannot_be_resized_or_written_by_others)
{
	struct status *s;
	int fd, seals;

	s = publish(&fd);
	seals = fcntl(fd, F_GET_SEALS);
	cr_expect(seals & F_SEAL_SHRINK);
	cr_expect(seals & F_SEAL_GROW);
	cr_expect(seals & F_SEAL_SEAL);
	cr_expect_lt(ftruncate(fd, 0), 0);
	if (seals & 0x10) /* F_SEAL_FUTURE_WRITE */
		cr_expect_lt(write(fd, "x", 1), 0);
	s->count = 2; /* hale itself still can */
	cr_expect_eq(prctl(PR_GET_DUMPABLE), 1, "as it was");
}

Test(status, is_busy_while_it_is_written)
{
	struct status *s;
	int fd;

	s = publish(&fd);
	status_begin(s);
	expect_error(EBUSY);
	status_end(s);
	cr_expect_eq(status_read(getpid(), &got, false), 0);
}

Test(status, is_absent_where_nothing_is_published)
{
	expect_error(ENOENT);
	cr_expect_eq(status_read(1 << 30, &got, false), -1);
}

Test(status, of_another_version_is_refused)
{
	struct status *s;
	int fd;

	s = publish(&fd);
	strcpy(s->version, "hale 9.9");
	expect_error(EPROTO);
}

/* Each number that a reader relies on is checked. */
Test(status, that_is_damaged_is_refused)
{
	struct status *s, good;
	int fd;

	s = publish(&fd);
	good = *s;
#define EXPECT_REFUSED(field, value)                                           \
	do {                                                                   \
		s->field = value;                                              \
		expect_error(EPROTO);                                          \
		*s = good;                                                     \
	} while (0)
	EXPECT_REFUSED(count, 0);
	EXPECT_REFUSED(count, -1);
	EXPECT_REFUSED(count, HEALTH_TARGETS_MAX + 1);
	EXPECT_REFUSED(state, -1);
	EXPECT_REFUSED(state, HEALTH_STOPPING + 1);
	EXPECT_REFUSED(since, -1);
	EXPECT_REFUSED(targets[0].state, -1);
	EXPECT_REFUSED(targets[0].state, HEALTH_STOPPING + 1);
	EXPECT_REFUSED(targets[0].kind, -1);
	EXPECT_REFUSED(targets[0].kind, STATUS_WAIT + 1);
	EXPECT_REFUSED(targets[0].passed, -1);
	EXPECT_REFUSED(targets[0].failed, -1);
	EXPECT_REFUSED(targets[0].failed, 0x7fffffffffffffffLL);
	EXPECT_REFUSED(targets[0].output_length, -1);
	EXPECT_REFUSED(targets[0].output_length, STATUS_OUTPUT_SIZE + 1);
	cr_expect_eq(status_read(getpid(), &got, false), 0);
}

Test(status, texts_end_even_if_their_writer_did_not_end_them)
{
	struct status *s;
	int fd;

	s = publish(&fd);
	memset(s->targets[0].text, 'x', STATUS_TEXT_SIZE);
	memset(s->targets[0].reason, 'x', STATUS_REASON_SIZE);
	cr_assert_eq(status_read(getpid(), &got, false), 0);
	cr_expect_eq(strlen(got.targets[0].text), STATUS_TEXT_SIZE - 1);
	cr_expect_eq(strlen(got.targets[0].reason), STATUS_REASON_SIZE - 1);
}

static void
expect_texts(const char *const texts[], const char *const shown[], int count)
{
	static struct status s;
	int i;

	for (i = 0; i < count; i++) {
		status_set_text(&s, i, texts[i]);
		cr_expect_str_eq(s.targets[i].text, shown[i]);
	}
}

Test(status, shows_targets_of_the_same_text_apart)
{
	static const char *const texts[] = {"a", "b", "a", "a #2", "a"};
	static const char *const shown[] = {"a", "b", "a #2", "a #2 #2",
	                                    "a #3"};

	expect_texts(texts, shown, 5);
}

Test(status, shows_targets_apart_that_differ_behind_what_fits)
{
	static struct status s;
	char text[STATUS_TEXT_SIZE + 10];
	int i, k;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < HEALTH_TARGETS_MAX; i++) {
		text[sizeof(text) - 2] = (char)('a' + i);
		status_set_text(&s, i, text);
		cr_expect_lt(strlen(s.targets[i].text), STATUS_TEXT_SIZE);
		for (k = 0; k < i; k++)
			cr_expect_str_neq(s.targets[i].text, s.targets[k].text);
	}
	cr_expect_str_eq(s.targets[7].text + STATUS_TEXT_SIZE - 6, "xx #8");
}

Test(status, escapes_the_texts_of_targets)
{
	static const char *const texts[] = {"exec:a\nb\x1b"};
	static const char *const shown[] = {"exec:a\\x0ab\\x1b"};

	expect_texts(texts, shown, 1);
}
