# SPDX-License-Identifier: MIT
"""plots: the figures as SVG, drawn by gnuplot from the scripts beside this."""

import os
import subprocess

import plan

HERE = os.path.dirname(os.path.abspath(__file__))
# Debian's builds stand for the programs where both builds do the same.
ORDER = ["hale", "dumb-init", "catatonit", "tini-static"]
BUILDS = ["hale", "tini-musl", "tini-static", "tini", "dumb-init-musl",
          "dumb-init", "catatonit-musl", "catatonit"]
TITLES = {"wait": "bare wait loop", "direct": "no init between",
          "tini-musl": "tini\\n(musl)", "dumb-init-musl": "dumb-init\\n(musl)",
          "catatonit-musl": "catatonit\\n(musl)"}


def us(value):
    return value / 1e3


def table(name, header, lines):
    """Write lines of cells where gnuplot can read them."""
    path = os.path.join(plan.BUILT, name + ".dat")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\t".join(header) + "\n")
        for line in lines:
            f.write("\t".join(str(cell) for cell in line) + "\n")
    return path


def gnuplot(name, docs, **variables):
    """Draw NAME.gp to docs/NAME.svg."""
    target = os.path.join(docs, name + ".svg")
    variables.update(target=target, style=os.path.join(HERE, "style.gp"))
    words = [f"{key}={value}" if isinstance(value, int)
             else f'{key}="{value}"' for key, value in variables.items()]
    subprocess.run(["gnuplot", "-e", "; ".join(words),
                    os.path.join(HERE, name + ".gp")], check=True)
    return os.path.basename(target)


def present(job, order=ORDER):
    return [name for name in order if name in job]


def start(jobs, docs):
    """What each adds to the start, wall and processor."""
    job = jobs["start.pid1"]
    lines = []
    for name in present(job, BUILDS):
        cells = [TITLES.get(name, name)]
        for metric in ("added.wall", "added.cpu"):
            s = job[name][metric]
            cells += [us(s["median"]), us(s["p25"]), us(s["p75"])]
        lines.append(cells)
    data = table("start", ["init", "wall", "w25", "w75", "cpu", "c25", "c75"],
                 lines)
    return gnuplot("start", docs, data=data)


def sizes(job):
    return sorted(int(metric.split(".")[1]) for metric in job["hale"]
                  if metric.startswith("wall."))


def numbered(key, values):
    """{key1: first, key2: second...}, since gnuplot has no lists of text."""
    return {f"{key}{i}": value for i, value in enumerate(values, 1)}


def titles(names):
    return [TITLES.get(name, name) for name in names]


def clear_table(job, name, inits):
    """A line a size; for each init the time that a process takes."""
    lines = []
    for size in sizes(job):
        lines.append([size] + [us(job[i][f"wall.{size}"]["median"]) / size
                               for i in inits])
    return table(name, ["size"] + inits, lines)


def reaping(jobs, docs):
    """Cost of a zombie against the number that there are."""
    job = jobs["clear.held"]
    inits = present(job) + ["wait"]
    held = clear_table(job, "held", inits)
    handed = clear_table(jobs["clear.handed"], "handed", inits)
    return gnuplot("reaping", docs, held=held, handed=handed,
                   inits=len(inits), last=max(sizes(job) + sizes(
                       jobs["clear.handed"])), **numbered("name", inits),
                   **numbered("title", titles(inits)))


SCENES = [
    ("latency.held.1000", "1,000 die at once"),
    ("latency.held.8000", "8,000 die at once"),
    ("latency.held.urgent", "the same, and the init\\nhas real-time priority"),
    ("latency.handed.8000", "8,000 zombies are\\nhanded over at once"),
]


def scenes(jobs):
    """The bursts that were measured: [(label, job)]."""
    return [(label, jobs[key]) for key, label in SCENES if key in jobs]


def latency(jobs, docs):
    """p50, its spread over the bursts, and p99; a line an init and scene."""
    shown = scenes(jobs)
    names = ["direct"] + present(shown[0][1])
    lines = []
    for at, name in enumerate(names):
        for group, (_, job) in enumerate(shown):
            p50, p99 = job[name]["burst.p50"], job[name]["burst.p99"]
            lines.append([group + (at + 1) / (len(names) + 1)]
                         + [value / 1e6 for value in (
                             p50["median"], p50["p25"], p50["p75"],
                             p99["median"])])
        lines += [[], []]  # gnuplot's end of a data set
    data = table("latency", ["# x", "p50", "p25", "p75", "p99"], lines)
    return gnuplot("latency", docs, data=data, groups=len(shown),
                   inits=len(names), **numbered("name", names),
                   **numbered("title", titles(names)),
                   **numbered("label", [label for label, _ in shown]))


def draw(results, docs):
    """{file name: what it shows}"""
    jobs = results["jobs"]
    return {
        start(jobs, docs): "start overhead",
        reaping(jobs, docs): "cost of a zombie against the burst",
        latency(jobs, docs): "signal latency in bursts",
    }
