"""A customer with a rhythm is silent past the time at which the next act was due; or the order of the year is."""

from __future__ import annotations

from math import ceil
from typing import Any

from pydantic import Field

from stream.domain.business import Business
from stream.domain.paydays import day_of_month
from stream.domain.rhythm import Rhythm, due_day, rhythm, spend_of, usual_month
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import SPEND, State
from stream.domain.usage import barred_until
from stream.rules.base import Params, Rule, Texts, causes_of

YEAR = 12
MOST_PEAKS = 3
PEAK = 4  # numbers of one in the memory: month, spend, years it came, day after which its next one is overdue
SERIES = 14


class MissedCadenceParams(Params):
    """Parameters of `missed_cadence`."""

    likelihood: float = Field(0.5, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_gaps: int = Field(6, ge=3, le=38, description="gaps between active days, at least")
    min_gap_days: float = Field(3, ge=1, le=60, description="mean gap at least, days; shorter ones are usage_drop's")
    max_variation: float = Field(0.6, gt=0, le=2, description="of the gaps, sd over mean; above it there is no rhythm")
    quantile: float = Field(0.95, ge=0.5, le=1, description="of the customer's own gaps, that is still usual")
    factor: float = Field(1.25, ge=1, le=5, description="times that gap, were all gaps the same")
    slack: float = Field(3, ge=0, le=5, description="added to the factor for each 1 of their variation")
    margin_working_days: int = Field(3, ge=0, le=20, description="and so many working days")
    stale_days: int = Field(60, ge=1, le=365, description="overdue for longer than this is nothing new")
    yearly_factor: float = Field(3, gt=1, le=100, description="month's spend over the median month's that stands out")
    yearly_min: float = Field(10_000, ge=0, description="a smaller month does not stand out, base currency units")
    yearly_share: float = Field(0.5, gt=0, le=1, description="of it that must come again about a year later")
    yearly_slack_days: int = Field(21, ge=0, le=60, description="days after that month before it is missed")
    yearly_months: int = Field(4, ge=1, le=11, description="other months with spend; fewer: it must have come twice")


class MissedCadence(Rule[MissedCadenceParams]):
    """Nothing came when the customer's own history says it was due."""

    name = "missed_cadence"
    listens = frozenset({"new-day"})
    behavioural = True
    practice = (
        "Silence means churn only against the customer's own inter-purchase times (Schmittlein, Morrison & Colombo "
        "1987; Platzer & Reutterer 2016 for regularity): a quantile of their gaps, not one limit for all."
    )
    respond_within_h = 48
    Params = MissedCadenceParams
    texts = {
        "zh": Texts(
            title="未按惯常节奏往来",
            reason="客户未按惯例往来：{why_zh}。",
            cleared="客户已恢复往来（{last}）。",
            next_step="两日内联系客户，确认近期需求与采购计划，了解订单或业务是否已转往他处。",
        ),
        "en": Texts(
            title="Missed their usual rhythm",
            reason="Overdue: {why_en}.",
            cleared="The customer came back on {last}.",
            next_step="Get in touch within two days: what is needed now, and did the business go elsewhere?",
        ),
    }

    def __init__(self, params: MissedCadenceParams, business: Business) -> None:
        """Bind what is asked on every day once."""
        super().__init__(params, business)
        self._peak_min = max(1, business.base_minor(params.yearly_min))

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Without a rhythm, a month that stood out or a warning a day is as any other, but for the first of a month."""
        if self.name in state.timers or self.name in state.episodes:
            return False
        numbers = state.memory.get(self.name)
        if numbers is None or len(numbers) > 1 or numbers[0] != self.business.month(today):
            return False
        days = state.active_days
        gaps = len(days) - 1
        return gaps < self.params.min_gaps or days[-1] - days[0] < self.params.min_gap_days * gaps

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Once a month: which months stood out, and when the next ones like them are due."""
        if isinstance(event, Tick):
            return None
        today = self.business.day(event.time)
        month, numbers = self.business.month(today), state.memory.get(self.name)
        if numbers is not None and numbers[0] == month:
            return None
        known: dict[int, tuple[int, int]] = {}
        for peak, spend, years, due in () if numbers is None else _peaks(numbers):
            came = self._came(state, peak)
            if due >= today:
                known[peak] = (spend, years)
            elif came >= self.params.yearly_share * spend:
                known[peak + YEAR] = (came, years + 1)
        for peak, bucket in state.months.numbered():
            spend = bucket[SPEND]
            if peak >= month or spend < self._peak_min or any(_same_season(peak, other) for other in known):
                continue
            if self._stands_out(spend, self._usual(state, peak)[0]):
                known[peak] = (spend, 1)
        kept = sorted(known.items(), key=lambda item: -item[1][0])[:MOST_PEAKS]
        dues = [(peak, spend, years, self._yearly_due(peak)) for peak, (spend, years) in kept]
        return [month, *(number for due in sorted(dues) if due[3] >= today for number in due)]

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire when an act is overdue; the next one resolves."""
        episode = state.episodes.get(self.name)
        if episode is not None:
            return self._cleared(state, event, episode.memo)
        days = state.active_days
        if not days or state.left_at:
            return None
        tick = isinstance(event, Tick)
        if not tick and days[-1] >= self.business.day(event.time):
            return None  # something came: nothing is overdue
        today = self.business.day(event.time)
        found = self._rhythm(days)
        if found is not None:
            due = self._due(found, days[-1])
            late = due < today <= due + self.params.stale_days
            if late and not self._told(state, due) and barred_until(state) < self.business.day_start(days[-1]):
                return self._silent(state, event, found, due, today)
        if not tick:
            return None
        for peak, spend, years, due in _peaks(state.memory.get(self.name, [0])):
            if due == today - 1:
                signal = self._missed_peak(state, peak, spend, years)
                if signal is not None:
                    return signal
        return None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the day on which the next act is overdue, or the order of the year is."""
        if state.left_at:
            return None
        business = self.business
        today = business.day(event.time)
        if self.name in state.episodes:  # what comes later today is no new day
            return None if isinstance(event, Tick) else business.day_start(today + 1)
        numbers = state.memory.get(self.name)
        due = 0 if numbers is None else min((d for d in numbers[PEAK::PEAK] if d >= today), default=0)
        days = state.active_days
        found = self._rhythm(days)
        if found is not None:
            next_act = self._due(found, days[-1])
            if next_act >= today and (not due or next_act < due):
                due = next_act
        return business.day_start(due + 1) if due else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The customer's own gaps, and when the next act is overdue."""
        params, days = self.params, state.active_days
        figures: dict[str, Figure] = {
            "active_days": len(days),
            "gaps_needed": params.min_gaps,
            "max_variation": params.max_variation,
        }
        found = rhythm(days, least=params.min_gaps, shortest=params.min_gap_days, quantile=params.quantile)
        if found is not None:
            due = self._date(self._due(found, days[-1]))
            figures |= {"median_gap_days": found.median, "high_gap_days": found.high}
            figures |= {"variation": round(found.variation, 3), "overdue_after": due}
        peaks = _peaks(state.memory.get(self.name, [0]))
        figures["yearly"] = [f"{self._month(peak)}: {self.business.major(spend):,.0f}" for peak, spend, _, _ in peaks]
        return figures

    def _rhythm(self, days: list[int]) -> Rhythm | None:
        params = self.params
        found = rhythm(days, least=params.min_gaps, shortest=params.min_gap_days, quantile=params.quantile)
        return found if found is not None and found.variation <= params.max_variation else None

    def _due(self, found: Rhythm, last: int) -> int:
        params = self.params
        allowed = ceil(found.high * (params.factor + params.slack * found.variation))
        return due_day(last, allowed, params.margin_working_days, self.business.calendar)

    def _told(self, state: State, due: int) -> bool:
        """Tell whether a warning of this very silence has ended already, by itself or by an outcome."""
        ended = state.ended.get(self.name)
        return ended is not None and self.business.day(ended[0]) > due

    def _silent(self, state: State, event: Any, found: Rhythm, due: int, today: int) -> Signal:
        last, quantile = state.active_days[-1], f"{self.params.quantile:.0%}"
        evidence: dict[str, Figure] = {
            "measure": "silence",
            "pattern": "rhythm",
            "observed": today - last,
            "usual": found.median,
            "high": found.high,
            "overdue_after": self._date(due),
            "unit": "days",
            "gaps": found.gaps,
            "last": self._date(last),
            "why_zh": f"平时约每 {found.median} 天往来一次（近 {found.gaps} 次间隔的 {quantile} "
            f"不超过 {found.high} 天），最近一次为 {self._date(last)}，至今已 {today - last} 天无往来",
            "why_en": f"the customer used to come every {found.median} days ({quantile} of the last {found.gaps} gaps "
            f"were no longer than {found.high} days); the last time was {self._date(last)}, {today - last} days ago",
        }
        return Signal(self.name, "medium", evidence, causes_of(event), {"last": last}, self._gaps(state))

    def _gaps(self, state: State) -> tuple[tuple[str, float], ...]:
        days = state.active_days[-SERIES - 1 :]
        return tuple((self._date(day), float(day - days[at])) for at, day in enumerate(days[1:]))

    def _stands_out(self, spend: int, usual: int) -> bool:
        return spend >= self._peak_min and spend >= self.params.yearly_factor * usual

    def _yearly_due(self, peak: int) -> int:
        return day_of_month(self.business, peak + YEAR, 31) + self.params.yearly_slack_days

    def _usual(self, state: State, peak: int) -> tuple[int, int]:
        return usual_month(state.months, (peak, *_around(peak)))

    def _came(self, state: State, peak: int) -> int:
        """Return what came again about a year after `peak`, in one month or beyond the usual of three."""
        spent = [spend_of(state.months, month) for month in _around(peak)]
        return max(*spent, sum(spent) - (len(spent) - 1) * self._usual(state, peak)[0])

    def _missed_peak(self, state: State, peak: int, spend: int, years: int) -> Signal | None:
        usual, months = self._usual(state, peak)
        came = self._came(state, peak)
        if came >= self.params.yearly_share * spend or not self._stands_out(spend, usual):
            return None
        if years < 2 and months < self.params.yearly_months:
            return None
        then, now, unit = self._month(peak), self._month(peak + YEAR), self.business.currency
        major = self.business.major
        evidence: dict[str, Figure] = {
            "measure": "yearly_order",
            "pattern": "yearly",
            "observed": major(came),
            "usual": major(spend),
            "median_month": major(usual),
            "unit": unit,
            "month": now,
            "years": years,
            "why_zh": f"去年 {then} 消费 {major(spend):,.0f} {unit}（平时月中位数 {major(usual):,.0f} {unit}），"
            f"今年 {now} 前后仅 {major(came):,.0f} {unit}",
            "why_en": f"a year ago, in {then}, the customer spent {major(spend):,.0f} {unit} (median month "
            f"{major(usual):,.0f} {unit}); about {now} it was {major(came):,.0f} {unit}",
        }
        series = sorted((self._month(month), major(bucket[SPEND])) for month, bucket in state.months.numbered())
        return Signal(self.name, "medium", evidence, (), {"peak": peak, "spend": spend}, tuple(series))

    def _cleared(self, state: State, event: Any, memo: dict[str, int]) -> Clear | None:
        if "peak" in memo:
            back = self._came(state, memo["peak"]) >= self.params.yearly_share * memo["spend"]
        else:
            back = state.active_days[-1] > memo["last"]
        return Clear(self.name, {"last": self._date(state.active_days[-1])}, causes_of(event)) if back else None

    def _date(self, day: int) -> str:
        return self.business.date(day).isoformat()

    def _month(self, month: int) -> str:
        return f"{month // YEAR}-{month % YEAR + 1:02}"


def _around(peak: int) -> range:
    """Return the months in which the order of `peak` comes again: a month early, in time, a month late."""
    return range(peak + YEAR - 1, peak + YEAR + 2)


def _same_season(month: int, other: int) -> bool:
    return abs(month - other) in (0, 1, YEAR - 1, YEAR, YEAR + 1)


def _peaks(numbers: list[int]) -> list[tuple[int, int, int, int]]:
    """Read the months kept in the memory: (month, spend, years it came, day after which the next is overdue)."""
    return [(*numbers[at : at + PEAK],) for at in range(1, len(numbers), PEAK)]  # type: ignore[misc]
