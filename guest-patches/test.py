#!/usr/bin/env python3
"""Boot a patched guest kernel on bare QEMU, on Paravane and on Xen 4.17.

    test.py KERNEL [--paravane HYPERVISOR]

It must run everywhere, use the extensions on Paravane and leave them alone
elsewhere. Prints instructions of the rows that the patches are about.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "bench"))
import systems  # noqa: E402
from systems import images  # noqa: E402

ROWS = "null_call mprotect fork_small fork_16m fork_dirty sh"
USED = "page-table flags change by the range"


def log(name):
    return os.path.join(images.BUILD, "log", f"guest-kernel-{name}.log")


def native(kernel, plan):
    # It has no ACPI to power off with; QEMU's -no-reboot ends it.
    archive = systems.guest_archive(
        f"sh /bench/measure native {plan.args}\nreboot -f\n")
    text = systems.direct(archive, plan, log("native"), systems.MEMORY,
                          kernel)
    return systems.parse(text, ["native"]).get("native")


def verdict(name, result, extensions):
    """Print PASS or FAIL; returns whether it passed."""
    if not result or not result["rows"]:
        why = (result or {}).get("why", "its rows did not appear")
        print(f"FAIL {name}: {why}; log {log(name)}")
        return False
    used = result["info"].get("extensions", "")
    if used != extensions:
        print(f"FAIL {name}: uses extensions {used!r}, not {extensions!r}")
        return False
    print(f"PASS {name}: " + ", ".join(
        f"{row} {count:.0f}" for row, count in result["rows"].items()))
    return True


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("kernel")
    parser.add_argument("--paravane")
    args = parser.parse_args(argv)
    os.makedirs(os.path.join(images.BUILD, "log"), exist_ok=True)
    plan = systems.Plan(f"-c -f {ROWS}", icount=True, paravane=args.paravane)
    systems.patched_kernel = lambda: args.kernel
    passed = [verdict("native", native(args.kernel, plan), "")]
    for name, extensions in (("paravane", USED), ("xen", "")):
        found = systems.measure(name, plan, log(name))
        passed.append(verdict(name, found[f"{name}-patched"], extensions))
    print(f"{sum(passed)} passed, {passed.count(False)} failed, 0 skipped")
    return int(not all(passed))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (systems.BootError, images.ImageError, OSError) as error:
        sys.exit(f"guest-kernel: {error}")
