"""The parsers: each takes bytes, and either reads them or refuses them in the way its callers expect."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from support.timeline import settings as default_settings
from support.units import SHANGHAI

from models.pending import PendingVersionError
from models.pending import decode as decode_pending
from models.snapshot import SnapshotRefused
from models.snapshot import decode as decode_snapshot
from stream.codec import Codec, Rejected
from stream.config import ConfigError, load
from stream.control import read as read_command
from stream.desk.intake.edge import Edge
from stream.desk.intake.reading import TOPICS as DESK_TOPICS
from stream.desk.intake.reading import Came
from stream.domain.events import TYPES
from stream.domain.groups import decode as decode_group
from stream.domain.state import StateVersionError
from stream.domain.state import decode as decode_state
from stream.engine.feeds.in_force import in_force
from stream.engine.feeds.model import ModelFeed, in_stream
from stream.engine.log import jsonl
from stream.engine.log.memory import MemoryRecord
from stream.engine.shard.pseudonyms import SEALED, Key, Pseudonyms
from stream.engine.worker import directory
from stream.metrics import Metrics
from stream.ops import deadletters, watch
from stream.training import records, shelf

NOW = 1_772_800_000_000
_CODEC = Codec(SHANGHAI, max_bytes=4096, max_depth=8)
_PSEUDONYMS = Pseudonyms([Key("k", b"0" * 32)])
_KEYS = (b"rule/balance_drop", b"silence/s", b"model/pin", b"model/champion", b"anything")


def worker_edge(data: bytes) -> None:
    """Every input topic, as a shard reads it; the key is right so that what follows it is reached."""
    for topic in TYPES:
        for key in (b"c", data[:8] or None):
            try:
                _CODEC.decode(topic, key, data, NOW)
            except Rejected as why:
                assert why.reason and why.path.startswith("$") and why.message


def tombstones(data: bytes) -> None:
    """A record without a value, whatever its key."""
    for topic in TYPES:
        try:
            _CODEC.decode(topic, data, None, NOW)
        except Rejected:
            continue


def desk_edge(data: bytes) -> None:
    """Every topic of the desk, with and without the seal of a pseudonym."""
    edges = [Edge(_CODEC, max_bytes=4096), Edge(_CODEC, max_bytes=4096, pseudonyms=_PSEUDONYMS)]
    for topic in DESK_TOPICS:
        for key, value, headers in ((b"c", data, ()), (data, data, ((SEALED, data),)), (data, None, ())):
            for edge in edges:
                try:
                    edge.read(Came(topic, 0, MemoryRecord(0, NOW, key, value, headers)))
                except Rejected as why:
                    assert why.reason and why.path.startswith("$")


def trainer_edge(data: bytes) -> None:
    """`examples`, and what the trainer reads of `models` and `settings`."""
    with suppress(Rejected):
        records.read(data)
    shelf.snapshots({b"v": data})
    shelf.sequences({b"v": data})
    shelf.pinned({b"model/pin": data})
    shelf.promoted({b"model/champion": data})


def commands(data: bytes) -> None:
    """`control`: the record, then the command in it."""
    try:
        event = _CODEC.decode("control", b"k", data, NOW)
        read_command(event)
    except Rejected:
        return


@cache
def _feed() -> ModelFeed:
    return ModelFeed(in_stream(default_settings(), Metrics(), SHANGHAI), Metrics())


def broadcasts(data: bytes) -> None:
    """`settings`, `models` and `workers`, as a worker takes them: what cannot be read is passed over."""
    entries = dict.fromkeys(_KEYS, data)
    in_force(entries, default_settings(), SHANGHAI)
    _feed().settings(entries)
    _feed().models({b"v": data})
    directory.readable(entries)
    try:
        decode_snapshot(data)
    except SnapshotRefused:
        return


def stored(data: bytes) -> None:
    """The changelog's forms: damaged ones are told as such."""
    for decode, refused in (
        (decode_state, StateVersionError),
        (decode_group, StateVersionError),
        (decode_pending, PendingVersionError),
    ):
        try:
            decode(data)
        except refused:
            continue


def operators_tools(data: bytes) -> None:
    """What operators look at: dead letters and alerts, as lines on a screen."""
    names = ("dl_topic", "dl_partition", "dl_offset", "dl_attempt", "dl_reason", "dl_receipt", "ce_type", "ce_time")
    record = _Read(0, 0, NOW, data, data, tuple((name, data) for name in names))
    one = deadletters.letter(record)
    for attribute in ("reason", "topic", "source", "receipt_of", "is_letter", "attempt"):
        getattr(one, attribute)
    shown = watch.received(record)
    for language in ("zh", "en"):
        for text in watch.render(shown, language, SHANGHAI.zone):  # type: ignore[arg-type]
            assert "\x1b" not in text.plain, "a terminal's own words must not come from a topic"


def replay_lines(data: bytes) -> None:
    """A line of a replay file."""
    found = jsonl.parse(1, data)
    assert isinstance(found, jsonl.Record | jsonl.Fault)


def configuration(data: bytes) -> None:
    """A settings file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.toml"
        file.write_bytes(data)
        try:
            load(file, env={})
        except ConfigError:
            return


class _Read(msgspec.Struct):
    """A record as aiokafka gives it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        worker_edge, tombstones, desk_edge, trainer_edge, commands, broadcasts, stored, operators_tools, replay_lines,
        configuration,
    )
}  # fmt: skip
