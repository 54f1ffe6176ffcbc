"""Files for spreadsheets: no cell of ours is ever taken for a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence

from stream.desk.web.views.shown import CardShown

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"  # spreadsheets take UTF-8 for something else without it
_COLUMNS = (
    "customer_id", "name", "priority", "points", "class", "segment", "kind", "severity", "title", "reason",
    "next_step", "due", "opened", "acknowledged_by", "owner", "episode_id",
)  # fmt: skip


def safe(cell: object) -> str:
    """Return a cell's text, quoted with an apostrophe where a spreadsheet would calculate it (OWASP, CSV injection).

    >>> safe("=cmd()"), safe(-1.5), safe(None)
    ("'=cmd()", '-1.5', '')
    """
    if cell is None:
        return ""
    text = str(cell)
    if isinstance(cell, int | float):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def table(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV, every cell quoted and safe."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return (_BOM + out.getvalue()).encode()


def worklist_csv(cards: Iterable[CardShown], language: str, tell: Callable[[str], str]) -> bytes:
    """Return one row a warning."""
    return table([[tell(f"column.{name}") for name in _COLUMNS], *_rows(cards, language)])


def _rows(cards: Iterable[CardShown], language: str) -> Iterable[list[object]]:
    for card in cards:
        for episode in card.episodes:
            step = episode.next_step
            yield [
                card.customer_id, card.name, episode.priority, round(episode.points, 2), card.class_, card.segment,
                episode.kind, episode.severity, getattr(episode.title, language), getattr(episode.reason, language),
                getattr(step.what, language) if step else None, utc(step.due_at) if step else None,
                utc(episode.opened_at), episode.acknowledged_by, episode.owner, episode.episode_id,
            ]  # fmt: skip


def utc(time: int) -> str:
    """Return a time as a spreadsheet reads it, UTC."""
    return dt.datetime.fromtimestamp(time / 1000, dt.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
