"""What Paravane does for one operation of each row, from its own counters.

dom0 runs every row twice under `vane perf`, with few and with more operations:
the difference is free of what starting the program costs.
"""

import os
import re

import systems
from systems import BootError, images

FEW, MORE = 1, 3
# Below this many an operation it is timer ticks and other chance.
LEAST = 0.02

JOB = """
for row in {rows}; do
	for factor in {few} {more}; do
		vane perf /bench/suite -c -f -x $factor $row 2>&1 |
			sed "s/^/PERF $row $factor /"
	done
done
"""

OPERATIONS = re.compile(r"^PERF (\w+) (\d+) TICKS \w+ (\d+) \d+$",
                        re.MULTILINE)
VALUE = re.compile(r"^PERF (\w+) (\d+) (\S.*?) +(-?\d+)$", re.MULTILINE)


def parse(text):
    """{row: {counter: how often an operation}}"""
    operations, values = {}, {}
    for row, factor, count in OPERATIONS.findall(text):
        operations[row, int(factor)] = int(count)
    for row, factor, name, value in VALUE.findall(text):
        if not name.startswith("TICKS "):
            values.setdefault(row, {}).setdefault(name, {})[int(factor)] = \
                int(value)
    found = {}
    for row, names in values.items():
        if (row, FEW) not in operations or (row, MORE) not in operations:
            continue
        # The suite runs a row's batch twice: once to warm up.
        more = 2 * (operations[row, MORE] - operations[row, FEW])
        found[row] = {
            name: round((v.get(MORE, 0) - v.get(FEW, 0)) / more, 3)
            for name, v in names.items()
            if abs(v.get(MORE, 0) - v.get(FEW, 0)) / more >= LEAST}
    return found


def measure(rows, paravane, limit, log):
    """(what parse() gives, "" or why there is nothing)"""
    plan = systems.Plan("", icount=True, limit=limit, paravane=paravane)
    job = JOB.format(rows=" ".join(rows), few=FEW, more=MORE)
    try:
        found = parse(systems.run_dom0("paravane", plan, log, job))
    except (BootError, images.ImageError, OSError) as error:
        return {}, " ".join(str(error).split("\n")[:2])
    return found, "" if found else f"no counters appeared; log {log}"


def log_path():
    return os.path.join(images.BUILD, "log", "bench-counters.log")
