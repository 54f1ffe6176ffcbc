"""Create, mend and check the topics of `stream.topics.TABLE` in a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from stream.broker.clients import client_options
from stream.broker.layout import Found, Mismatch, TopicMismatch, Wanted, compare, full_name, wanted
from stream.broker.progress import Progress, silent
from stream.config import Settings

__all__ = [
    "Applied",
    "Mismatch",
    "TopicError",
    "TopicMismatch",
    "apply",
    "check",
    "found",
    "full_name",
    "remove",
    "require",
    "shape",
]

SETTLE_TIMEOUT_S = 30
_SET_ON_TOPIC = 1  # DescribeConfigs' source code for a value of the topic's own
_READ_BACK_S = 0.05


class TopicError(RuntimeError):
    """The cluster refused to create or alter a topic; the message names it and the cluster's reason."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did, by topic name, and what it could not mend."""

    created: tuple[str, ...]
    altered: tuple[str, ...]
    left: tuple[Mismatch, ...]


async def check(settings: Settings) -> list[Mismatch]:
    """Return every difference between the table and the cluster; empty when a worker can start.

    Raises:
        ConfigError: `settings.kafka` cannot be used.
        aiokafka.errors.KafkaError: the cluster does not answer or does not let us look.
    """
    async with connected(settings) as admin:
        wants = wanted(settings)
        return compare(wants, await _found(admin, [want.name for want in wants]))


async def require(settings: Settings) -> None:
    """Return when the topics fit.

    Raises:
        TopicMismatch: they do not; it says what mends them.
    """
    if mismatches := await check(settings):
        raise TopicMismatch(mismatches)


async def apply(settings: Settings, progress: Progress = silent) -> Applied:
    """Create the topics that are missing and set the configs that differ; a partition count is never changed.

    Configs that are not ours and were set on a topic by others stay as they are.

    Raises:
        TopicError: the cluster refused.
    """
    wants = wanted(settings)

    def differing(found: Mapping[str, Found]) -> set[str]:
        left = compare(wants, found)
        progress("topics", len(wants) - len({mismatch.topic for mismatch in left}), len(wants))
        return {mismatch.topic for mismatch in left if mismatch.applies}

    async with connected(settings) as admin:
        done = await _mend(admin, wants, differing)
    return Applied(tuple(done.created), tuple(done.altered), tuple(compare(wants, done.found)))


async def shape(settings: Settings, wants: list[Wanted]) -> None:
    """Create those of `wants` that are missing, and give all exactly the configs they want; return when that is so.

    Unlike `apply` it leaves nothing that was set on a topic by others.

    Raises:
        TopicError: the cluster refused, or does not say within `SETTLE_TIMEOUT_S` that it has done so.
    """

    def differing(found: Mapping[str, Found]) -> set[str]:
        return {want.name for want in wants if want.name not in found or found[want.name].overrides != want.configs}

    async with connected(settings) as admin:
        done = await _mend(admin, wants, differing, keep=False)
    if done.left:
        raise TopicError(f"topics {', '.join(sorted(done.left))} do not get ready")


async def found(settings: Settings) -> dict[str, Found]:
    """Return what there is of the table's topics, by their names in the cluster."""
    async with connected(settings) as admin:
        return await _found(admin, [want.name for want in wanted(settings)])


async def remove(settings: Settings) -> None:
    """Delete every topic of the table under the configured prefix, with all that is in them.

    Raises:
        ValueError: there is no prefix; production's topics are not deleted from here.
    """
    if not settings.topics.prefix:
        raise ValueError("topics.prefix: only topics under a prefix can be removed")
    async with connected(settings) as admin:
        await admin.delete_topics([want.name for want in wanted(settings)])


@asynccontextmanager
async def connected(settings: Settings, client_id: str = "churnwatch-topics") -> AsyncIterator[Any]:
    """Yield a started admin client.

    Raises:
        ConfigError, aiokafka.errors.KafkaError: see `check`.
    """
    admin = AIOKafkaAdminClient(**client_options(settings.kafka), client_id=client_id)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


@dataclass(slots=True)
class _Mended:
    """Names created and altered, in order; those that still differ; and what there is."""

    created: dict[str, None] = field(default_factory=dict)
    altered: dict[str, None] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    found: dict[str, Found] = field(default_factory=dict)


async def _mend(
    admin: Any, wants: list[Wanted], differing: Callable[[Mapping[str, Found]], set[str]], *, keep: bool = True
) -> _Mended:
    """Create and alter until nothing differs, or for `SETTLE_TIMEOUT_S`: a broker learns a moment later of what we, or
    another, have done. `keep`: configs that others set on a topic stay."""
    done = _Mended()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_TIMEOUT_S
    while True:
        done.found = await _found(admin, [want.name for want in wants])
        done.left = differing(done.found)
        if not done.left or loop.time() > deadline:
            return done
        mend = [want for want in wants if want.name in done.left]
        if missing := [want for want in mend if want.name not in done.found]:
            done.created |= dict.fromkeys(await _create(admin, missing))
        if there := [want for want in mend if want.name in done.found]:
            await _alter(admin, there, {name: one.overrides if keep else {} for name, one in done.found.items()})
            done.altered |= dict.fromkeys(want.name for want in there if want.name not in done.created)
        await asyncio.sleep(_READ_BACK_S)


async def _found(admin: Any, names: list[str]) -> dict[str, Found]:
    described = {}
    for topic in await admin.describe_topics(names):
        error = for_code(topic["error_code"])
        if error is UnknownTopicOrPartitionError:
            continue
        _refuse(topic["topic"], topic["error_code"], None, "described")
        described[topic["topic"]] = topic["partitions"]
    if not described:
        return {}
    found = {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in described]
    for answer in await admin.describe_configs(resources):
        for code, message, _, name, entries in answer.resources:
            if for_code(code) is UnknownTopicOrPartitionError:  # deleted between the two questions
                continue
            _refuse(name, code, message, "described")
            partitions = described[name]
            found[name] = Found(
                len(partitions),
                min((len(partition["replicas"]) for partition in partitions), default=0),
                {entry[0]: entry[1] for entry in entries},
                {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_TOPIC},
            )
    return found


async def _create(admin: Any, missing: Iterable[Wanted]) -> list[str]:
    """Return the names of those created; one that another process created meanwhile is not among them."""
    topics = [
        NewTopic(want.name, want.partitions, want.replication, topic_configs=dict(want.configs)) for want in missing
    ]
    created = []
    for name, code, message in (await admin.create_topics(topics)).topic_errors:
        if for_code(code) is not TopicAlreadyExistsError:
            _refuse(name, code, message, "created")
            created.append(name)
    return created


async def _alter(admin: Any, wants: Iterable[Wanted], kept: Mapping[str, Mapping[str, str]]) -> None:
    """Set ours and keep some by topic: this request replaces all of a topic's own configs."""
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, want.name, {**kept[want.name], **want.configs}) for want in wants
    ]
    for answer in await admin.alter_configs(resources):
        for code, message, _, name in answer.resources:
            _refuse(name, code, message, "altered")


def _refuse(topic: str, code: int, message: str | None, done: str) -> None:
    if code:
        error: type[KafkaError] = for_code(code)
        raise TopicError(f"topic {topic} cannot be {done}: {message or error.__name__}")
