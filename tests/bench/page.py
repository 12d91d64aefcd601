#!/usr/bin/env python3
"""Look at report.html in a real browser: 1280 pixels wide, and on a phone.

    page.py REPORT [--shots DIRECTORY]

Headless Chromium lays the page out in a frame of each width; a script in it
measures what a reader would see. Promises:
    every plot has points; no two labels of a plot overlap; no text is smaller
    than 8 pixels; the page itself never scrolls sideways.
Screenshots land beside the report unless told otherwise.
"""

import argparse
import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

WIDTHS = {"desktop": 1280, "phone": 390}
HEIGHT = 900

# Runs in the parent of the frame; the result becomes the page's text.
LOOK = """
const doc = frame.contentDocument, found = [];
const say = (text) => found.push(text);
const root = doc.documentElement;
if (root.scrollWidth > root.clientWidth + 1)
  say(`the page is ${root.scrollWidth} pixels wide`);
const plots = [...doc.querySelectorAll('svg.plot')];
if (plots.length < 1) say('there is no plot');
const hit = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
for (const plot of plots) {
  const points = plot.querySelectorAll('use').length;
  if (points < 2) say(`${plot.id}: ${points} points`);
  const texts = [...plot.querySelectorAll('text')].filter(
    (t) => t.textContent.trim());
  if (texts.length < 3) say(`${plot.id}: ${texts.length} labels`);
  const boxes = texts.map((t) => [t, t.getBoundingClientRect()]);
  const own = plot.getBoundingClientRect();
  if (own.width < 100 || own.height < 100) say(`${plot.id}: not visible`);
  boxes.forEach(([t, a], i) => {
    if (a.left < own.left - 2 || a.right > own.right + 2)
      say(`${plot.id}: "${t.textContent.trim()}" is cut off`);
    if (t.textContent.trim() && a.height < 8)
      say(`${plot.id}: "${t.textContent.trim()}" is ${a.height} pixels high`);
    for (const [u, b] of boxes.slice(i + 1))
      if (hit(a, b))
        say(`${plot.id}: "${t.textContent.trim()}" overlaps ` +
            `"${u.textContent.trim()}"`);
  });
}
for (const e of doc.querySelectorAll('p,li,td,th,h1,h2,h3'))
  if (parseFloat(doc.defaultView.getComputedStyle(e).fontSize) < 8)
    say(`"${e.textContent.slice(0, 30)}" is too small to read`);
result.textContent = JSON.stringify({plots: plots.length, found});
"""


class PageError(Exception):
    """The browser could not look."""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    raise PageError("chromium is missing; install it with: make deps")


def chromium(arguments, work, limit=120):
    argv = [browser(), "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            f"--user-data-dir={work}/profile", *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=limit,
                              check=False)
    except subprocess.TimeoutExpired as error:
        raise PageError(f"{argv[0]} took more than {limit} s") from error
    if done.returncode:
        raise PageError(f"{argv[0]} ended with status {done.returncode}: "
                        f"{done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout.decode("utf-8", "replace")


def framed(page, width, script=""):
    """A page with `page` in a frame: browsers refuse narrow windows."""
    return (f'<!doctype html><meta charset="utf-8"><body style="margin:0">'
            f'<iframe id="frame" style="border:0;width:{width}px;'
            f'height:{HEIGHT}px" srcdoc="{html.escape(page)}"></iframe>'
            f'<pre id="result"></pre><script>'
            f"const frame = document.getElementById('frame');"
            f"const result = document.getElementById('result');"
            f"frame.addEventListener('load', () => {{{script}}});</script>")


def look(page, width, work):
    """What the script above found at `width`."""
    path = os.path.join(work, f"look-{width}.html")
    with open(path, "w", encoding="utf-8") as out:
        out.write(framed(page, width, LOOK))
    dom = chromium([f"--window-size=1400,{HEIGHT}", "--dump-dom",
                    "--virtual-time-budget=10000", f"file://{path}"], work)
    match = re.search(r'<pre id="result">(\{.*?\})</pre>', dom, re.DOTALL)
    if not match:
        raise PageError(f"no measurements at {width} pixels")
    return json.loads(html.unescape(match[1]))


def colors(path):
    """How many colours a PNG has (8 bits a channel, as Chromium writes)."""
    with open(path, "rb") as handle:
        data = handle.read()
    at, packed, header = 8, b"", None
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        header = body if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + size
    width, _, depth, kind = struct.unpack_from(">IIBB", header)
    if depth != 8 or kind not in (2, 6):
        raise PageError(f"{path}: a PNG of another kind")
    raw = zlib.decompress(packed)
    # Rows are filtered differences: still, an empty page has next to none.
    return len(set(raw[:(width * 4 + 1) * HEIGHT]))


def shoot(page, name, width, shots, work):
    path = os.path.join(work, f"shot-{width}.html")
    with open(path, "w", encoding="utf-8") as out:
        out.write(framed(page, width))
    target = os.path.join(shots, f"report-{name}.png")
    if os.path.exists(target):
        os.unlink(target)
    chromium([f"--window-size={max(width, 500)},{HEIGHT}",
              f"--screenshot={target}", "--virtual-time-budget=5000",
              f"file://{path}"], work)
    if not os.path.exists(target):
        raise PageError("there is no screenshot")
    if colors(target) < 16:
        raise PageError(f"{target} is empty")
    return target


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("report")
    parser.add_argument("--shots")
    args = parser.parse_args(argv)
    with open(args.report, encoding="utf-8") as handle:
        page = handle.read()
    shots = args.shots or os.path.dirname(os.path.abspath(args.report))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        for name, width in WIDTHS.items():
            seen = look(page, width, work)
            for line in seen["found"]:
                print(f"FAIL {name}, {width} pixels: {line}")
            if not seen["found"]:
                print(f"PASS {name}, {width} pixels: {seen['plots']} plots, "
                      f"{shoot(page, name, width, shots, work)}")
            passed += not seen["found"]
            failed += bool(seen["found"])
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (PageError, OSError) as error:
        sys.exit(f"page: {error}")
