# SPDX-License-Identifier: MIT
"""glance: the figures of one look, for README.md and docs/benchmarks.md."""

import textwrap

from tables import grid
from verdict import number

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

# As Debian has it, and the same source built with musl by hale's own flags.
COLUMNS = [("hale", ["hale"]), ("tini", ["tini-static", "tini-musl"]),
           ("dumb-init", ["dumb-init", "dumb-init-musl"]),
           ("catatonit", ["catatonit", "catatonit-musl"])]


def of_job(key, metric, part, by):
    return lambda results, name: (
        results["jobs"].get(key, {}).get(name, {}).get(metric, {}).get(part),
        by)


def image(results, name):
    return results["size"].get(name, {}).get("image"), 1024


BURST, HANDED = "latency.held.8000", "latency.handed.8000"
# What it is, where it is found, and whether README.md shows it too.
ROWS = [
    ("file and the libraries that it needs, KiB", image, True),
    ("resident memory at rest, KiB", of_job("memory", "rss", "median", 1),
     True),
    ("wake-ups in {idle} s at rest", of_job("idle", "wakeups", "median", 1),
     False),
    ("added to the start of a program, p50, µs",
     of_job("start.pid1", "added.wall", "median", 1e3), True),
    ("the same, p99", of_job("start.pid1", "added.wall", "p99", 1e3), False),
    ("to forward a signal at rest, p50, µs",
     of_job("latency.idle", "took", "median", 1e3), True),
    ("the same, p99", of_job("latency.idle", "took", "p99", 1e3), True),
    ("to forward a signal while 8,000 processes die, p50, ms",
     of_job(BURST, "burst.p50", "median", 1e6), True),
    ("the same, p99", of_job(BURST, "burst.p99", "median", 1e6), True),
    ("the same, p99, by an init that never waits for a processor",
     of_job("latency.held.urgent", "burst.p99", "median", 1e6), False),
    ("to forward a signal while 8,000 zombies are handed over, p50, ms",
     of_job(HANDED, "burst.p50", "median", 1e6), False),
    ("the same, p99", of_job(HANDED, "burst.p99", "median", 1e6), False),
    ("to reap 8,000 processes that die at once, ms",
     of_job("clear.held", "wall.8000", "median", 1e6), True),
    ("processor time to reap an orphan, µs",
     of_job("orphans", "cpu", "median", 1e3), False),
]


def short(value):
    """A count has no decimals."""
    return f"{value:,.0f}" if value == int(value) else number(value)


def row(results, title, figure):
    """The best of the row is bold; a dash is what was not measured."""
    found = {name: figure(results, name)
             for _, names in COLUMNS for name in names}
    texts = {name: "–" if value is None else short(value / by)
             for name, (value, by) in found.items()}
    values = [value for value, _ in found.values() if value is not None]
    for name, (value, _) in found.items():
        if value is not None and value == min(values):
            texts[name] = f"**{texts[name]}**"
    seconds = 3 if results["quick"] else 30
    return [title.format(idle=seconds)] + [
        " / ".join(texts[name] for name in names) for _, names in COLUMNS]


def sentence(results):
    sizes = results["size"]
    if "tini-musl" not in sizes:
        return ""
    kib = {name: number(sizes[name]["file"] / 1024) for name in (
        "hale", "tini-musl", "dumb-init-musl", "catatonit-musl")}
    return (f"As a static musl build, tini alone is {kib['tini-musl']} KiB, "
            f"dumb-init {kib['dumb-init-musl']} and catatonit "
            f"{kib['catatonit-musl']}. hale is {kib['hale']}. ")


def checks(results):
    job = results["jobs"].get("check", {})
    if "hale" not in job or "curl" not in job:
        return ""
    hale, curl = (number(job[name]["wall"]["median"] / 1e6)
                  for name in ("hale", "curl"))
    return (f"A health check by `hale --check http://...` takes {hale} ms, "
            f"one by `curl -sf` {curl} ms (p50).")


def words(text):
    return textwrap.fill(text, 100, break_long_words=False,
                         break_on_hyphens=False) + "\n"


def block(results, docs=""):
    """For the page from which docs/ is seen so: README.md, or one in docs/."""
    rows = [row(results, title, figure)
            for title, figure, in_readme in ROWS if in_readme or not docs]
    m = results["machine"]
    quick = "**A quick run: do not quote it.** " if results["quick"] else ""
    bursts = results["jobs"].get(BURST, {}).get("hale", {}).get(
        "burst.p50", {}).get("n", 0)
    header = ["", "hale"] + [name + ": Debian / musl"
                             for name, _ in COLUMNS[1:]]
    return (f"{BEGIN}\n" + words(
        f"{quick}{m['date']}, {m['processor']}, {m['cores']} processors, "
        f"Linux {m['kernel']}, {m['system']}, load {m['load']:.2f} at the "
        "start. Where a cell has two figures, the first is Debian's package "
        "(of tini: tini-static), and the second the same source built with "
        "musl by hale's flags. Less is better, and the best is bold.")
            + "\n" + grid(header, rows) + "\n"
            + words(f"While 8,000 processes die, p50 and p99 are medians over "
                    f"{bursts} bursts; how far they are apart is in "
                    f"[the page of all figures]({docs}benchmarks.md#signal-"
                    "latency). " + sentence(results) + checks(results)) + END)
