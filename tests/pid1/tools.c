/* SPDX-License-Identifier: MIT */
/* tools: what hale does for images that have nothing else. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

TestSuite(tools, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* ------ --sleep ------ */

enum {
	NAP = 150,      /* ms */
	OVERHEAD = 20,  /* ms that the whole command may take beside */
	ATTEMPTS = 100, /* on a machine that has other things to do */
};

static long long *begun; /* shared with hale's process, until it is hale */

static void
begin(void *argument)
{
	(void)argument;
	*begun = helper_now_ms();
}

/* Sleep once; how long it took from its start to its end. */
static long long
nap(bool plain, char *duration)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = NS_WORDS("--sleep", duration),
	                                .plain = plain,
	                                .prepare = begin});
	long long took;

	helper_await_end(&ns);
	took = helper_now_ms() - *begun;
	cr_expect_eq(ns_wait(&ns), 0);
	return took;
}

static void
share_a_clock(void)
{
	begun = mmap(NULL, sizeof(*begun), PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(begun, MAP_FAILED);
}

/* Never shorter; and no longer, once the machine has the time. */
static void
check_nap(char *duration, long long ms)
{
	long long took;
	int plain, i;

	for (plain = 0; plain < 2; plain++)
		for (i = 0; i < ATTEMPTS; i++) {
			took = nap(plain != 0, duration);
			cr_assert_geq(took, ms);
			if (took <= ms + OVERHEAD)
				break;
			cr_assert_lt(i, ATTEMPTS - 1, "%lld ms", took);
		}
}

Test(tools, sleep_as_long_as_they_were_told)
{
	share_a_clock();
	check_nap("150ms", NAP);
	check_nap("1", 1000);
	check_nap("0", 0);
	check_nap("0m1ms", 1);
}

/* Is it hale already, and not the test's own process, and does it sleep? */
static bool
sleeps(const struct ns *ns, const char *name)
{
	char stat[512];

	ns_proc(ns, name, stat, sizeof(stat));
	return strstr(stat, " (hale) S ") != NULL;
}

static bool
is_asleep(void *ns)
{
	return sleeps(ns, "1/stat");
}

static bool
is_asleep_beside(void *ns)
{
	return sleeps(ns, "2/stat");
}

/* Wake a long sleep with a signal. */
static int
wake(int signal)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = NS_WORDS("--sleep=2h")});

	ns_wait_until(is_asleep, &ns);
	ns_send(&ns, signal);
	return ns_wait(&ns);
}

Test(tools, that_sleep_end_on_a_signal_that_would_have_ended_them)
{
	cr_expect_eq(wake(SIGTERM), 128 + SIGTERM);
	cr_expect_eq(wake(SIGINT), 128 + SIGINT);
	cr_expect_eq(wake(SIGHUP), 128 + SIGHUP);
	cr_expect_eq(wake(SIGUSR1), 128 + SIGUSR1);
	cr_expect_eq(wake(64), 128 + 64);
}

Test(tools, that_sleep_end_on_term_when_they_are_not_pid_1)
{
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS("--sleep=2h"), .plain = true});

	ns_wait_until(is_asleep_beside, &ns);
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 143);
}

Test(tools, that_sleep_are_not_woken_by_the_others)
{
	static const int others[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH,
	                             SIGTSTP, SIGTTIN, SIGTTOU};
	struct ns ns;
	size_t i;

	share_a_clock();
	ns = ns_start(&(struct ns_setup){.words = NS_WORDS("--sleep", "300ms"),
	                                 .prepare = begin});
	ns_wait_until(is_asleep, &ns);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ns_send(&ns, others[i]);
	helper_await_end(&ns);
	cr_expect_geq(helper_now_ms() - *begun, 300);
	cr_expect_eq(ns_wait(&ns), 0);
}

Test(tools, that_sleep_refuse_what_is_no_time)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--sleep", "soon")},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_str_eq(output.err,
	                 "hale: error: --sleep: 'soon' is not a duration like "
	                 "500ms, 10s, 1m30s or 2h\n");
}

/* ------ --install ------ */

/* Is it hale, whole, for all to run? */
static void
expect_copy(const char *path)
{
	static char ours[1 << 20], theirs[1 << 20];
	struct stat status;
	int fd = open(ns_hale(), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, ours, sizeof(ours));

	close(fd);
	cr_assert_eq(lstat(path, &status), 0, "%s: %s", path, strerror(errno));
	cr_expect_eq(status.st_mode, S_IFREG | 0755);
	cr_assert_eq(status.st_size, n);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_eq(read(fd, theirs, sizeof(theirs)), n);
	close(fd);
	cr_expect_eq(memcmp(ours, theirs, (size_t)n), 0);
}

static void
set_umask(void *mask)
{
	umask(*(mode_t *)mask);
}

static void
install(char *path, mode_t mask)
{
	struct ns_output output;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--install", path),
	                          .prepare = set_umask,
	                          .argument = &mask},
	       &output);
	cr_expect_eq(output.code, 0);
	cr_expect_str_empty(output.err);
	cr_expect_str_empty(output.out);
	expect_copy(path);
}

/* The copy, and nothing beside it. */
static void
expect_alone(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.hale", name);
	cr_expect_eq(access(helper_path(path), F_OK), -1);
}

Test(tools, install_a_copy_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	size_t i;

	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		install(helper_path("copy"), masks[i]);
		expect_alone("copy");
		cr_assert_eq(unlink(helper_path("copy")), 0);
	}
}

Test(tools, install_over_what_is_there)
{
	helper_write_file(helper_path("copy"), "something else");
	chmod(helper_path("copy"), 0600);
	install(helper_path("copy"), 022);
	cr_assert_eq(symlink(helper_path("copy"), helper_path("link")), 0);
	install(helper_path("link"), 022);
	expect_alone("copy");
	expect_alone("link");
}

/* The copy works.  A file that runs cannot be written, but it can be replaced.
 */
Test(tools, install_over_a_copy_that_runs)
{
	struct ns ns;

	install(helper_path("copy"), 022);
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(helper_path("copy"), "--", helper_stop_program(),
	                      "exit-after-term", "0", "9")});
	ns_expect_line(&ns, "ready");
	cr_expect_eq(open(helper_path("copy"), O_WRONLY), -1);
	cr_expect_eq(errno, ETXTBSY);
	install(helper_path("copy"), 022);
	expect_alone("copy");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), 9);
}

/* Whoever opens it, however often, finds all of it. */
static _Noreturn void
watch(const char *path, off_t size, int stop)
{
	struct stat status;
	char byte;
	int fd;

	while (read(stop, &byte, 1) < 0 && errno == EAGAIN) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			_exit(2);
		if (fstat(fd, &status) < 0 || status.st_size != size ||
		    (status.st_mode & 07777) != 0755)
			_exit(3);
		close(fd);
	}
	_exit(0);
}

Test(tools, install_so_that_nobody_sees_half_a_copy)
{
	struct stat whole;
	int ends[2], i, status;
	pid_t watcher;

	cr_assert_eq(stat(ns_hale(), &whole), 0);
	install(helper_path("copy"), 022);
	cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	watcher = fork();
	if (watcher == 0) {
		close(ends[1]);
		watch(helper_path("copy"), whole.st_size, ends[0]);
	}
	for (i = 0; i < 40; i++)
		install(helper_path("copy"), 022);
	close(ends[1]);
	cr_assert_eq(waitpid(watcher, &status, 0), watcher);
	cr_expect_eq(status, 0, "%x", (unsigned)status);
}

/* One line and one code, and nothing is left behind. */
static void
check_refused(const struct ns_setup *setup, int code, const char *path,
              const char *reason)
{
	struct ns_output output;
	char expected[NS_TEXT], beside[256];

	ns_run(setup, &output);
	cr_expect_eq(output.code, code);
	snprintf(expected, sizeof(expected),
	         "hale: error: cannot install hale as '%s': %s\n", path,
	         reason);
	cr_expect_str_eq(output.err, expected);
	cr_expect_str_empty(output.out);
	snprintf(beside, sizeof(beside), "%s.hale", path);
	cr_expect_eq(access(beside, F_OK), -1);
}

static void
check_path(char *path, const char *reason)
{
	static const char *const names[] = {"/x/tini", "docker-init",
	                                    "catatonit", "dumb-init"};
	size_t i;

	check_refused(&(struct ns_setup){.words = NS_WORDS("--install", path)},
	              125, path, reason);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char **argv = NS_WORDS((char *)names[i], "--install", path);

		check_refused(&(struct ns_setup){.words = argv + 1,
		                                 .prepare = helper_exec_as,
		                                 .argument = argv},
		              1, path, reason);
	}
}

Test(tools, that_cannot_install_say_so_and_leave_nothing)
{
	check_path(helper_path("none/copy"), "No such file or directory");
	check_path(helper_path("none/"), "No such file or directory");
	check_path(helper_path(""), "Not a directory"); /* ends with a slash */
	cr_assert_eq(mkdir(helper_path("directory"), 0755), 0);
	check_path(helper_path("directory"), "Is a directory");
	helper_write_file(helper_path("file"), "");
	check_path(helper_path("file/copy"), "Not a directory");
	check_path("/proc/copy", "No such file or directory");
}

static void
become_nobody(void *argument)
{
	(void)argument;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(99);
}

static bool
needs_root(void)
{
	return geteuid() != 0;
}

Test(tools, install_as_any_user_that_may_write_there)
{
	struct ns_output output;
	char *path = helper_path("open/copy");

	if (needs_root())
		cr_skip_test("it takes root to have a second user");
	chmod(helper_path(""), 0755);
	cr_assert_eq(mkdir(helper_path("open"), 0700), 0);
	cr_assert_eq(chown(helper_path("open"), 65534, 65534), 0);
	ns_run(&(struct ns_setup){.words = NS_WORDS("--install", path),
	                          .prepare = become_nobody},
	       &output);
	cr_expect_eq(output.code, 0, "%s", output.err);
	expect_copy(path);
	cr_assert_eq(mkdir(helper_path("closed"), 0755), 0);
	path = helper_path("closed/copy");
	check_refused(&(struct ns_setup){.words = NS_WORDS("--install", path),
	                                 .prepare = become_nobody},
	              125, path, "Permission denied");
}

/* A full disk: a file system of one page. */
static void
mount_small(void *path)
{
	if (mount("small", path, "tmpfs", 0, "size=4k") < 0)
		_exit(99);
}

Test(tools, that_find_the_disk_full_leave_what_was_there)
{
	struct ns_output output;
	char script[512];

	cr_assert_eq(mkdir(helper_path("small"), 0755), 0);
	snprintf(script, sizeof(script),
	         "cd %s && : >copy; %s --install copy; echo $? *",
	         helper_path("small"), ns_hale());
	ns_run(&(struct ns_setup){.words = NS_WORDS("/bin/sh", "-c", script),
	                          .prepare = mount_small,
	                          .argument = helper_path("small")},
	       &output);
	cr_expect_str_eq(output.err, "hale: error: cannot install hale as "
	                             "'copy': No space left on device\n");
	cr_expect_str_eq(output.out, "125 copy\n");
}

/* ------ An image that has nothing but hale. ------ */

static void
enter_image(void *root)
{
	char proc[256];

	snprintf(proc, sizeof(proc), "%s/proc", (char *)root);
	if (mount("proc", proc, "proc", 0, NULL) < 0 || chroot(root) < 0 ||
	    chdir("/") < 0)
		_exit(99);
	execl("/hale", "hale", "--install", "/volume/init", NULL);
	_exit(98);
}

static void
copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n = read(in, bytes, sizeof(bytes));

	cr_assert_gt(n, 0);
	cr_assert_eq(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}

static void
make_image(void)
{
	chmod(helper_path(""), 0755);
	cr_assert_eq(mkdir(helper_path("image"), 0755), 0);
	cr_assert_eq(mkdir(helper_path("image/proc"), 0755), 0);
	cr_assert_eq(mkdir(helper_path("image/volume"), 0755), 0);
	copy_file(ns_hale(), helper_path("image/hale"));
}

Test(tools, install_from_an_image_that_has_nothing_else)
{
	struct ns_output output;

	make_image();
	ns_run(&(struct ns_setup){.words = NS_WORDS("-"),
	                          .prepare = enter_image,
	                          .argument = helper_path("image")},
	       &output);
	cr_expect_eq(output.code, 0, "%s", output.err);
	cr_expect_str_empty(output.err);
	expect_copy(helper_path("image/volume/init"));
	expect_alone("image/volume/init");
}

static void
enter_bare_image(void *root)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		_exit(99);
	execl("/hale", "hale", "--install", "/volume/init", NULL);
	_exit(98);
}

Test(tools, say_that_they_need_proc_to_install)
{
	struct ns_output output;

	make_image();
	ns_run(&(struct ns_setup){.words = NS_WORDS("-"),
	                          .prepare = enter_bare_image,
	                          .argument = helper_path("image")},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_str_eq(output.err,
	                 "hale: error: cannot read /proc/self/exe to install "
	                 "hale as '/volume/init': No such file or directory\n");
	cr_expect_eq(access(helper_path("image/volume/init"), F_OK), -1);
	expect_alone("image/volume/init");
}
