#!/usr/bin/env python3
"""Lists every structure, field and number of pvabi as comparison rows.

Usage: rows.py {HEADER|LIST}... > rows.def

Rows are STRUCT(type), FIELD(type, field) and NUMBER(name), and the rows of
the .def lists as they are. Nothing has to be added here when a header grows;
only names the other side lacks are listed.
"""

import re
import sys

# Ours alone: Xen keeps these in no public header, or under another form.
OURS_ONLY = re.compile(
    r"^(PVABI_|MEMOP_|XEN_E820_|RING_HEADER_BYTES|XEN_START_MAGIC"
    r"|XEN_ELFNOTE_PHYS32_RELOC|XEN_FW_EFI_|GUEST_HANDLE)"
)
OURS_ONLY_TYPES = {"struct e820entry", "struct ring_header"}

# Errors the packaged header shows to the hypervisor only.
INTERNAL_ERRORS = ("XEN_ERRNO(EINTR,", "XEN_ERRNO(ERESTART,")


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def numbers(text):
    """Names of object-like macros with a value."""
    for match in re.finditer(r"^#define (\w+)[ \t]+(\S.*)$", text, re.M):
        if '"' not in match[2] and not OURS_ONLY.match(match[1]):
            yield match[1]


def matching(text, start):
    """Index just past the brace that closes the one at start."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    raise ValueError("unbalanced braces")


def members(body, prefix=""):
    """Yields dotted names of the fields of a structure body."""
    while body.strip():
        brace, semi = body.find("{"), body.find(";")
        if 0 <= brace < semi:
            end = matching(body, brace)
            semi = body.index(";", end)
            inner = body[brace + 1 : end - 1]
            names = [n.strip() for n in body[end:semi].split(",")]
            for name in names:
                if name:
                    yield prefix + name
                yield from members(inner, prefix + name + "." if name else prefix)
        else:
            declaration = body[:semi]
            if ":" not in declaration:
                declaration = re.sub(r"GUEST_HANDLE\([^)]*\)", "x", declaration)
                declaration = re.sub(r"\[[^\]]*\]", "", declaration)
                for part in declaration.split(","):
                    yield prefix + re.findall(r"\w+", part)[-1]
        body = body[semi + 1 :]


def structures(text):
    """Yields (type, fields) for structures at file level."""
    pattern = re.compile(r"^(?:typedef )?((?:struct|union) \w+)\s*\{", re.M)
    for match in pattern.finditer(text):
        open_brace = match.end() - 1
        body = text[open_brace + 1 : matching(text, open_brace) - 1]
        if match[1] not in OURS_ONLY_TYPES:
            yield match[1], list(members(body))


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="ascii") as source:
            text = strip_comments(source.read())
        if path.endswith(".def"):
            for line in text.split("\n"):
                if line and not line.startswith(INTERNAL_ERRORS):
                    print(line)
            continue
        for name in numbers(text):
            print(f"NUMBER({name})")
        for name, fields in structures(text):
            print(f"STRUCT({name})")
            for field in fields:
                if not re.search(r"(^|\.)_*pad", field):
                    print(f"FIELD({name}, {field})")


if __name__ == "__main__":
    main()
