# SPDX-License-Identifier: MIT
"""plots: the figures as SVG, drawn by gnuplot from the scripts beside this."""

import os
import subprocess

import plan

HERE = os.path.dirname(os.path.abspath(__file__))
ORDER = ["hale", "dumb-init", "catatonit", "tini-static", "tini"]
FLOORS = {"wait": "bare wait loop", "direct": "no init between"}


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
             else f"{key}='{value}'" for key, value in variables.items()]
    subprocess.run(["gnuplot", "-e", "; ".join(words),
                    os.path.join(HERE, name + ".gp")], check=True)
    return os.path.basename(target)


def present(job):
    return [name for name in ORDER if name in job]


def start(jobs, docs):
    """What each adds to the start, wall and processor."""
    job = jobs["start.pid1"]
    lines = []
    for name in present(job):
        cells = [name]
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
    return [FLOORS.get(name, name) for name in names]


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
    handed = clear_table(jobs["clear.handed"], "descriptors", inits)
    return gnuplot("reaping", docs, held=held, handed=handed,
                   inits=len(inits), **numbered("name", inits),
                   **numbered("title", titles(inits)))


def scenes(jobs):
    """The bursts that were measured: [(label, job)]."""
    found = []
    for count in (1000, 8000, 16000):
        for kind, words in (("held", "die at once"),
                            ("descriptors", "are handed over")):
            key = f"latency.{kind}.{count}"
            if key in jobs:
                found.append((f"{count} {words}", jobs[key], kind))
    return sorted(found, key=lambda scene: scene[2] == "descriptors")


def latency(jobs, docs):
    """p50 to p99 of a signal's way amid a burst; a line an init and scene."""
    shown = scenes(jobs)
    names = ["direct"] + present(shown[0][1])
    lines = []
    for at, name in enumerate(names):
        for group, (_, job, _) in enumerate(shown):
            s = job[name]["took"]
            lines.append([group + (at + 1) / (len(names) + 1),
                          us(s["median"]) / 1e3, us(s["p99"]) / 1e3,
                          us(s["max"]) / 1e3])
        lines += [[], []]  # gnuplot's end of a data set
    data = table("latency", ["# x", "p50", "p99", "max"], lines)
    return gnuplot("latency", docs, data=data, groups=len(shown),
                   inits=len(names), **numbered("name", names),
                   **numbered("title", titles(names)),
                   **numbered("label", [label for label, _, _ in shown]))


def draw(results, docs):
    """{file name: what it shows}"""
    jobs = results["jobs"]
    return {
        start(jobs, docs): "start overhead",
        reaping(jobs, docs): "cost of a zombie against the burst",
        latency(jobs, docs): "signal latency in bursts",
    }
