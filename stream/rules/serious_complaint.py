"""A complaint that may cost the customer: grave by its source, by its words, or the second within a month."""

from __future__ import annotations

import re
from zlib import crc32

from pydantic import Field

from stream.domain.business import DAY_MS, Business
from stream.domain.events import SEVERITIES, Complaint, Severity
from stream.domain.fold import MOST_COMPLAINTS, gravest
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_RAISES = frozenset({"opened", "updated", "rejected", "reopened", "disputed"})
_AGAIN = frozenset({"reopened", "disputed"})


class SeriousComplaintParams(Params):
    """Parameters of `serious_complaint`."""

    likelihood: float = Field(0.2, gt=0, le=1, description="share of such warnings after which the customer leaves")
    serious: frozenset[Severity] = Field(frozenset({"critical", "high"}), description="severities that are serious")
    repeat_days: int = Field(30, ge=1, le=92, description="a second complaint within so many days is serious")
    words: dict[str, list[str]] = Field(
        default_factory=dict,
        description="topic -> words of escalation; Latin ones match whole words, any case",
    )


class SeriousComplaint(Rule[SeriousComplaintParams]):
    """An open complaint that is serious."""

    name = "serious_complaint"
    listens = frozenset({"complaints"})
    behavioural = False
    practice = (
        "Complaint handling standards (ISO 10002) escalate by gravity and repetition; words such as regulator, lawsuit "
        "or closing the account announce the end of patience whatever the source's own grade."
    )
    respond_within_h = 4
    Params = SeriousComplaintParams
    texts = {
        "zh": Texts(
            title="严重投诉",
            reason="客户投诉：{why_zh}。",
            cleared="相关投诉均已结案，客户表示满意。",
            next_step="今日由客户经理亲自回电致歉并跟进处理，给出明确的答复时间。",
        ),
        "en": Texts(
            title="Serious complaint",
            reason="Complaint: {why_en}.",
            cleared="Every complaint behind this was closed to the customer's satisfaction.",
            next_step="Call back in person today, apologise, take charge of it and name a time for the answer.",
        ),
    }

    def __init__(self, params: SeriousComplaintParams, business: Business) -> None:
        """Compile the lexicon once."""
        super().__init__(params, business)
        self._lexicon = _compile(params.words)

    def remember(self, state: State, event: Complaint) -> list[int] | None:
        """Keep which complaints their words have raised: they stay serious when they are reopened without a word."""
        if event.status not in _RAISES or not self._matched(event):
            return None
        known, mark = state.memory.get(self.name, []), crc32(event.complaint_id.encode())
        return None if mark in known else [*known, mark][-MOST_COMPLAINTS:]

    def evaluate(self, state: State, event: Complaint) -> Verdict:
        """Judge the complaint the event belongs to; resolve when all that caused the warning are settled."""
        case = state.complaints.get(event.complaint_id)
        if case is None:
            return None
        if case.satisfied:
            return self._cleared(state, event)
        if event.status not in _RAISES:
            return None
        words = self._matched(event)
        recent = self._recent(state, event) if event.status == "opened" else []
        raised = event.status in _AGAIN and crc32(event.complaint_id.encode()) in state.memory.get(self.name, ())
        if case.severity not in self.params.serious and not words and not raised and len(recent) < 2:
            return None
        behind = {event.complaint_id: case.opened_at}
        if len(recent) >= 2:
            behind |= {
                name: state.complaints[name].opened_at for name in recent if not state.complaints[name].satisfied
            }
        escalated = words or raised or len(recent) >= 2
        severity = gravest(case.severity, "high" if escalated else None) or "high"
        return Signal(
            self.name,
            severity,
            self._evidence(event, case.severity, words, len(recent), raised=raised),
            (event.event_id,),
            behind,
        )

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The complaints known, and how grave they are."""
        window = self.params.repeat_days * DAY_MS
        return {
            "complaints": len(state.complaints),
            "not_settled": sum(not case.satisfied for case in state.complaints.values()),
            "within_window": sum(0 <= time - case.opened_at <= window for case in state.complaints.values()),
            "gravest": max(
                (c.severity for c in state.complaints.values() if c.severity), key=SEVERITIES.index, default=""
            ),
            "window_days": self.params.repeat_days,
        }

    def _cleared(self, state: State, event: Complaint) -> Clear | None:
        episode = state.episodes.get(self.name)
        if episode is None:
            return None
        cases = state.complaints
        if all(name not in cases or cases[name].satisfied for name in episode.memo):
            return Clear(self.name, {"complaints": sorted(episode.memo)}, (event.event_id,))
        return None

    def _matched(self, event: Complaint) -> list[str]:
        text = " ".join(part for part in (event.subject, event.text) if part)
        if self._lexicon is None or not text:
            return []
        return list(dict.fromkeys(match.group(0).lower() for match in self._lexicon.finditer(text)))[:8]

    def _recent(self, state: State, event: Complaint) -> list[str]:
        """Return the complaints of the fullest window that this one lies in: news may come in any order."""
        window, cases = self.params.repeat_days * DAY_MS, state.complaints
        ends = sorted({c.opened_at for c in cases.values() if 0 <= c.opened_at - event.time <= window} | {event.time})
        windows = [[n for n, c in cases.items() if 0 <= end - c.opened_at <= window] for end in ends]
        return max(windows, key=len)

    def _evidence(
        self, event: Complaint, given: Severity | None, words: list[str], recent: int, *, raised: bool
    ) -> dict[str, Figure]:
        zh, en = [], []
        if given in self.params.serious:
            zh.append(f"级别为{_ZH[given]}")
            en.append(f"graded {given} by its source")
        if words:
            zh.append(f"含升级用语“{'、'.join(words)}”")
            en.append("with words of escalation: " + ", ".join(words))
        elif raised:
            zh.append("此前含升级用语，现再次提出")
            en.append("raised again, with words of escalation before")
        if recent >= 2:
            zh.append(f"{self.params.repeat_days} 天内第 {recent} 次")
            en.append(f"number {recent} within {self.params.repeat_days} days")
        return {
            "measure": "complaint",
            "complaint_id": event.complaint_id,
            "given_severity": given or "",
            "words": words,
            "complaints": max(recent, 1),
            "window_days": self.params.repeat_days,
            "why_zh": "，".join(zh),
            "why_en": "; ".join(en),
        }


_LATIN = "[0-9A-Za-z_À-ɏ]"
_ZH = dict(zip(SEVERITIES, ("低", "中", "高", "特急"), strict=True))


def _compile(words: dict[str, list[str]]) -> re.Pattern[str] | None:
    """One pattern for all words, longest first; a Latin word must stand alone, a Chinese one may stand anywhere.

    Alone is between anything but Latin letters and digits: Chinese puts no space around a foreign word.
    """
    every = sorted({word for group in words.values() for word in group if word}, key=len, reverse=True)
    parts = [rf"(?<!{_LATIN}){re.escape(word)}(?!{_LATIN})" if word.isascii() else re.escape(word) for word in every]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None
