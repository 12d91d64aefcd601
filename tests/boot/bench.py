#!/usr/bin/env python3
"""Paravane beside Debian's Xen 4.17 on the same QEMU, runs alternating.

Boot: QEMU's start to dom0's init. Create: `vane create -c` (`xl create -c`)
to the demo's init, the first time in a boot and the second. Memory: what the
hypervisor keeps of the machine, total - free - dom0's, from `info`.
Times are medians of --runs runs.
"""

import argparse
import os
import re
import statistics
import sys
import time

import machine
from machine import BootError, Machine, System

LIMITS = {"boot to dom0's init": 1.1, "create to domU's init": 0.8,
          "create again": 0.8, "hypervisor memory": 1.0}


def create(running, ctl, step):
    begin = time.monotonic()
    running.send(f"{ctl} create -c /etc/xen/demo.cfg\n")
    running.expect(r"^domU: Linux", 120, step)
    seconds = time.monotonic() - begin
    running.expect(r"domU# ", 60, step)
    running.send("\x1d")
    running.expect(r"dom0# ", 30, step)
    if running.command(f"{ctl} destroy demo", 60, step)[1]:
        raise running.error(step, f"{ctl} destroy failed")
    return seconds


def memory_kept(running, ctl, dom0_mib):
    out, status = running.command(f"{ctl} info", 30, "memory account")
    fields = dict(re.findall(r"^(\w+)\s*: (\d+)$", out, re.MULTILINE))
    if status or not {"total_memory", "free_memory"} <= fields.keys():
        raise running.error("memory account", f"{ctl} info said {out!r}")
    return int(fields["total_memory"]) - int(fields["free_memory"]) - dom0_mib


def measure(hypervisor, dom0, domu):
    ctl = "xl" if hypervisor == "xen" else "vane"
    system = System(hypervisor, dom0, domu, toolstack=True)
    system.initramfs()  # assembled before the clock starts
    log = os.path.join(machine.images.BUILD, "log", f"bench-{hypervisor}.log")
    with Machine(system, log) as running:
        running.expect(r"^dom0: \S+ up", 120, "dom0 boots to its init")
        boot = running.elapsed()
        running.expect(r"dom0# ", 60, "dom0 offers a shell")
        kept = memory_kept(running, ctl, 512)
        first = create(running, ctl, "first create")
        again = create(running, ctl, "second create")
        running.send("poweroff -f\n")
        running.wait_end(60, "dom0 powers the machine off")
    return {"boot to dom0's init": boot, "create to domU's init": first,
            "create again": again, "hypervisor memory": kept}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dom0", default=os.environ.get("DOM0_KERNEL")
                        or "6.1")
    parser.add_argument("--domu", default=os.environ.get("DOMU_KERNEL")
                        or "6.1")
    args = parser.parse_args()
    results = {"paravane": [], "xen": []}
    try:
        for number in range(args.runs):
            for hypervisor, runs in results.items():
                print(f"run {number + 1} of {args.runs}: {hypervisor}",
                      flush=True)
                runs.append(measure(hypervisor, args.dom0, args.domu))
    except BootError as error:
        print(f"bench: failed\n{error}", file=sys.stderr)
        return 1
    print(f"\ndom0 Linux {args.dom0}, domU Linux {args.domu}, "
          f"{machine.accelerator()}, medians of {args.runs}")
    print(f"{'':24}{'Paravane':>10}{'Xen 4.17':>10}{'ratio':>8}"
          f"{'at most':>9}")
    for row, limit in LIMITS.items():
        ours, theirs = (statistics.median(run[row] for run in results[name])
                        for name in ("paravane", "xen"))
        unit = "MiB" if row == "hypervisor memory" else "s"
        print(f"{row:24}{ours:6.1f} {unit:3}{theirs:6.1f} {unit:3}"
              f"{ours / theirs:8.2f}{limit:9.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
