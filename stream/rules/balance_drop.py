"""A sudden drop of what the customer keeps with us, against their own robust baseline."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import elsewhere, holdings
from stream.domain.business import HOUR_MS
from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import Baseline, State
from stream.rules.base import Params, Rule, Texts, causes_of

MAD_TO_SIGMA = 1.4826  # of a normal distribution
SERIES_DAYS = 30


class BalanceDropParams(Params):
    """Parameters of `balance_drop`. Shares are of the expected floor, 0 to 1; money is in base currency units."""

    likelihood: float = Field(0.7, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_history_days: int = Field(28, ge=7, le=85, description="days of closings in the baseline, at least")
    spread: float = Field(3.0, ge=0, le=20, description="robust standard deviations under the median that are usual")
    min_share: float = Field(0.3, gt=0, le=1, description="a smaller drop does not matter")
    sudden_share: float = Field(0.5, gt=0, le=1, description="a smaller drop must last two business days")
    min_amount: float = Field(1000, ge=0, description="a smaller drop does not matter, base currency units")
    severe_share: float = Field(0.8, gt=0, le=1, description="from here on severity rises a step")
    outflow_share: float = Field(0.5, gt=0, le=1, description="share of the drop seen going elsewhere that confirms it")
    outflow_hours: float = Field(48, gt=0, le=168, description="how long ago that may have been")
    at_once_share: float = Field(
        0.9, gt=0, le=1, description="of the floor; a smaller drop by what went to an own account today waits"
    )
    recovered_share: float = Field(0.8, gt=0, le=1, description="of the floor at opening; from here on it is resolved")
    day_end_grace_min: int = Field(10, ge=0, le=720, description="minutes after midnight before the day is judged")


class BalanceDrop(Rule[BalanceDropParams]):
    """Holdings far under what this customer's own months have as their low."""

    name = "balance_drop"
    listens = frozenset(
        {
            "balances",
            "transactions:balance",
            "transactions:outflow",
            *(f"service-events:product_{what}" for what in ("opened", "matured", "redeemed", "closed")),
        }
    )
    behavioural = True
    practice = (
        "Balance attrition is the earliest sign in retail banking; compared with the customer's own past, because "
        "fixed thresholds flood the RM on every payday (Leys et al. 2013 for median and MAD)."
    )
    respond_within_h = 24
    Params = BalanceDropParams
    texts = {
        "zh": Texts(
            title="余额骤降",
            reason=(
                "客户在我行的总资产由平时低点 {floor:,.0f} {unit} 降至 {observed:,.0f} {unit}"
                "（降幅 {share:.0%}，近 {window_days} 天中位数 {median:,.0f} {unit}）{outflow_zh}。"
            ),
            cleared="客户在我行的总资产已回升至 {observed:,.0f} {unit}。",
            next_step="当日致电客户，了解资金去向与原因，必要时提供存款或理财方案。",
        ),
        "en": Texts(
            title="Sudden balance drop",
            reason=(
                "Holdings with us fell from their usual low of {floor:,.0f} {unit} to {observed:,.0f} {unit} "
                "({share:.0%} down; median of {window_days} days {median:,.0f} {unit}){outflow_en}."
            ),
            cleared="Holdings with us are back at {observed:,.0f} {unit}.",
            next_step="Call today: ask where the money is needed, and have a deposit or wealth offer ready.",
        ),
    }

    def skips(self, state: State, event: Any, today: int) -> bool:
        """No drop and none before, or no baseline yet."""
        if self.name in state.timers or self.name in state.episodes:
            return False
        baseline = state.baseline
        if baseline is None or baseline.days < self.params.min_history_days:
            return True
        return not self._dropped(self._floor(baseline), holdings.current(state, today))

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire at once when an outflow to elsewhere confirms the drop, otherwise at the end of the business day.

        What went today to an account of the customer's own elsewhere may be back by then, unless it is nearly all.
        """
        baseline = state.baseline
        if baseline is None or baseline.days < self.params.min_history_days:
            return None
        today = self.business.day(event.time - self._grace if isinstance(event, Tick) else state.newest)
        if isinstance(event, Tick):
            today -= 1
        now = self._closing(state, today) if isinstance(event, Tick) else holdings.current(state, today)
        episode = state.episodes.get(self.name)
        if episode is not None and now >= self.params.recovered_share * episode.memo["floor"]:
            return self._clear(now, event)
        untold = episode is not None and bool(episode.held)
        floor = self._floor(baseline) if episode is None or untold else episode.memo["floor"]
        if not self._dropped(floor, now):
            if untold:  # nobody was told, and by now it is what is usual
                return Clear(
                    self.name, {"observed": self._money(now), "unit": self.business.currency}, causes_of(event)
                )
            return None
        outflow, institution, flows = self._outflow(state, event.time)
        confirmed = outflow >= self.params.outflow_share * (floor - now)
        if confirmed and not isinstance(event, Tick) and floor - now < self.params.at_once_share * floor:
            gone = outflow - elsewhere.may_come_back(state, self.business.day_start(today))
            confirmed = gone >= self.params.outflow_share * (floor - now)
        if not confirmed and not (isinstance(event, Tick) and self._lasted(state, floor, now, today)):
            return None
        return self._signal(state, event, baseline, floor, now, outflow if confirmed else 0, institution, flows)

    def _clear(self, now: int, event: Any) -> Clear:
        return Clear(self.name, {"observed": self._money(now), "unit": self.business.currency}, causes_of(event))

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the business day while a drop is suspected that nothing open tells of in its gravity."""
        baseline = state.baseline
        if baseline is None or baseline.days < self.params.min_history_days:
            return None
        tick = isinstance(event, Tick)
        day = self.business.day(event.time - self._grace if tick else state.newest)
        now = self._closing(state, day - 1) if tick else holdings.current(state, day)
        episode = state.episodes.get(self.name)
        if episode is None:
            suspected = self._dropped(self._floor(baseline), now)
        else:
            suspected = not tick and self._worse(episode.severity, episode.memo["floor"], now)
        return self.business.day_start(day + 1) + self._grace if suspected else None

    def _worse(self, told: Severity, floor: int, now: int) -> bool:
        """Tell whether a drop is graver by now than what was told of it."""
        severity = self._severity(min(1.0, (floor - now) / floor), confirmed=False)
        return SEVERITIES.index(severity) > SEVERITIES.index(told)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """What is held now against the customer's own floor."""
        baseline = state.baseline
        figures: dict[str, Figure] = {
            "holdings": self._money(holdings.current(state, self.business.day(time))),
            "days_of_history": baseline.days if baseline else 0,
            "days_needed": self.params.min_history_days,
        }
        if baseline is not None:
            floor = self._floor(baseline)
            figures |= {
                "floor": self._money(floor),
                "fires_below": self._money(round(floor * (1 - self.params.min_share))),
            }
        return figures

    @property
    def _grace(self) -> int:
        return self.params.day_end_grace_min * 60_000

    def _floor(self, baseline: Baseline) -> int:
        usual = baseline.median - self.params.spread * MAD_TO_SIGMA * baseline.mad
        return min(baseline.low, round(usual)) if usual > 0 else baseline.low

    def _dropped(self, floor: int, now: int) -> bool:
        drop = floor - now
        enough = self.business.base_minor(self.params.min_amount)
        return drop >= self.params.min_share * floor > 0 and drop >= enough

    def _lasted(self, state: State, floor: int, now: int, day: int) -> bool:
        if floor - now >= self.params.sudden_share * floor:
            return True
        return self._dropped(floor, self._closing(state, day - 1))

    def _closing(self, state: State, day: int) -> int:
        series = holdings.closings(state, day, day)
        return series[0] if series else 0

    def _outflow(self, state: State, time: int) -> tuple[int, str, tuple[str, ...]]:
        """Return what went elsewhere lately, where most of it went, and the events that say so."""
        since = time - round(self.params.outflow_hours * HOUR_MS)
        flows = [flow for flow in state.outflows if since <= flow.time <= time]
        if not flows:
            return 0, "", ()
        largest = max(flows, key=lambda flow: flow.amount)
        return sum(f.amount for f in flows), largest.institution, tuple(f.event_id for f in flows)

    def _signal(
        self,
        state: State,
        event: Any,
        baseline: Baseline,
        floor: int,
        now: int,
        outflow: int,
        institution: str,
        flows: tuple[str, ...],
    ) -> Signal:
        share = min(1.0, (floor - now) / floor)
        unit = self.business.currency
        evidence: dict[str, Figure] = {
            "measure": "holdings",
            "observed": self._money(now),
            "floor": self._money(floor),
            "median": self._money(baseline.median),
            "drop": self._money(floor - now),
            "share": round(share, 4),
            "unit": unit,
            "window_days": baseline.days,
            "outflow": self._money(outflow),
            "institution": institution if outflow else "",
            "outflow_zh": f"，其中 {self._money(outflow):,.0f} {unit} 转至 {institution}" if outflow else "",
            "outflow_en": f"; {self._money(outflow):,.0f} {unit} went to {institution}" if outflow else "",
        }
        causes = causes_of(event) + (flows if outflow else ())
        return Signal(
            self.name,
            self._severity(share, confirmed=outflow > 0),
            evidence,
            tuple(dict.fromkeys(causes)),
            {"floor": floor, "observed": now},
            self._series(state),
        )

    def _severity(self, share: float, *, confirmed: bool) -> Severity:
        severe = share >= self.params.severe_share
        if severe and confirmed:
            return "critical"
        return "high" if severe or confirmed or share >= self.params.sudden_share else "medium"

    def _series(self, state: State) -> tuple[tuple[str, float], ...]:
        today = self.business.day(state.newest)
        totals = holdings.closings(state, today - SERIES_DAYS + 1, today)
        first = today - len(totals) + 1
        return tuple(
            (self.business.date(first + index).isoformat(), self._money(total)) for index, total in enumerate(totals)
        )
