"""A complaint that was handled badly: rejected, closed without content, disputed, reopened, or made again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream.domain.business import DAY_MS
from stream.domain.events import SEVERITIES, Complaint, Severity
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import ComplaintCase, State
from stream.rules.base import Params, Rule, Texts

Reason = Literal["rejected", "unsatisfied", "plain", "disputed", "reopened", "repeated"]

_SEVERITY: dict[Reason, Severity] = {
    "plain": "low",
    "rejected": "medium",
    "unsatisfied": "medium",
    "reopened": "high",
    "disputed": "high",
    "repeated": "high",
}
_WORDS: dict[Reason, tuple[str, str]] = {
    "rejected": ("投诉被驳回", "was rejected"),
    "unsatisfied": ("结案但客户不满意", "was closed and the customer is not satisfied"),
    "plain": ("结案但未确认客户是否满意", "was closed and nobody asked whether the customer is satisfied"),
    "disputed": ("客户对处理结果提出异议", "was disputed by the customer"),
    "reopened": ("结案后被重新打开", "was reopened"),
    "repeated": ("同一事项结案后再次投诉", "is about the same matter as one that was closed"),
}
_ENDED = frozenset({"closed", "rejected"})


class ComplaintMishandledParams(Params):
    """Parameters of `complaint_mishandled`."""

    repeat_days: int = Field(60, ge=1, le=92, description="days after a closing in which the same matter is a repeat")
    plain_closing: Literal["silent", "low"] = Field(
        "silent", description="what a closing says where nothing tells whether the customer is satisfied"
    )
    likelihood: float = Field(0.15, gt=0, le=1, description="share of such warnings after which the customer leaves")


class ComplaintMishandled(Rule[ComplaintMishandledParams]):
    """The handling of a complaint has failed; it resolves when the complaint is closed to the customer's content.

    A closing that says nothing of the customer's content settles nothing, and by default warns of nothing either: most
    sources never ask, and an RM would get a warning for every complaint there is.
    """

    name = "complaint_mishandled"
    listens = frozenset({"complaints"})
    behavioural = False
    practice = (
        "A failed recovery (double deviation) loses more customers than the first failure: Bitner, Booms & Tetreault "
        "1990; Maxham & Netemeyer 2002. ISO 10002 asks to watch rejected, disputed and repeated complaints."
    )
    respond_within_h = 8
    Params = ComplaintMishandledParams
    texts = {
        "zh": Texts(
            title="投诉处理不当",
            reason="投诉 {complaint_id}：{why_zh}（客户近期投诉 {complaints} 件）。",
            cleared="相关投诉已结案，客户表示满意。",
            next_step="当日由主管或客户经理联系客户，听取不满之处，重新核查处理结论，并给出补救措施与完成时间。",
        ),
        "en": Texts(
            title="Complaint mishandled",
            reason="Complaint {complaint_id} {why_en} ({complaints} complaints lately).",
            cleared="The complaints behind this were closed to the customer's satisfaction.",
            next_step=(
                "Have a senior or the RM call today: hear what went wrong, look at the decision again, and offer a "
                "remedy with a date."
            ),
        ),
    }

    def evaluate(self, state: State, event: Complaint) -> Verdict:
        """Judge what has just become of the complaint; resolve when all behind the warning are settled."""
        case = state.complaints.get(event.complaint_id)
        if case is None or state.left_at:
            return None
        episode = state.episodes.get(self.name)
        if case.satisfied:
            return None if episode is None else self._cleared(state, event, episode.memo)
        memo = {} if episode is None else episode.memo
        found = [(name, reason) for name, reason in self._reasons(state, event, case) if _key(name, reason) not in memo]
        return self._signal(state, event, found) if found else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The complaints known, by where they stand."""
        cases = state.complaints
        return {
            "complaints": len(cases),
            "not_settled": sorted(name for name, case in cases.items() if not case.satisfied),
            "disputed_or_reopened": sum(case.status in ("disputed", "reopened") for case in cases.values()),
            "repeat_days": self.params.repeat_days,
        }

    def _reasons(self, state: State, event: Complaint, case: ComplaintCase) -> list[tuple[str, Reason]]:
        """Return what is wrong, complaint by complaint: with this one, or with one that it shows to be a repeat."""
        name, found = event.complaint_id, list[tuple[str, Reason]]()
        if event.status in ("rejected", "disputed", "reopened"):
            found.append((name, event.status))
        elif event.status == "closed" and event.satisfied is False:
            found.append((name, "unsatisfied"))
        elif event.status == "closed" and event.satisfied is None and self.params.plain_closing == "low":
            found.append((name, "plain"))
        if not case.matter:
            return found
        for other, known in state.complaints.items():
            if other == name or known.matter != case.matter:
                continue
            if event.status == "opened" and self._repeats(known, case.opened_at):
                found.append((name, "repeated"))
                break
            if event.status in _ENDED and not known.satisfied and self._repeats(case, known.opened_at):
                found.append((other, "repeated"))  # news of the ending came late
        return found

    def _repeats(self, ended: ComplaintCase, opened_at: int) -> bool:
        since = opened_at - ended.updated_at
        return ended.status in _ENDED and 0 <= since <= self.params.repeat_days * DAY_MS

    def _cleared(self, state: State, event: Complaint, memo: dict[str, int]) -> Clear | None:
        names = sorted({key.rpartition("\n")[0] for key in memo})
        if all((case := state.complaints.get(name)) is None or case.satisfied for name in names):
            return Clear(self.name, {"complaints": names}, (event.event_id,))
        return None

    def _signal(self, state: State, event: Complaint, found: list[tuple[str, Reason]]) -> Signal:
        reasons = list(dict.fromkeys(reason for _, reason in found))
        ranks = [SEVERITIES.index(_SEVERITY[reason]) for reason in reasons]
        if reasons != ["plain"]:
            given = [state.complaints[name].severity for name, _ in found]
            ranks += [SEVERITIES.index(severity) for severity in given if severity is not None]
        evidence: dict[str, Figure] = {
            "measure": "complaint",
            "complaint_id": found[0][0],
            "reasons": [str(reason) for reason in reasons],
            "given_severity": state.complaints[found[0][0]].severity or "",
            "complaints": len(state.complaints),
            "repeat_days": self.params.repeat_days,
            "why_zh": "、".join(_WORDS[reason][0] for reason in reasons),
            "why_en": " and ".join(_WORDS[reason][1] for reason in reasons),
        }
        memo = {_key(name, reason): event.time for name, reason in found}
        return Signal(self.name, SEVERITIES[max(ranks)], evidence, (event.event_id,), memo)


def _key(name: str, reason: Reason) -> str:
    """One entry of an episode's memo: a complaint and what is wrong with it."""
    return f"{name}\n{reason}"
