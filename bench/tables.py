# SPDX-License-Identifier: MIT
"""tables: figures as cells, rows and tables of Markdown."""

from verdict import PEERS, number

INITS = ["hale"] + PEERS
LABELS = {name: name.removesuffix("-musl") + ", built with musl"
          for name in PEERS if name.endswith("-musl")}
LABELS["hale"] = "**hale**"
FLOORS = {
    "bare": "no init: the program alone",
    "empty": "an empty static binary",
    "exec": "a program that only executes another",
    "wait": "a bare vfork, exec, waitpid loop",
    "direct": "no init between: straight to PROGRAM",
}

UNITS = {  # what a figure is divided by, and what it is then
    "us": (1e3, "µs"),
    "ms": (1e6, "ms"),
    "ns": (1, "ns"),
    "kib": (1, "KiB"),
    "bytes": (1024, "KiB"),
    "count": (1, ""),
    "rate": (1, "/s"),
}


def times(value, base):
    """How many of hale's that is."""
    if base <= 0:
        return "" if value <= base else "more"
    return "×" + number(value / base)


def cell(job, name, metric, unit, ratio):
    """median (p25–p75) ×ratio"""
    stats = job.get(name, {}).get(metric)
    if stats is None:
        return "–"
    by = UNITS[unit][0]
    text = number(stats["median"] / by)
    if stats["n"] > 1:
        text += (f" ({number(stats['p25'] / by)}–"
                 f"{number(stats['p75'] / by)})")
    if ratio and name != "hale":
        text += " **" + times(stats["median"],
                              job["hale"][metric]["median"]) + "**"
    return text


def share(job, name, metric, part, unit):
    """One of p50, p99, max of a distribution, with its ratio."""
    stats = job.get(name, {}).get(metric)
    if stats is None:
        return "–"
    text = number(stats[part] / UNITS[unit][0])
    if name != "hale":
        text += " **" + times(stats[part], job["hale"][metric][part]) + "**"
    return text


def grid(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def names(job, floors=()):
    """[(name, what to call it)]: the inits that were measured, then floors."""
    found = [(n, LABELS.get(n, n)) for n in INITS if n in job]
    return found + [(n, "*" + FLOORS[n] + "*") for n in floors if n in job]


def table(job, columns, floors=(), labels=None):
    """A table of medians; columns: (title, metric, unit, with a ratio?)."""
    header = [""] + [f"{title}, {UNITS[unit][1]}" if UNITS[unit][1] else title
                     for title, _, unit, _ in columns]
    rows = [[label] + [cell(job, name, metric, unit, ratio)
                       for _, metric, unit, ratio in columns]
            for name, label in labels or names(job, floors)]
    return grid(header, rows)
