# SPDX-License-Identifier: MIT
"""verdict: hale's goals, reached or not, and every figure that it loses."""

import plan

PEERS = ["tini-static", "tini", "dumb-init", "catatonit", "tini-musl",
         "dumb-init-musl", "catatonit-musl"]
CHECKERS = ["curl", "busybox"]  # what health checks are made of elsewhere
NOISE = 1.02  # a peer that is no better than this is level with hale
LEVEL = 1.25  # what is to be the same is, up to this
AT_REST = 1.15  # the same, for signals at rest


def number(value):
    """Three digits, and never an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


class Figures:
    """The results, asked for by part, name, metric and p50, p99 or max."""

    def __init__(self, results):
        self.results = results

    def of(self, key, name, metric, part="median"):
        job = self.results["jobs"].get(key, {})
        return job.get(name, {}).get(metric, {}).get(part)

    def best(self, key, metric, part="median", more=False):
        """(value, name) of the best peer, or (None, "")."""
        found = [(self.of(key, name, metric, part), name)
                 for name in PEERS + CHECKERS]
        found = [f for f in found if f[0] is not None]
        return (max if more else min)(found, default=(None, ""))


def goal(what, hale, other, beside, bound, by=1):
    """A row: hale's figure is to be at most bound of the other."""
    if hale is None or not other:
        return [what, "–", beside, "–", "–", "not measured"]
    ratio = hale / other
    return [what, number(hale / by), f"{beside}: {number(other / by)}",
            share(ratio), share(bound), "yes" if ratio <= bound else "**no**"]


def share(ratio):
    return f"{ratio:.3f}" if ratio >= 0.01 or ratio == 0 else f"{ratio:.5f}"


def limit(what, value, bound):
    """A row: hale's figure is to be at most that."""
    if value is None:
        return [what, "–", "", "", number(bound), "not measured"]
    return [what, number(value), "", "", number(bound),
            "yes" if value <= bound else "**no**"]


def small_goals(f):
    static = "tini-static"
    sizes = f.results["size"]
    rows = [goal(f"start: added {words}, µs",
                 f.of("start.pid1", "hale", metric),
                 f.of("start.pid1", static, metric), static, 0.5, 1e3)
            for words, metric in (("wall", "added.wall"),
                                  ("processor", "added.cpu"))]
    rows.append(limit("resident at rest, KiB", f.of("memory", "hale", "rss"),
                      112))
    rows.append(limit("size of the file, KiB", sizes["hale"]["file"] / 1024,
                      96))
    rows.append(limit("wake-ups at rest", f.of("idle", "hale", "wakeups"), 0))
    return rows


def latency_goals(f):
    key, rest = "latency.held.8000", "latency.idle"
    rows = []
    for part, words in (("median", "p50"), ("p99", "p99")):
        other, name = f.best(rest, "took", part)
        rows.append(goal(f"{words} signal latency at rest, µs",
                         f.of(rest, "hale", "took", part), other, name,
                         AT_REST, 1e3))
    rows += [goal("first signal amid 8,000 deaths, ms",
                 f.of(key, "hale", "first"), f.of(key, "hale", "cleared"),
                 "until all are reaped", 0.1, 1e6)]
    for key, words in ((key, "8,000 deaths"),
                       ("latency.held.urgent", "the same, never without a "
                        "processor"),
                       ("latency.handed.8000", "8,000 handed over")):
        for part in "p50", "p99":
            other, name = f.best(key, "burst." + part)
            rows.append(goal(f"{part} signal latency amid {words}, ms",
                             f.of(key, "hale", "burst." + part), other, name,
                             LEVEL, 1e6))
    return rows


def stop_goals(f):
    kernel = f.of("stop", "hale", "kernel")
    return [goal(f"stop of 1,000 processes, {words}, ms",
                 f.of("stop", "hale", metric), kernel, "KILL to PID 1", 1.5,
                 1e6)
            for words, metric in (("who end on TERM", "term"),
                                  ("past the grace", "grace"))]


def reaping_goals(f):
    """Not slower than the fastest: time, so that less is better."""
    rate, name = f.best("orphans", "rate", more=True)
    mine = f.of("orphans", "hale", "rate")
    rows = [goal("an orphan among many, µs", 1e6 / mine, 1e6 / rate, name, 1)]
    for kind, words in (("held", "died at once"), ("handed", "handed over")):
        key = f"clear.{kind}"
        count = max(int(m.split(".")[1])
                    for m in f.results["jobs"][key]["hale"]
                    if m.startswith("wall."))
        metric = f"wall.{count}"
        other, name = f.best(key, metric)
        rows.append(goal(f"{count:,} {words}, until reaped, ms",
                         f.of(key, "hale", metric), other, name, 1, 1e6))
    return rows


def check_goals(f):
    http, ask = f.of("check", "hale", "wall"), f.of("check", "ask", "wall")
    return [
        goal("`hale --check http://…`, µs", http,
             f.of("check", "curl", "wall"), "curl", 0.1, 1e3),
        limit("`hale --check http://…`, KiB at the most",
              f.of("check", "hale", "peak", "max"), 100),
        goal("`hale --check`, µs", ask, http, "`--check http://…`", 1, 1e3),
    ]


def probe_goals(f):
    calls = [f.of(key, name, "calls", "max") for key, name in (
        ("probe", "hale"), ("probe", "slow"), ("probe.rare", "hale"))]
    return [
        limit("system calls of a probe by HTTP",
              max((c for c in calls if c is not None), default=None), 12),
        goal("processor time of a probe by HTTP, five a second, µs",
             f.of("probe.rare", "hale", "cpu"),
             f.of("engine", "curl", "engine"), "curl by docker exec",
             1 / 300, 1e3),
    ]


def moved(stats, metric):
    """Between the least and the most, from the second second on."""
    return stats[metric]["max"] - stats[metric]["min"]


def watch_goals(f):
    stats = f.results["jobs"].get("watch", {}).get("hale")
    return [
        limit("resident with two probes a second, KiB",
              f.of("watch", "hale", "late.rss"), 144),
        limit("the same: change after the 2nd second, KiB",
              stats and moved(stats, "rss"), 0),
        limit("the same: change of descriptors",
              stats and moved(stats, "descriptors"), 0),
    ]


def burden_goals(f):
    key = "latency.health"
    return [goal(f"p50 signal latency amid probes that {name}, µs",
                 f.of(key, name, "took"), f.of(key, "hale", "took"),
                 "no probes", LEVEL, 1e3)
            for name in ("hang", "trickle", "flood")]


def goals(results):
    f = Figures(results)
    return (small_goals(f) + latency_goals(f) + reaping_goals(f)
            + stop_goals(f) + check_goals(f) + probe_goals(f)
            + watch_goals(f) + burden_goals(f))


SCALE = {"bytes": (1024, "KiB"), "kib": (1, "KiB"), "time": (1e3, "µs"),
         "rate": (1, "/s"), "count": (1, "")}


def judged(key, metric):
    """How a metric of a part is judged: ([parts], unit), or None."""
    part = key.split(".")[0]
    if part == "latency" and key.split(".")[1] in ("held", "handed"):
        return (["median"], "time") if metric.startswith("burst.") else None
    if part == "latency":
        return (["median", "p99", "max"], "time") if metric == "took" else None
    if part == "start" and metric in ("added.wall", "added.cpu"):
        return ["median"], "time"
    if part == "memory" or metric.startswith("after."):
        return ["median"], "kib"
    if part == "check" or part == "engine" and metric != "client":
        return ["median"], {"peak": "kib", "calls": "count"}.get(metric,
                                                                 "time")
    if part == "idle" and metric != "cpu":
        return ["median"], "count"
    if part == "orphans" and metric in ("rate", "cpu"):
        return ["median"], "rate" if metric == "rate" else "time"
    return (["median"], "time") if part == "clear" else None


METRICS = {
    "took": "time to forward one", "burst.p50": "p50", "burst.p99": "p99",
    "added.wall": "added wall time", "added.cpu": "added processor time",
    "rss": "resident", "pss": "proportional", "anonymous": "anonymous",
    "rate": "reaped a second", "cpu": "processor time of one",
    "wall": "wall time", "engine": "processor time", "peak": "memory",
    "calls": "system calls", "wakeups": "wake-ups",
    "involuntary": "involuntary switches",
}
PARTS = {"median": "", "p99": ", p99", "max": ", the longest"}


def called(key, metric, part):
    """What a figure is, for people."""
    title = next(job.title for job in plan.JOBS if job.key == key)
    if metric.startswith("after."):
        title, metric = "memory after many orphans", metric[len("after."):]
    name, _, size = metric.partition(".")
    if size.isdigit():
        title += f", {int(size):,}"
        metric = name
    return f"{title}: {METRICS[metric]}{PARTS[part]}"


def overlap(a, b):
    return a["p25"] <= b["p75"] and b["p25"] <= a["p75"]


def loss(f, key, metric, part, unit):
    """A row if the best peer is better than hale, else None."""
    more = unit == "rate"
    other, name = f.best(key, metric, part, more)
    mine = f.of(key, "hale", metric, part)
    if other is None or other == mine:
        return None
    low, high = (mine, other) if more else (other, mine)
    if low * NOISE >= high:
        return None
    job = f.results["jobs"][key]
    close = part == "median" and overlap(job["hale"][metric],
                                         job[name][metric])
    by, sign = SCALE[unit]
    return [called(key, metric, part), f"{number(mine / by)} {sign}".strip(),
            f"{name}: {number(other / by)} {sign}".strip(),
            "×" + number(high / low) if low else "",
            "yes" if close else ""]


def size_loss(f):
    sizes = f.results["size"]
    mine = sizes["hale"]["file"]
    other, name = min((sizes[n]["file"], n) for n in PEERS if n in sizes)
    if other >= mine:
        return []
    return [["size of the file, without its libraries",
             number(mine / 1024) + " KiB",
             f"{name}: {number(other / 1024)} KiB",
             "×" + number(mine / other), ""]]


def losses(results):
    """Every figure in which a peer is better, with the best one."""
    f = Figures(results)
    rows = size_loss(f)
    for key, job in sorted(results["jobs"].items()):
        for metric in sorted(job["hale"]):
            parts, unit = judged(key, metric) or ([], "")
            rows += [loss(f, key, metric, part, unit) for part in parts]
    return [row for row in rows if row is not None]
