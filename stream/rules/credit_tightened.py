"""The credit line was cut, or its renewal is due soon or was declined: the tie that holds a borrower loosens."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zlib import crc32

from pydantic import Field

from stream.domain.events import SEVERITIES, ServiceEvent, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts, causes_of

DUE, DECLINED, PRODUCT = 0, 1, 2
"""Places in the rule's memory: the business day a renewal is due, 1 = declined, a digest of the product (0 = none)."""


class CreditTightenedParams(Params):
    """Parameters of `credit_tightened`. Shares are of the line before the cut, 0 to 1."""

    likelihood: float = Field(0.1, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_cut: float = Field(0.1, gt=0, le=1, description="a smaller cut is silent")
    severe_cut: float = Field(0.5, gt=0, le=1, description="from here on severity is high; withdrawn is critical")
    renewal_days: int = Field(30, ge=0, le=180, description="days before a renewal is due from which it is soon")


class CreditTightened(Rule[CreditTightenedParams]):
    """A limit that fell, a renewal that is due or declined."""

    name = "credit_tightened"
    listens = frozenset(
        {
            "balances:limit",
            "customers",
            *(
                f"service-events:{what}"
                for what in ("credit_limit_changed", "renewal_due", "renewal_declined", "product_opened")
            ),
        }
    )
    behavioural = False
    practice = (
        "A company whose line is cut or not renewed moves its settlement account along with its borrowing: lending "
        "ties both (Ongena and Smith 2001, The duration of bank relationships)."
    )
    respond_within_h = 48
    Params = CreditTightenedParams
    texts = {
        "zh": Texts(
            title="授信收紧",
            reason="授信收紧：{what_zh}。",
            cleared="授信已恢复或已续期（现额度 {now:,.0f} {unit}）。",
            next_step="两个工作日内联系客户说明原因，了解其资金安排，与审批部门商定续期、恢复额度或替代方案。",
        ),
        "en": Texts(
            title="Credit tightened",
            reason="Credit: {what_en}.",
            cleared="The line was restored or renewed (now {now:,.0f} {unit}).",
            next_step=(
                "Within two working days: explain why, ask how they will finance themselves, and settle with credit "
                "approval a renewal, a higher line or something in its place."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge a change of the limit, news of a renewal, and by timer a renewal that comes near."""
        renewal = state.memory.get(self.name)
        if state.credit is None and not renewal and self.name not in state.episodes:
            return None
        open_ = state.episodes.get(self.name)
        day = self.business.day(event.time)
        changed = state.credit is not None and state.credit.time == event.time and not isinstance(event, Tick)
        news = isinstance(event, Tick) or (isinstance(event, ServiceEvent) and event.type in _RENEWALS)
        before = open_.memo.get("before") if open_ is not None else None
        if before is None and changed and state.credit is not None:
            before = state.credit.before
        cut = self._cut(state, before)
        pressing = renewal is not None and self._pressing(renewal, day)
        if (changed and cut and state.credit is not None and state.credit.now < state.credit.before) or (
            news and pressing
        ):
            return self._signal(state, event, cut, before, renewal if pressing else None)
        if open_ is not None and not cut and not (renewal and "due" in open_.memo):
            figures: dict[str, Figure] = {"now": self._money(self._line(state)), "unit": self.business.currency}
            return Clear(self.name, figures, (event.event_id,) if not isinstance(event, Tick) else ())
        return None

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Keep the renewal that is due, until it is renewed: opened anew, or its line raised or confirmed."""
        if not isinstance(event, ServiceEvent):
            return None
        known = state.memory.get(self.name)
        if event.type in _RENEWALS:
            date: dt.date | None = event.product.matures_on if event.product else None
            due = self.business.day_of_date(date) if date else self.business.day(event.time)
            declined = int(event.type == "renewal_declined")
            digest = crc32(event.product.product_id.encode()) if event.product else 0
            if known and known[DECLINED] and not declined and due <= known[DUE]:
                return None  # late news: it was declined since
            return [due, declined, digest]
        if not known:
            return None
        if event.type == "product_opened":
            return [] if self._same(state, event, known[PRODUCT]) else None
        change = event.change  # credit_limit_changed
        if change is None or not isinstance(change.to, int | float):
            return None
        before = change.from_ if isinstance(change.from_, int | float) else change.to
        return [] if change.to >= before and change.to > 0 else None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the day on which a renewal comes near."""
        renewal = state.memory.get(self.name)
        if not renewal or renewal[DECLINED]:
            return None
        near = self.business.day_start(renewal[DUE] - self.params.renewal_days)
        return near if near > event.time else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The last change of the limit, and the renewal that is due."""
        credit, renewal = state.credit, state.memory.get(self.name)
        return {
            "line": self._money(self._line(state)),
            "line_before": self._money(credit.before) if credit else 0.0,
            "fires_from_cut": self.params.min_cut,
            "renewal_due": self.business.date(renewal[DUE]).isoformat() if renewal else "",
            "renewal_declined": bool(renewal and renewal[DECLINED]),
        }

    def _pressing(self, renewal: list[int], day: int) -> bool:
        return bool(renewal) and (bool(renewal[DECLINED]) or renewal[DUE] - day <= self.params.renewal_days)

    def _cut(self, state: State, before: int | None) -> float:
        """Return the share of the line that is gone; 0 = none that matters."""
        if state.credit is None or not before or before <= 0:
            return 0.0
        share = min(1.0, (before - state.credit.now) / before)
        return share if share >= self.params.min_cut else 0.0

    def _line(self, state: State) -> int:
        if state.credit is not None:
            return state.credit.now
        return (state.profile.credit_limit or 0) if state.profile else 0

    def _same(self, state: State, event: ServiceEvent, digest: int) -> bool:
        """Tell whether a product that was opened is the renewal: the same product, or another of its kind."""
        opened = event.product
        if opened is None:
            return False
        if not digest or crc32(opened.product_id.encode()) == digest:
            return True
        kinds = {held.kind for name, held in state.products.items() if crc32(name.encode()) == digest}
        return opened.kind is not None and opened.kind in kinds

    def _signal(self, state: State, event: Any, cut: float, before: int | None, renewal: list[int] | None) -> Signal:
        unit, day = self.business.currency, self.business.day(event.time)
        evidence: dict[str, Figure] = {"measure": "credit_line", "line": self._money(self._line(state)), "unit": unit}
        memo: dict[str, int] = {}
        severities: list[Severity] = []
        zh, en = [], []
        if cut and before and state.credit is not None:
            now = self._money(state.credit.now)
            evidence |= {"before": self._money(before), "now": now, "cut": round(cut, 4)}
            memo["before"] = before
            zh.append(f"授信额度由 {self._money(before):,.0f} {unit} 下调至 {now:,.0f} {unit}（降幅 {cut:.0%}）")
            en.append(f"the line was cut from {self._money(before):,.0f} to {now:,.0f} {unit} ({cut:.0%})")
            withdrawn = state.credit.now <= 0
            severities.append("critical" if withdrawn else "high" if cut >= self.params.severe_cut else "medium")
        if renewal:
            date = self.business.date(renewal[DUE]).isoformat()
            evidence |= {"renewal_due": date, "days_left": max(0, renewal[DUE] - day)}
            memo["due"] = renewal[DUE]
            if renewal[DECLINED]:
                memo["declined"] = 1
                zh.append("续期未获通过或被拒绝")
                en.append("the renewal was declined")
                severities.append("high")
            else:
                zh.append(f"授信/合同将于 {date} 到期，尚未续期")
                en.append(f"the renewal is due on {date} and not yet made")
                severities.append("low")  # a reminder: of itself a date is no sign of leaving
        evidence |= {"what_zh": "；".join(zh), "what_en": "; ".join(en)}
        return Signal(
            self.name,
            max(severities, key=SEVERITIES.index),
            evidence,
            causes_of(event),
            memo,
        )


_RENEWALS = frozenset({"renewal_due", "renewal_declined"})
