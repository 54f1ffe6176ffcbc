"""The cluster: whether it answers, its clock, the topics, the group, the workers and the model."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from stream.broker import admin
from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.kafka.broadcast import read_whole
from stream.engine.worker import directory
from stream.ops import group
from stream.ops.doctor.finding import Finding, Findings, look, ok, wrong
from stream.topics import BY_NAME, FEEDS
from stream.training import shelf

_AHEAD_MS = 2_000


async def connection(settings: Settings) -> Finding:
    """Say whether the cluster answers, and how many brokers it has for how many copies."""
    client = AIOKafkaAdminClient(**client_options(settings.kafka), client_id="churnwatch-doctor")
    try:
        await client.start()
        brokers = len((await client.describe_cluster())["brokers"])
    finally:
        await client.close()
    copies, said = settings.topics.replication, f"{brokers} brokers, {settings.kafka.security_protocol}"
    if copies > brokers:
        return wrong("connection", said, f"topics.replication is {copies}: no topic can be created")
    if brokers >= 3 > copies:
        return look("connection", said, f"topics.replication is {copies}: set 3, or a lost broker takes events along")
    return ok("connection", said)


async def topics(settings: Settings) -> Findings:
    """Return whether the topics are as the table has them."""
    found = await admin.check(settings)
    if not found:
        return iter([ok("topics", f"all {len(BY_NAME)} fit")])
    return iter([wrong("topics", str(mismatch), "churnwatch topics apply") for mismatch in found])


async def clock(settings: Settings, now: int) -> Finding:
    """Say whether the brokers' clocks are ahead of ours (`now`, epoch ms), by what they stamped on arrival."""
    options = client_options(settings.kafka)
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await consumer.start()
    try:
        names = [topic for topic in FEEDS if BY_NAME[topic].broker_time]
        prefix, count = settings.topics.prefix, settings.topics.partitions
        every = {TopicPartition(prefix + name, n): now + _AHEAD_MS for name in names for n in range(count)}
        ahead = [at.timestamp for at in (await consumer.offsets_for_times(every)).values() if at is not None]
    finally:
        await consumer.stop()
    if ahead:
        seconds = (max(ahead) - now) / 1000
        return wrong("clock", f"a broker's clock is {seconds:,.0f} s ahead of this machine's", "NTP on both")
    return ok("clock", "no broker's stamp lies ahead of this machine's clock")


async def engine_group(settings: Settings) -> Findings:
    """Return how the engine's group stands: members, records lost, records behind."""
    state, members = await group.members(settings)
    places = await group.places(settings)
    behind, lost = sum(place.lag for place in places), sum(place.lost for place in places)
    said = f"{settings.engine.group}: {state or 'unknown'}, {members} members, {behind:,} records behind"
    found = [ok("group", said) if members else look("group", said, "no worker runs: churnwatch worker")]
    if lost:
        found.append(wrong("group", f"{lost:,} records were deleted unread", "the runbook: churnwatch group skip-lost"))
    return iter(found)


async def workers(settings: Settings) -> Finding:
    """Say which shards nobody says to own."""
    entries = directory.readable(await read_whole(settings, directory.TOPIC))
    owned = {shard for entry in entries for shard in entry.shards}
    missing = sorted(set(range(settings.topics.partitions)) - owned)
    said = f"{len(entries)} announced"
    if entries and missing:
        return wrong("workers", f"{said}; shards {_few(missing)} are nobody's", "the runbook: ChurnwatchShardsMissing")
    return ok("workers", said)


async def model(settings: Settings) -> Finding:
    """Say which snapshot is in force, and whether this build can score by it."""
    models, said = await read_whole(settings, "models"), await read_whole(settings, "settings")
    there, standing = shelf.snapshots(models), shelf.standing(models, said)
    if not models:
        return look("model", "no snapshot yet: nobody is scored", "churnwatch trainer; its first needs the horizon")
    if standing is None or len(there) < len(models):
        unread = len(models) - len(there)
        return wrong(
            "model",
            f"{unread} of {len(models)} snapshots cannot be read",
            "another build's? churnwatch models publish",
        )
    pinned = shelf.pinned(said)
    if pinned:
        return look("model", f"{standing.version} in force, pinned", "churnwatch models unpin, when that is over")
    return ok(
        "model", f"{standing.version} in force, {standing.span.examples:,} examples, champion {standing.champion}"
    )


def _few(shards: Sequence[int]) -> str:
    return ", ".join(map(str, shards[:8])) + (" ..." if len(shards) > 8 else "")
