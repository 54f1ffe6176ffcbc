"""The customer's tier or class fell, or their assets are about to fall under the tier's line."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from stream.domain import holdings
from stream.domain.business import DAY_MS, Business
from stream.domain.events import Customer, ServiceEvent, Severity
from stream.domain.signals import Clear, Figure, NewDay, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_TOP = 2  # the tiers whose loss is felt the most
_GRACE_MS = 600_000
_NONE, _NOW = -1, 1  # no class known; the place of the class in force among the numbers kept


class TierDowngradeParams(Params):
    """Parameters of `tier_downgrade`. Shares are 0 to 1."""

    margin: float = Field(0.05, ge=0, le=1, description="share above the tier's line at which assets are about to fall")
    stood_days: float = Field(
        7, ge=0, le=365, description="a tier or class that a profile replaces sooner than this was a correction"
    )
    mean_days: int = Field(7, ge=1, le=30, description="days of closings of which the mean must be there")
    min_history_days: int = Field(28, ge=7, le=85, description="days in the baseline that was above, at least")
    class_order: list[str] = Field(
        ["key", "potential", "maintain", "mass", "adjust", "phase-out"],
        description="classes of the profile from the one that matters most; others are silent",
    )
    likelihood: float = Field(0.3, gt=0, le=1, description="share of such warnings after which the customer leaves")

    @field_validator("class_order")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("give classes from the one that matters most, each once")
        return value


class TierDowngrade(Rule[TierDowngradeParams]):
    """A fall by the order of `business.tiers` or of the classes, or assets near the line of `business.tier_lines`.

    A `tier_changed` tells a fall by itself. That two profiles differ does so only where the former had stood for some
    days: master data is corrected soon after it is first loaded. A tier that fell is a fact and is told in any case;
    assets near a line are behaviour, and of a customer who wants no retention contact nothing is said about them.
    """

    name = "tier_downgrade"
    listens = frozenset({"customers", "service-events:tier_changed", "new-day"})
    behavioural = False
    practice = (
        "A demotion costs status and lowers loyalty below that of customers who never had it (Wagner, Hennig-Thurau & "
        "Rudolph 2009, customer demotion); banks review tiers by mean daily assets, so there is time to act before."
    )
    respond_within_h = 48
    Params = TierDowngradeParams
    texts = {
        "zh": Texts(
            title="客户等级下降或即将下降",
            reason="客户{what_zh}；目前资产 {holdings:,.0f} {unit}。",
            cleared="客户等级或资产已恢复（资产 {holdings:,.0f} {unit}）。",
            next_step="两个工作日内致电，说明等级与权益变化，给出保级所需金额与期限，并了解资产去向。",
        ),
        "en": Texts(
            title="Tier falls or is about to",
            reason="The customer's {what_en}; assets now {holdings:,.0f} {unit}.",
            cleared="Tier or assets are back (assets {holdings:,.0f} {unit}).",
            next_step=(
                "Call within two working days: explain what changes, say how much by when keeps the tier, ask where "
                "the money went."
            ),
        ),
    }

    def __init__(self, params: TierDowngradeParams, business: Business) -> None:
        """Rank tiers and classes once, 0 being the highest."""
        super().__init__(params, business)
        self._tiers = {name: rank for rank, name in enumerate(business.tiers)}
        self._classes = {name: rank for rank, name in enumerate(params.class_order)}

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Without a line for the tier a day is as any other."""
        if type(event) is not NewDay or self._line(state):
            return False
        return self.name not in state.timers and self.name not in state.episodes

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Keep what a profile overwrites: class rank before and now, since when each, since when each of two tiers."""
        if type(event) is NewDay or type(event) is Tick:
            return None
        known = state.memory.get(self.name) or [_NONE, _NONE, 0, 0, 0, 0]
        before, now, before_since, since, tier_before_since, tier_since = known
        rank = self._classes.get(event.class_ or "") if type(event) is Customer else None
        if rank is not None and rank != now and event.time >= since:
            before, now, before_since, since = now, rank, since, event.time
        if state.tier is not None and state.tier.time != tier_since:
            tier_before_since, tier_since = tier_since, state.tier.time
        numbers = [before, now, before_since, since, tier_before_since, tier_since]
        return None if numbers == known else numbers

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Facts as they come, assets once a day; resolve when what fell is back."""
        episode = state.episodes.get(self.name)
        if type(event) is NewDay or type(event) is Tick:
            if episode is None:
                return self._near_line(state, event)
            memo = episode.memo
            return self._clear(state, event) if "line" in memo and self._back(state, memo) else None
        memo = {} if episode is None else episode.memo
        if memo and self._back(state, memo):
            return self._clear(state, event)
        return self._fall(state, event, memo)

    def next_due(self, state: State, event: Any) -> int | None:
        """While assets are below and their mean is not yet, look again tomorrow, should nothing more arrive."""
        if type(event) is not NewDay and type(event) is not Tick:
            return state.timers.get(self.name)
        if self.name in state.episodes or self._below(state, self._today(event)) is None:
            return None
        return self.business.day_start(self._today(event) + 1) + _GRACE_MS

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """Tier, class, and assets against the line."""
        tier = state.tier
        today = self.business.day(time)
        line = self._line(state)
        classes = state.memory.get(self.name, [])
        return {
            "tier": (tier.tier or "") if tier else "not known",
            "tier_before": (tier.before or "") if tier else "",
            "class": self.params.class_order[classes[_NOW]] if classes and classes[_NOW] != _NONE else "not known",
            "holdings": self.business.major(holdings.current(state, today)),
            "line": self.business.major(line) if line else "none",
            "fires_below": self.business.major(round(line * (1 + self.params.margin))) if line else "never",
        }

    def _fall(self, state: State, event: Any, memo: dict[str, int]) -> Signal | None:
        zh: list[str] = []
        en: list[str] = []
        fresh: dict[str, int] = {}
        high, levels = False, 0
        tier, class_ = self._tier_fall(state, event), self._class_fall(state, event)
        if tier is not None and f"tier/{tier[1]}" not in memo:
            above, now = tier
            names = self.business.tiers
            zh.append(f"等级由 {names[above]} 降至 {names[now]}")
            en.append(f"tier fell from {names[above]} to {names[now]}")
            fresh |= {"tier": above, f"tier/{now}": event.time}
            top = memo.get("tier", above)
            levels, high = now - top, now - top > 1 or top < _TOP
        if class_ is not None and f"class/{class_[1]}" not in memo:
            above, now = class_
            order = self.params.class_order
            zh.append(f"分层由 {order[above]} 降至 {order[now]}")
            en.append(f"class fell from {order[above]} to {order[now]}")
            fresh |= {"class": above, f"class/{now}": event.time}
            levels, high = max(levels, now - above), high or above == 0
        if not fresh or state.left_at:
            return None
        evidence: dict[str, Figure] = {"measure": "tier", "levels": levels}
        return self._signal(
            state, event, "high" if high else "medium", evidence, ("、".join(zh), " and ".join(en)), fresh
        )

    def _tier_fall(self, state: State, event: Any) -> tuple[int, int] | None:
        """Return the ranks from and to of a fall that this event tells first."""
        tier = state.tier
        if tier is None or event.time < tier.time:
            return None
        now, before = self._tiers.get(tier.tier or ""), self._tiers.get(tier.before or "")
        known = now is not None and before is not None and before < now
        if event.time > tier.time:  # the tier was this already: a profile was faster, or it is said again
            if known or type(event) is not ServiceEvent or event.change is None:
                return None
            before = self._tiers.get(str(event.change.from_))
        elif type(event) is ServiceEvent and event.change is not None:
            before = self._tiers.get(str(event.change.from_), before)
        elif not self._stood(state, 4):
            return None
        return (before, now) if before is not None and now is not None and before < now else None

    def _class_fall(self, state: State, event: Any) -> tuple[int, int] | None:
        known = state.memory.get(self.name) if type(event) is Customer else None
        if known is None or known[3] != event.time or not _NONE < known[0] < known[_NOW] or not self._stood(state, 2):
            return None
        return known[0], known[_NOW]

    def _stood(self, state: State, place: int) -> bool:
        """Tell whether what a profile has just overwritten had stood for some days: else it was corrected."""
        known = state.memory.get(self.name)
        if known is None:
            return False
        since, until = known[place : place + 2]
        return until - since >= self.params.stood_days * DAY_MS

    def _today(self, event: Any) -> int:
        return self.business.day(event.time)

    def _line(self, state: State) -> int:
        """Return the assets that the tier takes, minor units; 0 = none."""
        tier = state.tier
        return 0 if tier is None or tier.tier is None else self.business.tier_lines.get(tier.tier, 0)

    def _below(self, state: State, today: int) -> int | None:
        """Return the tier's line where assets were well above it and are now below it or near; else `None`."""
        line = self._line(state)
        baseline = state.baseline
        if not line or baseline is None or state.left_at:
            return None
        edge = line * (1 + self.params.margin)
        if baseline.median < edge or baseline.days < self.params.min_history_days:
            return None
        if state.profile is not None and state.profile.no_retention_contact:
            return None
        near = min(edge, baseline.median * (1 - self.params.margin))  # a little less is no fall
        return line if holdings.current(state, today) < near else None

    def _near_line(self, state: State, event: Any) -> Signal | None:
        today = self._today(event)
        line = self._below(state, today)
        baseline = state.baseline
        if line is None or baseline is None:
            return None
        mean = self._mean(state, today)
        if mean >= min(line * (1 + self.params.margin), baseline.median * (1 - self.params.margin)):
            return None
        tier = state.tier.tier if state.tier is not None and state.tier.tier is not None else ""
        money = self.business.major
        figures = f"{money(mean):,.0f}", f"{money(line):,.0f}", f"{money(baseline.median):,.0f}"
        evidence: dict[str, Figure] = {
            "measure": "mean_assets",
            "observed": money(mean),
            "line": money(line),
            "median": money(baseline.median),
            "window_days": self.params.mean_days,
            "tier": tier,
        }
        days = self.params.mean_days
        zh = f"近 {days} 天日均资产 {figures[0]}，接近或低于 {tier} 等级标准 {figures[1]}（此前中位数 {figures[2]}）"
        en = f"mean assets of {days} days are {figures[0]}, near or under the line of {tier} ({figures[1]})"
        severity: Severity = "high" if self._tiers.get(tier, _TOP) < _TOP else "medium"
        return self._signal(state, event, severity, evidence, (zh, en), {"line": line})

    def _mean(self, state: State, today: int) -> int:
        closings = holdings.closings(state, today - self.params.mean_days, today - 1)
        return round(sum(closings) / len(closings)) if closings else 0

    def _back(self, state: State, memo: dict[str, int]) -> bool:
        """Tell whether tier and class are what they were, or the assets above the line again."""
        if "tier" in memo and self._tiers.get((state.tier and state.tier.tier) or "", len(self._tiers)) > memo["tier"]:
            return False
        if "class" in memo and state.memory[self.name][_NOW] > memo["class"]:
            return False
        if "tier" in memo or "class" in memo:
            return True
        edge = memo["line"] * (1 + self.params.margin)
        today = self.business.day(state.newest)
        return holdings.current(state, today) >= edge and self._mean(state, today) >= edge

    def _clear(self, state: State, event: Any) -> Clear:
        return Clear(self.name, self._assets(state), () if type(event) is Tick else (event.event_id,))

    def _assets(self, state: State) -> dict[str, Figure]:
        now = holdings.current(state, self.business.day(state.newest))
        return {"holdings": self.business.major(now), "unit": self.business.currency}

    def _signal(
        self,
        state: State,
        event: Any,
        severity: Severity,
        evidence: dict[str, Figure],
        what: tuple[str, str],
        memo: dict[str, int],
    ) -> Signal:
        figures = evidence | self._assets(state) | {"what_zh": what[0], "what_en": what[1]}
        return Signal(self.name, severity, figures, () if type(event) is Tick else (event.event_id,), memo)
