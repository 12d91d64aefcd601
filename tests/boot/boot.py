#!/usr/bin/env python3
"""Boot one system: to a pattern on its console, or to your terminal."""

import argparse
import os
import sys
import time

import machine


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--hypervisor", default="paravane",
        help="paravane, xen (Debian's 4.17) or the path of a binary")
    add("--dom0", default=os.environ.get("DOM0_KERNEL") or "6.1",
        help="6.1, 6.12 or the path of a kernel (then without initramfs)")
    add("--domu", default=os.environ.get("DOMU_KERNEL") or None,
        help="6.1 or 6.12: put the demo domU into dom0")
    add("--toolstack", action="store_true",
        help="put vane and its daemons (or Xen's) into dom0 and start them")
    add("--add", action="append", default=[], metavar="DEST=SRC",
        help="put the host's file SRC at DEST in dom0")
    add("--scenario", help="shell script for dom0 to run, then power off")
    add("--hv-args", default="", help="more hypervisor command line")
    add("--dom0-args", default="", help="more dom0 command line")
    add("--dom0-mem", default="512M")
    add("-M", "--machine", default="pc", help="pc or q35")
    add("-m", "--memory", default="2G")
    add("--cpus", type=int, default=1)
    add("--qemu", action="append", default=[], metavar="ARG",
        help="one more QEMU argument")
    add("--log", default=os.path.join(machine.images.BUILD, "log/boot.log"))
    add("--until", metavar="REGEX",
        help="stop when this appears; without it, until QEMU ends")
    add("--timeout", type=float, default=300)
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    scenario = None
    if args.scenario:
        with open(args.scenario, encoding="utf-8") as handle:
            scenario = handle.read()
    system = machine.System(
        args.hypervisor, args.dom0, args.domu, args.toolstack,
        dict(item.split("=", 1) for item in args.add), scenario,
        args.hv_args, args.dom0_args, args.dom0_mem)
    try:
        with machine.Machine(system, args.log, args.machine, args.memory,
                             args.cpus, args.qemu, echo=True) as running:
            begin = time.monotonic()
            if args.until:
                running.expect(args.until, args.timeout, "boot")
            else:
                running.wait_end(args.timeout, "boot")
    except machine.BootError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nboot: {time.monotonic() - begin:.1f} s, log {args.log}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
