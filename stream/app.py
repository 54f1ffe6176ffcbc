"""The Faust application: the worker process, its agents, and the engine as one of its services."""

from __future__ import annotations

import logging
import ssl
from typing import Any

import aiokafka
import faust
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.transport.drivers import aiokafka as driver
from faust.types.auth import AuthProtocol, SASLMechanism

from stream.broker.clients import client_options
from stream.codec import Rejected
from stream.config import Settings
from stream.control import COMMANDS, Desk, carry_out
from stream.engine.assemble import codec
from stream.engine.log.deadletter import TOPIC as DEAD_LETTERS
from stream.engine.log.deadletter import dead_letter
from stream.engine.log.memory import MemoryRecord
from stream.engine.worker.service import EngineService
from stream.faults import describe

log = logging.getLogger(__name__)

_STOP_S = 5.0


class _CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust's consumers read uncommitted unless its own exactly-once is on: ours must not see aborted records."""

    shutdown_timeout = _STOP_S

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # read by the fetcher, which is built at start
        return consumer

    async def stop(self) -> None:
        """Leave the group, but wait only so long for a broker that does not answer: Faust would for a minute."""
        try:
            await super().stop()
        except TimeoutError:
            log.warning("the broker does not answer: left without a word to it")


class _CommittedConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(driver.Transport):
    """Faust's aiokafka transport, reading committed records only."""

    Consumer = _CommittedConsumer


def build_app(settings: Settings, *, role: str = "worker") -> faust.App:
    """Return the Faust app of a role. Web server off (ours has the port), topics not declared by it (the table does).

    Args:
        settings: with a bootstrap address.
        role: part of the app's consumer group, which is never the engine's.
    """
    options = client_options(settings.kafka)
    session_s = settings.engine.session_timeout_ms / 1000
    folder = settings.engine.state_dir
    folder.mkdir(parents=True, exist_ok=True)  # Faust makes its own below it, but no parents
    app = faust.App(
        f"{settings.engine.group}-{role}",
        broker=[f"kafka://{server}" for server in options["bootstrap_servers"]],
        broker_credentials=_credentials(settings, options),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=session_s,
        broker_heartbeat_interval=max(0.2, session_s / 10),
        broker_rebalance_timeout=session_s,  # its default lets a member that just starts hold up a stop for a minute
        consumer_auto_offset_reset="earliest",
        autodiscover=False,
        datadir=folder / "faust",  # it makes one whether it needs it or not
    )
    app.transport = CommittedTransport(app.conf.broker_consumer, app, app.loop)
    return app


def build_worker(settings: Settings) -> tuple[faust.App, EngineService]:
    """Return the worker's app with the `control` agent, and the engine that runs beside it."""
    app = build_app(settings)
    engine = EngineService(settings, beacon=app.beacon, loop=app.loop)
    reader = codec(settings)
    desk = Desk(settings, engine.broadcasts["settings"], engine.sender, engine.broadcasts["models"])

    async def control(stream: Any) -> None:
        async for event in stream.events():
            message, record = event.message, record_of(event)
            command = "unreadable"
            try:
                read = reader.decode("control", record.key, record.value, record.timestamp)
                command = read.command if read.command in COMMANDS else "unknown"
                for told in ("settings", "models"):  # a change is made to what is in force
                    await engine.broadcasts[told].caught_up.wait()
                await carry_out(read, desk)
                engine.metrics.control.labels(command, "done").inc()
                log.info("control: %s by %s done (event %s)", read.command, read.actor, read.event_id)
            except Exception as fault:  # Faust would acknowledge the event and forget it
                why = fault if isinstance(fault, Rejected) else Rejected("poison", "$", describe(fault))
                letter = dead_letter("control", message.partition, record, why)
                engine.metrics.control.labels(command, "rejected").inc()
                engine.metrics.dead_letters.labels("control", why.reason).inc()
                await engine.sender.send(DEAD_LETTERS, letter.key, letter.value, list(letter.headers))
                log.warning("control: refused: %s at %s (event in %s)", why.reason, why.path, DEAD_LETTERS)

    app.agent(control_topic(app, settings), name="control", concurrency=1)(control)
    return app, engine


def control_topic(app: faust.App, settings: Settings) -> Any:
    """Return the topic `control` as an agent reads it."""
    return app.topic(
        settings.topics.prefix + "control",
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )


def record_of(event: Any) -> MemoryRecord:
    """Return the record in a Faust event."""
    message = event.message
    return MemoryRecord(message.offset, round(message.timestamp * 1000), _raw(message.key), _raw(message.value))


def _raw(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else bytes(value)


def _credentials(settings: Settings, options: dict[str, Any]) -> Any:
    """Return Faust's form of the credentials that `client_options` read."""
    kafka = settings.kafka
    context: ssl.SSLContext | None = options.get("ssl_context")
    if kafka.security_protocol == "PLAINTEXT":
        return None
    if kafka.security_protocol == "SSL":
        return SSLCredentials(context)
    tokens = options.get("sasl_oauth_token_provider")
    if tokens is not None:
        credentials: Any = OAuthCredentials(oauth_cb=tokens, ssl_context=context)
    else:
        credentials = SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=SASLMechanism(kafka.sasl_mechanism),
            ssl_context=context,
        )
    credentials.protocol = AuthProtocol(kafka.security_protocol)
    return credentials
