# SPDX-License-Identifier: MIT
"""dumb-init: the same cases on Debian's dumb-init 1.2.5 and on hale."""
import contextlib
import itertools
import os
import signal
import unittest

from both import (PROGRAM, Common, Comparison, Init, children, code, is_pending,
                  run, state, until)

SUSPENDING = signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU
SINGLE = ({"options": ["-c"]}, {"options": ["--single-child"]},
          {"env": {"DUMB_INIT_SETSID": "0"}})


class DumbInit(Common, Comparison):
    name = "dumb-init"
    not_found = not_run = 2

    def test_version_and_help_go_to_standard_error(self):
        for option in "-V", "--version", "-h", "--help", "-cV", "-vh":
            def streams(init, option=option):
                number, out, err = run(init, option, "false")
                return number, out, err != ""
            self.same(streams, (0, "", True))

    def test_the_version_is_one_line_of_its_form(self):
        def form(init):
            err = run(init, "--version")[2]
            return err.startswith("dumb-init v"), err.count("\n")
        self.same(form, (True, 1))

    def test_the_first_program_ends_the_options(self):
        self.same(lambda init: run(init, PROGRAM, "say", "-V", "-r"),
                  (0, "-V\n-r\n", ""))

    def test_a_missing_interpreter_is_2_like_all_others(self):
        file = self.file("lost", "#!/no/such\n", 0o755)
        self.same(lambda init: code(init, "--", file), 2)
        self.same(lambda init: code(init, "--", "/etc/passwd/x"), 2)

    def test_v_and_dumb_init_debug_say_more_on_standard_error(self):
        def streams(init, *options, **env):
            number, out, err = run(init, *options, "/bin/echo", "hi", env=env)
            return number, out, err != ""
        for option in "-v", "--verbose", "-vv", "-cv":
            self.same(lambda init, o=option: streams(init, o),
                      (0, "hi\n", True))
        for value in "0", "", "11", "yes":
            self.same(lambda init, v=value: streams(init, DUMB_INIT_DEBUG=v),
                      (0, "hi\n", False))
        self.same(lambda init: streams(init, DUMB_INIT_DEBUG="1"),
                  (0, "hi\n", True))

    # ------ The session. ------

    def session(self, init, *options, env=None):
        """Does PROGRAM lead a session of its own?"""
        with Init(init, *options, PROGRAM, "wait", pid1=False, env=env) as one:
            pid = one.ready()
            return os.getsid(pid) == pid

    def test_program_leads_a_session(self):
        self.same(self.session, True)

    def test_c_and_dumb_init_setsid_0_keep_program_in_the_session(self):
        for how in SINGLE:
            self.same(lambda init, h=how: self.session(
                init, *h.get("options", []), env=h.get("env")), False)

    def test_only_0_switches_the_session_off(self):
        for value in "1", "", "00", "0x", "no", "false":
            self.same(lambda init, v=value: self.session(
                init, env={"DUMB_INIT_SETSID": v}), True)

    def test_one_may_run_in_another(self):
        self.same(lambda init: run(init, init, init, "/bin/echo", "hi"),
                  (0, "hi\n", ""))
        self.same(lambda init: run(init, "-c", init, "-c", "/bin/echo", "hi"),
                  (0, "hi\n", ""))

    # ------ Whom signals go to. ------

    def test_signals_go_to_the_group_of_program(self):
        self.same(self.family, (True, True, False))

    def test_signals_go_to_a_single_child_alone(self):
        for how in SINGLE:
            self.same(lambda init, h=how: self.family(
                init, *h.get("options", []), env=h.get("env")),
                (True, False, False))

    def last_word(self, init, *options, env=None):
        """What a child in PROGRAM's group gets when PROGRAM ends, and the
        exit code; USR1 is sent afterwards, and comes alone if that is all."""
        line = f"{PROGRAM} catch 1 0 & echo $!; read line; exit 3"
        with Init(init, *options, "/bin/sh", "-c", line, pid1=False,
                  env=env) as one:
            words = {one.line(), one.line()} - {"ready"}
            one.process.stdin.write(b"go\n")
            number, pid = one.end(), int(words.pop())
            until(lambda: not has_pending(pid), "the child")
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGUSR1)
            return number, int(one.line())

    def test_the_group_gets_term_when_program_ends(self):
        self.same(self.last_word, (3, signal.SIGTERM))

    def test_the_last_term_is_rewritten_too(self):
        for rule, word in (("15:2", signal.SIGINT), ("15:1", signal.SIGHUP),
                           ("15:0", signal.SIGUSR1)):
            self.same(lambda init, r=rule: self.last_word(init, "-r", r),
                      (3, word))

    def test_a_single_child_leaves_no_last_word(self):
        for how in SINGLE:
            self.same(lambda init, h=how: self.last_word(
                init, *h.get("options", []), env=h.get("env")),
                (3, signal.SIGUSR1))

    def test_a_pipeline_ends_as_a_whole(self):
        line = f"{PROGRAM} wait | cat & {PROGRAM} idle | cat"

        def left(init, *options):
            with Init(init, *options, "/bin/sh", "-c", line, pid1=False) as it:
                all_of_it = until(lambda: descendants(it.pid, 5), "pipeline")
                until(lambda: all(state(pid) == "S" for pid in all_of_it),
                      "the pipeline to wait")
                it.send(signal.SIGTERM)
                it.end()
                if options:
                    return len([p for p in all_of_it if state(p) == "S"])
                until(lambda: all(state(pid) in (None, "Z")
                                  for pid in all_of_it), "their end")
                return 0
        self.same(left, 0)
        self.same(lambda init: left(init, "-c"), 4)

    # ------ Rewriting. ------

    def received(self, init, rules, sent, *options):
        """What PROGRAM gets of the signals, sent one by one."""
        words = list(itertools.chain(*(["-r", rule] for rule in rules)))
        with Init(init, *options, *words, "--", PROGRAM, "catch", "100",
                  "0") as one:
            program, got = one.ready(), []
            for number in [*sent, signal.SIGUSR2]:
                one.hears(number)
                until(lambda: not has_pending(program), "PROGRAM")
            while (line := int(one.line())) != signal.SIGUSR2:
                got.append(line)
            return got

    def test_rewriting(self):
        for rules, expected in (
                ([], [15, 3, 18, 2]),
                (["15:2"], [2, 3, 18, 2]),
                (["15:2", "2:15", "3:3"], [2, 3, 18, 15]),
                (["15:0"], [3, 18, 2]),
                (["15:3", "2:0", "18:0"], [3, 3]),
                (["15:2", "15:1"], [1, 3, 18, 2])):
            for options in [], ["-c"]:
                self.same(lambda init, r=rules, o=options: self.received(
                    init, r, [15, 3, 18, 2], *o), expected)

    def test_the_lowest_and_the_highest_signal_can_be_rewritten(self):
        self.same(lambda init: self.received(
            init, ["1:31", "31:1"], [1, 31]), [31, 1])

    def test_the_forms_of_the_option(self):
        for words in (["-r", "15:2"], ["-r15:2"], ["--rewrite", "15:2"],
                      ["--rewrite=15:2"], ["-cr15:2"]):
            self.same(lambda init, w=words: code(init, *w, "true"), 0)
        for word in "15", "15:", ":2", "x:y", "0:15", "65:1", "15:65", "":
            self.same(lambda init, w=word: code(init, "-r", w, "true"), 1)
        self.same(lambda init: code(init, "-r"), 1)

    # ------ Job control: TSTP, TTIN, TTOU. ------

    def suspend(self, init, number, *options, env=None):
        """It stops itself; is PROGRAM stopped?  What it gets after CONT."""
        with Init(init, *options, PROGRAM, "catch", "3", "7", pid1=False,
                  env=env) as one:
            program = one.ready()
            one.send(number)
            until(lambda: state(one.pid) == "T", "the init to stop")
            until(lambda: state(program) in "TS" and not is_pending(
                program, number), "PROGRAM")
            stopped = state(program) == "T"
            one.send(signal.SIGCONT)
            until(lambda: state(one.pid) == "S", "the init to go on")
            got = [int(one.line())]
            if got[0] != signal.SIGCONT:
                got.append(int(one.line()))
            return stopped, got

    def test_they_stop_it_together_with_program(self):
        for number in SUSPENDING:
            self.same(lambda init, n=number: self.suspend(init, n),
                      (True, [18]))

    def test_they_stop_it_with_a_single_child_too(self):
        for number in SUSPENDING:
            for how in SINGLE:
                self.same(lambda init, n=number, h=how: self.suspend(
                    init, n, *h.get("options", []), env=h.get("env")),
                    (False, [number, 18]))

    def test_they_stop_it_whatever_they_are_rewritten_to(self):
        for number in SUSPENDING:
            for to, got in (15, [15, 18]), (0, [18]), (number, [number, 18]):
                self.same(lambda init, n=number, t=to: self.suspend(
                    init, n, "-r", f"{n:d}:{t:d}"), (False, got))

    def test_pid_1_shrugs_them_off_but_program_stops(self):
        def stopped(init):
            with Init(init, PROGRAM, "catch", "1", "7") as one:
                program = one.ready()
                one.hears(signal.SIGTSTP)
                until(lambda: state(program) == "T", "PROGRAM to stop")
                one.send(signal.SIGCONT)
                return one.line(), one.end()
        self.same(stopped, ("18", 7))

    def test_it_moves_to_the_root_directory(self):
        def moves(init):
            with Init(init, PROGRAM, "wait", cwd="/usr") as one:
                program = one.ready()
                until(lambda: os.readlink(f"/proc/{one.pid}/cwd") == "/",
                      "the init to move")
                return os.readlink(f"/proc/{program}/cwd")
        self.same(moves, "/usr")

    # ------ What differs on purpose, a row each in docs/migrating.md. ------

    def test_differs_hale_adopts_orphans_without_being_pid_1(self):
        def adopted(init):
            with Init(init, PROGRAM, "end-orphans", "3", pid1=False) as one:
                one.ready()
                return len(children(one.pid)) - 1
        self.differ(adopted, 0, 3)

    def test_differs_hale_takes_names_and_real_time_signals_to_rewrite(self):
        for rule in "TERM:INT", "SIGHUP:0", "TERM:none", "34:1", "15:64":
            self.differ(lambda init, r=rule: code(init, "-r", r, "true"), 1, 0)

    def test_differs_hale_refuses_to_rewrite_what_never_comes(self):
        for rule in "9:15", "17:15", "19:15":
            self.differ(lambda init, r=rule: code(init, "-r", r, "true"), 0, 1)

    def test_differs_hale_takes_no_shortened_long_options(self):
        self.differ(lambda init: code(init, "--single", "true"), 0, 1)

    def test_differs_hale_has_the_options_of_the_others(self):
        for option in "-g", "-s", "-w":
            self.differ(lambda init, o=option: code(init, o, "true"), 1, 0)
        self.differ(lambda init: code(init, "-l"), 1, 0)

    def test_differs_hale_takes_an_empty_program_for_a_usage_error(self):
        self.differ(lambda init: code(init, ""), 2, 1)

    def test_differs_hale_keeps_the_mask_and_the_ignored_signals(self):
        def prepare():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGTERM])

        def mask(init):
            words = run(init, PROGRAM, "mask", prepare=prepare)[1].split()
            return int(words[1], 16) & 0x4000, int(words[3], 16) & 1
        self.differ(mask, (0, 0), (0x4000, 1))

    def test_differs_hale_gives_a_single_child_a_group_of_its_own(self):
        def apart(init):
            with Init(init, "-c", PROGRAM, "wait", pid1=False) as one:
                return os.getpgid(one.ready()) != os.getpgid(one.pid)
        self.differ(apart, False, True)

    def test_differs_hale_sets_listen_pid_right(self):
        self.differ(lambda init: run(init, PROGRAM, "variable", "LISTEN_PID",
                                     env={"LISTEN_PID": "1"})[1],
                    "1 2\n", "2 2\n")

    def test_differs_hale_lets_go_of_descriptors(self):
        def holds(init):
            with open("/dev/null", "rb") as file:
                path = f"fd/{file.fileno()}"
                with Init(init, PROGRAM, "wait",
                          pass_fds=[file.fileno()]) as one:
                    one.ready()
                    until(lambda: os.readlink(f"/proc/{one.pid}/cwd") == "/",
                          "the init to have started it")
                    return os.path.exists(f"/proc/{one.pid}/{path}")
        self.differ(holds, True, False)

    def test_differs_hale_passes_on_32_and_33(self):
        self.differ(lambda init: self.passed(init, [32, 33]), [], [32, 33])


def has_pending(pid):
    return any(is_pending(pid, number) for number in range(1, 32))


def descendants(pid, count):
    """All below a process, once there are so many of them."""
    found = children(pid)
    for child in found:
        found.extend(children(child))
    return found if len(found) >= count else None


if __name__ == "__main__":
    unittest.main()
