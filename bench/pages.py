# SPDX-License-Identifier: MIT
"""pages: docs/benchmarks.md, from the results."""

import checks
import glance
import verdict
from tables import INITS, UNITS, cell, grid, names, share, table, times
from verdict import number


def size(results):
    sizes = results["size"]
    hale = sizes["hale"]
    rows = []
    for name, label in names(sizes, ("empty", "exec", "wait")):
        row = [label]
        for key in ("file", "image"):
            text = number(sizes[name][key] / 1024)
            if name != "hale":
                text += " **" + times(sizes[name][key], hale[key]) + "**"
            row.append(text)
        rows.append(row + [str(sizes[name]["libraries"])])
    return ("## Size\n\nThe second column is what an empty image has to hold: "
            "the file, the libraries that it names and their loader.\n\n"
            + grid(["", "file, KiB", "with libraries, KiB", "libraries"],
                   rows))


def memory(results):
    job, after = results["jobs"]["memory"], results["jobs"]["orphans"]
    count = after["hale"]["count"]["median"]
    columns = [("resident", "rss", "kib", True),
               ("anonymous", "anonymous", "kib", True),
               ("proportional", "pss", "kib", True)]
    later = [(title + " before", "before." + metric, unit, False)
             for title, metric, unit, _ in columns]
    later += [(title + " after", "after." + metric, unit, True)
              for title, metric, unit, _ in columns]
    later = [later[i] for i in (0, 3, 1, 4, 2, 5)]
    return ("## Memory\n\nThe init alone, at rest, as PID 1, from "
            "`/proc/PID/smaps_rollup`.  What a dynamic program has in "
            "proportion depends on who else uses the same libc: in a "
            "container with a libc of its own it is nearer to the resident "
            "size.\n\n" + table(job, columns, ("bare", "wait"))
            + f"\nThe same processes before and after {count:,.0f} orphans "
            "each:\n\n" + table(after, later, ("wait",)))


def start(results):
    jobs = results["jobs"]
    columns = [("added wall", "added.wall", "us", True),
               ("added processor", "added.cpu", "us", True)]
    text = ("## Start\n\nThe time from the start of `INIT PROGRAM` to its "
            "end, less the time of the bare PROGRAM in the same round.  "
            "Processor time is user and system together; the kernel splits "
            "so short a time between the two only by chance.\n\n"
            "![start overhead](start.svg)\n")
    for key, title in (
            ("start.pid1", "As PID 1 of a new namespace, an empty static "
             "PROGRAM"),
            ("start.plain", "As a plain process (tini with `-s`, as it asks "
             "for), the same PROGRAM"),
            ("start.true", "As PID 1, the system's dynamic `/bin/true`")):
        bare = jobs[key]["bare"]["wall"]["median"] / 1e3
        runs = jobs[key]["bare"]["wall"]["n"]
        text += (f"\n{title}; {runs} runs each; bare it takes "
                 f"{number(bare)} µs:\n\n"
                 + table(jobs[key], columns, ("exec", "wait")))
    return text


def split(results):
    """The mean user and system time, whose sum is exact."""
    job = results["jobs"]["start.pid1"]
    rows = [[label] + [number(job[name][m]["mean"] / 1e3)
                       for m in ("wall", "user", "system")]
            for name, label in names(job, ("bare", "exec", "wait"))]
    return ("\nThe whole of it, as PID 1, as means (the kernel gives most of "
            "a short run to one of user and system):\n\n"
            + grid(["", "wall, µs", "user, µs", "system, µs"], rows))


def idle(results):
    job = results["jobs"]["idle"]
    rows = [[label] + [number(job[name][m]["median"] / by)
                       for m, by in (("wakeups", 1), ("involuntary", 1),
                                     ("cpu", 1e3))]
            for name, label in names(job, ("wait",))]
    seconds = 3 if results["quick"] else 30
    return (f"## Idle\n\nContext switches in {seconds} s with nothing to do, "
            "PROGRAM asleep:\n\n"
            + grid(["", "wake-ups", "involuntary", "processor, µs"], rows))


SCENES = [
    ("latency.idle", "At rest"),
    ("latency.loops", "Under 8 loops in the namespace that fork orphans"),
    ("latency.held.1000", "While 1,000 processes die at once"),
    ("latency.held.8000", "While 8,000 processes die at once"),
    ("latency.held.urgent", "The same with inits that have real-time priority "
     "(`chrt -R -f 1 INIT`), so that none waits for a processor: what is left "
     "is the init's own part"),
    ("latency.handed.8000",
     "While a parent dies and leaves its 8,000 zombies to the init"),
]


def count(job, name):
    lost = job[name].get("lost", {}).get("n", 0)
    return (f"{job[name]['took']['n']:,}" + (f", {lost} lost" if lost else ""))


def scene(job, title):
    rows = [[label] + [share(job, name, "took", p, "us")
                       for p in ("median", "p99", "max")] + [count(job, name)]
            for name, label in names(job, ("direct",))]
    return f"\n{title}:\n\n" + grid(
        ["", "p50, µs", "p99, µs", "longest, µs", "signals"], rows)


def burst_scene(job, title):
    """Medians over bursts, each of which has one p50 and one p99."""
    rows = [[label] + [cell(job, name, metric, "ms", ratio)
                       for metric, ratio in (("burst.p50", True),
                                             ("burst.p99", True),
                                             ("first", False),
                                             ("cleared", False),
                                             ("waited", False))]
            + [str(job[name]["burst.p50"]["n"]), count(job, name)]
            for name, label in names(job, ("direct",))]
    return f"\n{title}:\n\n" + grid(
        ["", "p50, ms", "p99, ms", "the first signal, ms",
         "all reaped after, ms", "init without a processor, ms", "bursts",
         "signals"], rows)


def latency(results):
    text = ("## Signal latency\n\nFrom just before the sender's `kill(2)` to "
            "PROGRAM's return from `sigwaitinfo(2)`.  The sender stands "
            "outside the namespace and sends one of seven signals in turn "
            "every millisecond, whether or not the last has arrived.  In the "
            "bursts the first goes out a millisecond after the dying has "
            "begun, and the last when all are reaped.\n\n"
            "While thousands of processes die, all of them want a processor, "
            "and so does the init.  The signals that are sent while it waits "
            "for one arrive together, and there are few such waits in a burst: "
            "its p50 is decided by the scheduler more than by the init, and "
            "differs severalfold from burst to burst.  So each burst counts "
            "once: the figures are medians over the bursts of their p50 and "
            "p99, with the middle half in brackets.  Where these overlap, the "
            "run does not tell the inits apart.\n\n"
            "![signal latency in bursts](latency.svg)\n")
    for key, title in SCENES:
        job = results["jobs"].get(key)
        if job is not None:
            text += (burst_scene if "cleared" in job["hale"]
                     else scene)(job, title)
    return text


def burst(job):
    counts = sorted(int(m.split(".")[1]) for m in job["hale"]
                    if m.startswith("wall."))
    text = ""
    for metric, unit, title in (("wall", "ms", "Time until all are reaped"),
                                ("cpu", "us", "The init's own processor time "
                                 "a process")):
        columns = [(f"{n:,}", f"{metric}.{n}", unit, True) for n in counts]
        text += f"\n{title}:\n\n" + table(job, columns, ("wait",))
    return text


def reaping(results):
    jobs = results["jobs"]
    job = jobs["orphans"]
    columns = [("orphans", "rate", "rate", True),
               ("processor an orphan", "cpu", "us", True)]
    count = job["hale"]["count"]["median"]
    return (f"## Reaping\n\n{count:,.0f} orphans, made as fast as PROGRAM can "
            "(each of its children leaves ten and ends), until the last is "
            "reaped; here **more** orphans a second is better.\n\n"
            + table(job, columns, ("wait",))
            + "\n![cost of a zombie](reaping.svg)\n"
            "\n### Processes that die at once\n"
            "\nSo many processes, each an orphan with memory of its own, end "
            "in one instant.\n" + burst(jobs["clear.held"])
            + "\n### Zombies that are handed over\n"
            "\nA process with so many zombies dies itself, and the init gets "
            "them all at once.\n" + burst(jobs["clear.handed"]))


def stop(results):
    job = results["jobs"].get("stop", {})
    columns = [("KILL to PID 1", "kernel", "ms", False),
               ("TERM, who end by it", "term", "ms", False),
               ("KILL after the grace", "grace", "ms", False)]
    return ("## Stop\n\nFrom the signal to the end of a container of 1,000 "
            "processes, less the grace in the last case.  The first is what "
            "the kernel needs by itself; in the others the init has reaped "
            "them all before it ends.  Peers have no such stop.\n\n"
            + table(job, columns))


def floor(results):
    jobs, sizes = results["jobs"], results["size"]
    pid1, rest, many = jobs["start.pid1"], jobs["memory"], jobs["orphans"]

    def row(what, hale, least, unit):
        by, sign = UNITS[unit]
        return [what, f"{number(hale / by)} {sign}",
                f"{number(least / by)} {sign}", times(hale, least)]

    def medians(job, metric, least):
        return job["hale"][metric]["median"], job[least][metric]["median"]

    rows = [
        row("size: an empty static binary", sizes["hale"]["file"],
            sizes["empty"]["file"], "bytes"),
        row("size: a vfork, exec, waitpid loop", sizes["hale"]["file"],
            sizes["wait"]["file"], "bytes"),
        row("start: only an exec more", *medians(pid1, "added.wall", "exec"),
            "us"),
        row("start: a vfork, exec, waitpid loop",
            *medians(pid1, "added.wall", "wait"), "us"),
        row("resident: an empty static binary that sleeps",
            *medians(rest, "rss", "bare"), "kib"),
        row("resident: a vfork, exec, waitpid loop",
            *medians(rest, "rss", "wait"), "kib"),
        row("processor an orphan: a waitpid loop",
            *medians(many, "cpu", "wait"), "us"),
        row("a signal at rest: none between (p50)",
            *medians(jobs["latency.idle"], "took", "direct"), "us"),
    ]
    return ("## The floor\n\nHow far hale is from the least that there is: "
            "programs of a few lines, built with the same compiler, libc and "
            "options, that do nothing else.\n\n"
            + grid(["", "hale", "floor", "hale is"], rows))


METHOD = """## Method

- tini, tini-static, dumb-init and catatonit are Debian's packages; what is
  "built with musl" is the source of the same packages, built by `bench/peers`
  with the compiler, the libc and the flags of hale.
- `make bench` measures, `bench/report` writes this page.  What is timed is C
  (`bench/*.c`), without a shell or an interpreter in any timed path; medians
  and tables are Python, plots gnuplot.
- hale and its peers run in the same rounds, in another order each round, so
  that what else the machine does meets all alike.  Figures are medians with
  the middle half (p25–p75) in brackets; **×** is that figure by hale's, so
  above ×1.00 the peer needs more.  Added times are differences within a round.
- Each init is PID 1 of a new PID namespace unless it says otherwise, and runs
  one static program of ours.  It gets no option but: dumb-init `-c` (signals
  to its child only, as with the others; without it, each signal goes to every
  process of a burst), and tini `-s` where it is not PID 1.
- Processor time is the init's own, to the nanosecond, as the scheduler counts
  it; for the start it is wait4(2)'s, of the init and PROGRAM together.
- A burst is over when the init has one child left; the machine's own count of
  processes says when it is worth a look.
- Sender and PROGRAM have real-time priority in the signal latencies under load,
  so that what is measured is the init's way through the scheduler and not
  theirs.
- A check runs beside PID 1 in its namespaces, as by docker exec, but by the
  harness.  Its processor time is wait4(2)'s; its memory is read as it is about
  to end, under ptrace(2) and in runs of its own, from smaps_rollup or VmHWM,
  whichever is more: wait4(2)'s ru_maxrss also counts what the process was
  before its exec.
- The server of the checks is the harness's, in C, over loopback.
- The engine is a Docker of our own without network, in namespaces and cgroups
  of its own.  Its processor time is the kernel's counter of that cgroup
  (cpuacct.usage, or cpu.stat), before the client starts and 50 ms after it has
  ended: dockerd, containerd, its shim, runc, the check, and the server that it
  visits.  The client's is wait4(2)'s.
- Nothing is left out for being bad for hale; the list above names all of it.
"""


def setting(results):
    m, v = results["machine"], results["versions"]
    peers = ", ".join(f"{name} {v[name]}" for name in INITS
                      if name in v and not name.endswith("-musl"))
    text = (f"{m['date']}: {m['processor']}, {m['cores']} processors, "
            f"{m['memory_mib']:,} MiB, {m['architecture']}, Linux "
            f"{m['kernel']}, {m['system']}.  {peers}.  Load of the machine "
            f"when it began: {m['load']:.2f}.\n")
    if results["quick"]:
        text += ("\n**This is a quick run (`make bench-quick`): few rounds, "
                 "small bursts.  Do not quote it.**\n")
    return text


def behind(results):
    rows = verdict.losses(results)
    text = "## Where hale is behind\n\n"
    if not rows:
        return text + "Nowhere in this run.\n"
    return (text + "Every figure in which another init was better by more "
            "than 2 %, with the best of them; what is called -musl is built "
            "as hale is.\n\n"
            + grid(["figure", "hale", "best peer", "by",
                    "middle halves overlap"], rows))


def goals(results):
    """For those who work on hale; readers get the figures."""
    return ("# What the figures are to reach\n\n"
            "<!-- written by bench/report; do not edit -->\n\n"
            + setting(results) + "\n" + grid(
                ["", "hale", "beside", "ratio", "at most", "reached"],
                verdict.goals(results)))


def page(results):
    parts = [
        "# Figures\n",
        "<!-- written by bench/report; do not edit -->\n",
        setting(results),
        "## At a glance\n\n" + glance.block(results) + "\n",
        behind(results), size(results), memory(results),
        start(results) + split(results), idle(results), latency(results),
        reaping(results), stop(results), checks.section(results),
        floor(results), METHOD,
    ]
    return "\n".join(parts)
