"""What became of the attempts to reach a customer: who did, by which means they answer, what they left lying."""

from __future__ import annotations

from stream.domain.events import Contact
from stream.domain.state import LastContact, Means, State

MOST_MEANS = 8
MOST_WAITING = 16  # outreaches kept of one means

REACHED = frozenset({"reached", "replied"})
UNANSWERED = frozenset({"read_no_reply", "not_reached"})
ANSWERS = REACHED | {"declined"}
"""A no is an answer."""


def take(state: State, event: Contact) -> None:
    """Take one attempt into the state, in whatever order it comes."""
    contact = state.contact
    if contact is None:
        contact = state.contact = LastContact(event.time, event.result)
    elif event.time >= contact.time:
        contact.time, contact.result = event.time, event.result
    if event.result in REACHED and event.time >= contact.reached_at:
        contact.reached_at, contact.staff_id, contact.unanswered = event.time, event.staff_id, 0
    if event.result == "replied":
        contact.replied_at = max(contact.replied_at, event.time)
    elif event.result in UNANSWERED and event.time > contact.reached_at:
        contact.unanswered += 1
    _by_means(contact, event)


def _by_means(contact: LastContact, event: Contact) -> None:
    """Keep how often each means was answered, and which outreaches by it lie since the last answer by any."""
    time = event.time
    if event.result in ANSWERS:
        contact.answered_at = max(contact.answered_at, time)
        _of(contact, event.how).answers += 1
        for means in contact.means.values():
            if means.waiting:
                means.waiting = [sent for sent in means.waiting if sent > time]
    elif event.result in UNANSWERED and time > contact.answered_at:
        known = contact.means.get(name_of(event.how))
        if known is not None:  # a means that was never answered tells nothing by silence
            known.waiting.append(time)
            known.waiting.sort()
            del known.waiting[:-MOST_WAITING]


def _of(contact: LastContact, how: str) -> Means:
    name = name_of(how)
    means = contact.means.get(name)
    if means is None:
        known = contact.means
        if len(known) >= MOST_MEANS:
            del known[min(known, key=lambda n: (known[n].answers, len(known[n].waiting), n))]
        means = known[name] = Means()
    return means


def name_of(how: str) -> str:
    """Return the name under which a means is kept."""
    return how.casefold()[:32]
