"""Ever more domains that serve pages: a part of make bench."""

import os
import re

import domains
from cpio import Archive
from tables import Table

SHIFT = 2                       # 4 ns an instruction
COUNTED = 16                    # more would take hours to boot with it
LASTS = 10                      # seconds, or one for each domain
DOM0_MIB = 900
DOMU_MIB = 96
OTHER_MIB = 380                 # what hypervisors and firmware want
BOOTS = 32                      # seconds for each, on a busy host
LINE = re.compile(r"^SPAN (\d+) PAGES ([\d.]+) (\d+) PAGES ([\d.]+) (\d+)$",
                  re.MULTILINE)


def sizes(most):
    """How many at once, one after the other."""
    return [1 << i for i in range(most.bit_length()) if 1 << i < most] + [most]


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
    most = setting.web_domains
    shift = SHIFT if most <= COUNTED else None
    clock = f"-icount shift={shift}" if shift is not None else \
        "against the clock"
    text = domains.script(f"\nSIZES='{' '.join(map(str, sizes(most)))}'\n"
                          f"LASTS={LASTS}\nMEMORY={DOMU_MIB}\n",
                          "guests.sh", "web.sh")
    consoles = domains.beside(setting, "web", text,
                              {"bench/serve.cpio": serve()},
                              DOM0_MIB + most * DOMU_MIB + OTHER_MIB, shift,
                              2 * setting.limit + most * BOOTS)
    found = {column: rates(console) for column, console in consoles.items()}
    table = Table(
        "web", f"Throughput of 1 to {most} web servers on one processor",
        "domUs with Linux, each with busybox's httpd and a client of its own, "
        f"a process a page; for {LASTS} s or as many as there are domains, "
        f"{clock}; all together, 1 domain = 1 in the plot.",
        ["paravane", "xen"], base="first row")
    for size in map(str, sizes(most)):
        table.row(size, f"{size} domains", "pages/s",
                  {c: [rate[size]] for c, rate in found.items()
                   if size in rate}, better="more", least=1)
    return [table.done()]
