"""Subjects of make bench beside the suite: each measures a table or several.

A part is (function, what it is); the function gets a Setting and returns
tables. What one hypervisor fails at is told to the Setting, and the other's
figures stay; whatever else goes wrong is an exception.
"""

import os

import domains
import guest
import isolation
import sched
import web
from record import Watch, brief
from systems import images
from tables import Table


class Setting:
    """What parts need to know.

    quick     fewer rounds, rows and sizes
    paravane  path of the release build
    limit     seconds that a boot may take
    tell      function of what failed and why
    web_domains  how many serve pages at most
    """

    def __init__(self, quick, paravane, limit, tell, web_domains=16):
        self.quick = quick
        self.paravane = paravane or os.path.join(images.BUILD, "paravane")
        self.limit = limit
        self.tell = tell
        self.web_domains = web_domains

    def kernels(self):
        """{column: path of the hypervisor}"""
        images.fetch("xen")
        return {"paravane": self.paravane,
                "xen": os.path.join(images.CACHE, "xen", "xen")}

    def fail(self, column, error):
        self.tell(column, brief(error))

    def on_each(self, work):
        """{column: work(column, path)} of those that did not fail."""
        found = {}
        for column, path in self.kernels().items():
            watch = Watch()
            try:
                found[column] = work(column, path)
            except (Exception, SystemExit) as error:  # the other one counts
                self.fail(column, error)
            print(f"bench: {column} {watch}", flush=True)
        return found

    def log(self, name):
        return os.path.join(images.BUILD, "log", f"bench-{name}.log")


def image_of(name):
    return os.path.join(images.BUILD, "guests", "bench", name + ".elf")


# -- hypercalls without Linux ------------------------------------------------

CALLS = {
    "hypercall_null": "xen_version, the shortest hypercall",
    "hypercall_unknown": "a number that has no hypercall",
    "stack_switch": "the hypercall of every process switch",
    "fpu_taskswitch": "CR0.TS set or cleared",
    "set_segment_base": "FS base",
    "multicall_of_8": "eight xen_version in one multicall",
    "tlb_flush_local": "mmuext_op, TLB flush",
    "event_send_masked": "send to oneself, port masked",
    "event_send_upcall": "send to oneself, with the upcall and its iret",
    "iret_and_syscall": "into user mode, and back by a system call",
    "iret_and_page_fault": "into user mode, and back by a page fault",
    "kernel_page_fault": "page fault of the kernel",
    "read_cr0": "an emulated instruction",
    "cpuid_forced": "CPUID with the emulation prefix",
    "event_round_trip": "an event wakes another domain, which sends one back",
    "grant_map": "map a grant, one in a call",
    "grant_unmap": "unmap it",
    "grant_map_32": "map a grant, 32 in a call",
    "grant_unmap_32": "unmap it",
    "timer_wake_up": "how late an idle processor wakes for a timer",
}


def calls(setting):
    """bench/micro on both hypervisors."""
    rounds = 2 if setting.quick else 5
    counts, medians = guest.measure(setting.kernels(), image_of("micro"),
                                    rounds)
    note = ("a kernel without Linux is the initial domain; native has no "
            "such rows, for there is no hypervisor to call.")
    counted = Table("calls-instructions",
                    "Hypercalls without Linux, instructions", note,
                    ["paravane", "xen"])
    timed = Table("calls-time", "Hypercalls without Linux, time",
                  f"{note} Medians of {rounds} interleaved runs.",
                  ["paravane", "xen"])
    for name in counts["paravane"]:
        meaning = CALLS.get(name, name)
        counted.row(name, meaning, "instructions",
                    {c: [counts[c][name]] for c in counts}, most=1)
        timed.row(name, meaning, "TSC ticks",
                  {c: [medians[c][name]] for c in medians}, most=1)
    return [counted.done(), timed.done()]


# -- scale and neighbours without Linux --------------------------------------

LEAST_KEPT = 100 * (1 - sched.NEIGHBOUR_LOST)
BESIDE = {
    "timer_spinner": "arms its timer 1 ns ahead, again and again",
    "timer_blocker": "sleeps 1 ns at a time",
    "self_flooder": "floods itself with events",
    "flooder": "floods the measured one with events",
    "flooded": "floods a third, which wakes for each",
}


def boots(setting, what):
    """{column: rows of bench/sched} of the promises with this text."""
    return setting.on_each(lambda column, path: sched.Figures(sched.run(
        path, f"{image_of('sched')} only={what}", setting.limit,
        setting.log(f"{column}-{what}"), sched.SHIFT)).runs)


def rate(rows, index=None):
    """Turns a second, of all domains or of one."""
    chosen = rows if index is None else [rows[index]]
    return sum(r[1] for r in chosen) / rows[0][2] * 1e9


def scale(setting):
    """Ever more domains that compute, on one processor."""
    found = boots(setting, "scale")
    table = Table(
        "scale", "Throughput of 1 to 64 domains on one processor",
        "mini domains that count as fast as they can for five seconds, "
        f"-icount shift={sched.SHIFT}; all together, 1 domain = 1 in the "
        "plot. What is lost is what switching costs; n processes of one "
        "kernel would lose what that kernel's switching costs.",
        ["paravane", "xen"], base="first row")
    for name in ("1", "2", "4", "8", "16", "32", "64"):
        table.row(name, f"{name} domains", "turns/s",
                  {c: [rate(runs["scale", name])]
                   for c, runs in found.items() if ("scale", name) in runs},
                  better="more", least=1)
    return [table.done()]


def neighbours(setting):
    """What a fair share is worth beside domains that misbehave."""
    found = boots(setting, "beside")
    table = Table(
        "neighbours", "A domain beside a hostile one, without Linux",
        "mini domains on one processor; percent of what the measured one "
        "gets done beside as many plain hogs: more than 100 where the hostile "
        "one does not use up its share.", ["paravane", "xen"])
    for name, meaning in BESIDE.items():
        values = {}
        for column, runs in found.items():
            rows = runs.get(("beside", name))
            fair = rows and runs.get(
                ("beside", "hog" if len(rows) == 2 else "two_hogs"))
            if fair:
                values[column] = [100 * rate(rows, 0) / rate(fair, 0)]
        table.row(name, f"a neighbour {meaning}", "% kept", values,
                  better="more", floor=LEAST_KEPT)
    return [table.done()]


PARTS = {
    "calls": (calls, "hypercalls, events and grants without Linux"),
    "scale": (scale, "1 to 64 domains that compute"),
    "domains": (domains.part, "creation, destruction and density"),
    "neighbours": (neighbours, "mini domains beside hostile ones"),
    "isolation": (isolation.part, "a Linux beside hostile ones"),
    "web": (web.part, "1 to 16 domains that serve pages, or more"),
}


# What QUICK leaves out, to end within its time, unless it is asked for.
SLOW = ("isolation", "web", "neighbours")


def usual(quick):
    return [name for name in PARTS if not (quick and name in SLOW)]
