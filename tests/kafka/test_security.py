"""TLS, SCRAM, OAUTHBEARER, client certificates and access lists on a real broker: each role works, and only so far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import orjson
import pytest
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from conftest import PARTITIONS
from pydantic import SecretStr
from support.desk_process import DeskProcess, opened, rows
from support.examples import town
from support.processes import WorkerProcess, all_shards_run, churnwatch, eventually
from support.secure_broker import ADMIN, PASSWORDS, WHO, SecureBroker, clean_env, secure_broker
from support.token_server import TokenServer
from typer.testing import CliRunner

from models.features.sets import NAMES, VERSION
from stream import access
from stream.broker import acls, admin
from stream.broker.clients import client_options
from stream.broker.ready import answers
from stream.broker.tokens import ClientCredentials
from stream.cli.commands import build
from stream.config import Settings, load
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.tables import Alert, Outbox
from stream.engine.kafka.sender import KafkaSender
from stream.engine.log.jsonl import Record
from stream.ops.reading import Reader
from stream.produce import produce
from stream.settings.kafka import Kafka, OAuth
from stream.topics import BY_NAME, TABLE

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    with TokenServer(dict(PASSWORDS)) as server:
        yield server


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, tokens: TokenServer) -> Iterator[SecureBroker]:
    with secure_broker(tmp_path_factory.mktemp("secure"), tokens, clean_env()) as broker:
        yield broker


def as_(settings: Settings, kafka: Kafka) -> Settings:
    return settings.model_copy(update={"kafka": kafka})


@pytest.fixture
async def settings(secure: SecureBroker, numbers: Iterator[int], tmp_path: Path) -> Settings:
    """An administrator's settings; the access lists of every role are given, and the operator has made the topics."""
    number, base = next(numbers), load(env={})
    made = base.model_copy(
        update={
            "kafka": secure.scram(ADMIN),
            "topics": base.topics.model_copy(update={"prefix": f"s{number}-", "partitions": PARTITIONS}),
            "engine": base.engine.model_copy(update={"group": f"s{number}", "state_dir": tmp_path / "state"}),
        }
    )
    given = await acls.apply(made, access.grants(made), access.principals({}))
    assert len(given) == len(access.grants(made))
    done = await admin.apply(as_(made, secure.scram(WHO["operator"])))
    assert len(done.created) == len(TABLE)
    return made


async def stored(settings: Settings, topic: str) -> list[bytes]:
    async with Reader(settings, topic) as reader:
        await reader.from_beginning()
        return [record.value async for batch in reader.to_end() for record in batch if record.value]


def complaint(customer: str) -> Record:
    now = time.time_ns() // 1_000_000
    event = {"event_id": f"{customer}-k", "customer_id": customer, "time": now, "complaint_id": "k"}
    value = orjson.dumps(event | {"status": "opened", "severity": "critical", "text": "我要起诉"})
    return Record(1, "complaints", customer.encode(), now, value)


async def test_every_role_works_by_its_access_list_each_signing_in_its_own_way(
    settings: Settings, secure: SecureBroker, tmp_path: Path
) -> None:
    producer = as_(settings, secure.mtls(WHO["producer"]))
    operator = as_(settings, secure.scram(WHO["operator"]))
    worker = WorkerProcess(as_(settings, secure.scram(WHO["worker"])), tmp_path / "w.log")
    desk = DeskProcess(as_(settings, secure.mtls(WHO["desk"])), tmp_path)
    trainer_config = tmp_path / "t.toml"
    trainer_config.write_text(
        f'[model.trainer]\nstate_dir = "{tmp_path / "trainer"}"\nexperts = ["logistic"]\npublish_every = 100\n'
    )
    oauth = as_(settings, secure.oauth(WHO["trainer"]))
    trainer = WorkerProcess(oauth, tmp_path / "t.log", "trainer", "--config", str(trainer_config))
    async with AsyncExitStack() as stack:
        for process in (worker, desk, trainer):
            stack.push_async_callback(process.kill)
        for process in (worker, desk, trainer):
            await process.ready()
        await all_shards_run([worker])
        sent = await produce(producer, [complaint("c-1"), Record(2, "balances", b"c-1", 1, b"not json")])
        assert sent.total == 2
        found = await eventually(lambda: stored(operator, "alerts"), len)
        assert orjson.loads(found[0])["customer_id"] == "c-1"
        assert await reads_as_a_group(as_(settings, secure.oauth(WHO["reader"])), f"{settings.engine.group}-reader-sms")
        assert await eventually(lambda: stored(operator, "dead-letters"), len) == [b"not json"]

        async with opened(tmp_path) as database:  # the desk has it, and publishes what it has to say
            await eventually(lambda: rows(database, Alert), len)
            word = Message(message_id="feedback/1", topic="feedback", key=b"c-1", value=b"an answer")
            async with database.transaction() as tx:
                await append_messages(tx, [word], time.time_ns() // 1_000_000)
            await eventually(lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found))

        sender = KafkaSender(as_(settings, secure.oauth(WHO["worker"])))  # examples, as a worker writes them
        await sender.start()
        learned = [msgspec.structs.replace(each, feature_set=VERSION) for each in town(300, width=len(NAMES))]
        values = [(each.customer_id.encode(), msgspec.json.encode(each)) for each in learned]
        await asyncio.gather(*(sender.send("examples", key, value) for key, value in values))
        await sender.stop()
        assert await eventually(lambda: stored(operator, "models"), len)

        run = churnwatch(operator, "control", "test-alert")
        assert await asyncio.to_thread(run.wait, 60) == 0  # it waits for the worker's answer
        for process in (worker, desk, trainer):
            assert "uthoriz" not in process.said, process.tail()
            assert await process.stop() == 0, process.tail()
            for secret in PASSWORDS.values():
                assert secret not in process.said


async def reads_as_a_group(settings: Settings, group: str) -> bool:
    topic = settings.topics.prefix + "alerts"
    consumer = AIOKafkaConsumer(
        topic, **client_options(settings.kafka), group_id=group, auto_offset_reset="earliest",
        isolation_level="read_committed",
    )  # fmt: skip
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 30)
        await consumer.commit()
        return record.value is not None
    finally:
        await consumer.stop()


@asynccontextmanager
async def client(kind: type, kafka: Kafka, **more: object) -> AsyncIterator[object]:
    started = kind(**client_options(kafka), **more)
    try:
        await started.start()
        yield started
    finally:
        await started.stop()


async def test_what_a_role_does_not_need_it_cannot_do(settings: Settings, secure: SecureBroker) -> None:
    async with client(AIOKafkaProducer, settings.kafka) as administrator:  # so that there is something to be read
        for topic in TABLE:
            await administrator.send_and_wait(settings.topics.prefix + topic.name, b"x", key=b"k", partition=0)
    found = await asyncio.gather(*(may(settings, secure.scram(WHO[role])) for role in access.ROLES))
    wanted = [
        {t.name: (role in t.written_by, role in t.read_by) for t in TABLE if role in t.written_by + t.read_by}
        for role in access.ROLES
    ]
    assert found == wanted
    assert BY_NAME["alerts"].written_by == ("worker", "desk")
    assert not [topic.name for topic in TABLE if "reader" in topic.written_by]


async def may(settings: Settings, kafka: Kafka) -> dict[str, tuple[bool, bool]]:
    """Return what it can write and read, by topic; of some it can do neither."""
    found = {}
    async with client(AIOKafkaProducer, kafka) as producer, reading(kafka) as consumer:
        seen = (await consumer._client.fetch_all_metadata()).topics()  # clients wait for ever for what they may not see
        for topic in TABLE:
            name = settings.topics.prefix + topic.name
            if name in seen:
                writes = await allowed(producer.send_and_wait(name, b"x", key=b"k", partition=0))
                reads = await allowed(read_one(kafka, TopicPartition(name, 0)))
                if writes or reads:
                    found[topic.name] = (writes, reads)
    return found


def reading(kafka: Kafka) -> AbstractAsyncContextManager[AIOKafkaConsumer]:
    return client(AIOKafkaConsumer, kafka, auto_offset_reset="earliest")


async def allowed(doing: object) -> bool:
    try:
        await doing
    except (TopicAuthorizationFailedError, KafkaError) as fault:
        if isinstance(fault, TopicAuthorizationFailedError):
            return False
        raise
    return True


async def read_one(kafka: Kafka, partition: TopicPartition) -> None:
    """Return when a record has come; who may not read is told so. A consumer of its own: a refusal may come twice."""
    async with reading(kafka) as consumer:
        consumer.assign([partition])
        while not await consumer.getmany(partition, timeout_ms=200):
            pass


async def test_groups_and_transactional_ids_belong_to_one_role(settings: Settings, secure: SecureBroker) -> None:
    group, topic = settings.engine.group, settings.topics.prefix + "alerts"
    with pytest.raises(GroupAuthorizationFailedError):
        await reads_as_a_group(as_(settings, secure.scram(WHO["reader"])), group)
    for role, taken in (("trainer", f"{group}-0"), ("worker", f"{group}-trainer"), ("desk", f"{group}-1")):
        with pytest.raises(TransactionalIdAuthorizationFailed):
            async with client(AIOKafkaProducer, secure.scram(WHO[role]), transactional_id=taken):
                raise AssertionError(f"{role} has taken {taken}")
    with pytest.raises(TopicAuthorizationFailedError):
        async with client(AIOKafkaProducer, secure.scram("nobody")) as producer:
            await producer.send_and_wait(topic, b"x")
    with pytest.raises(admin.TopicError):
        await admin.apply(as_(settings, secure.scram(WHO["desk"])).model_copy(
            update={"topics": settings.topics.model_copy(update={"prefix": "another-"})}
        ))  # fmt: skip


async def test_the_commands_print_check_and_apply(settings: Settings, secure: SecureBroker, tmp_path: Path) -> None:
    kafka = settings.kafka
    file = tmp_path / "admin.toml"
    file.write_text(
        f'[kafka]\nbootstrap = "{kafka.bootstrap}"\nsecurity_protocol = "SASL_SSL"\nssl_cafile = "{kafka.ssl_cafile}"\n'
        f'sasl_username = "admin"\nsasl_password = "{PASSWORDS[ADMIN]}"\n'
        f'[topics]\nprefix = "{settings.topics.prefix}"\npartitions = {PARTITIONS}\n'
        f'[engine]\ngroup = "{settings.engine.group}"\n'
    )
    run = lambda *words: CliRunner().invoke(build(), ["acls", *words, "--config", str(file)])  # noqa: E731
    found = await asyncio.to_thread(run, "check")
    assert (found.exit_code, found.stdout) == (0, "the access lists are complete\n"), found.output
    other = ("--principal", "reader=User:CN=sms", "--role", "reader")
    lacking = await asyncio.to_thread(run, "check", *other)
    assert (
        lacking.exit_code == 1 and f"User:CN=sms lacks Read on topic {settings.topics.prefix}alerts" in lacking.stdout
    )
    assert (await asyncio.to_thread(run, "apply", *other)).stdout == "given 2 of 2\n"
    assert (await asyncio.to_thread(run, "check", *other)).exit_code == 0
    refused = as_(settings, secure.scram(WHO["operator"]))
    with pytest.raises(acls.AclError, match=r"cannot be read"):
        await acls.missing(refused, access.grants(settings), access.principals({}))


async def test_who_cannot_show_who_they_are_is_not_let_in(secure: SecureBroker, tokens: TokenServer) -> None:
    good = secure.scram(WHO["reader"])
    assert await answers(good, 10) is None
    wrong = good.model_copy(update={"sasl_password": SecretStr("guessed")})
    foreign = secure.mtls("churnwatch-desk", trustme.CA())
    stale = secure.oauth(WHO["reader"]).model_copy(
        update={
            "oauth": Kafka().oauth,
            "sasl_password": SecretStr(tokens.token(WHO["reader"], exp=int(time.time()) - 120)),
        }
    )
    elsewhere = stale.model_copy(update={"sasl_password": SecretStr(tokens.token(WHO["reader"], aud="other"))})
    static = stale.model_copy(update={"sasl_password": SecretStr(tokens.token(WHO["reader"]))})
    unknown_ca = good.model_copy(update={"ssl_cafile": None})
    by_name = good.model_copy(update={"bootstrap": good.bootstrap.replace("127.0.0.1", "127.0.0.2")})
    for kafka in (wrong, foreign, stale, elsewhere, unknown_ca, by_name):
        assert await answers(kafka, 10) is not None, kafka
    assert await answers(static, 10) is None


async def test_tokens_are_kept_while_they_are_good_and_fetched_anew_before_they_end(tokens: TokenServer) -> None:
    now = [0.0]
    oauth = OAuth(
        token_url=f"{tokens.url}/token", client_id=WHO["desk"], client_secret=SecretStr(PASSWORDS[WHO["desk"]]),
        scope="kafka", audience="kafka",
    )  # fmt: skip
    provider = ClientCredentials(oauth, clock=lambda: now[0])
    tokens.asked.clear()
    first = await provider.token()
    now[0] = tokens.life_s - 31.0
    assert await provider.token() == first and len(tokens.asked) == 1
    assert tokens.asked[0] == {
        "grant_type": "client_credentials",
        "scope": "kafka",
        "audience": "kafka",
        "client": WHO["desk"],
    }
    now[0] = tokens.life_s - 29.0
    await provider.token()
    assert len(tokens.asked) == 2
    now[0] = 1e9
    tokens.fails = True
    with pytest.raises(KafkaError, match=r"kafka\.oauth\.token_url gives no token") as fault:
        await provider.token()
    tokens.fails = False
    refused = oauth.model_copy(update={"client_secret": SecretStr("geheim")})
    with pytest.raises(KafkaError, match="invalid_client"):
        await ClientCredentials(refused).token()
    with pytest.raises(KafkaError, match="ConnectError"):
        await ClientCredentials(oauth.model_copy(update={"token_url": "http://127.0.0.1:1/token"})).token()
    assert PASSWORDS[WHO["desk"]] not in str(fault.value)
