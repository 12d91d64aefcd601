#!/usr/bin/env python3
"""Compare instruction counts of the micro suite on Paravane with a baseline.

Boots dom0 and a domU under -icount and fails when an operation executes more
than 3 percent more instructions than baseline.json says, when a row is gone,
or when the baseline knows nothing of it. --update writes the baseline anew,
for commits that say why counts changed.
"""

import argparse
import json
import os
import sys

import systems
from systems import images

HERE = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(HERE, "baseline.json")
GROWTH = 0.03
PATCHED = "paravane-patched"
# Asleep most of the time: counts how long, not how much was executed.
NOT_CHECKED = ("timer_late",)


def count(paravane, limit):
    """{column: {row: instructions}} and the causes of what is missing.

    The patched guest is looked at where its kernel has been built.
    """
    plan = systems.Plan("-c -f", icount=True, limit=limit, paravane=paravane)
    log = os.path.join(images.BUILD, "log", "bench-check.log")
    found = systems.measure("paravane", plan, log)
    if not systems.patched_kernel():
        del found[PATCHED]
    rows = {column: {row: round(value, 1) for row, value in
                     result["rows"].items() if row not in NOT_CHECKED}
            for column, result in found.items()}
    causes = [f"{column}: {result['why']}" for column, result in
              found.items() if "why" in result]
    causes += [f"{column} {row}: {why}" for column, result in found.items()
               for row, why in result["skip"].items()]
    return rows, causes


def compare(baseline, rows):
    """(lines of all that grew or is missing, lines of what shrank)"""
    bad, good = [], []
    for column, known in baseline.items():
        have = rows.get(column, {})
        for row, before in known.items():
            if row not in have:
                bad.append(f"{column} {row}: in the baseline, not measured")
                continue
            change = have[row] / before - 1
            line = f"{column} {row}: {before:.0f} -> {have[row]:.0f} " \
                   f"({change:+.1%})"
            if change > GROWTH:
                bad.append(line)
            elif change < -GROWTH:
                good.append(line)
        bad += [f"{column} {row}: not in the baseline; add it with "
                "make bench-check BENCH_ARGS=--update"
                for row in have if row not in known]
    return bad, good


def save(rows):
    with open(BASELINE, "w", encoding="ascii") as out:
        json.dump({"qemu_cpu": systems.CPU, "kernel": systems.KERNEL,
                   "columns": rows}, out, indent=1)
        out.write("\n")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--paravane")
    parser.add_argument("--limit", type=int, default=900)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args(argv)
    os.makedirs(os.path.join(images.BUILD, "log"), exist_ok=True)
    rows, causes = count(args.paravane, args.limit)
    if causes:
        print("bench-check: could not measure:\n  " + "\n  ".join(causes))
        return 1
    if args.update:
        save(rows)
        print(f"bench-check: wrote {BASELINE}")
        return 0
    with open(BASELINE, encoding="ascii") as handle:
        baseline = json.load(handle)
    if baseline["qemu_cpu"] != systems.CPU:
        print(f"bench-check: the baseline is for -cpu "
              f"{baseline['qemu_cpu']}; write it anew with --update")
        return 1
    if PATCHED not in rows:
        print("bench-check: no patched kernel (make guest-kernel): "
              "its rows are left out")
        baseline["columns"].pop(PATCHED, None)
    bad, good = compare(baseline["columns"], rows)
    for line in good:
        print("  less: " + line)
    for line in bad:
        print("  FAIL: " + line)
    checked = sum(map(len, rows.values()))
    print(f"bench-check: {checked} rows, {len(bad)} failed "
          f"(growth above {GROWTH:.0%})")
    return int(bool(bad))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (images.ImageError, OSError, ValueError) as error:
        sys.exit(f"bench-check: {error}")
