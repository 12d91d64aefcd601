#!/usr/bin/env python3
"""Check a results.json against schema.json.

    schema.py RESULTS...

Knows the words of JSON schema that schema.json uses, and refuses others: a
word that nobody checks would promise what it does not keep.
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "schema.json")
NOTES = {"$schema", "title", "$defs"}


def is_type(value, name):
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list, "string": str,
                              "boolean": bool}[name])


def resolve(schema, root):
    target = schema.get("$ref")
    if target is None:
        return schema
    node = root
    for part in target.removeprefix("#/").split("/"):
        node = node[part]
    return node


def object_errors(value, schema, where, root):
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    for name, item in value.items():
        here = f"{where}.{name}"
        if name in known:
            yield from errors(item, known[name], here, root)
        elif others is False:
            yield f"{here}: not in the schema"
        elif others is not True:
            yield from errors(item, others, here, root)


def errors(value, schema, where, root):
    """Lines that say what is wrong with `value`."""
    schema = resolve(schema, root)
    for word, want in schema.items():
        if word == "type":
            if not is_type(value, want):
                yield f"{where}: {value!r} is no {want}"
                return
        elif word == "enum":
            if value not in want:
                yield f"{where}: {value!r} is none of {want}"
        elif word == "minimum":
            if value < want:
                yield f"{where}: {value!r} is below {want}"
        elif word == "minItems":
            if len(value) < want:
                yield f"{where}: fewer than {want} items"
        elif word == "items":
            for i, item in enumerate(value):
                yield from errors(item, want, f"{where}[{i}]", root)
        elif word not in ("properties", "required", "additionalProperties",
                          *NOTES):
            raise ValueError(f"schema.json uses {word}, unknown here")
    if isinstance(value, dict):
        yield from object_errors(value, schema, where, root)


def check(results):
    """All that is wrong with `results`, as lines."""
    with open(SCHEMA, encoding="utf-8") as handle:
        root = json.load(handle)
    return list(errors(results, root, "results", root))


def main(argv):
    if not argv:
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for path in argv:
        with open(path, encoding="utf-8") as handle:
            found = check(json.load(handle))
        for line in found:
            print(f"{path}: {line}")
        status = status or bool(found)
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
