"""The model's place in the stream: one object that the step asks at cut-offs, ripenings and hard signals.

Pure but for the state and the pending entries it is given. It never changes: another snapshot is another object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from models import labels
from models.cutoffs import Cadence
from models.example import Example, Outcome
from models.labels import Definition
from models.pending import Entry, Pending
from stream.domain.business import DAY_MS, Business
from stream.domain.events import Feedback
from stream.domain.holdout import held_out
from stream.domain.signals import Scored
from stream.domain.state import Grade, Score, State
from stream.domain.step import CUTOFF, RIPEN

Vector = list[float | None]


class FeaturesLike(Protocol):
    """The feature set; `models.features.sets` is one."""

    VERSION: int

    def vector(self, state: State, time: int, business: Business) -> Vector:
        """Return the figures of a state at a moment."""
        ...

    def pack(self, vector: Vector) -> bytes:
        """Return the stored form."""
        ...

    def unpack(self, packed: bytes) -> Vector:
        """Read the stored form: the very same vector."""
        ...




class JudgeLike(Protocol):
    """The snapshot in force; `models.judge.Judge` is one."""

    @property
    def version(self) -> str:
        """Which snapshot it is."""
        ...

    def scores(self, x: Vector) -> dict[str, float]:
        """Return what each expert says, and the stack."""
        ...

    def value(self, scores: dict[str, float]) -> float:
        """Return the champion's word among them."""
        ...

    def grade(self, value: float, before: Grade | None) -> Grade:
        """Return the grade of a score, given the grade before it."""
        ...

    def reasons(self, x: Vector, most: int) -> list[tuple[str, float | None, float]]:
        """Return the features that count most: name, value, share of the logit."""
        ...

    def words(self, reasons: Sequence[tuple[str, float | None, float]]) -> list[tuple[str, str]]:
        """Return the reasons in Chinese and English."""
        ...


class LedgerLike(Protocol):
    """Where entries wait; `stream.engine.pending.PendingBatch` is one."""

    def pending(self, customer: str) -> Pending:
        """Return a customer's entries, to be changed in place."""
        ...


def _nothing(occasion: str, seconds: float | None) -> None:
    """Nobody measures."""


@dataclass(frozen=True)
class InStream:
    """Scores and labels customers. `judge` is `None` as long as there is no snapshot: a cold start.

    `told` is called with each occasion (`cut-off`, `report`, `signal`) and the seconds that its score took by `clock`,
    `None` without a snapshot.
    """

    business: Business
    features: FeaturesLike
    cadence: Cadence
    rules: Definition
    hard: frozenset[str] = frozenset()
    reasons: int = 3
    holdout_share: float = 0
    enabled: bool = True
    judge: JudgeLike | None = None
    told: Callable[[str, float | None], None] = _nothing
    clock: Callable[[], float] = field(default=lambda: 0.0)

    def arm(self, customer: str, state: State, moment: Any) -> None:
        """Set the timer of the next cut-off, of a customer who has none and has acted lately.

        Later than all that the shard has seen: late news of a new customer must not be labelled by what follows it.
        """
        now = max(moment.time, moment.clock)
        if self.enabled and labels.is_active(state, now, self.rules):
            state.timers[CUTOFF] = self.cadence.next(customer, now, self.business)

    def cut_off(self, customer: str, state: State, moment: Any) -> Scored | None:
        """Keep the features as they stand and score them. Who is not active is left until they act again."""
        time = moment.time
        if not self.enabled or not labels.is_active(state, time, self.rules):
            return None
        state.timers[CUTOFF] = self.cadence.next(customer, time, self.business)
        report = self.cadence.asked(time)
        x = self._see(state, time)
        scores, scored = self._score(state, x, time, "report" if report else "cut-off", example_id(customer, time), moment)
        entry = Entry(
            cutoff=time,
            due=time + self.rules.horizon,
            feature_set=self.features.VERSION,
            features=self.features.pack(x),
            scores=scores,
            version=self.judge.version if self.judge is not None else None,
            groups=groups(state, time, self.business),
            level=labels.level(state, time, self.business, self.rules),
            usage=labels.usage(state, time, self.business, self.rules),
            report=report,
        )
        pending = moment.ledger.pending(customer)
        pending.entries.append(entry)
        state.timers[RIPEN] = pending.due()
        return scored

    def ripen(self, customer: str, state: State, moment: Any) -> list[Example]:
        """Label what is due, from the state as it is now."""
        pending = moment.ledger.pending(customer)
        examples = [
            self._example(customer, state, entry, labels.outcome(state, entry, moment.time, self.business, self.rules), moment.time)
            for entry in pending.take_due(moment.time)
        ]
        _set(state, pending)
        return examples

    def feedback(self, customer: str, state: State, event: Feedback, moment: Any) -> list[Example]:
        """Label all of the customer's entries when an RM says `lost`: no horizon need be waited for."""
        if event.outcome != "lost" or not self.rules.lost or RIPEN not in state.timers:
            return []
        pending = moment.ledger.pending(customer)
        known_at = max(event.time, moment.clock)
        before = [entry for entry in pending.entries if entry.cutoff <= event.time]
        pending.entries = [entry for entry in pending.entries if entry.cutoff > event.time]
        _set(state, pending)
        return [
            self._example(
                customer, state, entry, labels.outcome_of_lost(state, entry, event.loss_reason, self.rules), known_at
            )
            for entry in before
        ]

    def rescore(self, customer: str, state: State, event: Any, moment: Any) -> Scored | None:
        """Score a customer at once, after an event that changes much; `None` without a snapshot."""
        time = state.newest
        if self.judge is None or not self.enabled or not labels.is_active(state, time, self.rules):
            return None
        return self._score(state, self._see(state, time), time, "signal", event.event_id, moment)[1]

    def _see(self, state: State, time: int) -> Vector:
        return self.features.vector(state, time, self.business)

    def _score(
        self, state: State, x: Vector, time: int, occasion: str, cause: str, moment: Any
    ) -> tuple[dict[str, float], Scored | None]:
        """Return every expert's score and the news for the rules; a report only looks, and is no news."""
        judge = self.judge
        if judge is None:
            if not moment.again:
                self.told(occasion, None)
            return {}, None
        started = self.clock()
        scores = judge.scores(x)
        scored = None
        if occasion != "report":
            value, before = judge.value(scores), state.score
            grade = judge.grade(value, before.grade if before is not None else None)
            reasons = judge.reasons(x, self.reasons)
            state.score = Score(value, grade, time, judge.version, reasons)
            scored = Scored(cause, time, tuple(judge.words(reasons)))
        if not moment.again:
            self.told(occasion, self.clock() - started)
        return scores, scored

    def _example(self, customer: str, state: State, entry: Entry, found: Outcome, known_at: int) -> Example:
        label, learn = labels.label(found, self.rules)
        return Example(
            event_id=example_id(customer, entry.cutoff),
            customer_id=customer,
            cutoff=entry.cutoff,
            known_at=known_at,
            label=label,
            outcome=found,
            learn=learn and not entry.report,
            feature_set=entry.feature_set,
            features=self.features.unpack(entry.features),
            scores=entry.scores,
            version=entry.version,
            treatment=labels.treatment(state, entry, holdout=held_out(customer, self.holdout_share)),
            groups=entry.groups,
            report=entry.report,
        )


def example_id(customer: str, cutoff: int) -> str:
    """Return the id of a customer's example at a cut-off: the same wherever it is made."""
    return blake2b(f"example\0{customer}\0{cutoff}".encode(), digest_size=16).hexdigest()


_TENURES = ((90, "under 3 months"), (365, "3 to 12 months"), (3 * 365, "1 to 3 years"))


def groups(state: State, time: int, business: Business) -> dict[str, str]:
    """Return which class, segment, tenure and region (the branch) the customer is in, where it is known."""
    profile, day = state.profile, business.day(time)
    found = {"class": business.classes.of(state, day).name}
    since = business.day(state.first_seen)
    if profile is not None:
        if profile.segment:
            found["segment"] = profile.segment
        if profile.branch_id:
            found["region"] = profile.branch_id
        if profile.since is not None:
            since = min(since, business.day_of_date(profile.since))
    found["tenure"] = next((name for days, name in _TENURES if day - since < days), "over 3 years")
    return found


def _set(state: State, pending: Pending) -> None:
    due = pending.due()
    if due:
        state.timers[RIPEN] = due
    else:
        state.timers.pop(RIPEN, None)


__all__ = ["DAY_MS", "FeaturesLike", "InStream", "JudgeLike", "LedgerLike", "example_id", "groups"]
