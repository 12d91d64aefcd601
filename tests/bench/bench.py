#!/usr/bin/env python3
"""Compare paravirtualization with full virtualization and with no hypervisor.

Boots native Linux, Paravane (dom0 and domU), Debian's Xen 4.17 (dom0 and domU)
and KVM inside QEMU (nested and shadow paging), one after the other, round
after round, and runs the same micro suite in each, then the same macro
workloads; both once or twice more under -icount, where a tick of the time
stamp counter is an instruction.
Results: report.html, results.json and summary.txt in build/bench.
"""

import argparse
import os
import subprocess
import sys
import time

import counters
import macro
import parts
import report
import results
import schema
import systems
from systems import images

# QUICK: three rounds and one count, within a quarter of an hour.
FULL = {"rounds": 5, "counts": 2, "batch_ms": 10, "batches": 5,
        "macro_rounds": 3, "macro_counts": 2}
QUICK = {"rounds": 3, "counts": 1, "batch_ms": 3, "batches": 2,
         "macro_rounds": 1, "macro_counts": 0}
KINDS = ("micro", "macro", "parts")


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="at most 15 minutes")
    add("--rounds", type=int, help="rounds against the clock")
    add("--counts", type=int, help="runs that count instructions")
    add("--macro-rounds", type=int, help="of the macro workloads")
    add("--macro-counts", type=int, help="of the macro workloads")
    add("--only", choices=KINDS, help="rows of one kind")
    add("--macro-rows", nargs="+", default=[], help="all without any",
        choices=[row["name"] for row in macro.rows()])
    add("--systems", nargs="+", choices=list(systems.RUNNERS),
        default=list(systems.RUNNERS))
    add("--parts", nargs="*", choices=list(parts.PARTS),
        help="subjects of their own; none after --parts leaves all out")
    add("--paravane", help="hypervisor to measure, if not the built one")
    add("--inside", action="store_true",
        help="complete simulation too, which takes minutes; with --quick "
        "only when asked for, and always in one round only")
    add("--limit", type=int, default=900, help="seconds a boot may take")
    add("--out", default=os.path.join(images.BUILD, "bench"))
    args = parser.parse_args(argv)
    preset = QUICK if args.quick else FULL
    for name in ("rounds", "counts", "macro_rounds", "macro_counts"):
        if getattr(args, name) is None:
            setattr(args, name, preset[name])
    if args.only in ("macro", "parts"):
        args.rounds = args.counts = 0
    if args.only in ("micro", "parts"):
        args.macro_rounds = args.macro_counts = 0
    if args.parts is None:
        args.parts = [] if args.only in ("micro", "macro") \
            else parts.usual(args.quick)
    if args.counts + args.macro_counts and \
            systems.machine.accelerator() != "tcg":
        print("bench: no instruction counts with hardware virtualization")
        args.counts = args.macro_counts = 0
    args.suite = f"-t {preset['batch_ms']} -b {preset['batches']}"
    args.macro = " ".join((["-s"] if args.quick else []) + args.macro_rows)
    if args.rounds + args.counts + args.macro_rounds + args.macro_counts < 1 \
            and not args.parts:
        parser.error("nothing to do with no rounds and no counts")
    return args


def one_pass(args, plan, label, measure=systems.measure):
    """Every system once: {column: result}."""
    columns = {}
    for name in args.systems:
        begin = time.monotonic()
        log = os.path.join(images.BUILD, "log", f"bench-{name}-{label}.log")
        found = measure(name, plan, log)
        told = [f"{column} {len(result['rows'])} rows"
                if result["rows"] else f"{column}: {result.get('why')}"
                for column, result in found.items()]
        print(f"bench: {label}, {name}: {', '.join(told)} "
              f"({time.monotonic() - begin:.0f} s)", flush=True)
        columns.update(found)
    return columns


def run_all(args):
    timed = systems.Plan(args.suite, limit=args.limit,
                         paravane=args.paravane)
    first = timed
    if args.inside or not args.quick:
        first = systems.Plan(args.suite, limit=3 * args.limit,
                             paravane=args.paravane, inside=True)
    counted = systems.Plan("-c -f", icount=True, limit=args.limit,
                           paravane=args.paravane)
    rounds = [one_pass(args, timed if i else first, f"round-{i + 1}")
              for i in range(args.rounds)]
    counts = [one_pass(args, counted, f"count-{i + 1}")
              for i in range(args.counts)]
    return rounds, counts


def run_macro(args):
    """As run_all(); instructions are always counted in short runs."""
    if args.only == "micro":
        return [], []
    options = {"limit": args.limit, "paravane": args.paravane}
    timed = macro.Plan(args.macro, **options)
    counted = macro.Plan(" ".join(["-c", "-s"] + args.macro_rows),
                         icount=True, **options)
    rounds = [one_pass(args, timed, f"macro-round-{i + 1}", macro.measure)
              for i in range(args.macro_rounds)]
    counts = [one_pass(args, counted, f"macro-count-{i + 1}", macro.measure)
              for i in range(args.macro_counts)]
    return rounds, counts


def count_operations(args, rows):
    """Counters of Paravane, when it is among the systems."""
    if "paravane" not in args.systems:
        return {}
    begin = time.monotonic()
    found, reasons = {}, []
    if args.counts:
        found, why = counters.measure(
            [row["name"] for row in rows if row["kind"] == "micro"],
            args.paravane, args.limit, counters.log_path())
        reasons.append(why)
    if args.macro_counts:
        more, why = macro.counters_of(
            args.macro_rows, args.paravane, args.limit,
            os.path.join(images.BUILD, "log", "bench-macro-counters.log"))
        found.update(more)
        reasons.append(why)
    print(f"bench: counters of {len(found)} rows {' '.join(reasons)}"
          f"({time.monotonic() - begin:.0f} s)", flush=True)
    return found


def rows_of(args):
    """Those that the selection measures."""
    rows = []
    if args.only != "macro":
        rows += results.suite_rows()
    if args.only != "micro":
        rows += [row for row in macro.rows()
                 if not args.macro_rows or row["name"] in args.macro_rows]
    return rows


def main(argv):
    args = parse(argv)
    os.makedirs(args.out, exist_ok=True)
    os.makedirs(os.path.join(images.BUILD, "log"), exist_ok=True)
    environment = results.environment()
    begin = time.monotonic()
    rows = rows_of(args)
    passes = {"micro": run_all(args), "macro": run_macro(args)}
    passes = {kind: runs for kind, runs in passes.items() if any(runs)} \
        or {"micro": ([], [])}
    rows = [row for row in rows if row["kind"] in passes]
    counted = count_operations(args, rows)
    tables, failed = parts.run(args.parts, parts.Setting(
        args.quick, args.paravane, args.limit))
    environment["load_after"] = os.getloadavg()[0]
    environment["minutes"] = round((time.monotonic() - begin) / 60, 1)
    columns = [c for c in systems.COLUMNS if any(
        c in systems.RUNNERS[name][1] for name in args.systems)]
    meta = {"quick": args.quick, "environment": environment,
            "commands": ["make bench" + (" QUICK=1" if args.quick else ""),
                         f"suite {args.suite}", "suite -c -f (-icount)",
                         f"macro/run {args.macro}", "macro/run -c -s "
                         "(-icount)"]}
    done = results.assemble(rows, passes, columns, meta, counted)
    done.update(tables=tables, failed=failed)
    wrong = schema.check(done)
    results.write(done, os.path.join(args.out, "results.json"))
    for line in wrong:
        print(f"bench: results.json breaks its schema: {line}")
    report.write(done, args.out)
    print(report.text(done))
    print(f"bench: {args.out}/report.html, results.json, summary.txt")
    measured = any(row["time"] or row["instructions"] for row in done["rows"])
    return int(bool(wrong or failed) or not (measured or tables))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (images.ImageError, report.ReportError, OSError,
            subprocess.CalledProcessError) as error:
        sys.exit(f"bench: {error}")
