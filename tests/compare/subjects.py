# SPDX-License-Identifier: MIT
"""subjects: the inits that are compared, and how each is started.

It builds on tests/names/both.py, which starts an init as PID 1 of a new PID
namespace, or beside the tests, and ends it with all that it left.
"""
import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../names"))
import both  # noqa: E402

PROGRAM = both.PROGRAM
# use-memory is a command of this one.
STOP_PROGRAM = os.path.join(os.path.dirname(PROGRAM), "stop_program")

# The file, the Debian package, and what makes it print all that it can.
PEERS = {
    "tini": ("tini", ["-vvv"], {}),
    "tini-static": ("tini", ["-vvv"], {}),
    "dumb-init": ("dumb-init", ["-v"], {}),
    "catatonit": ("catatonit", [], {"CATATONIT_DEBUG": "1"}),
}

patience = 1.0  # seconds until "it does not come"; more in a second try


def within(check, bound=None):
    """Is it so before the bound is over?  An event is looked for often."""
    deadline = time.monotonic() + (patience if bound is None else bound)
    while True:
        if check():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(both.LOOK_AGAIN)


class Subject:
    """An init: its name, its file, and the options of the feature."""

    def __init__(self, name, path, package, verbose, variables):
        self.name = name
        self.path = path
        self.package = package
        self.verbose = verbose
        self.variables = variables

    def start(self, *program, options=(), **setup):
        """Start `INIT OPTION... -- PROGRAM...`; the test program is "@"."""
        program = [PROGRAM if word == "@" else word for word in program]
        return Started(self.path, *options, "--", *program, **setup)

    def version(self):
        """The version of the Debian package, else what it says itself."""
        with contextlib.suppress(OSError):
            query = subprocess.run(
                ["dpkg-query", "-W", "-f", "${Version}", self.package],
                capture_output=True, text=True, check=False)
            if query.returncode == 0:
                # Without the suffix of a rebuild by Debian.
                return re.sub(r"\+b\d+$", "", query.stdout)
        said = subprocess.run([self.path, "--version"], capture_output=True,
                              text=True, check=False)
        found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
        return found.group(0) if found else "unknown"


class Started(both.Init):
    """A started init that can be asked whether something comes in time."""

    def next_line(self, bound=None):
        """The next line of the program, or None if none comes in time."""
        deadline = time.monotonic() + (patience if bound is None else bound)
        while b"\n" not in self.lines.data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.lines.fd], [], [], left)[0]:
                return None
            if not self.lines.more():
                return None
        return self.lines.line()

    def ends(self, bound=None):
        """Its exit code, or None if it does not end in time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience if bound is None else bound)
        return None

    def comm(self):
        with contextlib.suppress(OSError):
            with open(f"/proc/{self.pid}/comm", encoding="utf-8") as file:
                return file.read().strip()
        return ""

    def wake_ups(self):
        return int(both.status(self.pid, "voluntary_ctxt_switches") or -1)


def subjects():
    """hale and those of the peers that are here, in the table's order."""
    found = {"hale": Subject("hale", both.HALE, "hale", ["-vvv"], {})}
    for name, (package, verbose, variables) in PEERS.items():
        path = shutil.which(name)
        if path is not None:
            found[name] = Subject(name, path, package, verbose, variables)
    return found


@contextlib.contextmanager
def s6(**services):
    """s6-svscan as PID 1, with services that are shell scripts."""
    with tempfile.TemporaryDirectory() as directory:
        for name, script in services.items():
            place = os.path.join(directory, name)
            os.mkdir(place)
            with open(os.path.join(place, "run"), "w", encoding="utf-8") as run:
                run.write(f"#!/bin/sh\n{script}\n")
            os.chmod(os.path.join(place, "run"), 0o755)
        with Started(shutil.which("s6-svscan"), directory) as started:
            yield started
