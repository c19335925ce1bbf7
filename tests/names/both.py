# SPDX-License-Identifier: MIT
"""both: starts an init, a peer or hale under the peer's name, for one case.

A case is a function of the path of an init that returns what is to be
compared.  It runs on the peer and on hale, and both must give what the test
says.  Whatever a case waits for is an event with a deadline.

The tests are PID 1 of a namespace of their own, see run, and what a case has
left comes to them and is ended.
"""
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

DEADLINE = 20  # seconds that a test waits for one event on a quiet machine
MOST = 30  # times that it may be multiplied by
ROUNDS = 20  # of fork, exec and wait, for which a quiet machine takes
QUIET_ROUND = 0.002  # seconds each
LOOK_AGAIN = 0.005

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
HALE = os.path.realpath(os.environ.get("HALE_BIN", ROOT + "/hale"))
PROGRAM = os.path.realpath(os.environ.get("PROGRAM_BIN", ROOT + "/build/pid1/program"))

# Elsewhere the peers may be other versions, or built with another libc.
ON_DEBIAN = os.path.exists("/etc/debian_version")

CLONE_NEWNS = 0x20000
CLONE_NEWPID = 0x20000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)

# PID 1 has to ask for the signal, or it would not end by it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def call(result):
    """Raise what errno says if a function of libc failed."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def slowness():
    """How many times slower than a quiet machine is this one now?"""
    worst = 0
    for _ in range(ROUNDS):
        began = time.monotonic()
        os.waitpid(os.posix_spawn(PROGRAM, ["program", "exit", "0"], {}), 0)
        worst = max(worst, time.monotonic() - began)
    return min(MOST, max(1, worst / QUIET_ROUND))


def patiently(wait):
    """What wait(SECONDS) returns; again if that is false and the machine slow."""
    began = time.monotonic()
    while True:
        value = wait(DEADLINE)
        if value or time.monotonic() - began >= DEADLINE * slowness():
            return value


def until(check, what):
    """Wait for something that only a look can tell; its value."""
    def look(seconds):
        deadline = time.monotonic() + seconds
        while not (value := check()) and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN)
        return value

    value = patiently(look)
    if not value:
        raise AssertionError("timed out waiting for " + what)
    return value


def await_end(process):
    """Wait for the end of a process; what became of it."""
    def ends(seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    if not patiently(ends):
        raise AssertionError(f"it does not end: {process.args}")
    return process.returncode


def status(pid, field):
    """A field of /proc/PID/status, or None if there is no such process."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
            for line in lines:
                name, value = line.rstrip("\n").split(":", 1)
                if name == field:
                    return value.strip()
    return None


def state(pid):
    """R, S, T, Z and so on; None when it is gone."""
    value = status(pid, "State")
    return value and value[0]


def is_in(number, mask):
    """Is a signal in a mask, as /proc shows it?"""
    return mask is not None and int(mask, 16) >> (number - 1) & 1 == 1


def is_pending(pid, number):
    return (is_in(number, status(pid, "ShdPnd")) or
            is_in(number, status(pid, "SigPnd")))


def children(pid):
    """The pids of the children that a process has now."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    return []


@contextlib.contextmanager
def new_pid_namespace():
    """Whoever is started first in here is PID 1 of a new namespace."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call(libc.unshare(CLONE_NEWPID))
        yield
    finally:
        call(libc.setns(home, CLONE_NEWPID))
        os.close(home)


def fresh_signals():
    """As at a login: who starts the tests in the background ignores INT."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)


def mount_proc():
    call(libc.unshare(CLONE_NEWNS))
    call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    call(libc.mount(b"proc", b"/proc", b"proc", 0, None))


@contextlib.contextmanager
def inside(pid):
    """Whoever is started in here joins the namespace of that PID 1."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call(libc.setns(there, CLONE_NEWPID))
        yield
    finally:
        call(libc.setns(home, CLONE_NEWPID))
        os.close(home)
        os.close(there)


class Lines:
    """Reads a descriptor a line at a time."""

    def __init__(self, fd):
        self.fd = fd
        self.data = b""

    def more(self):
        """Wait for something; False at the end."""
        if not patiently(
                lambda seconds: select.select([self.fd], [], [], seconds)[0]):
            raise AssertionError(f"nothing came after {self.data!r}")
        try:
            piece = os.read(self.fd, 65536)
        except OSError:  # EIO: a terminal that nobody has open
            piece = b""
        self.data += piece
        return piece != b""

    def line(self):
        while b"\n" not in self.data:
            if not self.more():
                raise AssertionError(f"it ended after {self.data!r}")
        line, self.data = self.data.split(b"\n", 1)
        return line.decode()

    def rest(self):
        while self.more():
            pass
        rest, self.data = self.data, b""
        return rest.decode()


class Init:
    """A started init; ends with its block, and so does all in its namespace."""

    def __init__(self, *words, pid1=True, env=None, prepare=None, cwd=None,
                 pass_fds=()):
        self.pid1 = pid1
        self.prepare = prepare
        self.error = tempfile.TemporaryFile()
        full = dict(os.environ, **(env or {}))
        with new_pid_namespace() if pid1 else contextlib.nullcontext():
            self.process = subprocess.Popen(
                words, bufsize=0, cwd=cwd, env=full, preexec_fn=self.set_up,
                pass_fds=pass_fds, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=self.error)
        self.pid = self.process.pid
        self.lines = Lines(self.process.stdout.fileno())

    def set_up(self):
        """In the child, until it is the init."""
        call(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        fresh_signals()
        if self.pid1:
            mount_proc()
        if self.prepare is not None:
            self.prepare()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in self.process.stdin, self.process.stdout, self.error:
            stream.close()

    def send(self, number):
        os.kill(self.pid, number)

    def line(self):
        return self.lines.line()

    def ready(self):
        """Wait until PROGRAM says so; its pid."""
        line = self.line()
        if line != "ready":
            raise AssertionError(f"not ready, but {line!r}")
        return self.program()

    def program(self):
        """PROGRAM's pid, as the tests see it."""
        return until(lambda: children(self.pid), "PROGRAM")[0]

    def settled(self):
        """Wait until an init without a PROGRAM sleeps and waits for signals."""
        until(lambda: state(self.pid) == "S", "the init")

    def hears(self, number):
        """Send a signal and wait until the init has taken it."""
        self.send(number)
        until(lambda: not is_pending(self.pid, number), "the init to hear")
        self.settled()

    def end(self):
        """Wait for the init's end; its exit code, -n if signal n killed it."""
        return await_end(self.process)

    def stderr(self):
        self.error.seek(0)
        return self.error.read().decode()


def run(*words, **setup):
    """Run an init to its end: exit code, standard output, standard error."""
    with Init(*words, **setup) as init:
        init.process.stdin.close()
        out = init.lines.rest()
        return init.end(), out, init.stderr()


def code(*words, **setup):
    return run(*words, **setup)[0]


class Comparison(unittest.TestCase):
    """Cases for a peer and for hale under the name of the peer."""

    name = None  # the peer's; a class without one only has cases to inherit

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="names.")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.peer = shutil.which(cls.name)
        cls.hale = os.path.join(cls.directory, cls.name)
        os.symlink(HALE, cls.hale)

    def file(self, name, text, mode):
        """A file for a case to run, or to try; its path."""
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, mode)
        return path

    def tearDown(self):
        end_all_others()

    def same(self, case, expected):
        """Both do this."""
        self.assertEqual(case(self.peer), expected, "the peer")
        self.assertEqual(case(self.hale), expected, "hale")

    def differ(self, case, peer, hale):
        """hale does something else, and means to; measured on Debian."""
        self.assertEqual(case(self.hale), hale, "hale")
        if ON_DEBIAN:
            self.assertEqual(case(self.peer), peer, "the peer")


class Common:
    """What all three peers do, and hale under each of their names."""

    own_usage_error = 1
    not_found = not_run = 127

    def test_exit_codes_pass_through(self):
        for number in 0, 1, 2, 32, 64, 125, 126, 127, 128, 143, 254, 255:
            self.same(lambda init, n=number: code(
                init, "--", PROGRAM, "exit", str(n)), number)

    def test_a_deadly_signal_is_128_plus_its_number(self):
        for number in 1, 2, 3, 6, 9, 11, 15, 31, 34, 64:
            self.same(lambda init, n=number: code(
                init, "--", PROGRAM, "die", str(n)), 128 + number)

    def test_the_exit_code_is_the_same_for_one_that_is_not_pid_1(self):
        self.same(lambda init: code(
            init, "--", PROGRAM, "exit", "41", pid1=False), 41)
        self.same(lambda init: code(
            init, "--", PROGRAM, "die", "15", pid1=False), 143)

    def test_no_program_is_a_usage_error(self):
        self.same(code, self.own_usage_error)
        self.same(lambda init: code(init, "--"), self.own_usage_error)

    def test_an_unknown_option_is_a_usage_error(self):
        self.same(lambda init: code(init, "-Z", "true"), self.own_usage_error)
        self.same(lambda init: code(init, "--nosuch", "true"),
                  self.own_usage_error)

    def test_a_usage_error_is_told_on_standard_error_alone(self):
        def streams(init):
            _, out, err = run(init, "-Z", "true")
            return out != "", err != ""
        self.same(streams, (False, True))

    def test_a_program_that_is_not_found(self):
        for program in "/no/such", "no-such-program", "-":
            self.same(lambda init, p=program: code(init, "--", p),
                      self.not_found)

    def test_a_program_that_cannot_be_run(self):
        file = self.file("plain", "no program\n", 0o644)
        for program in "/", file:
            self.same(lambda init, p=program: code(init, "--", p),
                      self.not_run)

    def test_a_program_that_cannot_be_run_is_told_of(self):
        def tells(init):
            _, out, err = run(init, "--", "/no/such")
            return out, "/no/such" in err or "No such file" in err
        self.same(tells, ("", True))

    def test_a_script_without_an_interpreter_line_runs(self):
        file = self.file("script", "exit 9\n", 0o755)
        self.same(lambda init: code(init, "--", file), 9)

    def test_words_behind_two_dashes_are_programs(self):
        self.same(lambda init: run(init, "--", PROGRAM, "say", "-h", "--", "-g"),
                  (0, "-h\n--\n-g\n", ""))

    def test_program_has_the_environment(self):
        self.same(lambda init: run(init, "--", PROGRAM, "variable", "COLOUR",
                                   env={"COLOUR": "green"})[1], "green 2\n")

    def test_program_starts_in_the_directory(self):
        self.same(lambda init: run(init, "--", "/bin/pwd", cwd="/usr"),
                  (0, "/usr\n", ""))

    def test_program_has_inherited_descriptors(self):
        def passed(init):
            with open("/dev/null", "rb") as file:
                with Init(init, "--", PROGRAM, "descriptors", "0",
                          pass_fds=[file.fileno()]) as started:
                    seen = started.line() == str(file.fileno())
                    started.ready()
                    return seen
        self.same(passed, True)

    def test_orphans_are_reaped_by_pid_1(self):
        self.same(lambda init: self.reaps(init, True, "--"), (5, 5))

    def test_program_ends_together_with_orphans_and_its_status_counts(self):
        self.same(lambda init: code(init, "--", PROGRAM, "exit-with-orphans", "20", "42"),
                  42)

    def reaps(self, init, pid1, *options, env=None):
        """How many orphans came to it, all of which it reaps; the exit code."""
        with Init(init, *options, PROGRAM, "end-orphans", "5", pid1=pid1,
                  env=env) as started:
            started.ready()
            adopted = len(children(started.pid)) - 1
            started.send(signal.SIGUSR1)
            until(lambda: len(children(started.pid)) == 1, "the reaping")
            started.send(signal.SIGUSR2)
            started.line()
            started.send(signal.SIGUSR2)
            return adopted, started.end()

    def test_these_signals_are_passed_to_program(self):
        numbers = [1, 2, 3, 10, 12, 13, 14, 15, 16, 18, 23, 24, 25, 26, 27,
                   28, 29, 30, *range(34, 65)]
        self.same(lambda init: self.passed(init, numbers), numbers)

    def passed(self, init, numbers, *options):
        """Those of the signals that reach PROGRAM, sent one by one."""
        reached = []
        with Init(init, *options, "--", PROGRAM, "catch", "1000", "0") as one:
            program = one.ready()
            for number in numbers:
                last = 64 if number != 64 else 63
                one.hears(number)
                until(lambda: not is_pending(program, number), "PROGRAM")
                one.send(last)
                while (line := int(one.line())) != last:
                    reached.append(line)
        return reached

    def faulted(self, init, *options):
        """How one that is not PID 1 ends when somebody sends it ABRT."""
        with Init(init, *options, "--", PROGRAM, "catch", "1", "5",
                  pid1=False) as one:
            one.ready()
            one.send(signal.SIGABRT)
            return one.end()

    def family(self, init, *options, env=None):
        """Whom USR1 reaches: PROGRAM, its child, its child that has gone."""
        with Init(init, *options, "--", PROGRAM, "group-and-session", pid1=False,
                  env=env) as started:
            child, stranger = map(int, started.line().split())
            started.send(signal.SIGUSR1)
            line = started.line()
            return (line == "10", is_pending(child, signal.SIGUSR1),
                    state(stranger) is None)


def end_all_others():
    """What a case has left: the tests are PID 1, so it is their child now."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in children(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)
