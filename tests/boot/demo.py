#!/usr/bin/env python3
"""`make run`: boot dom0 on Paravane, create the demo domU, look around.

On a terminal the user ends in dom0's shell. Without one, or with CI=true, the
whole scenario is scripted: it prints each step with its time, powers off and
exits 0, or 1 with the failing step, its cause and the log.
"""

import argparse
import os
import re
import sys
import time

import machine
from machine import BootError, Machine, System


class Steps:
    """Prints each step when it begins and the seconds it took."""

    def __init__(self):
        self.begin = time.monotonic()
        self.last = self.begin

    def done(self, text):
        now = time.monotonic()
        print(f"  {now - self.begin:6.1f} s  (+{now - self.last:.1f})  {text}",
              flush=True)
        self.last = now


def boot(running, steps):
    running.expect(r"^dom0: (\S+) up", 120, "dom0 boots to its init")
    steps.done("dom0 is up")
    running.expect(r"^dom0: ready", 60, "dom0 starts vane's daemons")
    running.expect(r"dom0# ", 30, "dom0 offers a shell")
    steps.done("dom0's daemons and shell are ready")


def listed(running, ctl, step):
    """Names in the domain list."""
    out, status = running.command(f"{ctl} list", 30, step)
    if status:
        raise running.error(step, f"exit status {status}")
    return [line.split()[0] for line in out.splitlines()[1:] if line.split()]


def expect_domains(running, ctl, step, wanted):
    names = listed(running, ctl, step)
    if sorted(names) != sorted(wanted):
        raise running.error(step, f"listed {names}, not {wanted}")


def create(running, ctl, steps):
    """Create the demo with its console attached; wait for its shell."""
    running.send(f"{ctl} create -c /etc/xen/demo.cfg\n")
    hello = running.expect(r"^domU: (Linux .*)$", 120,
                           f"{ctl} create: the demo's init runs")
    steps.done(f"{ctl} create -c /etc/xen/demo.cfg: {hello[1]}")
    running.expect(r"domU# ", 60, "the demo offers a shell")
    steps.done("the demo's shell answers on its console")


def scripted(running, ctl, steps):
    boot(running, steps)
    expect_domains(running, ctl, f"{ctl} list shows dom0", ["Domain-0"])
    steps.done(f"{ctl} list: Domain-0")
    create(running, ctl, steps)
    out, status = running.command("uname -nr", 30, "a command in the demo",
                                  prompt="domU# ")
    if status or not re.search(r"^demo \d", out, re.MULTILINE):
        raise running.error("a command in the demo", f"it said {out!r}")
    steps.done(f"uname in the demo: {out.strip()}")
    running.send("\x1d")
    running.expect(r"dom0# ", 30, "Ctrl-] leaves the demo's console")
    expect_domains(running, ctl, f"{ctl} list shows both",
                   ["Domain-0", "demo"])
    steps.done(f"{ctl} list: Domain-0 and demo")
    status = running.command(f"{ctl} destroy demo", 60, "destroy the demo")[1]
    if status:
        raise running.error(f"{ctl} destroy demo", f"exit status {status}")
    expect_domains(running, ctl, f"{ctl} list shows dom0 alone",
                   ["Domain-0"])
    steps.done(f"{ctl} destroy demo: gone from {ctl} list")
    running.send("poweroff -f\n")
    running.wait_end(60, "dom0 powers the machine off")
    steps.done("powered off")


def interactive(running, ctl, steps):
    boot(running, steps)
    create(running, ctl, steps)
    out = running.command("uname -a", 30, "a command in the demo",
                          prompt="domU# ")[0]
    print(f"\n  In the demo, uname -a: {out.strip()}\n")
    running.send("\x1d")
    running.expect(r"dom0# ", 30, "Ctrl-] leaves the demo's console")
    print("  You are in dom0's shell now:\n"
          f"    {ctl} list            what is running\n"
          f"    {ctl} console demo    the demo's shell; Ctrl-] leaves it\n"
          "    poweroff -f          leave (or Ctrl-a x, which stops QEMU)\n")
    running.send("\n")
    running.interact()
    print("\r\nThe machine is off.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="paravane")
    args = parser.parse_args()
    dom0 = os.environ.get("DOM0_KERNEL") or "6.1"
    domu = os.environ.get("DOMU_KERNEL") or "6.1"
    log = os.path.join(machine.images.BUILD, "log", "run.log")
    ctl = "xl" if args.hypervisor == "xen" else "vane"
    on_terminal = (sys.stdin.isatty() and sys.stdout.isatty()
                   and os.environ.get("CI") != "true")
    steps = Steps()
    print(f"run: dom0 Linux {dom0}, domU Linux {domu}, log {log}", flush=True)
    try:
        for kernel in (dom0, domu):
            if kernel not in machine.images.KERNELS:
                raise BootError(f"no kernel {kernel}; DOM0_KERNEL and "
                                "DOMU_KERNEL may be 6.1 or 6.12")
        system = System(args.hypervisor, dom0, domu, toolstack=True)
        with Machine(system, log) as running:
            steps.done("images are ready, the machine starts")
            (interactive if on_terminal else scripted)(running, ctl, steps)
    except BootError as error:
        print(f"run: failed\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("run: passed" if not on_terminal else "run: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
