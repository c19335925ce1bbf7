# SPDX-License-Identifier: MIT
"""machine: where and with what was measured, without whose machine it is."""

import os
import re
import subprocess
import time

import plan


def output(*command):
    """What it prints, on either stream; nothing if it cannot be run."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              timeout=10, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def field(path, pattern):
    with open(path, encoding="utf-8") as f:
        found = re.search(pattern, f.read(), re.MULTILINE)
    return found.group(1).strip() if found else "unknown"


def load():
    """Before the programs were built, if somebody has looked."""
    return float(os.environ.get("BENCH_LOAD") or os.getloadavg()[0])


def describe():
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": field("/proc/cpuinfo", r"^model name\s*:(.*)$"),
        "cores": os.cpu_count(),
        "memory_mib": int(field("/proc/meminfo",
                                r"^MemTotal:\s*(\d+)")) // 1024,
        # Without the suffix, which names whoever built it.
        "kernel": re.match(r"[\d.]+", os.uname().release).group(0),
        "system": field("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "architecture": os.uname().machine,
        "load": load(),
    }


def versions():
    found = {}
    for name, path, _ in plan.subjects():
        text = output(path, "--version").splitlines() or [""]
        number = re.search(r"\d+(\.\d+)+", text[0])
        found[name] = number.group(0) if number else "unknown"
    return found


def libraries(path):
    """The files that a program has to have beside it, loader included."""
    text = output("ldd", path)
    return sorted(set(re.findall(r"(/\S+) \(0x", text)))


def sizes():
    found = {}
    floor = [("empty", plan.EMPTY), ("exec", plan.EXEC), ("wait", plan.WAIT)]
    for name, path in [s[:2] for s in plan.subjects()] + floor:
        own = os.path.getsize(path)
        needed = [os.path.getsize(f) for f in libraries(path)]
        found[name] = {"file": own, "image": own + sum(needed),
                       "libraries": len(needed)}
    return found
