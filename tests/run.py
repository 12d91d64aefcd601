#!/usr/bin/env python3
"""Run make targets one after the other, each with a time limit.

    run.py [--log-dir DIR] TARGET:SECONDS...

Each target's output goes to a log; a failing one shows the log's end,
and all that failed is named again at the end of the run. The last line is the
sum of what the targets' own runners counted, or one test for a target that
counts nothing.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time

OWN = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$",
                   re.MULTILINE)
TAIL_LINES = 25


def counts(text):
    """[passed, failed, skipped] as the runners in `text` counted."""
    total = [0, 0, 0]
    for match in OWN.finditer(text):
        total = [a + int(b) for a, b in zip(total, match.groups())]
    for match in CHECK.finditer(text):
        checks, failures, errors = map(int, match.groups())
        total[0] += checks - failures - errors
        total[1] += failures + errors
    return total


def failures(text):
    """What the runners in `text` say of each failed test, without consoles."""
    found, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("FAIL ") or \
            inside and re.match(r"  +[^| ]", line)
        if inside:
            found.append(line)
    return found


def run_target(target, limit, log):
    """Exit status of `make target`, or None when its time was up."""
    make = os.environ.get("MAKE") or "make"
    with open(log, "wb") as out:
        process = subprocess.Popen([make, "--no-print-directory", target],
                                   stdout=out, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL,
                                   close_fds=False, start_new_session=True)
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def one_step(target, limit, log):
    """Run and report one target; returns its counts and what failed."""
    begin = time.monotonic()
    print(f"{target} ...", flush=True)
    status = run_target(target, limit, log)
    seconds = time.monotonic() - begin
    with open(log, encoding="utf-8", errors="replace") as handle:
        text = handle.read()
    passed, failed, skipped = counts(text)
    told = failures(text)
    if status != 0:
        failed = max(failed, 1)
        cause = (f"took more than {limit} s" if status is None
                 else f"exit status {status}")
        print("\n".join("  | " + line for line in
                        text.splitlines()[-TAIL_LINES:]))
        told.append(f"{target}: FAILED, {cause}; log: {log}")
        print(told[-1], flush=True)
    else:
        if passed + failed + skipped == 0:
            passed = 1
        print(f"{target}: ok, {passed} passed"
              + (f", {skipped} skipped" if skipped else "")
              + f" ({seconds:.0f} s)", flush=True)
    return (passed, failed, skipped), told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log-dir", default="build/log")
    parser.add_argument("steps", nargs="+", metavar="TARGET:SECONDS")
    args = parser.parse_args()
    os.makedirs(args.log_dir, exist_ok=True)
    begin = time.monotonic()
    total, told = [0, 0, 0], []
    for step in args.steps:
        target, limit = step.rsplit(":", 1)
        log = os.path.join(args.log_dir, f"step-{target}.log")
        result, causes = one_step(target, int(limit), log)
        told += causes
        total = [a + b for a, b in zip(total, result)]
        if target == "all" and result[1]:
            print("the build failed; nothing else can run")
            break
    print("\n".join(told + [f"{(time.monotonic() - begin) / 60:.1f} minutes"]))
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
