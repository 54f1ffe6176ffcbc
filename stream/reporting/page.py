"""A report as one HTML file: charts and tables, the plotting library inside, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from stream.reporting.table import Facts, Table

Charts = Sequence[tuple[str, go.Figure]]

_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": False,
}

# The policy is for the reader's safety: whatever is in the page, the browser fetches nothing.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)

_STYLE = """
:root { color: #1f2933; background: #f3f6fa; font: 15px/1.45 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 16px; }
h1 { font-size: 1.5rem; margin: 8px 0 12px; }
h2 { font-size: 1.1rem; margin: 0 0 8px; }
section { background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; margin: 0 0 16px; padding: 14px; }
.charts { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 900px) { .charts { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: start; } }
.charts section { margin: 0; min-width: 0; }
.group { margin: 24px 0 12px; font-size: 1.25rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.87rem; }
th, td { padding: 4px 12px 4px 0; text-align: right; vertical-align: top; white-space: nowrap; }
td.text, th.text { text-align: left; }
td.wide { white-space: normal; min-width: 220px; }
thead th { border-bottom: 1px solid #9aa5b1; font-weight: 600; }
tbody tr:nth-child(even) { background: #f7f9fb; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; }
dt { color: #616e7c; } dd { margin: 0; overflow-wrap: anywhere; }
.note { color: #616e7c; font-size: 0.83rem; margin: 8px 0 0; }
"""


def page(title: str, heading: str, parts: Iterable[str]) -> str:
    """Return the page of `parts` (see below). It needs no network: it opens from a disk, a mail or a share."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<h1>{escape(heading)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def group_of(title: str) -> str:
    """Return a heading over what follows."""
    return f'<h2 class="group">{escape(title)}</h2>'


def facts_of(facts: Facts) -> str:
    """Return the facts as a list of terms."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)
    return f"<section><dl>{rows}</dl></section>"


def charts_of(charts: Charts) -> str:
    """Return the charts side by side, as many as fit."""
    shown = (
        f"<section><h2>{escape(title)}</h2>"
        + figure.to_html(full_html=False, include_plotlyjs=False, config=_CONFIG, div_id=f"chart-{number}")
        + "</section>"
        for number, (title, figure) in enumerate(charts)
    )
    return f'<div class="charts">{"".join(shown)}</div>'


def table_of(table: Table) -> str:
    """Return a table with its title and note; nothing where it has no rows."""
    if not table.rows:
        return ""
    kinds = ["text" if place in table.text else "" for place in range(len(table.columns))]
    wide = {place for place in table.text if place > 1}
    head = "".join(f'<th class="{kind}">{escape(c)}</th>' for kind, c in zip(kinds, table.columns, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kinds[place]}{" wide" if place in wide else ""}">{escape(cell)}</td>'
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    shown = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<section><h2>{escape(table.title)}</h2>{shown}{note}</section>"
