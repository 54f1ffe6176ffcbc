"""Monthly spend under what the customer's class is expected to bring, from someone who used to bring it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field

from stream.domain.business import HOUR_MS
from stream.domain.classes import is_named
from stream.domain.events import Severity
from stream.domain.figures import first_full_month, spend_of_month
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import MONTHS, SPEND, State
from stream.rules.base import Params, Rule, Texts, causes_of


class BelowFloorParams(Params):
    """Parameters of `below_floor`. The floors are the classes' own: `floor` in `[classes]`."""

    likelihood: float = Field(0.35, gt=0, le=1, description="share of such warnings after which the customer leaves")
    months: int = Field(2, ge=1, le=6, description="complete months in a row under the floor")
    above_months: int = Field(2, ge=1, le=6, description="complete months at or over it before, at least")
    above_share: float = Field(0.75, gt=0, le=1, description="of all complete months before, those at or over it")
    winback_months: int = Field(2, ge=1, le=6, description="months without any spend: from then on a case for win-back")
    grace_hours: int = Field(12, ge=0, le=240, description="after the month's end, for what comes late")


class BelowFloor(Rule[BelowFloorParams]):
    """Some months under the floor: orders are moving elsewhere; nothing at all for months is past saving by a call."""

    name = "below_floor"
    listens = frozenset({"new-month", "open-day", "customers"})
    behavioural = True
    practice = (
        "Key-account practice sets each class a minimum of monthly business: small but positive spend says that the "
        "rest goes to a rival while there is still a relationship to save; none for months belongs to win-back "
        "campaigns (Griffin and Lowenstein 2001, Customer Winback)."
    )
    respond_within_h = 72
    Params = BelowFloorParams
    texts = {
        "zh": Texts(
            title="月度贡献低于下限",
            reason=(
                "客户连续 {months} 个月低于所属类别的月度下限 {floor:,.0f} {unit}：上月 {observed:,.0f} {unit}"
                "（此前月均 {usual:,.0f} {unit}）；{what_zh}。"
            ),
            cleared="客户月度消费已回升至 {observed:,.0f} {unit}，不低于下限 {floor:,.0f} {unit}。",
            next_step="本周内约访客户，了解订单或业务转往何处、原因为何，带上针对性报价；已停止往来的转交赢回团队。",
        ),
        "en": Texts(
            title="Under the floor of the class",
            reason=(
                "{months} months in a row under the monthly floor of {floor:,.0f} {unit}: {observed:,.0f} {unit} last "
                "month, {usual:,.0f} {unit} a month before; {what_en}."
            ),
            cleared="The month's spend is back at {observed:,.0f} {unit}, the floor being {floor:,.0f} {unit}.",
            next_step=(
                "See them this week: ask where the rest of the business goes and why, and bring an offer for it; "
                "hand those who have stopped altogether to win-back."
            ),
        ),
    }

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Keep the floor that was last reached: a derived class falls with the spend, and its floor with it."""
        if type(event) is not Tick or is_named(state):
            return None
        today = self.business.day(event.time)
        floor = self.business.classes.of(state, today).floor
        reached = floor and spend_of_month(state, self.business.month(today) - 1) >= floor
        return [floor] if reached and state.memory.get(self.name) != [floor] else None

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the month that is over, by timer; clear as soon as a month reaches the floor."""
        episode = state.episodes.get(self.name)
        if type(event) is not Tick:
            return None if episode is None else self._recovered(state, event, episode.memo["floor"], state.newest)
        if state.left_at:
            return None
        if episode is not None:
            cleared = self._recovered(state, event, episode.memo["floor"], event.time)
            if cleared is not None:
                return cleared
        last = self.business.month(self.business.day(event.time)) - 1
        for floor in self._floors(state, event.time):
            run, zeros, before = self._run(state, last, floor)
            above = [spend for spend in before if spend >= floor]
            if len(above) >= max(self.params.above_months, self.params.above_share * len(before)):
                if zeros == self.params.winback_months and run >= self.params.months:
                    return self._signal(state, event, floor, last, run, above, live=False)
                if run == self.params.months and zeros < run:
                    return self._signal(state, event, floor, last, run, above, live=True)
        return None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the start of the next month while there is a floor to fall under."""
        armed = state.timers.get(self.name)
        if armed is not None and type(event) is not Tick:
            return armed
        if not state.months.items or state.left_at or not self.business.classes.have_floors:
            return None
        now = event.time if type(event) is Tick else state.newest
        month = self.business.month(self.business.day(now))
        if not any(bucket and bucket[SPEND] > 0 for bucket in state.months.items) or not self._floors(state, now):
            return None
        return self._month_start(month + 1) + self.params.grace_hours * HOUR_MS

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The floor, and the complete months under and over it."""
        today = self.business.day(time)
        floors = self._floors(state, time)
        last = self.business.month(today) - 1
        run, zeros, before = self._run(state, last, floors[0]) if floors else (0, 0, [])
        return {
            "class": self.business.classes.of(state, today).name,
            "floor": self.business.major(floors[0]) if floors else 0,
            "last_month": self.business.major(spend_of_month(state, last)),
            "months_under": run,
            "months_without_spend": zeros,
            "months_before": len(before),
            "months_over": sum(spend >= floors[0] for spend in before),
            "fires_after_months": self.params.months,
        }

    def _floors(self, state: State, time: int) -> list[int]:
        """Return the class's floor and the one that was last reached, the higher first, without nought."""
        floor = self.business.classes.of(state, self.business.day(time)).floor
        if is_named(state):
            return [floor] if floor else []
        return sorted({floor, *state.memory.get(self.name, ())} - {0}, reverse=True)

    def _run(self, state: State, last: int, floor: int) -> tuple[int, int, list[int]]:
        """Return the months up to `last` under the floor, those without anything, and the spends before them."""
        first = max(first_full_month(state), last - MONTHS + 2)
        spends = [spend_of_month(state, month) for month in range(last, first - 1, -1)]
        run = next((index for index, spend in enumerate(spends) if spend >= floor), len(spends))
        zeros = next((index for index, spend in enumerate(spends) if spend > 0), len(spends))
        return run, zeros, spends[run:]

    def _recovered(self, state: State, event: Any, floor: int, time: int) -> Clear | None:
        """Return the end of a warning: this month or the last is over the floor, or the class has none any more."""
        month = self.business.month(self.business.day(time))
        best = max(spend_of_month(state, month), spend_of_month(state, month - 1))
        released = is_named(state) and not self._floors(state, time)
        if best < floor and not released:
            return None
        evidence: dict[str, Figure] = {
            "observed": self.business.major(best),
            "floor": self.business.major(0 if released else floor),
            "unit": self.business.currency,
        }
        return Clear(self.name, evidence, causes_of(event))

    def _signal(
        self, state: State, event: Tick, floor: int, last: int, run: int, above: list[int], *, live: bool
    ) -> Signal:
        class_ = self.business.classes.of(state, self.business.day(event.time))
        major = self.business.major
        evidence: dict[str, Figure] = {
            "measure": "monthly_spend",
            "observed": major(spend_of_month(state, last)),
            "floor": major(floor),
            "usual": major(round(sum(above) / len(above))),
            "months": run,
            "class": class_.name,
            "unit": self.business.currency,
            "what_zh": "仍有少量往来，业务可能正在转往他处" if live else "已无往来，转交赢回流程",
            "what_en": "what is left may follow elsewhere" if live else "nothing is left: a case for win-back",
        }
        severity: Severity = "low" if not live else "high" if class_.name == "key" else "medium"
        memo = {"floor": floor}
        routes = () if live else ("win-back",)
        return Signal(self.name, severity, evidence, (), memo, self._series(state, last), routes)

    def _series(self, state: State, last: int) -> tuple[tuple[str, float], ...]:
        first = max(first_full_month(state), last - MONTHS + 2)
        return tuple(
            (_date(month).isoformat(), self.business.major(spend_of_month(state, month)))
            for month in range(first, last + 1)
        )

    def _month_start(self, month: int) -> int:
        return self.business.day_start(self.business.day_of_date(_date(month)))


def _date(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)
