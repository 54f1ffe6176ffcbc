"""Money that goes to other banks or networks, at once or bit by bit, far beyond what this customer usually sends."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import elsewhere, holdings
from stream.domain.business import Business
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import DAYS, State
from stream.rules.base import Params, Rule, Texts

SPANS = (28, 7)
"""Days looked at: four weeks, in which a monthly payment falls at most once, and one."""

SERIES_DAYS = 56


class CompetitorOutflowParams(Params):
    """Parameters of `competitor_outflow`. Money is in base currency units, shares 0 to 1."""

    likelihood: float = Field(0.8, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_history_days: int = Field(56, ge=28, le=92, description="days the customer must be known for")
    min_amount: float = Field(5000, ge=0, description="less beyond the usual does not matter, base currency units")
    times_usual: float = Field(
        2.5, ge=1, le=50, description="multiple of the most in any earlier window of that length"
    )
    min_share: float = Field(0.25, gt=0, le=1, description="of the usual holdings; less does not matter")
    severe_share: float = Field(
        0.5, gt=0, le=1, description="from here on severity is high, and the day's end not waited for"
    )
    at_once_share: float = Field(
        0.9, gt=0, le=1, description="nor with today's outflow to an own account from here on: it may come back"
    )
    blind_days: int = Field(3, ge=1, le=28, description="days with an outflow needed where no holdings are known")
    blind_amount: float = Field(100_000, ge=0, description="or so much, base currency units")
    returned_share: float = Field(0.8, gt=0, le=1, description="of what went beyond the usual; back, it is resolved")
    day_end_grace_min: int = Field(20, ge=0, le=720, description="minutes after midnight before an open one is judged")


class CompetitorOutflow(Rule[CompetitorOutflowParams]):
    """More to other institutions within a week or four than in any such time before."""

    name = "competitor_outflow"
    listens = frozenset({"transactions:outflow"})
    behavioural = True
    practice = (
        "Transfers to own or others' accounts at rival banks are the share-of-wallet signal of retail banking and "
        "precede closing; measured beyond the customer's own rhythm, so that rents and standing transfers are silent."
    )
    respond_within_h = 24
    Params = CompetitorOutflowParams
    texts = {
        "zh": Texts(
            title="资金流向他行",
            reason=(
                "近 {window_days} 天客户转往他行/他网 {observed:,.0f} {unit}，"
                "此前同样天数最多 {usual:,.0f} {unit}{share_zh}{to_zh}。"
            ),
            cleared="{why_zh}（近 {window_days} 天转往他行 {observed:,.0f} {unit}）。",
            next_step="当日致电客户，了解转出用途及他行条件，准备有竞争力的存款、理财或资费方案，争取资金回流。",
        ),
        "en": Texts(
            title="Money is moving to a competitor",
            reason=(
                "{observed:,.0f} {unit} went to other institutions within {window_days} days; the most in as many days "
                "before was {usual:,.0f} {unit}{share_en}{to_en}."
            ),
            cleared="{why_en} ({observed:,.0f} {unit} went elsewhere within {window_days} days).",
            next_step=(
                "Call today: ask what the money is for and what the other side offers, and have a deposit, wealth or "
                "tariff offer ready that brings it back."
            ),
        ),
    }

    def __init__(self, params: CompetitorOutflowParams, business: Business) -> None:
        """Turn the amounts into minor units once."""
        super().__init__(params, business)
        self._enough = business.base_minor(params.min_amount)
        self._blind = business.base_minor(params.blind_amount)

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Too little went elsewhere to look any closer, and nothing is open."""
        if self.name in state.timers or self.name in state.episodes:
            return False
        return self._too_young(state, today) or not self._suspect(state, today)

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire on an outflow far beyond the usual: a severe one at once, a lesser one at the end of the day.

        What goes and is back the same day has not left, so what goes to an account of the customer's own counts from
        the day's end on unless it is nearly all. A timer also looks whether an open warning is over.
        """
        tick = isinstance(event, Tick)
        if tick and self.name in state.episodes:
            return self._over(state, event)
        today = self.business.day(event.time - self._grace) - 1 if tick else self.business.day(state.newest)
        if self._too_young(state, today) or not self._suspect(state, today):
            return None
        if not tick and self.business.day(event.time) <= today - SPANS[0]:
            return None  # late news of a time that is past
        series = elsewhere.daily(state.days, today)
        for span in SPANS:
            total = sum(series[:span])
            if not self._beyond(total, elsewhere.usual_at_least(series, span)):
                continue  # the cheaper figure says so already
            usual = elsewhere.usual(series, span)
            if self._beyond(total, usual):
                signal = self._signal(state, event, series, span, usual, today)
                if signal is not None:
                    return signal
        return None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the business day while an outflow is suspected or a warning open."""
        if isinstance(event, Tick):
            if self.name not in state.episodes:
                return None
            day = self.business.day(event.time - self._grace)
        else:
            day = self.business.day(state.newest)
            if self.name not in state.episodes and (self._too_young(state, day) or not self._suspect(state, day)):
                return None
        return self.business.day_start(day + 1) + self._grace

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """What went elsewhere lately, against the most in an earlier window of the same length."""
        today = self.business.day(time)
        series = elsewhere.daily(state.days, today)
        figures: dict[str, Figure] = {
            "days_known": today - self.business.day(state.first_seen) if state.first_seen else 0,
            "days_needed": self.params.min_history_days,
            "holdings": self._money(holdings.current(state, today)),
        }
        for span in SPANS:
            usual = elsewhere.usual(series, span)
            fires = max(usual + self._enough, round(self.params.times_usual * usual))
            figures |= {
                f"elsewhere_{span}_days": self._money(sum(series[:span])),
                f"usual_{span}_days": self._money(usual),
                f"fires_from_{span}_days": self._money(fires),
            }
        return figures

    @property
    def _grace(self) -> int:
        return self.params.day_end_grace_min * 60_000

    def _too_young(self, state: State, today: int) -> bool:
        return today - self.business.day(state.first_seen) < self.params.min_history_days

    def _suspect(self, state: State, today: int) -> bool:
        """Tell whether enough went elsewhere to be worth a closer look, whatever is usual."""
        most = elsewhere.recent(state.days, today, SPANS[0])
        if most < max(1, self._enough):
            return False
        return most >= self.params.min_share * holdings.current(state, today)

    def _beyond(self, total: int, usual: int) -> bool:
        return total - usual >= self._enough and total >= self.params.times_usual * usual

    def _held(self, state: State, today: int, total: int) -> tuple[int, int] | None:
        """Return what is usually held and what is left, minor units; `None` where no holdings are known.

        Usual is the median of the customer's baseline, so that money that came only to go again has not left; where
        there is none, what is left and what went. A balance older than an outflow still holds its money.
        """
        told, held = _told(state), holdings.current(state, today)
        if told == 0 and held <= 0:
            return None
        unbooked = sum(flow.amount for flow in state.outflows if flow.time > told) if told else 0
        left = max(0, held - unbooked)
        baseline = state.baseline
        return (left + total if baseline is None else max(0, baseline.median)), left

    def _signal(self, state: State, event: Any, series: list[int], span: int, usual: int, today: int) -> Signal | None:
        total = sum(series[:span])
        excess, held = total - usual, self._held(state, today, total)
        if held is None:
            if sum(amount > 0 for amount in series[:span]) < self.params.blind_days and excess < self._blind:
                return None  # one transfer, and nothing says how much it is to them
            before, share = 0, 0.0
        else:
            before, left = held
            share = min(1.0, min(excess, before - left) / before) if before else 0.0
            at_once = isinstance(event, Tick) or self._severe_by_now(state, today, share, before)
            if share < self.params.min_share or not at_once:
                return None
        since = self.business.day_start(today - span + 1)
        name, most, others = elsewhere.leader(state, since, state.newest)
        unit = self.business.currency
        known = held is not None
        evidence: dict[str, Figure] = {
            "measure": "outflow_elsewhere",
            "observed": self._money(total),
            "usual": self._money(usual),
            "excess": self._money(excess),
            "unit": unit,
            "window_days": span,
            "baseline_days": DAYS - span,
            "holdings_before": self._money(before),
            "share": round(share, 4),
            "institution": name,
            "institution_amount": self._money(most),
            "institutions": others,
            "share_zh": f"，其在我行资产因此减少 {share:.0%}" if known else "",
            "share_en": f"; their holdings with us are {share:.0%} lower for it" if known else "",
            "to_zh": f"；其中 {name} 最多，{self._money(most):,.0f} {unit}" if name else "",
            "to_en": f"; most of it, {self._money(most):,.0f} {unit}, to {name}" if name else "",
        }
        flows = tuple(flow.event_id for flow in state.outflows if since <= flow.time <= state.newest)
        return Signal(
            self.name,
            "high" if share >= self.params.severe_share else "medium",
            evidence,
            flows if isinstance(event, Tick) else tuple(dict.fromkeys((event.event_id, *flows))),
            {"span": span, "usual": usual, "total": total, "before": before},
            self._series(series, today),
        )

    def _severe_by_now(self, state: State, today: int, share: float, before: int) -> bool:
        """Tell whether enough has gone without what went to an own account today, or nearly all with it."""
        if share < self.params.severe_share:
            return False
        if share >= self.params.at_once_share:
            return True
        parked = elsewhere.may_come_back(state, self.business.day_start(today))
        return share - parked / before >= self.params.severe_share

    def _over(self, state: State, tick: Tick) -> Clear | None:
        """Tell whether the money came back, or the outflow fell back to the usual of the opening."""
        episode = state.episodes.get(self.name)
        if episode is None:
            return None
        memo = episode.memo
        span, today = memo["span"], self.business.day(tick.time)
        total = elsewhere.recent(state.days, today, span)
        excess = max(total, memo["total"]) - memo["usual"]
        held = holdings.current(state, today)
        last = max((flow.time for flow in state.outflows), default=episode.opened_at)
        back = memo["before"] - round((1 - self.params.returned_share) * excess)
        if memo["before"] and _told(state) > last and held >= back:
            return self._clear(span, total, "资金已回流我行", "The money is back with us")
        usual = memo["usual"]
        if episode.held:  # nobody was told: by now it may be what is usual
            usual = max(usual, elsewhere.usual(elsewhere.daily(state.days, today), span))
        if total < self._enough or total <= usual:
            return self._clear(span, total, "转往他行的资金已恢复到平时水平", "The outflow is back to what is usual")
        return None

    def _clear(self, span: int, total: int, zh: str, en: str) -> Clear:
        unit = self.business.currency
        figures: dict[str, Figure] = {"observed": self._money(total), "unit": unit, "window_days": span}
        return Clear(self.name, figures | {"why_zh": zh, "why_en": en})

    def _series(self, series: list[int], today: int) -> tuple[tuple[str, float], ...]:
        """Return the daily outflow of the last weeks, the oldest first."""
        return tuple(
            (self.business.date(today - back).isoformat(), self._money(series[back]))
            for back in range(SERIES_DAYS - 1, -1, -1)
        )


def _told(state: State) -> int:
    """Return when the newest balance of an asset account was told, epoch ms; 0 = never."""
    return max((a.time for a in state.accounts.values() if a.kind not in holdings.DEBT_KINDS), default=0)
