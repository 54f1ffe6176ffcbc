"""Nobody has spoken to a customer for longer than the standard of their class allows."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain.classes import CustomerClass, is_named, place
from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts, causes_of


class ContactGapParams(Params):
    """Parameters of `contact_gap`. The standards are the classes' own: `contact_days` in `[classes]`."""

    likelihood: float = Field(0.1, gt=0, le=1, description="share of such warnings after which the customer leaves")
    grace_working_days: int = Field(3, ge=0, le=30, description="working days past the standard before it is said")
    hour: int = Field(8, ge=0, le=23, description="local hour of the day at which it is said")
    recheck_days: int = Field(28, ge=1, le=366, description="a derived class without a standard is asked for again")


class ContactGap(Rule[ContactGapParams]):
    """No contact that reached the customer within the class's standard."""

    name = "contact_gap"
    listens = frozenset({"contacts", "customers"})
    behavioural = True  # it asks for a retention contact: who wants none must not be called for it
    practice = (
        "Account planning gives each class of customers a contact rhythm and counts conversations, not attempts; an RM "
        "with 500 names keeps in touch with those who call in. Neglect is the cause of leaving that is ours to mend."
    )
    respond_within_h = 72
    Params = ContactGapParams
    texts = {
        "zh": Texts(
            title="久未联系",
            reason=(
                "{class_zh}客户已 {days} 天未与客户经理取得有效联系"
                "（标准：每 {standard_days} 天一次；{last_zh}{tried_zh}）。"
            ),
            cleared="联系标准已恢复：{why_zh}。",
            next_step="三个工作日内致电或上门拜访，以实际接通为准；了解近期需求，并约定下次联系时间。",
        ),
        "en": Texts(
            title="Nobody has been in touch",
            reason=(
                "{class_en} customer, not reached for {days} days (standard: every {standard_days} days; "
                "{last_en}{tried_en})."
            ),
            cleared="The standard is kept: {why_en}.",
            next_step="Call or visit within three working days until you have spoken to them; agree on the next date.",
        ),
    }

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Keep when the first profile came: before it there was no RM who could have called."""
        if event.topic != "customers" or self.name in state.memory:
            return None
        return [event.time]

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Speak by timer, or when a profile gives a class whose standard is missed; clear when they were reached."""
        episode = state.episodes.get(self.name)
        known = episode is not None
        if event.topic == "contacts" and not known:
            return None
        if state.profile is None or state.left_at:
            return None
        now = event.time if isinstance(event, Tick) else max(state.newest, episode.updated_at if episode else 0)
        class_ = self.business.classes.of(state, self.business.day(now))
        causes = causes_of(event)
        if not class_.contact_days:
            return Clear(self.name, _no_standard(class_), causes) if known else None
        missed = self._missed(state, class_, now)
        if missed:
            return None if event.topic == "contacts" else self._signal(state, class_, now, missed, causes)
        return Clear(self.name, self._reached(state, class_, now), causes) if known else None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the day on which the standard will have been missed, once, twice ...; the class may change."""
        if state.profile is None or state.left_at or not self.business.classes.have_standards:
            return None
        now = event.time if isinstance(event, Tick) else state.newest
        today = self.business.day(now)
        class_ = self.business.classes.of(state, today)
        if class_.contact_days:
            return self._due(state, class_, self._missed(state, class_, now) + 1)
        return None if is_named(state) else self.business.day_start(today + self.params.recheck_days, self.params.hour)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The class with its standard, and how long ago the customer was reached."""
        today = self.business.day(time)
        class_ = self.business.classes.of(state, today)
        return {
            "class": class_.name,
            "standard_days": class_.contact_days,
            "reached": self._last(state),
            "days": max(0, today - self.business.day(self._start(state))) if state.first_seen else 0,
            "grace_working_days": self.params.grace_working_days,
            "profile_known": "yes" if state.profile is not None else "no",
        }

    def _start(self, state: State) -> int:
        """Return since when the days are counted: the last conversation, else the first profile or a later `since`."""
        if state.contact is not None and state.contact.reached_at:
            return state.contact.reached_at
        first = state.memory.get(self.name) or [state.first_seen]
        since = state.profile.since if state.profile is not None else None
        return first[0] if since is None else max(first[0], self.business.day_start(self.business.day_of_date(since)))

    def _due(self, state: State, class_: CustomerClass, times: int) -> int:
        """Return when the standard will have been missed so many times over."""
        last = self.business.day(self._start(state)) + times * class_.contact_days
        day = self.business.calendar.add(last, self.params.grace_working_days) + 1
        return self.business.day_start(day, self.params.hour)

    def _missed(self, state: State, class_: CustomerClass, now: int) -> int:
        """Return how many times over the standard is missed; 0 = kept."""
        passed = self.business.day(now) - self.business.day(self._start(state))
        times = max(0, passed // class_.contact_days)
        while times and self._due(state, class_, times) > now:
            times -= 1
        return times

    def _signal(self, state: State, class_: CustomerClass, now: int, missed: int, causes: tuple[str, ...]) -> Signal:
        contact = state.contact
        tried = contact.unanswered if contact is not None else 0
        zh, en = _NAMES.get(class_.name, (class_.name, class_.name.capitalize()))
        last = self._last(state)
        evidence: dict[str, Figure] = {
            "measure": "days_without_contact",
            "days": self.business.day(now) - self.business.day(self._start(state)),
            "standard_days": class_.contact_days,
            "class": class_.name,
            "class_zh": zh,
            "class_en": en,
            "reached": last,
            "last_zh": f"上次接通 {last}" if last else "尚无接通记录",
            "last_en": f"last reached on {last}" if last else "never reached so far",
            "attempts": tried,
            "tried_zh": f"，其后 {tried} 次未接通" if tried else "",
            "tried_en": f"; {tried} attempts since without an answer" if tried else "",
            "unit": "days",
        }
        return Signal(self.name, _severity(class_, missed), evidence, causes, {"since": self._start(state)})

    def _last(self, state: State) -> str:
        reached = state.contact.reached_at if state.contact is not None else 0
        return self.business.date(self.business.day(reached)).isoformat() if reached else ""

    def _reached(self, state: State, class_: CustomerClass, now: int) -> dict[str, Figure]:
        last = self._last(state)
        return {
            "reached": last,
            "standard_days": class_.contact_days,
            "why_zh": f"已于 {last} 与客户取得联系" if last else "尚未到联系期限",
            "why_en": f"the customer was reached on {last}" if last else "nobody has to call yet",
        }


def _no_standard(class_: CustomerClass) -> dict[str, Figure]:
    return {
        "class": class_.name,
        "standard_days": 0,
        "why_zh": "客户类别已变更，该类别无联系标准",
        "why_en": "the class has changed to one without a contact standard",
    }


def _severity(class_: CustomerClass, missed: int) -> Severity:
    """By class, a step more when the standard is missed a second time; neglect alone is never critical."""
    step = 2 if class_.name == "key" else 1 if place(class_.name) <= place("maintain") else 0
    return SEVERITIES[min(2, step + (missed > 1))]


_NAMES = {
    "key": ("重点", "Key"),
    "potential": ("潜力", "Potential"),
    "maintain": ("维持", "Maintain"),
    "mass": ("大众", "Mass"),
    "adjust": ("调整", "Adjust"),
    "phase-out": ("退出", "Phase-out"),
    "unclassed": ("未分类", "Unclassed"),
}
