#!/usr/bin/env python3
"""What Paravane and Xen 4.17 say to the same test guests, side by side.

    compare.py [--only PART] [--domu] [TOPIC...]
    compare.py --page              check the names on the page only, no boots

Boots the test guests under both and writes build/guests/compare.txt: a row for
each promise with both verdicts, below it the numbers that it asked for (lines
`ANSWER what = value` of the guest), errors by name. Where the two disagree, in
a verdict or in a number, docs/abi/differences.md must say why, under the name
`topic/promise`, or `topic/*` for all of a topic's; and a name on that page must
be a promise that disagrees. Each row is a check; the last line is `N passed, N failed, N skipped`.
"""

import os
import re
import sys

import run

PAGE = os.path.join(run.ROOT, "docs", "abi", "differences.md")
ERRORS = os.path.join(run.ROOT, "pvabi", "calls", "errno.def")
PROMISE = re.compile(r"^PROMISE\((\w+)", re.M)
NAMED = re.compile(r"^\| `([a-z]+)/([A-Za-z0-9_]+|\*)` \|", re.M)
PAIR = ("paravane", "xen")


def error_names():
    """{-22: '-EINVAL', ...}"""
    with open(ERRORS, encoding="ascii") as lists:
        names = {}
        for name, value in re.findall(r"^XEN_ERRNO\((\w+), (\d+)",
                                      lists.read(), re.M):
            names.setdefault(-int(value), "-" + name)
    return names


def explained():
    """Names on the page, as (topic, promise)."""
    with open(PAGE, encoding="utf-8") as page:
        return set(NAMED.findall(page.read()))


def unknown_names(names):
    """Those that no test guest has; `topic/digest` stands for its digests."""
    missing = []
    for topic, promise in sorted(names):
        folder = os.path.join(run.ROOT, "tests", "guests", topic)
        found = {"digest", "image", "*"}
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="ascii") as src:
                    found.update(PROMISE.findall(src.read()))
        if promise not in found:
            missing.append(f"{topic}/{promise}")
    return missing


def words(values, names):
    """One cell of the table."""
    if values is None:
        return "not asked"
    return " ".join(names.get(v, str(v)) for v in values)


def questions(promise, results):
    """What either was asked, in order."""
    asked = []
    for found in results:
        asked += [q for q in found.answers.get(promise, {}) if q not in asked]
    return asked


def rows(promise, results, names):
    """Lines of the table for one promise, and whether the two agree."""
    verdicts = [found.get(promise, ("absent", ""))[0] for found in results]
    agree = verdicts[0] == verdicts[1]
    lines = [f"{verdicts[0]:7} {verdicts[1]:7} {promise}"]
    for question in questions(promise, results):
        cells = [found.answers.get(promise, {}).get(question)
                 for found in results]
        same = cells[0] == cells[1]
        agree = agree and same
        left, right = (words(cell, names) for cell in cells)
        lines.append(f"    {'' if same else '* '}{question}: " +
                     (left if same else f"{left} | {right}"))
    return lines, agree


def compare_topic(topic, results, names, known):
    """Table lines of one topic, and {promise: verdict of the comparison}."""
    results = [results[h] for h in PAIR]
    whole = (topic, "*") in known
    lines, verdict = [f"{topic}:"], {}
    promises = [p for p in results[0]]
    promises += [p for p in results[1] if p not in results[0]]
    for promise in promises:
        more, agree = rows(promise, results, names)
        lines += ["  " + line for line in more]
        told = (topic, promise) in known or whole
        if results[0].get(promise, ("absent",))[0] in run.BAD or (
                results[1].get(promise, ("absent",))[0] in run.BAD
                and not told):
            verdict[promise] = "fails"
        elif agree and told and not whole:
            verdict[promise] = "agrees, yet the page explains it"
        elif not agree and not told:
            verdict[promise] = "disagrees, and the page does not say why"
        else:
            verdict[promise] = ""
    if results[0].digests or results[1].digests:
        agree = tuple(results[0].digests) == tuple(results[1].digests)
        lines.append(f"  digests {'agree' if agree else 'differ'}")
        verdict["digest"] = "" if agree == ((topic, "digest") not in known) \
            else "digests " + ("agree, yet the page explains them" if agree
                               else "differ, and the page does not say why")
    return lines, verdict


def check_page():
    """Names that stand for nothing, one line each."""
    missing = unknown_names(explained())
    for name in missing:
        print(f"compare.py: {os.path.relpath(PAGE, run.ROOT)} names {name}, "
              "which no test guest has: correct the page")
    return missing


def main():
    parser = run.arguments(__doc__.split("\n", 1)[0])
    parser.add_argument("--page", action="store_true",
                        help="check the names on the page, boot nothing")
    options = parser.parse_args()
    missing = check_page()
    if options.page:
        return 1 if missing else 0
    names, known = error_names(), explained()
    output = os.path.join(options.build, "guests", "compare.txt")
    passed, failed, table = 0, len(missing), []
    for topic, results in run.run(options, PAIR):
        lines, verdict = compare_topic(topic, results, names, known)
        table += lines
        for promise, fault in verdict.items():
            passed += not fault
            failed += bool(fault)
            if fault:
                print(f"FAIL {topic}/{promise} {fault}")
        print(f"{topic}: {len(verdict)} promises compared")
        sys.stdout.flush()
    with open(output, "w", encoding="utf-8") as out:
        print("Paravane, Xen 4.17. A star marks answers that differ.",
              *table, sep="\n", file=out)
    print(f"table in {output}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
