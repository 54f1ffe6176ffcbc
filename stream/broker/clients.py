"""How every Kafka client of ours is told about the cluster: settings in, aiokafka's keyword arguments out; and the
consumer that is needed for a while."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer
from aiokafka.helpers import create_ssl_context

from stream.config import ConfigError
from stream.settings.kafka import Kafka, is_local

_IN_THE_CLEAR = (
    "kafka.security_protocol: {protocol} would send everything in the clear to {servers}. "
    "Set SASL_SSL or SSL (with kafka.ssl_cafile where the brokers' certificates are signed by your own), or say that "
    "the network is trusted: kafka.allow_plaintext = true (CHURNWATCH_KAFKA__ALLOW_PLAINTEXT=true)"
)


def client_options(kafka: Kafka) -> dict[str, Any]:
    """Return the keyword arguments that an aiokafka consumer, producer, client or admin client connects with.

    Raises:
        ConfigError: no bootstrap address, no TLS to another machine without leave, credentials missing, or a
            certificate file that cannot be read.
    """
    if not kafka.servers:
        raise ConfigError(
            "kafka.bootstrap: no broker is known; set KAFKA_BOOTSTRAP=host:port or run: churnwatch kafka up"
        )
    if (clear := kafka.in_the_clear()) and not kafka.allow_plaintext:
        raise ConfigError(_IN_THE_CLEAR.format(protocol=kafka.security_protocol, servers=", ".join(clear)))
    options: dict[str, Any] = {"bootstrap_servers": kafka.servers, "security_protocol": kafka.security_protocol}
    if kafka.encrypted:
        options["ssl_context"] = _ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL_"):
        options |= _sasl(kafka)
    return options


@asynccontextmanager
async def consuming(kafka: Kafka, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a started consumer that sees only what is committed, unless `options` (aiokafka's) say otherwise.

    Raises:
        ConfigError: see `client_options`.
        aiokafka.errors.KafkaError: the broker does not answer.
    """
    consumer = AIOKafkaConsumer(**client_options(kafka), **{"isolation_level": "read_committed"} | options)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def _sasl(kafka: Kafka) -> dict[str, Any]:
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": _tokens(kafka)}
    password = kafka.sasl_password.get_secret_value()
    _needed(kafka, {"kafka.sasl_username": kafka.sasl_username, "kafka.sasl_password": password})
    return {
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.sasl_username,
        "sasl_plain_password": password,
    }


def _tokens(kafka: Kafka) -> Any:
    from stream.broker.tokens import ClientCredentials, StaticToken  # an HTTP client: only who needs it loads it

    oauth = kafka.oauth
    if not oauth.token_url:
        given = kafka.sasl_password.get_secret_value()
        _needed(kafka, {"kafka.oauth.token_url (or a token as kafka.sasl_password)": given})
        return StaticToken(given)
    secret = oauth.client_secret.get_secret_value()
    _needed(kafka, {"kafka.oauth.client_id": oauth.client_id, "kafka.oauth.client_secret": secret})
    address = urlsplit(oauth.token_url)
    if address.scheme != "https" and not is_local(address.hostname or "") and not kafka.allow_plaintext:
        raise ConfigError("kafka.oauth.token_url: must be https: the client's secret goes there")
    return ClientCredentials(oauth, verify=_trusting(oauth.cafile))


def _trusting(cafile: Path | None) -> ssl.SSLContext | bool:
    if cafile is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(cafile))
    except OSError as fault:
        raise ConfigError(f"kafka.oauth.cafile: cannot be used: {fault}") from None


def _needed(kafka: Kafka, given: dict[str, str]) -> None:
    if missing := [key for key, value in given.items() if not value]:
        raise ConfigError(f"{', '.join(missing)}: needed with {kafka.security_protocol} / {kafka.sasl_mechanism}")


def _ssl_context(kafka: Kafka) -> Any:
    files = {
        "ssl_cafile": kafka.ssl_cafile,
        "ssl_certfile": kafka.ssl_certfile,
        "ssl_keyfile": kafka.ssl_keyfile,
    }
    for key, file in files.items():
        if file is not None and not file.is_file():
            raise ConfigError(f"kafka.{key}: no such file: {file}")
    if (kafka.ssl_certfile is None) != (kafka.ssl_keyfile is None):
        raise ConfigError("kafka.ssl_certfile and kafka.ssl_keyfile: give both or neither")
    try:
        return create_ssl_context(
            cafile=_text(kafka.ssl_cafile),
            certfile=_text(kafka.ssl_certfile),
            keyfile=_text(kafka.ssl_keyfile),
            password=kafka.ssl_key_password.get_secret_value,  # never None: OpenSSL would ask on the terminal
        )
    except OSError as fault:  # ssl.SSLError is one
        raise ConfigError(f"kafka.ssl_cafile, ssl_certfile, ssl_keyfile: cannot be used: {fault}") from None


def _text(file: object) -> str | None:
    return None if file is None else str(file)
