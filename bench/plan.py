# SPDX-License-Identifier: MIT
"""plan: what is measured, beside whom, how often and for how long.

One table.  A part that is still to come is one more row here, a part of the
harness, and a table in pages.py.
"""

import os
import shutil
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = os.path.join(ROOT, "build", "bench")
HALE = os.environ.get("HALE", os.path.join(ROOT, "hale"))
HARNESS = os.path.join(BUILT, "harness")
PROGRAM = os.path.join(BUILT, "program")
EMPTY = os.path.join(BUILT, "floor_empty")
WAIT = os.path.join(BUILT, "floor_wait")
EXEC = os.path.join(BUILT, "floor_exec")

# Of the results: another one when a figure has another name or meaning.
LAYOUT = 2

# As Debian has them, and as bench/peers builds them: static, with musl, by the
# flags that hale has.  dumb-init -c: one child, as the others have it, and no
# session of its own; else each signal goes to all of a burst, and none of them
# is reaped for it.
MUSL = os.path.join(BUILT, "peers", "bin")
PEERS = [
    ("tini-static", "tini-static", ["--"]),
    ("tini", "tini", ["--"]),
    ("dumb-init", "dumb-init", ["-c", "--"]),
    ("catatonit", "catatonit", ["--"]),
    ("tini-musl", os.path.join(MUSL, "tini"), ["--"]),
    ("dumb-init-musl", os.path.join(MUSL, "dumb-init"), ["-c", "--"]),
    ("catatonit-musl", os.path.join(MUSL, "catatonit"), ["--"]),
]

# What a peer needs not to complain when it is not PID 1.
PLAIN = {name: ["-s", "--"] for name in ("tini-static", "tini", "tini-musl")}

# tini and tini-static are one program; only how it starts and what it takes are
# another matter.
ONCE = ("start", "memory", "idle")

FLOOR = {"bare": [], "exec": [EXEC], "wait": [WAIT], "direct": [WAIT]}

GRACE_MS = "50"  # no peer has one

# The harness puts the port of its server there, and /ok is what is answered.
SERVER = "127.0.0.1:00000"
OK = f"http://{SERVER}/ok"
MUTE = "--log-level=error"  # each change of state would be a line
GUARD = f"guard={HALE} --health={OK} {MUTE} --"

# One run of a health check of URL, and of the hale that is asked.
def checks(url, hale, busybox):
    return {
        "hale": [hale, "--check", url],
        "ask": [hale, "--check"],
        "curl": ["curl", "-sf", url],
        "busybox": [busybox, "wget", "-q", "-O", "/dev/null", url],
    }


# The same in the container that bench/engine starts.
ENGINE = os.path.join(ROOT, "bench", "engine")
EXECS = {name: ["docker", "exec", "bench"] + words for name, words in
         checks("http://127.0.0.1:8080/ok", "/hale", "/busybox").items()}


def probing(path, interval, *words):
    return [HALE, MUTE, f"--health-interval={interval}", *words,
            f"--health=http://{SERVER}/{path}", "--"]


# An answer; one after 20 ms, so that hale has to wait; none but a connection.
PROBES = {
    "hale": probing("ok", "10ms"),
    "slow": probing("slow", "25ms"),
    "tcp": [HALE, MUTE, "--health-interval=10ms", f"--health=tcp://{SERVER}",
            "--"],
}

# No answer, so that a probe is always under way; one byte after the other, so
# that hale wakes all the time; and as many as hale can take.
BURDENS = {
    "hale": [HALE, MUTE, "--"],
    "answered": probing("ok", "10ms"),
    "hang": probing("hang", "10ms", "--health-timeout=9ms"),
    "trickle": probing("trickle", "10ms", "--health-timeout=1s"),
    "flood": probing("flood", "10ms", "--health-timeout=1s"),
}

# rounds and seconds: (quick, full); a round begins only within the seconds,
# but for three.  options: what the part of that name in bench/main.c takes.
# only: the subjects of a part that is not for all, with words of their own.
# given: whole commands in place of the subjects.  around: what the harness is
# run by.  before: what each subject is run by.
Job = namedtuple("Job", "key part title rounds seconds options floor plain only"
                        " given around before",
                 defaults=((), False, None, None, (), ()))

# Real-time priority for the init alone: what it starts has none.
URGENT = ["chrt", "--reset-on-fork", "--fifo", "1"]

JOBS = [
    Job("start.pid1", "start", "start as PID 1", (80, 700), (5, 40),
        ["namespace", EMPTY], ("bare", "exec", "wait")),
    Job("start.plain", "start", "start as a plain process", (50, 700), (4, 30),
        ["plain", EMPTY], ("bare", "exec", "wait"), True),
    Job("start.true", "start", "start of the system's /bin/true, as PID 1",
        (30, 500), (4, 40), ["namespace", "/bin/true"], ("bare",)),
    Job("memory", "memory", "memory at rest", (3, 9), (5, 20), [EMPTY],
        ("bare", "wait")),
    Job("idle", "idle", "wake-ups at rest", (1, 1), (1, 1),
        [EMPTY, ("3", "30")], ("wait",)),
    Job("orphans", "orphans", "orphans one after the other", (5, 20),
        (6, 90), [PROGRAM, ("6000", "60000")], ("wait",)),
    Job("clear.held", "clear", "bursts of processes that end at once", (1, 5),
        (5, 70), [PROGRAM, "held",
                  ("500,2000,4000", "500,1000,2000,4000,8000")], ("wait",)),
    Job("clear.handed", "clear", "bursts of zombies handed over", (1, 5),
        (5, 60), [PROGRAM, "handed",
                  ("500,2000,4000", "500,1000,2000,4000,8000")],
        ("wait",)),
    Job("latency.idle", "latency", "signal latency at rest", (1, 5), (2, 30),
        [PROGRAM, "idle", ("200", "500")], ("direct",)),
    Job("latency.loops", "latency", "signal latency under 8 forking loops",
        (1, 5), (2, 30), [PROGRAM, "loops", ("200", "500")], ("direct",)),
    Job("latency.held.1000", "latency", "signal latency while 1000 die",
        (2, 31), (3, 40), [PROGRAM, "held", "1000"], ("direct",)),
    Job("latency.held.8000", "latency", "signal latency while 8000 die",
        (1, 31), (6, 180), [PROGRAM, "held", "8000"], ("direct",)),
    Job("latency.held.urgent", "latency",
        "signal latency while 8000 die, inits with real-time priority",
        (1, 15), (6, 60), [PROGRAM, "held", "8000"], ("direct",),
        before=URGENT),
    Job("latency.handed.8000", "latency",
        "signal latency while 8000 zombies are handed over", (1, 15), (4, 60),
        [PROGRAM, "handed", "8000"], ("direct",)),
    Job("stop", "stop", "stop of 1000 processes", (3, 31), (3, 15),
        [PROGRAM, "1000", GRACE_MS],
        only={"hale": ["--grace", GRACE_MS + "ms", "--log-level",
                       "error", "--"]}),
    Job("check", "check", "one run of a health check", (20, 300), (3, 20),
        [GUARD, EMPTY], given={**checks(OK, HALE, "busybox"),
                               "bare": [EMPTY]}),
    Job("engine", "engine", "one run of a health check by docker exec",
        (2, 20), (3, 15), ["COUNTER"], given=EXECS, around=[ENGINE]),
    Job("probe", "probe", "one probe in the loop", (2, 9), (4, 10),
        [EMPTY, ("20", "50")], given=PROBES),
    Job("probe.rare", "probe", "one probe in the loop, five a second", (1, 3),
        (3, 12), [EMPTY, ("5", "15")], given={"hale": probing("ok", "200ms")}),
    Job("verdict", "verdict", "one probe from its start to its verdict",
        (1, 5), (2, 8), [EMPTY, ("30", "100")],
        given={"hale": probing("flip", "10ms", "--health-retries=1")}),
    Job("latency.health", "latency", "signal latency amid probes", (2, 10),
        (5, 22), [PROGRAM, "idle", ("200", "500")], given=BURDENS),
    Job("watch", "watch", "memory amid two probes a second", (1, 1), (1, 1),
        [EMPTY, ("5", "60")],
        given={"hale": [HALE, "--health-interval=1s", f"--health={OK}",
                        f"--health={OK}", "--"]}),
]


def subjects(once=True):
    """hale and the peers that this machine has: [(name, path, words)]; those
    that are one program as another, too?"""
    found = [("hale", HALE, ["--"])]
    for name, command, words in PEERS:
        path = shutil.which(command)
        if path is not None and (once or name != "tini"):
            found.append((name, path, words))
    return found


def missing():
    wanted = [peer[:2] for peer in PEERS]
    wanted += [(name, name) for name in ("curl", "busybox")]
    return [name for name, command in wanted if shutil.which(command) is None]


def given(job):
    """What of the job's commands can be run here: [(name, words)]."""
    return [(name, [shutil.which(words[0])] + words[1:])
            for name, words in job.given.items() if shutil.which(words[0])]


def commands(job):
    """Each subject of the job as the harness takes it: NAME=COMMAND."""
    lines = []
    if job.given is not None:
        lines = [f"{name}=" + " ".join(words) for name, words in given(job)]
        return lines + floors(job)
    for name, path, words in subjects(job.part in ONCE):
        if job.only is not None:
            if name not in job.only:
                continue
            words = job.only[name]
        if job.plain:
            words = PLAIN.get(name, words)
        before = [shutil.which(word) or word for word in job.before]
        lines.append(f"{name}=" + " ".join(before + [path] + words))
    return lines + floors(job)


def floors(job):
    return [f"{name}=" + " ".join(FLOOR[name]) for name in job.floor]


def arguments(job, quick):
    """The harness's command line."""
    pick = 0 if quick else 1
    options = [o if isinstance(o, str) else o[pick] for o in job.options]
    return (list(job.around) + [HARNESS, job.part, str(job.rounds[pick]),
                                str(job.seconds[pick])]
            + options + ["--"] + commands(job))
