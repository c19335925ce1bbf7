# SPDX-License-Identifier: MIT
"""terminal: an interactive PROGRAM has its terminal, and gives it back.

hale under its own name and under dumb-init's is started as a container's
runtime does for -it: PID 1 leads the session that the terminal belongs to.
What is typed goes through a pseudo-terminal, as from a keyboard.
"""
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import unittest

from both import (PROGRAM, HALE, PR_SET_PDEATHSIG, Lines, await_end, call,
                  children, end_all_others, fresh_signals, is_in, is_pending,
                  libc, mount_proc, new_pid_namespace, state, status, until)

BASH = "bash", "--norc", "--noprofile", "--noediting", "-i"
DASH = "dash", "-i"
CTRL_C, CTRL_D, CTRL_Z = "\x03", "\x04", "\x1a"

# They wake up at intervals: python may miss a signal just before it sleeps.
HANDLING = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("handled", flush=True),
                                         sys.exit(33)))
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""
INTERRUPTED = """
import time
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


class Terminal:
    """Runs words on a terminal of their own, whose session they lead."""

    def __init__(self, *words, pid1=True, prepare=None):
        self.master, slave = os.openpty()
        quieten(slave)
        with new_pid_namespace() if pid1 else contextlib.nullcontext():
            self.process = subprocess.Popen(
                words, stdin=slave, stdout=slave, stderr=slave,
                preexec_fn=lambda: self.set_up(pid1, prepare),
                env=dict(os.environ, PS1="$ ", HISTFILE=""))
        os.close(slave)
        self.pid = self.process.pid
        self.lines = Lines(self.master)
        self.seen = ""

    @staticmethod
    def set_up(pid1, prepare):
        call(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        fresh_signals()
        if pid1:
            mount_proc()
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if prepare is not None:
            prepare()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def hang_up(self):
        if self.master is not None:
            os.close(self.master)
        self.master = None

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, text):
        """Wait until it is on the screen; what came before."""
        while text.encode() not in self.lines.data:
            if not self.lines.more():
                raise AssertionError(
                    f"{self.lines.data!r} ended without {text!r}")
        before, self.lines.data = self.lines.data.split(text.encode(), 1)
        self.seen += before.decode() + text
        return before.decode()

    def value(self, parameter):
        """A shell's $-, $? and the like."""
        self.type(f'echo "<${parameter}>"\n')
        self.expect("<")
        return self.expect(">\n")

    def prompt(self):
        self.expect("$ ")

    def foreground(self, group):
        """Wait until a group has the terminal and is not stopped."""
        until(lambda: os.tcgetpgrp(self.master) == group and
              state(group) == "S", "the foreground")

    def end(self):
        return await_end(self.process)


def quieten(fd):
    """No echo, no carriage returns: only what programs say is seen."""
    attributes = termios.tcgetattr(fd)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def take_foreground_by_another():
    """A child of the init to be has the foreground, until a HUP ends it."""
    pid = os.fork()
    if pid == 0:
        os.closerange(3, 256)
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.pause()
    until(lambda: os.tcgetpgrp(0) == pid, "the foreground")


def work(terminal):
    """Use the job control of a shell in all ways; what there was to see."""
    seen = {}
    terminal.prompt()
    seen["monitors"] = "m" in terminal.value("-")
    terminal.prompt()

    terminal.type(f"{PROGRAM} catch 1 6 &\n")
    terminal.expect("ready\n")
    shell = os.tcgetpgrp(terminal.master)
    background = until(lambda: children(shell), "the job")[0]
    terminal.type("jobs; echo .\n")
    seen["lists"] = "Running" in terminal.expect(".\n")

    terminal.type(f"{PROGRAM} catch 1 5\n")
    terminal.expect("ready\n")
    job = next(pid for pid in children(shell) if pid != background)
    terminal.foreground(job)
    terminal.type(CTRL_C)
    terminal.expect("2\n")
    seen["interrupted"] = terminal.value("?")
    seen["spared"] = settled(background) == "S"

    terminal.type(f"{PROGRAM} wait\n")
    terminal.expect("ready\n")
    job = next(pid for pid in children(shell) if pid != background)
    terminal.foreground(job)
    terminal.type(CTRL_Z)
    seen["stops"] = stops(terminal, job, shell)
    if not seen["stops"]:
        return seen
    terminal.type("fg %2\n")
    terminal.foreground(job)
    terminal.type(CTRL_C)
    terminal.foreground(shell)
    seen["continued"] = terminal.value("?")

    terminal.type("kill -USR1 %1; wait %1\n")
    seen["waited"] = terminal.value("?")
    terminal.type("exit 7\n")
    seen["exit"] = terminal.end()
    return seen


def settled(pid):
    """S if a process sleeps, and something else when it has ended."""
    return until(lambda: {"S": "S", "Z": "Z", None: "gone"}.get(state(pid)),
                 "the job to sleep or to end")


def stops(terminal, job, shell):
    """Does Ctrl-Z stop the job?"""
    if is_in(signal.SIGTSTP, status(job, "SigBlk")):
        return False
    until(lambda: state(job) == "T", "the job to stop")
    terminal.foreground(shell)
    return True


WORKS = {"monitors": True, "lists": True, "interrupted": "5", "spared": True,
         "stops": True, "continued": "130", "waited": "6", "exit": 7}
COMPLAINTS = "no job control", "can't access tty", "cannot set terminal"


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="names.")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.dumb_init = os.path.join(cls.directory, "dumb-init")
        os.symlink(HALE, cls.dumb_init)
        cls.ours = HALE, cls.dumb_init
        cls.peers = [shutil.which(name)
                     for name in ("tini", "catatonit", "dumb-init")]

    def tearDown(self):
        end_all_others()


class JobControl(Cases):
    """docker run -it IMAGE, where the program is a shell or python."""

    def control(self, init, shell, expected):
        with Terminal(init, "--", *shell) as terminal:
            self.assertEqual(work(terminal), expected)
            for complaint in COMPLAINTS:
                self.assertNotIn(complaint, terminal.seen)

    def test_bash_controls_jobs(self):
        for init in (*self.ours, shutil.which("tini"),
                                shutil.which("dumb-init")):
            with self.subTest(init=init):
                self.control(init, BASH, WORKS)

    def test_dash_controls_jobs(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                self.control(init, DASH, WORKS)

    def test_differs_hale_lets_ctrl_z_stop_a_job_where_catatonit_blocks_it(
            self):
        catatonit = shutil.which("catatonit")
        expected = {key: WORKS[key] for key in (
            "monitors", "lists", "interrupted", "spared")}
        self.control(catatonit, BASH, dict(expected, stops=False))
        path = os.path.join(self.directory, "catatonit")
        os.symlink(HALE, path)
        self.control(path, BASH, WORKS)

    def test_a_shell_without_an_init_is_no_better(self):
        """The measure itself: what is asked for here is what a shell has."""
        for shell in BASH, DASH:
            with Terminal(*shell, pid1=False) as terminal:
                self.assertEqual(work(terminal), WORKS)

    def test_python_handles_ctrl_c(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(init, "--", sys.executable, "-c",
                              HANDLING) as terminal:
                    terminal.expect("ready\n")
                    terminal.type(CTRL_C)
                    terminal.expect("handled\n")
                    self.assertEqual(terminal.end(), 33)

    def test_python_raises_keyboard_interrupt_by_itself(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(init, "--", sys.executable, "-c",
                              INTERRUPTED) as terminal:
                    terminal.expect("ready\n")
                    terminal.type(CTRL_C)
                    terminal.expect("KeyboardInterrupt")
                    self.assertEqual(terminal.end(), 130)

    def test_what_is_typed_is_read_to_its_end(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(init, "--", "tac") as terminal:
                    terminal.type("1\n2\n3\n" + CTRL_D)
                    terminal.expect("3\n2\n1\n")
                    self.assertEqual(terminal.end(), 0)

    def test_program_has_the_terminal_as_its_own(self):
        for init, leads in (*((path, False) for path in self.peers[:2]),
                            (HALE, False), (self.peers[2], True),
                            (self.dumb_init, True)):
            with self.subTest(init=init):
                with Terminal(init, "--", PROGRAM, "wait") as terminal:
                    terminal.expect("ready\n")
                    pid = children(terminal.pid)[0]
                    self.assertEqual(os.tcgetpgrp(terminal.master), pid)
                    self.assertEqual(os.getsid(pid) == pid, leads)

    def test_neither_hup_nor_cont_reaches_program_at_the_start(self):
        """It keeps them blocked from its first moment where it can: hale hands
        the mask on.  dumb-init clears it, so there a HUP would kill."""
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                for _ in range(20):
                    with Terminal(init, "--", PROGRAM, "catch", "1",
                                  "4") as terminal:
                        terminal.expect("ready\n")
                        os.kill(terminal.pid, signal.SIGUSR2)
                        self.assertEqual(terminal.expect("\n"), "12")
                        self.assertEqual(terminal.end(), 4)

    def test_a_hup_that_was_sent_does_reach_program(self):
        """Also the first: only the kernel's own is left out."""
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(init, "--", PROGRAM, "catch", "1", "4") as terminal:
                    terminal.expect("ready\n")
                    os.kill(terminal.pid, signal.SIGHUP)
                    self.assertEqual(terminal.expect("\n"), "1")

    def test_differs_hale_keeps_the_first_hup_where_dumb_init_expects_one(self):
        """The kernel's HUP goes to whoever has the foreground."""
        for init, got in (self.dumb_init, "1"), (self.peers[2], "12"):
            with self.subTest(init=init):
                with Terminal(init, "--", PROGRAM, "catch", "1", "4",
                              prepare=take_foreground_by_another) as terminal:
                    terminal.expect("ready\n")
                    os.kill(terminal.pid, signal.SIGHUP)
                    until(lambda: not is_pending(terminal.pid, signal.SIGHUP),
                          "the init to hear")
                    os.kill(terminal.pid, signal.SIGUSR2)
                    self.assertEqual(terminal.expect("\n"), got)

    def test_a_terminal_that_hangs_up_ends_the_shell_and_the_init(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(init, "--", *BASH) as terminal:
                    terminal.prompt()
                    terminal.hang_up()
                    self.assertIn(terminal.end(), (0, 1, 129))

    def test_a_message_is_no_reason_to_stop(self):
        """With tostop the kernel stops who writes from the background."""
        for init in self.ours:
            with self.subTest(init=init):
                with Terminal(init, "-vv", "--", *DASH) as terminal:
                    terminal.prompt()
                    terminal.type("stty tostop; echo set\n")
                    terminal.expect("set\n")
                    os.kill(terminal.pid, signal.SIGURG)
                    terminal.expect("forwarded URG")
                    terminal.type("exit 3\n")
                    self.assertEqual(terminal.end(), 3)


class OuterShell(Cases):
    """An init as a command among others, in a shell that goes on."""

    def script(self, text):
        """A script without job control; what it says to one line typed."""
        with Terminal("dash", "-c", text, pid1=False) as terminal:
            terminal.type("word\n")
            while terminal.lines.more():
                pass
            return terminal.lines.data.decode().splitlines()[-1]

    def test_differs_hale_gives_the_terminal_back_to_a_script(self):
        for program in "true", "/no/such":
            for init in (*self.ours, *self.peers):
                with self.subTest(init=init):
                    lost = init in self.peers[:2]
                    self.assertEqual(
                        self.script(f"{init} -- {program}; read x && "
                                    "echo $x || echo no"),
                        "no" if lost else "word")

    def test_hale_says_nothing_of_a_terminal_that_a_shell_keeps(self):
        for init in (*self.ours, self.peers[2]):
            with self.subTest(init=init):
                script = f"{init} -- {PROGRAM} say hi; echo ."
                with Terminal("dash", "-c", script, pid1=False) as terminal:
                    self.assertEqual(terminal.expect(".\n"), "hi\n")

    def test_an_interactive_shell_goes_on_after_it(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                for shell in BASH, DASH:
                    with Terminal(*shell, pid1=False) as terminal:
                        terminal.prompt()
                        terminal.type(f"{init} -- {PROGRAM} exit 4\n")
                        self.assertEqual(terminal.value("?"), "4")
                        terminal.type("read x\nword\n")
                        self.assertEqual(terminal.value("x"), "word")
                        terminal.type("exit 5\n")
                        self.assertEqual(terminal.end(), 5)

    def test_ctrl_c_ends_program_and_not_the_shell(self):
        for init in (*self.ours, *self.peers):
            with self.subTest(init=init):
                with Terminal(*BASH, pid1=False) as terminal:
                    terminal.prompt()
                    terminal.type(f"{init} -- {PROGRAM} catch 1 4\n")
                    terminal.expect("ready\n")
                    terminal.type(CTRL_C)
                    terminal.expect("2\n")
                    self.assertEqual(terminal.value("?"), "4")
                    terminal.type("exit 5\n")
                    self.assertEqual(terminal.end(), 5)

    def test_in_the_background_it_takes_no_terminal(self):
        for init in self.ours:
            with self.subTest(init=init):
                with Terminal(*BASH, pid1=False) as terminal:
                    terminal.prompt()
                    terminal.type(f"{init} -- {PROGRAM} wait &\n")
                    terminal.expect("ready\n")
                    self.assertEqual(os.tcgetpgrp(terminal.master),
                                     terminal.pid)
                    terminal.type("read x\nword\n")
                    self.assertEqual(terminal.value("x"), "word")
                    terminal.type("kill %1; wait %1; exit $?\n")
                    self.assertEqual(terminal.end(), 143)


if __name__ == "__main__":
    unittest.main()
