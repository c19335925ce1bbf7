# SPDX-License-Identifier: MIT
"""checks: the part of docs/benchmarks.md on health."""

import verdict
from tables import cell, grid, share, table
from verdict import number

DAY_NS = 86400e9

COMMANDS = [
    ("hale", "**`hale --check http://…`**"),
    ("ask", "**`hale --check`**, which asks the hale that is there"),
    ("curl", "`curl -sf`"),
    ("busybox", "`busybox wget -q -O /dev/null`"),
    ("bare", "*an empty static binary*"),
]

PROBES = [
    ("probe", "hale", "`http://`"),
    ("probe.rare", "hale", "`http://`, five a second"),
    ("watch", "hale", "`http://`, two in the same second"),
    ("probe", "slow", "`http://`, answered after 20 ms"),
    ("probe", "tcp", "`tcp://`"),
]

BURDENS = [
    ("hale", "**no probe**"),
    ("answered", "answered"),
    ("hang", "without an answer"),
    ("trickle", "answered by a byte a millisecond"),
    ("flood", "answered by headers without end"),
]


def there(job, labels):
    return [(name, label) for name, label in labels if name in job]


def check(results):
    job = results["jobs"]["check"]
    columns = [("wall", "wall", "us", True), ("processor", "cpu", "us", True),
               ("at the most", "peak", "kib", True),
               ("system calls", "calls", "count", False)]
    runs = job["hale"]["wall"]["n"]
    return (f"\n### One run\n\n{runs} runs each of a check, from its start "
            "to its end, answered at once; the last row is what any process "
            "costs.\n\n"
            + table(job, columns, labels=there(job, COMMANDS)))


def engine(results):
    text = "\n### One run by the engine\n\n"
    job = results["jobs"].get("engine")
    if job is None:
        reason = results.get("left_out", {}).get("engine", "not measured")
        return text + f"Left out in this run: {reason}\n"
    columns = [("wall", "wall", "ms", True),
               ("processor, engine", "engine", "ms", True),
               ("processor, client", "client", "ms", True)]
    runs = job["hale"]["wall"]["n"]
    return (text + f"The same by `docker exec`, {runs} runs each, which is "
            "what a HEALTHCHECK of an image is, but for the client.\n\n"
            + table(job, columns, labels=there(job, COMMANDS)))


def a_day(nanoseconds):
    return f"{DAY_NS / nanoseconds / 1e6:,.0f} million"


def probe(results):
    jobs = results["jobs"]
    rows = []
    for key, name, label in PROBES:
        stats = jobs.get(key, {}).get(name)
        if stats is None:
            continue
        calls = stats.get("calls", {}).get("median")
        rows.append([label, cell(jobs[key], name, "cpu", "us", name != "hale"),
                     "–" if calls is None else number(calls),
                     a_day(stats["cpu"]["median"])])
    return ("\n### One probe in the loop\n\nA probe of hale's own, every 10 "
            "ms (25 where it waits for 20) unless it says otherwise.  What is "
            "rare is dearer: less of it is in the processor's caches, and "
            "more of it is a wake-up of its own.\n\n"
            + grid(["", "processor, µs", "system calls",
                    "on one processor, a day"], rows))


def verdict_time(results):
    job = results["jobs"]["verdict"]
    return ("\nThe server answers well and ill in turn, and looks at hale's "
            "name, which the verdict changes: from accept(2) to that, in "
            f"{job['hale']['wall']['n']} probes, it took "
            f"{cell(job, 'hale', 'wall', 'us', False)} µs, the server's part "
            "included.\n")


def watch(results):
    stats = results["jobs"]["watch"]["hale"]
    seconds = 5 if results["quick"] else 60
    rows = []
    for title, metric in (("resident, KiB", "rss"),
                          ("anonymous, KiB", "anonymous"),
                          ("proportional, KiB", "pss"),
                          ("descriptors", "descriptors")):
        rows.append([title, number(stats["early." + metric]["median"]),
                     number(stats["late." + metric]["median"]),
                     number(verdict.moved(stats, metric))])
    return ("\n### Memory\n\nhale with two probes by HTTP each second; the "
            "last column is between the least and the most that it had at any "
            "second from the 2nd on, in which it made "
            f"{stats['probes']['median']:,.0f} probes.\n\n"
            + grid(["", "after 2 s", f"after {seconds} s", "between"], rows))


def burdens(results):
    job = results["jobs"]["latency.health"]
    rows = []
    for name, label in there(job, BURDENS):
        lost = job[name].get("lost", {}).get("n", 0)
        rows.append([label] + [share(job, name, "took", p, "us")
                               for p in ("median", "p99", "max")]
                    + [f"{job[name]['took']['n']:,}"
                       + (f", {lost} lost" if lost else "")])
    return ("\n### Signal latency amid probes\n\nAs above, at rest but for a "
            "probe by HTTP every 10 ms, or as soon as the last has ended.\n\n"
            + grid(["", "p50, µs", "p99, µs", "longest, µs", "signals"],
                   rows))


PARTS = [("check", check), (None, engine), ("probe", probe),
         ("verdict", verdict_time),
         ("watch", watch), ("latency.health", burdens)]


def section(results):
    """Nothing of what was not measured, but the reason where there is one."""
    text = "".join(part(results) for key, part in PARTS
                   if key is None or key in results["jobs"])
    return "## Health\n" + text
