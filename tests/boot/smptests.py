#!/usr/bin/env python3
"""Domains on several processors, `make test-smp`.

    smptests.py [--list] [--jobs N] [WORD...]

As suite.py.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import suite
from suite import Skip, promise

suite.TESTS.clear()


@promise(400, "two_processors_run_domains_at_once", cpus=2)
@promise(400, "four_processors_run_domains_at_once", cpus=4)
@promise(900, "eight_processors_run_domains_at_once", cpus=8)
def processors_run_domains_at_once(context, cpus):
    context.run_scenario("smp.sh", {"cpus": cpus}, dom0="6.1", domu="6.12",
                         toolstack=True)


@promise(1200, "eight_vcpus_come_and_go_beside_disk_io", cpus=4)
def domains_come_and_go(context, cpus):
    context.run_scenario("churn.sh", {"cpus": cpus, "memory": "2G"},
                         dom0="6.1", domu="6.1", toolstack=True)


@promise(240, "domu_with_two_vcpus_on_two_pcpus", pcpus=2)
def domu_on_two_pcpus(context, pcpus):
    suite.domu_with_two_vcpus(context, pcpus)


@promise(300, ours_only=True)
def maxcpus_and_nosmp_are_obeyed(context):
    for arguments, used in (("maxcpus=3", 3), ("maxcpus=0", 1), ("nosmp", 1),
                            ("maxcpus=9", 4), ("", 4)):
        system = context.system(dom0="6.1", hv_args=arguments)
        with context.machine(system, cpus=4) as running:
            running.expect(rf"^\(XEN\) CPUs: {used} of 4 in use$", 60,
                           f"start with '{arguments}'")


@promise(600, ours_only=True)
def clocks_that_differ_are_mended_or_not_used(context):
    """QEMU's never differ, so a debug option has newcomers read another."""
    for skew, said, used in (
            ("1000000,msr", "adjusted", 3),
            ("0xfffffffffff00000,msr", "adjusted", 3),
            ("1000000", "which cannot be mended: CPU not used", 1)):
        system = context.system(dom0="6.1", hv_args=f"tsc_skew={skew}")
        with context.machine(system, cpus=3) as running:
            for _ in (1, 2):
                running.expect(rf"^\(XEN\) CPU [12]: TSC differs by "
                               rf"\d+ ticks, {said}$", 60, skew)
            running.expect(rf"^\(XEN\) CPUs: {used} of 3 in use$", 60, skew)
            running.expect("^dom0: ready", 300, "dom0 boots")


@promise(600, ours_only=True)
def stuck_processor_is_told_and_ends_the_machine(context):
    """gdb takes the lock of the serial line, for ever; it also looks at a guard."""
    symbols = os.path.join(suite.machine.images.BUILD, "paravane.elf")
    if not shutil.which("gdb"):
        raise Skip("no gdb")
    with tempfile.TemporaryDirectory() as directory:
        stub = os.path.join(directory, "gdb")
        with context.machine(
                context.system(dom0="6.1"), cpus=2,
                devices=["-gdb", f"unix:{stub},server=on,wait=off"]) as running:
            running.panic_expected = True
            running.expect("^dom0: ready", 300, "dom0 boots")
            done = subprocess.run(
                ["gdb", "-batch", "-ex", f"target remote {stub}",
                 "-ex", "p/x *(char *)(pcpus[1]->stack + 5 * 4096) + 0x7000",
                 "-ex", "p/x *(char *)(pcpus[1]->stack + 4 * 4096) + 0x8000",
                 "-ex", "set var descs[4].lock.held = 1", "-ex", "detach",
                 symbols], capture_output=True, text=True, timeout=120,
                check=True)
            if "= 0x7" not in done.stdout or "= 0x8" in done.stdout or \
                    "Cannot access memory" not in done.stderr:
                raise running.error("the guard page of a stack",
                                    done.stdout + done.stderr)
            running.send("\n")
            running.expect(r"CPU 0 looks at no timer for 10 s", 120, "late")
            running.expect(r"wait_turn\+", 30, "what it waits in is shown")
            running.expect(r"Panic on CPU 1: CPU 0 looks at no timer for 30 s",
                           180, "the end")


@promise(900)
def domain_with_64_vcpus(context):
    context.run_scenario("wide.sh", {"cpus": 2}, dom0="6.1", domu="6.1",
                         toolstack=True)


@promise(900, ours_only=True)
def processors_are_chosen_and_shared(context):
    image = suite.hostile_image()
    context.run_scenario("sched.sh", {"cpus": 2}, dom0="6.1", domu="6.1",
                         toolstack=True, files={"guests/hostile.elf": image})


if __name__ == "__main__":
    sys.exit(suite.main())
