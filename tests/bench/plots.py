"""Plots of make bench: gnuplot draws, as SVG to be put inside a page."""

import re
import shutil
import subprocess

WIDTH, HEIGHT = 760, 380
COLORS = ("#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#b07aa1",
          "#9c755f", "#444444")
SHAPES = (7, 5, 9, 13, 11, 15, 6, 4)    # gnuplot's point types, all distinct

HEAD = f"""
set terminal svg noenhanced size {WIDTH},{HEIGHT} font "DejaVu Sans,12"
set encoding utf8
set key outside top center horizontal maxrows 2 width -2 samplen 1
set grid ytics lc rgb "#dddddd"
set border 3 lc rgb "#888888"
set tics nomirror scale 0.5
set logscale y
set bmargin 3
"""


class PlotError(Exception):
    """gnuplot is missing or refused; the text says what it said."""


def gnuplot(script):
    """SVG text of a gnuplot script."""
    if not shutil.which("gnuplot"):
        raise PlotError("gnuplot is missing; install it with: make deps")
    done = subprocess.run(["gnuplot"], input=script, capture_output=True,
                          text=True)
    if done.returncode or "<svg" not in done.stdout:
        raise PlotError(f"gnuplot: {done.stderr.strip()}")
    return done.stdout


def inline(svg, name, alt):
    """For a page of several: own ids, a size that follows the page."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<title>Gnuplot</title>", "", svg, count=1)
    svg = re.sub(r"<desc>.*?</desc>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"(\bid=['\"])", rf"\g<1>{name}-", svg)
    svg = re.sub(r"(href=['\"]#)", rf"\g<1>{name}-", svg)
    svg = re.sub(r"(url\(#)", rf"\g<1>{name}-", svg)
    svg = re.sub(r'width="\d+" height="\d+"',
                 f'class="plot" id="{name}" role="img" aria-label="{alt}"',
                 svg, count=1)
    return svg


def label(row, of):
    """A row's name, on two lines where many stand side by side."""
    return "\\n".join(row.rsplit("_", 1)) if of > 6 else row


def points(name, alt, ylabel, rows, series):
    """Points with their spread, a cluster a row, on a logarithmic axis.

    series: [(title, {row: (middle, low, high)})]; rows without a value are
    left out of their series.
    """
    series = [(title, values) for title, values in series if values]
    rows = [row for row in rows if any(row in v for _, v in series)]
    if not rows:
        return ""
    script = [HEAD, f'set ylabel "{ylabel}"',
              f"set xrange [-0.5:{len(rows) - 0.5}]",
              "set xtics (" + ", ".join(f'"{label(row, len(rows))}" {i}'
                                        for i, row in enumerate(rows)) + ")",
              f"set arrow from -0.5,1 to {len(rows) - 0.5},1 nohead "
              'lc rgb "#888888" dt 2']
    draw = []
    for number, (title, values) in enumerate(series):
        offset = (number - (len(series) - 1) / 2) * 0.8 / len(series)
        script.append(f"$data{number} << END")
        script += [f"{i + offset:.3f} {values[row][0]:.6g} "
                   f"{values[row][1]:.6g} {values[row][2]:.6g}"
                   for i, row in enumerate(rows) if row in values]
        script.append("END")
        look = (f'lc rgb "{COLORS[number % len(COLORS)]}" '
                f"pt {SHAPES[number % len(SHAPES)]} ps 0.7 lw 1.5")
        draw.append(f"$data{number} using 1:2:3:4 with yerrorbars {look} "
                    f'title "{title}"')
    top = max(v[2] for _, values in series for v in values.values())
    low = min(v[1] for _, values in series for v in values.values())
    script.append(f"set yrange [{min(low * 0.8, 0.8):.6g}:"
                  f"{max(top * 1.25, 1.25):.6g}]")
    if max(top, 1) / min(low, 1) < 8:
        script.append("set ytics (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, "
                      "2, 3, 4, 5, 6, 8)")
    script.append("plot " + ", ".join(draw))
    return inline(gnuplot("\n".join(script) + "\n"), name, alt)
