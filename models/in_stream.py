"""The model's place in the stream: one object that the step asks at cut-offs, ripenings and hard signals.

Pure but for the state and the pending entries it is given. It never changes: another snapshot is another object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Protocol

from msgspec import Struct

from models import labels
from models.cutoffs import Cadence
from models.example import Example, Outcome
from models.features import sets
from models.labels import Definition
from models.pending import Entry, Pending
from models.scoring.grade import grade
from models.scoring.reasons import reasons
from models.scoring.scorer import Judgement, Scorer
from stream.domain.business import Business
from stream.domain.events import Feedback
from stream.domain.holdout import held_out
from stream.domain.signals import Scored
from stream.domain.state import Score, State
from stream.domain.step import CUTOFF, RIPEN

Occasion = Literal["cut-off", "report", "signal"]


class WaitingLike(Protocol):
    """Where entries wait; `stream.engine.shard.pending.PendingBatch` is one."""

    def pending(self, customer: str) -> Pending:
        """Return a customer's entries, to be changed in place."""
        ...


class Look(Struct, frozen=True):
    """A customer at one moment: the features as stored and as scored, and what was judged.

    `judged` is `None` without a snapshot; `seconds`: what judging took, by the model's clock.
    """

    features: bytes
    row: Any
    judged: Judgement | None
    seconds: float


def _nothing(occasion: Occasion, seconds: float | None) -> None:
    """Nobody measures."""


@dataclass(frozen=True)
class InStream:
    """Scores and labels customers. `scorer` is `None` as long as there is no snapshot: a cold start.

    `told` is called with each occasion (`cut-off`, `report`, `signal`) and the seconds that its score took by `clock`,
    `None` without a snapshot.
    """

    business: Business
    cadence: Cadence
    rules: Definition
    hard: frozenset[str] = frozenset()
    most_reasons: int = 3
    holdout_share: float = 0
    enabled: bool = True
    scorer: Scorer | None = None
    told: Callable[[Occasion, float | None], None] = _nothing
    clock: Callable[[], float] = field(default=lambda: 0.0)

    def arm(self, customer: str, state: State, moment: Any) -> None:
        """Set the timer of the next cut-off, of a customer who has none and has acted lately.

        Later than all that the shard has seen: late news of a new customer must not be labelled by what follows it.
        """
        now = max(moment.time, moment.clock)
        if self.enabled and labels.is_active(state, now, self.rules):
            state.timers[CUTOFF] = self.cadence.next(customer, now, self.business)

    def foresee(self, states: Sequence[State], time: int) -> list[Look | None]:
        """Look at the customers who are to be cut off at `time`, all at once: that takes less than one after another.

        What is found goes with the moment to `cut_off`; until then the states must not change.
        """
        if not self.enabled:
            return [None] * len(states)
        active = [labels.is_active(state, time, self.rules) for state in states]
        looks = iter(self._look([state for state, is_ in zip(states, active, strict=True) if is_], time))
        return [next(looks) if is_ else None for is_ in active]

    def cut_off(self, customer: str, state: State, moment: Any) -> Scored | None:
        """Keep the features as they stand and score them. Who is not active is left until they act again."""
        time = moment.time
        if not self.enabled or not labels.is_active(state, time, self.rules):
            return None
        state.timers[CUTOFF] = self.cadence.next(customer, time, self.business)
        report = self.cadence.asked(time)
        look = moment.foreseen or self._look([state], time)[0]
        occasion: Occasion = "report" if report else "cut-off"
        scores, scored = self._score(state, look, time, occasion, example_id(customer, time), moment)
        entry = Entry(
            cutoff=time,
            due=time + self.rules.horizon,
            feature_set=sets.VERSION,
            features=look.features,
            scores=scores,
            version=self.scorer.snapshot.version if self.scorer is not None else None,
            groups=groups(state, time, self.business),
            level=labels.level(state, time, self.business, self.rules),
            usage=labels.usage(state, time, self.business, self.rules),
            report=report,
        )
        pending = moment.waiting.pending(customer)
        pending.entries.append(entry)
        state.timers[RIPEN] = pending.due()
        return scored

    def ripen(self, customer: str, state: State, moment: Any) -> list[Example]:
        """Label what is due, from the state as it is now."""
        pending = moment.waiting.pending(customer)
        examples = [
            self._example(
                customer,
                state,
                entry,
                labels.outcome(state, entry, moment.time, self.business, self.rules),
                moment.time,
            )
            for entry in pending.take_due(moment.time)
        ]
        _set(state, pending)
        return examples

    def feedback(self, customer: str, state: State, event: Feedback, moment: Any) -> list[Example]:
        """Label all of the customer's entries when an RM says `lost`: no horizon need be waited for."""
        if event.outcome != "lost" or not self.rules.lost or RIPEN not in state.timers:
            return []
        pending = moment.waiting.pending(customer)
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
        if self.scorer is None or not self.enabled or not labels.is_active(state, time, self.rules):
            return None
        return self._score(state, self._look([state], time)[0], time, "signal", event.event_id, moment)[1]

    def _look(self, states: Sequence[State], time: int) -> list[Look]:
        features = [sets.taken(state, time, self.business) for state in states]
        if self.scorer is None or not features:
            return [Look(stored, None, None, 0.0) for stored in features]
        started = self.clock()
        rows = sets.rows(features)
        judged = self.scorer.judge_all(rows)
        seconds = (self.clock() - started) / len(states)
        return [Look(*found, seconds) for found in zip(features, rows, judged, strict=True)]

    def _score(
        self, state: State, look: Look, time: int, occasion: Occasion, cause: str, moment: Any
    ) -> tuple[dict[str, float], Scored | None]:
        """Return every expert's score and the news for the rules; a report only looks, and is no news."""
        scorer, judged = self.scorer, look.judged
        if scorer is None or judged is None:
            if not moment.again:
                self.told(occasion, None)
            return {}, None
        started = self.clock()
        scored = None
        if occasion != "report":
            before = state.score
            graded = grade(judged.score, before.grade if before is not None else None, scorer.snapshot.grades)
            why = reasons(judged.contributions(), look.row, sets.FEATURES, self.most_reasons)
            kept = [(reason.feature, reason.value, reason.contribution) for reason in why]
            state.score = Score(judged.score, graded, time, scorer.snapshot.version, kept)
            told = why if graded != "normal" else ()  # nobody says why all is well
            scored = Scored(cause, time, tuple((reason.zh, reason.en) for reason in told))
        if not moment.again:
            self.told(occasion, look.seconds + self.clock() - started)
        return judged.scores, scored

    def _example(self, customer: str, state: State, entry: Entry, found: Outcome, known_at: int) -> Example:
        label, learn = labels.label(found, self.rules)
        return Example(
            event_id=example_id(customer, entry.cutoff),
            customer_id=customer,
            cutoff=entry.cutoff,
            known_at=known_at,
            label=label,
            outcome=found,
            learn=learn,
            feature_set=entry.feature_set,
            features=sets.unpack(entry.features),
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
