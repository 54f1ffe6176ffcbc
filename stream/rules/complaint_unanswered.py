"""A complaint that nobody has answered within its time limit."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from pydantic import Field

from stream.domain.business import HOUR_MS
from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import ComplaintCase, State
from stream.rules.base import Params, Rule, Texts

_ZH = dict(zip(SEVERITIES, ("低", "中", "高", "特急"), strict=True))


class ComplaintUnansweredParams(Params):
    """Parameters of `complaint_unanswered`: hours until an answer is due, by severity; none given is medium."""

    critical_h: float = Field(4, gt=0, le=720, description="hours in which a critical complaint is answered")
    high_h: float = Field(24, gt=0, le=720, description="hours in which a high one is")
    medium_h: float = Field(48, gt=0, le=720, description="hours in which a medium one is")
    low_h: float = Field(72, gt=0, le=720, description="hours in which a low one is")
    clock_h: float = Field(24, ge=0, le=720, description="limits longer than this leave out days that are not worked")
    far: float = Field(2, ge=1, le=10, description="so many times the limit, and severity rises a step")
    likelihood: float = Field(0.2, gt=0, le=1, description="share of such warnings after which the customer leaves")


class _Overdue(Struct, frozen=True, gc=False):
    """A complaint past its limit; `far`: past several times its limit."""

    complaint_id: str
    case: ComplaintCase
    due: int
    far: bool


class ComplaintUnanswered(Rule[ComplaintUnansweredParams]):
    """A complaint waits for an answer longer than its severity allows.

    Short limits run by the clock, for a serious complaint is answered at the weekend too; longer ones are promises in
    working days, and count only days that are worked on, each with its 24 hours.
    """

    name = "complaint_unanswered"
    listens = frozenset({"complaints"})
    behavioural = False
    practice = (
        "Speed of the first answer decides whether a complainer stays (service recovery: Smith, Bolton & Wagner 1999); "
        "ISO 10002 asks for limits by severity, and supervisors count overdue answers."
    )
    respond_within_h = 4
    Params = ComplaintUnansweredParams
    texts = {
        "zh": Texts(
            title="投诉超时未答复",
            reason=(
                "{severity_zh}级投诉 {complaint_id} 已等待 {waited_h:,.0f} 小时未答复"
                "（时限 {limit_h:g} 小时）{more_zh}。"
            ),
            cleared="超时投诉均已答复。",
            next_step="4 小时内由客户经理亲自回复客户，致歉并说明处理进展与完成时间，同时督办责任部门。",
        ),
        "en": Texts(
            title="Complaint not answered in time",
            reason=(
                "Complaint {complaint_id} ({severity_en}) has waited {waited_h:,.0f} hours for an answer; the limit is "
                "{limit_h:g}{more_en}."
            ),
            cleared="Every overdue complaint has been answered.",
            next_step="Answer in person within 4 hours: apologise, say where it stands and when it is done.",
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge every complaint that waits; resolve when none is overdue any more."""
        cases = state.complaints
        if not cases or state.left_at:
            return None
        now = event.time if type(event) is Tick else state.newest
        overdue = self._overdue(state, now)
        episode = state.episodes.get(self.name)
        if not overdue:
            if episode is None:
                return None
            answered = sorted({name.partition("\n")[0] for name in episode.memo})
            return Clear(self.name, {"complaints": answered}, () if type(event) is Tick else (event.event_id,))
        memo = {_key(entry): entry.due for entry in overdue}
        if episode is not None and memo.keys() <= episode.memo.keys():
            return None
        return self._signal(event, overdue, memo, now)

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the next limit, or multiple of it, of any complaint that waits."""
        if not state.complaints or state.left_at:
            return None
        now = event.time if type(event) is Tick else state.newest
        marks = [mark for case in state.complaints.values() if case.waiting_since for mark in self._marks(case)]
        return min((mark for mark in marks if mark > now), default=None)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The complaints that wait, and when the first is due."""
        waiting = {name: case for name, case in state.complaints.items() if case.waiting_since}
        hours = [(self._marks(case)[0] - time) / HOUR_MS for case in waiting.values()]
        return {
            "complaints": len(state.complaints),
            "waiting": sorted(waiting),
            "hours_left": round(min(hours), 1) if hours else "none waits",
        }

    def _limit(self, case: ComplaintCase) -> float:
        limits: dict[Severity, float] = {
            "critical": self.params.critical_h,
            "high": self.params.high_h,
            "medium": self.params.medium_h,
            "low": self.params.low_h,
        }
        return limits[case.severity or "medium"]

    def _marks(self, case: ComplaintCase) -> tuple[int, int]:
        """Return when an answer is due, and when it is far overdue, epoch ms."""
        limit = self._limit(case)
        since = case.waiting_since
        working = limit > self.params.clock_h
        first = self._after(since, limit, working=working)
        return first, self._after(since, limit * self.params.far, working=working)

    def _after(self, since: int, hours: float, *, working: bool) -> int:
        """Return the moment so many hours after `since`, by the clock or on working days alone."""
        left = round(hours * HOUR_MS)
        if not working:
            return since + left
        calendar, day_start = self.business.calendar, self.business.day_start
        day, time = self.business.day(since), since
        while True:
            if calendar.is_working(day):
                rest = day_start(day + 1) - time
                if left <= rest:
                    return time + left
                left -= rest
            day += 1
            time = day_start(day)

    def _overdue(self, state: State, now: int) -> list[_Overdue]:
        found = []
        for name, case in state.complaints.items():
            if case.waiting_since:
                due, far = self._marks(case)
                if due <= now:
                    found.append(_Overdue(name, case, due, far <= now))
        return found

    def _severity(self, entry: _Overdue) -> Severity:
        rank = SEVERITIES.index(entry.case.severity or "medium") + entry.far
        return SEVERITIES[min(rank, len(SEVERITIES) - 1)]

    def _signal(self, event: Any, overdue: list[_Overdue], memo: dict[str, int], now: int) -> Signal:
        overdue.sort(key=lambda entry: (-SEVERITIES.index(self._severity(entry)), entry.due, entry.complaint_id))
        worst = overdue[0]
        given = worst.case.severity or "medium"
        more = len(overdue) - 1
        evidence: dict[str, Figure] = {
            "measure": "waiting",
            "complaint_id": worst.complaint_id,
            "given_severity": worst.case.severity or "",
            "waited_h": round((now - worst.case.waiting_since) / HOUR_MS, 1),
            "limit_h": self._limit(worst.case),
            "unit": "h",
            "counted": "working days" if self._limit(worst.case) > self.params.clock_h else "by the clock",
            "complaints": sorted(entry.complaint_id for entry in overdue),
            "severity_zh": _ZH[given],
            "severity_en": given,
            "more_zh": f"；另有 {more} 件超时" if more else "",
            "more_en": f"; {more} more are overdue" if more else "",
        }
        causes = () if type(event) is Tick else (event.event_id,)
        return Signal(self.name, self._severity(worst), evidence, causes, memo)


def _key(entry: _Overdue) -> str:
    """One entry of an episode's memo: a complaint since its wait began, and once more when it is far overdue."""
    return f"{entry.complaint_id}\n{entry.case.waiting_since}" + ("\nfar" if entry.far else "")
