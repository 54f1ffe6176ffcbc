"""A real broker with TLS, three ways to say who one is, and access lists (KRaft's StandardAuthorizer)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import trustme
from cryptography.hazmat.primitives import serialization
from pydantic import SecretStr

from stream.access import ROLES
from stream.broker import java, node, record
from stream.broker.jars import fetch
from stream.broker.places import cache_dir, jar_dir
from stream.settings.kafka import Kafka, OAuth
from support.token_server import AUDIENCE, ISSUER, TokenServer

ADMIN = "admin"
WHO = {role: f"churnwatch-{role}" for role in ROLES}
PASSWORDS = {name: f"password-of-{name}" for name in (ADMIN, *WHO.values(), "nobody")}

_CONFIG = """
listeners=INTERNAL://127.0.0.1:{internal},SCRAM://127.0.0.1:{scram},MTLS://127.0.0.1:{mtls},OAUTH://127.0.0.1:{oauth},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=INTERNAL://127.0.0.1:{internal},SCRAM://127.0.0.1:{scram},MTLS://127.0.0.1:{mtls},\
OAUTH://127.0.0.1:{oauth}
listener.security.protocol.map=INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MTLS:SSL,OAUTH:SASL_SSL
inter.broker.listener.name=INTERNAL
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
ssl.principal.mapping.rules=RULE:^.*CN=([a-z-]+).*$/$1/
listener.name.mtls.ssl.client.auth=required
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.oauth.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
listener.name.oauth.oauthbearer.sasl.server.callback.handler.class=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.oauth.oauthbearer.sasl.oauthbearer.jwks.endpoint.url={jwks}
listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.audience={audience}
listener.name.oauth.oauthbearer.sasl.oauthbearer.expected.issuer={issuer}
"""
"""Put behind what the launcher writes: of a key given twice the later value counts."""
_LISTENERS = ("internal", "scram", "mtls", "oauth", "controller")


@dataclass(frozen=True)
class SecureBroker:
    """Where it listens, and what a client needs to be somebody there."""

    ports: Mapping[str, int]
    folder: Path
    authority: trustme.CA
    tokens: TokenServer

    @property
    def cafile(self) -> Path:
        return self.folder / "ca.pem"

    def scram(self, name: str, **change: object) -> Kafka:
        """Return a client that knows its password."""
        return self._kafka(
            "scram", "SASL_SSL", sasl_username=name, sasl_password=SecretStr(PASSWORDS[name]), **change
        )  # fmt: skip

    def mtls(self, name: str, authority: trustme.CA | None = None, **change: object) -> Kafka:
        """Return a client with a certificate of this name; `authority`: another that signs it."""
        issued = (authority or self.authority).issue_cert(
            f"{name}.test", common_name=name
        )  # Java takes no certificate without names
        key, cert = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        key.write_bytes(issued.private_key_pem.bytes())
        cert.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        return self._kafka("mtls", "SSL", ssl_certfile=cert, ssl_keyfile=key, **change)

    def oauth(self, name: str, **change: object) -> Kafka:
        """Return a client that fetches tokens for itself."""
        given = OAuth(
            token_url=f"{self.tokens.url}/token", client_id=name,
            client_secret=SecretStr(PASSWORDS[name]), scope="kafka",
        )  # fmt: skip
        return self._kafka("oauth", "SASL_SSL", sasl_mechanism="OAUTHBEARER", oauth=given, **change)

    def _kafka(self, listener: str, protocol: str, **more: object) -> Kafka:
        given = {"bootstrap": f"127.0.0.1:{self.ports[listener]}", "ssl_cafile": self.cafile, **more}
        return Kafka(security_protocol=protocol, **given)


@contextmanager
def secure_broker(folder: Path, tokens: TokenServer, env: Mapping[str, str]) -> Iterator[SecureBroker]:
    """Start one, and stop it at the end."""
    authority, place = trustme.CA(), folder / "node"
    (place / "logs").mkdir(parents=True)
    ports = dict(zip(_LISTENERS, node.free_ports(place, len(_LISTENERS)), strict=True))
    _certificates(folder, authority)
    runtime = node.Runtime("embedded", java.find(env), fetch(jar_dir(cache_dir(env))))
    config = node._write_config(place, (ports["internal"], ports["controller"]))
    with config.open("a", encoding="utf-8") as file:
        more = _CONFIG.format(
            **ports, keystore=folder / "server.pem", truststore=folder / "ca.pem",
            jwks=f"{tokens.url}/keys", audience=AUDIENCE, issuer=ISSUER,
        )  # fmt: skip
        file.write(more)
    _format(place, runtime, config, env)
    child = _start(place, runtime, config, env, f"{tokens.url}/keys")
    try:
        began = psutil.Process(child.pid).create_time()
        written = record.Record(
            kind="embedded", bootstrap=f"127.0.0.1:{ports['internal']}", controller_port=ports["controller"],
            pid=child.pid, created=began, version=runtime.jars.version, log=str(place / "logs" / "server.log"),
            data=str(place / "data"),
        )  # fmt: skip
        node.wait_until_ready(psutil.Process(child.pid), written)
        yield SecureBroker(ports, folder, authority, tokens)
    finally:
        child.terminate()
        child.wait(30)


def _certificates(folder: Path, authority: trustme.CA) -> None:
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    issued = authority.issue_cert("127.0.0.1", "localhost")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    (folder / "server.pem").write_bytes(pkcs8 + chain)  # Kafka reads PKCS#8 only


def _format(place: Path, runtime: node.Runtime, config: Path, env: Mapping[str, str]) -> None:
    users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in PASSWORDS.items()]
    arguments = ["format", "--cluster-id", "c2VjdXJlLWNsdXN0ZXItMQ", "--config", str(config), *users]
    command = node._command(place, runtime, "kafka.tools.StorageTool", *arguments)
    subprocess.run(command, env=node._java_env(env), cwd=place, check=True, capture_output=True)


def _start(
    place: Path, runtime: node.Runtime, config: Path, env: Mapping[str, str], jwks: str
) -> subprocess.Popen[bytes]:
    command = node._command(place, runtime, "kafka.Kafka", str(config))
    command.insert(1, f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={jwks}")
    with (place / "logs" / "jvm.log").open("wb") as out:
        return subprocess.Popen(
            command, env=node._java_env(env), cwd=place, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )


def clean_env() -> dict[str, str]:
    """Return the environment without a broker in it."""
    return {key: value for key, value in os.environ.items() if key not in ("KAFKA_BOOTSTRAP", "KAFKA_HOME")}
