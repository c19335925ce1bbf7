# SPDX-License-Identifier: MIT
"""tree: a copy of the project, in which hale is changed, built and tested."""
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Tree:
    def __init__(self, directory):
        """The files that Git would take, as they are in the project now."""
        self.path = directory
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=ROOT, check=True,
            capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            self.restore(name)

    def restore(self, name):
        """The file as it is in the project, and untouched if it is that."""
        source, target = ROOT / name, self.path / name
        if not source.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)

    def make(self, log, seconds, *words, **variables):
        """Run make here; its status, or None if it took too long."""
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("CI", "BUILD", "HALE", "MAKEFLAGS")}
        environment.update(variables)
        command = ["nice", "make", "--no-print-directory", "-f",
                   "tests/Makefile", *words]
        with open(log, "wb") as output, subprocess.Popen(
                command, cwd=self.path, env=environment,
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True) as process:
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def build(self, log):
        return self.make(log, 1800, "hale", "build/unit/unit",
                         "build/pid1/pid1") == 0

    def test(self, log, target, tests, seconds):
        """Run these tests, all of them if the text is empty, up to the first
        that fails.  The inputs of the fuzz targets are replayed only with
        all."""
        words = ["-o", "replay", f"TESTS={tests}"] if tests else []
        return self.make(log, seconds, target, *words,
                         CRITERION_FAIL_FAST="1")


def failed_test(log):
    """The first test that failed, by what tests/support/failure.c prints."""
    found = re.search(r"make \w+ TESTS='(.*)'", log.read_text(errors="replace"))
    return found.group(1) if found else None
