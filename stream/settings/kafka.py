"""The section `[kafka]`: how the cluster is reached, and who we are to it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from stream.settings.section import Section


class OAuth(Section):
    """OAUTHBEARER: a token of the identity provider, by the grant `client_credentials` (RFC 6749, 4.4)."""

    token_url: str = Field("", pattern="^(https?://.+)?$", description="empty = sasl_password is a token")
    client_id: str = Field("", description="who we are to the provider")
    client_secret: SecretStr = Field(SecretStr(""), description="proves it")
    scope: str = Field("", description="asked for; empty = the provider's default")
    audience: str = Field("", description="asked for where the provider wants it named")
    cafile: Path | None = Field(None, description="who signs the provider's certificate; empty = the system's")
    timeout_s: float = Field(10, gt=0, le=120, description="how long the provider may take to answer")


class Kafka(Section):
    """How to reach the broker; most keys are named in Kafka's own words."""

    bootstrap: str = Field("", description="host:port, comma separated; empty = KAFKA_BOOTSTRAP or embedded")
    security_protocol: Annotated[
        str, Field(pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$", description="with TLS: SSL, SASL_SSL")
    ] = "PLAINTEXT"
    allow_plaintext: bool = Field(False, description="go without TLS to a broker on another machine")
    sasl_mechanism: Annotated[
        str, Field(pattern="^(PLAIN|SCRAM-SHA-256|SCRAM-SHA-512|OAUTHBEARER)$", description="how we sign in by SASL")
    ] = "SCRAM-SHA-512"
    sasl_username: str = Field("", description="of PLAIN and SCRAM")
    sasl_password: SecretStr = Field(SecretStr(""), description="its password; of OAUTHBEARER without a URL, a token")
    oauth: OAuth = OAuth()
    ssl_cafile: Path | None = Field(None, description="PEM: who signs the brokers' certificates; empty = the system's")
    ssl_certfile: Path | None = Field(None, description="PEM: our certificate and its chain, for mutual TLS")
    ssl_keyfile: Path | None = Field(None, description="PEM: its key")
    ssl_key_password: SecretStr = Field(SecretStr(""), description="of the key file, where it has one")

    @property
    def servers(self) -> list[str]:
        """Return the addresses of `bootstrap`, one by one."""
        return [server.strip() for server in self.bootstrap.split(",") if server.strip()]

    @property
    def encrypted(self) -> bool:
        """Tell whether what goes to the broker is encrypted, and the broker's certificate checked."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    def in_the_clear(self) -> list[str]:
        """Return the addresses on other machines that would be spoken to without TLS."""
        return [] if self.encrypted else list(_elsewhere(self.servers))


def _elsewhere(servers: list[str]) -> Iterator[str]:
    for server in servers:
        if not is_local(urlsplit(f"//{server}").hostname or ""):
            yield server


def is_local(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone: nothing is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
