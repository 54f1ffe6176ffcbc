"""The trainer's core: takes each example once; scores, records, then learns; tells what it has come to as a snapshot.

No Kafka, no clock, no threads: the same examples in the same order make the same snapshots, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from models import grading
from models.acquaintance import Acquaintance
from models.balance import Balance
from models.drift import Watch, bounded_loss
from models.example import Example
from models.experts import UNWEIGHTED, build
from models.experts.base import Expert, Setup, Vector
from models.experts.retained import Retained
from models.ledger import Ledger
from models.prequential.window import Window
from models.promotion import Promotion
from models.refits import Refits
from models.scoring.logit import sigmoid
from models.shift import Shift
from models.snapshot import SCHEMA, STACK, Grades, Snapshot
from models.snapshot import Expert as Published
from models.stack import OnlineStack, StackSettings

if TYPE_CHECKING:
    from stream.settings.model import Trainer

_ENOUGH = 100  # examples that an online expert must have learned before it is published
_BOTH = 10  # of each class
_LOOKS = 20  # at the challengers, while one has to stay better


class Refused(ValueError):
    """An example that cannot be learned from. `reason` is a metric label."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Notice(Struct, frozen=True):
    """Something an operator should know: the kind, when by event time (ms) and after how many examples, figures."""

    kind: str  # loss, label_rate, features, promoted
    time: int
    examples: int
    detail: dict[str, Any]


class Learner:
    """One online model of every configured kind, the stack over them, and how well each does.

    Scores that count were made at the cut-off by the snapshot then in force (`example.scores`). Where there are none,
    because no snapshot was there yet, the score at arrival is taken, but only of a customer never learned from.

    Attributes:
        notices: what happened since somebody last took it away.
    """

    def __init__(self, settings: Trainer, features: Sequence[str], feature_set: int, *, sequence: int = 0) -> None:
        """`features`: names in order; `sequence`: of the last snapshot published by a predecessor."""
        self.settings = settings
        self.features = tuple(features)
        self.feature_set = feature_set
        self.sequence = sequence
        self.champion: str = settings.champion
        self.chosen: str | None = None  # by an operator, before anything else
        self.notices: list[Notice] = []
        self.ledger = Ledger()
        self.experts: dict[str, Expert] = build(settings.experts, Setup(features=self.features, seed=settings.seed))
        self.refits = Refits(self.experts, Retained(len(self.features), settings.retained), settings.refit_every)
        self.balance = Balance(settings.miss_cost)
        self.window = Window([*self.experts, STACK], settings.window, settings.alert_budget)
        self.stack = OnlineStack(
            list(self.experts),
            StackSettings.for_window(settings.window),
            offsets={name: -math.log(self.balance.weight(1)) for name in self.experts if name not in UNWEIGHTED},
        )
        self.promotion = Promotion(settings.promote_margin, settings.promote_after)
        self.shift = Shift(self.features)
        self.loss_watch, self.label_watch = Watch(), Watch()
        self.judged = 0
        self._new: Acquaintance | None = Acquaintance()

    # -- examples ------------------------------------------------------------------------------------------------

    def take(self, example: Example) -> bool:
        """Take one example, once; tell whether a snapshot is due.

        Raises:
            Refused: made for another feature set, or not what the set has; nothing was learned.
        """
        self._check(example)
        self.ledger.count(example)
        if not example.learn or example.report:
            return False
        refitted = self.refits.before(self.ledger.learned + 1)
        x = example.features
        self._judge(example, x)
        weight = self.balance.weight(example.label)
        self.balance.take(example.label)
        for expert in self.experts.values():
            expert.learn(x, example.label, weight)
        self.refits.keep(x, example.label)
        self.ledger.learn(example)
        self.shift.take(x)
        self._watch_label(example.label)
        self.refits.after(self.ledger.learned, both=self.ledger.both)
        learned = self.ledger.learned
        # The first one is wanted soon: until there is one, nobody has a score.
        first = self.sequence == 0 and learned % _ENOUGH == 0
        return refitted or first or learned % self.settings.publish_every == 0

    def _check(self, example: Example) -> None:
        if example.feature_set != self.feature_set:
            raise Refused("feature-set", f"made with feature set {example.feature_set}, not {self.feature_set}")
        if len(example.features) != len(self.features):
            raise Refused("features", f"{len(example.features)} features, not {len(self.features)}")
        if not all(value is None or math.isfinite(value) for value in example.features):
            raise Refused("features", "a feature is not a finite number")
        if example.label not in (0, 1):
            raise Refused("label", "the label is neither 0 nor 1")

    def _judge(self, example: Example, x: Vector) -> None:
        ready = self.ready()
        if len(ready) != len(self.stack.weights):  # none ever goes
            self.stack.admit(ready)
        raw = {name: score for name, score in example.scores.items() if name in self.experts and 0 <= score <= 1}
        at_arrival = not raw
        if self._new is not None:
            new = self._new.meet(example.customer_id)
            if at_arrival and new:
                raw = {name: self.experts[name].score(x) for name in ready}
        if not raw:
            return
        label = example.label
        calibrated = self.stack.calibrated(raw)
        said = {name: sigmoid(log_odds) for name, log_odds in calibrated.items()}
        together = self.stack.score(calibrated)
        if together is not None:
            said[STACK] = together
        self.window.push(label, said, example.groups.get("class", ""), at_arrival=at_arrival)
        self.stack.record(label, raw)
        self.judged += 1
        if not at_arrival and self._new is not None and self.judged > self.settings.window:
            self._new = None  # scores from the cut-offs have come for good
        self._watch_loss(label, said.get(self.leader()))
        if self.judged % max(1, self.settings.promote_after // _LOOKS) == 0:
            self._look_at_challengers()

    # -- what it has come to --------------------------------------------------------------------------------------

    def ready(self) -> list[str]:
        """Return the experts that have learned enough to be heard."""
        if self.ledger.learned < _ENOUGH or min(self.ledger.both) < _BOTH:
            return []
        return [name for name in self.experts if self.refits.fitted(name)]

    def leader(self) -> str:
        """Return the candidate that scores: the operator's, or the champion, or what there is.

        A snapshot names the champion, so that an operator's choice ends when they end it; its grades are the leader's.
        """
        ready = self.ready()
        for name in (self.chosen, self.champion):
            if name in ready or (name == STACK and ready):
                return str(name)
        return STACK

    def go_on(self, settings: Trainer) -> None:
        """Go on under settings that differ in nothing that shapes what was learned so far."""
        if settings.champion != self.settings.champion:
            self.champion = settings.champion
        self.settings = settings
        self.balance.miss_cost = settings.miss_cost
        self.promotion.margin, self.promotion.after = settings.promote_margin, settings.promote_after

    def publish(self) -> Snapshot | None:
        """Return the next snapshot; `None` while no expert has learned enough."""
        self._watch_features()
        snapshot = self.snapshot(self.sequence + 1)
        if snapshot is not None:
            self.sequence = snapshot.sequence
        return snapshot

    def snapshot(self, sequence: int | None = None) -> Snapshot | None:
        """Return what a snapshot would be now; nothing changes. `None`: as for `publish`."""
        ready = self.ready()
        if not ready:
            return None
        self.stack.admit(ready)
        lines, number, leader = self.stack.lines, sequence or self.sequence, self.leader()
        figures = {name: self.window.quality(name) for name in (*ready, STACK)}
        return Snapshot(
            schema=SCHEMA,
            version=f"m{number:06d}",
            sequence=number,
            made_at=self.ledger.known_at,
            feature_set=self.feature_set,
            features=list(self.features),
            champion=self.champion if self.champion in ready else STACK,
            experts={
                name: Published(self.experts[name].form(), lines[name].slope, lines[name].offset) for name in ready
            },
            stack=self.stack.document(),
            grades=self.grades(leader),
            span=self.ledger.span(),
            quality={name: quality for name, quality in figures.items() if quality.examples},
            deciles=self.shift.deciles(),
            by_class=self.window.by_class(leader),
            outcomes=dict(sorted(self.ledger.outcomes.items())),
            treatment=dict(self.ledger.arms),
            shift={name: value for name, value in self.shift.indices.items() if name in self.shift.shifted},
        )

    def grades(self, leader: str) -> Grades:
        """Return where the grades of a candidate's scores lie."""
        return grading.grades(self.window.scores(leader), self.settings.miss_cost, self.settings.alert_budget)

    # -- what changes -----------------------------------------------------------------------------------------------

    def _look_at_challengers(self) -> None:
        champion = self.leader()
        leads: dict[str, float] = {}
        for name in self.window.candidates:
            found = self.window.lead(name, champion) if name != champion else None
            if found is not None:
                leads[name] = found[0]
        earned = self.promotion.look(leads, self.judged)
        if earned is not None and self.settings.auto_promote and self.chosen is None:
            self._notice("promoted", {"from": champion, "to": earned, "pr_auc_ahead": round(leads[earned], 4)})
            self.champion = earned
            self.promotion.begin_anew()

    def _watch_loss(self, label: int, score: float | None) -> None:
        if score is None:
            return
        rise = self.loss_watch.take(bounded_loss(label, score))
        if rise is not None and rise > 0:
            self._notice("loss", {"mean": round(self.loss_watch.mean, 4), "rise": round(rise, 4)})

    def _watch_label(self, label: int) -> None:
        change = self.label_watch.take(float(label))
        if change is not None:
            self._notice("label_rate", {"rate": round(self.label_watch.mean, 4), "change": round(change, 4)})

    def _watch_features(self) -> None:
        news = self.shift.look(self.ledger.last)
        if news:
            self._notice("features", {"shifted": {name: self.shift.indices[name] for name in news}})

    def _notice(self, kind: str, detail: Mapping[str, Any]) -> None:
        self.notices.append(Notice(kind, self.ledger.known_at, self.ledger.learned, dict(detail)))
