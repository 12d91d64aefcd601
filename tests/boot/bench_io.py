#!/usr/bin/env python3
"""Disks and networks of a domU beside Debian's Xen 4.17, `make bench-io`.

    bench_io.py [--rounds N] [--times N] [--seconds N] [--icount SHIFT]
                [--paravane BINARY] [--only paravane|xen] [--hv-args LINE]
                [ROW...]

The same kernels, images and tools (vane) on both hypervisors and the same QEMU,
round by round. A row is the median over the rounds; "ratio" is the median of
ours over Xen's in the same round, in brackets their least and greatest.
"""

import argparse
import os
import statistics
import sys

import iotests
from machine import BootError, Machine, System, images
from suite import Context

LESS_IS_BETTER = ("ping", "interrupts", "back_", "front_", "hypercalls")


def our_tools():
    """The files of vane's archive, to run on Xen as well."""
    files = {"usr/sbin/" + name: os.path.join(images.BUILD, "tools", name)
             for name in images.TOOLS}
    starter = os.path.join(images.HERE, "start-vane")
    with open(starter, "rb") as handle:
        files["etc/start-toolstack"] = handle.read()
    return files


def tracing_tools():
    """Xen counts hypercalls nowhere; its tracing tools show each of them."""
    xen = os.path.join(images.CACHE, "xen")
    programs = {
        "usr/sbin/xentrace": os.path.join(xen, "usr/lib/xen-4.17/bin/xentrace"),
        "usr/sbin/xenalyze": os.path.join(xen, "usr/bin/xenalyze")}
    files = dict(programs)
    for program in programs.values():
        files.update(images.libraries_of(
            program, os.path.join(xen, "usr/lib/x86_64-linux-gnu")))
    return files


def measure(hypervisor, binary, args):
    """One boot; {row: (median of the times, unit)}."""
    files = dict(our_tools(), **iotests.programs_of_the_host("iperf3"))
    seconds = args.seconds or (1 if args.icount == 0 else 10)
    files["seconds"] = str(seconds).encode()
    files["times"] = " ".join(map(str, range(args.times))).encode()
    files["rows"] = "".join(row + "\n" for row in args.rows).encode()
    files["boot/guest-tools.cpio"] = iotests.archive_of("fio", "iperf3")
    if hypervisor == "xen":
        images.fetch("xen")
        files.update(tracing_tools())
    log = os.path.join(images.BUILD, "log", f"bench-io-{hypervisor}.log")
    rows, units = {}, {}
    system = System(binary, dom0="6.1", domu="6.1", files=files,
                    scenario=Context.scenario_text("bench-io.sh"),
                    dom0_mem="900M",
                    hv_args=args.hv_args if hypervisor == "paravane" else "")
    devices = []
    if args.icount is not None:
        devices = ["-icount", f"shift={args.icount},sleep=off"]
    with Machine(system, log, memory="2G", devices=devices) as m:
        while True:
            match = m.expect(
                r"^BENCH (\S+) (\S*) (\S+)\n|^FAIL (.*)\n|"
                r"^dom0: scenario ended with status (\d+)\n", 1200,
                f"the benchmark on {hypervisor}")
            if match[4]:
                raise m.error("the benchmark", match[4])
            if match[5]:
                return {row: (statistics.median(values), units[row])
                        for row, values in rows.items()}
            if not match[2]:
                raise m.error("the benchmark", f"no value of {match[1]}")
            row = match[1].rsplit(".", 1)[0]
            rows.setdefault(row, []).append(float(match[2]))
            units[row] = match[3]
            print(f"  {hypervisor}: {match[1]} {match[2]} {match[3]}",
                  flush=True)


def line(row, unit, ours, xens):
    """One of the table: medians, the ratios' range where there are several."""
    def median(of):
        return f"{statistics.median(of):12.3f}" if of else f"{'-':>12}"

    ratios = [o / x for o, x in zip(ours, xens) if x]
    ratio, spread = f"{'-':>7}", ""
    if ratios:
        ratio = f"{statistics.median(ratios):7.2f}"
    if len(ratios) > 1:
        spread = f" ({min(ratios):.2f}..{max(ratios):.2f})"
    better = "less" if row.startswith(LESS_IS_BETTER) else "more"
    return (f"{row:38} {median(ours)} {median(xens)} {ratio}{spread}  "
            f"{unit}, {better} is better")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, metavar="N",
                        help="each is a boot of both; rows of one differ by "
                        "some percent from run to run")
    parser.add_argument("--times", type=int, default=1, metavar="N",
                        help="each row in a boot, whose median counts: less "
                        "to wait for than rounds")
    parser.add_argument("--seconds", type=int, metavar="N",
                        help="of each throughput, 10 or with --icount 0: 1")
    parser.add_argument("--paravane", default="paravane",
                        help="binary of the hypervisor")
    parser.add_argument("--icount", type=int, metavar="SHIFT",
                        help="time is instructions, each of 2^SHIFT ns: a busy "
                        "host changes nothing. With 3 time goes by as on an "
                        "idle host; with 0 rows take one such second")
    parser.add_argument("--hv-args", default="",
                        help="more command line for Paravane")
    parser.add_argument("--only", choices=("paravane", "xen"))
    parser.add_argument("rows", nargs="*",
                        help="such as read_4k_32 to_dom0; all without any")
    args = parser.parse_args()
    values = {"paravane": {}, "xen": {}}
    binaries = {"paravane": args.paravane, "xen": "xen"}
    units = {}
    try:
        for _ in range(args.rounds):
            for hypervisor, rows in values.items():
                if args.only and hypervisor != args.only:
                    continue
                for row, (value, unit) in measure(
                        hypervisor, binaries[hypervisor],
                        args).items():
                    rows.setdefault(row, []).append(value)
                    units[row] = unit
    except BootError as error:
        print(f"bench-io: failed\n{error}", file=sys.stderr)
        return 1
    print(f"{'row':38} {'paravane':>12} {'xen 4.17':>12} {'ratio':>7}")
    for row, unit in units.items():
        print(line(row, unit, values["paravane"].get(row, []),
                   values["xen"].get(row, [])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
