"""Tables of results.json beside the suite's rows: one subject each.

A table compares columns, of which the first is ours and the second what it is
measured against. Goals are about the ratio of the first two, or about the
first alone.

    {"name", "title", "note", "columns": [name...], "rows": [
        {"name", "meaning", "unit", "better": "less" | "more",
         "values": {column: spread}, "ratio", "goal", "met", "why"}...],
     "base": column or "first row": what its plot divides by}
"""

import html
import statistics

import plots

TITLES = {"paravane": "Paravane", "xen": "Xen 4.17", "native": "native"}
PLOT_ROWS = 8


def spread(values):
    return {"median": statistics.median(values), "min": min(values),
            "max": max(values), "runs": list(values)}


class Table:
    """A table in the making; done() is what results.json gets."""

    def __init__(self, name, title, note, columns, base=None):
        self.data = {"name": name, "title": title, "note": note,
                     "columns": list(columns), "rows": [],
                     "base": base or columns[1]}

    def row(self, name, meaning, unit, values, better="less", most=None,
            least=None, floor=None, why=None):
        """Add a row.

        values   {column: [a figure of each run]}
        most     goal: the ratio of the first two columns at most this
        least    goal: at least this
        floor    goal: the first column itself at least this
        why      {column: cause} of what is missing
        """
        found = {c: spread(v) for c, v in values.items() if v}
        row = {"name": name, "meaning": meaning, "unit": unit,
               "better": better, "values": found, "why": why or {}}
        for column in self.data["columns"]:
            if column not in found and column not in row["why"]:
                row["why"][column] = "the row did not appear"
        ours, theirs = (found.get(c) for c in self.data["columns"][:2])
        if ours and theirs and theirs["median"]:
            row["ratio"] = ours["median"] / theirs["median"]
        against = title(self.data["columns"][1])
        if most is not None:
            row["goal"] = f"at most {most:g} of {against}"
            if "ratio" in row:
                row["met"] = row["ratio"] <= most
        if least is not None:
            row["goal"] = f"at least {least:g} of {against}"
            if "ratio" in row:
                row["met"] = row["ratio"] >= least
        if floor is not None:
            row["goal"] = f"at least {floor:g}"
            if ours:
                row["met"] = ours["median"] >= floor
        self.data["rows"].append(row)

    def done(self):
        return self.data


def figure(value):
    """Three digits that count, without exponents."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def title(column):
    return TITLES.get(column, column)


def cells(row, columns):
    """The texts of a row, its verdict last."""
    for column in columns:
        entry = row["values"].get(column)
        yield figure(entry["median"]) if entry else "-"
    yield f"{row['ratio']:.2f}" if "ratio" in row else "-"
    verdict = {True: "", False: ": missed", None: ": not measured"}
    yield row["goal"] + verdict[row.get("met")] if "goal" in row else ""


def head(table):
    return ["row", "unit", *map(title, table["columns"]), "ratio", "goal"]


def body(table):
    return [[row["name"], row["unit"], *cells(row, table["columns"])]
            for row in table["rows"]]


def missing(table):
    """Lines about rows that lack a column, one a cause."""
    causes = {}
    for row in table["rows"]:
        for column, why in row["why"].items():
            causes.setdefault((column, why), []).append(row["name"])
    for (column, why), names in causes.items():
        rows = "all rows" if len(names) == len(table["rows"]) else \
            ", ".join(names)
        yield f"{title(column)}, {rows}: {why}"


def text(done):
    """The tables as aligned lines."""
    lines = []
    for table in done.get("tables", []):
        rows = [head(table), *body(table)]
        widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        lines += ["", f"{table['title']}:"]
        for row in rows:
            line = "".join(
                cell.ljust(w + 2) if i in (0, 1, len(row) - 1)
                else cell.rjust(w) + "  "
                for i, (cell, w) in enumerate(zip(row, widths)))
            lines.append(line.rstrip())
        lines += [f"not measured: {line}" for line in missing(table)]
    return lines


def markdown(done):
    for table in done.get("tables", []):
        yield ""
        yield f"{table['title']}: {table['note']}"
        yield ""
        yield "| " + " | ".join(head(table)) + " |"
        yield "|---" * len(head(table)) + "|"
        for row in body(table):
            yield "| " + " | ".join(row) + " |"
        yield from (f"- not measured: {line}" for line in missing(table))


# -- the page ----------------------------------------------------------------

def divisor(table, row, column):
    """What a value is divided by in the plot, or None."""
    if table["base"] == "first row":
        entry = table["rows"][0]["values"].get(column)
    else:
        entry = row["values"].get(table["base"])
    return entry["median"] if entry else None


def series(table, rows):
    """[(title, {row: (middle, low, high)})]"""
    for column in table["columns"]:
        if column == table["base"]:
            continue
        found = {}
        for row in rows:
            entry, by = row["values"].get(column), divisor(table, row, column)
            if by and entry and entry["min"] > 0:
                found[row["name"]] = tuple(entry[k] / by for k in
                                           ("median", "min", "max"))
        yield title(column), found


def chunks(rows):
    count = -(-len(rows) // PLOT_ROWS) or 1
    size = -(-len(rows) // count)
    return [rows[i:i + size] for i in range(0, len(rows), size)]


def drawn(table):
    label = ("first row" if table["base"] == "first row"
             else title(table["base"])) + " = 1"
    for number, rows in enumerate(chunks(table["rows"])):
        svg = plots.points(f"{table['name']}-{number}",
                           f"{table['title']}: {label}", label,
                           [row["name"] for row in rows],
                           list(series(table, rows)))
        if svg:
            yield f'<div class="scroll">{svg}</div>'


def html_table(table):
    top = "".join(f"<th>{html.escape(h)}</th>" for h in head(table))
    lines = "".join(
        f'<tr><th>{html.escape(name)}</th>' +
        "".join(f"<td>{html.escape(cell)}</td>" for cell in rest) + "</tr>"
        for name, *rest in body(table))
    return (f'<div class="scroll"><table><thead><tr>{top}</tr></thead>'
            f"<tbody>{lines}</tbody></table></div>")


def page(done):
    parts = []
    for table in done.get("tables", []):
        meanings = "".join(f"<li><code>{html.escape(row['name'])}</code> "
                           f"{html.escape(row['meaning'])}</li>"
                           for row in table["rows"])
        causes = "".join(f"<li>{html.escape(line)}</li>"
                         for line in missing(table))
        parts.append(f"<h2>{html.escape(table['title'])}</h2>"
                     f"<p>{html.escape(table['note'])}</p>"
                     f"<ul class='rows'>{meanings}</ul>" +
                     "".join(drawn(table)) + html_table(table) +
                     (f"<p>Not measured:</p><ul>{causes}</ul>"
                      if causes else ""))
    return "".join(parts)
