#!/usr/bin/env python3
"""Costs of a benchmark guest on Paravane beside Debian's Xen 4.17, as a table.

Runs the image (bench/mmu or bench/micro) as the initial domain on both: once under -icount,
where a TSC tick is one instruction, and several times interleaved against the
clock, of which the median counts. Exits 1 when a row is above its limit.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ROW = re.compile(r"BENCH (\w+) (\d+) (\d+)")
ARGS = ("console=com1 com1=115200,8n1 noreboot dom0_mem=256M "
        "loglvl=error spec-ctrl=off")
# Highest ratio to Xen: instructions, time.
LIMITS = {"mmu": (0.6, 0.8), "micro": (1.0, 1.0)}
LIMIT_BATCH = 150       # instructions an entry, batches of 512


def run(kernel, image, icount, limit=600):
    """{row: ticks an operation} of one boot."""
    argv = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,-smap",
            "-m", "1G", "-smp", "1", "-no-reboot", "-nodefaults",
            "-display", "none", "-serial", "stdio", "-kernel", kernel,
            "-append", ARGS, "-initrd", image]
    if icount:
        argv[1:1] = ["-icount", "shift=0,sleep=off"]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    os.set_blocking(process.stdout.fileno(), False)
    text, end = b"", time.monotonic() + limit
    try:
        while b"RESULT " not in text and time.monotonic() < end:
            if process.poll() is not None:
                break
            text += process.stdout.read() or b""
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait()
    text = text.decode("ascii", "replace")
    rows = {n: int(t) / int(k) for n, k, t in ROW.findall(text)}
    if "RESULT " not in text or " 0 errors, 0 failed" not in text:
        sys.exit(f"bench: {kernel} did not finish:\n{text[-2000:]}")
    return rows


def measure(kernels, image, rounds):
    """Instructions, and median ticks, of each kernel."""
    counts = {k: run(path, image, True) for k, path in kernels.items()}
    again = {k: run(path, image, True) for k, path in kernels.items()}
    if counts != again:
        print("note: instruction counts differed between two runs by at most "
              f"{worst_difference(counts, again):.2%}")
    times = {k: [] for k in kernels}
    for i in range(rounds):
        for k, path in kernels.items():
            times[k].append(run(path, image, False))
        print(f"bench: round {i + 1} of {rounds}", flush=True)
    medians = {k: {row: statistics.median(r[row] for r in runs)
                   for row in runs[0]} for k, runs in times.items()}
    return counts, medians


def worst_difference(one, two):
    return max(abs(one[k][r] - two[k][r]) / max(one[k][r], 1)
               for k in one for r in one[k])


def table(counts, medians, limits):
    lines = ["| operation | Paravane | Xen 4.17 | ratio | time ratio |",
             "|---|---|---|---|---|"]
    late = []
    for row, ours in counts["paravane"].items():
        xen = counts["xen"][row]
        ratio = ours / xen
        wall = medians["paravane"][row] / medians["xen"][row]
        lines.append(f"| {row} | {ours:.0f} | {xen:.0f} | {ratio:.2f} | "
                     f"{wall:.2f} |")
        if ratio > limits[0] or wall > limits[1]:
            late.append(row)
        if row.endswith("_512") and ours > LIMIT_BATCH:
            late.append(f"{row} (above {LIMIT_BATCH})")
    return lines, late


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--bench", choices=sorted(LIMITS), required=True)
    parser.add_argument("--paravane", required=True)
    parser.add_argument("--xen",
                        default=os.path.join(ROOT, "build/cache/xen/xen"))
    parser.add_argument("--image", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    counts, medians = measure({"paravane": options.paravane,
                               "xen": options.xen}, options.image,
                              options.rounds)
    lines, late = table(counts, medians, LIMITS[options.bench])
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    with open(options.out, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")
    print("Instructions an operation (-icount), and the ratio of median "
          f"times of {options.rounds} interleaved runs:")
    print("\n".join(lines))
    if late:
        print("above the limits: " + ", ".join(late))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
