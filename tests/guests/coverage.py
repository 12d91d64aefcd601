#!/usr/bin/env python3
"""Name every hypercall and sub-operation that no test guest uses.

A row of pvabi/calls/*.def counts as used when its name appears in a test's
source. Ends with `N of M rows have a guest test`. With --strict the exit
status is 1 when a hypercall (not a sub-operation) has none.
"""

import argparse
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ROW = re.compile(r"^(HYPERCALL|SUBOP)\(([^\"]*),", re.M)


def rows():
    """(kind, hypercall, name) of every row of the lists."""
    for path in sorted(glob.glob(os.path.join(ROOT, "pvabi/calls/*.def"))):
        with open(path, encoding="ascii") as source:
            for kind, fields in ROW.findall(source.read()):
                part = [f.strip() for f in fields.split(",")]
                if kind == "HYPERCALL":
                    yield kind, part[1], part[1]
                else:
                    yield kind, part[0], part[2]


def used_names():
    """All words of the test sources; iret and set_timer_op are in the library."""
    words = set()
    for path in glob.glob(os.path.join(ROOT, "tests/guests/*/*.[chS]")):
        with open(path, encoding="ascii") as source:
            words.update(re.findall(r"\w+", source.read()))
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    used, missing, total = used_names(), {}, 0
    for kind, call, name in rows():
        total += 1
        known = name in used or (kind == "HYPERCALL"
                                 and f"__HYPERVISOR_{name}" in used)
        if not known:
            missing.setdefault(call, []).append(
                "the call itself" if kind == "HYPERCALL" else name)
    for call, names in missing.items():
        print(f"{call}: {' '.join(names)}")
    count = sum(len(names) for names in missing.values())
    print(f"{total - count} of {total} rows have a guest test")
    untested = [c for c, n in missing.items() if "the call itself" in n]
    return 1 if options.strict and untested else 0


if __name__ == "__main__":
    sys.exit(main())
