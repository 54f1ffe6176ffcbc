"""The model that scores while a schedule runs: one snapshot, pinned, whatever the trainer publishes meanwhile."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from support.examples import town

from models.features.sets import NAMES, VERSION
from models.learner import Learner
from models.snapshot import Snapshot, encode
from stream.config import Settings
from stream.engine.feeds.model import PIN
from stream.engine.kafka.sender import KafkaSender
from stream.settings.model import Trainer

_EXAMPLES = 600
_MANNER = Trainer(experts=("logistic",), champion="logistic", window=500)


@lru_cache(maxsize=1)
def pinned() -> Snapshot:
    """Return the snapshot that scores: of a logistic expert that has learned from a town that is made up."""
    learner = Learner(_MANNER, NAMES, VERSION)
    for example in town(_EXAMPLES, width=len(NAMES)):
        learner.take(msgspec.structs.replace(example, feature_set=VERSION))
    snapshot = learner.publish()
    assert snapshot is not None, "an expert has learned enough"
    return snapshot


async def put_in_force(settings: Settings) -> None:
    """Publish it, and say on `settings` that it is to be used."""
    version = pinned().version
    sender = KafkaSender(settings)
    await sender.start()
    try:
        await sender.send("models", version.encode(), encode(pinned()))
        await sender.send("settings", PIN, msgspec.json.encode({"version": version}))
    finally:
        await sender.stop()
