"""A learner kept on local disk: everything it knows, with what made it, and a digest.

Pickle, which is code: it is written and read by the trainer alone, in a folder that only its user may read, and never
crosses the wire. A header in front, one line of JSON, is read before anything is unpickled.
"""

from __future__ import annotations

import hashlib
import pickle
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from models.learner import Learner

if TYPE_CHECKING:
    from stream.settings.model import Trainer

_FORM = 2
_LIBRARIES = ("river", "scikit-learn", "numpy", "msgspec")
_FREE = {  # may differ from what a checkpoint was made with
    "publish_every", "auto_promote", "promote_after", "promote_margin", "keep_versions", "checkpoint_every_s",
    "state_dir", "champion", "miss_cost",
}  # fmt: skip


class CheckpointRefused(ValueError):
    """A checkpoint that cannot be gone on from; the message says why."""


class Place(Struct, frozen=True):
    """Where the learner stood in the topic: the next offset by partition, and until where it is catching up."""

    positions: dict[int, int]
    quiet_until: dict[int, int] = {}  # next offsets below which nothing is published: learned anew from the beginning


class _Header(Struct, frozen=True):
    form: int
    made_with: dict[str, str]
    settings: str
    place: Place
    digest: str


def dump(learner: Learner, place: Place) -> bytes:
    """Return a learner and its place as bytes."""
    body = pickle.dumps(learner, protocol=pickle.HIGHEST_PROTOCOL)
    made_for = _settings(learner.settings, learner.features, learner.feature_set)
    header = _Header(_FORM, made_with(), made_for, place, _digest(body))
    return msgspec.json.encode(header) + b"\n" + body


def load(packed: bytes, settings: Trainer, features: tuple[str, ...], feature_set: int) -> tuple[Learner, Place]:
    """Return the learner and its place, going on under `settings`.

    Raises:
        CheckpointRefused: damaged, made by other versions, for other features, or under settings that shape what is
            learned; then there is nothing for it but to learn again from the topic's beginning.
    """
    head, _, body = packed.partition(b"\n")
    try:
        header = msgspec.json.decode(head, type=_Header)
    except msgspec.DecodeError as fault:
        raise CheckpointRefused(f"it is damaged: {fault}") from None
    if header.form != _FORM:
        raise CheckpointRefused(f"its form is {header.form}, not {_FORM}")
    if header.digest != _digest(body):
        raise CheckpointRefused("it is damaged: the digest is another")
    mine = made_with()
    if differ := [
        f"{name} {header.made_with.get(name)}, not {mine[name]}"
        for name in mine
        if header.made_with.get(name) != mine[name]
    ]:
        raise CheckpointRefused(f"it was made with {', '.join(differ)}")
    if header.settings != _settings(settings, features, feature_set):
        raise CheckpointRefused("it was made under other settings, or for other features")
    learner: Learner = pickle.loads(body)
    learner.go_on(settings)
    return learner, header.place


def made_with() -> dict[str, str]:
    """Return the versions that a checkpoint depends on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def _settings(settings: Trainer, features: tuple[str, ...], feature_set: int) -> str:
    shaping = settings.model_dump(mode="json", exclude=_FREE)
    return _digest(msgspec.json.encode([shaping, list(features), feature_set], order="deterministic"))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
