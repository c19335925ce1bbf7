# SPDX-License-Identifier: MIT
"""catatonit: the same cases on Debian's catatonit 0.1.7 and on hale."""
import os
import signal
import subprocess
import unittest

from both import (PROGRAM, Common, Comparison, Init, Lines, await_end, children,
                  code, inside, run, until)


class Catatonit(Common, Comparison):
    name = "catatonit"
    not_found = not_run = 1

    def test_the_version_has_the_form_that_docker_reads(self):
        for option in "--version", "-V":
            def form(init, option=option):
                number, out, err = run(init, option)
                return number, out.split()[:2], out.count("\n"), err
            self.same(form, (0, ["tini", "version"], 1, ""))

    def test_licence_goes_to_standard_output(self):
        def streams(init):
            number, out, err = run(init, "-L")
            return number, out != "", err
        self.same(streams, (0, True, ""))

    def test_an_option_that_answers_is_not_followed_by_a_program(self):
        for option in "-V", "-gV", "-h", "-L", "-Vh":
            self.same(lambda init, o=option: code(init, o, "--", "false"), 0)

    def test_a_missing_interpreter_is_1_like_all_others(self):
        file = self.file("lost", "#!/no/such\n", 0o755)
        self.same(lambda init: code(init, "--", file), 1)

    def test_an_empty_program_is_1_like_all_others(self):
        self.same(lambda init: code(init, "--", ""), 1)

    def test_signals_go_to_program_alone(self):
        self.same(self.family, (True, False, False))

    def test_g_sends_signals_to_the_group(self):
        self.same(lambda init: self.family(init, "-g"), (True, True, False))

    def test_orphans_come_to_it_without_being_pid_1(self):
        self.same(lambda init: self.reaps(init, False, "--"), (5, 5))

    def test_program_leads_a_group_in_the_session(self):
        def where(init):
            with Init(init, "--", PROGRAM, "wait", pid1=False) as one:
                pid = one.ready()
                return (os.getpgid(pid) == pid,
                        os.getsid(pid) == os.getsid(one.pid))
        self.same(where, (True, True))

    def test_listen_pid_names_program(self):
        self.same(lambda init: run(init, "--", PROGRAM, "variable", "LISTEN_PID",
                                   env={"LISTEN_PID": "1"})[1], "2 2\n")
        self.same(lambda init: run(init, "--", PROGRAM, "variable", "LISTEN_PID",
                                   env={"LISTEN_PID": "9"})[1], "9 2\n")

    def test_descriptors_are_let_go(self):
        def held(init):
            with open("/dev/null", "rb") as file:
                number = file.fileno()
                with Init(init, "--", PROGRAM, "wait", pass_fds=[number]) as one:
                    one.ready()
                    until(lambda: not names_null(one.pid, number), "the init")
                    return True
        self.same(held, True)

    # ------ -P, which podman runs in a pod's pause container. ------

    def pause(self, init, number, **setup):
        with Init(init, "-P", **setup) as one:
            one.settled()
            one.send(number)
            return one.end()

    def test_pause_ends_with_0_on_term_and_int(self):
        for number in signal.SIGTERM, signal.SIGINT:
            for pid1 in True, False:
                self.same(lambda init, n=number, p=pid1: self.pause(
                    init, n, pid1=p), 0)

    def test_pause_stays_whatever_else_comes(self):
        def stays(init):
            with Init(init, "-P") as one:
                one.settled()
                for number in 1, 3, 10, 12, 13, 14, 18, 20, 21, 22, 28, 34, 64:
                    one.hears(number)
                stayed = one.process.poll() is None
                one.send(signal.SIGTERM)
                return stayed, one.end()
        self.same(stays, (True, 0))

    def test_pause_reaps_meanwhile(self):
        """As PID 1 of a namespace that others join, as in a pod."""
        def reaps(init):
            with Init(init, "-P") as one:
                one.settled()
                with inside(one.pid), subprocess.Popen(
                        [PROGRAM, "end-orphans", "5"], stdout=subprocess.PIPE) as him:
                    Lines(him.stdout.fileno()).line()
                    adopted = len(children(one.pid))
                    him.send_signal(signal.SIGUSR1)
                    until(lambda: not children(one.pid), "the reaping")
                    him.send_signal(signal.SIGUSR2)
                    him.send_signal(signal.SIGTERM)
                    await_end(him)
                one.send(signal.SIGTERM)
                return adopted, one.end()
        self.same(reaps, (5, 0))

    # ------ What differs on purpose, a row each in docs/migrating.md. ------

    def test_differs_hale_refuses_a_program_beside_pause(self):
        def end(init):
            with Init(init, "-P", "--", "/bin/true") as one:
                if init == self.peer:
                    one.settled()
                    one.send(signal.SIGTERM)
                return one.end()
        self.differ(end, 0, 1)

    def test_differs_hale_leaves_options_of_programs_alone(self):
        self.differ(lambda init: code(init, PROGRAM, "say", "-l"), 1, 0)

    def test_differs_hale_prints_help_on_standard_output(self):
        def streams(init):
            number, out, err = run(init, "-h")
            return number, out != "", err != ""
        self.differ(streams, (0, False, True), (0, True, False))

    def test_differs_hale_has_the_options_of_the_others(self):
        self.differ(lambda init: code(init, "--help"), 1, 0)
        for option in "-v", "-s", "-w", "-c":
            self.differ(lambda init, o=option: code(init, o, "true"), 1, 0)

    def test_differs_hale_takes_no_shortened_long_options(self):
        self.differ(lambda init: code(init, "--vers"), 0, 1)

    def test_differs_hale_leaves_the_variables_for_debugging_alone(self):
        self.differ(lambda init: run(init, "/bin/true", env={
            "CATATONIT_DEBUG": "1"})[2] != "", True, False)
        self.differ(lambda init: code(init, "/bin/true", env={
            "CATATONIT_LOG": "1"}), 1, 0)

    def test_differs_hale_passes_on_what_others_keep(self):
        numbers = [4, 5, 6, 7, 8, 11, 20, 21, 22, 31, 32, 33]
        self.differ(lambda init: self.passed(init, numbers), [], numbers)

    def test_differs_hale_is_not_ended_by_a_fault_that_somebody_sent(self):
        self.differ(self.faulted, -signal.SIGABRT, 5)

    def test_differs_hale_blocks_no_signal_for_program(self):
        def prepare():
            signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGTERM])
        self.differ(lambda init: run(init, "--", PROGRAM, "mask",
                                     prepare=prepare)[1].split()[1],
                    "0000000000384000", "0000000000004000")


def names_null(pid, number):
    try:
        return os.readlink(f"/proc/{pid}/fd/{number}") == "/dev/null"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
