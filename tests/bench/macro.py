"""The macro workloads: Debian's programs in the same root file system.

One image (tests/boot/rootfs.sh CACHE macro) is the disk of each column: a
virtio disk of native Linux, dom0 and Linux with KVM; a domU has dom0's disk as
xvda, a guest of KVM the outer Linux' disk as its virtio disk. What a boot
writes goes to memory of the host and is gone with it.
"""

import contextlib
import os
import re
import subprocess

import counters
import systems
from systems import BootError, images

HERE = os.path.join(systems.HERE, "macro")
ROOTFS = os.path.join(systems.HERE, os.pardir, "boot", "rootfs.sh")
MEMORY_FILES = "/dev/shm"

ROWS = [
    ("xz", "macro_cpu", "1 MiB of a program compressed by xz -1"),
    ("compile", "macro_cpu", "a source file of bzip2 by gcc -O1"),
    ("sqlite_read", "macro_cpu",
     "query of SQLite: nine by key, each tenth a sum over 80 rows"),
    ("sqlite_write", "macro_cpu",
     "transaction of SQLite: one read, two updates, one insert, synced to the "
     "disk; in memory under -icount"),
    ("dbench", "macro_servers",
     "1 MB of dbench's file server mix on ext4; in memory under -icount"),
    ("nginx", "macro_servers",
     "4 KiB page by nginx to wrk over loopback, 8 connections"),
    ("iperf3_loopback", "macro_servers", "1 MiB by iperf3 over loopback"),
    ("fio_read_4k", "macro_disk", "random read of 4 KiB, one at a time"),
    ("fio_write_4k", "macro_disk", "random write of 4 KiB, 8 at a time"),
    ("fio_read_1m", "macro_disk", "sequential read of 1 MiB, 4 at a time"),
]


def rows():
    """As results.suite_rows() tells those of the micro suite."""
    return [{"name": name, "group": group, "meaning": meaning, "unit": "ns",
             "kind": "macro"} for name, group, meaning in ROWS]


def image():
    """The root file system's image, made if there is none."""
    done = subprocess.run([ROOTFS, images.CACHE, "macro"])
    if done.returncode:
        raise images.ImageError("no root file system for the macro "
                                "workloads; see the lines above")
    return os.path.join(images.CACHE, "macro", "debian.ext4")


class Plan(systems.Plan):
    """A pass of the macro workloads; `args` are those of macro/run."""

    modules = os.path.join(HERE, "modules.list")
    inner = ("-drive", "file=/dev/vda,format=raw,if=virtio,cache=none")
    domu_cfg = "disk = [ 'phy:/dev/vda,xvda,w' ]"

    def __init__(self, args, **options):
        super().__init__("", **options)
        self.command = f"sh /bench/macro/run {args}"
        self.files = {"bench/macro/" + name: os.path.join(HERE, name)
                      for name in ("run", "nginx.conf")}
        self.files["bench/macro/stopwatch"] = systems.stopwatch()
        self.files["etc/xen/scripts/block"] = os.path.join(HERE, "block")
        self.devices = ("-drive", f"file={image()},format=raw,if=virtio,"
                        "cache=unsafe,snapshot=on")


@contextlib.contextmanager
def writes_to_memory():
    """QEMU keeps what is written to a snapshot in a file below TMPDIR."""
    before = os.environ.get("TMPDIR")
    if os.path.isdir(MEMORY_FILES):
        os.environ["TMPDIR"] = MEMORY_FILES
    try:
        yield
    finally:
        os.environ.pop("TMPDIR", None)
        if before is not None:
            os.environ["TMPDIR"] = before


def measure(name, plan, log):
    """As systems.measure()."""
    with writes_to_memory():
        found = systems.measure(name, plan, log)
    for result in found.values():
        if "all" in result["skip"]:
            result["why"] = result["skip"]["all"]
    return found


# Two blanks at least: what the programs themselves say has one.
COUNTER = re.compile(r"^PERF (\w+) (\S.*?) {2,}(-?\d+)$", re.MULTILINE)


def parse_counters(text):
    """{row: {counter: how often an operation}}"""
    operations, values = {}, {}
    for row, name, value in COUNTER.findall(text):
        if name == "operations":
            operations[row] = int(value)
        else:
            values.setdefault(row, {})[name] = int(value)
    return {row: {name: round(value / operations[row], 3)
                  for name, value in found.items()
                  if abs(value) / operations[row] >= counters.LEAST}
            for row, found in values.items() if operations.get(row)}


def counters_of(wanted, paravane, limit, log):
    """What Paravane did for an operation of each row in dom0: (what
    parse_counters() gives, "" or why there is nothing)."""
    plan = Plan(" ".join(["-c", "-s", "-p", *wanted]), icount=True,
                limit=limit, paravane=paravane)
    try:
        with writes_to_memory():
            text = systems.run_dom0("paravane", plan, log, plan.command + "\n")
    except (BootError, images.ImageError, OSError) as error:
        return {}, " ".join(str(error).split("\n")[:2])
    found = parse_counters(text)
    return found, "" if found else f"no counters appeared; log {log}"
