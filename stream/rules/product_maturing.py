"""A deposit, a wealth product, a contract or a loan ends soon: remind, talk it over, invite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from pydantic import Field, field_validator

from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import Holding, State
from stream.rules.base import Params, Rule, Texts, causes_of

REMIND, TALK, INVITE = 0, 1, 2
_WORDS = {
    REMIND: (
        "提醒：告知客户到期日与金额，询问届时的资金用途，并约定面谈时间",
        "remind: tell the customer the date and the amount, ask what the money is for and agree on a time to talk",
    ),
    TALK: (
        "面谈：带上续作方案与利率对比，当面或视频商定续期或转换，记录他行报价",
        "talk it over: bring renewal options with rates, settle on one in person, note what others offer",
    ),
    INVITE: (
        "邀约：今日致电，请客户到网点或线上办理续期，备好材料，避免资金到期闲置转出",
        "invite: call today and have the customer renew at the branch or online, with the papers ready",
    ),
}
_DUE_H = {REMIND: 72, TALK: 24, INVITE: 8}
_SEVERITY: dict[int, Severity] = {REMIND: "low", TALK: "medium", INVITE: "high"}


class ProductMaturingParams(Params):
    """Parameters of `product_maturing`. Days are calendar days before the product's last day."""

    likelihood: float = Field(0.15, gt=0, le=1, description="share of such warnings after which the customer leaves")
    days_before: list[int] = Field(
        [30, 7, 1],
        min_length=1,
        max_length=6,
        description="days left at which it speaks, 0 to 365: the first reminds, the last invites, others talk it over",
    )
    hour: int = Field(9, ge=0, le=23, description="local hour of the day at which a stage is due")
    min_amount: float = Field(1000, ge=0, description="a smaller product is left alone, base currency; unknown counts")
    large_amount: float = Field(500_000, ge=0, description="from here on severity rises a step, base currency")

    @field_validator("days_before")
    @classmethod
    def _falls(cls, days: list[int]) -> list[int]:
        if days != sorted(set(days), reverse=True) or not all(0 <= day <= 365 for day in days):
            raise ValueError("give days from most to fewest, each once, between 0 and 365")
        return days


class _Due(Struct, frozen=True, gc=False):
    """A product within a stage."""

    product_id: str
    holding: Holding
    last_day: int
    stage: int  # place in `days_before`
    begins: int  # the business day


class ProductMaturing(Rule[ProductMaturingParams]):
    """A product's last day is near; one episode for all of a customer's, which goes through the stages.

    Not behavioural: the end of a term is in the contract and the customer is owed the reminder, whatever they think of
    sales calls. A term that has just begun does not speak for a stage that it is too short for.
    """

    name = "product_maturing"
    listens = frozenset(
        {
            "customers",
            *(f"service-events:product_{what}" for what in ("opened", "matured", "redeemed", "closed")),
            *(f"service-events:{what}" for what in ("mortgage_settled", "migrated", "plan_changed", "renewal_due")),
        }
    )
    behavioural = False
    practice = (
        "Money leaves at the end of a term more than at any other time. Branch practice works a maturity list in three "
        "steps: remind a month before, talk it over a week before, invite on the day before."
    )
    respond_within_h = 24
    Params = ProductMaturingParams
    texts = {
        "zh": Texts(
            title="产品即将到期",
            reason="{list_zh}，最早的还有 {days_left} 天（{matures_on}），合计 {amount:,.0f} {unit}。",
            cleared="产品到期预警解除：{how_zh}。",
            next_step="第 {step}/{steps} 步，{next_zh}。",
        ),
        "en": Texts(
            title="Product about to mature",
            reason="{list_en}; the first in {days_left} days ({matures_on}), {amount:,.0f} {unit} together.",
            cleared="No product is about to mature any more: {how_en}.",
            next_step="Step {step} of {steps}, {next_en}.",
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Speak when a stage begins or a running term is first heard of in one; resolve when nothing is left to end."""
        products = state.products
        episode = state.episodes.get(self.name)
        if (not products and episode is None) or state.left_at:
            return None
        tick = type(event) is Tick
        now = event.time if tick else state.newest
        today = self.business.day(now)
        if episode is None and not tick and not any(_newly_known(holding, today) for holding in products.values()):
            return None
        told = episode.memo if episode is not None else {}
        if told and not self._still_ends(state, told, today):
            return self._cleared(state, event, told, today)
        reached = self._reached(now)
        due = list(self._due(state, today, reached))
        for entry in due:
            begins = entry.begins == reached if tick else _newly_known(entry.holding, today)
            if begins and _key(entry) not in told:
                break
        else:
            return None  # what an RM has closed stays closed until the product's next stage
        return self._signal(event, due, today)

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the next stage of any product, or for the day after the last of those that are open."""
        if not state.products or state.left_at:
            return None
        reached = self._reached(event.time if type(event) is Tick else state.newest)
        days = [begins for _, holding in self._live(state) for begins, _ in self._stages(holding) if begins > reached]
        episode = state.episodes.get(self.name)
        if episode is not None:
            days += [last_day + 1 for last_day in episode.memo.values() if last_day >= reached]
        return self.business.day_start(min(days), self.params.hour) if days else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The products with a last day, and the stage that each is in."""
        today = self.business.day(time)
        ahead = sorted(self._last_day(holding) - today for _, holding in self._live(state))
        return {
            "products_with_an_end": len(ahead),
            "days_left": [str(days) for days in ahead if days >= 0],
            "in_a_stage": [entry.product_id for entry in self._due(state, today, self._reached(time))],
            "min_amount": self.params.min_amount,
        }

    def _live(self, state: State) -> Iterator[tuple[str, Holding]]:
        """Yield the products that are held, end some day and are large enough."""
        least = self.business.base_minor(self.params.min_amount)
        for product_id, holding in state.products.items():
            counts = holding.amount is None or abs(holding.amount) >= least
            if counts and holding.matures_on is not None and not holding.ended_on:
                yield product_id, holding

    def _last_day(self, holding: Holding) -> int:
        assert holding.matures_on is not None  # `_live` sees to it
        return self.business.day_of_date(holding.matures_on)

    def _reached(self, now: int) -> int:
        """Return the last business day whose hour has come: that day's stages have begun."""
        today = self.business.day(now)
        return today if now >= self.business.day_start(today, self.params.hour) else today - 1

    def _stages(self, holding: Holding) -> Iterator[tuple[int, int]]:
        """Yield the day on which each stage begins and its place; a fresh term has only those after its first day."""
        last_day = self._last_day(holding)
        for place, days in enumerate(self.params.days_before):
            if not (holding.fresh_term and last_day - days <= holding.dated_on):
                yield last_day - days, place

    def _due(self, state: State, today: int, reached: int) -> Iterator[_Due]:
        """Yield the products that are within a stage, each with its latest."""
        furthest = today + self.params.days_before[0]
        for product_id, holding in self._live(state):
            last_day = self._last_day(holding)
            if today <= last_day <= furthest:
                begun = [stage for stage in self._stages(holding) if stage[0] <= reached]
                if begun:
                    begins, stage = max(begun)
                    yield _Due(product_id, holding, last_day, stage, begins)

    def _still_ends(self, state: State, memo: dict[str, int], today: int) -> bool:
        """Tell whether any product that was warned about is still to end on the day it was."""
        live = {product_id: self._last_day(holding) for product_id, holding in self._live(state)}
        return any(last_day >= today and live.get(_product(key)) == last_day for key, last_day in memo.items())

    def _cleared(self, state: State, event: Any, memo: dict[str, int], today: int) -> Clear:
        passed = any(last_day < today for last_day in memo.values())
        held = any((p := state.products.get(_product(key))) is not None and not p.ended_on for key in memo)
        if passed and held and isinstance(event, Tick):
            how, zh, en = "passed", "到期日已过", "the last day has passed"
        elif held:
            how, zh, en = "renewed", "产品已续期", "it was renewed"
        else:
            how, zh, en = "ended", "产品已到期或已结清", "it has ended"
        products = sorted({_product(key) for key in memo})
        causes = causes_of(event)
        return Clear(self.name, {"how": how, "products": products, "how_zh": zh, "how_en": en}, causes)

    def _signal(self, event: Any, due: list[_Due], today: int) -> Signal:
        due.sort(key=lambda entry: (entry.last_day, entry.product_id))
        step = max(self._step(entry.stage) for entry in due)
        unit = self.business.currency
        zh = [f"{_KINDS_ZH.get(e.holding.kind or '', '产品')} {self._amount(e)}" for e in due]
        en = [f"{e.holding.kind or 'product'} {self._amount(e)}" for e in due]
        evidence: dict[str, Figure] = {
            "measure": "days_left",
            "days_left": due[0].last_day - today,
            "matures_on": self.business.date(due[0].last_day).isoformat(),
            "products": [entry.product_id for entry in due],
            "amount": self.business.major(sum(entry.holding.amount or 0 for entry in due)),
            "unit": unit,
            "step": step + 1,
            "steps": 3,
            "list_zh": f"{len(due)} 个产品即将到期：{'、'.join(zh)}",
            "list_en": f"{len(due)} about to mature: {', '.join(en)}",
            "next_zh": _WORDS[step][0],
            "next_en": _WORDS[step][1],
        }
        severity = max((self._severity(entry) for entry in due), key=SEVERITIES.index)
        causes = causes_of(event)
        return Signal(self.name, severity, evidence, causes, {_key(entry): entry.last_day for entry in due})

    def due_h(self, signal: Signal) -> int:
        """A reminder has some days, an invitation must go out today; at a snooze's end there may be no new step."""
        step = signal.evidence.get("step")
        return self.respond_within_h if step is None else _DUE_H[int(str(step)) - 1]

    def _step(self, stage: int) -> int:
        if stage == len(self.params.days_before) - 1:
            return INVITE
        return REMIND if stage == 0 else TALK

    def _severity(self, entry: _Due) -> Severity:
        severity = _SEVERITY[self._step(entry.stage)]
        if abs(entry.holding.amount or 0) < self.business.base_minor(self.params.large_amount):
            return severity
        return SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]

    def _amount(self, entry: _Due) -> str:
        amount = entry.holding.amount
        return entry.product_id if amount is None else f"{self.business.major(amount):,.0f}"


_KINDS_ZH = {
    "deposit": "存款",
    "wealth": "理财",
    "contract": "合约",
    "loan": "贷款",
    "mortgage": "房贷",
    "fund": "基金",
    "insurance": "保险",
    "plan": "套餐",
}


def _newly_known(holding: Holding, today: int) -> bool:
    """Tell whether a term that was running before has been heard of today."""
    return holding.dated_on == today and not holding.fresh_term


def _key(entry: _Due) -> str:
    """One entry of an episode's memo: a product at a stage before one certain day, so that a renewal is another."""
    return f"{entry.product_id}@{entry.last_day}/{entry.stage}"


def _product(key: str) -> str:
    return key.rpartition("@")[0]
