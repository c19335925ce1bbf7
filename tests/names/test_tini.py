# SPDX-License-Identifier: MIT
"""tini, tini-static: the same cases on Debian's tini 0.19 and on hale."""
import os
import signal
import unittest

from both import (PROGRAM, Common, Comparison, Init, call, children, code, libc,
                  run, until)

PR_CAPBSET_DROP, CAP_KILL = 24, 5


def has_second_user():
    """Without root the tests have a namespace with one user ID in it."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return int(file.read().split()[2]) > 65534


class Tini(Common, Comparison):
    name = "tini"
    not_run = 126

    def test_the_version_has_the_form_that_docker_reads(self):
        def form(init):
            number, out, err = run(init, "--version")
            words = out.split()
            return (number, words[:2], len(words[2].split(".")),
                    out.count("\n"), err)
        self.same(form, (0, ["tini", "version"], 3, 1, ""))

    def test_help_and_licence_go_to_standard_output(self):
        for option in "-h", "-l":
            def streams(init, option=option):
                number, out, err = run(init, option)
                return number, len(out) > 500, err
            self.same(streams, (0, True, ""))

    def test_e_makes_a_code_0(self):
        for number in *range(0, 256, 17), 1, 126, 127, 128, 254:
            self.same(lambda init, n=number: code(
                init, "-e", str(n), "--", PROGRAM, "exit", str(n)), 0)

    def test_e_leaves_all_other_codes(self):
        for number in 0, 1, 31, 32, 127, 128, 255:
            rest = [w for n in range(256) if n != number
                    for w in ("-e", str(n))]
            self.same(lambda init, n=number, r=rest: code(
                init, *r, "--", PROGRAM, "exit", str(n)), number)

    def test_e_counts_for_death_by_a_signal_too(self):
        self.same(lambda init: code(
            init, "-e", "143", "--", PROGRAM, "die", "15"), 0)

    def test_e_counts_for_a_program_that_cannot_be_run_too(self):
        self.same(lambda init: code(init, "-e", "127", "--", "/no/such"), 0)
        self.same(lambda init: code(init, "-e", "126", "--", "/"), 0)

    def test_e_takes_a_code_from_0_to_255(self):
        for word in "256", "-1", "x", "3x", "1000":
            self.same(lambda init, w=word: code(init, "-e", w, "true"), 1)

    def test_an_option_that_lacks_its_value_is_a_usage_error(self):
        for word in "-e", "-p":
            self.same(lambda init, w=word: code(init, w), 1)

    def test_short_options_combine_and_take_values_without_a_blank(self):
        self.same(lambda init: code(
            init, "-gwe3", "-svpSIGTERM", "--", PROGRAM, "exit", "3"), 0)

    def test_p_takes_a_signal_and_nothing_else(self):
        for name in "SIGKILL", "SIGTERM", "SIGUSR1", "SIGSYS":
            self.same(lambda init, n=name: code(init, "-p", n, "true"), 0)
        for name in "SIGNONE", "x", "", "0":
            self.same(lambda init, n=name: code(init, "-p", n, "true"), 1)

    def test_p_brings_the_signal_when_the_parent_dies(self):
        def dies(init):
            line = f"{init} -p SIGUSR1 -- {PROGRAM} catch 1 0 & wait"
            with Init("/bin/sh", "-c", line, pid1=False) as shell:
                shell.ready()
                shell.send(signal.SIGKILL)
                return shell.line()
        self.same(dies, "10")

    def test_signals_go_to_program_alone(self):
        self.same(self.family, (True, False, False))

    def test_g_sends_signals_to_the_group(self):
        self.same(lambda init: self.family(init, "-g"), (True, True, False))

    def test_tini_kill_process_group_is_g_whatever_its_value(self):
        for value in "1", "0", "":
            self.same(lambda init, v=value: self.family(
                init, env={"TINI_KILL_PROCESS_GROUP": v}),
                (True, True, False))

    def test_orphans_come_to_a_subreaper(self):
        self.same(lambda init: self.reaps(init, False, "-s", "--"), (5, 5))
        self.same(lambda init: self.reaps(
            init, False, "--", env={"TINI_SUBREAPER": ""}), (5, 5))

    def test_a_subreaper_says_nothing(self):
        self.same(lambda init: run(init, "-s", "--", PROGRAM, "exit-with-orphans", "3", "0",
                                   pid1=False), (0, "", ""))

    def warnings(self, init, *options, pid1=True):
        """How often the line for a zombie came."""
        with Init(init, *options, PROGRAM, "orphans", "5", "3",
                  pid1=pid1) as one:
            one.ready()
            until(lambda: len(children(one.pid)) == 1, "the reaping")
            one.send(signal.SIGUSR1)
            one.end()
            return [line.split("Reaped zombie process with pid=")[1].isdigit()
                    for line in one.stderr().splitlines()]

    def test_w_says_which_zombie_was_reaped(self):
        self.same(lambda init: self.warnings(init, "-w", "--"), [True] * 5)
        self.same(lambda init: self.warnings(init, "-ws", "--", pid1=False),
                  [True] * 5)

    def test_without_w_no_zombie_is_worth_a_word(self):
        self.same(lambda init: self.warnings(init, "--"), [])

    def speaks(self, init, *options, level=None):
        env = {} if level is None else {"TINI_VERBOSITY": level}
        _, out, err = run(init, *options, "--", "/bin/true", env=env)
        return out + err != ""

    def test_v_says_more(self):
        self.same(self.speaks, False)
        for option in "-v", "-vv", "-vvv", "-vvvv":
            self.same(lambda init, o=option: self.speaks(init, o), True)

    def test_tini_verbosity_overrules_v(self):
        for level, loud in ("0", False), ("1", False), ("2", True):
            for options in [], ["-vvv"]:
                self.same(lambda init, o=options, l=level: self.speaks(
                    init, *o, level=l), loud)

    def test_program_has_the_mask_and_the_ignored_signals(self):
        def prepare():
            for number in signal.SIGTTOU, signal.SIGSEGV, signal.SIGINT:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [
                signal.SIGTTIN, signal.SIGILL, signal.SIGTERM])

        def sets(init):
            words = run(init, "--", PROGRAM, "mask", prepare=prepare)[1].split()
            # make(1) leaves 32 and 33 ignored, which libc does not undo.
            return int(words[1], 16), int(words[3], 16) & ~(3 << 31)
        self.same(sets, (0x104008, 0x200402))

    def test_program_leads_a_group_in_the_session(self):
        def where(init):
            with Init(init, "--", PROGRAM, "wait", pid1=False) as one:
                pid = one.ready()
                return (os.getpgid(pid) == pid,
                        os.getsid(pid) == os.getsid(one.pid))
        self.same(where, (True, True))

    # ------ What differs on purpose, a row each in docs/migrating.md. ------

    def test_differs_hale_leaves_options_of_programs_alone(self):
        self.differ(lambda init: run(init, PROGRAM, "say", "-h")[1] == "-h\n",
                    False, True)

    def test_differs_hale_needs_no_s_to_be_a_subreaper(self):
        def adopts(init):
            with Init(init, "--", PROGRAM, "end-orphans", "3", pid1=False) as one:
                one.ready()
                warned = "not running as PID 1" in one.stderr()
                return warned, len(children(one.pid)) - 1
        self.differ(adopts, (True, 0), (False, 3))

    def test_differs_hale_tells_a_missing_interpreter_from_a_missing_file(self):
        file = self.file("lost", "#!/no/such\n", 0o755)
        self.differ(lambda init: code(init, "--", file), 127, 126)

    def test_differs_hale_takes_a_file_in_a_file_for_not_found(self):
        self.differ(lambda init: code(init, "--", "/etc/passwd/x"), 1, 127)

    def test_differs_hale_takes_an_empty_program_for_a_usage_error(self):
        self.differ(lambda init: code(init, "--", ""), 127, 1)

    def test_differs_hale_prints_the_version_with_other_words_beside(self):
        self.differ(lambda init: code(init, "--version", "x"), 1, 0)

    def test_differs_hale_has_long_options_and_those_of_the_others(self):
        for option in "--help", "-V", "-L":
            self.differ(lambda init, o=option: code(init, o), 1, 0)
        self.differ(lambda init: code(init, "-r", "TERM:INT", "true"), 1, 0)

    def test_differs_hale_takes_any_name_of_a_signal(self):
        for name in "TERM", "15", "SIGRTMIN":
            self.differ(lambda init, n=name: code(init, "-p", n, "true"), 1, 0)

    def test_differs_hale_takes_no_empty_code(self):
        self.differ(lambda init: code(init, "-e", "", "true"), 0, 1)

    def test_differs_hale_takes_only_a_number_for_tini_verbosity(self):
        for value in "", "debug":
            self.differ(lambda init, v=value: code(
                init, "--", "/bin/true", env={"TINI_VERBOSITY": v}), 0, 1)

    def test_differs_hale_says_everything_on_standard_error(self):
        def streams(init):
            _, out, err = run(init, "-vvv", "--", "/bin/true")
            return out != "", err != ""
        self.differ(streams, (True, False), (False, True))

    def test_differs_hale_passes_on_what_others_keep(self):
        numbers = [4, 5, 6, 7, 8, 11, 21, 22, 31, 32, 33]
        self.differ(lambda init: self.passed(init, numbers), [], numbers)

    def test_differs_hale_is_not_ended_by_a_fault_that_somebody_sent(self):
        self.differ(lambda init: self.faulted(init, "-s"),
                    -signal.SIGABRT, 5)

    def test_differs_hale_sets_listen_pid_right(self):
        self.differ(lambda init: run(init, "--", PROGRAM, "variable",
                                     "LISTEN_PID", env={"LISTEN_PID": "1"})[1],
                    "1 2\n", "2 2\n")

    def held(self, init):
        """What the init holds while PROGRAM runs: descriptors, directory."""
        with open("/dev/null", "rb") as file:
            number = file.fileno()
            with Init(init, "--", PROGRAM, "wait", pass_fds=[number],
                      cwd="/usr") as one:
                one.ready()
                until(lambda: is_left(one.pid) or self.peer == init, "hale")
                return (str(number) in os.listdir(f"/proc/{one.pid}/fd"),
                        os.readlink(f"/proc/{one.pid}/cwd"))

    def test_differs_hale_lets_go_of_descriptors_and_the_directory(self):
        self.differ(self.held, (True, "/usr"), (False, "/"))

    @unittest.skipUnless(has_second_user(), "there is only one user here")
    def test_differs_hale_survives_a_program_that_it_may_not_signal(self):
        def end(init):
            with Init(init, "--", PROGRAM, "become", "65534", "listen", "7",
                      prepare=drop_kill) as one:
                one.ready()
                one.send(signal.SIGUSR1)
                until(lambda: one.stderr() != "" or
                      one.process.poll() is not None, "a word")
                one.process.stdin.close()
                return one.end()
        self.differ(end, 1, 7)


class TiniStatic(Tini):
    name = "tini-static"


def is_left(pid):
    return os.readlink(f"/proc/{pid}/cwd") == "/"


def drop_kill():
    call(libc.prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0))


if __name__ == "__main__":
    unittest.main()
