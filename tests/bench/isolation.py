"""A Linux that works beside one that does harm: a part of make bench."""

import os
import re
import statistics

import domains
from cpio import Archive
from systems import images
from tables import Table

SPAN = re.compile(r"^SPAN (\w+) (\d+)$", re.MULTILINE)
SHIFT = 4                       # 16 ns an instruction
CASES = {
    "hog": "computes",
    "fork": "forks without end",
    "memory": "fills its memory, frees it and fills it again",
    "disk": "writes to its disk, a file of dom0, and waits for the data",
    "network": "sends as many packets as it can to nobody",
}
QUICK = ("hog", "fork", "memory")


def steady():
    """What the measured Linux has beyond the demo's files."""
    archive = Archive()
    archive.directory("bench")
    archive.file("bench/steady", os.path.join(images.BUILD, "bench", "steady"),
                 0o755)
    return archive.bytes()


def measure(setting, cases):
    """{column: {case: [turns of each window]}}"""
    text = domains.script(f"\nCASES='{' '.join(cases)}'\n"
                          f"LASTS={6 if setting.quick else 15}\n",
                          "guests.sh", "hostile.sh")
    consoles = domains.beside(setting, "isolation", text,
                              {"bench/steady.cpio": steady()}, 2048, SHIFT,
                              2 * setting.limit)
    found = {}
    for column, console in consoles.items():
        found[column] = {}
        for case, turns in SPAN.findall(console):
            found[column].setdefault(case, []).append(int(turns))
    return found


def part(setting):
    cases = QUICK if setting.quick else tuple(CASES)
    found = measure(setting, cases)
    table = Table(
        "isolation", "A Linux at work beside a hostile one",
        "one processor, two domUs and a dom0 that sleeps unless it serves a "
        "device; percent of what the measured Linux (computing, system calls, "
        f"a pipe) gets done alone, -icount shift={SHIFT}, medians of half "
        "seconds. 50 is its fair share, less where dom0 works for the other.",
        ["paravane", "xen"])
    for case in cases:
        values = {}
        for column, spans in found.items():
            if case in spans and "alone" in spans:
                alone = statistics.median(spans["alone"])
                values[column] = [100 * turns / alone
                                  for turns in spans[case]]
        table.row(case, f"a neighbour that {CASES[case]}", "% of alone",
                  values, better="more", least=1)
    return [table.done()]
