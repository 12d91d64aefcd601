"""From the rows of many boots to results.json.

Times are medians over interleaved rounds, with minimum and maximum. A ratio
is taken within each round first, so that what slows the whole machine for a
while slows both sides of it, and its median is told.
"""

import datetime
import json
import math
import os
import platform
import re
import statistics
import subprocess

import systems

HERE = os.path.dirname(os.path.abspath(__file__))
ROW = re.compile(r"^ROW (\w+) (\w+) \d+ (.*)$")
PAIRS = [("paravane-dom0", "xen-dom0"), ("paravane-domu", "xen-domu"),
         ("paravane-patched", "xen-domu"),
         ("paravane-patched", "xen-patched"),
         ("paravane-domu", "native"), ("xen-domu", "native"),
         ("paravane-domu", "kvm-npt"), ("paravane-domu", "kvm-shadow")]
UNITS = {"bandwidth": "ns/MiB"}
# Sleeping is no work: its rows have no place in a mean of costs.
NOT_IN_MEAN = ("timer_late",)


def suite_rows():
    """[{name, group, meaning, unit}] as the suite itself tells them."""
    out = subprocess.run([systems.suite_path(), "-l"], check=True,
                         capture_output=True, text=True).stdout
    rows = []
    for line in out.splitlines():
        name, group, meaning = ROW.match(line).groups()
        rows.append({"name": name, "group": group, "meaning": meaning,
                     "kind": "micro",
                     "unit": UNITS.get(group, "ns")})
    return rows


def kind_of(row):
    return row.get("kind", "micro")


def spread(values):
    return {"median": statistics.median(values), "min": min(values),
            "max": max(values), "runs": values}


def ratio_of(rounds, ours, theirs, row):
    """Spread of the per-round ratios, or None."""
    found = []
    for columns in rounds:
        a = columns.get(ours, {}).get("rows", {}).get(row)
        b = columns.get(theirs, {}).get("rows", {}).get(row)
        if a and b:
            found.append(a / b)
    return spread(found) if found else None


def why_missing(rounds, column, row):
    for columns in rounds:
        result = columns.get(column)
        if result and row in result["skip"]:
            return result["skip"][row]
        if result and result.get("why"):
            return result["why"]
    if not any(column in columns for columns in rounds):
        return "not run in this selection"
    return "the row did not appear"


def row_result(row, rounds, counts, columns):
    """One row over all columns."""
    time, instructions, why = {}, {}, {}
    for column in columns:
        values = [r[column]["rows"][row["name"]] for r in rounds
                  if row["name"] in r.get(column, {}).get("rows", {})]
        if values:
            time[column] = spread(values)
        elif rounds:
            why[column] = why_missing(rounds, column, row["name"])
        seen = [c[column]["rows"][row["name"]] for c in counts
                if row["name"] in c.get(column, {}).get("rows", {})]
        if seen:
            instructions[column] = {
                "count": seen[0], "runs": seen,
                "difference": (max(seen) - min(seen)) / max(min(seen), 1)}
        elif counts and column not in why:
            why[column + " instructions"] = why_missing(counts, column,
                                                        row["name"])
    ratios = {}
    for ours, theirs in PAIRS:
        entry = {}
        found = ratio_of(rounds, ours, theirs, row["name"])
        if found:
            entry["time"] = found
        if ours in instructions and theirs in instructions:
            entry["instructions"] = (instructions[ours]["count"] /
                                     instructions[theirs]["count"])
        if entry:
            ratios[f"{ours}/{theirs}"] = entry
    return dict(row, time=time, instructions=instructions, ratios=ratios,
                why=why)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def compared(rows, pair, measure):
    """What the rows of one kind say about a pair, or None."""
    found = {}
    for row in rows:
        ratio = row["ratios"].get(pair, {}).get(measure)
        if ratio is not None and row["name"] not in NOT_IN_MEAN:
            found[row["name"]] = (ratio["median"] if measure == "time"
                                  else ratio)
    if not found:
        return None
    return {"geometric_mean": geometric_mean(found.values()),
            "rows": len(found),
            "above_one": {name: value for name, value in sorted(
                found.items(), key=lambda item: -item[1]) if value > 1.0}}


def summarize(rows):
    """{pair: geometric means, and the rows where ours costs more}.

    Rows that are not micro rows are told apart: "macro, time"."""
    kinds = {}
    for row in rows:
        kinds.setdefault(kind_of(row), []).append(row)
    summary = {}
    for ours, theirs in PAIRS:
        pair = f"{ours}/{theirs}"
        entry = {}
        for kind, of_kind in kinds.items():
            for measure in ("time", "instructions"):
                found = compared(of_kind, pair, measure)
                if found:
                    entry[measure if kind == "micro"
                          else f"{kind}, {measure}"] = found
        if entry:
            summary[pair] = entry
    return summary


def line_of(argv):
    try:
        out = subprocess.run(argv, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return (out.stdout.strip().splitlines() or ["unknown"])[0]


def host_cpu():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        match = re.search(r"^model name\s*: (.*)$", info.read(), re.MULTILINE)
    return match[1] if match else platform.machine()


def environment():
    return {
        "host_cpu": host_cpu(),
        "host_cpus": os.cpu_count(),
        "host_kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "qemu": line_of([systems.QEMU, "--version"]),
        "accelerator": systems.machine.accelerator(),
        "qemu_cpu": systems.CPU,
        "icount": " ".join(systems.ICOUNT),
        "memory_mib": systems.MEMORY,
        "vcpus": 1,
        "kernel_line": systems.LINE,
        "paravane": line_of(["git", "-C", HERE, "describe", "--always",
                             "--dirty"]),
        "compiler": line_of(["gcc", "--version"]),
    }


def describe(column, results):
    """What one column ran on, with "why" if it has no row at all."""
    found = [r[column] for r in results if column in r]
    entry = {"name": column, "title": systems.COLUMNS[column],
             "info": next((f["info"] for f in found if f["info"]), {})}
    why = [f["why"] for f in found if f.get("why")]
    if why and not any(f["rows"] for f in found):
        entry["why"] = why[0]
    return entry


def assemble(rows, passes, columns, meta, counters=None):
    """Everything that results.json says.

    passes: {kind of row: (rounds against the clock, runs under -icount)}
    """
    done = [row_result(row, *passes[kind_of(row)], columns) for row in rows]
    every = [r for rounds, counts in passes.values() for r in rounds + counts]
    described = [describe(column, every) for column in columns]
    passes = {kind: {"rounds": len(rounds), "instruction_runs": len(counts)}
              for kind, (rounds, counts) in passes.items()}
    most = {key: max(p[key] for p in passes.values())
            for key in ("rounds", "instruction_runs")}
    return dict(meta, schema=1,
                made=datetime.datetime.now(datetime.timezone.utc)
                .isoformat(timespec="seconds"),
                **most, passes=passes, columns=described, rows=done,
                summary=summarize(done), counters=counters or {})


def replace(path, text):
    """The file is the old one or the new one, never half of it."""
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(path + ".new", path)


def write(results, path):
    replace(path, json.dumps(results, indent=1) + "\n")
