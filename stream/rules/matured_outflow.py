"""Proceeds of a matured or redeemed product leave the bank within days."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import elsewhere, holdings
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import Holding, State
from stream.rules.base import Params, Rule, Texts


class MaturedOutflowParams(Params):
    """Parameters of `matured_outflow`. Shares are of the proceeds not put into our own products again, 0 to 1."""

    likelihood: float = Field(0.4, gt=0, le=1, description="share of such warnings after which the customer leaves")
    days: int = Field(10, ge=1, le=30, description="days after maturity within which the money leaves")
    min_share: float = Field(0.3, gt=0, le=1, description="less does not matter")
    severe_share: float = Field(0.8, gt=0, le=1, description="from here on severity is high")
    times_usual: float = Field(
        2.0, ge=1, le=50, description="multiple of the most that went elsewhere in any such time before"
    )
    min_amount: float = Field(5000, ge=0, description="less is silent, base currency units")
    returned_share: float = Field(0.8, gt=0, le=1, description="of what left; in new products of ours, it is resolved")


class MaturedOutflow(Rule[MaturedOutflowParams]):
    """Money set free by a product of ours goes to another institution."""

    name = "matured_outflow"
    listens = frozenset(
        {
            "transactions:outflow",
            *(f"service-events:product_{what}" for what in ("opened", "matured", "redeemed", "closed")),
        }
    )
    behavioural = True  # what customers do with their own money: who wants no retention contact is left alone
    practice = (
        "Branches call every maturity because free money goes to whoever offers first; proceeds that leave within "
        "T+2 and a few days are the last moment at which a better offer brings them back."
    )
    respond_within_h = 24
    Params = MaturedOutflowParams
    texts = {
        "zh": Texts(
            title="到期资金流出",
            reason=(
                "到期/赎回资金 {proceeds:,.0f} {unit}（未在我行续作部分）中，{left:,.0f} {unit}（{share:.0%}）"
                "已在 {days} 天内转往他行{to_zh}。"
            ),
            cleared="客户已将 {reinvested:,.0f} {unit} 重新投入我行产品。",
            next_step="当日致电客户，比较他行产品与我行在售产品，争取资金转回并续作，必要时申请专属利率。",
        ),
        "en": Texts(
            title="Matured money leaves",
            reason=(
                "Of {proceeds:,.0f} {unit} set free by a matured or redeemed product and not renewed with us, "
                "{left:,.0f} {unit} ({share:.0%}) went elsewhere within {days} days{to_en}."
            ),
            cleared="The customer put {reinvested:,.0f} {unit} into products of ours again.",
            next_step=(
                "Call today: compare what the other side offers with what we sell now, ask for a special rate if need "
                "be, and win the money back into a renewal."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire when enough of the proceeds has left; resolve when as much was put into new products of ours."""
        episode = state.episodes.get(self.name)
        if episode is not None and (clear := self._back(state, event, episode.memo)):
            return clear
        if not state.products:
            return None
        today = self.business.day(state.newest)
        ended = self._ended(state, today)
        return self._judge(state, event, today, ended) if ended else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """What was set free lately, and what went elsewhere since."""
        today = self.business.day(time)
        ended = self._ended(state, today)
        since = min((holding.ended_on for holding in ended.values()), default=today + 1)
        return {
            "products_ended": sorted(ended),
            "proceeds": self._money(sum(_proceeds(state, name, held) for name, held in ended.items())),
            "reinvested": self._money(_reinvested(state, since)),
            "went_elsewhere": self._money(elsewhere.recent(state.days, today, today - since + 1)),
            "fires_from_share": self.params.min_share,
            "days": self.params.days,
        }

    def _ended(self, state: State, today: int) -> dict[str, Holding]:
        """Return the assets that ended lately. A settled mortgage set nothing free."""
        oldest = today - self.params.days
        settled = state.recent.get("mortgage_settled", ())
        return {
            name: held
            for name, held in state.products.items()
            if held.ended_on >= oldest
            and held.ended_on
            and held.ended_on <= today
            and held.kind not in holdings.DEBT_KINDS
            and held.time not in settled
        }

    def _judge(self, state: State, event: Any, today: int, ended: dict[str, Holding]) -> Signal | None:
        since = min(held.ended_on for held in ended.values())
        span = today - since + 1
        proceeds = sum(_proceeds(state, name, held) for name, held in ended.items())
        free = proceeds - _reinvested(state, since)
        out = elsewhere.recent(state.days, today, span)
        enough = self.business.base_minor(self.params.min_amount)
        if min(free, out) < max(1, enough):
            return None
        usual = elsewhere.most(elsewhere.daily(state.days, today), span, self.params.days)
        left = min(free, out - usual)  # a rent that falls into these days would have gone anyway
        if left < max(enough, self.params.min_share * free) or out < self.params.times_usual * usual:
            return None  # who pays suppliers every week pays them from this money too
        share = left / free
        from_ = self.business.day_start(since)
        name, amount, _ = elsewhere.leader(state, from_, state.newest)
        unit = self.business.currency
        evidence: dict[str, Figure] = {
            "measure": "matured_proceeds",
            "proceeds": self._money(free),
            "left": self._money(left),
            "share": round(share, 4),
            "usual": self._money(usual),
            "unit": unit,
            "days": span,
            "ended_on": self.business.date(since).isoformat(),
            "products": sorted(ended),
            "institution": name,
            "to_zh": f"，主要流向 {name}（{self._money(amount):,.0f} {unit}）" if name else "",
            "to_en": f", most of it to {name} ({self._money(amount):,.0f} {unit})" if name else "",
        }
        flows = tuple(flow.event_id for flow in state.outflows if from_ <= flow.time <= state.newest)
        return Signal(
            self.name,
            "high" if share >= self.params.severe_share else "medium",
            evidence,
            tuple(dict.fromkeys((event.event_id, *flows))),
            {"left": left, "since": since},
        )

    def _back(self, state: State, event: Any, memo: dict[str, int]) -> Clear | None:
        if event.topic != "service-events":
            return None
        reinvested = _reinvested(state, memo["since"])
        if reinvested < self.params.returned_share * memo["left"]:
            return None
        figures: dict[str, Figure] = {"reinvested": self._money(reinvested), "unit": self.business.currency}
        return Clear(self.name, figures, (event.event_id,))


def _proceeds(state: State, name: str, held: Holding) -> int:
    """Return what a product paid out: its amount, else the last balance above nothing of an account of its name."""
    if held.amount is not None:
        return held.amount
    account = state.accounts.get(name)
    if account is None:
        return 0
    return next((closing for day, closing in account.closings.numbered() if closing > 0), 0)


def _reinvested(state: State, since: int) -> int:
    """Return what was put into products of ours from the business day `since` on and is still there."""
    return sum(
        held.amount or 0
        for held in state.products.values()
        if held.opened_on >= since and not held.ended_on and held.kind not in holdings.DEBT_KINDS
    )
