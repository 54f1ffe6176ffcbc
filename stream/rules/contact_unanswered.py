"""Messages read but not answered, calls not taken, by somebody who used to answer them."""

from __future__ import annotations

from pydantic import Field

from stream.domain import contacts
from stream.domain.business import DAY_MS
from stream.domain.events import Contact
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_ZH = {
    "mail": "邮件",
    "email": "邮件",
    "call": "电话",
    "phone": "电话",
    "message": "消息",
    "sms": "短信",
    "wecom": "企业微信",
    "visit": "拜访",
}
"""Means that are known by name; another is shown as it comes."""


class ContactUnansweredParams(Params):
    """Parameters of `contact_unanswered`. Outreaches of one business day by one means are one."""

    likelihood: float = Field(0.6, gt=0, le=1, description="share of such warnings after which the customer leaves")
    count: int = Field(3, ge=2, le=16, description="outreaches since the last answer, by means answered before")
    within_days: int = Field(180, ge=7, le=730, description="days within which the outreaches lie")
    min_answers: int = Field(1, ge=1, le=20, description="answers by that means before, at least")
    severe_count: int = Field(6, ge=2, le=16, description="from here on severity is high")


class ContactUnanswered(Rule[ContactUnansweredParams]):
    """Somebody who used to answer no longer does."""

    name = "contact_unanswered"
    listens = frozenset({"contacts"})
    behavioural = True
    practice = (
        "A contact that goes silent is the account manager's oldest sign of a switch under way: only those who "
        "answered before are counted, because many never answer mails and stay."
    )
    respond_within_h = 72
    Params = ContactUnansweredParams
    texts = {
        "zh": Texts(
            title="联系无回应",
            reason="客户以往会回复，但自 {answered_on} 后已连续 {observed} 次联系未获回应（{means_zh}）。",
            cleared="客户已回应联系。",
            next_step="更换联系方式或时段，由其熟悉的客户经理致电或上门拜访，带上与其相关的具体事项，勿再群发消息。",
        ),
        "en": Texts(
            title="No longer answers",
            reason=(
                "{observed} attempts in a row without an answer since {answered_on} ({means_en}), by means the "
                "customer used to answer."
            ),
            cleared="The customer has answered.",
            next_step=(
                "Change the means or the hour: the person they know best should call or visit with something that "
                "concerns them. Send no more circulars."
            ),
        ),
    }

    def evaluate(self, state: State, event: Contact) -> Verdict:
        """Count what lies unanswered after each attempt; an answer resolves."""
        contact = state.contact
        if contact is None:
            return None
        if event.result in contacts.ANSWERS:
            if self.name in state.episodes and sum(self._waiting(state, event.time).values()) < self.params.count:
                return Clear(self.name, {"result": event.result, "how": event.how}, (event.event_id,))
            return None
        waiting = self._waiting(state, max(event.time, contact.time))
        total = sum(waiting.values())
        if total < self.params.count or contacts.name_of(event.how) not in waiting:
            return None
        evidence: dict[str, Figure] = {
            "measure": "unanswered_contacts",
            "observed": total,
            "unit": "contact",
            "means": [f"{how} × {count}" for how, count in waiting.items()],
            "answers_before": sum(contact.means[how].answers for how in waiting),
            "answered_on": self.business.date(self.business.day(contact.answered_at)).isoformat(),
            "means_zh": "、".join(f"{_ZH.get(how, how)} {count} 次" for how, count in waiting.items()),
            "means_en": ", ".join(f"{how} × {count}" for how, count in waiting.items()),
        }
        severity = self.params.severe_count
        return Signal(self.name, "high" if total >= severity else "medium", evidence, (event.event_id,))

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """What lies unanswered, by the means that were answered before."""
        contact = state.contact
        return {
            "unanswered": sum(self._waiting(state, time).values()) if contact else 0,
            "needed": self.params.count,
            "means_answered_before": sorted(
                how for how, means in contact.means.items() if means.answers >= self.params.min_answers
            )
            if contact
            else [],
        }

    def _waiting(self, state: State, time: int) -> dict[str, int]:
        """Return means -> days with an outreach that lies unanswered, of the means answered before."""
        contact = state.contact
        if contact is None:
            return {}
        oldest, day = time - self.params.within_days * DAY_MS, self.business.day
        found = {}
        for how, means in contact.means.items():
            if means.waiting and means.answers >= self.params.min_answers:
                days = len({day(sent) for sent in means.waiting if sent >= oldest})
                if days:
                    found[how] = days
        return found
