"""The customer's RM left, moved or is away, or their branch was merged, moved or closed: somebody must take over."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from pydantic import Field

from stream.domain import holdings
from stream.domain.events import SEVERITIES, Contact, Severity, Staff
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_PEOPLE = {"left": ("已离职", "has left"), "moved": ("已调岗", "has moved on"), "leave": ("正在休假", "is on leave")}
_BRANCHES = {"merged": ("已合并", "was merged"), "moved": ("已搬迁", "has moved"), "closed": ("已关闭", "was closed")}
_BASE: dict[tuple[bool, str], Severity] = {
    (True, "left"): "medium",
    (True, "moved"): "medium",
    (False, "closed"): "medium",
}
_REACHED = frozenset({"reached", "replied"})
_WHO = "who"  # memo: a digest of the RM who is gone; 0 = it is about the branch
_SINCE = "since"


class RmHandoverParams(Params):
    """Parameters of `rm_handover`."""

    likelihood: float = Field(0.1, gt=0, le=1, description="share of such warnings after which the customer leaves")
    heavy_weight: float = Field(1.5, gt=0, description="weight of a class from which on severity rises a step")
    large_holdings: float = Field(
        500_000, ge=0, description="holdings from which on severity rises a step, base currency units"
    )
    leave_everyone: bool = Field(
        False, description="whether a leave with a deputy is told about customers who are no step graver, too"
    )


class RmHandover(Rule[RmHandoverParams]):
    """News of the customer's own RM, or of their branch, until somebody else has reached them."""

    name = "rm_handover"
    listens = frozenset({"staff", "contacts"})
    behavioural = False
    practice = (
        "Customers follow the person and not the bank: clients whose manager leaves are the first that a rival calls, "
        "so banks hand over within days, the most valuable first (Bendapudi and Leone 2002, Managing business-to-"
        "business customer relationships following key contact employee turnover)."
    )
    respond_within_h = 72
    Params = RmHandoverParams
    texts = {
        "zh": Texts(
            title="客户经理交接",
            reason="客户的{subject_zh}{what_zh}{stand_in_zh}；客户现有资产 {holdings:,.0f} {unit}，{contact_zh}。",
            cleared="交接完成：{how_zh}。",
            next_step="由接任者三日内致电或上门自我介绍，说明交接安排并核对在办事项。",
        ),
        "en": Texts(
            title="A new contact is needed",
            reason="The customer's {subject_en} {what_en}{stand_in_en}; holdings {holdings:,.0f} {unit}, {contact_en}.",
            cleared="Handed over: {how_en}.",
            next_step="The successor calls or visits within three days, and goes through what is open.",
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge news of the staff, which is shown only to the customers it concerns, or a contact."""
        if type(event) is Contact:
            return self._contacted(state, event)
        if state.left_at or state.profile is None:
            return None
        if event.status == "active":
            return self._back(state, event)
        known = _PEOPLE if event.staff_id else _BRANCHES
        if event.status not in known or self._taken_over(state, event):
            return None
        if event.status == "leave" and event.deputy_id and not (self.params.leave_everyone or self._matters(state)):
            return None  # their warnings go to the deputy anyway: a hundred cards would hide the few
        who = crc32(event.staff_id.encode()) if event.staff_id else 0
        memo = {_WHO: who, _SINCE: event.time}
        return Signal(self.name, self._severity(state, event), self._evidence(state, event), (event.event_id,), memo)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """Who looks after the customer, and who reached them last."""
        profile, contact = state.profile, state.contact
        return {
            "rm": (profile.rm_id if profile else None) or "",
            "branch": (profile.branch_id if profile else None) or "",
            "reached_by": contact.staff_id if contact else "",
            "holdings": self._holdings(state),
            "large_holdings": self.params.large_holdings,
            "class_weight": self._weight(state),
            "heavy_weight": self.params.heavy_weight,
        }

    def _contacted(self, state: State, event: Contact) -> Verdict:
        episode = state.episodes.get(self.name)
        if episode is None or event.result not in _REACHED or event.time < episode.memo[_SINCE]:
            return None
        if crc32(event.staff_id.encode()) == episode.memo[_WHO]:
            return None
        zh, en = f"客户已由 {event.staff_id} 接洽", f"{event.staff_id} has reached the customer"
        return Clear(self.name, {"staff_id": event.staff_id, "how_zh": zh, "how_en": en}, (event.event_id,))

    def _back(self, state: State, event: Staff) -> Verdict:
        episode = state.episodes.get(self.name)
        who = crc32(event.staff_id.encode()) if event.staff_id else 0
        if episode is None or episode.memo[_WHO] != who or event.time < episode.memo[_SINCE]:
            return None
        subject = event.staff_id or event.branch_id or ""
        evidence: dict[str, Figure] = {
            "staff_id": subject,
            "how_zh": f"{subject} 已恢复服务",
            "how_en": f"{subject} is back",
        }
        return Clear(self.name, evidence, (event.event_id,))

    def _taken_over(self, state: State, event: Staff) -> bool:
        """Tell whether somebody else has reached the customer since: the news came late."""
        contact = state.contact
        return contact is not None and contact.reached_at > event.time and contact.staff_id != event.staff_id

    def _severity(self, state: State, event: Staff) -> Severity:
        base = _BASE.get((event.staff_id is not None, event.status), "low")
        return SEVERITIES[SEVERITIES.index(base) + self._matters(state)]

    def _matters(self, state: State) -> bool:
        heavy = self._weight(state) >= self.params.heavy_weight
        return heavy or self._holdings(state) >= self.params.large_holdings

    def _weight(self, state: State) -> float:
        return self.business.classes.of(state, self.business.day(state.newest)).weight

    def _holdings(self, state: State) -> float:
        return self.business.major(holdings.current(state, self.business.day(state.newest)))

    def _evidence(self, state: State, event: Staff) -> dict[str, Figure]:
        person = event.staff_id is not None
        subject = event.staff_id or event.branch_id or ""
        what_zh, what_en = (_PEOPLE if person else _BRANCHES)[event.status]
        into = "" if person else event.into_branch_id or ""
        successors = event.successor_ids
        stand_ins = [*successors, *([event.deputy_id] if event.deputy_id else [])]
        contact = state.contact
        ago = self.business.day(event.time) - self.business.day(contact.reached_at) if contact is not None else None
        reached = contact is not None and contact.reached_at > 0 and ago is not None
        evidence: dict[str, Figure] = {
            "measure": "handover",
            "subject": "rm" if person else "branch",
            "staff_id": event.staff_id or "",
            "branch_id": event.branch_id or "",
            "status": event.status,
            "successors": list(successors),
            "deputy": event.deputy_id or "",
            "into_branch_id": into,
            "holdings": self._holdings(state),
            "unit": self.business.currency,
            "subject_zh": f"客户经理 {subject} " if person else f"所属网点 {subject} ",
            "subject_en": f"relationship manager {subject}" if person else f"branch {subject}",
            "what_zh": what_zh + (f"至 {into}" if into else ""),
            "what_en": what_en + (f" into {into}" if into else ""),
            "stand_in_zh": f"，接任：{'、'.join(stand_ins)}" if stand_ins else "，尚无接任者" if person else "",
            "stand_in_en": f", stand-in: {', '.join(stand_ins)}"
            if stand_ins
            else ", nobody is named"
            if person
            else "",
            "contact_zh": f"{ago} 天前联系成功" if reached else "尚无成功联系记录",
            "contact_en": f"last reached {ago} days before" if reached else "never reached",
        }
        if reached and ago is not None:
            evidence["reached_days_before"] = ago
        return evidence
