# SPDX-License-Identifier: MIT
"""compare [--write] [REGEX]: prove the feature table of docs/comparison.md.

Each cell of hale and of the packaged peers comes from running that init; see
features.py.  The table that results must be the one in docs/comparison.md, and
the one in README.md between the same markers; a cell that differs is named,
and the status is 1.  --write writes docs/comparison.md.  With REGEX only the
features run whose title it matches.
"""
import argparse
import contextlib
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

import features
import subjects
from subjects import both

PAGE = os.path.join(both.ROOT, "docs", "comparison.md")
README = os.path.join(both.ROOT, "README.md")
BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"
SECOND_TRY = 10  # times the patience of the first

S6_OVERLAY = "3.2.3.2"
S6_SOURCE = ("https://github.com/just-containers/s6-overlay/blob/"
             f"v{S6_OVERLAY}/README.md")

# A column is one init, or two files of one that must be alike.
COLUMNS = {"hale": ["hale"], "tini": ["tini", "tini-static"],
           "dumb-init": ["dumb-init"], "catatonit": ["catatonit"]}

INTRODUCTION = f"""# hale beside other inits

<!-- written by `make compare-write`; `make compare` fails if it is not so -->

`make compare` proves each cell of hale, tini, dumb-init and catatonit by running it: hale as built
here, the others as Debian has them. An option in a cell means: yes, with that option.
"""

NOTES = f"""
s6-overlay is no package of Debian, so `make compare` cannot run it. Its cells in italics are what
[its documentation][s6-overlay] says, and a dash is where that says nothing. Its other cells were
proven with s6-svscan, which is its PID 1, as Debian has it (s6 %s).

"Smaller than 64 KiB" is about the file as packaged: tini and dumb-init need the system's libc
beside it, hale, tini-static and catatonit nothing. [Figures](benchmarks.md) has all sizes, also
those of static builds with musl.

A function in [tests/compare/features.py](../tests/compare/features.py) proves each row, and says
how. [reliability.md](reliability.md) has what attacks do to each of these inits.

[s6-overlay]: {S6_SOURCE}
"""


def say(text):
    print("compare: " + text, file=sys.stderr, flush=True)


def raise_loopback():
    """SIOCSIFFLAGS with IFF_UP: a new network namespace has it down."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))


# ------ The cells ------

def shown(result, options):
    """A result as a cell: an option says yes, with it."""
    if isinstance(result, str):
        return result
    if not result:
        return "no"
    names = [word for word in options if word.startswith("-")]
    return " ".join(f"`{name}`" for name in names) or "yes"


def attempt(feature, init):
    """(cell, why it is no yes, if there was a reason)"""
    options = feature.options.get(init.name, [])
    try:
        return shown(feature.test(init, list(options)), options), ""
    except (AssertionError, subprocess.TimeoutExpired) as reason:
        return "no", str(reason)
    finally:
        both.end_all_others()


def prove(feature, init, committed):
    """The cell; one that is not as committed has a second try with more
    patience, since a busy machine can only make a late yes a no."""
    cell, reason = attempt(feature, init)
    if committed not in (None, cell):
        subjects.patience *= SECOND_TRY
        try:
            cell, reason = attempt(feature, init)
        finally:
            subjects.patience /= SECOND_TRY
    if reason and cell != committed:
        say(f"{feature.title}: {init.name}: {reason}")
    return cell


def column(feature, names, found, committed):
    """A cell; two files of one init are told apart only where they differ."""
    if committed is not None and ";" in committed:
        committed = None
    cells = {name: prove(feature, found[name], committed)
             for name in names if name in found}
    if len(set(cells.values())) <= 1:
        return next(iter(cells.values()), None)
    return "; ".join(f"{name}: {cell}" for name, cell in cells.items())


def s6_cell(feature):
    if not callable(feature.s6):
        return feature.s6 if feature.s6 == "-" else f"*{feature.s6}*"
    if shutil.which("s6-svscan") is None:
        return None
    try:
        return "yes" if feature.s6() else "no"
    except features.Unproven:
        return None
    except AssertionError as reason:
        say(f"{feature.title}: s6-svscan: {reason}")
        return "no"
    finally:
        both.end_all_others()


def row(feature, found, committed):
    """The cells of a feature; None where this machine cannot prove one."""
    cells = []
    try:
        for name, members in COLUMNS.items():
            cells.append(column(feature, members, found, committed.get(name)))
    except features.Unproven as reason:
        say(f"{feature.title}: not proven here: {reason}")
        cells = [None] * len(COLUMNS)
    return cells + [s6_cell(feature)]


# ------ The page ------

HEADS = [*COLUMNS, "s6-overlay"]


def package_version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          capture_output=True, text=True, check=False)
    return done.stdout or "not installed"


def heading(found):
    heads = ["hale"]
    for name in list(COLUMNS)[1:]:
        heads.append(f"{name} {found[name].version()}" if name in found
                     else name)
    return ["", *heads, f"s6-overlay {S6_OVERLAY}"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|---" + "|:---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join([title, *cells]) + " |"
              for title, cells in rows]
    return "\n".join(line.replace("|  |", "| |") for line in lines) + "\n"


def read(path):
    with contextlib.suppress(FileNotFoundError):
        with open(path, encoding="utf-8") as file:
            return file.read()
    return ""


def between_markers(text):
    """What stands between the markers, or None."""
    found = re.search(f"{BEGIN}\n(.*?){END}", text, re.DOTALL)
    return found and found.group(1)


def read_tables(text):
    """(the head's cells, {title: {column: cell}}) of all tables together."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in text.splitlines() if line.startswith("|")]
    return (lines[0] if lines else [],
            {line[0]: dict(zip(HEADS, line[1:])) for line in lines
             if line[0] and not line[0].startswith("-")})


def differences(rows, committed, head, old_head):
    """Name each cell that is not as committed; is there one that counts?"""
    bad = False
    changed = [name for name, new, old in
               zip(HEADS, head[1:], old_head[1:]) if new != old]
    for name in changed:
        say(f"{name} is another version here than in docs/comparison.md: "
            "cells that differ are shown, and do not count")
    for title, cells, _ in rows:
        if title not in committed:
            say(f"'{title}' is not in docs/comparison.md")
            bad = True
            continue
        for name, cell in zip(HEADS, cells):
            old = committed[title].get(name)
            if cell is not None and cell != old:
                say(f"'{title}': {name}: docs/comparison.md has '{old}', "
                    f"and the run gave '{cell}'")
                bad = bad or name not in changed
    return bad


def check_readme():
    """README's copy must be the same text, if it has one."""
    ours, theirs = (between_markers(read(path)) for path in (PAGE, README))
    if theirs is None or theirs == ours:
        return True
    say("README.md's table is not the one of docs/comparison.md: copy what "
        "stands between the markers")
    return False


def write(head, rows):
    main, details = ([r[:2] for r in rows if r[2] == detail]
                     for detail in (False, True))
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(f"{INTRODUCTION}\n{BEGIN}\n{table(head, main)}{END}\n\n"
                   f"## Details\n\n{table(head, details)}"
                   + NOTES % package_version("s6"))
    say("wrote docs/comparison.md")


def prove_all(wanted, found, committed):
    """[(title, cells, is it a detail?)]"""
    rows = []
    for feature in wanted:
        begin = time.monotonic()
        cells = row(feature, found, committed.get(feature.title, {}))
        rows.append((feature.title, cells, feature.detail))
        print(f"{time.monotonic() - begin:5.1f} s  {feature.title}: "
              + ", ".join(f"{name} {cell or '?'}"
                          for name, cell in zip(HEADS, cells)), flush=True)
    return rows


def run(options):
    found = subjects.subjects()
    head = heading(found)
    old_head, committed = read_tables(read(PAGE))
    rows = prove_all([f for f in features.FEATURES
                      if re.search(options.regex, f.title)], found, committed)
    if options.write:
        if any(cell is None for _, cells, _ in rows for cell in cells):
            say("not written: this machine cannot prove each cell")
            return 1
        write(head, rows)
        return 0 if check_readme() else 1
    bad = differences(rows, committed, head, old_head)
    gone = set(committed) - {f.title for f in features.FEATURES}
    for title in sorted(gone):
        say(f"'{title}' stands in docs/comparison.md, and nothing proves it")
    if not check_readme() or bad or gone:
        return 1
    count = sum(cell is not None for _, cells, _ in rows for cell in cells[:4])
    say(f"{len(rows)} features, {count} cells proven, as the table has them")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("regex", nargs="?", default="")
    options = parser.parse_args()
    if options.write and options.regex:
        parser.error("--write takes no REGEX: it writes all of the table")
    raise_loopback()
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
