# SPDX-License-Identifier: MIT
"""features: each row of the table, proven by running an init.

A feature is a function of a Subject and of the options with which that init
has the feature.  It returns True or False, or a text where neither is the
whole truth.  An init that has no option for it is run without one.
"""
import contextlib
import ctypes
import functools
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections import namedtuple

import subjects
from subjects import PROGRAM, STOP_PROGRAM, both, s6, within

CAP_KILL, PR_CAPBSET_DROP, MS_BIND = 5, 24, 0x1000
USER = "61234"  # a user whom nobody else is
ALL_DAY = "9999"  # signals that a program waits for which is not to end
SMALL = 64 * 1024
ENGINES = {"docker.io": "Docker", "podman": "podman"}

# title, test, {init: options}; s6-overlay's cell: what its documentation says,
# or a function that proves it with s6-svscan; and is it for the second table?
Feature = namedtuple("Feature", "title test options s6 detail")
FEATURES = []


class Unproven(Exception):
    """Why the machine cannot show it."""


def feature(title, s6="-", detail=False, **options):
    """A row of the table; options by init, with _ for - in their names."""
    def add(test):
        by_init = {name.replace("_", "-"): words.split()
                   for name, words in options.items()}
        if "tini" in by_init:
            by_init["tini-static"] = by_init["tini"]
        FEATURES.append(Feature(title, test, by_init, s6, detail))
        return test
    return add


# ------ Signals and reaping ------

def s6_reaps():
    with s6(one=f"exec {PROGRAM} end-orphans 5") as init:
        supervisor = init.ready()
        program = both.until(lambda: both.children(supervisor), "the service")
        os.kill(program[0], signal.SIGUSR1)
        return within(lambda: len(both.children(init.pid)) == 1)


@feature("Reaps orphans as PID 1", s6=s6_reaps)
def reaps(init, options, pid1=True):
    with init.start("@", "end-orphans", "5", options=options,
                    pid1=pid1) as started:
        started.ready()
        adopted = len(both.children(started.pid)) - 1
        started.send(signal.SIGUSR1)
        return adopted == 5 and within(
            lambda: len(both.children(started.pid)) == 1)


@feature("Reaps orphans where it is not PID 1", detail=True, tini="-s")
def reaps_as_subreaper(init, options):
    return reaps(init, options, pid1=False)


@feature("Exits with the program's status, 128+n if signal n killed it",
         s6="yes")
def passes_status(init, options):
    for code in 0, 1, 42, 126, 127, 255:
        with init.start("@", "exit", str(code), options=options) as started:
            if started.end() != code:
                return False
    for number in signal.SIGHUP, signal.SIGKILL, signal.SIGTERM:
        with init.start("@", "die", str(number), options=options) as started:
            if started.end() != 128 + number:
                return False
    return True


def pending():
    """The signal is there when the init starts, and waits for the program."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    os.kill(os.getpid(), signal.SIGUSR1)


def keeps_early_signal(init, options):
    for _ in range(10):
        with init.start("@", "catch", "1", "0", options=options,
                        prepare=pending) as started:
            if (started.next_line(), started.next_line()) != ("ready", "10"):
                return False
    return True


@feature("A signal that comes before the program runs is not lost")
def loses_no_early_signal(init, options):
    group = [] if init.name == "dumb-init" else ["-g"]
    one, many = (keeps_early_signal(init, words) for words in ([], group))
    if one and not many:
        return "not with `-g`"
    return one and many


@feature("Forwards queued real-time signals, in order and with their values",
         s6="no")
def passes_values(init, options):
    sent = [(number, number * 10 + i) for number in (34, 40, 64)
            for i in range(3)]
    with init.start("@", "catch", str(len(sent)), "0",
                    options=options) as started:
        started.ready()
        for number, value in sent:
            both.call(both.libc.sigqueue(started.pid, number,
                                         ctypes.c_void_p(value)))
        return [started.next_line() for _ in sent] == [
            f"{number} {value}" for number, value in sent]


def without_kill():
    both.call(both.libc.prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0))


@feature("Goes on when it may not signal a program that changed its user")
def survives_refusal(init, options):
    """The program becomes another user when the init is at rest: catatonit
    makes sure once, at its start, that it can signal the program."""
    script = f'read line; exec "$0" become {USER} catch {ALL_DAY} 0'
    with init.start("/bin/sh", "-c", script, PROGRAM, options=options,
                    prepare=without_kill) as started:
        program = started.program()
        started.settled()
        started.process.stdin.write(b"\n")
        started.ready()
        started.send(signal.SIGUSR1)
        both.until(lambda: both.state(started.pid) != "S" or not
                   both.is_pending(started.pid, signal.SIGUSR1), "the signal")
        both.until(lambda: both.state(started.pid) in ("S", "Z", None),
                   "the init to be done with it")
        if both.state(started.pid) != "S":
            return False
        os.kill(program, signal.SIGKILL)
        return started.ends(both.DEADLINE) == 128 + signal.SIGKILL


@feature("Not held up when nobody reads its log")
def survives_stalled_log(init, options):
    """Standard output is the log too: tini writes there."""
    log, lines = os.pipe(), os.pipe()
    script = f'exec "$@" >/proc/self/fd/{lines[1]}'

    def send_output_there():
        os.dup2(log[1], 1)
        os.dup2(log[1], 2)

    try:
        with init.start("/bin/sh", "-c", script, "sh", PROGRAM, "catch", "2",
                        "0", options=options + init.verbose,
                        env=init.variables, prepare=send_output_there,
                        pass_fds=[lines[1]]) as started:
            started.lines = both.Lines(lines[0])
            started.ready()
            fill(log[1])
            for number in signal.SIGUSR1, signal.SIGTERM:
                started.send(number)
                if started.next_line() != str(int(number)):
                    return False
            return started.ends() == 0
    finally:
        for end in log + lines:
            os.close(end)


def fill(pipe):
    """So that a write waits; the init has the same open file."""
    os.set_blocking(pipe, False)
    for length in 512, 1:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, b"x" * length)
    os.set_blocking(pipe, True)


def sleeps(started):
    """Does it not wake up for longer than a second?"""
    both.until(lambda: both.state(started.pid) == "S", "the init to sleep")
    before = started.wake_ups()
    return not within(lambda: started.wake_ups() != before, 1.6)


def s6_sleeps():
    with s6(one=f"exec {PROGRAM} wait") as init:
        init.ready()
        return sleeps(init)


@feature("Does not wake up while nothing happens", s6=s6_sleeps)
def does_not_wake(init, options):
    with init.start("@", "wait", options=options) as started:
        started.ready()
        return sleeps(started)


@feature("Can signal the whole process group", detail=True, hale="-g",
         tini="-g", catatonit="-g")
def forwards_to_group(init, options):
    with init.start("@", "group-and-session", options=options,
                    pid1=False) as started:
        child = int(started.line().split()[0])
        started.send(signal.SIGUSR1)
        return (started.next_line() == "10" and within(
            lambda: both.is_pending(child, signal.SIGUSR1)))


@feature("Turns one signal into another", detail=True,
         hale="-r TERM:QUIT", dumb_init="-r 15:3")
def rewrites(init, options):
    with init.start("@", "catch", "1", "0", options=options) as started:
        started.ready()
        started.send(signal.SIGTERM)
        return started.next_line() == str(int(signal.SIGQUIT))


@feature("Turns an exit code into 0", detail=True, hale="-e 143",
         tini="-e 143")
def remaps(init, options):
    with init.start("@", "exit", "143", options=options) as started:
        return started.end() == 0


@feature("Leaves the program's ignored and blocked signals as they were",
         detail=True)
def leaves_mask(init, options):
    def inherit():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])

    with both.Init(PROGRAM, "mask", pid1=False, prepare=inherit) as bare:
        expected = bare.lines.rest()
    with init.start("@", "mask", options=options, prepare=inherit) as started:
        return started.lines.rest() == expected


@feature("Keeps no inherited descriptor open and no directory busy",
         detail=True)
def holds_nothing(init, options):
    with tempfile.TemporaryDirectory() as directory:
        with tempfile.TemporaryFile(dir=directory) as file, \
                init.start("@", "wait", options=options, cwd=directory,
                           pass_fds=[file.fileno()]) as started:
            started.ready()
            wanted = os.fstat(file.fileno()).st_ino

            def held():
                place = f"/proc/{started.pid}/fd"
                numbers = [os.stat(f"{place}/{fd}").st_ino
                           for fd in os.listdir(place)]
                return (wanted in numbers or
                        os.readlink(f"/proc/{started.pid}/cwd") != "/")
            return within(lambda: not held())


@feature("Socket activation: `LISTEN_PID` names the program", detail=True)
def names_listener(init, options):
    with init.start("@", "variable", "LISTEN_PID", options=options,
                    env={"LISTEN_PID": "1", "LISTEN_FDS": "0"}) as started:
        value, pid = started.line().split()
        return value == pid


@feature("Ends when its own parent dies", detail=True, hale="-p TERM",
         tini="-p SIGTERM")
def follows_parent(init, options):
    script = '"$@" & echo $!; read line'
    with both.Init("/bin/sh", "-c", script, "sh", init.path, *options, "--",
                   PROGRAM, "catch", "1", "0", pid1=False) as parent:
        parent.__class__ = subjects.Started
        lines = [parent.line(), parent.line()]
        pid = int(next(line for line in lines if line != "ready"))
        parent.process.stdin.close()
        parent.end()
        came = parent.next_line() == str(int(signal.SIGTERM))
        with contextlib.suppress(ProcessLookupError):
            for child in both.children(pid):
                os.kill(child, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
        return came


# ------ Stopping ------

def ends_after(init, options, number):
    """A program that ignores the signal, and one in another session."""
    with init.start("@", "group-and-session", options=options) as started:
        started.line()
        started.send(number)
        return started.ends() == 128 + signal.SIGKILL


@feature("Ends the whole container in a bounded time",
         s6="`S6_KILL_GRACETIME`", hale="--grace 100ms")
def stops_in_time(init, options):
    return ends_after(init, options, signal.SIGTERM)


@feature("Ends the container in a bounded time on its own STOPSIGNAL, e.g. "
         "WINCH", detail=True,
         hale="--stop-signal WINCH --grace 100ms")
def stops_on_another_signal(init, options):
    return ends_after(init, options, signal.SIGWINCH)


@feature("Processes that the program leaves behind get TERM and time to end",
         s6="yes", hale="--grace 9s")
def lets_others_end(init, options):
    other = ("trap 'sleep 0.2; echo bye; exit' TERM; echo ready;"
             "while :; do sleep 9 & wait; done")
    with init.start("/bin/sh", "-c", 'sh -c "$0" & read line; exit 0', other,
                    options=options) as started:
        started.ready()
        started.process.stdin.close()
        return "bye" in started.lines.rest()


@feature("Can delay the stop, so that load balancers stop sending first",
         hale="--drain 300ms")
def drains(init, options):
    with init.start("@", "catch", "1", "0", options=options) as started:
        started.ready()
        sent = time.monotonic()
        started.send(signal.SIGTERM)
        return (started.next_line(both.DEADLINE) == "15" and
                time.monotonic() - sent >= 0.3)


# ------ Health and waiting ------

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_server():
    """A server whose status can be set; its URL is the url of it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.status = 200
        server.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def in_empty_image(init, *words):
    """Run it where there is no other file; its exit code."""
    with tempfile.TemporaryDirectory() as image:
        shutil.copy(init.path, os.path.join(image, "init"))
        try:
            with both.Init("/init", *words, pid1=False,
                           prepare=lambda: os.chroot(image)) as started:
                return started.end()
        except FileNotFoundError:
            return 127  # it needs libraries


@feature("Health check in an image without shell and curl", hale="--check")
def checks_health(init, options):
    with web_server() as server:
        good = in_empty_image(init, *options, server.url)
        server.status = 500
        return good == 0 and in_empty_image(init, *options, server.url) == 1


WATCHFUL = ("--health-interval=50ms", "--health-retries=1",
            "--health-start-period=0")


def asked(port):
    """The status of /readyz, or 0 without a server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@feature("Answers Kubernetes' probes over HTTP", hale="--health-listen 9090")
def answers_probes(init, options):
    with web_server() as server:
        if options:
            options = [*options, *WATCHFUL, "--health", server.url]
        with init.start("@", "wait", options=options) as started:
            started.ready()
            good = within(lambda: asked(9090) == 200)
            server.status = 500
            return good and within(lambda: asked(9090) == 503)


@feature("Ends the container when its program becomes unhealthy",
         hale="--on-unhealthy stop")
def ends_unhealthy(init, options):
    with web_server() as server:
        server.status = 500
        if options:
            options = [*options, *WATCHFUL, "--health", server.url]
        with init.start("@", "wait", options=options) as started:
            return started.ends() == 124


@feature("Takes sd_notify (`READY=1`, `WATCHDOG=1`)", detail=True,
         hale="--health notify:")
def takes_notify(init, options):
    with init.start("@", "time-signals", "0", "5000",
                    options=options) as started:
        return within(lambda: started.comm().endswith(":healthy"))


@contextlib.contextmanager
def name_server():
    """It knows database.test, and /etc/resolv.conf names it, for us alone."""
    file = os.path.realpath("/etc/resolv.conf").encode()
    with tempfile.NamedTemporaryFile("w") as ours:
        ours.write("nameserver 127.0.0.1\n")
        ours.flush()
        both.call(both.libc.mount(ours.name.encode(), file, None, MS_BIND,
                                  None))
        try:
            with subprocess.Popen(
                    ["dnsmasq", "--keep-in-foreground", "--user=root",
                     "--conf-file=/dev/null", "--pid-file=", "--no-hosts",
                     "--no-resolv", "--listen-address=127.0.0.1",
                     "--bind-interfaces",
                     "--address=/database.test/127.0.0.1"]) as server:
                both.until(has_name, "the name server")
                yield
                server.terminate()
        finally:
            both.call(both.libc.umount(file))


def has_name():
    with contextlib.suppress(OSError):
        return socket.gethostbyname("database.test") == "127.0.0.1"


@feature("Starts the program when a dependency answers, by its DNS name",
         hale="--wait-for tcp://database.test:5432")
def waits(init, options):
    with name_server(), init.start("@", "say", "up",
                                   options=options) as started:
        if started.next_line(subjects.patience / 2) is not None:
            return False
        with socket.create_server(("127.0.0.1", 5432)):
            return started.next_line(5 * subjects.patience) == "up"


# ------ Why it ended ------

MEMORIES = (
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes",
     "memory.memsw.limit_in_bytes", "16777216"),
    ("/sys/fs/cgroup", "memory.max", "memory.swap.max", "0"),
)


@contextlib.contextmanager
def small_cgroup():
    """A memory cgroup with 16 MiB, of whichever version is here."""
    for root, limit, swap, of_swap in MEMORIES:
        place = os.path.join(root, f"hale-compare-{time.time_ns()}")
        try:
            os.mkdir(place)
        except OSError:
            continue
        try:
            with open(os.path.join(place, limit), "w") as file:
                file.write("16777216")
        except OSError:
            os.rmdir(place)
            continue
        with contextlib.suppress(OSError):
            with open(os.path.join(place, swap), "w") as file:
                file.write(of_swap)
        try:
            yield place
        finally:
            both.until(lambda: remove(place), "the end of the cgroup")
        return
    raise Unproven("no memory cgroup can be made")


def remove(place):
    with contextlib.suppress(OSError):
        os.rmdir(place)
    return not os.path.exists(place)


@feature("Tells an OOM kill from another kill")
def tells_oom(init, options):
    def said(*words):
        def enter():
            with open(os.path.join(place, "cgroup.procs"), "w") as file:
                file.write("0")
        with init.start(*words, options=options + init.verbose,
                        env=init.variables, prepare=enter) as started:
            if started.end() != 128 + signal.SIGKILL:
                raise AssertionError("the program was not killed")
            return [line for line in started.stderr().splitlines()
                    if "oom" in line.lower()]
    with small_cgroup() as place:
        killed = said("@", "die", "9")
        return (any(": 1 " in line for line in
                    said(STOP_PROGRAM, "use-memory", "64")) and
                any(": 0 " in line for line in killed))


@feature("Leaves a report of the end in a file", detail=True,
         hale="--exit-report FILE")
def reports(init, options):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "report")
        words = [path if word == "FILE" else word for word in options]
        with init.start("@", "exit", "3", options=words) as started:
            started.end()
        if not os.listdir(directory):
            return False
        with open(path, encoding="utf-8") as file:
            return json.load(file)["exit_code"] == 3


@feature("Log in JSON", detail=True, hale="--log-format json")
def logs_json(init, options):
    with init.start("@", "exit", "0", options=options + init.verbose,
                    env=init.variables) as started:
        started.end()
        lines = started.stderr().splitlines()
    try:
        return bool(lines) and all("level" in json.loads(line)
                                   for line in lines)
    except ValueError:
        return False


# ------ What it is, and what it is not ------

def s6_runs_several():
    with s6(one="echo one; exec sleep 60", two="echo two; exec sleep 60") as i:
        return {i.next_line(), i.next_line()} == {"one", "two"}


@feature("Runs several services", s6=s6_runs_several)
def runs_several(init, options):
    with init.start("/bin/sh", "-c", "echo one", "--", "/bin/sh", "-c",
                    "echo two", options=options) as started:
        return started.lines.rest() != "one\n"


def s6_restarts():
    with s6(one="echo started; exit 1") as init:
        return [init.next_line(5), init.next_line(5)] == ["started"] * 2


@feature("Restarts a service that crashed", s6=s6_restarts)
def restarts(init, options):
    with init.start("/bin/sh", "-c", "echo started; exit 1",
                    options=options) as started:
        return started.lines.rest() != "started\n"


@feature("The file is smaller than 64 KiB", s6="no")
def is_small(init, _):
    return os.path.getsize(init.path) < SMALL


@feature("The file is static and position-independent (ASLR)", detail=True)
def is_static_pie(init, _):
    with open(init.path, "rb") as file:
        head = file.read(64)
        kind, = struct.unpack_from("<H", head, 16)
        offset, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
    types = [struct.unpack_from("<I", table, i * size)[0]
             for i in range(count)]
    return kind == 3 and 3 not in types  # ET_DYN, and no PT_INTERP


@functools.cache
def debian():
    """{package: its fields} of what the table names, or Unproven."""
    packages = {init.package for init in subjects.subjects().values()}
    try:
        said = subprocess.run(["apt-cache", "show", *packages, *ENGINES,
                               "s6-overlay"], capture_output=True,
                              text=True, check=False)
    except OSError:
        raise Unproven("this is no Debian") from None
    paragraphs = [dict(re.findall(r"^(\S+): (.*)$", text, re.MULTILINE))
                  for text in said.stdout.split("\n\n") if text.strip()]
    found = {fields["Package"]: fields for fields in paragraphs}
    if not set(ENGINES) <= set(found):
        raise Unproven("apt-cache has no lists; see apt-get update")
    return found


@feature("In Debian's repositories", s6=lambda: "s6-overlay" in debian())
def is_packaged(init, _):
    return init.package in debian()


@feature("Comes with Docker or podman in Debian", detail=True)
def is_bundled(init, _):
    for engine, name in ENGINES.items():
        fields = debian()[engine]
        for field in "Depends", "Recommends":
            wanted = [text.split()[0] for text in
                      fields.get(field, "").split(", ") if text]
            if init.package in wanted:
                return name
    return False
