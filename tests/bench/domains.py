"""What domains cost: to create, to destroy, to keep. Parts of make bench.

The same script in dom0 with our tools and with Xen's xl, once against the
clock and once under -icount.
"""

import os
import re
import statistics

import systems
from systems import BootError, Machine, images
from tables import Table

import bench_io  # of tests/boot, where systems looks

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(systems.machine.ROOT, "tests", "boot", "scenarios")
COST = re.compile(r"^COST (\w+) (\d+) (\d+)$", re.MULTILINE)
FIT = re.compile(r"^FIT (\d+) (\d+) (\d+) (.*)$", re.MULTILINE)
END = r"^dom0: scenario ended with status (\d+)$"
MINI_MIB = 32
DOM0_MIB = 384
MACHINE_MIB = {True: 1024, False: 2048}     # by Setting.quick
ROWS = {
    "create_mini": "create a domain of 16 MiB with a kernel of some pages",
    "destroy_mini": "destroy it",
    "create_linux": "create a domain of 128 MiB with Linux, paused",
    "create_unprepared": "the same, its kernel never used nor prepared",
    "prepare": "vane prepare, once for each kernel that is installed",
    "destroy_linux": "destroy it after it has booted",
}
# of xl's; for the rest 1
GOAL = {"create_mini": 0.5, "create_linux": 0.5, "create_unprepared": None,
        "prepare": None}
WHY = {"prepare": {"xen": "xl has no such command"}}


class Cut(BootError):
    """A scenario that did not end well; `text` is what it said until then."""

    def __init__(self, cause, text):
        super().__init__(cause)
        self.text = text


def script(variables, *names):
    """Scenario text: the library of the boot tests and files of ours."""
    text = images.read(os.path.join(SCENARIOS, "lib.sh")) + variables
    return text + "".join(images.read(os.path.join(HERE, "domains", name))
                          for name in names)


def boot(column, kernel, log, text, files, limit, memory, dom0=DOM0_MIB,
         icount=None, toolstack=True):
    """Console text of dom0, running a scenario. Without `toolstack` the files
    have one."""
    xen = column == "xen"
    systems.machine.CPU = systems.CPU
    system = systems.BenchSystem(
        "xen" if xen else kernel, "6.1", domu="6.1", toolstack=toolstack,
        files=files, scenario=text, dom0_mem=f"{dom0}M",
        dom0_args=systems.LINE,
        hv_args="spec-ctrl=off,eager-fpu" if xen else "")
    devices = ["-icount", f"shift={icount},sleep=off"] \
        if icount is not None else []
    with Machine(system, log, memory=f"{memory}M",
                 devices=devices) as running:
        try:
            status = running.expect(END, limit, "the benchmark's scenario")[1]
        except BootError as error:
            raise Cut(str(error), running.text) from error
        if status != "0":
            failed = re.findall(r"^FAIL .*$", running.text, re.MULTILINE)
            raise Cut(f"{' '.join(failed) or 'a failure'}; log {log}",
                      running.text)
        return running.text


def attempt(setting, column, *args, **options):
    """As boot(); a scenario that failed counts as far as it came."""
    try:
        return boot(column, *args, **options)
    except Cut as cut:
        setting.fail(column, cut)
        return cut.text


def beside(setting, name, text, files, memory, icount, limit):
    """{column: console text} of a scenario with domUs that are at work: by vane
    on both, since xl needs hotplug scripts, which its image lacks."""
    files = dict(bench_io.our_tools(), **files,
                 **{"bench/vmlinux": systems.vmlinux()})

    return setting.on_each(lambda column, path: attempt(
        setting, column, path, setting.log(f"{name}-{column}"), text, files,
        limit, memory, dom0=900, icount=icount, toolstack=False))


def measure(setting, fit, icount, rounds):
    """{column: console text}"""
    images_dir = os.path.join(images.BUILD, "guests", "bench")
    files = {"bench/watch": os.path.join(images.BUILD, "bench", "watch"),
             "bench/sched.elf": os.path.join(images_dir, "sched.elf")}
    text = script(f"\nROUNDS={rounds}\nFIT={fit}\n", "domains.sh")
    kind = "count" if icount is not None else "time"

    return setting.on_each(lambda column, path: attempt(
        setting, column, path, setting.log(f"domains-{column}-{kind}"), text,
        files, setting.limit, MACHINE_MIB[setting.quick], icount=icount))


def costs(text):
    """{row: ([elapsed ns], [ns of dom0 beyond what it uses anyway])}"""
    found = {}
    for row, elapsed, used in COST.findall(text):
        both = found.setdefault(row, ([], []))
        both[0].append(int(elapsed))
        both[1].append(int(used))
    idle = statistics.median(found.pop("nothing", ([], [0]))[1])
    return {row: (elapsed, [max(u - idle, 0) for u in used])
            for row, (elapsed, used) in found.items()}


def add_rows(table, found, unit, index, scale):
    for row, meaning in ROWS.items():
        values = {column: [v / scale for v in rows[row][index]]
                  for column, rows in found.items() if row in rows}
        table.row(row, meaning, unit, values,
                  most=GOAL.get(row, 1), why=WHY.get(row))


def creation(timed, counted, quick):
    clock = ("under -icount shift=0, which adds the time that all sleep"
             if quick else "against the clock")
    time = Table("creation-time", "Creating and destroying domains, time",
                 f"vane beside Xen's xl: until the command ends, {clock}.",
                 ["paravane", "xen"])
    add_rows(time, timed, "ms", 0, 1e6)
    count = Table("creation-instructions",
                  "Creating and destroying domains, instructions",
                  "vane beside Xen's xl: what dom0 executes, daemons and "
                  "hypercalls included, until half a second after the command "
                  "ended, less what it executes in an idle half second.",
                  ["paravane", "xen"])
    add_rows(count, counted, "million", 1, 1e6)
    return [time.done(), count.done()]


def density(texts, quick):
    memory = MACHINE_MIB[quick]
    table = Table("density", f"How many domains of {MINI_MIB} MiB fit",
                  f"a machine of {memory} MiB, {DOM0_MIB} of them dom0's; "
                  "domains that sleep, created until that fails.",
                  ["paravane", "xen"])
    found = {c: FIT.search(text) for c, text in texts.items()}
    found = {c: match for c, match in found.items() if match}
    table.row("domains", "that were created", "domains",
              {c: [int(m[1])] for c, m in found.items()}, better="more",
              least=1)
    table.row("overhead", "memory that is gone for each, beyond its own",
              "KiB", {c: [max((int(m[2]) - int(m[3])) / int(m[1]) - MINI_MIB,
                              0) * 1024]
                      for c, m in found.items() if int(m[1])}, most=1)
    table.row("free_before", "memory left by hypervisor and dom0", "MiB",
              {c: [int(m[2])] for c, m in found.items()}, better="more",
              least=1)
    return table.done()


def part(setting):
    """Tables: creation against the clock, in instructions, density."""
    counted = measure(setting, MINI_MIB if setting.quick else 0, 0, 2)
    timed = counted if setting.quick else measure(setting, MINI_MIB, None, 6)
    return [*creation({c: costs(t) for c, t in timed.items()},
                      {c: costs(t) for c, t in counted.items()},
                      setting.quick),
            density(timed, setting.quick)]
