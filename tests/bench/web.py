"""Ever more domains that serve pages: a part of make bench."""

import os
import re

import domains
from cpio import Archive
from tables import Table

SHIFT = 2                       # 4 ns an instruction
SIZES = (1, 2, 4, 8, 16)
LASTS = 10                      # seconds
MACHINE_MIB = 2816              # dom0 and SIZES[-1] times 96 MiB
LINE = re.compile(r"^SPAN (\d+) PAGES ([\d.]+) (\d+) PAGES ([\d.]+) (\d+)$",
                  re.MULTILINE)


def serve():
    """What a domain has beyond the demo's files."""
    archive = Archive()
    archive.directory("bench")
    archive.file("bench/serve", os.path.join(domains.HERE, "domains", "serve"),
                 0o755)
    return archive.bytes()


def rates(console):
    """{how many domains: pages a second of all of them}, where all told."""
    found = {}
    for size, begin, before, end, after in LINE.findall(console):
        seconds = float(end) - float(begin)
        if seconds > 0:
            found.setdefault(size, []).append(
                (int(after) - int(before)) / seconds)
    return {size: sum(each) for size, each in found.items()
            if len(each) == int(size)}


def part(setting):
    text = domains.script(f"\nSIZES='{' '.join(map(str, SIZES))}'\n"
                          f"LASTS={LASTS}\n", "guests.sh", "web.sh")
    consoles = domains.beside(setting, "web", text,
                              {"bench/serve.cpio": serve()}, MACHINE_MIB,
                              SHIFT)
    found = {column: rates(console) for column, console in consoles.items()}
    table = Table(
        "web", f"Throughput of 1 to {SIZES[-1]} web servers on one processor",
        "domUs with Linux, each with busybox's httpd and a client of its own, "
        f"a process a page; for {LASTS} s, -icount shift={SHIFT}; all "
        "together, 1 domain = 1 in the plot.",
        ["paravane", "xen"], base="first row")
    for size in map(str, SIZES):
        table.row(size, f"{size} domains", "pages/s",
                  {c: [rate[size]] for c, rate in found.items()
                   if size in rate}, better="more", least=1)
    return [table.done()]
