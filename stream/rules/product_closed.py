"""A product was closed or redeemed before its end: what is left decides how much that says."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import holdings, recent
from stream.domain.events import Customer, Severity
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import Holding, State
from stream.rules.base import Params, Rule, Texts

_CLOSINGS = frozenset({"product_closed", "product_redeemed"})


class ProductClosedParams(Params):
    """Parameters of `product_closed`."""

    replace_days: int = Field(
        3, ge=0, le=30, description="a product opened, or a migration, within so many days before replaces it"
    )
    series_days: int = Field(30, ge=1, le=90, description="two or more closed within so many days weigh a step more")
    left_to_others: list[str] = Field(["mortgage"], description="kinds of products of which another rule speaks")
    likelihood: float = Field(0.4, gt=0, le=1, description="share of such warnings after which the customer leaves")


class ProductClosed(Rule[ProductClosedParams]):
    """A product ended by the customer's will and not by its date; a new one resolves it.

    A product that a profile no longer lists has been closed as well, unless its date had come.
    """

    name = "product_closed"
    listens = frozenset({"customers", "service-events:product_opened", "service-events:migrated"}) | {
        f"service-events:{type_}" for type_ in _CLOSINGS
    }
    behavioural = False
    practice = (
        "Customers leave product by product: the number of products held is the steadiest predictor of staying in "
        "retail banking and telecoms (Van den Poel & Larivière 2004), and the last one closed is the end."
    )
    respond_within_h = 24
    Params = ProductClosedParams
    texts = {
        "zh": Texts(
            title="产品提前终止",
            reason="客户提前终止{kind_zh}{amount_zh}，名下{left_zh}（{window_days} 天内终止 {closed} 个）。",
            cleared="客户已重新开办产品。",
            next_step="当日致电，了解终止原因与资金去向，根据需求推荐替代产品。",
        ),
        "en": Texts(
            title="Product closed early",
            reason="The customer ended a {kind_en}{amount_en}; {left_en} ({closed} ended within {window_days} days).",
            cleared="The customer has opened a product again.",
            next_step="Call today: ask why it was ended and where the money goes, and offer what fits instead.",
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire on a closing before its date that nothing replaced; resolve when a product is opened again."""
        episode = state.episodes.get(self.name)
        if episode is not None and self._opened_again(state, episode.memo):
            return Clear(self.name, {"products_left": holdings.products_held(state)}, (event.event_id,))
        if not state.products or state.left_at:
            return None
        ended = self._ended(state, event)
        if not ended or (episode is not None and ended.keys() <= episode.memo.keys()):
            return None
        day = self.business.day(event.time)
        if self._replaced(state, day):
            return None
        return self._signal(state, event, ended)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The products held, and those ended lately."""
        today = self.business.day(time)
        return {
            "products_left": holdings.products_held(state),
            "ended_within_window": self._closed_within(state, today),
            "window_days": self.params.series_days,
        }

    def _ended(self, state: State, event: Any) -> dict[str, Holding]:
        """Return the products that this event has ended before their date."""
        products = state.products
        if type(event) is Customer:
            day = self.business.day(event.time)
            found = {n: p for n, p in products.items() if p.ended_on == day and p.time == event.time}
        elif event.type in _CLOSINGS and event.product is not None:
            product = products.get(event.product.product_id)  # none: it ended before the window
            found = {event.product.product_id: product} if product is not None and product.ended_on else {}
        else:
            return {}
        return {n: p for n, p in found.items() if self._early(p) and p.kind not in self.params.left_to_others}

    def _early(self, product: Holding) -> bool:
        last = product.matures_on
        return last is None or product.ended_on < self.business.day_of_date(last)

    def _closed_within(self, state: State, today: int) -> int:
        first = today - self.params.series_days
        return sum(p.ended_on > first and self._early(p) for p in state.products.values())

    def _replaced(self, state: State, day: int) -> bool:
        first = day - self.params.replace_days
        migrated = recent.last(state, "migrated")
        if migrated and first <= self.business.day(migrated):
            return True
        opened = {self.business.day(time) for time in recent.times(state, "product_opened")}
        return any(not p.ended_on and p.opened_on >= first and p.opened_on in opened for p in state.products.values())

    def _opened_again(self, state: State, memo: dict[str, int]) -> bool:
        """Tell whether a product was opened since the last closing, or all that were closed are held again."""
        last = max(memo.values())
        day = self.business.day(last)
        if recent.last(state, "migrated") >= last:
            return True
        if any(not p.ended_on and p.opened_on >= day for name, p in state.products.items() if name not in memo):
            return True
        return all((p := state.products.get(name)) is not None and not p.ended_on for name in memo)

    def _signal(self, state: State, event: Any, ended: dict[str, Holding]) -> Signal:
        left = holdings.products_held(state)
        closed = self._closed_within(state, self.business.day(event.time))
        amount = sum(product.amount or 0 for product in ended.values())
        kind = next(iter(ended.values())).kind or ""
        known = any(product.opened_on <= product.ended_on for product in ended.values())
        unit = self.business.currency
        figure = self.business.major(abs(amount))
        evidence: dict[str, Figure] = {
            "measure": "products",
            "products": sorted(ended),
            "kind": kind,
            "amount": figure,
            "unit": unit,
            "products_left": left,
            "closed": closed,
            "window_days": self.params.series_days,
            "kind_zh": "产品" + (f"（{kind}）" if kind else ""),
            "kind_en": kind or "product",
            "amount_zh": f" {figure:,.0f} {unit}" if amount else "",
            "amount_en": f" of {figure:,.0f} {unit}" if amount else "",
            "left_zh": f"还有 {left} 个产品" if left else "已无其他产品" if known else "其他产品不详",
            "left_en": f"{left} products are left" if left else "nothing is left" if known else "others are not known",
        }
        memo = dict.fromkeys(ended, event.time)
        return Signal(self.name, self._severity(left, closed, known=known), evidence, (event.event_id,), memo)

    def _severity(self, left: int, closed: int, *, known: bool) -> Severity:
        if not left and not known:
            return "medium"  # its opening was before our time, and so may be that of others
        if not left:
            return "critical" if closed > 1 else "high"
        if left == 1:
            return "high" if closed > 1 else "medium"
        return "medium" if closed > 1 else "low"
