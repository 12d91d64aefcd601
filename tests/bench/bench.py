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

import counters
import macro
import parts
import report
import results
import schema
import systems
from record import Record, Watch
from systems import images

# QUICK: within a quarter of an hour, so one macro workload of each sort.
FULL = {"rounds": 5, "counts": 2, "batch_ms": 10, "batches": 5,
        "macro_rounds": 3, "macro_counts": 2, "macro_rows": []}
QUICK = {"rounds": 3, "counts": 1, "batch_ms": 3, "batches": 2,
         "macro_rounds": 1, "macro_counts": 0,
         "macro_rows": ["xz", "compile", "sqlite_read", "nginx",
                        "fio_read_4k"]}
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
    add("--macro-rows", nargs="+", help="all, and some with --quick",
        choices=[row["name"] for row in macro.rows()])
    add("--systems", nargs="+", choices=list(systems.RUNNERS),
        default=list(systems.RUNNERS))
    add("--parts", nargs="*", choices=list(parts.PARTS),
        help="subjects of their own; none after --parts leaves all out")
    add("--paravane", help="hypervisor to measure, if not the built one")
    add("--inside", action="store_true",
        help="complete simulation too, which takes minutes; with --quick "
        "only when asked for, and always in one round only")
    add("--web-domains", type=int, default=16, metavar="N",
        help="that serve pages at once, at most; 64 take most of an hour "
        "and 8 GiB")
    add("--limit", type=int, default=900, help="seconds a boot may take")
    add("--out", default=os.path.join(images.BUILD, "bench"))
    args = parser.parse_args(argv)
    if args.web_domains < 1:
        parser.error("--web-domains: at least 1")
    preset = QUICK if args.quick else FULL
    for name in ("rounds", "counts", "macro_rounds", "macro_counts",
                 "macro_rows"):
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


def one_pass(args, record, plan, label, columns, measure=systems.measure):
    """Every system once, into `columns`: {column: result}."""
    for name in args.systems:
        watch = Watch()
        log = os.path.join(images.BUILD, "log", f"bench-{name}-{label}.log")
        found = measure(name, plan, log)
        told = [f"{column} {len(result['rows'])} rows"
                if result["rows"] else f"{column}: {result.get('why')}"
                for column, result in found.items()]
        print(f"bench: {label}, {name}: {', '.join(told)} {watch}",
              flush=True)
        columns.update(found)
        for column, result in found.items():
            if not result["rows"] and not result.get("left_out"):
                record.fail(f"{label}, {column}", result.get("why"))


def pass_steps(args, record, kind, plans, measure):
    """[(title, function)]: the rounds, then the runs that count.

    plans  of the first round, of the others, of the counts
    """
    first, timed, counted = plans
    mark = "" if kind == "micro" else f"{kind}-"
    rounds, counts = ((args.rounds, args.counts) if kind == "micro"
                      else (args.macro_rounds, args.macro_counts))

    def step(label, plan, into):
        def work():
            columns = {}
            into.append(columns)
            one_pass(args, record, plan, label, columns, measure)
        return label, work

    of_kind = record.passes[kind]
    return [step(f"{mark}round-{i + 1}", timed if i else first, of_kind[0])
            for i in range(rounds)] + \
        [step(f"{mark}count-{i + 1}", counted, of_kind[1])
         for i in range(counts)]


def micro_steps(args, record):
    options = {"limit": args.limit, "paravane": args.paravane}
    timed = systems.Plan(args.suite, **options)
    first = timed
    if args.inside or not args.quick:
        first = systems.Plan(args.suite, inside=True, **options)
    counted = systems.Plan("-c -f", icount=True, **options)
    steps = pass_steps(args, record, "micro", (first, timed, counted),
                       systems.measure)
    if args.counts and "paravane" in args.systems:
        steps.append(("counters", lambda: count_into(
            record, *counters.measure(
                [row["name"] for row in record.rows
                 if row["kind"] == "micro"],
                args.paravane, args.limit, counters.log_path()))))
    return steps


def macro_steps(args, record):
    """As micro_steps(); instructions are always counted in short runs."""
    if args.macro_rounds + args.macro_counts == 0:
        return []
    options = {"limit": args.limit, "paravane": args.paravane}
    timed = macro.Plan(args.macro, **options)
    counted = macro.Plan(" ".join(["-c", "-s"] + args.macro_rows),
                         icount=True, **options)
    steps = pass_steps(args, record, "macro", (timed, timed, counted),
                       macro.measure)
    if args.macro_counts and "paravane" in args.systems:
        log = os.path.join(images.BUILD, "log", "bench-macro-counters.log")
        steps.append(("macro-counters", lambda: count_into(
            record, *macro.counters_of(args.macro_rows, args.paravane,
                                       args.limit, log))))
    return steps


def count_into(record, found, why):
    """Counters of Paravane, or why there are none."""
    record.counters.update(found)
    if why:
        record.fail("counters", why)
    return f"{len(found)} rows"


def part_steps(args, record):
    def step(name):
        def work():
            setting = parts.Setting(args.quick, args.paravane, args.limit,
                                    lambda what, why: record.fail(
                                        f"{name}, {what}", why),
                                    args.web_domains)
            made = parts.PARTS[name][0](setting)
            record.tables.extend(made)
            return f"{sum(len(table['rows']) for table in made)} rows"
        return name, work
    return [step(name) for name in args.parts]


def rows_of(args):
    """Those that the selection measures; results.json is never without."""
    rows = []
    if args.macro_rounds + args.macro_counts:
        rows = [row for row in macro.rows()
                if not args.macro_rows or row["name"] in args.macro_rows]
    if args.rounds + args.counts or not rows:
        rows = results.suite_rows() + rows
    return rows


def main(argv):
    args = parse(argv)
    os.makedirs(args.out, exist_ok=True)
    os.makedirs(os.path.join(images.BUILD, "log"), exist_ok=True)
    columns = [c for c in systems.COLUMNS if any(
        c in systems.RUNNERS[name][1] for name in args.systems)]
    meta = {"quick": args.quick, "environment": results.environment(),
            "commands": ["make bench" + (" QUICK=1" if args.quick else ""),
                         f"suite {args.suite}", "suite -c -f (-icount)",
                         f"macro/run {args.macro}", "macro/run -c -s "
                         "(-icount)"]}
    record = Record(rows_of(args), columns, meta, args.out)
    record.run(micro_steps(args, record) + macro_steps(args, record) +
               part_steps(args, record))
    done = record.save()
    print(report.text(done))
    print(f"bench: {args.out}/report.html, results.json, summary.txt")
    return record.status(done)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (images.ImageError, report.ReportError, OSError,
            subprocess.CalledProcessError) as error:
        sys.exit(f"bench: {error}")
