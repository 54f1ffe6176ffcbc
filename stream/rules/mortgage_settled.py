"""A mortgage is paid off, at its end or early: the tie is gone."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from stream.domain import holdings, recent
from stream.domain.business import DAY_MS
from stream.domain.events import ServiceEvent, Severity
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import Holding, State
from stream.rules.base import Params, Rule, Texts

_ENDS = frozenset({"mortgage_settled", "product_matured", "product_redeemed", "product_closed"})


class MortgageSettledParams(Params):
    """Parameters of `mortgage_settled`."""

    kinds: list[str] = Field(["mortgage"], min_length=1, description="kinds of products that are mortgages")
    early_days: int = Field(30, ge=0, le=365, description="so many days before its last day it is still on time")
    refinance_days: int = Field(
        30, ge=0, le=365, description="a new mortgage with us within so many days before or after is a refinancing"
    )
    likelihood: float = Field(0.2, gt=0, le=1, description="share of such warnings after which the customer leaves")


class MortgageSettled(Rule[MortgageSettledParams]):
    """A mortgage has ended, and no other one of ours takes its place. A fact: it expires by itself."""

    name = "mortgage_settled"
    listens = frozenset({f"service-events:{type_}" for type_ in (*_ENDS, "product_opened")})
    behavioural = False
    practice = (
        "The mortgage is the tie that brings the salary, the insurance and the standing orders; a settled one is "
        "followed by their leaving over months. Paid off early it is often refinanced elsewhere, or the home is sold."
    )
    respond_within_h = 48
    Params = MortgageSettledParams
    texts = {
        "zh": Texts(
            title="房贷已结清",
            reason="客户于 {settled_on} {how_zh}房贷{amount_zh}；名下还有房贷 {mortgages} 笔、其他产品 {others} 个。",
            cleared="客户已在我行办理新的房贷。",
            next_step="{next_zh}；介绍存款、理财或新的用款方案，保留工资代发与代扣关系。",
        ),
        "en": Texts(
            title="Mortgage settled",
            reason=(
                "On {settled_on} the mortgage{amount_en} was {how_en}; {mortgages} other mortgages and {others} other "
                "products remain."
            ),
            cleared="The customer has taken a new mortgage with us.",
            next_step="{next_en}; offer what ties anew, and keep the salary and the standing orders here.",
        ),
    }

    def evaluate(self, state: State, event: ServiceEvent) -> Verdict:
        """Fire on the end of a mortgage that was not replaced; a new one afterwards resolves it."""
        product = event.product
        known = state.products.get(product.product_id) if product is not None else None
        if event.type == "product_opened":
            return self._refinanced(state, event)
        kind = (known.kind if known is not None else None) or (product.kind if product is not None else None)
        if event.type != "mortgage_settled" and kind not in self.params.kinds:
            return None
        if state.left_at or (known is not None and not known.ended_on):
            return None  # the customer, or later news of the mortgage, says otherwise
        name = product.product_id if product is not None else "-"
        episode = state.episodes.get(self.name)
        if (episode is not None and name in episode.memo) or self._replaced(state, event):
            return None
        return self._signal(state, event, name, known)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The mortgages known."""
        mortgages = [p for p in state.products.values() if p.kind in self.params.kinds]
        return {
            "mortgages": sum(not p.ended_on for p in mortgages),
            "ended_lately": sum(bool(p.ended_on) for p in mortgages),
            "settlements": len(recent.times(state, "mortgage_settled")),
        }

    def _refinanced(self, state: State, event: ServiceEvent) -> Clear | None:
        episode = state.episodes.get(self.name)
        if episode is None or event.product is None or event.product.kind not in self.params.kinds:
            return None
        if event.time < max(episode.memo.values()) - self.params.refinance_days * DAY_MS:
            return None
        return Clear(self.name, {"product": event.product.product_id}, (event.event_id,))

    def _replaced(self, state: State, event: ServiceEvent) -> bool:
        """Tell whether a mortgage was opened shortly before: seen opening, and not merely listed in a profile."""
        day = self.business.day(event.time)
        opened = {self.business.day(time) for time in recent.times(state, "product_opened")}
        return any(
            p.kind in self.params.kinds
            and not p.ended_on
            and p.opened_on in opened
            and p.opened_on >= day - self.params.refinance_days
            for p in state.products.values()
        )

    def _signal(self, state: State, event: ServiceEvent, name: str, known: Holding | None) -> Signal:
        day = self.business.day(event.time)
        last = known.matures_on if known is not None else None
        early = last is not None and self.business.date(day) < last - dt.timedelta(days=self.params.early_days)
        live = [p for p in state.products.values() if not p.ended_on]
        mortgages = sum(p.kind in self.params.kinds for p in live)
        amount = known.amount if known is not None else None
        figure = 0.0 if amount is None else self.business.major(abs(amount))
        unit = self.business.currency
        evidence: dict[str, Figure] = {
            "measure": "mortgage",
            "product": "" if name == "-" else name,
            "settled_on": self.business.date(day).isoformat(),
            "matures_on": last.isoformat() if last is not None else "",
            "early": "unknown" if last is None else "yes" if early else "no",
            "amount": figure,
            "unit": unit,
            "mortgages": mortgages,
            "others": len(live) - mortgages,
            "holdings": self.business.major(holdings.current(state, self.business.day(state.newest))),
            "how_zh": "提前结清" if early else "结清",
            "how_en": f"paid off before its end ({last})" if early else "paid off",
            "amount_zh": f"（{figure:,.0f} {unit}）" if amount else "",
            "amount_en": f" ({figure:,.0f} {unit})" if amount else "",
            "next_zh": "两个工作日内致电" + ("，问明提前还款的原因（转贷、售房或自有资金）" if early else "祝贺结清"),
            "next_en": "Call within two working days "
            + ("and ask why it was paid early (refinanced, sold, own money)" if early else "to congratulate"),
        }
        severity: Severity = "high" if early else "medium"
        if mortgages:
            severity = "medium" if early else "low"
        return Signal(self.name, severity, evidence, (event.event_id,), {name: event.time})
