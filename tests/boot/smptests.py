#!/usr/bin/env python3
"""Domains on several processors, `make test-smp`.

    smptests.py [--list] [--jobs N] [WORD...]

As suite.py.
"""

import sys

import suite
from suite import promise

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
