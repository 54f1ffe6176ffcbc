"""The snapshot in force: chosen from what `models` holds and what operators said on `settings`, swapped whole.

A snapshot that is damaged, foreign or of features that this build does not know is refused, counted and passed over;
scoring goes on with the best of the others, at last with the one that was in force before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, get_args

import msgspec
from msgspec import Struct

from models.cutoffs import cadence
from models.features import sets
from models.in_stream import InStream, Occasion
from models.labels import Definition
from models.scoring.scorer import Scorer
from models.snapshot import Snapshot, SnapshotRefused, decode
from stream.config import Settings
from stream.domain.business import DAY_MS, Business
from stream.engine.log.readable import decoded
from stream.metrics import Metrics

log = logging.getLogger(__name__)

PIN, CHAMPION = b"model/pin", b"model/champion"
"""Keys of `settings`: which version is to be used whatever is newer, and which candidate is to score."""


S = TypeVar("S", bound=Struct)


class Pin(Struct, frozen=True):
    """The record of `model/pin`."""

    version: str


class Champion(Struct, frozen=True):
    """The record of `model/champion`."""

    name: str


def in_stream(settings: Settings, metrics: Metrics, business: Business) -> InStream:
    """Return the model's place in the stream as it is configured, without a snapshot."""
    given = settings.model
    labels = given.labels

    scored = {occasion: metrics.scored.labels(occasion) for occasion in get_args(Occasion)}

    def told(occasion: Occasion, seconds: float | None) -> None:
        if occasion != "signal":
            metrics.cutoffs.inc()
        if seconds is None:
            metrics.cold.inc()
        else:
            scored[occasion].inc()
            metrics.score_seconds.observe(seconds)

    return InStream(
        business,
        cadence(given.cutoff_every, given.report_at),
        Definition(
            horizon=round(labels.horizon_days * DAY_MS),
            active_within=round(labels.active_within_days * DAY_MS),
            leaving=labels.leaving,
            lost=labels.lost,
            inactivity=labels.inactivity,
            collapse_share=labels.collapse_share,
            collapse_days=labels.collapse_days,
            involuntary_causes=frozenset(cause.casefold() for cause in labels.involuntary_causes),
            migration_causes=frozenset(cause.casefold() for cause in labels.migration_causes),
            learn=labels.learn,
        ),
        hard=frozenset(given.rescore_on),
        most_reasons=given.reasons,
        holdout_share=settings.policy.holdout_share,
        enabled=given.enabled,
        told=told,
        clock=time.perf_counter,
    )


class ModelFeed:
    """Follows `models` and `settings`; `model` is what the step asks. One for all shards of a worker."""

    def __init__(self, model: InStream, metrics: Metrics) -> None:
        """`model`: as configured, without a snapshot."""
        self.model = model
        self._metrics = metrics
        self._good: dict[bytes, tuple[bytes, Snapshot]] = {}
        self._refused: dict[bytes, bytes] = {}
        self._pin: str | None = None
        self._champion: str | None = None
        self._current: Snapshot | None = None
        self._wanted: tuple[Snapshot | None, str | None] = None, None
        self._unread: dict[bytes, bytes] = {}

    def settings(self, entries: Mapping[bytes, bytes]) -> bool:
        """Take what the records of `settings` say of the model, and tell whether that changed what is in force."""
        pin = self._read(entries, PIN, Pin)
        champion = self._read(entries, CHAMPION, Champion)
        self._pin = pin.version if pin is not None else None
        self._champion = champion.name if champion is not None else None
        return self._choose()

    def models(self, entries: Mapping[bytes, bytes]) -> bool:
        """Take the records of `models`, and tell whether that changed what is in force."""
        self._good = {key: kept for key, kept in self._good.items() if entries.get(key) == kept[0]}
        self._refused = {key: value for key, value in self._refused.items() if entries.get(key) == value}
        for key, value in entries.items():
            if key in self._good or key in self._refused:
                continue
            try:
                snapshot = decode(value, feature_set=sets.VERSION, features=sets.NAMES)
            except SnapshotRefused as why:
                self._refused[key] = value
                self._refuse(key, why.reason, why.detail)
            else:
                self._good[key] = value, snapshot
        return self._choose()

    def use(self, snapshot: Snapshot | None) -> bool:
        """Put a snapshot in force that is on no topic (an evaluation); `None`: none is. Tell whether that changed."""
        self._current = snapshot
        return self._put(snapshot)

    def _choose(self) -> bool:
        found = [snapshot for _, snapshot in self._good.values()]
        pinned = [snapshot for snapshot in found if snapshot.version == self._pin]
        if found:
            self._current = max(pinned or found, key=lambda snapshot: (snapshot.sequence, snapshot.version))
        return self._put(self._current)

    def _put(self, snapshot: Snapshot | None) -> bool:
        wanted = snapshot, self._champion
        if wanted == self._wanted:
            return False
        self._wanted = wanted
        scorer = None if snapshot is None else self._scorer(snapshot)
        if scorer is None and self.model.scorer is None:
            return False
        self.model = replace(self.model, scorer=scorer)
        self._metrics.snapshot.clear()
        if scorer is not None and snapshot is not None:
            self._metrics.snapshot.labels(snapshot.version, scorer.champion).set(1)
            self._metrics.snapshot_made.set(snapshot.made_at / 1000)
            log.info("snapshot %s in force, champion %s", snapshot.version, scorer.champion)
        return True

    def _scorer(self, snapshot: Snapshot) -> Scorer:
        try:
            return Scorer(snapshot, self._champion)
        except KeyError:
            self._refuse(CHAMPION, "champion", f"snapshot {snapshot.version} has no {self._champion}")
            return Scorer(snapshot)

    def _read(self, entries: Mapping[bytes, bytes], key: bytes, type_: type[S]) -> S | None:
        value = entries.get(key)
        if value is None:
            return None
        try:
            found: S = decoded(value, type_)
            return found
        except msgspec.MsgspecError as why:
            if self._unread.get(key) != value:
                self._unread[key] = value
                self._refuse(key, "settings", str(why))
            return None

    def _refuse(self, key: bytes, reason: str, detail: str) -> None:
        self._metrics.snapshots_refused.labels(reason).inc()
        log.warning("model %s is refused (%s): %s", key.decode("utf-8", "replace"), reason, detail)
