"""Complaints to US regulators (FCC, CFPB) into `complaints`, attached to synthetic customers.

The files name no customer: these events are for load and for texts, never for a figure of quality. They give
a complaint's outcome but not its day, so a finished one is closed `closed_after` days later (an FCC provider
has 30 days to answer). The CFPB's narratives carry no date at all: they come one an hour, in file order.
Sources: FCC consumer complaints (Comcast, 2015), CFPB consumer complaint database; US government data.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stream.convert.base import BadRowError, ConvertError, Row, Stats, Table, day_start, milliseconds, rfc3339
from stream.engine.log.jsonl import Line

NARRATIVES_BEGIN = date(2015, 1, 1)
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


class Outcome(NamedTuple):
    """What a status means: its severity, whether it ended, and whether the customer was content."""

    severity: str
    closed: bool
    satisfied: bool = False


FCC_STATUS = {
    "Open": Outcome("high", closed=False),
    "Pending": Outcome("medium", closed=False),
    "Closed": Outcome("medium", closed=True),
    "Solved": Outcome("low", closed=True, satisfied=True),
}
CFPB_RESPONSE = {
    "Closed with monetary relief": Outcome("high", closed=True, satisfied=True),
    "Closed with non-monetary relief": Outcome("medium", closed=True, satisfied=True),
    "Closed with relief": Outcome("medium", closed=True, satisfied=True),
    "Closed with explanation": Outcome("medium", closed=True),
    "Closed without relief": Outcome("medium", closed=True),
    "Closed": Outcome("low", closed=True),
    "In progress": Outcome("medium", closed=False),
    "Untimely response": Outcome("high", closed=False),
    "": Outcome("medium", closed=False),
}


class Complaint(NamedTuple):
    """One complaint as any of the files gives it; `opened` is epoch milliseconds."""

    complaint_id: str
    opened: int
    outcome: Outcome
    subject: str
    text: str
    channel: str


def lines(
    sources: Sequence[Path], stats: Stats, *, zone: ZoneInfo, customers: int, closed_after: int = 30
) -> Iterator[Line]:
    """Yield the events in file order; the files' wall clock is taken as `zone`'s.

    Args:
        sources: the published files.
        stats: filled on the way.
        zone: whose days the files' days are.
        customers: how many synthetic customers to spread the complaints over.
        closed_after: days after which a finished complaint closes.

    Raises:
        ConvertError: when a file is none of the known ones.
    """
    seen: set[str] = set()
    for path in sources:
        table = Table(path, stats)
        read = next((reader for columns, reader in _READERS if table.has(*columns)), None)
        if read is None:
            raise ConvertError(f"{path}: is neither an FCC nor a CFPB file by its columns")
        for place, row in enumerate(table):
            try:
                complaint = read(row, place, zone)
                if complaint.complaint_id in seen:
                    raise BadRowError(f"complaint {complaint.complaint_id} came before")
            except BadRowError as fault:
                table.bad(row.line, str(fault))
            else:
                seen.add(complaint.complaint_id)
                yield from _events(complaint, customers, closed_after)


def _events(complaint: Complaint, customers: int, closed_after: int) -> Iterator[Line]:
    name = complaint.complaint_id
    customer = f"customer-{zlib.crc32(name.encode()) % customers}"
    opened = {
        "event_id": f"{name}-opened",
        "customer_id": customer,
        "time": rfc3339(complaint.opened),
        "complaint_id": name,
        "status": "opened",
        "severity": complaint.outcome.severity,
        "subject": complaint.subject,
        "text": complaint.text,
        "channel": complaint.channel,
    }
    yield Line("complaints", customer, complaint.opened, {key: value for key, value in opened.items() if value})
    if complaint.outcome.closed:
        ms = complaint.opened + closed_after * _DAY_MS
        closed = {
            "event_id": f"{name}-closed",
            "customer_id": customer,
            "time": rfc3339(ms),
            "complaint_id": name,
            "status": "closed",
            "satisfied": complaint.outcome.satisfied,
        }
        yield Line("complaints", customer, ms, closed)


def _fcc(row: Row, _place: int, zone: ZoneInfo) -> Complaint:
    fields = row.fields
    when = f"{fields['Date_month_year']} {fields['Time']}"
    try:
        opened = milliseconds(datetime.strptime(when, "%d-%b-%y %I:%M:%S %p"), zone)
    except ValueError:
        raise BadRowError(f"Date_month_year and Time are not a time: {when!r}") from None
    outcome = _outcome(FCC_STATUS, fields["Status"], "Status")
    subject = fields["Customer Complaint"].strip()
    name = _identity("fcc", fields["Ticket #"])
    return Complaint(name, opened, outcome, subject, subject, fields["Received Via"].strip())


def _cfpb(row: Row, _place: int, zone: ZoneInfo) -> Complaint:
    fields = row.fields
    try:
        opened = day_start(date.fromisoformat(fields["Date received"]), zone) + 9 * _HOUR_MS
    except ValueError:
        raise BadRowError(f"Date received is not a day: {fields['Date received']!r}") from None
    outcome = _outcome(CFPB_RESPONSE, fields["Company response to consumer"], "Company response to consumer")
    if fields["Consumer disputed?"].strip() == "Yes":
        outcome = outcome._replace(severity="high", satisfied=False)
    text = fields["Consumer complaint narrative"].strip()
    name = _identity("cfpb", fields["Complaint ID"])
    return Complaint(name, opened, outcome, fields["Issue"].strip(), text, fields["Submitted via"].strip())


def _narrative(row: Row, place: int, zone: ZoneInfo) -> Complaint:
    fields = row.fields
    opened = day_start(NARRATIVES_BEGIN, zone) + place * _HOUR_MS
    text = fields["Consumer complaint narrative"].strip()
    if not text:
        raise BadRowError("Consumer complaint narrative is empty")
    name = _identity("cfpb-n", fields[""])
    return Complaint(name, opened, CFPB_RESPONSE[""], fields["Product"].strip(), text, "")


def _outcome(known: dict[str, Outcome], text: str, column: str) -> Outcome:
    if (outcome := known.get(text.strip())) is None:
        raise BadRowError(f"{column} is not known: {text!r}")
    return outcome


def _identity(source: str, text: str) -> str:
    if not text.strip():
        raise BadRowError("the complaint has no number")
    return f"{source}-{text.strip()}"


_Reader = Callable[[Row, int, ZoneInfo], Complaint]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("Ticket #", "Customer Complaint", "Date_month_year", "Time", "Received Via", "Status"), _fcc),
    (("Date received", "Issue", "Consumer complaint narrative", "Submitted via", "Complaint ID"), _cfpb),
    (("", "Product", "Consumer complaint narrative"), _narrative),
)
