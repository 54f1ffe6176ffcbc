"""Calls forwarded to a number on another network: the customer tries another provider, or a fraudster took the line."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain import holdings
from stream.domain.business import HOUR_MS
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import ForwardingNow, State
from stream.rules.base import Params, Rule, Texts

_STATES_ZH = {
    "unconditional": "无条件",
    "conditional_busy": "遇忙",
    "conditional_not_reachable": "不可及",
    "conditional_no_answer": "无应答",
}


class CallForwardingParams(Params):
    """Parameters of `call_forwarding_off_net`."""

    outflow_min: float = Field(5000, ge=0, description="a large outflow beside it, base currency units")
    outflow_share: float = Field(0.3, ge=0, le=1, description="and as a share of what was held before it")
    outflow_hours: float = Field(72, gt=0, le=168, description="at most so many hours before or after")


class CallForwardingOffNet(Rule[CallForwardingParams]):
    """Forwarding in force to a network that is not ours."""

    name = "call_forwarding_off_net"
    listens = frozenset({"service-events:call_forwarding", "transactions:outflow"})
    behavioural = False
    practice = (
        "Forwarding to a rival's number precedes a port-out, and SIM-takeover fraud: operators publish it for that "
        "reason (CAMARA Call Forwarding Signal). Never verify by calling the forwarded number."
    )
    respond_within_h = 4
    Params = CallForwardingParams
    texts = {
        "zh": Texts(
            title="呼叫转移至他网",
            reason="客户已将来电{state_zh}转移至他网（{network}）号码，尾号 {digits}{outflow_zh}。",
            cleared="呼叫转移已取消或已转回本网。",
            next_step="请勿拨打被转移的号码核实；通过登记的其他方式或柜面联系客户，确认是否本人操作及离网意向。",
        ),
        "en": Texts(
            title="Calls forwarded to another network",
            reason="{state_en} call forwarding to another network ({network}), number ending in {digits}{outflow_en}.",
            cleared="The forwarding was cleared or points to our own network again.",
            next_step=(
                "Do not verify by calling the forwarded number: reach the customer another way on record or in the "
                "branch, and ask whether they set it and whether they mean to leave."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the forwarding in force; a large outflow beside it sends the warning to fraud as well."""
        forwarding = state.forwarding
        if forwarding is None:
            return None
        if forwarding.state == "inactive" or self._own(forwarding.network):
            if self.name not in state.episodes:
                return None
            return Clear(self.name, {"state": forwarding.state}, (event.event_id,))
        if forwarding.network is None:
            return None  # nothing says that it leaves our network
        flows = self._outflows(state, forwarding)
        if event.topic == "transactions" and event.event_id not in flows:
            return None  # a movement that tells nothing new
        return self._signal(event, forwarding, flows)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The forwarding in force."""
        forwarding = state.forwarding
        return {
            "forwarding": forwarding.state if forwarding else "none heard of",
            "network": (forwarding.network or "unknown") if forwarding else "",
            "own_networks": sorted(self.business.own_networks),
        }

    def _own(self, network: str | None) -> bool:
        return network in self.business.own_networks

    def _outflows(self, state: State, forwarding: ForwardingNow) -> dict[str, int]:
        """Return event id -> amount of outflows near the forwarding that are large together."""
        window = round(self.params.outflow_hours * HOUR_MS)
        near = {f.event_id: f.amount for f in state.outflows if abs(f.time - forwarding.time) <= window}
        total = sum(near.values())
        before = holdings.current(state, self.business.day(state.newest)) + total
        large = total >= self.business.base_minor(self.params.outflow_min)
        return near if large and total >= self.params.outflow_share * before else {}

    def _signal(self, event: Any, forwarding: ForwardingNow, flows: dict[str, int]) -> Signal:
        outflow = self.business.major(sum(flows.values()))
        unit = self.business.currency
        evidence: dict[str, Figure] = {
            "measure": "call_forwarding",
            "state": forwarding.state,
            "state_zh": _STATES_ZH[forwarding.state],
            "state_en": forwarding.state.replace("_", " ").capitalize(),
            "network": forwarding.network or "",
            "digits": forwarding.digits or "--",
            "outflow": outflow,
            "unit": unit,
            "outflow_zh": f"；同时有 {outflow:,.0f} {unit} 转往他行" if flows else "",
            "outflow_en": f"; {outflow:,.0f} {unit} went to other institutions beside it" if flows else "",
        }
        critical = forwarding.state == "unconditional" or bool(flows)
        return Signal(
            self.name,
            "critical" if critical else "medium",
            evidence,
            tuple(dict.fromkeys((event.event_id, *flows))),
            {"since": forwarding.time},
            routes=("fraud",) if flows else (),
        )
