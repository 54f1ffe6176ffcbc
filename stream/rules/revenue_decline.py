"""What the customer brings us falls month after month, further than noise and season explain."""

from __future__ import annotations

from calendar import isleap
from statistics import median
from typing import Any

from pydantic import Field

from stream.domain.business import HOUR_MS
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import MONTHS, SPEND, State
from stream.rules.base import Params, Rule, Texts

MAD_TO_SIGMA = 1.4826  # of a normal distribution
FIRST_WEEK = 7
RANGE_TO_SIGMA = (1.0, 1.0, 1.128, 1.693, 2.059, 2.326)
"""By count: expected range of so few normal values in standard deviations (Shewhart's d2), where a MAD is too lucky."""


class RevenueDeclineParams(Params):
    """Parameters of `revenue_decline`. Shares 0 to 1; months are complete calendar months."""

    likelihood: float = Field(0.25, gt=0, le=1, description="share of such warnings after which the customer leaves")
    months: int = Field(3, ge=2, le=6, description="months running, each lower than the one before")
    margin: float = Field(0.03, ge=0, le=0.5, description="share by which a month must be lower to count")
    min_decline: float = Field(0.2, gt=0, le=1, description="total decline, share of what was usual before it")
    severe_decline: float = Field(0.5, gt=0, le=1, description="from here on severity is high")
    min_revenue: float = Field(30, ge=0, description="less a month before the decline is silent, base currency units")
    min_history_months: int = Field(3, ge=1, le=12, description="complete months before the decline, at least")
    max_variation: float = Field(
        0.35, gt=0, le=5, description="standard deviation of these months over their median; above it there is no habit"
    )
    spread: float = Field(3.0, ge=0, le=10, description="robust standard deviations under the median that are usual")
    recovered_share: float = Field(0.9, gt=0, le=1, description="of what was usual; such a month resolves it")
    month_end_grace_h: float = Field(6, ge=0, le=72, description="hours after a month's end before it is judged")


class RevenueDecline(Rule[RevenueDeclineParams]):
    """Monthly revenue lower several months running."""

    name = "revenue_decline"
    listens = frozenset({"new-month", "open-day"})
    behavioural = True
    practice = (
        "Declining recency-frequency-monetary value is partial defection, which in contract-less trade precedes the "
        "total one (Buckinx and Van den Poel 2005); three months running is the account managers' rule of thumb."
    )
    respond_within_h = 72
    Params = RevenueDeclineParams
    texts = {
        "zh": Texts(
            title="收入连续下滑",
            reason=(
                "客户月度贡献收入连续 {months} 个月下降：由 {usual:,.0f} {unit} 降至 {observed:,.0f} {unit}"
                "（降幅 {share:.0%}）{season_zh}。"
            ),
            cleared="客户月度贡献收入已回升至 {observed:,.0f} {unit}。",
            next_step="三日内联系客户，了解业务是否减少或转移，核对近期费率与服务，提出针对性的优惠或产品方案。",
        ),
        "en": Texts(
            title="Revenue falls month after month",
            reason=(
                "Monthly revenue fell {months} months running, from {usual:,.0f} {unit} to {observed:,.0f} {unit} "
                "({share:.0%} down){season_en}."
            ),
            cleared="Monthly revenue is back at {observed:,.0f} {unit}.",
            next_step=(
                "Talk to them within three days: has their business shrunk or moved? Check fees and service of these "
                "months and bring one fitting offer."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the months when one is over; an open warning resolves as soon as a month has made up for it."""
        episode = state.episodes.get(self.name)
        if not isinstance(event, Tick):
            if episode is None:
                return None
            return self._back(state, episode.memo["usual"], self._month(event.time))
        month = self._month(event.time - self._grace)
        if episode is not None and (clear := self._back(state, episode.memo["usual"], month - 1)):
            return clear
        return None if state.left_at else self._judge(state, month)

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the month where it may complete a decline, or end an open warning."""
        tick = isinstance(event, Tick)
        month = self._month(event.time - self._grace if tick else state.newest)
        if self.name not in state.episodes and (
            state.left_at or self._running(state, month) < max(1, self.params.months - 2)
        ):
            return None
        began = self._begins(month) + self._grace
        return began if event.time < began else self._begins(month + 1) + self._grace

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The complete months, the newest first, and how many of them fell."""
        month = self._month(time)
        return {
            "months_falling": self._running(state, month),
            "months_needed": self.params.months,
            "complete_months": max(0, min(MONTHS - 1, month - self._first(state))) if state.first_seen else 0,
            "last_month": self._money(_spend(state, month - 1)),
            "month_before": self._money(_spend(state, month - 2)),
            "this_month_so_far": self._money(_spend(state, month)),
        }

    @property
    def _grace(self) -> int:
        return round(self.params.month_end_grace_h * HOUR_MS)

    def _month(self, time: int) -> int:
        return self.business.month(self.business.day(time))

    def _begins(self, month: int) -> int:
        year, index = divmod(month, 12)
        first = self.business.day_of_date(self.business.date(0).replace(year, index + 1, 1))
        return self.business.day_start(first)

    def _first(self, state: State) -> int:
        """Return the first month that the customer was known for as a whole, or but for days of its first week.

        What is missing of such a month only lowers what counts as usual.
        """
        day = self.business.day(state.first_seen)
        return self.business.month(day) + (self.business.date(day).day > FIRST_WEEK)

    def _running(self, state: State, month: int) -> int:
        """Return how many complete months before `month` fell, each against the one before it."""
        if len(state.months.items) < 2:
            return 0
        keep, count = 1 - self.params.margin, 0
        now = _spend(state, month - 1)
        while count < MONTHS - 2:
            before = _spend(state, month - count - 2)
            # lower as a whole, and lower by the day: a short month is no decline
            if now >= keep * before or now * _length(month - count - 2) >= before * _length(month - count - 1):
                break
            count, now = count + 1, before
        return min(count, max(0, month - 1 - self._first(state))) if count else 0

    def _judge(self, state: State, month: int) -> Signal | None:
        falling = self._running(state, month)
        if falling < self.params.months:
            return None
        base = month - 1 - falling
        known = max(self._first(state), month - MONTHS + 1)
        history = [_spend(state, number) for number in range(known, base + 1)]
        if len(history) < self.params.min_history_months:
            return None
        usual = round(min(history[-1], median(history)))  # a peak is no base
        now = _spend(state, month - 1)
        if usual < self.business.base_minor(self.params.min_revenue) or usual <= 0:
            return None
        sigma = _sigma(history)
        if sigma > self.params.max_variation * median(history):
            return None  # restless: three lower months running are no news
        if now >= median(history) - self.params.spread * sigma:
            return None
        season = self._season(state, base, month - 1, known)
        share = 1 - now / usual
        if 1 - now / (usual * min(1.0, season or 1.0) or 1) < self.params.min_decline:
            return None
        evidence: dict[str, Figure] = {
            "measure": "monthly_revenue",
            "observed": self._money(now),
            "usual": self._money(usual),
            "months": falling,
            "share": round(share, 4),
            "unit": self.business.currency,
            "months_of_history": len(history),
            "season_zh": "" if season is None else f"，去年同期变化为 {season - 1:+.0%}",
            "season_en": "" if season is None else f"; the same months a year ago: {season - 1:+.0%}",
        }
        if season is not None:
            evidence["season"] = round(season, 4)
        return Signal(
            self.name,
            "high" if share >= self.params.severe_decline else "medium",
            evidence,
            (),
            {"usual": usual},
            self._series(state, known, month),
        )

    def _season(self, state: State, base: int, last: int, known: int) -> float | None:
        """Return last of base a year ago, 1 = no change; `None` where that is not known."""
        if base - 12 < known or (before := _spend(state, base - 12)) <= 0:
            return None
        return _spend(state, last - 12) / before

    def _back(self, state: State, usual: int, month: int) -> Clear | None:
        now = _spend(state, month)
        if now < self.params.recovered_share * usual:
            return None
        return Clear(self.name, {"observed": self._money(now), "unit": self.business.currency})

    def _series(self, state: State, first: int, end: int) -> tuple[tuple[str, float], ...]:
        return tuple((f"{n // 12:04}-{n % 12 + 1:02}-01", self._money(_spend(state, n))) for n in range(first, end))


def _spend(state: State, month: int) -> int:
    """Return what a month brought, minor units; returns beyond it are nothing."""
    bucket = state.months.get(month)
    return 0 if bucket is None else max(0, bucket[SPEND])


def _sigma(values: list[int]) -> float:
    """Return a robust standard deviation of months: from the MAD, of few of them from their range."""
    if len(values) < len(RANGE_TO_SIGMA):
        return (max(values) - min(values)) / RANGE_TO_SIGMA[len(values)]
    middle = median(values)
    return MAD_TO_SIGMA * median(abs(value - middle) for value in values)


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _length(month: int) -> int:
    index = month % 12
    return _LENGTHS[index] + (index == 1 and isleap(month // 12))
