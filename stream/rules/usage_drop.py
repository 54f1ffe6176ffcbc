"""Calls, data, card uses or orders fall suddenly, against the customer's own weekdays."""

from __future__ import annotations

from math import ceil
from typing import Any

from pydantic import Field

from stream.domain.business import DAY_MS, Business
from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import DAYS, State
from stream.domain.usage import (
    MEASURES,
    SCALE,
    SINCE,
    SIZE,
    SUM,
    Usage,
    advance,
    barred_until,
    cusum_of,
    last_days,
    learn,
    totals,
    trips_on,
    usages,
    used,
)
from stream.rules.base import Params, Rule, Texts, causes_of

UPTO, LEARNED, FROM, FIRST = 0, 1, 2, 3  # places in the memory: days, and where the measures begin
LEARN_EVERY_DAYS = 14
_GRAVE = ("critical", "high")
BESIDE = (
    "call_forwarding_off_net",
    "complaint_mishandled",
    "complaint_unanswered",
    "contact_unanswered",
    "credit_tightened",
    "product_closed",
    "salary_stopped",
    "serious_complaint",
    "service_failure",
    "single_product",
    "tier_downgrade",
)
SERIES_DAYS = 30


class UsageDropParams(Params):
    """Parameters of `usage_drop`. Shares are of the usual usage, 0 to 1."""

    likelihood: float = Field(0.4, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_weeks: int = Field(6, ge=4, le=11, description="weeks in the baseline, at least")
    recent_days: int = Field(14, ge=7, le=28, description="last days that stay out of the baseline")
    min_acts: float = Field(4, gt=0, description="acts in a usual week; fewer are too few to judge")
    min_minutes: float = Field(20, gt=0, description="minutes in a usual week; fewer are too few to judge")
    min_megabytes: float = Field(200, gt=0, description="megabytes in a usual week; fewer are too few to judge")
    min_items: float = Field(20, gt=0, description="items in a usual week; fewer are too few to judge")
    fall_to: float = Field(0.4, gt=0, lt=1, description="the fall that is looked for, as a share")
    threshold: float = Field(10, gt=0, le=50, description="of the running sum, log-likelihood ratio; higher = surer")
    day_weight: float = Field(3, gt=0, le=10, description="of the most regular usage; silence adds (1 - fall_to) of it")
    max_share: float = Field(0.5, gt=0, le=1, description="used since the fall began; above it nothing is said")
    severe_share: float = Field(0.2, ge=0, le=1, description="used since the fall began; up to it severity is high")
    recovered_share: float = Field(0.7, gt=0, le=1, description="used over the last days; from here on it is resolved")
    recovered_days: int = Field(5, ge=1, le=14, description="days that this must last")
    lasting_days: int = Field(10, ge=1, le=28, description="ordinary days that a fall has lasted; a trip is shorter")
    still_days: int = Field(3, ge=1, le=7, description="last days, that must have fallen as well: nobody came back")
    beside: tuple[str, ...] = Field(BESIDE, description="kinds of warnings; one open as high or critical is a witness")
    beside_threshold: float = Field(4, gt=0, le=50, description="of the running sum, with a witness")
    beside_days: int = Field(4, ge=1, le=28, description="days that it has lasted, with a witness")
    stale_days: int = Field(45, ge=14, le=75, description="a fall this old is the new habit and becomes the baseline")
    day_end_grace_min: int = Field(10, ge=0, le=720, description="minutes after midnight before silence is judged")


class UsageDrop(Rule[UsageDropParams]):
    """Usage far under what this customer's own weekdays have, for long enough to be neither chance nor a trip."""

    name = "usage_drop"
    listens = frozenset({"new-day"})
    behavioural = True
    practice = (
        "Falling calls, data and card use precede port-out and dormancy by weeks (Wei & Chiu 2002; Hung et al. 2006); "
        "CUSUM (Page 1954) finds a lasting fall soonest at a given rate of false alarms. Most sudden falls are trips: "
        "one is told when it has lasted for longer than those do, and sooner beside another grave warning."
    )
    respond_within_h = 48
    Params = UsageDropParams
    texts = {
        "zh": Texts(
            title="使用量骤降",
            reason=(
                "客户{name_zh}自 {since} 起骤降：日均 {observed:,.1f} {unit_zh}，平时同期日均 {usual:,.1f} {unit_zh}"
                "（降幅 {share:.0%}，观察 {window_days} 天，已按星期与节假日调整{beside_zh}）。"
            ),
            cleared=(
                "客户{name_zh}已恢复：近 {window_days} 天日均 {observed:,.1f} {unit_zh}，平时 {usual:,.1f} {unit_zh}。"
            ),
            next_step="两日内致电客户，了解是否已改用他行或他网、资费或服务有何不满，并备好挽留方案。",
        ),
        "en": Texts(
            title="Sudden fall in usage",
            reason=(
                "{name_en} fell suddenly since {since}: {observed:,.1f} {unit_en} a day against {usual:,.1f} usual on "
                "such weekdays ({share:.0%} down over {window_days} days, holidays left out{beside_en})."
            ),
            cleared=(
                "{name_en} came back: {observed:,.1f} {unit_en} a day over the last {window_days} days, "
                "{usual:,.1f} usual."
            ),
            next_step=(
                "Call within two days: is another provider used now, or is something about price or service wrong? "
                "Have an offer ready."
            ),
        ),
    }

    def __init__(self, params: UsageDropParams, business: Business) -> None:
        """Bind the sum's parameters once."""
        super().__init__(params, business)
        self._cusum = cusum_of(params.fall_to, params.day_weight, params.threshold)
        self._early = min(round(params.beside_threshold * SCALE), self._cusum.limit)
        self._grace = params.day_end_grace_min * 60_000
        self._young = (7 * params.min_weeks + params.recent_days) * DAY_MS  # sooner there is no baseline
        needs = (params.min_acts, params.min_minutes, params.min_megabytes, params.min_items)
        self._needs = tuple((place, round(need * SCALE)) for place, need in zip(MEASURES.values(), needs, strict=True))

    def skips(self, state: State, event: Any, today: int) -> bool:
        """While a customer is too new to have a baseline there is nothing to do."""
        if self.name in state.memory or self.name in state.timers:
            return False
        return state.newest - state.first_seen < self._young

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Bring the sums forward over the days that are complete, and the baseline every fortnight."""
        numbers = state.memory.get(self.name)
        if numbers is None and state.newest - state.first_seen < self._young:
            return None
        last = self._complete(event)
        if numbers is None:
            first, enough = self._history(state, 0, last)
            return [last, last, 0, *self._learned(state, first, last, [])] if enough else None
        if last <= numbers[UPTO]:
            return None
        numbers = numbers.copy()
        for at in range(FIRST, len(numbers), SIZE):
            self._advance(numbers, at, state, numbers[UPTO] + 1, last)
        numbers[UPTO] = last
        settled = self._settle(state, numbers, last)
        if settled:
            return [last, last, settled]
        if last - numbers[LEARNED] >= LEARN_EVERY_DAYS and self._calm(state, numbers):
            numbers[LEARNED] = last
            first, enough = self._history(state, numbers[FROM], last)
            if enough:
                numbers[FIRST:] = self._learned(state, first, last, usages(numbers, FIRST))
        return numbers

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire when a sum is at its limit and the usage since the fall began says the same."""
        numbers = state.memory.get(self.name)
        if numbers is None or state.left_at:
            return None
        episode = state.episodes.get(self.name)
        if episode is None and max(numbers[FIRST + SUM :: SIZE], default=0) < self._early:
            return None
        found, last = usages(numbers, FIRST), numbers[UPTO]
        if episode is not None:
            first, usage = self._recovered(state, found, last), _of(found, episode.memo)
            if first and usage is not None:
                causes = causes_of(event)
                return Clear(self.name, self._evidence(state, usage, first, last), causes)
        fallen = self._fallen(state, found, last)
        if fallen is None:
            return None
        severity = self._severity(self._share(state, fallen, last))
        if episode is not None and SEVERITIES.index(severity) <= SEVERITIES.index(episode.severity):
            return None  # still the same fall: nothing new to say
        return self._signal(state, event, fallen, last, severity)

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the day on which a sum would be at its limit if nothing arrived any more."""
        numbers = state.memory.get(self.name)
        if numbers is None or len(numbers) == FIRST or state.left_at or self.name in state.episodes:
            return None
        witness = self._beside(state)
        last, limit = numbers[UPTO], self._early if witness else self._cusum.limit
        if isinstance(event, Tick):
            days = [self._silent_until(usage, last, limit, witness) for usage in usages(numbers, FIRST)]
            day = min((day for day in days if day), default=0)
            if not day:
                return None
        else:  # no sooner than this: the tick sees exactly, which here, on every day, would cost too much
            day = last + max(1, ceil((limit - max(numbers[FIRST + SUM :: SIZE])) / self._cusum.most_a_day))
        return self.business.day_start(day + 1) + self._grace

    def _silent_until(self, usage: Usage, last: int, limit: int, witness: str) -> int:
        """Return the first day after `last` whose end shows a fall if nothing is used any more; 0 = none."""
        calendar = self.business.calendar
        day = trips_on(usage, last, DAYS // 2, calendar, self._cusum, limit)
        while day and not self._lasted(usage.since, day, witness):
            day += 1
        return day

    def _beside(self, state: State) -> str:
        """Return the kind of another open warning that makes a fall more likely, empty if there is none."""
        if not state.episodes:
            return ""
        episodes = state.episodes
        return next((kind for kind in self.params.beside if kind in episodes and episodes[kind].severity in _GRAVE), "")

    def _lasted(self, since: int, last: int, witness: str) -> bool:
        """Tell whether a fall since the day after `since` has lasted for longer than a trip does."""
        days = self.params.beside_days if witness else self.params.lasting_days
        if last - since < days:
            return False
        calendar = self.business.calendar
        return sum(calendar.is_ordinary(day) for day in range(since + 1, last + 1)) >= days

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The measures with enough usage, and how far each sum is from its limit."""
        numbers = state.memory.get(self.name)
        figures: dict[str, Figure] = {"fires_at": self.params.threshold}
        found = [] if numbers is None else usages(numbers, FIRST)
        figures["measures"] = [_NAMES[usage.place][0] for usage in found]
        for usage in found:
            name = _NAMES[usage.place][0]
            figures |= {f"{name}_sum": usage.sum / SCALE, f"{name}_usual_week": sum(usage.usual) / SCALE}
        return figures

    def _complete(self, event: Any) -> int:
        """Return the last business day that is over."""
        time = event.time - self._grace if isinstance(event, Tick) else event.time
        return self.business.day(time) - 1

    def _history(self, state: State, learn_from: int, last: int) -> tuple[int, bool]:
        """Return the first day that can be learned from, and whether there is enough since then."""
        oldest = state.days.oldest()
        if oldest is None:
            return 0, False
        first = max(oldest + 1, learn_from, last - DAYS + 2)  # the first day was not whole
        return first, last - first + 1 >= 7 * self.params.min_weeks + self.params.recent_days

    def _advance(self, numbers: list[int], at: int, state: State, first: int, last: int) -> None:
        calendar, since = self.business.calendar, numbers[at + SINCE]
        advance(numbers, at, state, max(first, last - DAYS + 2), last, calendar, self._cusum)
        if numbers[at + SUM] >= self._early and since >= last - DAYS + 1:
            numbers[at + SUM] = 0  # before anything is said: what came late since then stands in its day by now
            advance(numbers, at, state, since + 1, last, calendar, self._cusum)

    def _settle(self, state: State, numbers: list[int], last: int) -> int:
        """Zero what has recovered; return the day from which to learn anew when a fall has become the habit, else 0."""
        if self.name in state.episodes:
            if self._recovered(state, usages(numbers, FIRST), last):
                for at in range(FIRST, len(numbers), SIZE):
                    numbers[at + SUM], numbers[at + SINCE] = 0, last
            return 0
        if max(numbers[FIRST + SUM :: SIZE], default=0) >= self._early:
            barred = barred_until(state)
            for at in range(FIRST, len(numbers), SIZE):
                if barred > self.business.day_start(numbers[at + SINCE]):  # we cut the line ourselves
                    numbers[at + SUM], numbers[at + SINCE] = 0, last
        ended = state.ended.get(self.name)
        for at in range(FIRST, len(numbers), SIZE):
            since = numbers[at + SINCE]
            stale = last - since > self.params.stale_days
            if numbers[at + SUM] >= self._early and (
                stale or (ended is not None and self.business.day(ended[0]) > since)
            ):
                return since + 1
            if stale:
                numbers[at + SUM], numbers[at + SINCE] = 0, last
        return 0

    def _calm(self, state: State, numbers: list[int]) -> bool:
        return self.name not in state.episodes and 2 * max(numbers[FIRST + SUM :: SIZE], default=0) < self._cusum.limit

    def _learned(self, state: State, first: int, last: int, known: list[Usage]) -> list[int]:
        """Learn every measure there is enough of, and keep the sums of those that were known."""
        sums = {usage.place: usage for usage in known}
        found = learn(state, first, last - self.params.recent_days, self.business.calendar, self._needs)
        for usage in found:
            before = sums.get(usage.place)
            usage.sum, usage.since = (0, last) if before is None else (before.sum, before.since)
        return [number for usage in found for number in usage.stored()]

    def _fallen(self, state: State, found: list[Usage], last: int) -> Usage | None:
        """Return the measure that fell the furthest, of those whose sum is at its limit."""
        shares, witness = {}, self._beside(state)
        limit = self._early if witness else self._cusum.limit
        for usage in found:
            if usage.sum >= limit and self._lasted(usage.since, last, witness):
                share = self._share(state, usage, last)
                if share <= self.params.max_share and self._still(state, usage, last):
                    shares[usage.place] = share
        fallen = [usage for usage in found if usage.place in shares]
        return min(fallen, key=lambda usage: (shares[usage.place], -usage.sum), default=None)

    def _share(self, state: State, usage: Usage, last: int) -> float:
        seen, expected, _ = totals(usage, state, usage.since + 1, last, self.business.calendar)
        return seen / expected if expected else 1.0

    def _still(self, state: State, usage: Usage, last: int) -> bool:
        """Tell whether the last days are as low: who is back from a trip has not left."""
        calendar = self.business.calendar
        first = last_days(usage, usage.since + 1, last, self.params.still_days, calendar)
        seen, expected, _ = totals(usage, state, first or usage.since + 1, last, calendar)
        return seen <= self.params.max_share * expected

    def _recovered(self, state: State, found: list[Usage], last: int) -> int:
        """Return since which day the measure that had fallen is near its baseline again, 0 if it is not."""
        episode = state.episodes[self.name]
        usage = _of(found, episode.memo)
        if usage is None:
            return 0
        calendar = self.business.calendar
        opened = self.business.day(episode.opened_at)
        first = last_days(usage, opened, last, self.params.recovered_days, calendar)
        if not first:
            return 0
        seen, expected, _ = totals(usage, state, first, last, calendar)
        return first if seen >= self.params.recovered_share * expected else 0

    def _severity(self, share: float) -> Severity:
        return "high" if share <= self.params.severe_share else "medium"

    def _signal(self, state: State, event: Any, usage: Usage, last: int, severity: Severity) -> Signal:
        evidence = self._evidence(state, usage, usage.since + 1, last)
        witness = self._beside(state)
        evidence |= {
            "beside": witness,
            "beside_zh": f"；同时有未结的其他预警（{witness}）" if witness else "",
            "beside_en": f"; {witness.replace('_', ' ')} is open as well" if witness else "",
        }
        causes = causes_of(event)
        return Signal(self.name, severity, evidence, causes, {"place": usage.place}, self._series(state, usage, last))

    def _evidence(self, state: State, usage: Usage, first: int, last: int) -> dict[str, Figure]:
        seen, expected, days = totals(usage, state, first, last, self.business.calendar)
        name, name_zh, name_en, unit_zh, unit_en = _NAMES[usage.place]
        return {
            "measure": name,
            "unit": unit_en,
            "observed": round(seen / days / SCALE, 2),
            "usual": round(expected / days / SCALE, 2),
            "share": round(1 - seen / expected, 4),
            "since": self.business.date(first).isoformat(),
            "window_days": days,
            "name_zh": name_zh,
            "name_en": name_en,
            "unit_zh": unit_zh,
            "unit_en": unit_en,
        }

    def _series(self, state: State, usage: Usage, last: int) -> tuple[tuple[str, float], ...]:
        days = range(last - SERIES_DAYS + 1, last + 1)
        return tuple(
            (self.business.date(day).isoformat(), used(state.days.get(day), usage.place) / SCALE) for day in days
        )


def _of(found: list[Usage], memo: dict[str, int]) -> Usage | None:
    return next((usage for usage in found if usage.place == memo["place"]), None)


_WORDS = {
    "acts": ("使用次数", "Activity", "次", "times"),
    "min": ("通话时长", "Call time", "分钟", "min"),
    "MB": ("数据流量", "Data usage", "MB", "MB"),
    "item": ("订购数量", "Items ordered", "件", "items"),
}
_NAMES = {place: (name, *_WORDS[name]) for name, place in MEASURES.items()}
