"""Products fall to one or to none, and the customer does less and less with us."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from pydantic import Field

from stream.domain import holdings
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import ACTS, State
from stream.rules.base import Params, Rule, Texts, causes_of

RECENT_DAYS, BEFORE_DAYS = 30, 60
_ENDS = ("product_matured", "product_redeemed", "product_closed", "mortgage_settled")


class SingleProductParams(Params):
    """Parameters of `single_product`."""

    min_share: float = Field(0.3, gt=0, le=1, description="share by which the acts of 30 days are below the 60 before")
    min_acts: float = Field(6, ge=1, le=10_000, description="usual acts in 30 days; with fewer there is no activity")
    min_history_days: int = Field(30, ge=7, le=60, description="days of history before the last 30, at least")
    held_days: int = Field(30, ge=1, le=60, description="days for which two or more products were held beforehand")
    recovered_share: float = Field(0.8, gt=0, le=1, description="of the usual acts; from here on it is resolved")
    check_days: int = Field(7, ge=1, le=30, description="days between two looks while only one product or none is left")
    likelihood: float = Field(0.5, gt=0, le=1, description="share of such warnings after which the customer leaves")


class _Activity(Struct, frozen=True, gc=False):
    """Acts of the last 30 complete days, and what was usual in 30 days of the time before them."""

    recent: int
    usual: float


class SingleProduct(Rule[SingleProductParams]):
    """From several products to one or none, with activity falling.

    Whoever only ever had one product, or rolls one over, has not fallen to it. It looks when a product ends and then
    every few days, because the activity falls after the product.
    """

    name = "single_product"
    listens = frozenset({"customers", "service-events:product_opened", *(f"service-events:{type_}" for type_ in _ENDS)})
    behavioural = True
    practice = (
        "Single-product customers leave several times as often as those with three or more (cross-sell studies since "
        "Reichheld 1996); what tells a leaver from a saver is whether the daily business dwindles with the products."
    )
    respond_within_h = 48
    Params = SingleProductParams
    texts = {
        "zh": Texts(
            title="产品减少且活跃度下降",
            reason=(
                "客户产品由多个降至 {products_left} 个，近 {window_days} 天仅 {observed} 笔主动交易"
                "（此前平均 {usual:,.1f} 笔，降幅 {share:.0%}）。"
            ),
            cleared="客户现有产品 {products_left} 个，近 {window_days} 天交易 {observed} 笔，已恢复。",
            next_step="两个工作日内致电，了解业务是否转往他行，按客户需求推荐一至两个日常用得上的产品。",
        ),
        "en": Texts(
            title="Few products and less activity",
            reason=(
                "From several products to {products_left}, and {observed} acts in {window_days} days "
                "(usually {usual:,.1f}: {share:.0%} fewer)."
            ),
            cleared="Now {products_left} products and {observed} acts in {window_days} days: that is recovered.",
            next_step="Call within two working days: ask where daily business goes now; offer what is of daily use.",
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the products first, which costs little, and only then the activity."""
        episode = state.episodes.get(self.name)
        if state.left_at or (episode is None and not self._fell(state)):
            return None
        today = self.business.day(event.time if isinstance(event, Tick) else state.newest)
        left = holdings.products_held(state)
        activity = self._activity(state, today)
        if episode is not None and self._recovered(activity, left, episode.memo["usual"] / 1000):
            observed = 0 if activity is None else activity.recent
            figures: dict[str, Figure] = {"products_left": left, "observed": observed, "window_days": RECENT_DAYS}
            return Clear(self.name, figures, causes_of(event))
        if activity is None or activity.recent > (1 - self.params.min_share) * activity.usual:
            return None
        if episode is not None and f"left/{left}" in episode.memo:
            return None
        return self._signal(state, event, activity, left, today)

    def next_due(self, state: State, event: Any) -> int | None:
        """Look again some days on; an event in between does not put that off."""
        if state.left_at or not (self.name in state.episodes or self._fell(state)):
            return None
        now = event.time if isinstance(event, Tick) else state.newest
        asked = state.timers.get(self.name, 0)
        return asked if asked > now else self.business.day_start(self.business.day(now) + self.params.check_days)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """Products now and before, and the activity."""
        activity = self._activity(state, self.business.day(time))
        return {
            "products_left": holdings.products_held(state),
            "fell": "yes" if self._fell(state) else "no",
            "acts": activity.recent if activity else 0,
            "usual_acts": round(activity.usual, 1) if activity else "not known",
            "fires_below": round((1 - self.params.min_share) * activity.usual, 1) if activity else 0,
        }

    def _recovered(self, activity: _Activity | None, left: int, usual: float) -> bool:
        return left > 1 or (activity is not None and activity.recent >= self.params.recovered_share * usual)

    def _fell(self, state: State) -> bool:
        """Tell whether one product or none is left of two or more that were held for some time."""
        products, left = state.products, 0
        for product in products.values():
            if not product.ended_on:
                left += 1
                if left > 1:
                    return False
        ends = [p.ended_on for p in products.values() if p.ended_on and p.opened_on < p.ended_on]
        return any(
            self._held(state, end - 1) >= 2 and self._held(state, end - self.params.held_days) >= 2 for end in ends
        )

    def _held(self, state: State, day: int) -> int:
        return sum(p.opened_on <= day and (not p.ended_on or p.ended_on > day) for p in state.products.values())

    def _activity(self, state: State, today: int) -> _Activity | None:
        """Return the activity up to yesterday; `None` where there is too little to compare with."""
        if not state.first_seen:
            return None
        last_before = today - RECENT_DAYS - 1
        days = min(BEFORE_DAYS, last_before - self.business.day(state.first_seen) + 1)
        if days < self.params.min_history_days:
            return None
        recent = before = 0
        for day, bucket in state.days.numbered():
            if last_before < day < today:
                recent += bucket[ACTS]
            elif last_before - days < day <= last_before:
                before += bucket[ACTS]
        usual = before * RECENT_DAYS / days
        return _Activity(recent, usual) if usual >= self.params.min_acts else None

    def _signal(self, state: State, event: Any, activity: _Activity, left: int, today: int) -> Signal:
        first = today - BEFORE_DAYS - RECENT_DAYS
        by_day = dict(state.days.numbered())
        series = [
            (self.business.date(day).isoformat(), float(by_day[day][ACTS] if day in by_day else 0))
            for day in range(first, today)
        ]
        evidence: dict[str, Figure] = {
            "measure": "acts",
            "observed": activity.recent,
            "usual": round(activity.usual, 1),
            "share": round(1 - activity.recent / activity.usual, 4),
            "unit": "acts",
            "window_days": RECENT_DAYS,
            "products_left": left,
        }
        memo = {"usual": round(activity.usual * 1000), f"left/{left}": today}
        return Signal(self.name, "medium" if left else "high", evidence, causes_of(event), memo, tuple(series))
