"""The customer asks to leave: a number port-out, an account closing, or standing orders cancelled in bulk."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import holdings, recent
from stream.domain.business import DAY_MS
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_REQUESTS = {
    "port_out_requested": "port_out_cancelled",
    "account_closing_requested": "account_closing_cancelled",
}
_WITHDRAWALS = frozenset(_REQUESTS.values())
_BULK = "standing_order_cancelled"
_WORDS = {
    "port_out_requested": ("携号转出", "to port the number out"),
    "account_closing_requested": ("销户", "to close the account"),
}


class PortOutRequestParams(Params):
    """Parameters of `port_out_request`."""

    bulk_count: int = Field(3, ge=2, le=16, description="standing orders cancelled that are as good as a request")
    bulk_days: float = Field(7, gt=0, le=90, description="days within which they are cancelled")
    likelihood: float = Field(0.5, gt=0, le=1, description="share of such warnings after which the customer leaves")


class PortOutRequest(Rule[PortOutRequestParams]):
    """A request to leave that is neither withdrawn nor carried out.

    A withdrawal answers for the request it names and for the standing orders cancelled before it. Standing orders
    alone have no withdrawal: that warning ends by its outcome or by expiry.
    """

    name = "port_out_request"
    listens = frozenset({f"service-events:{type_}" for type_ in (*_REQUESTS, *_WITHDRAWALS, _BULK)})
    behavioural = False
    practice = (
        "The last moment at which a customer can be kept: operators' save desks and banks' closing desks answer a "
        "port-out or closing request within hours. Standing orders and direct debits move before the account does "
        "(the account-switching practice of the UK's CASS), so several cancelled together are a request without words."
    )
    respond_within_h = 2
    Params = PortOutRequestParams
    texts = {
        "zh": Texts(
            title="申请离网或销户",
            reason="客户于 {since} {what_zh}；目前在我行资产 {holdings:,.0f} {unit}，持有产品 {products} 个。",
            cleared="客户已撤回离网或销户申请。",
            next_step="2 小时内由客户经理亲自致电，问明原因并给出可兑现的方案；客户坚持办理的，不得阻挠或拖延。",
        ),
        "en": Texts(
            title="Asked to leave",
            reason="On {since} the customer {what_en}; {holdings:,.0f} {unit} and {products} products are still here.",
            cleared="The customer withdrew the request to leave.",
            next_step=(
                "Call in person within 2 hours, ask for the reason and make an offer you can keep; where the customer "
                "insists, do not hinder or delay it."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire on a request that stands; resolve on the withdrawal after which none does."""
        standing = self._standing(state)
        if not standing:
            if event.type in _WITHDRAWALS and self.name in state.episodes:
                return Clear(self.name, {"withdrawn": event.type}, (event.event_id,))
            return None
        episode = state.episodes.get(self.name)
        if event.type in _WITHDRAWALS or (episode is not None and standing.keys() <= episode.memo.keys()):
            return None  # nothing that is not known
        return self._signal(state, event, standing)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The requests that stand, and the standing orders cancelled lately."""
        return {
            "requests": sorted(self._standing(state)),
            "standing_orders_cancelled": len(self._cancelled_orders(state)),
            "fires_at": self.params.bulk_count,
            "window_days": self.params.bulk_days,
        }

    def _standing(self, state: State) -> dict[str, int]:
        """Return what stands and since when: requests after their last withdrawal and after the last departure."""
        standing = {}
        for request, withdrawal in _REQUESTS.items():
            asked = recent.last(state, request)
            if asked > max(recent.last(state, withdrawal), state.left_at):
                standing[request] = asked
        orders = self._cancelled_orders(state)
        if len(orders) >= self.params.bulk_count:
            standing[_BULK] = orders[-1]
        return standing

    def _cancelled_orders(self, state: State) -> list[int]:
        """Return the times of the standing orders cancelled within the window that ends with the last of them."""
        times = recent.times(state, _BULK)
        if not times:
            return times
        settled = max(state.left_at, *(recent.last(state, withdrawal) for withdrawal in _WITHDRAWALS))
        since = times[-1] - round(self.params.bulk_days * DAY_MS)
        return [time for time in times if time >= since and time > settled]

    def _signal(self, state: State, event: Any, standing: dict[str, int]) -> Signal:
        today = self.business.day(state.newest)
        orders = len(self._cancelled_orders(state)) if _BULK in standing else 0
        zh, en = [], []
        for request in _REQUESTS:
            if request in standing:
                zh.append("申请" + _WORDS[request][0])
                en.append("asked " + _WORDS[request][1])
        if orders:
            zh.append(f"在 {self.params.bulk_days:g} 天内取消 {orders} 笔定期转账/代扣")
            en.append(f"cancelled {orders} standing orders within {self.params.bulk_days:g} days")
        evidence: dict[str, Figure] = {
            "measure": "request_to_leave",
            "requests": sorted(standing),
            "since": self.business.date(self.business.day(min(standing.values()))).isoformat(),
            "standing_orders_cancelled": orders,
            "window_days": self.params.bulk_days,
            "holdings": self.business.major(holdings.current(state, today)),
            "products": sum(not product.ended_on for product in state.products.values()),
            "unit": self.business.currency,
            "what_zh": "、".join(zh),
            "what_en": " and ".join(en),
        }
        return Signal(self.name, "critical", evidence, (event.event_id,), standing)
