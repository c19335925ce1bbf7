# SPDX-License-Identifier: MIT
"""figures: from the harness's rows to medians with their spread."""


def read_rows(text):
    """{name: {metric: [value...]}} in the order of the measurements."""
    rows = {}
    for line in text.splitlines():
        name, metric, value = line.split("\t")
        rows.setdefault(name, {}).setdefault(metric, []).append(float(value))
    return rows


def quantile(values, share):
    """Of sorted values, between two of them in proportion."""
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def summary(values):
    values = sorted(values)
    return {
        "n": len(values),
        "median": quantile(values, 0.5),
        "p25": quantile(values, 0.25),
        "p75": quantile(values, 0.75),
        "p99": quantile(values, 0.99),
        "min": values[0],
        "max": values[-1],
        "mean": sum(values) / len(values),
    }


def add_differences(rows):
    """What each adds to the bare run of the same round, as added.METRIC."""
    bare = rows.get("bare", {})
    for name, metrics in rows.items():
        if name == "bare":
            continue
        for metric in list(metrics):
            metrics["added." + metric] = [
                with_init - without for with_init, without
                in zip(metrics[metric], bare.get(metric, []))]


def summaries(rows):
    return {name: {metric: summary(values)
                   for metric, values in metrics.items() if values}
            for name, metrics in rows.items()}
