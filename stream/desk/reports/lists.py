"""A manager's list of customers, read from a file: each line is used, or says what is wrong with it. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_BYTES = 5_000_000
MOST_LINES = 20_000
_ID_LENGTH = 200
_NAMES: Mapping[str, str] = {
    "customer_id": "customer_id", "customer": "customer_id", "客户号": "customer_id", "客户编号": "customer_id",
    "客户id": "customer_id", "客户": "customer_id",
    "staff_id": "staff_id", "rm_id": "staff_id", "rm": "staff_id", "客户经理": "staff_id", "客户经理编号": "staff_id",
    "员工号": "staff_id",
}  # fmt: skip


class ListError(ValueError):
    """The file cannot be read at all. `zh` and `en` tell why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of the file, counted from 1 as an editor does. `fault`: a word for what is wrong with it."""

    line: int
    customer_id: str | None
    staff_id: str | None = None
    fault: str | None = None


def digest_of(content: bytes) -> str:
    """Return what tells the same file again."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def read_list(content: bytes) -> list[ListLine]:
    """Return the lines of a CSV file: UTF-8 or GB 18030, comma, semicolon or tab, with a line of names first.

    Faults: `no_customer`, `too_long`, `not_text` (control characters), `repeated`.

    Raises:
        ListError: too large, no text, or no column of customers.
    """
    rows = _rows(_text(content))
    header = next(rows, None)
    columns = {} if header is None else _columns(header[1])
    if "customer_id" not in columns:
        raise ListError(
            "第一行须有列名，其中一列为 customer_id（客户号）",
            "the first line must name the columns, one of them customer_id",
        )
    lines = list(_lines(rows, columns))
    if len(lines) > MOST_LINES:
        raise ListError(f"最多 {MOST_LINES} 行", f"at most {MOST_LINES} lines")
    return lines


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ListError("文件过大（最大 5 MB）", "the file is too large (5 MB at most)")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ListError("文件不是 UTF-8 或 GB 18030 文本", "the file is no text in UTF-8 or GB 18030")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with its number."""
    first = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        begins = 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise ListError(
            f"第 {reader.line_num} 行无法读取", f"line {reader.line_num} cannot be read: {fault}"
        ) from fault


def _columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = _NAMES.get(unicodedata.normalize("NFKC", cell).strip().lower().replace(" ", "_"))
        if name is not None:
            found.setdefault(name, place)
    return found


def _lines(rows: Iterator[tuple[int, list[str]]], columns: Mapping[str, int]) -> Iterator[ListLine]:
    seen: dict[str, int] = {}
    for number, row in rows:
        customer, staff = (_cell(row, columns.get(name)) for name in ("customer_id", "staff_id"))
        fault = _fault(customer) or (_fault(staff) if staff else None)
        if fault is None and customer in seen:
            fault = "repeated"
        seen.setdefault(customer, number)
        yield ListLine(
            number, None if fault in ("too_long", "not_text", "no_customer") else customer, staff or None, fault
        )


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _fault(text: str) -> str | None:
    if not text:
        return "no_customer"
    if len(text) > _ID_LENGTH:
        return "too_long"
    return None if text.isprintable() else "not_text"
