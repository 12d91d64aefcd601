#!/usr/bin/env python3
"""Run vane on good and bad input and compare every byte of its output.

    run.py --vane BINARY --work DIRECTORY [--update] [CASE ...]

A case is cases/NAME.case: a line "$ vane ARGUMENTS", then, after a line "--",
what standard output and standard error must say, then "= STATUS". A line
"@ FILE" starts a file of the working directory, up to the next line that
starts with "@", "$" or "--".
"""

import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import images  # noqa: E402

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse(text):
    """The files, the command and the expected output of a case."""
    body, _, expected = text.partition("\n--\n")
    files, command, name = {}, None, None
    for line in body.splitlines():
        if line.startswith("@ "):
            name = line[2:]
            files[name] = []
        elif line.startswith("$ "):
            command, name = line[2:], None
        elif name:
            files[name].append(line)
    return body, files, command, expected


def run(vane, work, files, command):
    for name, lines in files.items():
        path = os.path.join(work, "files", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as handle:
            handle.write("\n".join(lines) + "\n")
    shutil.rmtree(os.path.join(work, "cache"), ignore_errors=True)
    words = shlex.split(command)
    env = dict(os.environ, VANE_CACHE_DIR=os.path.join(work, "cache"),
               XENSTORED_PATH=os.path.join(work, "no-socket"),
               ASAN_OPTIONS="detect_leaks=1")
    done = subprocess.run([words[0]] + words[1:], executable=vane,
                          cwd=os.path.join(work, "files"), env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return UUID.sub("UUID", done.stdout) + f"= {done.returncode}\n"


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--vane", required=True)
    args.add_argument("--work", required=True)
    args.add_argument("--update", action="store_true")
    args.add_argument("cases", nargs="*")
    args = args.parse_args()
    vane, work = os.path.abspath(args.vane), os.path.abspath(args.work)
    shutil.rmtree(work, ignore_errors=True)
    images.make(os.path.join(work, "files"))

    folder = os.path.join(HERE, "cases")
    names = sorted(n[:-5] for n in os.listdir(folder) if n.endswith(".case"))
    failed = 0
    for name in args.cases or names:
        path = os.path.join(folder, name + ".case")
        with open(path, encoding="utf-8") as handle:
            body, files, command, expected = parse(handle.read())
        got = run(vane, work, files, command)
        if got == expected:
            continue
        if args.update:
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(f"{body}\n--\n{got}")
            continue
        failed += 1
        print(f"golden {name}: FAIL")
        sys.stdout.writelines(difflib.unified_diff(
            expected.splitlines(True), got.splitlines(True), "expected",
            "got"))
    print(f"golden: {len(args.cases or names)} cases, {failed} failures")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
