#!/usr/bin/env python3
"""The report of make bench from its results.json.

    report.py RESULTS DIRECTORY             report.html and summary.txt again
    report.py RESULTS DIRECTORY README      and the tables of that README.md
"""

import html
import json
import os
import sys

import plots
import results
import systems
import tables
from plots import PlotError as ReportError

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = {
    "syscalls": "System calls", "signals": "Signals and faults",
    "memory": "Memory management", "switches": "Switches between processes",
    "processes": "Processes", "bandwidth": "Memory bandwidth",
    "clocks": "Clocks and timers",
    "macro_cpu": "Compressing, compiling, a database",
    "macro_servers": "File server, web server, network",
    "macro_disk": "Disk",
}
ROW_PAIRS = ("paravane-dom0/xen-dom0", "paravane-domu/xen-domu",
             "paravane-patched/xen-domu", "paravane-domu/native",
             "paravane-domu/kvm-npt")


def short(column):
    return systems.SHORT[column]


def pair_title(pair):
    ours, theirs = pair.split("/")
    return f"{short(ours)} / {short(theirs)}"


def figure(value):
    """Three digits that count, without exponents."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def columns_with(done, kind):
    return [c["name"] for c in done["columns"]
            if any(c["name"] in row[kind] for row in done["rows"])]


def groups_of(done):
    found = {}
    for row in done["rows"]:
        found.setdefault(row["group"], []).append(row)
    return found


# -- text --------------------------------------------------------------------

def text_table(done, kind, value):
    """Rows over columns, aligned."""
    columns = columns_with(done, kind)
    if not columns:
        return []
    lines = [" " * 19 + "".join(f"{short(c):>15}" for c in columns)]
    for row in done["rows"]:
        cells = [figure(value(row[kind][c])) if c in row[kind] else "-"
                 for c in columns]
        lines.append(f"{row['name']:19}" + "".join(f"{c:>15}" for c in cells))
    return lines


def text_ratios(done):
    pairs = [p for p in ROW_PAIRS
             if any(p in row["ratios"] for row in done["rows"])]
    if not pairs:
        return []
    lines = [" " * 19 + "".join(f"{pair_title(p):>29}" for p in pairs)]
    for row in done["rows"]:
        cells = []
        for pair in pairs:
            ratio = row["ratios"].get(pair, {})
            time = ratio.get("time")
            count = ratio.get("instructions")
            cells.append((f"{time['median']:.2f}" if time else "-") + " | " +
                         (f"{count:.2f}" if count else "-"))
        lines.append(f"{row['name']:19}" + "".join(f"{c:>29}" for c in cells))
    return lines


def summary_lines(done):
    for pair, kinds in done["summary"].items():
        for kind, entry in kinds.items():
            above = ", ".join(f"{name} {value:.2f}" for name, value in
                              list(entry["above_one"].items())[:8])
            yield (f"{pair_title(pair)}, {kind}: geometric mean "
                   f"{entry['geometric_mean']:.2f} of {entry['rows']} rows"
                   + (f"; above 1: {above}" if above else "; none above 1"))


def missing_lines(done):
    """Whole columns once, then single rows, each with its cause."""
    whole = set()
    yield from done.get("failed", [])
    for column in done["columns"]:
        if "why" in column:
            whole.add(column["name"])
            yield f"{column['title']}: {column['why']}"
    causes = {}
    for row in done["rows"]:
        for column, why in row["why"].items():
            if column.split(" ")[0] not in whole and \
                    not (column == "tcg-inside" and
                         row["name"] not in systems.INSIDE_ROWS.split()):
                causes.setdefault((column, why), []).append(row["name"])
    columns = {}
    for (column, why), rows in causes.items():
        columns.setdefault((tuple(rows), why), []).append(column)
    for (rows, why), names in columns.items():
        yield f"{', '.join(rows)}; {', '.join(names)}: {why}"


def difference_line(done):
    """How equal the counts of two runs were."""
    worst = [(entry["difference"], row["name"], column)
             for row in done["rows"]
             for column, entry in row["instructions"].items()
             if len(entry["runs"]) > 1]
    if not worst:
        return ("instructions were counted once" if done["instruction_runs"]
                else "instructions were not counted")
    same = sum(1 for w in worst if w[0] == 0)
    top = max(worst)
    return (f"instruction counts of two runs: {same} of {len(worst)} "
            f"identical, the greatest difference {top[0]:.2%} "
            f"({top[1]}, {top[2]})")


def text(done):
    out = [f"make bench, {done['made']}, Paravane "
           f"{done['environment']['paravane']}", ""]
    out += ["Medians of time (ns an operation, bandwidth ns a MiB):"]
    out += text_table(done, "time", lambda v: v["median"])
    out += ["", "Instructions an operation (-icount):"]
    out += text_table(done, "instructions", lambda v: v["count"])
    out += ["", "Ratios, time | instructions:"] + text_ratios(done)
    out += [""] + list(summary_lines(done)) + [difference_line(done)]
    out += tables.text(done)
    missing = list(missing_lines(done))
    if missing:
        out += ["", "Not measured:"] + missing
    return "\n".join(out)


# -- tables of README.md -----------------------------------------------------

MARK = "<!-- {}: tables of report.py -->"


def markdown(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def readme_tables(done):
    """Instructions, ratios and counters, as lines."""
    counted = columns_with(done, "instructions")
    env = done["environment"]
    yield f"Run of {done['made']}, Paravane {env['paravane']}, {env['qemu']},"
    yield f"accelerator {env['accelerator']} on {env['host_cpu']}, load of the"
    yield (f"host {env['load_before']:.1f} before and "
           f"{env.get('load_after', 0):.1f} after,")
    yield "; ".join(f"{kind}: {runs['rounds']} rounds, "
                    f"{runs['instruction_runs']} runs under -icount"
                    for kind, runs in passes_of(done).items()) + "."
    yield ""
    for line in summary_lines(done):
        yield f"- {line}"
    yield f"- {difference_line(done)}"
    yield ""
    yield "Instructions an operation:"
    yield ""
    yield from markdown(["row"] + [short(c) for c in counted],
                        [[row["name"]] +
                         [figure(row["instructions"][c]["count"])
                          if c in row["instructions"] else "-"
                          for c in counted] for row in done["rows"]])
    yield ""
    yield "Ratios, time (median of rounds) and instructions:"
    yield ""
    pairs = [p for p in ROW_PAIRS
             if any(p in row["ratios"] for row in done["rows"])]
    yield from markdown(["row"] + [pair_title(p) for p in pairs],
                        [[row["name"]] + [ratio_text(row, p) for p in pairs]
                         for row in done["rows"]])
    yield from tables.markdown(done)
    missing = list(missing_lines(done))
    if missing:
        yield ""
        yield "Not measured:"
        yield ""
        yield from (f"- {line}" for line in missing)


def ratio_text(row, pair):
    ratio = row["ratios"].get(pair, {})
    time, count = ratio.get("time"), ratio.get("instructions")
    return ((f"{time['median']:.2f}" if time else "-") + ", " +
            (f"{count:.2f}" if count else "-"))


def update_readme(done, path):
    """Replace what stands between the two marks."""
    with open(path, encoding="utf-8") as handle:
        old = handle.read()
    begin, end = MARK.format("begin"), MARK.format("end")
    if begin not in old or end not in old:
        raise ReportError(f"{path} lacks the lines {begin} and {end}")
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as out:
        out.write(head + begin + "\n\n" + "\n".join(readme_tables(done)) +
                  "\n\n" + end + tail)


# -- the page ----------------------------------------------------------------

def cell(value, title=""):
    mark = f' title="{html.escape(title)}"' if title else ""
    return f"<td{mark}>{html.escape(value)}</td>"


def table(head, rows):
    """A table that scrolls by itself where the page is narrow."""
    top = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    body = "".join(f"<tr><th>{html.escape(name)}</th>{''.join(cells)}</tr>"
                   for name, cells in rows)
    return (f'<div class="scroll"><table><thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def time_cell(row, column):
    if column not in row["time"]:
        return cell("–", row["why"].get(column, ""))
    v = row["time"][column]
    return cell(figure(v["median"]),
                f"{figure(v['min'])} to {figure(v['max'])}")


def count_cell(row, column):
    entry = row["instructions"].get(column)
    if not entry:
        return cell("–", row["why"].get(column + " instructions", ""))
    return cell(figure(entry["count"]),
                f"runs differ by {entry['difference']:.2%}")


def ratio_cells(row, pair):
    ratio = row["ratios"].get(pair, {})
    time, count = ratio.get("time"), ratio.get("instructions")
    yield (cell(f"{time['median']:.2f}",
                f"{time['min']:.2f} to {time['max']:.2f}")
           if time else cell("–"))
    yield cell(f"{count:.2f}") if count else cell("–")


def relative(rows, column, kind):
    """{row: (middle, low, high)} beside native."""
    found = {}
    for row in rows:
        base, own = row[kind].get("native"), row[kind].get(column)
        if not base or not own:
            continue
        if kind == "time":
            middle = base["median"]
            values = (own["median"], own["min"], own["max"])
        else:
            middle = base["count"]
            values = (own["count"], min(own["runs"]), max(own["runs"]))
        if middle and min(values):
            found[row["name"]] = tuple(v / middle for v in values)
    return found


def group_plots(done, group, rows):
    names = [row["name"] for row in rows]
    parts = []
    for kind, label in (("time", "time, native = 1"),
                        ("instructions", "instructions, native = 1")):
        series = [(short(c), relative(rows, c, kind))
                  for c in columns_with(done, kind) if c != "native"]
        svg = plots.points(f"{group}-{kind}", f"{GROUPS[group]}: {label}",
                           label, names, series)
        if svg:
            parts.append(f'<div class="scroll">{svg}</div>')
    return "".join(parts)


def group_part(done, group, rows):
    timed = columns_with(done, "time")
    counted = columns_with(done, "instructions")
    meanings = "".join(f"<li><code>{row['name']}</code> "
                       f"{html.escape(row['meaning'])}</li>" for row in rows)
    parts = [f"<h2>{GROUPS[group]}</h2><ul class='rows'>{meanings}</ul>",
             group_plots(done, group, rows)]
    if timed:
        unit = rows[0]["unit"]
        parts.append(f"<h3>Time, {unit}, median</h3>")
        parts.append(table(["row"] + [short(c) for c in timed],
                           [(row["name"], [time_cell(row, c) for c in timed])
                            for row in rows]))
    if counted:
        parts.append("<h3>Instructions</h3>")
        parts.append(table(["row"] + [short(c) for c in counted],
                           [(row["name"], [count_cell(row, c)
                                           for c in counted])
                            for row in rows]))
    return "".join(parts)


def ratio_part(done):
    pairs = [p for p in ROW_PAIRS
             if any(p in row["ratios"] for row in done["rows"])]
    if not pairs:
        return ""
    head = ["row"]
    for pair in pairs:
        head += [pair_title(pair) + ", time", "instructions"]
    names = [row["name"] for row in done["rows"]]
    series = []
    for pair in pairs[:2]:
        found = {row["name"]: (row["ratios"][pair]["instructions"],) * 3
                 for row in done["rows"]
                 if row["ratios"].get(pair, {}).get("instructions")}
        series.append((pair_title(pair), found))
    drawn = []
    half = (len(names) + 3) // 4
    for i in range(0, len(names), half):
        part = names[i:i + half]
        svg = plots.points(f"ratio-{i}", "Paravane beside Xen, instructions",
                           "instructions, Xen = 1", part,
                           [(t, {n: v[n] for n in part if n in v})
                            for t, v in series])
        if svg:
            drawn.append(f'<div class="scroll">{svg}</div>')
    lines = "".join(f"<li>{html.escape(line)}</li>"
                    for line in summary_lines(done))
    return (f"<h2>In one table</h2><ul>{lines}</ul>{''.join(drawn)}" +
            table(head, [(row["name"], [c for p in pairs
                                        for c in ratio_cells(row, p)])
                         for row in done["rows"]]))


def counter_part(done):
    if not done["counters"]:
        return ""
    names = sorted({name for row in done["counters"].values()
                    for name in row})
    return ("<h2>What the hypervisor did for one operation</h2>"
            "<p>Paravane's own counters, dom0, an operation.</p>" +
            table(["row"] + names,
                  [(row, [cell(f"{found[n]:.2f}" if n in found else "")
                          for n in names])
                   for row, found in done["counters"].items()]))


def passes_of(done):
    """{kind of row: how often it was run}"""
    return done.get("passes", {"micro": {
        key: done[key] for key in ("rounds", "instruction_runs")}})


def environment_part(done):
    rows = [(key.replace("_", " "), [cell(str(value))])
            for key, value in done["environment"].items()]
    rows.append(("commands", [cell("; ".join(done["commands"]))]))
    for kind, runs in passes_of(done).items():
        rows += [(f"{kind} rounds", [cell(str(runs["rounds"]))]),
                 (f"{kind} instruction runs",
                  [cell(str(runs["instruction_runs"]))])]
    info = table(["column", "kernel", "memory, KiB", "clock", "CPU flags"],
                 [(short(c["name"]),
                   [cell(c["info"].get("kernel", c.get("why", "–"))),
                    cell(c["info"].get("memory_kib", "")),
                    cell(c["info"].get("clocksource", "")),
                    f'<td class="flags">'
                    f'{html.escape(c["info"].get("flags", ""))}</td>'])
                  for c in done["columns"]])
    missing = "".join(f"<li>{html.escape(line)}</li>"
                      for line in missing_lines(done))
    return ("<h2>Environment</h2>" + table(["what", "value"], rows) + info +
            (f"<h2>Not measured, and why</h2><ul>{missing}</ul>"
             if missing else ""))


def page(done):
    with open(os.path.join(HERE, "report.css"), encoding="utf-8") as handle:
        style = handle.read()
    with open(os.path.join(HERE, "method.html"), encoding="utf-8") as handle:
        method = handle.read()
    groups = "".join(group_part(done, group, rows)
                     for group, rows in groups_of(done).items())
    columns = "".join(f"<li><b>{html.escape(short(c['name']))}</b> "
                      f"{html.escape(c['title'])}</li>"
                      for c in done["columns"])
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Paravane: benchmark report</title><style>{style}</style></head>
<body><h1>Paravirtualization beside full virtualization</h1>
<p>{html.escape(done['made'])}, Paravane
{html.escape(done['environment']['paravane'])}.
Raw data: <a href="results.json">results.json</a>,
<a href="summary.txt">summary.txt</a>; consoles of all boots in
<a href="../log/">build/log</a>.</p>
<ul class="rows">{columns}</ul>
{method}{ratio_part(done)}{groups}{tables.page(done)}{counter_part(done)}
<p>{html.escape(difference_line(done))}.</p>{environment_part(done)}
</body></html>
"""


def write(done, directory):
    """report.html and summary.txt into `directory`."""
    results.replace(os.path.join(directory, "summary.txt"),
                    text(done) + "\n")
    results.replace(os.path.join(directory, "report.html"), page(done))


def main(argv):
    if len(argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    with open(argv[0], encoding="utf-8") as handle:
        done = json.load(handle)
    try:
        write(done, argv[1])
        if len(argv) == 3:
            update_readme(done, argv[2])
    except (ReportError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
