"""How every Kafka client of ours is told about the cluster: settings in, aiokafka's keyword arguments out."""

from __future__ import annotations

from typing import Any

from aiokafka.abc import AbstractTokenProvider
from aiokafka.helpers import create_ssl_context

from stream.config import ConfigError, Kafka


class StaticToken(AbstractTokenProvider):  # type: ignore[misc]
    """Hands out one bearer token, for OAUTHBEARER where something outside renews it by restarting us."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        """Return the token."""
        return self._token


def client_options(kafka: Kafka) -> dict[str, Any]:
    """Return the keyword arguments that an aiokafka consumer, producer, client or admin client connects with.

    Raises:
        ConfigError: no bootstrap address, credentials missing, or a certificate file that cannot be read.
    """
    if not kafka.bootstrap:
        raise ConfigError(
            "kafka.bootstrap: no broker is known; set KAFKA_BOOTSTRAP=host:port or run: churnwatch kafka up"
        )
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in kafka.bootstrap.split(",") if server.strip()],
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol in ("SSL", "SASL_SSL"):
        options["ssl_context"] = _ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL_"):
        options |= _sasl(kafka)
    return options


def _sasl(kafka: Kafka) -> dict[str, Any]:
    password = kafka.sasl_password.get_secret_value()
    needed = {"kafka.sasl_password": password}
    if kafka.sasl_mechanism != "OAUTHBEARER":
        needed = {"kafka.sasl_username": kafka.sasl_username, **needed}
    if missing := [key for key, value in needed.items() if not value]:
        raise ConfigError(f"{', '.join(missing)}: needed with {kafka.security_protocol} / {kafka.sasl_mechanism}")
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": StaticToken(password)}
    return {
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.sasl_username,
        "sasl_plain_password": password,
    }


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
        )
    except OSError as fault:  # ssl.SSLError is one
        raise ConfigError(f"kafka.ssl_cafile, ssl_certfile, ssl_keyfile: cannot be used: {fault}") from None


def _text(file: object) -> str | None:
    return None if file is None else str(file)
