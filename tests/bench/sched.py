#!/usr/bin/env python3
"""Who gets how much of a processor: shares, caps, latencies, bad neighbours.

Boots bench/sched as the initial domain, one processor, under -icount: every
instruction takes SHIFT's power of two nanoseconds, so the same binary gives
the same figures on any host. Then a Linux that forks without end runs beside
the same image as a domU. Exits 1 when a figure misses its goal.
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
sys.path.insert(0, os.path.join(ROOT, "tests", "boot"))
from machine import BootError, Machine, System  # noqa: E402

ARGS = ("console=com1 com1=115200,8n1 noreboot dom0_mem=64M loglvl=error")
SHIFT = 2               # 4 ns an instruction
RUN = re.compile(r"^SCHED (\w+) (\w+) (\d+) (\d+) (\d+) (\d+)$", re.M)
LATE = re.compile(r"^LATE (\w+) (\d+)$", re.M)
STATE = re.compile(r"^STATE (\d+)$", re.M)
SPAN = re.compile(r"^SPAN (\w+) (\d+)$", re.M)
CAPS = (10, 20, 30)

# Goals
SHARE_OFF = 0.03        # of its share
CAP_OFF = 0.02          # of a processor
THROUGHPUT_LOST = 0.05
LATENCY_NS = 2_000_000  # median
NEIGHBOUR_LOST = 0.04
STATE_BYTES = 20_000


def run(kernel, image, limit, log, shift):
    """Console text of one boot."""
    argv = ["qemu-system-x86_64", "-icount", f"shift={shift},sleep=off",
            "-accel", "tcg", "-cpu", "max,-smap", "-m", "256M", "-smp", "1",
            "-no-reboot", "-nodefaults", "-display", "none", "-serial",
            "stdio", "-kernel", kernel, "-append", ARGS, "-initrd", image]
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT)
    end = time.monotonic() + limit
    text = ""
    try:
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
            with open(log, encoding="ascii", errors="replace") as console:
                text = console.read().replace("\r", "")
            if "RESULT " in text or "Panic on CPU" in text:
                break
    finally:
        process.kill()
        process.wait()
    if "RESULT " not in text or " 0 errors, 0 failed" not in text:
        sys.exit(f"sched.py: the image did not finish, see {log}:\n"
                 f"{text[-1500:]}")
    return text


def fork_bomb(kernel, image, limit, log, shift):
    """Console text of Linux with the image beside a fork bomb."""
    with open(os.path.join(ROOT, "tests/boot/scenarios/lib.sh"),
              encoding="ascii") as library, \
            open(os.path.join(ROOT, "tests/bench/sched/bomb.sh"),
                 encoding="ascii") as script:
        scenario = library.read() + script.read()
    system = System(kernel, dom0="6.1", domu="6.1", toolstack=True,
                    files={"guests/sched.elf": image}, scenario=scenario)
    try:
        with Machine(system, log, devices=[
                "-icount", f"shift={shift},sleep=off"]) as running:
            running.expect(r"^dom0: scenario ended with status 0$", limit,
                           "the fork bomb's scenario")
            return running.text
    except BootError as error:
        sys.exit(f"sched.py: {error}")


class Figures:
    """What one boot measured, and the table of how it compares."""

    def __init__(self, text):
        self.runs = {}
        for name, what, _, *values in RUN.findall(text):
            self.runs.setdefault((name, what), []).append(
                [int(v) for v in values])
        self.late = {}
        for what, value in LATE.findall(text):
            self.late.setdefault(what, []).append(int(value))
        self.spans = {}
        for what, value in SPAN.findall(text):
            self.spans.setdefault(what, []).append(int(value))
        self.state = [int(v) for v in STATE.findall(text)]
        self.lines = ["| what | measured | goal | |", "|---|---|---|---|"]
        self.missed = []

    def row(self, what, measured, goal, good):
        self.lines.append(f"| {what} | {measured} | {goal} | "
                          f"{'ok' if good else '**missed**'} |")
        if not good:
            self.missed.append(what)

    def weights(self):
        for what in ("1", "256"):
            rows = self.runs.get(("weights", what))
            if not rows:
                continue
            for index, by in ((0, "time"), (1, "work")):
                total = sum(r[index] for r in rows)
                worst = max(abs(r[index] / total / (weight / 36) - 1)
                            for weight, r in enumerate(rows, 1))
                self.row(f"weights 1..8 times {what}, 30 s, by {by}: "
                         "farthest from its share", f"{worst:.2%}",
                         f"at most {SHARE_OFF:.0%}", worst <= SHARE_OFF)

    def caps(self):
        for what, caps in (("busy", CAPS), ("alone", (40,))):
            for cap, (cpu, _, elapsed) in zip(
                    caps, self.runs.get(("caps", what), [])):
                got = cpu / elapsed
                good = abs(got - cap / 100) <= CAP_OFF
                beside = "beside a hog" if what == "busy" else "alone"
                self.row(f"cap {cap} % {beside}", f"{got:.2%}",
                         f"{cap} % give or take {CAP_OFF * 100:.0f}", good)

    def throughput(self):
        one = self.runs.get(("throughput", "one"))
        many = self.runs.get(("throughput", "many"))
        if not one or not many:
            return
        rate = [sum(r[1] for r in rows) / rows[0][2] for rows in (one, many)]
        lost = 1 - rate[1] / rate[0]
        self.row("work lost with 64 domains instead of one", f"{lost:.2%}",
                 f"at most {THROUGHPUT_LOST:.0%}", lost <= THROUGHPUT_LOST)

    def latencies(self):
        for what, late in self.late.items():
            median = statistics.median(late)
            self.row(f"wake-up by {what} beside 8 hogs, median of "
                     f"{len(late)} (worst {max(late) / 1e6:.2f} ms)",
                     f"{median / 1e6:.3f} ms",
                     f"at most {LATENCY_NS / 1e6:.0f} ms",
                     median <= LATENCY_NS)

    def neighbours(self):
        """The first domain's work against that beside as many plain hogs."""
        for (name, what), rows in self.runs.items():
            base = self.runs.get(
                (name, "hog" if len(rows) == 2 else "two_hogs"))
            if name != "beside" or not base or rows is base:
                continue
            rate = [r[0][1] / r[0][2] for r in (base, rows)]
            lost = 1 - rate[1] / rate[0]
            self.row(f"beside a {what.replace('_', ' ')} ("
                     f"{rows[1][1]:,} turns): work lost against a plain hog",
                     f"{lost:.2%}", f"at most {NEIGHBOUR_LOST:.0%}",
                     lost <= NEIGHBOUR_LOST)

    def bomb(self):
        if not self.spans:
            return
        fair, bomb = (statistics.median(self.spans[what])
                      for what in ("fair", "bomb"))
        lost = 1 - bomb / fair
        self.row(f"beside a fork-bombing Linux, median of "
                 f"{len(self.spans['bomb'])} half seconds: work lost against "
                 "a plain hog", f"{lost:.2%}", f"at most {NEIGHBOUR_LOST:.0%}",
                 lost <= NEIGHBOUR_LOST)

    def sizes(self):
        for size in self.state:
            self.row("hypervisor memory of a domain with one vcpu",
                     f"{size:,} bytes", f"at most {STATE_BYTES:,}",
                     size <= STATE_BYTES)

    def table(self):
        self.weights()
        self.caps()
        self.throughput()
        self.latencies()
        self.neighbours()
        self.bomb()
        self.sizes()
        return "\n".join(self.lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--paravane", required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", default="", help="promises with this text; bomb: only Linux")
    parser.add_argument("--shift", type=int, default=SHIFT)
    parser.add_argument("--timeout", type=int, default=1800)
    options = parser.parse_args()
    image = options.image
    if options.only:
        image += f" only={options.only}"
    folder = os.path.dirname(os.path.abspath(options.out))
    text = ""
    if options.only != "bomb":
        text = run(options.paravane, image, options.timeout,
                   os.path.join(folder, "sched.log"), options.shift)
    if options.only in ("", "bomb"):
        text += fork_bomb(options.paravane, options.image, options.timeout,
                          os.path.join(folder, "sched-bomb.log"),
                          options.shift)
    figures = Figures(text)
    table = figures.table()
    with open(options.out, "w", encoding="ascii") as out:
        out.write(table + "\n")
    print(table)
    if figures.missed:
        print("missed: " + "; ".join(figures.missed))
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
